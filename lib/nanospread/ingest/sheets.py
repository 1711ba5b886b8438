"""Sheets of records in, raw files out: the header found, every record a row or refused with its reason."""

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from operator import itemgetter
from typing import Any

import pandas as pd

from nanospread.core import errors
from nanospread.ingest import headers, places, statuses
from nanospread.ingest.cells import FileContext
from nanospread.ingest.mappings import MAPPING, FileMapping, NotMeantError
from nanospread.ingest.places import TableMatch
from nanospread.ingest.records import TOP, Record
from nanospread.ingest.rows import Batch, Below, Places, Rows
from nanospread.ingest.statuses import Values

MOST_COLUMNS = 16_384  # as many as a workbook can have
MOST_ORDERS = 3_000_000  # rows of one table of orders, which are held in memory together
MOST_CHARACTERS = 50_000_000  # of the rows of one piece of a file
MOST_HEADERS = 100  # of a file, of which it is known what they say
LEAST_OWN = 2  # columns whose own names a record has, so that it is a header though not of this table
OTHER = "below another header"


@dataclass(frozen=True)
class Sheet:
    """One table-like part of an export, before anyone knows what its columns mean."""

    name: str  # "" where the export has one part
    records: Iterable[Record]
    header: tuple[str, ...] | None = None  # None: among the first records
    table: str | None = None  # where the format itself tells
    settings: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()  # what the reader left aside


@dataclass(frozen=True)
class RawFile:
    """One export file, or one part of it, exactly as exported, under our column names."""

    file: str  # name inside the folder; `name [part]` where a file holds several tables
    table: str  # one of headers.REQUIRED
    rows: pd.DataFrame  # all text; index `line`: where the record starts, the first line being 1
    ignored: tuple[str, ...]  # headers that no column of ours uses, and lines above the header
    refused: tuple[tuple[int, str], ...]  # line and reason of records that are no rows
    settings: Mapping[str, str] = field(default_factory=dict)  # how cells are written: mappings.SETTINGS
    names: tuple[str, ...] = ()  # of a group of one-record files: the file of record `line`, at line - 1
    contacts: pd.DataFrame | None = None  # the contact data that were asked for, by line; creators only
    elsewhere: FileContext | None = None  # of a piece of a file: what the whole file tells
    values: Values = field(default_factory=dict)  # of our columns: what their cells mean, as the mapping says
    beside: bool = False  # follower counts that stand beside posts: a file of creators goes before them


def by_row(files: Sequence[RawFile], each: Sequence[Any], dtype: str | pd.DatetimeTZDtype) -> pd.Series:
    """Return for each row of all files, numbered through them, what is said of its file."""
    return pd.Series(each, dtype=dtype).repeat([len(file.rows) for file in files]).reset_index(drop=True)


def numbers_by_row(files: Sequence[RawFile]) -> pd.Series:
    """Return for each row of all files, numbered through them, the place of its file among these."""
    return by_row(files, range(len(files)), "int64")


def aside(file: str, why: str) -> RawFile:
    """Return what is told of a file of which nothing is read."""
    return RawFile(file, "", pd.DataFrame(), (why.removeprefix(f"{file}: "),), ())


def raws(file: str, sheet: Sheet, mapping: FileMapping, contacts: Sequence[str] = ()) -> list[RawFile]:
    """Return a sheet as raw files: one for each table that its mapping or its header says it fills.

    Raises InputError: an empty one; NoTableError: none of its first lines is a header that fits a table;
    NotMeantError: the mapping says that it is not meant.
    """
    headed = with_header(file, sheet, mapping)
    contact_places = (
        _asked(headed.header, contacts) if any(fit.table == "creators" for fit in headed.fits) else {}
    )
    used = list(
        dict.fromkeys(at for of in (*(fit.used for fit in headed.fits), contact_places.values()) for at in of)
    )
    orders = any(fit.table == "orders" for fit in headed.fits)
    records = at_most(file, headed.rest) if orders else headed.rest
    below = _below(file, sheet, mapping, headed, contact_places)
    (batch,) = Rows(file, headed.header, used, sheet.header is None, below).batches(records)
    cells = _texts(used, batch)
    fits = [_settled(fit, headed.header, cells) for fit in headed.fits]
    if headed.alone and fits[-1].table == "outreach" and len(fits) > 1:
        fits = fits if statuses.tracks(cells[fits[-1].places["status"][0]]) else fits[:-1]
    read = [place for fit in fits for place in fit.used]
    made: list[RawFile] = []
    for fit in fits:
        rows, held = _columns(file, headed.header, fit, cells), None
        if contact_places and fit.table == "creators":
            held = cells[list(contact_places.values())].set_axis(list(contact_places), axis=1)
        if made and fit.table == "creators" and (headed.alone or made[0].table == "posts"):
            made.append(_counts(made[0], rows, fit))
            continue
        name, told = (
            (f"{file} [{fit.table}]", ())
            if made
            else (file, (*headed.ignored([*read, *contact_places.values()]), *sheet.ignored))
        )
        raw = RawFile(name, fit.table, rows, told, tuple(batch.refused), fit.settings, sheet.names, held)
        made.append(replace(raw, values=fit.meanings))
    return made


