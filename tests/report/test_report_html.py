"""Proves that a page needs nothing else, runs nothing, and tells everybody what it shows."""

import re
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nanospread.pages import show
from nanospread.report import gather, html, markup, parameters

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "<svg onload=alert(1)>",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/x.png)",
    "<a href='javascript:alert(1)'>x</a>",
    "<javascript:alert(1)>",
    "</style><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
]


def cell(data: dict[str, object], source: str = "display", **metadata: object) -> nbformat.NotebookNode:
    output = new_output("execute_result", data, metadata=metadata)
    return new_code_cell(source, outputs=[output], execution_count=1)


def of(output: show.Output) -> nbformat.NotebookNode:
    return cell(dict(output.data), **dict(output.metadata))


def picture(title: str = "Three bars") -> show.Output:
    ax = Figure(figsize=(3, 2)).subplots()
    ax.bar(range(3), [1, 2, 3])
    ax.set_title(title, parse_math=False)
    return show.figure(ax)


def page(
    *cells: nbformat.NotebookNode, opening: str = "# 00 · What?\n\nWho asks.", minutes: str = "1"
) -> str:
    """Return the page of a notebook made of these cells."""
    tagged = new_code_cell('data: str = ""  # folder', metadata={"tags": ["parameters"]}, execution_count=1)
    injected = new_code_cell("data = '/home/me/x'", metadata={"tags": ["injected-parameters"]})
    imports = new_code_cell("import os\nfrom nanospread import display")
    book = new_notebook(cells=[new_markdown_cell(opening), imports, tagged, injected, *cells])
    declared = parameters.Parameter("data", ("str",), "", "folder of exports")
    source = parameters.Notebook("01_what", "", (declared,))
    report = html.Report(
        brief="sample",
        week="2026-W47",
        title="Autumn",
        banners=("Synthetic data",),
        pages=(gather.Page("00_front", "00 · First?", "Yes."), gather.page("01_what", book)),
        facts=(),
        provenance=(("Run time", minutes),),
    )
    return html.notebook_page(book, source, {"data": "/home/me/x"}, report)


