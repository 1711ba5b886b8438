"""Proves that a list of invited creators comes to what the campaign's story says: means by the closed form,
the same numbers as `campaign` where both tell the same story, and money that never runs over the budget.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nanospread.campaign import brief as briefs
from nanospread.campaign import risk, simulation
from nanospread.core import errors
from test_simulation import fitted

N = 24


@pytest.fixture(scope="module")
def fit():
    return fitted()


@pytest.fixture(scope="module")
def plan():
    return briefs.changed(briefs.read("sample"), budget=5_000.0, niches=("fashion", "food"))


@pytest.fixture(scope="module")
def people(fit):
    nano = fit.creators[fit.creators["niche"].isin(["fashion", "food"])]
    return nano[["creator", "niche", "followers"]].head(N).reset_index(drop=True)


def listed(people, offer="gift", posts=1):
    return people.assign(offer=offer, posts=posts)


def near(values, truth, errors_allowed=4.0):
    found = risk.mean(np.asarray(values, dtype=float))
    assert abs(found.value - truth) < errors_allowed * found.se + 1e-9, (found, truth)


def test_expected_orders_and_reach_are_the_means_over_worlds(fit, plan, people):
    found = simulation.expected(fit, plan, people)
    own, _ = simulation.invited_luck(fit, plan, people, n_worlds=65_536, seed=3)
    assert own.orders.mean() == pytest.approx(found["orders"].mean(), rel=0.01)
    assert own.audience.mean(axis=1) == pytest.approx(found["reach"], rel=0.01)
    for orders, truth in zip(own.orders, found["orders"], strict=True):
        near(orders, truth, 5)


def test_each_value_of_the_closed_form_moves_with_the_assumption_behind_it(fit, plan, people):
    base = simulation.expected(fit, plan, people)
    more = simulation.expected(fit, briefs.changed(plan, kappa=20.0), people)
    assert more["orders"].to_numpy() == pytest.approx(2 * base["orders"].to_numpy())
    flops = simulation.expected(fit, briefs.changed(plan, flop_rate=0.25), people)
    assert (flops["orders"] < base["orders"]).all()
    wide = simulation.expected(fit, briefs.changed(plan, reach_rate_nano=0.4), people)
    assert (wide["reach"] > base["reach"]).all()


def test_a_list_costs_and_brings_what_its_invitations_are_expected_to(fit, plan, people):
    rich = briefs.changed(plan, niche_pool=1e9, repeat_click_weight=1.0)
    worlds = simulation.invited(fit, rich, listed(people), n_worlds=30_000, seed=1)
    orders = simulation.expected(fit, rich, people)["orders"].sum() * 0.4 * 0.65 * 0.5
    near(worlds["cost"], N * (4 + 0.4 * 0.65 * 28))
    near(worlds["conversions"], orders)
    near(worlds["profit"], 0.6 * 65 * orders - N * (4 + 0.4 * 0.65 * 28))
    near(worlds["posts_live"], N * 0.13)
    assert (worlds["contacts"] == N).all()


def test_it_is_the_story_that_the_campaign_tells(fit, people, plan):
    """The campaign contacts its own list; its mean orders per contact are those of that list, invited."""
    brief = briefs.changed(plan, budget=400.0)
    arm = simulation.campaign(fit, brief, n_worlds=20_000, seed=5, only=["nano_gift"]).worlds
    found = simulation.arms.listed(fit, brief)
    mine = simulation.invited(
        fit, brief, listed(found[["creator", "niche", "followers"]]), n_worlds=20_000, seed=5
    )
    for name in ("cost", "contacts", "packages", "posts_live", "unique_reach", "conversions"):
        one, other = risk.mean(arm[name]), risk.mean(mine[name])
        assert abs(one.value - other.value) < 4 * np.hypot(one.se, other.se), name


def test_a_fee_is_paid_for_posts_made_and_further_posts_bring_less(fit, plan, people):
    worn = briefs.changed(plan, wear_out=0.5, budget=100_000.0, niche_pool=1e9, repeat_click_weight=1.0)
    one = simulation.invited(fit, worn, listed(people, "fee"), n_worlds=20_000, seed=2)
    three = simulation.invited(fit, worn, listed(people, "fee", 3), n_worlds=20_000, seed=2)
    near(three["posts_live"] - 3 * one["posts_live"], 0)
    fee = 0.4 * 0.65 * 0.95 * 0.01 * people["followers"].sum()
    near(three["cost"] - one["cost"], 2 * fee)
    assert three["conversions"].mean() / one["conversions"].mean() == pytest.approx(1.75, rel=0.02)
    gifts = simulation.promise(worn, listed(people, "gift", 3))
    assert (gifts.goods == 3 * 28).all()
    assert gifts.worth == pytest.approx(np.full(N, 1.75))


@settings(max_examples=15, deadline=None)
@given(st.floats(135, 2_000), st.sampled_from(["gift", "fee"]), st.integers(1, 3))
def test_no_world_spends_more_than_the_budget_nor_stops_while_it_could_pay(
    fit,
    plan,
    people,
    budget,
    offer,
    posts,
):
    brief = briefs.changed(plan, budget=budget)
    worlds = simulation.invited(fit, brief, listed(people, offer, posts), n_worlds=300, seed=7)
    assert (worlds["cost"] <= budget + 1e-6).all()
    promised = simulation.promise(brief, listed(people, offer, posts))
    short = worlds["contacts"] < N
    dearest = 4 + (promised.goods + promised.on_post).max()
    assert (worlds.loc[short, "cost"] > budget - dearest).all()


def test_the_first_worlds_and_everybodys_draws_stay_the_same(fit, plan, people):
    few = simulation.invited(fit, plan, listed(people), n_worlds=500, seed=4)
    many = simulation.invited(fit, plan, listed(people), n_worlds=5_000, seed=4)
    assert few.equals(many.head(500))
    shorter, _ = simulation.invited_luck(fit, plan, people.head(5), n_worlds=100, seed=4)
    longer, _ = simulation.invited_luck(fit, plan, people, n_worlds=100, seed=4)
    assert np.array_equal(shorter.orders, longer.orders[:5])


def test_an_empty_list_costs_and_brings_nothing(fit, plan, people):
    worlds = simulation.invited(fit, plan, listed(people.head(0)), n_worlds=10, seed=1)
    assert len(worlds) == 10
    assert (worlds.drop(columns="world") == 0).all(axis=None)


def test_what_cannot_be_simulated_is_refused(fit, plan, people):
    with pytest.raises(errors.InputError, match="n_worlds must be 1 or more; got 0"):
        simulation.invited(fit, plan, listed(people), n_worlds=0, seed=1)
