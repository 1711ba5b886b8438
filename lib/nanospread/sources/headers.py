"""A header in; the table that a file holds and the place of each of our columns out.

data/columns.csv declares the names that tools use; what a mapping says about a file goes before them.
"""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from nanospread import errors, project

MAPPING = "mapping.yaml"

# A file holds a table when all of these can be found in its header; the other columns may be absent.
REQUIRED = {
    "creators": ("creator", "followers"),
    "posts": ("post", "creator", "posted_at", "likes", "comments"),
    "outreach": ("creator", "contacted_at", "offer", "replied", "accepted", "posted"),
    "results": ("campaign", "creator", "offer", "cost", "reach", "clicks", "orders", "revenue"),
    "comments": ("comment", "post", "author", "text"),
    "ambassadors": ("creator", "joined_at"),
    "overlaps": ("creator", "other", "overlap"),
}

# Columns that no conclusion stands on alone. Tools name some of them twice (views and plays, caption and
# description): the header that columns.csv declares first is read, the other is listed among the ignored.
EXTRAS = {
    "creators": ("following",),
    "posts": ("saves", "shares", "reach", "views", "impressions", "replies", "caption"),
}


@dataclass(frozen=True)
class Entry:
    """What a mapping says about one file."""

    table: str | None
    columns: Mapping[str, str]  # our column -> its header


def entry(file: str, said: object) -> Entry:
    """Return the checked mapping of one file."""
    where = f"{MAPPING}, {file}"
    if not isinstance(said, Mapping) or not isinstance(said.get("columns") or {}, Mapping):
        raise errors.InputError(
            f"{where}: must be {{table: ..., columns: {{our column: its header}}}}, not {said!r}"
        )
    for key in said:
        if key not in ("table", "columns"):
            raise errors.unknown(f"key in {where}:", str(key), ["table", "columns"])
    table, columns = said.get("table"), dict(said.get("columns") or {})
    if table is not None and table not in list(REQUIRED):  # not the dict: YAML may give an unhashable
        raise errors.unknown(f"table in {where}:", str(table), REQUIRED)
    known = dict.fromkeys(column for name in ([table] if table else REQUIRED) for column in _synonyms()[name])
    for column in columns:
        if column not in known:
            raise errors.unknown(f"column in {where}:", str(column), known)
    return Entry(table, {str(column): str(header) for column, header in columns.items()})


@functools.cache
def _synonyms() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return table -> column -> the plain forms of its declared headers, in the order of data/columns.csv."""
    declared = pd.read_csv(project.DATA / "columns.csv", dtype=str, keep_default_na=False)
    return {
        str(table): {
            str(column): tuple(dict.fromkeys(map(_plain, rows["header"])))
            for column, rows in given.groupby("column", sort=False)
        }
        for table, given in declared.groupby("table", sort=False)
    }


def _plain(header: str) -> str:
    return re.sub(r"[\s_]+", "", header.casefold()).lstrip("#")


def columns(file: str, header: Sequence[str], said: Entry) -> tuple[str, dict[str, int]]:
    """Return the table that a header fits, and the position of each of our columns in it.

    A header that fits several is the one that needs most: a post with its creator's followers is a post.

    Raises InputError: it fits none, or two headers mean one column and neither is its exact name.
    """
    wanted = [said.table] if said.table else list(REQUIRED)
    found = {table: _positions(file, table, header, said.columns) for table in wanted}
    missing = {table: [c for c in REQUIRED[table] if c not in found[table]] for table in wanted}
    fitting = [table for table in wanted if not missing[table]]
    if not fitting:
        # A post's id alone points to posts, which every run needs, not to the comments on it.
        near = [table for table in wanted if table != "comments" or "text" in found[table]] or wanted
        nearest = min(near, key=lambda table: len(missing[table]) / len(REQUIRED[table]))
        raise errors.InputError(
            f"{file}: its headers ({_shown(header)}) fit no table; nearest is {nearest}, which lacks "
            f"{', '.join(missing[nearest])}: name its columns in {MAPPING}, or take the file away"
        )
    table = max(fitting, key=lambda table: len(REQUIRED[table]))
    for column, places in found[table].items():
        if len(places) > 1:
            names = " and ".join(repr(header[place]) for place in places)
            raise errors.InputError(
                f"{file}: headers {names} both mean {column!r}: name the right one in {MAPPING}"
            )
    return table, {column: places[0] for column, places in found[table].items()}


def _shown(header: Sequence[str]) -> str:
    """Return the names of a header on one line, cut where it goes on and on."""
    names = ", ".join(" ".join(name.split()) for name in header)
    return names if len(names) <= 300 else f"{names[:300]} ..."


def _positions(file: str, table: str, header: Sequence[str], said: Mapping[str, str]) -> dict[str, list[int]]:
    """Return where the header has each column: as the mapping says, by its exact name, or as declared."""
    mapped = {column: _mapped(file, column, header, name) for column, name in said.items()}
    _check_shared(file, header, mapped)
    taken = {place for places in mapped.values() for place in places}
    found = {column: places for column, places in mapped.items() if column in _synonyms()[table]}
    for column, synonyms in _synonyms()[table].items():
        declared = [at for at, name in enumerate(header) if _plain(name) in synonyms and at not in taken]
        exact = [at for at in declared if header[at] == column]
        if column in EXTRAS.get(table, ()):
            declared = sorted(declared, key=lambda at: synonyms.index(_plain(header[at])))[:1]
        if declared and column not in found:
            found[column] = exact or declared
    return found


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
    places = places or [at for at, given in enumerate(header) if _plain(given) == _plain(name)]
    if not places:
        known = [" ".join(given.split()) for given in header]
        raise errors.unknown(f"header for {column} in {MAPPING}, {file}:", name, known)
    return places
