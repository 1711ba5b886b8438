"""Proves retention by published numbers, by hand and on synthetic ambassadors, and what a place is worth."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from draws import examples, replicates
from nanospread.campaign import brief as briefs
from nanospread.campaign import recruitment
from nanospread.campaign.recruitment.ambassadors import (
    AmbassadorTerms,
    Retention,
    over,
    retention_rates,
    survival,
    tally,
)
from nanospread.core import errors
from oracles import sbg

few = settings(max_examples=examples(25))
shapes = st.floats(0.05, 50)
BRIEF = briefs.read("sample")
AS_OF = pd.Timestamp("2026-11-01", tz="UTC")
HIGH_END = np.array([1000, 869, 743, 653, 593, 551, 517, 491])  # V7, of 1,000 customers


def counts(there):
    """Who left after each period, and who is left, of a cohort that all joined at once."""
    lost = -np.diff(there)
    return pd.DataFrame(
        {"period": range(1, len(there)), "lost": lost, "active": [0] * (len(lost) - 1) + [there[-1]]}
    )


def joined(*rows):
    """Ambassadors by how many days before AS_OF they joined, and how many each stayed (None: still there)."""
    ago, stays = (
        pd.to_timedelta([float("nan") if x is None else x for x in each], unit="D")
        for each in zip(*rows, strict=True)
    )
    begun = AS_OF - ago
    names = [f"c{i}" for i in range(len(rows))]
    return pd.DataFrame(
        {"creator": names, "joined_at": begun.as_unit("us"), "left_at": (begun + stays).as_unit("us")}
    )


def drawn(random, alpha, beta, n, days=350):
    """n ambassadors who joined on any day of the last `days`, each with a chance of its own to leave."""
    ago = random.integers(0, days, n).astype(float)
    stays = random.geometric(random.beta(alpha, beta, n)) * 28.0 - random.integers(0, 28, n)
    return joined(*zip(ago, np.where(stays <= ago, stays, np.nan), strict=True))


# --- the shifted-beta-geometric


def test_the_fit_to_the_published_cohort_is_the_published_one():
    found = sbg.fitted(counts(HIGH_END))
    assert found == pytest.approx((0.668, 3.806, -1611.16), abs=1e-3, rel=1e-5)
    ahead = survival(found.alpha, found.beta, 12)[8:]
    assert ahead == pytest.approx([0.460, 0.436, 0.414, 0.395, 0.378], abs=1e-3)
    assert sbg.residual_posts(found.alpha, found.beta, 8, 1 / 1.1) == pytest.approx(7.530, abs=1e-3)


def test_the_fit_finds_the_truth_again_in_exact_cohorts():
    for alpha, beta in ((0.668, 3.806), (0.704, 1.182), (3.0, 1.5)):
        there = 1e6 * survival(alpha, beta, 10)
        assert sbg.fitted(counts(there))[:2] == pytest.approx((alpha, beta), rel=1e-3)


def test_staggered_ambassadors_who_are_still_there_are_censored_and_not_lost():
    random = np.random.default_rng(5)
    found = sbg.fitted(tally(recruitment.tenures(drawn(random, 0.9, 3.2, 40_000), AS_OF)))
    assert survival(found.alpha, found.beta, 10) == pytest.approx(survival(0.9, 3.2, 10), abs=0.01)


@few
@given(shapes, shapes)
def test_fewer_and_fewer_are_there_and_those_who_are_stay_ever_more(alpha, beta):
    there, rates = survival(alpha, beta, 30), retention_rates(alpha, beta, 30)
    assert there[0] == 1
    assert (np.diff(there) < 0).all()
    assert (np.diff(rates) > 0).all()
    assert sbg.losses(alpha, beta, 30).sum() == pytest.approx(1 - there[-1])


@few
@given(shapes, shapes)
def test_survival_and_losses_are_ratios_of_beta_functions(alpha, beta):
    t = np.arange(9)
    assert survival(alpha, beta, 8) == pytest.approx(
        special.beta(alpha, beta + t) / special.beta(alpha, beta)
    )
    lost = special.beta(alpha + 1, beta + t[:-1]) / special.beta(alpha, beta)
    assert sbg.losses(alpha, beta, 8) == pytest.approx(lost)


@few
@given(st.floats(0.2, 5), st.floats(0.2, 5), st.integers(1, 9), st.floats(0, 0.9))
def test_residual_posts_are_the_sum_of_what_is_still_to_come(alpha, beta, period, factor):
    there = survival(alpha, beta, 600)
    by_hand = (there[period:] / there[period - 1] * factor ** np.arange(601 - period)).sum()
    assert sbg.residual_posts(alpha, beta, period, factor) == pytest.approx(by_hand, rel=1e-6)


def test_parameters_that_cannot_be_are_one_line_errors():
    with pytest.raises(errors.InputError, match="alpha and beta must be above 0"):
        survival(0, 1, 3)


# --- tenures, cohorts and Kaplan-Meier


def test_whole_periods_are_counted_and_a_period_that_is_not_over_says_nothing():
    rows = joined((60, 1), (60, 28), (60, 29), (60, 57), (60, None), (27, 3), (0, None), (-1, None), (60, 0))
    found = recruitment.tenures(rows, AS_OF)
    assert found["creator"].tolist() == ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c8"]
    assert found["seen"].tolist() == [2, 2, 2, 2, 2, 0, 0, 2]
    assert found["left"].tolist() == [True, True, True, False, False, False, False, True]
    assert found["periods"].tolist() == [1, 1, 2, 2, 2, 0, 0, 1]
    assert tally(found).to_dict("list") == {"period": [1, 2], "lost": [3, 1], "active": [0, 2]}


def test_a_cohort_is_counted_as_long_as_all_of_it_was_seen():
    rows = joined((120, 20), (118, 70), (115, None), (50, None), (45, 10), (5, None))
    found = recruitment.cohorts(recruitment.tenures(rows, AS_OF))
    assert found["cohort"].tolist() == ["2026-07", "2026-09", "2026-10"]
    assert found["joined"].tolist() == [3, 2, 1]
    assert found[[1, 2, 3, 4]].to_numpy() == pytest.approx(
        np.array([[2, 2, 1, 1], [1, *[np.nan] * 3], [np.nan] * 4]), nan_ok=True
    )


def test_many_months_become_quarters_and_many_quarters_years():
    monthly = joined(*((30 * at + 1, None) for at in range(12)))
    assert recruitment.cohorts(recruitment.tenures(monthly, AS_OF))["cohort"].str.contains("Q").all()
    yearly = recruitment.cohorts(recruitment.tenures(joined(*((90 * at, None) for at in range(12))), AS_OF))
    assert yearly["cohort"].tolist() == ["2024", "2025", "2026"]


def test_kaplan_meier_by_hand():
    rows = joined((300, 20), (300, 40), (60, None), (40, 5), (90, None), (300, None))
    found = recruitment.kaplan_meier(recruitment.tenures(rows, AS_OF)).set_index("period")
    assert found.loc[:3, "at_risk"].tolist() == [6, 6, 4, 2]
    assert found.loc[:3, "survival"].tolist() == pytest.approx([1, 4 / 6, 4 / 6 * 3 / 4, 0.5])
    assert found["low"].isna().tolist() == [True] + [False] * (len(found) - 1)
    assert (found["low"] < found["survival"])[1:].all()
    assert (found["high"] > found["survival"])[1:].all()


def test_nobody_joined_yet_gives_empty_tables_of_the_same_columns():
    nobody = recruitment.tenures(joined((1, None)).iloc[:0], AS_OF)
    assert len(nobody) == len(recruitment.cohorts(nobody)) == len(recruitment.kaplan_meier(nobody)) == 0
    assert recruitment.retention(BRIEF, nobody).basis == "assumed"
    one = recruitment.tenures(joined((1, None)), AS_OF)
    assert recruitment.kaplan_meier(one)["survival"].tolist() == [1]
    assert recruitment.cohorts(one).columns.tolist() == ["cohort", "joined"]


def test_inputs_are_left_unchanged():
    rows = joined((90, 20), (60, None))
    before = rows.copy()
    found = recruitment.tenures(rows, AS_OF)
    own = found.copy()
    recruitment.cohorts(found), recruitment.kaplan_meier(found), recruitment.retention(BRIEF, found)
    pd.testing.assert_frame_equal(rows, before)
    pd.testing.assert_frame_equal(found, own)


# --- what is known of retention


def test_without_ambassadors_the_range_is_that_of_the_brief():
    found = recruitment.retention(BRIEF)
    loss, spread = found.alpha / (found.alpha + found.beta), 1 / (found.alpha + found.beta + 1)
    for name, values in (("ambassador_first_loss", loss), ("ambassador_spread", spread)):
        row = BRIEF.assumptions[name]
        assert over(found, values)[1:] == pytest.approx((row.low, row.high), rel=0.03)
        median = np.quantile(values, 0.5, weights=found.weight, method="inverted_cdf")
        assert median == pytest.approx(row.central, rel=0.03)
    assert found.weight.sum() == pytest.approx(1)
    assert (found.seen, found.left, found.basis) == (0, 0, "assumed")


def test_many_ambassadors_overrule_the_brief_and_few_do_not():
    random, truth = (
        np.random.default_rng(2),
        survival(2.4, 1.2, 6)[6],
    )  # far outside the assumed range
    assumed = recruitment.retention_curve(recruitment.retention(BRIEF), 6).iloc[6]
    assert truth < assumed["low"] / 2
    away = []
    for n in (3, 5_000):
        own = recruitment.retention(BRIEF, recruitment.tenures(drawn(random, 2.4, 1.2, n), AS_OF))
        row = recruitment.retention_curve(own, 6).iloc[6]
        away.append(abs(row["survival"] - truth))
        assert own.basis == "measured"
    assert away[0] > 0.1
    assert away[1] < 0.015
    assert row["high"] - row["low"] < 0.05


def test_the_posterior_is_that_of_a_much_finer_grid():
    """One who left after the first period and one still there after three: weights by hand."""
    own = recruitment.retention(BRIEF, recruitment.tenures(joined((90, 5), (90, None)), AS_OF))
    score = np.linspace(-6, 6, 1501)
    m = BRIEF.assumptions["ambassador_first_loss"].at(score)[:, None]
    total = 1 / BRIEF.assumptions["ambassador_spread"].at(score) - 1
    keep = (m < 1) & (total > 0)
    alpha, beta = np.where(keep, m * total, 1), np.where(keep, (1 - m) * total, 1)
    prior = np.exp(-(score[:, None] ** 2 + score**2) / 2)
    stayed = [special.beta(alpha, beta + t) / special.beta(alpha, beta) for t in (1, 3, 6)]
    weight = np.where(keep, prior * (1 - stayed[0]) * stayed[1], 0)
    expected = (weight * stayed[2]).sum() / weight.sum()
    assert recruitment.retention_curve(own, 6)["survival"].iloc[6] == pytest.approx(expected, rel=1e-4)
    assert (own.seen, own.left) == (2, 1)


@pytest.mark.slow
def test_intervals_hold_the_truth_eight_times_in_ten():
    """A hundred programmes here, a thousand in `make replicates`; two and a half standard errors."""
    random, held, worlds = np.random.default_rng(11), [], replicates(100)
    rows = [BRIEF.assumptions[name] for name in ("ambassador_first_loss", "ambassador_spread")]
    for _ in range(worlds):
        m, theta = (float(row.at(random.standard_normal(1))[0]) for row in rows)
        alpha, beta = m * (1 / theta - 1), (1 - m) * (1 / theta - 1)
        own = recruitment.retention(BRIEF, recruitment.tenures(drawn(random, alpha, beta, 25), AS_OF))
        curve = recruitment.retention_curve(own, 8).loc[[2, 8]]
        truth = survival(alpha, beta, 8)[[2, 8]]
        held.append((curve["low"] <= truth) & (truth <= curve["high"]))
    assert np.mean(held, axis=0) == pytest.approx([0.8, 0.8], abs=1 / math.sqrt(worlds))


def test_retention_rises_survival_falls_and_both_lie_in_their_bands():
    curve = recruitment.retention_curve(recruitment.retention(BRIEF))
    assert curve["period"].tolist() == list(range(14))
    assert (curve["survival"].diff()[1:] < 0).all()
    assert (curve["rate"].diff()[2:] > 0).all()
    inside = curve.iloc[1:]
    assert ((inside["low"] < inside["survival"]) & (inside["survival"] < inside["high"])).all()
    assert ((inside["rate_low"] < inside["rate"]) & (inside["rate"] < inside["rate_high"])).all()
    posts = recruitment.expected_posts(recruitment.retention(BRIEF), 13)
    assert posts.value == pytest.approx(curve["survival"].iloc[:13].sum())
    assert posts.low < posts.value < posts.high


def test_a_higher_loss_in_the_brief_leaves_fewer():
    less = recruitment.retention(briefs.changed(BRIEF, ambassador_first_loss=0.35))
    assert (
        recruitment.expected_posts(less).value
        < recruitment.expected_posts(recruitment.retention(BRIEF)).value
    )


@pytest.mark.parametrize("periods", [0, 131])
def test_periods_that_nobody_plans_are_refused(periods):
    known, terms = recruitment.retention(BRIEF), recruitment.ambassador_terms(BRIEF)
    for asked in (
        lambda: recruitment.retention_curve(known, periods),
        lambda: recruitment.expected_posts(known, periods),
        lambda: recruitment.place(known, terms, 100.0, periods=periods),
    ):
        with pytest.raises(errors.InputError, match=f"periods must be from 1 to 130; got {periods}"):
            asked()


# --- what a place costs and is worth


def sure(alpha, beta):
    """Retention without doubt."""
    return Retention(np.array([alpha]), np.array([beta]), np.ones(1), 0, 0, "assumed")


TERMS = AmbassadorTerms(labour=40, goods=60, contacts=10, gifts=3, posts=4, upkeep=20, kept=0.9, factor=0.95)


def test_winning_one_is_a_chain_worked_out_by_hand():
    brief = briefs.changed(
        BRIEF, reply_rate=0.4, accept_rate=0.5, post_rate_gift=0.5, ambassador_join=0.25,
        labour_per_contact=3, product_cost=20, shipping=5, overhead_per_creator=7,
        ambassador_wear_out=0.1, discount_rate=0.1,
    )  # fmt: skip
    found = recruitment.ambassador_terms(brief)
    assert (found.posts, found.gifts, found.contacts) == pytest.approx((4, 8, 40))
    assert (found.labour, found.goods, found.to_win) == pytest.approx((120, 200, 320))
    assert (found.upkeep, found.kept) == pytest.approx((32, 0.9))
    assert found.factor**13 == pytest.approx(1 / 1.1)


def test_the_worth_of_one_is_worked_out_by_hand():
    found = recruitment.place(sure(1, 1), TERMS, 100.0, periods=3)  # S = 1, 1/2, 1/3
    by_hand = [-100 + 80, 0.95 * (90 - 20) / 2, 0.95**2 * (81 - 20) / 3]
    assert found.by_period["worth"].tolist() == pytest.approx(np.cumsum(by_hand))
    assert found.worth.value == found.worth.low == found.worth.high == pytest.approx(sum(by_hand))
    assert found.pays_from == 2


def test_a_place_that_is_filled_again_is_worked_out_by_hand():
    found = sbg.filled(sure(1, 1), TERMS, 100.0, 3)
    lost = [1 / 2, 1 / 6]  # P(T = 1), P(T = 2)
    hired = [1, lost[0], lost[1] + lost[0] ** 2]
    assert found.won == pytest.approx(hired)
    assert found.active == pytest.approx([1, 1, 1])
    fresh = [1, hired[1] + 0.9 / 2, hired[2] + hired[1] * 0.9 / 2 + 0.81 / 3]
    assert found.fresh == pytest.approx(fresh)
    each = [0.95**t * (100 * fresh[t] - 20 - 100 * hired[t]) for t in range(3)]
    assert found.worth == pytest.approx(sum(each))


def test_without_end_the_worth_of_one_is_a_hypergeometric_series():
    alpha, beta, gain = 2.0, 3.0, 50.0
    posts, fresh = (special.hyp2f1(1, beta, alpha + beta, x) for x in (0.95, 0.95 * 0.9))
    found = recruitment.place(sure(alpha, beta), TERMS, gain, periods=130)
    assert found.worth.value == pytest.approx(gain * fresh - 20 * posts - 100, abs=0.05)


def test_at_the_break_even_gain_a_place_is_worth_nothing():
    known = recruitment.retention(BRIEF)
    terms = recruitment.ambassador_terms(BRIEF)
    even = recruitment.place(known, terms, 0.0).break_even
    assert recruitment.place(known, terms, even.value).worth.value == pytest.approx(0, abs=1e-9)
    assert even.low < even.value < even.high


def test_a_place_that_never_pays_says_so_and_one_that_pays_at_once_too():
    assert recruitment.place(sure(1, 1), TERMS, 20.0).pays_from is None
    assert recruitment.place(sure(1, 1), TERMS, 1000.0).pays_from == 1


@few
@given(st.floats(0.2, 4), st.floats(0.2, 4), st.floats(0, 500))
def test_more_loss_more_wear_and_less_gain_are_never_worth_more(alpha, beta, gain):
    def worth(more=0.0, wear=0.9, gain=gain):
        terms = AmbassadorTerms(40, 60, 10, 3, 4, upkeep=0, kept=wear, factor=0.95)
        return recruitment.place(sure(alpha + more, beta), terms, gain, periods=8).worth.value

    assert worth() >= worth(more=0.5) - 1e-9
    assert worth() >= worth(wear=0.8) - 1e-9
    assert worth() <= worth(gain=gain + 1)
