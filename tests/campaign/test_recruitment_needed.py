"""Proves that the contacts needed reach their chance, rise with what is asked, and that cells are the exact
chain of beta-binomials; that inbound creators and time to content are counted as they came.
"""

import functools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from draws import examples
from nanospread.campaign import brief, recruitment
from nanospread.campaign.recruitment import rates
from nanospread.core import errors
from outreach_logs import NOW, counted, log, together

BRIEF = brief.read("sample")
ROWS = BRIEF.assumptions
PRECISION = ROWS["recruitment_precision"]
STAGES = ("reply_rate", "accept_rate", "post_rate_gift")


def funnel(outreach=None, plan=BRIEF):
    return recruitment.funnel(log() if outreach is None else outreach, plan, as_of=NOW)


def needed(found=None, *, posts=10, days=60, chance=0.9, inbound=None):
    return recruitment.needed(found or funnel(), posts=posts, days=days, chance=chance, inbound=inbound)


def test_cells_are_the_exact_chain_of_beta_binomials():
    """Matrix recursion over the counts of each stage, each mixed over its own typical rate and scatter."""
    contacts = 12
    score = np.linspace(-rates.WIDEST, rates.WIDEST, rates.SCATTERS)
    weight = np.exp(-(score**2) / 2) / np.exp(-(score**2) / 2).sum()
    level = (np.arange(400) + 0.5) / 400
    exact = np.eye(contacts + 1)[contacts]
    for name in STAGES:
        mu = stats.beta.ppf(level, *rates.beta(ROWS[name].low, ROWS[name].central, ROWS[name].high))
        phi = PRECISION.at(score)[:, None]
        entered, passed = np.ogrid[: contacts + 1, : contacts + 1]
        step = sum(
            w * stats.betabinom.pmf(passed[..., None], entered[..., None], mu * p, (1 - mu) * p).mean(axis=-1)
            for w, p in zip(weight, phi, strict=True)
        )
        exact = exact @ step
    mixed = stats.binom.pmf(np.arange(contacts + 1)[:, None], contacts, funnel().posting).mean(axis=1)
    assert mixed == pytest.approx(exact, abs=0.001)
    assert exact.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("posts", "days", "chance"), [(1, 60, 0.9), (10, 60, 0.8), (25, 90, 0.9), (50, 40, 0.6)]
)
def test_the_contacts_needed_reach_their_chance_within_a_point(posts, days, chance):
    """The whole chain drawn 200,000 times, typical rates, scatter, rates and delay from their own priors."""
    rng, worlds = np.random.default_rng(3), 200_000
    found = needed(posts=posts, days=days, chance=chance)
    count = np.full(worlds, found.contacts)
    for name in STAGES:
        mu = rng.beta(*rates.beta(ROWS[name].low, ROWS[name].central, ROWS[name].high), size=worlds)
        phi = PRECISION.at(rng.normal(size=worlds))
        count = rng.binomial(count, rng.beta(mu * phi, (1 - mu) * phi))
    middle = np.log(ROWS["days_to_post"].at(rng.normal(size=worlds)))
    spread = ROWS["days_to_post_sd"].at(rng.normal(size=worlds))
    count = rng.binomial(count, special.ndtr((np.log(days) - middle) / spread))
    assert (count >= posts).mean() == pytest.approx(found.reached, abs=0.01)
    assert chance <= found.reached < chance + 0.01 or posts == 1
    assert (count >= posts).mean() >= chance - 0.01


def test_one_contact_less_does_not_reach_the_chance():
    found = needed()
    curve = recruitment.needed_curve(funnel(), [found.contacts - 1, found.contacts], posts=[10], days=60)
    below, reached = curve["chance"]
    assert below < 0.9 <= reached == found.reached


def test_the_mean_asks_for_too_few():
    found = needed()
    rate = funnel().posting_by(60).mean()
    assert found.naive == int(np.ceil(10 / rate)) < found.contacts
    assert found.naive_chance < 0.6 < found.reached


def test_a_long_steady_log_needs_hardly_more_than_the_mean():
    many = together(*(counted(300, 150, 120, 90, campaign=f"k{i}", after=10.0 + i % 3) for i in range(30)))
    precise = brief.assumptions.overridden(
        ROWS, {"recruitment_precision": {"low": 2000, "central": 3000, "high": 4000}}, "a test"
    )
    found = needed(funnel(many, BRIEF.model_copy(update={"assumptions": precise})), posts=100)
    assert found.basis == "measured"
    assert found.naive < found.contacts < 1.25 * found.naive
    assert needed().basis == "assumed"


@functools.cache
def known():
    """Return the funnel of one old log."""
    return funnel(counted(200, 100, 70, 50))


