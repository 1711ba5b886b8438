"""Executed notebooks -> the files of a report, and what its pages say of themselves; or one page."""

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import nbformat
import pandas as pd

from nanospread.core import formatting, paths, processes, weeks
from nanospread.core.errors import unknown
from nanospread.core.files import write_atomically
from nanospread.core.formatting import counted, day, money
from nanospread.creators import benchmarks, tiers
from nanospread.ingest.platforms import PLATFORM
from nanospread.pages import show
from nanospread.pages.labels import inside
from nanospread.report import archive, execution, gather, html, mail, markup, parameters, records, workbook
from nanospread.report.archive import publish
from nanospread.report.execution import JobResult
from nanospread.report.parameters import Plain
from nanospread.report.plan import LOOKS_BACK, Inputs, Plan, moment

ASIDE = ("brief", "data", *LOOKS_BACK)  # parameters that name files, or stand elsewhere
PACKAGES = ("nanospread", "numpy", "pandas", "scipy", "matplotlib", "seaborn", "papermill", "nbconvert")


class PageFailed(RuntimeError):  # noqa: N818 - it says what happened to the page
    """A notebook that did not run whole; the text says why in one line."""


@dataclass(frozen=True)
class ReportContext:
    """What a report says beside its notebooks.

    provenance: when and with what it was made; verdict: that of the last report.
    """

    provenance: tuple[tuple[str, str], ...]
    past: records.EarlierReports
    verdict: str


def context(plan: Plan, results: Sequence[JobResult], seconds: float) -> ReportContext:
    """Return what is known where the reports are. seconds: how long the notebooks took."""
    versions = (*provenance(plan.started, plan.mark, seconds, results), (archive.INPUTS, inputs(plan)))
    past = _past(plan)
    before = archive.summary(plan.out / past.last.week / past.last.brief) if past.last else {}
    return ReportContext(versions, past, str(before.get("verdict", "")))


def files(plan: Plan, results: Sequence[JobResult], report_context: ReportContext) -> dict[str, str | bytes]:
    """Return the whole report, file by file; nothing is read but what the package carries.

    Raises GatherError where the notebooks contradict one another.
    """
    books = {result["name"]: nbformat.reads(result["notebook"], as_version=4) for result in results}
    pages = tuple(gather.page(name, book) for name, book in books.items())
    report = _report(plan, pages, report_context)
    front, book = next(iter(books.items()))
    verdict = next(iter(gather.sentences(book)), [])
    answer = verdict[0] if verdict else ""
    contents = _numbers(plan, books, report, verdict)
    summary = {
        "title": report.title,
        "week": plan.week,
        "verdict": answer,
        "subject": mail.subject(
            report,
            answer or report.title,
            gather.metrics({front: book}),
            report_context.past.last,
            report_context.verdict,
        ),
        "newest_post": str(plan.inputs.data.newest),
        "synthetic": bool(plan.inputs.made_up),
        "notes": [*report.first, *report.banners],
    }
    contents |= mail.files(report, verdict, books)
    by_name = {source.name: source for source in plan.sources}
    terms = markup.terms(plan.inputs.plan.platform)
    return contents | {
        markup.GLOSSARY_PAGE: html.page("glossary.html.j2", report=report, terms=terms),
        "summary.json": gather.json_text(summary),
        "provenance.json": gather.json_text(dict(report.provenance)),
        **{
            report.place(page): html.notebook_page(
                books[page.name], by_name[page.name], plan.values, report, sorted(contents)
            )
            for page in pages
        },
    }


def staged(plan: Plan, contents: Mapping[str, str | bytes]) -> Path:
    """Write the files of a report into staging, and return that folder."""
    folder = publish.staging(plan.out, plan.week, plan.inputs.brief)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return folder


