"""Trials of campaigns -> the next campaign's rate: beta-binomials that scatter around a typical rate.

A campaign's own rate is Beta(mu phi, (1 - mu) phi); mu has the prior of its assumption and phi that of
recruitment_precision. Posterior and prediction are sums over a fixed lattice of mu, phi and the rate itself.

A distribution is an array of `CELLS` rising values, its cells, each the mean of 1 / CELLS of it: products of
unknowns by quadrature, without a random number. Condensing keeps the mean exactly and loses the variance
inside cells: 80 % ends are met to about 0.002 of the width (tested).

References: model.md A3, C11; Skellam 1948, J. R. Stat. Soc. B 10:257 (beta-binomial).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from nanospread.campaign.brief import Assumption, published
from nanospread.core.types import Flags, Floats

Basis = Literal["measured", "assumed"]
CELLS = 256
LEVEL = 0.8  # of every interval of this package
ENOUGH = 30  # resolved trials: fewer move the next campaign's rate less than its published range does
TYPICAL, SCATTERS, BINS = 96, 11, 256  # points of mu, of phi, and of a campaign's rate
WIDEST = 2.5  # normal scores between which phi is taken
FINE = 256  # steps of the resolved share of an open trial
LOG = "outreach log"  # how the source of a row that `measured` wrote begins
VAGUE = (0.1, 0.5, 0.9)  # of a rate that no row of the assumptions tells: uniform
EDGE = 0.001  # no typical rate is nearer to never or always
SURE = 1e6  # Beta precision of a rate whose low and high are the same

_published = cache(published)


def condensed(values: ArrayLike, weights: ArrayLike | None = None, cells: int = CELLS) -> Floats:
    """Return the distribution of values as rising, equally likely means. weights: None for equal ones."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    weight = np.full(flat.shape, 1.0) if weights is None else np.asarray(weights, dtype=np.float64).ravel()
    order = np.argsort(flat, kind="stable")
    mass = np.concatenate([[0.0], np.cumsum(weight[order])])
    moment = np.concatenate([[0.0], np.cumsum(weight[order] * flat[order])])
    steps = np.interp(np.linspace(0, mass[-1], cells + 1), mass, moment)
    return np.asarray(np.diff(steps) * cells / mass[-1])


def product(first: Floats, second: Floats) -> Floats:
    """Return the distribution of the product of two independent unknowns."""
    return condensed(np.outer(first, second))


def interval(values: ArrayLike) -> tuple[float, float]:
    """Return the central interval of equally likely values; nan of none."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    if not flat.size:
        return float("nan"), float("nan")
    low, high = np.quantile(flat, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="hazen")
    return float(low), float(high)


def right_censored(times: Floats, open_: Flags, curve: Literal["cdf", "sf"]) -> tuple[Any, Any]:
    """Return Kaplan and Meier's curve, and the two ends of its interval: Greenwood's, of log(-log).

    open_: of which times nothing came yet. References: Kaplan and Meier 1958, J. Am. Stat. Assoc. 53:457.
    """
    estimate: Any = getattr(stats.ecdf(stats.CensoredData.right_censored(times, open_)), curve)
    with warnings.catch_warnings():  # none where all or none has come
        warnings.simplefilter("ignore", RuntimeWarning)
        return estimate, estimate.confidence_interval(confidence_level=LEVEL, method="log-log")


def prior(row: Assumption) -> Assumption:
    """Return the published row in place of a brief's, or the brief's where its owner set it."""
    return row if owned(row) else _published()[row.name]


def owned(row: Assumption) -> bool:
    """Return whether the brief's owner set the row by hand; such a row wins over the log.

    A row that was calibrated from the log is not the owner's: the log would count twice.
    """
    calibrated = row.basis == "measured" and row.source.startswith(LOG)
    return row != _published()[row.name] and not calibrated


@cache
def beta(low: float, central: float, high: float) -> tuple[float, float]:
    """Return a and b of the Beta whose mean is central and whose 80 % interval is as wide as low to high.

    The mean and not the median is met, since that is how the simulation reads the central value. A Beta with
    two humps is refused: an interval too wide for one hump counts as the widest that has one.
    """
    mean = min(max(central, EDGE), 1 - EDGE)
    widest, width = 1 / min(mean, 1 - mean), high - low

    def excess(log_precision: float) -> float:
        a, b = _beta(mean, np.exp(log_precision))
        return float(np.diff(stats.beta.ppf([0.1, 0.9], a, b))[0]) - width

    ends = float(np.log(widest)), float(np.log(SURE))
    if excess(ends[0]) <= 0:
        return _beta(mean, widest)
    if excess(ends[1]) >= 0:
        return _beta(mean, SURE)
    return _beta(mean, float(np.exp(optimize.brentq(excess, *ends))))


def _beta(mean: float, precision: float) -> tuple[float, float]:
    return mean * precision, (1 - mean) * precision


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
    """The next campaign's rate: its mean, its distribution, and what is behind it.

    typical: the distribution of the rate that campaigns scatter around.
    """

    mean: float
    cells: Floats
    typical: Floats
    trials: tuple[Trials, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 80 % interval."""
        return interval(self.cells)

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
    rates, of_rate = _angles(TYPICAL), weight.reshape(TYPICAL, SCATTERS).sum(axis=1)
    next_cells = condensed(_angles(BINS), weight @ grid.mass)
    return Rate(float(of_rate @ rates), next_cells, condensed(rates, of_rate), tuple(trials))


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


def blended(first: Rate, second: Rate, share: float) -> Rate:
    """Return the rate of two kinds of creators together. share: of the first kind [0-1]."""

    def both(own: Floats, others: Floats) -> Floats:
        return condensed(np.add.outer(share * own, (1 - share) * others))

    mean = share * first.mean + (1 - share) * second.mean
    typical = both(first.typical, second.typical)
    return Rate(mean, both(first.cells, second.cells), typical, first.trials + second.trials)
