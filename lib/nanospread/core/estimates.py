"""Estimates: a number with its Monte Carlo standard error, and 95 % intervals of means and of shares."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from nanospread.core import errors
from nanospread.core.types import Floats, floats

CONFIDENCE = 0.95
Z95 = 1.959963984540054  # half of a 95 % interval, in standard deviations of a normal
Z80 = 1.2815515655446004  # of an 80 % interval

SURE = 2.0  # a word like "ahead" needs this distance from the turning point [standard errors]


@dataclass(frozen=True)
class Estimate:
    """Hold a number from simulated worlds and its Monte Carlo standard error.

    Parameters
    ----------
    value : float
        The number, in the measure's unit.
    se : float
        Its standard error, in the same unit.

    Examples
    --------
    >>> ns.Estimate(value=0.73, se=0.01)
    Estimate(value=0.73, se=0.01)
    """

    value: float
    se: float


def clearly_above(number: Estimate, level: float) -> bool:
    """Return whether a number is above a level by at least two of its standard errors."""
    return number.value - SURE * number.se >= level


def clearly_below(number: Estimate, level: float) -> bool:
    """Return whether a number is below a level by at least two of its standard errors."""
    return number.value + SURE * number.se <= level


def outcomes(x: ArrayLike) -> Floats:
    """Return x as one value for each world. Raises: InputError for no worlds, or any that is not finite."""
    values = np.asarray(x, dtype=np.float64).ravel()
    if not len(values) or not np.isfinite(values).all():
        raise errors.InputError("outcomes must be at least one world, all finite")
    return values


def check_share(name: str, share: float) -> None:
    """Raise InputError for a share outside 0-1."""
    if not 0 <= share <= 1:
        raise errors.InputError(f"{name} must be from 0 to 1; got {share}")


def t_half_width(freedom: float) -> float:
    """Return half of a 95 % interval of Student's t, in standard errors."""
    return float(special.stdtrit(freedom, (1 + CONFIDENCE) / 2))


def jackknife_se(leave_one_out: Floats) -> float:
    """Return the standard error of an estimate from its values without one part each, one for each part."""
    deviations = leave_one_out - leave_one_out.mean()
    return math.sqrt((len(deviations) - 1) / len(deviations) * float(deviations @ deviations))


def clustered_se(sums: Floats, n: float) -> float:
    """Return the standard error of a mean over n from its residuals, summed by cluster.

    References: Cameron and Miller 2015, J. Hum. Resour. 50:317.
    """
    clusters = len(sums)
    return math.sqrt(float(sums @ sums) * clusters / (clusters - 1)) / n


def wilson(share: ArrayLike, n: ArrayLike, freedom: Floats | float = math.inf) -> tuple[Floats, Floats]:
    """Return the ends of Wilson's 95 % interval of shares [0-1] seen in n trials, which may be a fraction.

    freedom: of Student's t in the place of the normal, where n itself is estimated.

    References: Wilson 1927, J. Am. Stat. Assoc. 22:209.
    """
    value, trials = floats(share), floats(n)
    z2 = np.square(special.stdtrit(freedom, (1 + CONFIDENCE) / 2))
    middle = (value + z2 / (2 * trials)) / (1 + z2 / trials)
    half = np.sqrt(z2 * (value * (1 - value) / trials + z2 / (4 * trials**2))) / (1 + z2 / trials)
    return np.clip(middle - half, 0.0, value), np.clip(middle + half, value, 1.0)  # else 1e-17 beyond
