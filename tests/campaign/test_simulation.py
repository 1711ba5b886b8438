"""Proves the campaign's odds: exact limits, closed forms within four standard errors, directions, and that
every number comes from the seed alone, whoever else is in the plan and however many worlds follow.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from nanospread.campaign import brief as briefs
from nanospread.campaign import risk, simulation
from nanospread.campaign.simulation import arms, creator_list, creator_model, kernel, money
from nanospread.core import errors
from nanospread.creators import engagement
from oracles import closed_forms

NICHES = ("fashion", "beauty", "food", "travel")
WORLDS = 2_500


def fitted(n_creators=48):
    """Return a small model: creators of every tier in four niches, eight posts each, around 3 % ER."""
    random = np.random.default_rng(2)
    roster = pd.DataFrame(
        {
            "creator": [f"creator_{i:02d}" for i in range(n_creators)],
            "niche": [NICHES[i % 4] for i in range(n_creators)],
            "followers": np.geomspace(1_100, 800_000, n_creators).astype(np.int64),
        }
    )
    posts = roster.loc[roster.index.repeat(8)].reset_index(drop=True)
    days = pd.to_timedelta(np.tile(np.arange(8) * 10, n_creators), unit="D")
    posts = posts.assign(
        post=[f"p{at}" for at in posts.index], posted_at=pd.Timestamp("2026-09-01", tz="UTC") + days
    )
    level = (
        np.repeat(0.8 * random.standard_normal(n_creators), 8)
        - 3.5
        + 0.5 * random.standard_normal(len(posts))
    )
    engagements = np.round(posts["followers"] * np.exp(level)) + 1
    return engagement.fit(posts.assign(engagements=engagements, er=engagements / posts["followers"]), roster)


@pytest.fixture(scope="module")
def fit():
    return fitted()


@pytest.fixture(scope="module")
def brief():
    """A small budget, so that a campaign takes a tenth of a second."""
    return briefs.changed(briefs.read("sample"), budget=900.0, **closed_forms.V20_COSTS)


STILL = {  # switches off whatever a closed form leaves out
    "platform_sd": 0.0,
    "flop_rate": 0.0,
    "er_to_conversion": 0.0,
    "repeat_click_weight": 1.0,
    "rho_campaign": 0.0,
    "rho_niche": 0.0,
}


def noiseless(fit):
    """Return the model with creators whose posts are all alike."""
    shapes = {tier: dataclasses.replace(shape, noise=1e-9) for tier, shape in fit.shapes.items()}
    posterior = dataclasses.replace(fit.posterior, noise=fit.posterior.noise * 0)
    return dataclasses.replace(fit, shapes=shapes, posterior=posterior)


def still(brief, **changes):
    return briefs.changed(brief, **{**STILL, **changes})


def alone(brief):
    """Return the brief with one creator on the list and no mix: all that a test of the macro needs."""
    return briefs.changed(brief, over_invite=0, mixes=[])


def near(values, truth, errors_allowed=4):
    """Whether the mean is within four standard errors, which come from the spread between the scrambles."""
    estimate = risk.mean(values, batch=np.arange(len(values)) % simulation.SCRAMBLES)
    return abs(estimate.value - truth) < errors_allowed * estimate.se


def per_follower(brief, side):
    """Return orders per follower of one post, kappa and flops left out: model.md V16."""
    clicks = brief.value(f"reach_rate_{side}") * brief.value("ctr_feed") + brief.value(
        f"story_rate_{side}"
    ) * brief.value("ctr_story")
    return clicks * brief.value(f"cvr_{side}") * (brief.value("advocacy") if side == "nano" else 1)


def followers(fit, n, niches=NICHES):
    return creator_list.nano(fit, niches, n)["followers"].to_numpy()


def brought(fit, brief, rated, n_worlds, seed=1, niches=NICHES, side="nano"):
    """Return what each creator brings in each world: fields of `CreatorOutcomes` x creators x worlds."""
    cast = creator_list.cast(rated, brief, niches, seed)
    setup = arms.SimulationSetup(brief, seed, niches, (), cast, cast, (), certain=True)
    settings, _, common, tables = arms.shared_inputs(setup, 0, n_worlds)
    found = np.empty((6, len(rated), n_worlds))
    kernel.each(cast, settings[side], 0, common, tables, found)
    return found


LIFTED, ENGAGEMENTS, AUDIENCE, MISSED, CLICKS, ORDERS = range(6)


# The mean, in closed form


@pytest.mark.parametrize("rho", [0.0, 0.2, 1.0])
def test_mean_orders_and_profit_are_those_of_the_mean_identity(fit, brief, rho):
    """V16; flops share luck with conversion, so its 0.91 becomes 1 - 0.9 Phi(Phi^-1(0.1) - rho)."""
    plain = still(brief, flop_rate=0.1, platform_sd=0.25, rho_campaign=rho / 2, rho_niche=rho / 2)
    found = simulation.spread(fit, plain, counts=[30], n_worlds=10_000, seed=16)
    kept = 1 - 0.9 * stats.norm.cdf(stats.norm.ppf(0.1) - rho)
    orders = followers(fit, 30).sum() * per_follower(plain, "nano") * plain.value("kappa") * kept
    assert near(found["conversions"], orders)
    assert near(found["profit"], orders * 65 * 0.6 - found["cost"][0])


def test_the_published_figures_of_the_mean_identity_are_reached(fit, brief):
    """V16: EUR 23.96 a post of 3,908.65 followers, EUR 0.0016715 for each follower of a macro."""
    prototype = still(brief, flop_rate=0.1, kappa=1, cvr_nano=0.0241, cvr_macro=0.0142, margin=1)
    assert 3908.65 * per_follower(prototype, "nano") * 65 * 0.91 == pytest.approx(23.96, abs=0.005)
    assert per_follower(prototype, "macro") * 65 * 0.91 == pytest.approx(0.0016715, rel=1e-4)
    nano = simulation.spread(fit, prototype, counts=[30], n_worlds=10_000, seed=3)
    revenue = nano["profit"] + nano["cost"]
    assert near(revenue, 23.96 / 3908.65 * followers(fit, 30).sum())
    worlds = simulation.campaign(fit, alone(prototype), n_worlds=10_000, seed=3).worlds
    macro = worlds[worlds["arm"] == "macro"]
    assert near(macro["revenue"], 0.0016715 * 90_000)


def test_mean_engagements_are_those_of_the_fitted_model(fit, brief):
    found = simulation.spread(fit, brief, counts=[20], n_worlds=10_000, seed=5)
    listed = creator_list.nano(fit, NICHES, 20)
    rates = listed["followers"] * np.exp(
        listed["log_mean"] + (listed["log_sd"] ** 2 + listed["sd_post"] ** 2) / 2
    )
    assert near(found["engagements"], rates.sum() * brief.value("sponsored_multiplier"))


def test_mean_reach_is_feed_plus_story_and_clicks_follow_it(fit, brief):
    worlds = simulation.campaign(fit, alone(still(brief)), n_worlds=10_000, seed=5).worlds
    macro = worlds[worlds["arm"] == "macro"]
    assert near(macro["reach"], 90_000 * (0.08 + 0.045))
    assert near(macro["clicks"], 90_000 * (0.08 * 0.008 + 0.045 * 0.03))


def test_a_post_reaches_each_follower_once_through_feed_or_story(fit, brief):
    steady = noiseless(fit)
    listed = creator_list.nano(steady, NICHES, 1)
    found = brought(steady, still(brief), listed, 2)
    size = listed["followers"].iloc[0]
    assert found[LIFTED] == pytest.approx(size)
    assert found[AUDIENCE] == pytest.approx(size * (1 - 0.8 * 0.91))


def test_what_the_feed_gives_it_gives_to_reach_engagements_clicks_and_orders_alike(fit, brief):
    listed = creator_list.nano(fit, NICHES, 1)
    without, given = (brought(fit, still(brief, platform_sd=sd), listed, 50)[:, 0] for sd in (0.0, 0.5))
    rows = [LIFTED, ENGAGEMENTS, CLICKS, ORDERS]
    ratio = given[rows] / without[rows]
    assert ratio == pytest.approx(np.tile(ratio[0], (4, 1)))
    assert np.log(ratio[0]).std() > 0.3


def test_creators_nobody_measured_convert_on_average_as_the_tier_whatever_engagement_pulls(fit, brief):
    pulled = still(brief, er_to_conversion=0.6, conversion_sd=0.0)
    listed = creator_list.nano(fit, NICHES, 40)
    drawn = listed[listed["drawn"]].head(1)
    orders = brought(fit, pulled, drawn, 20_000)[ORDERS, 0]
    assert near(orders, drawn["followers"].iloc[0] * per_follower(pulled, "nano"))


# Luck: how outcomes spread, in closed form


@pytest.mark.parametrize(("rho", "rho_niche"), [(0.0, 0.0), (0.2, 0.0), (0.1, 0.3), (1.0, 0.0), (0.0, 1.0)])
def test_the_spread_of_orders_has_the_correlation_of_log_normals(fit, brief, rho, rho_niche):
    """V18, V19: cv^2 = sum of F_i F_j (exp(rho_ij sd^2) - 1) over (sum F)^2, plus 1 / mean for counts."""
    steady = noiseless(fit)
    plain = still(brief, rho_campaign=rho, rho_niche=rho_niche, conversion_sd=0.5, kappa=100)
    rows = simulation.spread(steady, plain, counts=[1, 4, 24], n_worlds=10_000, seed=18)
    for n, found in rows.groupby("creators"):
        listed = creator_list.nano(fit, NICHES, n)
        size, niche = listed["followers"].to_numpy(), listed["niche"].to_numpy()
        same = niche[:, None] == niche
        shared = np.where(np.eye(n, dtype=bool), 1.0, rho + rho_niche * same)
        square = size @ np.expm1(0.25 * shared) @ size / size.sum() ** 2
        mean = size.sum() * per_follower(plain, "nano") * 100
        cv = risk.coefficient_of_variation(found["conversions"], batch=found["world"] % 16)
        assert abs(cv.value - math.sqrt(square + 1 / mean)) < 4 * cv.se


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("rho", [0.0, 0.15, 1.0])
def test_all_creators_flop_together_as_the_gaussian_factor_says(fit, brief, rho, n):
    """q^n without shared luck, q with nothing else, Vasicek's mixture between: V10, design.md."""
    dead = {"flop_rate": 0.3, "flop_multiplier": 0.0, "conversion_sd": 0.0, "kappa": 1000, "advocacy": 10}
    steady = noiseless(fit)
    plain = still(brief, **dead, rho_campaign=rho)
    found = simulation.spread(steady, plain, counts=[n], n_worlds=10_000, seed=10)
    if rho == 1:
        truth = 0.3
    else:
        point = stats.norm.ppf(0.3)

        def together(z):
            return stats.norm.cdf((point - math.sqrt(rho) * z) / math.sqrt(1 - rho)) ** n * stats.norm.pdf(z)

        truth = integrate.quad(together, -8, 8)[0]
    zero = risk.probability(found["conversions"] == 0, batch=found["world"] % 16)
    assert abs(zero.value - truth) < 4 * zero.se


