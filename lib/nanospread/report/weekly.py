"""Brief + data + notebooks -> one published report, or a failed run that leaves the last good one alone."""

import contextlib
import re
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from nanospread import store
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.report import archive, build, execution, gather, parameters, refusal
from nanospread.report.archive import RUNNING, lists, publish, upkeep
from nanospread.report.execution import Executed
from nanospread.report.plan import CHANGED, Plan, planned, used

WORKERS = 3  # the kernels are the processes; three keep two cores busy
AT_ONCE = 1.0  # for a writer of the store, when a run has failed anyway [s]
REFUSED = re.compile(r"^code cell \d+: InputError: (.+)", re.DOTALL)
STOPPED = "the run was stopped before it ended"


class RunFailed(RuntimeError):  # noqa: N818 - it says what happened to the run
    """A run without a report: its text is the reason in one line, `folder` holds the banner page."""

    def __init__(self, reason: str, folder: Path) -> None:
        super().__init__(reason)
        self.folder = folder


@dataclass(frozen=True)
class Published:
    """A published report: its folder, its verdict in one sentence and how long it took [s].

    first: what stands before every answer: how few creators it rests on, and of which niches it is.
    new: not one that was there already.
    """

    folder: Path
    verdict: str
    seconds: float
    first: tuple[str, ...] = ()
    new: bool = True


def report(
    *,
    week: str,
    started: datetime,
    brief: str = "",
    data: str = "",
    out: Path = paths.REPORTS,
    values: Mapping[str, object] | None = None,
    notebooks: Path = paths.NOTEBOOKS,
    executor: Executor | None = None,
    time_limit: float = execution.TIME_LIMIT,
    wait: float = 0,
    force: bool = False,
    anew: bool = True,
    begin: Callable[[int], None] = lambda count: None,
    done: Callable[[Executed], None] = lambda result: None,
) -> Published:
    """Check everything, run the notebooks side by side, and publish `out/<week>/<brief name>`.

    week: ISO week such as 2026-W47; started: the moment of the run, shown in the provenance only.
    brief, data: as the notebooks' parameters of these names; empty text names the bundled sample.
    values: other parameters; executor: any concurrent.futures executor, three threads when not given.
    time_limit: of each notebook [s]; wait: for another run of the same report [s], which then is an error.
    force: replace what nanospread did not write, too; never a link.
    anew: also where a report of the same inputs is in place, which else stands as it is.
    begin and done are told how many notebooks start and which one ended.
    Raises InputError before any kernel starts (BusyError where another run is at work), RunFailed where a
    notebook failed, OSError where files cannot be written: always the last good report is as it was.
    """
    with refusal.told(out, brief, week, values or (), started):
        plan = planned(
            week=week,
            started=started,
            brief=brief,
            data=data,
            out=out,
            given=values or {},
            sources=parameters.notebooks(notebooks),
        )
    ended: list[Executed] = []

    def ended_one(result: Executed) -> None:
        ended.append(result)
        done(result)

    with publish.locked(out, week, plan.inputs.brief, wait=wait):
        dead = upkeep.recover(out, week, plan.inputs.brief, force=force)
        clock = time.perf_counter()
        if not anew and archive.inputs(plan.target) == build.inputs(plan):
            upkeep.stands(out, plan.queued)
            lists.update(out, [*dead, (week, plan.inputs.brief)])
            return _published(plan, 0.0, new=False)
        try:
            archive.write_state(out, plan.queued)
            lists.update(out, dead)
            work = execution.jobs(plan.sources, plan.values, time_limit)
            begin(len(work))
            archive.write_state(out, replace(plan.queued, status=RUNNING))
            pool = executor or ThreadPoolExecutor(WORKERS)
            results = execution.side_by_side(work, pool, ended_one)
            pages = _standing(plan, results, pool, time_limit)
            _publish(plan, pages, time.perf_counter() - clock)
        except BaseException as error:
            _settle(plan, error, ended, time.perf_counter() - clock)
            raise
    return _published(plan, time.perf_counter() - clock)


def _published(plan: Plan, seconds: float, *, new: bool = True) -> Published:
    verdict = archive.summary(plan.target).get("verdict", "")
    return Published(plan.target, str(verdict), seconds, plan.inputs.first, new)


def _standing(
    plan: Plan, results: Sequence[Executed], pool: Executor, time_limit: float
) -> Sequence[Executed]:
    """Return the pages; those that the data do not allow with the reason as their answer: the others stand.

    An InputError is written for the reader. Any other fault of a page is ours, and fails the run.
    """
    faults = {result["name"]: REFUSED.search(result["problem"]) for result in results if result["problem"]}
    reasons = {name: found[1].rstrip(".") for name, found in faults.items() if found}
    if not reasons or len(reasons) < len(faults) or len(reasons) == len(results):
        return results
    said = {name: f"This page cannot be made of your data: {why}." for name, why in reasons.items()}
    pages = [parameters.answered(each, [said[each.name]]) for each in plan.sources if each.name in said]
    work = execution.jobs(pages, plan.values, time_limit)
    made = {result["name"]: result for result in execution.side_by_side(work, pool, lambda _: None)}
    return [made.get(result["name"], result) for result in results]


def _publish(plan: Plan, results: Sequence[Executed], seconds: float) -> None:
    """Publish the report of sound notebooks. Raises RunFailed where they are not."""
    failed = archive.banner_path(plan.out, plan.week, plan.inputs.brief)
    problems = [f"{result['name']}, {result['problem']}" for result in results if result["problem"]]
    if problems:
        more = f" (and {len(problems) - 1} more)" if problems[1:] else ""
        raise RunFailed(problems[0] + more, failed)
    try:
        folder = build.built(plan, results, seconds)
    except gather.GatherError as error:
        raise RunFailed(str(error), failed) from error
    with _held(plan) as as_read:  # nobody is forgotten between the look and the publication
        if not as_read:
            raise RunFailed(CHANGED, failed)
        publish.publish(folder, plan.target)
    upkeep.settle(plan.out, plan.week, plan.inputs.brief, "")
    lists.update(plan.out, [(plan.week, plan.inputs.brief)])


@contextlib.contextmanager
def _held(plan: Plan, wait: float = store.WAIT) -> Iterator[bool]:
    """Hold the inputs of a run as they are, and yield if that is how it read them."""
    brief, data = (str(plan.values.get(name, "")) for name in ("brief", "data"))
    with store.still(data or paths.SAMPLE, wait):
        yield used(brief, data) == plan.inputs.state


def _settle(plan: Plan, error: BaseException, ended: Sequence[Executed], seconds: float) -> None:
    """Leave a banner and the lists as they should be, as far as the disk still takes anything.

    Notebooks, their log and a trace may name whom the data no longer have: then the banner goes without.
    """
    known = isinstance(error, RunFailed | KeyboardInterrupt)
    with contextlib.suppress(OSError), contextlib.ExitStack() as held:
        publish.clear(plan.out, plan.week, plan.inputs.brief)  # a full disk has room for a banner then
        try:
            as_read = held.enter_context(_held(plan, AT_ONCE))
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
