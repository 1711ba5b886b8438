"""A store, a snapshot in one or a folder of exports -> tables, as `tables.validated` has them; contacts."""

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from nanospread.core import weeks
from nanospread.core.errors import InputError
from nanospread.ingest import dataset, sources, tables
from nanospread.ingest.platforms import PLATFORM
from nanospread.ingest.sources import RawFile
from nanospread.ingest.tables import READERS
from nanospread.store import content, disk, duck, forgotten, manifests, merged
from nanospread.store.manifests import Snapshot

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection
    from duckdb import DuckDBPyRelation as Relation

Answer = TypeVar("Answer")
TRIES = 5  # a snapshot that was rewritten or deleted while we read it is read again


def opened(folder: Path | str, platform: str = PLATFORM) -> tables.Tables:
    """Return the tables of a folder of exports, a store, or a store up to one of its snapshots.

    platform: the one whose rows are analysed, as `tables.validated`.

    Raises InputError as `read`, `sources.folder` and `tables.validated` do.
    """
    place, snapshot = located(folder)
    if place is None:
        return tables.validated(sources.folder(folder), platform=platform)
    return read(place, snapshot, platform=platform)


def located(folder: Path | str) -> tuple[Path | None, str | None]:
    """Return the store that a folder is, or is a snapshot of, and that snapshot's name."""
    path = Path(folder)
    if manifests.is_store(path):
        return path, None
    inside = path.resolve()
    if manifests.FOLDER.fullmatch(inside.name) and manifests.is_store(inside.parents[1]):
        return inside.parents[1], inside.name
    return None, None


def no_writes(folder: Path | str, wait: float = disk.WAIT) -> contextlib.AbstractContextManager[None]:
    """Return what keeps others from writing the store that a folder is, or is in; of exports, nothing.

    wait: for another writer [s], as `disk.locked`.
    """
    place, _ = located(folder)
    return disk.no_writes(place, wait) if place else contextlib.nullcontext()


def read(
    place: Path | str,
    until: str | pd.Timestamp | None = None,
    *,
    platform: str = PLATFORM,
) -> tables.Tables:
    """Return the tables as the snapshots up to `until` (None: all) leave them, in the order of their keys.

    Columns and types are those of `tables.validated`; ledger, counts and ignored are of all those snapshots,
    their files named `<date>/<file>`; before and after are "" where `write` was not told to keep the texts.
    until: as for `chosen`.

    Raises InputError: no store, no such snapshot, a damaged one, or nothing left in creators or posts.
    """
    loaded = queried(Path(place), until, lambda view: _tables(view, platform))
    for table in tables.NEEDED:
        if getattr(loaded, table).empty and (table != "posts" or loaded.undated.empty):
            raise InputError(
                f"store '{place}' holds no row of {table}: ingest an export that does{_abroad(loaded)}"
            )
    return loaded


def _abroad(loaded: tables.Tables) -> str:
    summary = dataset.abroad(loaded)
    return f" ({summary}: no figure is of these)" if summary else ""


@dataclass(frozen=True)
class View:
    """Snapshots of a store, older first, and what asks them; no row of the forgotten is served."""

    connection: "Connection"
    snapshots: Sequence[Snapshot]
    marks: tuple[str, list[str]]  # the store's salt, and the hashes of its forgotten accounts

    def rows(self, table: str) -> "Relation":
        """Return the rows of a table as the snapshots leave them, in the order of their key."""
        return merged.rows(self.connection, self.snapshots, table, self.marks)


def queried(place: Path, until: str | pd.Timestamp | None, answer: Callable[[View], Answer]) -> Answer:
    """Return what `answer` reads from the snapshots up to a moment, as they stood at one moment.

    Nothing is locked: where a writer rewrote or deleted a snapshot meanwhile, all is read once more.
    """
    for tries_left in range(TRIES, 0, -1):
        snapshots = chosen(place, until)
        try:
            with disk.one_line_errors(place, "read"), duck.connected() as connection:
                manifests.check(snapshots)
                _check_forgotten(connection, place, snapshots)
                return answer(View(connection, snapshots, _salt_and_marks(place)))
        except InputError:
            if tries_left == 1 or chosen(place, until) == snapshots:
                raise
    raise AssertionError("unreachable")


