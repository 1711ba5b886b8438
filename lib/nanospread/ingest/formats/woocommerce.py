"""WooCommerce's orders and coupons (CSV, translated), REST orders (JSON), plugins' exports -> orders."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nanospread.ingest import documents, headers, order_rows, order_tables
from nanospread.ingest.files import Export
from nanospread.ingest.order_rows import LINE_ITEM
from nanospread.ingest.order_tables import Cells, Early
from nanospread.ingest.sheets import Sheet

NAME = "woocommerce"
WHAT = "WooCommerce orders and coupons (CSV, translated), REST orders (JSON), exports with order attribution"
NEEDS = order_tables.needs(
    "order state value type", "order state value attribution", "order value lines", "code orders discount"
)
PLUGIN = order_tables.needs("order value", "order state")
META = "_wc_order_attribution_"
COMBINED = "orders by coupon have no revenue, and one with several coupons stands under each"


def recognised(export: Export) -> bool:
    """Return if a header has the labels of its reports, or the names of its order attribution."""
    tops = [cell for top in export.tops for record in top for cell in record] if export.kind != "json" else []
    attributed = any(headers.plain(META) in headers.plain(cell) for cell in tops)
    return order_tables.fits(export, NAME, (*NEEDS, *(PLUGIN if attributed else ())))


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders, or one row for each coupon."""
    first, last = order_rows.period(export.name)
    for part in order_tables.parts(export, NAME, (*NEEDS, *PLUGIN), _flat, _repeated):
        rows = order_rows.stepped(order_tables.drain(part.rows), lambda cells: _order(cells, first, last))
        by_coupon = any(not isinstance(cells, str) and not cells.get("order") for _, cells in rows)
        annotated = order_tables.with_notes(part, COMBINED) if by_coupon else part
        yield part.plain or order_rows.sheet(NAME, annotated, order_rows.once(rows, ("order",)))


def _flat(order: Mapping[str, Any]) -> Mapping[str, str]:
    """Return a REST order's cells, with its coupons, refunds and attribution by the names of the CSV."""
    lists = {name: documents.objects(order.get(name)) for name in ("coupon_lines", "refunds", "meta_data")}
    attribution = {
        documents.cell(each.get("key")): documents.cell(each.get("value"))
        for each in lists["meta_data"]
        if documents.cell(each.get("key")).startswith(META)
    }
    extra = {"Coupon Code": ", ".join(documents.cell(each.get("code")) for each in lists["coupon_lines"])}
    refunds = [documents.cell(each.get("total") or each.get("amount")) for each in lists["refunds"]]
    if refunds:
        extra["Order Refund Amount"] = _total(refunds)
    when = documents.cell(order.get("date_created_gmt"))
    extra["date_created_gmt"] = f"{when}Z" if when[-1:].isdecimal() else when
    return {**documents.flat(order), **attribution, **extra}


def _total(amounts: Sequence[str]) -> str:
    """Return the sum of refunds, which may be below 0; where one is no number all, to be refused."""
    try:
        return order_rows.number(math.fsum(abs(float(each)) for each in amounts))
    except (ValueError, OverflowError):
        return "; ".join(amounts)


def _order(cells: Cells, first: str, last: str) -> Cells:
    cells["state"] = cells.get("state", "").removeprefix("wc-")
    word, _, source = cells.get("attribution", "").partition(":")
    if source.strip() and headers.plain(word) in order_tables.words(NAME, "source_word"):
        cells["utm_source"] = source.strip()
    if cells.get("order"):
        return {**cells, "orders": ""}
    return {**cells, "from": first, "to": last}


def _repeated() -> Early:
    """Return what tells the rows that repeat an order and its total, for another line item."""
    seen: set[tuple[str, str]] = set()

    def why(cells: Mapping[str, str]) -> str:
        key = cells.get("order", ""), cells.get("value", "")
        again = bool(key[0]) and key in seen
        seen.add(key)
        return LINE_ITEM if again else ""

    return why
