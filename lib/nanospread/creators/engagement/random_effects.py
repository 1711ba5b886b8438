"""Posts -> coefficients and headline spreads: the one-way random-effects model, by restricted likelihood.

With one row (n, mean of y, x) per creator, Woodbury turns the likelihood's N x N covariance into the weights
n / (1 + n r), r = between / within. Coefficients and the within variance are profiled out, so the search is
over one bounded number: the intraclass correlation.

References: Harville 1977, J. Am. Stat. Assoc. 72:320; Searle, Casella and McCulloch 1992, chapter 6.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import optimize

from nanospread.core.types import Floats
from nanospread.creators.engagement import design as designs
from nanospread.creators.engagement.design import Design, Observations

SD_BETWEEN = 0.80  # between creators (model.md D2), where the posts cannot tell
SD_WITHIN = 0.50  # between posts of one creator in one campaign month (model.md D2), likewise
LEAST_FREEDOM = 5  # degrees of freedom under which a spread is called unknown
ENOUGH_FREEDOM = 30  # of these, from which on the creators alone tell their spread
LARGEST_ICC = 1 - 1e-9


@dataclass(frozen=True, eq=False)  # so that a model, which is one, equals itself alone
class Spreads:
    """The two spreads of log ER around the design.

    sd_between, sd_within, icc: between creators, between posts of one creator at the data's usual distance in
    time, and sd_between^2 / (sd_between^2 + sd_within^2). Their *_basis is "measured" or, where the posts
    cannot tell, "published" (model.md D2); a published or zero one has no standard error (nan).
    """

    sd_between: float
    sd_within: float
    icc: float
    sd_between_se: float
    sd_within_se: float
    sd_between_basis: str
    sd_within_basis: str
    n_posts: int
    n_creators: int


@dataclass(frozen=True)
class RandomEffects:
    """The one-way random-effects model of some creators, in their order."""

    spreads: Spreads
    design: Design
    coefficients: "pd.Series[float]"
    covariance: pd.DataFrame
    expected: Floats  # x b of each creator
    expected_variance: Floats  # of the coefficients' own error
    leverage: Floats  # of each creator on the coefficients, 0-1
    sd_niche: float  # spread of the niche levels over creators
    sd_drawn: float  # between creators, few of them drawn towards the published one


@dataclass(frozen=True)
class SufficientStatistics:
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


def fitted(creators: pd.DataFrame, posts: Observations) -> RandomEffects:
    """Return the one-way random-effects model, by REML.

    creators: niche, followers, in the order of posts.names.

    With fewer than five posts beyond each creator's first, sd_within is the published one; with fewer than
    five creators beyond the coefficients, sd_between is; with few, the coefficients go by `_drawn`. Counts
    are at best Poisson, so sd_within^2 is never below 1 / (mean engagements + 1), not even when all posts are
    equal.
    """
    design = designs.fitted(creators, posts.platform)
    x = designs.columns(creators, design)
    sums = _sums(posts, x)
    measured = sums.within_freedom >= LEAST_FREEDOM, sums.between_freedom >= LEAST_FREEDOM
    unshrunk = _solution(sums, measured, 1 / (float(posts.engagements.mean()) + 1))
    solution = _drawn(sums, unshrunk) if measured[1] else unshrunk
    coefficients = pd.Series(solution.coefficients, index=x.columns)
    variance = quadratic(sums.x, solution.covariance)
    return RandomEffects(
        spreads=_spreads(sums, unshrunk, measured),
        design=design,
        coefficients=coefficients,
        covariance=pd.DataFrame(solution.covariance, x.columns, x.columns),
        expected=sums.x @ solution.coefficients,
        expected_variance=variance,
        leverage=variance / (solution.between + solution.within / sums.n),
        sd_niche=_niche_spread(creators, design, x, coefficients),
        sd_drawn=math.sqrt(solution.between),
    )


def _drawn(sums: SufficientStatistics, unshrunk: Solution) -> Solution:
    """Return the solution with the doubt that few creators leave of their spread: model.md C6 (c).

    The published variance gives way to their own as their degrees of freedom grow, and the error of the
    coefficients is wider than at a known variance, as that of a t is.
    """
    freedom = sums.between_freedom
    weight = min(freedom / ENOUGH_FREEDOM, 1.0)
    if weight == 1:
        return unshrunk
    between = weight * unshrunk.between + (1 - weight) * SD_BETWEEN**2
    shrunk = gls(sums, within=unshrunk.within, between=between)
    inflation = 1 + (1 - weight) * 2 / (freedom + LEAST_FREEDOM - 2)
    return replace(shrunk, covariance=shrunk.covariance * inflation)


def quadratic(x: Floats, covariance: Floats) -> Floats:
    """Return x_i' covariance x_i of each row."""
    return np.asarray(np.einsum("ij,jk,ik->i", x, covariance, x, optimize=True))


