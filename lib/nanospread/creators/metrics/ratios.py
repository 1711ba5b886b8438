"""Sums -> ratios: the one way in which a rate or a cost of a set is made."""

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


def floats(values: ArrayLike) -> Floats:
    """Return the values as float64, missing ones as nan, whatever their dtype."""
    return pd.Series(np.atleast_1d(values)).to_numpy(dtype=np.float64, na_value=np.nan)


def ratio_of_sums(numerator: ArrayLike, denominator: ArrayLike) -> float:
    """Return sum(numerator) / sum(denominator) over the pairs of which both are known.

    A mean of ratios instead would weigh a post with five engagements like one with five thousand
    (model.md, Ratio of sums: 47 % too high). Infinite where the denominators alone sum to 0; nan for 0/0.

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


def share_interval(
    share: ArrayLike, n: ArrayLike, freedom: Floats | float = math.inf
) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's 95 % interval of shares [0-1] seen in n trials, which may be a fraction.

    freedom: of Student's t in the place of the normal, where n itself is estimated.

    References: Wilson 1927, J. Am. Stat. Assoc. 22:209.
    """
    value, trials = floats(share), floats(n)
    z2 = np.square(stats.t.ppf((1 + CONFIDENCE) / 2, freedom))
    middle = (value + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(z2 * (value * (1 - value) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    return np.clip(middle - half, 0.0, value), np.clip(middle + half, value, 1.0)  # else 1e-17 beyond
