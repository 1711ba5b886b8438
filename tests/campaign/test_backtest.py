"""Proves the backtest: right scores by hand and in closed form, right coverage where the truth is known, no
word of the held-out posts in the fit, shared luck found where it was planted, results to date as by hand; and
the promised figures on real posts, where they are there.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

import bundled
from nanospread import pages
from nanospread.campaign import backtest, beliefs, simulation
from nanospread.campaign import brief as briefs
from nanospread.campaign.backtest import campaign_results, holdout
from nanospread.campaign.simulation import by_world
from nanospread.core import errors, paths
from nanospread.creators import engagement, metrics
from nanospread.creators.engagement import Mixture
from nanospread.ingest import sources, tables
from nanospread.pages import show

REAL = paths.ROOT.parent / "shared" / "data" / "real"
START = pd.Timestamp("2026-03-02", tz="UTC")
NICHES = ("fashion", "food", "travel")


def world(creators=1_500, posts=4, seed=5, sd=(0.8, 0.45), low=1_000, high=10_000):
    """Return posts and roster of the model's own truth: creators' levels, and spreads of their own."""
    random = np.random.default_rng(seed)
    roster = pd.DataFrame(
        {
            "creator": [f"c{at:05d}" for at in range(creators)],
            "niche": [NICHES[at % 3] for at in range(creators)],
            "followers": np.exp(random.uniform(np.log(low), np.log(high - 1), creators)).astype(np.int64),
        }
    )
    level = -3.4 + sd[0] * random.standard_normal(creators)
    spread = sd[1] * np.exp(0.35 * random.standard_normal(creators))
    rows = roster.loc[roster.index.repeat(posts)].reset_index(drop=True)
    noise = np.repeat(spread, posts) * random.standard_normal(len(rows))
    mean = rows["followers"] * np.exp(np.repeat(level, posts) + noise)
    when = START + pd.to_timedelta(random.uniform(0, 200, len(rows)), unit="D")
    rows = rows.assign(
        post=[f"p{at:06d}" for at in rows.index], posted_at=when, likes=random.poisson(mean), comments=0
    )
    return metrics.per_post(rows), roster


@pytest.fixture(scope="module")
def truth():
    return world()


@pytest.fixture(scope="module")
def checked(truth):
    return backtest.last_posts(*truth, seed=1)


SMALL = world(creators=60, posts=4, seed=8)


# --- what is held out, and what the forecast may see


def test_the_newest_rated_post_of_each_creator_with_two_is_held_out_and_all_others_are_fitted():
    posts, roster = SMALL
    posts = posts.sort_values(["creator", "posted_at"]).reset_index(drop=True)
    newest = posts.groupby("creator").tail(1)
    hidden = newest.index[0]
    posts.loc[hidden, ["er", "engagements"]] = (
        math.nan
    )  # hidden likes: the post before it is the newest rated
    alone = posts["creator"] == "c00001"
    posts = posts[~alone | ~alone.duplicated()]
    held = backtest.last_posts(posts, roster, seed=1)
    assert len(held.rows) == 59
    assert "c00001" not in set(held.rows["creator"])
    assert held.n_fitted == posts["er"].notna().sum() - 59
    first = held.rows.set_index("creator").loc["c00000"]
    assert first["post"] == posts.loc[hidden - 1, "post"]
    assert first["n_past"] == 2
    gap = posts.loc[hidden - 1, "posted_at"] - posts.loc[hidden - 2, "posted_at"]
    assert first["days_ahead"] == pytest.approx(gap.total_seconds() / 86_400)


def test_nothing_of_the_held_out_posts_reaches_any_forecast():
    posts, roster = SMALL
    before = backtest.last_posts(posts, roster, seed=1)
    assert before.n_fitted + len(before.rows) == len(posts)
    mine = posts["post"] == before.rows["post"].iloc[7]
    other = posts.assign(likes=posts["likes"].mask(mine, posts["likes"] * 40 + 9))
    after = backtest.last_posts(metrics.per_post(other), roster, seed=1)
    moved = (before.rows != after.rows) & ~(before.rows.isna() & after.rows.isna())
    assert moved.any(axis=1).to_numpy().nonzero()[0].tolist() == [7]
    forecast = [
        "median",
        "low_50",
        "high_50",
        "low_80",
        "high_80",
        "low_95",
        "high_95",
        "n_past",
        "days_ahead",
    ]
    assert not moved[forecast].any(axis=None)


def test_the_strict_check_sees_nothing_after_its_date():
    posts, roster = SMALL
    before = backtest.strict(posts, roster, seed=1, share=0.25)
    first = before.rows["posted_at"].min()
    late = posts["posted_at"] >= first
    assert late.sum() == pytest.approx(0.25 * len(posts), abs=1)
    assert before.n_fitted == (~late).sum()
    other = metrics.per_post(posts.assign(likes=posts["likes"].mask(late, posts["likes"] * 5 + 3)))
    after = backtest.strict(other, roster, seed=1, share=0.25)
    ends = ["median", "low_95", "high_95"]
    assert (before.rows[ends] == after.rows[ends]).all(axis=None)
    assert (before.rows["log_er"] != after.rows["log_er"]).all()


def test_order_moves_no_number():
    posts, roster = SMALL
    one = backtest.last_posts(posts, roster, seed=1)
    other = backtest.last_posts(posts.sample(frac=1, random_state=3), roster.iloc[::-1], seed=1)
    pd.testing.assert_frame_equal(one.rows, other.rows)
    other_seed = backtest.last_posts(posts, roster, seed=2).rows
    assert (one.rows["pit"] != other_seed["pit"]).any()
    pd.testing.assert_frame_equal(one.rows.drop(columns="pit"), other_seed.drop(columns="pit"))


def test_a_share_out_of_range_is_an_error():
    with pytest.raises(errors.InputError, match="share must be between 0 and 1"):
        backtest.strict(*SMALL, seed=1, share=1.0)


def test_creators_with_one_post_each_leave_nothing_to_check_and_nothing_breaks():
    posts, roster = world(creators=12, posts=1)
    for check in (backtest.last_posts, backtest.strict):
        found = check(posts.assign(posted_at=START), roster, seed=1)
        assert len(found.rows) == 0
        assert backtest.coverage(found.rows).empty
        assert backtest.coverage(found.rows, "n_past").empty
        assert backtest.gains(found.rows).empty
        assert backtest.calibration(found.rows)["coverage"].isna().all()
        assert backtest.pit_counts(found.rows)["posts"].sum() == 0
        shared = backtest.shared_luck(found.rows)
        assert math.isnan(shared.rho)
        assert shared.used == 0
        none = backtest.totals(found, shared, n_worlds=100, seed=1)
        assert none.empty
        assert backtest.largest_size(none) == 0
        assert backtest.coverage(none, ["size", "grouping", "luck"]).empty


# --- forecasts where the truth is known


@pytest.mark.parametrize("level", backtest.LEVELS)
def test_intervals_hold_what_they_promise_within_four_standard_errors(checked, level):
    rows = backtest.coverage(checked.rows)
    row = rows[rows["level"] == level].iloc[0]
    assert row["n"] == 1_500
    assert row["coverage"] == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / 1_500))
    inside = checked.rows["log_er"].between(
        checked.rows[f"low_{100 * level:.0f}"], checked.rows[f"high_{100 * level:.0f}"]
    )
    assert inside.mean() == row["coverage"]


def test_the_pit_is_uniform(checked):
    assert stats.kstest(checked.rows["pit"], "uniform").pvalue > 0.001
    counts = backtest.pit_counts(checked.rows)
    assert counts["posts"].sum() == 1_500
    assert ((counts["posts"] >= counts["low"]) & (counts["posts"] <= counts["high"])).sum() >= 8


def test_the_model_beats_every_plain_forecast_beyond_its_error(checked):
    gains = backtest.gains(checked.rows).set_index("baseline")
    assert (gains["gain"] > 2 * gains["gain_se"]).all()


def test_a_forecast_that_is_too_narrow_covers_less_and_one_too_wide_more(checked):
    forecast, y = checked.forecast, checked.rows["log_er"].to_numpy()
    held = []
    for factor in (0.5, 1, 2):
        other = dataclasses.replace(forecast, sd=forecast.sd * factor)
        rows = backtest.coverage(checked.rows.assign(cdf=other.cdf(y)))
        held.append(rows["coverage"].to_numpy())
    assert (held[0] < held[1]).all()
    assert (held[1] < held[2]).all()


def test_the_pit_of_a_post_without_engagement_starts_at_0_and_zeros_are_spread():
    rows = pd.DataFrame(
        {"creator": [f"c{at}" for at in range(400)], "post": "p", "engagements": 0.0, "followers": 1_000}
    )
    forecast = Mixture(np.ones((400, 1)), np.full((400, 1), -7.0), np.ones((400, 1)))
    pit = holdout._pit(rows, forecast, 1)
    most = forecast.cdf(np.log(np.full(400, 1 / 1_000)))[0]
    assert stats.kstest(pit / most, "uniform").pvalue > 0.001


# --- the checked rows


def test_the_checked_rows_have_the_promised_names_and_the_numbers_of_their_tables(truth, checked):
    coverage, gains = backtest.coverage(checked.rows), backtest.gains(checked.rows)
    spreads, shared = engagement.by_tier(*truth), backtest.shared_luck(checked.rows)
    sold = pd.DataFrame({"cdf": [0.5, 0.2, 0.05, 0.95]})
    rows = pages.forecast.checked_rows(sold, coverage, gains, spreads, shared).set_index("metric")
    assert rows.loc["coverage_80_campaigns", ["value", "n"]].tolist() == [0.5, 4]
    rows = rows.iloc[1:]
    assert rows.index.tolist() == [
        "coverage_50_nano", "coverage_80_nano", "coverage_95_nano", "crps_gain_vs_own", "crps_gain_vs_tier",
        "crps_gain_vs_constant", "sd_between_nano", "sd_within_nano", "rho_nano",
    ]  # fmt: skip
    assert rows["value"].tolist() == [
        *coverage["coverage"], *gains["gain"], spreads["sd_between"].iloc[0], spreads["sd_within"].iloc[0],
        shared.rho,
    ]  # fmt: skip
    assert (rows["low"] < rows["value"]).all()
    assert (rows["value"] < rows["high"]).all()
    assert show.metrics(rows.reset_index()).data[show.METRICS]


def test_numbers_that_the_posts_cannot_tell_are_missing_in_the_checked_rows():
    posts, roster = world(creators=12, posts=1)
    rows = backtest.last_posts(posts, roster, seed=1).rows
    found = pages.forecast.checked_rows(
        pd.DataFrame({"cdf": []}),
        backtest.coverage(rows),
        backtest.gains(rows),
        engagement.by_tier(posts, roster),
        backtest.shared_luck(rows),
    ).set_index("metric")
    assert found.loc["coverage_80_nano":"crps_gain_vs_constant", "value"].isna().all()
    assert found.loc["sd_within_nano", "basis"] == "assumed"
    assert " nan" not in show.metrics(found.reset_index()).data["text/plain"].replace(" nano", "")


# --- scores by hand


def test_the_crps_of_a_standard_normal_at_its_centre_is_the_published_value():
    one = Mixture(np.ones((1, 1)), np.zeros((1, 1)), np.ones((1, 1)))
    assert one.crps([0.0])[0] == pytest.approx(0.233695, abs=1e-6)  # model.md V15


def test_plain_forecasts_of_five_rows_by_hand():
    er = np.array([0.01, 0.04, 0.02, 0.02, 0.05])
    posts = pd.DataFrame(
        {"creator": list("aabbc"), "tier": "nano", "followers": 1e6, "engagements": er * 1e6 - 0.5}
    )
    y, ask = np.log(er), pd.DataFrame({"creator": ["a", "c"], "tier": "nano"})
    found = holdout.plain_forecasts(posts, ask, 0.016)
    within = math.sqrt(
        2 * (math.log(2)) ** 2 / 2
    )  # a's posts lie log(2) from their mean; 5 posts, 3 creators
    assert found["own"].mean[:, 0] == pytest.approx([math.log(0.02), math.log(0.05)])
    assert found["own"].sd[:, 0] == pytest.approx([within * math.sqrt(1.5), within * math.sqrt(2)])
    assert found["tier"].mean[:, 0] == pytest.approx([y.mean()] * 2)
    assert found["tier"].sd[:, 0] == pytest.approx([y.std(ddof=1)] * 2)
    assert found["constant"].mean[:, 0] == pytest.approx([math.log(0.016)] * 2)
    assert found["constant"].sd[:, 0] == pytest.approx([math.sqrt(((y - math.log(0.016)) ** 2).mean())] * 2)


def test_a_tier_without_repeats_takes_the_spread_of_all_and_no_repeats_at_all_leave_it_missing():
    posts = pd.DataFrame(
        {"creator": list("aabc"), "tier": ["nano", "nano", "micro", "micro"], "followers": 1_000.0,
         "engagements": [10.0, 40, 20, 30]}
    )  # fmt: skip
    ask = pd.DataFrame({"creator": ["b"], "tier": ["micro"]})
    both = holdout.plain_forecasts(posts, ask, 0.016)["own"].sd[0, 0]
    of_nano = holdout.plain_forecasts(posts, ask.assign(creator="a", tier="nano"), 0.016)["own"].sd[0, 0]
    assert both / math.sqrt(2) == pytest.approx(of_nano / math.sqrt(1.5))
    assert np.isnan(holdout.plain_forecasts(posts[1:], ask, 0.016)["own"].sd).all()


def test_the_gain_and_its_error_by_hand():
    rows = pd.DataFrame({"tier": "nano", "creator": ["a", "b"], "crps": [1.0, 2.0]})
    for name in backtest.BASELINES:
        rows[f"crps_{name}"] = [2.0, 2.0]
    row = backtest.gains(rows).iloc[0]
    assert row["gain"] == pytest.approx(0.25)
    assert row["gain_se"] == pytest.approx(0.25)  # residuals -1/4 and 1/4; sqrt(2/16 x 2/1) / 2


def test_a_plain_forecast_that_cannot_be_fitted_leaves_its_gain_missing():
    rows = pd.DataFrame({"tier": "nano", "creator": ["a", "b"], "crps": [1.0, 2.0]})
    for name in backtest.BASELINES:
        rows[f"crps_{name}"] = math.nan
    assert backtest.gains(rows)[["gain", "gain_se"]].isna().all(axis=None)


def test_wilsons_interval_of_8_in_10_is_the_published_one():
    rows = pd.DataFrame({"tier": "nano", "cdf": [0.5] * 8 + [0.99] * 2})
    row = backtest.coverage(rows, levels=(0.8,)).iloc[0]
    assert (row["n"], row["coverage"]) == (10, 0.8)
    assert (row["low"], row["high"]) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_posts_of_one_creator_count_once_in_the_error_of_coverage():
    once = pd.DataFrame(
        {"tier": "nano", "creator": [f"c{at}" for at in range(10)], "cdf": [0.5] * 8 + [0.99] * 2}
    )
    thrice = pd.concat([once] * 3)
    for column in ("coverage", "low", "high"):
        alone, many = (backtest.coverage(rows, levels=(0.8,))[column].iloc[0] for rows in (once, thrice))
        assert many == pytest.approx(alone)


def test_past_posts_are_grouped_in_order():
    rows = pd.DataFrame({"n_past": [1, 2, 3, 5, 6, 40], "cdf": 0.5})
    found = backtest.coverage(rows, "n_past", levels=(0.5,))
    assert found["n_past"].astype(str).tolist() == ["1", "2", "3-5", "6+"]
    assert found["n"].tolist() == [1, 1, 2, 2]


# --- luck that creators share


def months(rho, n_months=120, each=20, seed=4, bias=0.0):
    """Return rows whose normal scores share each month's luck."""
    random = np.random.default_rng(seed)
    common = np.repeat(random.standard_normal(n_months), each)
    score = math.sqrt(rho) * common + math.sqrt(1 - rho) * random.standard_normal(n_months * each) + bias
    when = pd.date_range("2010-01-15", periods=n_months, freq="MS", tz="UTC")
    return pd.DataFrame({"pit": special.ndtr(score), "posted_at": np.repeat(when, each)})


