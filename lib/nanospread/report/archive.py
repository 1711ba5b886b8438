"""The folder of all reports -> what is in it: weeks, briefs, and how the last run of each ended."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from nanospread.core.errors import InputError
from nanospread.report import state
from nanospread.report.week import checked

FAILED = ".failed"
WHAT_IF = ".what-if"
ENTRY = re.compile(
    rf"([a-z0-9][a-z0-9_-]*(?:{re.escape(WHAT_IF)})?)({re.escape(FAILED)}|{re.escape(state.ENDING)})?"
)
UNREADABLE = "unreadable"


class Seen(NamedTuple):
    """How the last run of a brief and week ended, and if there is a report of it to read."""

    status: str
    good: bool


def banner(out: Path, week: str, brief: str) -> Path:
    """Return the folder of the banner page of a brief and week."""
    return out / week / f"{brief}{FAILED}"


def weeks(out: Path) -> list[str]:
    """Return the weeks that have a folder, newest first; a link is somebody else's."""
    if not out.is_dir():
        return []
    with os.scandir(out) as found:
        names = [entry.name for entry in found if is_week(entry.name) and entry.is_dir(follow_symlinks=False)]
    return sorted(names, reverse=True)


@cache
def is_week(name: str) -> bool:
    """Return if there is a week of this name; a folder of another name is somebody else's."""
    try:
        return bool(checked(name))
    except InputError:
        return False


def briefs(out: Path, week: str) -> list[str]:
    """Return the briefs, what-ifs among them, that have anything in a week."""
    return sorted({match[1] for match in _entries(out, week)})


def counts(out: Path, week: str) -> tuple[int, int]:
    """Return how many reports and how many banners of failed runs a week has, by their names alone."""
    endings = [match[2] for match in _entries(out, week)]
    return endings.count(None), endings.count(FAILED)


def last_good(out: Path, brief: str) -> str | None:
    """Return the newest week with a report of a brief, or None."""
    return next((week for week in weeks(out) if good(out, week, brief)), None)


def good(out: Path, week: str, brief: str) -> bool:
    """Return if there is a report of a brief and week to read."""
    return os.path.isfile(f"{out}/{week}/{brief}/index.html")  # asked a thousand times; pathlib is slower


def seen(out: Path, week: str, brief: str) -> Seen | None:
    """Return how the last run of a brief and week ended; None where nothing is left of any."""
    last, there = state.read(out, week, brief), good(out, week, brief)
    if last and last.status in state.AT_WORK:
        return Seen(state.RUNNING, there)
    if banner(out, week, brief).is_dir() or (last and last.status == state.FAILED):
        return Seen(state.FAILED, there)
    if not there:
        return None
    return Seen(state.PUBLISHED if summary(out / week / brief) else UNREADABLE, good=True)


def summary(folder: Path) -> dict[str, Any]:
    """Return what a report or a banner says of itself; nothing where that cannot be read."""
    try:
        found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return {**found, "title": str(found["title"]), "verdict": str(found["verdict"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _entries(out: Path, week: str) -> list[re.Match[str]]:
    return [match for name in os.listdir(out / week) if (match := ENTRY.fullmatch(name))]
