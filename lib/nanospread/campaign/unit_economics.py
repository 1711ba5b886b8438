"""Results, credited orders, and a run -> what orders bring: what came back and was taken off, what tracking
sees of them, and what one costs.

Revenue is at full price; `refunded` and `discount` are money, blank where nobody looked.

Of a creator with both, orders are caught twice, by a code and by a link, as fish are that are marked and
caught again (model.md C18). Whoever follows a link is often shown the code, so that the two are not
independent and the share that both see is, if anything, too high.
"""

import math
from dataclasses import dataclass

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
FEWEST = 7  # orders seen by both: below, Chapman's estimate is biased (Robson & Regier 1964)
Z = 1.2816  # of an 80 % interval
MOST = 0.99  # no tracking sees all
RANGE = (0.1, 0.9)  # of what is believed


def shares(results: pd.DataFrame) -> dict[str, float]:
    """Return return_rate and code_discount of these results together, of those that they tell [0-1]."""
    sums = {name: _known(results, name)[["money", "of"]].sum() for name in COLUMNS}
    return {name: float(each["money"] / each["of"]) for name, each in sums.items() if each["of"] > 0}


def returns_and_discounts(results: pd.DataFrame, brief: Brief) -> MeasuredRows:
    """Return the rows return_rate and code_discount of the brief, where results tell them.

    From `ENOUGH` orders on. return_rate: the next campaign's, 80 % interval; a campaign counts as its orders,
    of which its share of money came back, and campaigns scatter as rates of recruitment do (assumed).
    code_discount: the money off by the price of all orders; low and high are those of single campaigns.
    """
    rows, pooled = MeasuredRows(), shares(results)
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
    of = paid if name == "return_rate" else price
    columns = {"orders": results["orders"], "money": money, "of": of}
    rows = pd.DataFrame({column: floats(values) for column, values in columns.items()})
    rows = rows.assign(campaign=results["campaign"].to_numpy())
    return rows[rows["money"].notna() & (rows["of"] > 0)]


@dataclass(frozen=True)
class CaptureCounts:
    """Orders of creators who have both a code and a link, by what named the creator."""

    both: int
    code_only: int
    link_only: int

    @property
    def all(self) -> int:
        """Return how many were seen at all."""
        return self.both + self.code_only + self.link_only


@dataclass(frozen=True)
class OrderTotal:
    """How many orders there were, seen or not, and the ends of its 80 % interval."""

    low: float
    central: float
    high: float


def capture_counts(orders: pd.DataFrame, codes: pd.DataFrame) -> CaptureCounts:
    """Return what named the creator of each order. orders, codes: as `Credit.orders` and `Tables.codes`."""
    named, by_code = codes[codes["creator"] != ""], codes["kind"] == "code"
    both = {*named.loc[by_code, "creator"]} & {*named.loc[~by_code, "creator"]}
    told = orders[(orders["outcome"] == "credited") & (orders["order"] != "") & orders["creator"].isin(both)]
    coded, linked = (told[name].to_numpy(dtype=bool) for name in ("by_code", "by_link"))
    return CaptureCounts(*(int(of.sum()) for of in (coded & linked, coded & ~linked, linked & ~coded)))


def total(counts: CaptureCounts) -> OrderTotal:
    """Return Chapman's estimate of all orders, and its log-normal 80 % interval, all of it above those seen.

    References: Chapman 1951; the variance, Seber 1970; the interval, Burnham et al. 1987 and Chao 1987.
    """
    code, link, both = counts.both + counts.code_only, counts.both + counts.link_only, counts.both
    central = (code + 1) * (link + 1) / (both + 1) - 1
    missed = max(counts.code_only, 1) * max(counts.link_only, 1)  # none missed is few orders, not certainty
    variance = (code + 1) * (link + 1) * missed / ((both + 1) ** 2 * (both + 2))
    unseen = max(central - counts.all, 0.5)
    factor = math.exp(Z * math.sqrt(math.log1p(variance / unseen**2)))
    return OrderTotal(counts.all + unseen / factor, counts.all + unseen, counts.all + unseen * factor)


def tracked_share(orders: pd.DataFrame, codes: pd.DataFrame) -> MeasuredRows:
    """Return the row tracked_share of the brief, where enough orders were seen by both."""
    counts = capture_counts(orders, codes)
    if counts.both < FEWEST:
        return {}
    of = total(counts)
    low, central, high = (min(counts.all / number, MOST) for number in (of.high, of.central, of.low))
    told = f"{counts.both:,} by code and link, {counts.code_only:,} by code, {counts.link_only:,} by link"
    return {"tracked_share": measured_row(low, central, high, f"orders seen {told}")}


def past_costs(results: pd.DataFrame, roster: pd.DataFrame, platform: str = PLATFORM) -> pd.DataFrame:
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


def planned_costs(cost: Floats, orders: Floats, information: Information) -> dict[str, float]:
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
