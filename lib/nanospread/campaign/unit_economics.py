"""Results -> what came back of what was sold, and what codes took off its price.

Revenue is at full price; `refunded` and `discount` are money, blank where nobody looked.
"""

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment import ENOUGH, Trials, next_rate
from nanospread.core.formatting import counted
from nanospread.core.types import floats

COLUMNS = {"return_rate": "refunded", "code_discount": "discount"}  # of results, by what it tells of


def shares(results: pd.DataFrame) -> dict[str, float]:
    """Return return_rate and code_discount of these results together, of those that they tell [0-1]."""
    sums = {name: _known(results, name)[["money", "of"]].sum() for name in COLUMNS}
    return {name: float(each["money"] / each["of"]) for name, each in sums.items() if each["of"] > 0}


def measured(results: pd.DataFrame, brief: Brief) -> dict[str, dict[str, float | str]]:
    """Return low, central, high, basis and source of return_rate and code_discount, where results tell.

    From `ENOUGH` orders on. return_rate: the next campaign's, 80 % interval; a campaign counts as its orders,
    of which its share of money came back, and campaigns scatter as rates of recruitment do (assumed).
    code_discount: the money off by the price of all orders; low and high are those of single campaigns.
    """
    rows, pooled = dict[str, dict[str, float | str]](), shares(results)
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
        rows[name] = {
            "low": min(ends[0], central),
            "central": central,
            "high": max(ends[1], central),
            "basis": "measured",
            "source": f"results: {counted(round(campaigns['orders'].sum()), 'order')} of "
            f"{counted(len(campaigns), 'campaign')}",
        }
    return rows


def _known(results: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return campaign, orders, money and of [money], what it is a share of, of the results that tell it."""
    blank = pd.Series(np.nan, index=results.index)
    money, price = results.get(COLUMNS[name], blank), results["revenue"]
    paid = price - results.get("discount", blank).fillna(0.0)
    of = paid if name == "return_rate" else price
    columns = {"orders": results["orders"], "money": money, "of": of}
    rows = pd.DataFrame({column: floats(values) for column, values in columns.items()})
    rows = rows.assign(campaign=results["campaign"].to_numpy())
    return rows[rows["money"].notna() & (rows["of"] > 0)]
