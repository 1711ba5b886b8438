"""Weeks -> a test without regions: in each pair of spans of weeks the campaign is on in one, drawn by lot.

The estimate is the mean over pairs of the logarithm of orders on over orders off. The test turns each pair
round, in every combination: exact whatever season and trend do, where orders of a span fall into that span.

References: Fisher 1935, The Design of Experiments, 21; Bojinov, Simchi-Levi and Zhao 2023,
Manag. Sci. 69:3759.
"""

from functools import lru_cache

import numpy as np

from nanospread.campaign.lift_tests.splits import LEAST, LEVEL, EffectEstimate, interval
from nanospread.campaign.simulation import draws
from nanospread.core.types import Floats

FEWEST_PAIRS, MOST_PAIRS = 7, 12  # with 6 pairs the size of a 5 % test is 3 %


@lru_cache(maxsize=MOST_PAIRS)
def turns(pairs: int) -> Floats:
    """Return every combination of 1 (on in the first span) and -1 (in the second), one row each."""
    codes = np.arange(1 << pairs)
    return np.where((codes[:, None] >> np.arange(pairs)) & 1, 1.0, -1.0)


def contrasts(spans: Floats) -> Floats:
    """Return the log of first over second span. spans: ... x 2 pairs, orders."""
    logs = np.log(np.maximum(spans, LEAST))
    return np.asarray(logs[..., 0::2] - logs[..., 1::2])


def tested(first: Floats, of: Floats) -> EffectEstimate:
    """Return the estimate, tested among all turns. first: 1 or -1 by pair. of: the pairs' contrasts."""
    every = turns(len(of))

    def surprise(effect: float) -> float:
        left = of - effect * first
        return float(np.mean(np.abs(every @ left) >= abs(first @ left) - 1e-12))

    effect = float(first @ of) / len(of)
    return EffectEstimate(effect, surprise(0.0), *interval(surprise, effect))


def power(effect: float, first: Floats, spans: Floats, luck: float) -> float:
    """Return how often an effect [log] would be seen by the turns chosen, as placebos tell.

    first: turns x pairs. spans: windows x 2 pairs, orders in which nothing happened. luck: share [0-1] of
    what a span differs from its pair's mean that is luck.
    """
    every, seen = turns(first.shape[1]), []
    on = np.repeat(first > 0, 2, axis=1)
    on[:, 1::2] ^= True
    for window in spans:
        # A campaign adds to what the shop sells at the time, of which luck is no part.
        usual = window - luck * (window - window.reshape(-1, 2).mean(axis=1).repeat(2))
        added = draws.counts(1, "lift test", "added", np.expm1(effect) * usual * on)
        of = contrasts(window + added)  # turns x pairs
        own = np.abs((first * of).sum(axis=1))
        seen.append(np.mean((np.abs(every @ of.T) >= own - 1e-12).mean(axis=0) <= LEVEL))
    return float(np.mean(seen))
