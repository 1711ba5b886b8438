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

    def bound(self, where: str, path: Path) -> "ColumnSource":
        """Return the same with the value that the file's place gives. Raises InputError: it gives none."""
        if self.origin not in ("folder", "file"):
            return self
        place = path.absolute().parent if self.origin == "folder" else path.with_suffix("")
        name = place.name.removesuffix(".json")  # of .json.xz
        found = _extracted(where, self.regex, name) if self.regex else name
        if not found.strip():
            raise errors.InputError(f"{where}: regex {self.regex!r} fits nothing in {name!r}")
        return replace(self, value=found)


def _extracted(where: str, regex: str, name: str) -> str:
    """Return the first group of a regular expression in a name, in time that grows with its length only."""
    import duckdb

    group = 1 if re.search(r"(?<!\\)\((?!\?[^P<])", regex) else 0
    try:
        with duckdb.connect() as connection:
            row = connection.execute(f"SELECT regexp_extract(?, ?, {group})", [name, regex]).fetchone()
    except duckdb.Error as error:
        raise errors.InputError(f"{where}: regex {regex!r} cannot be used: {error}") from None
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
        told = (source.header for source in self.columns.values() if source.header)
        return (*told, *(name for name in self.values if name not in headers.ours()))


Rule = tuple[str, tuple[Entry, ...]]  # as mapping.yaml has it, and a table each


@dataclass(frozen=True)
class FileMapping:
    """What a mapping says about one file or part of one; which rule it is may follow from the header."""

    own: tuple[Entry, ...] = ()  # under its own name
    rules: tuple[Rule, ...] = ()  # that may be for it
    creator: str = ""  # whose posts they are where no column tells

    @property
    def known(self) -> tuple[str, ...]:
        """Every header name that is said."""
        entries = [*self.own, *(entry for _, each in self.rules for entry in each)]
        return tuple(name for entry in entries for name in (*entry.names, *entry.headers))

    @property
    def ignored(self) -> bool:
        """Whether the file is not meant, whatever is in it."""
        if self.own or not self.rules:
            return any(entry.ignore for entry in self.own)
        return any(entry.ignore and not entry.headers for entry in self.rules[0][1])

    def of(self, header: Sequence[str]) -> tuple[Entry, ...]:
        """Return the entries for a file with this header: one, or one for each table that it fills."""
        names = set(map(headers.plain, header))
        fitting = (entries for _, entries in self.rules if not _lacking(entries, names))
        return self.own or next(fitting, (Entry(),))

    def missed(self, header: Sequence[str]) -> str:
        """Return which rule is nearly one for this header, and the names that it lacks."""
        names = set(map(headers.plain, header))
        for rule, entries in self.rules:
            lacking = _lacking(entries, names)
            if lacking and names & {headers.plain(name) for entry in entries for name in entry.names}:
                return f"; rule {rule!r} is not for it: it has no header {', '.join(map(repr, lacking[:3]))}"
        return ""


def _lacking(entries: Sequence[Entry], names: set[str]) -> list[str]:
    wanted = dict.fromkeys(name for entry in entries for name in (*entry.headers, *entry.names))
    return [name for name in wanted if headers.plain(name) not in names]


def about(rules: Mapping[str, Any], own: str, path: Path, part: str = "", creator: str = "") -> FileMapping:
    """Return what a mapping says about a file, or a part of it, with the values that its place gives.

    own: the file's name in its folder. creator: whose posts they are where no column tells.

    Raises InputError: a rule that cannot be one.
    """
    full = f"{own} [{part}]" if part else own
    exact = next((name for name in (full, own) if name in rules and not _by_header(rules[name])), None)
    if exact is not None:
        return FileMapping(_bound(exact, entries(exact, rules[exact]), path), (), creator)
    fitting = [
        (name, _bound(name, entries(name, given), path))
        for name, given in rules.items()
        if (_by_header(given) and not _is_pattern(name)) or fits(name, own, part)
    ]
    return FileMapping((), tuple(fitting), creator)


def _bound(name: str, given: tuple[Entry, ...], path: Path) -> tuple[Entry, ...]:
    where = f"{MAPPING}, {name}"
    return tuple(
        replace(each, columns={column: of.bound(where, path) for column, of in each.columns.items()})
        for each in given
    )


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


def _by_header(given: object) -> bool:
    """Return if a rule has headers, so that its name is its own."""
    listed = given if isinstance(given, list) else [given]
    return any(isinstance(each, Mapping) and "headers" in each for each in listed)


def fits(name: str, own: str, part: str = "") -> bool:
    """Return if a rule's name is a pattern that a file, or a part of it, fits."""
    if not _is_pattern(name):
        return False
    pattern = name.replace("[", "[[]")  # a sheet's name stands in brackets
    return any(fnmatchcase(text, pattern) for text in (own, f"{own} [{part}]"))


def names(rule: str, given: object, own: str) -> bool:
    """Return if a rule names the path of a file in a sub-folder."""
    return "/" in rule and not _by_header(given) and (rule == own or fits(rule, own))


def is_name(name: str, given: object) -> bool:
    """Return if a rule names one file, which must be there."""
    return not _is_pattern(name) and not _by_header(given)


def entries(rule: str, given: object) -> tuple[Entry, ...]:
    """Return the checked entries of a rule: one, or one for each table of a list.

    Raises InputError: it cannot be one.
    """
    if not isinstance(given, list):
        return (entry(rule, given),)
    found = tuple(entry(rule, each) for each in given)
    tables = [each.table for each in found]
    if len(found) < 1 or None in tables or len(set(tables)) < len(tables):
        raise errors.InputError(
            f"{MAPPING}, {rule}: each entry of a list needs a table of its own, not {tables}"
        )
    return found


