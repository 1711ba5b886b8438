"""A brief at other budgets -> orders, profit and odds against money, and where the next of it stops paying.

Each budget is the campaign of `simulation.campaign` with that budget and all else as in the brief, in the
same worlds, so that two budgets differ by the money alone. Results teach nothing anew: beliefs stay.

A macro with a quote is bought whole or not at all: below its fee there is none, and what a larger budget
leaves of it stays unspent. One without a quote grows with the budget. The mix is the one of the largest mean
profit among tenths of the budget on a macro. Creators beyond those of the data are typical ones.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.risk import batches
from nanospread.campaign.sensitivity import Information
from nanospread.campaign.simulation import JointDraws, run
from nanospread.campaign.simulation.creator_list import LONGEST_LIST, roster
from nanospread.core import errors
from nanospread.core.estimates import SURE, Estimate
from nanospread.core.types import Floats, Places
from nanospread.creators.engagement import EngagementModel

FACTORS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # of the brief's budget
TENTHS = tuple(tenth / 10 for tenth in range(1, 10))  # shares on the macro of the mixes
MIXES = tuple(f"mix_{100 * share:g}" for share in TENTHS)
MIX = "best_mix"
MOST_BUDGETS = 50
FITTED = 4_096  # worlds that the range of what is not known is read off: more hardly move it
RANGE = (0.1, 0.9)
IDLE = 0.1  # share of further money under which an option hardly spends any of it
ROUGH = 1_024  # worlds in which a budget is guessed
CERTAIN = [  # columns that hang on no odds
    "option", "budget", "macro_share", "macro_followers", "cost_mean", "contacts", "posts_live",
    "creators_drawn",
]  # fmt: skip
GREW = 1.05  # orders of twice the budget against those of the budget, where more money still brings orders

Where = Literal["nowhere", "inside", "beyond", "unspent", "unclear", "withheld"]


class BudgetOptimum(NamedTuple):
    """Where the next money stops paying for one option: the budget of the largest mean profit.

    where: "nowhere" (no budget earns its cost), "inside" the budgets looked at, "beyond" them, "unspent" (the
    option cannot use more), or "unclear" (the next money neither earns nor loses clearly). budget: that
    budget, nan unless inside or unspent; se: its Monte Carlo error [money]. low, high: of the budgets looked
    at, the 10 and 90 % points over what is not known, 0 where none pays. nowhere, beyond: shares of what is
    not known in which no budget pays, and in which the largest one still does [0-1].
    """

    where: Where
    budget: float
    se: float
    low: float
    high: float
    nowhere: float
    beyond: float


WITHHELD = BudgetOptimum("withheld", *[math.nan] * 6)


@dataclass(frozen=True)
class BudgetCurve:
    """What budgets bring.

    points: one row per option (nano_<offer>, macro, best_mix) and budget in reach: option, budget [money],
    macro_share [0-1], macro_followers; means of cost_mean [money], contacts, posts_live, conversions_mean;
    creators_drawn (not in the data); conversions_p10, conversions_p90; profit_mean, profit_mean_se [money],
    profit_low, profit_high (80 % of what is not known); p_loss, p_large_loss (of more than the tolerated
    share of that budget), each with _se, tolerated. Up to the next budget, nan at the last: next_profit, what
    each further unit of money earns beyond its cost, next_profit_se, next_low, next_high, and p_next_pays,
    the share of what is not known in which it earns its cost. stops: by option. brief: with its macro's
    followers. creators: nano creators of the brief's niches in the data; enough: the budget that contacts all
    of them, inf for one beyond those looked at [money].
    """

    brief: Brief
    nano: str
    points: pd.DataFrame
    stops: Mapping[str, BudgetOptimum]
    creators: int
    enough: float

    @property
    def budgets(self) -> tuple[float, ...]:
        """Return the budgets looked at, from the least to the largest [money]."""
        return tuple(sorted(self.points["budget"].unique()))

    def of(self, option: str) -> pd.DataFrame:
        """Return one option's rows by budget. Raises: InputError for an option that no budget pays for."""
        known = list(dict.fromkeys(self.points["option"]))
        if option not in known:
            raise errors.unknown("option", option, known)
        rows = self.points[self.points["option"] == option]
        return rows.drop(columns="option").set_index("budget")


