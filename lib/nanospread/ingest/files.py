"""Paths in, the files to read out; a file in, its kind and its sheets out, recognised from its content.

Each file is read once, under a name that no other has, with what a mapping says. Of sub-folders Instaloader's
sidecars are read. Other exports in them are read where a rule of the mapping names their path, or where no
export lies above them; else they are left alone, which is told.
"""

import io
import lzma
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from nanospread.core import errors
from nanospread.ingest import binaries, documents, headers, mappings, records
from nanospread.ingest.mappings import MAPPING
from nanospread.ingest.sheets import MOST_COLUMNS, Sheet

OLD_WORKBOOKS = (".xls", ".xlsb", ".ods", ".numbers")  # which are not read
READ = ".csv .tsv .xlsx .xlsm .parquet .json .jsonl .ndjson"
ENDINGS = (*READ.split(), ".json.xz", *OLD_WORKBOOKS)
SIDECARS = (".json", ".json.xz")
STORE = "store.json"  # which a store has: no folder of exports
MOST = 200_000  # files


@dataclass(frozen=True)
class File:
    """One file to read."""

    path: Path
    name: str  # which no other file has
    relative_name: str  # its name inside its folder
    rules: Mapping[str, Any]  # what the mapping says
    inner: bool = False  # in a sub-folder
    asked: bool = False  # in a sub-folder, and to be read as those outside are
    creator: str = ""  # whose posts they are where no column tells
    unlimited: bool = False  # as Export.unlimited

    def mapping(self, part: str = "") -> mappings.FileMapping:
        """Return what the mapping says about the file, or about one part of it."""
        return mappings.about(self.rules, self.relative_name, self.path, part, self.creator)

    @property
    def by_chance(self) -> bool:
        """Whether no rule names it and it lies in a sub-folder: it may be no export, which stops nothing."""
        return self.inner and not mappings.names(self.rules, self.relative_name)


def files_of(
    paths: Sequence[Path], mapping: Mapping[str, Any] | None = None, creator: str = ""
) -> list[File]:
    """Return the files of paths, each once, no two of one name.

    mapping: without one the mapping.yaml beside the files. creator: as `File.creator`.

    Raises InputError: nothing there, or a mapping that names another file.
    """
    files: dict[Path, File] = {}
    names: set[str] = set()
    for path in paths:
        if not os.path.lexists(path):
            raise _missing(f"'{path}'", path, [file.name for file in _beside(path)])
        rules = _own_mapping(path if path.is_dir() else path.parent) if mapping is None else mapping
        entries = list(_in_folder(path, rules)) if path.is_dir() else [(path, path.name, False, False)]
        if not entries:
            raise errors.InputError(f"data folder '{path}' holds no export ({READ.replace(' ', ', ')} file)")
        folder_files = [
            File(file, _single(printable(name), names), printable(name), rules, inner, asked, creator)
            for file, name, inner, asked in entries
        ]
        if mapping is None and path.is_dir():
            _check_names(rules, folder_files)
        for file in folder_files:
            files.setdefault(file.path.absolute(), file)
    _check_names(mapping or {}, list(files.values()))
    if len(files) > MOST:
        raise errors.InputError(f"{len(files):,} files; at most {MOST:,} are read at once")
    return list(files.values())


def check_folder(place: Path) -> None:
    """Raise InputError where a path is no folder, with the nearest one."""
    if place.is_dir():
        return
    if place.exists():
        raise errors.InputError(f"data '{place}' is a file; name the folder that holds the exports")
    raise _missing(f"data folder '{place}'", place, [f.name for f in _beside(place) if f.is_dir()])


def _beside(path: Path) -> list[Path]:
    return sorted(path.parent.iterdir()) if path.parent.is_dir() else []


def _missing(subject: str, path: Path, names: Sequence[str]) -> errors.InputError:
    guess = errors.nearest(path.name, names)
    hint = f"; did you mean '{path.parent / guess}'?" if guess else ""
    return errors.InputError(f"{subject} does not exist{hint}")


def _own_mapping(place: Path) -> Mapping[str, Any]:
    """Return what the folder's own mapping says: nothing where there is none."""
    file = place / MAPPING
    return mappings.read(file) if file.is_file() else {}


def _in_folder(place: Path, rules: Mapping[str, Any]) -> Iterator[tuple[Path, str, bool, bool]]:
    """Yield path, name, `inner` and `asked` of each export, those of sub-folders last; of no store."""
    outside = 0
    for number, (folder, folders, names) in enumerate(os.walk(place)):
        if number and STORE in names:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(names):
            file = Path(folder, name)
            if name[0] != "." and name.lower().endswith(ENDINGS) and file.is_file() and not _is_output(file):
                relative_name = file.relative_to(place).as_posix()
                outside += not number
                asked = number > 0 and (mappings.names(rules, relative_name) or not outside)
                yield file, relative_name, number > 0, asked


def _is_output(file: Path) -> bool:
    """Return whether a shell writes to this file what is printed here (`... > exports/codes.csv`)."""
    try:
        return os.path.samestat(os.fstat(1), file.stat())
    except OSError:
        return False


