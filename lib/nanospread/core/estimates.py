"""The number that every measure returns, and the values that it takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nanospread.core import errors
from nanospread.core.types import Floats


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
