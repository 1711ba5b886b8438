"""A stage -> the measures of its arms over any number of worlds, in pieces that are summed and not kept.

The worlds of a piece are played and counted by whoever is free; pieces are added in their order. So the same
worlds give the same bits whoever counted them, and however often. Chances and means are those of
`risk.summary` over the same worlds. Quantiles are read off counts in bins: a bin holds the values that agree
in sign, exponent and `BITS` bits of the mantissa (a tenth of a percent wide), and knows its least and its
largest; inside it values count as evenly spread. The `se` that is returned has the error of that in it, as if
nothing were known of where in its bin a value lies: the width between these two / sqrt(12).
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.risk import batches, measures
from nanospread.campaign.risk.batches import BATCHES, RIVAL
from nanospread.campaign.simulation import arms, run
from nanospread.campaign.simulation.arms import Stage
from nanospread.campaign.simulation.by_world import Joint
from nanospread.campaign.simulation.kernel import OUTCOMES
from nanospread.core import errors
from nanospread.core.estimates import Estimate
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

PIECE = 64 * run.BLOCK  # worlds that are counted together; part of the format: sums are rounded by piece
PART = 4 * run.BLOCK  # worlds of a piece that are in memory at a time; part of the format, too
BITS = 10  # of the mantissa that values of one bin share
AHEAD = 4  # pieces given to an executor before the first is taken back, for each that waits
NAMES = (*OUTCOMES, "roi")
EVENTS = ("p_loss", "p_flop", "p_zero", "p_beats_macro")
OPEN_BITS = 52 - BITS  # bits of the mantissa that a bin leaves open
SIGN = np.int64(2**63 - 1)
MOST = simulation.SCRAMBLES * 2**30  # worlds: a scramble has so many points
WIDTH_PER_SD = math.sqrt(12)  # width / sd of a uniform


@dataclass(frozen=True)
class Summed:
    """What a campaign may come to: summary as `risk.summary`, plan and notes as `simulation.Outcomes`."""

    summary: pd.DataFrame
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
    beliefs: Joint | None = None,
) -> Summed:
    """Return what the worlds of `simulation.campaign` come to, however many; an executor gets pieces of them.

    Raises: InputError, as `simulation.campaign`, and for more worlds than there are Sobol points.
    """
    run.checked(n_worlds, seed)
    if n_worlds > MOST:
        raise errors.InputError(f"n_worlds must be at most {MOST:,}; got {n_worlds:,}")
    on, listed = run.stage(engagement, brief, seed, only, beliefs)
    counted = tallied(on, n_worlds, brief.flop_roi, executor)
    plan = run.plan(on, means(counted)[: len(OUTCOMES)], listed)
    return Summed(summary(on, counted), plan, tuple(run.notes(on, plan, listed, engagement)))


class Bins(NamedTuple):
    """Values by bin, in order: key, its least and largest value, and how many and what sum by batch."""

    keys: NDArray[np.int64]
    low: Floats
    high: Floats
    counts: NDArray[np.int64]
    sums: Floats


@dataclass(frozen=True)
class Tally:
    """What is counted of some worlds: sizes (by batch), sums (outcome x arm x batch), bins, events.

    first: outcomes of world 0, from which sums are taken, so that their rounding is that of the spread.
    events: event x arm x batch, of `EVENTS`; a tie with the macro counts half.
    """

    sizes: Floats
    first: Floats
    sums: Floats
    events: Floats
    bins: dict[tuple[str, int], Bins]


def tally(on: Stage, start: int, stop: int, flop_roi: float, first: Floats) -> Tally:
    """Return what is counted of the worlds start to stop - 1, at most a piece of them."""
    parts = (_counted(on, at, min(at + PART, stop), flop_roi, first) for at in range(start, stop, PART))
    return reduce(added, parts)


def first_outcomes(on: Stage) -> Floats:
    """Return the outcomes of world 0, outcome x arm."""
    values = arms.played(on, 0, 1, run.EVERYTHING)
    return np.concatenate([values, _roi(values)])[:, :, 0]


def _roi(values: Floats) -> Floats:
    cost, profit = values[OUTCOMES.index("cost")], values[OUTCOMES.index("profit")]
    return run.roi(profit, cost)[None]


def _counted(on: Stage, start: int, stop: int, flop_roi: float, first: Floats) -> Tally:
    blocks = [
        arms.played(on, at, min(at + run.BLOCK, stop), run.EVERYTHING) for at in range(start, stop, run.BLOCK)
    ]
    played = np.concatenate(blocks, axis=2)
    values = np.concatenate([played, _roi(played)])
    label = batches.label_of(np.arange(start, stop))
    away = values - first[:, :, None]
    return Tally(
        batches.sums(label, None, BATCHES),
        first,
        np.stack([[batches.sums(label, each, BATCHES) for each in by_arm] for by_arm in away]),
        _happened(on, values, label, flop_roi),
        {
            (name, arm): _binned(values[NAMES.index(name), arm], label, sums=name == "profit")
            for name in risk.MEASURED
            for arm in range(len(on.arms))
        },
    )


def _happened(on: Stage, values: Floats, label: NDArray[np.intp], flop_roi: float) -> Floats:
    profit, roi = values[NAMES.index("profit")], values[NAMES.index("roi")]
    names = [arm.name for arm in on.arms]
    rival = profit[names.index(RIVAL)] if RIVAL in names else profit[0]
    happened = [profit < 0, roi < flop_roi, values[NAMES.index("conversions")] == 0]
    happened = [*happened, [measures.won(each, rival) for each in profit]]
    each = np.asarray(happened, dtype=np.float64)
    return np.stack([[batches.sums(label, row, BATCHES) for row in by_arm] for by_arm in each])


def _binned(values: Floats, label: NDArray[np.intp], *, sums: bool) -> Bins:
    ordered = np.sort(values)
    every = _keys(ordered)
    starts = np.flatnonzero(np.diff(every, prepend=every[0] - 1))
    keys, ends = every[starts], np.append(starts[1:], len(every)) - 1
    place = np.searchsorted(keys, _keys(values)) * BATCHES + label
    size = len(keys) * BATCHES
    counts = np.bincount(place, minlength=size).astype(np.int64).reshape(-1, BATCHES)
    total = batches.sums(place, values, size).reshape(-1, BATCHES) if sums else np.empty((len(keys), 0))
    return Bins(keys, ordered[starts], ordered[ends], counts, total)


def _keys(values: Floats) -> NDArray[np.int64]:
    """Return the bin of each value, a whole number in the order of the values."""
    bits = (values + 0.0).view(np.int64)  # + 0.0: a negative zero is zero
    return np.where(bits < 0, bits ^ SIGN, bits) >> OPEN_BITS


def added(left: Tally, right: Tally) -> Tally:
    """Return what is counted of both; which comes first is part of the rounding of sums."""
    bins = {name: _merged(each, right.bins[name]) for name, each in left.bins.items()}
    sums, events = left.sums + right.sums, left.events + right.events
    return replace(left, sizes=left.sizes + right.sizes, sums=sums, events=events, bins=bins)


def _merged(left: Bins, right: Bins) -> Bins:
    keys = np.union1d(left.keys, right.keys)
    low, high = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
    counts = np.zeros((len(keys), BATCHES), dtype=np.int64)
    sums = np.zeros((len(keys), left.sums.shape[1]))
    for each in (left, right):
        at = np.searchsorted(keys, each.keys)
        low[at], high[at] = np.minimum(low[at], each.low), np.maximum(high[at], each.high)
        counts[at] += each.counts
        sums[at] += each.sums
    return Bins(keys, low, high, counts, sums)


def tallied(on: Stage, n_worlds: int, flop_roi: float, executor: Executor | None = None) -> Tally:
    """Return what is counted of all worlds; an executor's workers count pieces of them."""
    first = first_outcomes(on)
    tasks = (
        (on, start, min(start + PIECE, n_worlds), flop_roi, first) for start in range(0, n_worlds, PIECE)
    )
    return reduce(added, _pieces(tasks, executor))