def test_a_fifth_of_creators_brings_four_fifths_of_the_orders_at_the_published_spread(fit, brief):
    """V17: conversion_sd 1.683 is the spread at which 20 % of creators bring 80 %."""
    steady = noiseless(fit)
    spread = still(brief, conversion_sd=closed_forms.pareto_sigma(0.2, 0.8))
    orders = np.sort(brought(steady, spread, creator_list.nano(steady, NICHES, 1), 200_000)[ORDERS, 0])
    assert orders[-40_000:].sum() / orders.sum() == pytest.approx(0.8, abs=0.01)


def test_more_creators_narrow_the_outcome_and_shared_luck_stops_it(fit, brief):
    rows = simulation.spread(fit, brief, counts=[1, 4, 16, 64], n_worlds=WORLDS, seed=7)
    found = risk.by_count(rows).set_index("creators")
    assert found["cv"].is_monotonic_decreasing
    assert found.loc[64, "effective_creators"] < 32
    free = still(brief, rho_campaign=0)
    loose = risk.by_count(simulation.spread(fit, free, counts=[1, 64], n_worlds=WORLDS, seed=7))
    assert loose["cv"].iloc[-1] < 0.6 * found.loc[64, "cv"]


def test_more_niches_narrow_the_outcome_only_where_niches_have_luck_of_their_own(fit, brief):
    def cv(niches, rho):
        luck = briefs.changed(brief, rho_niche=rho, rho_campaign=0.0)
        rows = simulation.spread(fit, luck, counts=[32], niches=niches, n_worlds=WORLDS, seed=7)
        assert set(rows["niches"]) == {niches}
        return risk.coefficient_of_variation(rows["conversions"])

    narrow, wide, without = cv(4, 0.3), cv(1, 0.3), (cv(4, 0.0), cv(1, 0.0))
    assert wide.value - narrow.value > 4 * math.hypot(wide.se, narrow.se)
    assert abs(without[0].value - without[1].value) < 4 * math.hypot(without[0].se, without[1].se) + 0.05


