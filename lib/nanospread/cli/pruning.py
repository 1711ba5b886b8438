"""The prune command: old reports, what is noted of their sends, and old fetches -> room on the disk."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nanospread.core.errors import BusyError
from nanospread.core.formatting import counted
from nanospread.fetch import erasure as fetches
from nanospread.report import archive
from nanospread.report.archive import publish, upkeep
from nanospread.send import delivery, ledger


class Limits(NamedTuple):
    """How many of the newest stay of each, and how many weeks before the newest."""

    keep: int
    weeks: int


def pruned(out: Path, fetched: Path, limits: Limits, *, sure: bool) -> None:
    """Print what is old, with its size; delete it only if sure. fetched: folder of all fetches.

    What another command is at work on stays, and is told.

    Raises: InputError where `out` is no folder of reports, or a fetch was altered.
    """
    parts = _reports(archive.existing(out), limits, sure=sure)
    sends = _sends(out, limits, parts, sure=sure)
    sizes = [part.size for part in parts] + sends
    _say_sum(len(sizes), sum(sizes), out, sure=sure)
    if fetched.is_dir():
        sizes = _fetches(fetched, limits, sure=sure)
        _say_sum(len(sizes), sum(sizes), fetched, sure=sure)


def _say_sum(number: int, size: int, folder: Path, *, sure: bool) -> None:
    how = "" if sure or not number else "; --yes does it"
    print(f"{_verb(sure)} {number} of {folder}: {size:,} bytes{how}")


def _verb(sure: bool) -> str:
    return "deleted" if sure else "would delete"


def _reports(out: Path, limits: Limits, *, sure: bool) -> list[upkeep.PruneCandidate]:
    going = upkeep.prune_candidates(out, keep=limits.keep, weeks=limits.weeks)
    gone = upkeep.prune(out, going) if sure else going
    for part in gone:
        print(f"{_verb(sure)} {part.path.relative_to(out)}  {part.size:,} bytes ({part.kind})")
    for part in (part for part in going if part not in gone):
        print(f"kept {part.path.relative_to(out)}: a run is writing there")
    return gone


def _sends(out: Path, limits: Limits, parts: Sequence[upkeep.PruneCandidate], *, sure: bool) -> list[int]:
    """Return the sizes of the notes of sends that go. parts: of the reports that they go with, or went."""
    going = set() if sure else {(part.week, part.brief) for part in parts}
    left = {
        week
        for week in archive.weeks(out)
        if any((week, brief) not in going for brief in archive.briefs(out, week))
    }
    files = [(file, file.stat().st_size) for file in ledger.prune_candidates(out, left, weeks=limits.weeks)]
    if sure and files:
        with publish.lock(out, delivery.LOCK) as ours:
            if not ours:
                print(f"kept {ledger.FOLDER}: a send is at work there")
                return []
            ledger.prune(out, left, weeks=limits.weeks)
    for file, size in files:
        print(f"{_verb(sure)} {file.relative_to(out)}  {size:,} bytes (sends)")
    return [size for _, size in files]


def _fetches(folder: Path, limits: Limits, *, sure: bool) -> list[int]:
    """Return the sizes of the fetches and answers that go."""
    try:
        going = (fetches.prune if sure else fetches.prune_candidates)(
            folder, keep=limits.keep, weeks=limits.weeks
        )
    except BusyError:
        print(f"kept {folder.name}: a fetch is at work there")
        return []
    for path, size in going.fetches.items():
        print(f"{_verb(sure)} {folder.name}/{path.stem}  {size:,} bytes (fetch)")
    if going.answers:
        size = sum(going.answers.values())
        print(f"{_verb(sure)} {counted(len(going.answers), 'answer')} of fetches  {size:,} bytes")
    return [*going.fetches.values(), *going.answers.values()]
