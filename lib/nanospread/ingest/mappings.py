"""A mapping.yaml in; what it says about each file, or part of one, out.

A rule stands under the name of a file, under a pattern (`*.csv`), or, with `headers`, under a name of its
own: it is then for every file whose header has them. What stands under a file's own name goes before all
others; of the others the first one counts. In a mapping.yaml no name stands twice.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.core import errors, typed
from nanospread.ingest import headers, statuses

MAPPING = "mapping.yaml"
LARGEST = 1_000_000  # bytes
SETTINGS = {  # what a mapping may say about how the cells of a file are written
    "dates": ("day first", "month first"),
    "reported_er": ("percent", "fraction"),
    "budgets": ("once", "each"),
}
AS_OF = "as_of"  # and when it was exported: a date, or a moment with its zone
KEYS = ("table", "columns", "values", "headers", "ignore", AS_OF, *SETTINGS)
NAMED = "creator and date"  # after which a post without an id is named
ORIGINS = ("folder", "file", NAMED)
ROWS_DIFFER = ("post", "comment")  # columns that no value can fill for a whole file
NEEDED = ("creator", "author", "other", "campaign")  # columns that no value can leave blank
LONGEST_REGEX = 200  # characters


class NotMeantError(errors.InputError):
    """A file, or a sheet, that its mapping says is not meant."""


@dataclass(frozen=True)
class ColumnSource:
    """Where a column of ours is: under a header, at a position, or the same for the whole file."""

    header: str = ""
    position: int = 0  # counted from 1; 0: not said
    value: str | None = None
    origin: str = ""  # one of ORIGINS
    regex: str = ""  # RE2: what of a folder's or a file's name is the value

    def bound(self, location: str, path: Path) -> "ColumnSource":
        """Return the same with the value that the file's place gives. Raises InputError: it gives none."""
        if self.origin not in ("folder", "file"):
            return self
        place = path.absolute().parent if self.origin == "folder" else path.with_suffix("")
        name = place.name.removesuffix(".json")  # of .json.xz
        value = _extracted(location, self.regex, name) if self.regex else name
        if not value.strip():
            raise errors.InputError(f"{location}: regex {self.regex!r} fits nothing in {name!r}")
        return replace(self, value=value)


def _extracted(location: str, regex: str, name: str) -> str:
    """Return the first group of a regular expression in a name, in time that grows with its length only."""
    import duckdb

    group = 1 if re.search(r"(?<!\\)\((?!\?[^P<])", regex) else 0
    try:
        with duckdb.connect() as connection:
            row = connection.execute(f"SELECT regexp_extract(?, ?, {group})", [name, regex]).fetchone()
    except duckdb.Error as error:
        raise errors.InputError(f"{location}: regex {regex!r} cannot be used: {error}") from None
    return str(row[0] or "") if row else ""


@dataclass(frozen=True)
class Entry:
    """What a mapping says about one table in a file."""

    table: str | None = None
    columns: Mapping[str, ColumnSource] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)  # keys of SETTINGS, and AS_OF
    headers: tuple[str, ...] = ()  # that a header must have
    ignore: bool = False
    values: statuses.Values = field(default_factory=dict)  # by header: what its cells mean

    @property
    def names(self) -> tuple[str, ...]:
        """The header names that its columns and its values have."""
        column_headers = (source.header for source in self.columns.values() if source.header)
        return (*column_headers, *(name for name in self.values if name not in headers.ours()))


Rule = tuple[str, tuple[Entry, ...]]  # as mapping.yaml has it, and a table each


@dataclass(frozen=True)
class FileMapping:
    """What a mapping says about one file or part of one; which rule it is may follow from the header."""

    file_entries: tuple[Entry, ...] = ()  # under its own name
    rules: tuple[Rule, ...] = ()  # that may be for it
    creator: str = ""  # whose posts they are where no column tells

    @property
    def known(self) -> tuple[str, ...]:
        """Every header name that is said."""
        entries = [*self.file_entries, *(entry for _, each in self.rules for entry in each)]
        return tuple(name for entry in entries for name in (*entry.names, *entry.headers))

    @property
    def ignored(self) -> bool:
        """Whether the file is not meant, whatever is in it."""
        if self.file_entries or not self.rules:
            return any(entry.ignore for entry in self.file_entries)
        return any(entry.ignore and not entry.headers for entry in self.rules[0][1])

    def of(self, header: Sequence[str]) -> tuple[Entry, ...]:
        """Return the entries for a file with this header: one, or one for each table that it fills."""
        names = set(map(headers.plain, header))
        fitting = (entries for _, entries in self.rules if not _lacking(entries, names))
        return self.file_entries or next(fitting, (Entry(),))

    def by_position(self, header: Sequence[str]) -> bool:
        """Return if an entry for a file with this header says the position of a column."""
        return any(source.position for entry in self.of(header) for source in entry.columns.values())

    def missed(self, header: Sequence[str]) -> str:
        """Return which rule is nearly one for this header, and the names that it lacks."""
        names = set(map(headers.plain, header))
        for rule, entries in self.rules:
            lacking = _lacking(entries, names)
            if lacking and names & {headers.plain(name) for entry in entries for name in entry.names}:
                return f"; rule {rule!r} is not for it: it has no header {', '.join(map(repr, lacking[:3]))}"
        return ""


