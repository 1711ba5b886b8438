"""Two moments of a store -> what changed between them: creators, follower counts, posts, rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.ingest import tables
from nanospread.ingest.tables import READERS, Tables
from nanospread.store import duck, opening
from nanospread.store.manifests import Snapshot

if TYPE_CHECKING:
    import duckdb

COUNTS = ("likes", "comments")


@dataclass(frozen=True)
class Changes:
    """What changed from one moment of a store to a later one."""

    rows: pd.DataFrame  # table, before, after [rows], new, changed, gone [keys]
    creators: pd.DataFrame  # creator, what (new: first seen since; gone: not in the last export of
    # accounts or posts, as it was in the one before), followers (the newest count)
    followers: pd.DataFrame  # creator, before, after [followers], change [followers]; those that moved
    posts: pd.DataFrame  # post, creator, what (new, changed), likes_before, likes, comments_before, comments


def changes(place: Path | str, since: str | pd.Timestamp, until: str | pd.Timestamp | None = None) -> Changes:
    """Return what changed between two moments of a store, each as `read` takes it.

    Raises InputError as `read` does.
    """
    place = Path(place)
    before, after = opening.read(place, since), opening.read(place, until)
    last = [_exported(place, moment) for moment in (since, until)]
    return Changes(
        rows=_rows(before, after),
        creators=_creators(before, after, *last),
        followers=_followers(before, after),
        posts=_posts(before, after),
    )


def _exported(place: Path, moment: str | pd.Timestamp | None) -> set[str]:
    """Return the creators that the last export of any up to a moment has, with or without posts."""

    def answer(connection: "duckdb.DuckDBPyConnection", snapshots: Sequence[Snapshot]) -> set[str]:
        held = [[str(path) for table in tables.NEEDED for path in one.paths(table)] for one in snapshots]
        query = "SELECT DISTINCT creator FROM read_parquet(?, union_by_name = true)"
        last = [paths for paths in held if paths][-1]
        return {name for (name,) in connection.execute(query, [last]).fetchall()}

    return opening.asked(place, moment, answer)


def _rows(before: Tables, after: Tables) -> pd.DataFrame:
    counted = {}
    for table in READERS:
        old, new = (_whole(state, table) for state in (before, after))
        key = duck.key(table)
        both = old.merge(new, on=key, how="outer", indicator="side", suffixes=("_before", ""))
        side = both["side"].value_counts()
        told = [column for column in new.columns if column not in key]
        differs = _differs(both[both["side"] == "both"], told)
        counted[table] = (len(old), len(new), side["right_only"], int(differs.sum()), side["left_only"])
    names = ["before", "after", "new", "changed", "gone"]
    shown = pd.DataFrame.from_dict(counted, orient="index", columns=names).astype("int64")
    return shown.rename_axis("table").reset_index().astype({"table": "str"})


def _whole(state: Tables, table: str) -> pd.DataFrame:
    """Return a table; posts with those that have no follower count."""
    if table != "posts":
        return pd.DataFrame(getattr(state, table))
    return pd.concat([state.posts, state.unmatched], ignore_index=True)


def _differs(both: pd.DataFrame, columns: Sequence[str]) -> "pd.Series[bool]":
    """Return which rows differ in any column before and after; unknown and unknown are the same."""
    wrong = pd.Series(False, index=both.index)
    for column in columns:
        old, new = both[f"{column}_before"], both[column]
        same = (old == new).fillna(False).astype("bool") | (old.isna() & new.isna())
        wrong |= ~same
    return wrong


def _creators(before: Tables, after: Tables, last_before: set[str], last: set[str]) -> pd.DataFrame:
    known, now = (
        set(_whole(state, "posts")["creator"]) | set(state.creators["creator"]) for state in (before, after)
    )
    names = [(name, "new") for name in sorted(now - known)]
    names += [(name, "gone") for name in sorted((last_before - last) & now)]
    shown = pd.DataFrame(names, columns=["creator", "what"], dtype="str")
    followers = tables.roster(after).set_index("creator")["followers"]
    return shown.assign(followers=shown["creator"].map(followers).astype("Int64"))


def _followers(before: Tables, after: Tables) -> pd.DataFrame:
    old, new = (tables.roster(state)[["creator", "followers"]] for state in (before, after))
    both = old.rename(columns={"followers": "before"}).merge(
        new.rename(columns={"followers": "after"}), on="creator", validate="1:1"
    )
    moved = both[both["before"] != both["after"]].sort_values("creator", ignore_index=True)
    return moved.assign(change=moved["after"] - moved["before"])


def _posts(before: Tables, after: Tables) -> pd.DataFrame:
    key = duck.key("posts")
    old, new = (_whole(state, "posts")[[*key, *COUNTS]] for state in (before, after))
    both = old.merge(new, on=key, how="right", indicator="side", suffixes=("_before", ""), validate="1:1")
    what = pd.Series("new", index=both.index, dtype="str").mask(both["side"] == "both", "changed")
    shown = both.assign(what=what)[(what == "new") | _differs(both, COUNTS)]
    columns = [*key, "what", *(column for count in COUNTS for column in (f"{count}_before", count))]
    return shown[columns].sort_values(key, ignore_index=True)
