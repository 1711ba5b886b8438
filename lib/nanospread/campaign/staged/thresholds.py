"""Payoffs and counts of simulated campaigns -> thresholds on the counts, and what a rule then earns.

A rule looks at steps of a path, one after the other. At a look the count decides: from `go_on` all the rest
is sent, below `stop` nothing more is, between the two the next batch is. At the last look both are equal.
Nothing here knows of creators or orders: arrays in, arrays out.

The best thresholds are found backwards: at each look the later ones are settled, so each world has three
payoffs there, and with worlds sorted by their count the best pair of places to cut is a running maximum over
sums, in one pass. Later looks are then settled again for the worlds that come that far. What later looks earn
is what they earn in the same worlds, not a regression on the count, so it has no bias of its own; thresholds
are judged in other worlds than those they were chosen in.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nanospread.core.types import Flags, Floats, Places

ROUNDS = 3  # of settling the looks, one after the other


class LookThresholds(NamedTuple):
    """Thresholds of one look: from `go_on` send all the rest, below `stop` nothing more."""

    stop: float
    go_on: float


class RuleOutcome(NamedTuple):
    """How a rule ended in each world."""

    payoff: Floats  # of where it ended
    look: Places  # at which it stopped; as many as there are looks where all was sent
    taken: Places  # looks that were taken


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

    seen: Floats
    stop: Floats
    everything: Floats


def settled(looks: Sequence[LookPayoffs]) -> tuple[LookThresholds, ...]:
    """Return the best thresholds of looks in a row, all in the same worlds."""
    thresholds = [LookThresholds(0.0, 0.0)] * len(looks)
    reached: list[Flags] = [np.ones(len(look.seen), dtype=np.bool_) for look in looks]
    for _ in range(ROUNDS if len(looks) > 1 else 1):
        before, onwards = list(thresholds), looks[-1].everything
        for at in reversed(range(len(looks))):
            here, look, last = reached[at], looks[at], at == len(looks) - 1
            if here.any():
                parts = (each[here] for each in (look.seen, look.stop, onwards, look.everything))
                thresholds[at] = best_thresholds(*parts, last=last)
            onwards = _acted(look, thresholds[at], onwards)
        for at in range(1, len(looks)):
            reached[at] = reached[at - 1] & _between(looks[at - 1], thresholds[at - 1])
        if thresholds == before:
            break
    return tuple(thresholds)


def _between(look: LookPayoffs, thresholds: LookThresholds) -> Flags:
    return np.asarray((look.seen >= thresholds.stop) & (look.seen < thresholds.go_on))


def _acted(look: LookPayoffs, thresholds: LookThresholds, onwards: Floats) -> Floats:
    """Return what each world earns from a look on. onwards: with the next batch."""
    halted, sent = look.seen < thresholds.stop, look.seen >= thresholds.go_on
    return np.where(halted, look.stop, np.where(sent, look.everything, onwards))


def rule_outcome(looks: Sequence[LookPayoffs], thresholds: Sequence[LookThresholds]) -> RuleOutcome:
    """Return how a rule ends in each world, of one look or more."""
    n = len(looks[0].seen)
    payoff, stopped_at, taken = np.zeros(n), np.full(n, len(looks), dtype=np.intp), np.zeros(n, dtype=np.intp)
    onwards: Flags = np.ones(n, dtype=np.bool_)
    for at, (look, cut) in enumerate(zip(looks, thresholds, strict=True)):
        taken += onwards
        halted, sent = onwards & (look.seen < cut.stop), onwards & (look.seen >= cut.go_on)
        payoff = np.where(halted, look.stop, np.where(sent, look.everything, payoff))
        stopped_at[halted] = at
        onwards = onwards & ~halted & ~sent
    return RuleOutcome(payoff, stopped_at, taken)
