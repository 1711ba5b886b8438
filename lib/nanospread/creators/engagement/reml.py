"""Sums per creator -> variance components and coefficients of the one-way random-effects model, by REML.

With one row (n, mean of y, x) per creator, Woodbury turns the likelihood's N x N covariance into the weights
n / (1 + n r), r = between / within. Coefficients and the within variance are profiled out, so the search is
over one bounded number: the intraclass correlation.

References: Harville 1977, J. Am. Stat. Assoc. 72:320; Searle, Casella and McCulloch 1992, chapter 6.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from nanospread.core.types import Floats

LARGEST_ICC = 1 - 1e-9


@dataclass(frozen=True)
class Sums:
    """All that the likelihood needs of the posts."""

    n: Floats  # posts of each creator
    mean: Floats  # mean y of each creator
    within: float  # sum over posts of (y - creator's mean)^2
    x: Floats  # columns, creators x coefficients

    @property
    def posts(self) -> float:
        """Number of posts."""
        return float(self.n.sum())

    @property
    def within_freedom(self) -> float:
        """Posts beyond each creator's first."""
        return self.posts - len(self.n)

    @property
    def between_freedom(self) -> int:
        """Creators beyond the coefficients."""
        return len(self.n) - len(self.x.T)


@dataclass(frozen=True)
class Solution:
    """Variances of log ER, and the coefficients with their covariance."""

    within: float
    between: float
    coefficients: Floats
    covariance: Floats


def estimated(sums: Sums, *, least_within: float, most_within: float = math.inf) -> Solution:
    """Return the REML solution, the within variance held in [least_within, most_within]."""

    def deviance(icc: float) -> float:
        ratio = icc / (1 - icc)
        gram, _, squares = _least_squares(sums, ratio)
        within = _within(sums, squares, least_within, most_within)
        free = sums.posts - len(sums.x.T)
        determinants = np.log1p(sums.n * ratio).sum() + np.linalg.slogdet(gram)[1]
        return float(free * math.log(within) + squares / within + determinants)

    bounds = (0.0, LARGEST_ICC)
    inner = optimize.minimize_scalar(deviance, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    icc = float(inner.x) if inner.fun < deviance(0.0) else 0.0
    ratio = icc / (1 - icc)
    within = _within(sums, _least_squares(sums, ratio)[2], least_within, most_within)
    return given(sums, within=within, between=ratio * within)


def given(sums: Sums, *, within: float, between: float) -> Solution:
    """Return the generalised least squares solution at known variances."""
    gram, coefficients, _ = _least_squares(sums, between / within)
    return Solution(within, between, coefficients, np.asarray(np.linalg.inv(gram) * within, np.float64))


def _least_squares(sums: Sums, ratio: float) -> tuple[Floats, Floats, float]:
    """Return X'WX, the coefficients and the weighted sum of squares, all in units of the within variance."""
    weight = sums.n / (1 + sums.n * ratio)
    weighted = sums.x * weight[:, None]
    gram = sums.x.T @ weighted
    coefficients: Floats = np.linalg.solve(gram, weighted.T @ sums.mean).astype(np.float64)
    residual = sums.mean - sums.x @ coefficients
    return gram, coefficients, sums.within + float(weight @ residual**2)


def _within(sums: Sums, squares: float, least: float, most: float) -> float:
    return min(max(squares / (sums.posts - len(sums.x.T)), least), most)


def standard_errors(sums: Sums, solution: Solution, measured: tuple[bool, bool]) -> tuple[float, float]:
    """Return the standard errors of the within and of the between sd; nan for one not measured or zero.

    From the expected information of the two variances, the delta method for the sds. The coefficients are
    taken as known: with c of them for C creators that understates the second by about c / (2 C) of itself.
    """
    total = solution.within + sums.n * solution.between
    mixed = (sums.n / total**2).sum()
    inside = sums.within_freedom / solution.within**2 + (1 / total**2).sum()
    information = np.array([[inside, mixed], [mixed, (sums.n**2 / total**2).sum()]]) / 2
    chosen = np.flatnonzero(measured)
    found = np.full(2, math.nan)
    found[chosen] = np.sqrt(np.diag(np.linalg.inv(information[np.ix_(chosen, chosen)])))
    sds = np.sqrt([solution.within, solution.between])
    errors = [error / (2 * sd) if sd > 0 else math.nan for error, sd in zip(found, sds, strict=True)]
    return float(errors[0]), float(errors[1])
