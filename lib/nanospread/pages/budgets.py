"""How much to spend: what budgets bring, where the next money stops paying, and the budget for orders."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign import risk
from nanospread.campaign.budget_curve import MIX, BudgetCurve, RequiredBudget
from nanospread.core.estimates import Estimate
from nanospread.core.formatting import (
    MINUS,
    Finding,
    capital,
    count,
    counted,
    money,
    of_100,
    percent,
    significant,
)
from nanospread.creators import tiers
from nanospread.pages import _style as style
from nanospread.pages.labels import label
from nanospread.pages.show import Metric
from nanospread.pages.verdict import about

MOST_WORLDS = 20_000  # that a page plays each budget in: more hardly move what it says
UNIT = 100  # of money: a cent more or less of one is no sentence
OPEN = ["budget", "conversions_mean", "profit_mean", "p_loss", "p_large_loss", "next_100"]  # of an open table
EVERY = [
    "option", "budget", "macro_share", "conversions_mean", "conversions_p10", "conversions_p90",
    "profit_mean", "profit_low", "profit_high", "p_loss", "p_large_loss", "next_100", "p_next_pays",
]  # fmt: skip
SAID = {
    "beyond": "Where more money stops paying is not inside the range we looked at.",
    "inside": "There {name} earns most on average; above it, more money earns less than it costs.",
    "nowhere": "At each of them {name} loses money on average.",
    "unclear": "More simulated campaigns would tell.",
    "withheld": "No odds are given on these data.",
}


def name_of(option: str) -> str:
    """Return an option as a sentence names it."""
    return {risk.RIVAL: "the macro", MIX: "the best mix"}.get(option, label(option))


def own_budget(curve: BudgetCurve) -> float:
    """Return the budget looked at that is nearest the brief's: its own, unless others were asked for."""
    return min(curve.budgets, key=lambda budget: abs(budget - curve.brief.budget))


def leading(curve: BudgetCurve) -> str:
    """Return the option that the page is about: the best on average at the brief's budget, if tolerated."""
    here = curve.points[curve.points["budget"] == own_budget(curve)].set_index("option")
    pays = [name for name in here.index if curve.stops[str(name)].where != "nowhere"]
    best = here.loc[pays or here.index].sort_values(["tolerated", "profit_mean"], ascending=False)
    return curve.nano if here["profit_mean"].isna().all() else str(best.index[0])


def how_much(curve: BudgetCurve) -> Finding:
    """Return where the next money stops paying for the leading option, what it earns now, and for whom."""
    option, title = leading(curve), _title(curve)
    stop = curve.stops[option]
    if stop.where == "withheld":
        return Finding(title, f"{title}. {SAID['withheld']}")
    reason = SAID.get(stop.where, _unspent(curve, option)).format(name=name_of(option))
    if _never_tolerated(curve, option):
        reason = f"Even with {name_of(option)}, each budget we looked at does so too often."
    return Finding(title, " ".join([f"{title}. {reason}", *filter(None, _next(curve, option))]))


def _title(curve: BudgetCurve) -> str:
    option, currency = leading(curve), curve.brief.currency
    stop, name = curve.stops[option], name_of(option)
    lowest, highest = (money(budget, currency) for budget in (curve.budgets[0], curve.budgets[-1]))
    stop_amount = about(stop.budget, currency) if math.isfinite(stop.budget) else ""
    if stop.where not in ("nowhere", "withheld") and _never_tolerated(curve, option):
        return f"Every budget risks losing more than {percent(curve.brief.tolerate_loss.share)} of it"
    return {
        "beyond": f"{capital(name)} still pays at {highest}",
        "inside": f"Beyond about {stop_amount} more money no longer pays",
        "nowhere": f"No budget pays, from {lowest} to {highest}",
        "unspent": f"Beyond about {stop_amount} the money stays unspent",
        "unclear": f"Too close to call whether {name} pays at {highest}",
        "withheld": "No budget is advised",
    }[stop.where]


def _never_tolerated(curve: BudgetCurve, option: str) -> bool:
    return not curve.of(option)["tolerated"].any()


def _unspent(curve: BudgetCurve, option: str) -> str:
    if option == risk.RIVAL:
        return "The macro takes its fee and no more."
    return "The team cannot manage more creators." if option == curve.nano else "It takes no more money."


