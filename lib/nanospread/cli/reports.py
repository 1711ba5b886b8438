"""The report and history commands: one published report, and what each brief is at."""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from rich import progress as bars
from rich.console import Console

from nanospread.campaign import brief as briefs
from nanospread.core import paths, weeks
from nanospread.core.errors import InputError
from nanospread.pages import show
from nanospread.report import archive, parameters, refusal, weekly
from nanospread.report.archive import publish, upkeep


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
    wait: float,
    force: bool = False,
    anew: bool = True,
) -> weekly.Published:
    """Write one report, say where it is and what its verdict is, and return that.

    anew: also where one of the same inputs is in place.
    """
    with refusal.told(out, brief, week, [pair.partition("=")[0].strip() for pair in pairs], now):
        values = _values(pairs)
        chosen = week or weeks.of(now, briefs.read(brief).zone)
    newest = next(iter(archive.weeks(out)), "")
    if not week and chosen < newest:
        late = f"this clock's week, {chosen}, is before {newest}, which has a report"
        print(f"nanospread: {late}", file=sys.stderr)
    with _progress() as progress:
        task = progress.add_task("notebooks", total=None)
        published = weekly.report(
            week=chosen,
            started=now,
            brief="" if brief == "sample" else brief,
            data=data,
            out=out,
            values=values,
            notebooks=paths.NOTEBOOKS,
            time_limit=time_limit,
            wait=wait,
            force=force,
            anew=anew,
            executor=ThreadPoolExecutor(workers),  # not awaited: Ctrl-C must not wait for kernels
            begin=lambda count: progress.update(task, total=count),
            done=lambda result: progress.advance(task),
        )
    for line in (*published.first, published.verdict):
        print(show.printable(line))
    how = f"{published.seconds:.0f} s" if published.new else "there already, of the same inputs"
    print(f"{published.folder / 'index.html'} ({how})")
    return published


def _values(pairs: Sequence[str]) -> dict[str, parameters.Plain]:
    """Return what -p gives. Raises InputError for what is no parameter, or has an option of its own."""
    values = parameters.from_text(parameters.notebooks(paths.NOTEBOOKS), pairs)
    for name in ("brief", "data"):
        if name in values:
            raise InputError(f"parameter {name!r}: use --{name} instead of -p")
    return values


def history(out: Path, now: datetime) -> bool:
    """Make the lists again, print what each brief is at by now, and return if none needs a look."""
    rows = upkeep.listed(existing(out), weeks.of(now))
    for row in rows:
        print(show.printable(f"{row.status:<10} {row.brief}: {' '.join((row.verdict, *row.notes)).strip()}"))
    for path in publish.strangers(out):
        message = f"left alone, as it is none of nanospread's: {path.relative_to(out)}"
        print(show.printable(f"nanospread: {message}"), file=sys.stderr)
    print(out / "index.html")
    return all(row.fine for row in rows)


def existing(out: Path) -> Path:
    """Return a folder of reports. Raises: InputError where it is none."""
    if not out.is_dir():
        raise InputError(f"'{out}' is no folder of reports; name one with --out")
    return out


def _progress() -> bars.Progress:
    """Return a bar of what is done and how long the rest takes, on stderr where that is a terminal."""
    console = Console(stderr=True)
    words = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn())
    times = (bars.TimeElapsedColumn(), bars.TextColumn("left"), bars.TimeRemainingColumn())
    return bars.Progress(*words, *times, console=console, transient=True, disable=not sys.stderr.isatty())
