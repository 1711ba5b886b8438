"""Reaches of named creators and the brief -> unique reach, its curve, and how often people are met.

audiences: one row per creator: creator, niche, reach [people: expected number who see at least one of its
posts]; followers where overlaps are given. Audiences overlap at random inside a niche's pool, and niches
inside the market, as in `simulate`; a measured pair overlaps as measured.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.reach import contacts, limits, overlap, pairs
from nanospread.core import errors
from nanospread.core.types import Floats, Places

MOST_IN_PAIRS = 3_000  # creators: measured pairs take n^2 memory, and a few among so many change little


@dataclass(frozen=True)
class Reach:
    """How many different people some creators reach, and what that rests on."""

    creators: int
    gross: float  # sum of their reaches [people]
    unique: float  # different people, central value
    low: float  # if audiences are nested, as far as measured pairs allow
    high: float  # if no audience shares anybody, as far as measured pairs allow
    frequency: float  # creators met per person reached, gross / unique; nan where nobody is
    pairs: int  # of creators of one niche; of any two creators where no niche has two
    measured_pairs: int  # of these
    method: Literal["random overlap", "measured pairs"]
    basis: Literal["measured", "partly measured", "assumed"]


def unique(audiences: pd.DataFrame, brief: Brief, overlaps: pd.DataFrame | None = None) -> Reach:
    """Return the different people whom these creators reach together, with both bounds.

    The same as the last row of `curve`, in whatever order the creators stand.

    Raises: InputError for a creator who stands twice, a reach that is no number of people, or an overlap
    outside 0-1.
    """
    overlaps = _usable(audiences, overlaps)
    found = curve(audiences, brief, overlaps)
    gross, people, low, high = found.iloc[-1][["gross", "unique", "low", "high"]] if len(found) else [0.0] * 4
    pairs_of_niche, measured, anywhere = _pairs(audiences, overlaps)
    return Reach(
        creators=len(found),
        gross=float(gross),
        unique=float(people),
        low=float(low),
        high=float(high),
        frequency=float(gross / people) if people > 0 else math.nan,
        pairs=pairs_of_niche,
        measured_pairs=measured,
        method="measured pairs" if anywhere else "random overlap",
        basis="measured" if measured == pairs_of_niche else "partly measured" if anywhere else "assumed",
    )


def _pairs(audiences: pd.DataFrame, overlaps: pd.DataFrame | None) -> tuple[int, int, int]:
    """Return the pairs that decide unique reach, how many of them are measured, and measured ones in all."""
    sizes = audiences["niche"].value_counts().to_numpy()
    inside, everywhere = int((sizes * (sizes - 1)).sum()) // 2, math.comb(len(audiences), 2)
    if overlaps is None:
        return inside or everywhere, 0, 0
    found, niche = overlap.placed(overlaps, audiences), audiences["niche"].to_numpy()
    same = int((niche[found["i"]] == niche[found["j"]]).sum())
    return (inside, same, len(found)) if inside else (everywhere, len(found), len(found))


def curve(audiences: pd.DataFrame, brief: Brief, overlaps: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what the first 1, 2, ... creators reach: creators, gross, unique, low, high [people].

    unique is Sainsbury's inside each niche and over the niches, times what measured pairs change in `net`:
    net with them over net with random overlap in their place. No column ever falls: with fewer creators
    nobody is added, so later rows bound the earlier ones. 2,000 creators take milliseconds, 2 to 5 seconds
    where pairs are measured: time and memory are n^2 then.

    Raises: as `unique`.
    """
    reach = _checked(audiences)
    pool, market = brief.values.niche_pool, brief.values.market_pool
    people = np.minimum(reach, pool)
    niche = pd.factorize(audiences["niche"])[0]
    central = _random(people, niche, pool, market)
    measured = None if overlaps is None or overlaps.empty else overlap.duplications(audiences, overlaps)
    if measured is not None:
        central = central * _changed(people, niche, pool, market, measured)
    low, high = limits.running(people, market, measured)
    central = limits.never_above_later(np.clip(central, low, high))
    counted = np.arange(1, len(reach) + 1)
    return pd.DataFrame(
        {"creators": counted, "gross": reach.cumsum(), "unique": central, "low": low, "high": high}
    )


