"""Problem and prices -> where each creator stands at them, and a bound that no choice can beat."""

from dataclasses import dataclass

import numpy as np

from nanospread.campaign.shortlist.problem import Problem
from nanospread.core.types import Flags, Floats, Ints


@dataclass(frozen=True, eq=False)
class Prices:
    """What one unit more of each limit would add to the objective, all 0 or more.

    budget: of a cent. niche: of a cent under each cap. least: of one creator less asked for in each niche,
    fewest: in all. most: of one creator more allowed. reach: what a contact costs in each niche. pair: what
    being chosen costs either of each pair. world: weights of worlds in the tail, whose sum is the caution,
    or None.
    """

    budget: float
    niche: Floats
    least: Floats
    fewest: float
    most: float
    reach: Floats
    pair: Floats
    world: Floats | None


@dataclass(frozen=True, eq=False)
class Standing:
    """Where creators stand at given prices, and what these prices prove.

    reduced: of each option, its value less what it uses up at these prices [n]. Of creators [m]: `best`, the
    option of the largest; `worth`, that, or 0 where it is better not to choose; `margin`, its lead over the
    next best that can be done: so much the bound falls if the creator is dealt with otherwise. bound: the
    objective of no choice is above it.
    """

    reduced: Floats
    best: Ints
    worth: Floats
    margin: Floats
    bound: float

    @property
    def chosen(self) -> Flags:
        """Return which creators are worth choosing at these prices, or must be [m]."""
        chosen: Flags = self.worth == self.reduced[self.best]
        return chosen


def standing(problem: Problem, prices: Prices) -> Standing:
    """Return where creators stand at these prices: O(options), whatever the prices valid."""
    reduced = _reduced(problem, prices)
    best, top, second = _two_best(problem, reduced)
    instead = np.where(problem.must, second, np.maximum(second, 0.0))
    chosen = problem.must | (top > 0)
    return Standing(
        reduced=reduced,
        best=best,
        worth=np.where(chosen, top, 0.0),
        margin=np.where(chosen, top - instead, -top),
        bound=float(np.where(chosen, top, 0.0).sum()) + _unused(problem, prices),
    )


def _reduced(problem: Problem, prices: Prices) -> Floats:
    per_cent = prices.budget + prices.niche
    each = prices.least + prices.fewest - prices.most
    reduced = problem.linear - per_cent[problem.niche] * problem.cost + each[problem.niche]
    if prices.reach.any():
        reduced -= prices.reach[problem.niche] * problem.reach
    if prices.pair.any():
        size = len(problem.first)
        both = np.bincount(problem.left, prices.pair, size) + np.bincount(problem.right, prices.pair, size)
        reduced -= both[problem.owner]
    if problem.gains is not None and prices.world is not None:
        reduced += prices.world @ problem.gains
    return reduced


def _two_best(problem: Problem, reduced: Floats) -> tuple[Ints, Floats, Floats]:
    """Return each creator's best option, its reduced value, and that of the second best (or -inf)."""
    best = best_options(problem, reduced)
    others = reduced.copy()
    others[best] = -np.inf
    return best, reduced[best], np.maximum.reduceat(others, problem.first)


def best_options(problem: Problem, score: Floats) -> Ints:
    """Return each creator's option of the highest score, of those the one of fewest posts [m]."""
    top = np.maximum.reduceat(score, problem.first)
    at = np.flatnonzero(score == top[problem.owner])[::-1]
    best = problem.first.copy()
    best[problem.owner[at]] = at
    return best


def _unused(problem: Problem, prices: Prices) -> float:
    """Return what the limits themselves are worth at these prices: the constant of the bound."""
    limits = problem.limits
    money = prices.budget * limits.budget + float(prices.niche.sum()) * problem.niche_cap
    numbers = prices.most * problem.most - prices.fewest * limits.least_creators
    touched = prices.reach > 0
    reached = np.zeros(len(problem.niches))
    share = prices.reach[touched] / problem.price[touched]
    reached[touched] = -problem.pool[touched] * np.log1p(-share)
    overlap = float((prices.reach * reached - problem.overlap(reached)).sum())
    return money + numbers - float(prices.least @ problem.least) + overlap + float(prices.pair.sum())
