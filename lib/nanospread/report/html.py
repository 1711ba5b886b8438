"""Executed notebooks -> HTML pages that need nothing else: no script, no request, nothing active.

One page for each notebook, and the front page that puts verdict and numbers first.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import strip_ansi

from nanospread.core import formatting
from nanospread.pages import show
from nanospread.report import gather, markup
from nanospread.report.execution import INJECTED
from nanospread.report.gather import Page
from nanospread.report.markup import Heading
from nanospread.report.parameters import TAG, Notebook, Plain

TEMPLATE = Path(__file__).parent / "template"
CURRENCY = re.compile("[A-Z]{3}")
KEY_FIGURES = 7


@dataclass(frozen=True)
class Report:
    """What every page of one report says about it. Only `provenance` differs between two equal runs.

    alone: there is one page and no other to lead to.
    """

    brief: str
    week: str
    title: str
    banners: tuple[str, ...]
    pages: tuple[Page, ...]
    facts: tuple[tuple[str, str], ...]
    provenance: tuple[tuple[str, str], ...]
    alone: bool = False


def page(template: str, **content: Any) -> str:
    """Return one of the report's own pages (front page, failed run, list of reports) from its template."""
    return str(_exporter().environment.get_template(template).render(**content))


def front_page(
    report: Report, verdict: Sequence[str], books: Mapping[str, nbformat.NotebookNode], files: Sequence[str]
) -> str:
    """Return the first page: verdict, the first notebook's numbers, the way to each page."""
    return page("front.html.j2", report=report, verdict=verdict, figures=key_figures(books), files=files)


def key_figures(books: Mapping[str, nbformat.NotebookNode]) -> list[dict[str, str]]:
    """Return the first metrics of the first notebook, as front page and mail show them."""
    first = dict([next(iter(books.items()))])
    return [key_figure(name, row) for name, row in gather.metrics(first).items()][:KEY_FIGURES]


def key_figure(name: str, row: Mapping[str, Any]) -> dict[str, str]:
    """Return one metric as a reader sees it: value and interval, with basis and formula.

    A simulated number has no interval here: its own error says nothing of what is not known.
    """
    ends = ("low", "high") if row.get("se") is None else ()
    interval = " to ".join(filter(None, (_number(row.get(end), row["unit"]) for end in ends)))
    return {
        "name": row["label"],
        "value": _number(row["value"], row["unit"]) or "–",
        "interval": f"{interval}, 95% interval" if interval else "",
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


def written(name: str, value: Plain) -> str:
    """Return a parameter as the report shows it: never a path of this machine, only the last part of it."""
    if name in ("data", "brief"):
        return Path(str(value)).name if value else "bundled sample"
    if name == "earlier":
        return "the reports before this week" if value else "none"
    if value is None or value == "":
        return "not set: the brief's own"
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def notebook_page(
    book: nbformat.NotebookNode, source: Notebook, values: Mapping[str, Plain], report: Report
) -> str:
    """Return the page of one executed notebook."""
    shown, headings, lead = _prepared(book)
    page = next(page for page in report.pages if page.name == source.name)
    rows = [(p.name, written(p.name, values.get(p.name, p.default)), p.meaning) for p in source.parameters]
    details = {"report": report, "page": page, "headings": headings, "lead": lead, "parameters": rows}
    html, _ = _exporter().from_notebook_node(shown, resources={**details, "tag": TAG, "labels": {}})
    return str(html) if report.alone else markup.glossary_linked(str(html))


def _prepared(book: nbformat.NotebookNode) -> tuple[nbformat.NotebookNode, list[Heading], str]:
    """Return the notebook without what a reader does not need, its headings, and its opening words."""
    shown = nbformat.from_dict(book)
    shown.cells = list(_answers_first(cell for cell in book.cells if not _hidden(cell)))
    lead = ""
    if shown.cells and shown.cells[0].cell_type == "markdown":
        opening = shown.cells.pop(0).source
        lead = markup.markdown("\n".join(line for line in opening.splitlines() if not line.startswith("# ")))
    by_cell = markup.headings(shown.cells)
    for cell, headings in zip(shown.cells, by_cell, strict=True):
        if cell.cell_type == "markdown":
            cell.metadata["slugs"] = [heading.slug for heading in headings]
    return shown, [heading for headings in by_cell for heading in headings if heading.level <= 3], lead


def _answers_first(cells: Iterable[nbformat.NotebookNode]) -> Iterator[nbformat.NotebookNode]:
    """Yield each answer before its code; code that shows nothing is joined to the next."""
    waiting: list[nbformat.NotebookNode] = []
    for cell in cells:
        if cell.cell_type != "code" or TAG in cell.metadata.get("tags", []):
            yield from _joined(waiting)
            yield cell
            waiting = []
        elif cell.outputs:
            yield nbformat.from_dict({**cell, "source": ""})
            yield from _joined([*waiting, cell])
            waiting = []
        else:
            waiting.append(cell)
    yield from _joined(waiting)


def _joined(cells: Sequence[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    source = "\n\n".join(cell.source for cell in cells)
    return [nbformat.v4.new_code_cell(source, id=f"{cells[-1].id}-code")] if cells else []


def _hidden(cell: nbformat.NotebookNode) -> bool:
    if cell.cell_type != "code":
        return not cell.source.strip()
    tags = cell.metadata.get("tags", [])
    return INJECTED in tags or (not cell.outputs and TAG not in tags and _only_imports(cell.source))


def _only_imports(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in body)


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
        "numbers_behind": markup.numbers_behind,
        "glossary_linked": markup.glossary_linked,
        "no_ansi": strip_ansi,
        "slug": markup.slug,
    }
    environment.globals["css"] = (TEMPLATE / "report.css").read_text(encoding="utf-8")
    return exporter
