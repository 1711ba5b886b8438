"""Days from contact to an event, such as a live post, of those creators with whom it comes at all.

Log-normal; the assumptions' ranges are the prior of its median and of its spread, and the log's dates update
them. A date is only in the log if it came before the log's end, so each is taken as cut off at its contact's
age; else young campaigns would make everybody look quick.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from nanospread.campaign.brief import Assumption
from nanospread.campaign.recruitment import cells
from nanospread.campaign.recruitment.rates import ENOUGH, Basis
from nanospread.core.types import Floats

MEDIANS, SPREADS = np.linspace(-4, 4, 81), np.linspace(-2.5, 2.5, 21)  # normal scores
SOONEST = 0.5  # dates without a time: the same day is half a day [days]
LEAST_SPREAD = 0.01  # of an assumption that all take as long
VIEWS = 7  # of how far open contacts are decided, where the delay itself is in doubt
AGES = 100  # steps of an age's logarithm that are told apart, per unit


@dataclass(frozen=True, eq=False)
class Delay:
    """A log-normal delay that is known only in part: equally long arrays of medians, spreads, weights."""

    log_median: Floats
    spread: Floats
    weight: Floats
    dates: int  # of the log behind it

    @property
    def basis(self) -> Basis:
        """Return "measured" from `ENOUGH` dates on; fewer count too, beside what is assumed."""
        return "measured" if self.dates >= ENOUGH else "assumed"

    def share(self, days: ArrayLike) -> Floats:
        """Return the expected share of those to come that are there within so many days, the same shape."""
        asked = np.asarray(days, dtype=np.float64)
        logs, place = np.unique(np.rint(_logs(asked) * AGES) / AGES, return_inverse=True)
        shares = special.ndtr((logs[:, None] - self.log_median) / self.spread) @ self.weight
        return np.where(asked > 0, shares[place.reshape(asked.shape)], 0.0)

    def views(self, days: ArrayLike) -> Floats:
        """Return `VIEWS` equally likely answers to `share`, of late and of quick delays: answer x day."""
        logs, place = np.unique(np.rint(_logs(np.asarray(days)) * AGES) / AGES, return_inverse=True)
        shares = special.ndtr((logs[:, None] - self.log_median) / self.spread)
        few = np.reshape([cells.condensed(each, self.weight, VIEWS) for each in shares], (len(logs), VIEWS))
        return np.where(np.asarray(days) > 0, few.T[:, place], 0.0)

    def cells(self, days: float) -> Floats:
        """Return the distribution of the share that is there within so many days."""
        if days <= 0:
            return np.zeros(cells.CELLS)
        score = (np.log(days) - self.log_median) / self.spread
        return cells.condensed(special.ndtr(score), self.weight)

    def median(self) -> tuple[float, float, float]:
        """Return the typical days, and their 80 % interval."""
        found = np.exp(cells.condensed(self.log_median, self.weight))
        return float(np.median(found)), *cells.interval(found)


def _logs(days: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(days, SOONEST)))


def delay(median: Assumption, spread: Assumption, days: ArrayLike = (), ages: ArrayLike = ()) -> Delay:
    """Return the delay. days: from contact to each event [days]; ages: of these contacts at the log's end."""
    scores, sides = (each.ravel() for each in np.meshgrid(MEDIANS, SPREADS, indexing="ij"))
    known = np.maximum(spread.at(sides), LEAST_SPREAD) if spread.central > 0 else LEAST_SPREAD
    log_median, sd = np.log(median.at(scores)), np.full(scores.shape, known)
    log = -(scores**2 + sides**2) / 2
    seen = _logs(np.asarray(days, dtype=np.float64))
    if seen.size:
        end = np.maximum(_logs(np.asarray(ages, dtype=np.float64)), seen)
        log = log - _misfit(seen, log_median, sd) - _cut_off(end, log_median, sd)
    weight = np.exp(log - log.max())
    keep = weight > 1e-7
    return Delay(log_median[keep], sd[keep], weight[keep] / weight[keep].sum(), int(seen.size))


def _misfit(logs: Floats, log_median: Floats, sd: Floats) -> Floats:
    squares = logs.size * (logs.var() + (logs.mean() - log_median) ** 2)
    return np.asarray(squares / (2 * sd**2) + logs.size * np.log(sd))


def _cut_off(ends: Floats, log_median: Floats, sd: Floats) -> Floats:
    """Return the sum of the logs of P(event before the age) over the events."""
    ages, times = np.unique(np.rint(ends * AGES) / AGES, return_counts=True)
    return np.asarray(times @ special.log_ndtr((ages[:, None] - log_median) / sd))
