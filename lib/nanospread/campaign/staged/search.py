"""Simulated campaigns -> how many batches, of which sizes, under which thresholds, and what a rule earns.

A rule looks at steps of a path, one after the other. At a look the count decides: from `go_on` all the rest
is sent, below `stop` nothing more is, between the two the next batch is. At the last look both are equal.

The best thresholds are found backwards: at each look the later ones are settled, so each world has three
payoffs there, and with worlds sorted by their count the best pair of places to cut is a running maximum over
sums, in one pass. Later looks are then settled again for the worlds that come that far. What later looks earn
is what they earn in the same worlds, not a regression on the count, so it has no bias of its own; thresholds
are judged in other worlds than those they were chosen in.

Every set of sizes up to three batches is tried; of more, the best set of one batch less with one more look,
then each look moved in turn. What a later batch earns counts less, by the brief's yearly discount: waiting is
not free. Fewer looks are taken where more earn no more than the simulation can tell.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from nanospread.campaign import risk
from nanospread.campaign.staged.paths import Paths
from nanospread.core.estimates import clearly_above
from nanospread.core.types import Flags, Floats, Places

ROUNDS = 3  # of settling the looks, one after the other
ALL_TRIED = 2  # looks up to which every set of sizes is tried


class LookThresholds(NamedTuple):
    """Thresholds of one look: from `go_on` send all the rest, below `stop` nothing more."""

    stop: float
    go_on: float


class RuleOutcome(NamedTuple):
    """How a rule ended in each world."""

    payoff: Floats  # of where it ended
    look: Places  # at which it stopped; as many as there are looks where all was sent


def best_thresholds(
    count: Floats, stop: Floats, onwards: Floats, everything: Floats, *, last: bool
) -> LookThresholds:
    """Return the thresholds with the largest mean payoff.

    count, stop, onwards, everything: of each world, its count at the look and its payoff under each action.
    last: whether no further batch follows, so that both thresholds are equal.
    """
    order = np.argsort(count, kind="stable")
    sorted_counts = count[order]
    new = np.append(True, np.diff(sorted_counts) > 0)
    starts = np.flatnonzero(np.append(new, True))  # before each distinct count, and after all
    sums = [np.append(0.0, payoff[order].cumsum())[starts] for payoff in (stop, onwards, everything)]
    levels = np.append(sorted_counts[starts[:-1]], sorted_counts[-1] + 1)
    if last:
        cut = int(np.argmax(sums[0] - sums[2]))
        return LookThresholds(float(levels[cut]), float(levels[cut]))
    below, above = sums[0] - sums[1], sums[1] - sums[2]
    best = np.maximum.accumulate(below)
    upper = int(np.argmax(best + above))
    lower = int(np.argmax(below[: upper + 1]))
    return LookThresholds(float(levels[lower]), float(levels[upper]))


class LookPayoffs(NamedTuple):
    """What each world has counted at a look, and what it earns in all where one stops or sends the rest."""

    counts: Floats
    stop: Floats
    everything: Floats


def settled(looks: Sequence[LookPayoffs]) -> tuple[LookThresholds, ...]:
    """Return the best thresholds of looks in a row, all in the same worlds."""
    thresholds = [LookThresholds(0.0, 0.0)] * len(looks)
    reached: list[Flags] = [np.ones(len(look.counts), dtype=np.bool_) for look in looks]
    for _ in range(ROUNDS if len(looks) > 1 else 1):
        before, onwards = list(thresholds), looks[-1].everything
        for number in reversed(range(len(looks))):
            here, look, last = reached[number], looks[number], number == len(looks) - 1
            if here.any():
                parts = (each[here] for each in (look.counts, look.stop, onwards, look.everything))
                thresholds[number] = best_thresholds(*parts, last=last)
            onwards = _acted(look, thresholds[number], onwards)
        for number in range(1, len(looks)):
            reached[number] = reached[number - 1] & _between(looks[number - 1], thresholds[number - 1])
        if thresholds == before:
            break
    return tuple(thresholds)


def _between(look: LookPayoffs, thresholds: LookThresholds) -> Flags:
    return np.asarray((look.counts >= thresholds.stop) & (look.counts < thresholds.go_on))


def _acted(look: LookPayoffs, thresholds: LookThresholds, onwards: Floats) -> Floats:
    """Return what each world earns from a look on. onwards: with the next batch."""
    halted, sent = look.counts < thresholds.stop, look.counts >= thresholds.go_on
    return np.where(halted, look.stop, np.where(sent, look.everything, onwards))


def rule_outcome(looks: Sequence[LookPayoffs], thresholds: Sequence[LookThresholds]) -> RuleOutcome:
    """Return how a rule ends in each world, of one look or more."""
    n = len(looks[0].counts)
    payoff, stopped_at = np.zeros(n), np.full(n, len(looks), dtype=np.intp)
    onwards: Flags = np.ones(n, dtype=np.bool_)
    for number, (look, cut) in enumerate(zip(looks, thresholds, strict=True)):
        halted, sent = onwards & (look.counts < cut.stop), onwards & (look.counts >= cut.go_on)
        payoff = np.where(halted, look.stop, np.where(sent, look.everything, payoff))
        stopped_at[halted] = number
        onwards = onwards & ~halted & ~sent
    return RuleOutcome(payoff, stopped_at)


class Macro(NamedTuple):
    """The macro in the same worlds: its fee and its profit [money], arrays over worlds."""

    fee: Floats
    profit: Floats


class SequentialDesign(NamedTuple):
    """Looks of a plan: the step of the paths at which each is, thresholds, and what a stop means there."""

    steps: tuple[int, ...]
    thresholds: tuple[LookThresholds, ...]
    otherwise: tuple[str, ...]
    sends: bool = True  # whether a plan without looks sends anything


ALL_NOW, NOTHING_SENT = SequentialDesign((), (), (), True), SequentialDesign((), (), (), False)


class Campaigns(NamedTuple):
    """Simulated campaigns in which plans are chosen, or judged."""

    paths: Paths
    macro: Macro | None
    budget: float
    discount: float  # factor of what comes one batch later [0-1]

    @property
    def batch(self) -> Places:
        """The scramble of each world, for errors."""
        return np.arange(self.paths.profit.shape[1]) % risk.BATCHES

    def looks(self, plan: SequentialDesign, *, clicks: bool = False) -> list[LookPayoffs]:
        """Return the looks of a plan as payoffs: what is earned in all with a stop, and with all the rest."""
        paths, counts, rows = self.paths, self.paths.clicks if clicks else self.paths.credited_orders, []
        so_far, before = np.zeros(paths.profit.shape[1]), 0
        for number, (step, then) in enumerate(zip(plan.steps, plan.otherwise, strict=True)):
            so_far = so_far + self.discount**number * (paths.profit[step] - paths.profit[before])
            rest = self.discount ** (number + 1) * (paths.profit[paths.last] - paths.profit[step])
            stop = so_far + self.discount ** (number + 1) * self.booked(step) if then == "macro" else so_far
            rows.append(LookPayoffs(counts[step], stop, so_far + rest))
            before = step
        return rows

    def booked(self, step: int) -> Floats:
        """Return what the macro earns after a stop, where its fee is left; 0 elsewhere."""
        if self.macro is None:
            return np.zeros(self.paths.profit.shape[1])
        left = self.paths.cost[step] + self.macro.fee <= self.budget
        return np.where(left, self.macro.profit, 0.0)

    def rule_outcome(self, plan: SequentialDesign, *, clicks: bool = False) -> RuleOutcome:
        """Return how a plan ends in each world."""
        if plan.steps:
            return rule_outcome(self.looks(plan, clicks=clicks), plan.thresholds)
        nobody = np.zeros(self.paths.profit.shape[1], dtype=np.intp)
        return RuleOutcome(self.paths.profit[self.paths.last if plan.sends else 0], nobody)

    def best(self, steps: tuple[int, ...], *, clicks: bool = False) -> tuple[SequentialDesign, Floats]:
        """Return the best thresholds of looks at these steps, and what each world earns under them."""
        plan = self._settled(SequentialDesign(steps, (), ("stop",) * len(steps)), clicks=clicks)
        result = self.rule_outcome(plan, clicks=clicks)
        then = list(plan.otherwise)
        for number, step in enumerate(steps):
            here = self.booked(step)[result.look == number]
            then[number] = "macro" if len(here) and here.mean() > 0 else "stop"
        if "macro" in then:
            plan = self._settled(plan._replace(otherwise=tuple(then)), clicks=clicks)
            result = self.rule_outcome(plan, clicks=clicks)
        return plan, result.payoff

    def _settled(self, plan: SequentialDesign, *, clicks: bool) -> SequentialDesign:
        return plan._replace(thresholds=settled(self.looks(plan, clicks=clicks)))


def chosen(campaigns: Campaigns, *, most: int, allowed: Flags) -> SequentialDesign:
    """Return the plan of the largest mean profit, with no more looks than pay.

    most: batches. allowed: as `Paths.fits`.
    """
    paths = campaigns.paths
    everything = paths.profit[paths.last]
    alone = ALL_NOW if everything.mean() > 0 else NOTHING_SENT
    plans = [(alone, campaigns.rule_outcome(alone).payoff)]
    possible = range(1, paths.last)

    def fits(steps: tuple[int, ...]) -> bool:
        return all(allowed[start, end] for start, end in zip((0, *steps), steps, strict=False))

    for n in range(1, most):
        sets = combinations(possible, n) if n <= ALL_TRIED else _one_more(plans[-1][0].steps, possible)
        best = _best(campaigns.best, filter(fits, sets))
        if best is None:
            break
        if n > ALL_TRIED:
            best = _moved(campaigns.best, fits, best, possible)
        plans.append(best)
    return _fewest(plans, campaigns.batch)


def _one_more(steps: tuple[int, ...], possible: Iterable[int]) -> Iterator[tuple[int, ...]]:
    """Return the sets with one more look."""
    yield from (tuple(sorted((*steps, step))) for step in possible if step not in steps)


Evaluate = Callable[[tuple[int, ...]], tuple[SequentialDesign, Floats]]


def _best(evaluate: Evaluate, sets: Iterable[tuple[int, ...]]) -> tuple[SequentialDesign, Floats] | None:
    return max((evaluate(steps) for steps in sets), key=lambda one: one[1].mean(), default=None)


def _moved(
    evaluate: Evaluate,
    fits: Callable[[tuple[int, ...]], bool],
    best: tuple[SequentialDesign, Floats],
    possible: Iterable[int],
) -> tuple[SequentialDesign, Floats]:
    """Return the plan with each look moved in turn to where it earns most."""
    for place in range(len(best[0].steps)):
        others = best[0].steps[:place] + best[0].steps[place + 1 :]
        better = _best(evaluate, filter(fits, _one_more(others, possible)))
        if better is not None and better[1].mean() > best[1].mean():
            best = better
    return best


def _fewest(plans: Sequence[tuple[SequentialDesign, Floats]], batch: Places) -> SequentialDesign:
    """Return the plan with the fewest looks that no other beats by more than the simulation's error."""
    top = max((payoff for _, payoff in plans), key=lambda payoff: payoff.mean())
    for plan, payoff in plans:
        if not clearly_above(risk.mean(top - payoff, batch=batch), 1e-9):
            return plan
    return plans[-1][0]