def _salt_and_marks(place: Path) -> tuple[str, list[str]]:
    """Return a store's salt and the hashes of its forgotten accounts."""
    return manifests.salt(place), sorted(forgotten.listed(place))


def _check_forgotten(connection: "Connection", place: Path, snapshots: Sequence[Snapshot]) -> None:
    """Raise InputError for rows of an account whose forgetting was completed: somebody put them back."""
    salt, marks = _salt_and_marks(place)
    if not marks or len(manifests.seals(place)) > 1:  # a forgetting that is under way is served without it
        return
    for table in READERS:
        files = [str(path) for one in snapshots for path in one.paths(table)]
        for column in set(forgotten.NAMES) & set(duck.types()[table]) if files else ():
            names = f"SELECT DISTINCT filename, {duck.folded(column)} AS word"
            files_names = f"{names} FROM read_parquet(?, filename = true, hive_partitioning = false)"
            query = f"SELECT min(filename) FROM ({files_names}) WHERE sha256(? || word) IN (SELECT unnest(?))"
            (file,) = duck.one(connection, query, [files, salt, marks])
            if file:
                raise InputError(
                    f"snapshot {Path(file).parent.name} of '{place}' holds an account that was forgotten, as "
                    "one from a backup does: `nanospread data --check` names it, forget it again"
                )


def chosen(
    place: Path, until: str | pd.Timestamp | None = None, zone: tzinfo | None = None
) -> tuple[Snapshot, ...]:
    """Return the snapshots that count up to a moment, older first.

    until: a day or week (2026-11-15, 2026-W47: to its end), a moment, a snapshot's name, the start of its id.
    zone: in which days and weeks end; None is the machine's.

    Raises InputError: no snapshot that early, or none of that name.
    """
    snapshots = manifests.snapshots(place)
    if not snapshots:
        raise InputError(f"store '{place}' has no snapshot yet: {manifests.MADE_BY}")
    selected = snapshots if until is None else _until(snapshots, until, zone)
    if not selected:
        raise InputError(
            f"store '{place}' has no snapshot up to {until}; its first is {snapshots[0].folder.name}"
        )
    return manifests.settled(selected)


def _until(
    snapshots: tuple[Snapshot, ...], until: str | pd.Timestamp, zone: tzinfo | None
) -> tuple[Snapshot, ...]:
    if isinstance(until, pd.Timestamp):
        return tuple(snapshot for snapshot in snapshots if snapshot.as_of <= until)
    for number, snapshot in enumerate(snapshots):
        if until == snapshot.folder.name or (
            re.fullmatch("[0-9a-f]{6,64}", until) and snapshot.id.startswith(until)
        ):
            return snapshots[: number + 1]
    try:
        last_day = weeks.last_day(until)
    except InputError as error:
        raise InputError(
            f"no snapshot, day or week {until!r}: write 2026-11-15, 2026-W46, or a snapshot's name ({error})"
        ) from None
    return tuple(snapshot for snapshot in snapshots if weeks.day(snapshot.as_of, zone) <= last_day)


def _tables(view: View, platform: str) -> tables.Tables:
    frames = {table: typed(view.rows(table), table) for table in READERS}
    account: dict[str, Any] = {table: _account(view, table) for table in duck.ACCOUNT}
    return tables.Tables(**dataset.parted(frames, platform), **account)


def typed(relation: "Relation", table: str) -> pd.DataFrame:
    """Return rows as a frame with the types of `tables`."""
    rows = pd.DataFrame(relation.df())
    return rows.astype(
        {**duck.types()[table], **{name: duck.TEXTS[name] for name in duck.TEXTS if name in rows}}
    )