@given(
    posts=st.integers(1, 60), more=st.integers(1, 30), days=st.floats(20, 200), longer=st.floats(1, 60),
    chance=st.floats(0.5, 0.85), surer=st.floats(0.01, 0.1),
)  # fmt: skip
@settings(max_examples=examples(15))
def test_more_posts_a_surer_chance_or_an_earlier_date_never_need_fewer(
    posts, more, days, longer, chance, surer
):
    found = known()
    base = needed(found, posts=posts, days=days, chance=chance).contacts
    assert needed(found, posts=posts + more, days=days, chance=chance).contacts >= base
    assert needed(found, posts=posts, days=days, chance=chance + surer).contacts >= base
    assert needed(found, posts=posts, days=days + longer, chance=chance).contacts <= base


def test_a_curve_rises_with_contacts_and_falls_with_posts():
    curve = recruitment.needed_curve(funnel(), np.arange(0, 400, 40), posts=[5, 20], days=60)
    assert list(curve) == ["posts", "contacts", "chance"]
    few, many = (curve.loc[curve["posts"] == n, "chance"].to_numpy() for n in (5, 20))
    assert few[0] == many[0] == 0
    assert (np.diff(few) >= 0).all()
    assert (few >= many).all()


@pytest.mark.parametrize(
    ("name", "values"),
    [("recruitment_precision", [10, 50, 1_000, 1_000_000]), ("days_to_post", [30, 3, 0.1])],
)
def test_a_steadier_or_an_earlier_campaign_that_the_brief_sets_needs_no_more_contacts(name, values):
    funnels = [funnel(log(), brief.changed(BRIEF, **{name: value})) for value in values]
    contacts = [needed(each, posts=20, days=42).contacts for each in funnels]
    assert contacts == sorted(contacts, reverse=True)


def test_what_cannot_be_reached_says_how_far_the_most_contacts_go():
    with pytest.raises(
        errors.InputError, match=r"500 posts within 30 days .* even 20,000 contacts reach 0\.\d"
    ):
        needed(posts=500, days=30, chance=0.99)


@pytest.mark.parametrize(
    ("words", "message"),
    [({"posts": 0}, "posts must be from 1 to 10,000; got 0"), ({"days": 0.5}, "days must be from 1"),
     ({"chance": 1.0}, "chance must be from 0.5 to 0.999; got 1")],
)  # fmt: skip
def test_an_impossible_wish_is_named(words, message):
    with pytest.raises(errors.InputError, match=message):
        needed(**words)


# --- creators who write first


