"""Proves that the figures of the next batch show what each way earns and where a look's thresholds are."""

import math

import numpy as np
import pytest
from matplotlib.figure import Figure

import staged_plans
from every_figure import figures
from legible import LONG, assert_legible
from nanospread.pages import show
from nanospread.pages.next_batch import NOBODY

DRAWN = {
    "values": lambda **words: figures.values(staged_plans.plan(), "EUR", **words),
    "looks": lambda **words: figures.looks(staged_plans.plan().looks, **words),
}


@pytest.mark.parametrize("name", DRAWN)
def test_it_can_be_drawn_on_given_axes(name):
    left, _ = Figure(figsize=(12, 5)).subplots(1, 2)
    assert DRAWN[name](title="t", ax=left) is left


def test_the_bars_are_as_long_as_the_ways_earn_and_name_them():
    plan = staged_plans.plan()
    ax = figures.values(plan, "EUR", title=LONG)
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == sorted(plan.values["profit_mean"], reverse=True)
    assert ax.get_yticklabels()[0].get_text() == "In batches"
    assert_legible(ax)


def test_a_list_of_nobody_has_a_figure_that_says_so():
    ax = figures.values(NOBODY, "EUR", title="None")
    assert [text.get_text() for text in ax.texts] == ["nobody is invited"]


def test_the_zones_of_a_look_end_where_its_thresholds_are():
    ax = figures.looks(staged_plans.plan().looks, title=LONG)
    ends = sorted(round(bar.get_x() + bar.get_width(), 6) for bar in ax.patches)
    assert ends[:4] == [23, 41, 66, 66]
    assert ends[4] == ends[5] > 66
    assert_legible(ax)
    endless = staged_plans.plan(looks=[(20, math.inf, 0), (35, 66, 66)]).looks
    assert np.isfinite([bar.get_width() for bar in figures.looks(endless, title=LONG).patches]).all()
    none = figures.looks(staged_plans.plan().looks.head(0), title=LONG)
    assert "no batch is sent" in show.alt_text(none.get_figure())
