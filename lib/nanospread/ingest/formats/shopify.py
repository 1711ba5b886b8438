"""Shopify's CSV of orders, a row for each line item -> one row for each order."""

from collections.abc import Iterator, Mapping

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.order_rows import LINE_ITEM, YES
from nanospread.ingest.order_tables import Cells, Early
from nanospread.ingest.sheets import Sheet

NAME = "shopify"
WHAT = "Shopify orders (CSV): total, codes, refunds; line items belong to their order; UTM of notes"
NEEDS = order_tables.needs("order state item", "order value item")


def recognised(export: Export) -> bool:
    """Return if a header has the order's Name beside line items."""
    return export.kind != "json" and order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders: order-level cells stand on one row of each alone."""
    for part in order_tables.parts(export, NAME, NEEDS, early=_items):
        yield part.plain or order_rows.sheet(export, NAME, part, _orders(part.rows))


def _items() -> Early:
    """Return what tells the line items that stand below their order's own row."""
    told: set[str] = set()

    def why(cells: Mapping[str, str]) -> str:
        if not _is_whole(cells):
            return LINE_ITEM if cells["order"] in told else ""
        told.add(cells["order"])
        return ""

    return why


def _orders(rows: list[Row]) -> Iterator[Row]:
    given = [cells for _, cells in rows if not isinstance(cells, str)]
    told = {cells["order"] for cells in given if _is_whole(cells)}
    for line, cells in order_tables.drain(rows):
        if isinstance(cells, str):
            yield line, cells
        elif not _is_whole(cells) and cells["order"] in told:
            yield line, LINE_ITEM
        else:
            told.add(cells["order"])  # a file that is cut has items without their order's own row
            yield line, _order(order_tables.whole(cells))


def _is_whole(cells: Mapping[str, str]) -> bool:
    return bool(cells.get("state") or cells.get("value"))


def _order(cells: Cells) -> Cells:
    bogus = "bogus" in cells.get("payment", "").casefold()
    state = "cancelled" if cells.get("cancelled") else cells.get("state", "")
    return {**order_rows.utm(cells.get("notes", "")), **cells, "state": state, "test": YES[0] * bogus}
