"""Proves that the figures on ambassadors draw the numbers they are given, and can be read."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.pages import _style as style

PERIOD = np.arange(14)
CURVE = pd.DataFrame(
    {"period": PERIOD, "survival": 0.9**PERIOD, "low": 0.85**PERIOD, "high": 0.95**PERIOD,
     "rate": np.where(PERIOD, 0.7 + 0.02 * PERIOD, np.nan)}
)  # fmt: skip
OBSERVED = pd.DataFrame(
    {"period": [0, 1, 2, 3], "at_risk": [9, 8, 5, 2], "survival": [1, 0.8, 0.6, 0.6],
     "low": [np.nan, 0.6, 0.4, 0.4], "high": [np.nan, 0.9, 0.8, 0.8]}
)  # fmt: skip
COHORTS = pd.DataFrame(
    {"cohort": ["2026-01", "2026-02", "2026-03"], "joined": [10, 4, 1_000], 1: [8.0, 3.0, np.nan],
     2: [4.0, np.nan, np.nan]}
)  # fmt: skip
PERIODS = pd.DataFrame(
    {"period": range(1, 14), "low": np.linspace(-6e3, -2e3, 13), "median": np.linspace(-4e3, 9e3, 13),
     "high": np.linspace(-1e3, 25e3, 13), "active": 1.0}
)  # fmt: skip
DRAWN = {
    "survival_by_week": lambda data, **words: figures.survival_by_week(data, OBSERVED, **words),
    "cohorts_by_week": figures.cohorts_by_week,
    "profit_by_week": lambda data, **words: figures.profit_by_week(data, "EUR", **words),
}
DATA = {"survival_by_week": CURVE, "cohorts_by_week": COHORTS, "profit_by_week": PERIODS}


def drawn(name, data=None, *, title="The finding", ax=None):
    return DRAWN[name](DATA[name] if data is None else data, title=title, ax=ax)


def texts(ax):
    return [text.get_text() for text in shown(ax)]


@pytest.mark.parametrize("name", DRAWN)
def test_titles_and_texts_are_whole_legible_and_apart(name):
    assert_legible(drawn(name, title=LONG))


def test_a_year_of_months_and_their_percents_can_be_read():
    many = {"cohort": [f"2026-0{at}" for at in range(1, 9)], "joined": 100}
    many |= {period: 100.0 - period for period in range(1, 14)}
    assert_legible(figures.cohorts_by_week(pd.DataFrame(many), title=LONG))


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_says_why_and_one_row_can_be_drawn(name):
    assert "empty" in drawn(name, DATA[name].iloc[:0]).figure.get_label()
    assert "An empty figure" not in drawn(name, DATA[name].iloc[:2]).figure.get_label()


def test_cohorts_that_nobody_saw_for_a_period_are_an_empty_figure():
    ax = figures.cohorts_by_week(COHORTS[["cohort", "joined"]], title="The finding")
    assert "no cohort was seen for a whole period yet" in texts(ax)


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_can_be_drawn_on_given_axes(name):
    left, _ = Figure(figsize=(12, 5)).subplots(1, 2)
    assert drawn(name, ax=left) is left


def test_survival_falls_retention_rises_and_own_steps_stand_beside_them():
    ax = drawn("survival_by_week")
    survival, rate, own = ax.lines
    assert survival.get_xdata().tolist() == (4 * PERIOD).tolist()
    assert survival.get_ydata().tolist() == CURVE["survival"].tolist()
    assert to_hex(survival.get_color()).upper() == style.NANO
    assert rate.get_ydata()[1:].tolist() == CURVE["rate"][1:].tolist()
    assert own.get_ydata().tolist() == OBSERVED["survival"].tolist()
    assert own.get_drawstyle() == "steps-post"
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(CURVE["low"].min())
    assert {"still there", "your own"} <= set(texts(ax))
    assert "your own" in ax.figure.get_label()


@pytest.mark.parametrize("observed", [None, OBSERVED.iloc[:1], OBSERVED.iloc[:0]])
def test_without_own_ambassadors_no_steps_are_drawn_nor_told(observed):
    ax = figures.survival_by_week(CURVE, observed, title="The finding")
    assert len(ax.lines) == 2
    assert "your own" not in " ".join([*texts(ax), ax.figure.get_label()])


def test_own_steps_end_where_the_curve_does():
    ax = figures.survival_by_week(CURVE.iloc[:3], OBSERVED, title="The finding")
    assert ax.lines[2].get_xdata().tolist() == [0, 4, 8]


def test_cells_print_the_percent_of_each_cohort_and_leave_out_what_was_not_seen():
    ax = drawn("cohorts_by_week")
    assert sorted(text.get_text() for text in ax.texts) == ["40", "75", "80"]
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "2026-01 (10)",
        "2026-02 (4)",
        "2026-03 (1,000)",
    ]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["4", "8"]
    assert ax.get_ylim() == (3, 0)


def test_of_many_periods_the_first_and_the_last_are_among_those_drawn():
    wide = COHORTS[["cohort", "joined"]].join(pd.DataFrame(dict.fromkeys(range(1, 41), [1.0] * 3)))
    ticks = [
        label.get_text() for label in figures.cohorts_by_week(wide, title="The finding").get_xticklabels()
    ]
    assert len(ticks) == 13
    assert (ticks[0], ticks[-1]) == ("4", "160")


def test_profit_so_far_is_a_line_in_a_band_and_its_end_is_told():
    ax = drawn("profit_by_week")
    assert ax.lines[0].get_ydata().tolist() == PERIODS["median"].tolist()
    assert ax.lines[0].get_xdata().tolist() == [4 * at for at in range(1, 14)]
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (-6e3, 25e3)
    assert "at the end EUR 9,000, from −EUR 2,000 to EUR 25,000." in ax.figure.get_label()
    assert ax.get_ylabel() == "Profit so far, EUR"