def entry(rule: str, given: object) -> Entry:
    """Return the checked mapping of one table in a file."""
    where = f"{MAPPING}, {rule}"
    if not isinstance(given, Mapping) or not isinstance(given.get("columns") or {}, Mapping):
        raise errors.InputError(
            f"{where}: must be {{table: ..., columns: {{our column: its header}}}}, not {given!r}"
        )
    for key in given:
        if key not in KEYS:
            raise errors.unknown(f"key in {where}:", str(key), KEYS)
    table, columns = given.get("table"), dict(given.get("columns") or {})
    if table is not None and table not in list(headers.REQUIRED):  # not the dict: YAML may give an unhashable
        raise errors.unknown(f"table in {where}:", str(table), headers.REQUIRED)
    known = dict.fromkeys(
        column for name in ([table] if table else headers.REQUIRED) for column in headers.declared(name)
    )
    for column in columns:
        if column not in known:
            raise errors.unknown(f"column in {where}:", str(column), known)
    return Entry(
        table,
        {str(column): source(where, str(column), of) for column, of in columns.items()},
        _written(where, given),
        _header_names(where, given.get("headers")),
        _flag(where, given.get("ignore")),
        statuses.values(where, given.get("values")),
    )


def _written(where: str, given: Mapping[Any, Any]) -> dict[str, str]:
    """Return what is said about how cells are written, and when the file was exported."""
    for key, values in SETTINGS.items():
        if key in given and given[key] not in list(values):
            raise errors.unknown(f"{key} in {where}:", str(given[key]), values)
    written = {key: str(given[key]) for key in SETTINGS if key in given}
    if AS_OF in given:
        written[AS_OF] = _moment(where, given[AS_OF])
    return written


def _moment(where: str, said: object) -> str:
    try:
        return pd.to_datetime(str(said), format="ISO8601", utc=True).isoformat()
    except ValueError:
        raise errors.InputError(f"{where}: as_of must be a date such as 2026-11-22, not {said!r}") from None


def _header_names(where: str, given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not given or not all(isinstance(name, str) and name for name in given):
        raise errors.InputError(f"{where}: headers must be a list of header names, not {given!r}")
    return tuple(given)


def _flag(where: str, given: object) -> bool:
    said = str(given).casefold()
    if given is not None and said not in ("true", "false"):
        raise errors.unknown(f"ignore in {where}:", str(given), ("true", "false"))
    return said == "true"


WAYS = ("position", "value", "from")


def source(where: str, column: str, given: object) -> ColumnSource:
    """Return where a column comes from: a header's name, or one of WAYS.

    Raises InputError: neither, a position that is none, or a value that the column cannot have.
    """
    if isinstance(given, str | int | float) and str(given).strip():
        return ColumnSource(header=str(given))
    if not isinstance(given, Mapping) or sum(way in given for way in WAYS) != 1:
        raise errors.InputError(
            f"{where}: {column} must be a header, {{position: 3}}, {{value: text}} or {{from: folder}}, "
            f"not {given!r}"
        )
    for key in given:
        if key not in (*WAYS, *(("regex",) if "from" in given else ())):
            raise errors.unknown(f"key of {column} in {where}:", str(key), (*WAYS, "regex"))
    if "position" in given:
        return ColumnSource(position=_position(where, column, given["position"]))
    if "from" in given:
        return _origin(where, column, given)
    return ColumnSource(value=_value(where, column, given["value"]))


def _position(where: str, column: str, given: object) -> int:
    if not re.fullmatch("[1-9][0-9]{0,5}", str(given)):
        raise errors.InputError(
            f"{where}: position of {column} must be a whole number, the first column being 1; got {given!r}"
        )
    return int(str(given))


def _value(where: str, column: str, given: object) -> str:
    if isinstance(given, list | Mapping):
        raise errors.InputError(f"{where}: value of {column} must be one text, not {given!r}")
    text = "" if given is None else str(given).strip()
    if column in ROWS_DIFFER:
        raise errors.InputError(f"{where}: {column} must differ from row to row, so it can be no value")
    if column in NEEDED and not text:
        raise errors.InputError(f"{where}: value of {column} is empty: write it, or name a column")
    return text


def _origin(where: str, column: str, given: Mapping[Any, Any]) -> ColumnSource:
    origin, regex = str(given["from"]), str(given.get("regex") or "")
    ways = (NAMED,) if column == "post" else ORIGINS[:2]
    if origin not in ways or column == "comment":
        raise errors.unknown(f"origin of {column} in {where}:", origin, ways)
    if len(regex) > LONGEST_REGEX:
        raise errors.InputError(f"{where}: regex of {column} has over {LONGEST_REGEX} characters")
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
        said = typed.from_yaml(text, names=True) or {}
    except errors.InputError as error:
        raise errors.InputError(f"{path} is no valid YAML: {error}") from None
    if not isinstance(said, dict):
        raise errors.InputError(f"{path} must map file names to {{table, columns}}, not hold {said!r}")
    return {str(name): entry for name, entry in said.items()}


def quoted(text: str) -> str:
    """Return text as YAML that reads as the same text, on one line."""
    shown = json.dumps(text, ensure_ascii=False)
    return "".join(mark if mark.isprintable() else _escaped(mark) for mark in shown)


def _escaped(mark: str) -> str:
    return f"\\u{ord(mark):04x}" if ord(mark) < 0x10000 else f"\\U{ord(mark):08x}"
