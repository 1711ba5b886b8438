"""Impact's actions, JSON or CSV -> orders: what was intended, and what was taken back since."""

from collections.abc import Iterator

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "impact"
WHAT = "Impact actions (JSON, CSV): partner, promo code, amounts before and after reversals"
NEEDS = order_tables.needs("order state value now", "order state now commission")


def recognised(export: Export) -> bool:
    """Return if records have Impact's Oid, State and amounts."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders; an action that was reduced since is refunded by the difference."""
    yield from order_rows.orders(export, NAME, NEEDS, _order)


def _order(cells: Cells) -> Cells:
    intended, now = cells.get("value", ""), cells.get("now", "")
    try:
        back = float(intended) - float(now)
    except ValueError:
        return {**cells, "value": intended or now}
    more = {"refunded": order_rows.number(back)} if back > 0 else {"value": now}
    return {**cells, **more}
