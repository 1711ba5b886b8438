"""Brief -> what is believed of a row before the outreach log speaks, and whether the log may speak at all."""

from functools import cache

import numpy as np
from scipy import optimize, stats

from nanospread.campaign.brief import Assumption, published

LOG = "outreach log"  # how the source of a row that `measured` wrote begins
VAGUE = (0.1, 0.5, 0.9)  # of a rate that no row of the assumptions tells: uniform
EDGE = 0.001  # no typical rate is nearer to never or always
SURE = 1e6  # Beta precision of a rate whose low and high are the same

_published = cache(published)


def prior(row: Assumption) -> Assumption:
    """Return the published row in place of a brief's, or the brief's where its owner set it."""
    return row if owned(row) else _published()[row.name]


def owned(row: Assumption) -> bool:
    """Return whether the brief's owner set the row by hand; such a row wins over the log.

    A row that was calibrated from the log is not the owner's: the log would count twice.
    """
    calibrated = row.basis == "measured" and row.source.startswith(LOG)
    return row != _published()[row.name] and not calibrated


@cache
def beta(low: float, central: float, high: float) -> tuple[float, float]:
    """Return a and b of the Beta whose mean is central and whose 80 % interval is as wide as low to high.

    The mean and not the median is met, since that is how the simulation reads the central value. A Beta with
    two humps is refused: an interval too wide for one hump counts as the widest that has one.
    """
    mean = min(max(central, EDGE), 1 - EDGE)
    widest, wanted = 1 / min(mean, 1 - mean), high - low

    def excess(log_precision: float) -> float:
        a, b = _beta(mean, np.exp(log_precision))
        return float(np.diff(stats.beta.ppf([0.1, 0.9], a, b))[0]) - wanted

    ends = float(np.log(widest)), float(np.log(SURE))
    if excess(ends[0]) <= 0:
        return _beta(mean, widest)
    if excess(ends[1]) >= 0:
        return _beta(mean, SURE)
    return _beta(mean, float(np.exp(optimize.brentq(excess, *ends))))


def _beta(mean: float, precision: float) -> tuple[float, float]:
    return mean * precision, (1 - mean) * precision
