"""Proves the funnel: rates by hand and from closed forms, intervals that hold what they claim on synthetic
truth, open contacts neither lost nor refused, and a log that is counted once.
"""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from draws import examples, replicates
from nanospread import pages
from nanospread.campaign import beliefs, brief, recruitment
from nanospread.campaign.recruitment import rates
from nanospread.campaign.recruitment.outreach import delay
from nanospread.campaign.simulation import draws
from outreach_logs import NOW, campaign, counted, days, log, together

BRIEF = brief.read("sample")
ROWS = BRIEF.assumptions
PRECISION = ROWS["recruitment_precision"]
STAGES = ("reply_rate", "accept_rate", "post_rate_gift")


def range_of(name):
    return ROWS[name].low, ROWS[name].central, ROWS[name].high


def stages(outreach, plan=BRIEF):
    return recruitment.funnel(outreach, plan, as_of=NOW).stages.set_index("stage")


# --- cells


def test_condensed_cells_are_equally_likely_and_keep_the_mean():
    assert rates.condensed([3.0, 1.0], [1, 3], cells=4).tolist() == [1, 1, 1, 3]
    assert rates.condensed([2.0, 4.0], [1, 3], cells=2).tolist() == [3, 4]
    values = np.arange(1000.0) ** 2
    assert rates.condensed(values).mean() == pytest.approx(values.mean(), rel=1e-12)


def test_a_product_of_betas_has_its_known_quantiles():
    """Beta(8, 4) x Beta(5, 3) is Beta(5, 7): the chain of a Dirichlet."""
    levels = (np.arange(8192) + 0.5) / 8192
    one, other = (rates.condensed(stats.beta.ppf(levels, *ab)) for ab in ((8, 4), (5, 3)))
    low, high = rates.interval(rates.product(one, other))
    exact = stats.beta.ppf([0.1, 0.9], 5, 3 + 4)
    assert (low, high) == pytest.approx(exact, abs=0.002 * np.diff(exact)[0])


def test_the_interval_of_nothing_is_not_known():
    assert np.isnan(rates.interval([])).all()


# --- what is believed before the log speaks


@pytest.mark.parametrize(
    "name", ["reply_rate", "accept_rate", "post_rate_gift", "post_rate_fee", "as_is_rate"]
)
def test_the_prior_has_the_central_value_as_mean_and_the_width_of_low_to_high(name):
    low, central, high = range_of(name)
    a, b = rates.beta(low, central, high)
    assert a / (a + b) == pytest.approx(central)
    assert np.diff(stats.beta.ppf([0.1, 0.9], a, b))[0] == pytest.approx(high - low, abs=1e-6)
    assert min(a, b) >= 1


def test_a_width_that_no_single_hump_has_and_one_of_nothing_are_bounded():
    assert rates.beta(0.1, 0.9, 0.95) == pytest.approx((9, 1))
    a, b = rates.beta(0.4, 0.4, 0.4)
    assert (a / (a + b), stats.beta.std(a, b)) == pytest.approx((0.4, 0), abs=1e-3)
    assert rates.beta(1, 1, 1)[1] >= 1


def test_without_a_log_rates_are_the_assumed_ones_and_say_so():
    found = stages(log())
    assert found["rate"].to_dict() == pytest.approx({"replied": 0.4, "agreed": 0.65, "posted": 0.5}, abs=1e-6)
    assert found["from_contacts"].tolist() == pytest.approx([0.4, 0.26, 0.13], abs=1e-4)
    assert set(found["basis"]) == {"assumed"}
    assert found[["of", "number", "resolved", "campaigns"]].to_numpy().sum() == 0


@pytest.mark.parametrize("name", STAGES)
def test_without_a_log_the_next_campaign_varies_as_beta_of_beta_does(name):
    """Var = E[mu (1 - mu) / (phi + 1)] + Var mu, from the moments of the priors."""
    a, b = rates.beta(*range_of(name))
    mean, between = stats.beta.stats(a, b)
    score = np.linspace(-6, 6, 4001)
    scatter = np.average(1 / (PRECISION.at(score) + 1), weights=np.exp(-(score**2) / 2))
    expected = (mean * (1 - mean) - between) * scatter + between
    found = rates.next_rate(range_of(name), PRECISION)
    assert found.cells.std() == pytest.approx(np.sqrt(expected), rel=0.005)
    assert found.typical.std() == pytest.approx(np.sqrt(between), rel=0.01)


# --- what the log says