class OptionAtBudget(NamedTuple):
    """One option at one budget: share on the macro, its followers; by world cost, profit [money], orders."""

    share: float
    followers: float
    cost: Floats
    profit: Floats
    orders: Floats
    contacts: float
    posts: float
    creators_drawn: float


def curve(
    engagement: EngagementModel,
    brief: Brief,
    *,
    information: Information,
    budgets: Iterable[float] | None = None,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None = None,
    executor: Executor | None = None,
) -> BudgetCurve:
    """Return what each budget brings.

    information: of the same campaigns or the first of them, whose beliefs the ranges are over. budgets:
    rising [money]; None for a tenth to eight times the brief's, as far as they can be, and the macro's quote.
    executor: over whose workers each budget's campaigns are spread.

    Raises: InputError for budgets that do not rise or cannot be.
    """
    run.checked(n_worlds, seed, fewest=2)
    brief = simulation.quoted(engagement, brief)
    chosen = _usual(brief, beliefs) if budgets is None else _checked(brief, list(budgets), beliefs)
    nano, options = f"nano_{brief.nano.offer}", dict[str, dict[float, OptionAtBudget]]()
    play = partial(_played, engagement, brief, beliefs, seed, executor)
    for budget in chosen:
        for name, played in _best(play(budget, [nano, risk.RIVAL, *MIXES], n_worlds), nano).items():
            options.setdefault(name, {})[budget] = played
    tables = [of_option(name, each, brief, information) for name, each in options.items()]
    points = pd.concat([rows for rows, _ in tables], ignore_index=True)
    known = len(roster(engagement, brief.niches))
    contacts = np.array([options[nano][budget].contacts for budget in chosen])
    enough = math.inf if contacts[-1] <= known else float(np.interp(known, [0, *contacts], [0, *chosen]))
    stops = {name: stop for name, (_, stop) in zip(options, tables, strict=True)}
    return BudgetCurve(brief, nano, points, stops, known, enough)


def _usual(brief: Brief, beliefs: JointDraws | None) -> list[float]:
    budgets = [factor * brief.budget for factor in FACTORS]
    if budgets[0] < brief.asked_by_macro < budgets[-1]:
        budgets = sorted({*budgets, brief.asked_by_macro})
    return [budget for budget in budgets if _possible(brief, budget, beliefs)]


def _possible(brief: Brief, budget: float, beliefs: JointDraws | None) -> bool:
    try:
        simulation.list_length(changed(brief, budget=budget), beliefs)
    except errors.InputError:
        return False
    return True


def _checked(brief: Brief, budgets: Sequence[float], beliefs: JointDraws | None) -> list[float]:
    if not 2 <= len(budgets) <= MOST_BUDGETS:
        raise errors.InputError(f"budgets must be from 2 to {MOST_BUDGETS}; got {len(budgets)}")
    for budget in budgets:
        simulation.list_length(changed(brief, budget=budget), beliefs)
    for one, other in pairwise(budgets):
        if not one < other:
            raise errors.InputError(f"budgets must rise; got {other:,g} after {one:,g}")
    return [float(budget) for budget in budgets]


def _played(
    engagement: EngagementModel,
    brief: Brief,
    beliefs: JointDraws | None,
    seed: int,
    executor: Executor | None,
    budget: float,
    names: Sequence[str],
    n_worlds: int,
) -> dict[str, OptionAtBudget]:
    """Return nano, the macro and the mixes at one budget, those named and in reach.

    names: as `simulation.campaign`'s.
    """
    brief = changed(brief, budget=budget, mixes=TENTHS)
    if brief.out_of_reach:
        names = [name for name in names if name.startswith("nano_")]
    if not names:
        return {}
    outcomes = simulation.campaign(
        engagement, brief, n_worlds=n_worlds, seed=seed, only=names, beliefs=beliefs, executor=executor
    )
    plan = outcomes.plan.set_index("arm")
    return {
        str(name): OptionAtBudget(
            float(plan["macro_share"][name]),
            float(plan["macro_followers"][name]),
            rows["cost"].to_numpy(copy=True),
            rows["profit"].to_numpy(copy=True),
            rows["conversions"].to_numpy(copy=True),
            float(plan["contacts"][name]),
            float(plan["expected_posts"][name]),
            float(plan["creators_drawn"][name]),
        )
        for name, rows in outcomes.worlds.groupby("arm", observed=True)
    }


