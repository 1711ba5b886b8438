"""A workbook -> each of its sheets that fits a table."""

from collections.abc import Iterator

from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "xlsx"
WHAT = "workbook (.xlsx, .xlsm): each sheet that fits a table; the others are named as left aside"
FALLBACK = True


def recognised(export: Export) -> bool:
    """Return if it is a zip file, as workbooks are."""
    return export.kind == "workbook"


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield every sheet."""
    return export.sheets()
