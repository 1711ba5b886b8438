"""Who reaches whom, and costs -> creators by the textbook greedy for unique reach under a budget.

Unique reach is submodular: with equal costs the greedy choice reaches at least 1 - 1/e = 0.632 of the best
(Nemhauser, Wolsey and Fisher 1978; Kempe et al. 2003); with unequal costs, the better of it and the best
single creator reaches (1 - 1/e) / 2 = 0.316 of it (model.md C10, V21).
"""

import numpy as np

from nanospread.core.types import Flags, Ints


def coverage_greedy(reaches: Flags, cost: Ints, budget: int) -> Ints:
    """Return creators chosen by most new people per cent, or the best single one if that one reaches more.

    reaches: whether a creator reaches a person [creators x people]. cost: above 0 [cents]. budget: [cents].
    """
    chosen: list[int] = []
    reached = np.zeros(reaches.shape[1], dtype=bool)
    left, open_ = budget, cost <= budget
    while open_.any():
        new = np.where(open_, (reaches & ~reached).sum(axis=1) / cost, -1.0)
        at = int(new.argmax())
        if new[at] <= 0:
            break
        chosen.append(at)
        reached |= reaches[at]
        left -= int(cost[at])
        open_ &= cost <= left
        open_[at] = False
    alone = np.where(cost <= budget, reaches.sum(axis=1), 0)
    if len(alone) and alone.max() > reached.sum():
        return np.array([int(alone.argmax())])
    return np.array(sorted(chosen), dtype=np.int64)
