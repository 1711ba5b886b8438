"""Blocks of worlds, one after the other -> the summary of them all, in the memory of a block.

Means and probabilities are running sums by scramble. Quantiles and tails are exact: for each rank only the
values within 8 standard errors of it are kept and those below are counted, and the more worlds were seen, the
closer the bounds. Equal values are kept once with their count, so that counts of orders stay small too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import pandas as pd

from nanospread.campaign.risk import batches, measures, paired
from nanospread.campaign.risk.batches import BATCHES
from nanospread.campaign.risk.campaign import MEASURED, RIVAL, SHARES, TAIL, happenings, summary, table
from nanospread.campaign.risk.ranked import Ranked
from nanospread.core import errors
from nanospread.core.estimates import Estimate, outcomes
from nanospread.core.types import Floats, Places

FIRST = 1 << 16  # worlds seen before any value is let go
REACH = 8.0  # standard errors of a rank: in worlds in random order, one in 10^15 lies further out
NOTHING = np.zeros(BATCHES)
RANKS = {(name, q) for name in MEASURED for q in SHARES.values()} | {("profit", TAIL)}


def streamed(blocks: Iterable[pd.DataFrame], *, flop_roi: float) -> pd.DataFrame:
    """Return `summary` of all blocks together, holding one block and some 16 sqrt(n) values for each rank.

    blocks: frames as `simulate.Outcomes.worlds` of successive worlds, each with all arms. Values and errors
    are those of `summary` but for rounding. No value is let go before 65,536 worlds are put together.

    Raises: InputError for no block, blocks with different arms, worlds of fewer than 8 scrambles, blocks so
    unlike each other that a rank ends up among the values let go, and as `summary`.
    """
    rest = iter(blocks)
    first = _first(rest)
    if _n_worlds(first) < FIRST:
        return summary(first, flop_roi=flop_roi)
    running: dict[str, Running] = {}
    for block in chain([first], rest):
        _add(running, block, flop_roi)
    return table({name: arm.measures() for name, arm in running.items()})


def _first(rest: Iterator[pd.DataFrame]) -> pd.DataFrame:
    """Return as many of the blocks as make 65,536 worlds, put together; all where they do not."""
    held: list[pd.DataFrame] = []
    for block in rest:
        held.append(block)
        if sum(map(_n_worlds, held)) >= FIRST:
            break
    if not held:
        raise errors.InputError("blocks must be at least one frame of worlds; got none")
    return pd.concat(held, ignore_index=True) if len(held) > 1 else held[0]


def _n_worlds(block: pd.DataFrame) -> int:
    return len(block) // max(block["arm"].nunique(), 1)


@dataclass
class Bracket:
    """The values from low to high of those seen so far, and what lay under them, to find one rank."""

    share: float
    low: float = -np.inf
    high: float = np.inf
    values: Floats = field(default_factory=lambda: np.empty(0))
    label: Places = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    weight: Floats = field(default_factory=lambda: np.empty(0))  # worlds with this value
    under: Floats = field(default_factory=lambda: np.zeros(BATCHES))  # worlds of each batch under low
    under_sum: Floats = field(default_factory=lambda: np.zeros(BATCHES))
    held: int = 0  # values when last narrowed

    def add(self, values: Floats, label: Places, weight: Floats) -> None:
        """Count the values under the bracket, keep those inside, and let the others go."""
        low = np.flatnonzero(values < self.low)
        self.under = self.under + batches.sums(label[low], weight[low], BATCHES)
        self.under_sum = self.under_sum + batches.sums(label[low], weight[low] * values[low], BATCHES)
        inside = np.flatnonzero((values >= self.low) & (values <= self.high))
        self.values = np.concatenate([self.values, values[inside]])
        self.label = np.concatenate([self.label, label[inside]])
        self.weight = np.concatenate([self.weight, weight[inside]])

    def narrow(self, n: int) -> None:
        """Keep the values within 8 standard errors of the rank, each time that their number has doubled.

        The bounds only ever close in, so that no value between them is missing.
        """
        if len(self.values) < 2 * self.held:
            return
        values, label, weight = _merged(self.values, self.label, self.weight)
        ends = self.under.sum() + np.cumsum(weight)
        rank, reach = self.share * (n - 1), REACH * np.sqrt(n * self.share * (1 - self.share)) + 2
        first, last = np.searchsorted(ends, [rank - reach, rank + reach], side="right")
        self.low = values[min(first, len(values) - 1)] if first > 0 else self.low
        self.high = values[last] if last < len(values) else self.high
        self.values, self.label, self.weight = values[:0], label[:0], weight[:0]
        self.add(values, label, weight)
        self.held = len(self.values)

    def ranked(self, sizes: Floats) -> Ranked:
        """Return the values kept in order, those of the worlds of each batch in all."""
        values, label, weight = _merged(self.values, self.label, self.weight)
        return Ranked(values, label, weight, values, np.cumsum(weight), sizes, self.under, self.under_sum)


def _merged(values: Floats, label: Places, weight: Floats) -> tuple[Floats, Places, Floats]:
    """Return the values in order, each once for a batch, with the weights of equals put together."""
    order = np.lexsort((label, values))
    values, label, weight = values[order], label[order], weight[order]
    new = np.ones(len(values), dtype=np.bool_)
    new[1:] = (values[1:] != values[:-1]) | (label[1:] != label[:-1])
    starts = np.flatnonzero(new)
    return values[starts], label[starts], np.add.reduceat(weight, starts)


@dataclass
class Running:
    """What is known of an arm from the worlds so far: sums by batch, and a bracket for each rank wanted."""

    reference: Mapping[str, float]  # of each outcome, taken off before summing so that little is rounded
    sizes: Floats = field(default_factory=lambda: np.zeros(BATCHES))
    sums: dict[str, Floats] = field(default_factory=dict)
    brackets: dict[tuple[str, float], Bracket] = field(
        default_factory=lambda: {(name, q): Bracket(q) for name, q in RANKS}
    )

    def add(self, values: Mapping[str, Floats], happened: Mapping[str, Floats], label: Places) -> None:
        """Count one more block of worlds."""
        self.sizes = self.sizes + batches.sums(label, None, BATCHES)
        moved = {f"{name}_mean": values[name] - start for name, start in self.reference.items()}
        for name, each in (moved | dict(happened)).items():
            self.sums[name] = self.sums.get(name, NOTHING) + batches.sums(label, each, BATCHES)
        once = np.ones(len(label))
        for (name, _), bracket in self.brackets.items():
            bracket.add(values[name], label, once)
            bracket.narrow(int(self.sizes.sum()))

    def measures(self) -> dict[str, Estimate]:
        """Return every measure of the arm. Raises: InputError for worlds of fewer than 8 scrambles."""
        if not batches.enough(self.sizes):
            raise errors.InputError(
                f"worlds must be of 8 or more of the {BATCHES} scrambles, world % {BATCHES}"
            )
        found = {}
        for name, start in self.reference.items():
            sums = self.sums[f"{name}_mean"]
            middle = start + float(sums.sum() / self.sizes.sum())
            found[f"{name}_mean"] = Estimate(middle, batches.se_of_sums(sums, self.sizes))
            for statistic, q in SHARES.items():
                found[f"{name}_{statistic}"] = self.brackets[name, q].ranked(self.sizes).quantile(q)
        tail = self.brackets["profit", TAIL].ranked(self.sizes)
        found |= {"var_5": tail.quantile(TAIL), "cvar_5": tail.cvar(TAIL)}
        odds = {name: sums for name, sums in self.sums.items() if name not in found}
        return found | {name: measures.probability_of_sums(sums, self.sizes) for name, sums in odds.items()}


def _add(running: dict[str, Running], block: pd.DataFrame, flop_roi: float) -> None:
    """Count one more block of worlds in each arm."""
    arms = paired.arms(block)
    if running and set(arms) != set(running):
        raise errors.InputError(f"blocks must have the same arms; got {[*arms]} after {[*running]}")
    label = batches.label_of(next(iter(arms.values()))["world"])
    columns = {arm: {name: outcomes(rows[name]) for name in MEASURED} for arm, rows in arms.items()}
    for arm, values in columns.items():
        happened = happenings(values, flop_roi)
        if RIVAL in columns and arm != RIVAL:
            happened["p_beats_macro"] = measures.won(values["profit"], columns[RIVAL]["profit"])
        if arm not in running:
            running[arm] = Running({name: float(values[name][0]) for name in MEASURED})
        running[arm].add(values, happened, label)
