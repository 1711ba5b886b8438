"""Which worlds are independent of which, and the standard error that follows.

The worlds of one Sobol scramble fill the space evenly together, so they are not independent of each other;
the scrambles are. The error of a mean is therefore read off the spread between the scrambles' own means, and
widened by t.ppf(.975, B - 1) / 1.959964 for B of them, so that +/- 1.96 se still covers 95 %.

References: Owen 1997, SIAM J. Numer. Anal. 34:1884 (replicated scrambled nets); Asmussen and Glynn 2007,
Stochastic Simulation, IV.5 (batch means and their t quantile).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from nanospread.core import errors
from nanospread.core.estimates import jackknife_se
from nanospread.core.types import Floats, Places

BATCHES = 16  # as simulation.SCRAMBLES (a test compares them); not imported, as that compiles the simulation
LEAST_BATCHES = 8  # with fewer, the spread between them says less than the worlds taken as independent
LEAST_WORLDS = 2  # of a batch that counts
RIVAL = "macro"  # the arm that the others are held against


@dataclass(frozen=True)
class Batches:
    """The batch of each world (0, 1, ...), and how many worlds each batch has."""

    label: Places
    sizes: Floats


def batches(label: ArrayLike | None, n: int) -> Batches | None:
    """Return the batches of n worlds; None (independent worlds) without labels or with too few."""
    if label is None:
        return None
    places = labels(label, n)
    sizes = sums(places, None, 0)
    enough = int((sizes >= LEAST_WORLDS).sum()) >= LEAST_BATCHES
    return Batches(places, sizes) if enough else None


def labels(label: ArrayLike, n: int) -> Places:
    """Return the labels of n worlds, one whole number from 0 each; else raise InputError."""
    values = np.asarray(label).ravel()
    if len(values) != n:
        raise errors.InputError(f"batch must have one label for each world; got {len(values)} for {n}")
    if not np.issubdtype(values.dtype, np.integer) or (n and values.min() < 0):
        raise errors.InputError("batch must be labels that are whole numbers from 0")
    return values.astype(np.intp, copy=False)


def of_worlds(world: ArrayLike) -> Batches | None:
    """Return the batches of the simulation's worlds, by their number."""
    label = label_of(world)
    return batches(label, len(label))


def label_of(world: ArrayLike) -> Places:
    """Return the scramble of each world, by its number."""
    return np.asarray(world, dtype=np.intp) % BATCHES


def se(influence: Floats, groups: Batches | None) -> float:
    """Return the standard error of the mean of these values, one for each world; nan for one world."""
    n = len(influence)
    if groups is not None:
        return se_of_sums(sums(groups.label, influence, len(groups.sizes)), groups.sizes)
    return float(influence.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan


def sums(label: Places, values: Floats | None, n_labels: int) -> Floats:
    """Return the sum of the values of each label below `n_labels`; how many there are, for values None."""
    return np.asarray(np.bincount(label, values, n_labels), dtype=np.float64)


def se_of_sums(total: Floats, sizes: Floats) -> float:
    """Return the standard error of sum(total) / sum(sizes), a mean over batches of these totals and sizes.

    With batches of one size it is t x sd of the batch means / sqrt(B); others count by their size. nan for
    one batch.
    """
    n, n_batches = sizes.sum(), int(np.count_nonzero(sizes))
    if n_batches < 2:
        return math.nan
    deviations = (total - sizes * (total.sum() / n)) / n
    return float(widening(n_batches) * math.sqrt(n_batches / (n_batches - 1) * (deviations @ deviations)))


def jackknife(without: Floats) -> float:
    """Return the standard error of an estimate from its values without one batch each, one for each batch."""
    return widening(len(without)) * jackknife_se(without)


@lru_cache
def widening(n_batches: int) -> float:
    """Return by how much the error between so many batches is widened, so that 1.96 of it cover 95 %."""
    return float(special.stdtrit(n_batches - 1, 0.975) / special.ndtri(0.975))


def parts(rows: pd.DataFrame, by: str) -> Iterator[tuple[object, pd.DataFrame]]:
    """Return the rows of each value of a column, in the values' order, and in the order of the worlds."""
    for key, part in rows.groupby(by, observed=True):
        ordered = "world" not in part or part["world"].is_monotonic_increasing
        yield key, part if ordered else part.sort_values("world", kind="stable")


def arms(worlds: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the rows of each arm. Raises: InputError for no rows, or unless each arm has the same worlds."""
    if worlds.empty:
        raise errors.InputError("outcomes must be at least one world, all finite")
    arms = {str(arm): part for arm, part in parts(worlds, "arm")}
    first, *others = arms
    expected = arms[first]["world"].to_numpy()
    for arm in others:
        if not np.array_equal(arms[arm]["world"].to_numpy(), expected):
            raise errors.InputError(f"each arm must have the same worlds; {arm!r} and {first!r} differ")
    return arms


def of_arms(arms: Mapping[str, pd.DataFrame]) -> Batches | None:
    """Return the batches of the worlds that the arms share."""
    return of_worlds(next(iter(arms.values()))["world"])
