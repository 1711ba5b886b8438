"""A log density of normal scores -> equally weighted draws, or the word that there are none.

Mode by L-BFGS, Laplace's covariance by differences, draws of a multivariate t about it; twice again about the
weighted mean, wider than the weighted draws; then further t where the weights show that draws are missing,
about the point of the largest weight and as wide as its neighbours, until enough draws are effective
(incremental mixture importance sampling); then resampling. Without the second and third, ends of the prior
that results say little of are never proposed, and neither weight nor index tells. Accepted where the
effective number of draws and the Pareto index of the largest weights say so; else tempered sequential Monte
Carlo from the prior; else nothing. References: Raftery and Bao 2010, Biometrics 66:1162; Vehtari et al. 2024,
JMLR 25:72 (Pareto k); Zhang and Stephens 2009, Technometrics 51:316; Del Moral et al. 2006, J. R. Stat. Soc.
B 68:411. model.md C14.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import linalg, optimize, special, stats
from scipy.stats import qmc

from nanospread.core.types import Floats, Places

Density = Callable[[Floats], Floats]  # points x scores -> log densities

FREEDOM = 5.0  # of the t
FIRST, FURTHER, MOST = 512, 128, 6144  # draws about the mode, about each further centre, and in all at least
WIDER = 1.5  # proposals about the weighted mean than the weighted draws, which lack the tails
WIDE_AS_PRIOR = 0.5  # sd along an axis from which on the results say little of it: the prior's is taken
LEAST, MOST_K = 100, 0.7  # effective draws; Pareto index
STEP, WIDE = 0.002, 0.02  # of differences, in normal scores: once and twice
DIGITS = 2  # of the mode: those that the search finds on every processor
EDGE = 6.0  # normal scores beyond which the mode is not looked for
NOWHERE = -1e12  # a log density that no point near the mode has
VANISHING = 1e-290  # a share whose inverse is next to what a float holds
PARTICLES, MOVES, MOST_STEPS = 256, 5, 40


class SamplerResult(NamedTuple):
    """Equally weighted draws x scores, how they were had, and how well: effective draws and Pareto k."""

    draws: Floats
    method: str  # importance, tempered or none
    effective: float
    pareto_k: float


class Mixture(NamedTuple):
    """Centres and roots of the covariances of multivariate t, and how many draws each has."""

    centres: list[Floats]
    roots: list[Floats]
    sizes: list[int]

    def add(self, centre: Floats, root: Floats, size: int) -> None:
        """Add one."""
        self.centres.append(centre)
        self.roots.append(root)
        self.sizes.append(size)

    def log(self, points: Floats) -> Floats:
        """Return the log density, up to a constant."""
        dimension, logs = points.shape[1], []
        for centre, root in zip(self.centres, self.roots, strict=True):
            far = np.log1p(_distance(points, centre, linalg.inv(root)) / FREEDOM)
            logs.append(-(FREEDOM + dimension) / 2 * far - np.linalg.slogdet(root)[1])
        shares = np.array(self.sizes)[:, None] / sum(self.sizes)
        return np.asarray(special.logsumexp(np.array(logs), axis=0, b=shares))


def sampled(
    density: Density, dimension: int, *, n_draws: int, broad: int, enough: float, seed: int
) -> SamplerResult:
    """Return draws of the density, a standard normal times a likelihood, over so many scores.

    broad: draws of each of the two proposals about the weighted mean. enough: effective draws at which no
    more are proposed.
    """
    centre, root = _laplace(density, dimension)
    mixture = Mixture([centre], [root], [FIRST])
    points = _drawn(centre, root, FIRST, seed)
    logs = density(points)
    while True:
        log_weight = np.where(np.isfinite(logs), logs, -np.inf) - mixture.log(points)
        weight, pareto_k = smoothed(log_weight)
        effective, stage = 1 / float(weight @ weight), len(mixture.sizes)
        full = len(points) >= max(MOST, 3 * broad)
        if stage > 2 and effective >= (LEAST if full else enough) and pareto_k < MOST_K:
            return SamplerResult(points[_resampled(weight, n_draws, seed)], "importance", effective, pareto_k)
        if full or not np.isfinite(log_weight).any():
            break
        if stage <= 2:
            centre, root, n = *_adapted(points, weight, centre, root), broad
        else:
            centre, root, n = *_missing(points, log_weight, mixture.roots[0]), FURTHER
        mixture.add(centre, root, n)
        points = np.vstack([points, _drawn(centre, root, n, seed + stage)])
        logs = np.append(logs, density(points[-n:]))
    outcome = SamplerResult(np.empty((0, dimension)), "none", effective, pareto_k)
    return _tempered(density, dimension, n_draws, seed) or outcome


def _laplace(density: Density, dimension: int) -> tuple[Floats, Floats]:
    """Return the mode and a root of the inverse of the curvature there, by differences; where the density
    has none that can be told, those of the prior, from which the other proposals go on.

    The root is Cholesky's: eigenvectors of values that are alike are any rotation of each other, so that each
    processor would have draws of its own.
    """
    unit = np.eye(dimension)

    def downhill(point: Floats) -> tuple[float, Floats]:
        logs = density(np.vstack([point, point + STEP * unit]))
        logs = np.where(np.isfinite(logs), logs, NOWHERE)  # so that the search turns back
        return -float(logs[0]), -(logs[1:] - logs[0]) / STEP

    start = np.zeros(dimension)
    minimum = optimize.fmin_l_bfgs_b(
        downhill, start, bounds=[(-EDGE, EDGE)] * dimension, factr=1e9, pgtol=0.05, maxiter=25
    )[0]
    mode = minimum.round(DIGITS)
    row, column = np.triu_indices(dimension)
    pairs = [mode + WIDE * (way * unit[row] + to * unit[column]) for way in (1, -1) for to in (1, -1)]
    logs = density(np.vstack(pairs)).reshape(4, -1)
    if not np.isfinite(logs).all():
        return start, unit
    curvature, bends = np.zeros((dimension, dimension)), logs[1] + logs[2] - logs[0] - logs[3]
    curvature[row, column] = curvature[column, row] = bends / (2 * WIDE) ** 2
    values, vectors = linalg.eigh(curvature)
    covariance = vectors / np.where(values < WIDE_AS_PRIOR**-2, 1.0, values) @ vectors.T
    return mode, np.asarray(linalg.cholesky(covariance, lower=True))


def _drawn(centre: Floats, root: Floats, n: int, seed: int) -> Floats:
    """Return Sobol points of a multivariate t."""
    uniforms = np.clip(qmc.Sobol(len(centre) + 1, rng=seed).random(n), 1e-9, 1 - 1e-9)
    scale = np.sqrt(FREEDOM / special.chdtri(FREEDOM, 1 - uniforms[:, 0]))
    return np.asarray(centre + special.ndtri(uniforms[:, 1:]) * scale[:, None] @ root.T)


def _adapted(points: Floats, weight: Floats, centre: Floats, root: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean and a root of the covariance, drawn towards those before where few count."""
    mean, effective = weight @ points, 1 / float(weight @ weight)
    spread = (weight[:, None] * (points - mean)).T @ (points - mean)
    trust = effective / (effective + 3 * len(centre))
    covariance = trust * spread + (1 - trust) * root @ root.T
    return trust * mean + (1 - trust) * centre, WIDER * np.asarray(linalg.cholesky(covariance, lower=True))


