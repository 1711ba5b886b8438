"""Executed notebooks -> metrics, tables and sentences, and the files made of them: JSON, CSV."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import nbformat

from nanospread.core import formatting
from nanospread.core.formatting import shortened
from nanospread.pages import labels, show

NAME = re.compile(r"(?!(con|prn|aux|nul|com\d|lpt\d)$)[a-z0-9][a-z0-9_-]{0,63}")  # those are Windows' devices
OURS = ("metrics", "labels")  # files beside those of the tables
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


class GatherError(ValueError):
    """Notebooks that contradict one another, so that no report can be made of them."""


@dataclass(frozen=True)
class Page:
    """What the report's front page needs of one notebook."""

    name: str
    title: str
    headline: str

    @property
    def short(self) -> str:
        """Return a few words for the way from page to page; of a page without a label its question."""
        known = f"page.{self.name}"
        return labels.label(known) if known in labels.labels() else shortened(self.question, 30)

    @property
    def question(self) -> str:
        """Return the title without its number."""
        return self.title.split(" · ")[-1]


def metrics(books: Mapping[str, nbformat.NotebookNode]) -> dict[str, dict[str, Any]]:
    """Return every metric of every notebook by name.

    A summary may repeat a number of another page. Raises GatherError where two pages disagree on one.
    """
    metrics: dict[str, dict[str, Any]] = {}
    shown = _shown(books, show.METRICS)
    for notebook, row in ((notebook, row) for notebook, text in shown for row in show.records(text)):
        name, number = row["metric"], {key: value for key, value in row.items() if key != "metric"}
        known = metrics.setdefault(name, number | {"notebook": notebook})
        if number != {key: value for key, value in known.items() if key != "notebook"}:
            raise GatherError(f"{known['notebook']} and {notebook} disagree on the metric {name!r}")
    return metrics


def tables(books: Mapping[str, nbformat.NotebookNode]) -> dict[str, dict[str, Any]]:
    """Return every named table by name. Raises GatherError on a name used twice or unfit for a file."""
    tables: dict[str, dict[str, Any]] = {}
    shown = _shown(books, show.TABLE)
    for notebook, content in ((notebook, table) for notebook, text in shown for table in show.unpacked(text)):
        name = content["name"]
        if not NAME.fullmatch(name) or name in OURS:
            raise GatherError(
                f"{notebook}: a table cannot be called {name!r} (small letters, digits, - and _)"
            )
        if name in tables:
            raise GatherError(f"table {name!r} is in {tables[name]['notebook']} and again in {notebook}")
        tables[name] = {**content, "notebook": notebook}
    return tables


def sentences(book: nbformat.NotebookNode) -> list[list[str]]:
    """Return the computed sentences of a notebook: one list for each cell that shows some."""
    shown = (data for data in bundles(book) if "text/markdown" in data and "text/plain" in data)
    return [data["text/plain"].splitlines() for data in shown]


def page(name: str, book: nbformat.NotebookNode) -> Page:
    """Return a notebook's question (its first heading) and its answer (the first of its last sentences)."""
    first = next((cell.source for cell in book.cells if cell.cell_type == "markdown"), "")
    heading = next((line.lstrip("# ") for line in first.splitlines() if line.startswith("# ")), name)
    by_cell = sentences(book)
    answer = by_cell[-1][0] if by_cell and by_cell[-1] else ""
    return Page(name, heading, SENTENCE.split(answer)[0])


def json_text(content: object) -> str:
    """Return JSON with sorted keys; a number that JSON does not know is an error."""
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def metrics_csv(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the metrics as a tidy CSV, one row per metric."""
    columns = [*show.METRIC_COLUMNS, "notebook"]
    return formatting.csv_text(
        columns, [[name, *(row.get(c) for c in columns[1:])] for name, row in metrics.items()]
    )


def labels_csv(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the columns of the tables, and the names inside them, are called for a reader."""
    known = labels.labels()
    names = dict.fromkeys(column for table in tables.values() for column in table["columns"])
    of_names = {column for column, row in known.items() if row.format == "name"}
    for table in tables.values():
        named = [at for at, column in enumerate(table["columns"]) if column in of_names]
        names |= dict.fromkeys(str(row[at]) for row in table["rows"] for at in named)
    return formatting.csv_text(labels.Label._fields, [known[name] for name in names if name in known])


def _shown(books: Mapping[str, nbformat.NotebookNode], kind: str) -> Iterator[tuple[str, str]]:
    return ((name, data[kind]) for name, book in books.items() for data in bundles(book) if kind in data)


def bundles(book: nbformat.NotebookNode) -> Iterator[dict[str, Any]]:
    for cell in book.cells:
        for output in cell.get("outputs", []):
            yield dict(output.get("data", {}))
