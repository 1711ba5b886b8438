"""Proves that what a cell shows is stable, escaped, labelled, and moves when the numbers move."""

import base64
import re
from html import unescape
from pathlib import Path

import mistune
import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_notebook, new_output

from draws import examples
from nanospread.core import paths
from nanospread.pages import _style as style
from nanospread.pages import basis, labels, show


def drawn(values: list[float], title: str = "Nano wins in 7 of 9 niches") -> Axes:
    whole = Figure(figsize=(4, 3))
    whole.set_label("Median engagement by niche, one bar each")
    ax = whole.subplots()
    ax.bar(range(len(values)), values)
    ax.set_title(title, parse_math=False)
    return ax


def test_the_same_figure_is_the_same_bytes_and_carries_no_date() -> None:
    first, second = (show.figure(drawn([1.0, 2.0])).data["image/svg+xml"] for _ in range(2))
    assert first == second
    assert "dc:date" not in first
    assert "Matplotlib" not in first


def test_alt_text_is_the_finding_and_what_is_drawn() -> None:
    output = show.figure(drawn([1.0, 2.0]))
    alt = "Nano wins in 7 of 9 niches. Median engagement by niche, one bar each."
    assert output.metadata["image/svg+xml"]["alt"] == alt
    assert output.data["text/plain"].startswith(alt)


def test_text_of_a_figure_moves_with_its_data_but_not_with_the_last_bits() -> None:
    plain = show.figure(drawn([1.0, 2.0])).data["text/plain"]
    assert show.figure(drawn([1.0, 2.001])).data["text/plain"] != plain
    assert show.figure(drawn([1.0, 2.0 + 1e-12])).data["text/plain"] == plain


@pytest.mark.parametrize("kind", ["plot", "scatter", "fill", "image", "word"])
def test_every_kind_of_mark_is_in_the_digest(kind: str) -> None:
    def plain(y: float) -> str:
        ax = drawn([1.0])
        if kind == "plot":
            ax.plot([0, 1], [0, y])
        elif kind == "scatter":
            ax.scatter([0, 0.5], [0.5, y / 10])
        elif kind == "fill":
            ax.fill_between([0, 1], [0, y])
        elif kind == "image":
            ax.imshow(np.array([[0, y]]))
        else:
            ax.annotate(f"{y}", (0, 0))
        ax.set(xlim=(0, 9), ylim=(0, 9), xticks=[], yticks=[])
        return str(show.figure(ax).data["text/plain"])

    assert plain(1.0) == plain(1.0)
    assert plain(1.0) != plain(2.0)


def test_many_marks_become_a_png_and_a_long_line_stays_svg() -> None:
    ax = Figure(figsize=(3, 2)).subplots()
    ax.scatter(np.arange(600), np.arange(600))
    output = show.figure(ax)
    assert base64.b64decode(output.data["image/png"]).startswith(b"\x89PNG")
    assert 100 < output.metadata["image/png"]["width"] < 300
    line = Figure(figsize=(3, 2)).subplots()
    line.plot(np.arange(600), np.arange(600))
    assert "image/svg+xml" in show.figure(line).data


def test_a_whole_figure_with_several_axes_is_shown_with_each_title() -> None:
    whole = Figure(figsize=(4, 2))
    for ax, name in zip(whole.subplots(1, 2), ("Left rises", "Right falls"), strict=True):
        ax.set_title(name, loc="left")
    assert show.figure(whole).metadata["image/svg+xml"]["alt"] == "Left rises. Right falls."


def test_a_table_is_accessible_and_numbers_are_marked() -> None:
    frame = pd.DataFrame({"tier": ["nano", "micro"], "er_median": [0.02345, np.nan], "n": [12345, 3]})
    html = show.table(frame, "Rates by tier", formats={"er_median": "{:.2%}"}).data["text/html"]
    assert "<caption>Rates by tier</caption>" in html
    assert '<th scope="col" class="num">middle rate</th>' in html
    assert '<th scope="row">nano</th><td class="num">2.34%</td><td class="num">12,345</td>' in html
    assert '<td class="num">–</td>' in html


