"""JSON text in, its values out: every number as the text that stands there, every record flat."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nanospread.core.errors import InputError
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import MOST_COLUMNS, Sheet

MOST_VALUES = 2_500_000  # of one document: at up to 300 bytes each they stay under a gigabyte
MOST_CELLS = 100_000_000  # records times different names
DEEPEST = 6  # levels of a record that become columns


class DuplicateKeys(dict[str, Any]):
    """An object that gives a name twice: the last one would win in silence."""


def values(file: str, text: str) -> list[tuple[int, Any]]:
    """Return the values of a JSON document (one, at 1), or of JSON lines with the line of each.

    Numbers stay text, however many digits they have. A broken line of JSON lines is an error of its own:
    the value there is a JSONDecodeError.

    Raises InputError: empty, broken, too deeply nested, or more than MOST_VALUES values.
    """
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise InputError(f"{file}: more than {MOST_VALUES:,} values in one document: split it")
    if not text.strip():
        raise InputError(f"{file}: the file is empty")
    try:
        return [(1, _decoder().decode(text))]
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise InputError(f"{file}: broken JSON: {error}") from None
    except RecursionError:
        raise InputError(f"{file}: JSON nested too deeply") from None
    lines = enumerate(text.splitlines() if "\n" not in text else text.split("\n"), 1)
    return [(number, _line(file, line)) for number, line in lines if line.strip()]


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    single = dict(pairs)
    return single if len(single) == len(pairs) else DuplicateKeys(single)


def _line(file: str, line: str) -> Any:
    try:
        return _decoder().decode(line)
    except json.JSONDecodeError as error:
        return error
    except RecursionError:
        raise InputError(f"{file}: JSON nested too deeply") from None


def flat(record: Mapping[str, Any], prefix: str = "", depth: int = 0) -> dict[str, str]:
    """Return a record's cells by dotted name: yes and no, blanks for null, lists of plain values joined.

    Lists of objects, and what lies deeper than DEEPEST, are a blank cell: only the name is told.
    """
    cells: dict[str, str] = {}
    for name, value in record.items():
        path = f"{prefix}{clean(name)}"
        if isinstance(value, Mapping) and value and depth < DEEPEST:
            cells.update(flat(value, f"{path}.", depth + 1))
        else:
            cells[path] = cell(value)
    return cells


def cell(value: object) -> str:
    """Return one value as a cell."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        plain = [each for each in value if isinstance(each, str | bool)]
        return ", ".join(map(cell, plain))
    return ""


def clean(text: str) -> str:
    """Return text without halves of characters, which no file can hold."""
    return text if text.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", text)


Row = tuple[int, Mapping[str, str] | str]  # number, and its cells or the reason why there are none


def rows(values: Iterable[tuple[int, Any]]) -> Iterator[Row]:
    """Yield flat records of the values of a document, or why one is none."""
    for number, value in values:
        yield number, reason(value) or flat(value)


def reason(value: object) -> str:
    """Return why a value is no record, "" where it is one."""
    if isinstance(value, json.JSONDecodeError):
        return f"broken JSON: {value.msg}"
    if isinstance(value, DuplicateKeys):
        return "a name given twice in one object"
    if isinstance(value, Mapping) and len(value) > MOST_COLUMNS:
        return f"more than {MOST_COLUMNS:,} names in one object"
    return "" if isinstance(value, Mapping) else "no object with names"


def sheet(file: str, name: str, rows: Iterable[Row], base: Sequence[str] = (), **fields: Any) -> Sheet:
    """Return flat records as a sheet: base and every name that occurs, in the order of their first one."""
    records = list(rows)
    header = dict.fromkeys(base)
    for _, cells in records:
        if not isinstance(cells, str):
            header.update(dict.fromkeys(cells))
        if len(header) > MOST_COLUMNS:
            raise InputError(f"{file}: more than {MOST_COLUMNS:,} names in its records")
    if len(records) * len(header) > MOST_CELLS:
        raise InputError(f"{file}: {len(records):,} records of {len(header):,} names are too many")
    return Sheet(name, _records(records, list(header)), tuple(header), **fields)


def _records(rows: Sequence[Row], header: Sequence[str]) -> Iterator[Record]:
    for number, cells in rows:
        yield number, cells if isinstance(cells, str) else [cells.get(name, "") for name in header]


def unwrapped(objects: Sequence[tuple[int, Any]]) -> Sequence[tuple[int, Any]]:
    """Return the records inside an object that holds nothing but one list of them, and plain values."""
    if len(objects) != 1 or not isinstance(objects[0][1], dict):
        return objects
    lists = [value for value in objects[0][1].values() if isinstance(value, list) and any_objects(value)]
    return list(enumerate(lists[0], 1)) if len(lists) == 1 else objects


def objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects in a list, none where a value is no list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def any_objects(value: object) -> bool:
    """Return if a value is a list with objects in it."""
    return isinstance(value, list) and any(isinstance(each, dict) for each in value[:50])
