"""What it is worth to know the level of sales before the budget is spent, and what a pilot tells of it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.creators.engagement import EngagementModel

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

    The choice is between nano, the macro and spending nothing. kappa lies between its low and high, most
    likely near its central value. Orders are proportional to it, so each arm's mean profit is a line in
    kappa. One creator tells kappa to its own relative spread, and creators of one pilot share their
    campaign's luck, which no number of them averages out: told = s^2 / (s^2 + se^2 ((1 - rho) / n + rho)) of
    model.md C12; what kappa will be thought to be after the pilot spreads sqrt(told) times as far as it does
    now.

    nan where nobody orders, whatever kappa is.

    Raises: InputError for creators out of range.
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
    rho, noise, cost = _of_one(engagement, brief, creators, n_worlds, seed)
    error = (noise * kappa.mean()) ** 2 * ((1 - rho) / creators + rho)
    told = kappa.var() / (kappa.var() + error) if kappa.var() > 0 else 0.0
    after = kappa.mean() + np.sqrt(told) * (kappa - kappa.mean())
    return Pilot(creators, cost, worth(lines, kappa), worth(lines, after), float(told), noise, rho)


def worth(lines: Sequence[tuple[float, float]], kappa: NDArray[np.float64]) -> float:
    """Return what it is worth to choose after kappa is known: E[max profit] - max E[profit] [money].

    lines: (earned per kappa, cost) [money] of each arm; spending nothing is always a choice. kappa: equally
    likely values.
    """
    profit = np.array([earned * kappa - cost for earned, cost in lines] + [0.0 * kappa])
    return float(profit.max(axis=0).mean() - profit.mean(axis=1).max())


def _of_one(
    engagement: EngagementModel, brief: Brief, creators: int, n_worlds: int, seed: int
) -> tuple[float, float, float]:
    """Return how one creator's orders correlate with another's, their cv, and what the pilot costs.

    cv^2 of N creators is shared + own / N through the smallest and the largest number.
    """
    rows = simulation.spread(engagement, brief, counts={*COUNTS, creators}, n_worlds=n_worlds, seed=seed)
    found = risk.by_count(rows).set_index("creators")["cv"] ** 2
    alone, many = found.loc[COUNTS[0]], found.loc[COUNTS[-1]]
    own = (alone - many) / (1 - 1 / COUNTS[-1])
    shared = max(0.0, alone - own)
    cost = rows.loc[rows["creators"] == creators, "cost"].iloc[0]
    return float(shared / alone), float(np.sqrt(alone)), float(cost)
