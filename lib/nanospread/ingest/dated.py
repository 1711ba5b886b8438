"""The validated tables in; posts with the follower count that stands for each, and who made them, out."""

import pandas as pd

from nanospread.ingest import window
from nanospread.ingest.dataset import Tables
from nanospread.ingest.reading import UNKNOWN


def dated_posts(
    tables: Tables, *, last_posts: int = 12, last_days: float | None = None, fresh_days: float = 3.0
) -> pd.DataFrame:
    """Return the table that every analysis starts from: the newest posts of each creator, with followers.

    Of the posts that are at least `fresh_days` [days] old at the data's own date (likes still come in on
    younger ones: model.md D10) and at most `last_days` (None: no limit), the newest `last_posts` of each
    creator. `left_out` counts the others.

    followers is the count dated last at or before the post; else the earliest dated after it; else the
    undated one. One row per post and creator, by creator and date, with the columns of `Tables.posts`, niche,
    followers, and followers_gap_days [days]: how old the count was at the time of the post; negative where it
    was taken later, NaN where it is undated.

    Raises InputError: last_posts < 1, last_days <= 0, fresh_days < 0, or no post left.
    """
    reasons = _reasons(tables, last_posts, last_days, fresh_days)
    if not (reasons == window.KEPT).any():
        raise window.nothing_left(reasons, as_of(tables), last_days=last_days, fresh_days=fresh_days)
    newest = tables.posts[reasons == window.KEPT].sort_values(window.ORDER, ignore_index=True)
    counted = counts(newest, tables.creators)
    niches = roster(tables).set_index("creator")["niche"]
    gap = (counted["posted_at"] - counted["as_of"]).dt.total_seconds() / 86_400
    posts = newest.assign(followers=counted["followers"].astype("int64"), followers_gap_days=gap)
    posts.insert(2, "niche", newest["creator"].map(niches))
    return posts


def _reasons(tables: Tables, last_posts: int, last_days: float | None, fresh_days: float) -> pd.Series:
    """Return for each post why `dated_posts` leaves it out, window.KEPT where it does not."""
    window.check(last_posts, last_days, fresh_days)
    return window.reasons(
        tables.posts, as_of(tables), last_posts=last_posts, last_days=last_days, fresh_days=fresh_days
    )


def left_out(
    tables: Tables, *, last_posts: int = 12, last_days: float | None = None, fresh_days: float = 3.0
) -> pd.DataFrame:
    """Return what `dated_posts` leaves aside: reason, posts [posts], creators [who made any of them].

    One row for each reason, none left out too.

    Raises InputError: last_posts < 1, last_days <= 0, fresh_days < 0.
    """
    reasons = _reasons(tables, last_posts, last_days, fresh_days)
    return window.tally(reasons, tables.posts["creator"])


def counts(posts: pd.DataFrame, creators: pd.DataFrame) -> pd.DataFrame:
    """Return posts, in their order, with the follower count that stands for each and its date."""
    dated = creators.dropna(subset="as_of").sort_values("as_of")[["creator", "as_of", "followers"]]
    keys = posts[["creator", "posted_at"]].reset_index(names="place").sort_values("posted_at", kind="stable")
    before, after = (
        pd.merge_asof(keys, dated, left_on="posted_at", right_on="as_of", by="creator", direction=direction)
        for direction in ("backward", "forward")
    )
    undated = creators[creators["as_of"].isna()].set_index("creator")["followers"]
    found = before.assign(
        as_of=before["as_of"].fillna(after["as_of"]),
        followers=before["followers"].fillna(after["followers"]).fillna(before["creator"].map(undated)),
    )
    return found.set_index("place").sort_index()


def roster(tables: Tables) -> pd.DataFrame:
    """Return one row per creator: creator, niche, followers (the newest count), as_of (NaT: undated).

    The niche is the newest one that is given: a follower history without niches takes none away.
    """
    dated = tables.creators.sort_values(["creator", "as_of"], na_position="first", kind="stable")
    newest = dated.drop_duplicates("creator", keep="last")
    given = dated[dated["niche"] != UNKNOWN].drop_duplicates("creator", keep="last")
    niches = newest["creator"].map(given.set_index("creator")["niche"]).fillna(UNKNOWN)
    named = newest.assign(niche=niches.astype("str"))
    return named[["creator", "niche", "followers", "as_of"]].reset_index(drop=True)


def as_of(tables: Tables) -> pd.Timestamp:
    """Return the data's own date, that of the newest post or follower count: nothing asks the clock."""
    return pd.Timestamp(pd.concat([tables.posts["posted_at"], tables.creators["as_of"]]).max())