def _next(curve: BudgetCurve, option: str) -> list[str]:
    """Return what the next money earns at the brief's budget, how surely, and what limits it."""
    brief, rows, here = curve.brief, curve.of(option), own_budget(curve)
    row, currency = rows.to_dict("index")[here], brief.currency
    sentences, share = list[str](), percent(brief.tolerate_loss.share)
    above = rows[(rows.index > here) & ~rows["tolerated"].astype(bool)].index
    if not row["tolerated"]:
        lost = f"It loses more than {share} of {money(here, currency)}"
        sentences += [f"{lost} in {of_100(row['p_large_loss'])}, more often than you tolerate."]
        tolerated = rows[(rows.index > here) & rows["tolerated"].astype(bool)].index
        sentences += [f"From {money(tolerated[0], currency)} on it does not."] if len(tolerated) else []
    elif len(above):
        often = "more often than you tolerate"
        sentences += [f"But from {money(above[0], currency)} on it loses more than {share} {often}."]
    if math.isfinite(row["next_profit"]):
        gain, ends = row["next_profit"], [row["next_low"], row["next_high"]]
        low, high = (_whole(UNIT * end, currency) for end in ends)
        by = _whole(abs(UNIT * gain), currency)
        does = f"add {by} of profit" if gain >= 0 else f"lose {by}"
        sentences += [
            f"Beyond {money(here, currency)}, each further {money(UNIT, currency)} {does} on average "
            f"(80% range {low} to {high}).",
            f"They pay in {of_100(row['p_next_pays'])} cases of what is not known.",
        ]
    return [*sentences, _written_to(curve, rows), _creators(curve), _large_macro(curve)]


def _written_to(curve: BudgetCurve, rows: pd.DataFrame) -> str:
    """Return how much work the largest budget is, since a team may not be able to do it."""
    contacts = float(rows["contacts"].iloc[-1])
    most = money(float(rows.index[-1]), curve.brief.currency)
    return f"At {most} the team writes to {significant(contacts)} creators." if contacts >= 1 else ""


def _creators(curve: BudgetCurve) -> str:
    if not math.isfinite(curve.enough):
        return ""
    known = counted(curve.creators, "nano creator")
    enough = about(curve.enough, curve.brief.currency)
    return f"Your data hold {known} of these niches, enough for about {enough}; typical ones stand in above."


def _large_macro(curve: BudgetCurve) -> str:
    """Return from which budget on the macro is larger than the tier, whose rates are then still assumed."""
    tier_top = tiers.ends(risk.RIVAL, curve.brief.platform)[1]
    macro = curve.points[
        (curve.points["option"] == risk.RIVAL) & (curve.points["macro_followers"] > tier_top)
    ]
    if macro.empty:
        return ""
    first = money(float(macro["budget"].min()), curve.brief.currency)
    return (
        f"From {first} on the macro has more than {tier_top:,.0f} followers; its rates are still a macro's."
    )


def _whole(amount: float, currency: str) -> str:
    """Return an amount without cents, however small."""
    return f"{MINUS if round(amount) < 0 else ''}{currency} {count(abs(amount))}"


def usual_orders(curve: BudgetCurve) -> int:
    """Return how many orders the brief's budget brings with nano, on average, and at least one."""
    orders = float(curve.of(curve.nano)["conversions_mean"][own_budget(curve)])
    return max(1, round(orders)) if math.isfinite(orders) else 1


def for_orders(
    needed: Mapping[str, RequiredBudget], orders: float, curve: BudgetCurve, *, chance: float = 0.8
) -> str:
    """Return which budgets bring the orders wanted with a chance, and who cannot bring them.

    needed: as `Study.budget_for`. The mix is named where it needs less than both others.
    """
    currency, target = curve.brief.currency, counted(orders, "order")
    reached = {name: one.budget for name, one in needed.items() if math.isfinite(one.budget)}
    least = min((budget for name, budget in reached.items() if name != MIX), default=math.inf)
    advised = [name for name, budget in reached.items() if name != MIX or budget < least]
    sentences = []
    if advised:
        ways = " or ".join(f"{money(reached[name], currency)} on {name_of(name)}" for name in advised)
        sentences += [f"For {target} with {percent(chance)} chance, plan {ways}."]
    losing = [name_of(name) for name in advised if curve.stops[name].where == "nowhere"]
    if losing:
        sentences += [f"On {' and '.join(losing)} they cost more than they earn, on average."]
    for name, required in needed.items():
        if name not in reached and name != MIX:
            why = ", and more money hardly brings more" if required.saturated else ""
            how = f"{money(required.looked_at, currency)} do in {of_100(required.chance.value)}{why}"
            sentences += [f"{capital(name_of(name))} cannot bring {target} so surely: {how}."]
    return " ".join(sentences)


