"""Raw frames in; seven tables out, with a ledger of every repair and refusal.

Nothing is lost silently: for each file, rows in = kept + repaired + refused. A row counts once, however
many of its cells were repaired or found wrong; the ledger names each of them.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from nanospread.ingest import cells, dataset, dates, ledger, names, quantities, schemas
from nanospread.ingest.dataset import Tables as Tables
from nanospread.ingest.dataset import as_of as as_of
from nanospread.ingest.dataset import dated_posts as dated_posts
from nanospread.ingest.dataset import left_out as left_out
from nanospread.ingest.dataset import roster as roster
from nanospread.ingest.plausibility import doubts as doubts
from nanospread.ingest.plausibility import join as join
from nanospread.ingest.sheets import RawFile

READERS = {
    "creators": {
        "creator": names.handle,
        "as_of": dates.moment,
        "followers": quantities.count,
        "niche": names.niche,
        "following": quantities.extra_count,
        "reported_er": quantities.reported_er,
    },
    "posts": {
        "post": names.identity,
        "creator": names.handle,
        "posted_at": dates.moment,
        "likes": quantities.hidden_count,
        "comments": quantities.comment_count,
        "sponsored": cells.doubtful_flag,
        **dict.fromkeys(schemas.COUNTED, quantities.extra_count),
        "caption": cells.verbatim,
        "permalink": cells.verbatim,
    },
    "outreach": {
        "creator": names.handle,
        "campaign": names.name,
        "contacted_at": dates.moment,
        "offer": names.word,
        "inbound": cells.doubtful_flag,
        "replied": cells.flag,
        "replied_at": dates.moment,
        "accepted": cells.flag,
        "as_is": cells.doubtful_flag,
        "shipped_at": dates.moment,
        "posted": cells.flag,
        "posted_at": dates.moment,
        "due_at": dates.moment,
    },
    "results": {
        "campaign": names.name,
        "creator": names.handle,
        "offer": names.word,
        "cost": quantities.amount,
        "reach": quantities.tally,
        "clicks": quantities.tally,
        "orders": quantities.amount,
        "revenue": quantities.amount,
        "period": names.name,
    },
    "comments": {
        "comment": names.identity,
        "post": names.identity,
        "creator": names.handle,
        "author": names.handle,
        "written_at": dates.moment,
        "text": cells.verbatim,
        "answers": names.identity,
    },
    "ambassadors": {
        "creator": names.handle,
        "joined_at": dates.moment,
        "left_at": dates.moment,
    },
    "overlaps": {
        "creator": names.handle,
        "other": names.handle,
        "overlap": quantities.share,
    },
}
NEEDED = ("creators", "posts")
DATED = {"creators": "as_of", "posts": "posted_at"}  # the newest of these is the data's own date
HELP = {"posts": "permalink"}  # read for what they tell of other cells, not kept


def validated(raw: Sequence[RawFile], as_of: pd.Timestamp | None = None, *, whole: bool = True) -> Tables:
    """Return the tables of the files; all but creators and posts may be empty.

    as_of: when the files were exported (UTC), None: not known; what a file's mapping says goes before it.
    Times ago are counted from it, and follower counts without a date are dated with it. whole: False for
    files that are a part of the data only; any table may be empty then.

    Raises InputError: no usable row of creators or of posts, or no post with a follower count.
    """
    read = {table: _table(table, raw, as_of) for table in READERS if table != "comments"}
    if whole:
        for table in (table for table in NEEDED if read[table].rows.empty):
            raise ledger.nothing_left(table, raw, read[table].ledger)
    read["comments"] = _table("comments", raw, as_of, read["posts"].rows)
    posts = read["posts"].rows
    matched = posts["creator"].isin(read["creators"].rows["creator"])
    if whole and not matched.any():
        raise ledger.nothing_matched(posts["creator"], read["creators"].rows["creator"])
    ignored = [(file.file, column) for file in raw for column in file.ignored]
    rows = {table: read[table].rows for table in READERS}
    rows |= {"posts": posts[matched].reset_index(drop=True)}
    rows |= {"unmatched": posts[~matched].reset_index(drop=True)}
    return Tables(
        **rows,
        ledger=pd.concat([read[table].ledger for table in READERS], ignore_index=True),
        counts=pd.concat([read[table].counts for table in READERS], ignore_index=True),
        ignored=pd.DataFrame(ignored, columns=["file", "column"], dtype="str"),
    )


@dataclass(frozen=True)
class _Read:
    rows: pd.DataFrame
    ledger: pd.DataFrame
    counts: pd.DataFrame


def _table(
    table: str, raw: Sequence[RawFile], as_of: pd.Timestamp | None, posts: pd.DataFrame | None = None
) -> _Read:
    """Return one table from all its files: its cells read, then what its schema refuses taken out.

    posts: for comments, which belong to one.
    """
    files = [file for file in raw if file.table == table]
    if not files and table not in NEEDED:
        empty = _empty(table)
        return _Read(empty.rows.copy(), empty.ledger, empty.counts)
    return _read(table, files, as_of, posts)


@functools.cache
def _empty(table: str) -> _Read:
    return _read(table, [], None, None)


def _read(
    table: str, files: Sequence[RawFile], as_of: pd.Timestamp | None, posts: pd.DataFrame | None
) -> _Read:
    text = _together(files, list(READERS[table]))
    columns = _columns(table, text, files, as_of)
    typed = pd.DataFrame({name: column.values for name, column in columns.items()})
    if table == "creators":
        typed["as_of"] = typed["as_of"].fillna(_exported(files, as_of))
    typed, unread = _unreadable(table, typed, columns, posts)
    readable = typed[~typed.index.isin(pd.concat(unread.values()).index)]
    rows, failures = schemas.split(readable, schemas.of(table))
    rows, repaired = _settled(table, rows, columns, files)
    found = [
        ledger.entries("refused", unread, text),
        ledger.entries("refused", failures, text),
        ledger.entries("repaired", repaired, text, rows),
    ]
    told = ledger.placed(files, pd.concat(found, ignore_index=True))
    kept = rows.drop(columns=HELP.get(table, [])).reset_index(drop=True)
    return _Read(kept, ledger.of(table, files, told), ledger.counts(table, files, told))


def _exported(files: Sequence[RawFile], as_of: pd.Timestamp | None) -> pd.Series:
    """Return for each row when its file was exported: as its mapping says, else the caller, else NaT."""
    moments = [_export(file, as_of) for file in files for _ in range(len(file.rows))]
    return pd.Series(moments, dtype=dates.MOMENTS)


def _export(file: RawFile, as_of: pd.Timestamp | None) -> pd.Timestamp | None:
    return pd.Timestamp(file.said["as_of"]) if "as_of" in file.said else as_of


def _together(files: Sequence[RawFile], columns: list[str]) -> pd.DataFrame:
    """Return the cells of all files of a table, blank where a file lacks a column."""
    blank = pd.DataFrame(columns=columns, dtype="str")
    frames = [file.rows.reindex(columns=columns, fill_value="").astype("str") for file in files]
    return pd.concat([blank, *frames], ignore_index=True)


def _columns(
    table: str, text: pd.DataFrame, files: Sequence[RawFile], as_of: pd.Timestamp | None
) -> dict[str, cells.Column]:
    """Return each column read; ids of posts that a spreadsheet damaged are mended from their address."""
    told = [
        cells.Told(file.said.get("dates", ""), file.said.get("reported_er", ""), _export(file, as_of))
        for file in files
    ]
    known = [(len(file.rows), of) for file, of in zip(files, told, strict=True)]
    columns = {name: cells.each(read, text[name], known) for name, read in READERS[table].items()}
    if table == "posts" and any("permalink" in file.rows for file in files):
        columns["post"] = names.mended(columns["post"], text["permalink"])
    return columns


def _unreadable(
    table: str, typed: pd.DataFrame, columns: dict[str, cells.Column], posts: pd.DataFrame | None
) -> tuple[pd.DataFrame, schemas.Reasons]:
    """Return the typed rows, and by column the reasons against those that cannot be used."""
    unread = {name: column.refused for name, column in columns.items()}
    found = schemas.BETWEEN[table](typed) if table in schemas.BETWEEN else {}
    if table in DATED:
        found[DATED[table]] = dataset.stray_dates(typed[DATED[table]])
    if posts is not None:
        typed, found["post"] = schemas.placed(typed, posts)
    for name, reasons in found.items():
        unread[name] = pd.concat([unread[name], reasons[~reasons.index.isin(unread[name].index)]])
    return typed, unread


def _settled(
    table: str, rows: pd.DataFrame, columns: dict[str, cells.Column], files: Sequence[RawFile]
) -> tuple[pd.DataFrame, schemas.Reasons]:
    """Return the good rows with what only all of them together tell, and the reasons of all repairs in them.

    A repair in a row that is refused all the same is not told.
    """
    repaired = {name: why.repaired[why.repaired.index.isin(rows.index)] for name, why in columns.items()}
    found: schemas.Reasons = {}
    if table == "creators":
        rows, found["niche"] = names.settled_niches(rows)
    if table == "results":
        rows, found["cost"] = schemas.budgets_once(rows, files)
    for name, reasons in found.items():
        own = repaired[name]
        repaired[name] = pd.concat([own[~own.index.isin(reasons.index)], reasons])
    return rows, repaired
