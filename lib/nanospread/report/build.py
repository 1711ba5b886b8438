"""Plan + executed notebooks -> the whole report in staging: pages, numbers, tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from nanospread.pages import show
from nanospread.report import about, front, gather, glossary, html, mail, publish, run, workbook
from nanospread.report.changes import records
from nanospread.report.plan import LOOKS_BACK, Plan

ASIDE = ("brief", "data", *LOOKS_BACK)  # parameters that name files, or stand elsewhere


def built(plan: Plan, results: Sequence[run.Executed], seconds: float) -> Path:
    """Build the whole report in staging, and return that folder.

    seconds: how long the notebooks took. Raises GatherError where the notebooks contradict one another.
    """
    books = {result["name"]: nbformat.reads(result["notebook"], as_version=4) for result in results}
    found, tables = gather.metrics(books), gather.tables(books)
    pages = tuple(gather.page(name, book) for name, book in books.items())
    made = about.provenance(plan.started, plan.mark, seconds, results)
    report = about.report(plan.inputs, plan.week, plan.values, plan.effective, pages, made)
    files: dict[str, str | bytes] = {
        f"csv/{name}.csv": gather.csv_text(t["columns"], t["rows"]) for name, t in tables.items()
    }
    files |= {"csv/metrics.csv": gather.metrics_csv(found)} if found else {}
    files |= {"tables.xlsx": workbook.xlsx(tables)} if tables else {}
    files["metrics.json"] = show.printable(gather.json_text(_record(plan, found)))
    verdict = next(iter(gather.sentences(next(iter(books.values())))), [])
    files |= mail.files(report, verdict, books)
    texts = {
        "index.html": front.front_page(report, verdict, books, sorted(files)),
        glossary.PAGE: html.page("glossary.html.j2", report=report, terms=glossary.terms()),
        "summary.json": gather.json_text(_summary(plan, report, verdict)),
        "provenance.json": gather.json_text(dict(report.provenance)),
    }
    own = {f"{s.name}.html": html.notebook_page(books[s.name], s, plan.values, report) for s in plan.sources}
    folder = publish.staging(plan.out, plan.week, plan.inputs.brief)
    for name, content in {**texts, **own, **files}.items():
        publish.replace_file(folder / name, content)
    return folder


def _record(plan: Plan, found: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    inputs = plan.inputs
    return records.record(
        name=inputs.brief,
        week=plan.week,
        plan=inputs.plan,
        in_force=inputs.in_force,
        data=records.Data(sha256=inputs.data_sha256, first=inputs.first.date(), newest=inputs.newest.date()),
        parameters={name: value for name, value in plan.effective.items() if name not in ASIDE},
        metrics=found,
    )


def _summary(plan: Plan, report: html.Report, verdict: Sequence[str]) -> dict[str, object]:
    return {
        "title": report.title,
        "week": plan.week,
        "verdict": verdict[0] if verdict else "",
        "newest_post": f"{plan.inputs.newest:%Y-%m-%d}",
        "synthetic": plan.inputs.synthetic,
    }
