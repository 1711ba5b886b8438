"""The records of a sheet whose header is known -> its rows, and the others each with the reason."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from nanospread.core import errors
from nanospread.core.formatting import counted
from nanospread.ingest import headers
from nanospread.ingest.records import Record

MOST_REFUSED = 250_000  # records that are no rows: a file of more is no table
AGAIN = "a header again"
TOGETHER = 100  # records that are looked at together

Refused = list[tuple[int, str]]
Places = Sequence[int | None]  # of what is read in a record; None: it has no such cell
# Of a record, and whether it has most names of the header: where it has our columns, if it is a header too,
# or why rows below it cannot be read; None where it is none.
Below = Callable[[list[str], bool], Places | str | None]


@dataclass(frozen=True)
class Batch:
    """Some rows by their lines, and the records among and after them that are no rows, with the reason."""

    cells: tuple[list[str], ...]  # of each of our columns
    lines: list[int] = field(default_factory=list)
    refused: Refused = field(default_factory=list)


@dataclass
class Rows:
    """What tells the rows of a sheet from its other records, and where they have our columns."""

    file: str
    header: list[str]
    places: Places
    searched: bool  # the header was found among the records
    below: Below = lambda *_: None
    unread: str = ""  # why no record is a row, below a header that has not our columns
    last: Record = (0, [""])  # row
    seen: int = 0  # records
    refused: int = 0
    watched: int | None = None  # a place where no header has such cells as the records have

    def __post_init__(self) -> None:
        self.current = self.header  # which the records at hand are below
        self.first = self.places
        self.names = frozenset(name for name in self.header if name.strip())

    def batches(
        self, records: Iterator[Record], most: int = sys.maxsize, characters: int = sys.maxsize
    ) -> Iterator[Batch]:
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

    def _batch(self) -> Batch:
        return Batch(tuple([] for _ in self.first))

    def _sorted(self, some: list[Record]) -> tuple[Sequence[int], list[Sequence[str]], Refused]:
        """Return the lines and the columns of those records that are rows, and the others with the reason."""
        lines, records = zip(*some, strict=True)
        if columns := self._columns(records):
            self.last = some[-1]
            blank = ("",) * len(records)
            return lines, [blank if place is None else columns[place] for place in self.places], []
        rows: list[tuple[int, list[str]]] = []
        refused = []
        for line, record in some:
            if why := self._no_row(record):
                refused.append((line, why))
                self._refuse(line, why)
            else:
                self.last = (line, record)
                rows.append((line, ["" if place is None else record[place] for place in self.places]))
            self.seen += 1
        return [line for line, _ in rows], list(zip(*(cells for _, cells in rows), strict=True)), refused

    def _columns(self, records: Sequence[list[str] | str]) -> list[tuple[str, ...]]:
        """Return the columns of records that all are rows, none where one may be something else."""
        if not self.seen or self.unread:
            return []
        if set(map(type, records)) != {list} or set(map(len, records)) != {len(self.current)}:
            return []
        columns = list(zip(*records, strict=True))
        if not self.searched:
            return columns
        if not self.names.isdisjoint(columns[0] + columns[-1]):
            return []
        for place in (self.watched, *self.places):
            if place is not None and not self.current[place].isdecimal() and _decimal(columns[place]):
                self.watched = place
                return columns
        return []

    def _no_row(self, record: list[str] | str) -> str:
        """Return why a record is no row, "" where it is one."""
        if isinstance(record, str):
            return record
        if self.searched and self._is_header(record):
            return AGAIN
        if self.unread or len(record) != len(self.current):
            return self.unread or ragged(record, self.current)
        units = self.searched and not self.seen and _units(record)
        return "units under the header, no row" if units else ""

    def _is_header(self, record: list[str]) -> bool:
        """Return if a record is a header; the records after it are read as it says."""
        if record == self.current:
            return True
        named = record[0] in self.names or record[-1] in self.names
        named = named and len(self.names.intersection(record)) > 0.6 * len(self.names)
        places = (self._of_same_names(record) if named else None) or self.below(record, named)
        if places is not None:
            self.current, self.watched = record, None
            self.places, self.unread = ((), places) if isinstance(places, str) else (places, "")
        return named or places is not None

    def _of_same_names(self, record: list[str]) -> Places | None:
        """Return where a record has the names of the header that are read; None where it lacks one."""
        spread: dict[str, list[int]] = {}
        for at, name in enumerate(record):
            spread.setdefault(name, []).append(at)
        try:
            return [
                spread[self.header[place]][self.header[:place].count(self.header[place])]
                for place in self.first
                if place is not None
            ]
        except (KeyError, IndexError):
            return None

    def _refuse(self, line: int, why: str) -> None:
        """Count a record that is no row. Raises InputError: too many of them."""
        self.refused += 1
        if self.searched:  # else a reader of its tool's tables counted them
            check_refused(self.file, self.refused, line, why)


def _decimal(column: Sequence[str]) -> bool:
    """Return if every cell is of digits."""
    return min(column) != "" and "".join(column).isdecimal()


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
