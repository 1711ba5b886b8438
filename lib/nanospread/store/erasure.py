"""A store and an account's name -> the store without that account, and the proof that it is gone.

First a hash goes on the list of the forgotten: from then on no reader is served the account's rows and no
writer takes them, whatever happens next. Then each snapshot that holds the name is rewritten. Then everything
is searched once more. A forgetting that was interrupted is completed by asking for it again.

What it cannot reach: the exports themselves, reports already made, backups, and blocks of a disk that a
deleted file lay on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.core.files import sync
from nanospread.store import content, disk, duck, erasure_check, forgotten, manifests, masks
from nanospread.store.manifests import File, Snapshot
from nanospread.store.writing import described, sweep, writable

if TYPE_CHECKING:
    import duckdb

TOUCHED = {"table": "str", "removed": "int64", "masked": "int64"}


@dataclass(frozen=True)
class Forgotten:
    """What was done to forget an account, and what a search for it found afterwards."""

    rows: pd.DataFrame  # table, removed [rows], masked [rows of others that named it], over all snapshots
    snapshots: int  # rewritten
    searched: erasure_check.Searched  # its hits are 0, or an error was raised


def forget(place: Path | str, handle: str, *, wait: float = disk.WAIT) -> Forgotten:
    """Remove an account from every snapshot of a store, mask its name in others' text, and search for it.

    handle: its name, with or without @, in any case. wait: for another writer [s].

    Raises InputError: no store, a blank name, one that the store holds nothing of and never forgot (with the
    nearest name), a damaged snapshot, or a name that the search still found.
    """
    place, name = Path(place), forgotten.spelt(handle)
    with writable(place, wait), duck.connected() as connection:
        mark = forgotten.digest(manifests.salt(place), name)
        snapshots = manifests.every(place)
        with disk.told(place, "read"):
            manifests.check(snapshots)
            if mark not in forgotten.listed(place):
                erasure_check.check_known(connection, place, snapshots, name)
        forgotten.add(place, mark)
        touched = [_without(connection, place, snapshot, name) for snapshot in snapshots]
        sweep(place)
        searched = erasure_check.searched(connection, place, name)
    if searched.hits:
        raise InputError(f"store '{place}' still names the account in {searched.places}: run forget again")
    rows = pd.concat([pd.DataFrame(columns=list(TOUCHED)), *(found for found, _ in touched)])
    counted = rows.astype(TOUCHED).groupby("table", sort=False).sum().reset_index().astype(TOUCHED)
    return Forgotten(counted, sum(new for _, new in touched), searched)


def _without(
    connection: "duckdb.DuckDBPyConnection", place: Path, snapshot: Snapshot, name: str
) -> tuple[pd.DataFrame, bool]:
    """Rewrite a snapshot without an account; return table, removed, masked, and if anything was to do."""
    staged = disk.staging(place, snapshot.folder.name)
    done = [_cleaned(connection, snapshot.folder, file, name, staged) for file in snapshot.files]
    files = tuple(file for file, _, _ in done if file)
    new = replace(snapshot, files=files, inputs=masks.masked(snapshot.inputs, [name]))
    if new != snapshot:
        for path in staged.iterdir():
            path.replace(snapshot.folder / path.name)
        sync(snapshot.folder)
        # The one step: readers see the old files until here, and the new ones from here on.
        disk.replace_file(
            place, snapshot.folder / manifests.MANIFEST, manifests.text(described(connection, new))
        )
    rows = [
        (old.table, *numbers) for old, (_, *numbers) in zip(snapshot.files, done, strict=True) if any(numbers)
    ]
    return pd.DataFrame(rows, columns=list(TOUCHED)), new != snapshot


def _cleaned(
    connection: "duckdb.DuckDBPyConnection", folder: Path, file: File, name: str, staged: Path
) -> tuple[File | None, int, int]:
    """Return a file's entry without an account, how many rows went and how many were masked."""
    relation = connection.read_parquet(str(folder / file.name))
    relation.create_view("given", replace=True)
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    removed, masked = _numbers(connection, file.table, types, name)
    if not removed and not masked:
        return file, 0, 0
    new = content.put(connection, file.table, types, [name], staged / f"{file.table}.new")
    return new, removed, masked


def _numbers(
    connection: "duckdb.DuckDBPyConnection", table: str, types: Mapping[str, str], name: str
) -> tuple[int, int]:
    """Return how many rows of the view `given` are of an account, and how many of others name it."""
    accounts = [duck.folded(column) for column in types if column in forgotten.NAMES]
    own = " OR ".join(f"{column} = ?" for column in accounts) or "false"
    told, values = masks.found_sql(table, types, name)
    numbers = "count(*) FILTER (own), count(*) FILTER (told AND NOT own)"
    query = f"SELECT {numbers} FROM (SELECT {own} AS own, {told} AS told FROM given)"
    removed, masked = duck.one(connection, query, [*[name] * len(accounts), *values])
    return removed, masked
