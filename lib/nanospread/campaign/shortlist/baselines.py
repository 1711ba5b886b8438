"""Problem -> what a team does without a solver, split evenly or take the highest ER, under all limits.

Both start from the cheapest choice that keeps to all limits and replace it one creator at a time, so they
keep to all limits at every step.
"""

import numpy as np

from nanospread.campaign.shortlist.problem import Problem
from nanospread.campaign.shortlist.reduced_costs import Prices, Standing
from nanospread.core.types import Flags, Ints

CHUNK = 1_000  # options looked at together


def equal_split(problem: Problem, kept: Ints) -> Ints:
    """Return options in the frame's order, of fewest posts, each niche up to its even part of the budget.

    What is left then goes on in the same order, whatever the niche.
    """
    order = problem.first[np.argsort(problem.row[problem.first], kind="stable")]
    part = problem.limits.budget // max(len(problem.niches), 1)
    return _filled(problem, kept, (order, min(part, problem.niche_cap)), (order, problem.niche_cap))


def greedy_by_er(problem: Problem, kept: Ints) -> Ints:
    """Return options of fewest posts from the highest ER down, until the budget is spent."""
    order = problem.first[np.argsort(-problem.er[problem.first], kind="stable")]
    return _filled(problem, kept, (order, problem.niche_cap))


def by_price(problem: Problem, kept: Ints, stand: Standing, prices: Prices) -> Ints:
    """Return options chosen by what they are worth above these prices, per cent: a first choice."""
    best = stand.best
    cost = problem.cost[best]
    above = stand.reduced[best]
    gain = above + (prices.budget + prices.niche[problem.niche[best]]) * cost
    order = np.argsort(-above / np.maximum(cost, 1), kind="stable")
    return _filled(problem, kept, (best[order[gain[order] > 0]], problem.niche_cap))


def _filled(problem: Problem, kept: Ints, *passes: tuple[Ints, int]) -> Ints:
    """Return options taken in the order of each pass, where limits allow, niches up to its cap [cents]."""
    bag = _Bag(problem, kept)
    for order, cap in passes:
        at = 0
        while at < len(order):
            at += _taken(bag, order[at : at + CHUNK], cap)
    return bag.chosen()


def _taken(bag: "_Bag", some: Ints, cap: int) -> int:
    """Take what fits of some options, up to one that lets another go and so makes room; return how many."""
    for at in np.flatnonzero(bag.payable(some, cap)).tolist():
        if bag.take(int(some[at]), cap):
            return int(at) + 1
    return len(some)


class _Bag:
    """Options taken so far, and in reserve the cheapest others that the minima still need."""

    def __init__(self, problem: Problem, reserve: Ints) -> None:
        self.problem = problem
        self.taken: dict[int, int] = {}  # creator: option
        self.reserve = {int(problem.owner[at]): int(at) for at in reserve}
        self.dearest: list[list[int]] = [[] for _ in problem.niches]  # creators in reserve, the dearest last
        self.spent, self.count = [0] * len(problem.niches), [0] * len(problem.niches)
        self.musts = np.zeros(len(problem.niches), dtype=np.int64)  # the dearest must-have's cost
        for at in reserve[np.argsort(problem.cost[reserve], kind="stable")]:
            self._add(int(at), 1)
            if problem.must[problem.owner[at]]:
                self.musts[problem.niche[at]] = problem.cost[at]
            else:
                self.dearest[problem.niche[at]].append(int(problem.owner[at]))

    def _add(self, option: int, times: int) -> None:
        niche = self.problem.niche[option]
        self.spent[niche] += times * int(self.problem.cost[option])
        self.count[niche] += times

    def chosen(self) -> Ints:
        """Return all options, those that only the minima asked for included, sorted."""
        return np.array(sorted([*self.taken.values(), *self.reserve.values()]), dtype=np.int64)

    def payable(self, some: Ints, cap: int) -> Flags:
        """Return which options could be paid for if one of the reserve who may go for them is let go."""
        problem = self.problem
        own = np.array([0 if top is None else self._cost(top) for top in self._dearest()])
        free = own[np.array(self.count) > problem.least]
        spare = np.maximum(np.maximum(own, self.musts), free.max(initial=0))
        left = np.minimum(cap - np.array(self.spent), problem.limits.budget - sum(self.spent)) + spare
        return np.asarray(problem.cost[some] <= left[problem.niche[some]])

    def _cost(self, creator: int) -> int:
        return int(self.problem.cost[self.reserve[creator]])

    def _dearest(self) -> list[int | None]:
        """Return the dearest creator in reserve of each niche, must-haves aside."""
        for creators in self.dearest:
            while creators and creators[-1] not in self.reserve:
                creators.pop()
        return [creators[-1] if creators else None for creators in self.dearest]

    def take(self, option: int, cap: int) -> bool:
        """Take an option if all limits stay kept, and return whether that let one of the reserve go."""
        problem, creator = self.problem, int(self.problem.owner[option])
        if creator in self.taken:
            return False
        niche = int(problem.niche[option])
        out = creator if creator in self.reserve else self._spare(niche)
        before = self.spent[niche]
        changes = [(option, 1)] if out is None else [(self.reserve[out], -1), (option, 1)]
        for change in changes:
            self._add(*change)
        fits = sum(self.spent) <= problem.limits.budget and self.spent[niche] <= max(cap, before)
        if not fits or sum(self.count) > problem.most:
            for at, times in changes:
                self._add(at, -times)
            return False
        self.taken[creator] = option
        if out is not None:
            del self.reserve[out]
        return out is not None

    def _spare(self, niche: int) -> int | None:
        """Return the dearest creator in reserve whom the minima need no more once the niche has one more."""
        spare = [
            top
            for at, top in enumerate(self._dearest())
            if top is not None and (at == niche or self.count[at] > self.problem.least[at])
        ]
        return max(spare, key=self._cost, default=None)
