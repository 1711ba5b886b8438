"""Value of information: what knowing more before choosing is worth, in money.

Two actions, one of which gains N(mu, sd^2) over the other, as far as is known today. One chooses the other
wherever mu is below 0, so that certainty can only add: the loss it spares. A pilot adds part of that.

References: Raiffa and Schlaifer 1961, Applied Statistical Decision Theory, ch. 5; model.md C12, V14.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from nanospread.campaign.risk import batches
from nanospread.core import errors
from nanospread.core.estimates import Estimate, check_share, outcomes


def unit_loss(u: float) -> float:
    """Return phi(u) - u Phi(-u): by how much a standard normal is above u, on average over all draws."""
    return math.exp(-u * u / 2) / math.sqrt(2 * math.pi) - u * float(special.ndtr(-u))


def evpi(mu: float, sd: float) -> float:
    """Return the expected value of perfect information [money]: sd unit_loss(|mu| / sd).

    mu, sd: mean and sd of the gain [money]; sd 0 or more. Raises: InputError for an sd below 0.
    """
    _check_sd("sd", sd)
    return max(sd * unit_loss(abs(mu) / sd), 0.0) if sd > 0 else 0.0


def _check_sd(name: str, sd: float) -> None:
    if not sd >= 0:
        raise errors.InputError(f"{name} must be 0 or more; got {sd}")


def evsi(mu: float, sd: float, se: float, n: int, rho: float) -> float:
    """Return the expected value of a pilot with n creators in one period [money]: from 0 to `evpi`.

    s' unit_loss(|mu| / s'), where s'^2 = sd^4 / (sd^2 + se^2 ((1 - rho) / n + rho)) is the variance that the
    pilot is expected to explain. What all creators of one period share, it cannot average out, whatever n.

    mu, sd: mean and sd of the gain [money]. se: sd of one creator's result around the gain [money]. n: 0 or
    more. rho: correlation of two creators' results in the period, 0-1.

    Raises: InputError for an sd, se, n or rho outside its range.
    """
    for name, value in (("sd", sd), ("se", se), ("n", n)):
        _check_sd(name, value)
    check_share("rho", rho)
    if n == 0 or sd == 0:
        return 0.0
    noise = se**2 * ((1 - rho) / n + rho)
    return evpi(mu, sd / math.sqrt(1 + noise / sd**2))


def evpi_between(profits: Sequence[ArrayLike], batch: ArrayLike | None = None) -> Estimate:
    """Return what knowing the world beforehand adds [money]: E[max over arms] - max over arms of E.

    profits: of each arm, in the same worlds in the same order. The error takes the best arm as known.

    Raises: InputError for no arm, or arms of different length.
    """
    arms = [outcomes(profit) for profit in profits]
    if not arms or len({len(arm) for arm in arms}) > 1:
        raise errors.InputError(
            f"paired outcomes need the same worlds of at least one arm; got {[len(arm) for arm in arms]}"
        )
    best = max(arms, key=lambda arm: float(arm.mean()))
    spared = np.maximum.reduce(arms) - best
    return Estimate(float(spared.mean()), batches.se(spared, batches.batches(batch, len(best))))
