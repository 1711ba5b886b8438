"""A stage -> the outcomes of its arms over all worlds, block by block, as an array or a frame."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import arms, creators, kernel
from nanospread.campaign.simulation.arms import Stage
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

BLOCK = 1 << 14  # worlds worked through at a time
AHEAD = 8  # blocks given to an executor's workers before the first is taken back
EVERYTHING = len(kernel.OUTCOMES)
MONEY = 2  # the first outcomes: cost and profit


def checked(n_worlds: int, seed: int) -> None:
    """Raise InputError for a number of worlds or a seed that cannot be."""
    for name, value, least in (("n_worlds", n_worlds, 1), ("seed", seed, 0)):
        if value < least:
            raise errors.InputError(f"{name} must be {least} or more; got {value}")


def stage(
    engagement: EngagementModel, brief: Brief, seed: int, only: Sequence[str] | None
) -> tuple[Stage, pd.DataFrame]:
    """Return the stage with the arms wanted, and the list of creators to contact."""
    full = creators.quoted(engagement, brief)
    listed, every = arms.listed(engagement, full), arms.arms(full)
    if only is not None and not len(only):
        raise errors.InputError("only must name at least one arm; got none")
    for name in only or ():
        if name not in {arm.name for arm in every}:
            raise errors.unknown("arm", name, [arm.name for arm in every])
    chosen = [arm for arm in every if only is None or arm.name in only]
    return arms.stage(engagement, full, chosen, listed, seed), listed


def blocks(on: Stage, n_worlds: int, kept: int, executor: Executor | None) -> Iterator[Floats]:
    """Return the outcomes of one block of worlds after the other; few of them wait at any time."""
    starts = range(0, n_worlds, BLOCK)
    tasks = ((on, start, min(start + BLOCK, n_worlds), kept) for start in starts)
    if executor is None:
        yield from (arms.played(*task) for task in tasks)
        return
    waiting: deque[Future[Floats]] = deque()
    for task in tasks:
        waiting.append(executor.submit(arms.played, *task))
        if len(waiting) == AHEAD:
            yield waiting.popleft().result()
    yield from (future.result() for future in waiting)


def outcomes(on: Stage, n_worlds: int, kept: int, executor: Executor | None = None) -> Floats:
    """Return array outcomes x arms x worlds of all worlds; kept: `EVERYTHING`, or only `MONEY`."""
    found = np.empty((kept, len(on.arms), n_worlds))
    starts = range(0, n_worlds, BLOCK)
    if executor is None:
        for start in starts:
            arms.play(on, start, min(start + BLOCK, n_worlds), found, start)
        return found
    for start, block in zip(starts, blocks(on, n_worlds, kept, executor), strict=True):
        found[:, :, start : start + block.shape[2]] = block
    return found


def frame(on: Stage, found: Floats, start: int) -> pd.DataFrame:
    """Return one row per arm and world; the columns are views of the array, not copies."""
    n_worlds, names = found.shape[2], [arm.name for arm in on.arms]
    columns = dict(zip(kernel.OUTCOMES, found.reshape(len(found), -1), strict=False))
    cost, profit = columns["cost"], columns["profit"]
    roi = np.divide(profit, cost, out=np.zeros_like(profit), where=cost > 0)
    codes = np.repeat(np.arange(len(names), dtype=np.min_scalar_type(-len(names))), n_worlds)
    return pd.DataFrame(
        {
            "world": np.tile(np.arange(start, start + n_worlds, dtype=np.int32), len(names)),
            "arm": pd.Categorical.from_codes(codes, pd.Index(names), ordered=True),
            **columns,
            "roi": roi,
        },
        copy=False,
    )
