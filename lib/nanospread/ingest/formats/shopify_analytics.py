"""Shopify's analytics (CSV): orders by discount or by UTM, or an order's attribution variants -> orders."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from nanospread.ingest import order_rows, order_tables
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.order_rows import WHOLE
from nanospread.ingest.order_tables import Cells
from nanospread.ingest.sheets import Sheet

NAME = "shopify-analytics"
WHAT = "Shopify analytics (CSV): by discount, by UTM, or by order with its attribution variants"
UTM = ("utm_campaign", "utm_source", "utm_medium", "utm_content")
MARKS = ("orders", "item", "returns")  # beside which a name is Shopify's
MONEY = ("value", "net", "gross")
BY = ("code", "ordered_at discounts", "span discounts")
NEEDS = order_tables.needs(
    *(f"{by} {mark} {money}" for by in UTM for mark in MARKS for money in MONEY),
    *(f"{by} orders {money}" for by in BY for money in MONEY),
)
COMBINED = "an order with several discounts stands under each of them in full: never add these rows up"
LESS = {"refunded": "returns", "discount": "discounts"}
MEASURES = (*MONEY, *LESS.values())


def recognised(export: Export) -> bool:
    """Return if a header has Shopify's labels of a discount or UTM beside those of sales."""
    return export.kind != "json" and order_tables.fits(export, NAME, NEEDS)


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield one row for each order, or for each code or UTM where the report has totals alone."""
    first, last = order_rows.period(export.name)
    for part in order_tables.parts(export, NAME, NEEDS):
        rows = _with_money(part.rows)
        given = {name for _, cells in rows if not isinstance(cells, str) for name in cells if cells[name]}
        if "order" in given:
            rows = order_rows.once(_attributed(rows), ("order",))
        elif {"code", *UTM} & given:
            rows = order_rows.stepped(rows, lambda cells: _group(cells, first, last))
            rows = order_rows.once(rows, order_rows.GROUP)
        else:
            rows = order_rows.stepped(rows, lambda _: WHOLE)
        told = order_tables.with_notes(part, *[COMBINED] * ("code" in given))
        yield part.plain or order_rows.sheet(export, NAME, told, rows)


def _group(cells: Cells, first: str, last: str) -> Cells:
    day = cells.pop("ordered_at", "")
    return {**cells, "from": day or first, "to": day or last}


def _with_money(rows: Sequence[Row]) -> list[Row]:
    """Return rows with what was paid before returns as their value, returns as refunded, and the discount."""
    amounts = {column: order_rows.amounts_of(rows, column) for column in MEASURES}
    result: list[Row] = []
    for at, (line, cells) in enumerate(rows):
        known = {column: read[at] for column, read in amounts.items() if at in read}
        result.append((line, cells if isinstance(cells, str) else {**cells, **_money(cells, known)}))
    return result


def _money(cells: Mapping[str, str], amounts: Mapping[str, float]) -> Cells:
    """Return the amounts of a row: total and net sales are after returns, which as discounts are below 0."""
    if unread := [cells[column] for column in MEASURES if column not in amounts]:
        return {"value": unread[0]}  # for the schema to refuse
    known = {column: value for column, value in amounts.items() if not math.isnan(value)}
    less = {ours: abs(known[theirs]) for ours, theirs in LESS.items() if theirs in known}
    paid = known.get("value", known.get("net"))
    if paid is not None:
        less["value"] = paid + less.get("refunded", 0)
    elif "gross" in known:
        less["value"] = known["gross"] - less.get("discount", 0)
    return {"value": "", **{column: order_rows.number(value) for column, value in less.items()}}


def _attributed(rows: Sequence[Row]) -> list[Row]:
    """Return an order's rows with the UTM of the variant that has the sale, else of one that has any."""
    best: dict[str, Cells] = {}
    ranks: dict[str, tuple[bool, bool]] = defaultdict(lambda: (False, False))
    for _, cells in rows:
        if isinstance(cells, str):
            continue
        rank = any(map(cells.get, UTM)), cells["value"] not in ("", "0")
        if rank > ranks[cells["order"]] or cells["order"] not in best:
            best[cells["order"]], ranks[cells["order"]] = {name: cells.get(name, "") for name in UTM}, rank
    return order_rows.stepped(rows, lambda cells: {**cells, **best[cells["order"]]})