def at_most(file: str, records: Iterator[Record]) -> Iterator[Record]:
    """Yield the records of orders. Raises InputError: more of them than there is room for."""
    for number, record in enumerate(records, 1):
        if number > MOST_ORDERS:
            raise errors.InputError(
                f"{file}: over {MOST_ORDERS:,} rows of orders; export it in parts, by date"
            )
        yield record


def _counts(posts: RawFile, rows: pd.DataFrame, fit: TableMatch) -> RawFile:
    """Return the follower counts beside posts or contacts, each once.

    Beside posts they are of the post's day where they change with posts.
    """
    known = rows[rows["followers"].str.strip() != ""]
    if (
        posts.table == "posts"
        and "as_of" not in known
        and (known.groupby("creator")["followers"].nunique() > 1).any()
    ):
        known = known.assign(as_of=posts.rows["posted_at"])
    name = f"{posts.file} [{fit.table}]"
    return RawFile(name, fit.table, known.drop_duplicates(), (), (), fit.settings, beside=True)


def pieces(file: str, sheet: Sheet, mapping: FileMapping, most: int) -> Iterator[RawFile]:
    """Yield a sheet as raw files of up to `most` rows each, in their order; one of no row where it has none.

    Raises InputError as `raws` does, and for more than one table or posts that are to be numbered.
    """
    headed = with_header(file, sheet, mapping)
    fit, *more = headed.fits
    if (more and not headed.alone) or fit.numbered:
        what = "is named after creator and date" if fit.numbered else "fills several tables"
        raise errors.InputError(f"{file}: too large for a file that {what}: split it")
    used = fit.used
    below = _below(file, sheet, mapping, replace(headed, fits=(fit,)), {})
    records = Rows(file, headed.header, used, sheet.header is None, below)
    for batch in records.batches(headed.rest, most, MOST_CHARACTERS):
        cells = _texts(used, batch)
        fit = _settled(fit, headed.header, cells)
        frame = _columns(file, headed.header, fit, cells)
        told, refused = headed.ignored(fit.used), tuple(batch.refused)
        yield RawFile(file, fit.table, frame, told, refused, fit.settings, values=fit.meanings)


def _settled(fit: TableMatch, header: Sequence[str], cells: pd.DataFrame) -> TableMatch:
    """Return a fit without the places that the cells there speak against."""
    settled = {
        column: of if len(of) == 1 else places.contenders(fit.table, column, header, cells[list(of)])
        for column, of in fit.places.items()
    }
    return replace(fit, places=settled)


def _columns(file: str, header: Sequence[str], fit: TableMatch, cells: pd.DataFrame) -> pd.DataFrame:
    """Return our columns of a table. cells: a column for each place that is read.

    Raises InputError: several places of one column differ.
    """
    columns = {
        column: cells[of[0]] if len(of) == 1 else places.merged(file, column, header, cells[list(of)])
        for column, of in fit.places.items()
    }
    for column, value in fit.values.items():
        columns[column] = pd.Series(value, index=cells.index, dtype="str")
    rows = pd.DataFrame(columns, index=cells.index, copy=False)
    return rows.assign(post=_numbered(rows)) if fit.numbered else rows


def _numbered(posts: pd.DataFrame) -> pd.Series:
    """Return names of posts after creator and date, which the next export has too; "" without a date."""
    when = posts["posted_at"].str.strip()
    named = posts["creator"].str.strip() + " " + when
    again = named.groupby(named).cumcount() + 1
    numbers = again.astype("str").where(again > 1, "")
    return (named + (" " + numbers).where(numbers != "", "")).where(when != "", "")


def _texts(used: Sequence[int], batch: Batch) -> pd.DataFrame:
    """Return the cells of rows by their lines, a column for each place that is read; the batch is used up."""
    index = pd.Index(batch.lines, name="line", dtype="int64")
    columns = {}
    for place, given in zip(used, batch.cells, strict=True):
        columns[place] = pd.Series(given, index=index, dtype="str")
        given.clear()  # of a large file there is no room for both
    return pd.DataFrame(columns, index=index, copy=False)


def _asked(header: Sequence[str], contacts: Sequence[str]) -> dict[str, int]:
    """Return the position of each kind of contact data that was asked for; of several the first."""
    given = {headers.contact(name): at for at, name in reversed(list(enumerate(header)))}
    return {kind: given[kind] for kind in contacts if kind in given}


