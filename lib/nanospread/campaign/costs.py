"""What an order costs: in past campaigns, and in planned ones with the range of what is not known."""

import numpy as np
import pandas as pd

from nanospread.campaign.beliefs.evidence import SIDES, with_sides
from nanospread.campaign.sensitivity import Information
from nanospread.core.types import Floats
from nanospread.ingest.platforms import PLATFORM

RANGE = (0.1, 0.9)  # of what is believed


def past(results: pd.DataFrame, roster: pd.DataFrame, platform: str = PLATFORM) -> pd.DataFrame:
    """Return cost [money], orders, campaigns, left_out and cost_per_order of past results, by side.

    left_out: results whose cost or orders are unknown, which count for nothing here. A side (nano, macro)
    without an order in the others has no row. roster: creator, followers, which tell the side, cut
    as on the platform.
    """
    known = with_sides(results, roster, platform)
    known = known[known["side"] >= 0]
    known = known.assign(side=[SIDES[side] for side in known["side"]])
    both = known[["cost", "orders"]].notna().all(axis=1)
    sums = (
        known[both]
        .groupby("side")
        .agg(cost=("cost", "sum"), orders=("orders", "sum"), campaigns=("campaign", "nunique"))
    )
    sums, left = sums[sums["orders"] > 0], (~both).groupby(known["side"]).sum()
    return sums.assign(left_out=left.reindex(sums.index), cost_per_order=sums["cost"] / sums["orders"])


def planned(cost: Floats, orders: Floats, information: Information) -> dict[str, float]:
    """Return cost_per_order of a planned option, and the low and high ends of its range.

    cost, orders: of each simulated campaign. The range is of expected cost over expected orders given what is
    believed: luck is averaged out of it.
    """
    if not orders.any():
        return dict.fromkeys(("cost_per_order", "low", "high"), np.nan)
    given = information.given_beliefs(cost) / np.maximum(information.given_beliefs(orders), 1e-9)
    low, high = np.quantile(given, RANGE)
    each = float(cost.sum() / orders.sum())
    return {"cost_per_order": each, "low": min(float(low), each), "high": max(float(high), each)}
