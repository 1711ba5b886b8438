"""Sheets of records in, raw files out: the header found, every record a row or refused with its reason."""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
TOGETHER = 100  # records that are looked at together
MOST_CHARACTERS = 50_000_000  # of the rows of one piece of a file
UNIT_WORDS = (
    "text string name handle username number numbers count counts integer int date datetime time day percent "
    "share unit units people persons posts likes comments followers yyyy-mm-dd dd.mm.yyyy mm/dd/yyyy "
    "dd/mm/yyyy % # n € $ £ eur usd gbp url id anzahl zahl datum prozent"
)
UNITS = frozenset(UNIT_WORDS.split())
TOTAL_WORDS = (
    "total totals sum sums summe gesamt gesamtsumme insgesamt average mean durchschnitt mittelwert summa "
    "totalt genomsnitt totale totales totais totaal moyenne media médias 합계 총계 合計 総計 合计 总计 итого"
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
    (batch,) = _Rows(file, entry, found.header, places, searched=sheet.header is None).batches(found.rest)
    index = pd.Index(batch.lines, name="line", dtype="int64")
    rows = _frame(found.columns, batch.cells[: len(found.columns)], index)
    held = _frame(asked, batch.cells[len(found.columns) :], index) if asked else None
    ignored = (*found.ignored(places), *sheet.ignored)
    return RawFile(file, found.table, rows, ignored, tuple(batch.refused), entry.said, sheet.names, held)


def pieces(file: str, sheet: Sheet, entry: headers.Entry, most: int) -> Iterator[RawFile]:
    """Yield a sheet as raw files of up to `most` rows each, in their order; one of no row where it has none.

    Raises InputError as `raw` does.
    """
    found = headed(file, sheet, entry)
    places = list(found.columns.values())
    rows = _Rows(file, entry, found.header, places, searched=sheet.header is None)
    for batch in rows.batches(found.rest, most, MOST_CHARACTERS):
        frame = _frame(found.columns, batch.cells, pd.Index(batch.lines, name="line", dtype="int64"))
        yield RawFile(file, found.table, frame, found.ignored(places), tuple(batch.refused), entry.said)


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
        names = (left_out(name) for at, name in enumerate(self.header) if at not in used)
        return (*self.above, *names)


def left_out(header: str) -> str:
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


Refused = list[tuple[int, str]]


@dataclass(frozen=True)
class _Batch:
    """Some rows by their lines, and the records among and after them that are no rows, with the reason."""

    cells: tuple[list[str], ...]  # of each of our columns
    lines: list[int] = field(default_factory=list)
    refused: Refused = field(default_factory=list)


@dataclass
class _Rows:
    """What tells the rows of a sheet from its other records, and where they have our columns."""

    file: str
    entry: headers.Entry
    header: list[str]
    places: Sequence[int]
    searched: bool  # the header was found among the records
    last: Record = (0, [""])  # row
    seen: int = 0  # records
    refused: int = 0
    names: frozenset[str] = frozenset()  # of the first header

    def __post_init__(self) -> None:
        self.names = frozenset(name for name in self.header if name.strip())

    def batches(
        self, records: Iterator[Record], most: int = sys.maxsize, characters: int = sys.maxsize
    ) -> Iterator[_Batch]:
        """Yield up to `most` rows, or hardly more than so many characters, at a time; the last may be none.

        A few records are looked at together, as many as their like before them leave room for.
        """
        batch, room, each = self._batch(), characters, characters
        while some := list(islice(records, max(1, min(TOGETHER, most - len(batch.lines), room // each)))):
            lines, cells, refused = self._sorted(some)
            if lines and (len(batch.lines) >= most or room < 0):
                yield batch
                batch, room = self._batch(), characters
            batch.lines.extend(lines)
            batch.refused.extend(refused)
            for column, given in zip(batch.cells, cells, strict=False):
                column.extend(given)
            size = sum(sum(map(len, given)) for given in cells)
            room, each = room - size, size // len(some) + 1
        if self.searched and batch.lines and self.last[0] == batch.lines[-1] and is_total(self.last[1]):
            batch.refused.append((batch.lines.pop(), "a row of totals, no row of its own"))
            for column in batch.cells:
                column.pop()
        batch.refused.sort()
        yield batch

    def _batch(self) -> _Batch:
        return _Batch(tuple([] for _ in self.places))

    def _sorted(self, some: list[Record]) -> tuple[Sequence[int], list[Sequence[str]], Refused]:
        """Return the lines and the columns of those records that are rows, and the others with the reason."""
        lines, records = zip(*some, strict=True)
        if columns := self._columns(records):
            self.last = some[-1]
            return lines, [columns[place] for place in self.places], []
        rows: list[tuple[int, list[str]]] = []
        refused = []
        for line, record in some:
            if why := self._no_row(record):
                refused.append((line, why))
                self._refuse(line, record, why)
            else:
                self.last = (line, record)
                rows.append((line, [record[place] for place in self.places]))
            self.seen += 1
        return [line for line, _ in rows], list(zip(*(cells for _, cells in rows), strict=True)), refused

    def _columns(self, records: Sequence[list[str] | str]) -> list[tuple[str, ...]]:
        """Return the columns of records that all are rows, none where one may be something else."""
        if not self.seen or set(map(type, records)) != {list} or set(map(len, records)) != {len(self.header)}:
            return []
        columns = list(zip(*records, strict=True))
        named = self.searched and not self.names.isdisjoint(columns[0] + columns[-1])
        return [] if named else columns

    def _no_row(self, record: list[str] | str) -> str:
        """Return why a record is no row, "" where it is one."""
        if isinstance(record, str):
            return record
        named = self.searched and (record[0] in self.names or record[-1] in self.names)
        if named and len(self.names.intersection(record)) > 0.6 * len(self.names):
            return AGAIN
        if len(record) != len(self.header):
            return ragged(record, self.header)
        units = self.searched and not self.seen and _units(record)
        return "units under the header, no row" if units else ""

    def _refuse(self, line: int, record: list[str] | str, why: str) -> None:
        """Count a record that is no row; another header may have our columns in other places.

        Raises InputError: too many of them.
        """
        self.refused += 1
        if self.refused > MOST_REFUSED:
            raise errors.InputError(
                f"{self.file}: over {MOST_REFUSED:,} records are no rows; line {line}: {why}"
            )
        if why != AGAIN or record == self.header:
            return
        try:
            headers.columns(self.file, record, self.entry)
            self.places = [record.index(self.header[place]) for place in self.places]
            self.header = list(record)
        except ValueError:  # so is an InputError: it lacks one of our columns
            return


def ragged(cells: Sequence[str], header: Sequence[str]) -> str:
    """Return the reason against a record that has not as many cells as the header."""
    return f"{len(cells):,} cells where the header has {len(header):,}"


def _units(record: Sequence[str]) -> bool:
    words = [cell.strip().casefold().strip("()[]") for cell in record]
    return all(word in UNITS or not word for word in words)


def is_total(record: Sequence[str]) -> bool:
    first = next((cell for cell in record if cell.strip()), "")
    return first.strip().casefold().rstrip(":") in TOTALS
