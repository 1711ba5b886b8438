"""A store -> the snapshots that may go by their age, and their going."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.store import disk, listing, manifests
from nanospread.store.writing import writable


@dataclass(frozen=True)
class Pruned:
    """Which snapshots went, or would."""

    gone: pd.DataFrame  # rows of `listing.snapshots`
    kept: pd.DataFrame
    dry: bool  # True: nothing was deleted


def pruned(place: Path | str, keep_weeks: int, *, dry: bool = True, wait: float = disk.WAIT) -> Pruned:
    """Delete the snapshots that are `keep_weeks` [weeks] or more behind the newest; dry: only say which.

    Age counts from the newest snapshot, not from today, so the newest always stays. A post that only a
    deleted snapshot had is gone from the merged tables too: that is what retention is for.

    Raises InputError: keep_weeks < 1, no store, a damaged one, another writer for longer than `wait` [s].
    """
    place = Path(place)
    if keep_weeks < 1:
        raise InputError(f"keep_weeks is {keep_weeks}: it must be 1 or more weeks")
    if dry:
        return _split(place, keep_weeks, dry=True)
    with writable(place, wait):
        found = _split(place, keep_weeks, dry=False)
        for name in found.gone["snapshot"]:
            disk.withdraw(place, place / manifests.SNAPSHOTS / name)
    return found


def _split(place: Path, keep_weeks: int, *, dry: bool) -> Pruned:
    shown = listing.snapshots(place)
    old = shown["as_of"] <= shown["as_of"].max() - pd.Timedelta(weeks=keep_weeks)
    return Pruned(shown[old].reset_index(drop=True), shown[~old].reset_index(drop=True), dry)
