"""The data and forget commands: a store -> what it covers, what changed in it, and an account less."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from nanospread import display, store
from nanospread.cli.shown import table

SOME = 20  # rows of a list that the terminal shows


def listed(place: Path) -> None:
    """Show the snapshots, the rows they cover and the weeks that lack one or hold no post."""
    console, found = Console(), store.snapshots(place)
    rows = [name for name in found.columns if name.startswith("rows_") and found[name].any()]
    shown = found[["snapshot", "week", "creators", "first", "newest", *rows, "size", "inputs"]]
    renamed = {name: name.removeprefix("rows_") for name in rows} | {"size": "bytes", "inputs": "files"}
    console.print(table(shown.rename(columns=renamed), f"Snapshots of {place}"))
    again = found.loc[~found["counts"], "snapshot"]
    if len(again):
        print(f"Read anew since, so not used: {', '.join(again)}")
    missing = store.gaps(place)
    for lacks, weeks in missing.groupby("lacks")["week"]:
        print(f"Weeks without a {str(lacks).removesuffix('s')}: {', '.join(_few(list(weeks)))}")


def changes(place: Path, since: str, until: str) -> None:
    """Show what changed in a store from one date or week to another."""
    console, weeks = Console(), list(store.snapshots(place)["snapshot"])
    found = store.changes(place, since or weeks[0], until or None)
    console.print(table(found.rows, f"Changes since {since or weeks[0]}"))
    console.print(table(found.creators.head(SOME), f"Creators that came or went ({len(found.creators):,})"))
    moved = found.followers.sort_values("change", key=abs, ascending=False, kind="stable")
    console.print(table(moved.head(SOME), f"Follower counts that moved, most first ({len(moved):,})"))
    console.print(table(found.posts.head(SOME), f"Posts that are new or changed ({len(found.posts):,})"))


def sound(place: Path) -> bool:
    """Say which files are not as they were written, and return if all are."""
    faults = store.checked(place)
    for row in faults.itertuples():
        print(display.printable(f"{row.snapshot}/{row.file}: {row.fault}"))
    print(
        f"{len(faults)} files are not as they were written"
        if len(faults)
        else "every byte is as it was written"
    )
    return faults.empty


def retained(place: Path, keep_weeks: int, *, sure: bool) -> None:
    """Say which snapshots are older than the newest by that many weeks; delete them only if sure."""
    found = store.pruned(place, keep_weeks, dry=not sure)
    verb = "deleted" if sure else "would delete"
    for row in found.gone.itertuples():
        print(f"{verb} {row.snapshot}  {row.size:,} bytes")
    note = "" if sure or found.gone.empty else "; --yes does it"
    print(f"{verb} {len(found.gone)} of {len(found.gone) + len(found.kept)} snapshots{note}")


def forgotten(place: Path, handle: str) -> None:
    """Remove an account, and say what was done and what a search for it then found."""
    console, found = Console(), store.forget(place, handle)
    console.print(table(found.rows, f"Removed and masked, over {found.snapshots} rewritten snapshots"))
    for line in _proof(found):
        print(line)


def _proof(found: store.Forgotten) -> Iterator[str]:
    files, rows, hits = found.searched.files, found.searched.rows, found.searched.hits
    yield f"Searched afterwards: {files:,} files, {rows:,} rows; found {hits} times."
    yield "Exports, reports made before, their backups and mails are not part of the store: look there too."


def _few(weeks: list[str]) -> list[str]:
    rest = len(weeks) - SOME
    return [*weeks[:SOME], *([f"and {rest} more"] if rest > 0 else [])]
