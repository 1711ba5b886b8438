"""Files and folders of exports -> all that an ingest knows of them, the large ones streamed."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread import store
from nanospread.core.errors import InputError
from nanospread.ingest import sources, streams, tables

STREAMED = 64_000_000  # bytes from which on a CSV is not held in memory
CSV = (".csv", ".tsv")


@dataclass(frozen=True)
class Read:
    """What exports hold: validated tables, parts too large for one, and the account of every row.

    inputs: SHA-256 of each file, by its name. how: what was said about reading them, in one spelling.
    """

    inputs: Mapping[str, str]
    how: str
    tables: tables.Tables
    parts: Sequence[store.Part]
    contacts: pd.DataFrame | None

    @property
    def counts(self) -> pd.DataFrame:
        """Return rows_in = kept + repaired + refused of each file."""
        return pd.concat([self.tables.counts, *(part.counts for part in self.parts)], ignore_index=True)

    @property
    def ledger(self) -> pd.DataFrame:
        """Return every repair and refusal."""
        return pd.concat([self.tables.ledger, *(part.ledger for part in self.parts)], ignore_index=True)


def read(
    paths: Sequence[Path],
    place: Path,
    into: Path,
    as_of: pd.Timestamp | None,
    mapping: Mapping[str, Any] | None,
    format: str | None,  # noqa: A002  as --format
    contacts: Sequence[str],
) -> Read:
    """Read and validate exports; a CSV of posts of STREAMED bytes or more becomes a Parquet file in `into`.

    place: of the store, whose forgotten accounts are refused.
    Raises InputError as `sources.read`, `tables.validated` and `bulk.posts` do, and for a file that changes
    while it is read.
    """
    found = sources.used(sources.files_of(paths, mapping), format)
    before = _states(found)
    large = [file for file in found if _is_large(file)]
    if large:
        small = [file.path for file in found if file not in large]
        names = {file.name for file in large}
        said = {name: of for file in found for name, of in file.said.items() if name not in names}
        raw = sources.read(small, said, format, contacts) if small else ()
    else:
        raw = sources.read(paths, mapping, format, contacts)
    parts = [_streamed(file, into, as_of) for file in large]
    whole = tables.validated(store.unforgotten(place, raw), as_of, whole=False)
    if not parts and not whole.counts["rows_in"].sum():
        raise InputError("the exports hold no row")
    inputs = _hashes(found)
    if _states(found) != before:
        raise InputError("a file was written to while it was read: ingest it again when it is whole")
    return Read(inputs, _how(found, format, contacts), whole, parts, store.contact_rows(raw))


def _states(found: Sequence[sources.File]) -> list[tuple[int, int, int] | None]:
    return [(of.st_ino, of.st_size, of.st_mtime_ns) if (of := _stat(file)) else None for file in found]


def _stat(file: sources.File) -> os.stat_result | None:
    try:
        return file.path.stat()
    except OSError:
        return None  # whoever reads it says why


def _hashes(found: Sequence[sources.File]) -> dict[str, str]:
    hashes = {}
    for file in found:
        with file.path.open("rb") as content:
            hashes[file.name] = file_digest(content, "sha256").hexdigest()
    return hashes


def _how(found: Sequence[sources.File], format: str | None, contacts: Sequence[str]) -> str:  # noqa: A002
    said = {name: of for file in found for name, of in file.said.items()}
    how = {"mapping": said, "format": format, "contacts": sorted(contacts)}
    return json.dumps({key: of for key, of in how.items() if of}, sort_keys=True, default=str)


def _is_large(file: sources.File) -> bool:
    of = _stat(file)
    return file.path.suffix.lower() in CSV and not file.inner and of is not None and of.st_size >= STREAMED


def _streamed(file: sources.File, into: Path, as_of: pd.Timestamp | None) -> store.Part:
    from nanospread.store import bulk

    layout = streams.delimited(file.path, file.said or None)
    if layout.table != "posts":
        raise InputError(
            f"{file.name}: only posts are streamed, not {layout.table}: split it into smaller files"
        )
    return bulk.posts(file.path, layout, said=layout.said, as_of=as_of, into=into)