def _lacking(entries: Sequence[Entry], names: set[str]) -> list[str]:
    required = dict.fromkeys(name for entry in entries for name in (*entry.headers, *entry.names))
    return [name for name in required if headers.plain(name) not in names]


def about(
    rules: Mapping[str, Any], file_name: str, path: Path, part: str = "", creator: str = ""
) -> FileMapping:
    """Return what a mapping says about a file, or a part of it, with the values that its place gives.

    file_name: that in its folder. creator: whose posts they are where no column tells.

    Raises InputError: a rule that cannot be one.
    """
    full = f"{file_name} [{part}]" if part else file_name
    exact = next((name for name in (full, file_name) if name in rules and not _by_header(rules[name])), None)
    if exact is not None:
        return FileMapping(_bound(exact, entries(exact, rules[exact]), path), (), creator)
    fitting = [
        (name, _bound(name, entries(name, definition), path))
        for name, definition in rules.items()
        if (_by_header(definition) and not _is_pattern(name)) or fits(name, file_name, part)
    ]
    return FileMapping((), tuple(fitting), creator)


def _bound(name: str, entries: tuple[Entry, ...], path: Path) -> tuple[Entry, ...]:
    location = f"{MAPPING}, {name}"
    return tuple(
        replace(
            entry, columns={column: source.bound(location, path) for column, source in entry.columns.items()}
        )
        for entry in entries
    )


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


def _by_header(definition: object) -> bool:
    """Return if a rule has headers, so that its name is its own."""
    listed = definition if isinstance(definition, list) else [definition]
    return any(isinstance(entry, Mapping) and "headers" in entry for entry in listed)


def fits(name: str, file_name: str, part: str = "") -> bool:
    """Return if a rule's name is a pattern that a file, or a part of it, fits."""
    if not _is_pattern(name):
        return False
    pattern = name.replace("[", "[[]")  # a sheet's name stands in brackets
    return any(fnmatchcase(text, pattern) for text in (file_name, f"{file_name} [{part}]"))


def names(rules: Mapping[str, Any], file_name: str) -> bool:
    """Return if any rule names the path of a file in a sub-folder."""
    return any(
        "/" in rule and not _by_header(definition) and (rule == file_name or fits(rule, file_name))
        for rule, definition in rules.items()
    )


def is_name(name: str, definition: object) -> bool:
    """Return if a rule names one file, which must be there."""
    return not _is_pattern(name) and not _by_header(definition)


def entries(rule: str, definition: object) -> tuple[Entry, ...]:
    """Return the checked entries of a rule: one, or one for each table of a list.

    Raises InputError: it cannot be one.
    """
    if not isinstance(definition, list):
        return (entry(rule, definition),)
    table_entries = tuple(entry(rule, item) for item in definition)
    tables = [item.table for item in table_entries]
    if len(table_entries) < 1 or None in tables or len(set(tables)) < len(tables):
        raise errors.InputError(
            f"{MAPPING}, {rule}: each entry of a list needs a table of its own, not {tables}"
        )
    return table_entries


def entry(rule: str, definition: object) -> Entry:
    """Return the checked mapping of one table in a file."""
    location = f"{MAPPING}, {rule}"
    if not isinstance(definition, Mapping) or not isinstance(definition.get("columns") or {}, Mapping):
        raise errors.InputError(
            f"{location}: must be {{table: ..., columns: {{our column: its header}}}}, not {definition!r}"
        )
    for key in definition:
        if key not in KEYS:
            raise errors.unknown(f"key in {location}:", str(key), KEYS)
    table, columns = definition.get("table"), dict(definition.get("columns") or {})
    if table is not None and table not in list(headers.REQUIRED):  # not the dict: YAML may give an unhashable
        raise errors.unknown(f"table in {location}:", str(table), headers.REQUIRED)
    allowed = dict.fromkeys(
        column for name in ([table] if table else headers.REQUIRED) for column in headers.declared(name)
    )
    for column in columns:
        if column not in allowed:
            raise errors.unknown(f"column in {location}:", str(column), allowed)
    return Entry(
        table,
        {str(column): source(location, str(column), value) for column, value in columns.items()},
        _settings(location, definition),
        _header_names(location, definition.get("headers")),
        _flag(location, definition.get("ignore")),
        statuses.values(location, definition.get("values")),
    )


