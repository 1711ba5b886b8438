"""Executed notebooks -> HTML pages that need nothing else: no request, nothing active but the what-if.

One page for each notebook; that of the first is the front page, which leads to the others and to all files.
The script of the what-if is one file, and the policy of a page that has it names its hash.
"""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import strip_ansi

from nanospread.core import formatting
from nanospread.pages import show, what_if
from nanospread.pages.labels import inside, writer
from nanospread.report import gather, markup, sections
from nanospread.report.gather import Page
from nanospread.report.parameters import Notebook, Plain

TEMPLATE = Path(__file__).parent / "template"
CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True)
class Report:
    """What every page of one report says about it. Only `provenance` differs between two equal runs.

    kicker: days of the week, age of the data and budget, in a few words. alone: there is one page and no
    other to lead to. first: what stands before every answer, such as how few creators it rests on.
    """

    brief: str
    week: str
    title: str
    banners: tuple[str, ...]
    pages: tuple[Page, ...]
    facts: tuple[tuple[str, str], ...]
    provenance: tuple[tuple[str, str], ...]
    alone: bool = False
    kicker: str = ""
    first: tuple[str, ...] = ()

    def place(self, page: Page) -> str:
        """Return the file of a page: the first one is the front page."""
        return "index.html" if page is self.pages[0] else f"{page.name}.html"


def page(template: str, **content: Any) -> str:
    """Return one of the report's own pages (glossary, failed run, list of reports) from its template."""
    return str(_exporter().environment.get_template(template).render(**content))


def number(value: float | None, unit: str) -> str:
    """Return a metric's value in its unit as a reader sees it."""
    if value is None:
        return show.MISSING
    if unit in show.SHARES:
        return formatting.percent(value)
    if CURRENCY.fullmatch(unit):
        return formatting.money(value, unit)
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def written(name: str, value: Plain) -> str:
    """Return a parameter as the report shows it: never a path of this machine, only the last part of it."""
    if name in ("data", "brief"):
        return Path(str(value)).name if value else "bundled sample"
    if name == "earlier":
        return "the reports before this week" if value else "none"
    if value is None or value == "":
        return "as in the campaign plan"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (writer(name) or str)(value) if isinstance(value, int | float) else str(value)


def notebook_page(
    book: nbformat.NotebookNode,
    source: Notebook,
    values: Mapping[str, Plain],
    report: Report,
    files: Sequence[str] = (),
) -> str:
    """Return the page of one executed notebook. files: of the report, which the front page leads to."""
    page = next(page for page in report.pages if page.name == source.name)
    shown = sections.layout(book, page.headline)
    rows = [
        (inside("", p.name), written(p.name, values.get(p.name, p.default)), p.meaning)
        for p in source.parameters
    ]
    front = not report.alone and page is report.pages[0]
    details = {"report": report, "page": page, "front": front, "shown": shown, "parameters": rows}
    details["what_if"] = any(what_if.DATA in data for data in gather.bundles(book))
    cells = nbformat.from_dict({**book, "cells": shown.cells})
    html, _ = _exporter().from_notebook_node(cells, resources={**details, "files": files, "taken": {}})
    return str(html) if report.alone else markup.glossary_linked(str(html))


@cache
def _exporter() -> TemplateExporter:
    exporter = TemplateExporter(
        template_name=TEMPLATE.name,
        extra_template_basedirs=[str(TEMPLATE.parent)],
        template_file="index.html.j2",
        file_extension=".html",
    )
    environment = exporter.environment
    environment.autoescape = True  # what is cleaned HTML already says so in the template: `| safe`
    environment.finalize = lambda value: show.printable(value) if type(value) is str else value
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {
        "author_markdown": markup.markdown,
        "output_markdown": markup.output_markdown,
        "output_html": markup.output_html,
        "figure_basis": markup.figure_basis,
        "numbers_behind": markup.numbers_behind,
        "glossary_linked": markup.glossary_linked,
        "no_ansi": strip_ansi,
        "parsed": json.loads,
        "slug": markup.slug,
    }
    environment.globals["css"] = (TEMPLATE / "report.css").read_text(encoding="utf-8")
    script = (TEMPLATE / "what_if.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    environment.globals |= {"what_if_script": script, "what_if_hash": f"sha256-{digest}"}
    return exporter
