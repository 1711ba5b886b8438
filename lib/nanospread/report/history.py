"""The reports on disk -> what is remembered of each brief, and the pages that list them.

What is on disk is the truth. `.history.json` remembers the newest weeks of each brief, so that one more run
costs the same however many are behind it; where it is missing or cannot be read, it is made again from disk.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nanospread.report import archive, listing, publish

MEMORY = ".history.json"
SCHEMA = 1
Memory = dict[str, dict[str, archive.Seen]]  # brief -> week -> how its last run ended


def update(out: Path, keys: Iterable[tuple[str, str]]) -> None:
    """Bring the lists up to date where (week, brief) changed; wholly, where nothing is remembered."""
    with publish.index_lock(out):
        memory = _remembered(out)
        if memory is None:
            _write(out, _from_disk(out), archive.weeks(out))
            return
        changed = sorted(set(keys))
        for week, brief in changed:
            _learn(memory, week, brief, archive.seen(out, week, brief))
        _write(out, memory, [week for week, _ in changed])


def rebuild(out: Path) -> Memory:
    """Make every list again from what is on disk, and return what is remembered of each brief."""
    with publish.index_lock(out):
        memory = _from_disk(out)
        _write(out, memory, archive.weeks(out))
    return memory


def _from_disk(out: Path) -> Memory:
    memory: Memory = {}
    for week in archive.weeks(out):
        for brief in archive.briefs(out, week):
            _learn(memory, week, brief, archive.seen(out, week, brief))
    return memory


def _learn(memory: Memory, week: str, brief: str, now: archive.Seen | None) -> None:
    """Remember one more week of a brief: the newest ones, and the last good one wherever it is."""
    row = {known: how for known, how in memory.pop(brief, {}).items() if known != week}
    row |= {week: now} if now else {}
    last_good = sorted(known for known, how in row.items() if how.good)[-1:]
    kept = {*sorted(row)[-listing.WEEKS :], *last_good}
    if row:
        memory[brief] = {known: row[known] for known in sorted(kept)}


def _remembered(out: Path) -> Memory | None:
    """Return what is remembered; None where it cannot be read, or names a report that is no longer there."""
    try:
        found = json.loads((out / MEMORY).read_text(encoding="utf-8"))
        memory = {str(brief): dict(_seen(row)) for brief, row in found["briefs"].items()}
        known = found["schema"] == SCHEMA
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    there = all(
        archive.good(out, week, brief) == how.good
        for brief, row in memory.items()
        for week, how in row.items()
    )
    return memory if known and there else None


def _seen(row: dict[str, Any]) -> Iterator[tuple[str, archive.Seen]]:
    for week, (status, good) in row.items():
        if not (archive.is_week(week) and isinstance(status, str) and isinstance(good, bool)):
            raise ValueError(week)
        yield week, archive.Seen(status, good)


def _write(out: Path, memory: Memory, changed: Sequence[str]) -> None:
    """Write the pages of the weeks that changed, of their years, the front list, and then the memory."""
    for week in changed:
        _write_week(out, week)
    there = archive.weeks(out)
    for year in {week[:4] for week in changed}:
        weeks = [week for week in there if week[:4] == year]
        _keep(out / f"{year}.html", listing.year_page(out, year, weeks) if weeks else None)
    _keep(out / "index.html", listing.front(out, memory, there))
    _keep(out / MEMORY, json.dumps({"schema": SCHEMA, "briefs": memory}, sort_keys=True) + "\n")


def _write_week(out: Path, week: str) -> None:
    """Write the page of a week; a week of which nothing is left loses its folder."""
    if not (out / week).is_dir():
        return
    found = {brief: now for brief in archive.briefs(out, week) if (now := archive.seen(out, week, brief))}
    _keep(out / week / "index.html", listing.week_page(out, week, found) if found else None)
    if not found:
        with contextlib.suppress(OSError):  # it holds something that is not ours
            (out / week).rmdir()


def _keep(path: Path, text: str | None) -> None:
    """Write a file unless it says so already; without a text, take it away."""
    if text is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != text.encode():
        publish.replace_file(path, text)
