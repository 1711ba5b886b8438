"""Briefs + data + notebooks -> published reports, or failed runs that leave the last good ones alone.

Each run is a generator: it plans and takes its lock here, yields its notebooks and then its build to whatever
executor does them, and publishes here. Only this process, which holds the lock, writes to the reports.
"""

import contextlib
import re
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from nanospread import store
from nanospread.core import cluster, paths
from nanospread.core.errors import BusyError, InputError
from nanospread.report import archive, build, bundles, execution, gather, parameters, refusal, scheduling
from nanospread.report.archive import RUNNING, lists, publish, upkeep
from nanospread.report.execution import Job, JobResult
from nanospread.report.parameters import Notebook
from nanospread.report.plan import CHANGED, Plan, input_digest, planned
from nanospread.report.scheduling import Call, RunResult
from nanospread.study import Study

WORKERS = 3  # the kernels are the processes; three keep two cores busy
AT_ONCE = 1.0  # for a writer of the store, when a run has failed anyway [s]
REFUSED = re.compile(r"^code cell \d+: InputError: (.+)", re.DOTALL)
STOPPED = "the run was stopped before it ended"


class RunFailed(RuntimeError):  # noqa: N818 - it says what happened to the run
    """A run without a report: its text is the reason in one line, `folder` holds the banner page."""

    def __init__(self, reason: str, folder: Path) -> None:
        super().__init__(reason)
        self.folder = folder

    def __reduce__(self) -> tuple[type["RunFailed"], tuple[str, Path]]:
        """Let it go from one process to another, as every error of ours."""
        return type(self), (str(self), self.folder)


@dataclass(frozen=True)
class PublishedReport:
    """A published report: its folder, its verdict in one sentence and how long it took [s].

    first: what stands before every answer: how few creators it rests on, and of which niches it is.
    new: not one that was there already.
    """

    folder: Path
    verdict: str
    seconds: float
    first: tuple[str, ...] = ()
    new: bool = True


@dataclass(frozen=True)
class ReportRequest:
    """One report that is asked for. week: ISO week such as 2026-W47; values: parameters of the notebooks.

    brief, data: as the notebooks' parameters of these names; empty text names the bundled sample.
    """

    week: str
    brief: str = ""
    data: str = ""
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class RunOptions:
    """What holds for all reports of one run of the program.

    started: the moment of the run, shown in the provenance only; out: the folder of reports.
    time_limit: of each notebook [s]; wait: for another run of the same report [s], which then is an error.
    force: replace what nanospread did not write, too; never a link.
    anew: also where a report of the same inputs is in place, which else stands as it is.
    remote: that workers may see other files than this process does.
    """

    started: datetime
    out: Path = paths.REPORTS
    notebooks: Path = paths.NOTEBOOKS
    time_limit: float = execution.TIME_LIMIT
    wait: float = 0
    force: bool = False
    anew: bool = True
    remote: bool = False
    studies: dict[str, Study] = field(default_factory=dict)

    @cached_property
    def sources(self) -> tuple[Notebook, ...]:
        """The notebooks. Raises InputError as `parameters.notebooks`."""
        return parameters.notebooks(self.notebooks)


class Observer:
    """Who is told how reports go on; here nobody. number: of the report, as it was asked for."""

    def report_started(self, number: int, count: int) -> None:
        """Be told how many notebooks a report starts."""

    def notebook_done(self, number: int, result: JobResult) -> None:
        """Be told that one of them ended."""

    def report_done(self, number: int, result: RunResult) -> None:
        """Be told that a report ended: as `PublishedReport`, or the error."""


def reports(
    requests: Sequence[ReportRequest],
    options: RunOptions,
    *,
    executor: Executor | None = None,
    at_once: Callable[[], int] = lambda: sys.maxsize,
    observer: Observer | None = None,
) -> list[RunResult]:
    """Publish `out/<week>/<brief name>` for each report asked for, and return what each came to.

    executor: any of concurrent.futures, three threads if None; at_once: how many notebooks it does now.
    A report that fails stops no other: its error is an InputError where it could not begin (BusyError where
    another run is at work), RunFailed where a notebook failed, OSError where files cannot be written. Always
    the last good report is as it was.
    """
    observer = observer or Observer()
    options = replace(options, remote=isinstance(executor, cluster.Workers))
    runs = [_Run(each, options, number, observer).steps() for number, each in enumerate(requests)]
    pool = executor or ThreadPoolExecutor(WORKERS)
    return scheduling.results(runs, pool, at_once=at_once, on_result=observer.report_done)


