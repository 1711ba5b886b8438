"""LP relaxation by block aggregation: fractional solution, prices of the limits, a bound no choice can beat.

On a long roster only the creators who are nearly indifferent at the current prices get columns of their own.
The others are taken in blocks of like ones, which makes the program poorer, never wrong: its prices value
every creator, and those who come close are opened in the next round. Whatever the prices, valuing all
creators at them bounds the problem from above (Lagrange), so the bound holds however early the rounds end.
"""

from dataclasses import dataclass

import numpy as np

from nanospread.campaign.shortlist import highs
from nanospread.campaign.shortlist.problem import WORST, Problem
from nanospread.campaign.shortlist.program import Scope, program
from nanospread.campaign.shortlist.reduced_costs import Prices, Standing, best_options, standing
from nanospread.core.types import Floats, Ints

OPEN = 4000  # creators with columns of their own; a roster up to this size has no blocks
DENSE = 200  # the same under caution, where each column has an entry for every world
ROUNDS = 40
CLOSE = 1e-7  # of the bound, between it and the best answer in shares: then the rounds end
TOUCHES = (0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)  # reach in pools where the penalty has a tangent


@dataclass(frozen=True, eq=False)
class Relaxation:
    """The best answer in shares: its value, options and their shares, and the prices and standing at it."""

    value: float
    options: Ints
    shares: Floats
    prices: Prices
    standing: Standing
    scope: Scope


def relaxed(problem: Problem, feasible: Ints) -> Relaxation:
    """Return the best answer in shares of options, to CLOSE of the bound unless ROUNDS are not enough.

    feasible: options of a choice that keeps to all limits.
    """
    rounds = [_solved(problem, _scope(problem, standing(problem, _by_density(problem)), feasible, None))]
    while len(rounds) < ROUNDS and _gap(problem, rounds[-1]) > CLOSE:
        rounds.append(_solved(problem, _scope(problem, rounds[-1].standing, feasible, rounds[-1])))
    return min(rounds, key=lambda step: (step.standing.bound, -step.value))


def _gap(problem: Problem, step: Relaxation) -> float:
    return (step.standing.bound - step.value) / max(abs(step.standing.bound), problem.unit)


def _by_density(problem: Problem) -> Prices:
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
    return Prices(max(float(edge), 0.0), none, none, 0.0, 0.0, none, np.zeros(len(problem.left)), world)


def _solved(problem: Problem, scope: Scope) -> Relaxation:
    linear = program(problem, scope)
    answer, price = highs.continuous(linear)
    prices = highs.prices(problem, scope, linear, price)
    shares = np.clip(answer.columns[linear.column], 0.0, 1.0)
    value = problem.worth_of_shares(linear.options, shares)
    return Relaxation(value, linear.options, shares, prices, standing(problem, prices), scope)


def _scope(problem: Problem, stand: Standing, feasible: Ints, last: Relaxation | None) -> Scope:
    """Return what the next round leaves open at this standing, finer where the last round ended."""
    m = len(problem.first)
    opened = problem.must.copy()
    opened[problem.owner[feasible]] = True
    size = OPEN if problem.gains is None else DENSE
    opened[np.argpartition(stand.margin, size)[:size] if m > size else slice(None)] = True
    blocks = stand.best[~opened]
    options, shares = (last.options, last.shares) if last else (feasible, np.ones(len(feasible)))
    niche = np.flatnonzero(problem.price > 0)
    reached = (problem.reached(options, shares) / problem.pool)[niche]
    if last:
        touched = (np.append(last.scope.touched[0], niche), np.append(last.scope.touched[1], reached))
    else:
        every = np.repeat(niche, len(TOUCHES))
        touched = (every, np.tile(TOUCHES, len(niche)))
    worlds = worst_worlds(problem.profit(options, shares))
    if last:
        worlds = np.union1d(worlds, last.scope.worlds)
    return Scope(
        np.flatnonzero(opened[problem.owner]), blocks, _like(problem, stand, blocks), False, touched, worlds
    )


def worst_worlds(profit: Floats) -> Ints:
    """Return the worlds in the tail and as many more next to it, sorted."""
    return np.sort(np.argsort(profit, kind="stable")[: int(np.ceil(2 * WORST * len(profit)))])


def _like(problem: Problem, stand: Standing, blocks: Ints) -> Ints:
    """Return the number of the block of each option: of one niche, as far from indifferent to a factor of 2.

    Far is counted in creators, from the indifferent ones outwards: blocks of 1, 2, 4, ... on either side.
    """
    niche, score = problem.niche[blocks], stand.reduced[blocks] / np.maximum(problem.cost[blocks], 1)
    side = niche * 2 + (score > 0)
    order = np.lexsort((np.abs(score), side))
    sides, start = np.unique(side[order], return_index=True)
    rank = np.arange(len(order)) - start[np.searchsorted(sides, side[order])]
    block = np.empty(len(order), dtype=np.int64)
    block[order] = side[order] * 64 + np.floor(np.log2(rank + 1)).astype(np.int64)
    return np.unique(block, return_inverse=True)[1]
