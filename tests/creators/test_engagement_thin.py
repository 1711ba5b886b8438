"""Proves that the model of few creators says how little they tell: its ranges hold what they promise over
repeated samples of known truth, a spread that looks like none is not believed; many creators move nothing.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nanospread.creators import engagement
from nanospread.creators.engagement import random_effects
from test_engagement import drawn, posts_of, roster_of

MEAN, BETWEEN, WITHIN = -3.3, 0.8, 0.5
ENDS = np.array([[0.1, 0.9]])


def model(seed, creators, posts=1):
    random = np.random.default_rng(seed)
    roster = roster_of(random.integers(1_000, 10_000, creators))
    code, _, y = drawn(random, creators, posts, between=BETWEEN, within=WITHIN)
    return engagement.fit(posts_of(roster, code, y), roster)


def held(seed, creators, posts=1):
    """Return what the 80 % range of a new creator's post holds of the truth."""
    alike = pd.DataFrame({"creator": ["new"], "niche": ["food"], "followers": [4_000]})
    low, high = engagement.predictive(model(seed, creators, posts), alike).quantile(ENDS)[0]
    truth = stats.norm(MEAN, np.hypot(BETWEEN, WITHIN))
    return truth.cdf(high) - truth.cdf(low)


@pytest.mark.slow
@pytest.mark.parametrize(("creators", "posts"), [(2, 1), (7, 1)])
def test_eighty_percent_ranges_of_few_creators_hold_eighty_percent(creators, posts):
    assert 0.72 < np.mean([held(seed, creators, posts) for seed in range(20)]) < 0.88


@pytest.mark.slow
def test_without_the_doubt_of_few_creators_a_range_may_hold_far_too_little(monkeypatch):
    seeds = range(20)
    now = min(held(seed, 7) for seed in seeds)
    monkeypatch.setattr(random_effects, "_drawn", lambda sums, own: own)
    assert now > min(held(seed, 7) for seed in seeds) + 0.05


def test_creators_who_happen_to_be_alike_are_not_taken_for_all_alike():
    roster = roster_of([2_000 + 300 * at for at in range(7)])
    fit = engagement.fit(posts_of(roster, np.arange(7), np.full(7, MEAN) + 0.01 * np.arange(7)), roster)
    assert fit.sd_between < 0.05
    assert fit.shapes["all"].level > 0.2


def test_the_doubt_fades_as_creators_come_and_is_gone_among_many():
    alone = random_effects.Solution(0.25, 0.04, np.zeros(1), np.eye(1))

    def sums(creators):
        ones = np.ones((creators, 1))
        return random_effects.SufficientStatistics(ones[:, 0], np.zeros(creators), 0.0, ones)

    between = [random_effects._drawn(sums(creators), alone).between for creators in (6, 12, 20, 30)]
    assert between == sorted(between, reverse=True)
    assert between[0] < random_effects.SD_BETWEEN**2
    assert random_effects._drawn(sums(31), alone) is alone
    wider = [random_effects._drawn(sums(n), alone).covariance[0, 0] * n for n in (6, 30)]
    assert wider[0] > wider[1]