def test_over_niches_is_one_spread_for_each_number_of_niches(fit, brief):
    found = simulation.over_niches(fit, brief, creators=6, n_worlds=50, seed=7)
    assert found["niches"].unique().tolist() == [1, 2, 3, 4]
    two = simulation.spread(fit, brief, counts=[6], niches=2, n_worlds=50, seed=7)
    pd.testing.assert_frame_equal(found[found["niches"] == 2].reset_index(drop=True), two, check_exact=True)


def test_a_creator_with_more_engagement_than_its_like_converts_better(fit, brief):
    listed = creator_list.nano(fit, NICHES, 1)
    better = listed.assign(log_mean=listed["log_mean"] + 1)
    plain = still(brief, er_to_conversion=0.6)
    more, less = (brought(fit, plain, rows, 200)[ORDERS] for rows in (better, listed))
    assert more / less == pytest.approx(math.exp(0.6))


# Limits that hold exactly


def test_without_kappa_nobody_orders_and_all_that_is_spent_is_lost(fit, brief):
    worlds = simulation.campaign(fit, briefs.changed(brief, kappa=0), n_worlds=500, seed=1).worlds
    assert (worlds["conversions"] == 0).all()
    assert (worlds["revenue"] == 0).all()
    assert (worlds["profit"] == -worlds["cost"]).all()
    assert (worlds["roi"] == -1).all()


def test_alone_in_a_niche_a_macro_overlaps_with_nobody(fit, brief):
    quoted = briefs.changed(still(brief, repeat_click_weight=0), macro_niche="pets", platform_sd=0.0)
    worlds = simulation.campaign(fit, quoted, n_worlds=500, seed=1).worlds.set_index(["arm", "world"])
    alone, mixed = worlds.loc["macro"], worlds.loc["mix_50"]
    sums = np.zeros((1, 6))
    sums[:, MISSED] = 1
    e = money.economics(quoted.values)
    one = creator_model.CreatorOutcomes(0.0, 0.0, 4321.0, 1 - 4321 / e.pool, 10.0, 2.0)
    assert money.overlapped(sums, one, 0, 1.0, e).unique == pytest.approx(4321, rel=1e-9)
    assert (alone["unique_reach"] < mixed["unique_reach"] + alone["reach"]).all()


def expected(brief, audiences, **changes):
    """Return what creators with these audiences come to, as shares of the niche's pool, by niche."""
    e = money.economics(briefs.changed(brief, **changes).values)
    sums = np.zeros((len(audiences), 6))
    for niche, shares in enumerate(audiences):
        sums[niche, AUDIENCE] = sum(shares) * e.pool
        sums[niche, MISSED] = math.prod(1 - share for share in shares)
        sums[niche, CLICKS], sums[niche, ORDERS] = 100, 2
    return money.overlapped(sums, creator_model.CreatorOutcomes(0.0, 0.0, 0.0, 1.0, 0.0, 0.0), -1, 0.0, e)


def test_unique_reach_in_a_niche_is_sainsburys(brief):
    """V1: audiences of 0.3, 0.4 and 0.2 of a market reach 0.664 of it; across niches they add."""
    found = expected(brief, ((0.3, 0.4, 0.2), (0.3, 0.4)))
    assert found.unique / brief.value("niche_pool") == pytest.approx(0.664 + 0.58, rel=3e-4)
    whole = expected(brief, ((0.3, 0.4, 0.2),), niche_pool=1e6, market_pool=1e6)
    assert whole.unique == pytest.approx(0.664e6, rel=1e-12)


def test_niches_overlap_inside_a_market_too(brief):
    """Two niches that each reach half of the market reach three quarters of it: 0.75 people a contact."""
    found = expected(brief, ((0.5,), (0.5,)), niche_pool=1e6, market_pool=1e6, repeat_click_weight=0)
    assert found.unique == pytest.approx(0.75e6)
    assert found.nano_clicks == pytest.approx(200 * 0.75)


def test_repeated_contacts_click_less_in_proportion_to_the_overlap(brief):
    """Two creators with the same 0.5 of a market: 1 contact per person, 0.75 people; half-weight repeats."""
    found = expected(brief, ((0.5, 0.5),), repeat_click_weight=0.5)
    assert found.nano_clicks == pytest.approx(100 * (0.75 + 0.5 * 0.25), rel=2e-4)
    assert found.nano_orders == pytest.approx(2 * 10 * (0.75 + 0.5 * 0.25), rel=2e-4)


