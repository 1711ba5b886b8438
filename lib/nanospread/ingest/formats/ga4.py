"""Google Analytics 4, CSV with several blocks or answers of the Data API -> orders by UTM or transaction."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nanospread.ingest import documents, order_rows, order_tables
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.order_rows import LINE_ITEM
from nanospread.ingest.order_tables import TOTAL, Cells, Part
from nanospread.ingest.rows import is_total, ragged
from nanospread.ingest.sheets import Sheet

NAME = "ga4"
WHAT = "GA4 (CSV with # lines and several blocks, translated; Data API JSON): purchases by UTM or transaction"
DIMENSIONS = ("order", "utm_campaign", "source_medium", "utm_source", "utm_medium", "utm_content", "code")
SESSION = ("source_medium", "utm_campaign", "utm_content", "order", "code")
NEEDS = order_tables.needs(*(f"{by} {measure}" for by in SESSION for measure in ("orders", "value")))
UNSET = ("(not set)", "(data not available)", "(other)")
NUMBER = re.compile(r"[^\w#]*\d[\d.,'\s\u00a0\u202f]*[^\w]*")
DAY = re.compile(r"#[^:]*:\s*(20\d{6})\s*")
OTHER = "(other): GA4 put rows together there, whose campaign is lost"
HIDDEN = "thresholding: {:,.0f} of {:,.0f} purchases are in the totals and in no row"
AGAIN = "line {}: the same purchases by other dimensions ({}), not counted again"
ANOTHER = "line {}: another table ({})"
SENT_AGAIN = "purchase sent more than once: {} transactions, each counted once with its share of the revenue"


@dataclass
class Block:
    """One table of a file, with the period that the lines above it name."""

    line: int
    columns: Mapping[str, list[int]]
    header: list[str]
    period: tuple[str, str]
    rows: list[Row] = field(default_factory=list)
    totals: list[Cells] = field(default_factory=list)
    has_other_row: bool = False  # whether GA4 put rows together


def recognised(export: Export) -> bool:
    """Return if it is an answer of the Data API, or a header has the labels of a session's source."""
    if export.kind == "json":
        return any(_is_answer(value) for value in export.sample())
    return order_tables.fits(export, NAME, NEEDS)


def _is_answer(value: Mapping[str, Any]) -> bool:
    return "dimensionHeaders" in value and "metricHeaders" in value


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield one row for each value of the dimensions, with the purchases and the revenue that they had."""
    parts = [_of_answers(export)] if export.kind == "json" else [_of_sheet(each) for each in export.sheets()]
    for part in map(_transactions, parts):
        yield order_rows.sheet(NAME, part, order_rows.once(part.rows, order_rows.GROUP))


def _of_sheet(sheet: Sheet) -> Part:
    """Return the rows of a sheet's blocks; of several about one period those that tell most."""
    blocks, notes = _blocks(sheet)
    best: dict[tuple[str, str], list[str]] = {}
    for block in blocks:
        best[block.period] = max(best.get(block.period, []), _dimensions(block.columns), key=_telling)
    rows: list[Row] = []
    for block in blocks:
        if _dimensions(block.columns) == best[block.period]:
            rows += block.rows
            notes += [*_hidden(block), *[OTHER] * block.has_other_row]
        else:
            notes.append(AGAIN.format(block.line, ", ".join(block.header)[:120]))
    return Part(sheet.name, rows, ignored=tuple(notes))


def _dimensions(columns: Mapping[str, Sequence[int]]) -> list[str]:
    return [name for name in DIMENSIONS if name in columns]


def _telling(dimensions: Sequence[str]) -> tuple[bool, bool, int]:
    return "order" in dimensions, "utm_campaign" in dimensions, len(dimensions)


def _blocks(sheet: Sheet) -> tuple[list[Block], list[str]]:
    """Return the tables of a sheet that have purchases by source, and what is told of the others."""
    blocks: list[Block] = []
    notes: list[str] = []
    days: list[str] = []
    inside = other = False
    for line, cells in sheet.records if sheet.header is None else [(1, list(sheet.header)), *sheet.records]:
        if isinstance(cells, str):
            if inside:
                blocks[-1].rows.append((line, cells))
        elif cells[0].lstrip("\ufeff").startswith("#"):
            days = ([] if inside or other else days) + DAY.findall(cells[0])
            inside = other = False
        elif columns := order_tables.header(NAME, cells, NEEDS):
            period = (days[0], days[-1]) if days else ("", "")
            blocks.append(Block(line, columns, cells, period))
            inside = True
        elif inside and _is_row(blocks[-1], cells):
            _add(blocks[-1], line, cells)
        elif inside or not other:
            inside, other = False, True
            notes.append(ANOTHER.format(line, ", ".join(filter(None, cells))[:120]))
    return blocks, notes


def _is_row(block: Block, cells: Sequence[str]) -> bool:
    """Return if cells are of a block and not the header of another: what it counts is a number."""
    counted = [at for column in ("orders", "value") for at in block.columns.get(column, ())]
    return _is_total(cells) or (
        len(cells) == len(block.header) and all(NUMBER.fullmatch(cells[at] or "0") for at in counted)
    )


def _is_total(cells: Sequence[str]) -> bool:
    return is_total(cells) or is_total(cells[::-1])


