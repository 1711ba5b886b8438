"""A header in; the table that a file holds and the place of each of our columns out.

data/columns.csv declares the names that tools use; what a mapping says about a file goes before them.
data/contacts.csv declares the names of contact data, which are read only where asked for. In a mapping.yaml
no name stands twice.
"""

import functools
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.core import errors, paths, typed

MAPPING = "mapping.yaml"

# A file holds a table when all of these can be found in its header, of `one or other` either; the other
# columns may be absent.
REQUIRED = {
    "creators": ("creator", "followers"),
    "posts": ("post", "creator", "posted_at", "likes", "comments"),
    "outreach": ("creator", "contacted_at", "offer", "replied", "accepted", "posted"),
    "results": ("campaign", "creator"),
    "comments": ("comment", "post", "author", "text"),
    "ambassadors": ("creator", "joined_at"),
    "overlaps": ("creator", "other", "overlap"),
    "lift_tests": ("campaign", "side", "incremental_orders", "se"),
    "orders": ("order or orders", "value"),
    "codes": ("code", "creator"),
}

# Of these one is enough, beside the required ones.
ENOUGH = {"results": ("cost", "reach", "clicks", "orders", "revenue")}

# Columns that no conclusion stands on alone. Tools name some of them twice (views and plays, caption and
# description): the header that columns.csv declares first is read, the other is listed among the ignored.
EXTRAS = {
    "creators": ("following", "reported_er"),
    "posts": ("saves", "shares", "reach", "views", "impressions", "replies", "caption", "permalink"),
    "results": (
        *("period", "posted_at", "as_of", "story_reach", "impressions", "refunded", "discount", "tracking"),
    ),
    "lift_tests": ("from", "to", "source"),
    "orders": (
        *("ordered_at", "orders", "currency", "refunded", "discount", "commission", "state"),
        *("code", "link"),
        *("utm_source", "utm_medium", "utm_campaign", "utm_content", "creator", "tool", "from", "to"),
    ),
    "codes": ("kind", "campaign", "from", "to"),
}

# Names that mean a column only where no other header does.
LAST = {
    ("posts", "posted_at"): ("date", "datum"),
    ("posts", "creator"): ("accountname", "sidnamn"),
    ("posts", "comments"): ("edgemediatoparentcomment.count",),
    ("orders", "order"): ("id",),
    ("creators", "creator"): ("profileurl", "profilelink", "instagramurl", "instagramlink", "profil"),
}

SAID = {  # what a mapping may say about how the cells of a file are written
    "dates": ("day first", "month first"),
    "reported_er": ("percent", "fraction"),
    "budgets": ("once", "each"),
}
AS_OF = "as_of"  # and when it was exported: a date, or a moment with its zone


class NoTableError(errors.InputError):
    """A header that fits no table."""


@dataclass(frozen=True)
class Entry:
    """What a mapping says about one file."""

    table: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)  # our column -> its header
    said: Mapping[str, str] = field(default_factory=dict)  # keys of SAID


def entry(file: str, said: object) -> Entry:
    """Return the checked mapping of one file."""
    where = f"{MAPPING}, {file}"
    if not isinstance(said, Mapping) or not isinstance(said.get("columns") or {}, Mapping):
        raise errors.InputError(
            f"{where}: must be {{table: ..., columns: {{our column: its header}}}}, not {said!r}"
        )
    for key in said:
        if key not in ("table", "columns", AS_OF, *SAID):
            raise errors.unknown(f"key in {where}:", str(key), ["table", "columns", AS_OF, *SAID])
    table, columns = said.get("table"), dict(said.get("columns") or {})
    if table is not None and table not in list(REQUIRED):  # not the dict: YAML may give an unhashable
        raise errors.unknown(f"table in {where}:", str(table), REQUIRED)
    known = dict.fromkeys(column for name in ([table] if table else REQUIRED) for column in _synonyms()[name])
    for column in columns:
        if column not in known:
            raise errors.unknown(f"column in {where}:", str(column), known)
    for key, values in SAID.items():
        if key in said and said[key] not in list(values):
            raise errors.unknown(f"{key} in {where}:", str(said[key]), values)
    written = {key: str(said[key]) for key in SAID if key in said}
    if AS_OF in said:
        written[AS_OF] = _moment(where, said[AS_OF])
    return Entry(table, {str(column): str(header) for column, header in columns.items()}, written)


