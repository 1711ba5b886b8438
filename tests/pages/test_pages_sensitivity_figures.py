"""Proves that the figure of what is not known draws the numbers it is given, legibly, and survives none."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.pages.labels import labels
from pages.test_pages_sensitivity import CLEAR, NOISE

MANY = pd.concat([CLEAR] * 8)
MANY.index = list(labels())[: len(MANY)]

TABLES = [CLEAR, NOISE, MANY.rename_axis("belief"), CLEAR.head(1)]


def picture(table, luck=0.45, *, title="The finding", ax=None):
    return figures.spread_shares(table, luck, "EUR", title=title, ax=ax)


ROW = pd.Series(
    {"prior_p10": 1.9, "prior_p50": 20.5, "prior_p90": 121.0, "p10": 20.3, "p50": 25.7, "p90": 32.9}
)


def level(turning, *, title="The finding"):
    return figures.break_even(ROW, turning, title=title)


DRAWN = {
    "spread_shares": lambda title: picture(CLEAR, title=title),
    "break_even": lambda title: level({"pays": 6.0, "even": float("nan")}, title=title),
}


@pytest.mark.parametrize("table", TABLES)
def test_titles_and_texts_are_whole_legible_and_apart(table):
    assert_legible(picture(table, title=LONG))


def test_what_clicks_bring_stands_before_and_now_with_the_level_at_which_nano_pays():
    ax = level({"pays": 6.0, "even": 12.0}, title=LONG)
    bars = [list(line.get_xdata()) for line in ax.lines if line.get_linewidth() == 9]
    assert bars == [[1.9, 121.0], [20.3, 32.9]]
    assert {6.0, 12.0} <= {float(line.get_xdata()[0]) for line in ax.lines}
    assert "nano pays from here" in {text.get_text() for text in shown(ax)}
    bare = level({"pays": float("nan"), "even": float("nan")})
    assert not any("here" in text.get_text() for text in shown(bare))


def test_clicks_that_bring_nothing_are_drawn_on_an_axis_from_0():
    nothing, some = ROW * 0.0, ROW.mask(ROW.index == "prior_p10", 0.0)
    for row, scale in ((nothing, "linear"), (some, "linear"), (ROW, "log")):
        chart = figures.break_even(row, {"pays": float("nan"), "even": float("nan")}, title=LONG)
        assert chart.get_xscale() == scale
        assert ("log scale" in chart.get_xlabel()) == (scale == "log")
        assert_legible(chart)


def test_bars_are_luck_and_the_strongest_beliefs_with_what_they_are_worth():
    ax = picture(CLEAR)
    assert [bar.get_width() for bar in ax.patches] == [0.45, 0.3, 0.1, 0.05]
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == ["Luck", "Sales level"]
    texts = {text.get_text() for text in shown(picture(CLEAR))}
    assert "EUR 120" in texts
    assert not any("EUR" in text.get_text() for text in shown(picture(NOISE)))
    assert len(picture(MANY.rename_axis("belief")).patches) == 9


def test_nothing_to_draw_says_why_and_given_axes_are_drawn_on():
    assert "empty" in picture(CLEAR.head(0)).figure.get_label()
    left, _ = Figure(figsize=(14, 5)).subplots(1, 2)
    assert picture(CLEAR, ax=left) is left
