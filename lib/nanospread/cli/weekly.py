"""The report command: options -> one published report, with progress on a terminal."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.report import from_text, notebooks, week_of, weekly, weeks_there


def report(
    brief: str,
    data: str,
    week: str,
    out: Path,
    pairs: Sequence[str],
    now: datetime,
    *,
    workers: int,
    time_limit: float,
    wait: bool,
) -> None:
    """Write one report, and say where it is and what its verdict is."""
    values = from_text(notebooks(paths.NOTEBOOKS), pairs)
    for name in ("brief", "data"):
        if name in values:
            raise InputError(f"parameter {name!r}: use --{name} instead of -p")
    chosen, newest = week or week_of(now), next(iter(weeks_there(out)), "")
    if not week and chosen < newest:
        late = f"this clock's week, {chosen}, is before {newest}, which has a report"
        print(f"nanospread: {late}", file=sys.stderr)
    with _progress() as progress:
        task = progress.add_task("notebooks", total=None)
        published = weekly(
            week=chosen,
            started=now,
            brief="" if brief == "sample" else brief,
            data=data,
            out=out,
            values=values,
            time_limit=time_limit,
            wait=wait,
            executor=ThreadPoolExecutor(workers),  # not awaited: Ctrl-C must not wait for kernels
            begin=lambda count: progress.update(task, total=count),
            done=lambda result: progress.advance(task),
        )
    print(published.verdict)
    print(f"{published.folder / 'index.html'} ({published.seconds:.0f} s)")


def _progress() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    return Progress(*columns, *left, console=console, transient=True, disable=not console.is_terminal)
