"""Creators named one by one -> what their posts bring: in closed form, world by world, or within a budget.

`campaign` works down a list of creators to contact; here the creators are given: candidates of a shortlist,
those it invites, each with an offer and posts of its own, and those who have posted already. Worlds are those
of `campaign` at the same seed; nobody knows the weeks of single creators, so all meet the same feed.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from nanospread.campaign.brief import Brief, changed, earned_share
from nanospread.campaign.simulation import (
    arms,
    by_world,
    creator_list,
    creator_model,
    draws,
    kernel,
    money,
    run,
)
from nanospread.campaign.simulation.arms import ROUNDING
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.campaign.simulation.creator_model import CreatorOutcomes, Values
from nanospread.campaign.simulation.money import AUDIENCE, CLICKS, MISSED, ORDERS
from nanospread.core.types import Flags, Floats, Places
from nanospread.creators import tiers
from nanospread.creators.engagement import EngagementModel

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(24)  # for the spread of one post's reach
WEIGHTS = WEIGHTS / WEIGHTS.sum()
CREATORS, FEW = 256, 64  # creators at a time over all draws of the beliefs; draws that do for reach
BLOCK = 2_048  # worlds at a time: a long list has as many rows as creators


def expected(
    engagement: EngagementModel, brief: Brief, creators: pd.DataFrame, beliefs: JointDraws | None = None
) -> pd.DataFrame:
    """Return what each nano creator's first post brings on average: creator, orders, reach [people].

    creators: creator, niche, followers, none of whom the model needs to know. orders is exact before
    audiences overlap, at the brief's assumptions or over the draws of the beliefs; reach is within 1e-6 of
    itself where one post's spread is under 1, over `FEW` of the draws, from one end to the other.
    """
    rated = creator_list.rated(engagement, creators, drawn=False)
    parts = [part.mean(axis=1) for part in orders_by_draw(rated, brief, beliefs)]
    orders = np.concatenate(parts or [np.empty(0)])
    values = by_world.drawn(brief, beliefs, FEW)
    share = _reached_share(
        rated["sd_post"].to_numpy(), creator_model.terms(brief, "nano", values), values.platform_sd
    )
    reach = rated["followers"].to_numpy(dtype=np.float64) * share
    return pd.DataFrame(
        {"creator": creators["creator"], "orders": orders, "reach": reach}, index=creators.index
    )


def orders_by_draw(rated: pd.DataFrame, brief: Brief, beliefs: JointDraws | None) -> Iterator[Floats]:
    """Return the orders of `expected` for each draw of the beliefs: some creators x draws after the other.

    rated: as `creator_list.rated`.
    """
    values = by_world.drawn(brief, beliefs)
    terms = creator_model.terms(brief, "nano", values)
    per_follower = terms.click_rate * terms.orders_per_click * values.kappa * _flop_factor(values)
    pull = np.atleast_1d(terms.pull)
    for start in range(0, len(rated), CREATORS):
        rows = rated.iloc[start : start + CREATORS]
        above = (rows["log_mean"] - rows["alike_mean"]).to_numpy(dtype=np.float64)
        own, alike = (rows[name].to_numpy(dtype=np.float64) for name in ("log_sd", "alike_sd"))
        # what a creator's ER does to its orders, over its posterior
        engaging = np.exp(np.outer(above, pull) + np.outer((own**2 - alike**2) / 2, pull**2))
        sold = creator_list.past_sales(rows["creator"], beliefs)["multiplier"].to_numpy(dtype=np.float64)
        yield (rows["followers"].to_numpy(dtype=np.float64) * sold)[:, None] * per_follower * engaging


def _flop_factor(values: Values) -> Any:
    """Return what flops leave of orders: 1 - (1 - keeps) Phi(Phi^-1(rate) - shared sd), as `brings`."""
    shared = (values.rho_campaign + values.rho_niche) * values.conversion_sd
    chance = special.ndtr(special.ndtri(values.flop_rate) - shared)
    return 1 - (1 - values.flop_multiplier) * chance


def _reached_share(sd_post: Floats, terms: creator_model.Terms, feed_sd: Any) -> Floats:
    """Return the share of the followers who see the feed post or the story, or both; mean over draws."""
    sd = np.hypot(sd_post[:, None], feed_sd)
    share = np.zeros_like(sd)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        lift = np.exp(sd * node - sd**2 / 2)
        missing = (1 - np.minimum(terms.feed_rate * lift, 1)) * (1 - np.minimum(terms.story_rate * lift, 1))
        share = share + weight * (1 - missing)
    return np.asarray(share.mean(axis=1))


def posted(
    model: EngagementModel,
    brief: Brief,
    creators: pd.DataFrame,
    *,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None = None,
) -> Floats:
    """Return the orders to expect of one feed post and story of each creator: worlds x creators.

    Audiences overlap as in `campaign`: people whom several of one niche, or of the market, reach order less
    often the second time. Before that a creator's numbers are those of `campaign`, of nano or the macro,
    whichever its size is nearer to. beliefs: what each world draws beside its luck.
    """
    orders = np.zeros((n_worlds, len(creators)))
    if creators.empty:
        return orders
    setup = invited_setup(model, brief, creators, seed, beliefs, certain=True)
    macro = tiers.near_macro(creators["followers"], brief.platform)
    niche = setup.nano["niche"].astype(np.intp)
    for start in range(0, n_worlds, BLOCK):
        stop = min(start + BLOCK, n_worlds)
        settings, _, common, tables = arms.shared_inputs(setup, start, stop)
        outcomes = np.empty((len(CreatorOutcomes._fields), len(creators), stop - start))
        for side, chosen in (("nano", ~macro), ("macro", macro)):
            part = np.empty((len(outcomes), int(chosen.sum()), stop - start))
            kernel.each(setup.nano[chosen], _one_post(settings[side]), start, common, tables, part)
            outcomes[:, chosen] = part
        values = by_world.values(setup.brief, beliefs, seed, start, stop)
        worth, _ = overlapped(outcomes[AUDIENCE], outcomes[MISSED], niche, len(setup.niches), values)
        orders[start:stop] = (outcomes[ORDERS] * worth[niche] * values.kappa).T
    return orders


def _one_post(terms: NDArray[Any]) -> NDArray[Any]:
    """Return the terms of creators who post once."""
    alone = terms.copy()
    alone["posts"] = 1
    return alone


def invited_setup(
    model: EngagementModel,
    brief: Brief,
    creators: pd.DataFrame,
    seed: int,
    beliefs: JointDraws | None,
    *,
    certain: bool = False,
) -> arms.SimulationSetup:
    """Return the setup of these creators alone, all of them in the same week, the same for every block.

    certain: whether all of them post.
    """
    niches, plain = tuple(sorted(creators["niche"].unique())), changed(brief, weeks=1)
    rated = creator_list.rated(model, creators, drawn=False)
    cast = creator_list.cast(rated, plain, niches, seed, beliefs)
    return arms.SimulationSetup(plain, seed, niches, (), cast, cast, (), certain=certain, beliefs=beliefs)


class PostOutcomes(NamedTuple):
    """What one live post of each creator brings in each world: arrays creators x worlds."""

    orders: Floats  # expected, at the brief's kappa, before audiences overlap
    audience: Floats  # people who see it at least once
    missed: Floats  # share of the niche's people who do not
    clicks: Floats  # expected, before audiences overlap


class Chances(NamedTuple):
    """One world's rates, one number for each world: of accepting, and of posting once accepted, by offer."""

    accepted: Floats
    gift: Floats
    fee: Floats


