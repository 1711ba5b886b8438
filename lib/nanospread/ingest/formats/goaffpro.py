"""GoAffPro's orders, JSON or CSV -> orders."""

from collections.abc import Iterator

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "goaffpro"
WHAT = "GoAffPro orders (JSON, CSV): affiliate, total, commission; its names are those of one client's code"
NEEDS = order_tables.needs("order value commission link")


def recognised(export: Export) -> bool:
    """Return if records have GoAffPro's order_number, order_total and affiliate_id."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders."""
    yield from order_rows.orders(export, NAME, NEEDS)
