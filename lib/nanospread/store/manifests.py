"""A store's folder -> its snapshots, each as its manifest declares it, checked before anything is read.

    store.json                            version, salt, and the seal of the list of the forgotten
    forgotten.csv                         one hash for each account that asked to be forgotten
    snapshots/<date>.<id>/manifest.json   what went in, and which files hold it
    snapshots/<date>.<id>/<table>-<sha256>.parquet

A manifest is the only thing that makes a file part of a snapshot, and it is replaced in one step. It seals
itself with a hash, and names each file with its hash, size and rows.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.core.errors import InputError

STORE, MANIFEST, SNAPSHOTS = "store.json", "manifest.json", "snapshots"
MADE_BY = "`nanospread ingest FILES --as-of DATE` makes one"  # a store, and each snapshot
VERSION = 1  # of the layout above
INGEST = 3  # of how exports are read: raise it when `tables` makes other rows of the same bytes
FOLDER = re.compile(r"\d{4}-\d{2}-\d{2}\.[0-9a-f]{12}")
FILE = re.compile(r"([a-z_]+)-([0-9a-f]{16})\.parquet")
HASH = re.compile(r"[0-9a-f]{64}")
PARTS = ("id", "number", "inputs", "first", "newest", "creators")  # of a manifest, as a snapshot has them
MARK = b"PAR1"  # what a whole Parquet file begins and ends with


@dataclass(frozen=True)
class File:
    """A Parquet file of a snapshot."""

    table: str
    sha256: str
    size: int  # [bytes]
    rows: int

    @property
    def name(self) -> str:
        """The file's name in its snapshot."""
        return f"{self.table}-{self.sha256[:16]}.parquet"


@dataclass(frozen=True)
class Snapshot:
    """One ingested export."""

    folder: Path
    id: str  # sha256 of what went in
    as_of: pd.Timestamp
    number: int  # in the order of writing, from 1
    inputs: Mapping[str, str]  # file name -> sha256
    files: tuple[File, ...]
    first: str  # day of its first and newest post; empty without posts
    newest: str
    creators: int  # with a follower count

    def paths(self, table: str) -> list[Path]:
        """Return where its rows of a table are."""
        return [self.folder / file.name for file in self.files if file.table == table]


def identity(as_of: pd.Timestamp, inputs: Mapping[str, str], mapping: str) -> str:
    """Return a snapshot's id: SHA-256 over its date, its input files' hashes, the mapping and how we read.

    What the files are called does not matter.
    """
    content = [as_of.isoformat(), sorted(inputs.values()), mapping, INGEST]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def folder_name(as_of: pd.Timestamp, identity: str) -> str:
    """Return what a snapshot's folder is called."""
    return f"{as_of:%Y-%m-%d}.{identity[:12]}"


def text(snapshot: Snapshot) -> str:
    """Return the manifest of a snapshot, sealed."""
    content = {"version": VERSION, "as_of": snapshot.as_of.isoformat()}
    content |= {name: getattr(snapshot, name) for name in PARTS}
    content |= {
        "inputs": dict(sorted(snapshot.inputs.items())),
        "files": [asdict(file) for file in snapshot.files],
    }
    return json.dumps({**content, "seal": _seal(content)}, indent=1, ensure_ascii=False) + "\n"


