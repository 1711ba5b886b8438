"""Rakuten's signature orders report (CSV), a row for each SKU -> one row for each order."""

from collections.abc import Iterator

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "rakuten"
WHAT = "Rakuten orders (CSV): a row for each SKU, returns below 0; the member id (U1) is the link"
NEEDS = order_tables.needs("order link value commission item")


def recognised(export: Export) -> bool:
    """Return if a header has Rakuten's member id, SKU and commission."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders; the very same row twice is one."""
    yield from order_rows.orders(export, NAME, NEEDS, _order)


def _order(cells: Cells) -> Cells:
    when = order_rows.month_first(cells.get("ordered_at", ""), cells.get("time", ""))
    return {**cells, "ordered_at": when}
