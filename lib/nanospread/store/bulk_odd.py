"""The records of a CSV of posts that are not plain -> its rows, by `sources`' and `tables`' own rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import cells as reading
from nanospread.ingest import dataset, headers, records, sheets, tables
from nanospread.ingest.sheets import RawFile
from nanospread.ingest.streams import Layout

TABLE = "posts"


AGAIN = "a header again"  # the reason that sources gives
BALLAST = "2099-12-31"


@dataclass(frozen=True)
class Odd:
    """The rows among records that are not plain, and what became of the others."""

    raw: RawFile
    rows: pd.DataFrame  # the good ones, typed, by line
    ledger: pd.DataFrame


def raw(file: str, layout: Layout, others: Sequence[records.Record], said: Mapping[str, str]) -> RawFile:
    """Return the records that are rows, as sources has them.

    Raises InputError: another header further down with its columns in another order, whose plain records
    would be misread; too many records that are no rows.
    """
    header, entry = list(layout.header), _entry(file, layout)
    found = sheets.raw(file, sheets.Sheet("", [(layout.first_line - 1, header), *others]), entry)
    cells = dict(others) if any(reason == AGAIN for _, reason in found.refused) else {}
    for line, reason in found.refused:
        if reason == AGAIN and _moved(file, layout, cells[line], entry):
            raise InputError(f"{file}: another header on line {line}, in another order: split the file there")
    return replace(found, said={**layout.said, **said})


def _moved(file: str, layout: Layout, header: list[str] | str, entry: headers.Entry) -> bool:
    """Return whether another header has our columns in other places."""
    try:
        headers.columns(file, list(header), entry)
        return any(header.index(layout.header[place]) != place for place in layout.columns.values())
    except ValueError:  # so is an InputError
        return False


def _entry(file: str, layout: Layout) -> headers.Entry:
    """Return what a mapping would say for these columns, nothing where their names are known."""
    named = {column: layout.header[place] for column, place in layout.columns.items()}
    for columns in ({}, named):
        entry = headers.Entry(TABLE, columns, {})
        if headers.columns(file, layout.header, entry)[1] == dict(layout.columns):
            return entry
    raise InputError(f"{file}: a header that two columns have")


def dates(raw: RawFile, as_of: pd.Timestamp | None) -> pd.Series:
    """Return the dates of the rows, by line, NaT where none can be read."""
    exported = pd.Timestamp(raw.said["as_of"]) if "as_of" in raw.said else as_of
    told = reading.Told(raw.said.get("dates", ""), as_of=exported)
    text = raw.rows["posted_at"].reset_index(drop=True)
    read = reading.each(tables.READERS[TABLE]["posted_at"], text, [(len(text), told)])
    return read.values.set_axis(raw.rows.index)


def read(raw: RawFile, stray: pd.Index, as_of: pd.Timestamp | None) -> Odd:
    """Return the rows as tables has them. stray: the lines of those dated too far from all of the file."""
    rows = raw.rows.drop(index=stray)
    found = tables.validated([replace(raw, rows=rows), _ballast(len(rows))], as_of, whole=False)
    told = found.ledger[found.ledger["file"] == raw.file]
    kept = rows.index[~rows.index.isin(told.loc[told["status"] == "refused", "line"])]
    # Nobody has followers here, so all are unmatched, in their order; the ballast comes last.
    return Odd(raw, found.unmatched.iloc[: len(kept)].set_axis(kept), told)


def _ballast(number: int) -> RawFile:
    """Return posts so many and so late that tables calls no date of `number` others too late.

    Which ones are too late is told by all dates of the file, of which most are not here.
    """
    lines = pd.RangeIndex(2, 2 + dataset.ENOUGH + number // 50)
    cells = {
        "post": lines.astype("str"),
        "creator": "ballast",
        "posted_at": BALLAST,
        "likes": "0",
        "comments": "0",
    }
    return RawFile("", TABLE, pd.DataFrame(cells, index=lines, dtype="str"), (), ())
