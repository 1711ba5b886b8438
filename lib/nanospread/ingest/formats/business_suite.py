"""Meta Business Suite's table of one's own posts, in seven languages -> posts with their insights."""

import functools
from collections.abc import Collection, Iterator

import pandas as pd

from nanospread.core import paths
from nanospread.ingest import headers
from nanospread.ingest.files import Export
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import Sheet

NAME = "business-suite"
WHAT = (
    "Meta Business Suite CSV of posts (English, German, Swedish, Portuguese, Spanish, French, Italian; Views "
    "or Impressions), in any order"
)


@functools.cache
def _words(means: str) -> tuple[tuple[str, str], ...]:
    """Return word and language of what data/business_suite.csv says to mean this, in plain form."""
    rows = pd.read_csv(paths.DATA / "business_suite.csv", dtype=str, keep_default_na=False)
    matches = rows[rows["means"] == means]
    return tuple(zip(map(headers.plain, matches["word"]), matches["language"], strict=True))


def _are_tool_names(names: Collection[str]) -> bool:
    """Return if names are the tool's: of a post and of its time, in one language."""
    languages = [
        {language for word, language in _words(means) if word in names} for means in ("post", "time")
    ]
    return bool(set.intersection(*languages))


def recognised(export: Export) -> bool:
    """Return if a header has the tool's names for a post and its time."""
    if export.kind == "json":
        return False
    return any(
        _are_tool_names({headers.plain(cell) for cell in record}) for top in export.tops for record in top
    )


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the table; a row that counts one day only is refused, since a post has one total."""
    for sheet in export.sheets():
        yield Sheet(sheet.name, _totals(sheet), sheet.header, "posts")


def _totals(sheet: Sheet) -> Iterator[Record]:
    place, width = _place(sheet.header or ()), len(sheet.header or ())
    for line, cells in sheet.records:
        if isinstance(cells, list) and place < 0:
            place, width = _place(cells), len(cells)
        elif isinstance(cells, list) and len(cells) == width and _is_day(cells[place]):
            yield line, "counts of one day, not of the post's whole life"
            continue
        yield line, cells


def _place(header: tuple[str, ...] | list[str]) -> int:
    """Return where a header has the span of its counts, -1 where it has none."""
    names, spans = [headers.plain(name) for name in header], dict(_words("span"))
    of_tool = _are_tool_names(names)
    return next((at for at, name in enumerate(names) if of_tool and name in spans), -1)


def _is_day(cell: str) -> bool:
    return headers.plain(cell) not in dict(_words("life")) and any(map(str.isdigit, cell))
