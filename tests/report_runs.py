"""Helpers of the report tests: a small folder of exports, runs of the fixture notebooks without kernels."""

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.report import execution, parameters, weekly
from nanospread.report.weekly import PublishedReport

NOTEBOOKS = Path(__file__).parent / "fixtures" / "notebooks"
WEEK = "2026-W47"
STARTED = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
HANDLES = ("anna", "ben", "carla")


def exports(folder: Path) -> Path:
    """Write the smallest data that a report can be made of, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    creators = {"creator": HANDLES, "as_of": "2026-11-16", "followers": 5000, "niche": "food"}
    pd.DataFrame(creators).to_csv(folder / "creators.csv", index=False)
    rows = [(f"p{i}", handle, f"2026-11-{i + 10}", 100, 5) for i, handle in enumerate(HANDLES)]
    columns = ["post", "creator", "posted_at", "likes", "comments"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "posts.csv", index=False)
    return folder


class Canned(Executor):
    """Gives back notebooks that were executed before; `before` is called in place of the work."""

    def __init__(self, problem: str | None = None, before: Any = lambda: None) -> None:
        self._problem, self._before = problem, before

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._before()
        future.set_result({**executed(args[0]["name"]), "problem": self._problem})
        return future


@cache
def executed(name: str) -> execution.JobResult:
    """Return a fixture notebook that a real kernel executed, once in a test process."""
    work = execution.jobs(parameters.notebooks(NOTEBOOKS), {})
    return execution.executed(next(job for job in work if job["name"] == name))


def ran(
    out: Path, data: Path, week: str = WEEK, executor: Executor | None = None, **more: Any
) -> PublishedReport:
    """Publish a report without kernels."""
    how = {"notebooks": NOTEBOOKS, "started": STARTED} | more
    return weekly.report(week=week, data=str(data), out=out, executor=executor or Canned(), **how)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file of a folder."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@contextlib.contextmanager
def mounted(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system on a folder. Raises OSError where this user or this machine may not."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise OSError("mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def alive(pid: int) -> bool:
    """Return if a process runs; one that is dead and not yet taken away does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before it is opened, or while it is read
        return False


def ends(pid: int) -> bool:
    """Return if a process ends within a minute."""
    until = time.monotonic() + 60
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(pid)


def marks(files: Mapping[str, bytes]) -> list[str]:
    """Return the run mark of each page of a report."""
    pages = [text.decode() for name, text in files.items() if name.endswith(".html")]
    return [found for page in pages for found in re.findall(r"Run mark</dt><dd>(\w+)<", page)]
