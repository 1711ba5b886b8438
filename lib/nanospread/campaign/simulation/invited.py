"""A list of invited creators, each with its offer and posts -> what the list comes to, world by world.

Whoever is next on the list is invited as long as the money pays for the whole of its promise, as in
`campaign`; here each creator may have an offer and a number of posts of its own.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.simulation import arms, creator_model, draws, kernel, money, overlap, run
from nanospread.campaign.simulation import creators as creator_list
from nanospread.campaign.simulation.arms import ROUNDING
from nanospread.campaign.simulation.money import AUDIENCE, MISSED, ORDERS
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

BLOCK = 2_048  # worlds at a time: a long list has as many rows as creators


class Promise(NamedTuple):
    """What each invitation costs and brings, one number for each creator of a list."""

    goods: Floats  # [money], sent once it accepts
    on_post: Floats  # [money], fee and management once it has posted
    paid: NDArray[np.bool_]
    worth: Floats  # what its posts bring together, as multiples of the first


class Chances(NamedTuple):
    """One world's rates, one number for each world: of accepting, and of posting once accepted, by offer."""

    accepted: Floats
    gift: Floats
    fee: Floats


class Luck(NamedTuple):
    """What one live post of each creator brings in each world: arrays creators x worlds."""

    orders: Floats  # expected, at the brief's kappa, before audiences overlap
    audience: Floats  # people who see it at least once
    missed: Floats  # share of the niche's people who do not


def invited_luck(
    engagement: EngagementModel,
    brief: Brief,
    creators: pd.DataFrame,
    *,
    n_worlds: int,
    seed: int,
    start: int = 0,
) -> tuple[Luck, Chances]:
    """Return what each creator's first post would bring in the worlds from `start` on, and the rates there.

    creators: creator, niche, followers; one row each. The worlds are those of `campaign` at the same seed;
    nobody knows the weeks of single creators, so all meet the same feed.
    """
    niches, plain = tuple(sorted(creators["niche"].unique())), changed(brief, weeks=1)
    cast = creator_list.cast(creator_list.rated(engagement, creators, drawn=False), plain, niches, seed)
    on = arms.Stage(plain, seed, niches, (), cast, cast, (), certain=False)
    play, worlds, common, tables = arms.scene(on, start, start + n_worlds)
    found = np.empty((len(creator_model.Brought._fields), len(creators), n_worlds))
    kernel.each(cast, play.nano._replace(posts=1), start, common, tables, found)
    accepted = worlds["accepted"]
    rates = [np.divide(worlds[f"posted_{offer}"], accepted, out=np.zeros(n_worlds), where=accepted > 0)
             for offer in ("gift", "fee")]  # fmt: skip
    orders = found[ORDERS] * plain.values.kappa
    return Luck(orders, found[AUDIENCE], found[MISSED]), Chances(accepted, *rates)


def invited(
    engagement: EngagementModel, brief: Brief, invitations: pd.DataFrame, *, n_worlds: int, seed: int
) -> pd.DataFrame:
    """Return what inviting these creators, in this order, comes to within the brief's budget.

    invitations: creator, niche, followers, offer (gift or fee), posts; one row per creator. A gift is sent
    for each post, a fee paid for each post that is made; a further post brings 1 - wear_out of the one before
    and reaches the same people.

    Returns: one row per world: world, cost, profit, roi, conversions, posts_live, contacts, packages,
    unique_reach.

    Raises: InputError for n_worlds or seed out of range.
    """
    run.checked(n_worlds, seed)
    terms = promise(brief, invitations)
    frames = [
        _block(engagement, brief, invitations, terms, start, min(BLOCK, n_worlds - start), seed)
        for start in range(0, n_worlds, BLOCK)
    ]
    worlds = pd.concat(frames, ignore_index=True)
    cost, profit = worlds["cost"].to_numpy(), worlds["profit"].to_numpy()
    return worlds.assign(roi=np.divide(profit, cost, out=np.zeros_like(profit), where=cost > 0))


