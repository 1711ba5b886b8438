"""A Parquet file -> its one table."""

from collections.abc import Iterator

from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "parquet"
WHAT = "Parquet: one table with the same names as a CSV"
FALLBACK = True


def recognised(export: Export) -> bool:
    """Return if it is Parquet."""
    return export.kind == "parquet"


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the one table."""
    return export.sheets()
