"""Posts -> fitted EngagementModel: each creator's engagement rate, pulled towards creators alike.

For post j of creator i, y_ij = log((engagements + 0.5) / followers) = x_i b + u_i + e_ij with
u_i ~ N(0, sd_between^2) and e_ij ~ N(0, sd_within^2); x_i are niche levels and log followers (`design`), and
the variances come from restricted maximum likelihood (`reml`). The cost is per creator.

References: facts.md C6 (b) for the model, D2 for the published spreads.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread import errors, metrics, tiers
from nanospread.engagement import design as designs
from nanospread.engagement import reml

__all__ = ["EngagementModel", "expected", "fit"]

Floats = NDArray[np.float64]

SD_BETWEEN = 0.80  # between creators (facts.md D2), where the posts cannot tell
SD_WITHIN = 0.50  # between posts of one creator in one campaign month (facts.md D2), likewise
LEAST_FREEDOM = 5  # degrees of freedom under which a spread is called unknown
Z80 = 1.2815515655446004  # the 90 % point of a normal: ends of an 80 % interval


@dataclass(frozen=True)
class EngagementModel:
    """A normal model of log ER. The sds are of natural logs.

    coefficients: intercept (log ER of the average creator), log_followers[tier] slopes, niche[name] levels
    measured from the largest niche. covariance: of the coefficients.
    sd_between, sd_within, icc: between creators, between posts of one creator, and the share
    sd_between^2 / (sd_between^2 + sd_within^2). Their *_basis is "measured" or, where the posts cannot tell,
    "published" (facts.md D2); a published or zero one has no standard error (nan).
    sd_niche: spread of the niche levels over creators, added for a creator of a niche without a level.
    creators: one row per creator with a rated post, sorted by name: creator, niche, tier, followers, n_posts,
    log_mean_raw and er_raw (the creator's own geometric mean), er, er_low, er_high (posterior median and 80 %
    interval [share of followers]), shrinkage (0-1, weight on creators alike), log_mean, log_sd (posterior).

    A future post of creator i has log ER ~ N(log_mean, log_sd^2 + sd_within^2).
    """

    coefficients: "pd.Series[float]"
    covariance: pd.DataFrame
    sd_between: float
    sd_within: float
    icc: float
    sd_between_se: float
    sd_within_se: float
    sd_between_basis: str
    sd_within_basis: str
    sd_niche: float
    n_posts: int
    n_creators: int
    creators: pd.DataFrame
    design: designs.Design


def fit(posts: pd.DataFrame, roster: pd.DataFrame) -> EngagementModel:
    """Return the model fitted to the posts that have an ER; hidden likes are left out.

    posts: as from metrics.per_post: creator, followers, engagements, er.
    roster: as from tables.roster: creator, niche, followers; one row per creator.

    With fewer than five posts beyond each creator's first, sd_within is the published one; with fewer than
    five creators beyond the coefficients, sd_between is. Counts are at best Poisson, so sd_within^2 is never
    below 1 / (mean engagements + 1), not even when all posts are equal.

    Raises: InputError where no post has an ER, or where a creator is not in the roster.
    """
    rated = posts[posts["er"].notna()]
    if rated.empty:
        raise errors.InputError("no post has an engagement rate: there are no posts, or all likes are hidden")
    code, names = pd.factorize(rated["creator"], sort=True)
    creators = _creators(pd.DataFrame({"creator": names}), roster)
    design = designs.fitted(creators)
    x = designs.columns(creators, design)
    sums = _sums(np.asarray(metrics.log_er(rated), dtype=np.float64), code, x)
    measured = sums.within_freedom >= LEAST_FREEDOM, sums.between_freedom >= LEAST_FREEDOM
    solution = _solution(sums, measured, 1 / (float(rated["engagements"].mean()) + 1))
    return _model(creators, design, x, sums, solution, measured)


def _creators(names: pd.DataFrame, roster: pd.DataFrame) -> pd.DataFrame:
    missing = names.loc[~names["creator"].isin(roster["creator"]), "creator"]
    if len(missing):
        raise errors.InputError(
            f"{len(missing)} creators of the posts are not in the roster; the first is {missing.iloc[0]!r}"
        )
    known = roster[["creator", "niche", "followers"]]
    rows = names.merge(known, on="creator", how="left", validate="one_to_one")
    rows.insert(2, "tier", tiers.of(rows["followers"]))
    return rows


def _sums(y: Floats, code: NDArray[np.intp], x: pd.DataFrame) -> reml.Sums:
    n = np.bincount(code).astype(np.float64)
    mean = np.bincount(code, y) / n
    return reml.Sums(n, mean, float(np.square(y - mean[code]).sum()), x.to_numpy(dtype=np.float64))


def _solution(sums: reml.Sums, measured: tuple[bool, bool], floor: float) -> reml.Solution:
    published = max(SD_WITHIN**2, floor)
    if measured[1]:
        least, most = (floor, math.inf) if measured[0] else (published, published)
        return reml.estimated(sums, least_within=least, most_within=most)
    within = max(sums.within / sums.within_freedom, floor) if measured[0] else published
    return reml.given(sums, within=within, between=SD_BETWEEN**2)


def _model(
    creators: pd.DataFrame,
    design: designs.Design,
    x: pd.DataFrame,
    sums: reml.Sums,
    solution: reml.Solution,
    measured: tuple[bool, bool],
) -> EngagementModel:
    basis = ["measured" if known else "published" for known in measured]
    within_se, between_se = reml.standard_errors(sums, solution, measured)
    coefficients = pd.Series(solution.coefficients, index=x.columns)
    return EngagementModel(
        coefficients=coefficients,
        covariance=pd.DataFrame(solution.covariance, x.columns, x.columns),
        sd_between=math.sqrt(solution.between),
        sd_within=math.sqrt(solution.within),
        icc=solution.between / (solution.between + solution.within),
        sd_between_se=between_se,
        sd_within_se=within_se,
        sd_between_basis=basis[1],
        sd_within_basis=basis[0],
        sd_niche=_niche_spread(creators, design, x, coefficients),
        n_posts=int(sums.posts),
        n_creators=len(creators),
        creators=_posterior(creators, sums, solution),
        design=design,
    )


def _niche_spread(
    creators: pd.DataFrame, design: designs.Design, x: pd.DataFrame, coefficients: "pd.Series[float]"
) -> float:
    names = [name for name in x.columns if name.startswith("niche[")]
    levelled = designs.has_level(creators["niche"], design)
    levels = x.loc[levelled, names].to_numpy() @ coefficients[names].to_numpy()
    return float(levels.std()) if len(levels) else 0.0


def _posterior(creators: pd.DataFrame, sums: reml.Sums, solution: reml.Solution) -> pd.DataFrame:
    """Return the creators with the normal posterior of x b + u, the coefficients' own error included."""
    own = solution.within / sums.n
    shrinkage = own / (own + solution.between)
    prior = sums.x @ solution.coefficients
    mean = shrinkage * prior + (1 - shrinkage) * sums.mean
    sd = np.sqrt(shrinkage * solution.between + shrinkage**2 * _variance(sums.x, solution.covariance))
    return creators.assign(
        n_posts=sums.n.astype(np.int64),
        log_mean_raw=sums.mean,
        er_raw=np.exp(sums.mean),
        er=np.exp(mean),
        er_low=np.exp(mean - Z80 * sd),
        er_high=np.exp(mean + Z80 * sd),
        shrinkage=shrinkage,
        log_mean=mean,
        log_sd=sd,
    )