def test_a_named_index_becomes_the_first_column() -> None:
    frame = pd.DataFrame({"x": [1]}, index=pd.Index(["nano"], name="tier"))
    (table,) = show.unpacked(show.table(frame, "c", name="t").data[show.TABLE])
    assert table["columns"] == ["tier", "x"]


def test_each_kind_of_value_has_one_way_to_be_written() -> None:
    values = [
        True,
        1234,
        1234.5,
        0.0123456,
        pd.Timestamp("2026-11-20"),
        pd.Timestamp("2026-11-20 13:05"),
        None,
    ]
    frame = pd.DataFrame({"a": pd.Series(values, dtype=object)})
    cells = re.findall(r'row">([^<]*)<', show.table(frame, "c").data["text/html"])
    assert cells == ["yes", "1,234", "1,234", "0.0123", "2026-11-20", "2026-11-20 13:05", "–"]


def test_a_long_table_is_cut_on_the_page_says_so_and_travels_whole() -> None:
    frame = pd.DataFrame({"a": range(show.MOST_ROWS + 1)})
    shown = show.table(frame, "Long", name="long").data
    cut = "Long (the first 250 of 251 rows; all are in long.csv)"
    assert f"<caption>{cut}</caption>" in shown["text/html"]
    assert shown["text/plain"].startswith(cut)
    assert shown["text/html"].count("<tr>") == 1 + show.MOST_ROWS
    assert len(show.records(shown[show.TABLE])) == 251
    assert "(the first" not in show.table(frame.head(250), "Long", name="long").data["text/html"]


def test_an_empty_table_says_so() -> None:
    assert "no rows" in show.table(pd.DataFrame({"a": []}), "None refused").data["text/plain"]


def test_a_format_for_a_missing_column_is_refused() -> None:
    with pytest.raises(ValueError, match="median"):
        show.table(pd.DataFrame({"a": [1]}), "c", formats={"median": ".1%"})


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "a\u202eb\x00",
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_cells_headers_index_and_caption_are_escaped(payload: str) -> None:
    frame = pd.DataFrame({payload: [payload]}, index=pd.Index([payload], name=payload + "i"))
    html = show.table(frame, payload).data["text/html"]
    assert not re.search(r"<(img|script|svg)", html)
    assert "\u202e" not in html
    assert "\x00" not in html


@settings(max_examples=examples(60))
@given(st.text(max_size=60))
def test_any_sentence_survives_markdown_as_plain_text(sentence: str) -> None:
    output = show.text(sentence)
    html = str(mistune.create_markdown(escape=False)(output.data["text/markdown"]))
    seen = " ".join(unescape(re.sub(r"</?p>", "", html)).split())
    assert seen == output.data["text/plain"]
    assert not re.search(r"<(?!/?p>)", html)


def test_sentences_can_come_one_by_one_or_as_a_tuple() -> None:
    assert show.text("A.", ("B.", "C.")).data["text/plain"] == "A.\nB.\nC."


def metric(**changes: object) -> pd.DataFrame:
    row = {
        "metric": "p_loss",
        "value": 0.123456789,
        "unit": "share",
        "basis": "estimated",
        "formula": "P(profit<0)",
    }
    return pd.DataFrame([row | changes])


def test_metrics_are_kept_at_six_digits_and_shares_are_shown_in_percent() -> None:
    output = show.metrics(metric(n=20_000, se=float("nan")))
    (kept,) = show.records(output.data[show.METRICS])
    assert kept["value"] == 0.123457
    assert kept["n"] == 20_000
    assert kept["se"] is None
    assert "12.35%" in output.data["text/plain"]


def test_a_metric_without_basis_or_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="basis must be one of"):
        show.metrics(metric(basis="guessed"))
    with pytest.raises(ValueError, match="named twice: p_loss"):
        show.metrics(pd.concat([metric(), metric()]))
    with pytest.raises(ValueError, match="lacks formula"):
        show.metrics(metric().drop(columns="formula"))


