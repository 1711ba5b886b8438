"""Ways that a test may be drawn by lot -> the estimate of the one that was drawn, tested among all of them.

Regions: half of them get the campaign. The estimate is the difference in differences of logarithms of total
orders, which is the coefficient of a Poisson regression with effects of region and week. The test asks how
far out it lies among the estimates of all divisions that might have been drawn.

Weeks, without regions: in each pair of spans of weeks the campaign is on in one. The estimate is the mean
over pairs of the logarithm of orders on over orders off. The test turns each pair round, in every
combination, where orders of a span fall into that span.

Both are exact whatever the orders, season and trend look like, since the draw was ours.

References: Fisher 1935, The Design of Experiments; Rosenbaum 2002, Observational Studies, 2; Bojinov,
Simchi-Levi and Zhao 2023, Manag. Sci. 69:3759.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from nanospread.campaign.simulation import draws
from nanospread.core.types import Flags, Floats, Ints

FEWEST_REGIONS = 8  # with fewer there are too few ways to divide them for one to be far out
PAIRS = 20  # a division and its reverse are as far out: of so many, 1 is 5 %
MOST_PAIRS, LEAST_PAIRS = 240, 100
ENUMERATED = 14  # regions up to which every division is looked at
TRIED = 8_000  # divisions looked at beyond
LEVEL = 0.05
FIRST, WIDENED, FARTHEST = 0.01, 1.2, 5.0  # ends of an interval are looked for so far off [log orders]
LEAST = 0.5  # orders: of none there is no logarithm
FEWEST_SPAN_PAIRS, MOST_SPAN_PAIRS = 7, 12  # pairs of spans: with 6 the size of a 5 % test is 3 %


class EffectEstimate(NamedTuple):
    """An estimate, its p-value and its 95 % interval [log of orders with over orders without]."""

    effect: float
    p: float
    low: float
    high: float


def divisions(sizes: Floats) -> Flags:
    """Return which regions get the campaign, one row per division that may be drawn: even ones, and reversed.

    sizes: orders of each region before. A quarter of all divisions stays, those nearest to half of the orders
    on each side; 100 pairs at least where there are as many, 240 at most.
    """
    every = _every(len(sizes))
    share = every @ sizes / sizes.sum()
    order = np.argsort(np.abs(share - 0.5), kind="stable")
    order = order[: max(len(order) // 4, min(LEAST_PAIRS, len(order)))]
    number = min(MOST_PAIRS, len(order)) // PAIRS * PAIRS
    chosen = every[np.sort(order[np.linspace(0, len(order) - 1, number).astype(int)])]
    return np.concatenate([chosen, ~chosen])


@lru_cache(maxsize=8)
def _every(n: int) -> Flags:
    """Return divisions of n regions, those that are the reverse of another once."""
    if n <= ENUMERATED:
        codes = np.arange(1, 1 << (n - 1))
        return np.asarray((codes[:, None] >> np.arange(n)) & 1 == 1)
    picks = draws.uniforms(1, "lift test", "divisions", TRIED * n).reshape(TRIED, n)
    some = picks.argsort(axis=1) < n // 2
    some ^= some[:, :1]  # the first region on the same side in all
    return np.asarray(np.unique(some, axis=0))


def estimates(among: Flags, before: Floats, after: Floats) -> Floats:
    """Return the estimate of each division [log]. before, after: orders by region, or regions x cases."""
    treated = among.astype(np.float64)

    def grown(weights: Floats) -> Floats:
        return np.log(np.maximum(weights @ after, LEAST)) - np.log(np.maximum(weights @ before, LEAST))

    return grown(treated) - grown(1 - treated)


def tested_regions(treated: Flags, among: Flags, before: Floats, after: Floats) -> EffectEstimate:
    """Return the estimate of a division, tested among those that might have been drawn.

    The interval holds the effects that, taken off, would leave nothing far out.
    """

    def surprise(effect: float) -> float:
        without = np.where(treated, after * np.exp(-effect), after)
        estimate = estimates(treated[None], before, without)
        return float(np.mean(np.abs(estimates(among, before, without)) >= np.abs(estimate) - 1e-12))

    effect = float(estimates(treated[None], before, after)[0])
    return EffectEstimate(effect, surprise(0.0), *interval(surprise, effect))


def interval(surprise: Callable[[float], float], effect: float) -> tuple[float, float]:
    """Return the ends of the effects about the estimate that a test does not rule out; infinite: all of them.

    surprise: the p-value of an effect.
    """
    ends = []
    for side in (-1, 1):
        inside, step = effect, FIRST
        while step <= FARTHEST and surprise(effect + side * step) > LEVEL:
            inside, step = effect + side * step, WIDENED * step
        if step > FARTHEST:
            ends.append(side * np.inf)
            continue
        outside = effect + side * step
        for _ in range(30):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if surprise(middle) > LEVEL else (inside, middle)
        ends.append(inside)
    return ends[0], ends[1]


def power_of_regions(effect: float, among: Flags, chosen: Ints, before: Floats, after: Floats) -> float:
    """Return how often an effect [log] would be seen by the divisions chosen, as placebos tell.

    among: as `divisions`. before, after: windows x regions, in which nothing happened.
    """
    treated, pairs, detected = among[chosen].astype(np.float64), among[: len(among) // 2], []
    for earlier, later in zip(before, after, strict=True):
        # A campaign adds to what a region sells at the time; half of its luck counts as that.
        usual = (later + earlier * later.sum() / max(earlier.sum(), LEAST)) / 2
        mean = np.expm1(effect) * usual * treated
        lifted = (later + draws.counts(1, "lift test", "added", mean)).T  # regions x chosen
        every = np.abs(estimates(pairs, earlier[:, None], lifted))
        own_estimates = every[
            chosen % len(pairs), np.arange(len(chosen))
        ]  # a division is as far out as its reverse
        detected.append(np.mean((every >= own_estimates - 1e-12).mean(axis=0) <= LEVEL))
    return float(np.mean(detected))


@lru_cache(maxsize=MOST_SPAN_PAIRS)
def turns(pairs: int) -> Floats:
    """Return every combination of 1 (on in the first span) and -1 (in the second), one row each."""
    codes = np.arange(1 << pairs)
    return np.where((codes[:, None] >> np.arange(pairs)) & 1, 1.0, -1.0)


def contrasts(spans: Floats) -> Floats:
    """Return the log of first over second span. spans: ... x 2 pairs, orders."""
    logs = np.log(np.maximum(spans, LEAST))
    return np.asarray(logs[..., 0::2] - logs[..., 1::2])


def tested_weeks(first: Floats, logs: Floats) -> EffectEstimate:
    """Return the estimate, tested among all turns. first: 1 or -1 by pair. logs: the pairs' contrasts."""
    every = turns(len(logs))

    def surprise(effect: float) -> float:
        left = logs - effect * first
        return float(np.mean(np.abs(every @ left) >= abs(first @ left) - 1e-12))

    effect = float(first @ logs) / len(logs)
    return EffectEstimate(effect, surprise(0.0), *interval(surprise, effect))


def power_of_weeks(effect: float, first: Floats, spans: Floats, luck: float) -> float:
    """Return how often an effect [log] would be seen by the turns chosen, as placebos tell.

    first: turns x pairs. spans: windows x 2 pairs, orders in which nothing happened. luck: share [0-1] of
    what a span differs from its pair's mean that is luck.
    """
    every, detected = turns(first.shape[1]), []
    on = np.repeat(first > 0, 2, axis=1)
    on[:, 1::2] ^= True
    for window in spans:
        # A campaign adds to what the shop sells at the time, of which luck is no part.
        usual = window - luck * (window - window.reshape(-1, 2).mean(axis=1).repeat(2))
        added = draws.counts(1, "lift test", "added", np.expm1(effect) * usual * on)
        logs = contrasts(window + added)  # turns x pairs
        own_estimates = np.abs((first * logs).sum(axis=1))
        detected.append(np.mean((np.abs(every @ logs.T) >= own_estimates - 1e-12).mean(axis=0) <= LEVEL))
    return float(np.mean(detected))