def _variance(x: Floats, covariance: Floats) -> Floats:
    return np.asarray(np.einsum("ij,jk,ik->i", x, covariance, x, optimize=True))


def expected(model: EngagementModel, creators: pd.DataFrame) -> pd.DataFrame:
    """Return what the model expects of each creator's mean log ER: a normal with log_mean and log_sd.

    creators: creator, niche, followers. A creator of the fitted posts has the posterior, whatever niche and
    followers say here. Any other has the prior of the niche and followers, with sd_between and the
    coefficients' own error; a niche without a level adds sd_niche; followers outside the fitted range count
    as its nearer end.

    Returns: creator, log_mean, log_sd, in the order and with the index of `creators`.

    Raises: InputError where a creator has fewer than 1 follower.
    """
    few = creators[~(creators["followers"] >= 1)]
    if len(few):
        name, followers = few.iloc[0][["creator", "followers"]]
        raise errors.InputError(f"followers of {name!r}: {followers}; must be 1 or more")
    x = designs.columns(creators, model.design)
    levelled = designs.has_level(creators["niche"], model.design)
    variance = model.sd_between**2 + _variance(x.to_numpy(dtype=np.float64), model.covariance.to_numpy())
    prior_sd = np.sqrt(variance + np.where(levelled, 0.0, model.sd_niche**2))
    known = model.creators.set_index("creator")[["log_mean", "log_sd"]].reindex(creators["creator"])
    new = known["log_mean"].isna().to_numpy()
    return pd.DataFrame(
        {
            "creator": creators["creator"],
            "log_mean": np.where(new, x @ model.coefficients, known["log_mean"]),
            "log_sd": np.where(new, prior_sd, known["log_sd"]),
        },
        index=creators.index,
    )
