"""Sheets of records in, raw files out: the header found, every record a row or refused with its reason."""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from operator import itemgetter

import pandas as pd

from nanospread.core import errors
from nanospread.ingest import headers
from nanospread.ingest.cells import Elsewhere
from nanospread.ingest.records import TOP, Record

MOST_REFUSED = 250_000  # records that are no rows: a file of more is no table
AGAIN = "a header again"
MOST_COLUMNS = 16_384  # as many as a workbook can have
BATCH = 10_000  # rows that are turned into columns at a time
MOST_CHARACTERS = 50_000_000  # of the rows of one batch
UNIT_WORDS = (
    "text string name handle username number numbers count counts integer int date datetime time day percent "
    "share unit units people persons posts likes comments followers yyyy-mm-dd dd.mm.yyyy mm/dd/yyyy "
    "dd/mm/yyyy % # n € $ £ eur usd gbp url id anzahl zahl datum prozent"
)
UNITS = frozenset(UNIT_WORDS.split())
TOTAL_WORDS = (
    "total totals sum sums summe gesamt gesamtsumme insgesamt average mean durchschnitt mittelwert summa "
    "totalt genomsnitt"
)
TOTALS = frozenset(TOTAL_WORDS.split()) | {"grand total", "grand totals"}


@dataclass(frozen=True)
class Sheet:
    """One table-like part of an export, before anyone knows what its columns mean."""

    name: str  # "" where the export has one part
    records: Iterable[Record]
    header: tuple[str, ...] | None = None  # None: among the first records
    table: str | None = None  # where the format itself tells
    said: Mapping[str, str] = field(default_factory=dict)
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
    said: Mapping[str, str] = field(default_factory=dict)  # how cells are written: headers.SAID
    names: tuple[str, ...] = ()  # of a group of one-record files: the file of record `line`, at line - 1
    contacts: pd.DataFrame | None = None  # the contact data that were asked for, by line; creators only
    elsewhere: Elsewhere | None = None  # of a piece of a file: what the whole file tells


def raw(file: str, sheet: Sheet, entry: headers.Entry, contacts: Sequence[str] = ()) -> RawFile:
    """Return a sheet as a raw file.

    Raises InputError: an empty one; NoTableError: none of its first lines is a header that fits a table.
    """
    entry = headers.Entry(entry.table or sheet.table, entry.columns, {**sheet.said, **entry.said})
    found = headed(file, sheet, entry)
    asked = _asked(found.header, contacts) if found.table == "creators" else {}
    places = [*found.columns.values(), *asked.values()]
    lines: array[int] = array("q")
    columns: list[list[str]] = [[] for _ in places]
    refused: list[tuple[int, str]] = []
    for batch in _batches(file, found, places, entry, searched=sheet.header is None, most=BATCH):
        lines.extend(batch.lines)
        for column, given in zip(columns, zip(*batch.rows, strict=True), strict=False):
            column.extend(given)
        refused += batch.refused
    index = pd.Index(lines, name="line", dtype="int64")
    rows = _frame(found.columns, columns[: len(found.columns)], index)
    held = _frame(asked, columns[len(found.columns) :], index) if asked else None
    ignored = (*found.ignored(places), *sheet.ignored)
    return RawFile(file, found.table, rows, ignored, tuple(sorted(refused)), entry.said, sheet.names, held)


def pieces(file: str, sheet: Sheet, entry: headers.Entry, most: int) -> Iterator[RawFile]:
    """Yield a sheet as raw files of up to `most` rows each, in their order; one of no row where it has none.

    Raises InputError as `raw` does.
    """
    found = headed(file, sheet, entry)
    places = list(found.columns.values())
    for batch in _batches(file, found, places, entry, searched=sheet.header is None, most=most):
        columns = list(map(list, zip(*batch.rows, strict=True))) or [[] for _ in places]
        rows = _frame(found.columns, columns, pd.Index(batch.lines, name="line", dtype="int64"))
        yield RawFile(file, found.table, rows, found.ignored(places), tuple(batch.refused), entry.said)


def _frame(names: Iterable[str], cells: Sequence[list[str]], index: pd.Index) -> pd.DataFrame:
    columns = {
        name: pd.Series(given, index=index, dtype="str") for name, given in zip(names, cells, strict=True)
    }
    return pd.DataFrame(columns, index=index)


def _asked(header: Sequence[str], contacts: Sequence[str]) -> dict[str, int]:
    """Return the position of each kind of contact data that was asked for; of several the first."""
    given = {headers.contact(name): at for at, name in reversed(list(enumerate(header)))}
    return {kind: given[kind] for kind in contacts if kind in given}


@dataclass(frozen=True)
class Headed:
    """A sheet whose header is found."""

    line: int  # of the header
    above: tuple[str, ...]  # what the lines before it say
    header: list[str]
    table: str
    columns: dict[str, int]
    rest: Iterator[Record]

    def ignored(self, used: Collection[int]) -> tuple[str, ...]:
        """Return what no column uses: the lines above and the other headers."""
        names = (_left_out(name) for at, name in enumerate(self.header) if at not in used)
        return (*self.above, *names)


