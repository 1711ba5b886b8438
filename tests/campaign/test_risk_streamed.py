"""Proves that the summary in blocks is the summary of all worlds at once, or is refused."""

import numpy as np
import pandas as pd
import pytest

from nanospread.campaign import risk
from nanospread.campaign.risk import streaming
from nanospread.core import errors

ARMS = ["macro", "nano_gift"]


def block(start, n, *, moved=0.0):
    """Return n worlds of two arms with continuous, constant and whole-numbered outcomes, some of them 0.

    moved: by how much profit is better where there is an order; it is -20 in most worlds without.
    """
    rng = np.random.default_rng(start)
    rows = pd.DataFrame(
        {
            "world": np.tile(np.arange(start, start + n), 2),
            "arm": pd.Categorical.from_codes(np.repeat([0, 1], n), ARMS, ordered=True),
            "cost": np.repeat([100.1, 99.7], n),
            "reach": rng.lognormal(8, 1, 2 * n),
            "unique_reach": np.round(rng.lognormal(2, 1, 2 * n)),
            "engagements": rng.poisson(3.0, 2 * n).astype(float),
            "conversions": np.maximum(rng.poisson(1.5, 2 * n) - 1.0, 0.0),
        }
    )
    lost = rng.lognormal(1, 1, 2 * n) * (rng.random(2 * n) < 0.15)
    profit = (12 * rng.lognormal(0, 1.2, 2 * n) + moved) * (rows["conversions"] > 0) - 20 - lost
    return rows.assign(profit=profit, roi=profit / rows["cost"])


def assert_same(found, expected):
    keys = ["arm", "measure", "unit"]
    pd.testing.assert_frame_equal(found[keys], expected[keys])
    np.testing.assert_allclose(found["value"], expected["value"], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found["se"], expected["se"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("sizes", [[70_000, 70_001, 3], [40_000, 40_000, 40_000], [100_000], [5, 65_531, 9]])
def test_the_summary_in_blocks_is_the_summary_of_all_worlds(sizes):
    starts = np.cumsum([0, *sizes])
    blocks = [block(int(start), n) for start, n in zip(starts, sizes, strict=False)]
    whole = risk.summary(pd.concat(blocks, ignore_index=True), flop_roi=-0.1)
    assert_same(risk.streamed(iter(blocks), flop_roi=-0.1), whole)


def test_fewer_worlds_than_a_bracket_needs_are_summed_up_as_they_are():
    blocks = [block(0, 30), block(30, 10)]
    expected = risk.summary(pd.concat(blocks, ignore_index=True), flop_roi=-0.1)
    pd.testing.assert_frame_equal(risk.streamed(blocks, flop_roi=-0.1), expected)


def test_few_values_are_held_whatever_the_number_of_worlds():
    bracket, held = streaming.Bracket(0.5), []
    for start in range(20):
        values = np.random.default_rng(start).standard_normal(50_000)
        bracket.add(values, np.arange(50_000) % 16, np.ones(50_000))
        bracket.narrow(50_000 * (start + 1))
        held.append(len(bracket.values))
    assert max(held) < 25_000  # 2 x 16 sqrt(n) / 2 of 1,000,000, and no more


def test_equal_values_are_held_once_for_each_scramble():
    bracket = streaming.Bracket(0.5)
    for n in (50_000, 100_000, 150_000):
        bracket.add(np.full(50_000, 100.1), np.arange(50_000) % 16, np.ones(50_000))
        bracket.narrow(n)
    assert len(bracket.values) == 16
    assert bracket.weight.sum() == 150_000


def test_blocks_that_drift_a_little_are_still_exact():
    blocks = [block(70_000 * i, 70_000, moved=0.02 * i) for i in range(3)]
    whole = risk.summary(pd.concat(blocks, ignore_index=True), flop_roi=-0.1)
    assert_same(risk.streamed(blocks, flop_roi=-0.1), whole)


def test_blocks_too_unlike_for_an_exact_answer_are_refused():
    blocks = [block(70_000 * i, 70_000, moved=1000.0 * i) for i in range(3)]
    with pytest.raises(errors.InputError, match="blocks must be alike"):
        risk.streamed(blocks, flop_roi=-0.1)


def test_blocks_that_mean_nothing_are_refused():
    with pytest.raises(errors.InputError, match="at least one frame"):
        risk.streamed([], flop_roi=0.0)
    one = block(0, 70_000)
    with pytest.raises(errors.InputError, match="the same arms"):
        risk.streamed([one, one[one["arm"] == "macro"]], flop_roi=0.0)
    with pytest.raises(errors.InputError, match="8 or more"):
        risk.streamed([one.assign(world=one["world"] * 16)], flop_roi=0.0)
