"""Results of campaigns -> the orders and profit of each, forecast without it, beside what came.

Known of a campaign is who posted, how many followers each has, when, and what it cost; the beliefs are those
that all other campaigns taught, and luck is that of the simulated campaigns. Orders are those that codes and
links credit; profit is that of the orders that the campaign caused, as lift tests tell.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import beliefs, order_costs, simulation
from nanospread.campaign.beliefs import Beliefs
from nanospread.campaign.brief import Brief, earned_share
from nanospread.campaign.simulation import by_world
from nanospread.campaign.simulation.creator_model import Values
from nanospread.core.types import Flags, Floats
from nanospread.creators import tiers
from nanospread.creators.engagement import EngagementModel

MOST = 12  # campaigns that are forecast, the last ones: each is a fit of its own
MOST_WORLDS = 10_000
ENDS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
COLUMNS = [
    "campaign", "creators", "left_out", "unpaid", "orders", "profit", "cost",
    *(f"{what}_{end}" for what in ("orders", "profit") for end in ENDS), "cdf",
    *(f"{side}_{when}" for side in ("nano", "macro") for when in ("before", "after")),
]  # fmt: skip
DAY = 86_400.0  # seconds


class Results(NamedTuple):
    """What is known of past campaigns: `Tables.results`, `Tables.lift_tests` and the roster."""

    rows: pd.DataFrame
    lift_tests: pd.DataFrame
    roster: pd.DataFrame  # creator, niche, followers

    def of(self, campaign: str) -> pd.DataFrame:
        """Return the rows of one campaign with niche and followers, missing where they are not known."""
        known = self.roster[["creator", "niche", "followers"]]
        mine = self.rows[self.rows["campaign"] == campaign]
        return mine.merge(known, on="creator", how="left", validate="m:1")

    def taught(self, brief: Brief, without: str = "") -> Beliefs:
        """Return what the results teach, those of one campaign left out."""
        rows, tests = (
            frame[frame["campaign"].astype("str") != without] if without else frame
            for frame in (self.rows, self.lift_tests)
        )
        learned = beliefs.learned(brief, rows, self.roster, tests, rough=bool(without))
        return beliefs.with_creators(learned, brief, rows, self.roster)


def campaigns(
    model: EngagementModel, brief: Brief, results: Results, *, n_worlds: int, seed: int
) -> pd.DataFrame:
    """Return one row per campaign of the results, the last `MOST` of them.

    campaign; creators, and left_out, those without a follower count or known orders, whom no forecast covers;
    of the others orders, profit and cost [money]; unpaid, those whose cost or revenue is unknown, without
    whom profit and its forecast are (missing where that is all of them); orders_p10, _p50, _p90 and
    profit_p10, _p50, _p90 of the forecast; cdf, the share of the forecast under the orders; and what it
    taught: nano_before, nano_after, macro_before, macro_after, the middle of orders per 100 clicks learned
    without it and with it, missing for a side that it had nobody of.
    """
    after, worlds = results.taught(brief), min(n_worlds, MOST_WORLDS)
    worth = float(np.median(after.column("incremental_share") / after.column("tracked_share")))
    table = []
    counted = results.rows.loc[results.rows["orders"].notna(), "campaign"]
    for name in counted.unique()[-MOST:]:
        before, every = results.taught(brief, name), results.of(name)
        rows = every[every["followers"].notna() & every["orders"].notna()]
        paid = rows[_paid(rows)]
        drawn = forecast(model, brief, rows, before, n_worlds=worlds, seed=seed)
        orders, spent = float(rows["orders"].sum()), float(rows["cost"].sum())
        kept = earned_share(brief.values.replaced(order_costs.shares(paid)))
        profit = kept * float(paid["revenue"].sum()) * worth - float(paid["cost"].sum())
        macro = tiers.near_macro(rows["followers"], brief.platform)
        table.append(
            {
                "campaign": name,
                "creators": rows["creator"].nunique(),
                "left_out": every["creator"].nunique() - rows["creator"].nunique(),
                "orders": orders,
                "unpaid": rows["creator"].nunique() - paid["creator"].nunique(),
                "profit": profit if len(paid) or rows.empty else np.nan,
                "cost": spent,
                **{
                    f"{what}_{end}": float(np.quantile(of, share))
                    for what, of in drawn.items()
                    for end, share in ENDS.items()
                },
                "cdf": below(drawn["orders"], orders),
                **{
                    f"{side}_{when}": float(np.median(of.orders_per_100_clicks(side)))
                    if any(mine)
                    else np.nan
                    for side, mine in (("nano", ~macro), ("macro", macro))
                    for when, of in (("before", before), ("after", after))
                },
            }
        )
    return pd.DataFrame(table, columns=COLUMNS)


def forecast(
    model: EngagementModel, brief: Brief, rows: pd.DataFrame, believed: Beliefs, *, n_worlds: int, seed: int
) -> dict[str, Floats]:
    """Return orders and profit [money] of a campaign in each world, at the cost that it had.

    rows: as `Results.of`, all with followers; how many orders, clicks and how much revenue is not looked at.
    Profit is that of the rows whose cost and revenue are known, missing where none is.
    """
    values = by_world.values(brief, believed, seed, 0, n_worlds)
    by_row = by_now(rows, values, orders_by_creator(model, brief, rows, believed, n_worlds, seed))
    caused, paid = by_row.sum(axis=1), _paid(rows)
    orders, _ = simulation.sold(caused * credited(values), values, seed)
    _, revenue = simulation.sold(caused if paid.all() else by_row[:, paid].sum(axis=1), values, seed)
    profit = earned_share(brief.values) * revenue - float(rows.loc[paid, "cost"].sum())
    return {"orders": orders, "profit": profit if paid.any() or rows.empty else np.full_like(profit, np.nan)}


def _paid(rows: pd.DataFrame) -> Flags:
    return rows[["cost", "revenue"]].notna().all(axis=1).to_numpy()


def orders_by_creator(
    model: EngagementModel, brief: Brief, rows: pd.DataFrame, believed: Beliefs, n_worlds: int, seed: int
) -> Floats:
    """Return the orders that one post of each row's creator causes in the end: worlds x rows."""
    creators = rows[["creator", "niche", "followers"]].drop_duplicates("creator", ignore_index=True)
    creators = creators.astype({"followers": "int64"})
    orders = simulation.posted(model, brief, creators, n_worlds=n_worlds, seed=seed, beliefs=believed)
    return orders[:, pd.Index(creators["creator"]).get_indexer(rows["creator"])]


def by_now(rows: pd.DataFrame, values: Values, orders: Floats) -> Floats:
    """Return the part of each row's orders that has come by the date of its count; all where it has none."""
    days = (rows["as_of"] - rows["posted_at"]).dt.total_seconds().to_numpy(dtype=np.float64) / DAY
    age = np.where(days >= 0, days, np.inf)
    return orders * -np.expm1(-np.divide.outer(age, values.order_delay_days)).T


def credited(values: Values) -> Floats:
    """Return the orders that codes and links credit for each one that a campaign causes."""
    return np.asarray(values.tracked_share / values.incremental_share)


def below(forecast: Floats, came: float) -> float:
    """Return the share of the forecast under what came, half of what equals it included."""
    return float((np.sign(came - forecast) + 1).mean() / 2)
