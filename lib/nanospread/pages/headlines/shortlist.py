"""Rows of page 07: whom to invite, what that is expected to bring, and what plain rules would."""

import math

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.reach import Reach
from nanospread.campaign.shortlist import Plan
from nanospread.core.intervals import Z95
from nanospread.pages import findings


def shortlist(plan: Plan, worlds: pd.DataFrame, reached: Reach, *, currency: str) -> pd.DataFrame:
    """Return the size of the list, its cost, value and gap, its odds when played, and whom it reaches.

    worlds: as `shortlist.played`. reached: of the list, expected.
    """
    goal = currency if plan.goal == "profit" else "orders"
    n = plan.candidates
    rows = [
        _row("invitations", "Creators to invite", len(plan.invitations), n, "creators", "rows of the list"),
        _row("set_aside", "Set aside for them", plan.spent / 100, n, currency, "sum of expected costs"),
        _row("not_set_aside", "Left of the budget", plan.left / 100, n, currency, "budget - set aside"),
        _row("shortlist_value", f"Expected {plan.goal} of the list", plan.choice.value, n, goal,
             "sum of expected values - overlap"),
        _row("shortlist_gap", "Gap to the best possible list", plan.choice.gap, n, "share",
             "(bound - value) / bound"),
    ]  # fmt: skip
    for name, baseline in plan.choice.baselines.items():
        metric = "value_" + name.lower().replace(" ", "_")
        label = f"Expected {plan.goal} by {findings.PLAIN_RULES[name]}"
        rows.append(_row(metric, label, baseline.value, n, goal, "the same objective under the same limits"))
    rows += [_reached(reached), *_played(worlds, currency)]
    return pd.DataFrame(rows)


def _row(metric: str, label: str, value: float, n: float, unit: str, formula: str) -> dict[str, object]:
    given = {"metric": metric, "label": label, "value": float(value), "low": math.nan, "high": math.nan}
    return {**given, "se": math.nan, "n": n, "unit": unit, "basis": "estimated", "formula": formula}


def _reached(reached: Reach) -> dict[str, object]:
    formula = "unique reach; low: nested audiences, high: none shared"
    row = _row(
        "unique_reach_shortlist",
        "People the list reaches",
        reached.unique,
        reached.creators,
        "people",
        formula,
    )
    return row | {"low": reached.low, "high": reached.high}


def _played(worlds: pd.DataFrame, currency: str) -> list[dict[str, object]]:
    profit = worlds.pivot(index="world", columns="arm", values="profit")
    batch, mine = profit.index % risk.BATCHES, profit["shortlist"]
    found = {
        "shortlist_profit_p50": (risk.quantile(mine, 0.5, batch=batch), "median profit", currency,
                                 "median of profit"),
        "shortlist_p_loss": (risk.p_loss(mine, batch=batch), "odds of losing money", "share",
                             "share of worlds with profit below 0"),
    }  # fmt: skip
    for name, words in findings.PLAIN_RULES.items():
        gain = risk.p_beats(mine, profit[name], batch=batch)
        formula = "share of the same worlds in which profit is higher"
        metric = "shortlist_beats_" + name.lower().replace(" ", "_")
        found[metric] = (gain, f"odds of beating {words}", "share", formula)
    return [
        _row(metric, f"The list, played: {label}", number.value, len(profit), unit, formula)
        | {"low": _end(number, -1, unit), "high": _end(number, 1, unit), "se": number.se}
        for metric, (number, label, unit, formula) in found.items()
    ]


def _end(number: risk.Estimate, side: int, unit: str) -> float:
    end = number.value + side * Z95 * number.se
    return min(max(end, 0.0), 1.0) if unit == "share" else end
