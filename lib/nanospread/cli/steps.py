"""The week command: fetch, ingest, report, send, each skipped where nothing is set up; one log, one summary.

A step that fails stops no other: without a fetch the reports are of what is there, and a report that failed
is sent as such. Done again, it changes nothing: a fetch of this week, exports that are stored, reports of
the same inputs and messages that went out stand as they are.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from nanospread import store, study
from nanospread.campaign import brief as briefs
from nanospread.cli import exports, fetching, reports, sending, terminal
from nanospread.cli.terminal import FAILED, PAUSED, UNUSABLE
from nanospread.core import paths, weeks
from nanospread.core.errors import BusyError, InputError
from nanospread.core.formatting import counted
from nanospread.fetch import journal, run
from nanospread.fetch import settings as fetch_settings
from nanospread.fetch.session import Clock
from nanospread.pages import show
from nanospread.report import refusal
from nanospread.report.archive import publish
from nanospread.report.weekly import RunOptions
from nanospread.send import delivery
from nanospread.send import settings as channels

LOCK = "week"
FRESH = timedelta(hours=36)  # so that a fetch of hours may begin on the evening before the week
LOGS = 12  # that are kept: they hold names of creators, and `forget` does not reach them
DONE, UNCHANGED, SKIPPED, STOPPED = "done", "unchanged", "skipped", "failed"
QUIET = (UNCHANGED, SKIPPED)


@dataclass(frozen=True)
class WeekRequest:
    """What `nanospread week` was asked for.

    briefs: files or names; root: where fetch.yaml, send.yaml and the log are.
    wait_limit: the longest wait of fetch for a limit [s].
    """

    briefs: Sequence[str]
    root: Path
    exports: Path
    store_folder: Path
    out: Path
    workers: int
    time_limit: int
    wait_limit: float = 60 * fetching.MINUTE

    @property
    def has_exports(self) -> bool:
        """Return if there is a file to ingest."""
        return any(self.exports.glob("[!.]*"))


@dataclass(frozen=True)
class Step:
    """What became of one step: its name, one of the states above, a line, and its own exit status."""

    name: str
    state: str
    message: str
    status: int = 0


def week(request: WeekRequest, clock: Clock) -> int:
    """Do all steps, say what became of each, and return the status of the first that failed.

    Raises: BusyError where another is at work in the same folder of reports.
    """
    now = clock.now()
    log = request.root / "logs" / f"{weeks.of(now)}.log"
    with publish.lock(request.out, LOCK) as ours:
        if not ours:
            raise BusyError(f"another `nanospread week` is at work in '{request.out}': wait for it")
        with terminal.logged_to(log):
            for old in sorted(log.parent.glob("????-W??.log"))[:-LOGS]:
                old.unlink()
            print(f"== {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, nanospread {paths.VERSION}")
            done = list(_steps(request, clock))
            print("== Summary")
            for step in done:
                print(show.printable(f"{step.name:<8} {step.state:<10} {step.message}"))
            if all(step.state in QUIET for step in done):
                print("Nothing changed: all of this week was there already.")
            print(f"Log: {log}")
    return next((step.status for step in done if step.status), 0)


def _steps(request: WeekRequest, clock: Clock) -> Iterator[Step]:
    """Do each step as it is asked for, and yield what became of it."""
    yield _tried("fetch", lambda: _fetched(request, clock))
    yield _tried("ingest", lambda: _ingested(request, clock.now()))
    yield from _reported(request, clock.now())
    yield _tried("send", lambda: _sent(request))


def _tried(name: str, step: Callable[[], Step]) -> Step:
    """Return what became of a step, which ends no other, whatever is wrong with it."""
    print(f"== {name}")
    try:
        return step()
    except Exception as error:
        status, reason = terminal.status(error), reports.reason(error)
    terminal.complain(reason, status)
    return Step(name, STOPPED, reason, status)


def _state_of(store_folder: Path) -> str:
    return store.fingerprint(store_folder) if store.is_store(store_folder) else ""


def _fetched(request: WeekRequest, clock: Clock) -> Step:
    """Fetch, unless a fresh one is there: then only store it, which is nothing where that was done."""
    file = request.root / fetch_settings.FILE
    if not os.path.lexists(file):
        return Step("fetch", SKIPPED, f"no {file.name}")
    fetch_request = fetching.FetchRequest(
        file, request.store_folder, _leading(request).data_limits, request.wait_limit
    )
    before, last = _state_of(request.store_folder), journal.last(fetch_request.folder)
    here = last is not None and _is_fresh(last, fetch_request, clock.now())
    if here and last is not None:
        outcome, calls = fetching.stored(fetch_request, run.finished(last, clock), clock), "fetched already"
    else:
        outcome, calls = fetching.fetch(fetch_request, clock), "fetched"
    if outcome.failed or outcome.paused:
        why = "paused at a limit" if outcome.paused else "nothing stored"
        return Step(
            "fetch", STOPPED, f"{why}: reports are of the data before", PAUSED if outcome.paused else FAILED
        )
    return Step("fetch", UNCHANGED if here and before == _state_of(request.store_folder) else DONE, calls)


def _is_fresh(last: journal.Journal, fetch_request: fetching.FetchRequest, now: datetime) -> bool:
    """Return if a fetch that ended is fresh and asked what the settings ask; whoever the store holds."""
    settings, of_week = fetch_settings.read(fetch_request.file), weeks.of(last.start) == weeks.of(now)
    if (
        not last.done
        or last.head["settings"] != settings.asked
        or not (of_week or abs(now - last.start) < FRESH)
    ):
        return False
    return settings.creators == fetch_settings.STORE or {*last.creators} == {
        *fetching.creators(settings, fetch_request)
    }


def _ingested(request: WeekRequest, now: datetime) -> Step:
    if not request.has_exports:
        return Step("ingest", SKIPPED, f"no exports in {request.exports}")
    before = _state_of(request.store_folder)
    broken, _ = exports.ingest(
        exports.IngestRequest(
            files=[request.exports],
            as_of=pd.Timestamp(weeks.day(now), tz="UTC"),
            store_folder=request.store_folder,
            limits=_leading(request).data_limits,
            now=now,
            known=True,
            rule=study.order_settings(_leading(request)).rule,
        )
    )
    if broken:
        return Step(
            "ingest", STOPPED, "a limit of the brief is broken: reports are of the data before", FAILED
        )
    same = before == _state_of(request.store_folder)
    return Step("ingest", UNCHANGED if same else DONE, "stored before" if same else "stored")


def _leading(request: WeekRequest) -> briefs.Brief:
    """Return the first brief that can be read, whose limits of data and rule of credit count for all."""
    for brief in request.briefs:
        with suppress(InputError):
            return briefs.read(brief)
    return briefs.read(paths.BRIEFS[-1] / "sample.yaml")  # a slip in a brief costs no week's data


def _reported(request: WeekRequest, now: datetime) -> Iterator[Step]:
    """Report on each brief, and yield what became of it."""
    print("== report")
    names = [refusal.identity(brief).name for brief in request.briefs]
    first = dict(reversed([*zip(names, request.briefs, strict=True)]))
    has_data = any(
        (
            request.has_exports,
            os.path.lexists(request.root / fetch_settings.FILE),
            store.is_store(request.store_folder),
        )
    )
    reports_request = reports.ReportsRequest(
        briefs=[first[name] for name in dict.fromkeys(names)],
        data=[str(request.store_folder)]
        if has_data
        else [],  # never the sample's numbers in the place of lost ones
        week="",
        pairs=(),
        workers=request.workers,
        options=RunOptions(now, request.out, paths.NOTEBOOKS, request.time_limit, anew=False),
    )
    try:
        every = reports.results(reports_request)
    except Exception as fault:  # of no brief's report, such as a full disk
        reason = reports.reason(fault)
        yield Step("report", STOPPED, reason, terminal.complain(reason, terminal.status(fault)))
        return
    for report in every:
        published, error = report.result.value, report.result.error
        if error:
            yield Step("report", STOPPED, f"{report.name}: {reports.reason(error)}", report.status)
        else:
            became = DONE if published.new else UNCHANGED
            yield Step("report", became, f"{report.name}: {published.verdict}")
    for name in sorted({name for name in names if names.count(name) > 1}):
        reason = f"two briefs have the name {name!r}, so one report would replace the other"
        yield Step("report", STOPPED, reason, terminal.complain(reason, UNUSABLE))


def _sent(request: WeekRequest) -> Step:
    if not os.path.lexists(request.root / channels.FILE):
        return Step("send", SKIPPED, f"no {channels.FILE}")
    results = sending.sent(request.out, "", "", dry=False, again=False)
    new = sum(each.state == delivery.SENT for each in results)
    if odd := [each for each in results if not each.fine]:
        return Step("send", STOPPED, f"{counted(len(odd), 'message')} to look at", FAILED)
    return Step("send", DONE if new else UNCHANGED, f"{counted(new, 'message')} sent")
