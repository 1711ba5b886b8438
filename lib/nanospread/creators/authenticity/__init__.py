"""Posts, followers over time and comments -> components of trust per creator, each in [0, 1], and flags.

There is no total score: each component has its own formula, interval, peers and n (`CATALOGUE`). Nothing is
dropped for being odd. A flag names its reason and its peers; `by_chance` says how many flags luck alone would
bring, and `what_a_flag_tells` what one is worth.
"""

import math

import numpy as np
import pandas as pd

from nanospread.core import errors
from nanospread.core.estimates import Z95
from nanospread.core.types import filled_text
from nanospread.creators import tiers
from nanospread.creators.authenticity import measurements, peers
from nanospread.creators.authenticity.catalogue import (
    CATALOGUE,
    AssumedValue,
    Component,
    assumptions,
    catalogue,
    what_a_flag_tells,
)
from nanospread.creators.authenticity.peers import LEAST_PEERS, LIMIT, MATERIAL, by_chance, flagged, summary

__all__ = [
    "CATALOGUE", "COLUMNS", "LEAST_PEERS", "LIMIT", "MATERIAL", "AssumedValue", "Component", "answerable",
    "assumptions", "by_chance", "catalogue", "comments_per_post", "components", "flagged", "summary",
    "what_a_flag_tells",
]  # fmt: skip

COLUMNS = (
    *("creator", "tier", "niche", "component", "value", "low", "high", "n"),
    *("peers", "peer_median", "peer_rank", "flag", "reason", "tested", "chance"),
)
NUMBERS = ("value", "low", "high", "n")
MEDIAN_SE = 1.2533  # standard error of a median / that of a mean, normal


def components(
    posts: pd.DataFrame,
    roster: pd.DataFrame,
    history: pd.DataFrame,
    comments: pd.DataFrame,
    *,
    flag_is_label: bool = False,
) -> pd.DataFrame:
    """Return every component of every creator of the roster, beside the peers'.

    posts: as from metrics.per_post. history: dated counts of followers and following. comments: those under
    `posts` are read. flag_is_label: the export's `sponsored` is the platform's own paid-partnership label.

    Returns `COLUMNS`, in the order of `CATALOGUE`: value, low, high [0-1] (missing, with n = 0, where the
    export does not tell), peers, peer_median, peer_rank, flag, reason ("" without a flag), tested (whether a
    flag was possible) and chance (of a flag for one like its peers, were these spread normally).

    Raises: InputError where a creator of the posts is not in the roster, or stands there twice.
    """
    base = _creators(roster, posts)
    known = posts.assign(tier=posts["creator"].map(base.set_index("creator")["tier"]).astype("str"))
    post_comments = comments.merge(known[["post", "creator"]], on=["post", "creator"])
    measured = _measured(known, history, post_comments, base, flag_is_label)
    frames = [_tidy(base, measured[name], name, part) for name, part in CATALOGUE.items()]
    return pd.concat(frames, ignore_index=True)[list(COLUMNS)]


def _creators(roster: pd.DataFrame, posts: pd.DataFrame) -> pd.DataFrame:
    strangers = posts.loc[~posts["creator"].isin(roster["creator"]), "creator"]
    if len(strangers):
        raise errors.InputError(f"no follower count for creator {strangers.iloc[0]!r}, who has posts")
    repeated = roster.loc[roster["creator"].duplicated(), "creator"]
    if len(repeated):
        raise errors.InputError(f"creator {repeated.iloc[0]!r} stands twice in the roster")
    tier = tiers.of(roster["followers"], tiers.platform_of(posts))
    frame = pd.DataFrame({"creator": roster["creator"], "tier": tier, "niche": roster["niche"]})
    return frame.sort_values("creator", ignore_index=True)


def _measured(
    posts: pd.DataFrame,
    history: pd.DataFrame,
    comments: pd.DataFrame,
    base: pd.DataFrame,
    flag_is_label: bool,
) -> dict[str, pd.DataFrame]:
    """Return each component by creator: value, low, high, n, and where there is one a note."""
    tier = base.set_index("creator")["tier"].astype("str")
    return {
        "comment_share": _comment_share(posts),
        "reply_capacity": _within_capacity(posts, assumptions()["answered_per_post"]),
        "reply_rate": _reply_rate(posts, comments, tier),
        "follower_jump": measurements.follower_jump(history, posts),
        "engagement_jump": measurements.engagement_jump(posts),
        "likes_comments": _likes_comments(posts),
        "comment_variety": measurements.variety(measurements.by_others(comments), tier),
        "following_ratio": _following(history),
        "disclosure": measurements.disclosure(posts, flag_is_label=flag_is_label),
    }


def _comment_share(posts: pd.DataFrame) -> pd.DataFrame:
    known = posts[posts["likes"].notna() & posts["comments"].notna()]
    counts = known[["creator", "tier"]].assign(
        events=known["comments"].astype("float64"), trials=known["engagements"]
    )
    return measurements.pooled(counts).rename(columns={"posts": "n"})


def _within_capacity(posts: pd.DataFrame, capacity: AssumedValue) -> pd.DataFrame:
    others = _from_others(posts)
    parts = {
        name: np.minimum(others, end)
        for name, end in (("value", capacity.central), ("low", capacity.low), ("high", capacity.high))
    }
    counts = pd.DataFrame({"all": others, **parts})[others.notna()]
    by = counts.groupby(posts.loc[others.notna(), "creator"])
    sums = by.sum()
    shares = {name: (sums[name] / sums["all"].where(sums["all"] > 0)).fillna(1.0) for name in parts}
    return pd.DataFrame(shares).assign(n=by.size())


