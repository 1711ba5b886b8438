"""Raw frames in; seven tables out, with a ledger of every repair and refusal.

Nothing is lost silently: for each file, rows in = kept + repaired + refused. A row counts once, however
many of its cells were repaired or found wrong; the ledger names each of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from nanospread.sources import RawFile
from nanospread.tables import amounts, ledger, reading, relations, schemas, window

READERS = {
    "creators": {
        "creator": reading.handle,
        "as_of": reading.moment,
        "followers": reading.count,
        "niche": reading.niche,
        "following": reading.extra_count,
    },
    "posts": {
        "post": reading.name,
        "creator": reading.handle,
        "posted_at": reading.moment,
        "likes": reading.hidden_count,
        "comments": reading.comment_count,
        "sponsored": reading.doubtful_flag,
        **dict.fromkeys(schemas.COUNTED, reading.extra_count),
        "caption": reading.verbatim,
    },
    "outreach": {
        "creator": reading.handle,
        "campaign": reading.name,
        "contacted_at": reading.moment,
        "offer": reading.word,
        "inbound": reading.doubtful_flag,
        "replied": reading.flag,
        "replied_at": reading.moment,
        "accepted": reading.flag,
        "as_is": reading.doubtful_flag,
        "shipped_at": reading.moment,
        "posted": reading.flag,
        "posted_at": reading.moment,
        "due_at": reading.moment,
    },
    "results": {
        "campaign": reading.name,
        "creator": reading.handle,
        "offer": reading.word,
        "cost": amounts.amount,
        "reach": amounts.tally,
        "clicks": amounts.tally,
        "orders": amounts.amount,
        "revenue": amounts.amount,
    },
    "comments": {
        "comment": reading.name,
        "post": reading.name,
        "creator": reading.handle,
        "author": reading.handle,
        "written_at": reading.moment,
        "text": reading.verbatim,
        "answers": reading.name,
    },
    "ambassadors": {
        "creator": reading.handle,
        "joined_at": reading.moment,
        "left_at": reading.moment,
    },
    "overlaps": {
        "creator": reading.handle,
        "other": reading.handle,
        "overlap": amounts.share,
    },
}
NEEDED = ("creators", "posts")
DATED = {"creators": "as_of", "posts": "posted_at"}  # the newest of these is the data's own date


@dataclass(frozen=True)
class Tables:
    """The validated tables, and the account of what became of every row."""

    creators: pd.DataFrame  # creator, as_of (NaT: undated), followers, niche, following (NA)
    posts: pd.DataFrame  # post, creator, posted_at, likes (NA: hidden), comments (NA), sponsored (NA), and
    # saves, shares, reach, views, impressions, replies of the creator (NA: unknown), caption ("": unknown)
    outreach: pd.DataFrame  # creator, campaign ("": not told), contacted_at, offer, inbound (NA), replied,
    # replied_at (NaT), accepted, as_is (NA), shipped_at (NaT), posted, posted_at (NaT), due_at (NaT)
    results: pd.DataFrame  # campaign, creator, offer, cost, reach, clicks, orders, revenue
    comments: pd.DataFrame  # comment, post, creator, author, written_at (NaT), text, answers ("": none)
    ambassadors: pd.DataFrame  # creator, joined_at, left_at (NaT: still active)
    overlaps: pd.DataFrame  # creator, other, overlap (share of the smaller account's followers)
    ledger: pd.DataFrame  # table, file, line, status, column, reason, before, after
    counts: pd.DataFrame  # table, file, rows_in, kept, repaired, refused
    ignored: pd.DataFrame  # file, column: what an export has and nothing here reads


def validated(raw: Sequence[RawFile]) -> Tables:
    """Return the tables of the files; all but creators and posts may be empty.

    Raises InputError: no usable row of creators or of posts.
    """
    creators = _table("creators", raw)
    known = frozenset(creators.rows["creator"])
    posts = _table("posts", raw, known)
    read = {
        "creators": creators,
        "posts": posts,
        "outreach": _table("outreach", raw),
        "results": _table("results", raw),
        "comments": _table("comments", raw, posts=posts.rows),
        "ambassadors": _table("ambassadors", raw),
        "overlaps": _table("overlaps", raw),
    }
    ignored = [(file.file, column) for file in raw for column in file.ignored]
    return Tables(
        **{name: table.rows for name, table in read.items()},
        ledger=pd.concat([table.ledger for table in read.values()], ignore_index=True),
        counts=pd.concat([table.counts for table in read.values()], ignore_index=True),
        ignored=pd.DataFrame(ignored, columns=["file", "column"], dtype="str"),
    )


@dataclass(frozen=True)
class _Read:
    rows: pd.DataFrame
    ledger: pd.DataFrame
    counts: pd.DataFrame


def _table(
    table: str, raw: Sequence[RawFile], known: Collection[str] = (), posts: pd.DataFrame | None = None
) -> _Read:
    """Return one table from all its files: its cells read, then what its schema refuses taken out.

    known: the creators with a follower count, for posts. posts: for comments, which belong to one.
    """
    files = [file for file in raw if file.table == table]
    text = _together(files, list(READERS[table]))
    sizes = [len(file.rows) for file in files]
    columns = {name: reading.each(read, text[name], sizes) for name, read in READERS[table].items()}
    typed = pd.DataFrame({name: column.values for name, column in columns.items()})
    unread = {name: column.refused for name, column in columns.items()}
    if table in DATED:
        unread[DATED[table]] = pd.concat([unread[DATED[table]], window.stray(typed[DATED[table]])])
    if posts is not None:
        typed, unread["post"] = relations.placed(typed, posts)
    for name, reasons in relations.BETWEEN.get(table, relations.none)(typed).items():
        unread[name] = pd.concat([unread[name], reasons[~reasons.index.isin(unread[name].index)]])
    readable = typed[~typed.index.isin(pd.concat(unread.values()).index)]
    rows, failures = schemas.split(readable, schemas.of(table, known))
    # A repair in a row that is refused all the same is not told.
    repaired = {
        name: column.repaired[column.repaired.index.isin(rows.index)] for name, column in columns.items()
    }
    found = [
        ledger.entries("refused", unread, text),
        ledger.entries("refused", failures, text),
        ledger.entries("repaired", repaired, text, typed),
    ]
    told = ledger.of(table, files, pd.concat(found, ignore_index=True))
    if table in NEEDED and rows.empty:
        raise ledger.nothing_left(table, files, told)
    return _Read(rows.reset_index(drop=True), told, ledger.counts(table, files, told))


def _together(files: Sequence[RawFile], columns: list[str]) -> pd.DataFrame:
    """Return the cells of all files of a table, blank where a file lacks a column."""
    blank = pd.DataFrame(columns=columns, dtype="str")
    frames = [file.rows.reindex(columns=columns, fill_value="").astype("str") for file in files]
    return pd.concat([blank, *frames], ignore_index=True)


def dated_posts(
    tables: Tables, *, last_posts: int = 12, last_days: float | None = None, fresh_days: float = 3.0
) -> pd.DataFrame:
    """Return the table that every analysis starts from: the newest posts of each creator, with followers.

    Of the posts that are at least `fresh_days` [days] old at the data's own date (likes still come in on
    younger ones: facts.md D10) and at most `last_days` (None: no limit), the newest `last_posts` of each
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
    counted = _counted(newest, tables.creators)
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


def _counted(posts: pd.DataFrame, creators: pd.DataFrame) -> pd.DataFrame:
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
    given = dated[dated["niche"] != reading.UNKNOWN].drop_duplicates("creator", keep="last")
    niches = newest["creator"].map(given.set_index("creator")["niche"]).fillna(reading.UNKNOWN)
    named = newest.assign(niche=niches.astype("str"))
    return named[["creator", "niche", "followers", "as_of"]].reset_index(drop=True)


def as_of(tables: Tables) -> pd.Timestamp:
    """Return the data's own date, that of the newest post or follower count: nothing asks the clock."""
    return pd.Timestamp(pd.concat([tables.posts["posted_at"], tables.creators["as_of"]]).max())
