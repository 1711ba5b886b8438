"""LP relaxation by block aggregation: fractional solution, prices of the limits, a bound no choice can beat.

On a long roster only the creators who are nearly indifferent at the current prices get columns of their own.
The others are taken in blocks of like ones, which makes the program poorer, never wrong: its prices value
every creator, and those who come close are opened in the next round. Whatever the prices, valuing all
creators at them bounds the problem from above (Lagrange), so the bound holds however early the rounds end.
"""

from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np

from nanospread.campaign.shortlist.problem import WORST, Problem
from nanospread.campaign.shortlist.program import CENTS, Program, Scope, continuous, program
from nanospread.core.types import Flags, Floats, Ints

OPEN = 4000  # creators with columns of their own; a roster up to this size has no blocks
DENSE = 200  # the same under caution, where each column has an entry for every world
ROUNDS = 40
CLOSE = 1e-7  # of the bound, between it and the best answer in shares: then the rounds end
_VALUE, _BOUND = attrgetter("value"), attrgetter("reduced_costs.bound")  # of a round
TOUCHES = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)  # reach in pools where the penalty has a tangent


@dataclass(frozen=True, eq=False)
class ShadowPrices:
    """What one unit more of each limit would add to the objective, all 0 or more.

    budget: of a cent. niche: of a cent under each cap. least: of one creator less asked for in each niche,
    fewest: in all. most: of one creator more. reach: what a contact costs in each niche. pair: what being
    chosen costs either of each pair. world: weights of worlds in the tail, which sum to the caution, or None.
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
class ReducedCosts:
    """Reduced costs of options at given prices, and what these prices prove.

    reduced: of each option, its value less what it uses up at these prices [n]. Of creators [m]: `best`, the
    option of the largest; `worth`, that, or 0 where it is better not to choose; `margin`, by how much the
    bound falls if the creator is dealt with otherwise. bound: no choice is worth more.
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


def reduced_costs(problem: Problem, prices: ShadowPrices) -> ReducedCosts:
    """Return the reduced costs at these prices: O(options), whatever the prices valid."""
    reduced = _reduced(problem, prices)
    best, top, second = _two_best(problem, reduced)
    instead = np.where(problem.must, second, np.maximum(second, 0.0))
    chosen = problem.must | (top > 0)
    return ReducedCosts(
        reduced=reduced,
        best=best,
        worth=np.where(chosen, top, 0.0),
        margin=np.where(chosen, top - instead, -top),
        bound=float(np.where(chosen, top, 0.0).sum()) + _unused(problem, prices),
    )


def _reduced(problem: Problem, prices: ShadowPrices) -> Floats:
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


def _unused(problem: Problem, prices: ShadowPrices) -> float:
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


@dataclass(frozen=True, eq=False)
class Relaxation:
    """The best answer in shares: its value, options and their shares, the prices and reduced costs at it."""

    value: float
    options: Ints
    shares: Floats
    prices: ShadowPrices
    reduced_costs: ReducedCosts
    scope: Scope


def relaxed(problem: Problem, feasible: Ints) -> Relaxation:
    """Return the best answer in shares of options, to CLOSE of the bound unless ROUNDS are not enough.

    The best answer and the lowest bound may be of different rounds.
    """
    rounds = [_solved(problem, _scope(problem, reduced_costs(problem, _by_density(problem)), feasible, None))]
    while True:
        best, bounding = max(rounds, key=_VALUE), min(rounds, key=_BOUND)
        bound = _BOUND(bounding)
        near = bound - best.value <= CLOSE * max(abs(bound), problem.unit)
        if near or len(rounds) == ROUNDS:
            return replace(best, prices=bounding.prices, reduced_costs=bounding.reduced_costs)
        last = rounds[-1]
        rounds.append(_solved(problem, _scope(problem, last.reduced_costs, feasible, last)))


def _by_density(problem: Problem) -> ShadowPrices:
    """Return the prices at which the budget goes by value per cent alone."""
    density = problem.linear / np.maximum(problem.cost, 1)
    best = best_options(problem, density)
    order = best[np.argsort(-density[best], kind="stable")]
    last = int(np.searchsorted(np.cumsum(problem.cost[order]), problem.limits.budget))
    edge = density[order[last]] if last < len(order) else 0.0
    none = np.zeros(len(problem.niches))
    world = (
        None if problem.gains is None else np.full(len(problem.gains), problem.caution / len(problem.gains))
    )
    return ShadowPrices(max(float(edge), 0.0), none, none, 0.0, 0.0, none, np.zeros(len(problem.left)), world)