def exact_rate(name, counts):
    """Mean and P(next rate < 0.4) by the closed beta-binomial likelihood, on a lattice of its own."""
    a, b = rates.beta(*range_of(name))
    mu = np.linspace(0.0005, 0.9995, 1000)[:, None]
    score = np.linspace(-4, 4, 81)[None, :]
    phi = PRECISION.at(score)
    log_weight = stats.beta.logpdf(mu, a, b) - score**2 / 2
    for success, trial in counts:
        log_weight = log_weight + special.betaln(mu * phi + success, (1 - mu) * phi + trial - success)
        log_weight = log_weight - special.betaln(mu * phi, (1 - mu) * phi)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    return (weight * mu).sum(), (weight * special.betainc(mu * phi, (1 - mu) * phi, 0.4)).sum()


@pytest.mark.parametrize(
    "counts",
    [[(12, 30)], [(0, 25), (25, 100), (60, 90)], [(300, 1000)] * 4, [(1, 1)], [(6, 20), (14, 20)] * 20],
)
def test_decided_contacts_give_the_closed_beta_binomial_posterior(counts):
    trials = [rates.Trials(success, np.ones(trial - success)) for success, trial in counts]
    found = rates.next_rate(range_of("reply_rate"), PRECISION, trials)
    mean, below = exact_rate("reply_rate", counts)
    assert found.mean == pytest.approx(mean, abs=0.002)
    assert (found.cells < 0.4).mean() == pytest.approx(below, abs=0.012)


def test_a_large_log_of_many_campaigns_decides():
    outreach = together(*(counted(200, 50, 40, 10, campaign=f"k{i}") for i in range(30)))
    found = stages(outreach)
    assert found["rate"].tolist() == pytest.approx([0.25, 0.8, 0.25], abs=0.02)
    assert found["number"].tolist() == [1500, 1200, 300]
    assert found["of"].tolist() == [6000, 1500, 1200]
    assert set(found["basis"]) == {"measured"}
    assert set(found["campaigns"]) == {30}


def test_one_campaign_says_less_than_the_same_contacts_in_many():
    one = counted(600, 150, 100, 50)
    many = one.assign(campaign=[f"k{i % 12}" for i in range(600)])
    narrow, wide = (stages(each).loc["replied"] for each in (many, one))
    assert narrow["high"] - narrow["low"] < wide["high"] - wide["low"]


def test_a_contact_of_today_says_nothing_and_an_old_one_is_a_refusal():
    nothing = stages(counted(80, 0, 0, 0, age=0.0)).loc["replied"]
    assert nothing["rate"] == pytest.approx(0.4, abs=1e-6)
    assert (nothing["of"], nothing["resolved"], nothing["basis"]) == (80, 0, "assumed")
    refused = stages(counted(80, 0, 0, 0, age=400.0)).loc["replied"]
    assert refused["rate"] < 0.15
    assert (refused["resolved"], refused["basis"]) == (pytest.approx(80, abs=0.01), "measured")
    between = stages(counted(80, 0, 0, 0, age=3.0)).loc["replied"]
    assert refused["rate"] < between["rate"] < nothing["rate"]


def test_creators_who_agreed_and_may_still_post_are_no_refusals():
    rate = [stages(counted(60, 50, 40, 5, age=age, after=5.0)).loc["posted", "rate"] for age in (8, 30, 300)]
    assert rate == sorted(rate, reverse=True)
    assert rate[0] > 1.5 * rate[2]


def test_young_campaigns_are_not_biased_by_what_is_still_open():
    """Half of those who reply have done so: counting all as decided would say a fifth."""
    middle = float(np.log(3))
    trials = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        outreach = campaign(rng, "k", 300, (0.4, 0.5, 0.5), [(middle, 0.5), (3, 0.5)], 3.0, 3.0)
        share = special.ndtr((np.log(3.0) - middle) / 0.5)
        replied = int(outreach["replied"].sum())
        trials.append(rates.Trials(replied, np.full(300 - replied, share)))
    assert rates.next_rate((0.1, 0.5, 0.9), PRECISION, trials).mean == pytest.approx(0.4, abs=0.02)


