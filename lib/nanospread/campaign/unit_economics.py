"""Results, and a run -> what orders bring: what came back and what codes took off, and what one costs.

Revenue is at full price; `refunded` and `discount` are money, blank where nobody looked.
"""

import numpy as np
import pandas as pd

from nanospread.campaign.beliefs.evidence import SIDES, with_sides
from nanospread.campaign.brief import Brief, MeasuredRows, measured_row
from nanospread.campaign.recruitment import ENOUGH, Trials, next_rate
from nanospread.campaign.sensitivity import Information
from nanospread.core.formatting import counted
from nanospread.core.types import Floats, floats
from nanospread.ingest.platforms import PLATFORM

COLUMNS = {"return_rate": "refunded", "code_discount": "discount"}  # of results, by what it tells of
RANGE = (0.1, 0.9)  # of what is believed


def return_and_discount(results: pd.DataFrame) -> dict[str, float]:
    """Return return_rate and code_discount of these results together, of those that they tell [0-1]."""
    sums = {name: _known(results, name)[["money", "of"]].sum() for name in COLUMNS}
    return {name: float(each["money"] / each["of"]) for name, each in sums.items() if each["of"] > 0}


def returns_and_discounts(results: pd.DataFrame, brief: Brief) -> MeasuredRows:
    """Return the rows return_rate and code_discount of the brief, where results tell them.

    From `ENOUGH` orders on. return_rate: the next campaign's, 80 % interval; a campaign counts as its orders,
    of which its share of money came back, and campaigns scatter as rates of recruitment do (assumed).
    code_discount: the money off by the price of all orders; low and high are those of single campaigns.
    """
    rows, pooled = MeasuredRows(), return_and_discount(results)
    for name in pooled:
        campaigns = _known(results, name).groupby("campaign")[["orders", "money", "of"]].sum()
        campaigns = campaigns[campaigns["orders"] >= 1]
        if campaigns["orders"].sum() < ENOUGH:
            continue
        each, central = (campaigns["money"] / campaigns["of"]).clip(0, 1), pooled[name]
        ends = float(each.min()), float(each.max())
        if name == "return_rate":
            came, all_ = ((share * campaigns["orders"]).round().astype(int) for share in (each, 1.0))
            trials = [Trials(back, np.ones(n - back)) for back, n in zip(came, all_, strict=True)]
            row = brief.assumptions.return_rate
            rate = next_rate(
                (row.low, row.central, row.high), brief.assumptions.recruitment_precision, trials
            )
            central, ends = rate.mean, rate.interval
        orders = counted(round(campaigns["orders"].sum()), "order")
        source = f"results: {orders} of {counted(len(campaigns), 'campaign')}"
        rows[name] = measured_row(ends[0], central, ends[1], source)
    return rows


def _known(results: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return campaign, orders, money and of [money], what it is a share of, of the results that tell it."""
    blank = pd.Series(np.nan, index=results.index)
    money, price = results.get(COLUMNS[name], blank), results["revenue"]
    paid = price - results.get("discount", blank).fillna(0.0)
    base = paid if name == "return_rate" else price
    columns = {"orders": results["orders"], "money": money, "of": base}
    rows = pd.DataFrame({column: floats(values) for column, values in columns.items()})
    rows = rows.assign(campaign=results["campaign"].to_numpy())
    return rows[rows["money"].notna() & (rows["of"] > 0)]


def past_cost_per_order(
    results: pd.DataFrame, roster: pd.DataFrame, platform: str = PLATFORM
) -> pd.DataFrame:
    """Return cost [money], orders, campaigns, left_out and cost_per_order of past results, by side.

    left_out: results whose cost or orders are unknown, which count for nothing here. A side (nano, macro)
    without an order in the others has no row. roster: creator, followers, which tell the side, cut
    as on the platform.
    """
    rows = with_sides(results, roster, platform)
    rows = rows[rows["side"] >= 0]
    rows = rows.assign(side=[SIDES[side] for side in rows["side"]])
    both = rows[["cost", "orders"]].notna().all(axis=1)
    sums = (
        rows[both]
        .groupby("side")
        .agg(cost=("cost", "sum"), orders=("orders", "sum"), campaigns=("campaign", "nunique"))
    )
    sums, left = sums[sums["orders"] > 0], (~both).groupby(rows["side"]).sum()
    return sums.assign(left_out=left.reindex(sums.index), cost_per_order=sums["cost"] / sums["orders"])


def planned_cost_per_order(cost: Floats, orders: Floats, information: Information) -> dict[str, float]:
    """Return cost_per_order of a planned option, and the low and high ends of its range.

    cost, orders: of each simulated campaign. The range is of expected cost over expected orders given what is
    believed: luck is averaged out of it.
    """
    if not orders.any():
        return dict.fromkeys(("cost_per_order", "low", "high"), np.nan)
    cost_per_order = information.given_beliefs(cost) / np.maximum(information.given_beliefs(orders), 1e-9)
    low, high = np.quantile(cost_per_order, RANGE)
    each = float(cost.sum() / orders.sum())
    return {"cost_per_order": each, "low": min(float(low), each), "high": max(float(high), each)}
