"""Brief -> which values its assumptions are given: the ends of their ranges, and what lies between them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nanospread.campaign.brief import Brief
from nanospread.campaign.sensitivity.pairs import possible
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

WIDE = 10  # from this ratio of high to low on, a range counts on a log scale [1]
HALVINGS = 16  # how closely the edge of the possible is found: to 1 in 65,536 of the way


class Range(NamedTuple):
    """The ends of an assumption's range, and whether one of them was drawn back to what is possible."""

    low: float
    high: float
    clipped: bool

    def between(self, way: ArrayLike) -> Floats:
        """Return the values at these shares of the way from low to high, on the range's own scale."""
        way = np.asarray(way, dtype=np.float64)
        if self.low > 0 and self.high >= WIDE * self.low:
            found = self.low * (self.high / self.low) ** way
        else:
            found = self.low + way * (self.high - self.low)
        return np.clip(found, self.low, self.high)  # rounding must not lead out of the range

    def spaced(self, n: int) -> list[float]:
        """Return n values from low to high, evenly on the range's own scale; one where they are the same."""
        return [float(value) for value in np.unique(self.between(np.linspace(0, 1, n)))]


def chosen(brief: Brief, names: Sequence[str] | None) -> list[str]:
    """Return the names as they are, or those of the assumptions in force.

    Raises: InputError for a name that is no assumption, with the nearest one that is, or none at all.
    """
    for name in names or ():
        if name not in brief.assumptions:
            raise errors.unknown("assumption", name, brief.assumptions)
    found = brief.in_force() if names is None else list(dict.fromkeys(names))
    if not found:
        raise errors.InputError("names must be at least one assumption")
    return found


def stated(brief: Brief, name: str) -> Range:
    """Return the range of an assumption as the brief has it, possible or not."""
    row = brief.assumptions[name]
    return Range(row.low, row.high, clipped=False)


def reachable(engagement: EngagementModel, brief: Brief, name: str) -> Range:
    """Return the range of an assumption, its ends drawn back to what is possible beside the other values."""
    wished = stated(brief, name)
    low, high = (nearest(engagement, brief, {name: value})[name] for value in (wished.low, wished.high))
    return Range(low, high, clipped=(low, high) != (wished.low, wished.high))


def nearest(engagement: EngagementModel, brief: Brief, wished: Mapping[str, float]) -> dict[str, float]:
    """Return the wished values of assumptions, or the furthest possible ones on the way to them.

    The way starts at the brief's own values, which are taken to be possible.
    """
    reached, beyond = 0.0, 1.0
    if possible(engagement, brief, wished):
        return dict(wished)
    for _ in range(HALVINGS):
        middle = (reached + beyond) / 2
        if possible(engagement, brief, _towards(brief, wished, middle)):
            reached = middle
        else:
            beyond = middle
    return _towards(brief, wished, reached)


def _towards(brief: Brief, wished: Mapping[str, float], way: float) -> dict[str, float]:
    own = {name: brief.value(name) for name in wished}
    return {name: own[name] + way * (value - own[name]) for name, value in wished.items()}
