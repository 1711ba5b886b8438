"""A staged plan and a running campaign made by hand, whose every number a test may set."""

import math

import pandas as pd

from nanospread.campaign.running import NextLook, Running
from nanospread.campaign.staged import MacroQuestion, StagedPlan
from nanospread.core.estimates import Estimate

DAY = pd.Timestamp("2026-11-15", tz="UTC")
BATCH = ["batch", "posts", "contacts", "write_on", "live_by", "look_on", "cost", "p_sent"]
MEASURES = ["orders", "cost_per_order", "clicks"]
LOOK = ["batch", "measure", "posts", "days", "go_on", "stop", "otherwise"]
QUESTION = MacroQuestion(
    followers=60_000, fee=420.0, orders=31.0, value=-300.0, se=20.0, changes=0.04, reason="too dear"
)


def days(number):
    return DAY + pd.Timedelta(days=number)


def plan(choice="staged", looks=((20, 41, 23), (35, 66, 66)), gain=300.0, otherwise="stop", **changes):
    """Return a plan of three batches for five creators: two looks, unless others are given."""
    batches = [(1, 20, 2, DAY, days(35), days(49), 640.4, 1.0),
               (2, 15, 2, days(49), days(84), days(98), 480.0, 0.5),
               (3, 25, 1, days(98), days(133), pd.NaT, 800.0, 0.25)]  # fmt: skip
    every = []
    for at, (posts, go_on, stop) in enumerate(looks, start=1):
        every += [(at, "orders", posts, 14, go_on, stop, otherwise),
                  (at, "clicks", posts, 14, 900, 500, otherwise),
                  (at, "cost_per_order", posts, 14, 15.6, 27.8, otherwise)]  # fmt: skip
    errors = {"p_stop_paying": [0.062, 0.062, 0.11], "p_stop_paying_se": 0.004,
              "p_go_on_losing": [0.31, 0.31, 0.62], "p_go_on_losing_se": 0.01}  # fmt: skip
    ways = ["staged", "all_now", "nothing", "fixed_pilot", "macro"]
    means = [4_200.0, 4_200 - gain, 0.0, 4_190.0, -2_600.0]
    values = pd.DataFrame(
        {"profit_mean": means, "profit_mean_se": 40.0, "p_loss": [0.12, 0.18, 0, 0.13, 0.61],
         "p_large_loss": 0.01, "cost_mean": [1_700.0, 1_900, 0, 1_800, 5_000],
         "gain": [4_200 - mean for mean in means], "gain_se": 20.0, "tolerated": True},
        index=pd.Index(ways, name="option"),
    )  # fmt: skip
    creators = pd.DataFrame(
        {"place": range(1, 6), "creator": list("abcde"), "niche": "food", "followers": 2_000, "offer": "gift",
         "posts": 1, "batch": [1, 1, 2, 2, 3], "reason": "you reach people"}
    )  # fmt: skip
    fields = {
        "batches": pd.DataFrame(batches[: len(looks) + 1], columns=BATCH),
        "looks": pd.DataFrame(every, columns=LOOK),
        "errors": pd.DataFrame(errors, index=pd.Index(MEASURES, name="measure")),
        "values": values,
        "perfect": Estimate(900.0, 50.0),
        "captured": 0.333,
        "choice": choice,
        "macro_question": QUESTION,
        "creators": creators,
        "rule": {"campaign": "winter", "planned": "2026-11-15", "terms": "abcdefgh",
                 "looks": [{"posts": posts, "go_on": go_on, "stop": stop, "otherwise": otherwise}
                           for posts, go_on, stop in looks]},
        "notes": (),
    }  # fmt: skip
    return StagedPlan(**fields | changes)


def running(
    verdict="wait", orders=22, live=12, write_to=0, due_on=pd.NaT, campaign="winter", measure="orders"
):
    """Return a campaign that is under its first look: 20 posts, go on at 41, stop below 23."""
    look = NextLook(1, 20, live, measure, orders, 41, 23, False, due_on, verdict, write_to)
    batches = pd.DataFrame(
        {"batch": [1, 2], "contacted": [2, 0], "accepted": [2, 0], "shipped": [2, 0], "live": [live, 0],
         "orders": [orders, math.nan], "orders_to_come": [5.2, 0.0]}
    )  # fmt: skip
    return Running(
        campaign=campaign,
        as_of=DAY,
        batches=batches,
        look=look,
        looks=pd.DataFrame([look]),
        started=True,
        notes=(),
    )
