"""Which run was handed to which channel, written before and after the last byte of the message.

One small file a week, `.sends/<week>.json` in the folder of reports: by the identity of a message its brief,
channel, state and when. No text of a report, no address, no secret. It is written whole and outlasts a loss
of power. A message that is not in it was not handed over: without its last byte no receiver takes it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from nanospread.core.errors import InputError
from nanospread.core.files import write_atomically
from nanospread.send.faults import Unkept

FOLDER = ".sends"
OFFERED, SENT, UNSURE = "offered", "sent", "unsure"  # offered: about to be whole; the answer is not known yet


@dataclass(frozen=True)
class Entry:
    """One message: brief and channel, one of the states, and since when it is in it, as text in UTC."""

    brief: str
    channel: str
    state: str
    at: str


def path(out: Path, week: str) -> Path:
    """Return where the sends of a week are kept."""
    return out / FOLDER / f"{week}.json"


def read(out: Path, week: str) -> dict[str, Entry]:
    """Return the messages of a week by identity. Raises: InputError for a file that cannot be read.

    What was sent is then not known, and sending all again is for the user to decide.
    """
    place = path(out, week)
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
        return {str(key): Entry(**{name: str(entry[name]) for name in Entry.__annotations__})
                for key, entry in content.items()}  # fmt: skip
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"'{place}' cannot be read, so what was sent is not known: delete it to send all of {week} again"
        ) from error


def note(out: Path, week: str, identity: str, entry: Entry | None) -> None:
    """Keep what a message is at, or with None forget it; with the lock of sends held. Raises: Unkept."""
    before = read(out, week)
    entries = {known: old for known, old in before.items() if known != identity}
    entries |= {identity: entry} if entry else {}
    if entries == before:
        return
    text = json.dumps({key: asdict(each) for key, each in sorted(entries.items())}, indent=1) + "\n"
    try:
        write_atomically(path(out, week), text, alone=True)
    except OSError as error:
        raise Unkept(error) from error


def stamp(now: datetime) -> str:
    """Return a moment as the ledger has it."""
    return now.strftime("%Y-%m-%d %H:%M:%S UTC")