def invited_luck(
    setup: arms.SimulationSetup, *, n_worlds: int, start: int = 0
) -> tuple[PostOutcomes, Chances]:
    """Return what each creator's first post brings in the worlds from `start` on, and rates there.

    setup: as `invited_setup`.
    """
    settings, worlds, common, tables = arms.shared_inputs(setup, start, start + n_worlds)
    outcomes = np.empty((len(CreatorOutcomes._fields), len(setup.nano), n_worlds))
    kernel.each(setup.nano, _one_post(settings["nano"]), start, common, tables, outcomes)
    accepted = worlds["accepted"]
    rates = [
        np.divide(worlds[f"posted_{offer}"], accepted, out=np.zeros(n_worlds), where=accepted > 0)
        for offer in ("gift", "fee")
    ]
    orders = (
        outcomes[ORDERS]
        * by_world.values(setup.brief, setup.beliefs, setup.seed, start, start + n_worlds).kappa
    )
    return PostOutcomes(orders, outcomes[AUDIENCE], outcomes[MISSED], outcomes[CLICKS]), Chances(
        accepted, *rates
    )


class InvitationTerms(NamedTuple):
    """What each invitation costs and brings: creators x worlds, one column where it is the same in all."""

    goods: Floats  # [money], sent once it accepts
    on_post: Floats  # [money], fee and management once it has posted
    paid: Flags
    worth: Floats  # what its posts bring together, as multiples of the first


