"""A setup -> the measures of its arms over any number of worlds, in pieces that are summed and not kept.

All that is counted is a whole number: worlds and events by batch, sums of a block in units of 2^-64, values
by bin. So the same worlds give the same bits whoever counts them, in pieces of whatever size, in whatever
order, and however often. Chances and means are those of `risk.summary` over the same worlds. Quantiles are
read off the bins: a bin holds the values that agree in sign, exponent and `BITS` bits of the mantissa (a
tenth of a percent wide), and knows its least and its largest, and its mean; inside it values count as evenly
spread. The `se` that is returned has the error of that in it, as if nothing were known of where in its bin a
value lies: the width between these two / sqrt(12).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.risk import batches, measures
from nanospread.campaign.risk.batches import BATCHES, RIVAL
from nanospread.campaign.simulation import arms, run
from nanospread.campaign.simulation.arms import SimulationSetup
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.campaign.simulation.kernel import OUTCOMES
from nanospread.core import errors
from nanospread.core.compiled import compiled
from nanospread.core.estimates import Estimate
from nanospread.core.types import Floats, Places
from nanospread.creators.engagement import EngagementModel

PIECES = 256  # that worlds are divided into, as far as each has blocks from LEAST to MOST
LEAST, LARGEST = 32, 256  # blocks of a piece: it costs more than its way, and is done again in minutes
NAMES = (*OUTCOMES, "roi")
EVENTS = ("p_loss", "p_flop", "p_zero", "p_beats_macro")
UNIT = 64  # sums are in units of 2 to the power of minus this
BITS = 10  # of the mantissa that values of one bin share
PAGES, BINS = 1 << 12, 1 << BITS  # pages by sign and exponent, and bins of each
INSIDE = 24  # further bits of the mantissa, of which a bin knows the least, the largest and the mean
MANTISSA = 52
SIGN = np.int64(2**63 - 1)
MOST = simulation.SCRAMBLES * 2**30  # worlds: a scramble has so many points, which a 32-bit count holds
WIDTH_PER_SD = math.sqrt(12)  # width / sd of a uniform
Progress = Callable[[int], None]  # told how many worlds are counted


@dataclass(frozen=True)
class CampaignSummary:
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
    beliefs: JointDraws | None = None,
    progress: Progress | None = None,
) -> CampaignSummary:
    """Return what the worlds of `simulation.campaign` come to, however many; an executor gets pieces of them.

    Raises: InputError, as `simulation.campaign`, and for more worlds than there are Sobol points.
    """
    run.checked(n_worlds, seed)
    if n_worlds > MOST:
        raise errors.InputError(f"n_worlds must be at most {MOST:,}; got {n_worlds:,}")
    setup, listed = run.setup(engagement, brief, seed, only, beliefs)
    counted = totals(setup, n_worlds, brief.flop_roi, executor, progress)
    plan = run.plan(setup, means(counted)[: len(OUTCOMES)], listed)
    return CampaignSummary(summary(setup, counted), plan, tuple(run.notes(setup, plan, listed, engagement)))


@compiled
def into_bins(
    values: Floats,
    start: int,
    pages: NDArray[np.int16],
    counts: NDArray[np.int32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    inside: NDArray[np.int64],
    first: int,
) -> int:
    """Count values of the worlds from number `start` on, those before `first` left out.

    Returns where it ended: before a value whose page is missing, else after the last.
    """
    bits = values.view(np.int64)
    for i in range(first, len(values)):
        place = in_order(bits[i])
        page = pages[(place >> MANTISSA) + PAGES // 2]
        if page < 0:
            return i
        within = (place >> (MANTISSA - BITS)) & (BINS - 1)
        share = (place >> (MANTISSA - BITS - INSIDE)) & ((1 << INSIDE) - 1)
        counts[page, within, (start + i) % BATCHES] += 1
        low[page, within] = min(low[page, within], share)
        high[page, within] = max(high[page, within], share)
        inside[page, within] += share
    return len(values)


@compiled
def in_order(bits: np.int64) -> int:
    """Return the place of a float among all, from its bits; a negative zero is zero."""
    if bits >= 0 or bits == ~SIGN:
        return int(bits & SIGN)
    return int(bits ^ SIGN)


class HistogramBins(NamedTuple):
    """Bins that hold a value, in order: least and largest value, mean, and how many by batch."""

    low: Floats
    high: Floats
    mean: Floats
    counts: NDArray[Any]


class PackedHistogram(NamedTuple):
    """Bins that hold a value, each by its number among all of all pages, with what `Histogram` knows."""

    number: NDArray[np.int32]
    counts: NDArray[Any]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    inside: NDArray[np.int64]


class Histogram:
    """Values by bin, on a page of bins for each sign and exponent that occurs, counted by batch.

    low, high, inside: least, largest and sum of the next `INSIDE` bits of the values' mantissas.
    """

    def __init__(self) -> None:
        self.pages = np.full(PAGES, -1, dtype=np.int16)  # where each is, or -1
        self.counts = np.zeros((0, BINS, BATCHES), dtype=np.int32)
        self.low, self.high = np.zeros((2, 0, BINS), dtype=np.int32)
        self.inside = np.zeros((0, BINS), dtype=np.int64)

    def count(self, values: Floats, start: int) -> None:
        """Count the values of the worlds from number `start` on."""
        first = 0
        while (
            first := into_bins(
                values, start, self.pages, self.counts, self.low, self.high, self.inside, first
            )
        ) < len(values):
            place = in_order(values[first : first + 1].view(np.int64)[0])
            self._open(np.array([(place >> MANTISSA) + PAGES // 2]))

    def _open(self, pages: Places) -> None:
        """Add empty pages for these signs and exponents."""
        shape = (len(pages), BINS)
        self.pages[pages] = len(self.counts) + np.arange(len(pages))
        self.counts = np.concatenate([self.counts, np.zeros((*shape, BATCHES), dtype=np.int32)])
        self.low = np.concatenate([self.low, np.full(shape, 1 << INSIDE, dtype=np.int32)])
        self.high = np.concatenate([self.high, np.full(shape, -1, dtype=np.int32)])
        self.inside = np.concatenate([self.inside, np.zeros(shape, dtype=np.int64)])

    def packed(self) -> PackedHistogram:
        """Return all that is counted, in a fraction of the room."""
        filled = np.flatnonzero(self.high.ravel() >= 0)
        page, within = np.divmod(filled, BINS)
        opened = np.flatnonzero(self.pages >= 0)
        number = opened[np.argsort(self.pages[opened])][page] * BINS + within
        counts = self.counts.reshape(-1, BATCHES)[filled]
        return PackedHistogram(
            number.astype(np.int32),
            counts.astype(np.min_scalar_type(counts.max(initial=0))),
            self.low.ravel()[filled],
            self.high.ravel()[filled],
            self.inside.ravel()[filled],
        )

    def add(self, packed: PackedHistogram) -> None:
        """Add what others counted."""
        page, within = np.divmod(packed.number, BINS)
        if len(missing := np.unique(page[self.pages[page] < 0])):
            self._open(missing)
        cells = self.pages[page].astype(np.intp) * BINS + within
        self.counts.reshape(-1, BATCHES)[cells] += packed.counts.astype(np.int32)
        low, high, inside = (part.reshape(-1) for part in (self.low, self.high, self.inside))
        low[cells] = np.minimum(low[cells], packed.low)
        high[cells] = np.maximum(high[cells], packed.high)
        inside[cells] += packed.inside

    def rows(self) -> HistogramBins:
        """Return the bins that hold a value, in their order."""
        packed = self.packed()
        order = np.argsort(packed.number)
        number, counts, low, high, inside = (part[order] for part in packed)
        keys = number.astype(np.int64) - PAGES // 2 * BINS
        edge = _at(keys)
        wide, mean = (_at(keys + 1) - edge) / (1 << INSIDE), inside / counts.sum(axis=1)
        return HistogramBins(edge + wide * low, edge + wide * high, edge + wide * mean, counts)


def _at(keys: NDArray[np.int64]) -> Floats:
    """Return where each bin begins."""
    bits = keys << (MANTISSA - BITS)
    return np.where(bits < 0, bits ^ SIGN, bits).view(np.float64)


class PackedTotals(NamedTuple):
    """What is counted of a piece, in little room: as `Totals`."""

    sizes: Floats
    sums: NDArray[Any]
    events: Floats
    bins: list[PackedHistogram]


class Totals:
    """What is counted of some worlds: sizes (by batch), sums (outcome x arm x batch), events, bins.

    first: outcomes of world 0, from which sums are taken, so that their rounding is that of the spread.
    events: event x arm x batch, of `EVENTS`; a tie with the macro counts half.
    """

    def __init__(self, setup: SimulationSetup, flop_roi: float, first: Floats) -> None:
        names = [arm.name for arm in setup.arms]
        self.setup, self.flop_roi, self.first = setup, flop_roi, first
        self.rival = names.index(RIVAL) if RIVAL in names else 0
        self.sizes = np.zeros(BATCHES)
        self.sums = np.zeros((len(NAMES), len(names), BATCHES), dtype=object)
        self.events = np.zeros((len(EVENTS), len(names), BATCHES))
        self.bins = {(name, arm): Histogram() for name in risk.MEASURED for arm in range(len(names))}

    def count(self, start: int, stop: int) -> None:
        """Play the worlds start to stop - 1, block by block, and count them."""
        for at in range(start, stop, run.BLOCK):
            self._count(at, _outcomes(self.setup, at, min(at + run.BLOCK, stop)))

    def _count(self, start: int, values: Floats) -> None:
        label = batches.label_of(np.arange(start, start + values.shape[2]))
        self.sizes += batches.sums(label, None, BATCHES)
        self.sums += _whole(_by_batch(label, values - self.first[:, :, None]))
        self.events += _by_batch(label, self._happened(values))
        for (name, arm), bins in self.bins.items():
            bins.count(values[NAMES.index(name), arm], start)

    def _happened(self, values: Floats) -> Floats:
        profit, roi = values[NAMES.index("profit")], values[NAMES.index("roi")]
        happened = [profit < 0, roi < self.flop_roi, values[NAMES.index("conversions")] == 0]
        won = [measures.won(each, profit[self.rival]) for each in profit]
        return np.asarray([*happened, won], dtype=np.float64)

    def packed(self) -> PackedTotals:
        """Return what is counted, in little room."""
        return PackedTotals(
            self.sizes, self.sums, self.events, [bins.packed() for bins in self.bins.values()]
        )

    def add(self, piece: PackedTotals) -> None:
        """Add what is counted of other worlds; bins one after the other, so that few are in memory twice."""
        self.sizes += piece.sizes
        self.sums += piece.sums
        self.events += piece.events
        for bins, packed in zip(self.bins.values(), piece.bins, strict=True):
            bins.add(packed)


def _outcomes(setup: SimulationSetup, start: int, stop: int) -> Floats:
    """Return `NAMES` x arms x worlds."""
    values = arms.arm_outcomes(setup, start, stop, run.EVERYTHING)
    cost, profit = values[OUTCOMES.index("cost")], values[OUTCOMES.index("profit")]
    return np.concatenate([values, run.roi(profit, cost)[None]])


def _by_batch(label: NDArray[np.intp], values: Floats) -> Floats:
    return np.stack([[batches.sums(label, row, BATCHES) for row in by_arm] for by_arm in values])


def _whole(sums: Floats) -> NDArray[Any]:
    """Return sums as whole numbers of any length, in units of 2 to the power of -`UNIT`."""
    return np.asarray(np.frompyfunc(int, 1, 1)(np.ldexp(sums, UNIT)), dtype=object)


def piece(setup: SimulationSetup, start: int, stop: int, flop_roi: float, first: Floats) -> PackedTotals:
    """Return what is counted of the worlds start to stop - 1."""
    counted = Totals(setup, flop_roi, first)
    counted.count(start, stop)
    return counted.packed()


def totals(
    setup: SimulationSetup,
    n_worlds: int,
    flop_roi: float,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Totals:
    """Return what is counted of all worlds; an executor's workers count pieces of them."""
    first = _outcomes(setup, 0, 1)[:, :, 0]
    counted, spans = Totals(setup, flop_roi, first), list(_spans(n_worlds))
    tasks = ((*span, flop_roi, first) for span in spans)
    pieces = None if executor is None else run.mapped(piece, setup, tasks, executor)
    for start, stop in spans:
        if pieces is None:
            counted.count(start, stop)
        else:
            counted.add(next(pieces))
        if progress:
            progress(stop)
    return counted


