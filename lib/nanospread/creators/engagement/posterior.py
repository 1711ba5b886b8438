"""Posts and time -> each creator's posterior level of log ER then, and the noise of a post around it.

A level is a finite mixture of normals over the nodes of the creator's own spread. Between the creator's last
post and the time asked for, the drift fades towards the lasting level and its doubt grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special
from scipy.optimize import elementwise

from nanospread.core.types import Floats, Places
from nanospread.creators.engagement import variance_model
from nanospread.creators.engagement.design import Observations
from nanospread.creators.engagement.random_effects import RandomEffects
from nanospread.creators.engagement.variance_model import Shape

ALL = "all"  # the shape of tiers that have none of their own
FAR = 12.0  # standard deviations from every component: the ends of the search for a quantile


@dataclass(frozen=True)
class Mixture:
    """Rows of normal mixtures: weight, mean and sd have shape rows x components, weights sum to 1."""

    weight: Floats
    mean: Floats
    sd: Floats

    def cdf(self, y: ArrayLike) -> Floats:
        """Return P(Y <= y) for y of shape (rows,)."""
        z = (np.asarray(y, dtype=np.float64)[:, None] - self.mean) / self.sd
        return np.asarray((self.weight * special.ndtr(z)).sum(axis=1))

    def quantile(self, p: ArrayLike) -> Floats:
        """Return the p-quantile of each row; p is a number, (rows,) or (rows, k). Uniform p give draws."""
        level = np.asarray(p, dtype=np.float64)
        level = level if level.ndim == 2 else np.broadcast_to(level, (len(self.mean),))
        wide = level.reshape(len(self.mean), -1)
        ends = [self.mean + sign * FAR * self.sd for sign in (-1, 1)]
        low, high = ends[0].min(axis=1, keepdims=True), ends[1].max(axis=1, keepdims=True)
        bracket = np.broadcast_to(low, wide.shape), np.broadcast_to(high, wide.shape)
        row = np.broadcast_to(np.arange(len(self.mean))[:, None], wide.shape)

        def missing(y: Floats, p: Floats, row: Places) -> Floats:
            z = (y[..., None] - self.mean[row]) / self.sd[row]
            return np.asarray((self.weight[row] * special.ndtr(z)).sum(axis=-1) - p)

        root = elementwise.find_root(missing, bracket, args=(wide, row))
        return np.asarray(root.x).reshape(level.shape)

    def crps(self, y: ArrayLike) -> Floats:
        """Return the continuous ranked probability score at y of shape (rows,): E|Y - y| - E|Y - Y'| / 2.

        References: Grimit et al. 2006, Q. J. R. Meteorol. Soc. 132:2925 (closed form of normal mixtures).
        """
        value = np.asarray(y, dtype=np.float64)[:, None]
        score = (self.weight * _distance(value - self.mean, self.sd)).sum(axis=1)
        for k in range(self.mean.shape[1]):
            other = [part[:, [k]] for part in (self.weight, self.mean, self.sd)]
            apart = _distance(other[1] - self.mean, np.hypot(other[2], self.sd))
            score -= (other[0] * self.weight * apart).sum(axis=1) / 2
        return np.asarray(score)

    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of each row."""
        mean = (self.weight * self.mean).sum(axis=1)
        square = (self.weight * (self.sd**2 + (self.mean - mean[:, None]) ** 2)).sum(axis=1)
        return np.asarray(mean), np.asarray(np.sqrt(square))


def _distance(mean: Floats, sd: Floats) -> Floats:
    """Return E|X| of normal X."""
    z = mean / sd
    return np.asarray(sd * np.sqrt(2 / np.pi) * np.exp(-(z**2) / 2) + mean * (2 * special.ndtr(z) - 1))


@dataclass(frozen=True)
class Posterior:
    """What the posts tell of each creator; rows are creators, columns nodes or one entry each."""

    weight: Floats  # creators x nodes
    lasting: Floats  # creators x nodes: mean of u
    lasting_variance: Floats  # creators x nodes
    own_weight: Floats  # creators x nodes: weight of the creator's own posts in u
    noise: Floats  # creators x nodes: variance of one post
    state: Floats  # creators x columns: drift at the last post, for each column of the filter
    state_variance: Floats  # creators, over the noise variance
    last: Floats  # years of the last post
    expected: Floats  # x b
    expected_variance: Floats
    trend: Floats
    drift: Floats
    memory: Floats

    def of(self, rows: Places) -> "Posterior":
        """Return some of the creators."""
        return Posterior(*(getattr(self, field.name)[rows] for field in fields(self)))


