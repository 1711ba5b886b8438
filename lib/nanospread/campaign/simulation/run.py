"""A setup -> the outcomes of its arms over all worlds, block by block, and what to know of them."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import arms, creator_list, kernel
from nanospread.campaign.simulation.arms import SimulationSetup
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.core import cluster, errors, typed
from nanospread.core.types import Floats
from nanospread.creators import tiers
from nanospread.creators.engagement import EngagementModel

BLOCK = 1 << 14  # worlds worked through at a time
AHEAD = 2  # tasks given to an executor before the first is taken back, for each that may work on them
CORES = os.cpu_count() or 1
EVERYTHING = len(kernel.OUTCOMES)
MONEY = 2  # the first outcomes: cost and profit
T = TypeVar("T")


def checked(n_worlds: int, seed: int, *, fewest: int = 1) -> None:
    """Raise InputError for a number of worlds or a seed that cannot be."""
    for name, value, least in (("n_worlds", n_worlds, fewest), ("seed", seed, 0)):
        if typed.whole(name, value) < least:
            raise errors.InputError(f"{name} must be {least} or more; got {value}")


def setup(
    engagement: EngagementModel,
    brief: Brief,
    seed: int,
    only: Sequence[str] | None,
    beliefs: JointDraws | None = None,
) -> tuple[SimulationSetup, pd.DataFrame]:
    """Return the setup with the arms wanted, and the list of creators to contact."""
    full = creator_list.quoted(engagement, brief)
    listed, every = arms.listed(engagement, full, beliefs), arms.arms(full)
    if only is not None and not len(only):
        raise errors.InputError("only must name at least one arm; got none")
    beyond = ["macro", *(f"mix_{100 * share:g}" for share in full.mixes)] if full.out_of_reach else []
    known = [*(arm.name for arm in every), *beyond]
    for name in only or ():
        if name not in known:
            raise errors.unknown("arm", name, known)
    chosen = [arm for arm in every if only is None or arm.name in only]
    check_reachable(chosen, full)
    return arms.setup(engagement, full, chosen, listed, seed, beliefs), listed


def check_reachable(chosen: Sequence[arms.Arm], brief: Brief) -> None:
    """Raise InputError where the budget pays for none of the arms, which then were all of a macro."""
    if not chosen:
        fee, budget = brief.asked_by_macro, brief.budget
        raise errors.InputError(f"macro.fee must be at most the budget, {budget:,.2f}; got {fee:,.2f}")


def mapped(
    work: Callable[..., T], shared: Any, tasks: Iterable[tuple[Any, ...]], executor: Executor | None
) -> Iterator[T]:
    """Return work(shared, *task) of each task in their order; of an executor few wait at any time."""
    if executor is None:
        yield from (work(shared, *task) for task in tasks)
        return
    waiting: deque[Future[T]] = deque()
    shared_copy, workers = cluster.broadcast(executor, shared), getattr(executor, "threads", 0)
    try:
        for task in tasks:
            waiting.append(executor.submit(work, shared_copy, *task))
            if len(waiting) >= AHEAD * max(CORES, workers):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def outcomes(
    setup: SimulationSetup, n_worlds: int, n_outcomes: int, executor: Executor | None = None
) -> Floats:
    """Return array outcomes x arms x worlds of all worlds; n_outcomes: `EVERYTHING`, or only `MONEY`."""
    out = np.empty((n_outcomes, len(setup.arms), n_worlds))
    starts = range(0, n_worlds, BLOCK)
    tasks = ((start, min(start + BLOCK, n_worlds), n_outcomes) for start in starts)
    for start, block in zip(starts, mapped(arms.arm_outcomes, setup, tasks, executor), strict=True):
        out[:, :, start : start + BLOCK] = block
    return out


def frame(setup: SimulationSetup, values: Floats) -> pd.DataFrame:
    """Return one row per arm and world; the columns are views of the array, not copies."""
    n_worlds, names = values.shape[2], [arm.name for arm in setup.arms]
    columns = dict(zip(kernel.OUTCOMES, values.reshape(len(values), -1), strict=False))
    codes = np.repeat(np.arange(len(names), dtype=np.min_scalar_type(-len(names))), n_worlds)
    return pd.DataFrame(
        {
            "world": np.tile(np.arange(n_worlds, dtype=np.int32), len(names)),
            "arm": pd.Categorical.from_codes(codes, pd.Index(names), ordered=True),
            **columns,
            "roi": roi(columns["profit"], columns["cost"]),
        },
        copy=False,
    )


def roi(profit: Floats, cost: Floats) -> Floats:
    """Return profit / cost, 0 where nothing was spent."""
    return np.divide(profit, cost, out=np.zeros_like(profit), where=cost > 0)


def plan(setup: SimulationSetup, means: Floats, listed: pd.DataFrame) -> pd.DataFrame:
    """Return one row per arm, as `Outcomes.plan`; means over worlds, of outcomes x arms."""
    by_name = dict(zip(kernel.OUTCOMES, means, strict=True))
    contacts, measured = by_name["contacts"].round().astype(np.int64), int((~listed["drawn"]).sum())
    rows = pd.DataFrame(
        {
            "macro_share": [arm.share for arm in setup.arms],
            "macro_followers": [arm.macro.followers if arm.macro else 0 for arm in setup.arms],
            "contacts": by_name["contacts"],
            "packages": by_name["packages"],
            "expected_posts": by_name["posts_live"],
            "remainder": setup.brief.budget - by_name["cost"],
            "creators_from_roster": contacts.clip(max=measured),
            "creators_drawn": (contacts - measured).clip(min=0),
        }
    )
    rows.insert(0, "arm", [arm.name for arm in setup.arms])
    return rows


def notes(
    setup: SimulationSetup, plan: pd.DataFrame, listed: pd.DataFrame, engagement: EngagementModel
) -> Iterator[str]:
    """Return what a reader must know about this run, in sentences; plan: as `plan` returns it."""
    brief, drawn = setup.brief, int(listed["drawn"].sum())
    if drawn:
        yield (
            f"The list has {len(listed):,} nano creators and the data hold {len(listed) - drawn:,} of these "
            f"niches; the other {drawn:,} are drawn from the tier, with the engagement of creators alike."
        )
    for niche in setup.niches:
        if niche not in set(engagement.creators["niche"]):
            yield f"No creator of the niche {niche!r} is in the data; it is taken for an average one."
    idle = brief.budget - brief.deal().fee
    if brief.out_of_reach:
        yield (
            f"The macro is out of reach: it asks {brief.asked_by_macro:,.0f} {brief.currency}, the budget is "
            f"{brief.budget:,.0f}. Nano alone is simulated."
        )
    if idle >= 0.01 * brief.budget:
        yield (
            f"The macro asks {brief.deal().fee:,.0f} {brief.currency} and leaves {idle:,.0f} of the budget "
            "unspent: its arm risks less money than the others."
        )
    macro = tiers.ends("macro", brief.platform)[0]
    if brief.switches:
        yield f"Switched on beside the plain model: {', '.join(brief.switches)}."
    sizes = {arm.macro.followers for arm in setup.arms if arm.macro}
    if brief.macro.creator and sizes - {brief.macro.followers}:
        yield (
            f"Part of {brief.macro.creator!r} cannot be hired: a mix whose share does not pay the whole fee "
            "hires a smaller creator alike."
        )
    for arm, contacts in zip(setup.arms, plan["contacts"], strict=True):
        if arm.macro and arm.macro.followers < macro:
            yield (
                f"{arm.name} buys a creator of {arm.macro.followers:,} followers, fewer than the "
                f"{macro:,.0f} of a macro; reach and conversion are still a macro's."
            )
        if arm.cash > 0 and not contacts:
            yield f"{arm.name} leaves too little for one nano creator: it buys the macro alone."
