"""A report's front page: verdict and numbers first."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat

from nanospread.core import formatting
from nanospread.pages import show
from nanospread.report import gather, html

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


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit in show.SHARES:
        return formatting.percent(value)
    if CURRENCY.fullmatch(unit):
        return formatting.money(value, unit)
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()
