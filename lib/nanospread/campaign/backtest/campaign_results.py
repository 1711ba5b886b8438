"""Results of campaigns -> the orders and profit of each, forecast without it, beside what came, and to date.

Known of a campaign is who posted, how many followers each has, when, and what it cost; the beliefs are those
that all other campaigns taught, and luck is that of the simulated campaigns. Orders are those that codes and
links credit; profit is that of the orders that the campaign caused, as lift tests tell.

Orders seen so far are Poisson given the world, so each world counts by the likelihood of the total seen. One
total cannot tell lucky creators from good sales: what it narrows is their product, and with it the orders
still to come.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from nanospread.campaign import beliefs, simulation, unit_economics
from nanospread.campaign.beliefs import Beliefs
from nanospread.campaign.brief import Brief, earned_share
from nanospread.campaign.simulation import by_world, draws, run
from nanospread.campaign.simulation.creator_model import Values
from nanospread.core import errors
from nanospread.core.types import Flags, Floats, Places
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
QUANTILES = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}


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
    run.checked(n_worlds, seed)
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
        kept = earned_share(brief.values.replaced(unit_economics.return_and_discount(paid)))
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


def below(forecast: Floats, actual: float) -> float:
    """Return the share of the forecast under the actual value, half of what equals it included."""
    return float((np.sign(actual - forecast) + 1).mean() / 2)


@dataclass(frozen=True)
class ResultsToDate:
    """Where a campaign stands.

    posted, pending: creators with known orders; those who accepted and have not posted. left_out: of both,
    those without a follower count, and those with results whose orders are unknown, whom no forecast covers.
    orders, other_orders: seen so far, of `posted` and of `left_out`. forecast: stage ("so far": of `posted`,
    before anything was seen; "before" and "now": of the whole campaign), p10, p25, p50, p75, p90 [orders].
    percentile: the share of the forecast so far that the orders are above. effective: number of worlds that
    carry the answer. target, p_target: orders wanted, and the probability of reaching them.
    """

    campaign: str
    posted: int
    pending: int
    left_out: int
    orders: float
    other_orders: float
    forecast: pd.DataFrame
    percentile: float
    effective: float
    n_worlds: int
    target: float
    p_target: float


def to_date(
    model: EngagementModel,
    brief: Brief,
    results: Results,
    outreach: pd.DataFrame,
    *,
    campaign: str = "",
    target: float | None = None,
    n_worlds: int,
    seed: int,
) -> ResultsToDate | None:
    """Return where a campaign of the results stands; None where there are no results.

    A creator with several rows of results made as many posts. Those of the outreach log who accepted are
    still awaited, in the campaign that the log names; where it names none, in the one whose creators posted
    in it most. At most 10,000 worlds are used. campaign: "" for that of the log. target: orders wanted; None
    for the forecast's own median before anything was seen.

    Raises: InputError for a campaign without results, or a target below 0.
    """
    run.checked(n_worlds, seed)
    if results.rows.empty:
        return None
    running = _running(results.rows, outreach)
    name = campaign or running
    if name not in set(results.rows["campaign"]):
        raise errors.unknown("campaign", name, list(dict.fromkeys(results.rows["campaign"])))
    if target is not None and not target >= 0:
        raise errors.InputError(f"target_orders is {target}: it must be 0 or more orders")
    played = _played(model, brief, results, outreach, name, name == running, n_worlds, seed)
    done, awaited, known, coming = played.done, played.awaited, played.known, played.coming
    expected = played.orders_by_now.sum(axis=1)
    remaining = played.all_known.sum(axis=1) - expected
    remaining += played.of_coming.sum(axis=1)
    every, worlds = results.of(name), len(expected)
    orders = float(known["orders"].sum())
    so_far = draws.counts(seed, "orders so far", "", expected)
    total = so_far + draws.counts(seed, "orders of the rest", "", remaining)
    world, effective = _resampled_worlds(orders, expected)
    others = float(done["orders"].sum()) - orders
    total = total + others
    now = orders + others + draws.counts(seed, "orders to come", "", remaining[world])
    target_orders = float(round(np.median(total))) if target is None else float(target)
    unknown = [
        len(set(rows["creator"]) - set(few["creator"])) for rows, few in ((done, known), (awaited, coming))
    ]
    return ResultsToDate(
        campaign=name,
        posted=known["creator"].nunique(),
        pending=len(coming),
        left_out=sum(unknown) + len({*every["creator"]} - {*done["creator"], *awaited["creator"]}),
        orders=orders,
        other_orders=others,
        forecast=_stages({"so far": so_far, "before": total, "now": now}),
        percentile=below(so_far, orders),
        effective=effective,
        n_worlds=worlds,
        target=target_orders,
        p_target=float((now >= target_orders).mean()),
    )


def to_come(
    model: EngagementModel,
    brief: Brief,
    results: Results,
    outreach: pd.DataFrame,
    *,
    campaign: str,
    n_worlds: int,
    seed: int,
) -> "pd.Series[float]":
    """Return by creator the orders to expect of it yet, given those that the campaign has brought so far.

    outreach: the campaign's own. Of creators with known orders it is what their posts still bring, of those
    who posted and whose orders are not known all of it, of those who accepted what they bring if they post;
    nobody else is in it.
    """
    played = _played(model, brief, results, outreach, campaign, True, n_worlds, seed, live=True)
    world, _ = _resampled_worlds(float(played.known["orders"].sum()), played.orders_by_now.sum(axis=1))
    each = np.hstack([played.all_known - played.orders_by_now, played.of_coming])
    rows = pd.concat([played.known["creator"], played.coming["creator"]], ignore_index=True)
    return pd.Series(each[world].mean(axis=0), index=rows, dtype="float64").groupby(level=0).sum()


class _Simulated(NamedTuple):
    """Rows of who posted and of who is awaited (known, coming: with followers), and their orders by world.

    orders_by_now: worlds x known, what has come by now; all_known: in the end; of_coming: worlds x coming, 0
    where the creator does not post.
    """

    done: pd.DataFrame
    awaited: pd.DataFrame
    known: pd.DataFrame
    coming: pd.DataFrame
    orders_by_now: Floats
    all_known: Floats
    of_coming: Floats


def _played(
    model: EngagementModel,
    brief: Brief,
    results: Results,
    outreach: pd.DataFrame,
    name: str,
    unnamed: bool,
    n_worlds: int,
    seed: int,
    *,
    live: bool = False,
) -> _Simulated:
    """Return the campaign as simulated.

    unnamed: whether contacts of no campaign are of this one. live: as `_awaited`.
    """
    every = results.of(name)
    done = every[every["orders"].notna()]
    mine = (outreach["campaign"] == name) | ((outreach["campaign"] == "") & unnamed)
    awaited = _awaited(done, outreach[mine], results.roster, live=live)
    known, coming = (rows[rows["followers"].notna()] for rows in (done, awaited))
    worlds, believed = min(n_worlds, MOST_WORLDS), results.taught(brief, name)
    values = by_world.values(brief, believed, seed, 0, worlds)
    together = pd.concat([known, coming], ignore_index=True)
    each = orders_by_creator(model, brief, together, believed, worlds, seed)
    each *= np.reshape(credited(values), (-1, 1))
    known_of, coming_of = each[:, : len(known)], each[:, len(known) :]
    here = by_now(known, values, known_of)
    posting = _posting(coming, values, worlds, seed)
    return _Simulated(done, awaited, known, coming, here, known_of, coming_of * posting)


def _running(results: pd.DataFrame, outreach: pd.DataFrame) -> str:
    """Return the campaign of the newest contact, else the last that the log names or has most posts of."""
    contacts = outreach[outreach["campaign"].isin(results["campaign"])]
    if contacts["contacted_at"].notna().any():
        return str(
            contacts.sort_values(["contacted_at", "campaign"], na_position="first")["campaign"].iloc[-1]
        )
    if len(contacts):
        return str(results.loc[results["campaign"].isin(contacts["campaign"]), "campaign"].iloc[-1])
    posted = set(outreach.loc[outreach["posted"].astype(bool), "creator"])
    shared = results["creator"].isin(posted).groupby(results["campaign"], sort=False).sum()
    return str(shared[shared == shared.max()].index[-1])


def _awaited(
    done: pd.DataFrame, outreach: pd.DataFrame, roster: pd.DataFrame, *, live: bool = False
) -> pd.DataFrame:
    """Return creator, offer, posted, niche, followers (missing: unknown) of who accepted and has not posted.

    live: whether those are among them who posted and whose orders are not known.
    """
    dated = outreach.sort_values(["contacted_at", "offer"], na_position="first")
    newest = dated.drop_duplicates("creator", keep="last")
    waits = newest["accepted"] & (live | ~newest["posted"]) & ~newest["creator"].isin(done["creator"])
    known = roster[["creator", "niche", "followers"]]
    rows = newest.loc[waits, ["creator", "offer", "posted"]].sort_values("creator")
    return rows.merge(known, on="creator", how="left", validate="1:1")


def _posting(coming: pd.DataFrame, values: Values, n_worlds: int, seed: int) -> Flags:
    """Return in which worlds each pending creator posts, worlds x creators, at the rates of a campaign."""
    luck = draws.uniforms(seed, "rate", "post", n_worlds)
    precision = values.recruitment_precision
    rate = {o: draws.rates(values.post_rate(o), precision, luck) for o in ("gift", "fee")}
    rate[""] = rate["gift"]  # of an offer that is not known: the lower
    posts = np.zeros((n_worlds, len(coming)), dtype=np.bool_)
    for column, (creator, offer) in enumerate(zip(coming["creator"], coming["offer"], strict=True)):
        posts[:, column] = draws.uniforms(seed, "recruited", creator, n_worlds) < rate[offer]
    posts[:, coming["posted"].to_numpy(dtype=bool)] = True
    return posts


def _resampled_worlds(orders: float, expected: Floats) -> tuple[Places, float]:
    """Return as many equally likely worlds, given the orders, and the effective number of worlds.

    expected: orders to expect by world. Where no world explains them, all are as likely as before.
    """
    log_weight = special.xlogy(orders, expected) - expected
    best = float(log_weight.max())
    weight = np.exp(log_weight - best) if np.isfinite(best) else np.ones_like(expected)
    weight /= weight.sum()
    steps = (np.arange(len(expected)) + 0.5) / len(expected)
    world = np.searchsorted(np.cumsum(weight), steps).clip(max=len(expected) - 1)
    return world, 1 / float(weight @ weight) if np.isfinite(best) else 0.0


def _stages(orders: dict[str, Floats]) -> pd.DataFrame:
    rows = [
        dict(zip(QUANTILES, np.quantile(of, list(QUANTILES.values())), strict=True)) for of in orders.values()
    ]
    return pd.DataFrame(rows).assign(stage=list(orders))[["stage", *QUANTILES]]
