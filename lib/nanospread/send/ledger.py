"""Which run was handed to which channel, written before and after the last byte of the message.

One small file a week, `.sends/<week>.json` in the folder of reports: by the identity of a message its brief,
channel, state and when. No text of a report, no address, no secret. It is written whole and outlasts a loss
of power. A message that is not in it was not handed over: without its last byte no receiver takes it.

To write that takes milliseconds, in which a process may be killed. So a byte in a file beside it, which is
open already and takes some microseconds to write once the last byte is gone, tells of a message that is
offered whether it is on its way; after a loss of power, which takes such files with it, nothing does.
"""

import contextlib
import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from nanospread.core.errors import InputError
from nanospread.core.files import record, write_atomically
from nanospread.core.weeks import behind, exists

FOLDER = ".sends"
OFFERED, SENT, UNSURE = "offered", "sent", "unsure"  # offered: about to be whole; the answer is not known yet
BOOT = Path("/proc/sys/kernel/random/boot_id")  # another one since this machine was started again


@dataclass(frozen=True)
class Entry:
    """One message: brief and channel, one of the states, since when as text in UTC, on which boot."""

    brief: str
    channel: str
    state: str
    at: str
    boot: str


class LedgerNotWritten(Exception):  # noqa: N818
    """What a message is at cannot be written down, so no other is sent. cause: which a channel's is not."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def path(out: Path, week: str) -> Path:
    """Return where the sends of a week are kept."""
    return out / FOLDER / f"{week}.json"


def read(out: Path, week: str) -> dict[str, Entry]:
    """Return the messages of a week by identity. Raises: InputError for a file that cannot be read.

    What was sent is then not known, and sending all again is for the user to decide.
    """
    file = path(out, week)
    try:
        content = record(file) if os.path.lexists(file) else {}
        return {str(key): Entry(**{name: str(entry[name]) for name in Entry.__annotations__})
                for key, entry in content.items()}  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"'{file}' cannot be read, so what was sent is not known: delete it to send all of {week} again"
        ) from error


def note(out: Path, week: str, identity: str, entry: Entry | None) -> None:
    """Keep what a message is at, or with None forget it; with the lock of sends held.

    Raises: LedgerNotWritten.
    """
    before = read(out, week)
    entries = {key: old for key, old in before.items() if key != identity}
    entries |= {identity: entry} if entry else {}
    if entries == before:
        return
    if entry and entry.state == OFFERED:
        _mark(out, identity).unlink(missing_ok=True)  # of an attempt before
    text = json.dumps({key: asdict(each) for key, each in sorted(entries.items())}, indent=1) + "\n"
    try:
        write_atomically(path(out, week), text, alone=True)
        if not (entry and entry.state == OFFERED):
            _mark(out, identity).unlink(missing_ok=True)
    except OSError as error:
        raise LedgerNotWritten(error) from error


def prune_candidates(out: Path, report_weeks: Collection[str], *, weeks: int) -> list[Path]:
    """Return the files of weeks that may go: more than `weeks` [weeks] behind the newest, and no report left.

    report_weeks: weeks of which reports, banners or states are there, or stay. While one is there, what was
    sent of it must be known, so that it is not sent again.
    """
    files = [path for path in (out / FOLDER).glob("????-W??.json") if exists(path.stem)]
    newest = max([path.stem for path in files] + [*report_weeks], default="")
    going = [path for path in files if path.stem not in report_weeks and behind(path.stem, newest) > weeks]
    return sorted(going)


def prune(out: Path, report_weeks: Collection[str], *, weeks: int) -> list[Path]:
    """Delete what may go, and return it; with the lock of sends held. Arguments: as `prune_candidates`."""
    going = prune_candidates(out, report_weeks, weeks=weeks)
    for file in going:
        with contextlib.suppress(InputError):
            for identity in read(out, file.stem):
                _mark(out, identity).unlink(missing_ok=True)
        file.unlink()
    return going


class LastByteMark:
    """Keeps that the last byte of an offered message is on its way; where it cannot, it keeps nothing.

    Should the process then be killed, the next send sends the message once more.
    """

    def __init__(self, out: Path, identity: str) -> None:
        self._path = _mark(out, identity)
        self._file: FileIO | None = None

    def prepare(self) -> None:
        """Make ready what `set` writes to, which is what takes time."""
        self.close()
        with contextlib.suppress(OSError):
            self._file = FileIO(self._path, "w")

    def set(self) -> None:
        """Keep it."""
        with contextlib.suppress(OSError):
            if self._file:
                self._file.write(b"1")
        self.close()

    def close(self) -> None:
        """Close the file, which stays there."""
        if self._file:
            self._file.close()
            self._file = None


def may_have_arrived(out: Path, identity: str, entry: Entry) -> bool:
    """Return if the last byte of an offered message is on its way, or nobody can know."""
    mark = _mark(out, identity)
    return entry.boot != boot() or (mark.exists() and mark.stat().st_size > 0)


def _mark(out: Path, identity: str) -> Path:
    return out / FOLDER / f".{identity}"


def boot() -> str:
    """Return what tells this run of the machine from others; "" where the system does not say."""
    try:
        return BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""
