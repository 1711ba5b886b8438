"""Audiences, and duplications where measured -> the least and the most people there can be.

duplications: a symmetric matrix [people], nan for a pair that is not measured; the diagonal is not read.
An unmeasured pair may share anything: for the upper bound nobody, for the lower one all of the smaller.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse import csgraph

from nanospread.campaign.reach import contacts
from nanospread.core.types import Flags, Floats


class Bounds(NamedTuple):
    """The least and the most different people."""

    low: float
    high: float


def bounds(audiences: ArrayLike, population: float = 1.0, duplications: ArrayLike | None = None) -> Bounds:
    """Return the bounds on the people in all audiences: nested and disjoint, tighter with measured pairs.

    Nested: the largest audience. Disjoint: their sum, at most the population. Measured pairs lift the lower
    one to Kuai, Alajaji and Takahara's (2000, Discrete Math. 215:147; never under Dawson-Sankoff's) over the
    creators in them, or to the best pair's own union; and lower the upper one to Hunter and Worsley's (1982,
    Biometrika 69:297), the sum less the heaviest tree of duplications.

    Raises: InputError for an audience outside 0 to the population.
    """
    each = contacts.shares(audiences, population) * population
    if not len(each):
        return Bounds(0.0, 0.0)
    pairs = None if duplications is None else contacts.square(duplications, len(each))
    low, high = running(each, population, pairs)
    return Bounds(float(low[-1]), float(high[-1]))


def running(audiences: Floats, population: float, duplications: Floats | None) -> tuple[Floats, Floats]:
    """Return the lower and upper bounds of the first 1, 2, ... n audiences; both never fall.

    Fewer creators never reach more people, so each row is also bounded by those after it.
    """
    low, high = np.maximum.accumulate(audiences), np.cumsum(audiences)
    if duplications is not None and (core := _measured(duplications)).any():
        count = np.cumsum(core)
        among = duplications[np.ix_(core, core)]
        least = np.concatenate([[0.0], _least(audiences[core], among)])
        shared = np.concatenate([[0.0], _heaviest(among)])
        low = np.maximum(low, least[count])
        high = np.maximum(high - shared[count], low)
    return never_above_later(np.minimum(low, population)), never_above_later(np.minimum(high, population))


def _measured(duplications: Floats) -> Flags:
    """Return which creators are in any measured pair."""
    known = ~np.isnan(duplications)
    np.fill_diagonal(known, False)
    return np.asarray(known.any(axis=1))


def never_above_later(running: Floats) -> Floats:
    """Return each value cut to the least of those after it."""
    return np.asarray(np.minimum.accumulate(running[::-1])[::-1])


def _least(audiences: Floats, duplications: Floats) -> Floats:
    """Return a lower bound of each first k: the best measured pair, or what the mean number of creators per
    person leaves at least.

    Of those whom i reaches, the mean number of creators who reach them is known from pairs; 1 / number is
    convex, so its mean is least where that number is one of the two whole ones around it.
    """
    smaller = np.minimum.outer(audiences, audiences)
    both = np.where(np.isnan(duplications), smaller, np.minimum(duplications, smaller))
    np.fill_diagonal(both, audiences)
    alone = np.triu(audiences[:, None] + audiences - both, 1).max(axis=0, initial=0.0)
    whole = np.where(audiences > 0, audiences, 1.0)
    number = np.maximum(np.cumsum(both, axis=1) / whole[:, None], 1.0)
    floor = np.floor(number)
    each = audiences[:, None] * (2 * floor + 1 - number) / (floor * (floor + 1))
    return np.asarray(np.maximum(np.triu(each).sum(axis=0), np.maximum.accumulate(alone)))


def _heaviest(duplications: Floats) -> Floats:
    """Return the weight of the heaviest forest of measured pairs among the first 1, 2, ... n creators."""
    found = np.zeros(len(duplications))
    tree = sparse.coo_array((1, 1))
    for k in range(1, len(duplications)):
        others = np.flatnonzero(duplications[k, :k] > 0)  # nan and nobody add nothing
        ends = np.concatenate([tree.row, others]), np.concatenate([tree.col, np.full(len(others), k)])
        weights = np.concatenate([tree.data, -duplications[k, others]])
        graph = sparse.coo_array((weights, ends), shape=(k + 1, k + 1))
        tree = csgraph.minimum_spanning_tree(graph.tocsr()).tocoo()
        found[k] = -tree.data.sum()
    return found