def inbound(number=40, weeks=20, posted=10):
    ask = counted(100, 40, 30, 10, campaign="out", age=7.0 * weeks)
    first = counted(number, number, number // 2, posted, campaign="in", age=100.0).assign(inbound=True)
    return together(ask, first)


def test_creators_who_write_first_are_counted_by_the_week():
    found = recruitment.inbound(inbound(), BRIEF, as_of=NOW)
    assert (found.number, found.weeks) == (40, 20)
    assert found.weekly.mean() == pytest.approx(40.5 / 20, rel=1e-3)
    assert rates.interval(found.weekly) == pytest.approx(
        stats.gamma.ppf([0.1, 0.9], 40.5, scale=1 / 20), rel=0.01
    )
    assert 0.4 < found.accept.mean < 0.65
    assert recruitment.inbound(log(), BRIEF, as_of=NOW) is None
    assert recruitment.inbound(inbound(), brief.changed(BRIEF, offer="fee"), as_of=NOW) is None


def test_posts_of_inbound_creators_are_their_number_times_their_rates_in_time():
    found = recruitment.inbound(inbound(), BRIEF, as_of=NOW)
    joined = found.weekly.mean() * found.accept.mean * found.post.mean
    early, late = (found.posts_by(day).mean() for day in (14, 400))
    assert late == pytest.approx(joined * 400 / 7, rel=0.12)
    assert late < joined * 400 / 7
    assert early < 0.35 * joined * 2


def test_posts_that_come_by_themselves_need_fewer_contacts():
    outreach = inbound()
    alone, beside = (
        needed(funnel(outreach), inbound=extra)
        for extra in (None, recruitment.inbound(outreach, BRIEF, as_of=NOW))
    )
    assert beside.contacts < alone.contacts
    assert beside.naive < alone.naive
    assert (alone.inbound, beside.inbound > 0) == (0, True)


def test_outbound_and_inbound_posts_add_up_by_convolution():
    outreach = inbound()
    extra = recruitment.inbound(outreach, BRIEF, as_of=NOW)
    curve = recruitment.needed_curve(funnel(outreach), [0, 80], posts=[4], days=60, inbound=extra)
    mean = rates.condensed(extra.posts_by(60), cells=64)
    came = np.arange(4)
    pmf = stats.poisson.pmf(came[:, None], mean).mean(axis=1)
    rate = funnel(outreach).posting_by(60)
    out = stats.binom.sf(3 - came[:, None], 80, rate).mean(axis=1)
    assert curve["chance"].tolist() == pytest.approx([1 - pmf.sum(), 1 - pmf.sum() + pmf @ out], abs=1e-9)


def test_enough_inbound_creators_need_no_contact():
    found = recruitment.inbound(inbound(900, 20, 450), BRIEF, as_of=NOW)
    assert needed(posts=5, inbound=found).contacts == 0


# --- briefs taken as they are


def test_briefs_taken_as_they_are_are_a_share_of_those_agreed_where_told():
    outreach = counted(200, 150, 100, 0)
    told = pd.Series(np.arange(200) % 4 != 0, dtype="boolean")
    outreach = outreach.assign(as_is=told.where(outreach["accepted"] & (outreach.index < 80)))
    found = recruitment.as_is(outreach, BRIEF)
    assert [(each.successes, each.number) for each in found.trials] == [(60, 80)]
    assert found.basis == "measured"
    assert 0.62 < found.mean < 0.75
    assumed = recruitment.as_is(log(), BRIEF)
    assert (assumed.mean, assumed.basis) == (pytest.approx(ROWS["as_is_rate"].central, abs=1e-4), "assumed")


# --- time to content


def content(outreach):
    return recruitment.time_to_content(outreach, funnel(outreach), as_of=NOW)


def test_time_to_content_is_kaplan_meier_by_hand():
    """40 agreed: 10 live on day 5; 10 out of sight on day 8; 5 of the 20 left live on day 10."""
    outreach = together(
        counted(10, 10, 10, 10, campaign="a", after=5.0), counted(10, 10, 10, 0, campaign="b", age=8.0),
        counted(20, 20, 20, 5, campaign="c", after=10.0), counted(30, 5, 0, 0, campaign="d"),
    )  # fmt: skip
    found = content(outreach)
    assert (found.basis, found.agreed, found.live) == ("measured", 40, 15)
    curve = found.curve.set_index("days")
    assert curve.loc[[5, 8, 10], "share"].tolist() == pytest.approx([0.25, 0.25, 1 - 0.75 * 0.75])
    assert curve.loc[[5, 8, 10], "at_risk"].tolist() == [40, 30, 20]
    assert ((curve["low"] <= curve["share"]) & (curve["share"] <= curve["high"])).all()
    log_log = np.log(-np.log(0.75))
    se = np.sqrt(10 / (40 * 30)) / -np.log(0.75)
    ends = np.exp(-np.exp(log_log + np.array([1, -1]) * stats.norm.ppf(0.9) * se))
    assert curve.loc[5, ["low", "high"]].tolist() == pytest.approx(sorted(1 - ends))
    assert found.by(9.9)[0] == pytest.approx(0.25)
    assert found.by(1.0) == (0, 0, 0)


def test_censored_creators_are_not_lost():
    done = counted(40, 40, 40, 20, after=10.0)
    fresh = counted(40, 40, 40, 0, campaign="new", age=2.0)
    assert content(together(done, fresh)).by(20)[0] == content(done).by(20)[0] == 0.5


def test_all_or_none_live_is_a_curve_without_a_warning():
    whole = content(counted(40, 40, 40, 40, after=3.0)).curve
    assert whole["share"].tolist() == [1.0]
    assert whole[["low", "high"]].notna().all(axis=None)


def test_without_enough_of_a_log_the_time_is_assumed():
    found = content(log())
    assert found.basis == "assumed"
    assert (found.median, found.median_low, found.median_high) == pytest.approx((21, 10, 40), rel=0.02)
    share, low, high = found.by(60)
    assert low < share < high
    assert share == pytest.approx(funnel().rates["posted"].mean * funnel().live.share(60.0), abs=5e-4)
    assert found.curve["at_risk"].isna().all()


def test_a_post_without_a_date_is_left_out_of_the_time():
    outreach = counted(80, 80, 80, 40, after=5.0)
    undated = outreach.assign(posted_at=outreach["posted_at"].where(outreach.index >= 10))
    found = content(undated)
    assert (found.agreed, found.live) == (70, 30)


def test_days_in_a_log_are_those_of_who_posts():
    outreach = counted(400, 300, 200, 100, after=9.0)
    assert content(outreach).median == pytest.approx(9, rel=0.05)
