"""The validated tables of all files as one value, and what every analysis starts from: dated posts.

Which posts are analysed, and why the others are not; the follower count that stands for each; who made them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from nanospread.core import typed
from nanospread.core.errors import InputError
from nanospread.core.types import filled_text
from nanospread.ingest.cells import UNKNOWN
from nanospread.ingest.platforms import PLATFORM

BY_PLATFORM = ("creators", "posts", "outreach")
FETCHED = dict.fromkeys(("started", "asked_for", "status", "reason"), "str") | {"number": "int64"}


def nothing_fetched() -> pd.DataFrame:
    """Return the account of a fetch for data that none brought."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in FETCHED.items()})


@dataclass(frozen=True)
class Tables:
    """The validated tables, and the account of what became of every row.

    Creators, posts, comments and contacts are of one platform; those of others are `elsewhere`, in no figure.
    """

    creators: (
        pd.DataFrame
    )  # creator, as_of (NaT: undated), followers, niche, following (NA), reported_er (NaN), platform
    posts: pd.DataFrame  # post, creator, posted_at, likes (NA: hidden), comments (NA), sponsored (NA), and
    # saves, shares, reach, views, impressions, replies of the creator (NA: unknown), caption ("": unknown),
    # platform, read_at (when its counts were read; NaT: not told)
    unmatched: pd.DataFrame  # the same of posts whose creator has no follower count: kept until one comes
    undated: pd.DataFrame  # the same of posts without a date (posted_at NaT): for the engagement model alone
    outreach: pd.DataFrame  # creator, campaign ("": not told), contacted_at (NaT), offer (""), inbound (NA),
    # replied, replied_at (NaT), accepted, as_is (NA), shipped_at (NaT), posted, posted_at (NaT), due_at
    # (NaT), platform
    results: pd.DataFrame  # campaign, creator, offer ("": not told), cost, reach, clicks, orders, revenue
    # (NaN: unknown, any but not all of them), period ("": not told; a month or what else the tool splits
    # by), posted_at, as_of (NaT: not told), story_reach, impressions, refunded, discount (NaN), tracking ("")
    comments: pd.DataFrame  # comment, post, creator, author, written_at (NaT), text, answers ("": none)
    ambassadors: pd.DataFrame  # creator, joined_at, left_at (NaT: still active)
    overlaps: pd.DataFrame  # creator, other, overlap (share of the smaller account's followers)
    lift_tests: pd.DataFrame  # campaign, side, incremental_orders, se, from (NaT), to (NaT), source
    orders: (
        pd.DataFrame
    )  # order ("": a group of orders), shop_id, ordered_at (NaT), orders, value (paid; what came
    # back not taken off; NaN), currency (""), refunded, discount, commission (NaN), state, code, link,
    # utm_source, utm_medium, utm_campaign, utm_content, creator, tool, shop ("": unknown), from, to (NaT):
    # a row for each time that a tool showed an order
    codes: pd.DataFrame  # kind (code, link, utm_content), code, creator ("": of nobody), campaign, from, to
    ledger: pd.DataFrame  # table, file, line, status, column, reason, before, after
    counts: pd.DataFrame  # table, file, rows_in, kept, repaired, refused
    ignored: pd.DataFrame  # file, column: what an export has and nothing here reads
    elsewhere: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # creators, posts, comments, contacts
    fetched: pd.DataFrame = field(default_factory=nothing_fetched)  # started (of a fetch, text), asked_for,
    # status (read, unchanged, refused), reason ("": none), number: what fetches asked for; no rows of tables

    def whole(self, table: str) -> pd.DataFrame:
        """Return all rows: posts without a follower count or date, and rows of other platforms, too."""
        others = [self.unmatched, self.undated] if table == "posts" else []
        others += [self.elsewhere[table]] if table in self.elsewhere else []
        rows: pd.DataFrame = getattr(self, table)
        return pd.concat([rows, *others], ignore_index=True) if others else rows


