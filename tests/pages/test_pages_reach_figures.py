"""Proves that the reach curve draws the numbers it is given, legibly."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown

CURVE = pd.DataFrame(
    {
        "creators": [1, 2, 3],
        "gross": [1000.0, 1800.0, 2500.0],
        "unique": [1000.0, 1600.0, 1900.0],
        "low": [1000.0, 1000.0, 1200.0],
        "high": [1000.0, 1700.0, 2100.0],
    }
)

DRAWN = {"reach_curve": CURVE}


def drawn(rows=DRAWN["reach_curve"], *, title="The finding", ax=None):
    return figures.reach_curve(rows, title=title, ax=ax)


def texts(ax):
    return [text.get_text() for text in shown(ax)]


@pytest.mark.parametrize(
    "rows",
    [
        CURVE,
        CURVE.assign(unique=CURVE["gross"], high=CURVE["gross"], low=1000.0),
        CURVE.assign(unique=CURVE["low"], high=CURVE["low"]),
        CURVE[:1],
        (pd.concat([CURVE] * 9).cummax() * 4e6).assign(creators=range(1, 28)),
    ],
)
def test_titles_and_texts_are_whole_legible_and_apart(rows):
    assert_legible(drawn(rows, title=LONG))


def test_lines_are_the_gross_and_the_unique_reach_from_nobody_on():
    gross, unique = drawn().lines
    assert gross.get_ydata() == pytest.approx([0, 1000, 1800, 2500])
    assert unique.get_ydata() == pytest.approx([0, 1000, 1600, 1900])
    assert unique.get_xdata() == pytest.approx([0, 1, 2, 3])
    assert gross.is_dashed()


def test_the_band_is_between_the_bounds():
    corners = {tuple(corner) for corner in drawn().collections[0].get_paths()[0].vertices}
    assert {(2, 1000), (2, 1700), (3, 1200), (3, 2100), (0, 0)} <= corners


def test_the_most_has_its_words_only_where_it_is_not_the_sum():
    assert "at the most" in texts(drawn())
    assert "at the most" not in texts(drawn(CURVE.assign(high=CURVE["gross"])))


def test_rows_may_stand_in_any_order():
    assert drawn(CURVE[::-1]).lines[1].get_ydata() == pytest.approx([0, 1000, 1600, 1900])


def test_nobody_reached_says_so():
    for rows in (CURVE[:0], CURVE.assign(gross=0.0)):
        assert "no creator reaches anybody" in drawn(rows).figure.get_label()
    assert "empty" not in drawn(CURVE[:1]).figure.get_label()


def test_the_figure_can_be_drawn_on_given_axes():
    left, _ = Figure(figsize=(12, 5)).subplots(1, 2)
    assert drawn(ax=left) is left