def invitation_terms(invitations: pd.DataFrame, values: Values) -> InvitationTerms:
    """Return what each invitation promises; invitations: followers, offer, posts, as `invited`."""
    posts, followers = (
        invitations[name].to_numpy(dtype=np.float64)[:, None] for name in ("posts", "followers")
    )
    paid: Flags = (invitations["offer"] == "fee").to_numpy(dtype=np.bool_)[:, None]
    fee = np.where(paid, followers * values.fee_per_follower_nano * posts, 0.0)
    left = 1 - values.wear_out
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where(np.less(left, 1), (1 - np.power(left, posts)) / (1 - left), posts)
    goods = np.where(paid, 1.0, posts) * (values.product_cost + values.shipping)
    return InvitationTerms(goods, fee + values.overhead_per_creator, paid, worth)


def invited(
    engagement: EngagementModel,
    brief: Brief,
    invitations: pd.DataFrame,
    *,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None = None,
) -> pd.DataFrame:
    """Return what inviting these creators, in this order, comes to within the brief's budget.

    invitations: creator, niche, followers, offer (gift or fee), posts. Whoever is next on the list is invited
    as long as the money pays for the whole of its promise. A gift is sent for each post, a fee paid for each
    post that is made; a further post brings 1 - wear_out of the one before and reaches the same people.
    beliefs: what each world draws beside its luck, as `campaign`.
    """
    run.checked(n_worlds, seed)
    if invitations.empty:
        names = ["cost", "profit", "conversions", "posts_live", "contacts", "packages", "unique_reach", "roi"]
        return pd.DataFrame({"world": np.arange(n_worlds)} | dict.fromkeys(names, 0.0))
    setup = invited_setup(engagement, brief, invitations, seed, beliefs)
    frames = [
        _block(setup, invitations, start, min(BLOCK, n_worlds - start)) for start in range(0, n_worlds, BLOCK)
    ]
    worlds = pd.concat(frames, ignore_index=True)
    return worlds.assign(roi=run.roi(worlds["profit"].to_numpy(), worlds["cost"].to_numpy()))


def _block(setup: arms.SimulationSetup, invitations: pd.DataFrame, start: int, n: int) -> pd.DataFrame:
    values = by_world.values(setup.brief, setup.beliefs, setup.seed, start, start + n)
    luck, answers = responses(setup, invitations, n_worlds=n, start=start)
    cost = (answers.spent * answers.contacted).sum(axis=0)
    codes, niches = pd.factorize(invitations["niche"])
    audience, missed = luck.audience * answers.live, np.where(answers.live, luck.missed, 1.0)
    worth, reached = overlapped(audience, missed, codes, len(niches), values)
    orders = (luck.orders * answers.live * answers.worth * worth[codes]).sum(axis=0)
    counts, earned = sold(orders, values, setup.seed, start)
    return pd.DataFrame(
        {
            "world": np.arange(start, start + n),
            "cost": cost,
            "profit": earned_share(values) * earned - cost,
            "conversions": counts,
            "posts_live": invitations["posts"].to_numpy(dtype=np.float64) @ answers.live,
            "contacts": answers.contacted.sum(axis=0),
            "packages": answers.accepted.sum(axis=0),
            "unique_reach": reached,
        }
    )