def _spans(n_worlds: int) -> Iterator[tuple[int, int]]:
    """Return where each piece starts and stops."""
    blocks = min(max(math.ceil(n_worlds / run.BLOCK / PIECES), LEAST), LARGEST)
    for start in range(0, n_worlds, blocks * run.BLOCK):
        yield start, min(start + blocks * run.BLOCK, n_worlds)


def means(counted: Totals) -> Floats:
    """Return the mean of each outcome of each arm: outcome x arm, of `NAMES`."""
    total = counted.sums.sum(axis=2) / (1 << UNIT)
    return np.asarray(counted.first + total.astype(np.float64) / counted.sizes.sum())


def _mean(counted: Totals, outcome: int, arm: int) -> Estimate:
    sums = np.asarray(counted.sums[outcome, arm] / (1 << UNIT), dtype=np.float64)
    return Estimate(float(means(counted)[outcome, arm]), batches.se_of_sums(sums, counted.sizes))


def summary(setup: SimulationSetup, counted: Totals) -> pd.DataFrame:
    """Return every measure of every arm, as `risk.summary`: arm, measure, value, se, unit."""
    estimates = {arm.name: _measures(counted, at) for at, arm in enumerate(setup.arms)}
    for name, measured in estimates.items():
        if RIVAL not in estimates or name == RIVAL:
            del measured["p_beats_macro"]
    return risk.table(estimates)


