"""A CSV file of any size -> what it holds, and its raw rows piece by piece: memory does not grow with it."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanospread.core.errors import InputError
from nanospread.ingest import files, formats, mappings, order_tables, records, sheets
from nanospread.ingest.files import Export
from nanospread.ingest.sheets import RawFile, Sheet

ROWS = 100_000


@dataclass(frozen=True)
class Stream:
    """A delimited file: how it is written, what its header says, and its rows."""

    export: Export
    mapping: mappings.FileMapping
    table: str
    rows: int = ROWS  # of a piece

    @property
    def name(self) -> str:
        """The file's name as it is told."""
        return self.export.name

    @property
    def size(self) -> int:
        """The file's size [bytes]."""
        return self.export.path.stat().st_size

    def pieces(self) -> Iterator[RawFile]:
        """Yield the file from its first record on, in raw files of up to `rows` rows.

        Raises InputError as `sources.read` does, and for a line without end.
        """
        try:
            yield from sheets.pieces(self.name, self.export.text(), self.mapping, self.rows)
        except records.EndlessLineError as error:
            raise InputError(f"{self.name}: {error}") from None


def delimited(path: Path | str, mapping: Mapping[str, Any] | None = None) -> Stream:
    """Return a CSV file to be read in pieces, each exactly as `sources.read` would read it.

    Raises InputError: no text file, or no header in its first megabyte that fits a table.
    """
    return of(*files.files_of([Path(path)], mapping))


def holds_orders(file: files.File, format: str | None) -> bool:  # noqa: A002  as --format
    """Return if a CSV file of any size holds orders, by its first records.

    These are no stream: what a file's rows of one order tell stands all over it.

    Raises InputError: no text file, or no header that fits a table.
    """
    export = Export(file.path, file.name, file.mapping().known, unlimited=True)
    by_tool = formats.reader(export, format).NAME in order_tables.declared()
    return by_tool or of(file).table == "orders"


def of(file: files.File) -> Stream:
    """Return a CSV file to be read in pieces, as `delimited`."""
    mapping = file.mapping()
    export = Export(file.path, file.name, mapping.known)
    with export.opened() as content:
        head = content.read(records.HEAD)
    top = Sheet("", records.read(lambda: io.BytesIO(head), export.form))
    return Stream(export, mapping, sheets.with_header(file.name, top, mapping).fits[0].table)
