"""Posts with rates -> the traps that a rate can fall into, how many posts are in each, what is done."""

import numpy as np
import pandas as pd

from nanospread.core.types import floats
from nanospread.creators.metrics.rates import known

STALE = 90.0  # from here on a follower count says little of the post's own audience [days]
GAPS = (30.0, STALE, 365.0)  # bounds of the bands, each band with its upper bound [days]
BANDS = ("up to 30 days", "30 to 90 days", "90 to 365 days", "over 365 days", "undated")
HANDLING = {
    "likes hidden": "no rate: left out, never counted as zero",
    "comments off or not given": "counted as none, so the rate is a lower bound",
    "ER above 100%": "kept: the post travelled beyond the followers; medians and logs bound its weight",
    "no engagement at all": "kept as a rate of zero; half an engagement is added before logs",
    "follower count more than 90 days from the post": "kept with the nearest count; compare the bands",
    "follower count undated": "kept with the count as given",
    "reach below engagements": "kept; check how the export counts reach",
}


def traps(posts: pd.DataFrame) -> pd.DataFrame:
    """Return how many posts and creators are in each trap, and what this package does about it.

    posts: as from per_post of tables.dated_posts; needs followers_gap_days [days]. A post can be in several.

    Returns: trap, posts, creators (int64), share (of all posts [0-1], 0 without posts), handling (text), one
    row for each trap of `HANDLING`, those without a post too.
    """
    gap, engagements = floats(posts["followers_gap_days"]), floats(posts["engagements"])
    caught = (
        posts["likes"].isna(),
        posts["comments_off"],
        posts["viral"],
        engagements == 0,
        np.abs(gap) > STALE,
        np.isnan(gap),
        known(posts, "reach") < engagements,
    )
    rows = [
        (trap, int(np.sum(into)), posts.loc[np.asarray(into, dtype=bool), "creator"].nunique(), handling)
        for (trap, handling), into in zip(HANDLING.items(), caught, strict=True)
    ]
    found = pd.DataFrame(rows, columns=["trap", "posts", "creators", "handling"])
    found.insert(3, "share", found["posts"] / max(len(posts), 1))
    return found


def by_gap(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the median ER of the posts by how far their follower count is from them in time.

    posts: as from per_post of tables.dated_posts; needs followers_gap_days [days].

    Returns: gap (ordered category), posts, creators (int64), median (over rated posts [share], missing where
    there is none), one row for each band that has a post.
    """
    gap = np.abs(floats(posts["followers_gap_days"]))
    band = np.asarray(BANDS)[np.where(np.isnan(gap), len(GAPS) + 1, np.searchsorted(GAPS, gap))]
    return (
        posts.assign(gap=pd.Categorical(band, BANDS, ordered=True))
        .groupby("gap", observed=True, sort=True)
        .agg(posts=("er", "size"), creators=("creator", "nunique"), median=("er", "median"))
        .reset_index()
    )