def test_parcels_and_due_dates_are_stages_only_where_the_log_tracks_them():
    plain = counted(60, 50, 40, 20)
    assert stages(plain).index.tolist() == ["replied", "agreed", "posted"]
    start = NOW - days(400)
    agreed, posted = plain["accepted"].astype(bool), plain["posted"].astype(bool)
    tracked = plain.assign(
        shipped_at=pd.Series(start + days(4), index=plain.index).where(agreed & (plain.index < 36)),
        due_at=pd.Series(start + days(30), index=plain.index).where(agreed),
        posted_at=plain["posted_at"].where(plain.index != 3, start + days(31)),
    )
    found = stages(tracked)
    assert found.index.tolist() == ["replied", "agreed", "shipped", "posted", "on time"]
    assert found["of"].tolist() == [60, 50, 40, 36, 20]
    assert found["number"].tolist() == [50, 40, 36, int(posted.sum()), 19]
    assert found.loc["posted", "rate"] > stages(plain).loc["posted", "rate"]
    whole = recruitment.funnel(tracked, BRIEF, as_of=NOW)
    assert whole.posting.mean() == pytest.approx(found.loc["posted", "from_contacts"])


def test_a_post_without_a_parcel_in_the_log_had_one():
    outreach = counted(60, 50, 40, 20)
    sent = pd.Series(NOW - days(390), index=outreach.index).where(outreach.index.isin(range(30, 36)))
    outreach = outreach.assign(shipped_at=sent)
    assert stages(outreach).loc["shipped", "number"] == 26


def test_a_due_date_still_to_come_is_not_told():
    outreach = counted(60, 50, 40, 20).assign(due_at=NOW + days(2))
    assert "on time" not in stages(outreach).index


def test_offers_are_counted_apart_or_together():
    outreach = together(counted(100, 40, 30, 10), counted(50, 20, 15, 14, offer="fee"))
    assert stages(outreach)["of"].tolist() == [100, 40, 30]
    paid, both = (brief.changed(BRIEF, offer=offer) for offer in ("fee", "mixed"))
    assert stages(outreach, paid)["of"].tolist() == [50, 20, 15]
    mixed = stages(outreach, both)
    assert mixed["of"].tolist() == [150, 60, 45]
    gift, fee = (stages(outreach, plan).loc["posted", "rate"] for plan in (BRIEF, paid))
    assert mixed.loc["posted", "rate"] == pytest.approx((30 * gift + 15 * fee) / 45)
    assert stages(log(), both).loc["posted", "rate"] == pytest.approx(
        0.5 + 0.45 * np.log10(10_000 / 5_000), abs=1e-4
    )


def test_creators_who_wrote_first_are_kept_apart():
    outreach = together(counted(60, 20, 10, 5), counted(40, 40, 40, 40, campaign="in").assign(inbound=True))
    pd.testing.assert_frame_equal(stages(outreach), stages(counted(60, 20, 10, 5)))


def test_inputs_stay_as_they_are():
    outreach = counted(60, 50, 40, 20)
    before = outreach.copy()
    recruitment.funnel(outreach, BRIEF, as_of=NOW)
    pd.testing.assert_frame_equal(outreach, before)


# --- the owner's word, and the log counted once


def test_a_row_that_the_owner_set_wins_over_the_log():
    outreach = counted(400, 40, 30, 10)
    own = brief.changed(BRIEF, reply_rate=0.55)
    found = stages(outreach, own)
    assert found.loc["replied", "rate"] == pytest.approx(0.55, abs=1e-4)
    assert (found.loc["replied", "basis"], found.loc["agreed", "basis"]) == ("assumed", "measured")
    assert "reply_rate" not in recruitment.measured(outreach, own, as_of=NOW)


def test_a_brief_calibrated_from_the_log_gives_the_same_funnel_again():
    outreach = counted(400, 40, 35, 10)
    rows = recruitment.measured(outreach, BRIEF, as_of=NOW)
    known = brief.assumptions.overridden(ROWS, rows, "the log")
    again = BRIEF.model_copy(update={"assumptions": known})
    assert again.value("reply_rate") == rows["reply_rate"]["central"] < 0.2
    pd.testing.assert_frame_equal(stages(outreach, again), stages(outreach))
    assert recruitment.measured(outreach, again, as_of=NOW) == rows


def test_measured_rows_are_those_that_the_log_can_tell_in_order_and_with_their_source():
    outreach = together(counted(100, 60, 40, 12), counted(20, 15, 14, 14, offer="fee"))
    rows = recruitment.measured(outreach, BRIEF, as_of=NOW)
    assert list(rows) == ["reply_rate", "accept_rate", "post_rate_gift"]
    found = stages(outreach)
    for name, stage in zip(rows, found.index, strict=True):
        row = rows[name]
        assert row["low"] < row["central"] < row["high"]
        assert (row["central"], row["basis"]) == (found.loc[stage, "rate"], "measured")
    assert rows["post_rate_gift"]["source"].startswith("outreach log: 12 of 40 decided, 2026-11-20")
    assert recruitment.measured(log(), BRIEF, as_of=NOW) == {}


