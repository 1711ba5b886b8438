"""One notebook -> one HTML page of its own, outside any report."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import nbformat

from nanospread.core import paths
from nanospread.core.errors import unknown
from nanospread.report import about, gather, html, parameters, run
from nanospread.report.parameters import Plain


class PageFailed(RuntimeError):  # noqa: N818 - it says what happened to the page
    """A notebook that did not run whole; the text says why in one line."""


def single_page(
    name: str,
    values: Mapping[str, Plain],
    started: datetime,
    banners: Sequence[str] = (),
    notebooks: Path = paths.NOTEBOOKS,
) -> str:
    """Execute a notebook and return its page, without links to other pages.

    name: of its file, without the ending. banners: what stands above everything on the page.
    Raises InputError for a name, a parameter or a value that cannot be, PageFailed where a cell failed.
    """
    sources = {source.name: source for source in parameters.notebooks(notebooks)}
    if name not in sources:
        raise unknown("notebook", name, sources)
    source = sources[name]
    checked = parameters.checked([source], values)
    [job] = run.jobs([source], checked)
    result = run.executed(job)
    if result["problem"]:
        raise PageFailed(f"{name}, {result['problem']}")
    book = nbformat.reads(result["notebook"], as_version=4)
    page = gather.page(name, book)
    made = about.provenance(started, "", result["seconds"], [result])
    alone = html.Report("", "", page.title, tuple(banners), (page,), (), made, alone=True)
    return html.notebook_page(book, source, checked, alone)
