"""The head of a large CSV file in, its layout out: what a reader that streams it must know."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nanospread.ingest import records, sheets, sources
from nanospread.ingest.export import Export


@dataclass(frozen=True)
class Layout:
    """How a delimited file is written, and what its columns mean."""

    delimiter: str
    encoding: str  # of Python: utf-8, utf-8-sig, utf-16, utf-16-le, utf-16-be, cp1252, latin-1
    header: tuple[str, ...]
    first_line: int  # physical line of the first record after the header
    table: str
    columns: Mapping[str, int]  # our column -> its position in the header
    ignored: tuple[str, ...]  # headers that no column uses, and lines above the header
    said: Mapping[str, str]  # how cells are written, by the mapping


def delimited(path: Path | str, mapping: Mapping[str, Any] | None = None) -> Layout:
    """Return the layout of a CSV file, from its first megabyte: the file may be of any size.

    Raises InputError: no text file, a first line that is longer than that, or a header that fits no table.
    """
    (file,) = sources.files_of([Path(path)], mapping)
    entry = file.entry()
    export = Export(file.path, file.name)
    form = records.form(export.opened, most=records.HEAD, known=tuple(entry.columns.values()))
    found = sheets.headed(file.name, sheets.Sheet("", _head(export, form)), entry)
    after = next(found.rest, None)
    return Layout(
        form.delimiter,
        form.encoding,
        tuple(found.header),
        found.line + 1 if after is None else after[0],
        found.table,
        found.columns,
        found.ignored(found.columns.values()),
        entry.said,
    )


def _head(export: Export, form: records.Form) -> list[records.Record]:
    """Return the first records of a file, of its first bytes alone."""
    with export.opened() as file:
        head = file.read(records.HEAD)
    return list(islice(records.read(lambda: io.BytesIO(head), form), records.TOP + 1))
