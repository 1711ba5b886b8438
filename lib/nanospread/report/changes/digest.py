"""A data folder or a store -> which data it holds: the hash of its files, and the days of its posts."""

import hashlib
from pathlib import Path

import pandas as pd

from nanospread.ingest import files, headers
from nanospread.report.changes.schema import Data
from nanospread.store import listing, opening


def data(folder: Path, posts: pd.DataFrame) -> Data:
    """Return which data a folder holds. posts: validated, with posted_at."""
    when = posts["posted_at"]
    return Data(sha256=fingerprint(folder), first=when.min().date(), newest=when.max().date())


def fingerprint(folder: Path) -> str:
    """Return one SHA-256 over the names and bytes of a folder's exports and mapping, or of a store's."""
    if opening.located(folder)[0] is not None:
        return listing.fingerprint(folder)
    found = {file.name: file.path for file in files.used(files.of([folder], {}))}
    if (mapping := folder / headers.MAPPING).is_file():
        found[headers.MAPPING] = mapping
    whole = hashlib.sha256()
    for name, path in sorted(found.items()):
        with path.open("rb") as content:
            whole.update(f"{name}\0{hashlib.file_digest(content, 'sha256').hexdigest()}\0".encode())
    return whole.hexdigest()
