"""Invented accounts: handle, niche, tier, followers by week, and how their audience engages; ambassadors.

Account-level draws are spread evenly and jointly (an additive recurrence, "R_d", from a random start): each
niche of a tier, however few its accounts, then shows the spread of followers and engagement that it should.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import ndtri

MONDAY = date(2026, 8, 24)  # the first day of 2026-W35
WEEKS = 12  # to Sunday 2026-11-15, the last day of 2026-W46


@dataclass(frozen=True)
class Tier:
    """How the accounts of one tier are made; medians and shares are model.md D1 and D5."""

    accounts: int
    low: float  # followers
    high: float
    slope: float  # of ln ER on ln followers inside the tier
    comment_share: float  # median of comments / (likes + comments)


TIERS = {
    "nano": Tier(235, 1_000, 10_000, -0.30, 0.039),
    "micro": Tier(105, 10_000, 100_000, -0.15, 0.026),
    "macro": Tier(45, 100_000, 1_000_000, -0.12, 0.0115),
    "mega": Tier(15, 1_000_000, 6_000_000, -0.12, 0.0065),
}

# Median ER of a post [%] by niche: nano, micro, macro, mega; and the niche's share of nano accounts (D1).
NICHES = {
    "fashion": (0.249, 5.70, 3.15, 2.62, 2.41),
    "other": (0.234, 2.26, 1.75, 1.87, 1.88),
    "family": (0.149, 4.04, 3.18, 3.06, 2.39),
    "travel": (0.140, 4.80, 3.20, 2.69, 2.99),
    "food": (0.119, 3.42, 2.11, 1.56, 0.60),
    "beauty": (0.043, 3.38, 2.69, 2.73, 2.98),
    "interior": (0.029, 4.06, 2.26, 1.35, 1.33),
    "fitness": (0.024, 4.24, 2.97, 2.09, 2.44),
    "pet": (0.013, 5.13, 3.52, 3.34, 0.73),
}

BETWEEN = 0.73  # sd of accounts' ln ER inside a niche and size; 0.76 with the slope (D2)
WITHIN = 0.42  # median sd of one account's posts; with WITHIN_SPREAD and Poisson noise about 0.50 (D2, D3)
WITHIN_SPREAD = 0.35  # sd of the ln of that sd over accounts (D3)
COMMENT_SPREAD = 0.65  # sd of accounts' ln comment share; with the posts' own, mean/median 1.46 (D5)
POSTS_A_WEEK = 1.25

FOUND = 500  # nano accounts that a search in the sought niches showed
SOUGHT = ("fashion", "beauty", "food", "travel")  # those of the sample's brief

HANDLE = re.compile(r"synthetic_[a-z]+_\d{3,}")  # as `_named` makes them
WORDS = """
acorn amber anise aspen birch bramble cedar clover cobalt coral dune ember fern fjord harbor hazel heron
indigo ivy juniper lagoon larch linden lotus maple meadow mint moss nectar oak olive onyx opal pebble pine
plum poppy quartz reed river saffron sage sorrel teal thistle tulip velvet walnut willow
"""


def accounts(rng: np.random.Generator) -> pd.DataFrame:
    """Return one row per account: creator, niche, tier, w0 to w11 (followers by week), latent rates."""
    frame = pd.concat([_of_tier(rng, name) for name in TIERS], ignore_index=True)
    return _named(rng, frame, 1)


def found(rng: np.random.Generator) -> pd.DataFrame:
    """Return the nano accounts that a search showed, as `accounts`, numbered after those."""
    frame = _of_tier(rng, "nano", FOUND, SOUGHT)
    return _named(rng, frame, 1 + sum(tier.accounts for tier in TIERS.values()))


def made_up(creators: pd.Series) -> pd.Series:
    """Return which of these accounts are the sample's."""
    return creators.str.fullmatch(HANDLE)


def _named(rng: np.random.Generator, frame: pd.DataFrame, first_number: int) -> pd.DataFrame:
    """Return the accounts in random order, so that a number does not tell the tier, with their handles."""
    frame = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    words = rng.choice(WORDS.split(), size=len(frame))
    handles = [f"synthetic_{word}_{number:03d}" for number, word in enumerate(words, start=first_number)]
    frame.insert(0, "creator", handles)
    return frame


