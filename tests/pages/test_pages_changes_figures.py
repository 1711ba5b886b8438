"""Proves that the lines over the weeks draw their numbers, gaps as gaps and new methods as breaks."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.pages import _style as style

WEEKS = [f"2026-W{week}" for week in range(36, 48)]
FIGURES = {
    "p_beats_macro_nano": ("gifted nano: odds of beating the macro", "share", 0.85),
    "p_loss_macro": ("one macro: odds of losing money", "share", 0.7),
    "profit_p50_nano": ("gifted nano: median profit", "EUR", -12_345_678.0),
}


def history(*, gaps=(), method=(), only=None, flat=False):
    """Each figure wanders around its number; gaps: weeks without a report; method: weeks under version 1."""
    rows = [
        {
            "role": role, "label": label, "unit": unit, "week": week,
            "value": np.nan if at in gaps else middle * (1 if flat else 1 + 0.02 * np.sin(at)),
            "low": np.nan if at in gaps else middle * 0.97, "high": np.nan if at in gaps else middle * 1.03,
            "method": np.nan if at in gaps else 1.0 if at in method else 2.0,
        }
        for role, (label, unit, middle) in FIGURES.items()
        for at, week in enumerate(WEEKS)
        if only is None or role in only
    ]  # fmt: skip
    return pd.DataFrame(rows)


def over_weeks(data, title="The finding", ax=None):
    return figures.over_weeks(data, title=title, ax=ax)


DRAWN = {"over_weeks": lambda **words: over_weeks(history(), **words)}


def lines(ax):
    """The lines of the figures: place in time and height."""
    return [
        np.asarray(line.get_xydata()) for line in ax.lines if to_hex(line.get_color()) == style.MIDDLE.lower()
    ]


@pytest.mark.parametrize("data", [history(), history(gaps=(2, 5), method=range(5)), history(flat=True)])
def test_texts_are_whole_legible_and_apart(data):
    assert_legible(over_weeks(data, LONG))


def test_each_line_runs_from_the_lowest_to_the_highest_number_of_its_row():
    data = history(only=["p_loss_macro"])
    ax = over_weeks(data)
    low, high = data["low"].min(), data["high"].max()
    [line] = lines(ax)
    scale = np.polyfit(ax.get_yticks(), [low, high], 1)
    np.testing.assert_allclose(np.polyval(scale, line[:, 1]), data["value"], rtol=1e-9)
    assert line[:, 0].tolist() == list(range(12))
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["68%", "72%"]


def test_a_gap_is_a_gap_and_is_told():
    ax = over_weeks(history(gaps=(3, 4)))
    for line in lines(ax):
        assert np.isnan(line[[3, 4], 1]).all()
        assert np.isfinite(np.delete(line[:, 1], [3, 4])).all()
    assert "No report of 2026-W39 and 2026-W40." in ax.figure.get_label()


def test_a_new_method_breaks_the_line_and_is_marked():
    ax = over_weeks(history(method=range(4), only=["p_loss_macro"]))
    assert [line[:, 0].tolist() for line in lines(ax)] == [[0, 1, 2, 3], [4, 5, 6, 7, 8, 9, 10, 11]]
    [mark] = [marks for marks in ax.collections if marks.get_label() == "new method"]
    assert mark.get_segments()[0][:, 0].tolist() == [3.5, 3.5]
    assert "A new method counts from 2026-W40 on." in ax.figure.get_label()


def test_a_method_that_changed_in_a_gap_is_a_break_too():
    ax = over_weeks(history(gaps=(4,), method=range(4), only=["p_loss_macro"]))
    assert [line[:, 0].tolist() for line in lines(ax)][1][0] == 5


def test_this_week_is_the_coloured_dot_and_its_numbers_stand_beside():
    ax = over_weeks(history())
    dots = [line.get_xydata()[0][0] for line in ax.lines if to_hex(line.get_color()) == style.NANO.lower()]
    assert dots == [11, 11, 11]
    texts = [text.get_text() for text in shown(ax)]
    assert {"now", "83%", "69%", "W47", "W38"} <= set(texts)


def test_the_first_week_is_an_empty_figure_with_its_reason():
    for data in (history().iloc[:0], history(gaps=range(11))):
        assert "this is the first report for this plan" in over_weeks(data).figure.get_label()


def test_a_figure_without_any_number_has_no_row():
    data = history()
    data.loc[data["role"] == "p_loss_macro", ["value", "low", "high", "method"]] = np.nan
    assert len(lines(over_weeks(data))) == 2


def test_it_can_be_drawn_on_given_axes():
    left, _ = Figure(figsize=(12, 5)).subplots(1, 2)
    assert over_weeks(history(), ax=left) is left


def test_the_numbers_behind_are_one_row_per_week():
    [kept] = figures.numbers(over_weeks(history(gaps=(0,))))
    assert kept.columns == ("Week", *(label[0].upper() + label[1:] for label, _, _ in FIGURES.values()))
    assert [row[0] for row in kept.rows] == WEEKS
    assert kept.rows[0][1] == "no report"
    assert kept.rows[-1][1] == "83% (82% to 88%)"
    assert kept.left_out == 0
