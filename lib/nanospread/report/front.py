"""A report's front page, and the list of all reports, from what is on disk."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from nanospread import display, findings
from nanospread.report import gather, html, publish

FAILED = ".failed"
CURRENCY = re.compile("[A-Z]{3}")
KEY_FIGURES = 7


def front_page(
    report: html.Report,
    verdict: Sequence[str],
    books: Mapping[str, nbformat.NotebookNode],
    files: Sequence[str],
) -> str:
    """Return the first page: verdict, the first notebook's numbers, the way to each page."""
    first = dict([next(iter(books.items()))])
    figures = [key_figure(name, row) for name, row in gather.metrics(first).items()][:KEY_FIGURES]
    return html.page("front.html.j2", report=report, verdict=verdict, figures=figures, files=files)


def key_figure(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    """Return one metric as the front page shows it: value and interval, with basis and formula."""
    low, high = (_number(row.get(end), row["unit"]) for end in ("low", "high"))
    kind = "95% interval" if row.get("se") is None else "simulation error"  # says nothing of the assumptions
    return {
        "name": row.get("label") or name.replace("_", " "),
        "value": _number(row["value"], row["unit"]) or "–",
        "interval": f"{low} to {high}, {kind}" if low and high else "",
        "basis": row["basis"],
        "formula": row["formula"],
    }


def summary(folder: Path) -> dict[str, Any]:
    """Return what a published report says of itself; a report whose summary cannot be read says so."""
    try:
        found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        return {"title": str(found["title"]), "verdict": str(found["verdict"]), "readable": True}
    except (OSError, ValueError, KeyError, TypeError):
        return {
            "title": folder.name,
            "verdict": "The summary of this report cannot be read.",
            "readable": False,
        }


def rebuild_list(out: Path) -> None:
    """Write the list of all reports in `out`, newest week first."""
    with publish.index_lock(out):
        weeks = [(week.name, _runs(week)) for week in sorted(out.glob("[0-9]*-W[0-9][0-9]"), reverse=True)]
        page = html.page("list.html.j2", weeks=[(name, runs) for name, runs in weeks if runs])
        publish.replace_file(out / "index.html", page)


def _runs(week: Path) -> list[dict[str, str]]:
    return [_run(folder) for folder in sorted(week.iterdir()) if (folder / "index.html").exists()]


def _run(folder: Path) -> dict[str, str]:
    said = summary(folder)
    status = "failed" if folder.name.endswith(FAILED) else "published" if said["readable"] else "unreadable"
    return {"folder": folder.name, "title": said["title"], "verdict": said["verdict"], "status": status}


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit in display.SHARES:
        return findings.percent(value)
    if CURRENCY.fullmatch(unit):
        return findings.money(value, unit)
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()
