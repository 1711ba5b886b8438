"""Reaches of named creators and the brief -> unique reach and frequency, with both bounds.

audiences: one row per creator: creator, niche, reach [people: expected number who see at least one of its
posts]; followers where overlaps are given. Audiences overlap at random inside a niche's pool, and niches
inside the market (Sainsbury, model.md C1), as in `simulation`; a measured pair overlaps as measured. Reach is
never a silent sum: what nothing can exceed (`bounds`) stands beside it. `overlaps` has what measured overlaps
say of pairs and of a niche's pool.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.reach import bounds
from nanospread.campaign.reach.overlaps import duplications, measured, placed
from nanospread.core import errors
from nanospread.core.types import Floats, Places

__all__ = ["Reach", "curve", "duplications", "measured", "unique"]

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
    rows = curve(audiences, brief, overlaps)
    gross, people, low, high = rows.iloc[-1][["gross", "unique", "low", "high"]] if len(rows) else [0.0] * 4
    pairs, known, anywhere = _pairs(audiences, overlaps)
    return Reach(
        creators=len(rows),
        gross=float(gross),
        unique=float(people),
        low=float(low),
        high=float(high),
        frequency=float(gross / people) if people > 0 else math.nan,
        pairs=pairs,
        measured_pairs=known,
        method="measured pairs" if anywhere else "random overlap",
        basis="measured" if known == pairs else "partly measured" if anywhere else "assumed",
    )


def _pairs(audiences: pd.DataFrame, overlaps: pd.DataFrame | None) -> tuple[int, int, int]:
    """Return the pairs that decide unique reach, how many of them are measured, and measured ones in all."""
    sizes = audiences["niche"].value_counts().to_numpy()
    inside, everywhere = int((sizes * (sizes - 1)).sum()) // 2, math.comb(len(audiences), 2)
    if overlaps is None:
        return inside or everywhere, 0, 0
    pairs, niche = placed(overlaps, audiences), audiences["niche"].to_numpy()
    same = int((niche[pairs["i"]] == niche[pairs["j"]]).sum())
    return (inside, same, len(pairs)) if inside else (everywhere, len(pairs), len(pairs))


def curve(audiences: pd.DataFrame, brief: Brief, overlaps: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what the first 1, 2, ... creators reach: creators, gross, unique, low, high [people].

    unique is Sainsbury's inside each niche and over the niches, times what measured pairs change in
    `bounds.net`: net with them over net with random overlap in their place. No column ever falls: with fewer
    creators nobody is added, so later rows bound the earlier ones. 2,000 creators take milliseconds, 2 to 5
    seconds where pairs are measured: time and memory are n^2 then.

    Raises: as `unique`.
    """
    reach = _checked(audiences)
    pool, market = brief.values.niche_pool, brief.values.market_pool
    people = np.minimum(reach, pool)
    niche = pd.factorize(audiences["niche"])[0]
    central = _random(people, niche, pool, market)
    both = None if overlaps is None or overlaps.empty else duplications(audiences, overlaps)
    if both is not None:
        central = central * _changed(people, niche, pool, market, both)
    low, high = bounds.bounds(people, market, both)
    central = bounds.never_above_later(np.clip(central, low, high))
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


def _changed(people: Floats, niche: Places, pool: float, market: float, both: Floats) -> Floats:
    """Return the ratio by which measured pairs change the unique reach of the first 1, 2, ... creators."""
    within = np.where(niche[:, None] == niche, min(pool, market), market)
    random = np.outer(people, people) / within
    with_pairs = bounds.net(people, np.where(np.isnan(both), random, both))
    without = bounds.net(people, random)
    return np.divide(with_pairs, without, out=np.ones_like(without), where=without > 0)
