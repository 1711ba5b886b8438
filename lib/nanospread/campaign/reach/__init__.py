"""Individual reaches -> unique reach and frequency, with both bounds: reach is never a silent sum.

`contacts` has the classical exposure distributions, `expansion` Danaher's for a few vehicles, `pairs` net
reach from pairwise duplications, `limits` what nothing can exceed, `overlap` what measured overlaps say, and
`people` puts them together for named creators under a brief. All but `people` take audiences as people of a
population, or as shares of it (population 1).
"""

from nanospread.campaign.reach.contacts import (
    at_least,
    beta_binomial,
    binomial,
    frequency,
    metheringham,
    reached,
    sainsbury,
)
from nanospread.campaign.reach.expansion import Expansion, canonical
from nanospread.campaign.reach.limits import Bounds, bounds
from nanospread.campaign.reach.overlap import Pool, duplications, measured, niche_pool
from nanospread.campaign.reach.pairs import agostini, net
from nanospread.campaign.reach.people import Reach, curve, frequencies, unique

__all__ = [
    "Bounds",
    "Expansion",
    "Pool",
    "Reach",
    "agostini",
    "at_least",
    "beta_binomial",
    "binomial",
    "bounds",
    "canonical",
    "curve",
    "duplications",
    "frequencies",
    "frequency",
    "measured",
    "metheringham",
    "net",
    "niche_pool",
    "reached",
    "sainsbury",
    "unique",
]
