"""Proves that every figure leaves the numbers it draws, in words with units and basis, and cuts long ones."""

import importlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from every_figure import figures
from nanospread.core import formatting
from nanospread.pages import _style, basis, show

FILES = [file.stem for file in sorted(Path(__file__).parent.glob("test_pages_*figures.py"))]
DRAWERS = {
    name: module
    for stem in FILES
    if stem != Path(__file__).stem
    for module in [importlib.import_module(stem)]
    for name in getattr(module, "DRAWN", ())
}


def drawn(name):
    module = DRAWERS[name]
    return module.drawn(name) if hasattr(module, "drawn") else module.DRAWN[name](title="The finding")


def test_every_figure_of_the_public_face_is_asked():
    assert set(DRAWERS) >= set(figures.every)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(DRAWERS))
def test_every_figure_leaves_its_numbers_in_words_with_their_basis(name):
    tables = figures.numbers(drawn(name))
    assert tables
    for table in tables:
        assert 1 <= len(table.rows) <= _style.MOST
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert len(set(table.columns)) == len(table.columns)
        assert not [head for head in table.columns if "_" in head or not head.strip()]
        assert table.basis
        assert {kind for kind, _ in table.basis} <= {*basis.KINDS}
        assert not {"nan", "None", ""} & {cell for row in table.rows for cell in row}


def test_the_numbers_are_those_of_the_picture():
    ax = drawn("share_by_stage")
    (table,) = figures.numbers(ax)
    widths = [bar.get_width() for bar in ax.patches][1:]
    assert [row[1] for row in table.rows] == [formatting.percent(width) for width in widths]


def test_quantiles_of_a_distribution_by_hand():
    values = {"one": np.arange(101.0), "two": np.full(5, 7.0)}
    (table,) = _style.quantiles(values, "estimated", "Arm", "Profit [EUR]", formatting.count)
    assert table.columns == (
        "Arm", "Profit [EUR]: median", "5% below", "25% below", "75% below", "95% below",
    )  # fmt: skip
    assert table.rows == (("one", "50", "5", "25", "75", "95"), ("two", *["7"] * 5))


@pytest.mark.parametrize("curve", [False, True])
def test_long_tables_are_cut_and_say_so(curve):
    rows = pd.DataFrame({"x": range(100)})
    (table,) = _style.table(rows, "measured", {"X": ("x", str)}, curve=curve)
    assert len(table.rows) + table.left_out == 100
    assert len(table.rows) == _style.MOST
    assert [table.rows[0], table.rows[-1]] == [("0",), ("99" if curve else str(_style.MOST - 1),)]


@pytest.mark.slow
def test_a_chart_shows_itself_with_its_numbers_and_is_short_in_print():
    numbers = _style.table(pd.DataFrame({"x": [1]}), "measured", {"X": ("x", str)})
    drawing = _style.finished(_style.axes(None), "Nano wins", "One line.", numbers)
    data, metadata = drawing._repr_mimebundle_()
    assert data == drawing.output().data
    assert show.unpacked(data[show.NUMBERS])[0]["rows"] == [["1"]]
    assert metadata["image/svg+xml"]["alt"] == "Nano wins. One line."
    assert repr(drawing) == "<Chart: Nano wins. One line.>"
    assert "image/png" in drawing.output(mail=True).data


@pytest.mark.slow
def test_a_phone_gets_its_own_drawing_with_words_of_eleven_pixels_and_the_figure_stays_as_it_is():
    ax = _style.axes(None)
    ax.plot([0, 1], [0, 1])
    chart = _style.finished(
        ax, "A finding in plain words that is longer than a phone is wide", "A line.", x="x"
    )
    before, size = ax.get_title("left"), tuple(ax.figure.get_size_inches())
    data = chart.output().data
    width = float(re.search(r'width="([\d.]+)pt"', data[show.NARROW])[1])
    assert width <= 72 * _style.PHONE + 8
    assert _style.PHONE_TEXT * _style.SMALL * (360 / (72 * _style.PHONE)) >= 11
    assert (ax.get_title("left"), tuple(ax.figure.get_size_inches())) == (before, size)
    many = _style.axes(None)
    many.scatter(np.arange(600), np.arange(600))
    dots = _style.finished(many, "Many marks", "Dots.", x="x").output().data
    assert show.NARROW_PNG in dots
    assert "image/svg+xml" not in dots
    _style.note(ax, "words that stand far outside of it all " * 2, (0.5, 0.5), (0, 0))
    assert show.NARROW not in chart.output().data, "words that would be cut keep the wide drawing"


def test_long_names_beside_a_phone_s_axis_stand_whole_in_a_taller_drawing():
    ax = _style.axes(None, 3.0)
    ax.barh(range(12), range(12))
    _style.ticks_at(ax.yaxis, list(range(12)), [f"synthetic_acorn_{at} (3)" for at in range(100, 112)])
    small = _style.narrowed(_style.finished(ax, "Twelve", "Bars.").ax.get_figure(root=True))
    assert small is not None
    assert small.axes[0].get_yticklabels()[0].get_text() == "synthetic_acorn_100\n(3)"
    assert small.get_figheight() > 5
