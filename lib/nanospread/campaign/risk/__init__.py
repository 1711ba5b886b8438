"""Outcomes -> one number per function, each with its Monte Carlo standard error.

Inputs are arrays with one value for each world, in any order (paired ones in the same order). Money is in the
brief's currency, shares are 0-1. `se` is the error of the simulation alone: what another seed would change,
not how wrong the assumptions may be. It is nan where one world cannot tell.

batch: labels 0, 1, ... of the independent batch that each world is of, such as `world % BATCHES`. Worlds of
one Sobol scramble are not independent of each other, so the error comes from the spread between the batches
(`batches`); without labels, or with fewer than 8 that have two worlds each, worlds count as independent.

A share estimated from k of n worlds has the standard error of (k + 1) / (n + 2), so that 0 of n never claims
to be known exactly (Laplace's rule; it differs from the plain one by less than 1 % once k is above 50). With
batches that error is only the least.

`measures` has one function for each measure, `campaign` puts them in the summary, `streaming` does so for
more worlds than fit in memory, `swept` follows them along an assumption, `variance` tells where the risk
comes from, `information` what a pilot is worth, `closed` what simple worlds must come to.
"""

from nanospread.campaign.risk import closed
from nanospread.campaign.risk.batches import BATCHES
from nanospread.campaign.risk.campaign import MEASURED, by_arm, estimate, summary
from nanospread.campaign.risk.closed import effective_n
from nanospread.campaign.risk.information import evpi, evpi_between, evsi, unit_loss
from nanospread.campaign.risk.measures import (
    coefficient_of_variation,
    cvar,
    mean,
    p_beats,
    p_flop,
    p_loss,
    p_zero_conversions,
    probability,
    quantile,
    value_at_risk,
)
from nanospread.campaign.risk.ranked import LEAST_TAIL
from nanospread.campaign.risk.streaming import streamed
from nanospread.campaign.risk.swept import break_even, break_even_kappa, by_count, by_share, by_value
from nanospread.campaign.risk.variance import variance_split
from nanospread.core.estimates import Estimate

__all__ = [
    "BATCHES",
    "LEAST_TAIL",
    "MEASURED",
    "Estimate",
    "break_even",
    "break_even_kappa",
    "by_arm",
    "by_count",
    "by_share",
    "by_value",
    "closed",
    "coefficient_of_variation",
    "cvar",
    "effective_n",
    "estimate",
    "evpi",
    "evpi_between",
    "evsi",
    "mean",
    "p_beats",
    "p_flop",
    "p_loss",
    "p_zero_conversions",
    "probability",
    "quantile",
    "streamed",
    "summary",
    "unit_loss",
    "value_at_risk",
    "variance_split",
]
