"""JSON records -> one table, nested names joined with dots."""

from collections.abc import Iterator

from nanospread.ingest import documents
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "json"
WHAT = "JSON or JSON lines: a list of flat records, in an object or not; nested names are `owner.username`"
FALLBACK = True


def recognised(export: Export) -> bool:
    """Return if it is JSON."""
    return export.kind == "json"


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the one table."""
    yield documents.sheet(export.name, "", documents.rows(documents.unwrapped(export.objects)))
