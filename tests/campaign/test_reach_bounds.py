"""Proves net reach from pairs and its bounds: by hand, by each other and by people who are counted."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.campaign import reach

few = settings(max_examples=examples(60))
parts = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def net(audiences, duplications):
    return reach.net(np.asarray(audiences, dtype=float), np.asarray(duplications, dtype=float))[-1]


def bounds_of(audiences, population, duplications=None):
    low, high = reach.bounds(np.asarray(audiences, dtype=float), population, duplications)
    return Bounds(float(low[-1]), float(high[-1]))


class Bounds(NamedTuple):
    low: float
    high: float


def drawn(seed, n=4, people=300, kind="any"):
    """People by creators, True where reached: what every net reach can be counted from."""
    rng = np.random.default_rng(seed)
    taste = rng.gamma(0.5, 2, people)[:, None] if kind == "any" else 1.0
    return rng.random((people, n)) < np.clip(taste * rng.uniform(0.02, 0.5, n), 0, 1)


def pairs_of(met):
    """Audiences, people in each pair, people in any."""
    both = met.T.astype(float) @ met
    return both.diagonal().copy(), both, float(met.any(axis=1).sum())


@few
@given(parts)
def test_pairs_at_random_give_the_net_reach_of_sainsbury(chances):
    found = net(chances, np.outer(chances, chances))
    assert found == pytest.approx(1 - math.prod(1 - share for share in chances), abs=1e-11)


@few
@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0, 1))
def test_two_audiences_are_exact_whatever_they_share(one, other, way):
    both = way * min(one, other)
    assert net([one, other], [[one, both], [both, other]]) == pytest.approx(one + other - both)


@pytest.mark.parametrize("n", [1, 2, 7, 60])
def test_the_same_people_count_once_and_strangers_all(n):
    assert net([50.0] * n, np.full((n, n), 50.0)) == pytest.approx(50)
    assert net([50.0] * n, np.zeros((n, n))) == pytest.approx(50 * n)


@few
@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(0.01, 3))
def test_more_duplication_never_raises_the_net_reach(seed, n, more):
    audiences, both, _ = pairs_of(drawn(seed, n))
    raised = both + more * np.random.default_rng(seed).random((n, n))
    assert net(audiences, (raised + raised.T) / 2) <= net(audiences, both) + 1e-9


@few
@given(st.integers(0, 10_000), st.integers(1, 7))
def test_counted_people_lie_between_the_bounds(seed, n):
    audiences, both, people = pairs_of(drawn(seed, n))
    plain, tight = bounds_of(audiences, 300), bounds_of(audiences, 300, both)
    hidden = np.where(np.random.default_rng(seed).random((n, n)) < 0.5, np.nan, both)
    hidden = np.where(np.isnan(hidden.T), np.nan, hidden)
    part = bounds_of(audiences, 300, hidden)
    assert plain.low == pytest.approx(audiences.max())
    assert plain.high == pytest.approx(min(audiences.sum(), 300))
    assert plain.low <= part.low + 1e-9
    assert plain.low <= tight.low + 1e-9
    assert max(part.low, tight.low) <= people + 1e-9
    assert people <= tight.high + 1e-9
    assert tight.high <= part.high + 1e-9
    assert part.high <= plain.high + 1e-9


@few
@given(st.integers(0, 10_000), st.integers(2, 7))
def test_the_lower_bound_of_measured_pairs_is_at_least_dawson_and_sankoffs(seed, n):
    audiences, both, people = pairs_of(drawn(seed, n))
    if people == 0:
        return
    one, two = audiences.sum(), np.triu(both, 1).sum()
    k = 1 + math.floor(2 * two / one)
    dawson = 2 * one / (k + 1) - 2 * two / (k * (k + 1))
    assert bounds_of(audiences, 300, both).low >= dawson - 1e-9


def test_bounds_of_three_audiences_are_worked_out_by_hand():
    audiences = [10.0, 8.0, 6.0]
    both = np.array([[10, 4, np.nan], [4, 8, 2], [np.nan, 2, 6]])
    assert bounds_of(audiences, 20) == (10, 20)
    assert bounds_of(audiences, 100) == (10, 24)
    assert bounds_of(audiences, 100, both).high == 24 - 4 - 2  # the tree of both measured pairs
    # 10 people by (10 + 4 + 6) / 10 = 2 creators each, 8 by 1.75, 6 by (6 + 6 + 2) / 6 = 2.33
    by_mean = 10 / 2 + 8 * (1 - 0.75 / 2) + 6 * (1 / 2 - (1 / 3) / 6)
    assert bounds_of(audiences, 100, both).low == pytest.approx(max(by_mean, 10 + 8 - 4))
    zero = np.array([[np.nan, 0, np.nan], [0, np.nan, np.nan], [np.nan, np.nan, np.nan]])
    assert bounds_of(audiences, 100, zero) == (18, 24)  # two share nobody, of the third nothing is known


@pytest.mark.parametrize("seed", range(6))
def test_net_reach_is_a_little_low_where_reached_people_are_met_by_up_to_0_7_others(seed):
    """Tastes differ (gamma), and creators of one kind share people."""
    rng = np.random.default_rng(seed)
    people, n = 40_000, 20
    taste, home, kind = rng.gamma(0.5, 2, people), rng.integers(0, 4, n), rng.integers(0, 12, people)
    liked = np.where(kind[:, None] == home, 4.0, 0.7) * taste[:, None] * rng.uniform(0.003, 0.017, n)
    audiences, both, counted = pairs_of(rng.random((people, n)) < liked)
    assert 0.25 < (both.sum() - audiences.sum()) / audiences.sum() < 0.7
    assert 0.94 < net(audiences, both) / counted < 1.003
    random = (1 - np.prod(1 - audiences / people)) * people
    assert random > 1.08 * counted  # what it would be without the pairs
