"""Values of worlds -> one number for each measure, with its Monte Carlo error."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nanospread.campaign.risk import batches
from nanospread.campaign.risk.batches import Batches
from nanospread.core import errors
from nanospread.core.estimates import Estimate, check_share, outcomes
from nanospread.core.types import Floats

TAIL = 0.05  # share of the worlds that make up the worst, where none is given
LEAST_TAIL = 2  # worlds: a tail of one says nothing about its error


def mean(x: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the mean of x."""
    values = outcomes(x)
    return mean_of(values, batches.batches(batch, len(values)))


def mean_of(values: Floats, groups: Batches | None) -> Estimate:
    """Return the mean of checked values."""
    return Estimate(float(values.mean()), batches.se(values - values[0], groups))


def coefficient_of_variation(x: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return sd / mean of x; nan where the mean is 0. The error is by the delta method."""
    values = outcomes(x)
    centre, sd = float(values.mean()), float(values.std())
    if centre == 0 or len(values) == 1:
        return Estimate(math.nan, math.nan)
    if sd == 0:
        return Estimate(0.0, 0.0)
    away = values - centre
    influence = (away**2 - sd**2) / (2 * sd * centre) - sd * away / centre**2
    return Estimate(sd / centre, batches.se(influence, batches.batches(batch, len(values))))


def probability(happened: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the share of worlds in which it happened (ties may count half: values 0, 0.5 and 1)."""
    values = outcomes(happened)
    return probability_of(values, batches.batches(batch, len(values)))


def probability_of(values: Floats, groups: Batches | None) -> Estimate:
    """Return the share of worlds from checked values.

    Between batches, the error is at least Laplace's of something never seen, about 1 / n.
    """
    if groups is None:
        guarded = np.concatenate([values, [0.0, 1.0]])
        return Estimate(float(values.mean()), float(guarded.std() / math.sqrt(len(values))))
    return share_of(batches.sums(groups.label, values, len(groups.sizes)), groups.sizes)


def share_of(counts: Floats, sizes: Floats) -> Estimate:
    """Return the share of worlds from counts by batch."""
    n = float(sizes.sum())
    least = math.sqrt((n + 1) / n) / (n + 2)
    return Estimate(float(counts.sum()) / n, max(batches.se_of_sums(counts, sizes), least))


def p_loss(profit: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return P(profit < 0)."""
    return probability(outcomes(profit) < 0, batch=batch)


def p_beats(a: ArrayLike, b: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return P(a > b) + P(a = b) / 2 over paired worlds. Raises: InputError for unequal lengths."""
    left, right = outcomes(a), outcomes(b)
    if len(left) != len(right):
        raise errors.InputError(f"paired outcomes need the same worlds; got {len(left)} and {len(right)}")
    return probability(won(left, right), batch=batch)


def won(left: Floats, right: Floats) -> Floats:
    """Return 1 in each world where left is larger, 0.5 where both are equal, else 0."""
    return ((left > right).astype(np.float64) + (left >= right)) / 2


def quantile(x: ArrayLike, q: float, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the q-quantile of x (linear between order statistics); at q = 0.05 of profit, its value at risk.

    The error is the larger distance to the order statistics one standard deviation of the rank under and over
    it: sqrt(n q (1 - q)) for independent worlds (too small with fewer than about 1 / (q (1 - q)) of them),
    with batches n times the error of the share of worlds under the quantile.
    """
    values = outcomes(x)
    check_share("q", q)
    return ranked(values, batches.batches(batch, len(values))).quantile(q)


def cvar(profit: ArrayLike, alpha: float = TAIL, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the mean profit of the worst alpha of the worlds [money], the boundary world in part.

    The error is that of the mean of min(profit - v, 0) / alpha, the quantile v taken as known; nan from fewer
    than two worlds in the tail. References: Rockafellar and Uryasev 2000, J. Risk 2:21; model.md C9.
    """
    values = outcomes(profit)
    if not 0 < alpha <= 1:
        raise errors.InputError(f"alpha must be above 0 and at most 1; got {alpha}")
    return ranked(values, batches.batches(batch, len(values))).cvar(alpha)


@dataclass(frozen=True)
class SortedSample:
    """Checked values, one for each world, and the same in order; groups: None for independent worlds."""

    values: Floats
    groups: Batches | None
    ordered: Floats

    def quantile(self, q: float) -> Estimate:
        """Return the q-quantile, as `measures.quantile`."""
        last = len(self.ordered) - 1
        first = math.floor(last * q)
        low, high = float(self.ordered[first]), float(self.ordered[min(first + 1, last)])
        value = low + (high - low) * (last * q - first)
        if last == 0:
            return Estimate(value, math.nan)
        wide = self._rank_error(value, q)
        ends = np.clip([math.floor(last * q - wide), math.ceil(last * q + wide)], 0, last)
        low, high = self.ordered[ends].tolist()
        return Estimate(value, max(value - low, high - value))

    def _rank_error(self, value: float, q: float) -> float:
        """Return by how many ranks the quantile may be off, one standard error [worlds].

        Where many worlds share the value, the less certain counts of the shares under it and up to it.
        """
        n = float(len(self.values))
        if self.groups is None:
            return math.sqrt(n * q * (1 - q))
        label, sizes = self.groups.label, self.groups.sizes
        side = (self.values >= value).astype(np.int8) + (self.values > value)  # 0 under, 1 at, 2 above
        counts = batches.sums(label * 3 + side, None, 3 * len(sizes)).reshape(-1, 3)
        under, up_to = counts[:, 0], counts[:, 0] + counts[:, 1]
        return n * max(batches.se_of_sums(under, sizes), batches.se_of_sums(up_to, sizes))

    def cvar(self, alpha: float) -> Estimate:
        """Return the mean of the worst alpha of the worlds, as `measures.cvar`."""
        n = len(self.ordered)
        worst = alpha * n
        boundary = float(self.ordered[min(math.floor(worst), n - 1)])
        shortfall = self._shortfall(boundary)
        value = boundary + float(shortfall.sum()) / worst
        if worst < LEAST_TAIL:
            return Estimate(value, math.nan)
        if self.groups is None:
            return Estimate(value, batches.se(np.minimum(self.values - boundary, 0.0), None) / alpha)
        return Estimate(value, batches.se_of_sums(shortfall, self.groups.sizes) / alpha)

    def _shortfall(self, boundary: float) -> Floats:
        """Return by how much the worlds under the boundary fall short of it, summed by batch: 0 or less."""
        worse = np.flatnonzero(self.values < boundary)
        away = self.values[worse] - boundary
        if self.groups is None:
            return batches.sums(np.zeros(len(worse), dtype=np.intp), away, 1)
        return batches.sums(self.groups.label[worse], away, len(self.groups.sizes))


def ranked(values: Floats, groups: Batches | None) -> SortedSample:
    """Return checked values in order: a whole sort is faster here than numpy's partition."""
    return SortedSample(values, groups, np.sort(values))