@pytest.mark.parametrize("rho", [0.0, 0.05, 0.2])
def test_planted_shared_luck_is_recovered_with_its_interval(rho):
    found = backtest.shared_luck(months(rho))
    assert (found.period, found.n, found.n_periods) == ("month", 2_400, 120)
    se = math.sqrt(2 / 119) * (rho + (1 - rho) / 20)
    assert found.rho == pytest.approx(rho, abs=4 * se)
    assert found.low - 2 * se < rho < found.high + 2 * se
    assert found.high - found.low == pytest.approx(2 * 1.98 * se, rel=0.5)


def test_a_bias_that_all_months_share_is_no_shared_luck():
    plainly, off = (backtest.shared_luck(months(0.1, bias=bias)) for bias in (0.0, 0.8))
    assert off.rho == pytest.approx(plainly.rho, abs=1e-9)


def test_the_intraclass_correlation_of_six_scores_by_hand():
    score = np.array([1.0, 2.0, 3.0, 5.0, 0.0, 1.0])  # by twos: means 1.5, 4, 0.5; all 2
    sums = np.array([[2.0, 2, 2], score.reshape(3, 2).sum(axis=1), (score**2).reshape(3, 2).sum(axis=1)])
    between = 2 * (0.25 + 4 + 2.25) / 2
    within = (0.5 + 2 + 0.5) / 3
    assert holdout._intraclass(sums) == pytest.approx((between - within) / (between + within))


