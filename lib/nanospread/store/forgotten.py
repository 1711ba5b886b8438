"""A store's list of the forgotten, and rows or text -> without them.

The list holds no name, only SHA-256 over the store's salt and the account name: the same person has another
hash in another store, and no table made beforehand helps. That is all a salt can do: account names are
public, so whoever holds the store can try them one by one. The list tells who was forgotten to those who ask
for a name, as it must to keep that account out, and to nobody who only reads it.
"""

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest.sources import RawFile
from nanospread.ingest.tables import READERS
from nanospread.store import disk, manifests

LIST = "forgotten.csv"
NAMES = ("creator", "author", "other")  # columns that hold an account: its rows go
REASON = "forgotten on request"
MOST_WORDS = 40  # of a file name: the number of runs grows with its square


def digest(salt: str, name: str) -> str:
    """Return the hash by which a store knows a forgotten account. name: as `tables` spells it."""
    whole = salt + unicodedata.normalize("NFC", name)
    return hashlib.sha256(whole.encode(errors="replace")).hexdigest()


def listed(place: Path) -> frozenset[str]:
    """Return the hashes of the forgotten. Raises InputError where the list cannot be read or is damaged."""
    path = place / LIST
    if not path.exists():
        return frozenset()
    with disk.told(place, "read"):
        lines = path.read_text(encoding="utf-8", errors="replace").split()
    if not lines or lines[0] != "sha256" or not all(map(manifests.HASH.fullmatch, lines[1:])):
        raise InputError(f"{path} is damaged: it must hold a line 'sha256' and then one hash a line")
    return frozenset(lines[1:])


def add(place: Path, mark: str) -> None:
    """Put a hash on the list. Call with the lock held."""
    marks = sorted(listed(place) | {mark})
    disk.replace_file(place, place / LIST, "\n".join(["sha256", *marks]) + "\n")


def among(names: Iterable[str], salt: str, marks: Collection[str]) -> set[str]:
    """Return which names are of forgotten accounts."""
    return {name for name in names if digest(salt, name) in marks} if marks else set()


def unforgotten(place: Path, raw: Sequence[RawFile]) -> tuple[RawFile, ...]:
    """Return raw files with the rows of forgotten accounts refused, each with its line and the reason.

    Names are compared as `tables` spells them, so @Anna is anna. A place that is no store yet has none.
    """
    marks = listed(place) if manifests.is_store(place) else frozenset()
    if not marks:
        return tuple(raw)
    salt = manifests.salt(place)
    return tuple(_without(file, salt, marks) for file in raw)


def _without(file: RawFile, salt: str, marks: Collection[str]) -> RawFile:
    held = pd.Series(False, index=range(len(file.rows)))
    for column in set(NAMES) & set(file.rows.columns) & set(READERS[file.table]):
        spelt = READERS[file.table][column](file.rows[column].reset_index(drop=True)).values
        held |= spelt.isin(among(spelt.dropna().unique(), salt, marks))
    mask = held.to_numpy()
    refused = [(int(line), REASON) for line in file.rows.index[mask]]
    contacts = None if file.contacts is None else file.contacts[~mask]
    refused = sorted([*file.refused, *refused])
    return replace(file, rows=file.rows[~mask], refused=tuple(refused), contacts=contacts)


def spelt(handle: str) -> str:
    """Return an account name as `tables` spells it. Raises InputError for what is none."""
    read = READERS["creators"]["creator"](pd.Series([handle], dtype="str"))
    name = str(read.values.iloc[0])
    if not name or len(read.refused):
        raise InputError(
            f"handle {handle!r} is no account's name: name the account to forget, for example anna"
        )
    return name


def in_file_name(text: str) -> set[str]:
    """Return what may be an account's name in that of a file or header: every run of its words."""
    plain = unicodedata.normalize("NFC", text).lower()
    spans = [match.span() for match in re.finditer(r"[^\W_]+", plain)][:MOST_WORDS]
    runs = {plain[one[0] : two[1]] for one, two in itertools.combinations_with_replacement(spans, 2)}
    return runs | {word.strip(".") for word in re.findall(r"[a-z0-9_.]+", plain)}
