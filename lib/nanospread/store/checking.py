"""A store -> what in it is not as it was written: bytes, the list of the forgotten, names that came back.

A snapshot that was restored from a backup is sound in itself. That it holds somebody who was forgotten since
shows only against the list: every word of it is tried, as `forget` would find it.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.store import content, duck, erasure, forgotten, manifests

FAULTS = ["snapshot", "file", "fault"]


def checked(place: Path | str) -> pd.DataFrame:
    """Return snapshot, file, fault of all that is not as it was written; none: all sound.

    Reading alone looks at sizes, ends and the list; this reads every byte, and looks for each name on the
    list in every text.

    Raises InputError: no store, or a damaged manifest.
    """
    place = Path(place)
    return pd.DataFrame([*_bytes(place), *_forgotten(place)], columns=FAULTS, dtype="str")


def _bytes(place: Path) -> Iterator[tuple[str, str, str]]:
    for one in manifests.every(place):
        for file in one.files:
            path = one.folder / file.name
            try:
                manifests.check_file(path, file)
                if not manifests.is_anothers(path) and manifests.sha256(path) != file.sha256:
                    yield one.folder.name, file.name, "its bytes were altered"
            except InputError as error:
                yield one.folder.name, file.name, str(error)


def _forgotten(place: Path) -> Iterator[tuple[str, str, str]]:
    """Yield a list that is not the sealed one, and each file that names somebody who is on it."""
    try:
        marks = forgotten.listed(place)
    except InputError as error:
        yield place.name, forgotten.LIST, str(error)
        return
    sound = [one for one in manifests.every(place) if not any(True for _ in _unreadable(one))]
    if not marks or not sound:
        return
    with duck.connected() as connection:
        for name in sorted(set().union(*(content.named(connection, place, one) for one in sound))):
            for where in erasure.searched(connection, place, name).places:
                snapshot, _, file = where.removeprefix(f"{manifests.SNAPSHOTS}/").rpartition("/")
                yield snapshot, file, f"it names {name!r}, who was forgotten: run forget again"


def _unreadable(snapshot: manifests.Snapshot) -> Iterator[Path]:
    for file in snapshot.files:
        try:
            manifests.check_file(snapshot.folder / file.name, file)
        except InputError:
            yield snapshot.folder / file.name
