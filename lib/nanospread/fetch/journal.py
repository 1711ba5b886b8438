"""A fetch's requests and answers on disk: kept before the next request, so that a kill costs one call.

    fetched/                              of this user alone: creators' data are in it
      .lock                               one fetch at a time
      answers/ab/<sha256>.json.gz         what was answered, token removed, each content once
      <start>.jsonl                       of a fetch: what it asks, each request with its answer, its end,
                                          and that it was stored
      <start>.csv                         of a fetch that ended: the account of all that was asked for
      <start>.own.csv                     one's own account, posts and stories with their figures

A journal holds whole lines: half of one, left by a kill, is taken away. An answer that is missing or damaged
is no answer: it is asked for again.
"""

import contextlib
import fcntl
import gzip
import hashlib
import json
import os
import re
import stat
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nanospread.core.errors import BusyError, InputError
from nanospread.core.files import opened_lock, write_atomically
from nanospread.core.secrets import HIDDEN, Secret

FOLDER, ANSWERS, LOCK, DRAFT = "fetched", "answers", ".lock", ".draft"
NAME = "%Y-%m-%dT%H%M%SZ"
LENGTH = len("2026-11-23T060000Z")
JOURNAL = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z(?:-\d+)?\.jsonl")
VERSION = 1  # of the layout above
PRIVATE, PRIVATE_FILE = 0o700, 0o600
SECRET_PARAMETERS = re.compile(r"((?:access_token|appsecret_proof|client_secret|input_token)=)[^&\"'\\\s]+")


@dataclass(frozen=True)
class Entry:
    """What became of a request: its answer's status and hash, or why it was given up."""

    answer: str = ""
    status: int = 0
    gave_up: str = ""


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder of all fetches, which is made where it is missing. Raises: BusyError."""
    _make_private(folder)
    handle = opened_lock(folder / LOCK)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BusyError(f"another fetch is at work in '{folder}'") from None
    finally:
        os.close(handle)


def _make_private(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
    elif folder.stat().st_uid == os.geteuid() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        folder.chmod(PRIVATE)


class Journal:
    """One fetch. What it asks stands in its first line: start, settings, creators in their order.

    Creators who came or went while it was paused stand in a later line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, Entry] = {}
        self.call_times: list[datetime] = []  # when calls went out, oldest first
        self.until: datetime | None = None  # no call before
        self.done = self.stored = False
        self.head: Mapping[str, Any] = {}
        self.creators: tuple[str, ...] = ()
        written = path.read_bytes() if path.is_file() else b""
        whole = written.rfind(b"\n") + 1
        self._torn_after = whole if whole < len(written) else None
        for line in lines(path, written[:whole]):
            self._apply(line)

    @property
    def start(self) -> datetime:
        """Return when the fetch began."""
        return datetime.fromisoformat(self.head["start"])

    def _apply(self, line: Mapping[str, Any]) -> None:
        if "fetch" in line:
            self.head = line
        self.creators = tuple(line.get("creators", self.creators))
        if "ask" in line:
            fields = {name: line[name] for name in Entry.__annotations__ if name in line}
            self.entries[line["ask"]] = Entry(**fields)
        if "calls" in line:
            self.call_times += [datetime.fromisoformat(at) for at in line["calls"]]
        if "until" in line:
            self.until = datetime.fromisoformat(line["until"])
        self.done, self.stored = self.done or "done" in line, self.stored or "stored" in line

    def write(self, line: Mapping[str, Any]) -> None:
        """Add a line, and know it."""
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, PRIVATE_FILE)
        with os.fdopen(handle, "ab") as file:
            if self._torn_after is not None:  # only who writes takes away: others look meanwhile
                file.truncate(self._torn_after)
                self._torn_after = None
            file.write(f"{json.dumps(line)}\n".encode())
        self._apply(line)

    def record_answer(
        self, key: str, status: int, text: str, secrets: Collection[Secret], calls: Collection[str]
    ) -> None:
        """Keep the answer to a request, without what is secret. calls: when they went out."""
        for secret in secrets:
            text = secret.hidden_in(text)
        answer = SECRET_PARAMETERS.sub(rf"\1{HIDDEN}", text).encode(errors="replace")
        sha = hashlib.sha256(answer).hexdigest()
        path = _answer(self.path.parent, sha)
        if content(path) is None:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_suffix(DRAFT)
            draft.write_bytes(gzip.compress(answer, 5, mtime=0))
            draft.replace(path)
        self.write({"ask": key, "status": status, "answer": sha, "calls": list(calls)})

    def text(self, key: str) -> str | None:
        """Return the answer that was kept; None where there is none, or it is not as it was written."""
        entry = self.entries.get(key)
        if entry is None or not entry.answer:
            return None
        answer = content(_answer(self.path.parent, entry.answer))
        return None if answer is None else answer.decode()


def _answer(folder: Path, sha: str) -> Path:
    return folder / ANSWERS / sha[:2] / f"{sha}.json.gz"


def answers(folder: Path) -> Iterator[Path]:
    """Yield the files of all answers."""
    return folder.glob(f"{ANSWERS}/*/*.json.gz")


def drafts(folder: Path) -> Iterator[Path]:
    """Yield what a fetch that was killed had not named yet; while one is at work, what it writes."""
    return folder.glob(f"*{DRAFT}")


def content(path: Path) -> bytes | None:
    """Return what an answer's file holds; None where it is missing, or not as it was written."""
    try:
        answer = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error):
        return None
    return answer if hashlib.sha256(answer).hexdigest() == path.name.partition(".")[0] else None


def lines(path: Path, written: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of a journal. Raises: InputError where one is none of ours."""
    for line in written.splitlines():
        try:
            parsed = json.loads(line)
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise InputError(f"{path} is damaged: it was altered after it was written; move it away")
        yield parsed


def journals(folder: Path) -> list[Path]:
    """Return the journals of all fetches, oldest first."""
    names = [path for path in folder.iterdir() if JOURNAL.fullmatch(path.name)] if folder.is_dir() else []
    return sorted(names, key=lambda path: path.stem)


def create(folder: Path, start: datetime, asks: Mapping[str, Any]) -> Journal:
    """Begin the journal of a new fetch. asks: what stands in its first line.

    Its name is the last, also where the clock went back since another began.
    """
    name = max([start.strftime(NAME), *(path.stem[:LENGTH] for path in journals(folder)[-1:])])
    names = [f"{name}.jsonl", *(f"{name}-{number:03}.jsonl" for number in range(2, 1_000))]
    path = next(folder / one for one in names if not (folder / one).exists())
    journal = Journal(path)
    journal.write({"fetch": VERSION, "start": start.isoformat(), **asks})
    return journal


def last(folder: Path) -> Journal | None:
    """Return the newest fetch of which a whole line was written; None before the first."""
    return next((journal for journal in map(Journal, reversed(journals(folder))) if journal.head), None)


def outcomes_file(path: Path) -> Path:
    """Return where the account of the fetch of a journal is, once it ended."""
    return path.with_suffix(".csv")


def own_media_file(path: Path) -> Path:
    """Return where one's own media are, as the fetch of a journal read them."""
    return path.with_suffix(".own.csv")


def write_private(path: Path, text: str) -> None:
    """Write a file for this user alone, whole or not at all."""
    write_atomically(path, text)
    path.chmod(PRIVATE_FILE)
