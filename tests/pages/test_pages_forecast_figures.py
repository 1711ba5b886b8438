"""Proves that the figures of the forecast check draw the numbers they are given, and survive none."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from every_figure import figures
from legible import LONG, assert_legible, shown
from nanospread.campaign.backtest import LEVELS, ResultsToDate
from nanospread.pages import _style as style

CURVE = pd.DataFrame(
    {"level": [0.25, 0.5, 0.75], "n": 200, "coverage": [0.3, 0.52, 0.7], "low": [0.19, 0.43, 0.69],
     "high": [0.31, 0.57, 0.81]}
)  # fmt: skip
COUNTS = pd.DataFrame(
    {"start": [0.0, 0.5], "end": [0.5, 1.0], "posts": [90, 110], "low": 86.0, "high": 114.0}
)


def by_past():
    groups = [("1", 0), ("3-5", 0.02), ("6+", -0.2)]
    held = [(name, level, level + off) for name, off in groups for level in LEVELS]
    rows = [(name, level, 50, share, share - 0.1, min(share + 0.1, 1.0)) for name, level, share in held]
    frame = pd.DataFrame(rows, columns=["n_past", "level", "n", "coverage", "low", "high"])
    return frame.assign(n_past=pd.Categorical(frame["n_past"], ["1", "2", "3-5", "6+"], ordered=True))


def totals():
    starts = pd.to_datetime(["2026-02-01", "2026-01-01", "2026-03-01"], utc=True)
    rows = pd.DataFrame(
        {"size": 5, "group": [1, 0, 2], "start": starts,
         "actual": [250.0, 90.0, 100.0], "median": [200.0, 100.0, 100.0], "low_80": [180.0, 80, 70],
         "high_80": [220.0, 130, 140]}
    )  # fmt: skip
    rows = rows.assign(end=rows["start"] + pd.Timedelta(days=20), grouping="time", luck="independent")
    return pd.concat([rows, rows.assign(luck="shared"), rows.assign(grouping="lot"), rows.assign(size=10)])


def state():
    forecast = pd.DataFrame(
        {"stage": ["so far", "before", "now"], "p10": [23.0, 28, 167], "p25": [60.0, 70, 174],
         "p50": [235.0, 283, 185], "p75": [690.0, 820, 203], "p90": [1_688.0, 1_950, 227]}
    )  # fmt: skip
    return ResultsToDate("summer", 32, 25, 0, 158.0, 0.0, forecast, 0.4, 3_700.0, 4_000, 900.0, 0.3)


CAMPAIGNS = pd.DataFrame(
    {"campaign": ["spring", "a name that somebody made rather long"], "orders": [0.0, 400.0],
     "orders_p10": [100.0, 80.0], "orders_p50": [200.0, 150.0], "orders_p90": [500.0, 300.0]}
)  # fmt: skip


DRAWN = {
    "campaigns": (CAMPAIGNS, {}),
    "calibration": (CURVE, {}),
    "pit_histogram": (COUNTS, {}),
    "coverage_by_past": (by_past(), {}),
    "campaign_totals": (totals(), {"size": 5}),
    "results_to_date": (state(), {}),
}
NOTHING = {
    "campaigns": CAMPAIGNS.iloc[:0],
    "calibration": CURVE.assign(coverage=np.nan),
    "pit_histogram": COUNTS.assign(posts=0),
    "coverage_by_past": by_past().iloc[:0],
    "campaign_totals": totals().iloc[:0],
    "results_to_date": None,
}


def drawn(name, *, title="The finding", ax=None):
    data, words = DRAWN[name]
    return getattr(figures, name)(data, title=title, ax=ax, **words)


@pytest.mark.parametrize("name", DRAWN)
def test_titles_and_texts_are_whole_legible_and_apart(name):
    ax = drawn(name, title=LONG)
    assert_legible(ax)


@pytest.mark.parametrize("name", DRAWN)
def test_nothing_to_draw_says_why(name):
    ax = getattr(figures, name)(NOTHING[name], title="None", **DRAWN[name][1])
    assert "empty" in ax.figure.get_label()
    assert "empty" not in drawn(name).figure.get_label()


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_can_be_drawn_on_given_axes(name):
    whole = Figure(figsize=(12, 5))
    left, _ = whole.subplots(1, 2)
    assert drawn(name, ax=left) is left


def test_campaigns_are_drawn_beside_their_forecast_and_none_sold_still_has_a_place():
    ax = drawn("campaigns")
    bars, middles, came = ax.collections
    assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [[100, 500], [80, 300]]
    assert middles.get_offsets()[:, 0].tolist() == [200, 150]
    assert came.get_offsets().tolist() == [[0.5, 0], [400, 1]]
    assert {"0 came", "400 came"} <= {text.get_text() for text in shown(ax)}


def test_the_calibration_curve_is_held_against_promised_over_the_diagonal():
    diagonal, curve = drawn("calibration").lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert curve.get_xydata().tolist() == CURVE[["level", "coverage"]].to_numpy().tolist()


def test_the_histogram_has_a_bar_for_each_part_and_the_band_of_chance():
    ax = drawn("pit_histogram")
    *bars, band = ax.patches
    assert [bar.get_height() for bar in bars] == [90, 110]
    assert (band.get_y(), band.get_y() + band.get_height()) == (86, 114)
    assert ax.lines[0].get_ydata()[0] == 100


def test_coverage_is_drawn_for_each_group_that_is_there_beside_its_promise():
    ax = drawn("coverage_by_past")
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        "1\n(50 posts)",
        "3-5\n(50 posts)",
        "6+\n(50 posts)",
    ]
    assert sorted(line.get_ydata()[0] for line in ax.lines) == list(LEVELS)
    points = np.vstack([np.asarray(part.get_offsets()) for part in ax.collections[1::2]])
    expected = by_past().sort_values(["level", "n_past"])["coverage"].to_numpy()
    assert points[:, 1] == pytest.approx(expected)


def test_totals_are_drawn_over_their_median_in_time_and_dark_where_outside():
    ax = drawn("campaign_totals")
    bars, inside, outside = ax.collections
    ends = np.array([segment[:, 1] for segment in bars.get_segments()])
    assert ends == pytest.approx(np.array([[0.8, 1.3], [0.9, 1.1], [0.7, 1.4]]))
    assert inside.get_offsets().tolist() == [[0, 0.9], [2, 1.0]]
    assert outside.get_offsets().tolist() == [[1, 1.25]]
    assert to_hex(outside.get_facecolor()[0]).upper() == style.MACRO
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1 Jan 2026", "21 Mar 2026"]


def test_results_are_drawn_between_the_right_worlds_beside_orders_and_target():
    ax = drawn("results_to_date")
    outer, inner = (
        [segment[:, 0].tolist() for segment in bars.get_segments()] for bars in ax.collections[:2]
    )
    assert outer == [[23, 1_688], [28, 1_950], [167, 227]]
    assert inner == [[60, 690], [70, 820], [174, 203]]
    assert ax.collections[2].get_offsets()[:, 0].tolist() == [235, 283, 185]
    assert ax.collections[3].get_offsets().tolist() == [[158, 0]]
    assert ax.lines[0].get_xdata()[0] == 900
    assert {"target 900", "158 seen"} <= {text.get_text() for text in shown(ax)}