def test_orders_are_a_thinning_of_the_clicks_until_kappa_makes_them_more(fit, brief):
    few = simulation.campaign(
        fit, briefs.changed(brief, kappa=1, conversion_sd=0), n_worlds=500, seed=1
    ).worlds
    assert (few["conversions"] <= few["clicks"]).all()
    assert few["conversions"].sum() > 0
    many = simulation.campaign(
        fit, briefs.changed(brief, kappa=400, conversion_sd=0), n_worlds=500, seed=1
    ).worlds
    macro = many[many["arm"] == "macro"]
    assert (macro["conversions"] >= macro["clicks"]).mean() > 0.8


# Recruitment and budget


def test_posts_are_a_chained_beta_binomial_of_the_contacts(fit, brief):
    """C11: n contacts, q = product of three Beta rates, Var = n E[q] (1 - E[q]) + n (n - 1) Var(q)."""
    free = {"product_cost": 0, "shipping": 0, "labour_per_contact": 1, "over_invite": 100 / 900}
    worlds = simulation.campaign(fit, briefs.changed(brief, **free), n_worlds=50_000, seed=11)
    posts = worlds.worlds.loc[worlds.worlds["arm"] == "nano_gift", "posts_live"].to_numpy()
    assert worlds.plan.set_index("arm").loc["nano_gift", "contacts"] == 100
    means = np.array([0.4, 0.65, 0.5])
    q, squares = means.prod(), (means**2 + means * (1 - means) / 21).prod()
    assert near(posts, 100 * q)
    assert near((posts - 100 * q) ** 2, 100 * q * (1 - q) + 100 * 99 * (squares - q**2))


def test_a_gifted_post_costs_what_the_funnel_says(fit, brief):
    """V20: EUR 86.769 a post; by Wald's identity mean cost / mean posts, whenever the money runs out."""
    sure = briefs.changed(brief, recruitment_precision=1e6, mixes=[])
    worlds = simulation.campaign(fit, sure, n_worlds=10_000, seed=20).worlds
    gifted = worlds[worlds["arm"] == "nano_gift"]
    assert near(gifted["cost"] - 86.769 * gifted["posts_live"], 0)
    paid = simulation.spread(fit, briefs.changed(brief, offer="fee"), counts=[5], n_worlds=1, seed=1)
    assert paid["cost"][0] == pytest.approx(
        5 * (28 + 4 / 0.26) / 0.95 + 0.01 * followers(fit, 5).sum(), abs=1e-9
    )
    gift = simulation.spread(fit, brief, counts=[5], n_worlds=1, seed=1)
    assert gift["cost"][0] == pytest.approx(5 * 86.769, abs=0.01)


def test_a_gift_is_sent_and_a_fee_paid_for_each_post(fit, brief):
    """V20 for three posts: a gifted creator costs 3 parcels, a paid one a parcel and 3 fees."""
    sure = briefs.changed(brief, recruitment_precision=1e6, mixes=[], posts=3, over_invite=4)
    worlds = simulation.campaign(fit, sure, n_worlds=10_000, seed=20, only=["nano_gift"]).worlds
    assert near(worlds["cost"] - (3 * 28 + 4 / 0.26) / 0.5 / 3 * worlds["posts_live"], 0)
    paid = simulation.spread(fit, briefs.changed(sure, offer="fee"), counts=[5], n_worlds=1, seed=1)
    fees = 3 * 0.01 * followers(fit, 5).sum()
    assert paid["cost"][0] == pytest.approx(5 * (28 + 4 / 0.26) / 0.95 + fees, abs=1e-9)
    gift = simulation.spread(fit, sure, counts=[5], n_worlds=1, seed=1)
    assert gift["cost"][0] == pytest.approx(5 * (3 * 28 + 4 / 0.26) / 0.5)


def test_a_macro_of_two_posts_is_half_as_large_and_its_second_post_wears_out(fit, brief):
    plain = alone(still(brief, wear_out=0.2, macro_posts=2))
    assert plain.deal() == (45_000, 900.0)
    macro = simulation.campaign(fit, plain, n_worlds=10_000, seed=3, only=["macro"]).worlds
    assert (macro["posts_live"] == 2).all()
    assert near(macro["conversions"], 45_000 * 1.8 * per_follower(plain, "macro") * plain.value("kappa"))
    quoted = briefs.changed(plain, macro_followers=80_000)
    assert (quoted.asked_by_macro, quoted.out_of_reach) == (1_600.0, True)
    assert briefs.changed(quoted, macro_fee=900.0).deal() == (80_000, 900.0)


def test_what_an_order_costs_comes_off_profit_alone_and_alike_for_both_sides(fit, brief):
    """By hand: a margin of 60 - 15 for the code - 10 % commission on the 85 paid, of the 82 in 100 kept."""
    names = {"margin": 0.6, "return_rate": 0.18, "code_discount": 0.15, "commission": 0.1}
    costly = briefs.changed(brief, **names)
    assert briefs.earned_share(costly.values) == pytest.approx(0.82 * (0.6 - 0.15 - 0.085))
    assert briefs.order_earns(costly.values) == pytest.approx(65 * 0.2993)
    before, after = (simulation.campaign(fit, plan, n_worlds=64, seed=1).worlds for plan in (brief, costly))
    pd.testing.assert_series_equal(before["revenue"], after["revenue"])
    earned = after["profit"] + after["cost"]
    assert earned.to_numpy() == pytest.approx(0.2993 * after["revenue"].to_numpy())


