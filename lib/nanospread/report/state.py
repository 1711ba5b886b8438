"""A run of a brief and week -> what it is at: queued, running, failed or published, in one small file.

The file lies beside the report, and only the holder of the report's lock writes it. reports/README.md says
which state follows which.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from nanospread.report import publish

QUEUED, RUNNING, FAILED, PUBLISHED = "queued", "running", "failed", "published"
AT_WORK = (QUEUED, RUNNING)
ENDING = ".state.json"


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


def path(out: Path, week: str, brief: str) -> Path:
    """Return where the state of a brief and week is kept."""
    return out / week / f"{brief}{ENDING}"


def read(out: Path, week: str, brief: str) -> State | None:
    """Return the state of a brief and week; None where there is none, or none that can be read."""
    try:
        found = json.loads(path(out, week, brief).read_text(encoding="utf-8"))
        state = State(**{field.name: str(found[field.name]) for field in fields(State)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return state if (state.week, state.brief) == (week, brief) else None


def write(out: Path, state: State) -> None:
    """Keep a state, whole or not at all."""
    text = json.dumps(asdict(state), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    publish.replace_file(path(out, state.week, state.brief), text)


def mark(out: Path, week: str, brief: str) -> str:
    """Return the mark of the run that made the published report; empty where there is none to read."""
    try:
        made = json.loads((out / week / brief / "provenance.json").read_text(encoding="utf-8"))
        return str(made["Run mark"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