def _best(options: Mapping[str, OptionAtBudget], nano: str) -> dict[str, OptionAtBudget]:
    """Return nano, and where it is in reach the macro and the mix of the largest mean profit."""
    mixes = [played for name, played in options.items() if name.startswith("mix_")]
    ends = {name: options[name] for name in (nano, risk.RIVAL) if name in options}
    return ends | ({MIX: max(mixes, key=lambda played: played.profit.mean())} if mixes else {})


def of_option(
    option: str, by_budget: Mapping[float, OptionAtBudget], brief: Brief, information: Information
) -> tuple[pd.DataFrame, BudgetOptimum]:
    """Return one option's rows of `BudgetCurve.points`, and where the next money stops paying.

    by_budget: rising. information: of the first of the same worlds, or of all of them.
    """
    budgets, every = np.array([*by_budget]), [*by_budget.values()]
    profits = np.array([played.profit for played in every])
    batch = np.arange(profits.shape[1]) % risk.BATCHES
    fitted = _given_beliefs(information, every, int(np.abs(budgets - brief.budget).argmin()))
    rows = [_row(played, brief, budget, batch) for budget, played in by_budget.items()]
    table = pd.DataFrame(rows)
    table["profit_low"], table["profit_high"] = np.quantile(fitted, RANGE, axis=1)
    steps, apart = np.diff(budgets), np.diff(profits, axis=0)
    nexts = [risk.mean(more / step, batch=batch) for more, step in zip(apart, steps, strict=True)]
    marginal = np.diff(fitted, axis=0) / steps[:, None]
    table["next_profit"] = [*(each.value for each in nexts), math.nan]
    table["next_profit_se"] = [*(each.se for each in nexts), math.nan]
    for name, share in zip(("next_low", "next_high"), RANGE, strict=True):
        table[name] = [*np.quantile(marginal, share, axis=1), math.nan]
    table["p_next_pays"] = [*(marginal > 0).mean(axis=1), math.nan]
    table.insert(0, "option", option)
    return table, _stop(budgets, table, profits, fitted, batch)


def _given_beliefs(information: Information, every: Sequence[OptionAtBudget], near: int) -> Floats:
    """Return the mean profit given all beliefs, budgets x worlds; near: the budget that the others follow."""
    n = len(information.batch)
    earned = np.array([(played.profit + played.cost)[:n] for played in every])
    cost = np.array([played.cost[:n] for played in every])
    means = information.in_step(earned, earned[near], information.given_beliefs(earned[near]))
    return means - information.in_step(cost, np.ones(n), np.ones(n))


def _row(played: OptionAtBudget, brief: Brief, budget: float, batch: Places) -> dict[str, float | bool]:
    profit, tolerate = played.profit, brief.tolerate_loss
    mean, loss = risk.mean(profit, batch=batch), risk.p_loss(profit, batch=batch)
    large = risk.probability(profit < -tolerate.share * budget, batch=batch)
    return {
        "budget": budget,
        "macro_share": played.share,
        "macro_followers": played.followers,
        "cost_mean": float(played.cost.mean()),
        "contacts": played.contacts,
        "posts_live": played.posts,
        "creators_drawn": played.creators_drawn,
        "conversions_mean": float(played.orders.mean()),
        **{f"conversions_p{q:.0f}": risk.quantile(played.orders, q / 100).value for q in (10, 90)},
        "profit_mean": mean.value,
        "profit_mean_se": mean.se,
        "p_loss": loss.value,
        "p_loss_se": loss.se,
        "p_large_loss": large.value,
        "p_large_loss_se": large.se,
        "tolerated": large.value <= tolerate.chance,
    }


