"""Proves that sentences on the shortlist say what its numbers do, and no more than these are sure of."""

import numpy as np
import pandas as pd
import pytest

from nanospread import pages
from nanospread.campaign.shortlist import Baseline, Choice, Plan
from nanospread.core.formatting import TITLE


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


def test_the_list_says_size_cost_worth_rules_and_limits():
    found = pages.shortlist.invite(plan(limited=("the budget", "the minimum of pet")), "EUR")
    assert found.title == "Invite 2 creators of 2 niches: EUR 120 profit expected for EUR 20"
    for part in (
        "Of 40 candidates", "About 0.26 live posts", "EUR 480 of the budget is left",
        "EUR 80 profit by an even split (2 creators, EUR 15)", "EUR 90 profit by engagement rate alone",
        "The list is optimal.", "What limits it: the budget and the minimum of pet.",
    ):  # fmt: skip
        assert part in found.text
    orders = pages.shortlist.invite(plan(goal="orders", value=3.24), "EUR")
    assert "3.2 orders expected" in orders.title
    assert (
        "within 3 basis points"
        in pages.shortlist.invite(plan(status="within 3 basis points of the best possible"), "EUR").text
    )


def test_an_empty_list_says_why():
    found = pages.shortlist.invite(plan(0, limited=("nobody else is expected to earn its cost",)), "EUR")
    assert found.title == "Nobody is worth inviting"
    assert "nobody else is expected" in found.text


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
    assert sure.title.startswith("The shortlist earns more than plain rules")
    assert "on average EUR 40 more" in sure.text.replace("EUR 39", "EUR 40")
    unsure = pages.shortlist.lists_compared(worlds(0.0, 1.0), "EUR")
    assert unsure.title.startswith("The shortlist and plain rules compared")
    assert "±" in unsure.text
    worse = pages.shortlist.lists_compared(worlds(-40, 0.2), "EUR")
    assert worse.title.startswith("The shortlist and plain rules compared")
    assert "less" in worse.text
    assert len(sure.title) <= TITLE


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
    assert found.title == "The top rate in food, 12%, is more likely 6%"
    assert "In food the best bet is therefore another creator" in found.text
    calm = pages.shortlist.winners_curse(
        best(raw_er=[0.0505, 0.0402], raw_true=[0.05, 0.04], raw_creator=["ann", "cid"])
    )
    assert calm.title == "The highest rates hold: luck has little to do with them"
    assert "No niche" in pages.shortlist.winners_curse(best(raw_er=np.nan)).title


def test_the_handful_names_each_and_warns_of_odd_numbers():
    found = pages.shortlist.handful(best(flags=["jumped by 60%", ""]))
    assert "ann (food, 5%) and cid (pet, 4%)" in found.text
    assert "Look at ann first: odd numbers." in found.text
    assert pages.shortlist.handful(best().head(0)).title == "No niche has a candidate"
    assert (
        pages.shortlist.handful(best()).title
        == "A handful, one of each niche: 2 creators, engaged at 4% to 5%"
    )


@pytest.mark.parametrize(
    ("flags", "said"),
    [(["", ""], "No candidate has odd numbers."),
     (["x", ""], "1 candidate with odd numbers (page 03), 1 of them on the list: look before inviting.")],
)  # fmt: skip
def test_flags_on_the_list_are_said(flags, said):
    people = pd.DataFrame({"creator": ["creator_0", "creator_1"], "flags": flags})
    assert pages.shortlist.flagged(people, plan()) == said