def _usable(audiences: pd.DataFrame, overlaps: pd.DataFrame | None) -> pd.DataFrame | None:
    return None if overlaps is None or len(audiences) > MOST_IN_PAIRS else overlaps


def _checked(audiences: pd.DataFrame) -> Floats:
    for name in audiences.loc[audiences["creator"].duplicated(), "creator"][:1]:
        raise errors.InputError(f"creator {name} stands twice among the audiences")
    reach = audiences["reach"].to_numpy(dtype=float)
    for at in np.flatnonzero(~(np.isfinite(reach) & (reach >= 0)))[:1]:
        name = audiences["creator"].iloc[at]
        raise errors.InputError(f"reach of {name} must be a number of people, 0 or more; got {reach[at]}")
    return reach


def _random(people: Floats, niche: Places, pool: float, market: float) -> Floats:
    """Return the unique reach of the first 1, 2, ... creators where all overlap at random."""
    missed = np.zeros(len(people))  # log of the share of the market that is missed
    for at in range(niche.max(initial=-1) + 1):
        mine = niche == at
        of_niche = -pool * np.expm1(np.cumsum(_log_missed(people[mine], pool)))
        missed += np.concatenate([[0.0], _log_missed(of_niche, market)])[np.cumsum(mine)]
    return -market * np.expm1(missed)


def _log_missed(people: Floats, population: float) -> Floats:
    """Return the log of the share of a population that is missed; of nobody, the log of the least number."""
    shares = np.minimum(people / population, 1 - np.finfo(np.float64).epsneg)
    return np.log1p(-shares)


def _changed(people: Floats, niche: Places, pool: float, market: float, measured: Floats) -> Floats:
    """Return the ratio by which measured pairs change the unique reach of the first 1, 2, ... creators."""
    within = np.where(niche[:, None] == niche, min(pool, market), market)
    random = np.outer(people, people) / within
    with_pairs = pairs.running(people, np.where(np.isnan(measured), random, measured))
    without = pairs.running(people, random)
    return np.divide(with_pairs, without, out=np.ones_like(without), where=without > 0)


def frequencies(audiences: pd.DataFrame, brief: Brief, *, most: int = 5) -> pd.DataFrame:
    """Return how many people are met by how many creators: contacts, exactly, at_least [people].

    contacts: 1 to `most`, where `exactly` is all of at least so many. Overlap at random, whatever was
    measured: at_least 1 is the unique reach of `unique` without overlaps, and sum(contacts x exactly) over
    all of them the gross reach.

    Raises: as `unique`.
    """
    pool, market = brief.values.niche_pool, brief.values.market_pool
    people = pd.Series(np.minimum(_checked(audiences), pool))
    of_niche = [
        _in_market(contacts.sainsbury(mine, pool), pool, market)
        for _, mine in people.groupby(audiences["niche"].to_numpy())
    ]
    several = np.zeros(most + 1)
    found = contacts.at_least(contacts.summed(of_niche))[:most] * market
    several[: len(found)] = found
    exactly = np.append(several[: most - 1] - several[1:most], several[most - 1])
    return pd.DataFrame({"contacts": np.arange(1, most + 1), "exactly": exactly, "at_least": several[:most]})


def _in_market(of_pool: Floats, pool: float, market: float) -> Floats:
    """Return the contacts of a person of the market, given those of a person of the niche's pool."""
    met = of_pool[1:] * pool / market
    met *= min(1.0, 1 / total) if (total := float(met.sum())) > 0 else 1.0
    return np.concatenate([[1 - met.sum()], met])