def promise(brief: Brief, invitations: pd.DataFrame) -> Promise:
    """Return what each invitation promises; invitations: followers, offer, posts, as `invited`."""
    posts, followers = (invitations[name].to_numpy(dtype=np.float64) for name in ("posts", "followers"))
    paid: NDArray[np.bool_] = (invitations["offer"] == "fee").to_numpy(dtype=np.bool_)
    fee = np.where(paid, brief.values.fee_per_follower_nano * followers * posts, 0.0)
    kept = 1 - brief.values.wear_out
    return Promise(
        goods=brief.goods * np.where(paid, 1.0, posts),
        on_post=fee + brief.values.overhead_per_creator,
        paid=paid,
        worth=(1 - kept**posts) / (1 - kept) if kept < 1 else posts,
    )


def _block(
    engagement: EngagementModel,
    brief: Brief,
    invitations: pd.DataFrame,
    terms: Promise,
    start: int,
    n: int,
    seed: int,
) -> pd.DataFrame:
    if invitations.empty:
        names = ["cost", "profit", "conversions", "posts_live", "contacts", "packages", "unique_reach"]
        return pd.DataFrame({"world": np.arange(start, start + n)} | dict.fromkeys(names, 0.0))
    own, chance = invited_luck(engagement, brief, invitations, n_worlds=n, seed=seed, start=start)
    coin = np.array([draws.uniforms(seed, "invited", name, n, start) for name in invitations["creator"]])
    took = coin < chance.accepted
    live = coin < chance.accepted * np.where(terms.paid[:, None], chance.fee, chance.gift)
    labour = brief.values.labour_per_contact
    spent = labour + terms.goods[:, None] * took + terms.on_post[:, None] * live
    asked = _asked(spent, labour + terms.goods + terms.on_post, brief.budget)
    took, live = took & asked, live & asked
    cost = (spent * asked).sum(axis=0)
    codes, niches = pd.factorize(invitations["niche"])
    audience, missed = own.audience * live, np.where(live, own.missed, 1.0)
    worth, reached = overlap.overlapped(audience, missed, codes, len(niches), brief)
    orders = (own.orders * live * terms.worth[:, None] * worth[codes]).sum(axis=0)
    shared = draws.shared(seed, start, start + n)
    counts = np.array([money.count(*each) for each in _lucky(orders, shared)])
    revenue = _revenue(counts, brief, shared)
    return pd.DataFrame(
        {
            "world": np.arange(start, start + n),
            "cost": cost,
            "profit": brief.values.margin * revenue - cost,
            "conversions": counts,
            "posts_live": invitations["posts"].to_numpy(dtype=np.float64) @ live,
            "contacts": asked.sum(axis=0),
            "packages": took.sum(axis=0),
            "unique_reach": reached,
        }
    )


def _asked(spent: Floats, whole: Floats, budget: float) -> NDArray[np.bool_]:
    """Return who is invited: all up to the first whom what is left of the money cannot promise everything."""
    before = np.cumsum(spent, axis=0) - spent
    pays = before + whole[:, None] <= budget * (1 + ROUNDING)
    return np.asarray(np.logical_and.accumulate(pays, axis=0))


def _lucky(orders: Floats, shared: dict[str, Floats]) -> Iterator[tuple[float, float, float]]:
    chances = money.chances(shared)
    return zip(orders, chances["nano_orders"], chances["nano_orders_score"], strict=True)


def _revenue(counts: Floats, brief: Brief, shared: dict[str, Floats]) -> Floats:
    economics, cubes = money.economics(brief), money.cube_roots(brief.values.order_value_cv)
    scores = money.chances(shared)["nano_values_score"]
    each = zip(counts, scores, strict=True)
    return np.array([money.value_of_orders(number, economics, score, cubes) for number, score in each])
