"""The records of a sheet whose header is known -> its rows, and the others each with the reason."""

import sys
from collections.abc import Iterator, Sequence
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
        return Batch(tuple([] for _ in self.places))

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
        if self.searched:  # else a reader of its tool's tables counted them
            check_refused(self.file, self.refused, line, why)
        if why != AGAIN or record == self.header:
            return
        spread: dict[str, list[int]] = {}
        for at, name in enumerate(record):
            spread.setdefault(name, []).append(at)
        try:
            self.places = [
                spread[self.header[place]][self.header[:place].count(self.header[place])]
                for place in self.places
            ]
        except (KeyError, IndexError):  # it lacks one of our columns
            return
        self.header = list(record)


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
