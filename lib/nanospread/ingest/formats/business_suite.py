"""Meta Business Suite's table of one's own posts, in three languages -> posts with their insights."""

from collections.abc import Iterator

from nanospread.ingest import headers
from nanospread.ingest.export import Export
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import Sheet

NAME = "business-suite"
WHAT = "Meta Business Suite CSV of posts (English, German, Swedish; with Views or Impressions), in any order"
OWN = (  # names that stand together in no other tool's header
    ("postid", "publishtime"),
    ("beitrags-id", "veröffentlichungszeitpunkt"),
    ("publicerings-id", "publiceringstid"),
)
DATES = ("date", "datum")
WHOLE_LIFE = ("", "lifetime", "gesamte laufzeit", "gesamtlaufzeit", "laufzeit", "livstid", "hela livslängden")


def recognised(export: Export) -> bool:
    """Return if a header has the tool's names for a post and its time."""
    return export.kind != "json" and any(export.has(*names) for names in OWN)


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
    names = [headers.plain(name) for name in header]
    ours = any(set(own) <= set(names) for own in OWN)
    return next((at for at, name in enumerate(names) if ours and name in DATES), -1)


def _is_day(cell: str) -> bool:
    return cell.strip().casefold() not in WHOLE_LIFE and any(map(str.isdigit, cell))
