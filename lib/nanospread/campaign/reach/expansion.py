"""A few vehicles with measured duplications -> contacts by Danaher's canonical expansion.

Reference: Danaher 1991, J. Marketing Research 28:361; model.md C4, V6.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nanospread.campaign.reach import contacts
from nanospread.core import errors
from nanospread.core.types import Floats, Places

MOST_CELLS = 1_000_000  # of the joint distribution: 8 MB, well under a second


@dataclass(frozen=True)
class Expansion:
    """P(0..n contacts) [share of the population], and the mass of negative cells that was cut [share].

    A cut well above 0 says that the pairs alone do not describe these audiences.
    """

    contacts: Floats
    cut: float


def canonical(
    once: ArrayLike, insertions: ArrayLike, duplications: ArrayLike, twice: ArrayLike | None = None
) -> Expansion:
    """Return the contacts with all vehicles together, from each vehicle and each pair of them.

    The product of the vehicles' beta-binomials times 1 + sum over pairs of rho_ij z_i z_j, where z is the
    number of contacts less its mean over its sd, and rho_ij the correlation of one insertion of i with one of
    j. Negative cells become 0, and the others are scaled to sum to 1.

    once, twice: reach of one and of two insertions of each vehicle, 0-1; twice is not needed for single ones.
    duplications: vehicles x vehicles, share who meet an insertion of both; the diagonal is not read.

    Raises: InputError for values that cannot be together, or more than a million cells.
    """
    each = contacts.shares(once, 1.0)
    times = _insertions(insertions, len(each))
    second = each if twice is None and times.max(initial=1) == 1 else contacts.shares(_given(twice), 1.0)
    _check_size(len(second), times)
    rho = _correlations(each, contacts.square(duplications, len(each)))
    own = [contacts.beta_binomial(p, q, n) for p, q, n in zip(each, second, times, strict=True)]
    joint = _joint(own, rho)
    kept = np.maximum(joint, 0.0)
    met = sum(np.ix_(*(np.arange(len(f)) for f in own)), np.zeros((), dtype=np.intp))
    together = np.bincount(met.ravel(), kept.ravel())
    return Expansion(together / together.sum(), float((kept - joint).sum()))


def _insertions(insertions: ArrayLike, n: int) -> Places:
    times = np.asarray(insertions).ravel()
    if len(times) != n or (times < 1).any() or (times != np.floor(times)).any():
        raise errors.InputError(f"insertions must be {n} whole numbers, 1 or more")
    return times.astype(np.intp)


def _given(twice: ArrayLike | None) -> ArrayLike:
    if twice is None:
        raise errors.InputError("twice, the reach of two insertions, is needed where a vehicle has several")
    return twice


def _check_size(n: int, times: Places) -> None:
    if n != len(times):
        raise errors.InputError(f"twice must be {len(times)} values; got {n}")
    if (cells := math.prod(int(t) + 1 for t in times)) > MOST_CELLS:
        raise errors.InputError(
            f"canonical expansion allows {MOST_CELLS:,} cells, about 19 single insertions; got {cells:.2g}: "
            "use sainsbury or metheringham"
        )


def _correlations(each: Floats, both: Floats) -> Floats:
    """Return the correlation of one insertion of each pair; 0 for a vehicle that meets nobody or all."""
    random = np.outer(each, each)
    least, most = np.maximum(each[:, None] + each - 1, 0), np.minimum.outer(each, each)
    off = np.triu((both < least - contacts.ROUNDING) | ~(both <= most + contacts.ROUNDING), 1)
    for i, j in np.argwhere(off)[:1]:
        raise errors.InputError(
            f"duplication of vehicles {i + 1} and {j + 1} must be from {least[i, j]:g} to {most[i, j]:g}; "
            f"got {both[i, j]:g}"
        )
    sd = np.sqrt(each * (1 - each))
    scale = np.outer(sd, sd)
    return np.asarray(np.divide(both - random, scale, out=np.zeros_like(both), where=scale > 0))


def _joint(own: list[Floats], rho: Floats) -> Floats:
    """Return the joint distribution, one axis for each vehicle; sums to 1, cells may be negative."""
    product, bent = np.ones(()), np.zeros(())
    scores = np.ix_(*(_scores(f) for f in own))
    for j, f in enumerate(np.ix_(*own)):
        product = product * f
        for i in range(j):
            bent = bent + rho[i, j] * scores[i] * scores[j]
    return np.asarray(product * (1 + bent))


def _scores(distribution: Floats) -> Floats:
    counts = np.arange(len(distribution))
    away = counts - counts @ distribution
    sd = math.sqrt(float(away**2 @ distribution))
    return np.asarray(away / sd if sd > 0 else 0 * away)
