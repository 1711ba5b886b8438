"""A file on disk in; what it is made of out, recognised from its content: text, workbook, Parquet or JSON."""

import io
import lzma
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from nanospread.core.errors import InputError
from nanospread.ingest import binaries, documents, headers, records
from nanospread.ingest.sheets import MOST_COLUMNS, Sheet

LARGEST_TEXT = 64_000_000  # bytes; a larger CSV is streamed by `nanospread ingest`
LARGEST_DOCUMENT = 64_000_000  # bytes of JSON, which is held in memory
LARGEST = {"text": LARGEST_TEXT, "json": LARGEST_DOCUMENT, "workbook": LARGEST_TEXT, "parquet": LARGEST_TEXT}
XZ = b"\xfd7zXZ\0"
XZ_MEMORY = 100_000_000  # bytes that unpacking may take
NO_EXPORTS = {  # how a file begins that is none, whatever it is called, and what it is
    rb"version https://git-lfs\.github\.com/spec/": "a pointer of Git LFS, no file: `git lfs pull` gets it",
    rb"(?:\.\./)*\.?/?\.?git/annex/objects/|/annex/objects/": (
        "a pointer of git-annex, no file: `git annex get` gets it"
    ),
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|body)\b": (
        "a web page, no export: the download was perhaps a login or an error page, so export it again"
    ),
}
OLD_WORKBOOKS = (".xls", ".xlsb", ".ods", ".numbers")


@dataclass(frozen=True)
class Export:
    """One file; nothing of it is read before it is asked for."""

    path: Path
    name: str  # as it is told: inside the folder, without control characters
    known: tuple[str, ...] = ()  # header names that a mapping gives
    unlimited: bool = False  # a text file of any size: whoever reads it holds little of it

    @cached_property
    def kind(self) -> str:
        """Return text, json, workbook or parquet. Raises InputError: none that can be read, or too large."""
        found = self._kind()
        if found != "text" or self.path.suffix.lower() not in OLD_WORKBOOKS:
            return found
        raise InputError(f"{self.name}: this kind of workbook is not read; save it as .xlsx or CSV")

    def _kind(self) -> str:
        size = _size(self.path, self.name)
        with self.opened() as file:
            head = file.read(4096)
        start = re.sub(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*", b"", head)[:1]
        if why := next((why for begins, why in NO_EXPORTS.items() if re.match(begins, head, re.I)), ""):
            raise InputError(f"{self.name}: {why}")
        found = "text"
        if head.startswith(b"PK\x03\x04"):
            found = "workbook"
        elif head.startswith(b"PAR1"):
            found = "parquet"
        elif start in (b"{", b"[") and self.path.suffix.lower() not in (".csv", ".tsv"):
            found = "json"
        if size > LARGEST[found] and not (self.unlimited and found == "text"):
            hint = (
                "nanospread ingest streams a large CSV"
                if found == "text"
                else "split it, or export it as CSV"
            )
            raise InputError(
                f"{self.name}: {size:,} bytes; at most {LARGEST[found]:,} are read at once: {hint}"
            )
        return found

    def opened(self) -> BinaryIO:
        """Return the file, unpacked where it is .xz, from its first byte."""
        if self._unpacked is not None:
            return io.BytesIO(self._unpacked)
        return _opened(self.path, self.name)

    @cached_property
    def _unpacked(self) -> bytes | None:
        with _opened(self.path, self.name) as file:
            if file.read(len(XZ)) != XZ:
                return None
            file.seek(0)
            return _unxz(self.name, file)

    @cached_property
    def form(self) -> records.Dialect:
        """Return how a text file is written."""
        return records.form(self.opened, known=self.known)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the sheets of a text file, a workbook or a Parquet file; of JSON none."""
        if self.kind == "text":
            yield Sheet("", records.read(self.opened, self.form), ignored=self.form.told)
        elif self.kind == "parquet":
            found = binaries.parquet_records(self.name, self.path)
            _, header = next(found)
            yield Sheet("", found, tuple(header))
        elif self.kind == "workbook":
            with self.opened() as stream:
                for name, rows in binaries.workbook_sheets(self.name, stream):
                    yield Sheet(name, rows)

    @cached_property
    def tops(self) -> list[list[list[str]]]:
        """Return the first records of each sheet, among which its header is."""
        return [[cells[:MOST_COLUMNS] for cells in _top(sheet)] for sheet in self.sheets()]

    def has(self, *names: str) -> bool:
        """Return if a header among the first records has all these names, in plain form."""
        wanted = set(names)
        return any(
            wanted <= {headers.plain(cell) for cell in record[:MOST_COLUMNS]}
            for top in self.tops
            for record in top
        )

    @cached_property
    def values(self) -> list[tuple[int, Any]]:
        """Return the values of a JSON file with their number or line; of another file none."""
        if self.kind != "json":
            return []
        with self.opened() as file:
            content = file.read()
        written = records.encoding(self.opened)
        return documents.values(self.name, content.decode(written, errors="replace").lstrip("\ufeff"))

    @cached_property
    def objects(self) -> list[tuple[int, Any]]:
        """Return the records of a JSON file, numbered: its lines, items of its list, or its one object."""
        if len(self.values) != 1 or not isinstance(self.values[0][1], list):
            return self.values
        return list(enumerate(self.values[0][1], 1))

    def sample(self) -> list[dict[str, Any]]:
        """Return the first objects of a JSON file, by which a format is recognised."""
        return [value for _, value in self.objects[:200] if isinstance(value, dict)]

    @cached_property
    def names(self) -> list[tuple[str, ...]]:
        """Return the names of each different record among the first of a JSON file and of their lists."""
        inner = (documents.unwrapped([(1, value)])[:20] for value in self.sample()[:20])
        found = [*self.sample(), *(each for held in inner for _, each in held if isinstance(each, dict))]
        return list(dict.fromkeys(tuple(documents.flat(each)) for each in found))


def _top(sheet: Sheet) -> Iterator[list[str]]:
    if sheet.header is not None:
        yield list(sheet.header)
        return
    yield from (cells for _, cells in islice(sheet.records, records.TOP) if isinstance(cells, list))


def _size(path: Path, name: str) -> int:
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot be read: {getattr(error, 'strerror', '') or error}") from None
    if not stat.S_ISREG(found.st_mode):
        raise InputError(f"{name}: no regular file")
    return found.st_size


def _opened(path: Path, name: str) -> BinaryIO:
    _size(path, name)  # a pipe would wait for ever
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from None


def _unxz(name: str, file: BinaryIO) -> bytes:
    """Return what an .xz file holds, never more than LARGEST_DOCUMENT."""
    try:
        decompressor = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        content = decompressor.decompress(file.read(LARGEST_DOCUMENT), max_length=LARGEST_DOCUMENT + 1)
    except lzma.LZMAError as error:
        raise InputError(f"{name}: no .xz that can be read: {error}") from None
    if len(content) > LARGEST_DOCUMENT:
        raise InputError(f"{name}: unpacks to more than {LARGEST_DOCUMENT:,} bytes")
    if not decompressor.eof:
        raise InputError(f"{name}: a cut .xz file")
    return content
