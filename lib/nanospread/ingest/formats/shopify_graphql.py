"""Shopify's GraphQL answers, JSON or the lines of a bulk export -> orders with code and UTM."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from nanospread.ingest import documents, order_rows, order_tables
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.order_rows import LINE_ITEM
from nanospread.ingest.order_tables import Cells, Part
from nanospread.ingest.sheets import Sheet

NAME = "shopify-graphql"
WHAT = "Shopify GraphQL orders (JSON, bulk JSON lines): codes, refunds, UTM of the last visit"
UTM = ("source", "medium", "campaign", "content")
VISITS = ("lastVisit", "firstVisit")
REFERRALS = ("ref", "aff", "affiliate", "via", "sca_ref", "rfsn", "irclickid", "awc")
NOT_READY = "customer journey not computed yet (ready: false), UTM not known: {} orders"
NO_ORDER = "no order"


def recognised(export: Export) -> bool:
    """Return if it holds objects with an order's id or its money in shopMoney."""
    return export.kind == "json" and any(any(map(_is_order, _nodes(each))) for each in export.sample())


def _is_order(node: Mapping[str, Any]) -> bool:
    return str(node.get("id", "")).startswith("gid://shopify/Order/") or (
        "createdAt" in node and bool({"totalPriceSet", "currentTotalPriceSet"} & set(node))
    )


def _nodes(value: object) -> list[Mapping[str, Any]]:
    """Return the orders of an answer, or an object itself where it is none."""
    held: Any = value
    for name in ("data", "orders"):
        held = held[name] if isinstance(held, Mapping) and name in held else held
    if isinstance(held, Mapping):
        listed = held.get("nodes", held.get("edges"))
        if not isinstance(listed, list):
            return [held]
        held = [each.get("node", each) if isinstance(each, Mapping) else {} for each in listed]
    return [each if isinstance(each, Mapping) else {} for each in held] if isinstance(held, list) else []


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the orders; lines of a bulk export that belong to one are refused as its parts."""
    rows: list[Row] = []
    waiting = 0
    for _, value in export.objects:
        why = documents.reason(value)
        for node in [{}] if why else _nodes(value):
            rows.append((len(rows) + 1, why or _row(node)))
            waiting += isinstance(node.get("customerJourneySummary"), Mapping) and (
                node["customerJourneySummary"].get("ready") is False
            )
    ignored = (NOT_READY.format(f"{waiting:,}"),) if waiting else ()
    yield order_rows.sheet(export, NAME, Part("", ignored=ignored), rows)


def _row(node: Mapping[str, Any]) -> Cells | str:
    if "__parentId" in node:
        return LINE_ITEM
    if not _is_order(node):
        return NO_ORDER
    cells = order_tables.cells_of(NAME, documents.flat(node))
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
        told, landing = visit.get("utmParameters"), documents.cell(visit.get("landingPage"))
        given = told if isinstance(told, Mapping) else {}
        utm = {f"utm_{name}": documents.cell(given.get(name)) for name in UTM}
        utm = utm if any(utm.values()) else _decoded(landing)
        if any(utm.values()) or _link(landing):
            return {**utm, "link": _link(landing)}
    return {}


def _decoded(landing: str) -> Cells:
    return {name: unquote_plus(value) for name, value in order_rows.utm(landing).items()}


def _link(landing: str) -> str:
    """Return the affiliate that an address names; what else it holds may be a buyer's."""
    try:
        given = dict(parse_qsl(urlsplit(landing).query))
    except ValueError:
        return ""
    return next((given[name] for name in REFERRALS if given.get(name)), "")