def _add(block: Block, line: int, cells: Sequence[str]) -> None:
    row = order_tables.of(block.columns, cells) if len(cells) >= len(block.header) else {}
    if _is_total(cells) or not any(row.get(name) for name in DIMENSIONS):
        block.rows.append((line, TOTAL))
        block.totals.append(row)
        return
    block.has_other_row |= "(other)" in cells
    start, end = block.period
    block.rows.append((line, _session({**row, "from": row.get("day") or start, "to": row.get("day") or end})))


def _session(cells: Cells) -> Cells:
    """Return a row with source and medium apart, and without what is not set."""
    source_medium = cells.pop("source_medium", "")
    if source_medium:
        cells["utm_source"], _, cells["utm_medium"] = (
            text.strip() for text in source_medium.partition(" / ")
        )
    return {name: "" if text in UNSET else text for name, text in cells.items()}


def _hidden(block: Block) -> list[str]:
    """Return that the totals of a block have purchases that stand in none of its rows."""
    counts = order_rows.amounts_of([*block.rows, *enumerate(block.totals)], "orders")
    known = {at: count for at, count in counts.items() if not math.isnan(count)}
    total = max((count for at, count in known.items() if at >= len(block.rows)), default=0)
    rows = math.fsum(count for at, count in known.items() if at < len(block.rows))
    return [HIDDEN.format(total - rows, total)] if total > rows else []


def _transactions(part: Part) -> Part:
    """Return a part with one row for each transaction: a purchase that was sent again is the same order.

    Its revenue is then that of all its purchases by their number, its source that of its first row.
    """
    purchases, revenue = (order_rows.amounts_of(part.rows, column) for column in ("orders", "value"))
    members: dict[str, list[int]] = {}
    for at, (_, cells) in enumerate(part.rows):
        if not isinstance(cells, str) and cells.get("order"):
            members.setdefault(cells["order"], []).append(at)
    rows, n_repeated = list(part.rows), 0
    for places in members.values():
        n_purchases = math.fsum(max(1.0, purchases.get(at, 1.0)) for at in places)
        line, cells = rows[places[0]]
        if n_purchases > 1 and not isinstance(cells, str):
            n_repeated += 1
            revenues = [revenue[at] for at in places if not math.isnan(revenue.get(at, math.nan))]
            value = (
                order_rows.number(math.fsum(revenues) / n_purchases) if revenues else cells.get("value", "")
            )
            rows[places[0]] = line, {**cells, "value": value}
        for at in places[1:]:
            rows[at] = rows[at][0], LINE_ITEM
    rows = order_rows.stepped(rows, lambda cells: {**cells, "orders": "1"} if cells.get("order") else cells)
    return order_tables.with_notes(
        replace(part, rows=rows), *[SENT_AGAIN.format(f"{n_repeated:,}")] * bool(n_repeated)
    )


def _of_answers(export: Export) -> Part:
    """Return the rows of the answers of the Data API, page by page."""
    rows: list[Row] = []
    notes: dict[str, None] = {}
    n_rows = n_total = 0
    for _, answer in export.objects:
        if why := documents.reason(answer) or ("" if _is_answer(answer) else "no answer of the Data API"):
            rows.append((len(rows) + 1, why))
            continue
        page_rows = [_answered(answer, row) for row in _list(answer, "rows")]
        rows += [(len(rows) + at, cells) for at, cells in enumerate(page_rows, 1)]
        n_rows, n_total = n_rows + len(page_rows), max(n_total, _whole(answer.get("rowCount")))
        notes.update(dict.fromkeys(_limits(answer)))
    if n_total > n_rows:
        notes[f"{n_total:,} rows are answered in pages, of which {n_rows:,} are here"] = None
    return Part("", rows, ignored=tuple(notes))


def _answered(answer: Mapping[str, Any], row: object) -> Cells | str:
    names = [documents.cell(each.get("name")) for kind in KINDS for each in _list(answer, f"{kind}Headers")]
    values = [documents.cell(each.get("value")) for kind in KINDS for each in _list(row, f"{kind}Values")]
    if len(names) != len(values):
        return ragged(values, names)
    cells = order_tables.cells_of(NAME, dict(zip(names, values, strict=True)))
    if not any(cells.get(name) for name in DIMENSIONS):
        return NO_SOURCE
    meta = answer.get("metadata")
    money = documents.cell(meta.get("currencyCode")) if isinstance(meta, Mapping) else ""
    day = cells.get("day", "")
    return _session({**cells, "currency": money, "from": day, "to": day})


KINDS = ("dimension", "metric")
NO_SOURCE = "no source, campaign, transaction or coupon"


def _list(value: object, name: str) -> list[Mapping[str, Any]]:
    return documents.objects(value.get(name)) if isinstance(value, Mapping) else []


def _whole(value: object) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else 0


def _limits(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an answer says that it leaves out."""
    meta = answer.get("metadata")
    if isinstance(meta, Mapping) and meta.get("subjectToThresholding") is True:
        yield "subjectToThresholding: rows of few users are hidden"
    if isinstance(meta, Mapping) and meta.get("dataLossFromOtherRow") is True:
        yield "dataLossFromOtherRow: " + OTHER
