"""Shopify's orders (CSV), analytics (CSV) and GraphQL answers (JSON) -> orders."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from nanospread.ingest import documents, order_rows, order_tables
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.formats import Format
from nanospread.ingest.order_rows import LINE_ITEM, WHOLE, YES
from nanospread.ingest.order_tables import Cells, Early, Part
from nanospread.ingest.sheets import Sheet

ORDERS, ANALYTICS, GRAPHQL = "shopify", "shopify-analytics", "shopify-graphql"

ITEMS = order_tables.needs("order state item", "order value item")


def _are_orders(export: Export) -> bool:
    """Return if a header has the order's Name beside line items."""
    return export.kind != "json" and order_tables.fits(export, ORDERS, ITEMS)


def _orders(export: Export) -> Iterator[Sheet]:
    """Yield the orders: order-level cells stand on one row of each alone."""
    for part in order_tables.parts(export, ORDERS, ITEMS, early=_repeated):
        yield part.plain or order_rows.sheet(ORDERS, part, _by_order(part.rows))


def _repeated() -> Early:
    """Return what tells the line items that stand below their order's own row."""
    whole_orders: set[str] = set()

    def why(cells: Mapping[str, str]) -> str:
        if not _is_whole(cells):
            return LINE_ITEM if cells["order"] in whole_orders else ""
        whole_orders.add(cells["order"])
        return ""

    return why


def _by_order(rows: list[Row]) -> Iterator[Row]:
    records = [cells for _, cells in rows if not isinstance(cells, str)]
    whole_orders = {cells["order"] for cells in records if _is_whole(cells)}
    for line, cells in order_tables.drain(rows):
        if isinstance(cells, str):
            yield line, cells
        elif not _is_whole(cells) and cells["order"] in whole_orders:
            yield line, LINE_ITEM
        else:
            whole_orders.add(cells["order"])  # a file that is cut has items without their order's own row
            yield line, _whole_order(order_tables.whole(cells))


def _is_whole(cells: Mapping[str, str]) -> bool:
    return bool(cells.get("state") or cells.get("value"))


def _whole_order(cells: Cells) -> Cells:
    bogus = "bogus" in cells.get("payment", "").casefold()
    state = "cancelled" if cells.get("cancelled") else cells.get("state", "")
    return {**order_rows.utm(cells.get("notes", "")), **cells, "state": state, "test": YES[0] * bogus}


UTM = ("utm_campaign", "utm_source", "utm_medium", "utm_content")
MARKS = ("orders", "item", "returns")  # beside which a name is Shopify's
MONEY = ("value", "net", "gross")
BY = ("code", "ordered_at discounts", "span discounts")
TOTALS = order_tables.needs(
    *(f"{by} {mark} {money}" for by in UTM for mark in MARKS for money in MONEY),
    *(f"{by} orders {money}" for by in BY for money in MONEY),
)
COMBINED = "an order with several discounts stands under each of them in full: never add these rows up"
LESS = {"refunded": "returns", "discount": "discounts"}
MEASURES = (*MONEY, *LESS.values())


def _are_totals(export: Export) -> bool:
    """Return if a header has Shopify's labels of a discount or UTM beside those of sales."""
    return export.kind != "json" and order_tables.fits(export, ANALYTICS, TOTALS)


def _totals(export: Export) -> Iterator[Sheet]:
    """Yield one row for each order, or for each code or UTM where the report has totals alone."""
    first, last = order_rows.period(export.name)
    for part in order_tables.parts(export, ANALYTICS, TOTALS):
        rows = _with_amounts(part.rows)
        filled = {name for _, cells in rows if not isinstance(cells, str) for name in cells if cells[name]}
        if "order" in filled:
            rows = order_rows.once(_attributed(rows), ("order",))
        elif {"code", *UTM} & filled:
            rows = order_rows.stepped(rows, lambda cells: _group(cells, first, last))
            rows = order_rows.once(rows, order_rows.GROUP)
        else:
            rows = order_rows.stepped(rows, lambda _: WHOLE)
        annotated = order_tables.with_notes(part, *[COMBINED] * ("code" in filled))
        yield part.plain or order_rows.sheet(ANALYTICS, annotated, rows)


def _group(cells: Cells, first: str, last: str) -> Cells:
    day = cells.pop("ordered_at", "")
    return {**cells, "from": day or first, "to": day or last}


def _with_amounts(rows: Sequence[Row]) -> list[Row]:
    """Return rows with what was paid before returns as their value, returns as refunded, and the discount."""
    amounts = {column: order_rows.amounts_of(rows, column) for column in MEASURES}
    result: list[Row] = []
    for at, (line, cells) in enumerate(rows):
        row_amounts = {column: by_row[at] for column, by_row in amounts.items() if at in by_row}
        result.append((line, cells if isinstance(cells, str) else {**cells, **_amounts(cells, row_amounts)}))
    return result