def report(
    *,
    week: str,
    brief: str = "",
    data: str = "",
    values: Mapping[str, object] | None = None,
    executor: Executor | None = None,
    observer: Observer | None = None,
    **options: Any,
) -> PublishedReport:
    """Publish one report, as `reports` does; options: as `RunOptions` has them. Raises what it ended with."""
    request = ReportRequest(week, brief, data, values or {})
    [result] = reports([request], RunOptions(**options), executor=executor, observer=observer)
    if result.error:
        raise result.error
    published: PublishedReport = result.value
    return published


class _Run:
    """One report on its way."""

    def __init__(self, request: ReportRequest, options: RunOptions, number: int, observer: Observer) -> None:
        self._request, self._options, self._number, self._observer = request, options, number, observer
        self._results: dict[str, JobResult] = {}

    def steps(self) -> scheduling.Run:
        """Yield what workers are to do, and return the published report."""
        request, options = self._request, self._options
        with refusal.recorded(options.out, request.brief, request.week, request.values, options.started):
            plan = planned(
                week=request.week,
                started=options.started,
                brief=request.brief,
                data=request.data,
                out=options.out,
                overrides=request.values,
                sources=options.sources,
                studies=options.studies,
            )
        with (yield from self._locked(plan)):
            dead = upkeep.recover(options.out, plan.week, plan.inputs.brief, force=options.force)
            clock = time.perf_counter()
            if not options.anew and archive.inputs(plan.target) == build.inputs(plan):
                upkeep.confirm_published(options.out, plan.queued)
                lists.update(options.out, [*dead, (plan.week, plan.inputs.brief)])
                return _published(plan, 0.0, new=False)
            try:
                archive.write_state(options.out, plan.queued)
                lists.update(options.out, dead)
                self._observer.report_started(self._number, len(plan.sources))
                archive.write_state(options.out, replace(plan.queued, status=RUNNING))
                yield from self._executed(plan)
                files = yield from self._built(plan, time.perf_counter() - clock)
                _publish(plan, files)
            except BaseException as error:
                _settle(plan, error, list(self._results.values()), time.perf_counter() - clock)
                raise
        return _published(plan, time.perf_counter() - clock)

    def _locked(self, plan: Plan) -> Generator[Sequence[Call], None, contextlib.ExitStack]:
        """Return the lock of the report, held; one that another run holds is waited for after all others."""
        lock = partial(publish.locked, plan.out, plan.week, plan.inputs.brief)
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(lock())
            except BusyError:
                if not self._options.wait:
                    raise
                yield ()
                stack.enter_context(lock(wait=self._options.wait))
            return stack.pop_all()

    def _executed(self, plan: Plan) -> Generator[Sequence[Call], None, None]:
        """Execute the pages; those that the data do not allow get the reason as their answer: others stand.

        An InputError is written for the reader. Any other fault of a page is ours, and fails the run.
        """
        yield self._calls(plan, plan.sources)
        problems = {name: result["problem"] for name, result in self._results.items() if result["problem"]}
        matches = {name: REFUSED.search(problem) for name, problem in problems.items()}
        reasons = {name: match[1].rstrip(".") for name, match in matches.items() if match}
        if not reasons or len(reasons) < len(problems) or len(reasons) == len(plan.sources):
            return
        answers = {name: f"This page cannot be made of your data: {why}." for name, why in reasons.items()}
        pages = [
            parameters.answered(each, [answers[each.name]]) for each in plan.sources if each.name in answers
        ]
        yield self._calls(plan, pages)

    def _calls(self, plan: Plan, pages: Sequence[Notebook]) -> list[Call]:
        remote = self._options.remote
        reads = bundles.parameter_files(plan.values, plan.inputs.plan.name, plan.week) if remote else ()
        return [
            self._call(job, reads, {}) for job in execution.jobs(pages, plan.values, self._options.time_limit)
        ]

    def _call(self, job: Job, reads: Sequence[bundles.ParameterFiles], sent: Mapping[str, bytes]) -> Call:
        function, arguments = (
            (bundles.executed, (job, reads, sent)) if reads else (execution.executed, (job,))
        )
        return Call(
            job["name"], function, arguments, partial(self._arrived, job, reads, sent), len(job["notebook"])
        )

    def _arrived(
        self,
        job: Job,
        reads: Sequence[bundles.ParameterFiles],
        sent: Mapping[str, bytes],
        future: Future[Any],
    ) -> Call | None:
        """Take what a notebook came to; where files are to be sent first, return the call with them.

        They go with those that were sent before: the next worker may be another one that lacks other files.
        """
        try:
            result = future.result()
            if isinstance(result, frozenset):
                bundles_needed = {part.digest: bundles.bundle(part) for part in reads if part in result}
                if not bundles_needed.keys() - sent.keys():
                    raise ValueError("a worker asks for files that it was sent")
                return self._call(job, reads, {**sent, **bundles_needed})
        except Exception as error:  # a worker that broke is a notebook that did not run
            result = execution.failed(job["name"], error)
        first = job["name"] not in self._results
        self._results[job["name"]] = result
        if first:
            self._observer.notebook_done(self._number, result)
        return None

    def _built(
        self, plan: Plan, seconds: float
    ) -> Generator[Sequence[Call], None, Mapping[str, str | bytes]]:
        """Return the files of the report of sound notebooks. Raises RunFailed where they are not."""
        pages = [self._results[each.name] for each in plan.sources]
        failed = archive.banner_path(plan.out, plan.week, plan.inputs.brief)
        if problems := [f"{page['name']}, {page['problem']}" for page in pages if page["problem"]]:
            more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
            raise RunFailed(problems[0] + more, failed)
        known = build.context(plan, pages, seconds)
        ended: list[Future[dict[str, str | bytes]]] = []
        if self._options.remote:
            without_text = replace(plan, sources=tuple(replace(each, text="") for each in plan.sources))
            yield [Call("build", build.files, (without_text, pages, known), ended.append)]
        try:
            return ended[0].result() if ended else build.files(plan, pages, known)
        except gather.GatherError as error:
            raise RunFailed(str(error), failed) from error
        except Exception as error:
            if not ended:
                raise
            raise RunFailed(execution.failed("build", error)["log"], failed) from error