@pytest.mark.parametrize("budget", [132.0, 400.0, 2500.0])
@pytest.mark.parametrize("offer", ["gift", "fee"])
def test_no_world_spends_more_than_the_budget_nor_stops_while_it_could_pay(fit, brief, budget, offer):
    generous = briefs.changed(brief, budget=budget, offer=offer, over_invite=8)
    worlds = simulation.campaign(fit, generous, n_worlds=500, seed=4).worlds
    assert (worlds["cost"] <= budget + 1e-9).all()
    gifted = worlds[worlds["arm"] == "nano_gift"]
    assert (budget - gifted["cost"] < 4 + 28).all()
    assert (worlds.loc[worlds["arm"] == "macro", "cost"] == budget).all()


def test_what_a_short_list_leaves_unspent_is_reported(fit, brief):
    short = simulation.campaign(fit, briefs.changed(brief, over_invite=0.5), n_worlds=500, seed=4)
    plan = short.plan.set_index("arm")
    spent = short.worlds.groupby("arm", observed=True)["cost"].mean()
    assert plan["remainder"].to_dict() == pytest.approx((900 - spent).to_dict())
    assert plan.loc["nano_gift", "remainder"] > 300


def test_a_gift_is_spent_when_sent_and_a_fee_only_when_posted(fit, brief):
    nobody = briefs.changed(brief, post_rate_gift=1e-9, post_rate_fee=1e-9)
    outcome = simulation.campaign(fit, nobody, n_worlds=500, seed=4)
    plan = outcome.plan.set_index("arm")
    worlds = outcome.worlds[outcome.worlds["arm"] != "macro"]
    assert (worlds.loc[worlds["arm"].isin(["nano_gift", "nano_fee"]), "posts_live"] == 0).all()
    for arm in ("nano_gift", "nano_fee"):
        goods = 4 * plan.loc[arm, "contacts"] + 28 * plan.loc[arm, "packages"]
        assert 900 - plan.loc[arm, "remainder"] == pytest.approx(goods)
    # a fee that nobody earned pays the next contact, so what stays is less than one package
    assert plan.loc["nano_fee", "remainder"] < 4 + 28 + 100


def test_who_posts_for_a_gift_would_post_for_a_fee(fit, brief):
    alike = briefs.changed(brief, post_rate_gift=0.6, post_rate_fee=0.6, fee_per_follower_nano=0)
    worlds = simulation.campaign(fit, alike, n_worlds=300, seed=4).worlds
    posts = worlds.pivot(index="world", columns="arm", values="posts_live")
    assert (posts["nano_gift"] == posts["nano_fee"]).all()


def test_smaller_shares_for_nano_use_the_first_creators_of_larger_ones(fit, brief):
    worlds = simulation.campaign(fit, brief, n_worlds=500, seed=4).worlds
    posts = worlds.pivot(index="world", columns="arm", values="posts_live")
    assert (posts["mix_75"] <= posts["mix_50"]).all()
    assert (posts["mix_50"] <= posts["mix_25"]).all()
    assert (posts["mix_25"] - 1 <= posts["nano_gift"]).all()
    assert (posts["macro"] == 1).all()


# Every number from the seed alone


def test_the_same_seed_gives_the_same_worlds_and_another_seed_others(fit, brief):
    first, again, other = (simulation.campaign(fit, brief, n_worlds=200, seed=s) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first.worlds, again.worlds, check_exact=True)
    assert (first.worlds["profit"] != other.worlds["profit"]).mean() > 0.9


def test_the_first_worlds_are_the_same_however_many_follow(fit, brief):
    few = simulation.campaign(fit, brief, n_worlds=150, seed=1).worlds
    many = simulation.campaign(fit, brief, n_worlds=700, seed=1).worlds
    same = many[many["world"] < 150].reset_index(drop=True)
    pd.testing.assert_frame_equal(few, same, check_exact=True)
    fewer = simulation.spread(fit, brief, counts=[3], n_worlds=50, seed=1)
    more = simulation.spread(fit, brief, counts=[3], n_worlds=90, seed=1)
    pd.testing.assert_frame_equal(fewer, more.head(50), check_exact=True)


def test_another_creator_or_a_longer_list_changes_nobodys_draws(fit, brief):
    """A creator brings the same with other niches, other creators and another budget around it."""
    listed = creator_list.nano(fit, NICHES, 30)
    fewer = creator_list.nano(fit, ("beauty", "fashion"), 9)
    both = set(listed.loc[~listed["drawn"], "creator"]) & set(fewer["creator"])
    assert len(both) > 3
    here = brought(fit, brief, listed, 300)
    there = brought(fit, briefs.changed(brief, budget=5000.0), fewer, 300, niches=("beauty", "fashion"))
    for name in both:
        mine, yours = (np.flatnonzero(rows["creator"] == name)[0] for rows in (listed, fewer))
        assert np.array_equal(here[:, mine], there[:, yours])
    long = simulation.spread(fit, brief, counts=[2, 5, 40], n_worlds=100, seed=1)
    short = simulation.spread(fit, brief, counts=[5], n_worlds=100, seed=1)
    rows = long[long["creators"] == 5].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, short, check_exact=True)
    lists = [
        simulation.campaign(fit, briefs.changed(brief, over_invite=x), n_worlds=200, seed=1) for x in (3, 9)
    ]
    pd.testing.assert_frame_equal(lists[0].worlds, lists[1].worlds, check_exact=True)


# Directions


def outcome(fit, brief, **changes):
    worlds = simulation.campaign(
        fit, briefs.changed(brief, mixes=[0.5], **changes), n_worlds=1000, seed=9
    ).worlds
    return worlds.groupby("arm", observed=True)[["profit", "conversions", "cost", "posts_live"]].mean()