def shown(curve: BudgetCurve) -> pd.DataFrame:
    """Return the leading option at each budget, with the columns of an open table."""
    rows = every(curve)
    return rows[rows["option"] == leading(curve)][OPEN]


def every(curve: BudgetCurve) -> pd.DataFrame:
    """Return all options at all budgets, as they are read."""
    rows = curve.points.assign(next_100=UNIT * curve.points["next_profit"])
    return rows[EVERY]


def caption(curve: BudgetCurve) -> str:
    """Return what stands over the open table."""
    share = percent(curve.brief.tolerate_loss.share)
    return (
        f"What budgets bring with {name_of(leading(curve))}; losses of 100, large ones above {share} of the "
        f"budget, money in {curve.brief.currency}"
    )


def checked_rows(
    curve: BudgetCurve, needed: Mapping[str, RequiredBudget], orders: float, *, n_worlds: int
) -> pd.DataFrame:
    """Return what the next money earns at the brief's budget by option, and the budgets for the orders."""
    here = curve.points[curve.points["budget"] == own_budget(curve)]
    target_words = {"currency": curve.brief.currency, "orders": count(orders)}
    rows = [
        Metric.played(
            "next_100_{arm}", Estimate(UNIT * row["next_profit"], UNIT * row["next_profit_se"]), n_worlds,
            {"arm": row["option"], "name": label(row["option"]), "currency": curve.brief.currency},
        )
        for row in here.to_dict("records") if np.isfinite(row["next_profit"])
    ] + [
        Metric.of(
            "budget_for_orders_{arm}", one.budget, "estimated", n=n_worlds,
            words={"arm": name, "name": label(name), **target_words},
        )
        for name, one in needed.items() if math.isfinite(one.budget)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=Metric._fields)


def profit_by_budget(curve: BudgetCurve, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw mean profit against the budget by option, with the range of what is not known.

    A line marks the brief's budget, a ring the budget at which the next money stops paying.
    """
    rows, currency = curve.points.dropna(subset="profit_mean"), curve.brief.currency
    ax = style.axes(ax, 4.4)
    if rows.empty:
        return style.empty(ax, title, "no odds are given")
    ends = []
    for option, colour, dashes in _budget_lines(curve):
        line = curve.of(option)
        budget = line.index.to_numpy(dtype=float)
        mean, low, high = style.columns(line, "profit_mean", "profit_low", "profit_high")
        if dashes == "-":
            ax.fill_between(budget, low, high, color=colour, alpha=0.16, linewidth=0)
        ax.plot(budget, mean, color=colour, linewidth=2.4, linestyle=dashes)
        stop = curve.stops[option].budget
        if math.isfinite(stop):
            at = float(np.interp(stop, budget, mean))
            ax.plot([stop], [at], "o", color="white", markersize=10, markeredgecolor=colour, zorder=4)
        ends.append(style.EndLabel(budget[-1], mean[-1], label(option), colour))
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    style.rule(ax, curve.brief.budget, f"your {money(curve.brief.budget, currency)}")
    for axis in (ax.xaxis, ax.yaxis):
        style.amounts(axis)
    ax.locator_params(axis="x", nbins=6)
    ax.set(xlim=(0, float(rows["budget"].max())))
    ax.margins(y=0.12)
    ax.grid(color=style.FAINT)
    numbers = style.table(rows, "estimated", {
        "Option": ("option", label), f"Budget [{currency}]": ("budget", count),
        f"Average profit [{currency}]": ("profit_mean", count), "8 in 10 cases from": ("profit_low", count),
        "to": ("profit_high", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "Mean profit against the budget, one line for each option; bands hold 8 in 10 cases of "
        "what is not known, a line marks the brief's budget, a ring where more money stops paying.", numbers,
        x=f"Budget, {currency} (bands: 8 in 10 cases of what is not known)", y=f"Average profit, {currency}",
        ends=ends, gap=16,
    )  # fmt: skip


def _budget_lines(curve: BudgetCurve) -> list[tuple[str, str, Any]]:
    """Return the options in reach, each with its colour and how its line is drawn."""
    known = set(curve.points["option"])
    every = [(curve.nano, style.NANO, "-"), ("macro", style.MACRO, "-"), (MIX, style.MIDDLE, style.DASHED)]
    return [each for each in every if each[0] in known]