def _moment(where: str, said: object) -> str:
    try:
        return pd.to_datetime(str(said), format="ISO8601", utc=True).isoformat()
    except ValueError:
        raise errors.InputError(f"{where}: as_of must be a date such as 2026-11-22, not {said!r}") from None


@functools.cache
def _synonyms() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return table -> column -> the plain forms of its declared headers, in the order of data/columns.csv."""
    declared = pd.read_csv(paths.DATA / "columns.csv", dtype=str, keep_default_na=False)
    return {
        str(table): {
            str(column): tuple(dict.fromkeys(map(plain, rows["header"])))
            for column, rows in given.groupby("column", sort=False)
        }
        for table, given in declared.groupby("table", sort=False)
    }


def plain(header: str) -> str:
    """Return a header without case, blanks, underscores and a leading #."""
    return re.sub(r"[\s_\ufeff\u200b]+", "", header.casefold()).lstrip("#")


def names(also: Iterable[str] = ()) -> frozenset[str]:
    """Return the plain form of every declared header, and of those that a mapping gives."""
    return _every_name() | {plain(name) for name in also}


@functools.cache
def _every_name() -> frozenset[str]:
    return frozenset(n for columns in _synonyms().values() for given in columns.values() for n in given)


def declared(table: str) -> Mapping[str, tuple[str, ...]]:
    """Return the columns of a table, each with the plain form of its declared headers."""
    return _synonyms()[table]


def means(table: str, column: str, header: str) -> bool:
    """Return if a header is declared for a column."""
    return plain(header) in _synonyms()[table][column]


def contact(header: str) -> str:
    """Return what contact data a header names (email, phone, ...), "" where none."""
    name = re.sub(r"[^\w]+", "", plain(header))
    return next(
        (kind for kind, how, word in _contacts() if (name == word if how == "is" else word in name)), ""
    )


@functools.cache
def _contacts() -> tuple[tuple[str, str, str], ...]:
    declared = pd.read_csv(paths.DATA / "contacts.csv", dtype=str, keep_default_na=False)
    return tuple(declared[["kind", "match", "word"]].itertuples(index=False, name=None))


def kinds() -> tuple[str, ...]:
    """Return the kinds of contact data that data/contacts.csv declares."""
    return tuple(dict.fromkeys(kind for kind, _, _ in _contacts()))


def columns(file: str, header: Sequence[str], said: Entry) -> tuple[str, dict[str, int]]:
    """Return the table that a header fits, and the position of each of our columns in it.

    A header that fits several is the one that needs most: a post with its creator's followers is a post.

    Raises InputError: it fits none (NoTableError), or two headers mean one column and neither is its exact
    name, or contact data are mapped to a column.
    """
    wanted = [said.table] if said.table else list(REQUIRED)
    found = {table: _positions(file, table, header, said.columns) for table in wanted}
    missing = {table: lacking(table, found[table]) for table in wanted}
    fitting = [table for table in wanted if not missing[table]]
    if not fitting:
        # A post's id alone points to posts, which every run needs, not to the comments on it.
        near = [table for table in wanted if table != "comments" or "text" in found[table]] or wanted
        nearest = min(near, key=lambda table: _share_lacking(table, found[table]))
        raise NoTableError(
            f"{file}: its headers ({_shown(header)}) fit no table; nearest is {nearest}, which lacks "
            f"{', '.join(missing[nearest])}: name its columns in {MAPPING}, or take the file away"
        )
    table = max(fitting, key=lambda table: _needed(table, found[table]))
    for column, places in found[table].items():
        if len(places) > 1:
            names = " and ".join(repr(header[place]) for place in places[:3])
            raise errors.InputError(
                f"{file}: headers {names} both mean {column!r}: name the right one in {MAPPING}"
            )
    return table, {column: places[0] for column, places in found[table].items()}


