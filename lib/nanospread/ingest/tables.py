"""Raw frames in; ten tables out, with a ledger of every repair and refusal.

Nothing is lost silently: for each file, rows in = kept + repaired + refused. A row counts once, however
many of its cells were repaired or found wrong; the ledger names each of them.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import (
    cells,
    dataset,
    dates,
    joined_results,
    ledger,
    names,
    platforms,
    readings,
    references,
    schemas,
    statuses,
    steps,
)
from nanospread.ingest.dataset import Tables as Tables
from nanospread.ingest.dataset import accounts_elsewhere as accounts_elsewhere
from nanospread.ingest.dataset import as_of as as_of
from nanospread.ingest.dataset import dated_posts as dated_posts
from nanospread.ingest.dataset import left_out as left_out
from nanospread.ingest.dataset import roster as roster
from nanospread.ingest.plausibility import doubts as doubts
from nanospread.ingest.plausibility import join as join
from nanospread.ingest.plausibility import stuck_likes
from nanospread.ingest.sheets import RawFile, by_row, numbers_by_row

READERS = {
    table: {name: kind.reader for name, kind in columns.items()} for table, columns in schemas.COLUMNS.items()
}
NEEDED = ("creators", "posts")
DATED = {"creators": "as_of", "posts": "posted_at"}  # the newest of these is the data's own date
# Read for what they tell of other cells, not kept.
HELP = {"creators": ("link",), "posts": ("permalink",), "outreach": ("status", "contacted")}


def validated(
    raw: Sequence[RawFile],
    as_of: pd.Timestamp | None = None,
    *,
    whole: bool = True,
    platform: str = platforms.PLATFORM,
) -> Tables:
    """Return the tables of the files; all but creators and posts may be empty.

    as_of: when the files were exported (UTC), None: not known; what a file's mapping says goes before it.
    Times ago are counted from it, and follower counts without a date are dated with it. whole: False for
    files that are a part of the data only; any table may be empty then. platform: the one that is analysed.

    Raises InputError: no usable row of creators or of posts, or no post with a follower count.
    """
    validated = {table: _table(table, raw, as_of) for table in READERS if table != "comments"}
    if whole:
        for table in (table for table in NEEDED if validated[table].rows.empty):
            files = [file.file for file in raw if file.table == table]
            raise ledger.nothing_left(table, files, validated[table].ledger)
    validated["comments"] = _table("comments", raw, as_of, validated["posts"].rows)
    rows = dataset.parted({table: validated[table].rows for table in READERS}, platform)
    if whole and rows["posts"].empty and rows["undated"].empty:
        raise _no_posts(rows, platform)
    ignored = [(file.file, column) for file in raw for column in file.ignored]
    return Tables(
        **rows,
        ledger=pd.concat([validated[table].ledger for table in READERS], ignore_index=True),
        counts=pd.concat([validated[table].counts for table in READERS], ignore_index=True),
        ignored=pd.DataFrame(ignored, columns=["file", "column"], dtype="str"),
    )


def _no_posts(rows: Mapping[str, Any], platform: str) -> InputError:
    """Return the error for tables without a post of a known creator: none here, or none matched."""
    for table in ("creators", "posts"):
        if table in rows["elsewhere"] and rows[table].empty and rows["unmatched"].empty:
            return platforms.nothing_here(table, rows["elsewhere"][table]["platform"], platform)
    return ledger.nothing_matched(rows["unmatched"]["creator"], rows["creators"]["creator"])


@dataclass(frozen=True)
class ValidatedTable:
    """One table of some files: its good rows, and what became of the others."""

    rows: pd.DataFrame  # numbered through all records of all files
    ledger: pd.DataFrame
    counts: pd.DataFrame
    telling: Mapping[str, tuple[str, ...]]  # by column, as cells.Column.telling
    moments: pd.Series  # the column of DATED as read, of refused rows too; empty in other tables


def _table(
    table: str, raw: Sequence[RawFile], as_of: pd.Timestamp | None, posts: pd.DataFrame | None = None
) -> ValidatedTable:
    files = [file for file in raw if file.table == table]
    return validated_table(table, files, as_of, posts) if files or table in NEEDED else _empty(table)


@functools.cache
def _empty(table: str) -> ValidatedTable:
    return validated_table(table, [], None)


def validated_table(
    table: str, files: Sequence[RawFile], as_of: pd.Timestamp | None, posts: pd.DataFrame | None = None
) -> ValidatedTable:
    """Return one table from all its files: its cells read, then what its schema refuses taken out.

    A piece of a file (RawFile.elsewhere) is to be the only one; what its posts are beside others (repeats,
    likes that a tool shows alike) is left to whoever has all of them. posts: for comments, which belong to
    one.
    """
    text = _combined_text(files, list(READERS[table]))
    columns = _columns(table, text, files, as_of)
    typed = pd.DataFrame({name: column.values for name, column in columns.items()}, copy=False)
    if table == "creators":
        typed["as_of"] = typed["as_of"].fillna(readings.dates(files, as_of))
    if table == "posts":
        typed["read_at"] = readings.of_posts(typed, files, as_of)
    if table == "orders":
        typed["orders"] = typed["orders"].mask(typed["order"] != "", typed["orders"].fillna(1.0))
    if table == "outreach":
        typed = steps.implied(typed, steps.tracked(files))
    typed, unread = _unreadable(table, typed, columns, posts, files)
    readable = schemas.without(typed, pd.concat(unread.values()).index)
    moments = typed[DATED[table]] if table in DATED else pd.Series(dtype=dates.MOMENTS)
    del typed  # of a large file there is no room for all of its forms
    if _whole_file(files):
        rows, failures = schemas.usable(readable, table)
    elif table == "posts":
        rows, failures = readings.newest(readable, files)
    else:
        rows, failures = schemas.split(readable, table)
    rows, repaired = _settled(table, rows, columns, files)
    as_read = _as_read(rows, readable, repaired) if table == "posts" else rows
    del readable
    joined, joins = rows, schemas.Reasons()
    if table == "results":
        joined, joins = joined_results.joined(rows, joined_results.kinds(files).loc[rows.index])
    entries = [
        ledger.entries("refused", unread, text),
        ledger.entries("refused", failures, text),
        ledger.entries("repaired", repaired, text, as_read),
        ledger.entries("repaired", joins, text, rows),
    ]
    changes = pd.concat(entries, ignore_index=True)
    changes["before"] = changes["before"].mask(changes["reason"].isin(references.PRIVATE), "")
    placed = ledger.placed(files, changes)
    return ValidatedTable(
        joined.drop(columns=list(HELP.get(table, ()))),
        ledger.of(table, files, placed),
        ledger.counts(table, files, placed),
        {name: column.telling for name, column in columns.items() if column.telling},
        moments,
    )


def _as_read(rows: pd.DataFrame, readable: pd.DataFrame, repaired: schemas.Reasons) -> pd.DataFrame:
    """Return posts without what an older reading told where their own cell was read as unknown."""
    columns = [name for name in schemas.KEPT_OF_OLDER if len(repaired.get(name, ()))]
    present = readable.loc[rows.index, columns].notna()
    return rows.assign(**{name: rows[name].where(present[name]) for name in columns})


def _whole_file(files: Sequence[RawFile]) -> cells.FileContext | None:
    """Return what is known of the whole file where this is a piece of one."""
    return next((file.elsewhere for file in files if file.elsewhere), None)


def _combined_text(files: Sequence[RawFile], columns: list[str]) -> pd.DataFrame:
    """Return the cells of all files of a table, blank where a file lacks a column."""
    blank = pd.DataFrame(columns=columns, dtype="str")
    frames = [file.rows.reindex(columns=columns, fill_value="").astype("str") for file in files]
    if len(frames) == 1:  # which may be large
        return frames[0].reset_index(drop=True)
    return pd.concat([blank, *frames], ignore_index=True)


def _columns(
    table: str, text: pd.DataFrame, files: Sequence[RawFile], as_of: pd.Timestamp | None
) -> dict[str, cells.Column]:
    """Return each column read; ids of posts that a spreadsheet damaged are mended from their address."""
    columns = {
        name: _read(read, _with_mapped_meanings(name, text[name], files), name, files, as_of)
        for name, read in READERS[table].items()
    }
    if table == "outreach":
        columns |= steps.dated(columns, text, lambda part: _read(dates.moment, part, "", files, as_of))
    if "platform" in columns:
        links = {name: text[name] for name in ("creator", "link", "permalink") if name in text}
        default = "" if table == "results" else platforms.PLATFORM  # a result's is told by other tables too
        file_platforms = by_row(files, [file.settings.get("platform", default) for file in files], "str")
        elsewhere = _whole_file(files)
        telling = elsewhere.telling.get("platform", ()) if elsewhere else ()
        columns["platform"] = platforms.settled(columns["platform"], links, file_platforms, telling)
    if table == "posts" and any("permalink" in file.rows for file in files):
        columns["post"] = names.mended(columns["post"], text["permalink"])
    return columns


def _read(
    reader: cells.Reader, text: pd.Series, name: str, files: Sequence[RawFile], as_of: pd.Timestamp | None
) -> cells.Column:
    """Return one column read, with what is told of each file."""
    hints = [
        cells.CellHints(
            file.settings.get("dates", ""),
            file.settings.get("reported_er", ""),
            readings.date(file, as_of),
            file.elsewhere.telling.get(name, ()) if file.elsewhere else (),
        )
        for file in files
    ]
    return cells.read_column(reader, text, list(zip((len(file.rows) for file in files), hints, strict=True)))


def _with_mapped_meanings(name: str, text: pd.Series, files: Sequence[RawFile]) -> pd.Series:
    """Return a column's cells, those that a mapping says the meaning of as it says."""
    if not any(name in file.values for file in files):
        return text
    ends = np.cumsum([len(file.rows) for file in files])
    parts = [text.iloc[end - len(file.rows) : end] for file, end in zip(files, ends, strict=True)]
    return pd.concat(
        statuses.read_as(part, file.values.get(name, {})) for file, part in zip(files, parts, strict=True)
    )


