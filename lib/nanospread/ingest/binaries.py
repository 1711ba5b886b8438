"""Workbooks and Parquet files -> their records as text, after checks that unpacking them is safe."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from nanospread.core.errors import InputError
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import MOST_COLUMNS

LARGEST = 100_000_000  # bytes of all parts together, unpacked
MOST_PARTS = 2_000  # and sheets
MOST_ROWS = 1_048_576  # as many as a workbook can have
MOST_CELLS = 10_000_000  # of the box around all cells of one sheet: the reader fills it
MOST_TEXT = (
    300_000_000  # bytes of text in the cells of a sheet: one long text may stand in any number of them
)
LARGEST_INDEX = 1_000_000  # bytes of the list of parts
CHUNK = 4_000_000
READ = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/.*\.(?:xml|rels)", re.IGNORECASE)
COLUMN = re.compile(rb'r="([A-Za-z]{1,5})[0-9]')
ROW = re.compile(rb'r="[A-Za-z]{0,5}([0-9]{1,9})"')
ODD = re.compile(rb"""r(?:\s+=|=\s|=')""")  # places written as no spreadsheet writes them
TEXTS = re.compile(rb"<(?:\w+:)?sst\b")
TEXT = re.compile(rb"</(?:\w+:)?si\s*>")
SHARED = re.compile(rb"""\bt\s*=\s*["']s["']""")
INDEX = re.compile(rb"""\bt=["']s["'][^<>]*>(?:<f\b[^<>]*/>|<f\b[^<>]*>[^<>]*</f>)?<v>([0-9]{1,9})</v>""")
ERROR = re.compile(rb"""(<c\b[^<>]*\bt=)["']e["']""")  # the reader would make a blank of #NAME?
EXACT = 2**53  # whole numbers from here on may not be what was typed
ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


def workbook_sheets(file: str, stream: BinaryIO) -> Iterator[tuple[str, Iterator[Record]]]:
    """Yield the name and the records of each sheet; lines are row numbers.

    Raises InputError: no workbook, broken, locked, or more of it than can be unpacked safely.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    safe = _checked(file, stream)
    try:
        workbook = CalamineWorkbook.from_filelike(safe)
        if len(workbook.sheet_names) > MOST_PARTS:
            raise InputError(f"{file}: {len(workbook.sheet_names):,} sheets; at most {MOST_PARTS:,} are read")
        for name in workbook.sheet_names:
            yield name, _records(workbook.get_sheet_by_name(name).iter_rows())
    except InputError:
        raise
    except (CalamineError, *ERRORS) as error:
        raise _broken(file, error) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a Rust library raises where it gives up
            raise
        raise _broken(file, error) from None


def _broken(file: str, error: object) -> InputError:
    return InputError(f"{file}: no workbook that can be read: {' '.join(str(error).split())[:200]}")


def _records(rows: Iterator[list[Any]]) -> Iterator[Record]:
    for number, row in enumerate(rows, 1):
        cells = [_text(value) for value in row]
        if any(map(str.strip, cells)):
            yield number, cells


def _text(value: object) -> str:
    """Return a cell as text: whole numbers without a point, dates as ISO; a number cut stays cut to see."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _checked(file: str, stream: BinaryIO) -> io.BytesIO:
    """Return what is read of it, unpacked under limits and packed anew: what was checked is what is read.

    Sizes that the file declares are not believed, names of parts never become paths.
    """
    _check_index(file, stream)
    try:
        parts = _parts(file, stream)
    except InputError:
        raise
    except ERRORS as error:
        raise _broken(file, error) from None
    if "xl/workbook.xml" not in map(str.lower, parts):
        raise InputError(f"{file}: a zip file that holds no workbook; unpack it and name what is inside")
    lengths = [
        len(text)
        for part in parts.values()
        if b"sst" in part and TEXTS.search(part)
        for text in TEXT.split(part)
    ]
    safe = io.BytesIO()
    with zipfile.ZipFile(safe, "w") as checked:
        for name, content in parts.items():
            _check_cells(file, content, lengths)
            checked.writestr(name, ERROR.sub(rb'\1"str"', content))
    safe.seek(0)
    return safe


def _parts(file: str, stream: BinaryIO) -> dict[str, bytes]:
    remaining = LARGEST
    parts = {}
    with zipfile.ZipFile(stream) as packed:
        for part in packed.infolist():
            if not READ.fullmatch(part.filename):
                continue
            with packed.open(part) as opened:
                content = opened.read(remaining + 1)
            remaining -= len(content)
            if remaining < 0:
                raise InputError(f"{file}: unpacks to more than {LARGEST // 10**6} MB; export it as CSV")
            parts[part.filename] = content
    return parts


def _check_index(file: str, stream: BinaryIO) -> None:
    """Raise InputError where the list of parts alone is too long to be read."""
    stream.seek(0, io.SEEK_END)
    stream.seek(max(0, stream.tell() - 66_000))
    tail = stream.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise _broken(file, "its end is missing")
    parts, size = (
        int.from_bytes(tail[at + 10 : at + 12], "little"),
        int.from_bytes(tail[at + 12 : at + 16], "little"),
    )
    if parts > MOST_PARTS or size > LARGEST_INDEX:
        raise InputError(f"{file}: a zip file of more than {MOST_PARTS:,} parts; no workbook has so many")


def _check_cells(file: str, content: bytes, lengths: list[int]) -> None:
    """Raise InputError where a small sheet would fill the memory: cells far apart, one long text in many."""
    if b"sheetData" not in content:
        return
    cells, lines = _number(content, b"c"), _number(content, b"row")
    if cells > MOST_CELLS or lines > MOST_ROWS or ODD.search(content):
        raise InputError(f"{file}: a sheet of {lines:,} rows and {cells:,} cells; export it as CSV")
    rows, columns, placed = {1}, {b"A"}, 0
    for start in range(0, len(content), CHUNK):
        letters = COLUMN.findall(content, start, start + CHUNK + 60)
        columns.update(letters)
        placed += len(letters)
        rows.update(map(int, set(ROW.findall(content, start, start + CHUNK + 60))))
    width, height = max(map(_column, columns)), max(*rows, lines)
    if placed < cells:  # cells that do not say where they are stand one after another
        width = max(width, *(_number(row, b"c") for row in content.split(b"<row")))
    if width * height > MOST_CELLS or width > MOST_COLUMNS:
        raise InputError(f"{file}: a sheet of {height:,} rows and {width:,} columns; export it as CSV")
    shared, longest = len(SHARED.findall(content)), max(lengths, default=0)
    if shared * longest > MOST_TEXT:
        indexes = INDEX.findall(content)
        text = sum(lengths[int(at)] for at in indexes if int(at) < len(lengths))
        if text + (shared - len(indexes)) * longest > MOST_TEXT:
            raise InputError(
                f"{file}: more than {MOST_TEXT // 10**6} MB of text in a sheet; export it as CSV"
            )


def _number(content: bytes, tag: bytes) -> int:
    """Return how many elements of a name begin in a part, with a prefix or without; never too few."""
    return content.count(b"<" + tag) + content.count(b":" + tag)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_PARQUET_CELLS = 20_000_000
MOST_PARQUET_TEXT = 300_000_000  # characters of all cells
FETCHED = 2_000
CONFIG: dict[str, str | bool | int | float | list[str]] = {  # nothing is fetched, nothing is left on the disk
    "memory_limit": "400MB",
    "threads": "2",
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
}
MOMENT = "strftime({0} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"


def parquet_records(file: str, path: Path) -> Iterator[Record]:
    """Yield the header and the rows of a file; lines are row numbers, the header being 1.

    Raises InputError: no Parquet, broken, or too large to be read as text.
    """
    import duckdb

    # A name is no pattern, whatever stands in it.
    place = "".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(path))
    try:
        with duckdb.connect(config=CONFIG) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SELECT * FROM read_parquet($1, hive_partitioning = false) LIMIT 0", [place])
            columns = [(str(name), str(kind)) for name, kind, *_ in connection.description or []]
            texts = [_as_text(name, kind) for name, kind in columns]
            _check_size(file, connection, place, texts)
            yield 1, [name for name, _ in columns]
            query = f"SELECT {', '.join(texts)} FROM read_parquet($1, hive_partitioning = false)"
            connection.execute(query, [place])
            lines = count(2)
            while rows := connection.fetchmany(FETCHED):
                for row in rows:
                    yield next(lines), ["" if value is None else value for value in row]
    except duckdb.Error as error:
        raise InputError(f"{file}: no Parquet that can be read: {str(error).splitlines()[0][:200]}") from None


def _as_text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return MOMENT.format(quoted)
    return f"CAST({quoted} AS VARCHAR)"


def _check_size(file: str, connection: "DuckDBPyConnection", place: str, texts: list[str]) -> None:
    """Raise InputError where a small file stands for more rows or text than fit into memory."""
    row = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata($1)", [place]).fetchone()
    cells = int(row[0] or 0) * len(texts) if row else 0
    if cells > MOST_PARQUET_CELLS:
        raise InputError(
            f"{file}: {cells:,} cells; at most {MOST_PARQUET_CELLS:,} are read from one Parquet file"
        )
    sizes = " + ".join(f"coalesce(sum(strlen({text})), 0)" for text in texts)
    query = f"SELECT {sizes} FROM read_parquet($1, hive_partitioning = false)"
    size = connection.execute(query, [place]).fetchone()
    if size and size[0] > MOST_PARQUET_TEXT:
        raise InputError(
            f"{file}: {int(size[0]):,} characters of text; at most {MOST_PARQUET_TEXT:,} are read"
        )
