"""Brief + model + seed -> the setup: the arms, whom they may contact, and the luck of a block of worlds."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief, Deal
from nanospread.campaign.simulation import by_world, creator_list, creator_model, draws, kernel, money
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.campaign.simulation.creator_list import LONGEST_LIST
from nanospread.campaign.simulation.creator_model import Cast, Common, Values
from nanospread.campaign.simulation.draws import Words
from nanospread.campaign.simulation.kernel import (
    ARM,
    WORLD,
    Arms,
    CreatorCosts,
    QuantileTables,
    Recruits,
    Settings,
    Worlds,
)
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

ROUNDING = 1e-12  # of the money, so that what pays exactly k creators does not fail by a rounding


@dataclass(frozen=True)
class Arm:
    """A way to spend the budget: cash for nano creators of one offer, the rest for a macro."""

    name: str
    share: float  # of the budget, on the macro
    offer: str
    cash: float
    macro: Deal | None


def arms(brief: Brief, shares: Sequence[float] | None = None) -> list[Arm]:
    """Return the arms: one macro, nano gifted and paid (and as the brief offers), and mixes.

    shares: of the budget, on the macro, of the mixes; None for the brief's own. A macro out of reach leaves
    nano alone.
    """
    every = [] if brief.out_of_reach else [Arm("macro", 1.0, "", 0.0, brief.deal())]
    offers = dict.fromkeys(["gift", "fee", brief.nano.offer])
    every += [Arm(f"nano_{offer}", 0.0, offer, brief.budget, None) for offer in offers]
    mixes = brief.mixes if shares is None else shares
    for share in () if brief.out_of_reach else mixes:
        deal = brief.deal(share)
        every.append(Arm(f"mix_{100 * share:g}", share, brief.nano.offer, brief.budget - deal.fee, deal))
    return every


class OfferGroup(NamedTuple):
    """The arms that make the same offer, least cash first, and what the creators of the list then cost."""

    arms: Arms
    recruits: Recruits


@dataclass(frozen=True)
class SimulationSetup:
    """All that a run needs beside the number of worlds; small, and the same for every block of them."""

    brief: Brief
    seed: int
    niches: tuple[str, ...]
    arms: tuple[Arm, ...]
    nano: Cast
    macros: Cast
    offer_groups: tuple[OfferGroup, ...]
    certain: bool  # everybody accepts and posts, at no labour: `spread`
    beliefs: JointDraws | None = None  # what the worlds draw; None: the brief's own values in all of them


def listed(engagement: EngagementModel, brief: Brief, beliefs: JointDraws | None = None) -> pd.DataFrame:
    """Return the list to contact: `over_invite` times as many as the budget pays for on average."""
    rows = creator_list.nano(engagement, brief.niches, list_length(brief, beliefs))
    return rows[rows["creator"] != brief.macro.creator]  # hired as the macro


def list_length(brief: Brief, beliefs: JointDraws | None = None) -> int:
    """Return how many creators the list to contact has.

    With beliefs, as many as the draw with the cheapest contacts needs, up to the longest list.

    Raises: InputError for more than can be simulated.
    """
    contact: float = _contact(brief.values)
    if contact <= 0:
        raise errors.InputError(
            "labour_per_contact must be above 0, or each accepted gift must cost something"
        )
    n = math.ceil(min(brief.values.over_invite * brief.budget / contact, 1e9))
    if n > LONGEST_LIST:
        raise errors.InputError(
            f"budget x over_invite needs a list of {n:,} creators, at most {LONGEST_LIST:,} run; "
            f"got a budget of {brief.budget:,.2f} and over_invite {brief.values.over_invite:g}"
        )
    if beliefs is not None:
        every = by_world.at(brief, beliefs, beliefs.draws)
        with np.errstate(divide="ignore"):
            contacts = np.max(every.over_invite * brief.budget / _contact(every))
        n = max(n, math.ceil(min(float(contacts), LONGEST_LIST)))
    return max(1, n)


def _contact(values: Values) -> Any:
    """Return what one contact costs on average [money], fees left out."""
    opt_in = values.reply_rate * values.accept_rate
    return values.labour_per_contact + opt_in * (values.product_cost + values.shipping)


def setup(
    engagement: EngagementModel,
    brief: Brief,
    chosen: Sequence[Arm],
    nanos: pd.DataFrame,
    seed: int,
    beliefs: JointDraws | None = None,
) -> SimulationSetup:
    """Return the setup of these arms; nanos: the list of creators to contact."""
    niches = tuple(dict.fromkeys([*brief.niches, creator_list.macro_niche(engagement, brief)]))
    sizes = sorted({arm.macro.followers for arm in chosen if arm.macro})
    hired = creator_list.macros(engagement, brief, sizes) if sizes else nanos.head(0)
    return SimulationSetup(
        brief=brief,
        seed=seed,
        niches=niches,
        arms=tuple(chosen),
        nano=creator_list.cast(nanos, brief, niches, seed, beliefs),
        macros=creator_list.cast(hired, brief, niches, seed, beliefs),
        offer_groups=tuple(_offer_groups(brief, chosen, nanos, sizes, seed, beliefs)),
        certain=False,
        beliefs=beliefs,
    )


def _offer_groups(
    brief: Brief,
    chosen: Sequence[Arm],
    nanos: pd.DataFrame,
    sizes: Sequence[int],
    seed: int,
    beliefs: JointDraws | None,
) -> Iterator[OfferGroup]:
    """Return one group for each offer; the macro alone, which makes none, walks with the first."""
    followers = nanos["followers"].to_numpy(dtype=np.float64)
    recruit = draws.keys(seed, "recruited", nanos["named"].to_numpy(dtype=np.uint64))
    offers = list(dict.fromkeys(arm.offer for arm in chosen if arm.offer)) or [brief.nano.offer]
    for offer in offers:
        mine = [at for at, arm in enumerate(chosen) if (arm.offer or offers[0]) == offer]
        mine.sort(key=lambda at: chosen[at].cash)
        rows = np.array([(at, *_row(chosen[at], brief, sizes)) for at in mine], dtype=ARM)
        rows["cash"] *= 1 + ROUNDING
        yield OfferGroup(rows, _recruits(recruit, followers, brief, offer, beliefs))


def _row(arm: Arm, brief: Brief, sizes: Sequence[int]) -> tuple[float, ...]:
    """Return the fields of `ARM` after the place."""
    if arm.macro is None:
        return arm.cash, -1, 0.0, 0.0, 0.0, 0.0, 0.0
    followers, fee = arm.macro
    quoted = brief.macro.followers or math.inf
    at = sizes.index(followers)
    return arm.cash, at, fee, fee / brief.budget, arm.share * brief.budget, followers, quoted


def _recruits(
    recruit: Words, followers: Floats, brief: Brief, offer: str, beliefs: JointDraws | None
) -> Recruits:
    """Return what recruitment needs of each creator.

    The unit of a fee is money, management included; where fees are drawn, a follower's fee for one post.
    """
    paid, posts = followers >= brief.nano.paid_from(offer), brief.nano.posts
    fee, parcels = followers * paid * posts, np.where(paid, 1.0, posts)
    if beliefs is None:
        fee = fee * brief.values.fee_per_follower_nano + brief.values.overhead_per_creator
    return Recruits(recruit, parcels, fee, paid)


def arm_outcomes(setup: SimulationSetup, start: int, stop: int, outcomes: int) -> Floats:
    """Return what each arm comes to in worlds start to stop - 1: the first `outcomes` x arms x worlds."""
    out = np.empty((outcomes, len(setup.arms), stop - start))
    settings, worlds, common, tables = shared_inputs(setup, start, stop)
    for group in setup.offer_groups:
        kernel.walk(
            group.recruits, setup.nano, setup.macros, group.arms, settings, start, worlds, common, tables, out
        )
    return out


def shared_inputs(
    setup: SimulationSetup, start: int, stop: int
) -> tuple[Settings, Worlds, Common, QuantileTables]:
    """Return what all arms have in common in worlds start to stop - 1."""
    values = by_world.values(setup.brief, setup.beliefs, setup.seed, start, stop)
    shared = draws.shared(setup.seed, start, stop)
    parts: dict[str, NamedTuple] = {
        "costs": _costs(setup, values),
        "nano": creator_model.terms(setup.brief, "nano", values),
        "macro": creator_model.terms(setup.brief, "macro", values),
        "economics": money.economics(values),
    }
    settings = kernel.settings(parts, 1 if setup.beliefs is None else stop - start)
    common = creator_model.common(setup.brief, setup.niches, setup.seed, start, shared, values)
    tables = kernel.tables(values)
    if setup.beliefs:  # the spread of own luck is that of each creator
        tables = tables._replace(lifts=tables.lifts[:0])
    return settings, _worlds(setup, shared, values), common, tables


def _costs(setup: SimulationSetup, values: Values) -> CreatorCosts:
    """Return what creators cost; what `_roll` has in money already is not drawn."""
    price = (
        values.fee_per_follower_macro * setup.brief.macro.posts
        if setup.beliefs and not setup.brief.macro.fee
        else 0.0
    )
    if setup.certain:
        return CreatorCosts(0.0, 0.0, 1.0, 0.0, LONGEST_LIST, price)
    goods, capacity = values.product_cost + values.shipping, np.rint(values.nano_capacity)
    if setup.beliefs is None:
        return CreatorCosts(values.labour_per_contact, goods, 1.0, 0.0, capacity, price)
    fee, overhead = values.fee_per_follower_nano, values.overhead_per_creator
    return CreatorCosts(values.labour_per_contact, goods, fee, overhead, capacity, price)


def _worlds(setup: SimulationSetup, shared: dict[str, Floats], values: Values) -> Worlds:
    """Return what else is drawn once in each world: chances of recruitment, luck of the macro and of counts.

    The rates are drawn anew in each, so counts are beta-binomial (model.md C11). One uniform of the creator
    decides how far it goes: under reply x accept it takes the offer, under that x post it posts. So the
    stages chain as a binomial funnel does, and whoever posts for a gift would post for a fee.
    """
    worlds = np.zeros(len(shared["campaign"]), dtype=WORLD)
    if setup.certain:
        accepted = np.ones(len(worlds))
        posted = {"gift": accepted, "fee": accepted}
    else:
        precision = values.recruitment_precision
        accepted = draws.rates(values.reply_rate, precision, shared["reply"])
        accepted = accepted * draws.rates(values.accept_rate, precision, shared["accept"])
        posted = {
            offer: draws.rates(values.post_rate(offer), precision, shared["post"])
            for offer in ("gift", "fee")
        }
    worlds["accepted"] = accepted
    for offer, chance in posted.items():
        worlds[f"posted_{offer}"] = accepted * chance
    conversion, post, true_rate = creator_model.macro_scores(shared)
    worlds["macro_post"], worlds["macro_true_rate"] = post, true_rate
    sd = creator_model.individual_sd(values)
    worlds["macro_conversion"] = np.exp(sd * conversion - sd**2 / 2)
    worlds["macro_flop"] = shared["macro flop"]
    for name, luck in money.chances(shared).items():
        worlds[name] = luck
    return worlds
