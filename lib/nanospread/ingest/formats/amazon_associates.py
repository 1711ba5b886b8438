"""Amazon Associates' earnings, CSV or TSV in its languages -> items by tracking id and day."""

from collections.abc import Iterator
from functools import partial

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "amazon-associates"
WHAT = "Amazon Associates earnings (CSV, TSV, translated): items, revenue and fees by tracking id and day"
NEEDS = order_tables.needs("link day orders value")
ITEMS = "no order ids: what counts here are items shipped, and identical rows are items of their own"


def recognised(export: Export) -> bool:
    """Return if a header has the tracking id beside items shipped and revenue."""
    return export.kind != "json" and order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield one row for each tracking id and day; revenue below 0 is returned."""
    for part in order_tables.parts(export, NAME, NEEDS):
        dollars = part.currency == "USD"
        rows = order_rows.stepped(part.rows, partial(_day, us=dollars))
        rows = order_rows.once(rows, ("from", "link"))
        yield part.plain or order_rows.sheet(export, NAME, order_tables.with_notes(part, ITEMS), rows)


def _day(cells: Cells, *, us: bool) -> Cells:
    day = order_rows.month_first(cells.get("day", "")) if us else cells.get("day", "")
    return {**cells, "from": day, "to": day}
