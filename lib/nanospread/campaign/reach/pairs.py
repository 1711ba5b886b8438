"""Audiences and the duplication of each pair -> net reach: how many different people.

audiences: [people], or shares of a population. duplications: a symmetric matrix in the same unit, the people
in both audiences; the diagonal is not read.
"""

import numpy as np
from numpy.typing import ArrayLike

from nanospread.campaign.reach import contacts
from nanospread.core.types import Floats

AGOSTINI = 1.125  # fitted by Agostini to French magazines (J. Advertising Research 1961)
_X, _W = np.polynomial.legendre.leggauss(32)
AT, WEIGHTS = (_X + 1) / 2, _W / 2  # of a mean over 0-1: exact for polynomials of degree 63


def agostini(audiences: ArrayLike, duplications: ArrayLike) -> float:
    """Return Agostini's net reach A^2 / (A + 1.125 D), A the sum of audiences, D that of all pairs."""
    each = np.asarray(audiences, dtype=np.float64)
    gross, shared = float(each.sum()), float(np.triu(contacts.square(duplications, len(each)), 1).sum())
    return gross**2 / (gross + AGOSTINI * shared) if gross > 0 else 0.0


def net(audiences: ArrayLike, duplications: ArrayLike) -> float:
    """Return the different people in all audiences, each person shared among the creators who reach it.

    Of those whom creator i reaches, creator j reaches the share duplication_ij / audience_i, independently of
    the other creators. Exact for two audiences, for audiences that overlap at random (Sainsbury), that share
    nobody, and that are the same; low where a few people are reached by nearly everyone: in made
    populations by at most 6 % while a reached person is reached by up to 0.7 others on average, by up to a
    third where by 3 others. Never rises with a duplication.
    """
    each = np.asarray(audiences, dtype=np.float64)
    return float(running(each, contacts.square(duplications, len(each)))[-1]) if len(each) else 0.0


def running(audiences: Floats, duplications: Floats) -> Floats:
    """Return `net` of the first 1, 2, ... n audiences, in time n^2.

    sum over i of a_i x mean over s in 0-1 of prod over j of (1 - s d_ij / a_i), since the mean of s^k is
    1 / (k + 1). The mean is a Gauss sum, exact to 1e-12 while nobody meets more than a hundred others.
    """
    whole = np.where(audiences > 0, audiences, 1.0)
    also = np.minimum(duplications / whole[:, None], 1.0)
    left = np.ones((len(audiences), len(AT)))
    found = np.empty(len(audiences))
    for k in range(len(audiences)):
        left[:k] *= 1 - also[:k, k, None] * AT
        left[k] = np.prod(1 - also[k, :k, None] * AT, axis=0)
        found[k] = audiences[: k + 1] @ (left[: k + 1] @ WEIGHTS)
    return found
