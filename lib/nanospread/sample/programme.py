"""Invented ambassadors, and how far the audiences of some creators overlap."""

from datetime import timedelta
from itertools import combinations

import numpy as np
import pandas as pd

from nanospread.sample.accounts import MONDAY, WEEKS

AMBASSADORS = 60
FIRST, SPAN = MONDAY - timedelta(days=300), 350  # days over which they joined
PERIOD = 28  # days
ALPHA, BETA = 0.9, 3.2  # shifted-beta-geometric, between the two cohorts of model.md C7
MEASURED = 14  # nano creators whose audiences somebody compared, pair by pair
POOL = 1_200_000  # people who follow one niche
POOL_OTHER = 5_000_000  # the same of two different niches
NOISE = 0.6  # sd of the log of a measured overlap


def ambassadors(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return who joined the programme and when each left, by the day they joined."""
    nano = accounts.loc[accounts["tier"] == "nano", "creator"].to_numpy()
    joined = np.sort(rng.integers(0, SPAN, AMBASSADORS))
    stayed = rng.geometric(rng.beta(ALPHA, BETA, AMBASSADORS)) * PERIOD - rng.integers(0, PERIOD, AMBASSADORS)
    begun = [FIRST + timedelta(days=int(day)) for day in joined]
    ended = [day + timedelta(days=int(days)) for day, days in zip(begun, stayed, strict=True)]
    last = MONDAY + timedelta(weeks=WEEKS)
    return pd.DataFrame(
        {
            "creator": rng.choice(nano, AMBASSADORS, replace=False),
            "joined_at": begun,
            "left_at": [day if day < last else "" for day in ended],
        }
    )


def overlaps(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the smaller audience that follows both, of each pair of some nano creators."""
    nano = accounts[accounts["tier"] == "nano"].sort_values("niche", kind="stable")
    some = nano[nano["niche"].isin(["fashion", "food"])].groupby("niche").head(MEASURED // 2)
    rows = list(zip(some["creator"], some["niche"], some["w11"], strict=True))
    luck = iter(np.exp(rng.normal(-(NOISE**2) / 2, NOISE, len(rows) ** 2)))
    return pd.DataFrame(
        [
            (one, other, f"{max(f, g) / (POOL if niche == its else POOL_OTHER) * next(luck):.4f}")
            for (one, niche, f), (other, its, g) in combinations(rows, 2)
        ],
        columns=["creator", "other", "overlap"],
    )
