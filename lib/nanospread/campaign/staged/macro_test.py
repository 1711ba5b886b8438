"""Plan and macro in the same worlds -> whether a larger creator's post should be tried first, and its worth.

Nano batches tell how nano posts sell and, of the macro, only what both have in common. A post of a mid-tier
creator sells as a macro's posts do, at a part of the fee. It is worth what is decided better after it, plus
its own orders, less its fee; and everything else waits for it.
"""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief, order_earns
from nanospread.campaign.simulation import JointDraws, by_world, creator_list, draws
from nanospread.campaign.staged.search import Campaigns, SequentialDesign
from nanospread.campaign.staged.thresholds import best_thresholds
from nanospread.core.estimates import clearly_above
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

FOLLOWERS = (35_000, 70_000)  # of a test: mid-tier, nearer to a macro than to nano on a log scale
NAME = "a mid-tier test"


class MacroQuestion(NamedTuple):
    """Whether a post of a larger creator should come first, since nano batches tell little of the macro.

    needed: whether the test earns more than it costs. followers, fee [money]: of the test. orders: from which
    on the macro is booked. value, se: of what is decided better and its own orders, less its fee and the time
    it takes [money]. changes: chance that its answer changes the decision. reason: "test", "same decision"
    (no answer makes a better one), "too risky" (even after a good answer the macro loses too much too often),
    "too dear" (its answer is worth less than it costs) or "no macro".
    """

    needed: bool = False
    followers: int = 0
    fee: float = math.nan
    orders: float = math.nan
    value: float = 0.0
    se: float = 0.0
    changes: float = 0.0
    reason: str = "no macro"


class MacroTestOutcome(NamedTuple):
    """A test in each world: orders counted, and what the post itself earns, its fee taken off [money]."""

    orders: Floats
    profit: Floats
    fee: float  # on average


def macro_question(
    engagement: EngagementModel,
    brief: Brief,
    looks: SequentialDesign,
    choosing: Campaigns,
    judging: Campaigns,
    *,
    seeds: tuple[int, int],
    beliefs: JointDraws | None,
) -> MacroQuestion:
    """Return the most worthwhile test, its threshold chosen in one set of campaigns and judged in the other.

    looks: of the staged plan, which goes ahead where the macro is not booked. seeds: of both sets.
    """
    quoted = simulation.quoted(engagement, brief)
    largest = quoted.deal().followers if judging.macro is not None else 0
    questions = []
    for followers in (size for size in FOLLOWERS if size < largest):
        tests = [
            _tested(engagement, brief, followers, one.paths.profit.shape[1], seed, beliefs)
            for one, seed in zip((choosing, judging), seeds, strict=True)
        ]
        questions.append(_worth(brief, followers, looks, (choosing, judging), (tests[0], tests[1])))
    return max(questions, key=lambda one: (one.needed, one.value), default=MacroQuestion())


def _tested(
    engagement: EngagementModel, brief: Brief, followers: int, n: int, seed: int, beliefs: JointDraws | None
) -> MacroTestOutcome:
    values = by_world.values(brief, beliefs, seed, 0, n)
    niche = creator_list.macro_niche(engagement, brief)
    one = pd.DataFrame({"creator": [NAME], "niche": [niche], "followers": [followers]})
    caused = simulation.posted(engagement, brief, one, n_worlds=n, seed=seed, beliefs=beliefs)[:, 0]
    within = -np.expm1(-brief.batches.days / values.order_delay_days)
    counted = values.tracked_share / values.incremental_share * within
    quote = brief.macro
    price = quote.fee / quote.followers if quote.fee and quote.followers else values.fee_per_follower_macro
    fee = np.broadcast_to(price * followers, n)
    orders = draws.counts(seed, "staged test", str(followers), caused * counted)
    return MacroTestOutcome(orders, order_earns(values) * caused - fee, float(fee.mean()))


def _worth(
    brief: Brief,
    followers: int,
    looks: SequentialDesign,
    campaigns: tuple[Campaigns, Campaigns],
    tests: tuple[MacroTestOutcome, MacroTestOutcome],
) -> MacroQuestion:
    plans = [one.rule_outcome(looks).payoff for one in campaigns]
    macros = [one.macro.profit for one in campaigns if one.macro is not None]
    cut = best_thresholds(tests[0].orders, plans[0], plans[0], macros[0], last=True).go_on
    booked, plan, macro = tests[1].orders >= cut, plans[1], macros[1]
    macro_first = bool(macros[0].mean() > plans[0].mean())
    before, batch = macro if macro_first else plan, campaigns[1].batch
    decided = np.where(booked, macro, plan)
    informed = risk.mean(decided - before, batch=batch)
    gain = risk.mean(campaigns[1].discount * decided + tests[1].profit - before, batch=batch)
    losing = macro[booked] < -brief.tolerate_loss.share * brief.budget
    risky = bool(len(losing) and losing.mean() > brief.tolerate_loss.chance)
    reason = "too risky" if risky else "test" if clearly_above(gain, 0.0) else "too dear"
    if informed.value <= 0 or not clearly_above(informed, 0.0):
        reason = "same decision"
    return MacroQuestion(
        needed=reason == "test",
        followers=followers,
        fee=tests[1].fee,
        orders=cut,
        value=gain.value,
        se=gain.se,
        changes=float((booked != macro_first).mean()),
        reason=reason,
    )
