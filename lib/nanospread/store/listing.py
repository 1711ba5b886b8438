"""A store -> what it holds: its snapshots, the weeks that lack one, its one hash, and whether it is sound."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest.tables import READERS
from nanospread.store import forgotten, manifests, merged, opening
from nanospread.store.manifests import Snapshot

if TYPE_CHECKING:
    import duckdb

WEEK = timedelta(days=7)
GAPS = {"week": "str", "lacks": "str"}
SHOWN = {
    "snapshot": "str",
    "week": "str",
    "creators": "int64",
    "first": "str",
    "newest": "str",
    "size": "int64",
    "inputs": "str",
    "counts": "bool",
    **{f"rows_{table}": "int64" for table in READERS},
}


def snapshots(place: Path | str) -> pd.DataFrame:
    """Return one row per snapshot, older first.

    snapshot, as_of (UTC), week, creators [with a follower count], first and newest (day of its posts, ""
    where it has none), size [bytes], inputs (its files), counts (False: the same files were read anew for
    the same date), and the rows of each table [rows].

    Raises InputError: no store, or a damaged manifest.
    """
    every = manifests.every(Path(place))
    settled = {one.id for one in manifests.settled(every)}
    rows = [_row(one, counts=one.id in settled) for one in every]
    shown = pd.DataFrame(rows, columns=list(SHOWN)).astype(SHOWN)
    shown.insert(1, "as_of", pd.Series([one.as_of for one in every], dtype="datetime64[us, UTC]"))
    return shown


def _row(one: Snapshot, *, counts: bool) -> tuple[object, ...]:
    rows = [sum(file.rows for file in one.files if file.table == table) for table in READERS]
    size, inputs = sum(file.size for file in one.files), ", ".join(one.inputs)
    return (
        one.folder.name,
        week(one.as_of),
        one.creators,
        one.first,
        one.newest,
        size,
        inputs,
        counts,
        *rows,
    )


def week(moment: pd.Timestamp) -> str:
    """Return the ISO week of a moment, for example 2026-W47."""
    year, number, _ = moment.isocalendar()
    return f"{year}-W{number:02d}"


def gaps(place: Path | str) -> pd.DataFrame:
    """Return the weeks between the first and the last that lack something: week, lacks ("snapshot": none was
    taken; "posts": no post is dated in it).

    Raises InputError as `read` does.
    """

    def answer(connection: "duckdb.DuckDBPyConnection", found: Sequence[Snapshot]) -> pd.DataFrame:
        marks = opening.listed(Path(place))
        posts = merged.rows(connection, found, "posts", marks)
        days = posts.select("date_trunc('week', posted_at)::DATE AS monday").distinct().fetchall()
        lacking = {
            "snapshot": _missing(_monday(one.as_of) for one in found),
            "posts": _missing(day for (day,) in days),
        }
        rows = [(week(pd.Timestamp(day)), lacks) for lacks, mondays in lacking.items() for day in mondays]
        return pd.DataFrame(rows, columns=list(GAPS)).astype(GAPS)

    return opening.asked(Path(place), None, answer)


def _monday(moment: pd.Timestamp) -> date:
    return (moment - pd.Timedelta(days=moment.weekday())).date()


def _missing(mondays: Iterable[date]) -> list[date]:
    """Return the Mondays between the first and the last that are not there."""
    there = set(mondays)
    if not there:
        return []
    weeks = (max(there) - min(there)).days // 7
    return [day for at in range(weeks) if (day := min(there) + at * WEEK) not in there]


def fingerprint(folder: Path | str) -> str:
    """Return one SHA-256 over what a store (or a store up to a snapshot's folder) was made from.

    That is its snapshots' ids, in their order, and the list of the forgotten: the same on every machine.

    Raises InputError: no store, a damaged manifest.
    """
    place, until = opening.located(folder)
    if place is None:
        raise InputError(f"'{folder}' is no store")
    ids = [one.id for one in opening.chosen(place, until)]
    return hashlib.sha256("\0".join([*ids, "", *sorted(forgotten.listed(place))]).encode()).hexdigest()


def checked(place: Path | str) -> pd.DataFrame:
    """Return snapshot, file, fault of every file whose bytes are not what was written; none: all sound.

    Reading alone looks at sizes and ends; this reads every byte.

    Raises InputError: no store, or a damaged manifest.
    """
    found = []
    for one in manifests.every(Path(place)):
        for file in one.files:
            try:
                manifests.check_file(one.folder / file.name, file)
                fault = (
                    ""
                    if manifests.sha256(one.folder / file.name) == file.sha256
                    else "its bytes were altered"
                )
            except InputError as error:
                fault = str(error)
            found += [(one.folder.name, file.name, fault)] if fault else []
    return pd.DataFrame(found, columns=["snapshot", "file", "fault"], dtype="str")
