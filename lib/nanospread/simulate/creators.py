"""Model + brief -> whom the campaign can use: the nano creators in the order of contact, and the macro."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread import engagement, tiers
from nanospread.brief import Brief, check_niches
from nanospread.engagement import EngagementModel

GOLDEN = 0.6180339887498949  # steps of this, modulo 1, fill [0, 1) evenly at any length
LONGEST_LIST = 20_000  # creators: more than anybody can contact


@dataclass(frozen=True)
class Creator:
    """One creator as the simulation sees it: log ER ~ N(log_mean, log_sd^2), and that of creators alike.

    sd_post: spread of one post's log ER around it.
    """

    name: str
    side: str  # "macro" or "nano": whose rates hold
    niche: str
    followers: int
    log_mean: float
    log_sd: float
    sd_post: float
    alike_mean: float
    alike_sd: float
    drawn: bool  # not in the data


def macro(model: EngagementModel, brief: Brief, followers: int) -> Creator:
    """Return a macro of this size in the brief's niche for it, with the engagement of creators alike.

    Raises: InputError for a niche that the data spell differently.
    """
    niche = brief.macro.niche or brief.niches[0]
    check_niches([niche], model.creators["niche"].unique())
    row = {"creator": "the macro", "niche": niche, "followers": followers}
    return rated(model, pd.DataFrame([row]), "macro", drawn=True)[0]


def nano(model: EngagementModel, niches: tuple[str, ...], n: int) -> list[Creator]:
    """Return the first n creators to contact: the roster's nano creators of these niches, then drawn ones.

    Niches take turns, so that every prefix is spread over them; inside a niche the order is by a hash of the
    name, so it owes nothing to size or engagement. Drawn creators stand for ones not found yet: their
    followers are even steps over the logarithm of the tier, so that the seed does not choose the audience.

    Raises: InputError for a niche that the data spell differently.
    """
    check_niches(niches, model.creators["niche"].unique())
    found = roster(model, niches).head(n)
    drawn = _drawn(niches, n - len(found))
    return rated(model, found, "nano", drawn=False) + rated(model, drawn, "nano", drawn=True)


def roster(model: EngagementModel, niches: tuple[str, ...]) -> pd.DataFrame:
    """Return the data's nano creators of these niches in the order of contact: creator, niche, followers."""
    rows = model.creators[["creator", "niche", "followers"]]
    rows = rows[(model.creators["tier"] == "nano") & rows["niche"].isin(niches)]
    rows = rows.assign(key=[_key(name) for name in rows["creator"]]).sort_values("key")
    rows = rows.assign(turn=rows.groupby("niche").cumcount(), place=rows["niche"].map(niches.index))
    return rows.sort_values(["turn", "place"])[["creator", "niche", "followers"]]


def _key(name: str) -> str:
    return hashlib.blake2b(f"order|{name}".encode(), digest_size=8).hexdigest()


def _drawn(niches: tuple[str, ...], n: int) -> pd.DataFrame:
    rows = tiers.table()
    nano_tier = rows.loc[rows["tier"] == "nano", ["low", "high"]].to_numpy(dtype=np.float64)[0]
    low, high = nano_tier
    step = np.arange(n)
    followers = low * (high / low) ** ((step + 0.5) * GOLDEN % 1)
    return pd.DataFrame(
        {
            "creator": [f"drawn creator {i + 1}" for i in step],
            "niche": [niches[i % len(niches)] for i in step],
            "followers": followers.astype(np.int64),
        }
    )


def rated(model: EngagementModel, rows: pd.DataFrame, side: str, *, drawn: bool) -> list[Creator]:
    if rows.empty:
        return []
    own = engagement.expected(model, rows)
    alike = engagement.expected(model, rows.assign(creator=[f"alike to {name}" for name in rows["creator"]]))
    measured = [rows["creator"], rows["niche"], rows["followers"].astype(int)]
    rates = [own["log_mean"], own["log_sd"], own["sd_post"], alike["log_mean"], alike["log_sd"]]
    return [
        Creator(name, side, niche, followers, mean, sd, post, alike_mean, alike_sd, drawn)
        for name, niche, followers, mean, sd, post, alike_mean, alike_sd in zip(
            *measured, *rates, strict=True
        )
    ]
