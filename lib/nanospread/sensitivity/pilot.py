"""What it is worth to know the level of sales before the budget is spent, and what a pilot tells of it."""

from typing import NamedTuple

import numpy as np
from scipy import special

from nanospread import errors, risk, simulate
from nanospread.brief import Brief
from nanospread.engagement import EngagementModel

SCORES = special.ndtri((np.arange(1_000) + 0.5) / 1_000)  # of the values of kappa that are weighed
COUNTS = (1, 4, 16, 64)


class Pilot(NamedTuple):
    """A pilot of so many nano creators: its cost, and what it is worth beside knowing for sure [money].

    mean, sd: of what nano gains over the better of the macro and nothing, as kappa is uncertain [money];
    noise: what one creator's post errs about it [money]; rho: the part of that which its creators share.
    """

    creators: int
    cost: float
    perfect: float
    sample: float
    mean: float
    sd: float
    noise: float
    rho: float


def pilot(
    engagement: EngagementModel, brief: Brief, *, creators: int = 10, n_worlds: int, seed: int
) -> Pilot:
    """Return the value of perfect information on kappa, and of a pilot of so many creators.

    kappa is spread over its low, central and high (10, 50 and 90 %). Orders are proportional to it, so each
    arm's mean profit is a line in kappa. One creator tells kappa to its own relative spread, and creators of
    one pilot share their campaign's luck, which no number of them averages out (facts.md C12). Normal
    approximations, as `risk.evpi` and `risk.evsi`.

    Raises: InputError for creators out of range or a central kappa of 0.
    """
    level = brief.assumptions["kappa"]
    if level.central <= 0:
        raise errors.InputError("kappa must be above 0 for a pilot to tell it")
    nano = f"nano_{brief.nano.offer}"
    worlds = simulate.campaign(engagement, brief, n_worlds=n_worlds, seed=seed, only=[nano, "macro"]).worlds
    means = worlds.groupby("arm", observed=True)[["profit", "cost"]].mean()
    earned = (means["profit"] + means["cost"]) / level.central
    kappa = level.at(SCORES)
    profit = {arm: earned[arm] * kappa - means.loc[arm, "cost"] for arm in (nano, "macro")}
    other = profit["macro"] if profit["macro"].mean() > 0 else np.zeros_like(kappa)
    gain = profit[nano] - other
    slope = earned[nano] - (earned["macro"] if other.any() else 0.0)
    rho, cv, cost = _of_one(engagement, brief, creators, n_worlds, seed)
    mean, sd, noise = float(gain.mean()), float(gain.std()), abs(float(slope)) * float(kappa.mean()) * cv
    return Pilot(
        creators=creators,
        cost=cost,
        perfect=risk.evpi(mean, sd),
        sample=risk.evsi(mean, sd, noise, creators, rho),
        mean=mean,
        sd=sd,
        noise=noise,
        rho=rho,
    )


def _of_one(
    engagement: EngagementModel, brief: Brief, creators: int, n_worlds: int, seed: int
) -> tuple[float, float, float]:
    """Return how one creator's orders correlate with another's, their cv, and what the pilot costs.

    cv^2 of N creators is shared + own / N through the smallest and the largest number.
    """
    rows = simulate.spread(engagement, brief, counts={*COUNTS, creators}, n_worlds=n_worlds, seed=seed)
    found = risk.by_count(rows).set_index("creators")["cv"] ** 2
    alone, many = found.loc[COUNTS[0]], found.loc[COUNTS[-1]]
    own = (alone - many) / (1 - 1 / COUNTS[-1])
    shared = max(0.0, alone - own)
    cost = rows.loc[rows["creators"] == creators, "cost"].iloc[0]
    return float(shared / alone), float(np.sqrt(alone)), float(cost)