def _stop(
    budgets: Floats, table: pd.DataFrame, profits: Floats, fitted: Floats, batch: Places
) -> BudgetOptimum:
    looked_at, last = np.concatenate([[0.0], budgets]), len(budgets)
    best = np.vstack([np.zeros(fitted.shape[1]), fitted]).argmax(axis=0)
    low, high = np.quantile(looked_at[best], RANGE, method="nearest")
    unknown = float(low), float(high), float((best == 0).mean()), float((best == last).mean())
    best_place = int(np.concatenate([[0.0], table["profit_mean"]]).argmax())
    if best_place == 0:
        return BudgetOptimum("nowhere", math.nan, math.nan, *unknown)
    idle = np.flatnonzero(_unspent(budgets, table["cost_mean"].to_numpy()))
    if len(idle) and idle[0] <= best_place - 1:
        return BudgetOptimum("unspent", float(budgets[idle[0]]), 0.0, *unknown)
    if best_place == last:
        final = table.iloc[-2] if last > 1 else table.iloc[-1]
        clear = final["next_profit"] > SURE * final["next_profit_se"]
        return BudgetOptimum("beyond" if clear else "unclear", math.nan, math.nan, *unknown)
    crossing = stops_at(budgets, table["profit_mean"].to_numpy())
    without = np.array([stops_at(budgets, profits[:, batch != part].mean(axis=1)) for part in set(batch)])
    return BudgetOptimum("inside", crossing, batches.jackknife(without), *unknown)


def _unspent(budgets: Floats, cost: Floats) -> NDArray[np.bool_]:
    """Return at which budgets hardly anything of more money is spent, nor at any larger one."""
    idle = np.diff(cost) < IDLE * np.diff(budgets)
    return np.asarray(np.logical_and.accumulate(idle[::-1])[::-1])


def stops_at(budgets: Floats, profit: Floats) -> float:
    """Return the budget at which the next money earns nothing: on the line between the slopes by the best.

    budgets, profit: rising budgets and their mean profits [money]. It is the best budget itself at an end of
    them.
    """
    best = int(profit.argmax())
    if not 0 < best < len(budgets) - 1:
        return float(budgets[best])
    slopes = np.diff(profit[best - 1 : best + 2]) / np.diff(budgets[best - 1 : best + 2])
    middles = (budgets[best - 1 : best + 1] + budgets[best : best + 2]) / 2
    return float(middles[0] + slopes[0] * (middles[1] - middles[0]) / max(slopes[0] - slopes[1], 1e-300))


def withheld(budget_curve: BudgetCurve) -> BudgetCurve:
    """Return the curve without odds: what budgets write to and cost is left."""
    odds = budget_curve.points.columns.difference(CERTAIN)
    points = budget_curve.points.assign(**dict.fromkeys(odds, math.nan))
    return replace(budget_curve, points=points, stops=dict.fromkeys(budget_curve.stops, WITHHELD))


# --- the budget for wanted orders


class RequiredBudget(NamedTuple):
    """The smallest budget for wanted orders, of two digits; nan where none is large enough [money].

    chance: of the orders at that budget, or at the largest one that can be looked at, `looked_at`. saturated:
    whether there twice the money hardly brings more orders.
    """

    budget: float
    macro_share: float
    chance: Estimate
    conversions_mean: float
    looked_at: float
    saturated: bool


def needed(
    engagement: EngagementModel,
    brief: Brief,
    orders: float,
    *,
    chance: float = 0.8,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None = None,
    executor: Executor | None = None,
) -> dict[str, RequiredBudget]:
    """Return by option (nano_<offer>, macro, best_mix) the smallest budget that brings the orders so surely.

    orders: wanted, 1 or more. chance: with which at least so many come [0-1]. The mix is the one of the
    largest chance. Options that no budget pays for are left out.

    Raises: InputError for orders or a chance out of range.
    """
    if not 1 <= orders < math.inf:
        raise errors.InputError(f"orders must be 1 or more; got {orders:g}")
    if not 0 < chance < 1:
        raise errors.InputError(f"chance must be above 0 and below 1; got {chance:g}")
    brief = simulation.quoted(engagement, brief)
    budgets = round_budgets(brief, beliefs)
    play = partial(_played, engagement, brief, beliefs, seed, executor)
    search = BudgetSearch(play, brief, budgets, orders)
    last, answers = len(budgets) - 1, {}
    for option in (f"nano_{brief.nano.offer}", risk.RIVAL, MIX):
        start = search.guess(option, chance, min(ROUGH, n_worlds))
        first = first_true(partial(search.sure, option, chance, n_worlds), start, last)
        place = last if first is None else first
        if solution := search.at(option, place, n_worlds):
            likely, played = solution
            budget, mean = math.nan if first is None else budgets[place], float(played.orders.mean())
            saturated = first is None and search.saturated(option, n_worlds)
            answers[option] = RequiredBudget(budget, played.share, likely, mean, budgets[place], saturated)
    return answers