def _solved(problem: Problem, scope: Scope) -> Relaxation:
    linear = program(problem, scope)
    answer, price = continuous(linear)
    prices = _prices(problem, scope, linear, price)
    shares = np.clip(answer.columns[linear.column], 0.0, 1.0)
    value = problem.worth_of_shares(linear.options, shares)
    return Relaxation(value, linear.options, shares, prices, reduced_costs(problem, prices), scope)


def _scope(problem: Problem, reduced_costs: ReducedCosts, feasible: Ints, last: Relaxation | None) -> Scope:
    """Return what the next round leaves open at these reduced costs, finer where the last round ended."""
    m = len(problem.first)
    opened = problem.must.copy()
    opened[problem.owner[feasible]] = True
    size = OPEN if problem.gains is None else DENSE
    opened[np.argpartition(reduced_costs.margin, size)[:size] if m > size else slice(None)] = True
    blocks = reduced_costs.best[~opened]
    if last:
        seen = finer(problem, last.scope, last.options, last.shares)
        touched, worlds = seen.touched, seen.worlds
    else:
        niche = np.flatnonzero(problem.price > 0)
        touched = (np.repeat(niche, len(TOUCHES)), np.tile(TOUCHES, len(niche)))
        worlds = _worst_worlds(problem.profit(feasible, np.ones(len(feasible))))
    like = _like(problem, reduced_costs, blocks)
    return Scope(np.flatnonzero(opened[problem.owner]), blocks, like, False, touched, worlds)


def finer(problem: Problem, scope: Scope, options: Ints, shares: Floats) -> Scope:
    """Return the scope with tangents at these shares of options, and the worlds that are their worst."""
    niche = np.flatnonzero(problem.price > 0)
    reached = (problem.reached(options, shares) / problem.pool)[niche]
    touched = (np.append(scope.touched[0], niche), np.append(scope.touched[1], reached))
    worst = _worst_worlds(problem.profit(options, shares))
    return replace(scope, touched=touched, worlds=np.union1d(scope.worlds, worst))


def _worst_worlds(profit: Floats) -> Ints:
    """Return the worlds in the tail and as many more next to it, sorted."""
    return np.sort(np.argsort(profit, kind="stable")[: int(np.ceil(2 * WORST * len(profit)))])


def _like(problem: Problem, reduced_costs: ReducedCosts, blocks: Ints) -> Ints:
    """Return each option's block: of one niche, as far from indifferent to a factor of 2."""
    niche, score = problem.niche[blocks], reduced_costs.reduced[blocks] / np.maximum(problem.cost[blocks], 1)
    side = niche * 2 + (score > 0)
    order = np.lexsort((np.abs(score), side))
    sides, start = np.unique(side[order], return_index=True)
    rank = np.arange(len(order)) - start[np.searchsorted(sides, side[order])]
    block = np.empty(len(order), dtype=np.int64)
    block[order] = side[order] * 64 + np.floor(np.log2(rank + 1)).astype(np.int64)
    return np.unique(block, return_inverse=True)[1]


def _prices(problem: Problem, scope: Scope, program: Program, price: Floats) -> ShadowPrices:
    """Return the prices of the limits from those of the rows, made fit for a bound of the whole problem."""
    rows = {name: price[at] for name, at in program.rows.items()}
    priced = problem.price > 0
    reach = np.zeros(len(problem.niches))
    reach[priced] = rows["reach"] * problem.price[priced]
    pair = np.zeros(len(problem.left))
    pair[program.pairs] = rows["pair"]
    return ShadowPrices(
        budget=max(float(rows["budget"][0]) / CENTS, 0.0),
        niche=np.maximum(rows["niche"], 0) / CENTS,
        least=np.maximum(-rows["least"], 0),
        fewest=max(-float(rows["count"][0]), 0.0),
        most=max(float(rows["count"][0]), 0.0),
        reach=np.clip(reach, 0, problem.price * (1 - 1e-9)),
        pair=np.clip(pair, 0, problem.penalty),
        world=_weights(problem, scope, rows),
    )


def _weights(problem: Problem, scope: Scope, rows: dict[str, Floats]) -> Floats | None:
    if problem.gains is None:
        return None
    most = problem.caution / (WORST * len(problem.gains))
    weights: Floats = np.zeros(len(problem.gains))
    weights[scope.worlds] = np.clip(rows["world"], 0, most)
    weights *= problem.caution / weights.sum()
    return weights
