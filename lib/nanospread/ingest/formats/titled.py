"""A report made by hand, of several tables one below the other, each under its title -> its tables."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from nanospread.ingest import headers
from nanospread.ingest.export import Export
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import Sheet

NAME = "titled"
WHAT = "a report with several titled tables in one sheet (CSV, XLSX): each table under its title"
KNOWN = 2  # names of columns that a header has, so that a lone cell above it is a title


def recognised(export: Export) -> bool:
    """Return if a sheet has two headers of its own kind, each under a line with one cell."""
    if export.kind not in ("text", "workbook"):
        return False
    starts = any(_title(one) and _is_header(two) for top in export.tops for one, two in pairwise(top))
    return starts and any(len(_tables(sheet)) > 1 for sheet in export.sheets())


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield each table with its title; lines and totals are those of the file."""
    for sheet in export.sheets():
        whole = replace(sheet, records=list(sheet.records))
        above = tuple(f"line {line} above the header: {title}"[:140] for line, title in _above(whole))
        for title, records in _tables(whole):
            yield Sheet(" ".join(title.split())[:60], records, ignored=above)
            above = ()


def _tables(sheet: Sheet) -> list[tuple[str, list[Record]]]:
    """Return the tables of a sheet by title: header and rows, as wide as the header."""
    found: list[tuple[str, list[Record]]] = []
    title, width = "", 0
    for line, cells in sheet.records:
        if isinstance(cells, str):
            if found:
                found[-1][1].append((line, cells))
        elif name := _title(cells):
            title, width = name, 0
        elif title and not width and _is_header(cells):
            width = _width(cells)
            found.append((title, [(line, cells[:width])]))
        elif width:
            found[-1][1].append((line, cells[: max(width, _width(cells))]))
    return found


def _above(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """Yield the titles that stand over no table of their own, as a report's name."""
    held = [(line, cells) for line, cells in sheet.records if isinstance(cells, list) and _width(cells)]
    for (line, cells), (_, below) in pairwise(held):
        if _title(cells) and not _is_header(below):
            yield line, _title(cells)


def _width(cells: Sequence[str]) -> int:
    return max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _title(cells: Sequence[str]) -> str:
    """Return the one cell of a line that stands first and alone, "" where others are beside it."""
    return cells[0].strip() if _width(cells) == 1 and not cells[0].lstrip().startswith("#") else ""


def _is_header(cells: Sequence[str]) -> bool:
    return sum(headers.plain(cell) in headers.names() for cell in cells if cell.strip()) >= KNOWN