def _account(view: View, table: str) -> pd.DataFrame:
    """Return one table of the account of all snapshots, in the order of reading."""
    columns = {**duck.ACCOUNT[table], **(duck.TEXTS if table == "ledger" else {})}
    empty = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})
    frames = [empty]
    for snapshot, prefix in zip(view.snapshots, _prefixes(view.snapshots), strict=True):
        for path in snapshot.paths(table):
            rows = typed(view.connection.read_parquet(str(path)), table)
            named = {"file": (f"{prefix}/" + rows["file"]).astype("str")} if "file" in rows else {}
            frames.append(rows.assign(**named))
    combined = pd.concat(frames, ignore_index=True)
    return combined.fillna(dict.fromkeys(duck.TEXTS, "")) if table == "ledger" else combined


def _prefixes(snapshots: Sequence[Snapshot]) -> list[str]:
    """Return what tells snapshots apart: the date, or the whole name where two are of one date."""
    dates = [f"{one.as_of:%Y-%m-%d}" for one in snapshots]
    return [
        one.folder.name if dates.count(date) > 1 else date for one, date in zip(snapshots, dates, strict=True)
    ]


def merged_files(place: Path | str, into: Path, *, platform: str = PLATFORM) -> dict[str, Path]:
    """Write a platform's creators and posts, merged as by `read`, as Parquet into a folder; return where.

    For tables larger than memory: nothing goes through a frame. posts are all posts with a date, with
    or without a follower count.

    Raises InputError as `read` does, and where there is no room.
    """

    def answer(view: View) -> dict[str, Path]:
        files = {table: Path(into) / f"{table}.parquet" for table in tables.NEEDED}
        for table, path in files.items():
            rows = view.rows(table).filter(f"platform = '{platform}'")
            rows = rows.filter("posted_at IS NOT NULL") if table == "posts" else rows
            rows.write_parquet(str(path), compression="zstd")
        return files

    return queried(Path(place), None, answer)


def orders(place: Path | str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of orders and codes alone, as `read` would. Raises InputError as `read` does."""

    def answer(view: View) -> tuple[pd.DataFrame, pd.DataFrame]:
        return typed(view.rows("orders"), "orders"), typed(view.rows("codes"), "codes")

    return queried(Path(place), None, answer)


def contact_rows(raw: Sequence[RawFile]) -> pd.DataFrame | None:
    """Return creator and contact columns of all files that were read with them, "" where one has none.

    None where none was asked for. A row without a readable account is left out: it reaches nobody.
    """
    frames = [_named(file) for file in raw if file.contacts is not None]
    if not frames:
        return None
    rows = pd.concat(frames, ignore_index=True).astype("str").fillna("")
    reachable = (rows["creator"] != "") & (rows.drop(columns="creator") != "").any(axis=1)
    return rows[reachable].drop_duplicates("creator").reset_index(drop=True)


def _named(file: RawFile) -> pd.DataFrame:
    assert file.contacts is not None
    names = READERS["creators"]["creator"](file.rows["creator"].reset_index(drop=True)).values
    rows = file.contacts.reset_index(drop=True)
    rows.insert(0, "creator", names)
    return rows


def contacts(place: Path | str) -> pd.DataFrame:
    """Return the contact columns that a store keeps: the newest row of each creator, all text.

    place: a store, or one of its snapshots for what was known then. Raises InputError as `read` does.
    """
    store, snapshot = located(place)

    def answer(view: View) -> pd.DataFrame:
        paths = [path for one in view.snapshots for path in one.paths(content.CONTACTS)]
        frames = [pd.DataFrame({"creator": pd.Series(dtype="str")})]
        frames += [view.connection.read_parquet(str(path)).df().astype("str") for path in paths]
        rows = pd.concat(frames, ignore_index=True).astype("str").fillna("")
        forgotten_names = forgotten.among(rows["creator"].unique(), *view.marks)
        newest = rows[~rows["creator"].isin(forgotten_names)].drop_duplicates("creator", keep="last")
        return newest.sort_values("creator", ignore_index=True)

    return queried(store or Path(place), snapshot, answer)
