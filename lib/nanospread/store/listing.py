"""What a store holds and whether it is sound, what may go by its age, what changed between two moments.

A snapshot that was restored from a backup is sound in itself. That it holds somebody who was forgotten since
shows only against the list: every word of it is tried, as `forget` would find it.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from nanospread.core import weeks
from nanospread.core.errors import InputError
from nanospread.ingest import tables
from nanospread.ingest.dataset import BY_PLATFORM
from nanospread.ingest.platforms import PLATFORM
from nanospread.ingest.tables import READERS, Tables
from nanospread.store import content, disk, duck, erasure, forgotten, manifests, opening
from nanospread.store.manifests import Snapshot
from nanospread.store.opening import View
from nanospread.store.writing import writable

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
    every = manifests.snapshots(Path(place))
    settled_ids = {snapshot.id for snapshot in manifests.settled(every)}
    rows = [_row(snapshot, counts=snapshot.id in settled_ids) for snapshot in every]
    table = pd.DataFrame(rows, columns=list(SHOWN)).astype(SHOWN)
    table.insert(1, "as_of", pd.Series([snapshot.as_of for snapshot in every], dtype="datetime64[us, UTC]"))
    return table


def _row(snapshot: Snapshot, *, counts: bool) -> tuple[object, ...]:
    rows = [sum(file.rows for file in snapshot.files if file.table == table) for table in READERS]
    size, inputs = sum(file.size for file in snapshot.files), ", ".join(snapshot.inputs)
    return (
        snapshot.folder.name,
        weeks.of(snapshot.as_of),
        snapshot.creators,
        snapshot.first,
        snapshot.newest,
        size,
        inputs,
        counts,
        *rows,
    )


def together(place: Path | str, platform: str = PLATFORM) -> dict[str, int]:
    """Return the rows of each table that all snapshots say together, as `read` and `changes` count them.

    platform: of whose accounts.

    Raises InputError as `read` does.
    """

    def answer(view: View) -> dict[str, int]:
        rows = {table: view.rows(table) for table in READERS}
        rows |= {table: rows[table].filter(f"platform = '{platform}'") for table in BY_PLATFORM}
        return {
            table: int(relation.aggregate("count(*)").fetchall()[0][0]) for table, relation in rows.items()
        }

    return opening.queried(Path(place), None, answer)


def gaps(place: Path | str) -> pd.DataFrame:
    """Return the weeks between the first and the last that lack something: week, lacks ("snapshot": none was
    taken; "posts": no post is dated in it).

    Raises InputError as `read` does.
    """

    def answer(view: View) -> pd.DataFrame:
        posts = view.rows("posts").filter("posted_at IS NOT NULL")
        dated = posts.select("strftime(posted_at, '%G-W%V') AS week").distinct().fetchall()
        lacking = {
            "snapshot": _missing(weeks.of(one.as_of) for one in view.snapshots),
            "posts": _missing(week for (week,) in dated),
        }
        rows = [(week, lacks) for lacks, missing in lacking.items() for week in missing]
        return pd.DataFrame(rows, columns=list(GAPS)).astype(GAPS)

    return opening.queried(Path(place), None, answer)


def _missing(present: Iterable[str]) -> list[str]:
    """Return the weeks between the first and the last that are not there."""
    observed = set(present)
    last = max(observed, default="")
    number = weeks.behind(min(observed), last) if observed else 0
    return [week for ago in range(number, 0, -1) if (week := weeks.before(last, ago)) not in observed]


def elsewhere(place: Path | str, here: str = PLATFORM) -> pd.DataFrame:
    """Return what a store holds of other platforms than the one here: platform, table, rows.

    Raises InputError as `read` does.
    """

    def answer(view: View) -> pd.DataFrame:
        counts = [
            view.rows(table)
            .filter(f"platform <> '{here}'")
            .aggregate(f"platform, '{table}' AS \"table\", count(*) AS rows")
            .df()
            for table in BY_PLATFORM
        ]
        return pd.DataFrame(pd.concat(counts).sort_values(["platform", "table"], ignore_index=True))

    return opening.queried(Path(place), None, answer)


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


@dataclass(frozen=True)
class PruneResult:
    """Which snapshots went, or would."""

    gone: pd.DataFrame  # rows of `listing.snapshots`
    kept: pd.DataFrame
    dry: bool  # True: nothing was deleted


def pruned(place: Path | str, keep_weeks: int, *, dry: bool = True) -> PruneResult:
    """Delete the snapshots that are `keep_weeks` [weeks] or more behind the newest; dry: only say which.

    Age counts from the newest snapshot, not from today, so the newest always stays. A post that only a
    deleted snapshot had is gone from the merged tables too: that is what retention is for.

    Raises InputError: keep_weeks < 1, no store, a damaged one, another writer for too long.
    """
    place = Path(place)
    if keep_weeks < 1:
        raise InputError(f"keep_weeks is {keep_weeks}: it must be 1 or more weeks")
    if dry:
        return _split(place, keep_weeks, dry=True)
    with writable(place):
        result = _split(place, keep_weeks, dry=False)
        for name in result.gone["snapshot"]:
            disk.withdraw(place, place / manifests.SNAPSHOTS / name)
    return result


def _split(place: Path, keep_weeks: int, *, dry: bool) -> PruneResult:
    table = snapshots(place)
    is_old = table["as_of"] <= table["as_of"].max() - pd.Timedelta(weeks=keep_weeks)
    return PruneResult(table[is_old].reset_index(drop=True), table[~is_old].reset_index(drop=True), dry)


COUNTS = ("likes", "comments")


@dataclass(frozen=True)
class Changes:
    """What changed from one moment of a store to a later one."""

    rows: pd.DataFrame  # table, before, after [rows], new, changed, gone [keys]
    creators: pd.DataFrame  # creator, what (new: first seen since; gone: not in the last export of
    # accounts or posts, as it was in the one before), followers (the newest count)
    followers: pd.DataFrame  # creator, before, after [followers], change [followers]; those that moved
    posts: pd.DataFrame  # post, creator, what (new, changed), likes_before, likes, comments_before, comments


def changes(
    place: Path | str,
    since: str | pd.Timestamp,
    until: str | pd.Timestamp | None = None,
    *,
    platform: str = PLATFORM,
) -> Changes:
    """Return what changed on a platform between two moments of a store, each as `read` takes it.

    Raises InputError as `read` does.
    """
    place = Path(place)
    before, after = (opening.read(place, moment, platform=platform) for moment in (since, until))
    exported = [_exported(place, moment, platform) for moment in (since, until)]
    return Changes(
        rows=_changed_rows(before, after),
        creators=_changed_creators(before, after, *exported),
        followers=_followers(before, after),
        posts=_posts(before, after),
    )


def _exported(place: Path, moment: str | pd.Timestamp | None, platform: str) -> set[str]:
    """Return the creators that the last export of any up to a moment has, with or without posts."""

    def answer(view: View) -> set[str]:
        (*_, last) = (one for one in view.snapshots if any(map(one.paths, tables.NEEDED)))
        rows = [replace(view, snapshots=[last]).rows(table) for table in tables.NEEDED]
        creators = [
            relation.filter(f"platform = '{platform}'").select("creator").distinct() for relation in rows
        ]
        return {name for relation in creators for (name,) in relation.fetchall()}

    return opening.queried(place, moment, answer)


def _changed_rows(before: Tables, after: Tables) -> pd.DataFrame:
    counts = {}
    for table in READERS:
        old, new = (state.whole(table) for state in (before, after))
        key = duck.key(table)
        joined = old.merge(new, on=key, how="outer", indicator="in", suffixes=("_before", ""))
        side = joined["in"].value_counts()
        columns = [column for column in new.columns if column not in (*key, "read_at")]
        differs = _differs(joined[joined["in"] == "both"], columns)
        counts[table] = (len(old), len(new), side["right_only"], int(differs.sum()), side["left_only"])
    names = ["before", "after", "new", "changed", "gone"]
    frame = pd.DataFrame.from_dict(counts, orient="index", columns=names).astype("int64")
    return frame.rename_axis("table").reset_index().astype({"table": "str"})


def _differs(joined: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[bool]":
    """Return which rows differ in any column before and after; unknown and unknown are the same."""
    differs = pd.Series(False, index=joined.index)
    for column in columns:
        old, new = joined[f"{column}_before"], joined[column]
        equal = (old == new).fillna(False).astype("bool") | (old.isna() & new.isna())
        differs |= ~equal
    return differs


def _changed_creators(
    before: Tables, after: Tables, exported_before: set[str], exported_after: set[str]
) -> pd.DataFrame:
    creators_before, creators_after = (
        set().union(
            *(rows["creator"] for rows in (state.posts, state.unmatched, state.undated, state.creators))
        )
        for state in (before, after)
    )
    names = [(name, "new") for name in sorted(creators_after - creators_before)]
    names += [(name, "gone") for name in sorted((exported_before - exported_after) & creators_after)]
    frame = pd.DataFrame(names, columns=["creator", "what"], dtype="str")
    followers = tables.roster(after).set_index("creator")["followers"]
    return frame.assign(followers=frame["creator"].map(followers).astype("Int64"))


def _followers(before: Tables, after: Tables) -> pd.DataFrame:
    old, new = (tables.roster(state)[["creator", "followers"]] for state in (before, after))
    joined = old.rename(columns={"followers": "before"}).merge(
        new.rename(columns={"followers": "after"}), on="creator", validate="1:1"
    )
    changed = joined[joined["before"] != joined["after"]].sort_values("creator", ignore_index=True)
    return changed.assign(change=changed["after"] - changed["before"])


def _posts(before: Tables, after: Tables) -> pd.DataFrame:
    key = ["post", "creator"]
    old, new = (
        pd.concat([state.posts, state.unmatched, state.undated])[[*key, *COUNTS]] for state in (before, after)
    )
    joined = old.merge(new, on=key, how="right", indicator="in", suffixes=("_before", ""), validate="1:1")
    change = pd.Series("new", index=joined.index, dtype="str").mask(joined["in"] == "both", "changed")
    rows = joined.assign(what=change)[(change == "new") | _differs(joined, COUNTS)]
    columns = [*key, "what", *(column for count in COUNTS for column in (f"{count}_before", count))]
    return rows[columns].sort_values(key, ignore_index=True)


FAULTS = ["snapshot", "file", "fault"]


def checked(place: Path | str) -> pd.DataFrame:
    """Return snapshot, file, fault of all that is not as it was written; none: all sound.

    Reading alone looks at sizes, ends and the list; this reads every byte, and looks for each name on the
    list in every text.

    Raises InputError: no store, or a damaged manifest.
    """
    place = Path(place)
    snapshots = manifests.snapshots(place)
    damaged = [row for snapshot in snapshots for row in _damaged(snapshot)]
    sound = [_readable(one) for one in snapshots if one.folder.name not in {name for name, *_ in damaged}]
    return pd.DataFrame([*damaged, *_forgotten(place, sound)], columns=FAULTS, dtype="str")


def _damaged(snapshot: Snapshot) -> Iterator[tuple[str, str, str]]:
    for file in snapshot.files:
        path = snapshot.folder / file.name
        try:
            manifests.check_file(path, file)
            if not manifests.is_anothers(path) and manifests.sha256(path) != file.sha256:
                yield snapshot.folder.name, file.name, "its bytes were altered"
        except InputError as error:
            yield snapshot.folder.name, file.name, str(error)


def _readable(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot without the contact data that only a colleague may read."""
    files = (file for file in snapshot.files if not manifests.is_anothers(snapshot.folder / file.name))
    return replace(snapshot, files=tuple(files))


def _forgotten(place: Path, snapshots: Sequence[Snapshot]) -> Iterator[tuple[str, str, str]]:
    """Yield a list that is not the sealed one, and each file that names somebody who is on it."""
    try:
        marks = forgotten.listed(place)
    except InputError as error:
        yield place.name, forgotten.LIST, str(error)
        return
    if not marks:
        return
    with duck.connected() as connection:
        for name in sorted(set().union(*(content.named(connection, place, one) for one in snapshots))):
            for location in erasure.searched(connection, place, snapshots, name).places:
                snapshot, _, file = location.removeprefix(f"{manifests.SNAPSHOTS}/").rpartition("/")
                yield snapshot, file, f"it names {name!r}, who was forgotten: run forget again"
