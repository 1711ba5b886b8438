"""Awin's transactions, JSON or CSV -> orders; those of one order, voucher and site add up."""

from collections.abc import Iterator

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "awin"
WHAT = "Awin transactions (JSON, CSV): voucher, site, amounts with their currency; a later state counts"
NEEDS = order_tables.needs("order value state commission")


def recognised(export: Export) -> bool:
    """Return if records have Awin's orderRef, saleAmount and commissionStatus."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders, deleted transactions as cancelled."""
    yield from order_rows.orders(export, NAME, NEEDS)
