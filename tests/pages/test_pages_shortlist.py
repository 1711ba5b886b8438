"""Proves that sentences on the shortlist say what its numbers do, and no more than these are sure of."""

from dataclasses import replace

import numpy as np
import pandas as pd

from nanospread import pages
from nanospread.campaign.shortlist import Baseline, Choice, Plan


def plan(n=2, goal="profit", value=120.5, plain=(80.0, 90.0), status="optimal", limited=("the budget",)):
    names = [f"creator_{at}" for at in range(n)]
    rows = pd.DataFrame({"creator": names, "niche": ["food", "pet"][:n] if n < 3 else "food", "flags": ""})
    lists = {"shortlist": rows.assign(expected_posts=0.13)}
    baselines = {
        name: Baseline(rows, worth, 1_500)
        for name, worth in zip(("equal split", "greedy by ER"), plain, strict=True)
    }
    found = Choice(
        rows, value, value, 0.0, True, status, 2_000, baselines, 0.0, 0.0, pd.DataFrame(), pd.Series()
    )
    return Plan(rows, lists, rows.head(0), limited, 40, goal, found, 2_000, 48_000)


PLANS = pd.DataFrame(
    {"posts_live": [44.4], "conversions_mean": [372.0], "cost_mean": [4_142.0], "p_loss": [0.081]},
    index=["plan_roster"],
)


def test_the_list_says_size_what_it_brings_and_its_limits():
    found = pages.shortlist.invite(plan(limited=("the budget", "the minimum of pet")), PLANS, "EUR")
    assert found.title == "Invite 2 creators of 2 niches"
    for part in (
        "out of 40 candidates", "Expect 44 live posts and 370 orders for EUR 4,100.",
        "It loses money in 8 of 100 simulated campaigns.", "EUR 480 stay unspent.",
        "Why not more? The budget and the minimum of pet.",
    ):  # fmt: skip
        assert part in found.text
    other = pages.shortlist.invite(plan(), PLANS, "EUR", chosen=False)
    assert other.text.startswith("Should you take nano, invite 2 creators"), "the advice is another"
    near = pages.shortlist.invite(plan(status="within 3 basis points of the best possible"), PLANS, "EUR")
    assert "The list is within 3 basis points" in near.text


def test_an_empty_list_says_why():
    empty = plan(0, limited=("nobody else is expected to earn its cost",))
    found = pages.shortlist.invite(empty, PLANS, "EUR")
    assert found.title == "Nobody is worth inviting"
    assert "Nobody else is expected" in found.text


def test_whom_to_invite_has_a_profile_and_a_contact_where_one_is_kept():
    invited = pages.shortlist.to_invite(plan(), pd.DataFrame({"creator": pd.Series(dtype="str")}))
    batch = pages.shortlist.of_batch(invited, pd.DataFrame({"creator": ["creator_1"]}))
    assert batch["creator"].tolist() == ["creator_1"]
    assert invited["profile"].tolist() == ["instagram.com/creator_0", "instagram.com/creator_1"]
    assert "contact" not in invited
    kept = pd.DataFrame({"creator": ["creator_1"], "email": ["b@x.org"], "phone": [""]})
    assert pages.shortlist.to_invite(plan(), kept)["contact"].tolist() == ["", "b@x.org"]
    there = [replace(plan(), platform=name) for name in ("tiktok", "linkedin")]
    assert [pages.shortlist.to_invite(each, kept)["profile"].iloc[0] for each in there] == [
        "tiktok.com/@creator_0",
        "creator_0",
    ]
    odd = plan()
    odd.invitations.loc[0, "creator"] = "x/../?y"
    assert pages.shortlist.to_invite(odd, kept)["profile"].iloc[0] == "x/../?y"  # no address is made of it


def worlds(gain, spread, n=4_096):
    luck = np.random.default_rng(3).standard_normal((3, n)) * 100
    profit = {"shortlist": 50 + luck[0], "equal split": 50 - gain + luck[0] + spread * luck[1],
              "greedy by ER": 50 - gain + luck[0] + spread * luck[2]}  # fmt: skip
    return pd.concat(
        [
            pd.DataFrame({"world": np.arange(n), "arm": arm, "profit": values})
            for arm, values in profit.items()
        ]
    )


def test_a_clear_gain_is_said_and_an_unclear_one_is_not():
    sure = pages.shortlist.lists_compared(worlds(40, 0.2), "EUR")
    assert sure.title == "The list earns more than plain rules"
    assert "EUR 40 more on average" in sure.text
    unsure = pages.shortlist.lists_compared(worlds(0.0, 1.0), "EUR")
    assert unsure.title == "The list and plain rules compared"
    assert "no clear difference" in unsure.text
    worse = pages.shortlist.lists_compared(worlds(-40, 0.2), "EUR")
    assert worse.title == "The list and plain rules compared"
    assert "less" in worse.text


def best(**changes):
    rows = pd.DataFrame(
        {
            "niche": ["food", "pet"], "creator": ["ann", "cid"], "er": [0.05, 0.04], "flags": "",
            "raw_creator": ["bob", "cid"], "raw_er": [0.12, 0.0405], "raw_true": [0.06, 0.04],
        }
    )  # fmt: skip
    return rows.assign(**changes)


def test_the_luck_of_the_leaders_is_said_where_there_is_some():
    found = pages.shortlist.winners_curse(best())
    assert found.title == "Top rates are partly luck: 12% in food is more likely 6%"
    assert "the leaders' rates are 26% too high" in found.text
    calm = pages.shortlist.winners_curse(
        best(raw_er=[0.0505, 0.0402], raw_true=[0.05, 0.04], raw_creator=["ann", "cid"])
    )
    assert calm.title == "The highest rates hold: luck has little to do with them"
    assert "No niche" in pages.shortlist.winners_curse(best(raw_er=np.nan)).title


def test_the_handful_names_each_and_warns_of_odd_numbers():
    found = pages.shortlist.handful(best(flags=["jumped by 60%", ""]))
    assert "ann (food, 5%) and cid (pet, 4%)" in found.text
    assert "Ask ann about unusual numbers first." in found.text
    assert pages.shortlist.handful(best().head(0)).title == "No niche has a candidate"


def test_flags_of_those_written_to_now_are_said():
    names = pd.DataFrame({"creator": ["creator_0", "creator_1"]})
    assert pages.shortlist.flagged(plan_with(["", ""]), names) == ""
    assert pages.shortlist.flagged(plan_with(["x", ""]), names.tail(1)) == "", "another batch's"
    assert pages.shortlist.flagged(plan_with(["x", ""]), names) == (
        "Ask about unusual numbers before inviting: no. 1 creator_0."
    )


def plan_with(flags):
    found = plan()
    found.invitations["flags"], found.invitations["place"] = flags, [1, 2]
    return found