@pytest.mark.parametrize(
    ("name", "low", "high", "column", "arms_moved"),
    [
        ("kappa", 5, 20, "conversions", ["macro", "nano_gift", "nano_fee", "mix_50"]),
        ("order_value", 40, 90, "profit", ["macro", "nano_gift", "nano_fee", "mix_50"]),
        ("margin", 0.5, 0.7, "profit", ["macro", "nano_gift", "nano_fee", "mix_50"]),
        ("budget", 500.0, 1500.0, "conversions", ["macro", "nano_gift", "nano_fee", "mix_50"]),
        ("post_rate_gift", 0.3, 0.7, "conversions", ["nano_gift", "mix_50"]),
        ("post_rate_fee", 0.5, 0.9, "conversions", ["nano_fee"]),
        ("reply_rate", 0.2, 0.6, "conversions", ["nano_gift", "nano_fee", "mix_50"]),
        ("accept_rate", 0.4, 0.8, "conversions", ["nano_gift", "nano_fee", "mix_50"]),
        ("labour_per_contact", 8, 2, "conversions", ["nano_gift", "nano_fee", "mix_50"]),
        ("product_cost", 40, 10, "conversions", ["nano_gift", "nano_fee", "mix_50"]),
        ("fee_per_follower_nano", 0.03, 0.01, "conversions", ["nano_fee"]),
        ("fee_per_follower_macro", 0.03, 0.01, "conversions", ["macro", "mix_50"]),
        ("reach_rate_nano", 0.1, 0.3, "conversions", ["nano_gift", "nano_fee", "mix_50"]),
        ("cvr_macro", 0.01, 0.02, "conversions", ["macro", "mix_50"]),
        ("ctr_story", 0.01, 0.05, "conversions", ["macro", "nano_gift", "nano_fee", "mix_50"]),
        ("advocacy", 1.0, 1.5, "conversions", ["nano_gift", "nano_fee", "mix_50"]),
        ("flop_rate", 0.25, 0.02, "conversions", ["macro", "nano_gift", "nano_fee", "mix_50"]),
        ("niche_pool", 5_000, 500_000, "conversions", ["macro", "nano_gift", "nano_fee", "mix_50"]),
    ],
)
def test_raising_what_helps_raises_the_outcome(fit, brief, name, low, high, column, arms_moved):
    worse, better = (outcome(fit, brief, **{name: value})[column] for value in (low, high))
    for arm in arms_moved:
        assert better[arm] > worse[arm] * (1.02 if worse[arm] > 0 else 1), arm
    others = [arm for arm in ("macro", "nano_gift", "nano_fee") if arm not in arms_moved]
    for arm in others:
        assert better[arm] == worse[arm], arm


def test_a_higher_post_rate_loses_no_post_in_any_world(fit, brief):
    few, many = (
        simulation.campaign(fit, briefs.changed(brief, post_rate_gift=rate), n_worlds=500, seed=2).worlds
        for rate in (0.4, 0.6)
    )
    gifted = few["arm"] == "nano_gift"
    assert (many.loc[gifted, "posts_live"] >= few.loc[gifted, "posts_live"]).all()
    assert many.loc[gifted, "posts_live"].sum() > few.loc[gifted, "posts_live"].sum()


def test_kappa_decides_the_loss_and_hardly_who_wins(fit, brief):
    swept = simulation.sweep(fit, brief, name="kappa", values=[1, 10, 45], n_worlds=WORLDS, seed=2)
    odds = risk.by_value(swept, name="kappa").set_index(["arm", "kappa"])
    loss, beats = odds.loc["nano_gift", "p_loss"], odds.loc["nano_gift", "p_beats"]
    assert loss.is_monotonic_decreasing
    assert loss.loc[1] - loss.loc[45] > 0.5
    assert abs(beats.loc[10] - beats.loc[45]) < 0.05


@pytest.mark.parametrize(
    ("name", "values"), [("kappa", [2, 10]), ("margin", [0.5, 0.6]), ("reply_rate", [0.3, 0.4])]
)
def test_a_sweep_is_the_campaign_of_each_value(fit, brief, name, values):
    swept = simulation.sweep(fit, brief, name=name, values=values, n_worlds=100, seed=3)
    assert list(swept.columns) == ["value", "arm", "world", "cost", "profit", "roi"]
    for value in values:
        alone = simulation.campaign(fit, briefs.changed(brief, **{name: value}), n_worlds=100, seed=3).worlds
        rows = swept[swept["value"] == value].reset_index(drop=True)
        pd.testing.assert_frame_equal(rows[["arm", "profit"]], alone[["arm", "profit"]], check_exact=True)


# What a reader is told


def test_every_assumption_is_read_and_none_is_missing(fit, brief, monkeypatch):
    read, staggered = set(), briefs.changed(brief, weeks=2)
    values = briefs.Brief.values.fget

    class Recorded(briefs.Assumptions):
        def __getattribute__(self, name):
            read.update({name} & {*briefs.Assumptions.__dataclass_fields__})
            return super().__getattribute__(name)

    recorded = property(lambda self: Recorded(**values(self)))
    monkeypatch.setattr(briefs.Brief, "values", recorded)
    simulation.campaign(fit, staggered, n_worlds=3, seed=1)
    assert read == {name for name, row in brief.assumptions.items() if row.step == "simulate"}


def test_the_columns_are_those_of_the_contract(fit, brief):
    found = simulation.campaign(fit, brief, n_worlds=10, seed=1)
    assert list(found.worlds.columns) == [
        "world", "arm", "cost", "profit", "reach", "unique_reach", "engagements", "clicks", "conversions",
        "revenue", "posts_live", "contacts", "packages", "roi",
    ]  # fmt: skip
    assert list(found.worlds["arm"].cat.categories) == [
        "macro", "nano_gift", "nano_fee", "mix_25", "mix_50", "mix_75",
    ]  # fmt: skip
    numbers = found.worlds.drop(columns=["world", "arm"])
    assert (numbers.dtypes == "float64").all()
    assert (numbers.drop(columns=["profit", "roi"]) >= 0).all(axis=None)
    assert (found.worlds["unique_reach"] <= found.worlds["reach"] * (1 + 1e-12)).all()
    assert found.plan["macro_followers"].tolist() == [90_000, 0, 0, 22_500, 45_000, 67_500]


