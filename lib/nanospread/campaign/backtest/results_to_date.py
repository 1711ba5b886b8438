"""A campaign's orders so far -> what they say of its forecast, of kappa, and of the rest still to come.

Before an order is seen, kappa (the level of orders) has the brief's range, smooth about its central value,
with its low and high as the 10 and 90 % points, and each world has its own luck. Seen orders are Poisson
given kappa and world, so each pair of both counts by the likelihood of the total seen. One total cannot tell
lucky creators from a high kappa: what it narrows is their product, and with it the orders still to come.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from nanospread.campaign import simulation
from nanospread.campaign.brief import Assumption, Brief
from nanospread.campaign.simulation import draws
from nanospread.core import errors
from nanospread.core.types import Flags, Floats, Places, filled_text
from nanospread.creators.engagement import EngagementModel

SCORES = np.linspace(-5, 5, 401)  # of the kappas that every world is tried with
MOST_WORLDS = 10_000
FORECAST = {"p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9}


@dataclass(frozen=True)
class ToDate:
    """Where a campaign stands.

    posted, pending: creators with results; those who accepted and have not posted. left_out: of both, those
    without a follower count, whom no forecast covers. orders, other_orders: seen so far, of `posted` and of
    `left_out`. forecast: stage ("so far": of `posted`, before anything was seen; "before" and "now": of the
    whole campaign), p10, p25, p50, p75, p90 [orders]. percentile: the share of the forecast so far that the
    orders are above. kappa, kappa_low, kappa_high: implied level of orders, 80 % interval. effective: number
    of worlds that carry the answer. target, p_target: orders wanted, and the probability of reaching them.
    """

    campaign: str
    posted: int
    pending: int
    left_out: int
    orders: float
    other_orders: float
    forecast: pd.DataFrame
    percentile: float
    kappa: float
    kappa_low: float
    kappa_high: float
    effective: float
    n_worlds: int
    target: float
    p_target: float


def to_date(
    model: EngagementModel,
    brief: Brief,
    results: pd.DataFrame,
    outreach: pd.DataFrame,
    roster: pd.DataFrame,
    *,
    campaign: str = "",
    target: float | None = None,
    n_worlds: int,
    seed: int,
) -> ToDate | None:
    """Return where a campaign of the results stands; None where there are no results.

    A creator with several rows of results made as many posts. Those of the outreach log who accepted are
    still awaited, in the campaign that the log names; where it names none, in the one whose creators posted
    in it most. At most 10,000 worlds are used. campaign: "" for that of the log. target: orders wanted; None
    for the forecast's own median before anything was seen.

    Raises: InputError for a campaign without results, a target below 0, or a central kappa of 0.
    """
    if results.empty:
        return None
    running = _running(results, outreach)
    name = campaign or running
    if name not in set(results["campaign"]):
        raise errors.unknown("campaign", name, list(dict.fromkeys(results["campaign"])))
    if target is not None and not target >= 0:
        raise errors.InputError(f"target_orders is {target}: it must be 0 or more orders")
    level = brief.assumptions.kappa
    if level.central <= 0:
        raise errors.InputError("kappa must be above 0 to set results beside their forecast")
    mine = results[results["campaign"] == name]
    unnamed = (outreach["campaign"] == "") & (name == running)
    people = _people(mine, outreach[(outreach["campaign"] == name) | unnamed], roster)
    known = people[people["followers"].notna()].astype({"followers": "int64"}).reset_index(drop=True)
    worlds = min(n_worlds, MOST_WORLDS)
    each = simulation.posted(model, brief, known, n_worlds=worlds, seed=seed)
    seen = each @ known["posts"].to_numpy(dtype=np.float64)
    rest = (each * _posting(known, brief, worlds, seed)).sum(axis=1)
    orders = float(known["orders"].sum())
    before = level.at(draws.normals(seed, "kappa", "", worlds))
    so_far = draws.counts(seed, "orders so far", "", before * seen)
    total = so_far + draws.counts(seed, "orders of the rest", "", before * rest)
    world, kappa, effective = _given(
        orders, seen, level, draws.uniforms(seed, "kappa given orders", "", worlds)
    )
    others = float(mine["orders"].sum()) - orders
    total = total + others
    now = orders + others + draws.counts(seed, "orders to come", "", kappa * rest[world])
    wanted = float(round(np.median(total))) if target is None else float(target)
    low, middle, high = np.quantile(kappa, [0.1, 0.5, 0.9])
    return ToDate(
        campaign=name,
        posted=int((known["posts"] > 0).sum()),
        pending=int((known["posts"] == 0).sum()),
        left_out=len(people) - len(known),
        orders=orders,
        other_orders=others,
        forecast=_stages({"so far": so_far, "before": total, "now": now}),
        percentile=float((np.sign(orders - so_far) + 1).mean() / 2),
        kappa=float(middle),
        kappa_low=float(low),
        kappa_high=float(high),
        effective=effective,
        n_worlds=worlds,
        target=wanted,
        p_target=float((now >= wanted).mean()),
    )


def _running(results: pd.DataFrame, outreach: pd.DataFrame) -> str:
    """Return the campaign of the newest contact, else the last of which the log has most posts."""
    named = outreach[outreach["campaign"].isin(results["campaign"])]
    if len(named):
        return str(named.sort_values(["contacted_at", "campaign"])["campaign"].iloc[-1])
    posted = set(outreach.loc[outreach["posted"].astype(bool), "creator"])
    shared = results["creator"].isin(posted).groupby(results["campaign"], sort=False).sum()
    return str(shared[shared == shared.max()].index[-1])


def _people(mine: pd.DataFrame, outreach: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
    """Return creator, niche, followers (missing where unknown), posts, orders and offer (of the pending)."""
    done = mine.groupby("creator").agg(posts=("orders", "size"), orders=("orders", "sum"))
    newest = outreach.sort_values(["contacted_at", "offer"]).drop_duplicates("creator", keep="last")
    waits = newest["accepted"] & ~newest["posted"] & ~newest["creator"].isin(done.index)
    offer = newest[waits].set_index("creator")["offer"]
    people = done.join(offer, how="outer").rename_axis("creator").reset_index()
    people = people.fillna({"posts": 0, "orders": 0.0}).assign(offer=filled_text(people["offer"]))
    return people.merge(roster[["creator", "niche", "followers"]], on="creator", how="left", validate="1:1")


def _posting(known: pd.DataFrame, brief: Brief, n_worlds: int, seed: int) -> Flags:
    """Return in which worlds each pending creator posts, worlds x creators, at the rates of a campaign."""
    luck = draws.uniforms(seed, "rate", "post", n_worlds)
    values, precision = brief.values, brief.values.recruitment_precision
    rate = {o: draws.rates(values.post_rate(o), precision, luck) for o in ("gift", "fee")}
    posts = np.zeros((n_worlds, len(known)), dtype=np.bool_)
    for at, (creator, offer) in enumerate(zip(known["creator"], known["offer"], strict=True)):
        if offer:
            posts[:, at] = draws.uniforms(seed, "recruited", creator, n_worlds) < rate[offer]
    return posts


def _given(orders: float, seen: Floats, level: Assumption, luck: Floats) -> tuple[Places, Floats, float]:
    """Return as many equally likely worlds and kappas, given the orders, and the effective number of worlds.

    seen: orders to expect at kappa = 1, by world. luck: one uniform for each. Every world is tried with all
    kappas of `SCORES`, which leaves many more worlds in play than one each would.
    """
    tried = level.at(SCORES)
    mean = seen[:, None] * tried
    log_weight = special.xlogy(orders, mean) - mean - SCORES**2 / 2
    best = float(log_weight.max())
    weight = (
        np.exp(log_weight - best)
        if np.isfinite(best)
        else np.exp(-np.square(SCORES) / 2) * np.ones_like(mean)
    )
    by_world = weight.sum(axis=1) / weight.sum()
    effective = 1 / float(by_world @ by_world) if np.isfinite(best) else 0.0
    steps = (np.arange(len(seen)) + 0.5) / len(seen)
    world = np.searchsorted(np.cumsum(by_world), steps).clip(max=len(seen) - 1)
    within = np.cumsum(weight[world], axis=1)
    place = (within < luck[:, None] * within[:, -1:]).sum(axis=1)
    return world, tried[place], effective


def _stages(orders: dict[str, Floats]) -> pd.DataFrame:
    rows = [
        dict(zip(FORECAST, np.quantile(of, list(FORECAST.values())), strict=True)) for of in orders.values()
    ]
    return pd.DataFrame(rows).assign(stage=list(orders))[["stage", *FORECAST]]
