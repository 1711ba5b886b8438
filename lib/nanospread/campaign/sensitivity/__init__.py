"""Model + brief -> how far each assumption moves the odds: tornado, map, indices, break-evens, a pilot.

Always about two arms, the nano arm with the brief's offer and the macro: gain is the mean profit of the first
minus that of the second, profit that of the nano arm [money], beats the probability that nano beats the
macro, loss that nano loses money, each with its Monte Carlo error. All values are played in the same worlds,
so what differs is the assumption and not the luck.

Where worlds draw beliefs, `Information` tells from those worlds alone what each belief is worth knowing, how
much of the spread it carries, and where an option breaks even; the rest plays further campaigns.

An assumption ranges from low to high of the brief, on a log scale where low is above 0 and high at least ten
times as large. A value that cannot be, such as rho_campaign + rho_niche above 1 or a list too long to work
through, is drawn back towards the brief's own value until it can.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.sensitivity.information import NOTHING, Information
from nanospread.campaign.sensitivity.jointly import heat_map, indices
from nanospread.campaign.sensitivity.one_at_a_time import break_evens, tornado
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

__all__ = [
    "NOTHING", "Information", "Pilot", "break_evens", "heat_map", "indices", "pilot", "tornado", "worth",
]  # fmt: skip

SCORES = special.ndtri(0.1 + 0.8 * (np.arange(1_000) + 0.5) / 1_000)  # of kappa between its low and high
COUNTS = (1, 4, 16, 64)


class Pilot(NamedTuple):
    """A pilot of so many nano creators: its cost, and what it is worth beside knowing for sure [money].

    told: the part of kappa's variance that the pilot removes; noise: what one creator's post errs about it,
    relative to it; rho: the part of that which the creators of one pilot share.
    """

    creators: int
    cost: float
    perfect: float
    sample: float
    told: float
    noise: float
    rho: float


def pilot(
    engagement: EngagementModel, brief: Brief, *, creators: int = 10, n_worlds: int, seed: int
) -> Pilot:
    """Return the value of perfect information on kappa, and of a pilot of so many creators.

    The choice is between nano, the macro and spending nothing; nan where nobody orders. kappa lies between
    its low and high, most likely near its central value; mean profits are lines in it. One creator tells
    kappa to its own relative spread, and creators of one pilot share their campaign's luck: `told` of
    model.md C12. After the pilot the expected kappa spreads sqrt(told) times as far as kappa does now.
    """
    level = brief.assumptions.kappa
    if level.central <= 0:
        return Pilot(creators, *[math.nan] * 6)
    nano = f"nano_{brief.nano.offer}"
    worlds = simulation.campaign(engagement, brief, n_worlds=n_worlds, seed=seed, only=[nano, "macro"]).worlds
    means = worlds.groupby("arm", observed=True)[["profit", "cost"]].mean()
    earned = (means["profit"] + means["cost"]) / level.central
    lines = list(zip(earned.tolist(), means["cost"].tolist(), strict=True))
    kappa = level.at(SCORES)
    rho, noise, cost = _one_creator(engagement, brief, creators, n_worlds, seed)
    error = (noise * kappa.mean()) ** 2 * ((1 - rho) / creators + rho)
    told = kappa.var() / (kappa.var() + error) if kappa.var() > 0 else 0.0
    after = kappa.mean() + np.sqrt(told) * (kappa - kappa.mean())
    return Pilot(creators, cost, worth(lines, kappa), worth(lines, after), float(told), noise, rho)


def worth(lines: Sequence[tuple[float, float]], kappa: Floats) -> float:
    """Return what it is worth to choose after kappa is known: E[max profit] - max E[profit] [money].

    lines: (earned per kappa, cost) of each arm, beside spending nothing. kappa: equally likely values.
    """
    profit = np.array([earned * kappa - cost for earned, cost in lines] + [0.0 * kappa])
    return float(profit.max(axis=0).mean() - profit.mean(axis=1).max())


def _one_creator(
    engagement: EngagementModel, brief: Brief, creators: int, n_worlds: int, seed: int
) -> tuple[float, float, float]:
    """Return how one creator's orders correlate with another's, their cv, and what the pilot costs."""
    rows = simulation.spread(engagement, brief, counts={*COUNTS, creators}, n_worlds=n_worlds, seed=seed)
    squared = risk.by_count(rows).set_index("creators")["cv"] ** 2
    alone, many = squared.loc[COUNTS[0]], squared.loc[COUNTS[-1]]
    individual = (alone - many) / (1 - 1 / COUNTS[-1])
    shared = max(0.0, alone - individual)
    cost = rows.loc[rows["creators"] == creators, "cost"].iloc[0]
    return float(shared / alone), float(np.sqrt(alone)), float(cost)
