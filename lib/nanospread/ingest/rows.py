"""The records below a header -> the rows of its table, and the others each with the reason."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice

from nanospread.core import errors
from nanospread.core.formatting import counted
from nanospread.ingest import headers
from nanospread.ingest.records import Record

MOST_REFUSED = 250_000  # records that are no rows: a file of more is no table
AGAIN = "a header again"
TOGETHER = 100  # records that are looked at together

Refused = list[tuple[int, str]]


@dataclass(frozen=True)
class Batch:
    """Some rows by their lines, and the records among and after them that are no rows, with the reason."""

    cells: tuple[list[str], ...]  # of each place
    lines: list[int] = field(default_factory=list)
    refused: Refused = field(default_factory=list)


@dataclass
class Rows:
    """What tells the rows of a table from its other records, up to the header of another table."""

    file: str
    header: Sequence[str]
    places: Sequence[int]  # which are read
    searched: bool  # the header was found among the records
    another: Callable[[list[str]], bool] = lambda _: False  # if a record is the header of another table
    unread: str = ""  # why none of them is a row
    below: Iterator[Record] | None = None  # once read: the records from the header of another table on
    last: Record = (0, [""])  # row
    seen: int = 0  # records
    refused: int = 0
    watched: int | None = 0  # a place whose cells begin with digits, as no header's do

    @cached_property
    def names(self) -> frozenset[str]:
        """Return the names of the header."""
        return frozenset(name for name in self.header if name.strip())

    def batches(
        self, records: Iterator[Record], most: int = sys.maxsize, characters: int = sys.maxsize
    ) -> Iterator[Batch]:
        """Yield up to `most` rows, or hardly more than so many characters, at a time; the last may be none.

        A few records are looked at together, as many as their like before them leave room for.
        """
        batch, room, each = self._batch(), characters, characters
        while some := list(islice(records, max(1, min(TOGETHER, most - len(batch.lines), room // each)))):
            lines, cells, refused = self._sorted(some, records)
            if lines and (len(batch.lines) >= most or room < 0):
                yield batch
                batch, room = self._batch(), characters
            batch.lines.extend(lines)
            batch.refused.extend(refused)
            for column, given in zip(batch.cells, cells, strict=False):
                column.extend(given)
            size = sum(sum(map(len, given)) for given in cells)
            room, each = room - size, size // len(some) + 1
            if self.below:
                break
        if self.searched and batch.lines and self.last[0] == batch.lines[-1] and is_total(self.last[1]):
            batch.refused.append((batch.lines.pop(), "a row of totals, no row of its own"))
            for column in batch.cells:
                column.pop()
        batch.refused.sort()
        yield batch

    def _batch(self) -> Batch:
        return Batch(tuple([] for _ in self.places))

    def _sorted(
        self, some: list[Record], rest: Iterator[Record]
    ) -> tuple[Sequence[int], list[Sequence[str]], Refused]:
        """Return the lines and the columns of those records that are rows, and the others with the reason."""
        lines, records = zip(*some, strict=True)
        if columns := self._columns(records):
            self.last = some[-1]
            return lines, [columns[place] for place in self.places], []
        rows: list[tuple[int, list[str]]] = []
        refused = []
        for at, (line, record) in enumerate(some):
            if why := self._no_row(record):
                refused.append((line, why))
                self._refuse(line, why)
            else:
                self.last = (line, record)
                rows.append((line, [record[place] for place in self.places]))
            self.seen += 1
            if why == AGAIN and record != self.header:
                self.below = chain(some[at:], rest)
                break
        return [line for line, _ in rows], list(zip(*(cells for _, cells in rows), strict=True)), refused

    def _columns(self, records: Sequence[list[str] | str]) -> list[tuple[str, ...]]:
        """Return the columns of records that all are rows, none where one may be something else."""
        if not self.seen or self.unread:
            return []
        if set(map(type, records)) != {list} or set(map(len, records)) != {len(self.header)}:
            return []
        columns = list(zip(*records, strict=True))
        if not self.searched:
            return columns
        places = self.places if self.watched is None else (self.watched, *self.places)
        self.watched = next((place for place in places if _digits_first(columns[place])), None)
        return [] if self.watched is None else columns

    def _no_row(self, record: list[str] | str) -> str:
        """Return why a record is no row, "" where it is one."""
        if isinstance(record, str):
            return record
        if self.searched and self._is_header(record):
            return AGAIN
        if self.unread or len(record) != len(self.header):
            return self.unread or ragged(record, self.header)
        units = self.searched and not self.seen and _units(record)
        return "units under the header, no row" if units else ""

    def _is_header(self, record: list[str]) -> bool:
        named = record[0] in self.names or record[-1] in self.names
        if named and len(self.names.intersection(record)) > 0.6 * len(self.names):
            return True
        return not any(cell[:1].isdigit() for cell in record) and self.another(record)

    def _refuse(self, line: int, why: str) -> None:
        """Count a record that is no row. Raises InputError: too many of them."""
        self.refused += 1
        if self.searched:  # else a reader of its tool's tables counted them
            check_refused(self.file, self.refused, line, why)


def _digits_first(column: Sequence[str]) -> bool:
    """Return if all cells begin with a digit."""
    return min(column) >= "0" and max(column) < ":"


def check_refused(file: str, refused: int, line: int, why: str) -> None:
    """Raise InputError where too many records are no rows. line, why: of the last of them."""
    if refused > MOST_REFUSED:
        raise errors.InputError(f"{file}: over {MOST_REFUSED:,} records are no rows; line {line}: {why}")


def ragged(cells: Sequence[str], header: Sequence[str]) -> str:
    """Return the reason against a record that has not as many cells as the header."""
    return f"{counted(len(cells), 'cell')} where the header has {len(header):,}"


def _units(record: Sequence[str]) -> bool:
    words = [cell.strip().casefold().strip("()[]") for cell in record]
    return all(word in headers.words("unit") or not word for word in map(headers.plain, words))


def is_total(record: Sequence[str]) -> bool:
    """Return if a record is one of totals, by its first filled cell."""
    first = next((cell for cell in record if cell.strip()), "")
    return headers.plain(first.rstrip().rstrip(":")) in headers.words("total")
