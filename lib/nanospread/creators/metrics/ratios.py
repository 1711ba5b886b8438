"""Sums -> ratios: the one way in which a rate or a cost of a set is made."""

import math

import numpy as np
from numpy.typing import ArrayLike

from nanospread.core.types import floats


def ratio_of_sums(numerator: ArrayLike, denominator: ArrayLike) -> float:
    """Return sum(numerator) / sum(denominator) over the pairs of which both are known.

    A mean of ratios instead would weigh a post with five engagements like one with five thousand
    (model.md Ratio of sums: 47 % too high). Infinite where the denominators alone sum to 0; nan for 0/0.

    Raises: ValueError where the two have not the same shape.
    """
    above, below = floats(numerator), floats(denominator)
    if above.shape != below.shape:
        raise ValueError(f"{above.size} numerators for {below.size} denominators")
    known = ~(np.isnan(above) | np.isnan(below))
    total, base = float(above[known].sum()), float(below[known].sum())
    if base == 0.0:
        return math.nan if total == 0.0 else math.copysign(math.inf, total)
    return total / base


def cost_per_engagement(cost: ArrayLike, engagements: ArrayLike) -> float:
    """Return CPE [currency / engagement]: all cost over all engagements (ANA guidelines 2022)."""
    return ratio_of_sums(cost, engagements)


def cost_per_reach(cost: ArrayLike, reach: ArrayLike) -> float:
    """Return the cost per account reached [currency / account] (ANA guidelines 2022)."""
    return ratio_of_sums(cost, reach)


def cost_per_click(cost: ArrayLike, clicks: ArrayLike) -> float:
    """Return CPC [currency / click]."""
    return ratio_of_sums(cost, clicks)


def cost_per_order(cost: ArrayLike, orders: ArrayLike) -> float:
    """Return CPA [currency / order]: the cost per conversion (ANA guidelines 2022)."""
    return ratio_of_sums(cost, orders)


def revenue_per_cost(revenue: ArrayLike, cost: ArrayLike) -> float:
    """Return ROAS [1]: revenue over spend. It ignores the margin, so it is not a return on investment."""
    return ratio_of_sums(revenue, cost)
