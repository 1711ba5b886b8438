"""Executed notebook -> one HTML page that needs nothing else: no script, no request, nothing active."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import mistune
import nbformat
import nh3
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import strip_ansi

from nanospread.pages import show
from nanospread.report import glossary, regions
from nanospread.report.gather import Page
from nanospread.report.parameters import TAG, Notebook, Plain
from nanospread.report.run import INJECTED

TEMPLATE = Path(__file__).parent / "template"
CELLS = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
WORDS = {
    "p",
    "br",
    "hr",
    "strong",
    "em",
    "b",
    "i",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "blockquote",
    "del",
    "sub",
    "sup",
}
ATTRIBUTES = {"th": {"scope", "colspan", "rowspan"}, "td": {"colspan", "rowspan"}}
CLASSES = {"th": {"num", "term"}, "td": {"num"}}


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


@dataclass(frozen=True)
class Heading:
    """One entry of a page's table of contents."""

    level: int
    text: str
    slug: str


def notebook_page(
    book: nbformat.NotebookNode, source: Notebook, values: Mapping[str, Plain], report: Report
) -> str:
    """Return the page of one executed notebook."""
    shown, headings, lead = _prepared(book)
    page = next(page for page in report.pages if page.name == source.name)
    rows = [(p.name, written(p.name, values.get(p.name, p.default)), p.meaning) for p in source.parameters]
    details = {"report": report, "page": page, "headings": headings, "lead": lead, "parameters": rows}
    html, _ = _exporter().from_notebook_node(shown, resources={**details, "tag": TAG, "labels": {}})
    return str(html) if report.alone else glossary.linked(str(html))


def page(template: str, **content: Any) -> str:
    """Return one of the report's own pages (front page, failed run, list of reports) from its template."""
    return str(_exporter().environment.get_template(template).render(**content))


def written(name: str, value: Plain) -> str:
    """Return a parameter as the report shows it: never a path of this machine, only the last part of it."""
    if name in ("data", "brief"):
        return Path(str(value)).name if value else "bundled sample"
    if name == "earlier":
        return "the reports before this week" if value else "none"
    if value is None or value == "":
        return "not set: the brief's own"
    return f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def markdown(text: str, slugs: Sequence[str] = ()) -> str:
    """Return Markdown that the notebook's author wrote as clean HTML; its headings get the given slugs."""
    html = str(_markdown()(text))
    names = iter(slugs)
    html = re.sub(r"<h[1-6]>", lambda m: _open_heading(m[0], next(names, "")), html).replace("</h1>", "</h2>")
    tags = CELLS | WORDS | {"a", "h2", "h3", "h4", "h5", "h6"}
    links = {"a": {"href"}, **{f"h{n}": {"id"} for n in range(2, 7)}}
    clean = nh3.clean(html, tags=tags, attributes=ATTRIBUTES | links, url_schemes={"https", "http", "mailto"})
    return regions.tables(clean, {})


def output_markdown(text: str) -> str:
    """Return Markdown that a cell computed as clean HTML: no links, no headings, no images."""
    return regions.tables(
        nh3.clean(str(_markdown()(show.printable(text))), tags=CELLS | WORDS, attributes=ATTRIBUTES), {}
    )


def output_html(text: str, labels: dict[str, int]) -> str:
    """Return HTML that a cell computed, cleaned to tables and words; each table scrolls in its own region."""
    plain = show.printable(text)
    clean = nh3.clean(plain, tags=CELLS | WORDS, attributes=ATTRIBUTES, allowed_classes=CLASSES)
    return regions.tables(clean, labels)


def contents(cells: Sequence[nbformat.NotebookNode]) -> list[list[Heading]]:
    """Return the headings of each cell, with slugs that are unique on the page."""
    taken: dict[str, int] = {}
    found: list[list[Heading]] = []
    for cell in cells:
        html = str(_markdown()(cell.source)) if cell.cell_type == "markdown" else ""
        texts = [
            (int(n), regions.words(inner))
            for n, inner in re.findall(r"<h([1-6])>(.*?)</h\1>", html, re.DOTALL)
        ]
        found.append([Heading(max(level, 2), text, _slug(text, taken)) for level, text in texts])
    return found


def _prepared(book: nbformat.NotebookNode) -> tuple[nbformat.NotebookNode, list[Heading], str]:
    """Return the notebook without what a reader does not need, its headings, and its opening words."""
    shown = nbformat.from_dict(book)
    shown.cells = list(_answers_first(cell for cell in book.cells if not _hidden(cell)))
    lead = ""
    if shown.cells and shown.cells[0].cell_type == "markdown":
        opening = shown.cells.pop(0).source
        lead = markdown("\n".join(line for line in opening.splitlines() if not line.startswith("# ")))
    headings = contents(shown.cells)
    for cell, own in zip(shown.cells, headings, strict=True):
        if cell.cell_type == "markdown":
            cell.metadata["slugs"] = [heading.slug for heading in own]
    return shown, [heading for own in headings for heading in own if heading.level <= 3], lead


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


def _open_heading(tag: str, slug: str) -> str:
    level = max(int(tag[2]), 2)
    return f'<h{level} id="{escape(slug)}">' if slug else f"<h{level}>"


def _slug(text: str, taken: dict[str, int]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
    taken[base] = taken.get(base, 0) + 1
    return f"s-{base}" if taken[base] == 1 else f"s-{base}-{taken[base]}"


@cache
def _markdown() -> mistune.Markdown:
    return mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])


def _printed(value: object) -> object:
    """Return what a template writes without control characters; clean HTML and numbers as they are."""
    return show.printable(value) if type(value) is str else value


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
    environment.finalize = _printed
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {
        "author_markdown": markdown,
        "output_markdown": output_markdown,
        "output_html": output_html,
        "numbers_behind": regions.numbers_behind,
        "glossary_linked": glossary.linked,
        "kind": lambda interval: interval.rpartition(", ")[2],  # such as "simulation error"
        "no_ansi": strip_ansi,
    }
    environment.globals["css"] = (TEMPLATE / "report.css").read_text(encoding="utf-8")
    return exporter
