"""Best answer in shares of creators -> the best choice of whole options, and a bound that proves it."""

from dataclasses import dataclass, replace

import numpy as np

from nanospread.campaign.shortlist import highs
from nanospread.campaign.shortlist.lp_relaxation import OPEN, Relaxed, worst_worlds
from nanospread.campaign.shortlist.problem import Problem
from nanospread.campaign.shortlist.program import Scope, program
from nanospread.campaign.shortlist.reduced_costs import Standing
from nanospread.core.types import Floats, Ints

NARROW = 150  # options of the most indifferent creators, among which the first search looks
ROUGH = 2e-4  # of the bound: that search ends so close to the best among them
WIDE = 4000  # options that a search looks among at most
NODES = 10_000  # of branch and bound in all searches: a count, not a time, so that answers repeat
ROUNDS = 20  # searches, each seeing penalties and tails more finely than the last
EXACT = 1e-7  # of the bound: a choice this close to it is the best; HiGHS itself stops about 1e-8 away
ENOUGH = 1e-4  # of the bound: a long roster, of more than OPEN creators, is searched no further than this


@dataclass(frozen=True, eq=False)
class Whole:
    """Chosen options, sorted, their worth, a bound of all choices, whether it proves them the best."""

    chosen: Ints
    value: float
    bound: float
    proven: bool


def whole(problem: Problem, relaxed: Relaxed, first: Ints) -> Whole:
    """Return the best choice found from a first one that keeps to all limits, never a worse one.

    Each search is among choices within a gap of the relaxed bound. What it proves holds for all choices as
    soon as the best one found lies within that gap: none outside can be better.
    """
    limit = relaxed.standing.bound
    best = _rated(problem, first, problem.worth(first), limit)
    gap, most = (_gap(problem, relaxed.standing, count) for count in (NARROW, WIDE))
    gap, scope, nodes, step = min(gap, limit - best.value), relaxed.scope, NODES, 0
    while not _done(problem, best) and nodes > 0 and step < ROUNDS:
        scope = _within(problem, relaxed.standing, scope, gap)
        before = best
        bound, found, used = _searched(problem, scope, nodes, 0.0 if step else ROUGH)
        value = problem.worth(found) if problem.allowed(found) else -np.inf
        if value > best.value:
            best = _rated(problem, found, value, best.bound)
        if limit - best.value <= gap:
            best = _rated(problem, best.chosen, best.value, min(best.bound, bound))
        if step and (best.value, best.bound) == (before.value, before.bound) and value == best.value:
            break  # it found the same again, and sees the penalties of that as they are
        scope = _finer(problem, scope, found if len(found) else best.chosen)
        gap, nodes, step = min(limit - best.value, most), nodes - used, step + 1
    return best


def _rated(problem: Problem, chosen: Ints, value: float, bound: float) -> Whole:
    """Return a choice with its bound, which is not below its value."""
    near = bound - value <= EXACT * max(abs(bound), problem.unit)
    return Whole(chosen, value, max(bound, value), near)


def _gap(problem: Problem, stand: Standing, count: int) -> float:
    """Return the gap within which so many options are open, those of the most indifferent creators."""
    loss = _loss(problem, stand)
    loss[stand.best] = stand.margin
    return float(np.partition(loss, count)[count]) if len(loss) > count else np.inf


def _loss(problem: Problem, stand: Standing) -> Floats:
    """Return by how much each option, if chosen, brings the bound down."""
    return stand.worth[problem.owner] - stand.reduced


def _done(problem: Problem, best: Whole) -> bool:
    long = len(problem.first) > OPEN
    return best.proven or (long and best.bound - best.value <= ENOUGH * abs(best.bound))


def _within(problem: Problem, stand: Standing, scope: Scope, gap: float) -> Scope:
    """Return the scope of choices within this gap of the bound.

    Dealing with a creator otherwise brings the bound down by the margin: what costs more than the gap is out.
    """
    room = gap + EXACT * max(abs(stand.bound), problem.unit)
    settled = stand.chosen & (stand.margin > room)
    open_ = np.flatnonzero((_loss(problem, stand) <= room) & ~settled[problem.owner])
    fixed = stand.best[settled]
    return replace(scope, open=open_, blocks=fixed, block=fixed * 0, firm=True)


def _searched(problem: Problem, scope: Scope, nodes: int, gap: float) -> tuple[float, Ints, int]:
    """Return a bound of the choices in this scope, the best one found (or none) and the nodes it took."""
    asked = program(problem, scope)
    answer = highs.whole(asked, nodes, gap)
    if not len(answer.columns):
        return answer.bound, scope.open[:0], max(answer.nodes, 1)
    return answer.bound, np.sort(asked.options[answer.columns[asked.column] > 0.5]), max(answer.nodes, 1)


def _finer(problem: Problem, scope: Scope, chosen: Ints) -> Scope:
    """Return the scope with tangents where this choice is, and the worlds that are its worst."""
    niche, ones = np.flatnonzero(problem.price > 0), np.ones(len(chosen))
    reached = (problem.reached(chosen, ones) / problem.pool)[niche]
    touched = (np.append(scope.touched[0], niche), np.append(scope.touched[1], reached))
    worst = worst_worlds(problem.profit(chosen, ones))
    return replace(scope, touched=touched, worlds=np.union1d(scope.worlds, worst))
