"""Posterior and time -> each creator's level of log ER then, and the noise of a post around it.

A level is a mixture over the nodes of the creator's own spread. Between the creator's last post and the time
asked for, the drift fades towards the lasting level and its doubt grows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core.types import Floats
from nanospread.creators.engagement import kalman, variance_model
from nanospread.creators.engagement.clipping import Observed
from nanospread.creators.engagement.mixture import Mixture
from nanospread.creators.engagement.random_effects import Plain

ALL = "all"  # the shape of tiers that have none of their own


@dataclass(frozen=True)
class Known:
    """What the posts tell of each creator; rows are creators, columns nodes or one entry each."""

    weight: Floats  # creators x nodes
    lasting: Floats  # creators x nodes: mean of u
    lasting_variance: Floats  # creators x nodes
    kept: Floats  # creators x nodes: weight of the creator's own posts in u
    noise: Floats  # creators x nodes: variance of one post
    state: Floats  # creators x columns: drift at the last post, for each column of the path
    state_variance: Floats  # creators, over the noise variance
    last: Floats  # years of the last post
    expected: Floats  # x b
    expected_variance: Floats
    trend: Floats
    drift: Floats
    memory: Floats

    def of(self, rows: NDArray[np.intp]) -> "Known":
        """Return some of the creators."""
        return Known(*(getattr(self, field.name)[rows] for field in fields(self)))


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


def known(
    posts: Observed, plain: Plain, tier: "pd.Series[str]", shapes: Mapping[str, variance_model.Shape]
) -> Known:
    """Return what the posts tell of each creator, by the shape of its tier."""
    places = [np.flatnonzero(tier == name) for name in sorted(tier.unique())]
    parts = [_known(posts, plain, chosen, of_tier(shapes, tier.iloc[chosen[0]])) for chosen in places]
    back = np.argsort(np.concatenate(places))
    joined = (np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Known))
    return Known(*(values[back] for values in joined))


def of_tier(shapes: Mapping[str, variance_model.Shape], tier: str) -> variance_model.Shape:
    """Return the tier's own shape, or that of all."""
    return shapes.get(tier, shapes[ALL])


def _known(posts: Observed, plain: Plain, chosen: NDArray[np.intp], found: variance_model.Shape) -> Known:
    rows = path_of(posts, plain, chosen)
    given = variance_model.given(found, rows)
    n = len(chosen)
    # Counts are at best Poisson: a creator whose few engagements never varied will vary all the same.
    counting = 1 / (np.bincount(posts.creator, posts.engagements)[chosen] / posts.n[chosen] + 1)
    return Known(
        weight=given.weight,
        lasting=given.mean,
        lasting_variance=given.variance,
        kept=given.kept,
        noise=np.maximum(found.node_variances, counting[:, None]),
        state=given.path.state.T,
        state_variance=given.path.variance,
        last=rows.years[rows.start + rows.n - 1],
        expected=plain.expected[chosen],
        expected_variance=plain.expected_variance[chosen],
        trend=np.full(n, found.trend),
        drift=np.full(n, found.drift),
        memory=np.full(n, found.memory),
    )


def path_of(posts: Observed, plain: Plain, chosen: NDArray[np.intp]) -> kalman.Posts:
    """Return the posts of some creators, as the filter takes them."""
    mine = np.isin(posts.creator, chosen)
    years, n = posts.years[mine], posts.n[chosen]
    residual = posts.y[mine] - plain.expected[posts.creator[mine]]
    columns = np.stack([residual, np.ones_like(years), years])
    return kalman.Posts(columns, years, np.cumsum(n) - n, n)


def ahead(known: Known, years: Floats) -> Level:
    """Return the levels at these times, one for each creator; a time before the last post counts as it."""
    faded = np.exp(-np.maximum(years - known.last, 0) / known.memory)
    free = 1 - faded * known.state[:, 1]
    drift = known.state[:, 0] - known.trend * known.state[:, 2]
    fixed = known.expected + known.trend * years + faded * drift
    doubt = known.lasting_variance + (1 - known.kept) ** 2 * known.expected_variance[:, None]
    fresh = known.drift * (1 - faded**2) + faded**2 * known.state_variance
    return Level(
        weight=known.weight,
        mean=fixed[:, None] + free[:, None] * known.lasting,
        variance=free[:, None] ** 2 * doubt + known.noise * fresh[:, None],
        noise=known.noise,
        alike=(known.weight * (1 - known.kept)).sum(axis=1) * free,
    )


def unknown(
    expected: Floats, variance: Floats, years: Floats, shapes: Sequence[variance_model.Shape]
) -> Level:
    """Return the levels of creators without a post: what is expected of creators alike.

    expected, variance: x b and its variance, apart from the spread between creators.
    """
    trend, level, drift = (
        np.array([getattr(found, name) for found in shapes]) for name in ("trend", "level", "drift")
    )
    noise = np.array([found.node_variances for found in shapes]).reshape(
        len(shapes), len(variance_model.NODES)
    )
    return Level(
        weight=np.tile(variance_model.WEIGHTS, (len(shapes), 1)),
        mean=np.repeat((expected + trend * years)[:, None], len(variance_model.NODES), axis=1),
        variance=(variance + level**2)[:, None] + drift[:, None] * noise,
        noise=noise,
        alike=np.ones(len(shapes)),
    )


def together(own: Level, alike: Level, rows: NDArray[np.intp], n: int) -> Level:
    """Return n levels: `own` at these rows, `alike` at the others."""
    place = np.concatenate([rows, np.setdiff1d(np.arange(n), rows)])
    back = np.argsort(place)
    joined = ((getattr(own, field.name), getattr(alike, field.name)) for field in fields(Level))
    return Level(*(np.concatenate(parts)[back] for parts in joined))