def _numbers(
    plan: Plan, books: Mapping[str, nbformat.NotebookNode], report: html.Report, verdict: Sequence[str]
) -> dict[str, str | bytes]:
    """Return the files of metrics and tables: JSON, CSV, XLSX."""
    metrics, tables = gather.metrics(books), gather.tables(books)
    files: dict[str, str | bytes] = {
        f"csv/{name}.csv": formatting.csv_text(t["columns"], t["rows"]) for name, t in tables.items()
    }
    files |= {"csv/metrics.csv": gather.metrics_csv(metrics)} if metrics else {}
    if tables:
        words = (*verdict, *report.first, *report.banners)
        title, currency = f"{report.title} · {report.week}", plan.inputs.plan.currency
        files["tables.xlsx"] = workbook.xlsx(tables, title, words, currency)
        files["csv/labels.csv"] = gather.labels_csv(tables)
    record = records.record(
        name=plan.inputs.brief,
        week=plan.week,
        plan=plan.inputs.plan,
        in_force=plan.inputs.in_force,
        data=plan.inputs.data,
        parameters={name: value for name, value in plan.effective.items() if name not in ASIDE},
        metrics=metrics,
    )
    return files | {"metrics.json": show.printable(gather.json_text(record))}


def _report(plan: Plan, pages: tuple[gather.Page, ...], report_context: ReportContext) -> html.Report:
    """Return the title, banners and facts of a report; everything that differs by run is in `provenance`."""
    inputs, week = plan.inputs, plan.week
    values = sorted((name, value) for name, value in plan.values.items() if name not in LOOKS_BACK)
    return html.Report(
        brief=inputs.brief,
        week=week,
        title=inputs.title,
        first=inputs.first,
        banners=_banners(inputs, week),
        pages=pages,
        facts=(
            ("Campaign plan", inputs.brief),
            ("Week", week),
            ("Posts dated", f"{inputs.data.first} to {inputs.data.newest}"),
            *((inside("", name), html.written(name, value)) for name, value in values),
            *_defaults(plan),
            ("Data SHA-256", inputs.data.sha256),
            *_earlier(plan, report_context.past),
        ),
        provenance=report_context.provenance,
        kicker=_kicker(plan),
    )


def _kicker(plan: Plan) -> str:
    """Return which days the report is of, how far its data go, and what there is to spend."""
    sunday, newest, brief = weeks.last_day(plan.week), plan.inputs.data.newest, plan.inputs.in_force
    old = (sunday - newest).days
    age = f" ({counted(old, 'day')} old)" if old > 0 else ""
    days = f"{_short(sunday - timedelta(days=6))} to {day(pd.Timestamp(sunday))}"
    return f"{days} · data to {_short(newest)}{age} · {money(brief.budget, brief.currency)}"


def _short(moment: date) -> str:
    return day(pd.Timestamp(moment)).rsplit(" ", 1)[0]


def _banners(inputs: Inputs, week: str) -> tuple[str, ...]:
    """Return what a reader must know before any number: data that is made up, elsewhere, lost or old."""
    made_up = [inputs.made_up] if inputs.made_up else []
    lost = [f"Data are missing. {doubt[0].upper()}{doubt[1:]}" for doubt in inputs.doubts]
    dated, on = weeks.dated(inputs.data.newest, week), inputs.plan.platform
    name, cut = inside("platform", on), tiers.cut_as(on)
    here = f"Creators on {name}" + ("." if cut == on else f": sizes are cut as on {inside('platform', cut)}.")
    alone = "" if len(benchmarks.table(platform=on)) else f" No published engagement rate for {name}."
    here_alone = [here + alone] if on != PLATFORM else []
    beside = [inputs.elsewhere] if inputs.elsewhere else []
    return (*made_up, *here_alone, *lost, *beside, *([dated] if dated else []))


