"""Thresholds of staged plans: against exact dynamic programming, a closed form, and by their properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.campaign.staged.search import (
    LookPayoffs,
    LookThresholds,
    best_thresholds,
    rule_outcome,
    settled,
)
from oracles import batches as exact

WORLDS = 200_000
CASE = exact.Case(looks=(10, 25), posts=60, shape=1.5, rate=0.5, earns=20.0, costs=55.0, discount=0.98)


def looks(case, seed, n=WORLDS):
    """Return a case's looks in n simulated campaigns, as the library takes them."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(case.shape, 1 / case.rate, n)
    each, rows, so_far, counted, before = rate * case.earns - case.costs, [], np.zeros(n), np.zeros(n), 0
    for at, posts in enumerate(case.looks):
        counted = counted + rng.poisson(rate * (posts - before))
        so_far = so_far + case.discount**at * each * (posts - before)
        rows.append(
            LookPayoffs(counted, so_far, so_far + case.discount ** (at + 1) * each * (case.posts - posts))
        )
        before = posts
    return rows


def test_two_looks_are_those_of_exact_dynamic_programming():
    value, rules = exact.best(CASE)
    thresholds = settled(looks(CASE, 1))
    found = [(int(cut.stop), int(cut.go_on)) for cut in thresholds]
    fresh = rule_outcome(looks(CASE, 2), thresholds).payoff
    assert fresh.mean() == pytest.approx(value, abs=3 * fresh.std() / WORLDS**0.5)
    assert exact.earned(CASE, rules) == pytest.approx(value, rel=1e-9)
    assert exact.earned(CASE, found) >= value - 0.002 * abs(value)  # as good elsewhere
    assert np.abs(np.subtract(found, rules)).max() <= 3


def test_one_look_is_worth_what_the_closed_form_says():
    case = CASE._replace(looks=(15,), discount=1.0)
    (look,) = looks(case, 3)
    (cut,) = settled([look])
    (other,) = looks(case, 4)
    gain = rule_outcome([other], [cut]).payoff - (other.everything if other.everything.mean() > 0 else 0.0)
    exactly = exact.worth_of_a_look(case)
    assert gain.mean() == pytest.approx(exactly, abs=3 * gain.std() / WORLDS**0.5)
    one, _ = exact.best(case._replace(most=2_000))
    each = case.earns * case.shape / case.rate - case.costs
    assert one - max(case.posts * each, 0.0) == pytest.approx(exactly, rel=1e-6)


def by_trying(count, stop, onwards, everything, last):
    """Return the best mean payoff over all pairs of thresholds, by trying each."""
    levels = [*np.unique(count), count.max() + 1]
    pairs = [(a, b) for a in levels for b in levels if (a == b if last else a <= b)]
    return max(
        float(np.where(count < a, stop, np.where(count >= b, everything, onwards)).mean()) for a, b in pairs
    )


@settings(max_examples=examples(40), deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(0, 8), st.booleans())
def test_no_pair_of_thresholds_earns_more(seed, n, largest, last):
    rng = np.random.default_rng(seed)
    count = rng.integers(0, largest + 1, n).astype(float)
    stop, onwards, everything = rng.normal(size=(3, n))
    cut = best_thresholds(count, stop, onwards, everything, last=last)
    earned = np.where(count < cut.stop, stop, np.where(count >= cut.go_on, everything, onwards)).mean()
    assert cut.stop <= cut.go_on
    assert not last or cut.stop == cut.go_on
    assert earned == pytest.approx(by_trying(count, stop, onwards, everything, last), abs=1e-12)


def test_a_rule_by_hand():
    stop, everything = np.zeros(4), np.full(4, 9.0)
    first = LookPayoffs(np.array([1.0, 5.0, 9.0, 5.0]), stop, everything)
    second = LookPayoffs(np.array([99.0, 6.0, 0.0, 12.0]), stop + 1, everything - 1)
    result = rule_outcome([first, second], [LookThresholds(4, 8), LookThresholds(10, 10)])
    assert result.payoff.tolist() == [0.0, 1.0, 9.0, 8.0]
    assert result.look.tolist() == [0, 1, 2, 2]


@pytest.mark.parametrize("earns", [16.0, 20.0, 26.0])
def test_orders_that_earn_more_stop_later(earns):
    (low,), (high,) = (
        settled(looks(CASE._replace(looks=(15,), earns=each), 5)) for each in (earns, earns + 8)
    )
    assert high.stop < low.stop


def test_a_sure_thing_is_sent_whole_and_a_hopeless_one_is_not():
    (sure,) = settled(looks(CASE._replace(looks=(15,), costs=0.01), 6))
    assert sure.go_on <= 1
    (hopeless,) = settled(looks(CASE._replace(looks=(15,), costs=1e6), 6))
    assert rule_outcome(looks(CASE._replace(looks=(15,), costs=1e6), 7), [hopeless]).look.max() == 0
