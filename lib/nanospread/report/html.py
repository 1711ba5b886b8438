"""Executed notebooks -> HTML pages that need nothing else: no request, nothing active but the what-if.

One page for each notebook; that of the first is the front page, which leads to the others and to all files.
The script of the what-if is one file, and the policy of a page that has it names its hash.

A page says each answer once. A cell tagged `fold`, the checked numbers and any table of more than six columns
are folded under their caption. A section with nothing to show is left out; one with nothing but tagged folds
goes to the end, where the code is.
"""

import ast
import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters import strip_ansi
from nbformat.v4 import new_notebook

from nanospread.core import formatting
from nanospread.pages import show, what_if
from nanospread.pages.changes import amount
from nanospread.pages.labels import inside, writer
from nanospread.report import gather, markup
from nanospread.report.execution import INJECTED
from nanospread.report.gather import Page
from nanospread.report.markup import Heading
from nanospread.report.parameters import TAG, Notebook, Plain

TEMPLATE = Path(__file__).parent / "template"
FOLD = "fold"  # the tag of a cell whose outputs are folded
COLUMNS = 6  # of a table that stands open
ROW, CELL = re.compile(r"<tr>(.*?)</tr>", re.DOTALL), re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)
SECOND = re.compile(r"^## (.*)", re.MULTILINE)
BADGE = re.compile(r'<em class="basis[^"]*">(.*?)</em>')
COLUMN, CAPTION = '<th scope="col"', re.compile(r"<caption>(.*?)(?: <em\b.*?)?</caption>", re.DOTALL)


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
    return show.MISSING if value is None else amount(value, unit)


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
    shown = layout(book, page.headline)
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
        "no_ansi": strip_ansi,
        "parsed": json.loads,
        "slug": markup.slug,
    }
    environment.globals["css"] = (TEMPLATE / "report.css").read_text(encoding="utf-8")
    script = (TEMPLATE / "what_if.js").read_text(encoding="utf-8")
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    environment.globals |= {"what_if_script": script, "what_if_hash": f"sha256-{digest}"}
    return exporter


@dataclass(frozen=True)
class Layout:
    """What a page shows of a notebook: its cells in order, the sections they open, its lead and its code.

    sentences: every sentence that was computed, once.
    """

    cells: list[nbformat.NotebookNode]
    headings: list[Heading]
    lead: str
    code: str
    sentences: frozenset[str]


@dataclass
class _Section:
    cells: list[nbformat.NotebookNode] = field(default_factory=list)
    heading: Heading | None = None

    @property
    def empty(self) -> bool:
        """Return whether cells of code are there and none of them shows anything."""
        code = [cell for cell in self.cells if cell.cell_type == "code"]
        return bool(code) and not any(cell.outputs for cell in code)

    @property
    def aside(self) -> bool:
        """Return whether all that it shows is folded by choice."""
        shown = [cell for cell in self.cells if cell.cell_type == "code" and cell.outputs]
        return bool(shown) and all(cell.metadata.get("aside") for cell in shown)


def layout(book: nbformat.NotebookNode, headline: str = "") -> Layout:
    """Return a notebook as its page shows it. headline: the sentence that already stands at the top."""
    cells, lead = list(book.cells), ""
    if cells and cells[0].cell_type == "markdown":
        opening = cells.pop(0).source
        lead = markup.markdown("\n".join(line for line in opening.splitlines() if not line.startswith("# ")))
    code = "\n\n".join(cell.source for cell in cells if cell.cell_type == "code" and _is_for_readers(cell))
    sentences, visible = {headline}, []
    for cell in cells:
        if cell.cell_type == "code":
            if TAG not in cell.metadata.get("tags", []):
                outputs = [new for output in cell.outputs if (new := _once(output, sentences))]
                visible.append(_folded(nbformat.from_dict({**cell, "source": "", "outputs": outputs})))
        elif cell.source.strip():
            visible.append(nbformat.from_dict(cell))
    sections = [section for section in _sections(visible) if not section.empty]
    sections.sort(key=lambda section: section.aside)
    ordered = [cell for section in sections for cell in _opened(section)]
    opened = [each.heading for each in sections if each.heading and not each.aside]
    return Layout(ordered, opened, lead, code, frozenset(sentences))


class Grid(NamedTuple):
    """A table as text: rows below a head, and what its numbers rest on in the words of its badges."""

    rows: list[list[str]]
    basis: str


