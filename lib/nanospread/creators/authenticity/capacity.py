"""Comments per post against what one person answers, which is an assumption."""

import numpy as np
import pandas as pd

from nanospread.creators.authenticity.assumed import Assumed, assumptions


def from_others(posts: pd.DataFrame) -> "pd.Series[float]":
    """Return the comments of each post that others wrote; all, where the creator's own are not known."""
    own = posts["replies"].astype("Float64").fillna(0)
    return (posts["comments"].astype("Float64") - own).clip(lower=0).astype("float64")


def comments_per_post(posts: pd.DataFrame) -> pd.DataFrame:
    """Return creator, tier, comments_per_post (mean, of others), posts, of creators with known comments.

    posts: as from metrics.per_post; the tier is that of the creator's newest post.
    """
    each = posts.assign(others=from_others(posts)).dropna(subset="others").sort_values("posted_at")
    found = each.groupby("creator").agg(
        tier=("tier", "last"), comments_per_post=("others", "mean"), posts=("others", "size")
    )
    return found.reset_index()


def answerable(per_creator: pd.DataFrame, capacity: Assumed | None = None) -> pd.DataFrame:
    """Return per tier the share of creators whose comments one person can answer.

    per_creator: as `comments_per_post`. capacity: comments per post that one person answers.

    Returns: tier, creators, share [0-1] with comments per post within the central capacity, low and high:
    the share within the low and the high one, which is the assumption's range, not chance.
    """
    limit = capacity or assumptions()["answered_per_post"]
    ends = {"share": limit.central, "low": limit.low, "high": limit.high}
    number = per_creator["comments_per_post"]
    within = per_creator.assign(**{name: number <= end for name, end in ends.items()})
    by = within.groupby("tier", observed=True)
    found = by[list(ends)].mean()
    found.insert(0, "creators", by.size())
    return found.reset_index()


def share(posts: pd.DataFrame, capacity: Assumed) -> pd.DataFrame:
    others = from_others(posts)
    parts = {
        name: np.minimum(others, end)
        for name, end in (("value", capacity.central), ("low", capacity.low), ("high", capacity.high))
    }
    each = pd.DataFrame({"all": others, **parts})[others.notna()]
    by = each.groupby(posts.loc[others.notna(), "creator"])
    sums = by.sum()
    shares = {name: (sums[name] / sums["all"].where(sums["all"] > 0)).fillna(1.0) for name in parts}
    return pd.DataFrame(shares).assign(n=by.size())