def _amounts(cells: Mapping[str, str], amounts: Mapping[str, float]) -> Cells:
    """Return the amounts of a row: total and net sales are after returns, which as discounts are below 0."""
    if unread := [cells[column] for column in MEASURES if column not in amounts]:
        return {"value": unread[0]}  # for the schema to refuse
    nonmissing = {column: value for column, value in amounts.items() if not math.isnan(value)}
    result = {ours: abs(nonmissing[theirs]) for ours, theirs in LESS.items() if theirs in nonmissing}
    paid = nonmissing.get("value", nonmissing.get("net"))
    if paid is not None:
        result["value"] = paid + result.get("refunded", 0)
    elif "gross" in nonmissing:
        result["value"] = nonmissing["gross"] - result.get("discount", 0)
    return {"value": "", **{column: order_rows.number(value) for column, value in result.items()}}


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


VISITS = ("lastVisit", "firstVisit")
REFERRALS = ("ref", "aff", "affiliate", "via", "sca_ref", "rfsn", "irclickid", "awc")
NOT_READY = "customer journey not computed yet (ready: false), UTM not known: {} orders"
NO_ORDER = "no order"


def _are_answers(export: Export) -> bool:
    """Return if it holds objects with an order's id or its money in shopMoney."""
    return export.kind == "json" and any(any(map(_is_order, _nodes(each))) for each in export.sample())


def _is_order(node: Mapping[str, Any]) -> bool:
    return str(node.get("id", "")).startswith("gid://shopify/Order/") or (
        "createdAt" in node and bool({"totalPriceSet", "currentTotalPriceSet"} & set(node))
    )


def _nodes(value: object) -> list[Mapping[str, Any]]:
    """Return the orders of an answer, or an object itself where it is none."""
    content: Any = value
    for name in ("data", "orders"):
        content = content[name] if isinstance(content, Mapping) and name in content else content
    if isinstance(content, Mapping):
        listed = content.get("nodes", content.get("edges"))
        if not isinstance(listed, list):
            return [content]
        content = [each.get("node", each) if isinstance(each, Mapping) else {} for each in listed]
    return (
        [each if isinstance(each, Mapping) else {} for each in content] if isinstance(content, list) else []
    )


def _answers(export: Export) -> Iterator[Sheet]:
    """Yield the orders; lines of a bulk export that belong to one are refused as its parts."""
    rows: list[Row] = []
    waiting = 0
    for _, value in export.objects:
        why = documents.reason(value)
        for node in [{}] if why else _nodes(value):
            rows.append((len(rows) + 1, why or _order_of(node)))
            waiting += isinstance(node.get("customerJourneySummary"), Mapping) and (
                node["customerJourneySummary"].get("ready") is False
            )
    ignored = (NOT_READY.format(f"{waiting:,}"),) if waiting else ()
    yield order_rows.sheet(GRAPHQL, Part("", ignored=ignored), rows)


def _order_of(node: Mapping[str, Any]) -> Cells | str:
    if "__parentId" in node:
        return LINE_ITEM
    if not _is_order(node):
        return NO_ORDER
    cells = order_tables.cells_of(GRAPHQL, documents.flat(node))
    cells["shop_id"] = cells.get("shop_id", "").rpartition("/")[2]
    cells["order"] = cells.get("order") or cells["shop_id"]
    if cells.get("cancelled"):
        cells["state"] = "cancelled"
    return {**cells, **_visit(node)}


def _visit(node: Mapping[str, Any]) -> Cells:
    """Return UTM values and the link of the last visit that tells any."""
    summary = node.get("customerJourneySummary")
    for name in VISITS:
        visit = summary.get(name) if isinstance(summary, Mapping) else None
        if not isinstance(visit, Mapping):
            continue
        raw_parameters, landing = visit.get("utmParameters"), documents.cell(visit.get("landingPage"))
        parameters = raw_parameters if isinstance(raw_parameters, Mapping) else {}
        utm = {name: documents.cell(parameters.get(name.removeprefix("utm_"))) for name in UTM}
        utm = utm if any(utm.values()) else _decoded(landing)
        if any(utm.values()) or _link(landing):
            return {**utm, "link": _link(landing)}
    return {}


def _decoded(landing: str) -> Cells:
    return {name: unquote_plus(value) for name, value in order_rows.utm(landing).items()}


def _link(landing: str) -> str:
    """Return the affiliate that an address names; what else it holds may be a buyer's."""
    try:
        parameters = dict(parse_qsl(urlsplit(landing).query))
    except ValueError:
        return ""
    return next((parameters[name] for name in REFERRALS if parameters.get(name)), "")


READERS = (
    Format(
        ORDERS,
        "Shopify orders (CSV): total, codes, refunds; line items belong to their order; UTM of notes",
        _are_orders,
        _orders,
    ),
    Format(
        ANALYTICS,
        "Shopify analytics (CSV): by discount, by UTM, or by order with its attribution variants",
        _are_totals,
        _totals,
    ),
    Format(
        GRAPHQL,
        "Shopify GraphQL orders (JSON, bulk JSON lines): codes, refunds, UTM of the last visit",
        _are_answers,
        _answers,
    ),
)
