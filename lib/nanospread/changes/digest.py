"""A data folder -> which data it holds: the hash of its files, and the days of its posts."""

import hashlib
from pathlib import Path

import pandas as pd

from nanospread.changes.schema import Data

ENDINGS = (".csv", ".tsv", ".yaml", ".yml")


def data(folder: Path, posts: pd.DataFrame) -> Data:
    """Return which data a folder holds. posts: validated, with posted_at."""
    when = posts["posted_at"]
    return Data(sha256=fingerprint(folder), first=when.min().date(), newest=when.max().date())


def fingerprint(folder: Path) -> str:
    """Return one SHA-256 over the names and bytes of a folder's data files."""
    whole = hashlib.sha256()
    for file in sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS):
        whole.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    return whole.hexdigest()
