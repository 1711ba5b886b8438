"""Options of creators under limits -> whom to choose and for how many posts, and how sure that is best.

The LP relaxation bounds every choice; branch and bound then searches among the options that are nearly
indifferent at its prices, wider each time, until what it found is proven or the nodes are used up.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nanospread.campaign.shortlist import baselines
from nanospread.campaign.shortlist.lp_relaxation import OPEN, ReducedCosts, Relaxation, finer, relaxed
from nanospread.campaign.shortlist.problem import Limits, Problem, problem
from nanospread.campaign.shortlist.program import Scope, integer, program
from nanospread.core.types import Floats, Ints

NARROW = 150  # options of the most indifferent creators, among which the first search looks
ROUGH = 2e-4  # of the bound: that search ends so close to the best among them
WIDE = 4000  # options that a search looks among at most
NODES = 10_000  # of branch and bound in all searches: a count, not a time, so that answers repeat
ROUNDS = 20  # searches, each seeing penalties and tails more finely than the last
EXACT = 1e-7  # of the bound: a choice this close to it is the best; HiGHS itself stops about 1e-8 away
ENOUGH = 1e-4  # of the bound: a long roster, of more than OPEN creators, is searched no further than this


@dataclass(frozen=True)
class Baseline:
    """What a team would choose without a solver: rows of the options, value [money], cost [cents]."""

    rows: pd.DataFrame
    value: float
    spent: int


@dataclass(frozen=True)
class Choice:
    """The best choice found, under all limits.

    rows: of the options, by creator. value: the objective [money]. bound: no choice is worth more. gap:
    (bound - value) / |bound|, 0 once proven, to 1e-7; status: that in words. spent: [cents].

    What the limits cost (exact for shares of creators): budget_price: of one more cent. creator_price: of one
    more creator allowed; negative: of one less asked for. niche_prices: by niche, of one more cent under its
    cap (`cap`), one creator less asked for (`least`), and of one more contact in overlap (`reach`). reduced:
    of each option, its value less all it uses up at these prices; nan where a limit rules it out by itself.
    """

    rows: pd.DataFrame
    value: float
    bound: float
    gap: float
    proven: bool
    status: str
    spent: int
    baselines: dict[str, Baseline]
    budget_price: float
    creator_price: float
    niche_prices: pd.DataFrame
    reduced: pd.Series


@dataclass(frozen=True, eq=False)
class IntegerSolution:
    """Chosen options, sorted, their worth, a bound of all choices, whether it proves them the best."""

    chosen: Ints
    value: float
    bound: float
    proven: bool


def choice(
    options: pd.DataFrame,
    limits: Limits,
    *,
    pools: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None,
    gains: Floats | None = None,
    caution: float = 0.0,
) -> Choice:
    """Return the choice of at most one option of each creator that is worth most, under all limits.

    The objective is the sum of values less penalties, with (1 - caution) of the mean and caution of the CVaR.
    Up to 4,000 creators are searched until nothing can be better to 1e-7, or 10,000 nodes of branch and bound
    are used up; longer rosters to one basis point.

    options: creator, niche, posts, cost [cents], value [money], er, reach [people], a row per creator and
    number of posts; only the equal split follows their order. pools: niche, pool M [people], price [money per
    repeated contact]: reach S costs price (S - M (1 - exp(-S / M))). pairs: creator, other, penalty [money]
    if both are chosen. gains: profit of each option in each world [worlds x options], needed with caution.

    Raises: InputError for limits that cannot be met, which it names with what would do.
    """
    task = problem(options, limits, pools=pools, pairs=pairs, gains=gains, caution=caution)
    feasible = baselines.cheapest(task)
    plain = {
        "equal split": baselines.equal_split(task, feasible),
        "greedy by ER": baselines.greedy_by_er(task, feasible),
    }
    shares = relaxed(task, feasible)
    known = [
        *plain.values(),
        feasible,
        baselines.by_price(task, feasible, shares.reduced_costs, shares.prices),
    ]
    best = integer_solution(task, shares, max(known, key=task.worth))
    return _as_choice(options, task, shares, best, plain)


def nobody(options: pd.DataFrame) -> Choice:
    """Return the choice where there is nobody to choose from; options: none, with the columns of `choice`."""
    none = Baseline(options, 0.0, 0)
    plain = {"equal split": none, "greedy by ER": none}
    prices = pd.DataFrame(columns=["niche", "cap", "least", "reach"], dtype="float64")
    reduced = pd.Series(np.nan, options.index, name="reduced")
    return Choice(options, 0.0, 0.0, 0.0, True, status(0), 0, plain, 0.0, 0.0, prices, reduced)


def _as_choice(
    options: pd.DataFrame, task: Problem, shares: Relaxation, best: IntegerSolution, plain: dict[str, Ints]
) -> Choice:
    prices, reduced = shares.prices, np.full(len(options), np.nan)
    reduced[task.row] = shares.reduced_costs.reduced
    gap = 0.0 if best.proven else (best.bound - best.value) / (abs(best.bound) or task.unit)
    return Choice(
        rows=options.iloc[task.row[best.chosen]],
        value=best.value,
        bound=best.bound,
        gap=gap,
        proven=best.proven,
        status=status(gap),
        spent=int(task.cost[best.chosen].sum()),
        baselines={
            name: Baseline(options.iloc[task.row[rule]], task.worth(rule), int(task.cost[rule].sum()))
            for name, rule in plain.items()
        },
        budget_price=prices.budget,
        creator_price=prices.most - prices.fewest,
        niche_prices=pd.DataFrame(
            {"niche": task.niches, "cap": prices.niche, "least": prices.least, "reach": prices.reach}
        ),
        reduced=pd.Series(reduced, options.index, name="reduced"),
    )


def status(gap: float) -> str:
    """Return in words how close to the best a choice is; basis points are rounded up."""
    if gap == 0:
        return "optimal"
    points = gap * 1e4
    digits = 1 if points < 9.95 else 0
    upper = math.ceil(points * 10**digits - 1e-9) / 10**digits
    amount = "1 basis point" if upper == 1 else f"{upper:,.{digits}f} basis points"
    return f"within {amount} of the best possible"


def integer_solution(problem: Problem, relaxed: Relaxation, first: Ints) -> IntegerSolution:
    """Return the best choice found from a first one that keeps to all limits, never a worse one.

    Each search is among choices within a gap of the relaxed bound; what it proves holds for all choices as
    soon as the best one found lies within that gap.
    """
    limit = relaxed.reduced_costs.bound
    best = _rated(problem, first, problem.worth(first), limit)
    gap, widest_gap = (_gap(problem, relaxed.reduced_costs, count) for count in (NARROW, WIDE))
    gap, scope, nodes, step = min(gap, limit - best.value), relaxed.scope, NODES, 0
    while not _done(problem, best) and nodes > 0 and step < ROUNDS:
        scope = _within(problem, relaxed.reduced_costs, scope, gap)
        before = best
        bound, chosen, used = _searched(problem, scope, nodes, 0.0 if step else ROUGH)
        value = problem.worth(chosen) if problem.allowed(chosen) else -np.inf
        if value > best.value:
            best = _rated(problem, chosen, value, best.bound)
        if limit - best.value <= gap:
            best = _rated(problem, best.chosen, best.value, min(best.bound, bound))
        if step and (best.value, best.bound) == (before.value, before.bound) and value == best.value:
            break  # it found the same again, and sees the penalties of that as they are
        last_chosen = chosen if len(chosen) else best.chosen
        scope = finer(problem, scope, last_chosen, np.ones(len(last_chosen)))
        gap, nodes, step = min(limit - best.value, widest_gap), nodes - used, step + 1
    return best


def _rated(problem: Problem, chosen: Ints, value: float, bound: float) -> IntegerSolution:
    """Return a choice with its bound, which is not below its value."""
    near = bound - value <= EXACT * max(abs(bound), problem.unit)
    return IntegerSolution(chosen, value, max(bound, value), near)


def _gap(problem: Problem, reduced_costs: ReducedCosts, count: int) -> float:
    """Return the gap within which so many options are open, those of the most indifferent creators."""
    loss = _loss(problem, reduced_costs)
    loss[reduced_costs.best] = reduced_costs.margin
    return float(np.partition(loss, count)[count]) if len(loss) > count else np.inf


def _loss(problem: Problem, reduced_costs: ReducedCosts) -> Floats:
    """Return by how much each option, if chosen, brings the bound down."""
    return reduced_costs.worth[problem.owner] - reduced_costs.reduced


def _done(problem: Problem, best: IntegerSolution) -> bool:
    long = len(problem.first) > OPEN
    return best.proven or (long and best.bound - best.value <= ENOUGH * abs(best.bound))


def _within(problem: Problem, reduced_costs: ReducedCosts, scope: Scope, gap: float) -> Scope:
    """Return the scope of choices within this gap of the bound: a margin above it settles a creator."""
    room = gap + EXACT * max(abs(reduced_costs.bound), problem.unit)
    settled = reduced_costs.chosen & (reduced_costs.margin > room)
    open_ = np.flatnonzero((_loss(problem, reduced_costs) <= room) & ~settled[problem.owner])
    fixed = reduced_costs.best[settled]
    return replace(scope, open=open_, blocks=fixed, block=fixed * 0, firm=True)


def _searched(problem: Problem, scope: Scope, nodes: int, gap: float) -> tuple[float, Ints, int]:
    """Return a bound of the choices in this scope, the best one found (or none) and the nodes it took."""
    linear = program(problem, scope)
    answer = integer(linear, nodes, gap)
    if not len(answer.columns):
        return answer.bound, scope.open[:0], max(answer.nodes, 1)
    return answer.bound, np.sort(linear.options[answer.columns[linear.column] > 0.5]), max(answer.nodes, 1)