def _below(
    file: str, sheet: Sheet, mapping: FileMapping, top: "SheetWithHeader", contact_places: Mapping[str, int]
) -> Below:
    """Return what tells headers further down in a sheet.

    top: the first header. contact_places: where it has the contact data that are asked for.
    """
    known = headers.names(mapping.known)
    first = top.fits[0]

    @functools.lru_cache(MOST_HEADERS)
    def places_or_why(cells: tuple[str, ...], named: bool) -> Places | str | None:
        like_ours = named or places.own_names(first, cells) >= LEAST_OWN
        try:
            fits, _ = _fits(file, _narrow(file, list(cells)), sheet, mapping)
        except errors.InputError as error:
            why = getattr(error, "nearest", str(error).removeprefix(f"{file}: "))
            return f"{OTHER}: {why}" if like_ours else None
        if fits[0].table != first.table:
            return f"{OTHER}, of {fits[0].table}: they need a file of their own" if like_ours else None
        if fits[0].settings != first.settings:
            return f"{OTHER}, of another platform: they need a file of their own"
        columns = places.moved(top.fits, fits)
        if columns is None or mapping.by_position(cells):
            return f"{OTHER}, with columns that are not those here: they need a file of their own"
        contacts = _asked(cells, list(contact_places))
        return [*columns.values(), *(contacts.get(kind) for kind in contact_places)]

    def below(cells: list[str], named: bool) -> Places | str | None:
        return places_or_why(tuple(cells), named) if places.names_accounts(first, cells, known) else None

    return below


@dataclass(frozen=True)
class SheetWithHeader:
    """A sheet whose header is found."""

    line: int  # of the header
    above: tuple[str, ...]  # what the lines before it say
    header: list[str]
    fits: tuple[TableMatch, ...]  # one for each table
    alone: bool  # neither format nor mapping says which tables it fills: the header tells
    rest: Iterator[Record]

    def ignored(self, used: Collection[int]) -> tuple[str, ...]:
        """Return what no column uses: the lines above and the other headers."""
        names = (left_out(name) for at, name in enumerate(self.header) if at not in used)
        return (*self.above, *names)


def left_out(header: str) -> str:
    return f"{header} (left out: contact data)" if headers.contact(header) else header


def with_header(file: str, sheet: Sheet, mapping: FileMapping) -> SheetWithHeader:
    """Return the header of a sheet: its own, or the first of its first records that fits a table."""
    found = iter(sheet.records)
    if sheet.header is not None:
        header = _narrow(file, list(sheet.header))
        return SheetWithHeader(1, (), header, *_fits(file, header, sheet, mapping), found)
    top = list(islice(found, TOP))
    if not any(isinstance(cells, list) for _, cells in top):
        line, why = top[0] if top else (1, "the file is empty")
        raise errors.InputError(f"{file}: no header on line {line}: {why}")
    failed: list[tuple[int, errors.InputError]] = []
    known = headers.names(mapping.known)
    for at, (line, cells) in enumerate(top):
        if isinstance(cells, str):
            continue
        try:
            fits, alone = _fits(file, _narrow(file, cells), sheet, mapping)
        except errors.InputError as error:
            failed.append((sum(headers.plain(cell) in known for cell in cells[:MOST_COLUMNS]), error))
            continue
        above = lines_above(top[:at])
        return SheetWithHeader(line, above, cells, fits, alone, chain(top[at + 1 :], found))
    raise max(failed, key=itemgetter(0))[1]


def _fits(
    file: str, header: Sequence[str], sheet: Sheet, mapping: FileMapping
) -> tuple[tuple[TableMatch, ...], bool]:
    """Return the tables that a header fits, and whether neither format nor mapping names one."""
    entries = mapping.of(header)
    if any(entry.ignore for entry in entries):
        raise NotMeantError(f"{file}: not meant, as {MAPPING} says")
    fits = [
        places.fit(
            file,
            header,
            replace(entry, table=entry.table or sheet.table, settings={**sheet.settings, **entry.settings}),
            mapping.creator,
            mapping.missed(header),
        )
        for entry in entries
    ]
    alone = len(fits) == 1 and not entries[0].table and not sheet.table
    if alone and fits[0].table in ("posts", "outreach") and (counts := places.beside(header, fits[0])):
        fits.append(counts)
    if alone and fits[0].table == "creators" and (contacts := places.tracker(header, fits[0])):
        fits.append(contacts)
    return tuple(fits), alone


def _narrow(file: str, cells: list[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise errors.InputError(f"{file}: {len(cells):,} columns; at most {MOST_COLUMNS:,} are read")
    if any("\0" in cell for cell in cells):
        raise errors.InputError(f"{file}: no text file, nor a workbook, Parquet or JSON that can be read")
    return cells


def lines_above(records: Iterable[Record]) -> tuple[str, ...]:
    """Return what is told of the lines above a header."""
    texts = (
        (line, cells if isinstance(cells, str) else ", ".join(filter(str.strip, cells)))
        for line, cells in records
    )
    return tuple(f"line {line} above the header: {' '.join(text.split())[:120]}" for line, text in texts)
