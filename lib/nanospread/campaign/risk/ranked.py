"""Values -> quantiles and tails, from all worlds or from those near the rank with the others counted.

A whole sort: numpy's vectorised sort takes a quarter of the time that its partition takes for these ranks.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nanospread.campaign.risk import batches
from nanospread.campaign.risk.batches import Batches
from nanospread.core import errors
from nanospread.core.estimates import Estimate
from nanospread.core.types import Floats, Places

LEAST_TAIL = 2  # worlds: a tail of one says nothing about its error


@dataclass(frozen=True)
class Ranked:
    """Values in order, and what is known of the worlds under and above them.

    values, label, weight: a value, its batch (None: all worlds independent) and how many worlds have it
    (None: one each), in one order. ordered: the values sorted; ends: where weights, how many worlds up to
    each of them. sizes: worlds of each batch in all. under, under_sum: worlds of each batch below all the
    values, and the sum of theirs.
    """

    values: Floats
    label: Places | None
    weight: Floats | None
    ordered: Floats
    ends: Floats | None
    sizes: Floats
    under: Floats
    under_sum: Floats

    def at(self, rank: int) -> float:
        """Return the value with this many worlds before it. Raises: InputError where it was not kept."""
        place = rank - float(self.under.sum())
        held = len(self.ordered) if self.ends is None else self.ends[-1]
        if not 0 <= place < held:
            raise errors.InputError(
                f"blocks must be alike: the world of rank {rank:,} lies outside what the first blocks say "
                "of it; put them in random order, or use larger blocks"
            )
        spot = int(place) if self.ends is None else int(np.searchsorted(self.ends, place, side="right"))
        return float(self.ordered[spot])

    def quantile(self, q: float) -> Estimate:
        """Return the q-quantile (linear between order statistics); for the error see `measures.quantile`."""
        last = int(self.sizes.sum()) - 1
        first = math.floor(last * q)
        low, high = self.at(first), self.at(min(first + 1, last))
        value = low + (high - low) * (last * q - first)
        if last == 0:
            return Estimate(value, math.nan)
        wide = self._rank_error(value, q)
        ends = np.clip([math.floor(last * q - wide), math.ceil(last * q + wide)], 0, last)
        low, high = self.at(int(ends[0])), self.at(int(ends[1]))
        return Estimate(value, max(value - low, high - value))

    def _rank_error(self, value: float, q: float) -> float:
        """Return by how many ranks the quantile may be off, one standard error [worlds].

        Where many worlds share the value, the share under it and the share up to it differ: the less certain
        one counts.
        """
        n = float(self.sizes.sum())
        if self.label is None:
            return math.sqrt(n * q * (1 - q))
        side = (self.values >= value).astype(np.int8) + (self.values > value)  # 0 under, 1 at, 2 above
        many = len(self.sizes)
        counts = batches.sums(self.label * 3 + side, self.weight, 3 * many).reshape(many, 3)
        under = self.under + counts[:, 0]
        return n * max(
            batches.se_of_sums(under, self.sizes), batches.se_of_sums(under + counts[:, 1], self.sizes)
        )

    def cvar(self, alpha: float) -> Estimate:
        """Return the mean of the worst alpha of the worlds; for the error see `measures.cvar`."""
        n = int(self.sizes.sum())
        worst = alpha * n
        boundary = self.at(min(math.floor(worst), n - 1))
        short = self._short(boundary)
        value = boundary + float(short.sum()) / worst
        if worst < LEAST_TAIL:
            return Estimate(value, math.nan)
        if self.label is None:
            return Estimate(value, batches.se(np.minimum(self.values - boundary, 0.0), None) / alpha)
        return Estimate(value, batches.se_of_sums(short, self.sizes) / alpha)

    def _short(self, boundary: float) -> Floats:
        """Return by how much the worlds under the boundary fall short of it, summed by batch: 0 or less."""
        worse: NDArray[np.intp] = np.flatnonzero(self.values < boundary)
        away = self.values[worse] - boundary
        if self.weight is not None:
            away = away * self.weight[worse]
        label = np.zeros(len(worse), dtype=np.intp) if self.label is None else self.label[worse]
        return batches.sums(label, away, len(self.sizes)) + self.under_sum - self.under * boundary


def ranked(values: Floats, groups: Batches | None) -> Ranked:
    """Return the values of all worlds in order."""
    label, sizes = (None, np.array([float(len(values))])) if groups is None else (groups.label, groups.sizes)
    nothing = np.zeros(len(sizes))
    return Ranked(values, label, None, np.sort(values), None, sizes, nothing, nothing)
