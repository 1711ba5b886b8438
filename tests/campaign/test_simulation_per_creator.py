"""Proves what creators named one by one bring: means by the closed form, the same numbers as `campaign` where
both say the same, money that never runs over the budget, and orders of who has posted, with overlap.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from draws import examples
from nanospread.campaign import beliefs, risk, simulation
from nanospread.campaign import brief as briefs
from nanospread.campaign.simulation import arms, by_world, creator_list, kernel, per_creator
from nanospread.core import errors
from nanospread.creators import engagement, metrics
from oracles import closed_forms
from test_simulation import fitted

N = 24


@pytest.fixture(scope="module")
def fit():
    return fitted()


@pytest.fixture(scope="module")
def plan():
    return briefs.changed(
        briefs.read("sample"), budget=5_000.0, niches=("fashion", "food"), **closed_forms.V20_COSTS
    )


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
    own, _ = simulation.invited_luck(simulation.invited_setup(fit, plan, people, 3, None), n_worlds=65_536)
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
    gifts = simulation.invitation_terms(listed(people, "gift", 3), worn.values)
    assert (gifts.goods == 3 * 28).all()
    assert gifts.worth == pytest.approx(np.full((N, 1), 1.75))


@pytest.mark.parametrize("offer", ["gift", "fee"])
def test_a_fee_that_is_fixed_promises_the_same_beside_work_that_worlds_draw(plan, people, offer):
    drawn, ways = (
        plan.values.replaced({"overhead_per_creator": np.array([8.0, 17.0, 34.0])}),
        listed(people, offer, 2),
    )
    each = np.full(3, plan.values.fee_per_follower_nano)
    fixed = simulation.invitation_terms(ways, drawn)
    varied = simulation.invitation_terms(ways, drawn.replaced({"fee_per_follower_nano": each}))
    assert np.array_equal(fixed.on_post, varied.on_post)
    assert fixed.on_post.shape == (len(ways), 3)


@settings(max_examples=examples(15))
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
    promised = simulation.invitation_terms(listed(people, offer, posts), brief.values)
    short = worlds["contacts"] < N
    dearest = 4 + (promised.goods + promised.on_post).max()
    assert (worlds.loc[short, "cost"] > budget - dearest).all()


def test_the_first_worlds_and_everybodys_draws_stay_the_same(fit, plan, people):
    few = simulation.invited(fit, plan, listed(people), n_worlds=500, seed=4)
    many = simulation.invited(fit, plan, listed(people), n_worlds=5_000, seed=4)
    assert few.equals(many.head(500))
    shorter, longer = (
        simulation.invited_luck(simulation.invited_setup(fit, plan, some, 4, None), n_worlds=100)[0]
        for some in (people.head(5), people)
    )
    assert np.array_equal(shorter.orders, longer.orders[:5])


def test_an_empty_list_costs_and_brings_nothing(fit, plan, people):
    worlds = simulation.invited(fit, plan, listed(people.head(0)), n_worlds=10, seed=1)
    assert len(worlds) == 10
    assert (worlds.drop(columns="world") == 0).all(axis=None)


def test_what_cannot_be_simulated_is_refused(fit, plan, people):
    with pytest.raises(errors.InputError, match="n_worlds must be 1 or more; got 0"):
        simulation.invited(fit, plan, listed(people), n_worlds=0, seed=1)


WORLDS = 3_000
CROWD = pd.DataFrame(
    {
        "creator": ["ann", "bob", "cid", "new"],
        "niche": ["food", "food", "travel", "travel"],
        "followers": [3_000, 8_000, 300_000, 5_000],
    }
)


@pytest.fixture(scope="module")
def crowd():
    random = np.random.default_rng(3)
    posts = CROWD[:3].loc[np.repeat(np.arange(3), 8)].reset_index(drop=True)
    likes = np.round(posts["followers"] * np.exp(-3.4 + 0.4 * random.standard_normal(len(posts))))
    days = pd.to_timedelta(np.tile(np.arange(8) * 9, 3), unit="D")
    dated = posts.assign(
        post=[f"p{at}" for at in posts.index], posted_at=pd.Timestamp("2026-09-01", tz="UTC") + days
    )
    return engagement.fit(metrics.per_post(dated.assign(likes=likes, comments=0)), CROWD[:3])


BRIEF = briefs.read("sample")


def posted(crowd, creators=CROWD, brief=BRIEF, n_worlds=WORLDS, seed=4):
    return simulation.posted(crowd, brief, creators, n_worlds=n_worlds, seed=seed)


def test_one_creator_alone_brings_what_the_story_of_its_post_says(crowd):
    one = CROWD.iloc[[0]]
    cast = creator_list.cast(creator_list.rated(crowd, one, drawn=False), BRIEF, ("food",), 4)
    setup = arms.SimulationSetup(BRIEF, 4, ("food",), (), cast, cast, (), certain=True)
    settings, _, common, tables = arms.shared_inputs(setup, 0, WORLDS)
    found = np.empty((6, 1, WORLDS))
    kernel.each(cast, settings["nano"], 0, common, tables, found)
    assert posted(crowd, one)[:, 0] == pytest.approx(BRIEF.value("kappa") * found[5, 0])


def test_large_accounts_have_the_macros_rates(crowd):
    better = briefs.changed(BRIEF, cvr_macro=0.025)
    ratio = posted(crowd, brief=better) / posted(crowd)
    assert ratio[:, [0, 1, 3]] == pytest.approx(1)
    assert ratio[:, 2] == pytest.approx(0.025 / BRIEF.value("cvr_macro"))


def test_with_beliefs_each_world_has_its_own_and_blocks_of_worlds_move_nothing(crowd, monkeypatch):
    believed = beliefs.prior(BRIEF)
    found = simulation.posted(crowd, BRIEF, CROWD, n_worlds=WORLDS, seed=4, beliefs=believed)
    kappa = by_world.values(BRIEF, believed, 4, 0, WORLDS).kappa
    orders = found.sum(axis=1)
    sold = orders > 0  # a flop may keep nothing
    assert sold.mean() > 0.99
    assert np.corrcoef(np.log(kappa[sold]), np.log(orders[sold]))[0, 1] > 0.6
    monkeypatch.setattr(per_creator, "BLOCK", 100)
    again = simulation.posted(crowd, BRIEF, CROWD, n_worlds=WORLDS, seed=4, beliefs=believed)
    assert (found == again).all()


def test_past_sales_of_a_creator_move_its_orders_and_narrow_its_luck_and_nobody_elses(crowd):
    """Without results of its own a creator is as before, to the bit."""
    free, plain = briefs.changed(BRIEF, repeat_click_weight=1.0), beliefs.prior(BRIEF)
    table = pd.DataFrame({"multiplier": [3.0], "remaining": [0.8]}, index=CROWD["creator"].iloc[[0]])
    known = dataclasses.replace(plain, creators=table)
    before, after = (
        simulation.posted(crowd, free, CROWD, n_worlds=WORLDS, seed=4, beliefs=each)
        for each in (plain, known)
    )
    assert (before[:, 1:] == after[:, 1:]).all()
    orders = [simulation.expected(crowd, free, CROWD, each)["orders"] for each in (plain, known)]
    assert (orders[1] / orders[0]).tolist() == pytest.approx([3, 1, 1, 1])
    sold = before[:, 0] > 0  # a flop may keep nothing
    assert np.log(after[sold, 0]).std() < np.log(before[sold, 0]).std()
    assert after[:, 0].mean() / before[:, 0].mean() == pytest.approx(3, rel=0.15)


def test_audiences_overlap_inside_a_niche_only(crowd):
    together = posted(crowd)
    alone = np.hstack([posted(crowd, CROWD.iloc[[at]]) for at in range(4)])
    assert (together[:, :2] < alone[:, :2]).all()
    apart = CROWD.assign(niche=["food", "fashion", "travel", "beauty"])
    assert posted(crowd, apart)[:, 0] == pytest.approx(alone[:, 0])
    free = briefs.changed(BRIEF, repeat_click_weight=1.0)
    assert posted(crowd, brief=free)[:, 0] == pytest.approx(posted(crowd, CROWD.iloc[[0]], brief=free)[:, 0])


def test_order_others_and_more_worlds_move_no_creators_draws(crowd):
    free = briefs.changed(BRIEF, repeat_click_weight=1.0)
    whole = posted(crowd, brief=free)
    assert posted(crowd, CROWD.iloc[::-1], brief=free)[:, ::-1] == pytest.approx(whole)
    assert posted(crowd, CROWD[1:3], brief=free) == pytest.approx(whole[:, 1:3])
    assert posted(crowd, brief=free, n_worlds=WORLDS + 500)[:WORLDS] == pytest.approx(whole)
    assert (posted(crowd, seed=5) != posted(crowd)).any()


def test_nobody_brings_nothing_in_each_world(crowd):
    assert posted(crowd, CROWD[:0]).shape == (WORLDS, 0)


def test_the_mean_is_the_closed_form_of_the_model(crowd):
    """model.md V16 without flops, alone in its niche, and no pull of engagement on orders."""
    still = briefs.changed(BRIEF, flop_rate=0.0, er_to_conversion=0.0)
    orders = posted(crowd, CROWD.iloc[[0]], brief=still, n_worlds=20_000)[:, 0]
    value = still.value
    clicks = value("reach_rate_nano") * value("ctr_feed") + value("story_rate_nano") * value("ctr_story")
    expected = 3_000 * clicks * value("kappa") * value("cvr_nano") * value("advocacy")
    assert orders.mean() == pytest.approx(expected, abs=4 * orders.std() / np.sqrt(len(orders)))


def test_flops_take_orders_and_shared_luck_moves_all_creators_together(crowd):
    more = briefs.changed(BRIEF, flop_rate=0.25)
    assert (posted(crowd, brief=more) <= posted(crowd) + 1e-12).all()
    scores = [special.ndtri((rows.argsort(axis=0).argsort(axis=0) + 0.5) / WORLDS) for rows in (
        posted(crowd, brief=briefs.changed(BRIEF, rho_campaign=0.0, rho_niche=0.0, platform_sd=0.0)),
        posted(crowd, brief=briefs.changed(BRIEF, rho_campaign=0.5, rho_niche=0.0, platform_sd=0.0)),
    )]  # fmt: skip
    apart, together = (np.corrcoef(rows.T)[0, 1] for rows in scores)
    assert abs(apart) < 4 / np.sqrt(WORLDS)
    assert together > 0.15


def test_people_of_the_market_overlap_too_and_no_week_depends_on_who_is_beside(crowd):
    tight = briefs.changed(BRIEF, market_pool=20_000, repeat_click_weight=0.0, niche_pool=20_000)
    wide = briefs.changed(tight, switches=())
    assert (posted(crowd, brief=tight) < posted(crowd, brief=wide)).all()
    weekly = briefs.changed(BRIEF, weeks=3, platform_memory=0.0, platform_sd=1.0, repeat_click_weight=1.0)
    whole, rest = posted(crowd, brief=weekly), posted(crowd, CROWD[1:], brief=weekly)
    assert rest == pytest.approx(whole[:, 1:])
