"""Brief + data + notebooks -> one published report, or a failed run that leaves the last good one alone."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat

from nanospread import project
from nanospread.report import about, front, gather, html, parameters, publish, run
from nanospread.report import week as weeks
from nanospread.report.inputs import Inputs, read
from nanospread.report.parameters import Notebook, Plain

WORKERS = 3  # the kernels are the processes; three keep two cores busy
FULL_SIZE: Mapping[str, Plain] = {"n_worlds": 10_000}  # the notebooks' defaults are the quick run


class RunFailed(RuntimeError):  # noqa: N818 - it says what happened to the run
    """A run without a report: its text is the reason in one line, `folder` holds the banner page."""

    def __init__(self, reason: str, folder: Path) -> None:
        super().__init__(reason)
        self.folder = folder


@dataclass(frozen=True)
class Published:
    """A published report: its folder, its verdict in one sentence and how long it took [s]."""

    folder: Path
    verdict: str
    seconds: float


@dataclass(frozen=True)
class _Plan:
    """Everything one run needs, checked."""

    sources: tuple[Notebook, ...]
    values: Mapping[str, Plain]
    inputs: Inputs
    week: str
    out: Path
    started: datetime


def weekly(
    *,
    week: str,
    started: datetime,
    brief: str = "",
    data: str = "",
    out: Path = project.REPORTS,
    values: Mapping[str, object] | None = None,
    notebooks: Path = project.NOTEBOOKS,
    executor: Executor | None = None,
    time_limit: int = run.TIME_LIMIT,
    begin: Callable[[int], None] = lambda count: None,
    done: Callable[[run.Executed], None] = lambda result: None,
) -> Published:
    """Check everything, run the notebooks side by side, and publish `out/<week>/<brief name>`.

    week: ISO week such as 2026-W47; started: the moment of the run, shown in the provenance only.
    brief, data: as the notebooks' parameters of these names; empty text names the bundled sample.
    values: other parameters; executor: any concurrent.futures executor, three threads when not given.
    begin and done are told how many notebooks start and which one ended.
    Raises InputError before any kernel starts where an input, a name or a value cannot be used, and
    RunFailed where a notebook failed: then the last good report is as it was.
    """
    plan = _plan(week, started, brief, data, out, values or {}, parameters.notebooks(notebooks))
    with publish.locked(out, plan.week, plan.inputs.brief):
        publish.recover(out, plan.week, plan.inputs.brief)
        work = run.jobs(plan.sources, plan.values, time_limit)
        begin(len(work))
        clock = time.perf_counter()
        results = run.side_by_side(work, executor or ThreadPoolExecutor(WORKERS), done)
        return _ended(plan, results, clock)


def _plan(
    week: str,
    started: datetime,
    brief: str,
    data: str,
    out: Path,
    given: Mapping[str, object],
    sources: tuple[Notebook, ...],
) -> _Plan:
    weeks.checked(week)
    declared = parameters.known(sources)
    paths = {"brief": _whole(brief), "data": _whole(data)}
    named = {name: path for name, path in paths.items() if path}
    size = {name: value for name, value in FULL_SIZE.items() if name in declared}
    checked = parameters.checked(sources, {**size, **named, **given})
    asked = {name: value for name, value in checked.items() if name in given}
    return _Plan(sources, checked, read(brief, data, asked), week, out, started)


def _whole(path: str) -> str:
    """Return a path that means the same in any folder; a bare name, of a bundled brief, as it is."""
    found = Path(path).expanduser()
    return str(found.resolve()) if path and found.exists() else path


def _ended(plan: _Plan, results: Sequence[run.Executed], clock: float) -> Published:
    problems = [f"{r['name']}, {r['problem']}" for r in results if r["problem"]]
    if problems:
        raise _failed(
            plan, results, problems[0] + (f" (and {len(problems) - 1} more)" if problems[1:] else "")
        )
    try:
        built = _built(plan, results, time.perf_counter() - clock)
    except gather.GatherError as error:
        raise _failed(plan, results, str(error)) from error
    target = plan.out / plan.week / plan.inputs.brief
    publish.publish(built, target)
    shutil.rmtree(_banner(plan), ignore_errors=True)
    front.rebuild_list(plan.out)
    verdict = front.summary(target)["verdict"]
    return Published(target, str(verdict), time.perf_counter() - clock)


def _built(plan: _Plan, results: Sequence[run.Executed], seconds: float) -> Path:
    """Build the whole report in staging, and return that folder."""
    books = {result["name"]: nbformat.reads(result["notebook"], as_version=4) for result in results}
    found, tables = gather.metrics(books), gather.tables(books)
    pages = tuple(gather.page(name, book) for name, book in books.items())
    made = about.provenance(plan.started, seconds, results)
    report = about.report(plan.inputs, plan.week, plan.values, pages, made)
    files = {f"csv/{name}.csv": gather.csv_text(t["columns"], t["rows"]) for name, t in tables.items()}
    files |= {"csv/metrics.csv": gather.metrics_csv(found)} if found else {}
    seed = plan.values.get("seed", _default_seed(plan.sources))
    files["metrics.json"] = gather.metrics_json(
        plan.inputs.brief, plan.week, seed, plan.inputs.data_sha256, found, _effective(plan)
    )
    verdict = next(iter(gather.sentences(next(iter(books.values())))), [])
    texts = {
        "index.html": front.front_page(report, verdict, books, sorted(files)),
        "summary.json": gather.json_text(_summary(plan, report, verdict)),
        "provenance.json": gather.json_text(dict(report.provenance)),
    }
    own = {f"{s.name}.html": html.notebook_page(books[s.name], s, plan.values, report) for s in plan.sources}
    folder = publish.staging(plan.out, plan.week, plan.inputs.brief)
    for name, text in (texts | own | files).items():
        publish.replace_file(folder / name, text)
    return folder


def _failed(plan: _Plan, results: Sequence[run.Executed], reason: str) -> RunFailed:
    """Write the banner page, the executed notebooks and the log of a failed run."""
    made = about.provenance(plan.started, sum(result["seconds"] for result in results), results)
    report = about.report(plan.inputs, plan.week, plan.values, (), made)
    log = "\n".join(_log_lines(results)).replace(str(project.ROOT), ".").replace(str(Path.home()), "~")
    last_good = (plan.out / plan.week / plan.inputs.brief / "index.html").exists()
    runs = [(result["name"], result["problem"]) for result in results]
    page = html.page("failed.html.j2", report=report, reason=reason, last_good=last_good, runs=runs, log=log)
    folder = publish.staging(plan.out, plan.week, plan.inputs.brief)
    publish.replace_file(folder / "index.html", page)
    publish.replace_file(folder / "run.log", log + "\n")
    publish.replace_file(folder / "summary.json", gather.json_text(_summary(plan, report, [reason])))
    for result in results:
        publish.replace_file(folder / f"{result['name']}.ipynb", result["notebook"])
    shutil.rmtree(_banner(plan), ignore_errors=True)
    publish.publish(folder, _banner(plan))
    front.rebuild_list(plan.out)
    return RunFailed(reason, _banner(plan))


def _banner(plan: _Plan) -> Path:
    return plan.out / plan.week / f"{plan.inputs.brief}{front.FAILED}"


def _log_lines(results: Sequence[run.Executed]) -> list[str]:
    lines = []
    for result in results:
        lines.append(f"{result['name']}: {result['problem'] or 'ran'} ({result['seconds']:.1f} s)")
        lines += [f"    {line}" for line in result["log"].splitlines() if "without encryption" not in line]
    return lines


def _effective(plan: _Plan) -> dict[str, Plain]:
    """Return every parameter with the value that the notebooks saw."""
    declared = parameters.known(plan.sources)
    return {name: plan.values.get(name, parameter.default) for name, parameter in declared.items()}


def _default_seed(sources: Sequence[Notebook]) -> Plain:
    seeds = {p.default for source in sources for p in source.parameters if p.name == "seed"}
    return seeds.pop() if len(seeds) == 1 else None


def _summary(plan: _Plan, report: html.Report, verdict: Sequence[str]) -> dict[str, object]:
    return {
        "title": report.title,
        "week": plan.week,
        "verdict": verdict[0] if verdict else "",
        "newest_post": f"{plan.inputs.newest:%Y-%m-%d}",
        "synthetic": plan.inputs.synthetic,
    }