def test_short_data_are_compared_by_week_or_day_and_too_short_ones_not_at_all():
    rows = months(0.1, n_months=8)
    starts = rows["posted_at"].rank(method="dense").to_numpy()
    weekly = rows.assign(posted_at=START + pd.to_timedelta(7 * starts, unit="D"))
    daily = rows.assign(posted_at=START + pd.to_timedelta(starts, unit="D"))
    one = rows.assign(posted_at=START)
    assert [backtest.shared_luck(of).period for of in (weekly, daily, one)] == ["week", "day", "day"]
    assert math.isnan(backtest.shared_luck(one).rho)


def planted(rho, n_months=60, each=50, seed=6):
    """Return a backtest of right forecasts for each post, whose months share their luck."""
    rows = months(rho, n_months, each, seed)
    n = len(rows)
    forecast = Mixture(np.ones((n, 1)), np.full((n, 1), -3.0), np.full((n, 1), 0.6))
    engagements = 4_000 * np.exp(-3.0 + 0.6 * special.ndtri(rows["pit"])) - 0.5
    names = [f"c{at:05d}" for at in range(n)]
    rows = rows.assign(tier="nano", creator=names, post=names, followers=4_000, engagements=engagements)
    return backtest.Backtest(rows, forecast, n)


@pytest.fixture(scope="module")
def shared():
    found = planted(0.15)
    return found, backtest.totals(found, backtest.shared_luck(found.rows), n_worlds=1_000, seed=2)