def _distance(points: Floats, centre: Floats, unroot: Floats) -> Floats:
    """Return squared distances in sds. By einsum: threads of a BLAS wait longer than this takes."""
    return np.asarray((np.einsum("nd,ed->ne", points - centre, unroot) ** 2).sum(axis=1))


def _missing(points: Floats, log_weight: Floats, root: Floats) -> tuple[Floats, Floats]:
    """Return the point of the largest weight, and a root of the covariance of the points nearest to it."""
    n, dimension = points.shape
    weight = special.softmax(log_weight)
    top = points[np.argmax(weight)]
    away = points - weight @ points
    spread = 0.9 * (weight[:, None] * away).T @ away + 0.1 * root @ root.T
    distance = _distance(points, top, linalg.inv(linalg.cholesky(spread, lower=True)))
    near = np.argsort(distance, kind="stable")[:FURTHER]
    share = weight[near] + 1 / n
    away = points[near] - top
    covariance = (share[:, None] * away).T @ away / share.sum()
    return top, np.asarray(linalg.cholesky(covariance + 1e-9 * np.eye(dimension), lower=True))


def smoothed(log_weight: Floats) -> tuple[Floats, float]:
    """Return weights that sum to 1, the largest smoothed by a generalised Pareto, and its index."""
    finite = np.isfinite(log_weight)
    n = len(log_weight)
    tail = int(min(0.2 * n, 3 * np.sqrt(n)))
    if finite.sum() < 2 * tail:
        return np.full(n, 1 / n), np.inf
    weight = np.exp(log_weight - log_weight.max())
    order = np.argsort(weight, kind="stable")
    largest, cut = order[-tail:], weight[order[-tail - 1]]
    above = weight[largest] - cut
    if not above[0] > 0:
        return weight / weight.sum(), -np.inf if above[-1] <= 0 else np.inf
    shape, scale = pareto(above)
    if shape == np.inf:
        return weight / weight.sum(), shape
    levels = (np.arange(tail) + 0.5) / tail
    weight[largest] = np.minimum(cut + stats.genpareto.ppf(levels, shape, scale=scale), 1.0)
    return weight / weight.sum(), shape


