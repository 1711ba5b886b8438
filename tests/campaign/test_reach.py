"""Proves the exposure distributions by published numbers (model.md V1-V4, V6), by each other and by count."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nanospread.campaign import reach
from nanospread.core import errors

few = settings(max_examples=60, deadline=None)
THREE = [0.3, 0.4, 0.2]
parts = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def drawn(seed, n=4, people=300, kind="any"):
    """People by creators, True where reached: what every net reach can be counted from."""
    rng = np.random.default_rng(seed)
    taste = rng.gamma(0.5, 2, people)[:, None] if kind == "any" else 1.0
    return rng.random((people, n)) < np.clip(taste * rng.uniform(0.02, 0.5, n), 0, 1)


def pairs_of(met):
    """Audiences, people in each pair, people in any."""
    both = met.T.astype(float) @ met
    return both.diagonal().copy(), both, float(met.any(axis=1).sum())


# --- overlap at random


def test_random_overlap_gives_the_published_contacts():
    found = reach.sainsbury(THREE)
    assert found == pytest.approx([0.336, 0.452, 0.188, 0.024], abs=1e-12)  # V1
    assert reach.reached(found) == pytest.approx(0.664, abs=1e-12)
    assert reach.reached(reach.sainsbury([3e6, 4e6], 1e7)) == pytest.approx(0.58, abs=1e-12)


def test_the_mean_audience_gives_the_published_contacts():
    found = reach.binomial(THREE)
    assert found[1:] == pytest.approx([0.441, 0.189, 0.027], abs=1e-12)  # V2
    assert reach.reached(found) == pytest.approx(0.657, abs=1e-12)
    assert reach.reached(reach.binomial([0.3, 0.4])) == pytest.approx(0.5775, abs=1e-12)


@few
@given(parts)
def test_random_overlap_is_a_distribution_with_the_mean_and_the_reach_of_independence(chances):
    found = reach.sainsbury(chances)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1, abs=1e-13)
    assert found @ np.arange(len(found)) == pytest.approx(sum(chances), abs=1e-12)
    assert reach.reached(found) == pytest.approx(1 - math.prod(1 - p for p in chances), abs=1e-12)


def test_thousands_of_creators_keep_every_share_to_its_last_digits():
    found = reach.sainsbury(np.full(3000, 0.01))
    exact = stats.binom.pmf(np.arange(200), 3000, 0.01)
    assert found[:200] == pytest.approx(exact, rel=1e-9)
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1, abs=1e-11)


# --- the beta-binomial


def test_the_beta_binomial_gives_the_published_contacts():
    found = reach.beta_binomial(0.5, 0.55, 5)
    published = [0.396635, 0.060096, 0.043269, 0.043269, 0.060096, 0.396635]
    assert found == pytest.approx(published, abs=1e-6)  # V3
    assert reach.reached(found) == pytest.approx(0.603365, abs=1e-6)


@few
@given(st.floats(0.01, 0.95), st.floats(0.01, 0.99), st.integers(1, 60))
def test_the_beta_binomial_is_that_of_scipy_and_keeps_its_two_reaches(once, way, insertions):
    twice = once + way * once * (1 - once)
    found = reach.beta_binomial(once, twice, insertions)
    alpha = once * (twice - once) / (2 * once - once**2 - twice)  # model.md C3
    exact = stats.betabinom.pmf(np.arange(insertions + 1), insertions, alpha, alpha * (1 - once) / once)
    assert found == pytest.approx(exact, abs=1e-9)
    assert found.sum() == pytest.approx(1, abs=1e-11)
    assert reach.reached(reach.beta_binomial(once, twice, 1)) == pytest.approx(once)
    assert reach.reached(reach.beta_binomial(once, twice, 2)) == pytest.approx(twice)


def test_nobody_new_is_all_or_nothing_and_everybody_at_random_is_binomial():
    assert reach.beta_binomial(0.3, 0.3, 4) == pytest.approx([0.7, 0, 0, 0, 0.3], abs=1e-15)
    assert reach.beta_binomial(0.3, 0.51, 4) == pytest.approx(stats.binom.pmf(range(5), 4, 0.3))
    assert reach.beta_binomial(0.3, 0.51 - 1e-9, 4) == pytest.approx(stats.binom.pmf(range(5), 4, 0.3))
    assert reach.beta_binomial(0, 0, 2).tolist() == [1, 0, 0]
    assert reach.beta_binomial(1, 1, 2).tolist() == [0, 0, 1]


MILLIONS = [1.5e6, 0.8e6, 1.2e6]
SCHEDULE = np.array([[150, 200, 180], [200, 120, 140], [180, 140, 170]]) * 1e3


def test_a_schedule_gives_the_published_contacts():
    found = reach.metheringham(MILLIONS, [4, 3, 5], SCHEDULE, 1e7)
    assert found[1:5] == pytest.approx([0.32663, 0.23151, 0.11778, 0.04701], abs=1e-5)  # V4
    assert reach.reached(found) == pytest.approx(0.74342, abs=1e-5)
    assert len(found) == 13
    assert found.sum() == pytest.approx(1)


def test_a_schedule_of_one_vehicle_is_its_beta_binomial():
    found = reach.metheringham([0.5], [5], [[0.45]])
    assert found == pytest.approx(reach.beta_binomial(0.5, 0.55, 5))
    assert reach.metheringham([0.2], [1], [[0.1]]) == pytest.approx([0.8, 0.2])


# --- the canonical expansion

VEHICLES, SECOND = [0.4902, 0.033], [0.5805, 0.0502]


def test_two_vehicles_give_the_published_contacts():
    found = reach.canonical(VEHICLES, [2, 2], [[1, 0.0157], [0.0157, 1]], SECOND)
    assert found.contacts == pytest.approx([0.39794, 0.18622, 0.39340, 0.01635, 0.00608], abs=1e-5)  # V6
    assert reach.reached(found.contacts) == pytest.approx(0.60206, abs=1e-5)
    assert found.cut == 0


def test_single_insertions_of_two_vehicles_are_exact():
    found = reach.canonical([0.3, 0.4], [1, 1], [[0, 0.2], [0.2, 0]])
    assert found.contacts == pytest.approx([0.5, 0.3, 0.2])


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_pairs_at_random_leave_the_vehicles_independent(chances):
    found = reach.canonical(chances, [1] * len(chances), np.outer(chances, chances))
    assert found.contacts == pytest.approx(reach.sainsbury(chances), abs=1e-12)


def test_without_third_order_dependence_three_vehicles_are_exact():
    """Half of the people are met by an even number of three, drawn so that only pairs depend."""
    rho, p = 0.2, 0.5
    joint = {
        xs: (1 + rho * sum(a * b for a, b in itertools.combinations([2 * x - 1 for x in xs], 2))) / 8
        for xs in itertools.product((0, 1), repeat=3)
    }
    pair = sum(chance for xs, chance in joint.items() if xs[0] and xs[1])
    both = np.full((3, 3), pair)
    counts = [sum(c for xs, c in joint.items() if sum(xs) == k) for k in range(4)]
    assert reach.canonical([p] * 3, [1] * 3, both).contacts == pytest.approx(counts)


def test_negative_cells_are_cut_and_the_cut_is_told():
    found = reach.canonical([0.9] * 3, [1] * 3, np.full((3, 3), 0.8))
    assert found.cut == pytest.approx(0.002)
    assert found.contacts.min() >= 0
    assert found.contacts.sum() == pytest.approx(1)


# --- net reach from pairs, and its bounds


def test_agostini_gives_the_published_net_reach():
    found = reach.agostini(THREE, np.outer(THREE, THREE))
    assert found == pytest.approx(0.6792, abs=5e-5)  # model.md C2
    assert reach.agostini([0.0], [[0.0]]) == 0


@few
@given(parts)
def test_pairs_at_random_give_the_net_reach_of_sainsbury(chances):
    found = reach.net(chances, np.outer(chances, chances))
    assert found == pytest.approx(reach.reached(reach.sainsbury(chances)), abs=1e-11)


@few
@given(st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0, 1))
def test_two_audiences_are_exact_whatever_they_share(one, other, way):
    both = way * min(one, other)
    assert reach.net([one, other], [[one, both], [both, other]]) == pytest.approx(one + other - both)


@pytest.mark.parametrize("n", [1, 2, 7, 60])
def test_the_same_people_count_once_and_strangers_all(n):
    assert reach.net([50.0] * n, np.full((n, n), 50.0)) == pytest.approx(50)
    assert reach.net([50.0] * n, np.zeros((n, n))) == pytest.approx(50 * n)
    assert reach.net([], np.zeros((0, 0))) == 0


@few
@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(0.01, 3))
def test_more_duplication_never_raises_the_net_reach(seed, n, more):
    audiences, both, _ = pairs_of(drawn(seed, n))
    raised = both + more * np.random.default_rng(seed).random((n, n))
    assert reach.net(audiences, (raised + raised.T) / 2) <= reach.net(audiences, both) + 1e-9


@few
@given(st.integers(0, 10_000), st.integers(1, 7))
def test_counted_people_lie_between_the_bounds(seed, n):
    audiences, both, people = pairs_of(drawn(seed, n))
    plain, tight = reach.bounds(audiences, 300), reach.bounds(audiences, 300, both)
    hidden = np.where(np.random.default_rng(seed).random((n, n)) < 0.5, np.nan, both)
    hidden = np.where(np.isnan(hidden.T), np.nan, hidden)
    part = reach.bounds(audiences, 300, hidden)
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
    assert reach.bounds(audiences, 300, both).low >= dawson - 1e-9


def test_bounds_of_three_audiences_are_worked_out_by_hand():
    audiences = [10.0, 8.0, 6.0]
    both = np.array([[10, 4, np.nan], [4, 8, 2], [np.nan, 2, 6]])
    assert reach.bounds(audiences, 20) == (10, 20)
    assert reach.bounds(audiences, 100) == (10, 24)
    assert reach.bounds(audiences, 100, both).high == 24 - 4 - 2  # the tree of both measured pairs
    # 10 people by (10 + 4 + 6) / 10 = 2 creators each, 8 by 1.75, 6 by (6 + 6 + 2) / 6 = 2.33
    by_mean = 10 / 2 + 8 * (1 - 0.75 / 2) + 6 * (1 / 2 - (1 / 3) / 6)
    assert reach.bounds(audiences, 100, both).low == pytest.approx(max(by_mean, 10 + 8 - 4))
    zero = np.array([[np.nan, 0, np.nan], [0, np.nan, np.nan], [np.nan, np.nan, np.nan]])
    assert reach.bounds(audiences, 100, zero) == (18, 24)  # two share nobody, of the third nothing is known
    assert reach.bounds([], 100) == (0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_net_reach_is_a_little_low_where_reached_people_are_met_by_up_to_0_7_others(seed):
    """Tastes differ (gamma), and creators of one kind share people."""
    rng = np.random.default_rng(seed)
    people, n = 40_000, 20
    taste, home, kind = rng.gamma(0.5, 2, people), rng.integers(0, 4, n), rng.integers(0, 12, people)
    liked = np.where(kind[:, None] == home, 4.0, 0.7) * taste[:, None] * rng.uniform(0.003, 0.017, n)
    audiences, both, counted = pairs_of(rng.random((people, n)) < liked)
    assert 0.25 < (both.sum() - audiences.sum()) / audiences.sum() < 0.7
    assert 0.94 < reach.net(audiences, both) / counted < 1.003
    random = reach.reached(reach.sainsbury(audiences, people)) * people
    assert random > 1.08 * counted  # what it would be without the pairs


def test_at_least_and_frequency_follow_the_contacts():
    found = reach.sainsbury(THREE)
    assert reach.at_least(found) == pytest.approx([0.664, 0.212, 0.024])
    assert reach.frequency(found) == pytest.approx(0.9 / 0.664)
    assert math.isnan(reach.frequency(reach.sainsbury([0.0])))
    assert reach.sainsbury([]).tolist() == [1]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: reach.sainsbury([0.2, 1.2]), "audiences must be from 0 to the population, 1; got 1.2"),
        (lambda: reach.sainsbury([-1.0], 10), "audiences must be from 0 to the population, 10; got -1"),
        (lambda: reach.sainsbury([math.nan]), "got nan"),
        (lambda: reach.sainsbury([0.1], 0), "population must be above 0; got 0"),
        (lambda: reach.binomial([]), "audiences must be at least one"),
        (lambda: reach.beta_binomial(0.5, 0.49, 3), "twice must be from once, 0.5, to 0.75; got 0.49"),
        (lambda: reach.beta_binomial(0.5, 0.76, 3), "twice must be from once, 0.5, to 0.75; got 0.76"),
        (lambda: reach.beta_binomial(1.5, 1.5, 3), "once must be from 0 to 1; got 1.5"),
        (lambda: reach.beta_binomial(0.5, 0.6, 0), "insertions must be a whole number, 1 or more; got 0"),
        (lambda: reach.metheringham([0.2, 0.3], [1], np.eye(2)), "insertions must be 2 whole numbers"),
        (lambda: reach.metheringham([0.2], [2], np.eye(2)), "duplications must be a symmetric 1 x 1 matrix"),
        (lambda: reach.metheringham([0.2], [2], [[0.3]]), "twice must be from once, 0.2"),
        (lambda: reach.canonical(THREE, [1] * 3, np.ones((3, 3))), "duplication of vehicles 1 and 2 must be"),
        (lambda: reach.canonical([0.2] * 30, [1] * 30, np.full((30, 30), 0.04)), "allows 1,000,000 cells"),
        (lambda: reach.canonical([0.2], [2], [[0.1]]), "twice, the reach of two insertions, is needed"),
        (lambda: reach.canonical([0.2], [2], [[0.1]], [0.3, 0.3]), "twice must be 1 values; got 2"),
        (lambda: reach.canonical([0.2], [1.5], [[0.1]]), "insertions must be 1 whole numbers"),
        (lambda: reach.net([0.2, 0.3], [[0, 0.1], [0.2, 0]]), "symmetric 2 x 2"),
        (lambda: reach.bounds([5.0], 4), "from 0 to the population, 4; got 5"),
    ],
)  # fmt: skip
def test_input_that_cannot_be_is_refused_with_what_is_allowed(call, says):
    with pytest.raises(errors.InputError, match=says.replace("(", r"\(")) as refused:
        call()
    assert "\n" not in str(refused.value)