def _defaults(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Return the parameters that the notebooks set themselves, the seed among them; not the brief's."""
    defaults = sorted(
        (name, value)
        for name, value in plan.effective.items()
        if name not in plan.values and value not in (None, "")
    )
    text = ", ".join(f"{inside('', name)} {html.written(name, value)}" for name, value in defaults)
    return (("Defaults", text),) if text else ()


def _earlier(plan: Plan, past: records.EarlierReports) -> tuple[tuple[str, str], ...]:
    """Return which earlier reports the summary looked at: their weeks, and the SHA-256 of their numbers."""
    if not plan.values.get("earlier"):
        return ()
    read = [f"{week} (SHA-256 {digest[:16]}…)" for week, digest in past.files]
    return (("Earlier reports", ", ".join(read) or "none"),)


def _past(plan: Plan) -> records.EarlierReports:
    """Return the earlier reports that the summary looked at."""
    folder = str(plan.values.get("earlier", ""))
    return records.earlier(folder, brief=plan.inputs.plan.name, week=plan.week)


def inputs(plan: Plan) -> str:
    """Return one SHA-256 over all that a report is made of: one of the same has the same numbers and words.

    Brief and data, values, notebooks, this version, and the earlier reports that are looked at.
    """
    pages = [(source.name, source.text) for source in plan.sources]
    brief = records.content(plan.inputs.plan, plan.inputs.in_force)
    every = [plan.inputs.state, dict(plan.values), pages, paths.VERSION, brief, _past(plan).files]
    return hashlib.sha256(json.dumps(every, sort_keys=True).encode()).hexdigest()


def provenance(
    started: datetime, mark: str, seconds: float, results: Sequence[JobResult]
) -> tuple[tuple[str, str], ...]:
    """Return when and with what a report was made; nothing in it names the machine or its user.

    mark: the run's own name, so that two pages of different runs can be told apart.
    """
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    times = [f"{result['name']} {result['seconds']:.1f} s" for result in results]
    return (
        ("Run", moment(started)),
        ("Run mark", mark),
        ("Run time", f"{seconds:.1f} s: {', '.join(times)}"),
        ("Commit", _commit()),
        ("Python", platform.python_version()),
        ("Packages", ", ".join(versions)),
    )


def _commit() -> str:
    """Return the commit of the checkout or workspace, marked where files differ from it, or "unknown"."""
    if paths.PROJECT is None:  # a folder that holds anything: its git settings may name programs
        return "unknown"
    git = ["git", "-C", str(paths.PROJECT), "-c", "core.fsmonitor=false"]
    ask = partial(
        subprocess.run, capture_output=True, text=True, timeout=10, env=processes.environment(os.environ)
    )
    try:
        commit = ask([*git, "rev-parse", "--short=12", "HEAD"])
        changed = ask([*git, "status", "--porcelain"])
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    if commit.returncode:
        return "unknown"
    return commit.stdout.strip() + (" with changes" if changed.stdout.strip() else "")


def single_page(
    name: str,
    values: Mapping[str, Plain],
    started: datetime,
    banners: Sequence[str] = (),
    notebooks: Path = paths.NOTEBOOKS,
) -> str:
    """Execute a notebook and return its page outside any report, without links to other pages.

    name: of its file, without the ending. banners: what stands above everything on the page.
    Raises InputError for a name, a parameter or a value that cannot be, PageFailed where a cell failed.
    """
    sources = {source.name: source for source in parameters.notebooks(notebooks)}
    if name not in sources:
        raise unknown("notebook", name, sources)
    source = sources[name]
    checked = parameters.checked([source], values)
    [job] = execution.jobs([source], checked)
    result = execution.executed(job)
    if result["problem"]:
        raise PageFailed(f"{name}, {result['problem']}")
    book = nbformat.reads(result["notebook"], as_version=4)
    page = gather.page(name, book)
    versions = provenance(started, "", result["seconds"], [result])
    alone = html.Report("", "", page.title, tuple(banners), (page,), (), versions, alone=True)
    return html.notebook_page(book, source, checked, alone)
