"""A store and an account's name -> where it still stands: every text of every file, searched anew.

The search shares no expression with what removes the name: DuckDB only finds the rows in which its letters
stand, and Python tells whether they are a word of their own there.
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nanospread.core import errors
from nanospread.store import disk, duck, forgotten, manifests, masks
from nanospread.store.manifests import Snapshot

if TYPE_CHECKING:
    import duckdb

NEAR = 2  # edits between a name that is not known and one that may be meant
BATCH = 10_000  # rows fetched at a time
# What the store itself writes into plain files, whoever is forgotten; a manifest is told apart by its fields.
OURS = {
    manifests.STORE: f"store nanospread version {manifests.VERSION} salt",
    forgotten.LIST: "sha256",
    disk.LOCK: "",
}


@dataclass(frozen=True)
class Searched:
    """How much was searched for a name, and what was found."""

    snapshots: int
    files: int  # Parquet files
    rows: int  # in them [rows]
    texts: int  # manifests and other plain files
    hits: int
    places: tuple[str, ...]  # where, without the name
    words: int  # cells of campaigns, periods, ids and niches that have it as a plain word: left as they are


def searched(connection: "duckdb.DuckDBPyConnection", place: Path, name: str) -> Searched:
    """Search a store for an account: in all text columns, all plain files and all names of files."""
    snapshots = manifests.every(place)
    with disk.told(place, "read"):
        cells = [
            (f"{one.folder.name}/{path.name}", *_in_parquet(connection, path, file.table, name))
            for one in snapshots
            for file in one.files
            for path in [one.folder / file.name]
        ]
        found = [(where, number) for where, number, _ in cells]
        plain = sorted(path for path in place.rglob("*") if path.is_file() and path.suffix != ".parquet")
        found += [(str(path.relative_to(place)), _in_text(path, name)) for path in plain]
    hits = [(where, number) for where, number in found if number]
    return Searched(
        snapshots=len(snapshots),
        files=sum(len(one.files) for one in snapshots),
        rows=sum(file.rows for one in snapshots for file in one.files),
        texts=len(plain),
        hits=sum(number for _, number in hits),
        places=tuple(where for where, _ in hits),
        words=sum(number for *_, number in cells),
    )


def _in_parquet(
    connection: "duckdb.DuckDBPyConnection", path: Path, table: str, name: str
) -> tuple[int, int]:
    """Return how many cells of a file name an account, and how many only have its name as a word."""
    relation = connection.read_parquet(str(path))
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    hits = words = 0
    for column, kind in types.items():
        if kind != "VARCHAR" or column in masks.OURS or (table, column) == ("ledger", "column"):
            continue
        cell = duck.quoted(column)
        query = f"SELECT {cell} FROM read_parquet(?) WHERE contains({duck.folded(column)}, ?)"
        cells = connection.execute(query, [str(path), name])
        while batch := cells.fetchmany(BATCH):
            named = [_names(str(cell), table, column, name) for (cell,) in batch]
            hits += sum(named)
            if column in masks.AT_ONLY:
                told = [_names(str(cell), table, "text", name) for (cell,) in batch]
                words += sum(told) - sum(named)
    return hits, words


def _names(cell: str, table: str, column: str, name: str) -> bool:
    """Return if a cell names an account."""
    cell = _folded(cell)
    if column in forgotten.NAMES:
        return cell == name
    if table in masks.FILE_COLUMNS.get(column, ()):
        return re.search(_file_word(name), cell) is not None
    bare = "@" if column in masks.AT_ONLY else r"(?<![a-z0-9_])(?<![a-z0-9_]\.)"
    return re.search(rf"{bare}{re.escape(name)}(?!\.?[a-z0-9_])", cell) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _file_word(name: str) -> str:
    return rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])"


def _in_text(path: Path, name: str) -> int:
    """Return how often a plain file, with its name, names an account beyond what the store itself writes."""
    content = path.read_text(encoding="utf-8", errors="replace")
    found, ours = (
        len(re.findall(_file_word(name), _folded(text)))
        for text in (f"{path.name}\n{content}", _ours(path, content))
    )
    return found - ours


def _ours(path: Path, content: str) -> str:
    """Return what of a plain file no user wrote: of a manifest all but the names of the input files."""
    if path.name == manifests.MANIFEST:
        said = json.loads(content)
        return f"{path.name}\n{json.dumps({**said, 'inputs': list(said['inputs'].values())})}"
    return f"{path.name}\n{OURS[path.name]}" if path.name in OURS else ""


def check_known(
    connection: "duckdb.DuckDBPyConnection", place: Path, snapshots: tuple[Snapshot, ...], name: str
) -> None:
    """Raise InputError for an account that a store holds nothing of, with the nearest that it does."""
    if searched(connection, place, name).hits:
        return
    near = _nearest(connection, snapshots, name)
    hint = f"; did you mean {near!r}?" if near else ""
    raise errors.InputError(f"store '{place}' holds nothing of {name!r}{hint}")


def _nearest(
    connection: "duckdb.DuckDBPyConnection", snapshots: tuple[Snapshot, ...], name: str
) -> str | None:
    paths = [str(path) for one in snapshots for path in one.paths("creators")]
    if not paths:
        return None
    edits = "damerau_levenshtein(creator, ?)"
    query = f"SELECT creator FROM read_parquet(?) WHERE {edits} <= {NEAR} ORDER BY {edits}, creator LIMIT 1"
    found = connection.execute(query, [paths, name, name]).fetchall()
    return str(found[0][0]) if found else None
