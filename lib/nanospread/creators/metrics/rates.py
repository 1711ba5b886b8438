"""Posts -> engagement rates per post, by each denominator that the exports carry."""

import numpy as np
import pandas as pd

from nanospread.core import errors
from nanospread.core.types import Floats, floats
from nanospread.creators import tiers

RATES = {  # each rate and what the engagements are divided by
    "er": "followers",
    "er_by_reach": "reach",
    "er_by_views": "views",
    "er_by_impressions": "impressions",
}


def per_post(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the posts with their tier, engagements and rates added.

    posts: as from tables.dated_posts; needs followers, likes (missing = hidden) and comments; reach, views
    and impressions [number] may be missing, as values or as columns.
    Unknown comments count as none: the engagements are then a lower bound (comments are about 4 % of a nano
    post's engagements, model.md D5).

    Returns: the rows of `posts` in their order, with tier (ordered category), engagements (float64), er
    (float64 [share of followers], missing where likes are hidden), er_by_reach, er_by_views and
    er_by_impressions (float64 [share], missing where either part is unknown or nobody was reached),
    comment_share (float64 [0-1], missing where likes or comments are or nobody engaged), viral (bool: er
    above 1, so the post travelled beyond the followers) and comments_off (bool: switched off or not given).

    Raises: InputError where a post has fewer than 1 follower.
    """
    followers = floats(posts["followers"])
    if not bool(np.all(followers >= 1)):
        bad = posts.loc[~(followers >= 1)].iloc[0]
        raise errors.InputError(f"followers of {bad['creator']!r}: {bad['followers']}; must be 1 or more")
    likes, comments = floats(posts["likes"]), floats(posts["comments"])
    engagements = likes + np.nan_to_num(comments)
    rates = {rate: engagements / known(posts, base) for rate, base in RATES.items()}
    return posts.assign(
        tier=tiers.of(posts["followers"]),
        engagements=engagements,
        **rates,
        comment_share=comments / np.where(engagements > 0, engagements, np.nan),
        viral=rates["er"] > 1,
        comments_off=np.isnan(comments),
    )


def counts(posts: pd.DataFrame, column: str) -> Floats:
    """Return a column of counts, nan where it is unknown or absent from the export."""
    return floats(posts[column]) if column in posts else np.full(len(posts), np.nan)


def known(posts: pd.DataFrame, column: str) -> Floats:
    """Return a column of counts that can be divided by: nan where it is unknown, 0 or absent."""
    found = counts(posts, column)
    return np.where(found > 0, found, np.nan)


def log_er(posts: pd.DataFrame) -> "pd.Series[float]":
    """Return log((engagements + 0.5) / followers) of each post; the half keeps posts with none.

    References: model.md C6 (b).
    """
    return pd.Series(np.log((posts["engagements"] + 0.5) / posts["followers"]), index=posts.index)
