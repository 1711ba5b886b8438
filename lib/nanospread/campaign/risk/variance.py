"""Profit and the luck behind it -> how much of its variance each source of luck explains.

References: Sobol 1993, Math. Model. Comput. Exp. 1:407 (first-order shares); Searle, Casella and McCulloch
1992, Variance Components, ch. 3 (noise within groups); Efron 1982, The Jackknife.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from nanospread.campaign.risk import batches
from nanospread.core import errors
from nanospread.core.estimates import outcomes
from nanospread.core.types import Floats, Places

LEAST_BINS, MOST_BINS = 64, 1024
WORLDS_PER_BIN = 128  # noise then gives bin means under 1 % of the variance, which is taken off again
LEAST_WORLDS = 32
GROUPS = 16  # of neighbouring worlds, that tell the error where no batches are given
TOGETHER = "together"


def variance_split(
    profit: ArrayLike, luck: pd.DataFrame, own: Mapping[str, float], *, batch: ArrayLike | None = None
) -> pd.DataFrame:
    """Return where the variance of profit comes from, as shares that sum to 1: source, share, se.

    A column's share is first-order, Var(E[profit | column]) / Var(profit), read off the mean profit in 64 to
    1,024 equal bins, one for 128 worlds, less the variance that noise gives to bin means. What is left, with
    all that columns do only together, is split over `own` by its weights. A bin hides what happens within it:
    of a log-normal effect of log-sd 0.5, 1 and 1.5, 64 bins hide 2, 12 and 40 % of the variance, 1,024 hide
    0.2, 2 and 15 %.

    luck: columns named "<source>: <factor>", uniform in (0, 1) and independent, a row per world; one source's
    are added. own: relative weights, 0 or more, of the luck that each creator, post or order has by itself;
    empty: the rest is "together". se: jackknife over batches; shares are nan where profit does not vary.

    Raises: InputError for fewer than 32 worlds, unequal lengths, luck outside 0-1, unfit weights, one batch.
    """
    values, weights = outcomes(profit), dict(own) or {TOGETHER: 1.0}
    _check(values, luck, weights)
    label = _labels(batch, len(values))
    first = {name: np.zeros(int(label.max()) + 2) for name in [*map(_source, luck), *weights]}
    if values.min() == values.max():
        return pd.DataFrame({"source": list(first), "share": np.nan, "se": np.nan})
    deviations = values - values.mean()
    for column in luck:
        first[_source(column)] += _first_order(deviations, luck[column].to_numpy(dtype=np.float64), label)
    own_weights = np.array([weights.get(name, 0.0) for name in first])
    shares = _completed(np.array(list(first.values())), own_weights)
    errors_of = [batches.jackknife(each[1:]) for each in shares]
    return pd.DataFrame({"source": list(first), "share": shares[:, 0], "se": errors_of})


def _source(column: object) -> str:
    return str(column).split(":")[0].strip()


def _check(values: Floats, luck: pd.DataFrame, weights: Mapping[str, float]) -> None:
    if len(values) < LEAST_WORLDS:
        raise errors.InputError(f"profit must be of {LEAST_WORLDS} worlds or more; got {len(values)}")
    if len(luck) != len(values):
        raise errors.InputError(f"luck must have one row for each world; got {len(luck)} for {len(values)}")
    for column in luck:
        if not luck[column].between(0, 1).all():
            raise errors.InputError(f"luck {column!r} must be from 0 to 1")
    if min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise errors.InputError(f"own must be weights of 0 or more, one above 0; got {weights}")


def _labels(batch: ArrayLike | None, n: int) -> Places:
    """Return the batch of each world, 0, 1, ... without a gap; neighbouring worlds where none is given."""
    labels = np.arange(n) * GROUPS // n if batch is None else batches.labels(batch, n)
    known, label = np.unique(labels, return_inverse=True)
    if len(known) < 2:
        raise errors.InputError("batch must have at least two labels")
    return label.astype(np.intp, copy=False)


def _first_order(deviations: Floats, uniform: Floats, label: Places) -> Floats:
    """Return the share of one column: of all worlds, then without each batch."""
    n, n_batches = len(deviations), int(label.max()) + 1
    bins = min(max(n // WORLDS_PER_BIN, LEAST_BINS), MOST_BINS, n // 8)
    cell = label * bins + np.minimum((uniform * bins).astype(np.intp), bins - 1)
    counts = _without(batches.sums(cell, None, n_batches * bins).reshape(n_batches, bins))
    sums = _without(batches.sums(cell, deviations, n_batches * bins).reshape(n_batches, bins))
    squares = _without(batches.sums(label, deviations**2, n_batches)[:, None])[:, 0]
    return _between(counts, sums, squares)


def _without(of_batches: Floats) -> Floats:
    """Return the sum over batches, then that sum without each batch."""
    total = of_batches.sum(axis=0)
    return np.vstack([total, total - of_batches])


def _between(counts: Floats, sums: Floats, squares: Floats) -> Floats:
    """Return the variance between bins over the variance, one for each row of bins; may be under 0."""
    n, filled = counts.sum(axis=1), (counts > 0).sum(axis=1)
    middle = sums.sum(axis=1) ** 2 / n
    variance = squares - middle
    between = (sums**2 / np.maximum(counts, 1)).sum(axis=1) - middle
    noise = (variance - between) / np.maximum(n - filled, 1)
    return np.asarray((between - (filled - 1) * noise) / variance, dtype=np.float64)


def _completed(first: Floats, weights: Floats) -> Floats:
    """Return shares that sum to 1: 0 for those below it, and the rest over the sources of their own."""
    shares = np.maximum(first, 0.0)
    shares /= np.maximum(shares.sum(axis=0), 1.0)
    shares += np.outer(weights / weights.sum(), 1 - shares.sum(axis=0))
    return shares