def _measures(counted: Totals, arm: int) -> dict[str, Estimate]:
    estimates = {}
    for name in risk.MEASURED:
        bins = Quantiles(counted.bins[name, arm].rows(), counted.sizes)
        estimates[f"{name}_mean"] = _mean(counted, NAMES.index(name), arm)
        estimates |= {f"{name}_{statistic}": bins.quantile(q) for statistic, q in risk.SHARES.items()}
        if name == "profit":
            estimates |= {"var_5": bins.quantile(risk.TAIL), "cvar_5": bins.cvar(risk.TAIL)}
    shares = zip(EVENTS, counted.events[:, arm], strict=True)
    return estimates | {name: measures.share_of(counts, counted.sizes) for name, counts in shares}


@dataclass(frozen=True)
class Quantiles:
    """Values in bins, by rank; sizes: worlds by batch."""

    bins: HistogramBins
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
        number = int(np.searchsorted(self.cumulative, rank, side="right"))
        count = int(self.bins.counts[number].sum())
        before = int(self.cumulative[number]) - count
        low, high = float(self.bins.low[number]), float(self.bins.high[number])
        share = (rank - before) / (count - 1) if count > 1 else 0.0
        return low + (high - low) * share, (high - low) / WIDTH_PER_SD, number

    def quantile(self, q: float) -> Estimate:
        """Return the q-quantile, as `measures.quantile`."""
        last = self.n - 1
        first = math.floor(last * q)
        (low, error, number), (high, *_) = self.ranked(first), self.ranked(min(first + 1, last))
        value = low + (high - low) * (last * q - first)
        under = self.bins.counts[:number].sum(axis=0).astype(np.float64)
        up_to = under + self.bins.counts[number]
        wide = self.n * max(batches.se_of_sums(each, self.sizes) for each in (under, up_to))
        ends = np.clip([math.floor(last * q - wide), math.ceil(last * q + wide)], 0, last)
        lower, upper = (self.ranked(int(end))[0] for end in ends)
        return Estimate(value, max(value - lower, upper - value) + error)

    def cvar(self, alpha: float) -> Estimate:
        """Return the mean of the worst alpha of the worlds, as `measures.cvar`."""
        worst = alpha * self.n
        boundary, error, number = self.ranked(math.floor(worst))
        counts = self.bins.counts
        shortfall = (counts[:number] * (self.bins.mean[:number, None] - boundary)).sum(axis=0)
        inside = max(worst - counts[:number].sum(), 0.0)  # of the boundary's bin, evenly spread up to it
        shortfall += counts[number] / counts[number].sum() * inside * (self.bins.low[number] - boundary) / 2
        value = boundary + float(shortfall.sum()) / worst
        return Estimate(value, batches.se_of_sums(shortfall, self.sizes) / alpha + error * inside / worst)
