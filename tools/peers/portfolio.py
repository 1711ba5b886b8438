"""The portfolio that the shortlist and skfolio choose alike: shares of a budget, mean against CVaR.

Returns are log-normal with a shock common to all and one for each niche. No creator takes more than LARGEST
of the budget, no niche more than OF_NICHE; (1 - CAUTION) of the mean and CAUTION of the mean of the worst
twentieth of worlds is maximised. Of 200 creators or more enough are worth it for all of the budget to be
used: skfolio must use all, the shortlist need not.
"""

import numpy as np
from numpy.typing import NDArray

LARGEST, OF_NICHE, CAUTION = 0.02, 0.2, 0.5
NICHES = 9


def returns(n_creators: int, n_worlds: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return what a unit of money brings beyond itself [worlds x creators], and each creator's niche."""
    random = np.random.default_rng(seed)
    niche = random.integers(0, NICHES, n_creators)
    luck = (
        0.2 * random.standard_normal((n_worlds, 1))
        + 0.3 * random.standard_normal((n_worlds, NICHES))[:, niche]
    )
    own = 0.8 * random.standard_normal((n_worlds, n_creators))
    level = 0.18 + 0.2 * random.standard_normal(n_creators).clip(-2, 2)
    return np.exp(level + luck + own - 0.385) - 1, niche


def objective(gained: NDArray[np.float64]) -> float:
    """Return the objective of a portfolio from what it gains in each world."""
    tail = np.sort(gained)[: round(0.05 * len(gained))]
    return float((1 - CAUTION) * gained.mean() + CAUTION * tail.mean())
