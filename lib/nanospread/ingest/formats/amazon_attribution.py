"""Amazon Attribution's reports, JSON or CSV -> purchases by ad group, within 14 days of a click."""

from collections.abc import Iterator

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "amazon-attribution"
WHAT = "Amazon Attribution (JSON, CSV): purchases and sales by ad group, of the 14 days after a click"
NEEDS = order_tables.needs("orders value link")


def recognised(export: Export) -> bool:
    """Return if records have Amazon's attributed purchases and sales of 14 days."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield one row for each ad group and day."""
    yield from order_rows.orders(export, NAME, NEEDS, _group, key=("from", "link", "utm_campaign"))


def _group(cells: Cells) -> Cells:
    day = cells.get("day", "")
    return {**cells, "from": day, "to": day}
