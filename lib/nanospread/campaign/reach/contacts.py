"""Audiences -> how many contacts a person has: the share of the population with 0, 1, 2 ... of them.

`audiences` are people [same unit as population], or shares of it with a population of 1.
References: model.md C1-C3, V1-V4.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from nanospread.core import errors
from nanospread.core.types import Floats

ROUNDING = 1e-12  # of a share: what a sum may be off by


def sainsbury(audiences: ArrayLike, population: float = 1.0) -> Floats:
    """Return P(0..n contacts) [share of the population] where the n audiences overlap at random.

    The Poisson-binomial, by direct convolution of halves: only sums of positive terms, so each share is right
    to about n x 1e-16 of itself. 2,000 audiences take milliseconds, 20,000 under a second.

    Raises: InputError for an audience below 0 or above the population.
    """
    return summed([np.array([1 - share, share]) for share in shares(audiences, population)])


def shares(audiences: ArrayLike, population: float) -> Floats:
    """Return audiences as shares of the population. Raises: InputError for one outside 0 to all of it."""
    people = np.asarray(audiences, dtype=np.float64).ravel()
    if not (math.isfinite(population) and population > 0):
        raise errors.InputError(f"population must be above 0; got {population}")
    for audience in people[~((people >= 0) & (people <= population))][:1]:
        raise errors.InputError(f"audiences must be from 0 to the population, {population:g}; got {audience}")
    return people / population


def summed(parts: Sequence[Floats]) -> Floats:
    """Return the distribution of the sum of independent counts, given the distribution of each."""
    parts = [*parts] or [np.ones(1)]
    while len(parts) > 1:
        pairs = [np.convolve(a, b) for a, b in zip(parts[:-1:2], parts[1::2], strict=True)]
        parts = pairs + parts[2 * len(pairs) :]
    return parts[0]


def binomial(audiences: ArrayLike, population: float = 1.0) -> Floats:
    """Return P(0..n contacts) [share] as if each audience were as large as their mean (Chandon).

    Raises: InputError for no audience, or one below 0 or above the population.
    """
    each = shares(audiences, population)
    if not len(each):
        raise errors.InputError("audiences must be at least one")
    return _contagious(float(each.mean()), 0.0, len(each))


def beta_binomial(once: float, twice: float, insertions: int) -> Floats:
    """Return P(0..insertions contacts) [share] where people differ in how easily they are reached.

    once, twice: reach of one and of two insertions of the same vehicle, 0-1. twice = once says that a second
    one meets the same people; twice = 1 - (1 - once)^2 that it meets people at random, the binomial.
    BBD of model.md C3, with alpha + beta = 1 / correlation - 1; both limits are exact.

    Raises: InputError outside these limits, or for less than one insertion.
    """
    if not 0 <= once <= 1:
        raise errors.InputError(f"once must be from 0 to 1; got {once}")
    most = once + once * (1 - once)
    if not once - ROUNDING <= twice <= most + ROUNDING:
        raise errors.InputError(f"twice must be from once, {once:g}, to {most:g}; got {twice:g}")
    if insertions < 1 or insertions != int(insertions):
        raise errors.InputError(f"insertions must be a whole number, 1 or more; got {insertions}")
    spread = once * (1 - once)
    correlation = min(max(1 - (twice - once) / spread, 0.0), 1.0) if spread > 0 else 0.0
    return _contagious(once, correlation, int(insertions))


def _contagious(p: float, correlation: float, n: int) -> Floats:
    """Return the beta-binomial of mean p and correlation 0-1 between two contacts: at 0 binomial, at 1 all
    or nothing."""
    k = np.arange(n + 1)
    hit, missed, all_ = (_log_risen(share, correlation, n) for share in (p, 1 - p, 1.0))
    log_ways = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    first = np.full(n + 1, (1 - correlation) * p * (1 - p))
    first[0], first[n] = 1 - p, p
    return np.asarray(first * np.exp(log_ways + hit + missed[::-1] - all_[n]))


def _log_risen(share: float, correlation: float, n: int) -> Floats:
    """Return log of the product over j = 1 .. k-1 of share (1 - correlation) + j correlation, k = 0..n."""
    steps = share * (1 - correlation) + np.arange(1, n) * correlation
    logs = np.log(np.maximum(steps, np.finfo(np.float64).tiny))
    return np.concatenate([[0.0, 0.0], np.cumsum(logs)])


def metheringham(
    audiences: ArrayLike, insertions: ArrayLike, duplications: ArrayLike, population: float = 1.0
) -> Floats:
    """Return P(0..N contacts) [share] of a schedule: the beta-binomial of its average insertion and pair.

    audiences: of one insertion of each vehicle [people]. insertions: of each vehicle, N in all.
    duplications: vehicles x vehicles, people who meet an insertion of both; on the diagonal those who meet
    two of the same vehicle. The mean audience is over insertions, the mean duplication over pairs of them.

    Raises: InputError for shapes that do not fit, or pairs that share more or less than a beta-binomial can.
    """
    each, times = shares(audiences, population), np.asarray(insertions, dtype=np.float64).ravel()
    if len(times) != len(each) or (times < 1).any() or (times != np.floor(times)).any():
        raise errors.InputError(f"insertions must be {len(each)} whole numbers, 1 or more")
    both = square(duplications, len(each)) / population
    n = int(times.sum())
    pairs = np.outer(times, times) - np.diag(times)  # ordered pairs of insertions
    once = float(each @ times) / n
    mean_pair = float((pairs * both).sum()) / (n * (n - 1)) if n > 1 else once
    return beta_binomial(once, 2 * once - mean_pair, n)


def square(duplications: ArrayLike, n: int) -> Floats:
    """Return duplications as an n x n matrix. Raises: InputError for another shape or unequal halves."""
    both = np.asarray(duplications, dtype=np.float64)
    if both.shape != (n, n) or not np.allclose(both, both.T, rtol=1e-9, atol=0, equal_nan=True):
        raise errors.InputError(f"duplications must be a symmetric {n} x {n} matrix")
    return both


def reached(distribution: Floats) -> float:
    """Return the share with at least one contact, 1 - P0."""
    return float(distribution[1:].sum())


def at_least(distribution: Floats) -> Floats:
    """Return the shares with at least 1, 2, ... n contacts: R1+, R2+, ..."""
    return distribution[:0:-1].cumsum()[::-1]


def frequency(distribution: Floats) -> float:
    """Return the mean number of contacts of those who have any; nan where nobody has."""
    anybody = reached(distribution)
    contacts = float(np.arange(len(distribution)) @ distribution)
    return contacts / anybody if anybody > 0 else math.nan