def _pieces(
    tasks: Iterable[tuple[Stage, int, int, float, Floats]], executor: Executor | None
) -> Iterator[Tally]:
    if executor is None:
        yield from (tally(*task) for task in tasks)
        return
    waiting: deque[Future[Tally]] = deque()
    for task in tasks:
        waiting.append(executor.submit(tally, *task))
        if len(waiting) == AHEAD:
            yield waiting.popleft().result()
    yield from (future.result() for future in waiting)


def means(counted: Tally) -> Floats:
    """Return the mean of each outcome of each arm: outcome x arm, of `NAMES`."""
    return np.asarray(counted.first + counted.sums.sum(axis=2) / counted.sizes.sum())


def _mean(counted: Tally, outcome: int, arm: int) -> Estimate:
    error = batches.se_of_sums(counted.sums[outcome, arm], counted.sizes)
    return Estimate(float(means(counted)[outcome, arm]), error)


def summary(on: Stage, counted: Tally) -> pd.DataFrame:
    """Return every measure of every arm, as `risk.summary`: arm, measure, value, se, unit."""
    rival, rows = any(arm.name == RIVAL for arm in on.arms), []
    for at, arm in enumerate(on.arms):
        estimates = _measures(counted, at)
        if not rival or arm.name == RIVAL:
            del estimates["p_beats_macro"]
        rows += [
            (arm.name, measure, estimates[measure].value, estimates[measure].se, unit)
            for measure, unit in risk.UNITS.items()
            if measure in estimates
        ]
    return pd.DataFrame(rows, columns=["arm", "measure", "value", "se", "unit"])


