"""A store and an account's name -> the store without that account, and the proof that it is gone.

First a hash goes on the list of the forgotten: from then on no reader is served the account's rows and no
writer takes them, whatever happens next. Then each snapshot that holds the name is rewritten. Then everything
is searched once more: the search shares no expression with what removes the name, as DuckDB only finds the
rows in which its letters stand, and Python tells whether they are a word of their own there. A forgetting
that was interrupted is completed by asking for it again.

What it cannot reach: the exports themselves, reports already made, backups, and blocks of a disk that a
deleted file lay on.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.core.files import sync
from nanospread.store import content, disk, duck, forgotten, manifests, spelling
from nanospread.store.manifests import File, Snapshot
from nanospread.store.writing import described, sweep, writable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection

NEAR = 2  # edits between a name that is not known and one that may be meant
BATCH = 10_000  # rows fetched at a time
# What the store itself writes into plain files, whoever is forgotten; a manifest is told apart by its fields.
OURS = {
    manifests.STORE: f"store nanospread version {manifests.VERSION} salt forgotten",
    forgotten.LIST: "sha256",
    disk.LOCK: "",
}


@dataclass(frozen=True)
class SearchResult:
    """How much was searched for a name, and what was found."""

    snapshots: int
    files: int  # Parquet files
    rows: int  # in them [rows]
    texts: int  # manifests and other plain files
    hits: int
    places: tuple[str, ...]  # where, without the name
    words: int  # cells of campaigns, periods, ids and niches that have it as a plain word: left as they are
    alike: int  # cells with a name that looks like it, in letters of another alphabet: left as they are


def searched(connection: "Connection", place: Path, snapshots: Sequence[Snapshot], name: str) -> SearchResult:
    """Search a store for an account: in all text columns, all plain files and all names of files."""
    with disk.one_line_errors(place, "read"):
        cells = [
            (f"{snapshot.folder.name}/{path.name}", *_in_parquet(connection, path, file.table, name))
            for snapshot in snapshots
            for file in snapshot.files
            for path in [snapshot.folder / file.name]
        ]
        hits_by_file = [(location, number) for location, number, *_ in cells]
        plain = sorted(path for path in place.rglob("*") if path.is_file() and path.suffix != ".parquet")
        hits_by_file += [(str(path.relative_to(place)), _in_text(path, name)) for path in plain]
    hits = [(location, number) for location, number in hits_by_file if number]
    return SearchResult(
        snapshots=len(snapshots),
        files=sum(len(snapshot.files) for snapshot in snapshots),
        rows=sum(file.rows for snapshot in snapshots for file in snapshot.files),
        texts=len(plain),
        hits=sum(number for _, number in hits),
        places=tuple(location for location, _ in hits),
        words=sum(words for _, _, words, _ in cells),
        alike=sum(alike for *_, alike in cells),
    )


def _in_parquet(connection: "Connection", path: Path, table: str, name: str) -> tuple[int, int, int]:
    """Return how many cells of a file name an account, have its name as a mere word, and look as if."""
    relation = connection.read_parquet(str(path))
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    hits = words = alike = 0
    looks = spelling.skeleton(name)
    for column, kind in types.items():
        if kind != "VARCHAR" or column in forgotten.OURS or (table, column) == ("ledger", "column"):
            continue
        cell = duck.quoted(column)
        latin = f"translate({duck.folded(column)}, '{spelling.OTHERS}', '{spelling.LATIN}')"
        query = f"SELECT {cell} FROM {duck.PARQUET} WHERE contains({latin}, ?)"
        cells = connection.execute(query, [str(path), looks])
        while batch := cells.fetchmany(BATCH):
            named = [names_account(str(cell), table, column, name) for (cell,) in batch]
            hits += sum(named)
            similar = [names_account(spelling.skeleton(str(cell)), table, column, looks) for (cell,) in batch]
            alike += sum(similar) - sum(one and other for one, other in zip(similar, named, strict=True))
            if column in forgotten.AT_ONLY:
                mentions = [names_account(str(cell), table, "text", name) for (cell,) in batch]
                words += sum(mentions) - sum(named)
    return hits, words, alike


def names_account(cell: str, table: str, column: str, name: str) -> bool:
    """Return if a cell names an account."""
    cell = spelling.reading(cell)
    if column in forgotten.NAMES:
        return cell == name
    if table in forgotten.FILE_COLUMNS.get(column, ()):
        return re.search(_file_word(name), cell) is not None
    bare = "@" if column in forgotten.AT_ONLY else r"(?<![a-z0-9_])(?<![a-z0-9_]\.)"
    return re.search(rf"{bare}{re.escape(name)}(?!\.?[a-z0-9_])", cell) is not None


def _file_word(name: str) -> str:
    return rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])"


def _in_text(path: Path, name: str) -> int:
    """Return how often a plain file, with its name, names an account beyond what the store itself writes."""
    content = path.read_text(encoding="utf-8", errors="replace")
    n_matches, n_generated = (
        len(re.findall(_file_word(name), spelling.reading(text)))
        for text in (f"{path.name}\n{content}", _ours(path, content))
    )
    return n_matches - n_generated


def _ours(path: Path, content: str) -> str:
    """Return what of a plain file no user wrote: of a manifest all but the names of the input files."""
    if path.name == manifests.MANIFEST:
        manifest = json.loads(content)
        return f"{path.name}\n{json.dumps({**manifest, 'inputs': list(manifest['inputs'].values())})}"
    return f"{path.name}\n{OURS[path.name]}" if path.name in OURS else ""


def check_known(connection: "Connection", place: Path, snapshots: tuple[Snapshot, ...], name: str) -> None:
    """Raise InputError for an account that a store holds nothing of, with the nearest that it does."""
    if searched(connection, place, snapshots, name).hits:
        return
    nearest = _nearest(connection, snapshots, name)
    hint = f"; did you mean {nearest!r}?" if nearest else ""
    raise InputError(f"store '{place}' holds nothing of {name!r}{hint}")


def _nearest(connection: "Connection", snapshots: tuple[Snapshot, ...], name: str) -> str | None:
    paths = [str(path) for one in snapshots for path in one.paths("creators")]
    if not paths:
        return None
    edits = "damerau_levenshtein(creator, ?)"
    query = f"SELECT creator FROM {duck.PARQUET} WHERE {edits} <= {NEAR} ORDER BY {edits}, creator LIMIT 1"
    rows = connection.execute(query, [paths, name, name]).fetchall()
    return str(rows[0][0]) if rows else None


TOUCHED = {"table": "str", "removed": "int64", "masked": "int64"}


@dataclass(frozen=True)
class ErasureResult:
    """What was done to forget an account, and what a search for it found afterwards."""

    rows: pd.DataFrame  # table, removed [rows], masked [rows of others that named it], over all snapshots
    snapshots: int  # rewritten
    searched: SearchResult  # its hits are 0, or an error was raised


def forget(place: Path | str, handle: str, *, wait: float = disk.WAIT) -> ErasureResult:
    """Remove an account from every snapshot of a store, mask its name in others' text, and search for it.

    handle: its name, with or without @, in any case. wait: for another writer [s].

    Raises InputError: no store, a blank name, one that the store holds nothing of and never forgot (with the
    nearest name), a damaged snapshot, or a name that the search still found.
    """
    place, name = Path(place), forgotten.spelt(handle)
    with writable(place, wait), duck.connected() as connection:
        mark = forgotten.digest(manifests.salt(place), name)
        snapshots = manifests.snapshots(place)
        with disk.one_line_errors(place, "read"):
            manifests.check(snapshots)
            _check_readable(snapshots)
            if mark not in forgotten.listed(place):
                check_known(connection, place, snapshots, name)
        salt = manifests.salt(place)
        for one in sorted({mark, *_codes(connection, snapshots, name, salt)}):
            forgotten.add(place, one)
        rewritten = [_without(connection, place, snapshot, name) for snapshot in snapshots]
        sweep(place)
        search = searched(connection, place, manifests.snapshots(place), name)
        if search.hits:
            raise InputError(f"store '{place}' still names the account in {search.places}: run forget again")
        forgotten.complete(place)
    rows = pd.concat([pd.DataFrame(columns=list(TOUCHED)), *(counts for counts, _ in rewritten)])
    counted = rows.astype(TOUCHED).groupby("table", sort=False).sum().reset_index().astype(TOUCHED)
    return ErasureResult(counted, sum(new for _, new in rewritten), search)


def _codes(connection: "Connection", snapshots: tuple[Snapshot, ...], name: str, salt: str) -> set[str]:
    """Return the hashes of the codes and links that any snapshot lists for an account."""
    paths = [str(path) for one in snapshots for path in one.paths("codes")]
    if not paths:
        return set()
    query = f"SELECT DISTINCT kind, code FROM {duck.PARQUET} WHERE {duck.folded('creator')} = ?"
    return forgotten.code_marks(connection.execute(query, [paths, name]).df(), salt)


def _check_readable(snapshots: tuple[Snapshot, ...]) -> None:
    """Raise InputError for contact data that only a colleague may read, and so only he or she can erase."""
    for path in (one.folder / file.name for one in snapshots for file in one.files):
        if manifests.is_anothers(path):
            raise InputError(f"'{path}' is readable for user {path.stat().st_uid} alone, who must run forget")


def _without(
    connection: "Connection", place: Path, snapshot: Snapshot, name: str
) -> tuple[pd.DataFrame, bool]:
    """Rewrite a snapshot without an account; return table, removed, masked, and if anything was to do."""
    staged = disk.staging(place, snapshot.folder.name)
    results = [_cleaned(connection, place, snapshot.folder, file, name, staged) for file in snapshot.files]
    files = tuple(file for file, _, _ in results if file)
    new = replace(snapshot, files=files, inputs=forgotten.masked(snapshot.inputs, [name]))
    if new != snapshot:
        for path in staged.iterdir():
            path.replace(snapshot.folder / path.name)
        sync(snapshot.folder)
        # The one step: readers see the old files until here, and the new ones from here on.
        disk.replace_file(
            place, snapshot.folder / manifests.MANIFEST, manifests.text(described(connection, new))
        )
    rows = [
        (old.table, *numbers)
        for old, (_, *numbers) in zip(snapshot.files, results, strict=True)
        if any(numbers)
    ]
    return pd.DataFrame(rows, columns=list(TOUCHED)), new != snapshot


def _cleaned(
    connection: "Connection", place: Path, folder: Path, file: File, name: str, staged: Path
) -> tuple[File | None, int, int]:
    """Return a file's entry without an account, how many rows went and how many were masked."""
    rows: pd.DataFrame | Path = folder / file.name
    coded = 0
    if file.table == "orders":
        orders = connection.read_parquet(str(folder / file.name)).df()
        marks = forgotten.listed(place)
        rows, coded = forgotten.without_codes(orders, manifests.salt(place), marks)
    types = content.viewed(connection, rows)
    removed, masked = _numbers(connection, file.table, types, name)
    masked += coded
    if not removed and not masked:
        return file, 0, 0
    new = content.put(connection, file.table, types, [name], staged / f"{file.table}.new")
    return new, removed, masked


def _numbers(connection: "Connection", table: str, types: Mapping[str, str], name: str) -> tuple[int, int]:
    """Return how many rows of the view `given` are of an account, and how many of others name it."""
    accounts = [duck.folded(column) for column in types if column in forgotten.NAMES]
    is_own = " OR ".join(f"{column} = ?" for column in accounts) or "false"
    is_named, values = forgotten.mentions_sql(table, types, name)
    numbers = "count(*) FILTER (own), count(*) FILTER (told AND NOT own)"
    query = f"SELECT {numbers} FROM (SELECT {is_own} AS own, {is_named} AS told FROM given)"
    removed, masked = duck.one(connection, query, [*[name] * len(accounts), *values])
    return removed, masked