def _published(plan: Plan, seconds: float, *, new: bool = True) -> PublishedReport:
    verdict = archive.summary(plan.target).get("verdict", "")
    return PublishedReport(plan.target, str(verdict), seconds, plan.inputs.first, new)


def _publish(plan: Plan, files: Mapping[str, str | bytes]) -> None:
    """Publish the files of a report. Raises RunFailed where they are not of what is there now."""
    folder = build.staged(plan, files)
    with _inputs_locked(plan) as as_read:  # nobody is forgotten between the look and the publication
        if not as_read:
            raise RunFailed(CHANGED, archive.banner_path(plan.out, plan.week, plan.inputs.brief))
        publish.publish(folder, plan.target)
    upkeep.settle(plan.out, plan.week, plan.inputs.brief, "")
    lists.update(plan.out, [(plan.week, plan.inputs.brief)])


@contextlib.contextmanager
def _inputs_locked(plan: Plan, wait: float = store.WAIT) -> Iterator[bool]:
    """Hold the inputs of a run as they are, and yield if that is how it read them."""
    brief, data = (str(plan.values.get(name, "")) for name in ("brief", "data"))
    with store.no_writes(data or paths.SAMPLE, wait):
        yield input_digest(brief, data) == plan.inputs.state


def _settle(plan: Plan, error: BaseException, ended: Sequence[JobResult], seconds: float) -> None:
    """Leave a banner and the lists as they should be, as far as the disk still takes anything.

    Notebooks, their log and a trace may name whom the data no longer have: then the banner goes without.
    """
    known = isinstance(error, RunFailed | KeyboardInterrupt)
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
        publish.clear(plan.out, plan.week, plan.inputs.brief)  # a full disk has room for a banner then
        try:
            as_read = stack.enter_context(_inputs_locked(plan, AT_ONCE))
        except (InputError, OSError):  # gone, or being written
            as_read = False
        results = sorted(ended, key=lambda result: result["name"]) if as_read else []
        upkeep.settle(
            plan.out,
            plan.week,
            plan.inputs.brief,
            _reason(error) if as_read or isinstance(error, KeyboardInterrupt) else CHANGED,
            results=results,
            trace="" if known or not as_read else traceback.format_exc(),
            provenance=build.provenance(plan.started, plan.mark, seconds, results),
        )
        lists.update(plan.out, [(plan.week, plan.inputs.brief)])


def _reason(error: BaseException) -> str:
    """Return in one line why a run ended without a report."""
    if isinstance(error, RunFailed):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return STOPPED
    text = " ".join(str(error).split())
    message = error.strerror if isinstance(error, OSError) and error.strerror else text
    return f"{type(error).__name__}: {message}"
