"""Trials of campaigns -> the next campaign's rate: beta-binomials that scatter around a typical rate.

A campaign's own rate is Beta(mu phi, (1 - mu) phi); mu has the prior of its assumption and phi that of
recruitment_precision. Posterior and prediction are sums over a fixed lattice of mu, phi and the rate itself.
References: model.md A3, C11; Skellam 1948, J. R. Stat. Soc. B 10:257 (beta-binomial).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from nanospread.campaign.brief import Assumption
from nanospread.campaign.recruitment import cells
from nanospread.campaign.recruitment.priors import beta
from nanospread.core.types import Floats

Basis = Literal["measured", "assumed"]
ENOUGH = 30  # resolved trials: fewer move the next campaign's rate less than its published range does
TYPICAL, SCATTERS, BINS = 96, 11, 256  # points of mu, of phi, and of a campaign's rate
WIDEST = 2.5  # normal scores between which phi is taken
FINE = 256  # steps of the resolved share of an open trial


class Trials(NamedTuple):
    """One campaign's trials of one stage: how many succeeded, and how far each other one is resolved [0-1].

    A trial that could still succeed is resolved by the share of successes that would be in by its age: with
    rate r it has failed so far with probability 1 - r x resolved. 1 is a refusal for certain. Where that
    share is in doubt, each row of `resolved` is one equally likely answer, the same in all campaigns.
    """

    successes: int
    resolved: Floats

    @property
    def number(self) -> float:
        """Return how many trials these are worth: open ones count in part."""
        return self.successes + float(np.atleast_2d(self.resolved).mean(axis=0).sum())


@dataclass(frozen=True, eq=False)
class Rate:
    """The next campaign's rate: its mean, its distribution, and what is behind it."""

    mean: float
    cells: Floats
    trials: tuple[Trials, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 80 % interval."""
        return cells.interval(self.cells)

    @property
    def basis(self) -> Basis:
        """Return "measured" from `ENOUGH` resolved trials on; fewer count too, beside what is assumed."""
        return "measured" if sum(each.number for each in self.trials) >= ENOUGH else "assumed"


def next_rate(
    typical: tuple[float, float, float], precision: Assumption, trials: Sequence[Trials] = ()
) -> Rate:
    """Return the next campaign's rate. typical: low, central, high of mu; trials: one per past campaign."""
    grid = _lattice(precision)
    weight = np.outer(_hats(*typical), grid.scatter_weight).ravel()
    if trials:
        seen = np.stack([_likelihood(each) for each in trials])
        fit = np.log(np.maximum(seen @ grid.mass.T, 1e-300)).sum(axis=0)
        weight = weight * np.exp(fit - fit[:, weight > 0].max()).mean(axis=0)
    weight /= weight.sum()
    mean = float(weight @ np.repeat(_angles(TYPICAL), SCATTERS))
    return Rate(mean, cells.condensed(_angles(BINS), weight @ grid.mass), tuple(trials))


class _Lattice(NamedTuple):
    scatter_weight: Floats  # of each phi
    mass: Floats  # mu and phi (mu slow) x bin of a campaign's rate: its probability


@lru_cache(maxsize=16)
def _lattice(precision: Assumption) -> _Lattice:
    scores = np.linspace(-WIDEST, WIDEST, SCATTERS)
    phi = np.tile(precision.at(scores), TYPICAL)[:, None]
    mu = np.repeat(_angles(TYPICAL), SCATTERS)[:, None]
    edges = np.sin(np.linspace(0, np.pi / 2, BINS + 1)) ** 2
    mass = np.diff(special.betainc(mu * phi, (1 - mu) * phi, edges), axis=1)
    weight = np.exp(-(scores**2) / 2)
    return _Lattice(np.asarray(weight / weight.sum()), np.asarray(mass, dtype=np.float64))


def _angles(number: int) -> Floats:
    """Return shares at even steps of the arcsine, which are closer near 0 and 1."""
    return np.asarray(np.sin((np.arange(number) + 0.5) / number * np.pi / 2) ** 2)


@lru_cache(maxsize=64)
def _hats(low: float, central: float, high: float) -> Floats:
    """Return the weight of each typical rate: the prior shared between its neighbours, the mean kept."""
    a, b = beta(low, central, high)
    points = _angles(TYPICAL)
    mass = special.betainc(a, b, points)
    inside = np.diff(mass)
    moment = np.diff(special.betainc(a + 1, b, points)) * a / (a + b)
    right = (moment - points[:-1] * inside) / np.diff(points)
    weight = np.zeros(TYPICAL)
    weight[0], weight[-1] = mass[0], 1 - mass[-1]
    weight[:-1] += inside - right
    weight[1:] += right
    return np.maximum(weight, 0.0)


def _likelihood(trials: Trials) -> Floats:
    """Return the likelihood of a campaign's trials: answer x bin of the rate, 1 at the largest."""
    steps = np.stack(
        [
            np.bincount(np.rint(each * FINE).astype(int), minlength=FINE + 1)
            for each in np.atleast_2d(trials.resolved)
        ]
    )
    log = trials.successes * np.log(_angles(BINS)) + steps @ _failed()
    return np.asarray(np.exp(log - log.max()))


@cache
def _failed() -> Floats:
    """Return the log probability of no success yet: resolved share x bin of the rate."""
    return np.asarray(np.log1p(-np.outer(np.linspace(0, 1, FINE + 1), _angles(BINS))))


def blended(one: Rate, other: Rate, share: float) -> Rate:
    """Return the rate of two kinds of creators together. share: of the first kind [0-1]."""
    values = np.add.outer(share * one.cells, (1 - share) * other.cells)
    mean = share * one.mean + (1 - share) * other.mean
    return Rate(mean, cells.condensed(values), one.trials + other.trials)
