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
    return figures.unknowns(table, luck, "EUR", title=title, ax=ax)


DRAWN = {"unknowns": lambda title: picture(CLEAR, title=title)}


@pytest.mark.parametrize("table", TABLES)
def test_titles_and_texts_are_whole_legible_and_apart(table):
    assert_legible(picture(table, title=LONG))


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
