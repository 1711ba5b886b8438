"""Brief + model + seed -> the stage: the arms, whom they may contact, and the luck of a block of worlds."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.campaign.brief import Brief, Deal
from nanospread.campaign.simulation import creator_list, creator_model, draws, kernel, money
from nanospread.campaign.simulation.creator_list import LONGEST_LIST
from nanospread.campaign.simulation.creator_model import Cast, Common
from nanospread.campaign.simulation.kernel import ARM, WORLD, Arms, Offer, Play, Roll, Tables, Worlds
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

    shares: of the budget, on the macro, of the mixes; None for the brief's own.
    """
    every = [Arm("macro", 1.0, "", 0.0, brief.deal())]
    offers = dict.fromkeys(["gift", "fee", brief.nano.offer])
    every += [Arm(f"nano_{offer}", 0.0, offer, brief.budget, None) for offer in offers]
    for share in brief.mixes if shares is None else shares:
        deal = brief.deal(share)
        every.append(Arm(f"mix_{100 * share:g}", share, brief.nano.offer, brief.budget - deal.fee, deal))
    return every


class Lane(NamedTuple):
    """The arms that make the same offer, least cash first, and what the creators of the list then cost."""

    arms: Arms
    roll: Roll


@dataclass(frozen=True)
class Stage:
    """All that a run needs beside the number of worlds; small, and the same for every block of them."""

    brief: Brief
    seed: int
    niches: tuple[str, ...]
    arms: tuple[Arm, ...]
    nano: Cast
    macros: Cast
    lanes: tuple[Lane, ...]
    certain: bool  # everybody accepts and posts, at no labour: `spread`


def listed(engagement: EngagementModel, brief: Brief) -> pd.DataFrame:
    """Return the list to contact: `over_invite` times as many as the budget pays for on average."""
    rows = creator_list.nano(engagement, brief.niches, list_length(brief))
    return rows[rows["creator"] != brief.macro.creator]  # hired as the macro


def list_length(brief: Brief) -> int:
    """Return how many creators the list to contact has. Raises: InputError for more than can be simulated."""
    contact = brief.values.labour_per_contact + brief.opt_in * brief.goods
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
    return max(1, n)


def stage(
    engagement: EngagementModel, brief: Brief, chosen: Sequence[Arm], nanos: pd.DataFrame, seed: int
) -> Stage:
    """Return the stage on which these arms are played; nanos: the list of creators to contact."""
    niches = tuple(dict.fromkeys([*brief.niches, creator_list.macro_niche(engagement, brief)]))
    sizes = sorted({arm.macro.followers for arm in chosen if arm.macro})
    hired = creator_list.macros(engagement, brief, sizes) if sizes else nanos.head(0)
    return Stage(
        brief=brief,
        seed=seed,
        niches=niches,
        arms=tuple(chosen),
        nano=creator_list.cast(nanos, brief, niches, seed),
        macros=creator_list.cast(hired, brief, niches, seed),
        lanes=tuple(_lanes(brief, chosen, nanos, sizes, seed)),
        certain=False,
    )


def _lanes(
    brief: Brief, chosen: Sequence[Arm], nanos: pd.DataFrame, sizes: Sequence[int], seed: int
) -> Iterator[Lane]:
    """Return one lane for each offer; the macro alone, which makes none, walks with the first."""
    followers = nanos["followers"].to_numpy(dtype=np.float64)
    recruit = draws.keys(seed, "recruited", nanos["named"].to_numpy(dtype=np.uint64))
    offers = list(dict.fromkeys(arm.offer for arm in chosen if arm.offer)) or [brief.nano.offer]
    for offer in offers:
        mine = [at for at, arm in enumerate(chosen) if (arm.offer or offers[0]) == offer]
        mine.sort(key=lambda at: chosen[at].cash)
        rows = np.array([(at, *_row(chosen[at], brief, sizes)) for at in mine], dtype=ARM)
        rows["cash"] *= 1 + ROUNDING
        yield Lane(rows, Roll(recruit, *_fees(followers, brief, offer)))


def _row(arm: Arm, brief: Brief, sizes: Sequence[int]) -> tuple[float, int, float, float]:
    if arm.macro is None:
        return arm.cash, -1, 0.0, 0.0
    return arm.cash, sizes.index(arm.macro.followers), arm.macro.fee, arm.macro.fee / brief.budget


def _fees(followers: Floats, brief: Brief, offer: str) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what each creator gets once it has posted, management included, and whether it is paid."""
    fee = np.asarray(brief.package(offer, followers) - brief.goods)
    return fee + brief.values.overhead_per_creator, followers >= brief.nano.paid_from(offer)


def played(on: Stage, start: int, stop: int, outcomes: int) -> Floats:
    """Return what each arm comes to in worlds start to stop - 1: the first `outcomes` x arms x worlds."""
    out = np.empty((outcomes, len(on.arms), stop - start))
    play, worlds, common, tables = scene(on, start, stop)
    for lane in on.lanes:
        kernel.walk(lane.roll, on.nano, on.macros, lane.arms, play, worlds, common, tables, out)
    return out


def scene(on: Stage, start: int, stop: int) -> tuple[Play, Worlds, Common, Tables]:
    """Return what all arms have in common in worlds start to stop - 1."""
    brief, values = on.brief, on.brief.values
    shared = draws.shared(on.seed, start, stop)
    free = Offer(0.0, 0.0, LONGEST_LIST)
    play = Play(
        offer=free
        if on.certain
        else Offer(values.labour_per_contact, brief.goods, round(values.nano_capacity)),
        nano=creator_model.terms(brief, "nano"),
        macro=creator_model.terms(brief, "macro"),
        economics=money.economics(brief),
        start=start,
    )
    common = creator_model.common(brief, on.niches, on.seed, start, shared)
    return play, _worlds(on, shared), common, kernel.tables(brief)


def _worlds(on: Stage, shared: dict[str, Floats]) -> Worlds:
    """Return what else is drawn once in each world: chances of recruitment, luck of the macro and of counts.

    The rates are drawn anew in each, so counts are beta-binomial (model.md C11). One uniform of the creator
    decides how far it goes: under reply x accept it takes the offer, under that x post it posts. So the
    stages chain as a binomial funnel does, and whoever posts for a gift would post for a fee.
    """
    brief, worlds = on.brief, np.zeros(len(shared["campaign"]), dtype=WORLD)
    if on.certain:
        accepted = np.ones(len(worlds))
        posted = {"gift": accepted, "fee": accepted}
    else:
        values, precision = brief.values, brief.values.recruitment_precision
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
    sd = creator_model.individual_sd(brief)
    worlds["macro_conversion"] = np.exp(sd * conversion - sd**2 / 2)
    worlds["macro_flop"] = shared["macro flop"]
    for name, luck in money.chances(shared).items():
        worlds[name] = luck
    return worlds
