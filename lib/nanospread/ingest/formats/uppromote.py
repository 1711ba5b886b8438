"""UpPromote's referrals, JSON or CSV -> orders; a referral of a refund takes back from its order."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents, order_rows, order_tables
from nanospread.ingest.export import Export
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "uppromote"
WHAT = "UpPromote referrals (JSON, CSV): affiliate, coupon, refunds; which pages are not there"
NEEDS = order_tables.needs("order value commission link refund", "order value commission link tracking")


def recognised(export: Export) -> bool:
    """Return if records have UpPromote's total_sales, affiliate and refund or tracking type."""
    return order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders, and which pages of how many they are."""
    pages = [_page(value) for _, value in export.objects if isinstance(value, Mapping)]
    last = max((last for _, last in pages), default=0)
    given = {page for page, _ in pages if page}
    lacking = [f"{len(given)} of {last} pages are here"] * (0 < len(given) < last)
    for part in order_tables.parts(export, NAME, NEEDS):
        rows = order_rows.once(order_rows.newest(order_rows.stepped(part.rows, _order)), KEY)
        yield part.plain or order_rows.sheet(export, NAME, order_tables.with_notes(part, *lacking), rows)


KEY = ("order", "code", "link")


def _page(value: Mapping[str, Any]) -> tuple[int, int]:
    """Return which page of how many an answer is, 0 where it does not say."""
    meta = value.get("meta")
    told = documents.flat(meta) if isinstance(meta, Mapping) else {}
    numbers = (told.get(name, "") for name in ("current_page", "last_page"))
    current, last = (int(text) if text.isdecimal() and len(text) < 7 else 0 for text in numbers)
    return current, last


def _order(cells: Cells) -> Cells:
    cells["order"] = cells.get("order") or cells.get("shop_id", "")
    if cells.get("refund", "") not in ("", "0") and cells.get("value"):
        return {**cells, "value": "", "refunded": cells["value"].lstrip("-"), "commission": ""}
    return cells
