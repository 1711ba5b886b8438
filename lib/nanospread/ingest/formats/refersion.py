"""Refersion's conversions, JSON or CSV -> orders; test conversions are told as such."""

from collections.abc import Iterator

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "refersion"
WHAT = "Refersion conversions (JSON, CSV): affiliate, coupon; test conversions are told as such"
NEEDS = order_tables.needs("order value state commission test", "order value state commission code link")


def recognised(export: Export) -> bool:
    """Return if records have Refersion's names for an order, its commission and affiliate."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders; a cancellation counts as cancelled."""
    yield from order_rows.orders(export, NAME, NEEDS, _order)


def _order(cells: Cells) -> Cells:
    state = cells.get("state", "")
    return {**cells, "state": "cancelled" if state.upper().startswith("CANCELLATION") else state}