class Responses(NamedTuple):
    """Whom the money reaches down a list, and who then accepts and posts: arrays creators x worlds."""

    contacted: Flags
    accepted: Flags
    live: Flags
    spent: Floats  # on each, where contacted [money]
    worth: Floats  # of its posts together, as multiples of the first; one column where the same in all


def responses(
    setup: arms.SimulationSetup, invitations: pd.DataFrame, *, n_worlds: int, start: int = 0
) -> tuple[PostOutcomes, Responses]:
    """Return what each invitation of `invited` brings in each world from `start` on, and who does what.

    setup: the invitations' `invited_setup`.
    """
    values = by_world.values(setup.brief, setup.beliefs, setup.seed, start, start + n_worlds)
    terms = invitation_terms(invitations, values)
    luck, chance = invited_luck(setup, n_worlds=n_worlds, start=start)
    coin = np.array(
        [draws.uniforms(setup.seed, "invited", name, n_worlds, start) for name in invitations["creator"]]
    )
    took = coin < chance.accepted
    live = coin < chance.accepted * np.where(terms.paid, chance.fee, chance.gift)
    labour = values.labour_per_contact
    spent = labour + terms.goods * took + terms.on_post * live
    contacted = _contacted(spent, labour + terms.goods + terms.on_post, setup.brief.budget)
    return luck, Responses(contacted, took & contacted, live & contacted, spent, terms.worth)


def _contacted(spent: Floats, promised: Floats, budget: float) -> Flags:
    """Return who is invited: all up to the first whom what is left of the money cannot promise everything."""
    before = np.cumsum(spent, axis=0) - spent
    pays = before + promised <= budget * (1 + ROUNDING)
    return np.asarray(np.logical_and.accumulate(pays, axis=0))


def sold(expected_orders: Floats, values: Values, seed: int, start: int = 0) -> tuple[Floats, Floats]:
    """Return the orders and the revenue [money] of each world from `start` on, at these values."""
    luck = money.chances(draws.shared(seed, start, start + len(expected_orders)))
    each = zip(expected_orders, luck["nano_orders"], luck["nano_orders_score"], strict=True)
    counts = np.array([money.count(*one) for one in each])
    return counts, revenue(counts, values, seed, start)


def revenue(counts: Floats, values: Values, seed: int, start: int = 0) -> Floats:
    """Return the revenue of so many orders in each world from `start` on [money]."""
    tables, n = kernel.tables(values), len(counts)
    scores = draws.shared(seed, start, start + n)["nano order values"]
    economics = kernel.settings({"economics": money.economics(values)}, n)["economics"]
    sales = zip(counts, economics, special.ndtri(scores), strict=True)
    return np.array([money.value_of_orders(*one, tables.cubes, tables.shapes) for one in sales])


def overlapped(
    audience: Floats, missed: Floats, niche: Places, n_niches: int, values: Values
) -> tuple[Floats, Floats]:
    """Return what a contact with each niche is worth, array niches x worlds, and the people reached at all.

    As `money.overlapped` inside the kernel. audience: people whom each creator reaches; missed: the share of
    its niche's people whom it does not, both creators x worlds. niche: place of each creator's.
    """
    here = [niche == at for at in range(n_niches)]
    contacts = np.array([audience[mine].sum(axis=0) for mine in here])
    return worth_of_contacts(contacts, np.array([missed[mine].prod(axis=0) for mine in here]), values)


def worth_of_contacts(contacts: Floats, missed: Floats, values: Values) -> tuple[Floats, Floats]:
    """Return as `overlapped`, from each niche's contacts and the share of its people that all miss."""
    market, repeat = values.market_pool, values.repeat_click_weight
    people = (1 - missed) * values.niche_pool
    everybody = market * (1 - (1 - np.minimum(people / market, 1)).prod(axis=0))
    first = _ratio(people, contacts) * _ratio(everybody, people.sum(axis=0))
    return repeat + (1 - repeat) * first, everybody


def _ratio(part: Floats, total: Floats) -> Floats:
    return np.divide(part, total, out=np.ones_like(total), where=total > 0)