@pytest.mark.slow
def test_shared_luck_makes_totals_by_time_miss_more_than_by_lot_and_put_in_mends_it(shared):
    rows = backtest.coverage(shared[1], ["size", "grouping", "luck"], levels=(0.8,))
    at = rows[rows["size"] == 50].set_index(["grouping", "luck"])
    assert at.loc[("time", "independent"), "high"] < 0.8
    assert at.loc[("lot", "independent"), "high"] > 0.75
    assert at.loc[("time", "shared"), "low"] < 0.8 < at.loc[("time", "shared"), "high"]


def test_every_post_is_in_one_total_of_each_size_and_grouping(shared):
    found, totals = shared
    sums = totals.groupby(["size", "grouping", "luck"], observed=True)["actual"].sum()
    assert sums.to_numpy() == pytest.approx(found.rows["engagements"].sum())
    groups = totals.groupby("size")["group"].nunique()
    assert groups.to_dict() == {5: 600, 10: 300, 25: 120, 50: 60}
    assert (totals["start"] <= totals["end"]).all()
    by_time = totals[(totals["size"] == 50) & (totals["grouping"] == "time")]
    assert (by_time["start"] == by_time["end"]).all()
    assert backtest.largest_size(totals) == 50


def test_a_total_of_certain_forecasts_is_their_sum_and_of_normal_ones_has_their_moments():
    found = planted(0.0, n_months=10, each=5)
    none = backtest.PostCorrelation(math.nan, math.nan, math.nan, 50, 0, "month")
    sure = dataclasses.replace(found, forecast=dataclasses.replace(found.forecast, sd=np.full((50, 1), 1e-6)))
    ends = backtest.totals(sure, none, n_worlds=50, seed=1, sizes=(5,))[["low_95", "median", "high_95"]]
    assert ends.to_numpy() == pytest.approx(5 * (4_000 * math.exp(-3) - 0.5), rel=1e-4)
    wide = backtest.totals(found, none, n_worlds=4_000, seed=1, sizes=(50,)).iloc[0]
    mean, cv = 50 * 4_000 * math.exp(-3 + 0.18), math.sqrt(math.expm1(0.36) / 50)
    assert wide["median"] == pytest.approx(mean, rel=0.03)
    assert (wide["high_80"] - wide["low_80"]) / (2 * 1.2816 * mean) == pytest.approx(cv, rel=0.08)