def test_a_figure_carries_the_numbers_it_kept_one_row_on_each_line() -> None:
    numbers = style.table(pd.DataFrame({"x": ["a\u202e\tb"], "y": [0.5]}), "measured", {
        "Niche": ("x", str), "Rate": ("y", "{:.0%}".format),
    })  # fmt: skip
    packed = style.Chart(drawn([1.0, 2.0]), numbers).output().data[show.NUMBERS]
    (table,) = show.unpacked(packed)
    assert table == {
        "basis": [["measured", ""]], "columns": ["Niche", "Rate"], "rows": [["a\ufffd b", "50%"]],
        "left_out": 0,
    }  # fmt: skip
    assert packed.splitlines()[1:] == ['["a\ufffd b", "50%"]']
    assert show.NUMBERS not in show.figure(drawn([1.0])).data


CELLS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=4)


@settings(max_examples=examples(60))
@given(st.lists(ROWS, min_size=1, max_size=3), st.text())
def test_tables_come_back_as_they_were_packed_after_nbformat_stored_them(rows, name) -> None:
    tables = [{"name": name, "columns": ["a", "b"], "rows": of_one} for of_one in rows]
    text = stored({show.TABLE: show.packed(*tables)})
    (back,) = nbformat.reads(text, 4).cells[0].outputs
    assert show.unpacked(back.data[show.TABLE]) == tables


def test_letters_of_a_figure_do_not_carry_the_numbers_of_their_font() -> None:
    svg = show.figure(drawn([1.0, 2.0], title="Efficiency of 5 offices")).data["image/svg+xml"]
    assert "DejaVu" not in svg
    ids, uses = (re.findall(rf'{name}([^"]+)"', svg) for name in ('id="', 'href="#'))
    assert len(ids) == len(set(ids))
    assert len(set(uses)) > 10
    assert set(uses) <= set(ids)


def stored(data) -> str:
    """Return a notebook with one output, as nbformat writes it."""
    output = new_output("display_data", dict(data))
    return nbformat.writes(new_notebook(cells=[new_code_cell("x", id="a", outputs=[output])]))


def test_a_figure_is_stored_as_one_line_and_a_changed_number_is_a_diff_of_three() -> None:
    assert len(show.figure(drawn([1.0, 2.0])).data["image/svg+xml"].splitlines()) == 1
    rows = pd.DataFrame({"x": [0.5, 1.0, 2.0]})
    before, after = (
        stored(show.table(frame, "c", name="t").data).splitlines() for frame in (rows, rows.replace(1.0, 1.5))
    )
    moved = [new.strip() for old, new in zip(before, after, strict=True) if old != new]
    assert len(moved) == 3  # HTML, plain text, and the row that the report reads
    assert moved[-1] == r'"[1.5]\n",'


def test_row_heads_of_the_checked_table_are_marked_as_terms_and_those_of_other_tables_are_not() -> None:
    assert '<th scope="row" class="term">' in show.metrics(metric()).data["text/html"]
    assert "term" not in show.table(pd.DataFrame({"creator": ["a"]}), "c").data["text/html"]


@pytest.mark.parametrize("path", sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb")), ids=lambda path: path.stem)
def test_every_figure_table_and_checked_number_of_the_notebooks_names_its_basis(path: Path) -> None:
    outputs = [o.get("data", {}) for c in nbformat.read(path, 4).cells for o in c.get("outputs", [])]
    (checked,) = (show.records(data[show.METRICS]) for data in outputs if show.METRICS in data)
    assert [row for row in checked if row["basis"] not in show.BASES or not row["formula"]] == []
    assert checked
    behind = [
        table for data in outputs if show.NUMBERS in data for table in show.unpacked(data[show.NUMBERS])
    ]
    assert [table for table in behind if not {kind for kind, _ in table["basis"]} <= {*basis.KINDS}] == []
    assert [table for table in behind if not table["basis"]] == []
    tables = [data["text/html"] for data in outputs if "<table" in data.get("text/html", "")]
    counted = [table for table in tables if '<td class="num">' in table]
    of_its_own = f">{labels.heading('basis')}</th>"
    assert [table[:200] for table in counted if "<em class" not in table and of_its_own not in table] == []
    figures = [data for data in outputs if "image/svg+xml" in data or "image/png" in data]
    drawn_ones = [data for data in figures if "An empty figure" not in data["text/plain"]]
    assert [data["text/plain"] for data in drawn_ones if not data.get(show.NUMBERS)] == []
