"""Proves that the scenario briefs say what their comments claim, by the closed forms of model.md V13, V16.

A reader of `beichert.yaml` expects the published averages, a reader of `macro_wins.yaml` a macro that wins at
assumptions inside their published ranges. Closed forms first, then the simulation itself.
"""

import math

import pytest
from scipy.stats import norm

import bundled
from nanospread.campaign import brief, risk, simulation
from nanospread.campaign.brief import assumptions

NANO_FOLLOWERS = 9_000 / math.log(10)  # mean of the log-uniform tier, 3,909


@pytest.fixture
def beichert():
    return brief.read("beichert")


@pytest.fixture
def macro_wins():
    return brief.read("macro_wins")


def per_follower(plan, side):
    """Return the expected revenue per follower of one feed post and one story, before overlap."""
    value = plan.value
    shared = value("rho_campaign") + value("rho_niche")
    flops = norm.cdf(norm.ppf(value("flop_rate")) - shared * value("conversion_sd"))
    clicks = value(f"reach_rate_{side}") * value("ctr_feed") + value(f"story_rate_{side}") * value(
        "ctr_story"
    )
    advocacy = value("advocacy") if side == "nano" else 1
    orders = clicks * value(f"cvr_{side}") * advocacy * value("kappa")
    return orders * value("order_value") * (1 - (1 - value("flop_multiplier")) * flops)


def post_cost(plan):
    """Return the expected cost of one gifted post that goes live, all waste of recruitment included (V20)."""
    value = plan.value
    contact = value("labour_per_contact") / (value("reply_rate") * value("accept_rate"))
    return (contact + plan.goods) / value("post_rate_gift") + value("overhead_per_creator")


def worth_after_overlap(plan):
    """Return what a nano contact is worth after overlap in niches and market (Sainsbury, C1) [share]."""
    value, niches = plan.value, len(plan.niches)
    audience = NANO_FOLLOWERS * (1 - (1 - value("reach_rate_nano")) * (1 - value("story_rate_nano")))
    contacts = plan.budget / post_cost(plan) * audience / niches
    pool, market = value("niche_pool"), value("market_pool")
    people = pool * (1 - math.exp(-contacts / pool))
    everybody = market * (1 - (1 - people / market) ** niches)
    new = everybody / (contacts * niches)
    return value("repeat_click_weight") + (1 - value("repeat_click_weight")) * new


def test_the_closed_form_is_the_identity_of_facts_v16_and_v20():
    independent = brief.changed(brief.read("sample"), rho_campaign=0, rho_niche=0, kappa=1)
    prototype = brief.changed(
        independent, cvr_nano=0.0241, cvr_macro=0.0142, labour_per_contact=4, overhead_per_creator=0
    )
    assert per_follower(prototype, "nano") * 3908.65 == pytest.approx(23.96, abs=0.01)
    assert per_follower(prototype, "macro") == pytest.approx(0.0016715, abs=5e-8)
    assert post_cost(prototype) == pytest.approx(86.769, abs=0.001)


def test_beichert_mode_earns_the_published_revenue_per_follower(beichert):
    assert per_follower(beichert, "nano") == pytest.approx(0.265, rel=0.001)
    assert per_follower(beichert, "macro") == pytest.approx(0.049, rel=0.001)


def test_beichert_mode_has_a_macro_of_six_times_the_revenue_at_eighteen_times_the_cost(beichert):
    followers, fee = beichert.deal()
    nano = per_follower(beichert, "nano") * NANO_FOLLOWERS
    macro = per_follower(beichert, "macro") * followers
    assert macro / nano == pytest.approx(6, rel=0.1)
    assert fee / post_cost(beichert) == pytest.approx(18, rel=0.001)
    assert (nano / post_cost(beichert)) / (macro / fee) == pytest.approx(3, rel=0.1)


def test_beichert_mode_has_the_published_elasticities_in_followers(beichert):
    followers, fee = beichert.deal()
    nano = per_follower(beichert, "nano") * NANO_FOLLOWERS
    larger = math.log(followers / NANO_FOLLOWERS)
    revenue = math.log(per_follower(beichert, "macro") * followers / nano) / larger
    assert revenue == pytest.approx(0.515, rel=0.1)
    assert math.log(fee / post_cost(beichert)) / larger == pytest.approx(0.831, rel=0.1)