def _unreadable(
    table: str,
    typed: pd.DataFrame,
    columns: dict[str, cells.Column],
    posts: pd.DataFrame | None,
    files: Sequence[RawFile],
) -> tuple[pd.DataFrame, schemas.Reasons]:
    """Return the typed rows, and by column the reasons against those that cannot be used."""
    unread = {name: column.refused for name, column in columns.items()}
    conflicts = schemas.BETWEEN[table](typed) if table in schemas.BETWEEN else {}
    if table in DATED:
        moments, whole = typed[DATED[table]], _whole_file(files)
        conflicts[DATED[table]] = dataset.stray_dates(
            moments, whole.latest if whole else dataset.last_date(moments)
        )
    if table == "posts":
        lacking = moments.isna() & ~moments.index.isin(unread["posted_at"].index)
        conflicts["posted_at"] = pd.concat([conflicts["posted_at"], _dateless(lacking, files)])
    if table == "outreach":
        conflicts |= steps.untold(typed, files)
    if posts is not None:
        typed, conflicts["post"] = schemas.placed(typed, posts)
    for name, reasons in conflicts.items():
        unread[name] = pd.concat([unread[name], reasons[~reasons.index.isin(unread[name].index)]])
    return typed, unread


def _dateless(lacking: pd.Series, files: Sequence[RawFile]) -> "pd.Series[str]":
    """Return the reason against posts without a date in a file of dated ones; a whole file may have none."""
    file = numbers_by_row(files)
    dated = [at for at, one in enumerate(files) if one.elsewhere and not one.elsewhere.undated]
    undated = lacking.groupby(file).transform("all") & ~file.isin(dated)
    return pd.Series(schemas.EMPTY, index=lacking.index[lacking & ~undated], dtype="str")


def _settled(
    table: str, rows: pd.DataFrame, columns: dict[str, cells.Column], files: Sequence[RawFile]
) -> tuple[pd.DataFrame, schemas.Reasons]:
    """Return the good rows with what only all of them together tell, and the reasons of all repairs in them.

    A repair in a row that is refused all the same is not told.
    """
    repaired = {name: why.repaired[why.repaired.index.isin(rows.index)] for name, why in columns.items()}
    late_repairs: schemas.Reasons = {}
    if table == "creators":
        rows, late_repairs["niche"] = names.settled_niches(rows)
    if table == "outreach":
        late_repairs |= steps.doubted(rows, files)
    if table == "posts" and not _whole_file(files) and len(stuck := stuck_likes(rows)):
        late_repairs["likes"] = stuck
        rows = rows.assign(likes=rows["likes"].mask(rows.index.isin(stuck.index)))
    if table == "results":
        rows, late_repairs["cost"] = schemas.budgets_once(rows, files)
    for name, reasons in late_repairs.items():
        earlier = repaired[name]
        repaired[name] = pd.concat([earlier[~earlier.index.isin(reasons.index)], reasons])
    return rows, repaired