def parted(rows: Mapping[str, pd.DataFrame], platform: str = PLATFORM) -> dict[str, Any]:
    """Return tables as `Tables` has them: posts without a follower count or date and other platforms' apart.

    An account is known by platform and name, so a follower count elsewhere is none of its namesake here.
    """
    here, elsewhere = {}, {}
    for table in BY_PLATFORM:
        on_platform = rows[table]["platform"] == platform
        here[table], elsewhere[table] = rows[table][on_platform], rows[table][~on_platform]
    if len(elsewhere["posts"]):
        comment_posts, posts_here, posts_elsewhere = map(
            _posts, (rows["comments"], here["posts"], elsewhere["posts"])
        )
        of_elsewhere = comment_posts.isin(posts_elsewhere) & ~comment_posts.isin(posts_here)
        here["comments"], elsewhere["comments"] = (
            rows["comments"][~of_elsewhere],
            rows["comments"][of_elsewhere],
        )
    counted = here["posts"]["creator"].isin(here["creators"]["creator"])
    parts = {"unmatched": here["posts"][~counted]}
    dated = here["posts"]["posted_at"].notna()
    parts |= {"posts": here["posts"][counted & dated], "undated": here["posts"][counted & ~dated]}
    nonempty = {table: frame.reset_index(drop=True) for table, frame in elsewhere.items() if len(frame)}
    frames = {table: frame.reset_index(drop=True) for table, frame in {**rows, **here, **parts}.items()}
    return {**frames, "elsewhere": nonempty}


def abroad(tables: Tables) -> str:
    """Return in words what the tables hold of other platforms, "" where nothing."""
    names = [frame["platform"] for frame in tables.elsewhere.values() if "platform" in frame]
    counted = {
        platform: [
            f"{int((frame['platform'] == platform).sum()):,} {table}"
            for table, frame in tables.elsewhere.items()
            if "platform" in frame and (frame["platform"] == platform).any()
        ]
        for platform in (pd.concat(names).value_counts().index if names else ())
    }
    return "; ".join(f"{platform}: {', '.join(parts)}" for platform, parts in counted.items())


def accounts_elsewhere(tables: Tables) -> dict[str, int]:
    """Return the accounts of each other platform [accounts], the most first."""
    elsewhere = tables.elsewhere
    names = [elsewhere[table][["platform", "creator"]] for table in BY_PLATFORM if table in elsewhere]
    if not names:
        return {}
    counted = pd.concat(names).drop_duplicates()["platform"].value_counts()
    return {str(platform): int(number) for platform, number in counted.items()}


def unknown_creators(tables: Tables) -> list[str]:
    """Return the creators of codes whom no creator, post, contact or result is of: mistyped, perhaps."""
    others = (tables.creators, tables.whole("posts"), tables.outreach, tables.results)
    frames = [*others, *tables.elsewhere.values()]
    known = {name for frame in frames if "creator" in frame for name in frame["creator"].unique()}
    return sorted({*tables.codes["creator"]} - known - {""})


def _posts(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[["post", "creator"]])


KEPT = ""
OLD = "older than the window"
FRESH = "too fresh to count"
ABROAD = "on another platform"
UNDATED = "without a date: for the engagement model alone"
BESIDE = "without a date, and their creator has dated ones"
ORDER = ["creator", "posted_at", "post"]
ENOUGH = 100  # dates from which on one can be called far from the others
FAR = pd.Timedelta(days=366)
DAY = pd.Timedelta(days=1)
NO_DATE = (
    "neither posts nor follower counts are dated: put the day of the export in a file's name "
    "(export-2026-11-20.csv) or in mapping.yaml (as_of: 2026-11-20)"
)
NUMBER = int | float | np.integer
STRAY = "dated more than a year after nearly all others"


def check_window(last_posts: int, last_days: float | None, fresh_days: float) -> None:
    """Raise InputError for a window that cannot be."""
    if not typed.whole("last_posts", last_posts) >= 1:
        raise InputError(f"last_posts is {last_posts}: it must be 1 or more posts of each creator")
    if last_days is not None and not (isinstance(last_days, NUMBER) and last_days > 0):
        raise InputError(f"last_days is {last_days!r}: it must be above 0 days, or None for no limit")
    if not (isinstance(fresh_days, NUMBER) and fresh_days >= 0):
        raise InputError(f"fresh_days is {fresh_days!r}: it must be 0 or more days")