def _left_out(header: str) -> str:
    return f"{header} (left out: contact data)" if headers.contact(header) else header


def headed(file: str, sheet: Sheet, entry: headers.Entry) -> Headed:
    """Return the header of a sheet: its own, or the first of its first records that fits a table."""
    found = iter(sheet.records)
    if sheet.header is not None:
        header = _narrow(file, list(sheet.header))
        return Headed(1, (), header, *headers.columns(file, header, entry), found)
    top = list(islice(found, TOP))
    if not any(isinstance(cells, list) for _, cells in top):
        line, why = top[0] if top else (1, "the file is empty")
        raise errors.InputError(f"{file}: no header on line {line}: {why}")
    failed: list[tuple[int, errors.InputError]] = []
    for at, (line, cells) in enumerate(top):
        if isinstance(cells, str):
            continue
        try:
            fit = headers.columns(file, _narrow(file, cells), entry)
        except errors.InputError as error:
            failed.append((_known(cells, entry), error))
            continue
        above = tuple(f"line {number} above the header: {_shown(record)}" for number, record in top[:at])
        return Headed(line, above, cells, *fit, chain(top[at + 1 :], found))
    raise max(failed, key=itemgetter(0))[1]


def _known(cells: Sequence[str], entry: headers.Entry) -> int:
    names = headers.names(entry.columns.values())
    return sum(headers.plain(cell) in names for cell in cells[:MOST_COLUMNS])


def _narrow(file: str, cells: list[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise errors.InputError(f"{file}: {len(cells):,} columns; at most {MOST_COLUMNS:,} are read")
    if any("\0" in cell for cell in cells):
        raise errors.InputError(f"{file}: no text file, nor a workbook, Parquet or JSON that can be read")
    return cells


def _shown(record: Sequence[str] | str) -> str:
    text = record if isinstance(record, str) else ", ".join(cell for cell in record if cell.strip())
    return " ".join(text.split())[:120]


@dataclass(frozen=True)
class _Batch:
    """Some rows by their lines, and the records among and after them that are no rows, with the reason."""

    lines: list[int] = field(default_factory=list)
    rows: list[Sequence[str]] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


def _batches(
    file: str, found: Headed, places: Sequence[int], entry: headers.Entry, *, searched: bool, most: int
) -> Iterator[_Batch]:
    """Yield the cells of our columns, `most` rows or MOST_CHARACTERS at a time; the last may be none."""
    batch, size, number, first = _Batch(), 0, 0, True
    header, pick, last = found.header, _pick(places), (0, [""])
    names = frozenset(name for name in header if name.strip())
    for line, record in found.rest:
        why = _no_row(record, header, names, searched=searched, first=first)
        first = False
        if not why:
            assert isinstance(record, list)
            if len(batch.rows) >= most or size > MOST_CHARACTERS:
                yield batch
                batch, size = _Batch(), 0
            row = pick(record)
            batch.lines.append(line)
            batch.rows.append(row)
            size += sum(map(len, row))
            last = (line, record)
            continue
        if why == AGAIN and record != header and (again := _again(file, record, header, places, entry)):
            header, pick = list(record), _pick(again)
        batch.refused.append((line, why))
        number += 1
        if number > MOST_REFUSED:
            raise errors.InputError(f"{file}: over {MOST_REFUSED:,} records are no rows; line {line}: {why}")
    if searched and batch.rows and last[0] == batch.lines[-1] and _total(last[1]):
        batch.refused.append((batch.lines.pop(), "a row of totals, no row of its own"))
        batch.refused.sort()
        batch.rows.pop()
    yield batch


def _no_row(
    record: list[str] | str, header: list[str], names: frozenset[str], *, searched: bool, first: bool
) -> str:
    """Return why a record is no row, "" where it is one."""
    if isinstance(record, str):
        return record
    named = searched and (record[0] in names or record[-1] in names)
    if named and len(names.intersection(record)) > 0.6 * len(names):
        return AGAIN
    if len(record) != len(header):
        return f"{len(record):,} cells where the header has {len(header):,}"
    return "units under the header, no row" if searched and first and _units(record) else ""


def _pick(places: Sequence[int]) -> Callable[[Sequence[str]], Sequence[str]]:
    """Return what takes the cells of our columns out of a record."""
    return itemgetter(*places) if len(places) > 1 else lambda record: [record[place] for place in places]


def _again(
    file: str, record: Sequence[str], header: list[str], places: Sequence[int], entry: headers.Entry
) -> list[int]:
    """Return where another header in the middle of a file has our columns, nowhere if it lacks one."""
    try:
        headers.columns(file, record, entry)
        return [record.index(header[place]) for place in places]
    except ValueError:  # so is an InputError
        return []


def _units(record: Sequence[str]) -> bool:
    words = [cell.strip().casefold().strip("()[]") for cell in record]
    return all(word in UNITS or not word for word in words)


def _total(record: Sequence[str]) -> bool:
    first = next((cell for cell in record if cell.strip()), "")
    return first.strip().casefold().rstrip(":") in TOTALS
