"""The folder of all reports: what is in it, what the last run of each report is at, and what is kept.

reports/README.md draws the folder and the states that follow one another. The state of a run lies beside its
report in one small file, which only the holder of the report's lock writes.

- publish: locks, staging, and the exchange of a finished folder with the published one, in one step
- lists: the front list and the pages of each week and year, made from what is on disk
- upkeep: the last state of runs that ended in whatever way, their banner pages, and what is old enough to go
- erasure: a name -> the reports that hold it, and the same reports without it
"""

import json
import os
import re
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

from nanospread.core.errors import InputError
from nanospread.core.files import HEAD, record, write_atomically
from nanospread.core.weeks import exists

QUEUED, RUNNING, FAILED, PUBLISHED = "queued", "running", "failed", "published"
AT_WORK = (QUEUED, RUNNING)
INPUTS = "Inputs SHA-256"
UNREADABLE = "unreadable"  # a report whose summary cannot be read
MARKS = (b'<meta name="generator" content="nanospread', b"<title>Weekly reports")  # the second: up to 0.1
BANNER, STATE, WHAT_IF = ".failed", ".state.json", ".what-if"
ENTRY = re.compile(
    rf"([a-z0-9][a-z0-9_-]*(?:{re.escape(WHAT_IF)})?)({re.escape(BANNER)}|{re.escape(STATE)})?"
)


@dataclass(frozen=True)
class State:
    """What the last run of a brief and week is at.

    mark: the run's own name, which its pages carry too; started: text in UTC; reason: why it failed.
    """

    brief: str
    week: str
    title: str
    status: str
    mark: str
    started: str
    reason: str = ""


class Outcome(NamedTuple):
    """How the last run of a brief and week ended, and if there is a report of it to read."""

    status: str
    good: bool


def state_path(out: Path, week: str, brief: str) -> Path:
    """Return where the state of a brief and week is kept."""
    return out / week / f"{brief}{STATE}"


def banner_path(out: Path, week: str, brief: str) -> Path:
    """Return the folder of the banner page of a brief and week."""
    return out / week / f"{brief}{BANNER}"


def read_state(out: Path, week: str, brief: str) -> State | None:
    """Return the state of a brief and week; None where there is none, or none that can be read."""
    try:
        content = record(state_path(out, week, brief))
        state = State(**{field.name: str(content[field.name]) for field in fields(State)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return state if (state.week, state.brief) == (week, brief) else None


def write_state(out: Path, state: State) -> None:
    """Keep a state, whole or not at all."""
    text = json.dumps(asdict(state), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_atomically(state_path(out, state.week, state.brief), text, alone=True)


def run_mark(folder: Path) -> str:
    """Return the mark of the run that made a report; empty where there is none to read."""
    return _made(folder, "Run mark")


def inputs(folder: Path) -> str:
    """Return the hash of all that a report was made of; empty where there is none to read."""
    return _made(folder, INPUTS)


def _made(folder: Path, fact: str) -> str:
    try:
        return str(record(folder / "provenance.json")[fact])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def is_our_page(path: Path) -> bool:
    """Return if a file is a page that nanospread wrote: no link, and its head says so."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    return any(mark in head for mark in MARKS)


def is_ours(folder: Path) -> bool:
    """Return if a folder is a report or a banner that a run made: no link, and it says so in some way."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return is_our_page(folder / "index.html") or bool(summary(folder) or run_mark(folder))


def summary(folder: Path) -> dict[str, Any]:
    """Return what a report or a banner says of itself; nothing where that cannot be read."""
    try:
        content = record(folder / "summary.json")
        notes = [*content.get("notes", ())]
        return {**content, "title": str(content["title"]), "verdict": str(content["verdict"]), "notes": notes}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def outcome(out: Path, week: str, brief: str) -> Outcome | None:
    """Return how the last run of a brief and week ended; None where nothing is left of any."""
    last, good = read_state(out, week, brief), has_report(out, week, brief)
    if last and last.status in AT_WORK:
        return Outcome(RUNNING, good)
    if is_ours(banner_path(out, week, brief)) or (last and last.status == FAILED):
        return Outcome(FAILED, good)
    if not good:
        return None
    return Outcome(PUBLISHED if summary(out / week / brief) else UNREADABLE, good=True)


def existing(out: Path) -> Path:
    """Return a folder of reports. Raises: InputError where it is none."""
    if not out.is_dir():
        raise InputError(f"'{out}' is no folder of reports; name one with --out")
    return out


def weeks(out: Path) -> list[str]:
    """Return the weeks that have a folder, newest first; a link is somebody else's."""
    if not out.is_dir():
        return []
    with os.scandir(out) as entries:
        names = [
            entry.name for entry in entries if exists(entry.name) and entry.is_dir(follow_symlinks=False)
        ]
    return sorted(names, reverse=True)


def briefs(out: Path, week: str) -> list[str]:
    """Return the briefs, what-ifs among them, that have anything in a week."""
    return sorted({match[1] for match in _entries(out, week)})


def counts(out: Path, week: str) -> tuple[int, int]:
    """Return how many reports and how many banners of failed runs a week has, by their names alone."""
    endings = [match[2] for match in _entries(out, week)]
    return endings.count(None), endings.count(BANNER)


def _entries(out: Path, week: str) -> list[re.Match[str]]:
    return [match for name in os.listdir(out / week) if (match := ENTRY.fullmatch(name))]


def last_good(out: Path, brief: str) -> str | None:
    """Return the newest week with a report of a brief, or None."""
    return next((week for week in weeks(out) if has_report(out, week, brief)), None)


def has_report(out: Path, week: str, brief: str) -> bool:
    """Return if there is a report of a brief and week to read."""
    return os.path.isfile(f"{out}/{week}/{brief}/index.html")  # asked a thousand times; pathlib is slower


def is_what_if(brief: str) -> bool:
    """Return if a report is of a brief with changes, which stand in no list of what needs a look."""
    return brief.endswith(WHAT_IF)
