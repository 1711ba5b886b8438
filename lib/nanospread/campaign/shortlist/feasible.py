"""Problem -> the cheapest choice that keeps to all limits, or which limits conflict and what would do.

The minima ask for numbers of creators, and the maxima cap what a niche costs; in each niche the must-haves
come first and then the cheapest creators, so a niche's cost is convex in their number and the greedy choice
is the cheapest there is. If it does not fit, nothing does.
"""

import numpy as np

from nanospread.campaign.shortlist.problem import Problem
from nanospread.campaign.shortlist.reduced_costs import best_options
from nanospread.core import errors
from nanospread.core.types import Flags, Ints


def cheapest(problem: Problem) -> Ints:
    """Return the options of the cheapest choice that keeps to all limits, sorted.

    Raises: InputError that names the limits that conflict, and what would make them feasible.
    """
    option, niche, place, fits = _ranked(problem)
    asked = np.maximum(problem.least, np.bincount(problem.home[problem.must], minlength=len(problem.niches)))
    _check_niches(problem, niche, fits)
    _check_counts(problem, int(asked.sum()), int(fits.sum()))
    first = place < asked[niche]
    more = np.flatnonzero(fits & ~first)
    more = more[np.lexsort((option[more], problem.cost[option[more]]))]
    first[more[: max(problem.limits.least_creators - int(asked.sum()), 0)]] = True
    chosen = np.sort(option[first])
    spent = int(problem.cost[chosen].sum())
    if spent > problem.limits.budget:
        needed, budget = problem.limits.money(spent), problem.limits.money(problem.limits.budget)
        raise errors.InputError(
            f"{_wishes(problem)} cost at least {needed}, more than the budget of {budget}; "
            f"a budget of {needed} would do"
        )
    return chosen


def _ranked(problem: Problem) -> tuple[Ints, Ints, Ints, Flags]:
    """Return each creator's cheapest option, must-haves and then cheap ones first in each niche.

    With it: its niche, its place in that niche, and whether the niche may cost as much as all up to there.
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
            raise errors.InputError(
                f"least_per_niche {name}: {problem.least[at]}, but only {_creators(fitting[at])} of {name} "
                f"{how}; least_per_niche {name}: {fitting[at]} would do"
            )


def _creators(count: int) -> str:
    return f"{count} creator" if count == 1 else f"{count} creators"


def _caps(problem: Problem) -> str:
    limits, said = problem.limits, []
    for name in ("most_share_niche", "most_share_creator"):
        share = getattr(limits, name)
        said += [f"{name} {share:g} ({limits.money(limits.part(share))})"] if share < 1 else []
    return " and ".join(said) or f"the budget of {limits.money(limits.budget)}"


def _check_counts(problem: Problem, needed: int, fitting: int) -> None:
    limits = problem.limits
    if limits.most_creators is not None and needed > limits.most_creators:
        raise errors.InputError(
            f"must and least_per_niche ask for {needed} creators, but most_creators is "
            f"{limits.most_creators}; most_creators {needed} would do"
        )
    if limits.least_creators > fitting:
        raise errors.InputError(
            f"least_creators is {limits.least_creators}, but only {_creators(fitting)} can be chosen under "
            f"{_caps(problem)} and never; least_creators {fitting} would do"
        )


def _wishes(problem: Problem) -> str:
    limits = problem.limits
    if limits.must and not problem.least.any() and limits.least_creators <= len(limits.must):
        return "the must-haves"
    asked = {
        "must": limits.must,
        "least_per_niche": problem.least.any(),
        "least_creators": limits.least_creators,
    }
    return "the minima (" + ", ".join(name for name, some in asked.items() if some) + ")"