def test_simulated_campaigns_scatter_once_about_a_measured_rate():
    """Var of a world's rate = Var mu + E[mu (1 - mu) / (phi + 1)]: that of the log's next campaign, whose phi
    hardly differs from the prior's here; with the scatter in mu too it would be nearly twice as large."""
    outreach = together(
        *(counted(60, 60 * share // 100, 8, 4, campaign=f"k{share}") for share in (30, 40, 55))
    )
    rows = recruitment.measured(outreach, BRIEF, as_of=NOW)
    believed = beliefs.prior(brief.calibrated(BRIEF, {"reply_rate": rows["reply_rate"]}))
    mu, phi = believed.column("reply_rate"), believed.column("recruitment_precision")
    in_worlds = mu.var() + (mu * (1 - mu) / (phi + 1)).mean()
    reply = recruitment.funnel(outreach, BRIEF, as_of=NOW).rates["replied"]
    assert in_worlds == pytest.approx(reply.cells.var(), rel=0.15)
    uniform = (np.arange(len(mu)) * 0.6180339887 + 0.5) % 1
    assert draws.rates(mu, phi, uniform).var() == pytest.approx(in_worlds, rel=0.05)


# --- delays


def test_without_dates_a_delay_is_the_assumed_one():
    found = delay(ROWS["days_to_post"], ROWS["days_to_post_sd"])
    middle, low, high = found.median()
    assert (middle, low, high) == pytest.approx((21, 10, 40), rel=0.02)
    assert found.basis == "assumed"
    assert found.share([0, -3]).tolist() == [0, 0]
    assert found.share(21.0) == pytest.approx(0.5, abs=0.02)
    assert found.cells(21).mean() == pytest.approx(0.5, abs=0.02)
    assert found.cells(0).max() == 0


def test_dates_that_are_cut_off_by_the_logs_end_are_not_taken_for_quick_ones():
    rng = np.random.default_rng(4)
    age = rng.uniform(1, 40, 4000)
    wait = np.exp(rng.normal(np.log(30), 0.4, 4000))
    seen = wait <= age
    found = delay(ROWS["days_to_post"], ROWS["days_to_post_sd"], wait[seen], age[seen])
    assert np.median(wait[seen]) < 24
    assert found.median()[0] == pytest.approx(30, rel=0.07)
    assert found.basis == "measured"


def test_the_share_by_a_day_is_the_one_seen_where_there_are_many_dates():
    rng = np.random.default_rng(5)
    wait = np.exp(rng.normal(np.log(14), 0.6, 3000))
    found = delay(ROWS["days_to_post"], ROWS["days_to_post_sd"], wait, np.full(3000, 400.0))
    for day in (7, 14, 30):
        assert found.share(day) == pytest.approx((wait <= day).mean(), abs=0.025)


def test_posts_of_the_day_of_contact_and_a_spread_of_nothing_are_possible():
    same = delay(ROWS["days_to_post"], ROWS["days_to_post_sd"], [0.0] * 40, [0.0] * 40)
    assert np.isfinite(same.median()).all()
    sure = brief.changed(BRIEF, days_to_post_sd=0.0).assumptions["days_to_post_sd"]
    assert np.isfinite(delay(ROWS["days_to_post"], sure).cells(30)).all()


# --- synthetic truth


def truth(rng, name):
    mu = rng.beta(*rates.beta(*range_of(name)))
    phi = PRECISION.at(rng.normal(size=1))[0]
    return mu * phi, (1 - mu) * phi


def next_campaigns(name, worlds, seed):
    """Return interval and truth of the next campaign after 1-6 of 20-200 contacts, one of them unfinished."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(worlds):
        ab, trials = truth(rng, name), []
        for past in range(rng.integers(1, 7)):
            number = rng.integers(20, 200)
            age = rng.uniform(60, 400, number) if past else rng.uniform(0, 60, number)
            there = special.ndtr((np.log(age) - np.log(21)) / 0.5)
            came = (rng.random(number) < rng.beta(*ab)) & (rng.random(number) < there)
            trials.append(rates.Trials(int(came.sum()), there[~came]))
        found.append((*rates.next_rate(range_of(name), PRECISION, trials).interval, rng.beta(*ab)))
    return np.array(found).T


def test_intervals_of_the_next_campaign_hold_what_they_claim():
    """600 worlds over the three stages, 3,000 in `make replicates`; two and a half standard errors."""
    held, worlds = [], replicates(200)
    for seed, name in enumerate(STAGES, start=21):
        low, high, rate = next_campaigns(name, worlds, seed)
        held.append((low <= rate) & (rate <= high))
    assert np.mean(held) == pytest.approx(0.8, abs=1 / math.sqrt(3 * worlds))
    assert np.mean(held, axis=1) == pytest.approx([0.8] * 3, abs=1 / math.sqrt(worlds))


def test_a_rate_that_is_nearly_always_1_has_its_lower_end_right():
    """Its upper end is so near to 1 that a rate over it means nothing; 400 worlds, two errors: 3 points."""
    low, high, rate = next_campaigns("post_rate_fee", 400, 9)
    assert (rate < low).mean() == pytest.approx(0.1, abs=0.03)
    assert ((high > 0.98) | (rate <= high)).mean() > 0.9


@pytest.mark.slow
def test_intervals_of_posts_per_contact_hold_what_they_claim_from_whole_logs():
    """24 worlds with drawn rates, scatter and delays check the path roughly, `make replicates` 1,000."""
    rng, held, worlds = np.random.default_rng(7), [], replicates(24)
    for _ in range(worlds):
        beta = [truth(rng, name) for name in STAGES]
        spread = ROWS["days_to_post_sd"].at(rng.normal(size=1))[0]
        waits = [
            (np.log(ROWS[name].at(rng.normal(size=1))[0]), spread)
            for name in ("days_to_reply", "days_to_post")
        ]
        past = [
            campaign(
                rng,
                f"k{i}",
                rng.integers(30, 250),
                [rng.beta(*ab) for ab in beta],
                waits,
                90 * i + 60,
                90 * i,
            )
            for i in range(rng.integers(1, 7))
        ]
        found = stages(together(*past))
        share = np.prod([rng.beta(*ab) for ab in beta])
        held.append(found.loc["posted", "from_low"] <= share <= found.loc["posted", "from_high"])
    assert np.mean(held) == pytest.approx(0.8, abs=1 / math.sqrt(worlds))


@given(
    counts=st.tuples(*[st.integers(1, 120)] * 4).map(lambda numbers: sorted(numbers, reverse=True)),
    age=st.floats(0, 500),
)
@settings(max_examples=examples(10))
def test_shares_are_shares_and_fall_along_the_funnel(counts, age):
    found = stages(counted(*counts, age=age, after=min(age, 10.0)))
    shares = found[["rate", "low", "high", "from_contacts", "from_low", "from_high"]]
    assert ((shares >= 0) & (shares <= 1)).all(axis=None)
    assert (found["low"] <= found["high"]).all()
    assert found["from_contacts"].is_monotonic_decreasing
    assert (found["resolved"] <= found["of"] + 1e-9).all()
    assert (found["resolved"] >= found["number"]).all()


# --- trackers, which may lack dates and offers


def test_contacts_without_a_date_tell_the_rates_that_old_contacts_do_and_are_counted():
    dated = counted(200, 80, 50, 30)
    undated = dated.assign(
        **{name: dated[name].where(dated[name] > NOW) for name in ("contacted_at", "posted_at")}
    )
    both = [recruitment.funnel(each, BRIEF, as_of=NOW) for each in (dated.assign(posted_at=pd.NaT), undated)]
    one, other = (each.stages.set_index("stage")["rate"] for each in both)
    assert other.tolist() == pytest.approx(one.tolist(), abs=0.002)
    assert [each.undated for each in both] == [0, 200]
    assert recruitment.time_to_content(undated, both[1], as_of=NOW).basis == "assumed"
    assert recruitment.inbound(undated.assign(inbound=True), BRIEF, as_of=NOW) is None
    text = pages.recruitment.outreach_funnel(both[1]).text
    assert "200 contacts without a date count as decided." in text
    assert "without a date" not in pages.recruitment.outreach_funnel(both[0]).text


def test_contacts_of_an_unknown_offer_are_of_the_briefs_own():
    rows = counted(60, 30, 20, 10, offer="")
    assert recruitment.with_offers(rows, BRIEF)["offer"].unique().tolist() == [BRIEF.nano.offer]
    funnel = recruitment.funnel(recruitment.with_offers(rows, BRIEF), BRIEF, as_of=NOW)
    assert funnel.stages["number"].iloc[0] == 30
    mixed = brief.changed(BRIEF, offer="mixed")
    assert recruitment.with_offers(rows, mixed)["offer"].unique().tolist() == [""]
    assert recruitment.funnel(rows, mixed, as_of=NOW).rates["replied"].basis == "measured"
