"""An export in, the reader that its content asks for out: a module for each tool's format, or a few alike.

A reader is a module of this folder with NAME (as --format takes it), WHAT (a line for data/README.md),
recognised(export) and sheets(export); a module of several formats lists their readers in READERS. SIDECARS,
where it is true, says that the format writes a file for each record, which belong together. What no tool's
reader recognises is read as the table that it holds (GENERAL).
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, cast

from nanospread.core import errors
from nanospread.ingest import documents
from nanospread.ingest.files import Export
from nanospread.ingest.sheets import Sheet


class Reader(Protocol):
    """What a module of this folder has, or each of its READERS."""

    NAME: str
    WHAT: str

    def recognised(self, export: Export) -> bool:
        """Return if an export is of this format, told from its content."""

    def sheets(self, export: Export) -> Iterator[Sheet]:
        """Yield what an export holds."""


@dataclass(frozen=True)
class Format:
    """The reader of one format of a module that has several."""

    NAME: str
    WHAT: str
    recognised: Callable[[Export], bool]
    sheets: Callable[[Export], Iterator[Sheet]]


def _general(name: str, what: str, kind: str) -> Format:
    """Return the reader of a kind of file, whoever wrote it: each sheet that fits a table."""
    return Format(name, what, lambda export: export.kind == kind, _sheets)


def _sheets(export: Export) -> Iterator[Sheet]:
    """Yield the sheets; JSON records as one, nested names joined with dots."""
    if export.kind == "json":
        yield documents.sheet(export.name, "", documents.rows(documents.unwrapped(export.objects)))
    else:
        yield from export.sheets()


GENERAL = (
    _general(
        "csv",
        "CSV or TSV: any table with a header line; comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows",
        "text",
    ),
    _general(
        "json",
        "JSON or JSON lines: a list of flat records, in an object or not; nested names are `owner.username`",
        "json",
    ),
    _general("parquet", "Parquet: one table with the same names as a CSV", "parquet"),
    _general(
        "xlsx",
        "workbook (.xlsx, .xlsm): each sheet that fits a table; the others are named as left aside",
        "workbook",
    ),
)


def readers() -> dict[str, Reader]:
    """Return every reader by its name, those for any tool's files last."""
    modules = [
        importlib.import_module(f"{__name__}.{module_info.name}")
        for module_info in pkgutil.iter_modules(__path__)
    ]
    every = [cast(Reader, each) for module in modules for each in getattr(module, "READERS", (module,))]
    by_tool = sorted(every, key=lambda reader: reader.NAME)
    general = [cast(Reader, reader) for reader in GENERAL]
    return {reader.NAME: reader for reader in [*by_tool, *general]}


def reader(export: Export, name: str | None = None) -> Reader:
    """Return the reader of an export: the one named, else the one that recognises it.

    Raises InputError: no reader has this name, the export is not of this format, or it may be of two.
    """
    known = readers()
    if name is not None and name not in known:
        raise errors.unknown("format", name, known)
    if name is not None:
        if not known[name].recognised(export):
            raise errors.InputError(f"{export.name}: no {name} export ({known[name].WHAT})")
        return known[name]
    fitting = [each for each in known.values() if each.recognised(export)]
    by_tool = [each for each in fitting if each.NAME not in {general.NAME for general in GENERAL}]
    if len(by_tool) > 1:
        names = " or ".join(each.NAME for each in by_tool)
        raise errors.InputError(f"{export.name}: may be {names}; `nanospread ingest --format` says which")
    return fitting[0]