def _sums(posts: Observations, x: pd.DataFrame) -> SufficientStatistics:
    mean = np.bincount(posts.creator, posts.y) / posts.n
    within = float(np.square(posts.y - mean[posts.creator]).sum())
    return SufficientStatistics(posts.n.astype(np.float64), mean, within, x.to_numpy(dtype=np.float64))


def _solution(sums: SufficientStatistics, measured: tuple[bool, bool], floor: float) -> Solution:
    published = max(SD_WITHIN**2, floor)
    if measured[1]:
        least, most = (floor, math.inf) if measured[0] else (published, published)
        return reml(sums, least_within=least, most_within=most)
    within = max(sums.within / sums.within_freedom, floor) if measured[0] else published
    return gls(sums, within=within, between=SD_BETWEEN**2)


def _spreads(sums: SufficientStatistics, solution: Solution, measured: tuple[bool, bool]) -> Spreads:
    basis = ["measured" if known else "published" for known in measured]
    within_se, between_se = standard_errors(sums, solution, measured)
    return Spreads(
        sd_between=math.sqrt(solution.between),
        sd_within=math.sqrt(solution.within),
        icc=solution.between / (solution.between + solution.within),
        sd_between_se=between_se,
        sd_within_se=within_se,
        sd_between_basis=basis[1],
        sd_within_basis=basis[0],
        n_posts=int(sums.posts),
        n_creators=len(sums.n),
    )


def _niche_spread(
    creators: pd.DataFrame, design: Design, x: pd.DataFrame, coefficients: "pd.Series[float]"
) -> float:
    names = [name for name in x.columns if name.startswith("niche[")]
    levelled = designs.has_level(creators["niche"], design)
    levels = x.loc[levelled, names].to_numpy() @ coefficients[names].to_numpy()
    return float(levels.std()) if len(levels) else 0.0


def reml(sums: SufficientStatistics, *, least_within: float, most_within: float = math.inf) -> Solution:
    """Return the REML solution, the within variance held in [least_within, most_within]."""

    def deviance(icc: float) -> float:
        ratio = icc / (1 - icc)
        gram, _, squares = _least_squares(sums, ratio)
        within = _within(sums, squares, least_within, most_within)
        freedom = sums.posts - len(sums.x.T)
        determinants = np.log1p(sums.n * ratio).sum() + np.linalg.slogdet(gram)[1]
        return float(freedom * math.log(within) + squares / within + determinants)

    bounds = (0.0, LARGEST_ICC)
    inner = optimize.minimize_scalar(deviance, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    icc = float(inner.x) if inner.fun < deviance(0.0) else 0.0
    ratio = icc / (1 - icc)
    within = _within(sums, _least_squares(sums, ratio)[2], least_within, most_within)
    return gls(sums, within=within, between=ratio * within)


def gls(sums: SufficientStatistics, *, within: float, between: float) -> Solution:
    """Return the generalised least squares solution at known variances."""
    gram, coefficients, _ = _least_squares(sums, between / within)
    return Solution(within, between, coefficients, np.asarray(np.linalg.inv(gram) * within, np.float64))


def _least_squares(sums: SufficientStatistics, ratio: float) -> tuple[Floats, Floats, float]:
    """Return X'WX, the coefficients and the weighted sum of squares, all in units of the within variance."""
    weight = sums.n / (1 + sums.n * ratio)
    weighted = sums.x * weight[:, None]
    gram = sums.x.T @ weighted
    coefficients: Floats = np.linalg.solve(gram, weighted.T @ sums.mean).astype(np.float64)
    residual = sums.mean - sums.x @ coefficients
    return gram, coefficients, sums.within + float(weight @ residual**2)


def _within(sums: SufficientStatistics, squares: float, least: float, most: float) -> float:
    return min(max(squares / (sums.posts - len(sums.x.T)), least), most)


def standard_errors(
    sums: SufficientStatistics, solution: Solution, measured: tuple[bool, bool]
) -> tuple[float, float]:
    """Return the standard errors of the within and of the between sd; nan for one not measured or zero.

    By expected information and the delta method. The coefficients are taken as known: with c of them for C
    creators that understates the second by about c / (2 C) of itself.
    """
    total = solution.within + sums.n * solution.between
    mixed = (sums.n / total**2).sum()
    within_information = sums.within_freedom / solution.within**2 + (1 / total**2).sum()
    information = np.array([[within_information, mixed], [mixed, (sums.n**2 / total**2).sum()]]) / 2
    estimated = np.flatnonzero(measured)
    variance_se = np.full(2, math.nan)
    variance_se[estimated] = np.sqrt(np.diag(np.linalg.inv(information[np.ix_(estimated, estimated)])))
    sds = np.sqrt([solution.within, solution.between])
    within, between = (se / (2 * sd) if sd > 0 else math.nan for se, sd in zip(variance_se, sds, strict=True))
    return float(within), float(between)