def printable(name: str) -> str:
    """Return a name on one line, without control characters, direction marks and bytes that are no text."""
    return re.sub(
        "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", "\ufffd", name
    )


def _single(name: str, names: set[str]) -> str:
    """Return a name that no other file has."""
    number, single = 1, name
    while single in names:
        number += 1
        single = f"{name} ({number})"
    names.add(single)
    return single


def _check_names(rules: Mapping[str, Any], files: Sequence[File]) -> None:
    """Raise InputError where a mapping names a file that is not there."""
    file_names = {file.relative_name for file in files}
    for rule, entry in rules.items():
        if mappings.is_name(rule, entry) and not file_names & {rule, *re.findall(r"(.*) \[.*\]", rule)}:
            raise errors.unknown(
                f"file in {MAPPING}:", rule, [f.relative_name for f in files if not f.inner or f.asked]
            )


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


@dataclass(frozen=True)
class Export:
    """One file; nothing of it is read before it is asked for."""

    path: Path
    name: str  # as it is told: inside the folder, without control characters
    header_names: tuple[str, ...] = ()  # that a mapping gives
    unlimited: bool = False  # a text file of any size: whoever reads it holds little of it

    @cached_property
    def kind(self) -> str:
        """Return text, json, workbook or parquet. Raises InputError: none that can be read, or too large."""
        size = _size(self.path, self.name)
        with self.opened() as file:
            head = file.read(4096)
        start = re.sub(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*", b"", head)[:1]
        if why := next((why for begins, why in NO_EXPORTS.items() if re.match(begins, head, re.I)), ""):
            raise errors.InputError(f"{self.name}: {why}")
        kind = "text"
        if head.startswith(b"PK\x03\x04"):
            kind = "workbook"
        elif head.startswith(b"PAR1"):
            kind = "parquet"
        elif start in (b"{", b"[") and self.path.suffix.lower() not in (".csv", ".tsv"):
            kind = "json"
        elif self.path.suffix.lower() in OLD_WORKBOOKS:
            raise errors.InputError(
                f"{self.name}: this kind of workbook is not read; save it as .xlsx or CSV"
            )
        if size > LARGEST[kind] and not (self.unlimited and kind == "text"):
            hint = (
                "nanospread ingest streams a large CSV" if kind == "text" else "split it, or export it as CSV"
            )
            raise errors.InputError(
                f"{self.name}: {size:,} bytes; at most {LARGEST[kind]:,} are read at once: {hint}"
            )
        return kind

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
        return records.form(self.opened, header_names=self.header_names)

    def text(self) -> Sheet:
        """Return a text file as the sheet that it is."""
        return Sheet("", records.read(self.opened, self.form), ignored=self.form.notes)

    def sheets(self) -> Iterator[Sheet]:
        """Yield the sheets of a text file, a workbook or a Parquet file; of JSON none."""
        if self.kind == "text":
            yield self.text()
        elif self.kind == "parquet":
            parquet_rows = binaries.parquet_records(self.name, self.path)
            _, header = next(parquet_rows)
            yield Sheet("", parquet_rows, tuple(header))
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
        required = set(names)
        return any(
            required <= {headers.plain(cell) for cell in record[:MOST_COLUMNS]}
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
        charset = records.encoding(self.opened)
        return documents.values(self.name, content.decode(charset, errors="replace").lstrip("\ufeff"))

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
        records = [*self.sample(), *(each for held in inner for _, each in held if isinstance(each, dict))]
        return list(dict.fromkeys(tuple(documents.flat(each)) for each in records))


def _top(sheet: Sheet) -> Iterator[list[str]]:
    if sheet.header is not None:
        yield list(sheet.header)
        return
    yield from (cells for _, cells in islice(sheet.records, records.TOP) if isinstance(cells, list))


def _size(path: Path, name: str) -> int:
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        raise errors.InputError(
            f"{name}: cannot be read: {getattr(error, 'strerror', '') or error}"
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise errors.InputError(f"{name}: no regular file")
    return status.st_size


def _opened(path: Path, name: str) -> BinaryIO:
    _size(path, name)  # a pipe would wait for ever
    try:
        return path.open("rb")
    except OSError as error:
        raise errors.InputError(f"{name}: cannot be read: {error.strerror}") from None


def _unxz(name: str, file: BinaryIO) -> bytes:
    """Return what an .xz file holds, never more than LARGEST_DOCUMENT."""
    try:
        decompressor = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
        content = decompressor.decompress(file.read(LARGEST_DOCUMENT), max_length=LARGEST_DOCUMENT + 1)
    except lzma.LZMAError as error:
        raise errors.InputError(f"{name}: no .xz that can be read: {error}") from None
    if len(content) > LARGEST_DOCUMENT:
        raise errors.InputError(f"{name}: unpacks to more than {LARGEST_DOCUMENT:,} bytes")
    if not decompressor.eof:
        raise errors.InputError(f"{name}: a cut .xz file")
    return content