def test_totals_take_the_tier_alone_and_draw_the_same_whoever_else_is_there():
    found = planted(0.0, n_months=10, each=5)
    more = planted(0.0, n_months=12, each=5)
    for name in ("engagements", "pit"):
        more.rows.loc[:49, name] = found.rows[name]
    rows = more.rows.assign(tier=["nano"] * 50 + ["micro"] * 10)
    known = backtest.PostCorrelation(0.1, 0.0, 0.2, 50, 10, "month")
    one = backtest.totals(found, known, n_worlds=200, seed=1)
    pd.testing.assert_frame_equal(
        one, backtest.totals(dataclasses.replace(more, rows=rows), known, n_worlds=200, seed=1)
    )


# --- a campaign's results to date


BRIEF = briefs.read("sample")
ROSTER = pd.DataFrame({"creator": ["ann", "bob", "cid"], "niche": "food", "followers": [4_000, 5_000, 6_000]})


UNDATED = pd.Series([pd.NaT], dtype="datetime64[us, UTC]")


def results(orders=20.0, creator="ann", name="autumn"):
    return pd.DataFrame(
        {"campaign": [name], "creator": [creator], "offer": "gift", "cost": 28.0, "reach": 900.0,
         "clicks": 40.0, "orders": [orders], "revenue": 1_000.0, "refunded": math.nan, "discount": math.nan,
         "posted_at": UNDATED, "as_of": UNDATED}
    )  # fmt: skip


def outreach(*waiting):
    rows = [(name, START, "gift", True, True, False, pd.NaT) for name in waiting]
    columns = ["creator", "contacted_at", "offer", "replied", "accepted", "posted", "posted_at"]
    log = pd.DataFrame(rows, columns=columns).assign(campaign="")
    return log.astype({"accepted": "boolean", "posted": "boolean"})


def kappa_of(brief, beliefs, seed, n_worlds):
    return by_world.values(brief, beliefs, seed, 0, n_worlds).kappa


@pytest.fixture
def even(monkeypatch):
    """Every creator is sure to bring two orders at kappa = 1; no campaign teaches the others."""

    def posted(model, brief, creators, *, n_worlds, seed, beliefs):
        return np.tile(2.0 * kappa_of(brief, beliefs, seed, n_worlds), (len(creators), 1)).T

    monkeypatch.setattr(simulation, "posted", posted)
    monkeypatch.setattr(backtest.Results, "taught", lambda self, brief, without="": beliefs.prior(brief))


