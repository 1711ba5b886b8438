"""Posts -> coefficients and headline spreads, by REML of the plain one-way random-effects model."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread.core.types import Floats
from nanospread.creators.engagement import design as designs
from nanospread.creators.engagement import reml
from nanospread.creators.engagement.clipping import Observed

SD_BETWEEN = 0.80  # between creators (model.md D2), where the posts cannot tell
SD_WITHIN = 0.50  # between posts of one creator in one campaign month (model.md D2), likewise
LEAST_FREEDOM = 5  # degrees of freedom under which a spread is called unknown


@dataclass(frozen=True)
class Spreads:
    """The two spreads of log ER around the design.

    sd_between, sd_within, icc: between creators, between posts of one creator at the data's usual distance in
    time, and the share sd_between^2 / (sd_between^2 + sd_within^2). Their *_basis is "measured" or, where the
    posts cannot tell, "published" (model.md D2); a published or zero one has no standard error (nan).
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
class Plain:
    """The plain model of some creators, in their order."""

    spreads: Spreads
    design: designs.Design
    coefficients: "pd.Series[float]"
    covariance: pd.DataFrame
    expected: Floats  # x b of each creator
    expected_variance: Floats  # of the coefficients' own error
    leverage: Floats  # of each creator on the coefficients, 0-1
    sd_niche: float  # spread of the niche levels over creators


def fitted(creators: pd.DataFrame, posts: Observed) -> Plain:
    """Return the plain model.

    creators: niche, followers, in the order of posts.names.

    With fewer than five posts beyond each creator's first, sd_within is the published one; with fewer than
    five creators beyond the coefficients, sd_between is. Counts are at best Poisson, so sd_within^2 is never
    below 1 / (mean engagements + 1), not even when all posts are equal.
    """
    design = designs.fitted(creators)
    x = designs.columns(creators, design)
    sums = _sums(posts, x)
    measured = sums.within_freedom >= LEAST_FREEDOM, sums.between_freedom >= LEAST_FREEDOM
    solution = _solution(sums, measured, 1 / (float(posts.engagements.mean()) + 1))
    coefficients = pd.Series(solution.coefficients, index=x.columns)
    variance = quadratic(sums.x, solution.covariance)
    return Plain(
        spreads=_spreads(sums, solution, measured),
        design=design,
        coefficients=coefficients,
        covariance=pd.DataFrame(solution.covariance, x.columns, x.columns),
        expected=sums.x @ solution.coefficients,
        expected_variance=variance,
        leverage=variance / (solution.between + solution.within / sums.n),
        sd_niche=_niche_spread(creators, design, x, coefficients),
    )


def quadratic(x: Floats, covariance: Floats) -> Floats:
    """Return x_i' covariance x_i of each row."""
    return np.asarray(np.einsum("ij,jk,ik->i", x, covariance, x, optimize=True))


def _sums(posts: Observed, x: pd.DataFrame) -> reml.Sums:
    mean = np.bincount(posts.creator, posts.y) / posts.n
    within = float(np.square(posts.y - mean[posts.creator]).sum())
    return reml.Sums(posts.n.astype(np.float64), mean, within, x.to_numpy(dtype=np.float64))


def _solution(sums: reml.Sums, measured: tuple[bool, bool], floor: float) -> reml.Solution:
    published = max(SD_WITHIN**2, floor)
    if measured[1]:
        least, most = (floor, math.inf) if measured[0] else (published, published)
        return reml.estimated(sums, least_within=least, most_within=most)
    within = max(sums.within / sums.within_freedom, floor) if measured[0] else published
    return reml.given(sums, within=within, between=SD_BETWEEN**2)


def _spreads(sums: reml.Sums, solution: reml.Solution, measured: tuple[bool, bool]) -> Spreads:
    basis = ["measured" if known else "published" for known in measured]
    within_se, between_se = reml.standard_errors(sums, solution, measured)
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
    creators: pd.DataFrame, design: designs.Design, x: pd.DataFrame, coefficients: "pd.Series[float]"
) -> float:
    names = [name for name in x.columns if name.startswith("niche[")]
    levelled = designs.has_level(creators["niche"], design)
    levels = x.loc[levelled, names].to_numpy() @ coefficients[names].to_numpy()
    return float(levels.std()) if len(levels) else 0.0
