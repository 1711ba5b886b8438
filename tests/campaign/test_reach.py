"""Proves unique reach of named creators: the simulation's, that of counted people, between its bounds."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.campaign import brief as briefs
from nanospread.campaign import reach
from nanospread.campaign.reach import niche_pool
from nanospread.campaign.simulation import money
from nanospread.campaign.simulation.creator_model import CreatorOutcomes
from nanospread.core import errors

few = settings(max_examples=examples(20))
POOL, MARKET = 60_000, 150_000
OPEN = briefs.changed(briefs.read("sample"), niche_pool=POOL)  # the market pool is switched off
BRIEF = briefs.changed(OPEN, market_pool=MARKET)

CREATORS = pd.DataFrame(
    {
        "creator": ["ann", "bob", "cid", "dee", "eve"],
        "niche": ["food", "food", "food", "travel", "travel"],
        "followers": [5_000, 4_000, 2_000, 9_000, 1_000],
        "reach": [1_000.0, 800.0, 1_000.0, 3_000.0, 100.0],
    }
)


def overlaps(*rows):
    return pd.DataFrame(rows, columns=["creator", "other", "overlap"])


NOBODY = overlaps()
FOOD = overlaps(("ann", "bob", 0.5), ("cid", "ann", 0.25), ("bob", "cid", 0.0))


def made(seed, n, share=1.0):
    """A roster of n creators in three niches, and overlaps of a share of all pairs."""
    rng = np.random.default_rng(seed)
    followers = np.exp(rng.uniform(6.9, 9.2, n)).round()
    creators = pd.DataFrame(
        {
            "creator": [f"c{i}" for i in range(n)],
            "niche": rng.choice(["a", "b", "c"], n),
            "followers": followers,
            "reach": followers * rng.uniform(0, 1.2, n),
        }
    )
    i, j = np.triu_indices(n, 1)
    kept = rng.random(len(i)) < share
    names = creators["creator"].to_numpy()
    measured = pd.DataFrame({"creator": names[i], "other": names[j], "overlap": rng.beta(0.3, 2, len(i))})
    return creators, measured[kept]


# --- the central value


SMALL_POOL = briefs.changed(OPEN, niche_pool=2_500)  # some creators reach more
SMALL_MARKET = briefs.changed(SMALL_POOL, market_pool=2_000)


@pytest.mark.parametrize("brief", [OPEN, BRIEF, SMALL_POOL, SMALL_MARKET])
def test_random_overlap_is_exactly_that_of_the_simulation(brief):
    creators, _ = made(1, 40)
    economics = money.economics(brief.values)
    sums = np.zeros((3, money.FIELDS))
    sums[:, money.MISSED] = 1
    for niche, people in zip(pd.factorize(creators["niche"])[0], creators["reach"], strict=True):
        sums[niche, money.AUDIENCE] += people
        sums[niche, money.MISSED] *= 1 - min(people / economics.pool, 1)
    nobody = CreatorOutcomes(*np.zeros(money.FIELDS))
    expected = money.overlapped(sums, nobody, -1, 0.0, economics)
    assert reach.unique(creators, brief).unique == pytest.approx(expected.unique, rel=1e-8)


def test_the_small_case_is_worked_out_by_hand():
    found = reach.unique(CREATORS, OPEN)
    food = POOL * (1 - (1 - 1000 / POOL) ** 2 * (1 - 800 / POOL))
    travel = POOL * (1 - (1 - 3000 / POOL) * (1 - 100 / POOL))
    assert found.unique == pytest.approx(food + travel, rel=1e-6)  # ten billion people share nobody
    assert (found.gross, found.low, found.high) == (5900, 3000, 5900)
    assert found.frequency == pytest.approx(5900 / found.unique)
    assert (found.creators, found.pairs, found.measured_pairs) == (5, 4, 0)
    assert (found.method, found.basis) == ("random overlap", "assumed")


def test_two_creators_share_as_many_people_as_were_measured():
    both = 0.5 * 4000 * (1000 / 5000) * (800 / 4000)  # shared followers x each one's chance to see
    found = reach.unique(CREATORS[:2], BRIEF, FOOD)
    assert found.unique == pytest.approx(1800 - both)
    assert found.low == found.high == pytest.approx(1800 - both)
    assert (found.pairs, found.measured_pairs, found.basis) == (1, 1, "measured")
    apart = CREATORS.iloc[[0, 3]]  # of two niches
    across = reach.unique(apart, BRIEF, overlaps(("dee", "ann", 0.2)))
    assert across.unique == pytest.approx(4000 - 0.2 * 5000 * 0.2 * (1 / 3))
    assert (across.pairs, across.measured_pairs, across.basis) == (1, 1, "measured")


def test_a_follower_sees_a_creator_once_even_where_more_than_its_followers_do():
    seen_by_many = CREATORS[:2].assign(followers=[5_000, 500])  # bob reaches 800 with 500 followers
    found = reach.unique(seen_by_many, BRIEF, FOOD)
    assert found.unique == pytest.approx(1800 - 0.5 * 500 * (1000 / 5000))


def test_pairs_across_niches_count_but_do_not_decide():
    one = reach.unique(CREATORS, BRIEF, overlaps(("ann", "dee", 0.2)))
    assert (one.pairs, one.measured_pairs, one.basis) == (4, 0, "partly measured")
    most = reach.unique(CREATORS, BRIEF, pd.concat([FOOD, overlaps(("ann", "dee", 0.2))]))
    assert (most.pairs, most.measured_pairs, most.basis) == (4, 3, "partly measured")
    all_inside = reach.unique(CREATORS, BRIEF, pd.concat([FOOD, overlaps(("eve", "dee", 0.2))]))
    assert (all_inside.measured_pairs, all_inside.basis) == (4, "measured")


def test_nobody_shared_is_the_sum_and_everybody_shared_is_the_largest():
    disjoint = reach.unique(CREATORS[:3], OPEN, FOOD.assign(overlap=0.0))
    assert disjoint.unique == disjoint.low == pytest.approx(2800)
    alike = CREATORS[:3].assign(followers=1000, reach=1000.0)
    nested = reach.unique(alike, OPEN, FOOD.assign(overlap=1.0))
    assert nested.unique == nested.high == pytest.approx(1000)


def test_people_who_follow_what_they_like_are_counted_right_with_pairs_and_not_without():
    """200,000 people with tastes and kinds; each sees a fifth of the creators that he follows."""
    rng = np.random.default_rng(8)
    people, n, see = 200_000, 24, 0.2
    taste, kind, home = rng.gamma(0.5, 2, people), rng.integers(0, 10, people), rng.integers(0, 3, n)
    liked = np.where(kind[:, None] == home, 5.0, 0.6) * taste[:, None] * rng.uniform(0.003, 0.02, n)
    follows = rng.random((people, n)) < liked
    counted = (follows & (rng.random((people, n)) < see)).any(axis=1).sum()
    followers, shared = follows.sum(axis=0), follows.T.astype(float) @ follows
    names = np.array([f"c{i}" for i in range(n)])
    creators = pd.DataFrame(
        {"creator": names, "niche": home.astype(str), "followers": followers, "reach": see * followers}
    )
    i, j = np.triu_indices(n, 1)
    share = shared[i, j] / np.minimum(followers[i], followers[j])
    measured = pd.DataFrame({"creator": names[i], "other": names[j], "overlap": share})
    brief = briefs.changed(OPEN, niche_pool=people, market_pool=people)
    assert reach.unique(creators, brief, measured).unique == pytest.approx(counted, rel=0.03)
    assert reach.unique(creators, brief).unique > 1.03 * counted
    half = measured[rng.random(len(measured)) < 0.5]
    between = reach.unique(creators, brief, half)
    assert 1.01 * counted < between.unique < reach.unique(creators, brief).unique
    assert between.basis == "partly measured"


def test_pairs_of_others_and_none_at_all_change_nothing():
    plain = reach.unique(CREATORS, BRIEF)
    assert reach.unique(CREATORS, BRIEF, NOBODY) == plain
    assert reach.unique(CREATORS, BRIEF, overlaps(("ann", "zoe", 0.9), ("ann", "ann", 1.0))) == plain


def test_no_creator_reaches_nobody_and_one_reaches_its_own():
    none = reach.unique(CREATORS[:0], BRIEF)
    assert (none.gross, none.unique, none.low, none.high, none.pairs) == (0, 0, 0, 0, 0)
    assert math.isnan(none.frequency)
    assert reach.curve(CREATORS[:0], BRIEF).empty
    one = reach.unique(CREATORS[:1], BRIEF)
    assert (one.unique, one.low, one.high) == pytest.approx((1000, 1000, 1000))
    assert one.basis == "measured"  # nothing is left to assume


@few
@given(st.integers(0, 10_000), st.integers(1, 14), st.sampled_from([0.0, 0.3, 1.0]))
def test_unique_reach_lies_between_its_bounds_and_no_column_of_the_curve_falls(seed, n, share):
    creators, measured = made(seed, n, share)
    found = reach.curve(creators, BRIEF, measured)
    assert (found["low"] <= found["unique"] + 1e-6).all()
    assert (found["unique"] <= found["high"] + 1e-6).all()
    assert (found["high"] <= found["gross"] + 1e-6).all()
    assert (found.diff().dropna() >= -1e-6).all(axis=None)
    assert found["low"].iloc[-1] >= creators["reach"].max() - 1e-6


@few
@given(st.integers(0, 10_000), st.integers(1, 14), st.sampled_from([0.0, 0.3, 1.0]))
def test_the_order_of_creators_does_not_matter_for_the_end(seed, n, share):
    creators, measured = made(seed, n, share)
    found = reach.unique(creators, BRIEF, measured)
    turned = reach.unique(creators.sample(frac=1, random_state=seed), BRIEF, measured.iloc[::-1])
    for name in ("gross", "unique", "low", "high", "pairs", "measured_pairs"):
        assert getattr(turned, name) == pytest.approx(getattr(found, name), rel=1e-9)
    last = reach.curve(creators, BRIEF, measured).iloc[-1]
    assert last["unique"] == found.unique
    assert (last["low"], last["high"]) == (found.low, found.high)


@few
@given(st.integers(0, 10_000), st.integers(2, 12), st.sampled_from([0.3, 1.0]), st.floats(0, 1))
def test_more_overlap_never_raises_unique_reach(seed, n, share, way):
    creators, measured = made(seed, n, share)
    raised = measured.assign(overlap=measured["overlap"] + way * (1 - measured["overlap"]))
    before, after = (reach.unique(creators, BRIEF, pairs) for pairs in (measured, raised))
    assert after.unique <= before.unique * (1 + 1e-9)
    assert after.high <= before.high * (1 + 1e-9)


def test_a_larger_pool_shares_fewer():
    creators, _ = made(5, 30)
    found = [reach.unique(creators, briefs.changed(OPEN, niche_pool=pool)).unique for pool in (2e4, 1e5, 1e6)]
    assert found == sorted(found)


# --- the pool that overlaps imply


def test_the_pool_is_a_ratio_of_sums_inside_niches():
    rows = overlaps(("ann", "bob", 0.01), ("bob", "cid", 0.0), ("ann", "dee", 0.9), ("dee", "eve", 0.03))
    found = niche_pool(rows, CREATORS)
    products = 5000 * 4000 + 4000 * 2000 + 9000 * 1000
    assert found.value == pytest.approx(products / (40 + 0 + 30))
    assert (found.pairs, found.creators) == (3, 5)
    assert found.low < found.value < found.high


def test_without_pairs_of_a_known_niche_no_pool_is_known():
    across = overlaps(("ann", "dee", 0.9))
    unknown = niche_pool(FOOD, CREATORS.assign(niche="unknown"))
    for found in (niche_pool(NOBODY, CREATORS), niche_pool(across, CREATORS), unknown):
        assert math.isnan(found.value)
        assert found.pairs == 0
    one = niche_pool(FOOD[:1], CREATORS)
    assert one.value == pytest.approx(5000 * 4000 / 2000)
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    nobody = niche_pool(FOOD.assign(overlap=0.0), CREATORS)
    assert nobody.value == math.inf
    assert math.isnan(nobody.low)


@pytest.mark.slow
def test_the_pools_interval_mostly_holds_the_truth():
    rng = np.random.default_rng(3)
    held, trials, n, pool = 0, 300, 10, 200_000
    i, j = np.triu_indices(n, 1)
    for _ in range(trials):
        followers = np.exp(rng.uniform(6.9, 9.2, n)).round()
        popular = np.exp(0.5 * rng.standard_normal(n) - 0.125)  # a pair shares more where both are popular
        shared = rng.poisson(followers[i] * followers[j] / pool * popular[i] * popular[j])
        names = np.array([f"c{k}" for k in range(n)])
        share = np.minimum(shared / np.minimum(followers[i], followers[j]), 1)
        measured = pd.DataFrame({"creator": names[i], "other": names[j], "overlap": share})
        roster = pd.DataFrame({"creator": names, "niche": "x", "followers": followers})
        found = niche_pool(measured, roster)
        held += found.low <= pool <= found.high
    assert 0.68 < held / trials < 0.86


# --- refusals


@pytest.mark.parametrize(
    ("creators", "measured", "says"),
    [
        (pd.concat([CREATORS, CREATORS[:1]]), None, "creator ann stands twice among the audiences"),
        (CREATORS.assign(reach=-1.0), None, "reach of ann must be a number of people, 0 or more; got -1"),
        (CREATORS.assign(reach=math.nan), None, "reach of ann must be a number of people"),
        (CREATORS, FOOD.assign(overlap=1.5), "overlap of ann and bob must be from 0 to 1; got 1.5"),
        (CREATORS, FOOD.assign(overlap=math.nan), "overlap of ann and bob must be from 0 to 1; got nan"),
        (
            CREATORS,
            overlaps(("ann", "bob", 0.5), ("bob", "ann", 0.4)),
            "overlap of ann and bob stands twice, with two values",
        ),
    ],
)
def test_frames_that_cannot_be_are_refused_in_one_line(creators, measured, says):
    with pytest.raises(errors.InputError, match=says) as refused:
        reach.unique(creators, BRIEF, measured)
    assert "\n" not in str(refused.value)


def test_inputs_are_left_as_they_were():
    creators, measured = CREATORS.copy(deep=True), FOOD.copy(deep=True)
    reach.unique(creators, BRIEF, measured)
    niche_pool(measured, creators)
    pd.testing.assert_frame_equal(creators, CREATORS)
    pd.testing.assert_frame_equal(measured, FOOD)


def test_measured_overlaps_calibrate_the_brief_once_they_are_enough():
    names = [f"c{at}" for at in range(6)]
    roster = pd.DataFrame({"creator": names, "niche": "food", "followers": 4_000})
    pairs = [(one, other, 0.004) for at, one in enumerate(names) for other in names[at + 1 :]]
    overlaps = pd.DataFrame(pairs, columns=["creator", "other", "overlap"])
    found = reach.measured(overlaps, roster)
    assert found["niche_pool"]["central"] == 1_000_000
    plan = briefs.calibrated(briefs.read("sample"), found)
    assert (plan.value("niche_pool"), plan.assumptions["niche_pool"].basis) == (1_000_000, "measured")
    assert reach.measured(overlaps.head(5), roster) == {}


def test_a_list_too_long_for_pairs_overlaps_at_random():
    n = 3_001
    many = pd.DataFrame(
        {"creator": [f"c{at}" for at in range(n)], "niche": "food", "reach": 100.0, "followers": 2_000}
    )
    pair = pd.DataFrame({"creator": ["c0"], "other": ["c1"], "overlap": [1.0]})
    found = reach.unique(many, briefs.read("sample"), pair)
    assert (found.method, found.measured_pairs) == ("random overlap", 0)
    assert found.unique == reach.unique(many, briefs.read("sample")).unique
