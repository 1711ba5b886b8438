"""The report and history commands: published reports, and what each brief is at."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

import pandas as pd
from rich.console import Console

from nanospread.campaign import brief as briefs
from nanospread.cli import clusters, terminal
from nanospread.cli.stored import table
from nanospread.cli.terminal import BUSY, FAILED, UNUSABLE, UNWRITABLE, complain, progress
from nanospread.core import weeks
from nanospread.core.errors import InputError
from nanospread.core.formatting import counted
from nanospread.pages import show
from nanospread.report import archive, parameters, refusal, weekly
from nanospread.report.archive import publish, upkeep
from nanospread.report.execution import JobResult
from nanospread.report.scheduling import RunResult
from nanospread.report.weekly import Observer, ReportRequest, RunFailed, RunOptions

WORST = (0, BUSY, UNUSABLE, FAILED, UNWRITABLE)  # of several reports the status that comes last here counts
COLUMNS = ["brief", "became", "verdict", "where", "seconds"]


@dataclass(frozen=True)
class ReportsRequest:
    """What `nanospread report` was asked for.

    data: one folder for all briefs, or one for each. pairs: of -p. on: a cluster; "" is this machine.
    """

    briefs: Sequence[str]
    data: Sequence[str]
    week: str
    pairs: Sequence[str]
    workers: int
    options: RunOptions
    on: str = ""


@dataclass(frozen=True)
class BriefResult:
    """What the report of one brief came to: a `weekly.PublishedReport`, or the error."""

    name: str
    result: RunResult

    @property
    def status(self) -> int:
        """Return the exit status that it has for itself."""
        return terminal.status(self.result.error) if self.result.error else 0

    @property
    def row(self) -> tuple[str, str, str, str, int | None]:
        """Return brief, what became of it, verdict or what is wrong, where below the reports, seconds."""
        error, published = self.result.error, self.result.value
        if isinstance(error, RunFailed):
            return self.name, "failed", str(error), _place(error.folder), None
        if error:
            became = "refused" if isinstance(error, InputError) else "failed"
            return self.name, became, reason(error), "", None
        became = "published" if published.new else "as it was"
        return self.name, became, published.verdict, _place(published.folder), round(published.seconds)


def _place(folder: Path) -> str:
    return f"{folder.parent.name}/{folder.name}"


def reason(error: Exception) -> str:
    """Return what went wrong, in words; of a run that failed also where its page is."""
    if isinstance(error, RunFailed):
        return f"{error}; see {error.folder / 'index.html'}"
    return terminal.reason(error)


def report(request: ReportsRequest) -> int:
    """Write the reports, say what became of each, and return the worst status."""
    every = results(request)
    if len(every) > 1:
        rows = pd.DataFrame([each.row for each in every], columns=COLUMNS).astype({"seconds": "Int64"})
        Console().print(table(rows, f"{counted(len(every), 'report')} in {request.options.out}"))
    return max((each.status for each in every), key=WORST.index)


def results(request: ReportsRequest) -> list[BriefResult]:
    """Write the reports, say what became of each as it ends, and return that in the order of the briefs.

    Raises InputError where nothing can begin: two briefs of one name, data for some, a cluster that is none.
    """
    names = [refusal.identity(brief).name for brief in request.briefs]
    if twice := next((name for name, count in Counter(names).items() if count > 1), ""):
        raise InputError(f"two briefs have the name {twice!r}, so one report would replace the other")
    every = [
        _report_request(request, brief, data)
        for brief, data in zip(request.briefs, _data(request), strict=True)
    ]
    outcomes = {
        number: RunResult(error=each) for number, each in enumerate(every) if isinstance(each, Exception)
    }
    for result in outcomes.values():
        _say(result)
    requests = {number: each for number, each in enumerate(every) if isinstance(each, ReportRequest)}
    if requests:
        with (
            _workers(request) as (executor, at_once),
            _Shown([names[number] for number in requests]) as shown,
        ):
            published = weekly.reports(
                [*requests.values()], request.options, executor=executor, at_once=at_once, observer=shown
            )
        outcomes |= dict(zip(requests, published, strict=True))
    return [BriefResult(name, outcomes[number]) for number, name in enumerate(names)]


def _data(request: ReportsRequest) -> Sequence[str]:
    """Return the folder of data of each brief."""
    if len(request.data) == len(request.briefs):
        return request.data
    if len(request.data) > 1:
        message = f"{len(request.data)} folders for {counted(len(request.briefs), 'brief')}"
        raise InputError(f"--data names {message}: name one for all, or one for each")
    return [*request.data, ""][:1] * len(request.briefs)


def _report_request(request: ReportsRequest, brief: str, data: str) -> ReportRequest | Exception:
    """Return the report of one brief that is asked for, or why it cannot be."""
    names = [pair.partition("=")[0].strip() for pair in request.pairs]
    try:
        with refusal.recorded(request.options.out, brief, request.week, names, request.options.started):
            values = _values(request)
            chosen = request.week or weeks.of(request.options.started, briefs.read(brief).zone)
    except (InputError, OSError) as error:
        return error
    newest = next(iter(archive.weeks(request.options.out)), "")
    if not request.week and chosen < newest:
        late = f"this clock's week, {chosen}, is before {newest}, which has a report"
        complain(late, 0)
    return ReportRequest(chosen, "" if brief == "sample" else brief, data, values)


@contextlib.contextmanager
def _workers(request: ReportsRequest) -> Iterator[tuple[Executor, Callable[[], int]]]:
    """Yield who runs the notebooks, and what says how many of them at a time."""
    if not request.on:  # not awaited: Ctrl-C must not wait for kernels
        yield ThreadPoolExecutor(request.workers), lambda: request.workers
        return
    with clusters.workers(request.on) as pool:
        yield pool, lambda: pool.threads


class _Shown(Observer):
    """Shows on stderr, where that is a terminal, what is done and how long the rest takes.

    Of several reports each has a line while it is at work. What each came to is said as it ends.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._bars, self._several, self._left = progress(), len(names) > 1, len(names)
        self._all = self._bars.add_task("notebooks", total=None)
        self._each = [self._bars.add_task(name, total=None, visible=False) for name in names]

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._bars.stop()

    def report_started(self, number: int, count: int) -> None:
        """Take how many notebooks a report has: as many as each other one."""
        self._bars.update(self._each[number], total=count)
        self._bars.update(self._all, total=count * len(self._each))

    def notebook_done(self, number: int, result: JobResult) -> None:
        """Count a notebook."""
        self._bars.advance(self._all)
        self._bars.update(self._each[number], advance=1, visible=self._several)

    def report_done(self, number: int, result: RunResult) -> None:
        """Say what a report came to."""
        self._bars.stop()
        _say(result)
        self._bars.update(self._each[number], visible=False)
        self._left -= 1
        if self._left:
            self._bars.start()