def past(rows):
    return backtest.Results(rows, pd.DataFrame({"campaign": []}), ROSTER)


def stands(results_=None, outreach_=None, n_worlds=4_000, brief=BRIEF, **words):
    found = results() if results_ is None else results_
    waiting = outreach() if outreach_ is None else outreach_
    return backtest.to_date(None, brief, past(found), waiting, n_worlds=n_worlds, seed=1, **words)


def test_the_forecast_before_has_kappas_quantiles_and_orders_in_its_middle_are_as_forecast(even):
    state = stands(results(20.0))  # central kappa 10 x 2 orders
    before = state.forecast.set_index("stage").loc["so far"]
    assert before["p50"] == pytest.approx(20, abs=2)
    assert before["p10"] == pytest.approx(2, abs=1)
    assert before["p90"] == pytest.approx(90, rel=0.1)
    assert state.percentile == pytest.approx(0.5, abs=0.05)
    assert stands(results(500.0)).percentile > 0.99
    assert stands(results(0.0)).percentile < 0.1


def test_the_odds_of_the_target_with_one_creator_to_come_are_those_of_integration(even):
    """The rest is 2 kappa orders if the creator posts, which it does at the brief's rate."""
    state = stands(results(20.0), outreach("bob"), target=35.0, n_worlds=10_000)
    z = np.linspace(-6, 6, 6_001)
    kappa = BRIEF.assumptions["kappa"].at(z)
    weight = stats.norm.pdf(z) * stats.poisson.pmf(20, 2 * kappa)
    reach = stats.poisson.sf(14, 2 * kappa)
    rate = beliefs.prior(BRIEF).column("post_rate_gift").mean()
    expected = rate * float((weight * reach).sum() / weight.sum())
    assert (state.posted, state.pending) == (1, 1)
    assert state.p_target == pytest.approx(expected, abs=4 * math.sqrt(expected / state.effective))


def test_without_a_target_the_forecasts_own_median_is_taken_and_a_reached_one_is_certain(even):
    state = stands(results(20.0), outreach("bob"))
    assert state.target == round(state.forecast.set_index("stage").loc["before", "p50"])
    assert stands(results(20.0), target=20.0).p_target == 1
    assert stands(results(20.0), target=21.0).p_target == 0  # nobody is left to post


def test_more_orders_give_better_odds(even):
    states = [stands(results(orders), outreach("bob", "cid"), target=60.0) for orders in (10.0, 20.0, 40.0)]
    assert [s.p_target for s in states] == sorted({s.p_target for s in states})


def test_the_last_campaign_is_taken_or_the_named_one_and_an_unknown_one_is_an_error(even):
    both = pd.concat([results(5.0, name="spring"), results(20.0, name="autumn")])
    assert stands(both).campaign == "autumn"
    assert stands(both, campaign="spring").orders == 5
    with pytest.raises(errors.InputError, match="unknown campaign 'sprin'; did you mean 'spring'"):
        stands(both, campaign="sprin")


def test_no_results_are_nothing_to_say():
    assert stands(results().iloc[:0]) is None


def test_creators_without_a_follower_count_are_left_out_but_their_orders_count_to_the_target(even):
    both = pd.concat([results(20.0), results(7.0, creator="eve")])
    state = stands(both, outreach("zoe"), target=27.0)
    assert (state.posted, state.pending, state.left_out, state.orders) == (1, 0, 2, 20)
    assert state.p_target == 1


def test_who_has_posted_or_has_results_is_not_waited_for_and_two_rows_are_two_posts(even):
    waiting = outreach("ann", "bob", "cid")
    waiting.loc[2, "posted"] = True
    state = stands(pd.concat([results(10.0), results(10.0)]), waiting)
    assert (state.posted, state.pending) == (1, 1)
    assert state.forecast.set_index("stage").loc["so far", "p50"] == pytest.approx(40, rel=0.1)


def test_orders_that_hardly_any_world_explains_are_marked_by_few_effective_worlds(even, monkeypatch):
    assert stands(results(20.0)).effective > 200
    assert stands(results(2_000.0), n_worlds=300).effective < 10

    def nothing(model, brief, creators, *, n_worlds, seed, beliefs):
        return np.zeros((n_worlds, len(creators)))

    monkeypatch.setattr(simulation, "posted", nothing)
    assert stands(results(20.0)).effective == 0


def test_orders_still_to_come_of_dated_posts_are_not_missing(even):
    """Four days after the post, with orders four days late on average, about 63 % have come."""
    posted = pd.Series(pd.to_datetime(["2026-11-01"], utc=True))
    dated = results(20.0).assign(posted_at=posted, as_of=posted + pd.Timedelta(days=4))
    come = campaign_results.by_now(dated, BRIEF.values, np.full((3, 1), 10.0))
    assert come == pytest.approx(np.full((3, 1), 10 * (1 - math.exp(-1))))
    assert stands(dated, target=25.0).p_target > 0.5 > stands(target=25.0).p_target == 0