class SectionText(NamedTuple):
    """What stands open in a section: its heading, its sentences and its tables."""

    head: str
    lines: list[str]
    tables: list[Grid]


def section_texts(book: nbformat.NotebookNode) -> list[SectionText]:
    """Return the sections of a notebook's page as words: what is neither folded nor a figure."""
    parts = [SectionText("", [], [])]
    for cell in layout(book).cells:
        if cell.cell_type == "markdown":
            parts += [SectionText(head, [], []) for head in SECOND.findall(cell.source)]
        elif "fold" not in cell.metadata:
            parts[-1].lines.extend(
                line for lines in gather.sentences(new_notebook(cells=[cell])) for line in lines
            )
            shown = (output.get("data", {}).get("text/html", "") for output in cell.outputs)
            parts[-1].tables.extend(filter(_even, map(_grid, shown)))
    return [part for part in parts if part.lines or part.tables]


def _grid(table: str) -> Grid:
    """Return a table of ours as text, row by row."""
    rows = [[unescape(cell) for cell in CELL.findall(row)] for row in ROW.findall(table)]
    return Grid(rows, "; ".join(map(unescape, BADGE.findall(table))))


def _even(grid: Grid) -> bool:
    """Return whether a table has a row and as many cells in each."""
    return len(grid.rows) > 1 and len({len(row) for row in grid.rows}) == 1


def _is_for_readers(cell: nbformat.NotebookNode) -> bool:
    """Return whether a cell's code is for readers: no imports alone, no parameters."""
    tags = cell.metadata.get("tags", [])
    return not {INJECTED, TAG} & {*tags} and not (not cell.outputs and _only_imports(cell.source))


def _only_imports(source: str) -> bool:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in body)


def _once(output: nbformat.NotebookNode, sentences: set[str]) -> nbformat.NotebookNode | None:
    """Return an output without the sentences that the page has said, and add its own; None for nothing."""
    data = output.get("data", {})
    lines = "".join(data.get("text/plain", "")).splitlines()
    if "text/markdown" not in data or show.text(*lines).data["text/markdown"] != data["text/markdown"]:
        return output
    new = [" ".join(part for part in gather.SENTENCE.split(line) if _new(part, sentences)) for line in lines]
    kept = [line for line in new if line]
    return nbformat.from_dict({**output, "data": dict(show.text(kept).data)}) if kept else None


def _new(sentence: str, sentences: set[str]) -> bool:
    fresh = sentence not in sentences
    sentences.add(sentence)
    return fresh


def _folded(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Return a cell with the words that its fold is opened by, if it has one."""
    tagged = FOLD in cell.metadata.get("tags", [])
    bundles: list[dict[str, Any]] = [dict(output.get("data", {})) for output in cell.outputs]
    checked = any(show.METRICS in data for data in bundles)
    wide = any(data.get("text/html", "").count(COLUMN) > COLUMNS for data in bundles)
    cell.metadata["aside"] = tagged or checked
    if cell.outputs and (tagged or checked or wide):
        cell.metadata["fold"] = next(filter(None, map(_title, cell.outputs)), "More")
    return cell


def _title(output: nbformat.NotebookNode) -> str:
    """Return what an output is about: a table's caption, a figure's finding, a text's first sentence."""
    data = output.get("data", {})
    if caption := CAPTION.search(data.get("text/html", "")):
        return unescape(caption[1])
    plain = "".join(data.get("text/plain", "")).splitlines()
    return formatting.capital(gather.SENTENCE.split(plain[0])[0].rstrip(".")) if plain else ""


def _sections(cells: Iterable[nbformat.NotebookNode]) -> list[_Section]:
    """Return the cells by the headings of level 2 that open them."""
    listed = list(cells)
    sections = [_Section()]
    for cell, headings in zip(listed, markup.headings(listed), strict=True):
        if cell.cell_type == "markdown":
            cell.metadata["slugs"] = [heading.slug for heading in headings]
        if first := next((heading for heading in headings if heading.level == 2), None):
            sections.append(_Section(heading=first))
        sections[-1].cells.append(cell)
    return [section for section in sections if section.cells]


def _opened(section: _Section) -> Sequence[nbformat.NotebookNode]:
    """Return the cells of a section; what is only folded needs no heading, since each fold has its own."""
    cells = section.cells
    if section.aside:
        return [cell for cell in cells if cell.cell_type == "code" and cell.outputs]
    if section.heading:
        cells[0].metadata["opens"] = section.heading.slug
    return cells
