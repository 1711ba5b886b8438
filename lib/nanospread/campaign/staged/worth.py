"""Plans and fresh campaigns -> what each plan earns beside the others, how often its rule is wrong, and
whether a larger creator's post should come first.

The campaigns are others than those in which the plans were chosen.

Nano batches tell how nano posts sell and, of the macro, only what both have in common. A post of a mid-tier
creator sells as a macro's posts do, at a part of the fee. It is worth what is decided better after it, plus
its own orders, less its fee; and everything else waits for it.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import decision, risk, simulation
from nanospread.campaign.brief import Brief, earned_share, order_earns
from nanospread.campaign.sensitivity import NOTHING, Information
from nanospread.campaign.simulation import JointDraws, by_world, creator_list, draws
from nanospread.campaign.staged import search
from nanospread.campaign.staged.paths import shared_luck
from nanospread.campaign.staged.search import (
    Campaigns,
    RuleOutcome,
    SequentialDesign,
    best_thresholds,
    rule_outcome,
)
from nanospread.core.estimates import SURE, Estimate, clearly_above
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

STAGED, ALL_NOW, MACRO, PILOT = "staged", "all_now", "macro", "fixed_pilot"
MEASURES = ("orders", "cost_per_order", "clicks")
PILOT_POSTS = 10  # live posts of the pilot that teams run by habit
TEST_FOLLOWERS = (35_000, 70_000)  # of a test: mid-tier, nearer to a macro than to nano on a log scale
TEST_NAME = "a mid-tier test"


class Plans(NamedTuple):
    """The plan, the same looks with thresholds on clicks, and the fixed pilot where the list allows one."""

    looks: SequentialDesign
    by_clicks: SequentialDesign
    pilot: SequentialDesign | None


def chosen(campaigns: Campaigns, *, most: int, capacity: int | None) -> Plans:
    """Return the plans that earn most in these campaigns. most: batches; capacity: contacts of a batch."""
    looks = search.chosen(campaigns, most=most, allowed=campaigns.paths.fits(capacity))
    by_clicks = campaigns.best(looks.steps, clicks=True)[0] if looks.steps else looks
    posts, pilot = campaigns.paths.posts, None
    if campaigns.paths.last > 1:
        pilot = campaigns.best((1 + int(np.abs(posts[1:-1] - PILOT_POSTS).argmin()),))[0]
    return Plans(looks, by_clicks, pilot)


def _realised(campaigns: Campaigns, step: Any, brief: Brief, beliefs: JointDraws | None, seed: int) -> Floats:
    """Return the profit of ending each world at a step, with its own orders and their values [money]."""
    worlds = np.arange(campaigns.paths.profit.shape[1])
    values = by_world.values(brief, beliefs, seed, 0, len(worlds))
    revenue = simulation.revenue(campaigns.paths.orders[step, worlds], values, seed)
    return np.asarray(earned_share(values) * revenue - campaigns.paths.cost[step, worlds])


def _at(looks: SequentialDesign, result: RuleOutcome, last: int) -> Any:
    """Return the step at which each world ends."""
    return np.array([*looks.steps, last if looks.sends else 0])[result.look]


def _booked(campaigns: Campaigns, looks: SequentialDesign, result: RuleOutcome) -> Floats:
    """Return what a macro that is booked after a stop earns, 0 in other worlds."""
    earned = np.zeros(len(result.payoff))
    for number, (step, then) in enumerate(zip(looks.steps, looks.otherwise, strict=True)):
        if then == "macro":
            here = result.look == number
            earned[here] = campaigns.booked(step)[here]
    return earned


class OptionValues(NamedTuple):
    """What each option earns: the table as in `StagedPlan`, and its expected profit in each world [money]."""

    table: pd.DataFrame
    expected: dict[str, Floats]

    @property
    def at_once(self) -> list[str]:
        """The options that take no look."""
        return [name for name in self.expected if name not in (STAGED, PILOT)]


def values(
    campaigns: Campaigns, plans: Plans, brief: Brief, beliefs: JointDraws | None, seed: int
) -> OptionValues:
    """Return what the plans, all now, nothing and the macro earn. seed: that of the campaigns."""
    last, n = campaigns.paths.last, campaigns.paths.profit.shape[1]
    options = {STAGED: plans.looks, ALL_NOW: search.ALL_NOW, NOTHING: search.NOTHING_SENT}
    if plans.pilot:
        options[PILOT] = plans.pilot
    expected: dict[str, Floats] = {}
    realised: dict[str, Floats] = {}
    cost: dict[str, Floats] = {}
    for name, looks in options.items():
        result = campaigns.rule_outcome(looks)
        end_steps = _at(looks, result, last)
        expected[name] = result.payoff
        realised[name] = _realised(campaigns, end_steps, brief, beliefs, seed) if looks.sends else np.zeros(n)
        cost[name] = campaigns.paths.cost[end_steps, np.arange(n)]
        if campaigns.macro is not None and "macro" in looks.otherwise:
            booked = _booked(campaigns, looks, result)
            realised[name] = realised[name] + booked
            cost[name] = cost[name] + np.where(booked != 0, campaigns.macro.fee, 0.0)
    if campaigns.macro is not None:
        expected[MACRO] = realised[MACRO] = campaigns.macro.profit
        cost[MACRO] = campaigns.macro.fee
    rows = {}
    for name, profit in expected.items():
        mean, gain = (risk.mean(each, batch=campaigns.batch) for each in (profit, expected[STAGED] - profit))
        limit = -brief.tolerate_loss.share * brief.budget
        large = float((realised[name] < limit).mean())
        rows[name] = {
            "profit_mean": mean.value,
            "profit_mean_se": mean.se,
            "p_loss": float((realised[name] < 0).mean()),
            "p_large_loss": large,
            "cost_mean": float(cost[name].mean()),
            "gain": gain.value,
            "gain_se": gain.se,
            "tolerated": large <= brief.tolerate_loss.chance,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("option")
    return OptionValues(table, expected)


def choice(worth: pd.DataFrame, *, sequential: bool) -> str:
    """Return the option of the largest mean profit among those whose losses are tolerated.

    sequential: whether the plan takes a look; else it is one of the others.
    """
    left_out = {NOTHING, PILOT, *([] if sequential else [STAGED])}
    names = [NOTHING, *(name for name in worth.index if name not in left_out)]
    means = {name: float(worth.loc[name, "profit_mean"]) for name in names}
    chosen_, _, _ = decision.rule(means, [name for name in names if worth.loc[name, "tolerated"]])
    return chosen_


def perfect(
    campaigns: Campaigns, earned: OptionValues, brief: Brief, beliefs: JointDraws | None, seed: int
) -> tuple[Estimate, float]:
    """Return what knowing beliefs and shared luck first is worth [money], and the part that the plan gets.

    Beside the best option without a look; the part is nan where the value is within its error.
    """
    known = shared_luck(beliefs, brief, n_worlds=len(campaigns.batch), seed=seed)
    value = Information(earned.expected, known, campaigns.batch).evpi(earned.at_once)
    best = max(float(earned.expected[name].mean()) for name in earned.at_once)
    gained = float(earned.expected[STAGED].mean()) - best
    return value, gained / value.value if value.value > SURE * value.se else math.nan


def error_rates(campaigns: Campaigns, plans: Plans) -> pd.DataFrame:
    """Return how often the rule is wrong, by measure, as `StagedPlan.errors`."""
    looks, clicks = plans.looks, campaigns.rule_outcome(plans.by_clicks, clicks=True)
    results = zip(MEASURES, (campaigns.rule_outcome(looks), _by_cost(campaigns, looks), clicks), strict=True)
    paths, rows = campaigns.paths, {}
    pays = paths.profit[paths.last] > 0
    for name, result in results:
        sent = paths.cost[_at(looks, result, paths.last), np.arange(len(pays))] >= paths.cost[paths.last]
        wrong = {"p_stop_paying": ~sent[pays], "p_go_on_losing": sent[~pays]}
        row: dict[str, float] = {}
        for error, happened in wrong.items():
            label = campaigns.batch[pays if error == "p_stop_paying" else ~pays]
            chance = risk.probability(happened, batch=label) if len(happened) else Estimate(0.0, math.nan)
            row |= {error: chance.value, f"{error}_se": chance.se}
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")


def _by_cost(campaigns: Campaigns, looks: SequentialDesign) -> RuleOutcome:
    """Return how the plan ends where each world's own cost per order is held against the thresholds."""
    if not looks.steps:
        return campaigns.rule_outcome(looks)
    costs = [campaigns.paths.cost[step] for step in looks.steps]
    scaled = [
        look._replace(counts=look.counts * cost.mean() / np.maximum(cost, 1e-9))
        for look, cost in zip(campaigns.looks(looks), costs, strict=True)
    ]
    return rule_outcome(scaled, looks.thresholds)


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
    for followers in (size for size in TEST_FOLLOWERS if size < largest):
        tests = [
            _tested(engagement, quoted, followers, one.paths.profit.shape[1], seed, beliefs)
            for one, seed in zip((choosing, judging), seeds, strict=True)
        ]
        questions.append(_worth(brief, followers, looks, (choosing, judging), (tests[0], tests[1])))
    return max(questions, key=lambda one: (one.needed, one.value), default=MacroQuestion())


def _tested(
    engagement: EngagementModel, brief: Brief, followers: int, n: int, seed: int, beliefs: JointDraws | None
) -> MacroTestOutcome:
    """Return one post of a creator of so many followers, at the macro's price. brief: as `Brief.quoted`."""
    values = by_world.values(brief, beliefs, seed, 0, n)
    niche = creator_list.macro_niche(engagement, brief)
    creator = pd.DataFrame({"creator": [TEST_NAME], "niche": [niche], "followers": [followers]})
    caused = simulation.posted(engagement, brief, creator, n_worlds=n, seed=seed, beliefs=beliefs)[:, 0]
    within = -np.expm1(-brief.batches.days / values.order_delay_days)
    counted = values.tracked_share / values.incremental_share * within
    quote, price = brief.macro, values.fee_per_follower_macro
    if quote.fee and quote.followers:
        price = quote.fee / (quote.followers * quote.posts)
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