def test_the_roster_comes_first_in_turns_and_drawn_creators_are_declared(fit, brief):
    listed = creator_list.nano(fit, NICHES, 40)
    measured = listed[~listed["drawn"]]
    assert measured.index.tolist() == list(range(len(measured)))
    assert set(listed["niche"].head(4)) == set(NICHES)
    assert listed["followers"].between(1000, 9_999).all()
    nanos = fit.creators[(fit.creators["tier"] == "nano") & fit.creators["niche"].isin(NICHES)]
    assert set(measured["creator"]) == set(nanos["creator"])
    assert creator_list.nano(fit, NICHES, 3)["creator"].tolist() == listed["creator"].head(3).tolist()
    notes = simulation.campaign(fit, brief, n_worlds=10, seed=1).notes
    assert f"the data hold {len(measured)} of these niches; the other" in notes[0]
    assert sum("fewer than the 100,000 of a macro" in note for note in notes) == 4


def test_drawn_creators_fill_the_tier_evenly_over_the_logarithm_of_followers(fit):
    listed = creator_list.nano(fit, NICHES, 1000)
    drawn = listed.loc[listed["drawn"], "followers"].to_numpy()
    assert drawn.mean() == pytest.approx(9000 / math.log(10), rel=0.01)  # 3,909
    assert stats.kstest(np.log10(drawn), stats.uniform(3, 1).cdf).statistic < 0.01


def test_a_niche_nobody_has_is_noted_and_a_misspelt_one_is_refused(fit, brief):
    strange = briefs.changed(brief, niches=["fashion", "numismatics"], macro_niche="fashion")
    notes = simulation.campaign(fit, strange, n_worlds=10, seed=1).notes
    assert any("No creator of the niche 'numismatics' is in the data" in note for note in notes)
    with pytest.raises(errors.InputError, match="unknown niche 'fashon'; did you mean 'fashion'"):
        simulation.campaign(fit, briefs.changed(brief, niches=["fashon"]), n_worlds=10, seed=1)


def test_a_mix_too_small_for_one_nano_says_so(fit, brief):
    tight = briefs.changed(brief, budget=140.0, mixes=[0.9])
    found = simulation.campaign(fit, tight, n_worlds=10, seed=1)
    assert any("mix_90 leaves too little for one nano creator" in note for note in found.notes)
    assert (found.worlds.loc[found.worlds["arm"] == "mix_90", "posts_live"] == 1).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f, b: simulation.campaign(f, b, n_worlds=0, seed=1), "n_worlds must be 1 or more; got 0"),
        (lambda f, b: simulation.campaign(f, b, n_worlds=9, seed=-1), "seed must be 0 or more; got -1"),
        (
            lambda f, b: simulation.spread(f, b, counts=[0, 1], n_worlds=9, seed=1),
            "counts must be whole numbers",
        ),
        (lambda f, b: simulation.spread(f, b, counts=[], n_worlds=9, seed=1), "counts must be whole numbers"),
        (
            lambda f, b: simulation.spread(f, b, counts=[1], niches=5, n_worlds=9, seed=1),
            "niches must be from 1 to 4; got 5",
        ),
        (
            lambda f, b: simulation.campaign(f, briefs.changed(b, budget=2e6), n_worlds=9, seed=1),
            "budget x over_invite needs a list of",
        ),
        (
            lambda f, b: simulation.campaign(f, briefs.changed(b, over_invite=1000), n_worlds=9, seed=1),
            "got a budget of 900.00 and over_invite 1000",
        ),
        (
            lambda f, b: simulation.spread(f, b, counts=[1, 20_001], n_worlds=9, seed=1),
            "counts must be whole numbers from 1 to 20,000; got [1, 20001]",
        ),
        (
            lambda f, b: simulation.sweep(f, b, name="kapa", values=[1], n_worlds=9, seed=1),
            "unknown parameter 'kapa'; did you mean 'kappa'?",
        ),
        (
            lambda f, b: arms.listed(f, briefs.changed(b, labour_per_contact=0, product_cost=0, shipping=0)),
            "labour_per_contact must be above 0",
        ),
    ],
)
def test_what_cannot_be_simulated_is_refused_by_name(fit, brief, call, message):
    with pytest.raises(errors.InputError) as refused:
        call(fit, brief)
    assert message in str(refused.value)


def test_a_share_of_the_budget_buys_no_larger_macro_than_the_quoted_one(fit, brief):
    quoted = briefs.changed(brief, budget=5000.0, macro_followers=420_000, macro_fee=1000.0)
    assert quoted.deal().followers == 420_000
    for share in (0.25, 0.5, 0.75):
        assert quoted.deal(share) == (420_000, 1000.0)
    half = briefs.changed(quoted, macro_fee=4000.0)
    assert half.deal(0.4) == (210_000, 2000.0)
    outcome = simulation.campaign(fit, quoted, n_worlds=50, seed=1)
    plan = outcome.plan.set_index("arm")
    assert plan.loc["macro", "remainder"] == 4000
    assert plan.loc["mix_75", "packages"] > 60  # 88 from 4,000; about 27 from the 1,250 without the cap
    assert any("leaves 4,000 of the budget unspent" in note for note in outcome.notes)
    assert not any("unspent" in n for n in simulation.campaign(fit, brief, n_worlds=50, seed=1).notes)