@dataclass(frozen=True)
class Level:
    """A creator's log ER at one time without the noise of a post; rows x nodes."""

    weight: Floats
    mean: Floats
    variance: Floats
    noise: Floats  # variance of one post around it
    alike: Floats  # rows: weight on creators alike, 0-1

    def rate(self) -> Mixture:
        """Return the distribution of the level itself."""
        return Mixture(self.weight, self.mean, np.sqrt(self.variance))

    def post(self) -> Mixture:
        """Return the distribution of the log ER of one post."""
        return Mixture(self.weight, self.mean, np.sqrt(self.variance + self.noise))

    def sd_post(self) -> Floats:
        """Return the root mean square of the noise."""
        return np.asarray(np.sqrt((self.weight * self.noise).sum(axis=1)))


def fitted(
    posts: Observations, effects: RandomEffects, tier: "pd.Series[str]", shapes: Mapping[str, Shape]
) -> Posterior:
    """Return what the posts tell of each creator, by the shape of its tier."""
    groups = [np.flatnonzero(tier == name) for name in sorted(tier.unique())]
    parts = [_of_tier(posts, effects, members, shape_of(shapes, tier.iloc[members[0]])) for members in groups]
    inverse = np.argsort(np.concatenate(groups))
    columns = (np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Posterior))
    return Posterior(*(column[inverse] for column in columns))


def shape_of(shapes: Mapping[str, Shape], tier: str) -> Shape:
    """Return the tier's own shape, or that of all."""
    return shapes.get(tier, shapes[ALL])


def _of_tier(posts: Observations, effects: RandomEffects, members: Places, shape: Shape) -> Posterior:
    rows = rows_of(posts, effects, members)
    levels = variance_model.level_posterior(shape, rows)
    n = len(members)
    # Counts are at best Poisson: a creator whose few engagements never varied will vary all the same.
    counting = 1 / (np.bincount(posts.creator, posts.engagements)[members] / posts.n[members] + 1)
    return Posterior(
        weight=levels.weight,
        lasting=levels.mean,
        lasting_variance=levels.variance,
        own_weight=levels.own_weight,
        noise=np.maximum(shape.node_variances, counting[:, None]),
        state=levels.filtered.state.T,
        state_variance=levels.filtered.variance,
        last=rows.years[rows.start + rows.n - 1],
        expected=effects.expected[members],
        expected_variance=effects.expected_variance[members],
        trend=np.full(n, shape.trend),
        drift=np.full(n, shape.drift),
        memory=np.full(n, shape.memory),
    )


def rows_of(posts: Observations, effects: RandomEffects, members: Places) -> variance_model.Posts:
    """Return the posts of some creators, as the filter takes them."""
    is_member = np.isin(posts.creator, members)
    years, n = posts.years[is_member], posts.n[members]
    residual = posts.y[is_member] - effects.expected[posts.creator[is_member]]
    columns = np.stack([residual, np.ones_like(years), years])
    return variance_model.Posts(columns, years, np.cumsum(n) - n, n)


def level_at(posterior: Posterior, years: Floats) -> Level:
    """Return the levels at these times, one for each creator; a time before the last post counts as it."""
    decay = np.exp(-np.maximum(years - posterior.last, 0) / posterior.memory)
    loading = 1 - decay * posterior.state[:, 1]
    drift = posterior.state[:, 0] - posterior.trend * posterior.state[:, 2]
    intercept = posterior.expected + posterior.trend * years + decay * drift
    error = (1 - posterior.own_weight) ** 2 * posterior.expected_variance[:, None]
    level_variance = posterior.lasting_variance + error
    drift_variance = posterior.drift * (1 - decay**2) + decay**2 * posterior.state_variance
    return Level(
        weight=posterior.weight,
        mean=intercept[:, None] + loading[:, None] * posterior.lasting,
        variance=loading[:, None] ** 2 * level_variance + posterior.noise * drift_variance[:, None],
        noise=posterior.noise,
        alike=(posterior.weight * (1 - posterior.own_weight)).sum(axis=1) * loading,
    )


def prior_level(expected: Floats, variance: Floats, years: Floats, shapes: Sequence[Shape]) -> Level:
    """Return the levels of creators without a post: `expected` of creators alike, with its `variance`."""
    trend, level, drift = (
        np.array([getattr(shape, name) for shape in shapes]) for name in ("trend", "level", "drift")
    )
    noise = np.array([shape.node_variances for shape in shapes]).reshape(
        len(shapes), len(variance_model.NODES)
    )
    return Level(
        weight=np.tile(variance_model.WEIGHTS, (len(shapes), 1)),
        mean=np.repeat((expected + trend * years)[:, None], len(variance_model.NODES), axis=1),
        variance=(variance + level**2)[:, None] + drift[:, None] * noise,
        noise=noise,
        alike=np.ones(len(shapes)),
    )


def joined(posterior: Level, prior: Level, rows: Places, n: int) -> Level:
    """Return n levels: `posterior` at these rows, `prior` at the others."""
    order = np.concatenate([rows, np.setdiff1d(np.arange(n), rows)])
    inverse = np.argsort(order)
    columns = ((getattr(posterior, field.name), getattr(prior, field.name)) for field in fields(Level))
    return Level(*(np.concatenate(column)[inverse] for column in columns))
