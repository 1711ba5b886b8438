"""Simulation-based calibration of beliefs, small: true values from the prior, ranks among the draws uniform.

`make calibration` is the long version, of all evidence and 1,000 data sets; here orders on clicks alone.
"""

import numpy as np
import pytest
from scipy import stats

from nanospread.campaign import beliefs, brief
from nanospread.campaign.beliefs import posterior, stored
from oracles import results as generator

SAMPLE = brief.read("sample")
SETS = 20


def ranks(seed):
    """Return where the truth of orders per click and of the level lies among the draws [0-1]."""
    rng = np.random.default_rng(seed)
    rows = posterior.Prior((*posterior.free_beliefs(SAMPLE).rows, *posterior.readings(SAMPLE).rows))
    true = dict(zip(rows.names, rows.values(rng.standard_normal((1, len(rows.rows))))[0], strict=True))
    true = {name: SAMPLE.value(name) for name in SAMPLE.assumptions} | true
    results, roster = generator.drawn(rng, true, campaigns=2, sides={"nano": 8, "macro": 2})
    orders_alone = results.assign(reach=0.0, revenue=0.0, cost=0.0)
    believed = beliefs.learned(SAMPLE, orders_alone, roster)
    flops = 1 - true["flop_rate"] * (1 - true["flop_multiplier"])
    per_click = {
        "nano": 100 * true["kappa"] * true["cvr_nano"] * true["advocacy"] * flops,
        "macro": 100 * true["kappa"] * true["cvr_macro"] * flops,
    }
    places = [(believed.orders_per_100_clicks(side) < value).mean() for side, value in per_click.items()]
    return [*places, (believed.column("kappa") < true["kappa"]).mean()]


@pytest.fixture(scope="module")
def drawn():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(posterior, "BROAD", 256)
        patch.setattr(posterior, "ENOUGH", 100.0)
        patch.setattr(stored.cache, "folder", lambda *_: None)
        return np.array([ranks(seed) for seed in range(SETS)])


@pytest.mark.slow
def test_80_percent_intervals_hold_the_truth_of_orders_per_click(drawn):
    inside = ((drawn > 0.1) & (drawn < 0.9)).sum(axis=0)
    low, high = stats.binom.interval(0.998, SETS, 0.8)
    assert ((inside >= low) & (inside <= high)).all(), inside


def test_ranks_are_uniform(drawn):
    assert all(stats.kstest(column, "uniform").pvalue > 0.002 for column in drawn.T)
