"""Variance components of log ER, how creators differ and how their posts vary, by penalised likelihood.

Given the design's expectation x b, post j of creator i has log ER
    x_i b + trend * t + u_i + s_i (drift_i(t) + e_ij),  u_i ~ N(0, level^2),  log s_i ~ N(log noise, spread^2)
with standard normal e and an Ornstein-Uhlenbeck drift_i of covariance drift * exp(-|dt| / memory). Each
creator's own s_i gives the forecast its high centre and heavy tails; s_i is integrated over nine
Gauss-Hermite nodes, u_i in closed form. A finite mixture of normals has every moment, so money computed from
it has a mean, which a Student t on the log scale would deny.

The penalties are normal priors on the logs: model.md D2 and D3 for the whole, the whole for each tier. They
decide where posts are too few to tell (no creator twice, a window of some weeks) and vanish among many.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import optimize, special

from nanospread.core.compiled import compiled
from nanospread.core.types import Floats, Places
from nanospread.creators.engagement.random_effects import SD_BETWEEN, SD_WITHIN

NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
TREND_SD = 0.2  # of ln ER a year: published means fell by less (model.md A1)
STEP = 1e-4  # of the numerical derivative by drift and memory, in logs


@dataclass(frozen=True)
class Shape:
    """Standard deviations are of natural logs."""

    trend: float  # change of log ER a year
    level: float  # sd between creators, lasting
    noise: float  # sd between one creator's posts of one day, for the median creator
    spread: float  # sd between creators of the log of that sd
    drift: float  # variance of a creator's slow drift, over that of its noise
    memory: float  # years in which the drift's correlation falls to 1/e

    @property
    def node_variances(self) -> Floats:
        """Noise variance at each node."""
        return np.asarray(np.square(self.noise * np.exp(self.spread * NODES)))


# Of a creator's posts, half the squared difference of two is 0.24 within two weeks and 0.41 beyond a year:
# drift as large as noise (model.md D2). The autocorrelation of 0.07 inside the last twelve posts says next to
# none (D3). So the prior is wide, around less. The own sds are spread by 0.35 on the log scale (D3).
PUBLISHED = Shape(trend=0.0, level=0.74, noise=0.43, spread=0.35, drift=0.3, memory=1.0)
WIDE = Shape(trend=TREND_SD, level=0.5, noise=0.5, spread=0.5, drift=1.5, memory=0.7)  # sd of the logs
TIER = Shape(trend=0.1, level=0.25, noise=0.25, spread=0.25, drift=0.5, memory=0.5)  # of a tier around all
# A memory of days would be noise by another name.
LEAST = Shape(trend=-5.0, level=1e-3, noise=1e-3, spread=0.02, drift=1e-3, memory=0.25)
MOST = Shape(trend=5.0, level=5.0, noise=5.0, spread=1.5, drift=50.0, memory=30.0)


@dataclass(frozen=True)
class Posts:
    """The posts, sorted by creator and time."""

    columns: Floats  # columns x posts; 0: log ER less what the design expects, 1: ones, 2: years
    years: Floats  # years of each post, from any origin
    start: Places  # place of each creator's first post
    n: Places  # posts of each creator


@dataclass(frozen=True)
class KalmanResult:
    """The filtered series of each creator: what the likelihood and a forecast need of it."""

    products: Floats  # columns x columns x creators: column' C^-1 column
    log_determinant: Floats  # creators: log |C|
    state: Floats  # columns x creators: expected drift at the last post
    variance: Floats  # creators: variance of that drift


def kalman_filter(posts: Posts, *, drift: float, memory: float) -> KalmanResult:
    """Filter the posts of each creator.

    Gains depend on the times alone, so several columns run at once; the likelihood needs only their weighted
    products. drift: over the variance of the noise. memory: [years].

    References: Harvey 1989, Forecasting, Structural Time Series Models and the Kalman Filter, chapter 3.
    """
    decay = np.exp(-np.diff(posts.years, prepend=np.inf).clip(min=0.0) / memory)
    decay[posts.start] = 0.0
    return KalmanResult(*_filtered(posts.columns, decay, posts.start, posts.n, drift))


@compiled
def _filtered(
    columns: Floats, decay: Floats, start: Places, n: Places, drift: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the fields of `KalmanResult`. decay: of the drift since the post before, 0 at the first."""
    width, creators = len(columns), len(n)
    products, log_determinant = np.zeros((width, width, creators)), np.zeros(creators)
    state, variance = np.zeros((width, creators)), np.full(creators, drift)
    innovation = np.empty(width)
    for i in range(creators):
        for post in range(start[i], start[i] + n[i]):
            variance[i] = drift + decay[post] ** 2 * (variance[i] - drift)
            total = variance[i] + 1
            gain = variance[i] / total
            log_determinant[i] += np.log(total)
            for row in range(width):
                state[row, i] *= decay[post]
                innovation[row] = columns[row, post] - state[row, i]
                state[row, i] += gain * innovation[row]
            for row in range(width):
                for column in range(width):
                    products[row, column, i] += innovation[row] * innovation[column] / total
            variance[i] *= 1 - gain
    return products, log_determinant, state, variance


@dataclass(frozen=True)
class LevelPosterior:
    """The posterior of every creator at a shape: nodes, and the lasting level at each."""

    weight: Floats  # creators x nodes
    mean: Floats  # creators x nodes: of u
    variance: Floats  # creators x nodes: of u
    own_weight: Floats  # creators x nodes: of the creator's own posts in u, 0-1
    filtered: KalmanResult


