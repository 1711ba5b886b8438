"""Validated tables, their date and the hashes of their files -> one more snapshot, or none if it is there."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.core.files import make_folder, share, sync
from nanospread.ingest import schemas
from nanospread.ingest.tables import READERS, Tables
from nanospread.store import content, disk, duck, forgotten, manifests
from nanospread.store.manifests import File, Part, Snapshot

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection

OURS = {manifests.STORE, manifests.SNAPSHOTS, forgotten.LIST}


@dataclass(frozen=True)
class WriteResult:
    """What became of an export."""

    snapshot: str  # the name of its folder
    new: bool  # False: the same export was there, and nothing changed
    rows: Mapping[str, int]  # of each table [rows]
    forgotten: int  # rows of forgotten accounts that were refused here [rows]


def write(
    place: Path | str,
    tables: Tables,
    *,
    as_of: pd.Timestamp,
    inputs: Mapping[str, str],
    mapping: str = "",
    bulk: Sequence[Part] = (),
    contacts: pd.DataFrame | None = None,
    texts: bool = False,
    wait: float = disk.WAIT,
) -> WriteResult:
    """Add an export to a store, which is made where there is none; the same export twice changes nothing.

    as_of: the export's date (UTC). inputs: name of each file -> SHA-256 of its bytes. mapping: its text, if
    any. bulk: tables too large for a frame; their files are moved. contacts: creator and what reaches it,
    text, only if asked for. texts: keep what cells were before and after a repair, which may be anything: for
    a store that soon goes away. wait: for another writer [s].

    Raises InputError: no date, no input, a folder that holds something else, a damaged store, another writer
    for longer than `wait`, no right to write, no space left.
    """
    place, as_of = Path(place), _checked(as_of, inputs)
    if contacts is not None and "creator" not in contacts:
        raise InputError("contacts need a column creator: nobody could be forgotten in them without it")
    identity = manifests.identity(as_of, inputs, mapping + "\0texts" * texts)
    with writable(place, wait, salt=hashlib.sha256(f"nanospread store\0{identity}".encode()).hexdigest()):
        snapshots = manifests.snapshots(place)
        same = next((one for one in snapshots if one.id == identity), None)
        if same:
            manifests.check((same,))
            return WriteResult(same.folder.name, new=False, rows=_rows(same.files), forgotten=0)
        name = manifests.folder_name(as_of, identity)
        staged, number = disk.staging(place, name), max((one.number for one in snapshots), default=0) + 1
        with duck.connected() as connection:
            stored = content.content(connection, place, tables, inputs, bulk, contacts, staged, texts=texts)
            snapshot = Snapshot(staged, identity, as_of, number, stored.inputs, stored.files, "", "", 0)
            _publish(place, staged, described(connection, snapshot))
        return WriteResult(name, True, _rows(stored.files), stored.dropped)


def repeated(place: Path | str, inputs: Mapping[str, str], as_of: pd.Timestamp) -> str:
    """Return the last snapshot of the very same files for another date, "" without one: a date may be wrong.

    inputs: name of each file -> SHA-256 of its bytes. Raises InputError for a damaged manifest.
    """
    snapshots = manifests.snapshots(Path(place)) if manifests.is_store(place) else ()
    files = sorted(inputs.values())
    same = (one for one in reversed(snapshots) if sorted(one.inputs.values()) == files and one.as_of != as_of)
    return next((one.folder.name for one in same), "")


def _checked(as_of: pd.Timestamp, inputs: Mapping[str, str]) -> pd.Timestamp:
    """Return the date of an export in UTC."""
    if not inputs or not all(map(manifests.HASH.fullmatch, inputs.values())):
        raise InputError("a snapshot needs the SHA-256 of each file that it was read from")
    if not isinstance(as_of, pd.Timestamp) or as_of.tzinfo is None:
        raise InputError(f"as_of is {as_of}: it must be the export's date, with its time zone")
    if not pd.Timestamp(schemas.EARLIEST, tz="UTC") <= as_of <= pd.Timestamp(schemas.LATEST, tz="UTC"):
        raise InputError(f"as_of is {as_of}: it must be from {schemas.EARLIEST} to {schemas.LATEST}")
    return as_of.tz_convert("UTC").as_unit("us")


@contextmanager
def writable(place: Path, wait: float = disk.WAIT, salt: str = "") -> Iterator[None]:
    """Hold a store's lock, with what dead writers left taken away. salt: of a store that is not there yet.

    Raises InputError as `write` does; without a salt also where there is no store.
    """
    if salt:
        with disk.one_line_errors(place, "written"):
            make_folder(place)
            strange = sorted({path.name for path in place.iterdir() if path.name[0] != "."} - OURS)
        if strange and not manifests.is_store(place):
            raise InputError(f"'{place}' is no store and not empty ({strange[0]!r}): name a new folder")
    else:
        manifests.salt(place)
    with disk.locked(place, wait):
        disk.clear(place)
        if not manifests.is_store(place):
            text = manifests.store_text(salt, [forgotten.seal(())])
            disk.replace_file(place, place / manifests.STORE, text)
        elif not manifests.seals(place):  # of an earlier version
            forgotten.complete(place)
        sweep(place)
        yield


def sweep(place: Path) -> None:
    """Take away the files of snapshots that no manifest names. Call with the lock held."""
    for snapshot in manifests.snapshots(place):
        named = {file.name for file in snapshot.files}
        for path in snapshot.folder.iterdir():
            if manifests.FILE.fullmatch(path.name) and path.name not in named:
                disk.discard(path)


def _rows(files: Sequence[File]) -> dict[str, int]:
    return {table: sum(file.rows for file in files if file.table == table) for table in READERS}


def described(connection: "Connection", snapshot: Snapshot) -> Snapshot:
    """Return a snapshot with its days and creators as its files have them."""
    first, newest = _aggregated(connection, snapshot, "posts", "min(posted_at)::DATE, max(posted_at)::DATE")
    (creators,) = _aggregated(connection, snapshot, "creators", "count(DISTINCT creator)")
    return replace(snapshot, first=str(first or ""), newest=str(newest or ""), creators=creators or 0)


def _aggregated(
    connection: "Connection", snapshot: Snapshot, table: str, expressions: str
) -> tuple[Any, ...]:
    paths = [str(path) for path in snapshot.paths(table)]
    if not paths:
        return (None,) * len(expressions.split(","))
    return duck.one(connection, f"SELECT {expressions} FROM {duck.PARQUET}", [paths])


def _publish(place: Path, staged: Path, snapshot: Snapshot) -> None:
    """Put a staged snapshot among the others in one step."""
    manifest = staged / manifests.MANIFEST
    manifest.write_text(manifests.text(snapshot), encoding="utf-8")
    share(manifest)
    sync(manifest)
    sync(staged)
    folder = place / manifests.SNAPSHOTS
    make_folder(folder)
    sync(place)
    staged.rename(folder / staged.name)
    sync(folder)
