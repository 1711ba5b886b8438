"""Proves where an arm breaks even along an assumption: on straight lines, simulated ones, and at the ends."""

import math

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import risk
from nanospread.core import errors


def swept(profits, se=1.0):
    """Return mean profits by arm at kappa 0, 1, 2, ..., in an order that no one should count on."""
    rows = [(float(at), arm, y, se) for arm, line in profits.items() for at, y in enumerate(line)]
    return pd.DataFrame(rows, columns=["kappa", "arm", "profit_mean", "profit_mean_se"]).iloc[::-1]


def test_an_arm_breaks_even_where_its_line_crosses_zero():
    found = risk.break_even(swept({"nano": [-30, -10, 30]}, se=2.0), name="kappa", arm="nano")
    assert found.value == pytest.approx(1.25)
    assert found.se == pytest.approx(2 / 40)


def test_an_arm_overtakes_another_where_their_lines_cross():
    lines = swept({"nano": [-30, -10, 30], "macro": [0, 2, 4]}, se=3.0)
    found = risk.break_even(lines, name="kappa", arm="nano", against="macro")
    assert found.value == pytest.approx(1 + 12 / 38)  # behind by 12, then ahead by 26
    assert found.se == pytest.approx(math.hypot(3, 3) / 38)
    assert risk.break_even(lines, name="kappa", arm="macro", against="nano") == found


@pytest.mark.parametrize(
    ("line", "value"),
    [([0, 5, 9], 0), ([-5, 0, 5], 1), ([-5, -2, 0], 2), ([5, -5, 5], 0.5), ([3, 1, -1], 1.5)],
)
def test_a_crossing_is_found_at_the_ends_and_on_a_point_and_the_lowest_of_several(line, value):
    assert risk.break_even(swept({"nano": line}), name="kappa", arm="nano").value == pytest.approx(value)


def test_where_nothing_crosses_there_is_no_number():
    for line in ([1, 2, 3], [-1, -2, -1], [0, 0, 0], [-1]):
        found = risk.break_even(swept({"nano": line}), name="kappa", arm="nano")
        assert math.isnan(found.value)
        assert math.isnan(found.se)


def test_the_error_covers_the_truth_as_often_as_it_claims():
    """Profit = kappa x sales - 100, sales of mean 50: even at kappa 2, in the same worlds at each kappa."""
    rng, covered = np.random.default_rng(2), []
    for _ in range(200):
        sales = rng.gamma(2, 25, 400)
        rows = [(at, "nano", world, at * x - 100) for at in (1.0, 2.5, 4.0) for world, x in enumerate(sales)]
        sweep = pd.DataFrame(rows, columns=["value", "arm", "world", "profit"])
        found = risk.break_even(risk.by_value(sweep, name="kappa"), name="kappa", arm="nano")
        covered.append(abs(found.value - 2) <= 1.96 * found.se)
    assert np.mean(covered) >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / 200)


def test_names_that_are_not_there_are_refused_with_the_nearest():
    lines = swept({"nano": [1, 2]})
    with pytest.raises(errors.InputError, match="unknown assumption 'kapa'; did you mean 'kappa'"):
        risk.break_even(lines, name="kapa", arm="nano")
    with pytest.raises(errors.InputError, match="unknown arm 'nanno'; did you mean 'nano'"):
        risk.break_even(lines, name="kappa", arm="nanno")
    with pytest.raises(errors.InputError, match="unknown arm 'macro'"):
        risk.break_even(lines, name="kappa", arm="nano", against="macro")


def test_values_and_arms_are_told_apart_in_whatever_order_their_rows_come():
    rows = [(v, arm, w, 10 * v + w) for v in (2.0, 1.0) for arm in ("nano", "macro") for w in (1, 0)]
    sweep = pd.DataFrame(rows, columns=["value", "arm", "world", "profit"])
    found = risk.by_value(sweep, name="kappa")
    assert found[["kappa", "arm", "profit_mean"]].to_numpy().tolist() == [
        [1.0, "macro", 10.5],
        [1.0, "nano", 10.5],
        [2.0, "macro", 20.5],
        [2.0, "nano", 20.5],
    ]
    with pytest.raises(errors.InputError, match="the same worlds"):
        risk.by_value(sweep.iloc[1:], name="kappa")


def test_the_odds_of_each_mix_are_those_of_its_arm_beside_the_macro():
    worlds = pd.DataFrame(
        {
            "macro_share": np.repeat([1.0, 0.0, 0.5], 4),
            "arm": pd.Categorical(np.repeat(["macro", "nano_gift", "mix_50"], 4)),
            "world": np.tile(np.arange(4), 3),
            "profit": [1.0, -2.0, 3.0, 0.0, 2.0, 1.0, 2.0, 1.0, 0.0, 0.0, 4.0, -1.0],
        }
    )
    found = risk.by_share(worlds).set_index("macro_share")
    assert found.index.tolist() == [0.0, 0.5, 1.0]
    assert found["profit_mean"].tolist() == [1.5, 0.75, 0.5]
    assert found["p_beats"].tolist()[:2] == [0.75, 0.5]
    assert np.isnan(found.loc[1.0, "p_beats"])
    assert found["p_loss"].tolist() == [0.0, 0.25, 0.25]