def pareto(above: Floats) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto of sorted excesses (Zhang and Stephens 2009).

    The shape is infinite where a quarter of them are nothing beside the largest.
    """
    n = len(above)
    quartile = above[int(n / 4 + 0.5) - 1]
    if quartile < VANISHING * above[-1]:
        return np.inf, 0.0
    n_candidates = 30 + int(np.sqrt(n))
    theta = 1 / above[-1] + (1 - np.sqrt(n_candidates / (np.arange(1, n_candidates + 1) - 0.5))) / (
        3 * quartile
    )
    shape = np.log1p(-theta[:, None] * above).mean(axis=1)
    log = n * (np.log(-theta / shape) - shape - 1)
    weight = special.softmax(log)
    best = float(theta @ weight)
    k = float(np.log1p(-best * above).mean())
    return (n * k + 5) / (n + 10), -k / best


def _resampled(weight: Floats, n: int, seed: int) -> Places:
    """Return places by systematic resampling, in an order that tells nothing."""
    places = np.searchsorted(np.cumsum(weight), (np.arange(n) + 0.5) / n).clip(max=len(weight) - 1)
    return np.random.default_rng(seed).permutation(places)


def _tempered(density: Density, dimension: int, n_draws: int, seed: int) -> SamplerResult | None:
    """Return draws by tempering from the prior: reweighted, resampled and moved; None where they stick."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((PARTICLES, dimension))
    log = density(points)
    fit, power = log + (points**2).sum(axis=1) / 2, 0.0
    if not np.isfinite(fit).any():
        return None
    for _ in range(MOST_STEPS):
        rise = _rise(fit, 1 - power)
        weight = special.softmax(rise * np.where(np.isfinite(fit), fit, -np.inf))
        places = _resampled(weight, PARTICLES, seed)
        points, fit, power = points[places], fit[places], power + rise
        points, fit, accepted = _moved(density, points, fit, power, rng)
        if accepted < 0.02:
            return None
        if power >= 1:
            chosen = rng.permutation(np.arange(n_draws) % PARTICLES)
            return SamplerResult(points[chosen], "tempered", float(len(np.unique(points, axis=0))), np.nan)
    return None


def _rise(fit: Floats, remaining: float) -> float:
    """Return by how much the power may rise so that half of the particles stay effective."""

    def effective(rise: float) -> float:
        weight = special.softmax(rise * np.where(np.isfinite(fit), fit, -np.inf))
        return 1 / float(weight @ weight) - len(fit) / 2

    if effective(remaining) >= 0:
        return remaining
    return max(float(optimize.brentq(effective, 0.0, remaining, xtol=1e-9)), 1e-6)


def _moved(
    density: Density, points: Floats, fit: Floats, power: float, rng: np.random.Generator
) -> tuple[Floats, Floats, float]:
    """Return the particles after random-walk Metropolis moves, and the share of moves that were taken."""
    dimension = points.shape[1]
    root = (
        linalg.cholesky(np.cov(points.T) + 1e-6 * np.eye(dimension), lower=True) * 2.38 / np.sqrt(dimension)
    )
    accepted_share = 0.0
    for _ in range(MOVES):
        proposed = points + rng.standard_normal(points.shape) @ root.T
        square = (proposed**2).sum(axis=1)
        fit_proposed = density(proposed) + square / 2
        odds = power * (fit_proposed - fit) - square / 2 + (points**2).sum(axis=1) / 2
        go = np.log(rng.random(len(points))) < np.nan_to_num(odds, nan=-np.inf)
        points, fit = np.where(go[:, None], proposed, points), np.where(go, fit_proposed, fit)
        accepted_share += go.mean() / MOVES
    return points, fit, accepted_share
