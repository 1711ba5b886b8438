"""Problem -> choices without a solver, under all limits: the cheapest, an even split, the highest ER.

In each niche the must-haves come first and then the cheapest creators, so a niche's cost is convex in their
number and the greedy choice is the cheapest there is: if it does not fit, nothing does. The others start from
it and replace it one creator at a time, so they keep to all limits at every step.
"""

import numpy as np

from nanospread.campaign.shortlist.lp_relaxation import ReducedCosts, ShadowPrices, best_options
from nanospread.campaign.shortlist.problem import Problem
from nanospread.core import errors
from nanospread.core.formatting import counted
from nanospread.core.types import Flags, Ints

CHUNK = 1_000  # options looked at together


def cheapest(problem: Problem) -> Ints:
    """Return the cheapest options that keep to all limits; InputError says which conflict."""
    option, niche, place, fits = _ranked(problem)
    minima = np.maximum(problem.least, np.bincount(problem.home[problem.must], minlength=len(problem.niches)))
    _check_niches(problem, niche, fits)
    _check_counts(problem, int(minima.sum()), int(fits.sum()))
    first = place < minima[niche]
    more = np.flatnonzero(fits & ~first)
    more = more[np.lexsort((option[more], problem.cost[option[more]]))]
    first[more[: max(problem.limits.least_creators - int(minima.sum()), 0)]] = True
    chosen = np.sort(option[first])
    spent = int(problem.cost[chosen].sum())
    if spent > problem.limits.budget:
        cost, budget = problem.limits.money(spent), problem.limits.money(problem.limits.budget)
        raise errors.InputError(
            f"{_wishes(problem)} cost at least {cost}, more than the budget of {budget}; "
            f"a budget of {cost} would do"
        )
    return chosen


def _ranked(problem: Problem) -> tuple[Ints, Ints, Ints, Flags]:
    """Return each creator's cheapest option, must-haves and then cheap ones first in each niche.

    With it: its niche, its place there, and whether the niche may cost as much as all up to there.
    """
    option = best_options(problem, -problem.cost.astype(np.float64))
    niche = problem.niche[option]
    option = option[np.lexsort((problem.cost[option], ~problem.must, niche))]
    niche = problem.niche[option]
    start = np.searchsorted(niche, np.arange(len(problem.niches)))[niche]
    total = np.concatenate([[0], np.cumsum(problem.cost[option])])
    capped = problem.limits.most_share_niche < 1  # else only the budget of all together counts
    fits = (total[1:] - total[start] <= problem.niche_cap) | (not capped)
    return option, niche, np.arange(len(option)) - start, fits


def _check_niches(problem: Problem, niche: Ints, fits: Flags) -> None:
    fitting = np.bincount(niche[fits], minlength=len(problem.niches))
    musts = np.bincount(problem.home[problem.must], minlength=len(problem.niches))
    for at, name in enumerate(problem.niches):
        if musts[at] > fitting[at]:
            raise errors.InputError(
                f"the must-haves of {name} cost more than one niche may: {_caps(problem)}; "
                f"take out a must-have or raise the budget or most_share_niche"
            )
        if problem.least[at] > fitting[at]:
            capped = min(problem.limits.most_share_niche, problem.limits.most_share_creator) < 1
            how = f"fit under {_caps(problem)}" if capped else "can be chosen"
            creators = counted(int(fitting[at]), "creator")
            raise errors.InputError(
                f"least_per_niche {name}: {problem.least[at]}, but only {creators} of {name} {how}; "
                f"least_per_niche {name}: {fitting[at]} would do"
            )


def _caps(problem: Problem) -> str:
    limits, caps = problem.limits, []
    for name in ("most_share_niche", "most_share_creator"):
        share = getattr(limits, name)
        caps += [f"{name} {share:g} ({limits.money(limits.part(share))})"] if share < 1 else []
    return " and ".join(caps) or f"the budget of {limits.money(limits.budget)}"


def _check_counts(problem: Problem, required: int, fitting: int) -> None:
    limits = problem.limits
    if limits.most_creators is not None and required > limits.most_creators:
        raise errors.InputError(
            f"must and least_per_niche ask for {required} creators, but most_creators is "
            f"{limits.most_creators}; most_creators {required} would do"
        )
    if limits.least_creators > fitting:
        raise errors.InputError(
            f"least_creators is {limits.least_creators}, but only {counted(fitting, 'creator')} can be "
            f"chosen under {_caps(problem)} and never; least_creators {fitting} would do"
        )