def fitted(posts: Posts, leverage: Floats, *, prior: Shape, width: Shape) -> Shape:
    """Return the shape of highest penalised likelihood.

    leverage: of each creator on the coefficients b, 0-1. A fitted line runs close to its own points, so a
    creator counts as 1 - leverage of one where the spread between creators is weighed, much as in REML.
    """
    centre, sd = _vector(prior), np.array([getattr(width, name) for name in _NAMES])
    freedom = 1 - np.clip(leverage, 0, 1)

    def objective(vector: Floats) -> tuple[float, Floats]:
        deviation = (vector - centre) / sd
        value, slope = _likelihood(posts, freedom, vector)
        return 0.5 * float(deviation @ deviation) - value, deviation / sd - slope

    bounds = list(zip(_vector(LEAST), _vector(MOST), strict=True))
    solution = optimize.minimize(objective, centre, jac=True, method="L-BFGS-B", bounds=bounds)
    return _shape(np.asarray(solution.x))


_NAMES = tuple(Shape.__dataclass_fields__)


def _vector(shape: Shape) -> Floats:
    return np.array([shape.trend, *np.log([getattr(shape, name) for name in _NAMES[1:]])])


def _shape(vector: Floats) -> Shape:
    return Shape(float(vector[0]), *(float(value) for value in np.exp(vector[1:])))


def _likelihood(posts: Posts, freedom: Floats, vector: Floats) -> tuple[float, Floats]:
    """Return the log likelihood and its gradient, by drift and memory numerically."""
    nodes = _nodes(posts, freedom, _shape(vector))
    value, steps = float(nodes.log_likelihood.sum()), []
    for index in (4, 5):
        shifted = vector.copy()
        shifted[index] += STEP
        steps.append((float(_nodes(posts, freedom, _shape(shifted)).log_likelihood.sum()) - value) / STEP)
    return value, np.array([*_slope(_shape(vector), nodes, posts.n, freedom), *steps])


class NodeLikelihoods(NamedTuple):
    """What creators x nodes come to at a shape, and the log likelihood of each creator."""

    filtered: KalmanResult
    mean: Floats
    squares: Floats
    total: Floats
    log_joint: Floats
    log_likelihood: Floats


def _nodes(posts: Posts, freedom: Floats, shape: Shape) -> NodeLikelihoods:
    filtered = kalman_filter(posts, drift=shape.drift, memory=shape.memory)
    q, s2, trend = filtered.products, shape.node_variances, shape.trend
    mean = (q[0, 1] - trend * q[1, 2]) / q[1, 1]  # after the trend
    squares = q[0, 0] - 2 * trend * q[0, 2] + trend**2 * q[2, 2] - q[1, 1] * mean**2  # weighted, around it
    total = shape.level**2 + s2 / q[1, 1][:, None]
    fixed = filtered.log_determinant + np.log(q[1, 1])
    within = (posts.n[:, None] - 1) * np.log(s2) + squares[:, None] / s2
    between = freedom[:, None] * np.log(total) + mean[:, None] ** 2 / total
    log_joint = np.asarray(np.log(WEIGHTS) - (fixed[:, None] + within + between) / 2)
    return NodeLikelihoods(filtered, mean, squares, total, log_joint, special.logsumexp(log_joint, axis=1))


def _slope(shape: Shape, nodes: NodeLikelihoods, n: Places, freedom: Floats) -> list[float]:
    """Return the gradient of the log likelihood by trend, log level, log noise and log spread."""
    q, s2, mean, total = nodes.filtered.products, shape.node_variances, nodes.mean, nodes.total
    ones, along = q[1, 1], -q[1, 2] / q[1, 1]
    squares_slope = 2 * (shape.trend * q[2, 2] - q[0, 2] - ones * mean * along)
    weight = np.exp(nodes.log_joint - nodes.log_likelihood[:, None])
    by_total = (mean[:, None] ** 2 / total - freedom[:, None]) / (2 * total)
    by_noise = nodes.squares[:, None] / s2 - (n[:, None] - 1) + 2 * by_total * s2 / ones[:, None]
    by_trend = -squares_slope[:, None] / (2 * s2) - (mean * along)[:, None] / total
    slope = [by_trend, 2 * by_total * shape.level**2, by_noise, by_noise * NODES * shape.spread]
    return [float((weight * part).sum()) for part in slope]


def level_posterior(shape: Shape, posts: Posts) -> LevelPosterior:
    """Return the posterior of every creator."""
    nodes = _nodes(posts, np.ones(len(posts.n)), shape)
    own_weight = shape.level**2 / nodes.total
    return LevelPosterior(
        weight=special.softmax(nodes.log_joint, axis=1),
        mean=own_weight * nodes.mean[:, None],
        variance=shape.level**2 * (1 - own_weight),
        own_weight=own_weight,
        filtered=nodes.filtered,
    )


def around(sd_between: float, sd_within: float) -> Shape:
    """Return the prior shape for posts with these spreads; they split as the published ones do."""
    return replace(
        PUBLISHED,
        level=max(PUBLISHED.level * sd_between / SD_BETWEEN, LEAST.level),
        noise=max(PUBLISHED.noise * sd_within / SD_WITHIN, LEAST.noise),
    )