@dataclass(frozen=True)
class BudgetSearch:
    """The options at budgets that were tried so far, each with its chance of the orders wanted.

    play: budget, names and n_worlds -> options, as `_played`.
    """

    play: Callable[[float, Sequence[str], int], dict[str, OptionAtBudget]]
    brief: Brief
    budgets: Sequence[float]
    orders: float
    tried: dict[tuple[str, int, int], tuple[Estimate, OptionAtBudget] | None] = field(default_factory=dict)

    def at(self, option: str, place: int, n_worlds: int) -> tuple[Estimate, OptionAtBudget] | None:
        """Return an option at the budget in this place, of mixes the surest; None out of reach."""
        key = option, place, n_worlds
        if key not in self.tried:
            played = self.play(self.budgets[place], MIXES if option == MIX else [option], n_worlds)
            self.tried[key] = _surest(played, self.orders)
        return self.tried[key]

    def sure(self, option: str, chance: float, n_worlds: int, place: int) -> bool:
        """Return whether the option brings the orders there with at least this chance."""
        here = self.at(option, place, n_worlds)
        return here is not None and here[0].value >= chance

    def guess(self, option: str, chance: float, n_worlds: int) -> int:
        """Return about where it is sure enough: orders rise nearly in step with the budget."""
        macro_price = self.brief.asked_by_macro if option != f"nano_{self.brief.nano.offer}" else 0.0
        place = min(
            int(np.searchsorted(self.budgets, max(self.brief.budget, macro_price))), len(self.budgets) - 1
        )
        here = self.at(option, place, n_worlds)
        if here is None:
            return place
        orders = float(np.quantile(here[1].orders, 1 - chance))
        budget = self.budgets[place] * self.orders / max(orders, 1e-3 * self.orders)
        return min(int(np.searchsorted(self.budgets, budget)), len(self.budgets) - 1)

    def saturated(self, option: str, n_worlds: int) -> bool:
        """Return whether the largest budget hardly brings more orders than half of it does."""
        places = int(np.searchsorted(self.budgets, self.budgets[-1] / 2)), len(self.budgets) - 1
        half, most = (self.at(option, place, n_worlds) for place in places)
        return bool(half and most and most[1].orders.mean() <= GREW * half[1].orders.mean())


def _surest(options: Mapping[str, OptionAtBudget], orders: float) -> tuple[Estimate, OptionAtBudget] | None:
    """Return the option of the largest chance of so many orders, with its chance; None of none."""
    chances = [
        (risk.probability(o.orders >= orders, batch=np.arange(len(o.orders)) % risk.BATCHES), o)
        for o in options.values()
    ]
    return max(chances, key=lambda one: one[0].value, default=None)


def round_budgets(brief: Brief, beliefs: JointDraws | None) -> list[float]:
    """Return the budgets of two digits that can be simulated, rising [money]."""
    largest = brief.budget * LONGEST_LIST / simulation.list_length(brief)
    powers = range(-2, max(0, math.ceil(math.log10(largest))))
    every = [float(f"{digits}e{power}") for power in powers for digits in range(10, 100)]
    own = int(np.searchsorted(every, brief.budget))  # it can be, so that none above it is too small
    first = first_true(lambda at: at >= own or _possible(brief, every[at], beliefs), own, len(every) - 1)
    inside = [budget for budget in every[first:] if budget <= largest]
    while inside and not _possible(brief, inside[-1], beliefs):
        inside.pop()
    return inside


def first_true(condition: Callable[[int], bool], start: int, last: int) -> int | None:
    """Return the first place from 0 to last where it holds, given that it holds from there on; None for none.

    start: where to look first; steps away from it double.
    """
    low, high, step = -1, last + 1, 1  # it holds at high, and not at low
    candidate = start
    while high - low > 1:
        if condition(candidate):
            high = candidate
        else:
            low = candidate
        if low >= 0 and high <= last:
            candidate = (low + high) // 2
        else:
            candidate = max(high - step, 0) if low < 0 else min(low + step, last)
            step *= 2
    return high if high <= last else None