def last_date(dates: pd.Series) -> pd.Timestamp | None:
    """Return the last date that is not too far from the others: a year after 99 in 100 of them; None: any is.

    The newest date is the data's own: one mistyped year would make every other post old, and carry the
    trend of engagement decades ahead.
    """
    dated = dates.dropna()
    if len(dated) < ENOUGH:
        return None
    return pd.Timestamp(dated.quantile(0.99, interpolation="lower")) + FAR  # type: ignore[arg-type]


def stray_dates(dates: pd.Series, latest: pd.Timestamp | None) -> "pd.Series[str]":
    """Return the reason against each date after `latest`."""
    late = dates.index[:0] if latest is None else dates.index[(dates > latest).fillna(False)]
    return pd.Series(STRAY, index=late, dtype="str")


def _reasons(tables: Tables, last_posts: int, last_days: float | None, fresh_days: float) -> pd.Series:
    """Return for each post, by its index, why it is left out: too fresh, else too old, else KEPT.

    Fresh is a post that was so when it was read; where that is not told, at the data's own date. It takes no
    place among the newest `last_posts`.
    """
    check_window(last_posts, last_days, fresh_days)
    posts, today = tables.posts, as_of(tables)
    age, age_at_reading = (
        (day - posts["posted_at"]).dt.total_seconds() / 86_400 for day in (today, _reading_dates(posts))
    )
    fresh = age_at_reading.fillna(age) < fresh_days
    ripe = posts.loc[~fresh, ORDER].sort_values(ORDER)
    newer = ripe.groupby("creator", sort=False).cumcount(ascending=False).reindex(posts.index)
    old = newer >= last_posts
    if last_days is not None:
        old |= age > last_days
    reasons = pd.Series(KEPT, index=posts.index, dtype="str")
    return reasons.mask(old, OLD).mask(fresh, FRESH)


def _reading_dates(posts: pd.DataFrame) -> pd.Series:
    """Return when posts were read at the earliest: of a day that is told, not before its newest post."""
    read_at = posts["read_at"]
    newest = posts["posted_at"].where(posts["posted_at"] <= read_at + DAY).groupby(read_at).transform("max")
    return read_at.mask(newest > read_at, newest)


def empty_window(
    reasons: pd.Series, today: pd.Timestamp, *, last_days: float | None, fresh_days: float
) -> InputError:
    """Return the error for a window without a post: how many fell out, and what to change."""
    fresh, old = (int((reasons == reason).sum()) for reason in (FRESH, OLD))
    changes = [f"lower fresh_days (it is {fresh_days})"] if fresh else []
    changes += [f"raise last_days (it is {last_days})"] if old else []
    return InputError(
        f"no post is left to analyse: of {len(reasons)}, {fresh} are too fresh and {old} older than the "
        f"window at the data's own date, {today.date()}: {' or '.join(changes)}"
    )


def dated_posts(
    tables: Tables, *, last_posts: int = 12, last_days: float | None = None, fresh_days: float = 3.0
) -> pd.DataFrame:
    """Return the table that every analysis starts from: the newest posts of each creator, with followers.

    Of the posts that were at least `fresh_days` [days] old when they were read (where that is not told, at
    the data's own date; likes still come in on younger ones: model.md D10) and are at most `last_days` (None:
    no limit), the newest `last_posts` of each creator. `left_out` counts the others.

    followers is the count dated last at or before the post; else the earliest dated after it; else the
    undated one. One row per post and creator, by creator and date, with the columns of `Tables.posts`, niche,
    followers, and followers_gap_days [days]: how old the count was at the time of the post; negative where it
    was taken later, NaN where it is undated.

    Raises InputError: last_posts < 1, last_days <= 0, fresh_days < 0, or no post left of dated ones.
    """
    reasons = _reasons(tables, last_posts, last_days, fresh_days)
    if len(reasons) and not (reasons == KEPT).any():
        raise empty_window(reasons, as_of(tables), last_days=last_days, fresh_days=fresh_days)
    newest = tables.posts[reasons == KEPT].sort_values(ORDER, ignore_index=True)
    return _with_followers(newest, newest["posted_at"], tables)


def _with_followers(posts: pd.DataFrame, dates: pd.Series, tables: Tables) -> pd.DataFrame:
    """Return posts with niche, followers as they were when, and how old that count was then [days]."""
    counted = counts(posts.assign(posted_at=dates), tables.creators)
    niches = roster(tables).set_index("creator")["niche"]
    gap = (counted["posted_at"] - counted["as_of"]).dt.total_seconds() / 86_400
    result = posts.assign(followers=counted["followers"].astype("int64"), followers_gap_days=gap)
    result.insert(2, "niche", posts["creator"].map(niches))
    return result


