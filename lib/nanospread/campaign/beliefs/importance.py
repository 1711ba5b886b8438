"""A log density with gradient on normal scores -> equally weighted draws, or the word that there are none.

Mode by L-BFGS, Laplace's covariance from differences of the gradient, draws of a multivariate t about it, one
or more adaptations to the weighted mean and covariance, then importance resampling. Accepted where the
effective number of draws and the Pareto index of the largest weights say so; else tempered sequential Monte
Carlo from the prior; else nothing. References: Vehtari et al. 2024, JMLR 25:72 (Pareto k); Zhang and Stephens
2009, Technometrics 51:316; Del Moral et al. 2006, J. R. Stat. Soc. B 68:411. model.md C14.
"""

from typing import NamedTuple, Protocol

import numpy as np
from scipy import linalg, optimize, special, stats
from scipy.stats import qmc

from nanospread.core.types import Floats, Places


class Density(Protocol):
    """A log density of scores."""

    def __call__(self, scores: Floats) -> tuple[float, Floats]:
        """Return it at one point, with its gradient."""

    def at(self, points: Floats) -> Floats:
        """Return it at many points."""


FREEDOM = 8.0  # of the t
FIRST = 1024  # draws that the first adaptation is read off; fewer make tails too short
LEAST, MOST_K = 100, 0.7  # effective draws; Pareto index
EDGE = 6.0  # normal scores beyond which the mode is not looked for
PARTICLES, MOVES, MOST_STEPS = 256, 5, 40


class Sampled(NamedTuple):
    """Equally weighted draws x scores, how they were had, and how well: effective draws and Pareto k."""

    draws: Floats
    method: str  # importance, tempered or none
    effective: float
    pareto_k: float


def sampled(density: Density, many: int, *, n_draws: int, n_proposed: int, seed: int) -> Sampled:
    """Return draws of the density, a standard normal times a likelihood, over so many scores."""
    centre, root = _laplace(density, many)
    outcome = Sampled(np.empty((0, many)), "none", 0.0, np.inf)
    for stage in range(4):
        n = n_proposed if stage else min(n_proposed, FIRST)
        points, log_weight = _proposed(density, centre, root, n, seed + stage)
        weight, pareto_k = smoothed(log_weight)
        effective = 1 / float(weight @ weight)
        if stage and effective >= LEAST and pareto_k < MOST_K:
            return Sampled(points[_resampled(weight, n_draws, seed)], "importance", effective, pareto_k)
        outcome = outcome._replace(effective=effective, pareto_k=pareto_k)
        centre, root = _adapted(points, weight, centre, root)
    return _tempered(density, many, n_draws, seed) or outcome


def _laplace(density: Density, many: int) -> tuple[Floats, Floats]:
    """Return the mode and a root of the inverse of the curvature there."""

    def downhill(at: Floats) -> tuple[float, Floats]:
        log, gradient = density(at)
        return -log, -gradient

    start = np.zeros(many)
    mode = optimize.fmin_l_bfgs_b(downhill, start, bounds=[(-EDGE, EDGE)] * many, factr=1e7, pgtol=1e-3)[0]
    step = 0.02
    sides = np.vstack([mode + way * step * np.eye(many) for way in (1, -1)])
    gradients = np.array([density(side)[1] for side in sides])
    curvature = -(gradients[:many] - gradients[many:]) / (2 * step)
    values, vectors = linalg.eigh((curvature + curvature.T) / 2)
    return mode, np.asarray(vectors / np.sqrt(np.maximum(values, 0.3)))


def _proposed(density: Density, centre: Floats, root: Floats, n: int, seed: int) -> tuple[Floats, Floats]:
    """Return Sobol points of a multivariate t, and the log of density over proposal."""
    many = len(centre)
    uniforms = np.clip(qmc.Sobol(many + 1, rng=seed).random(n), 1e-9, 1 - 1e-9)
    scale = np.sqrt(FREEDOM / special.chdtri(FREEDOM, 1 - uniforms[:, 0]))
    away = special.ndtri(uniforms[:, 1:]) * scale[:, None]
    points = centre + away @ root.T
    proposal = -(FREEDOM + many) / 2 * np.log1p((away**2).sum(axis=1) / FREEDOM)
    log = density.at(points)
    return points, np.where(np.isfinite(log), log, -np.inf) - proposal


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
    at = (np.arange(tail) + 0.5) / tail
    weight[largest] = np.minimum(cut + stats.genpareto.ppf(at, shape, scale=scale), 1.0)
    return weight / weight.sum(), shape