def _settings(location: str, definition: Mapping[Any, Any]) -> dict[str, str]:
    """Return what is said about how cells are written, and when the file was exported."""
    for key, values in SETTINGS.items():
        if key in definition and definition[key] not in list(values):
            raise errors.unknown(f"{key} in {location}:", str(definition[key]), values)
    settings = {key: str(definition[key]) for key in SETTINGS if key in definition}
    if AS_OF in definition:
        settings[AS_OF] = _moment(location, definition[AS_OF])
    return settings


def _moment(location: str, value: object) -> str:
    try:
        return pd.to_datetime(str(value), format="ISO8601", utc=True).isoformat()
    except ValueError:
        raise errors.InputError(
            f"{location}: as_of must be a date such as 2026-11-22, not {value!r}"
        ) from None


def _header_names(location: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
        raise errors.InputError(f"{location}: headers must be a list of header names, not {value!r}")
    return tuple(value)


def _flag(location: str, value: object) -> bool:
    text = str(value).casefold()
    if value is not None and text not in ("true", "false"):
        raise errors.unknown(f"ignore in {location}:", str(value), ("true", "false"))
    return text == "true"


WAYS = ("position", "value", "from")


def source(location: str, column: str, definition: object) -> ColumnSource:
    """Return where a column comes from: a header's name, or one of WAYS.

    Raises InputError: neither, a position that is none, or a value that the column cannot have.
    """
    if isinstance(definition, str | int | float) and str(definition).strip():
        return ColumnSource(header=str(definition))
    if not isinstance(definition, Mapping) or sum(way in definition for way in WAYS) != 1:
        raise errors.InputError(
            f"{location}: {column} must be a header, {{position: 3}}, {{value: text}} or {{from: folder}}, "
            f"not {definition!r}"
        )
    for key in definition:
        if key not in (*WAYS, *(("regex",) if "from" in definition else ())):
            raise errors.unknown(f"key of {column} in {location}:", str(key), (*WAYS, "regex"))
    if "position" in definition:
        return ColumnSource(position=_position(location, column, definition["position"]))
    if "from" in definition:
        return _origin(location, column, definition)
    return ColumnSource(value=_value(location, column, definition["value"]))


def _position(location: str, column: str, value: object) -> int:
    if not re.fullmatch("[1-9][0-9]{0,5}", str(value)):
        raise errors.InputError(
            f"{location}: position of {column} must be a whole number, the first column being 1; "
            f"got {value!r}"
        )
    return int(str(value))


def _value(location: str, column: str, value: object) -> str:
    if isinstance(value, list | Mapping):
        raise errors.InputError(f"{location}: value of {column} must be one text, not {value!r}")
    text = "" if value is None else str(value).strip()
    if column in ROWS_DIFFER:
        raise errors.InputError(f"{location}: {column} must differ from row to row, so it can be no value")
    if column in NEEDED and not text:
        raise errors.InputError(f"{location}: value of {column} is empty: write it, or name a column")
    return text


def _origin(location: str, column: str, definition: Mapping[Any, Any]) -> ColumnSource:
    origin, regex = str(definition["from"]), str(definition.get("regex") or "")
    ways = (NAMED,) if column == "post" else ORIGINS[:2]
    if origin not in ways or column == "comment":
        raise errors.unknown(f"origin of {column} in {location}:", origin, ways)
    if len(regex) > LONGEST_REGEX:
        raise errors.InputError(f"{location}: regex of {column} has over {LONGEST_REGEX} characters")
    return ColumnSource(origin=origin, regex=regex)


def read(path: Path | str) -> Mapping[str, Any]:
    """Return {rule: its entry} as a mapping file has it; `about` checks the entries.

    Raises InputError: no such file, no UTF-8, no YAML, a name given twice, something else than a mapping.
    """
    try:
        size = Path(path).stat().st_size
        text = Path(path).read_text(encoding="utf-8") if size <= LARGEST else ""
    except OSError as error:
        raise errors.InputError(f"mapping '{path}' cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise errors.InputError(f"mapping '{path}' is not UTF-8 text") from None
    if size > LARGEST:
        raise errors.InputError(f"mapping '{path}' has {size:,} bytes; at most {LARGEST:,} are read")
    try:
        content = typed.from_yaml(text, names=True) or {}
    except errors.InputError as error:
        raise errors.InputError(f"{path} is no valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise errors.InputError(f"{path} must map file names to {{table, columns}}, not hold {content!r}")
    return {str(name): entry for name, entry in content.items()}


def quoted(text: str) -> str:
    """Return text as YAML that reads as the same text, on one line."""
    encoded = json.dumps(text, ensure_ascii=False)
    return "".join(mark if mark.isprintable() else _escaped(mark) for mark in encoded)


def _escaped(mark: str) -> str:
    return f"\\u{ord(mark):04x}" if ord(mark) < 0x10000 else f"\\U{ord(mark):08x}"
