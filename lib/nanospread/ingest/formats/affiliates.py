"""Exports of affiliate networks and tools -> orders: what tells each tool's records, and its own step."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from nanospread.ingest import documents, order_rows, order_tables
from nanospread.ingest.files import Export
from nanospread.ingest.formats import Format
from nanospread.ingest.order_rows import CLAIMS, Step
from nanospread.ingest.order_tables import Cells, Need
from nanospread.ingest.sheets import Sheet


@dataclass(frozen=True)
class Affiliate:
    """The reader of a tool whose records are orders: each record after the tool's own step."""

    NAME: str
    WHAT: str
    needs: tuple[Need, ...]
    step: Step = dict
    key: Sequence[str] = ("order", *CLAIMS)

    def recognised(self, export: Export) -> bool:
        """Return if records have the tool's names for the columns of one need."""
        return order_tables.fits(export, self.NAME, self.needs)

    def sheets(self, export: Export) -> Iterator[Sheet]:
        """Yield the orders."""
        return order_rows.orders(export, self.NAME, self.needs, self.step, key=self.key)


def _of_day(cells: Cells) -> Cells:
    day = cells.get("day", "")
    return {**cells, "from": day, "to": day}


def _impact(cells: Cells) -> Cells:
    """Return an action, refunded by the difference where it was reduced since."""
    intended, current = cells.get("value", ""), cells.get("now", "")
    refund = _amount(intended) - _amount(current)
    if math.isnan(refund):  # of two amounts neither says what was paid: both, for the schema to refuse
        return {**cells, "value": "; ".join(dict.fromkeys(filter(None, (intended, current))))}
    amounts = {"refunded": order_rows.number(refund)} if refund > 0 else {"value": current}
    return {**cells, **amounts}


def _amount(cell: str) -> float:
    """Return an amount, nan where it is blank or does not tell its thousands from decimals."""
    try:
        return float(cell)
    except ValueError:
        return order_rows.amounts_of([(1, {"value": cell})], "value").get(0, math.nan)


def _rakuten(cells: Cells) -> Cells:
    when = order_rows.month_first(cells.get("ordered_at", ""), cells.get("time", ""))
    return {**cells, "ordered_at": when}


def _refersion(cells: Cells) -> Cells:
    """Return a conversion, a cancellation as cancelled."""
    state = cells.get("state", "")
    return {**cells, "state": "cancelled" if state.upper().startswith("CANCELLATION") else state}


def _social_snowball(cells: Cells) -> Cells:
    """Return a conversion with the affiliate's name as its link, never as an account."""
    names = (cells.get(part, "") for part in ("first_name", "last_name"))
    return {**cells, "link": " ".join(filter(None, names))}


ASSOCIATES = "amazon-associates"
TRACKED_ITEMS = order_tables.needs("link day orders value")
ITEMS = "no order ids: what counts here are items shipped, and identical rows are items of their own"


def _are_items(export: Export) -> bool:
    """Return if a header has the tracking id beside items shipped and revenue."""
    return export.kind != "json" and order_tables.fits(export, ASSOCIATES, TRACKED_ITEMS)


def _items(export: Export) -> Iterator[Sheet]:
    """Yield one row for each tracking id and day; revenue below 0 is returned."""
    for part in order_tables.parts(export, ASSOCIATES, TRACKED_ITEMS):
        rows = order_rows.stepped(part.rows, partial(_items_of_day, us_dates=part.currency == "USD"))
        rows = order_rows.once(rows, ("from", "link"))
        yield part.plain or order_rows.sheet(ASSOCIATES, order_tables.with_notes(part, ITEMS), rows)


def _items_of_day(cells: Cells, *, us_dates: bool) -> Cells:
    return _of_day({**cells, "day": order_rows.month_first(cells.get("day", ""))} if us_dates else cells)


UPPROMOTE = "uppromote"
REFERRALS = order_tables.needs("order value commission link refund", "order value commission link tracking")


def _are_referrals(export: Export) -> bool:
    """Return if records have UpPromote's total_sales, affiliate and refund or tracking type."""
    return order_tables.fits(export, UPPROMOTE, REFERRALS)


def _referrals(export: Export) -> Iterator[Sheet]:
    """Yield the orders, and which pages of how many they are."""
    pages = [_page(value) for _, value in export.objects if isinstance(value, Mapping)]
    last = max((last for _, last in pages), default=0)
    numbers = {page for page, _ in pages if page}
    notes = [f"{len(numbers)} of {last} pages are here"] * (0 < len(numbers) < last)
    return order_rows.orders(export, UPPROMOTE, REFERRALS, _referral, notes=notes)


def _page(value: Mapping[str, Any]) -> tuple[int, int]:
    """Return which page of how many an answer is, 0 where it does not say."""
    meta = value.get("meta")
    cells = documents.flat(meta) if isinstance(meta, Mapping) else {}
    numbers = (cells.get(name, "") for name in ("current_page", "last_page"))
    current, last = (int(text) if text.isdecimal() and len(text) < 7 else 0 for text in numbers)
    return current, last


def _referral(cells: Cells) -> Cells:
    """Return a referral; one of a refund takes back from its order."""
    cells["order"] = cells.get("order") or cells.get("shop_id", "")
    if cells.get("refund", "") not in ("", "0") and cells.get("value"):
        return {**cells, "value": "", "refunded": cells["value"].lstrip("-"), "commission": ""}
    return cells


READERS = (
    Format(
        ASSOCIATES,
        "Amazon Associates earnings (CSV, TSV, translated): items, revenue and fees by tracking id and day",
        _are_items,
        _items,
    ),
    Affiliate(
        "amazon-attribution",
        "Amazon Attribution (JSON, CSV): purchases and sales by ad group, of the 14 days after a click",
        order_tables.needs("orders value link"),
        _of_day,
        key=("from", "link", "utm_campaign"),
    ),
    Affiliate(
        "awin",
        "Awin transactions (JSON, CSV): voucher, site, amounts with their currency; a later state counts",
        order_tables.needs("order value state commission"),
    ),
    Affiliate(
        "goaffpro",
        "GoAffPro orders (JSON, CSV): affiliate, total, commission; its names are those of one client's code",
        order_tables.needs("order value commission link"),
    ),
    Affiliate(
        "impact",
        "Impact actions (JSON, CSV): partner, promo code, amounts before and after reversals",
        order_tables.needs("order state value now", "order state now commission"),
        _impact,
    ),
    Affiliate(
        "rakuten",
        "Rakuten orders (CSV): a row for each SKU, returns below 0; the member id (U1) is the link",
        order_tables.needs("order link value commission item"),
        _rakuten,
    ),
    Affiliate(
        "refersion",
        "Refersion conversions (JSON, CSV): affiliate, coupon; test conversions are told as such",
        order_tables.needs("order value state commission test", "order value state commission code link"),
        _refersion,
    ),
    Affiliate(
        "social-snowball",
        "Social Snowball conversions (CSV): the affiliate's full name stands as the link",
        order_tables.needs("order value commission first_name last_name"),
        _social_snowball,
    ),
    Format(
        UPPROMOTE,
        "UpPromote referrals (JSON, CSV): affiliate, coupon, refunds; which pages are not there",
        _are_referrals,
        _referrals,
    ),
)
