"""Model + brief -> whom the campaign can use: the nano creators in the order of contact, and the macro."""

import hashlib
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief, check_niches
from nanospread.campaign.simulation import draws
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.campaign.simulation.creator_model import CREATOR, Cast
from nanospread.core import errors
from nanospread.creators import engagement, tiers
from nanospread.creators.engagement import EngagementModel

GOLDEN = 0.6180339887498949  # steps of this, modulo 1, fill [0, 1) evenly at any length
LONGEST_LIST = 20_000  # creators: more than anybody can contact
ENOUGH = 30  # nano creators from which on the error of their mean is too small to be drawn


@lru_cache(maxsize=1)  # of the model in use, and of no other
class _Lists:
    """What was derived from one model, for the next call: a sweep asks for the same lists over and over."""

    def __init__(self, model: EngagementModel) -> None:
        self.nano = lru_cache(maxsize=16)(partial(_nano, model))
        self.macros = lru_cache(maxsize=16)(partial(_macros, model))


def macro_niche(model: EngagementModel, brief: Brief) -> str:
    """Return the macro's niche. Raises: InputError for a creator or a niche that the data do not know."""
    if brief.macro.creator:
        return str(_named(model, brief.macro.creator)["niche"])
    niche = brief.macro.niche or brief.niches[0]
    check_niches([niche], model.creators["niche"].unique())
    return niche


def _named(model: EngagementModel, creator: str) -> "pd.Series[Any]":
    rows = model.creators[model.creators["creator"] == creator]
    if rows.empty:
        raise errors.unknown("macro.creator", creator, list(model.creators["creator"]))
    return rows.iloc[0]


def quoted(model: EngagementModel, brief: Brief) -> Brief:
    """Return the brief with the followers of the macro that it names, where it names one."""
    if not brief.macro.creator:
        return brief
    return brief.quoted(int(str(_named(model, brief.macro.creator)["followers"])))


def macros(model: EngagementModel, brief: Brief, followers: list[int]) -> pd.DataFrame:
    """Return a macro of each of these sizes, rated as `nano`: creators alike, or the one the brief names."""
    quote = brief.macro.followers if brief.macro.creator else None
    return _Lists(model).macros(macro_niche(model, brief), brief.macro.creator, quote, tuple(followers))


def _macros(
    model: EngagementModel, niche: str, name: str | None, quote: int | None, followers: tuple[int, ...]
) -> pd.DataFrame:
    names = [name if size == quote else "the macro" for size in followers]
    rows = pd.DataFrame({"creator": names, "niche": niche, "followers": followers})
    return rated(model, rows.astype({"followers": "int64"}), drawn=True).assign(shared=0.0)


def nano(model: EngagementModel, niches: tuple[str, ...], n: int) -> pd.DataFrame:
    """Return the first n creators to contact: the roster's nano creators of these niches, then drawn ones.

    Niches take turns, so that every prefix is spread over them; inside a niche the order is by a hash of the
    name, so it owes nothing to size or engagement. Drawn creators stand for ones not found yet: their
    followers are even steps over the logarithm of the tier.

    Returns: creator, niche, followers, log_mean, log_sd, sd_post, alike_mean, alike_sd (of creators alike),
    shared (weight of the doubt that all of them share in their own, 0-1), drawn (not in the data), named (a
    number for each name).
    """
    return _Lists(model).nano(niches, 1 << max(8, (n - 1).bit_length())).iloc[:n]


def alike(model: EngagementModel, niches: tuple[str, ...], n: int, followers: int) -> pd.DataFrame:
    """Return n typical creators, as `nano`: of so many followers, with the engagement of creators alike."""
    names = [f"typical creator {number}" for number in range(1, n + 1)]
    turns = [niches[number % len(niches)] for number in range(n)]
    return rated(model, pd.DataFrame({"creator": names, "niche": turns, "followers": followers}), drawn=True)


def _nano(model: EngagementModel, niches: tuple[str, ...], n: int) -> pd.DataFrame:
    check_niches(niches, model.creators["niche"].unique())
    known = roster(model, niches).head(n)
    drawn = _drawn(niches, n - len(known), model.platform)
    parts = [rated(model, rows, drawn=new) for rows, new in ((known, False), (drawn, True)) if len(rows)]
    return pd.concat(parts, ignore_index=True)