def _measures(counted: Tally, arm: int) -> dict[str, Estimate]:
    estimates = {}
    for name in risk.MEASURED:
        bins = Quantiles(counted.bins[name, arm], counted.sizes)
        estimates[f"{name}_mean"] = _mean(counted, NAMES.index(name), arm)
        estimates |= {f"{name}_{statistic}": bins.quantile(q) for statistic, q in risk.SHARES.items()}
        if name == "profit":
            estimates |= {"var_5": bins.quantile(risk.TAIL), "cvar_5": bins.cvar(risk.TAIL)}
    shares = zip(EVENTS, counted.events[:, arm], strict=True)
    return estimates | {name: measures.share_of(counts, counted.sizes) for name, counts in shares}


@dataclass(frozen=True)
class Quantiles:
    """Values in bins, by rank; sizes: worlds by batch."""

    bins: Bins
    sizes: Floats

    @property
    def n(self) -> int:
        """Return how many values there are."""
        return int(self.sizes.sum())

    @cached_property
    def cumulative(self) -> NDArray[np.int64]:
        """Return how many values are in each bin and those before it."""
        return np.asarray(self.bins.counts.sum(axis=1).cumsum())

    def ranked(self, rank: int) -> tuple[float, float, int]:
        """Return the value at a rank from 0, its error for being in a bin, and which bin."""
        at = int(np.searchsorted(self.cumulative, rank, side="right"))
        many = int(self.bins.counts[at].sum())
        before = int(self.cumulative[at]) - many
        low, high = float(self.bins.low[at]), float(self.bins.high[at])
        share = (rank - before) / (many - 1) if many > 1 else 0.0
        return low + (high - low) * share, (high - low) / WIDTH_PER_SD, at

    def quantile(self, q: float) -> Estimate:
        """Return the q-quantile, as `measures.quantile`."""
        last = self.n - 1
        first = math.floor(last * q)
        (low, error, at), (high, *_) = self.ranked(first), self.ranked(min(first + 1, last))
        value = low + (high - low) * (last * q - first)
        under = self.bins.counts[:at].sum(axis=0).astype(np.float64)
        up_to = under + self.bins.counts[at]
        wide = self.n * max(batches.se_of_sums(each, self.sizes) for each in (under, up_to))
        ends = np.clip([math.floor(last * q - wide), math.ceil(last * q + wide)], 0, last)
        least, most = (self.ranked(int(end))[0] for end in ends)
        return Estimate(value, max(value - least, most - value) + error)

    def cvar(self, alpha: float) -> Estimate:
        """Return the mean of the worst alpha of the worlds, as `measures.cvar`."""
        worst = alpha * self.n
        boundary, error, at = self.ranked(math.floor(worst))
        counts, sums = self.bins.counts, self.bins.sums
        shortfall = (sums[:at] - counts[:at] * boundary).sum(axis=0)
        inside = max(worst - counts[:at].sum(), 0.0)  # of the boundary's bin, evenly spread up to it
        shortfall += counts[at] / counts[at].sum() * inside * (self.bins.low[at] - boundary) / 2
        value = boundary + float(shortfall.sum()) / worst
        return Estimate(value, batches.se_of_sums(shortfall, self.sizes) / alpha + error * inside / worst)