def test_a_macro_out_of_reach_leaves_nano_alone_and_says_so(fit, brief):
    dear = briefs.changed(brief, macro_followers=150_000, macro_fee=1_500.0)
    assert dear.out_of_reach
    outcomes = simulation.campaign(fit, dear, n_worlds=64, seed=1, only=["macro", "nano_gift"])
    assert set(outcomes.worlds["arm"]) == {"nano_gift"}
    assert any("out of reach: it asks 1,500 EUR, the budget is 900" in note for note in outcomes.notes)
    paid = briefs.changed(dear, budget=1_500.0)
    assert not paid.out_of_reach
    mixes = simulation.frontier(fit, dear, shares=[0, 0.5, 1], n_worlds=64, seed=1)
    assert set(mixes["macro_share"]) == {0.0}
    for call in (
        lambda: simulation.campaign(fit, dear, n_worlds=64, seed=1, only=["macro"]),
        lambda: simulation.frontier(fit, dear, shares=[1], n_worlds=64, seed=1),
    ):
        with pytest.raises(errors.InputError, match=r"macro\.fee must be at most the budget, 900\.00"):
            call()


def test_a_misspelt_niche_of_the_macro_is_refused_and_an_unknown_one_noted(fit, brief):
    niche = brief.niches[0]
    with pytest.raises(errors.InputError, match=f"did you mean {niche!r}"):
        simulation.campaign(fit, briefs.changed(brief, macro_niche=niche[:-1] + "x"), n_worlds=9, seed=1)
    strange = briefs.changed(brief, macro_niche="zzz")
    assert any("'zzz'" in note for note in simulation.campaign(fit, strange, n_worlds=9, seed=1).notes)


def test_a_named_macro_brings_its_own_engagement_and_says_what_a_mix_hires(fit, brief):
    rows = fit.creators[fit.creators["tier"] == "macro"].sort_values("log_mean")
    low, high = rows["creator"].iloc[0], rows["creator"].iloc[-1]
    found = {}
    for name in (low, high):
        named = briefs.changed(brief, macro_creator=name, macro_fee=800.0, mixes=[0.5])
        outcome = simulation.campaign(fit, named, n_worlds=2_000, seed=1)
        found[name] = outcome.worlds[outcome.worlds["arm"] == "macro"]["engagements"].mean()
        size = int(rows.loc[rows["creator"] == name, "followers"].iloc[0])
        assert outcome.plan.set_index("arm").loc["macro", "macro_followers"] == size
        assert any(f"Part of {name!r} cannot be hired" in note for note in outcome.notes)
    rate = {name: found[name] / rows.set_index("creator").loc[name, "followers"] for name in found}
    assert rate[high] > 1.5 * rate[low]
    with pytest.raises(errors.InputError, match=r"unknown macro\.creator"):
        simulation.campaign(fit, briefs.changed(brief, macro_creator=high[:-1] + "x"), n_worlds=9, seed=1)


def test_switches_that_are_on_are_said(fit, brief):
    found = simulation.campaign(fit, briefs.changed(brief, nano_capacity=3), n_worlds=50, seed=1)
    assert any("Switched on beside the plain model: nano_capacity" in note for note in found.notes)
    assert (found.worlds["packages"] <= 3).all()


def test_nano_posting_first_costs_the_macro_even_where_nano_sells_nothing(fit, brief):
    silent = briefs.changed(brief, cvr_nano=0.0, kappa=45, budget=3_000.0, mixes=[0.5])
    plain, first = (
        simulation.campaign(fit, plan, n_worlds=500, seed=1, only=["mix_50"]).worlds["conversions"].mean()
        for plan in (silent, briefs.changed(silent, nano_first=0.9))
    )
    assert first == pytest.approx(plain * 0.1, rel=0.1)


EXACT = [(0.1, 0.2, 300.0, 1000), (1.1, 2.2, 165.0, 50)]


@pytest.mark.parametrize(("labour", "goods", "budget", "posts"), EXACT)
def test_money_that_pays_exactly_so_many_creators_does(fit, brief, labour, goods, budget, posts):
    sure = dict.fromkeys(["reply_rate", "accept_rate", "post_rate_gift"], 1.0)
    exact = briefs.changed(
        brief, **sure, labour_per_contact=labour, product_cost=goods, shipping=0, fee_per_follower_nano=0,
        budget=budget, over_invite=3,
    )  # fmt: skip
    found = simulation.campaign(fit, exact, n_worlds=20, seed=1, only=["nano_gift"]).worlds
    assert (found["posts_live"] == posts).all()


def test_a_nano_creator_hired_as_the_macro_is_not_contacted_too(fit, brief):
    small = fit.creators.loc[fit.creators["tier"] == "nano", "creator"].iloc[0]
    named = creator_list.quoted(fit, briefs.changed(brief, macro_creator=small, macro_fee=50.0))
    assert small in set(arms.listed(fit, brief)["creator"])
    assert small not in set(arms.listed(fit, named)["creator"])


def test_more_arms_than_a_byte_counts_are_played(fit, brief):
    shares = np.linspace(0, 1, 201)
    assert simulation.frontier(fit, brief, shares=shares, n_worlds=16, seed=1)["arm"].nunique() == 201
    twice = simulation.frontier(fit, brief, shares=(0.3, 0.1 + 0.2), n_worlds=16, seed=1)
    assert twice["arm"].nunique() == 1


def free(brief):
    return briefs.changed(brief, labour_per_contact=0, product_cost=0, shipping=0)


PLAYED = {"n_worlds": 9, "seed": 1}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f, b: simulation.sweep(f, b, name="kappa", values=[], **PLAYED), "values of kappa"),
        (lambda f, b: simulation.campaign(f, b, only=[], **PLAYED), "only must name at least one arm"),
        (lambda f, b: simulation.frontier(f, b, shares=(math.nan,), **PLAYED), "shares must be from 0 to 1"),
        (lambda f, b: simulation.spread(f, b, counts=[1.5, 2], **PLAYED), "counts must be whole numbers"),
        (lambda f, b: simulation.spread(f, free(b), counts=[1, 4], **PLAYED), "a post must cost something"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(fit, brief, call, message):
    with pytest.raises(errors.InputError, match=message):
        call(fit, brief)