def coming(rows, log, n_worlds=10_000):
    return backtest.to_come(None, BRIEF, past(rows), log, campaign="autumn", n_worlds=n_worlds, seed=1)


def test_orders_to_come_are_of_who_accepted_and_of_live_posts_whose_orders_are_not_known(even):
    """Given 20 orders of one creator, another brings 2 kappa of what is believed then, if it posts."""
    z = np.linspace(-6, 6, 6_001)
    kappa = BRIEF.assumptions["kappa"].at(z)
    weight = stats.norm.pdf(z) * stats.poisson.pmf(20, 2 * kappa)
    each = float((weight * 2 * kappa).sum() / weight.sum())
    rate = beliefs.prior(BRIEF).column("post_rate_gift").mean()
    log = outreach("bob", "cid")
    log["posted"] = log["creator"] == "cid"
    found = coming(results(20.0), log)
    assert found["ann"] == pytest.approx(0, abs=1e-9)  # without a date all of its orders have come
    assert found["cid"] == pytest.approx(each, rel=0.05)
    assert found["bob"] == pytest.approx(rate * each, rel=0.1)  # of the worlds that explain 20 orders


def test_without_results_all_orders_of_a_campaign_are_to_come(even):
    log = outreach("bob").assign(campaign="autumn")
    expected = 2 * kappa_of(BRIEF, beliefs.prior(BRIEF), 1, 10_000).mean()
    found = coming(results(20.0, name="spring"), log)
    assert found.index.tolist() == ["bob"]
    rate = beliefs.prior(BRIEF).column("post_rate_gift").mean()
    assert found["bob"] == pytest.approx(rate * expected, rel=0.05)


@pytest.fixture(scope="module")
def sample():
    validated, model = bundled.validated(), bundled.fitted()
    known = backtest.Results(validated.results, validated.lift_tests, tables.roster(validated))
    return model, known, validated.outreach


@pytest.mark.slow
def test_a_campaign_of_the_bundled_sample_can_be_followed(sample):
    model, known, outreach = sample
    state = backtest.to_date(model, BRIEF, known, outreach, n_worlds=1_000, seed=1)
    mine = known.rows[known.rows["campaign"] == state.campaign]
    assert state.orders == mine["orders"].sum()
    assert state.posted == mine["creator"].nunique()
    assert 0.1 < state.percentile < 0.9
    assert state.effective > 100


# --- campaigns, each forecast without its own results


def test_a_forecast_looks_at_nothing_that_the_campaign_brought(sample):
    model, known, _ = sample
    rows, believed = known.of("2026-summer"), beliefs.prior(BRIEF)
    plain = backtest.forecast(model, BRIEF, rows, believed, n_worlds=256, seed=1)
    brought = ["orders", "clicks", "reach", "revenue"]
    other = backtest.forecast(
        model, BRIEF, rows.assign(**dict.fromkeys(brought, 1e6)), believed, n_worlds=256, seed=1
    )
    assert all((plain[name] == other[name]).all() for name in plain)


def test_a_forecast_has_the_orders_of_its_creators_the_value_of_an_order_and_the_cost_it_had(even):
    two = pd.concat([results(), results(creator="bob")], ignore_index=True)
    believed = beliefs.prior(BRIEF)
    found = backtest.forecast(None, BRIEF, past(two).of("autumn"), believed, n_worlds=4_000, seed=1)
    kappa = kappa_of(BRIEF, believed, 1, 4_000)
    assert found["orders"].mean() == pytest.approx(4 * kappa.mean(), rel=0.02)
    value = by_world.values(BRIEF, believed, 1, 0, 4_000).order_value
    expected = BRIEF.values.margin * (4 * kappa * value).mean() - 56
    assert found["profit"].mean() == pytest.approx(expected, rel=0.03)


def test_each_campaign_is_forecast_without_it_and_tells_what_it_taught(even, monkeypatch):
    rows = pd.concat([results(8.0, name=name) for name in ("spring", "summer")] + [results(80.0)])
    seen = []

    def taught(self, brief, without=""):
        seen.append(without)
        before = beliefs.prior(brief)
        return dataclasses.replace(before, fixed=before.fixed | {"kappa": 5.0 if without else 7.0})

    monkeypatch.setattr(backtest.Results, "taught", taught)
    found = backtest.campaigns(None, BRIEF, past(rows), n_worlds=512, seed=1)
    assert found["campaign"].tolist() == ["spring", "summer", "autumn"]
    assert seen == ["", "spring", "summer", "autumn"]
    assert found["cdf"].is_monotonic_increasing
    assert (found["nano_after"] / found["nano_before"]).to_numpy() == pytest.approx(1.4)
    assert found["macro_before"].isna().all()
    assert found["profit"].tolist() == pytest.approx([BRIEF.values.margin * 1_000 - 28] * 3)