def _reply_rate(posts: pd.DataFrame, comments: pd.DataFrame, tier: "pd.Series[str]") -> pd.DataFrame:
    """Return the reply rate from the comments where they tell it, else from the posts' totals."""
    known = posts[posts["replies"].notna() & posts["comments"].notna()]
    others = _from_others(known)
    counts = known[["creator", "tier"]].assign(
        events=np.minimum(known["replies"].astype("float64"), others), trials=others
    )
    totals = measurements.pooled(counts).rename(columns={"trials": "n"})
    from_comments = measurements.replies(comments, tier)
    return pd.concat(
        [from_comments[list(NUMBERS)], totals.loc[~totals.index.isin(from_comments.index), list(NUMBERS)]]
    )


def _likes_comments(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the log ratio of comments to likes, which its peers turn into a share."""
    known = posts[posts["likes"].notna() & posts["comments"].notna()]
    likes, comments = (known[name].astype("float64") for name in ("likes", "comments"))
    ratio = pd.Series(np.log((comments + 0.5) / (likes + 0.5)), index=known.index)
    by = ratio.groupby(known["creator"])
    n, value = by.size(), by.median()
    tier = known.groupby("creator")["tier"].first()
    squares = (by.var().fillna(0) * (n - 1)).astype("float64")
    sd = measurements.moderated_sd(squares, (n - 1).astype("float64"), tier)
    half = Z95 * MEDIAN_SE * sd / n**0.5
    note = value.map(lambda log: f"{100 * math.exp(log):.2g} comments per 100 likes").astype("str")
    return pd.DataFrame({"value": value, "low": value - half, "high": value + half, "n": n, "note": note})


def _following(history: pd.DataFrame) -> pd.DataFrame:
    known = history[history["following"].notna()].sort_values(["creator", "as_of"], na_position="first")
    followers = known["followers"].astype("float64")
    ratio = followers / (followers + known["following"].astype("float64"))
    rows = ratio.groupby(known["creator"]).agg(["last", "min", "max", "size"])
    return rows.set_axis(["value", "low", "high", "n"], axis="columns")


def _tidy(base: pd.DataFrame, measured: pd.DataFrame, name: str, component: Component) -> pd.DataFrame:
    """Return one component of all creators; those whom the export does not tell have n = 0."""
    known = base.merge(measured.reset_index(names="creator"), on="creator", suffixes=("", "_measured"))
    known = known.dropna(subset=["value", "tier", "low", "high"])
    compared = peers.placed(known, component)
    if component.scale == "log":
        compared = peers.tail_share(compared)
    compared = compared.assign(reason=_reasons(compared, component))
    new_columns = [column for column in COLUMNS if column in compared and column not in base]
    rows = base.merge(compared[["creator", *new_columns]], on="creator", how="left", validate="one_to_one")
    empty = {"n": 0, "flag": False, "tested": False, "chance": 0.0, "reason": "", "peers": ""}
    kinds = {"n": "int64", "flag": "bool", "tested": "bool", "chance": "float64", "reason": "str"}
    return rows.assign(component=name).fillna(empty).astype(kinds | {"peers": "str", "component": "str"})


def _reasons(rows: pd.DataFrame, component: Component) -> "pd.Series[str]":
    """Return what is odd, in words and numbers, "" where nothing is."""
    flags = rows[rows["flag"]]
    note = flags["note"] if "note" in flags else pd.Series("", index=flags.index)
    value, peer_median = (flags[name].map("{:.0%}".format).astype("str") for name in ("value", "peer_median"))
    numbers = value + " against " + peer_median
    finding = flags["side"].map({-1: component.reason, 1: component.reason_high}).astype("str")
    reasons = finding + ": " + note.where(note != "", numbers)
    return filled_text(reasons.reindex(rows.index))


def _from_others(posts: pd.DataFrame) -> "pd.Series[float]":
    """Return the comments of each post that others wrote; all, where the creator's own are not known."""
    replies = posts["replies"].astype("Float64").fillna(0)
    return (posts["comments"].astype("Float64") - replies).clip(lower=0).astype("float64")


def comments_per_post(posts: pd.DataFrame) -> pd.DataFrame:
    """Return creator, tier (of its newest post), comments_per_post (mean, of others) and posts."""
    ordered = posts.assign(others=_from_others(posts)).dropna(subset="others").sort_values("posted_at")
    rows = ordered.groupby("creator").agg(
        tier=("tier", "last"), comments_per_post=("others", "mean"), posts=("others", "size")
    )
    return rows.reset_index()


def answerable(per_creator: pd.DataFrame, capacity: AssumedValue | None = None) -> pd.DataFrame:
    """Return per tier the share of creators whose comments one person can answer, low and high.

    per_creator: as `comments_per_post`. capacity: comments per post that one person answers; low and high are
    the shares within its low and high, which is the assumption's range, not chance.
    """
    limit = capacity or assumptions()["answered_per_post"]
    ends = {"share": limit.central, "low": limit.low, "high": limit.high}
    number = per_creator["comments_per_post"]
    within = per_creator.assign(**{name: number <= end for name, end in ends.items()})
    by = within.groupby("tier", observed=True)
    rows = by[list(ends)].mean()
    rows.insert(0, "creators", by.size())
    return rows.reset_index()
