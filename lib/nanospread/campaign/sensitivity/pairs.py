"""Model + brief -> the profits of the nano arm and the macro in the same worlds, at any possible values."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.risk import Estimate
from nanospread.core import errors
from nanospread.core.types import Floats, Places
from nanospread.creators.engagement import EngagementModel

WIDE = 10  # from this ratio of high to low on, a range counts on a log scale [1]
HALVINGS = 16  # how closely the edge of the possible is found: to 1 in 65,536 of the way


class Pair(NamedTuple):
    """The profit of both arms [money], one value for each world, in the same order."""

    nano: Floats
    macro: Floats

    @property
    def gain(self) -> Floats:
        """What nano earns more than the macro, in each world [money]."""
        return self.nano - self.macro

    @property
    def batch(self) -> Places:
        """Which independent batch each world is of."""
        return np.arange(len(self.nano)) % risk.BATCHES

    def measures(self) -> dict[str, Estimate]:
        """Return gain and profit [money], beats and loss [probabilities]."""
        return {
            "gain": risk.mean(self.gain, batch=self.batch),
            "profit": risk.mean(self.nano, batch=self.batch),
            "beats": risk.p_beats(self.nano, self.macro, batch=self.batch),
            "loss": risk.p_loss(self.nano, batch=self.batch),
        }


def columns(estimates: Mapping[str, Estimate], end: str = "") -> dict[str, float]:
    """Return each measure's value as <measure><end> and its error as <measure><end>_se."""
    values = {f"{name}{end}": estimate.value for name, estimate in estimates.items()}
    return values | {f"{name}{end}_se": estimate.se for name, estimate in estimates.items()}


class Range(NamedTuple):
    """The ends of an assumption's range, and whether one of them was drawn back to what is possible."""

    low: float
    high: float
    clipped: bool = False

    def between(self, way: ArrayLike) -> Floats:
        """Return the values at these shares of the way from low to high, on the range's own scale."""
        way = np.asarray(way, dtype=np.float64)
        if self.low > 0 and self.high >= WIDE * self.low:
            values = self.low * (self.high / self.low) ** way
        else:
            values = self.low + way * (self.high - self.low)
        return np.clip(values, self.low, self.high)  # rounding must not lead out of the range

    def spaced(self, n: int) -> list[float]:
        """Return n values from low to high, evenly on the range's own scale; one where they are the same."""
        return [float(value) for value in np.unique(self.between(np.linspace(0, 1, n)))]


def chosen(brief: Brief, names: Sequence[str] | None) -> list[str]:
    """Return the names, each of which must be an assumption, or those of the assumptions in force."""
    for name in names or ():
        if name not in brief.assumptions:
            raise errors.unknown("assumption", name, brief.assumptions)
    unique = brief.in_force() if names is None else list(dict.fromkeys(names))
    if not unique:
        raise errors.InputError("names must be at least one assumption")
    return unique


class Setting(NamedTuple):
    """What all runs of an analysis have in common."""

    engagement: EngagementModel
    brief: Brief
    n_worlds: int
    seed: int

    def pair(self, changes: Mapping[str, float]) -> Pair:
        """Return the profits of the nano arm and the macro with these values of assumptions or fields.

        Of a macro out of reach, nano's gain is that over spending nothing.
        """
        other = changed(self.brief, **changes)
        arms = (f"nano_{other.nano.offer}", "macro")
        profits = simulation.profits(
            self.engagement, other, n_worlds=self.n_worlds, seed=self.seed, only=arms
        )
        return Pair(*(profits.get(arm, np.zeros(self.n_worlds)) for arm in arms))

    def possible(self, changes: Mapping[str, float]) -> bool:
        """Return whether the brief can be simulated with these values."""
        try:
            self._replace(n_worlds=1, seed=0).pair(changes)
        except errors.InputError:
            return False
        return True

    def reachable(self, name: str) -> Range:
        """Return the range of an assumption, its ends drawn back to what is possible beside the others."""
        row = self.brief.assumptions[name]
        low, high = (self.nearest({name: value})[name] for value in (row.low, row.high))
        return Range(low, high, clipped=(low, high) != (row.low, row.high))

    def nearest(self, wished: Mapping[str, float]) -> dict[str, float]:
        """Return the wished values, or the furthest possible ones on the way from the brief's own to them."""
        reached, beyond = 0.0, 1.0
        if self.possible(wished):
            return dict(wished)
        for _ in range(HALVINGS):
            middle = (reached + beyond) / 2
            if self.possible(self._towards(wished, middle)):
                reached = middle
            else:
                beyond = middle
        return self._towards(wished, reached)

    def _towards(self, wished: Mapping[str, float], way: float) -> dict[str, float]:
        start = {name: self.brief.value(name) for name in wished}
        return {name: start[name] + way * (value - start[name]) for name, value in wished.items()}