def _say(result: RunResult) -> None:
    """Say what a report came to: its verdict and where it is, or on stderr why there is none."""
    if result.error:
        complain(reason(result.error), terminal.status(result.error))
        return
    published: weekly.PublishedReport = result.value
    for line in (*published.first, published.verdict):
        print(show.printable(line))
    how = f"{published.seconds:.0f} s" if published.new else "there already, of the same inputs"
    print(f"{published.folder / 'index.html'} ({how})", flush=True)


def _values(request: ReportsRequest) -> dict[str, parameters.Plain]:
    """Return what -p gives. Raises InputError for what is no parameter, or has an option of its own."""
    values = parameters.from_text(request.options.sources, request.pairs) if request.pairs else {}
    for name in ("brief", "data"):
        if name in values:
            raise InputError(f"parameter {name!r}: use --{name} instead of -p")
    return values


def history(out: Path, now: datetime) -> bool:
    """Make the lists again, print what each brief is at by now, and return if none needs a look."""
    rows = upkeep.listed(archive.existing(out), weeks.of(now))
    for row in rows:
        print(show.printable(f"{row.status:<10} {row.brief}: {' '.join((row.verdict, *row.notes)).strip()}"))
    for path in publish.foreign_entries(out):
        complain(f"left alone, as it is none of nanospread's: {path.relative_to(out)}", 0)
    print(out / "index.html")
    return all(row.fine for row in rows)
