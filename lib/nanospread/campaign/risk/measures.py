"""Values of worlds -> one number for each measure, with its error."""

import math

import numpy as np
from numpy.typing import ArrayLike

from nanospread.campaign.risk import batches
from nanospread.campaign.risk.batches import Batches
from nanospread.campaign.risk.ranked import ranked
from nanospread.core import errors
from nanospread.core.estimates import Estimate, check_share, outcomes
from nanospread.core.types import Floats


def mean(x: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the mean of x."""
    values = outcomes(x)
    return mean_in(values, batches.batches(batch, len(values)))


def mean_in(values: Floats, groups: Batches | None) -> Estimate:
    """Return the mean of checked values."""
    return Estimate(float(values.mean()), batches.se(values - values[0], groups))


def coefficient_of_variation(x: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return sd / mean of x; nan where the mean is 0. The error is by the delta method."""
    values = outcomes(x)
    centre, sd = float(values.mean()), float(values.std())
    if centre == 0 or len(values) == 1:
        return Estimate(math.nan, math.nan)
    if sd == 0:
        return Estimate(0.0, 0.0)
    away = values - centre
    influence = (away**2 - sd**2) / (2 * sd * centre) - sd * away / centre**2
    return Estimate(sd / centre, batches.se(influence, batches.batches(batch, len(values))))


def quantile(x: ArrayLike, q: float, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the q-quantile of x (linear between order statistics).

    The error is the larger distance to the order statistics one standard deviation of the rank under and
    over the quantile's. For independent worlds that is the binomial sqrt(n q (1 - q)), and with fewer than
    about 1 / (q (1 - q)) worlds those are the extremes, and the error is too small. With batches it is n
    times the error of the share of worlds under the quantile.
    """
    values = outcomes(x)
    check_share("q", q)
    return ranked(values, batches.batches(batch, len(values))).quantile(q)


def probability(happened: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the share of worlds in which it happened (ties may count half: values 0, 0.5 and 1)."""
    values = outcomes(happened)
    return probability_in(values, batches.batches(batch, len(values)))


def probability_in(values: Floats, groups: Batches | None) -> Estimate:
    """Return the share of worlds from checked values."""
    if groups is not None:
        return probability_of_sums(batches.sums(groups.label, values, len(groups.sizes)), groups.sizes)
    guarded = np.concatenate([values, [0.0, 1.0]])
    return Estimate(float(values.mean()), float(guarded.std() / math.sqrt(len(values))))


def probability_of_sums(sums: Floats, sizes: Floats) -> Estimate:
    """Return the share of worlds from how many there were in each batch, and its size.

    The error is at least Laplace's of something never seen, sqrt(n + 1) / ((n + 2) sqrt(n)), about 1 / n.
    """
    n = float(sizes.sum())
    least = math.sqrt((n + 1) / n) / (n + 2)
    return Estimate(float(sums.sum()) / n, max(batches.se_of_sums(sums, sizes), least))


def p_loss(profit: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return P(profit < 0)."""
    return probability(outcomes(profit) < 0, batch=batch)


def p_flop(roi: ArrayLike, threshold: float, *, batch: ArrayLike | None = None) -> Estimate:
    """Return P(ROI < threshold)."""
    return probability(outcomes(roi) < threshold, batch=batch)


def p_zero_conversions(conversions: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return P(not one order)."""
    return probability(outcomes(conversions) == 0, batch=batch)


def p_beats(a: ArrayLike, b: ArrayLike, *, batch: ArrayLike | None = None) -> Estimate:
    """Return P(a > b) + P(a = b) / 2 over paired worlds. Raises: InputError for unequal lengths."""
    left, right = outcomes(a), outcomes(b)
    if len(left) != len(right):
        raise errors.InputError(f"paired outcomes need the same worlds; got {len(left)} and {len(right)}")
    return probability(won(left, right), batch=batch)


def won(left: Floats, right: Floats) -> Floats:
    """Return 1 in each world where left is larger, 0.5 where both are equal, else 0."""
    return ((left > right).astype(np.float64) + (left >= right)) / 2


def value_at_risk(profit: ArrayLike, alpha: float = 0.05, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the alpha-quantile of profit [money]: the profit that only alpha of the worlds stay under."""
    return quantile(profit, alpha, batch=batch)


def cvar(profit: ArrayLike, alpha: float = 0.05, *, batch: ArrayLike | None = None) -> Estimate:
    """Return the mean profit of the worst alpha of the worlds [money], the boundary world in part.

    The error comes from the influence function, with the quantile v taken as known: that of the mean of
    min(profit - v, 0) / alpha; not known (nan) from fewer than two worlds in the tail.

    References: Rockafellar and Uryasev 2000, J. Risk 2:21; model.md C9.
    """
    values = outcomes(profit)
    if not 0 < alpha <= 1:
        raise errors.InputError(f"alpha must be above 0 and at most 1; got {alpha}")
    return ranked(values, batches.batches(batch, len(values))).cvar(alpha)