def lacking(table: str, found: Collection[str]) -> list[str]:
    """Return what a table needs beyond the columns found, in words."""
    needed = [each for each in REQUIRED[table] if not any(one in found for one in each.split(" or "))]
    enough = ENOUGH.get(table, ())
    return needed if not enough or {*enough} & {*found} else [*needed, f"one of {', '.join(enough)}"]


def _share_lacking(table: str, found: Collection[str]) -> float:
    enough = ENOUGH.get(table, ())
    missing = len(lacking(table, found)) - (bool(enough) and not {*enough} & {*found})
    return (missing + sum(column not in found for column in enough)) / len([*REQUIRED[table], *enough])


def _needed(table: str, found: Collection[str]) -> int:
    """Return how many of its needed columns a table has; one fewer where it could have more of them.

    So a list of creators with a campaign and a price for each stays a list of creators.
    """
    enough = ENOUGH.get(table, ())
    there = sum(column in found for column in enough)
    return len(REQUIRED[table]) + there - (there < len(enough))


def _shown(header: Sequence[str]) -> str:
    """Return the names of a header on one line, cut where it goes on and on."""
    names = ", ".join(" ".join(name[:300].split()) for name in header[:300])
    shown = "".join(mark if mark.isprintable() else "\ufffd" for mark in names[:300])
    return shown if len(names) <= 300 else f"{shown} ..."


def _positions(file: str, table: str, header: Sequence[str], said: Mapping[str, str]) -> dict[str, list[int]]:
    """Return where the header has each column: as the mapping says, by its exact name, or as declared."""
    mapped = {column: _mapped(file, column, header, name) for column, name in said.items()}
    _check_shared(file, header, mapped)
    taken = {place for places in mapped.values() for place in places}
    found = {column: places for column, places in mapped.items() if column in _synonyms()[table]}
    free = [(at, plain(name)) for at, name in enumerate(header) if at not in taken]
    for column in _synonyms()[table]:
        if column not in found and (places := _declared_places(table, column, header, free)):
            found[column] = places
    if table == "posts" and "post" not in found and "permalink" in found:
        found["post"] = found["permalink"]  # an address tells its post
    return found


def _declared_places(
    table: str, column: str, header: Sequence[str], free: Sequence[tuple[int, str]]
) -> list[int]:
    synonyms = _synonyms()[table][column]
    declared = [(at, name) for at, name in free if name in synonyms]
    last = LAST.get((table, column), ())
    places = [at for at, name in declared if name not in last] or [at for at, _ in declared][:1]
    if column in EXTRAS.get(table, ()):
        places = sorted(places, key=lambda at: synonyms.index(plain(header[at])))[:1]
    return [at for at in places if header[at] == column] or places


def _check_shared(file: str, header: Sequence[str], mapped: Mapping[str, list[int]]) -> None:
    """Raise InputError where one header is mapped to two columns."""
    first: dict[int, str] = {}
    for column, places in mapped.items():
        for place in places:
            if place in first:
                raise errors.InputError(
                    f"{MAPPING}, {file}: header {header[place]!r} is given to both {first[place]!r} and "
                    f"{column!r}: one column each"
                )
            first[place] = column


def _mapped(file: str, column: str, header: Sequence[str], name: str) -> list[int]:
    places = [at for at, given in enumerate(header) if given == name]
    places = places or [at for at, given in enumerate(header) if plain(given) == plain(name)]
    if not places:
        known = [" ".join(given.split()) for given in header]
        raise errors.unknown(f"header for {column} in {MAPPING}, {file}:", name, known)
    if contact(header[places[0]]):
        raise errors.InputError(
            f"{MAPPING}, {file}: header {name!r} holds contact data, which no column may hold; "
            "keep them by asking for contacts"
        )
    return places


LARGEST = 1_000_000  # bytes


def mapping(path: Path | str) -> Mapping[str, Any]:
    """Return {file: {table, columns}} as a mapping file has it; `folder` checks the entries.

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