def _wishes(problem: Problem) -> str:
    limits = problem.limits
    if limits.must and not problem.least.any() and limits.least_creators <= len(limits.must):
        return "the must-haves"
    minima = {
        "must": limits.must,
        "least_per_niche": problem.least.any(),
        "least_creators": limits.least_creators,
    }
    return "the minima (" + ", ".join(name for name, some in minima.items() if some) + ")"


def equal_split(problem: Problem, feasible: Ints) -> Ints:
    """Return options in the frame's order, each niche up to an even part, then whatever fits."""
    order = problem.first[np.argsort(problem.row[problem.first], kind="stable")]
    part = problem.limits.budget // max(len(problem.niches), 1)
    return _filled(problem, feasible, (order, min(part, problem.niche_cap)), (order, problem.niche_cap))


def greedy_by_er(problem: Problem, feasible: Ints) -> Ints:
    """Return options of fewest posts from the highest ER down, until the budget is spent."""
    order = problem.first[np.argsort(-problem.er[problem.first], kind="stable")]
    return _filled(problem, feasible, (order, problem.niche_cap))


def by_price(problem: Problem, feasible: Ints, reduced_costs: ReducedCosts, prices: ShadowPrices) -> Ints:
    """Return options chosen by what they are worth above these prices, per cent: a first choice."""
    best = reduced_costs.best
    cost = problem.cost[best]
    above = reduced_costs.reduced[best]
    gain = above + (prices.budget + prices.niche[problem.niche[best]]) * cost
    order = np.argsort(-above / np.maximum(cost, 1), kind="stable")
    return _filled(problem, feasible, (best[order[gain[order] > 0]], problem.niche_cap))


def _filled(problem: Problem, feasible: Ints, *passes: tuple[Ints, int]) -> Ints:
    """Return options taken in the order of each pass, where limits allow, niches up to its cap [cents]."""
    selection = _Selection(problem, feasible)
    for order, cap in passes:
        start = 0
        while start < len(order):
            start += _taken(selection, order[start : start + CHUNK], cap)
    return selection.chosen()


def _taken(selection: "_Selection", options: Ints, cap: int) -> int:
    """Take what fits of some options, up to one that lets another go and so makes room; return how many."""
    for place in np.flatnonzero(selection.payable(options, cap)).tolist():
        if selection.take(int(options[place]), cap):
            return int(place) + 1
    return len(options)


class _Selection:
    """Options taken so far, and in reserve the cheapest others that the minima still need."""

    def __init__(self, problem: Problem, reserve: Ints) -> None:
        self.problem = problem
        self.taken: dict[int, int] = {}  # creator: option
        self.reserve = {int(problem.owner[at]): int(at) for at in reserve}
        self.dearest: list[list[int]] = [[] for _ in problem.niches]  # creators in reserve, the dearest last
        self.spent, self.count = [0] * len(problem.niches), [0] * len(problem.niches)
        self.musts = np.zeros(len(problem.niches), dtype=np.int64)  # the dearest must-have's cost
        for option in reserve[np.argsort(problem.cost[reserve], kind="stable")]:
            self._add(int(option), 1)
            if problem.must[problem.owner[option]]:
                self.musts[problem.niche[option]] = problem.cost[option]
            else:
                self.dearest[problem.niche[option]].append(int(problem.owner[option]))

    def _add(self, option: int, times: int) -> None:
        niche = self.problem.niche[option]
        self.spent[niche] += times * int(self.problem.cost[option])
        self.count[niche] += times

    def chosen(self) -> Ints:
        """Return all options, those that only the minima asked for included, sorted."""
        return np.array(sorted([*self.taken.values(), *self.reserve.values()]), dtype=np.int64)

    def payable(self, options: Ints, cap: int) -> Flags:
        """Return which options could be paid for if one of the reserve who may go for them is let go."""
        problem = self.problem
        dearest = np.array([0 if top is None else self._cost(top) for top in self._dearest()])
        free = dearest[np.array(self.count) > problem.least]
        spare = np.maximum(np.maximum(dearest, self.musts), free.max(initial=0))
        left = np.minimum(cap - np.array(self.spent), problem.limits.budget - sum(self.spent)) + spare
        return np.asarray(problem.cost[options] <= left[problem.niche[options]])

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
            for changed, times in changes:
                self._add(changed, -times)
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