def roster(model: EngagementModel, niches: tuple[str, ...]) -> pd.DataFrame:
    """Return the data's nano creators of these niches in the order of contact: creator, niche, followers."""
    rows = model.creators[["creator", "niche", "followers"]]
    rows = rows[(model.creators["tier"] == "nano") & rows["niche"].isin(niches)]
    keys = [hashlib.blake2b(f"order|{name}".encode(), digest_size=8).hexdigest() for name in rows["creator"]]
    rows = rows.assign(key=keys).sort_values("key")
    rows = rows.assign(turn=rows.groupby("niche").cumcount(), place=rows["niche"].map(niches.index))
    return rows.sort_values(["turn", "place"])[["creator", "niche", "followers"]]


def _drawn(niches: tuple[str, ...], n: int, platform: str) -> pd.DataFrame:
    low, high = tiers.ends("nano", platform)
    step = np.arange(n)
    followers = low * (high / low) ** ((step + 0.5) * GOLDEN % 1)
    return pd.DataFrame(
        {
            "creator": [f"drawn creator {i + 1}" for i in step],
            "niche": [niches[i % len(niches)] for i in step],
            "followers": followers.astype(np.int64),
        }
    )


def rated(model: EngagementModel, rows: pd.DataFrame, *, drawn: bool) -> pd.DataFrame:
    """Return the creators with the model's view of each, as the columns of `nano`."""
    few_nanos = (model.creators["tier"] == "nano").sum() < ENOUGH
    own = alike = engagement.expected(model, rows)
    if rows["creator"].isin(model.creators["creator"]).any():
        others = rows.assign(creator=[f"alike to {name}" for name in rows["creator"]])
        alike = engagement.expected(model, others)
    return rows.assign(
        log_mean=own["log_mean"],
        log_sd=own["log_sd"],
        sd_post=own["sd_post"],
        alike_mean=alike["log_mean"],
        alike_sd=alike["log_sd"],
        shared=(own["sd_alike"] / own["log_sd"]).clip(upper=1.0) if few_nanos else 0.0,
        drawn=drawn,
        named=draws.named(rows["creator"]),
    )


def past_sales(creators: "pd.Series[str]", beliefs: JointDraws | None) -> pd.DataFrame:
    """Return what past sales say of each creator: multiplier of orders, remaining part of its luck."""
    if beliefs is None:
        return pd.DataFrame(1.0, index=creators, columns=["multiplier", "remaining"])
    return beliefs.creators[["multiplier", "remaining"]].reindex(creators).astype("float64").fillna(1.0)


def cast(
    rated: pd.DataFrame, brief: Brief, niches: tuple[str, ...], seed: int, beliefs: JointDraws | None = None
) -> Cast:
    """Return the creators as the kernel takes them, without a fee.

    beliefs: with them what a creator's ER does to orders, `er_to_conversion`, is each world's own, and its
    own past sales count.
    """
    pull, names = brief.values.er_to_conversion, rated["named"].to_numpy(dtype=np.uint64)
    creators = np.zeros(len(rated), dtype=CREATOR)
    for column in ("followers", "log_sd", "sd_post", "shared"):
        creators[column] = rated[column]
    creators["niche"] = rated["niche"].map({niche: at for at, niche in enumerate(niches)})
    creators["er"] = np.exp(rated["log_mean"])
    creators["mean_noise"] = np.exp(-(rated["sd_post"] ** 2) / 2)
    above, spread = rated["log_mean"] - rated["alike_mean"], pull * rated["alike_sd"]
    creators["engaging"] = 1.0 if beliefs else np.exp(pull * above - spread**2 / 2)
    known = past_sales(rated["creator"], beliefs)
    creators["sold"], creators["remaining"] = known["multiplier"], known["remaining"]
    if beliefs:
        creators["above"], creators["alike"] = above, rated["alike_sd"] ** 2 / 2
    creators["luck"] = draws.keys(seed, "luck", names)
    return creators
