"""Social Snowball's conversions (CSV) -> orders; the affiliate's name is its link, never an account."""

from collections.abc import Iterator

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "social-snowball"
WHAT = "Social Snowball conversions (CSV): the affiliate's full name stands as the link"
NEEDS = order_tables.needs("order value commission first_name last_name")


def recognised(export: Export) -> bool:
    """Return if a header has the affiliate's name beside order and commission."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders."""
    yield from order_rows.orders(export, NAME, NEEDS, _order)


def _order(cells: Cells) -> Cells:
    names = (cells.get(part, "") for part in ("first_name", "last_name"))
    return {**cells, "link": " ".join(filter(None, names))}