def _seal(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def is_store(folder: Path | str) -> bool:
    """Return if a folder is a store."""
    return (Path(folder) / STORE).is_file()


def salt(place: Path) -> str:
    """Return a store's salt. Raises InputError: no store, one of a newer version, one that cannot be read."""
    if not is_store(place):
        raise InputError(f"'{place}' is no store: it has no {STORE}; {MADE_BY}")
    content = _json(place / STORE)
    _check_version(place / STORE, content)
    if not isinstance(content.get("salt"), str):
        raise InputError(f"{place / STORE} is damaged: it has no salt")
    return str(content["salt"])


def store_text(salt: str, seals: Sequence[str]) -> str:
    """Return the text of `store.json`. seals: of the list of the forgotten, two while one is added to it."""
    content = {"store": "nanospread", "version": VERSION, "salt": salt, "forgotten": list(seals)}
    return json.dumps(content) + "\n"


def seals(place: Path) -> tuple[str, ...]:
    """Return the seals that the list of the forgotten may have; none in a store of an earlier version.

    Two mean that a forgetting is under way, or was interrupted. Raises InputError as `salt` does.
    """
    content = _json(place / STORE).get("forgotten", [])
    if not (
        isinstance(content, list) and all(isinstance(one, str) and HASH.fullmatch(one) for one in content)
    ):
        raise InputError(f"{place / STORE} is damaged: no seals of the forgotten")
    return tuple(content)


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is damaged: no JSON") from None
    if not isinstance(content, dict):
        raise InputError(f"{path} is damaged: no JSON object")
    return content


def _check_version(path: Path, content: Mapping[str, Any]) -> None:
    version = content.get("version")
    if isinstance(version, int) and version > VERSION:
        raise InputError(
            f"{path} is of version {version}, this nanospread reads up to {VERSION}: use a newer one"
        )
    if version != VERSION:
        raise InputError(f"{path} is damaged: version {version!r}")


def snapshots(place: Path) -> tuple[Snapshot, ...]:
    """Return all snapshots of a store by date, and those of one date in the order of writing.

    Raises InputError: no store, or a manifest that is missing, damaged, altered or of a newer version.
    """
    salt(place)
    snapshots_folder = place / SNAPSHOTS
    folders = sorted(snapshots_folder.iterdir()) if snapshots_folder.is_dir() else []
    candidates = [_snapshot(folder) for folder in folders if FOLDER.fullmatch(folder.name)]
    return tuple(sorted((one for one in candidates if one), key=lambda one: (one.as_of, one.number)))


def _snapshot(folder: Path) -> Snapshot | None:
    """Return the snapshot in a folder; None where it was deleted while we looked."""
    path = folder / MANIFEST
    try:
        if not path.is_file():
            raise InputError(
                f"{folder} is damaged: it has no {MANIFEST}; delete it and ingest its export again"
            )
        content = _json(path)
    except InputError:
        if not folder.exists():
            return None
        raise
    _check_version(path, content)
    if content.pop("seal", None) != _seal(content):
        raise InputError(f"{path} is damaged: it was altered after it was written")
    try:
        files = tuple(File(**file) for file in content["files"])
        as_of = pd.Timestamp(content["as_of"])
        snapshot = Snapshot(
            folder=folder, as_of=as_of, files=files, **{name: content[name] for name in PARTS}
        )
        sound = folder.name == folder_name(as_of, snapshot.id) and all(map(_sound, files))
    except (KeyError, TypeError, ValueError, AttributeError):
        sound = False
    if not sound:
        raise InputError(f"{path} is damaged: it names what no snapshot has")
    return snapshot


def _sound(file: File) -> bool:
    """Return if a file is named as we name files: no name leads out of the snapshot's folder."""
    return bool(HASH.fullmatch(file.sha256) and FILE.fullmatch(file.name) and file.size > 0 <= file.rows)


def settled(snapshots: tuple[Snapshot, ...]) -> tuple[Snapshot, ...]:
    """Return the snapshots that count: of the same files read twice for one date, the last reading."""
    latest: dict[object, Snapshot] = {}
    for snapshot in snapshots:
        files = (snapshot.as_of, tuple(sorted(snapshot.inputs.values())))
        latest.pop(files, None)  # the last reading stands in its own place, so the last of all always counts
        latest[files] = snapshot
    return tuple(latest.values())


def check(snapshots: tuple[Snapshot, ...]) -> None:
    """Raise InputError for a file that is missing, of another size than it was, or cut off: a quick look."""
    for snapshot in snapshots:
        for file in snapshot.files:
            check_file(snapshot.folder / file.name, file)


def check_file(path: Path, file: File) -> None:
    """Raise InputError for a file that is missing, of another size than it was, or cut off."""
    begins = ends = MARK
    try:
        about = path.lstat()  # a link is no file of ours
        if not is_anothers(path):
            with path.open("rb") as opened:
                begins = opened.read(len(MARK))
                opened.seek(max(about.st_size - len(MARK), 0))
                ends = opened.read(len(MARK))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    if about.st_size != file.size or {begins, ends} != {MARK}:
        raise InputError(
            f"{path} is damaged: {about.st_size:,} bytes where {file.size:,} were written; delete its folder "
            "and ingest its export again"
        )


def is_anothers(path: Path) -> bool:
    """Return if a file is a colleague's alone, as contact data are."""
    about = path.lstat()
    return not (about.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or os.access(path, os.R_OK))


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Part:
    """Rows of one table, too many for a frame, as a Parquet file that `write` moves into a snapshot.

    The file has the columns of the table in `tables.Tables`, each key once: text VARCHAR (never NULL),
    moments TIMESTAMP WITH TIME ZONE, counts BIGINT, flags BOOLEAN, amounts DOUBLE. Posts without a
    follower count are in it too: which ones count is decided in reading.
    """

    table: str
    path: Path
    counts: pd.DataFrame  # as Tables.counts: table, file, rows_in, kept, repaired, refused
    ledger: pd.DataFrame  # as Tables.ledger