def test_a_lift_test_lowers_what_a_campaign_earned_and_not_the_orders_that_codes_credit(even, monkeypatch):
    def caused(share):
        before, own = beliefs.prior(BRIEF), {"kappa": 5.0 * share, "incremental_share": share}
        known = dataclasses.replace(before, fixed=before.fixed | own)
        monkeypatch.setattr(backtest.Results, "taught", lambda self, brief, without="": known)
        values = BRIEF.values.replaced({"incremental_share": share, "kappa": 5.0 * share})
        monkeypatch.setattr(by_world, "values", lambda *_: values)
        return backtest.campaigns(None, BRIEF, past(results()), n_worlds=512, seed=1).iloc[0]

    all_of_them, half = caused(1.0), caused(0.5)
    assert half["orders_p50"] == all_of_them["orders_p50"]
    assert half["profit"] < all_of_them["profit"]
    assert half["profit_p50"] < all_of_them["profit_p50"]


def test_no_results_leave_no_campaign_to_check(even):
    table = backtest.campaigns(None, BRIEF, past(results().iloc[:0]), n_worlds=64, seed=1)
    known = backtest.campaigns(None, BRIEF, past(results()), n_worlds=64, seed=1)
    assert (len(table), list(table)) == (0, list(known))
    assert pages.forecast.campaigns(table, currency="EUR").title.startswith("No orders of campaigns yet")
    assert pages.forecast.taught(table).title == "No campaign has taught anything yet"
    assert pages.forecast.campaign_table(table).empty
    assert pages.forecast.taught_table(table).empty


# --- real posts, where they are there


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real posts are beside a developer's checkout only")
def test_real_posts_keep_the_promised_coverage_and_gains():
    validated = tables.validated(sources.folder(REAL))
    posts = metrics.per_post(tables.dated_posts(validated))
    found = backtest.last_posts(posts, tables.roster(validated), seed=1)
    nano = found.rows[found.rows["tier"] == "nano"]
    held = backtest.coverage(nano).set_index("level")["coverage"]
    assert len(nano) > 2_000
    for level in backtest.LEVELS:
        assert held[level] == pytest.approx(level, abs=0.015)
    gains = backtest.gains(nano).set_index("baseline")["gain"]
    assert gains["own"] >= 0.08
    assert gains["tier"] >= 0.33
    assert gains["constant"] >= 0.50
    spreads = engagement.by_tier(posts, tables.roster(validated)).set_index("tier").loc["nano"]
    assert 0.70 <= spreads["sd_between"] <= 0.95
    assert 0.45 <= spreads["sd_within"] <= 0.62


def test_the_campaign_of_the_outreach_log_is_the_running_one_whatever_the_order_of_rows(even):
    rows = pd.concat([results(name="old", creator="cid"), results(name="now", creator="ann")])
    log = pd.concat([outreach("bob"), outreach("ann").assign(accepted=True, posted=True)])
    for order in (rows, rows.iloc[::-1]):
        assert (stands(order, log).campaign, stands(order, log).pending) == ("now", 1)
    assert stands(rows, log, campaign="old").pending == 0


def test_a_log_that_names_its_campaigns_is_believed(even):
    rows = pd.concat([results(name="old", creator="cid"), results(name="now", creator="ann")])
    logs = [outreach("bob").assign(campaign="now"), outreach("ann", "bob").assign(campaign="old")]
    log = pd.concat(logs, ignore_index=True)
    log.loc[log["campaign"] == "old", "contacted_at"] -= pd.Timedelta(days=90)
    assert (stands(rows, log).campaign, stands(rows, log).pending) == ("now", 1)
    assert stands(rows, log, campaign="old").pending == 2


def test_orders_of_a_creator_without_followers_count_towards_the_target_and_nothing_else(even):
    known, both = results(), pd.concat([results(), results(creator="nobody", orders=50.0)])
    one, other = stands(known), stands(both)
    assert (other.orders, other.other_orders, other.left_out) == (20.0, 50.0, 1)
    assert other.target == one.target + 50


@pytest.mark.parametrize("target", [-5.0, math.nan])
def test_a_target_below_nothing_is_refused(even, target):
    with pytest.raises(errors.InputError, match=r"target_orders is .*: it must be 0 or more orders"):
        stands(target=target)


def test_a_co_authored_post_that_is_held_out_teaches_nobody():
    posts, roster = SMALL
    newest = posts.sort_values("posted_at").groupby("creator").tail(1)
    shared = posts.copy()
    first = shared.index[~shared["post"].isin(newest["post"])][0]
    other = newest[newest["creator"] != shared.loc[first, "creator"]].iloc[0]
    shared.loc[first, "post"] = other["post"]
    plain_ = backtest.last_posts(posts, roster, seed=1)
    assert backtest.last_posts(shared, roster, seed=1).n_fitted == plain_.n_fitted - 1