def test_beichert_mode_spends_the_budget_on_one_macro_and_loses_little_to_overlap(beichert):
    assert beichert.deal() == (122_449, 900)
    assert beichert.budget == 900
    assert 0.99 < worth_after_overlap(beichert) < 1


@pytest.mark.parametrize("name", ["beichert", "macro_wins"])
def test_every_value_of_a_scenario_lies_in_the_range_of_its_assumption(name):
    published, plan = assumptions.published(), brief.read(name)
    own = {key: row for key, row in plan.assumptions.items() if row != published[key]}
    assert len(own) >= 4
    assert [
        key for key, row in own.items() if not published[key].low <= row.central <= published[key].high
    ] == []


def test_the_macro_wins_clearly_where_it_should(macro_wins):
    share, budget = brief.earned_share(macro_wins.values), macro_wins.budget
    followers, fee = macro_wins.deal()
    macro = share * per_follower(macro_wins, "macro") * followers - fee
    posts = budget / post_cost(macro_wins)
    nano = share * posts * per_follower(macro_wins, "nano") * NANO_FOLLOWERS * worth_after_overlap(macro_wins)
    assert macro == pytest.approx(11_900, abs=50)
    assert nano - budget == pytest.approx(-2_650, abs=50)
    assert posts == pytest.approx(39, abs=0.5)


def test_the_small_market_costs_nano_what_the_comments_say_and_less_where_it_is_off(macro_wins):
    lost = 1 - worth_after_overlap(macro_wins)
    assert lost == pytest.approx(0.03, abs=0.005)
    assert 1 - worth_after_overlap(brief.changed(macro_wins, switches=())) < 0.75 * lost


def test_without_its_own_values_the_macro_of_that_brief_would_not_win(macro_wins):
    plain = brief.changed(brief.read("sample"), budget=macro_wins.budget)
    macro = per_follower(plain, "macro") * plain.deal().followers
    nano = per_follower(plain, "nano") * NANO_FOLLOWERS * plain.budget / post_cost(plain)
    assert nano > macro


def simulated(plan):
    """Return revenue per follower of both sides, ROIS of both, and P(nano beats macro), as simulated."""
    model = bundled.fitted()
    outcomes = simulation.campaign(model, plan, n_worlds=20_000, seed=4, only=["macro", "nano_gift"])
    means = outcomes.worlds.groupby("arm", observed=True)[["revenue", "cost", "posts_live"]].mean()
    revenue, cost, posts_live = (means[name].to_dict() for name in ("revenue", "cost", "posts_live"))
    listed = simulation.creator_list.nano(model, plan.niches, round(outcomes.plan["contacts"].max()))
    profit = {arm: rows["profit"].to_numpy() for arm, rows in outcomes.worlds.groupby("arm", observed=True)}
    return {
        "nano": revenue["nano_gift"] / (posts_live["nano_gift"] * listed["followers"].mean()),
        "macro": revenue["macro"] / plan.deal().followers,
        "rois": (revenue["nano_gift"] / cost["nano_gift"]) / (revenue["macro"] / cost["macro"]),
        "beats": risk.p_beats(profit["nano_gift"], profit["macro"]).value,
        "profit": {arm: values.mean() for arm, values in profit.items()},
    }


def test_beichert_mode_simulates_the_published_figures_within_a_tenth(beichert):
    found = simulated(beichert)
    assert found["nano"] == pytest.approx(0.265, rel=0.1)
    assert found["macro"] == pytest.approx(0.049, rel=0.1)
    assert found["rois"] == pytest.approx(3, rel=0.1)
    assert found["beats"] > 0.8


def test_the_workbook_has_no_favourite_where_the_macro_is_better_it_wins(macro_wins):
    found = simulated(macro_wins)
    assert found["beats"] < 0.25
    assert found["profit"]["macro"] > 0 > found["profit"]["nano_gift"]
