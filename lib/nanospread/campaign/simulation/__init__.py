"""Model + brief + seed -> outcomes, one row per world and arm. Owns the random numbers.

A world is one draw of everything uncertain, and all arms live in the same worlds, so that "nano beats macro"
is a paired question. What one creator brings is in `creator_model`, counts and money in `money`, the walk
down the list in `kernel`, arms in `arms`, whom to contact in `creator_list`, random numbers in `draws`.

What is drawn is luck and, where beliefs are given, what is not known of the assumptions: each world then
takes one of their joint draws (`by_world`).

Same seed, same numbers, whatever the blocks, threads or processes; the first worlds are the same however many
follow, and a creator's draws do not depend on who else is in the plan. An `executor` gets blocks of worlds.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.simulation import arms, by_world, creator_list, run
from nanospread.campaign.simulation.arms import SimulationSetup, list_length
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.campaign.simulation.creator_list import quoted
from nanospread.campaign.simulation.diversification import individual_luck, over_niches, shared_luck, spread
from nanospread.campaign.simulation.draws import SCRAMBLES
from nanospread.campaign.simulation.per_creator import (
    expected,
    invitation_terms,
    invited,
    invited_luck,
    invited_setup,
    posted,
    responses,
    revenue,
    sold,
    worth_of_contacts,
)
from nanospread.campaign.simulation.programme import Programme, programme
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

__all__ = [
    "SCRAMBLES", "JointDraws", "Outcomes", "Programme", "SimulationSetup", "believed", "campaign", "expected",
    "frontier", "individual_luck", "invitation_terms", "invited", "invited_luck", "invited_setup",
    "list_length", "over_niches", "posted", "programme", "quoted", "responses", "revenue",
    "shared_luck", "sold", "spread", "sweep", "worth_of_contacts",
]  # fmt: skip


@dataclass(frozen=True)
class Outcomes:
    """What a campaign may come to.

    worlds: by arm and world: world, arm (ordered category), cost, profit [money], reach (feed + story),
    unique_reach (people reached at least once), engagements, clicks, conversions, revenue [money],
    posts_live, contacts, packages, roi (profit / cost, 0 where nothing was spent). plan: by arm: macro_share,
    macro_followers, and means over worlds of contacts, packages, expected_posts, remainder [money];
    creators_from_roster and creators_drawn split the rounded contacts. notes: what a reader must know about
    this run, in sentences.
    """

    worlds: pd.DataFrame
    plan: pd.DataFrame
    notes: tuple[str, ...]


def campaign(
    engagement: EngagementModel,
    brief: Brief,
    *,
    n_worlds: int,
    seed: int,
    only: Sequence[str] | None = None,
    executor: Executor | None = None,
    beliefs: JointDraws | None = None,
) -> Outcomes:
    """Return the outcomes of the brief's arms, or of those named in `only`, in the same worlds.

    beliefs: what each world draws beside its luck; None for luck alone, all else as in the brief.

    Raises: InputError for an unknown arm, a misspelt niche or macro, or a list nobody can work through.
    """
    run.checked(n_worlds, seed)
    setup, listed = run.setup(engagement, brief, seed, only, beliefs)
    values = run.outcomes(setup, n_worlds, run.EVERYTHING, executor)
    plan = run.plan(setup, values.mean(axis=2), listed)
    return Outcomes(run.frame(setup, values), plan, notes=tuple(run.notes(setup, plan, listed, engagement)))


def believed(
    beliefs: JointDraws, *, n_worlds: int, seed: int, also: Mapping[str, Floats] | None = None
) -> pd.DataFrame:
    """Return what each of `campaign`'s worlds draws of the beliefs: a row per world, a column per belief.

    also: what follows from the beliefs, one value for each draw, by name.
    """
    rows = by_world.rows(beliefs, seed, 0, n_worlds)
    frame = pd.DataFrame(beliefs.draws[rows], columns=list(beliefs.names))
    return frame.assign(**{name: values[rows] for name, values in (also or {}).items()})


def frontier(
    engagement: EngagementModel,
    brief: Brief,
    *,
    shares: Iterable[float],
    n_worlds: int,
    seed: int,
    executor: Executor | None = None,
    beliefs: JointDraws | None = None,
) -> pd.DataFrame:
    """Return the money of each mix, from all nano (share 0) to all macro (1), in the same worlds.

    shares: of the budget, on the macro; each arm makes the brief's offer to nano creators. Returns:
    macro_share, world, arm (macro, nano_<offer> or mix_<percent>), cost, profit, roi; of a macro out of reach
    all nano alone.
    """
    run.checked(n_worlds, seed)
    full = creator_list.quoted(engagement, brief)
    distinct_shares = sorted({round(share, 4) for share in shares})
    if not distinct_shares or not all(0 <= share <= 1 for share in distinct_shares):
        raise errors.InputError(f"shares must be from 0 to 1; got {distinct_shares}")
    every = arms.arms(full, [share for share in distinct_shares if 0 < share < 1])
    offers = "", brief.nano.offer
    chosen = [arm for arm in every if arm.share in distinct_shares and arm.offer in offers]
    run.check_reachable(chosen, full)
    setup = arms.setup(engagement, full, chosen, arms.listed(engagement, full, beliefs), seed, beliefs)
    worlds = run.frame(setup, run.outcomes(setup, n_worlds, run.MONEY, executor))
    worlds.insert(0, "macro_share", np.repeat([arm.share for arm in setup.arms], n_worlds))
    return worlds


def sweep(
    engagement: EngagementModel,
    brief: Brief,
    *,
    name: str,
    values: Iterable[float],
    n_worlds: int,
    seed: int,
    only: Sequence[str] | None = None,
    executor: Executor | None = None,
    beliefs: JointDraws | None = None,
) -> pd.DataFrame:
    """Return the campaign's money at each value of one assumption or field, in the same worlds.

    beliefs: of these, the one that is swept is left out: its values rule.
    """
    run.checked(n_worlds, seed)
    values = list(values)
    if not values:
        raise errors.InputError(f"values of {name} must be at least one; got none")
    others = by_world.without(beliefs, name)
    frames = []
    for value, other in {value: changed(brief, **{name: value}) for value in values}.items():
        setup, _ = run.setup(engagement, other, seed, only, others)
        frames.append(
            run.frame(setup, run.outcomes(setup, n_worlds, run.MONEY, executor)).assign(value=value)
        )
    rows = pd.concat(frames, ignore_index=True)
    return rows[["value", "arm", "world", "cost", "profit", "roi"]]