def _of_tier(
    rng: np.random.Generator, name: str, n: int = 0, niches: Sequence[str] = tuple(NICHES)
) -> pd.DataFrame:
    """Return n accounts of a tier, or as many as it has, of these niches in their proportions."""
    tier, n = TIERS[name], n or TIERS[name].accounts
    niche = _apportioned(list(niches), [NICHES[key][0] for key in niches], n)
    level = np.log([NICHES[key][1 + list(TIERS).index(name)] / 100 for key in niche])
    size, rate, spread, chat = _spread_evenly(rng, n, 4)
    start = np.log(tier.low) + np.log(tier.high / tier.low) * size
    centre = np.log(tier.low * tier.high) / 2
    return _followers(rng, start, tier).assign(
        niche=niche,
        tier=name,
        ln_er=level + tier.slope * (start - centre) + BETWEEN * ndtri(rate),
        within=WITHIN * np.exp(WITHIN_SPREAD * ndtri(spread)),
        ln_comments=np.log(tier.comment_share) + COMMENT_SPREAD * ndtri(chat),
        posts_a_week=rng.gamma(6.0, POSTS_A_WEEK / 6.0, n),
    )


def _apportioned(names: list[str], shares: list[float], n: int) -> list[str]:
    """Return n names in proportion to their shares (largest remainder), name by name."""
    exact = np.array(shares) / sum(shares) * n
    counts = np.floor(exact).astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return [name for name, count in zip(names, counts, strict=True) for _ in range(count)]


def _spread_evenly(rng: np.random.Generator, n: int, dimensions: int) -> np.ndarray:
    """Return [dimensions, n] numbers in (0, 1) that fill the cube evenly, as does every run of neighbours.

    The step is 1/g, 1/g², ... with g the positive root of g^(d+1) = g + 1 (the golden ratio for d = 1).
    """
    g = 2.0
    for _ in range(50):  # converges to the last bit in about thirty steps
        g = (1 + g) ** (1 / (dimensions + 1))
    steps = g ** -np.arange(1.0, dimensions + 1)
    points = (rng.random(dimensions)[:, None] + steps[:, None] * np.arange(n)) % 1
    return np.asarray(points.clip(1e-6, 1 - 1e-6))


def _followers(rng: np.random.Generator, ln_start: np.ndarray, tier: Tier) -> pd.DataFrame:
    """Return w0, w1, ...: followers at the start of each week, growing 0.3 % a week, inside the tier."""
    growth = rng.normal(0.003, 0.004, size=(len(ln_start), WEEKS)).cumsum(axis=1)
    counts = np.exp(ln_start[:, None] + growth - growth[:, :1]).clip(tier.low, tier.high - 1)
    return pd.DataFrame(counts.round().astype(np.int64), columns=[f"w{week}" for week in range(WEEKS)])


def followers(accounts: pd.DataFrame) -> np.ndarray:
    """Return the followers [accounts, weeks]."""
    return accounts[[f"w{week}" for week in range(WEEKS)]].to_numpy(copy=True)


def counted(accounts: pd.DataFrame) -> np.ndarray:
    """Return the followers that an export shows: one account's jump by 60 % after the eighth week."""
    counts = followers(accounts)
    settled = (accounts["tier"] == "nano") & accounts["w0"].between(3_000, 5_000)
    jumper = np.flatnonzero(settled)[0]
    counts[jumper, 8:] = (counts[jumper, 8:] * 1.6).round().astype(np.int64)
    return counts


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
    join_days = np.sort(rng.integers(0, SPAN, AMBASSADORS))
    days_stayed = rng.geometric(rng.beta(ALPHA, BETA, AMBASSADORS)) * PERIOD - rng.integers(
        0, PERIOD, AMBASSADORS
    )
    join_dates = [FIRST + timedelta(days=int(day)) for day in join_days]
    leave_dates = [day + timedelta(days=int(days)) for day, days in zip(join_dates, days_stayed, strict=True)]
    last = MONDAY + timedelta(weeks=WEEKS)
    return pd.DataFrame(
        {
            "creator": rng.choice(nano, AMBASSADORS, replace=False),
            "joined_at": join_dates,
            "left_at": [day if day < last else "" for day in leave_dates],
        }
    )


def overlaps(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the share of the smaller audience that follows both, of each pair of some nano creators."""
    nano = accounts[accounts["tier"] == "nano"].sort_values("niche", kind="stable")
    compared = nano[nano["niche"].isin(["fashion", "food"])].groupby("niche").head(MEASURED // 2)
    rows = list(zip(compared["creator"], compared["niche"], compared["w11"], strict=True))
    luck = iter(np.exp(rng.normal(-(NOISE**2) / 2, NOISE, len(rows) ** 2)))
    return pd.DataFrame(
        [
            (one, other, f"{max(f, g) / (POOL if niche == its else POOL_OTHER) * next(luck):.4f}")
            for (one, niche, f), (other, its, g) in combinations(rows, 2)
        ],
        columns=["creator", "other", "overlap"],
    )
