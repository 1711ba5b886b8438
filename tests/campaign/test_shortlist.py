"""Proves that a shortlist is worth what the simulation says of it, keeps to the brief, and says why."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from draws import examples
from nanospread.campaign import brief as briefs
from nanospread.campaign import reach, risk, shortlist, simulation
from nanospread.campaign.beliefs import prior
from nanospread.campaign.shortlist import invitations
from nanospread.campaign.simulation.by_world import Draws
from nanospread.core import errors
from oracles import closed_forms
from test_simulation import fitted

NICHES = ("fashion", "beauty", "food", "travel")


@pytest.fixture(scope="module")
def fit():
    return fitted(160)


@pytest.fixture(scope="module")
def roster(fit):
    return fit.creators[["creator", "niche", "followers"]]


@pytest.fixture(scope="module")
def plan():
    costs = closed_forms.V20_COSTS
    return briefs.changed(
        briefs.read("sample"), budget=300.0, least_per_niche={}, most_share_niche=1.0, **costs
    )


@pytest.fixture(scope="module")
def people(fit, plan, roster):
    return shortlist.candidates(fit, plan, roster)


def chosen(fit, plan, people, roster, **changes):
    asked = briefs.changed(plan, **changes)
    again = shortlist.candidates(fit, asked, roster)  # what a creator brings hangs on the brief
    mine = again[again["creator"].isin(people["creator"])]
    return shortlist.plan(fit, asked, mine, roster=roster, seed=5)


def test_candidates_are_the_nano_creators_of_the_briefs_niches_with_the_models_rates(fit, plan, roster):
    found = shortlist.candidates(fit, briefs.changed(plan, niches=("food", "travel")), roster)
    nano = roster[(roster["followers"] < 10_000) & roster["niche"].isin(["food", "travel"])]
    assert sorted(found["creator"]) == sorted(nano["creator"])
    own = fit.creators.set_index("creator").loc[found["creator"], "er"].to_numpy()
    assert found["er"].to_numpy() == pytest.approx(own)
    assert (found["er_low"] < found["er"]).all()
    named = briefs.changed(plan, macro_creator=str(nano["creator"].iloc[0]))
    assert str(nano["creator"].iloc[0]) not in set(shortlist.candidates(fit, named, roster)["creator"])


def test_who_has_no_rated_post_is_taken_for_one_of_its_like(fit, plan, roster):
    new = pd.DataFrame({"creator": ["newcomer"], "niche": ["food"], "followers": [4_000]})
    found = shortlist.candidates(fit, plan, pd.concat([roster, new])).set_index("creator").loc["newcomer"]
    assert (found["n_posts"], np.isnan(found["er_raw"])) == (0, True)
    others = fit.creators[fit.creators["creator"].isin(roster["creator"])]
    assert others["er"].min() < found["er"] < others["er"].max()
    assert found["er_high"] / found["er_low"] > 2


def test_flags_and_reply_capacity_come_from_page_03_and_flags_can_leave_people_out(fit, plan, roster, people):
    names = people["creator"].head(2).tolist()
    components = pd.DataFrame(
        {
            "creator": [*names, names[0]],
            "component": ["reply_capacity", "reply_capacity", "follower_jump"],
            "value": [0.4, 0.9, 0.1],
            "flag": [False, False, True],
            "reason": ["", "", "jumped by 60%"],
        }
    )
    found = shortlist.candidates(fit, plan, roster, components).set_index("creator")
    assert found.loc[names, "flags"].tolist() == ["jumped by 60%", ""]
    assert found.loc[names, "reply_capacity"].tolist() == [0.4, 0.9]
    left = briefs.changed(plan, flagged="leave_out")
    rows = found.reset_index()
    assert invitations.left_out(rows, left) == [names[0]]
    assert invitations.left_out(rows, briefs.changed(left, must=(names[0],))) == []
    assert invitations.left_out(rows, plan) == []


def test_an_option_costs_and_brings_what_its_invitation_does_on_average(fit, plan, people):
    """By hand: labour 4, reply .4, accept .65, goods 28, post .5; a fee of .01 a follower at .95."""
    row = shortlist.options(fit, people, plan).iloc[0]
    orders = 0.4 * 0.65 * 0.5 * row["orders"]
    assert row["cost"] == round(100 * (4 + 0.26 * 28))
    assert row["expected_orders"] == pytest.approx(orders)
    assert row["profit"] == pytest.approx(0.6 * 65 * orders - (4 + 0.26 * 28))
    assert (row["promise"], row["expected_posts"]) == (28, pytest.approx(0.13))
    both = shortlist.options(fit, people, briefs.changed(plan, offers="best", most_posts=2, wear_out=0.2))
    mine = both[both["creator"] == row["creator"]].set_index(["offer", "posts"])
    assert len(mine) == 4
    fee = 0.01 * row["followers"]
    assert mine.loc[("fee", 2), "cost"] == round(100 * (4 + 0.26 * 28 + 0.26 * 0.95 * 2 * fee))
    assert mine.loc[("gift", 2), "cost"] == round(100 * (4 + 0.26 * 56))
    assert mine.loc[("gift", 2), "expected_orders"] == pytest.approx(1.8 * orders)


def test_the_mixed_offer_pays_from_so_many_followers_on(fit, people, plan):
    mixed = shortlist.options(fit, people, briefs.changed(plan, offer="mixed", fee_from=4_000))
    assert ((mixed["followers"] >= 4_000) == (mixed["offer"] == "fee")).all()


def test_the_worlds_of_an_option_have_its_expected_profit_as_their_mean(fit, plan, people):
    both = briefs.changed(plan, offers="best")
    rows = shortlist.options(fit, people.head(12), both)
    worlds = invitations.gains(fit, both, rows, n_worlds=65_536, seed=2)
    for each, profit in zip(worlds.T, rows["profit"], strict=True):
        found = risk.mean(each)
        assert abs(found.value - profit) < 5 * found.se
    assert worlds.shape == (65_536, len(rows))


def test_options_expect_what_their_draws_of_the_beliefs_come_to_on_average(fit, plan, roster):
    names = ("kappa", "margin", "er_to_conversion", "fee_per_follower_nano", "reply_rate", "wear_out")
    rows = [
        (2.0, 0.3, 0.0, 0.01, 0.2, 0.5),
        (30.0, 0.7, 0.8, 0.02, 0.5, 0.1),
        (10.0, 0.6, 0.3, 0.01, 0.4, 0.0),
    ]
    both = briefs.changed(plan, offers="best", most_posts=2)
    beliefs = Draws(names, np.array(rows))

    def found(brief, joint=None):
        people = shortlist.candidates(fit, brief, roster, beliefs=joint)
        return shortlist.options(fit, people, brief, joint)

    each = [found(briefs.changed(both, **dict(zip(names, row, strict=True)))) for row in rows]
    mean = found(both, beliefs)
    for name in ("profit", "expected_orders", "expected_posts", "promise", "orders"):
        average = np.mean([one[name].to_numpy() for one in each], axis=0)
        np.testing.assert_allclose(mean[name], average, rtol=1e-9, err_msg=name)
    central = found(both)["profit"]
    assert not np.allclose(mean["profit"], central)  # a product's mean is not the product of means


def test_the_worlds_of_an_option_that_draw_beliefs_have_its_expected_profit_as_their_mean(fit, plan, roster):
    believed = prior(plan)
    people = shortlist.candidates(fit, plan, roster, beliefs=believed).head(8)
    rows = shortlist.options(fit, people, plan, believed)
    worlds = invitations.gains(fit, plan, rows, n_worlds=65_536, seed=2, beliefs=believed)
    for each, profit in zip(worlds.T, rows["profit"], strict=True):
        found = risk.mean(each)
        assert abs(found.value - profit) < 5 * found.se


def test_the_list_is_worth_its_value_when_it_is_played(fit, plan, people, roster):
    rich = {"niche_pool": 1e9, "kappa": 20.0}
    found = chosen(fit, plan, people, roster, **rich, budget=5_000.0, most_creators=20)
    brief = briefs.changed(plan, **rich, budget=5_000.0)
    profits = {
        name: risk.mean(simulation.invited(fit, brief, rows, n_worlds=30_000, seed=3)["profit"])
        for name, rows in found.lists.items()
    }
    for name, value in (
        ("shortlist", found.choice.value),
        ("greedy by ER", found.choice.baselines["greedy by ER"].value),
    ):
        assert abs(profits[name].value - value) < 4 * profits[name].se + 0.005 * value
    assert max(profits, key=lambda name: profits[name].value) == "shortlist"


@settings(max_examples=examples(6))
@given(
    budget=st.floats(150, 300),
    share=st.floats(0.3, 1.0),
    least=st.integers(0, 2),
    posts=st.integers(1, 2),
    offers=st.sampled_from(["planned", "best"]),
    goal=st.sampled_from(["profit", "orders"]),
)
def test_money_adds_up_to_the_cent_and_every_limit_is_kept(
    fit, plan, people, roster, budget, share, least, posts, offers, goal
):
    asked = {
        "budget": round(budget, 2),
        "most_share_niche": share,
        "least_per_niche": dict.fromkeys(NICHES, least),
        "most_posts": posts,
        "offers": offers,
        "goal": goal,
    }
    found = chosen(fit, plan, people, roster, **asked)
    rows = found.invitations
    assert round(100 * rows["set_aside"].sum()) + found.left == round(100 * asked["budget"])
    assert found.left >= 0
    assert not rows["creator"].duplicated().any()
    assert rows["place"].tolist() == list(range(1, len(rows) + 1))
    assert (rows["niche"].value_counts().reindex(NICHES, fill_value=0) >= least).all()
    cents = (100 * rows["set_aside"]).round().groupby(rows["niche"]).sum()
    assert (cents <= share * 100 * asked["budget"] + 1e-6).all()
    assert found.choice.proven
    assert found.choice.value >= max(b.value for b in found.choice.baselines.values()) - 1e-9
    assert (rows["why"] != "").all()
    assert set(found.reserve["creator"]).isdisjoint(rows["creator"])


def test_must_and_never_are_kept_and_said(fit, plan, people, roster):
    worst = shortlist.options(fit, people, plan).sort_values("value")["creator"].iloc[0]
    free = chosen(fit, plan, people, roster)
    best = free.invitations["creator"].iloc[0]
    found = chosen(fit, plan, people, roster, must=(worst,), never=(best,))
    rows = found.invitations.set_index("creator")
    assert rows.loc[worst, "why"].startswith("named in the brief; ")
    assert best not in rows.index
    assert best not in set(found.reserve["creator"])
    assert found.choice.value < free.choice.value


def test_it_says_what_limits_the_list(fit, plan, people, roster):
    assert "the budget" in chosen(fit, plan, people, roster, budget=140.0).limited_by
    few = chosen(fit, plan, people, roster, budget=5_000.0, most_creators=4)
    assert few.limited_by == ("the limit of 4 creators",)
    poor = chosen(fit, plan, people, roster, budget=5_000.0, kappa=1.0)
    assert poor.limited_by == ("nobody else is expected to earn its cost",)
    rich = chosen(fit, plan, people, roster, budget=5_000.0, kappa=500.0)
    assert rich.limited_by == ("the candidates: all are on it",)
    assert len(rich.invitations) == rich.candidates


@pytest.mark.slow
def test_more_caution_never_raises_the_mean_nor_lowers_the_worst_worlds(fit, plan, people, roster):
    asked = {"budget": 200.0, "offers": "best"}
    bold, shy = (chosen(fit, plan, people, roster, **asked, caution=value) for value in (0.0, 0.9))
    ways = shortlist.options(fit, people, briefs.changed(plan, **asked))
    worlds = invitations.gains(fit, briefs.changed(plan, **asked), ways, n_worlds=1_000, seed=5)

    def mean_and_worst(found):
        keys = ["creator", "offer", "posts"]
        mine = ways.reset_index().merge(found.lists["shortlist"][keys], on=keys)["index"]
        profit = np.sort(worlds[:, mine].sum(axis=1))
        return profit.mean(), profit[:50].mean()

    assert mean_and_worst(shy)[1] >= mean_and_worst(bold)[1] - 1e-6
    assert mean_and_worst(shy)[0] <= mean_and_worst(bold)[0] + 0.02 * abs(mean_and_worst(bold)[0])


def test_audiences_that_overlap_as_measured_are_not_both_chosen(fit, plan, people, roster):
    asked = briefs.changed(plan, budget=5_000.0, most_creators=2, niche_pool=1e9, repeat_click_weight=0.0)
    first, second = shortlist.plan(fit, asked, people, roster=roster).invitations["creator"]
    same = pd.DataFrame({"creator": [first], "other": [second], "overlap": [1.0]})
    free = shortlist.plan(fit, asked, people, roster=roster)
    # Both post in one case of 60, so even the same audience costs little: make posting certain.
    sure = briefs.changed(asked, reply_rate=1.0, accept_rate=1.0, post_rate_gift=1.0, reach_rate_nano=1.0)
    rated = shortlist.candidates(fit, sure, roster)
    pair = shortlist.plan(fit, sure, rated, roster=roster).invitations["creator"].tolist()
    same = pd.DataFrame({"creator": pair[:1], "other": pair[1:], "overlap": [1.0]})
    apart = shortlist.plan(fit, sure, rated, roster=roster, overlaps=same)
    assert set(apart.invitations["creator"]) != set(pair)
    assert free.choice.value > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"must": ("creator__12",)},
            "unknown creator in shortlist.must 'creator__12'; did you mean 'creator_12",
        ),
        ({"must": ("creator_159",)}, "shortlist.must names 'creator_159', who is no nano creator of"),
        ({"never": ("nobody at all",)}, "unknown creator in shortlist.never 'nobody at all'"),
        ({"least_per_niche": {"food": 500}}, "food"),
        ({"budget": 135.0, "least_creators": 60}, "60"),
    ],
)
def test_what_no_list_can_keep_to_is_said_in_one_line(fit, plan, people, roster, changes, message):
    with pytest.raises(errors.InputError) as refused:
        chosen(fit, plan, people, roster, **changes)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_why_a_creator_is_on_the_list_can_stand_in_the_message():
    row = {"niche": "food", "followers": 3_000, "er": 0.06, "er_alike": 0.02, "n_posts": 4}
    near = "you reach 3,000 people who follow food; 6% of your followers engage"
    for changes, words in (
        ({}, "6% of your followers engage, 3.0 times as many as with food creators of your size"),
        ({"er_alike": 0.045}, "6% of your followers engage, more than with most food creators of your size"),
        ({"er_alike": 0.06}, f"{near}, as is usual"),
        ({"er_alike": 0.09}, near),
        ({"n_posts": 0}, "your audience fits: food, 3,000 followers"),
    ):
        assert shortlist.reason(row | changes) == words


def test_a_list_without_candidates_is_empty_and_says_why(fit, plan, people, roster):
    empty = chosen(fit, plan, people.head(0), roster)
    assert empty.limited_by[0].startswith("the data hold no nano creator of fashion")
    assert (len(empty.invitations), empty.spent, empty.left) == (0, 0, round(100 * plan.budget))
    assert [len(rows) for rows in empty.lists.values()] == [0, 0, 0]
    nothing = simulation.invited(fit, plan, empty.lists["shortlist"], n_worlds=64, seed=1)
    assert nothing["profit"].eq(0).all()


def test_a_list_that_must_hold_somebody_is_refused_without_candidates(fit, plan, people, roster):
    with pytest.raises(errors.InputError, match="no creator is left to choose"):
        chosen(fit, plan, people.head(0), roster, least_creators=1)


def test_the_handful_is_the_best_of_each_niche_by_what_is_likely_not_by_what_shows(plan):
    rows = pd.DataFrame(
        {
            "creator": ["ann", "bob", "cid"], "niche": ["food", "food", "pet"], "followers": 2_000,
            "n_posts": [1, 12, 0], "er": [0.05, 0.06, 0.04], "er_low": 0.01, "er_high": 0.2,
            "er_raw": [0.12, 0.065, np.nan], "offer": "gift", "posts": 1, "cost": 1_128, "promise": 28.0,
            "reply_capacity": 1.0, "flags": "",
        }
    )  # fmt: skip
    found = shortlist.handful(rows).set_index("niche")
    assert found["creator"].to_dict() == {"food": "bob", "pet": "cid"}
    assert found.loc["food", ["raw_creator", "raw_er", "raw_true"]].tolist() == ["ann", 0.12, 0.05]
    assert found.loc["pet", ["raw_creator"]].isna().all()
    assert found["cost"].tolist() == [11.28, 11.28]


def test_reach_counts_the_invitations_as_expected(fit, plan, people, roster):
    found = chosen(fit, plan, people, roster)
    audiences = shortlist.audiences(found)
    assert audiences["creator"].tolist() == found.invitations["creator"].tolist()
    whole = reach.unique(audiences, plan)
    assert whole.gross == pytest.approx(found.invitations["expected_reach"].sum())
    assert whole.low <= whole.unique <= whole.high


def test_the_same_input_in_any_order_gives_the_same_list(fit, plan, people, roster):
    one = chosen(fit, plan, people, roster)
    two = chosen(fit, plan, people.iloc[::-1].reset_index(drop=True), roster.iloc[::-1])
    assert one.invitations.equals(two.invitations)