def undated_posts(tables: Tables, dated: pd.DataFrame) -> pd.DataFrame:
    """Return the posts without a date of creators who have none in `dated`, with the columns of that.

    A creator's undated posts are likely its dated ones once more, from a tool that tells no date. Their
    follower count is that of when they were read. They are dated as the middle one of `dated`, where they
    say nothing of a trend; where that is empty as the data.
    """
    lone = tables.undated[~tables.undated["creator"].isin(dated["creator"])].reset_index(drop=True)
    posts = _with_followers(lone, lone["read_at"].fillna(as_of(tables)), tables)
    return posts.assign(posted_at=dated["posted_at"].mean() if len(dated) else as_of(tables))


def left_out(
    tables: Tables, *, last_posts: int = 12, last_days: float | None = None, fresh_days: float = 3.0
) -> pd.DataFrame:
    """Return what `dated_posts` leaves aside: reason, posts [posts], creators [who made any of them].

    One row for each reason, none left out too; posts without a date and those of other platforms have one
    where there are any.

    Raises InputError: last_posts < 1, last_days <= 0, fresh_days < 0.
    """
    reasons = _reasons(tables, last_posts, last_days, fresh_days)
    counted = tables.posts["creator"].groupby(reasons).agg(posts="size", creators="nunique")
    summary = counted.reindex([OLD, FRESH], fill_value=0).rename_axis("reason").reset_index()
    summary = summary.astype({"reason": "str"})
    has_dated = tables.undated["creator"].isin(tables.posts.loc[reasons == KEPT, "creator"])
    groups = [(UNDATED, tables.undated[~has_dated]), (BESIDE, tables.undated[has_dated])]
    groups += [(ABROAD, tables.elsewhere["posts"])] if "posts" in tables.elsewhere else []
    for reason, posts in groups:
        if len(posts):
            accounts = posts[["platform", "creator"]].drop_duplicates()
            summary.loc[len(summary)] = (reason, len(posts), len(accounts))
    return summary


def counts(posts: pd.DataFrame, creators: pd.DataFrame) -> pd.DataFrame:
    """Return posts, in their order, with the follower count that stands for each and its date."""
    dated = creators.dropna(subset="as_of").sort_values("as_of")[["creator", "as_of", "followers"]]
    keys = posts[["creator", "posted_at"]].reset_index(names="place").sort_values("posted_at", kind="stable")
    before, after = (
        pd.merge_asof(keys, dated, left_on="posted_at", right_on="as_of", by="creator", direction=direction)
        for direction in ("backward", "forward")
    )
    undated = creators[creators["as_of"].isna()].set_index("creator")["followers"]
    matches = before.assign(
        as_of=before["as_of"].fillna(after["as_of"]),
        followers=before["followers"].fillna(after["followers"]).fillna(before["creator"].map(undated)),
    )
    return matches.set_index("place").sort_index()


def roster(tables: Tables) -> pd.DataFrame:
    """Return one row per creator: creator, niche, followers (the newest count), as_of (NaT: undated).

    The niche is the newest one that is given: a follower history without niches takes none away.
    """
    dated = tables.creators.sort_values(["creator", "as_of"], na_position="first", kind="stable")
    newest = dated.drop_duplicates("creator", keep="last")
    with_niche = dated[dated["niche"] != UNKNOWN].drop_duplicates("creator", keep="last")
    niches = filled_text(newest["creator"].map(with_niche.set_index("creator")["niche"]), UNKNOWN)
    creators = newest.assign(niche=niches)
    return creators[["creator", "niche", "followers", "as_of"]].reset_index(drop=True)


def as_of(tables: Tables) -> pd.Timestamp:
    """Return the data's own date, that of the newest post or follower count: nothing asks the clock.

    Where neither is dated, that of the newest reading of a post. Raises InputError: no date at all.
    """
    for dates in ((tables.posts["posted_at"], tables.creators["as_of"]), (tables.undated["read_at"],)):
        if (known := pd.concat(dates).dropna()).size:
            return pd.Timestamp(known.max())
    raise InputError(NO_DATE)