class Reader(HTMLParser):
    """Collects the tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def assert_inert(text: str) -> None:
    """Assert that a page holds no script, no handler, no address outside it, and says so by policy."""
    reader = Reader(text)
    assert {tag for tag, _ in reader.tags} <= markup.WORDS | markup.CELLS | {
        "html", "head", "meta", "title", "style", "body", "a", "header", "h1", "h2", "h3", "nav", "details",
        "summary", "main", "figure", "figcaption", "img", "div", "footer", "section", "dl", "dt", "dd",
        "picture", "source", "span",
    }  # fmt: skip
    for tag, attributes in reader.tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (
            tag,
            attributes,
        )
        assert re.match(
            r"data:image/(png|svg\+xml);base64,", attributes.get("src") or "data:image/png;base64,"
        )
        assert re.match(r"#|[\w./-]+(#[\w-]+)?$|https://example\.org$", attributes.get("href") or "#"), (
            attributes
        )
    assert "default-src 'none'" in str(reader.all("meta")[1]["content"])
    assert not re.search(r"@import|url\(", text)


def test_a_page_is_whole_without_script_or_request_and_small():
    text = page(
        of(picture()), of(show.text("Nano wins.")), new_markdown_cell("## Why\n[s](https://example.org)")
    )
    assert_inert(text)
    assert len(text.encode()) < 100_000


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_is_inert_in_every_kind_of_output(payload):
    frame = pd.DataFrame({payload: [payload]}, index=pd.Index([payload], name=payload + "i"))
    text = page(
        of(show.table(frame, payload)),
        of(show.text(payload)),
        of(picture(payload)),
        cell({"text/html": f"<table><caption>{payload}</caption><tr><td>{payload}</td></tr></table>"}),
        cell({"text/markdown": payload}),
        cell({"text/plain": payload}),
        cell({"text/html": frame.to_html(escape=False)}),
        cell({"application/javascript": "alert(1)", "text/plain": payload}),
        cell({"text/vnd.mermaid": payload, "text/plain": payload}),
        cell({"text/latex": payload}),
        new_code_cell(
            payload, outputs=[new_output("stream", name="stdout", text=payload)], execution_count=1
        ),
        new_markdown_cell(payload),
        opening=f"# 00 · {payload}\n\n{payload}",
    )
    assert_inert(text)
    assert "49" not in re.sub(r"base64,[^\"]*", "", text.split("<main")[1])


def test_every_picture_has_real_alt_text_and_every_table_a_region_of_its_own():
    frame = pd.DataFrame({"x": [1]})
    tables = [of(show.table(frame, "Creators")) for _ in range(2)]
    reader = Reader(page(of(picture()), *tables, cell({"text/html": frame.to_html()})))
    assert [image["alt"] for image in reader.all("img")] == ["Three bars."]
    regions = [div for div in reader.all("div") if div.get("role") == "region"]
    assert [region["aria-label"] for region in regions] == [
        "Creators",
        "Creators (2)",
        "Table",
        "Settings of this page",
    ]
    assert all(region["tabindex"] == "0" for region in regions)


def test_the_page_has_one_h1_language_skip_link_contents_and_its_answer_first():
    heads = [new_markdown_cell(f"## {text}") for text in ("Again", "Why?", "Why?")]
    cells = [cell for head in heads for cell in (head, of(picture()))] + [
        of(show.text("Nano wins. So there."))
    ]
    text = page(*cells)
    reader = Reader(text)
    assert len(reader.all("h1")) == 1
    assert reader.all("html") == [{"lang": "en"}]
    assert reader.all("a")[0] == {"class": "skip", "href": "#main"}
    assert re.findall(r'<a href="#(s-[\w-]+)">', text) == ["s-again", "s-why", "s-why-2"]
    assert all(f'id="{slug}"' in text for slug in ("s-again", "s-why", "s-why-2"))
    assert text.index('<p class="verdict">Nano wins.</p>') < text.index("<main")


def test_code_is_hidden_but_there_imports_and_paths_are_not():
    silent, telling = new_code_cell("total = 1", execution_count=1), cell({"text/plain": "1"}, "total")
    text = page(silent, telling)
    assert '<details class="more code">' in text
    assert "total = 1\n\ntotal" in text
    assert "from nanospread import display" not in text
    assert "/home/me" not in text
    assert ">x</td>" in text


def test_stderr_is_dropped_and_two_runs_make_the_same_page():
    stream = [new_output("stream", name="stderr", text="secret path")]
    first, second = (page(new_code_cell("x", outputs=stream), minutes=minutes) for minutes in "12")
    assert "secret path" not in first
    assert first == second


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour such as #1c2330 (WCAG 2.1)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_text_and_ground_has_the_contrast_of_wcag_aa(scheme):
    css = (html.TEMPLATE / "report.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", css.split("@media")[scheme]))
    for ground, inks in {
        "paper": ("ink", "soft", "accent"),
        "card": ("ink", "soft", "accent"),
        "tint": ("accent",),
        "warn": ("warn-ink",),
        "bad": ("bad-ink",),
    }.items():
        for ink in inks:
            dark, light = sorted(luminance(colours[name]) for name in (ground, ink))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)


def figure_with_numbers(*rows: str, columns: tuple[str, ...] = ("Arm", "Odds")) -> nbformat.NotebookNode:
    output = picture()
    table = {
        "basis": [["estimated", "odds"], ["measured", "arms"]],
        "columns": list(columns),
        "rows": [row.split("\t") for row in rows],
        "left_out": 1_200,
    }
    return cell({**output.data, show.NUMBERS: show.packed(table)}, **output.metadata)


def test_a_figure_has_its_numbers_behind_details_with_their_basis_and_what_is_left_out():
    text = page(figure_with_numbers("nano\t17%", "macro\tunder 0.01%"))
    behind = text[text.index('<details class="behind">') :].partition("</details>")[0]
    assert "Numbers of the figure; 1,200 more rows not listed" in behind
    badges = text[text.index('<figcaption class="rests">') :].partition("</figcaption>")[0]
    assert re.sub("</?a[^>]*>", "", badges).endswith(
        '<em class="basis estimated">calculated: odds</em> '
        '<em class="basis measured">from your data: arms</em>'
    )
    assert '<th scope="row">nano</th><td class="num">17%</td>' in behind
    assert '<th scope="col">Arm</th><th scope="col" class="num">Odds</th>' in behind
    assert "behind" not in page(of(picture())).partition("<body>")[2]


@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_words_in_the_numbers_of_a_figure_are_inert(payload):
    assert_inert(page(figure_with_numbers(f"{payload}\t1", columns=(payload, "n"))))


def test_terms_of_a_page_lead_to_the_glossary_and_its_code_does_not():
    text = page(
        of(show.text("The sales level decides.")), cell({"text/plain": "x"}, "level = 1  # sales level")
    )
    assert text.count("glossary.html#kappa") == 1
    assert "level = 1  # sales level</code>" in text


def test_what_a_report_rests_on_is_on_every_page_and_not_on_a_failed_one():
    report = html.Report("sample", "2026-W47", "T", (), (), (("Data SHA-256", "abc"),), (("Run", "now"),))
    shown = html.page("glossary.html.j2", report=report, terms=())
    assert '<section id="assumptions"' in shown
    assert "abc" in shown
    bare = html.Report("sample", "2026-W47", "T", (), (), (), (("Run", "now"),))
    failed = html.page("failed.html.j2", report=bare, reason="r", last_good="", runs=[], log="")
    assert "assumptions-title" not in failed