def pareto(above: Floats) -> tuple[float, float]:
    """Return shape and scale of the generalised Pareto of sorted excesses (Zhang and Stephens 2009)."""
    n = len(above)
    tried = 30 + int(np.sqrt(n))
    theta = 1 / above[-1] + (1 - np.sqrt(tried / (np.arange(1, tried + 1) - 0.5))) / (
        3 * above[int(n / 4 + 0.5) - 1]
    )
    shape = np.log1p(-theta[:, None] * above).mean(axis=1)
    log = n * (np.log(-theta / shape) - shape - 1)
    weight = special.softmax(log)
    best = float(theta @ weight)
    k = float(np.log1p(-best * above).mean())
    return (n * k + 5) / (n + 10), -k / best


def _adapted(points: Floats, weight: Floats, centre: Floats, root: Floats) -> tuple[Floats, Floats]:
    """Return the weighted mean and a root of the covariance, drawn towards those before where few count."""
    mean, effective = weight @ points, 1 / float(weight @ weight)
    spread = (weight[:, None] * (points - mean)).T @ (points - mean)
    trust = effective / (effective + 3 * len(centre))
    values, vectors = linalg.eigh(trust * spread + (1 - trust) * root @ root.T)
    return trust * mean + (1 - trust) * centre, np.asarray(vectors * np.sqrt(np.maximum(values, 1e-9)))


def _resampled(weight: Floats, n: int, seed: int) -> Places:
    """Return places by systematic resampling, in an order that tells nothing."""
    places = np.searchsorted(np.cumsum(weight), (np.arange(n) + 0.5) / n).clip(max=len(weight) - 1)
    return np.random.default_rng(seed).permutation(places)


def _tempered(density: Density, many: int, n_draws: int, seed: int) -> Sampled | None:
    """Return draws by tempering from the prior: reweighted, resampled and moved; None where they stick."""
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((PARTICLES, many))
    log = density.at(points)
    fit, power = log + (points**2).sum(axis=1) / 2, 0.0
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
            return Sampled(points[chosen], "tempered", float(len(np.unique(points, axis=0))), np.nan)
    return None


def _rise(fit: Floats, rest: float) -> float:
    """Return by how much the power may rise so that half of the particles stay effective."""

    def effective(rise: float) -> float:
        weight = special.softmax(rise * np.where(np.isfinite(fit), fit, -np.inf))
        return 1 / float(weight @ weight) - len(fit) / 2

    if effective(rest) >= 0:
        return rest
    return max(float(optimize.brentq(effective, 0.0, rest, xtol=1e-9)), 1e-6)


def _moved(
    density: Density, points: Floats, fit: Floats, power: float, rng: np.random.Generator
) -> tuple[Floats, Floats, float]:
    """Return the particles after random-walk Metropolis moves, and the share of moves that were taken."""
    many = points.shape[1]
    root = linalg.cholesky(np.cov(points.T) + 1e-6 * np.eye(many), lower=True) * 2.38 / np.sqrt(many)
    taken = 0.0
    for _ in range(MOVES):
        there = points + rng.standard_normal(points.shape) @ root.T
        square = (there**2).sum(axis=1)
        fit_there = density.at(there) + square / 2
        odds = power * (fit_there - fit) - square / 2 + (points**2).sum(axis=1) / 2
        go = np.log(rng.random(len(points))) < np.nan_to_num(odds, nan=-np.inf)
        points, fit = np.where(go[:, None], there, points), np.where(go, fit_there, fit)
        taken += go.mean() / MOVES
    return points, fit, taken
