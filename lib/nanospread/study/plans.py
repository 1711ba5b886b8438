"""A run and the list -> the two plans: with the creators of the data, and with the whole budget.

Every page reads the numbers of a plan here, so that none has two of them.
"""

import math

import pandas as pd

from nanospread.campaign import risk
from nanospread.core.types import Floats
from nanospread.study.planning import Shortlist
from nanospread.study.running import Run

ROSTER, BUDGET = "plan_roster", "plan_budget"
ODDS = ["cost_per_order", "profit_mean", "profit_p10", "profit_p50", "profit_p90", "p_loss", "p_beats_macro"]


def plans(run: Run, shortlist: Shortlist) -> pd.DataFrame:
    """Return what both plans write to, cost and bring in the run's simulated campaigns; as `Study.plans`."""
    bought = run.plan.set_index("arm").loc[run.study.nano]
    options = {str(option): rows for option, rows in run.worlds.groupby("arm", observed=True)}
    macro = options[risk.RIVAL]["profit"].to_numpy() if risk.RIVAL in options else None
    listed = shortlist.play(n_worlds=run.n_worlds, seed=run.seed, only=["shortlist"])
    rows = {
        ROSTER: {"on_list": len(shortlist.invitations), "creators_drawn": 0, **_played(listed, macro)},
        BUDGET: {
            "on_list": round(bought["contacts"]),
            "creators_drawn": bought["creators_drawn"],
            **_played(options[run.study.nano], macro),
        },
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("plan")
    return table.assign(**dict.fromkeys(ODDS, math.nan)) if run.study.withheld else table


def _played(worlds: pd.DataFrame, macro: Floats | None) -> dict[str, float]:
    profit, orders, cost = (worlds[name].to_numpy() for name in ("profit", "conversions", "cost"))
    return {
        "contacts": float(worlds["contacts"].mean()),
        "posts_live": float(worlds["posts_live"].mean()),
        "unique_reach_p50": float(worlds["unique_reach"].median()),
        "cost_mean": float(cost.mean()),
        "conversions_mean": float(orders.mean()),
        "cost_per_order": float(cost.sum() / orders.sum()) if orders.any() else math.nan,
        "profit_mean": float(profit.mean()),
        **{f"profit_p{percent}": risk.quantile(profit, percent / 100).value for percent in (10, 50, 90)},
        "p_loss": risk.p_loss(profit).value,
        "p_beats_macro": math.nan if macro is None else risk.p_beats(profit, macro).value,
    }
