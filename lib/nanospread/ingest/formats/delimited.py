"""Text with a header line and a delimiter -> its one table, under our names, declared ones or a mapping's."""

from collections.abc import Iterator

from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "csv"
WHAT = "CSV or TSV: any table with a header line; comma, semicolon, tab or bar; UTF-8, UTF-16 or Windows"
FALLBACK = True


def recognised(export: Export) -> bool:
    """Return if it is text and no JSON."""
    return export.kind == "text"


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the one table."""
    return export.sheets()
