"""Records of orders, line items or events -> one row for each order: what the readers of orders share."""

import functools
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import pandas as pd

from nanospread.ingest import headers, order_tables, quantities, references
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.order_tables import TOTAL, Cells, CompactRow, Need, Part, drain, whole
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import Sheet

LINE_ITEM = "a further row of an order or group: counted with its first"
REPLACED = "a row that stands further down again: the last counts"
WHOLE = "orders of the whole shop: they name nobody"
PARTS = (LINE_ITEM, REPLACED, TOTAL, WHOLE)  # reasons of refusals that lose nothing
GROUP = ("from", "to", "order", "code", "utm_source", "utm_medium", "utm_campaign", "utm_content")
RECENT = 10_000  # texts that are looked for among those before
NOTHING = "neither an order's number nor a count of orders"
AMOUNTS = ("value", "refunded", "discount", "commission", "orders")
CLAIMS = ("code", "link")
DEAD = ("cancelled", "declined", "test")
ACCOUNT = re.compile(r"(?:https?://\S+|@?[A-Za-z0-9._]{1,30})?")
CURRENCY = re.compile(r"[€$£]|\b(?:EUR|USD|GBP|CHF)\b")
YES = ("yes", "true", "1", "y", "t")

Step = Callable[[Cells], Cells | str]  # a reader's own step: cells, or why they are no row


def orders(
    export: Export,
    tool: str,
    needs: Sequence[Need],
    step: Step = dict,
    *,
    key: Sequence[str] = ("order", *CLAIMS),
    notes: Sequence[str] = (),
) -> Iterator[Sheet]:
    """Yield the orders of an export: each record after the reader's own step, one row for each key."""
    for part in order_tables.parts(export, tool, needs):
        rows = once(newest(stepped(drain(part.rows), step)), key)
        yield part.plain or sheet(tool, order_tables.with_notes(part, *notes), rows)


def stepped(rows: Iterable[Row], step: Step) -> list[Row]:
    """Return rows after a reader's own step, those that are none as they are."""
    return [(line, cells if isinstance(cells, str) else _slim(step(whole(cells)))) for line, cells in rows]


def _slim(cells: Cells | str) -> Mapping[str, str] | str:
    return cells if isinstance(cells, str) else CompactRow(cells)


def newest(rows: Sequence[Row]) -> list[Row]:
    """Return rows without those that stand further down again, by their own id (`part`) or cell by cell."""
    ids = ["" if isinstance(cells, str) else cells.get("part") or _digest(cells) for _, cells in rows]
    last_place = {part: at for at, part in enumerate(ids)}
    return [
        (line, REPLACED if ids[at] and last_place[ids[at]] != at else cells)
        for at, (line, cells) in enumerate(rows)
    ]


def _digest(cells: Mapping[str, str]) -> bytes:
    """Return what tells cells from others, in 16 bytes."""
    text = repr(sorted(cells.items())).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(text, digest_size=16).digest()


def once(rows: Sequence[Row], key: Sequence[str]) -> list[Row]:
    """Return one row for each key, where its first stands; the others are refused as parts of it.

    Where the key begins with the order, rows without its number stay as they are.
    Amounts of a key add up, without cancelled rows where others are not; what is below 0 is refunded.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for at, (_, cells) in enumerate(rows):
        if not isinstance(cells, str) and (cells.get("order") or key[0] != "order"):
            groups.setdefault(tuple(cells.get(name, "") for name in key), []).append(at)
    amounts = {column: amounts_of(rows, column) for column in AMOUNTS}
    below = any(value < 0 for column in amounts.values() for value in column.values())
    if not below and len(groups) == sum(map(len, groups.values())):
        return list(rows)
    result = list(rows)
    for members in groups.values():
        result[members[0]] = rows[members[0]][0], _combined(rows, members, amounts)
        for at in members[1:]:
            result[at] = rows[at][0], LINE_ITEM
    return result


Amounts = Mapping[int, float]  # by row; one that cannot be read is not there


def amounts_of(rows: Sequence[Row], column: str) -> Amounts:
    """Return the amounts of a column, blank ones as nan."""
    cells = {at: row.get(column, "") for at, (_, row) in enumerate(rows) if not isinstance(row, str)}
    if not any(cells.values()):
        return dict.fromkeys(cells, math.nan)
    parsed = quantities.amount(pd.Series(cells, dtype="str"))
    unread = set(parsed.refused.index)
    return {at: value for at, value in zip(cells, parsed.values.tolist(), strict=True) if at not in unread}


def _combined(rows: Sequence[Row], members: Sequence[int], amounts: Mapping[str, Amounts]) -> Cells:
    """Return the one row of some."""
    records = {at: cells for at in members if not isinstance(cells := rows[at][1], str)}
    live = [at for at in records if _state(records[at]) not in DEAD] or list(records)
    names = dict.fromkeys(name for cells in records.values() for name in cells)
    row = {n: next(filter(None, (cells.get(n, "") for cells in records.values())), "") for n in names}
    row["state"] = _state(records[live[0]])
    for column, column_amounts in amounts.items():
        unread = [records[at].get(column, "") for at in live if at not in column_amounts]
        values = [column_amounts[at] for at in live if not math.isnan(column_amounts.get(at, math.nan))]
        if column == "refunded":
            values += [value for at in live if (value := amounts["value"].get(at, 0)) < 0]
        row[column] = unread[0] if unread else _sum(column, values)  # for the schema to refuse
    return row


def _sum(column: str, values: Sequence[float]) -> str:
    """Return the sum of what is 0 or above, of refunds whatever their sign, of commission all of it."""
    if column == "commission":
        return number(max(0.0, math.fsum(values))) if values else ""
    counted = [abs(value) for value in values if value >= 0 or column == "refunded"]
    return number(math.fsum(counted)) if counted else ""


def number(value: float) -> str:
    """Return an amount as text that reads in one way: never with three decimals, which may be thousands."""
    text = f"{value:.6f}".rstrip("0")
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text.rstrip(".")


def _state(cells: Mapping[str, str]) -> str:
    return state(cells.get("state", ""))


@functools.lru_cache(maxsize=1_000)
def state(word: str) -> str:
    """Return the state that a tool's word means, one that is not known as it stands."""
    return str(references.state(pd.Series([word], dtype="str")).values.iloc[0]) or word


def sheet(tool: str, part: Part, rows: Iterable[Row]) -> Sheet:
    """Return rows as the sheet of a table of orders; one that counts no order is refused."""
    columns, shared = tuple(headers.declared("orders")), InternedStrings()

    def records() -> Iterator[Record]:
        for line, cells in rows:
            row = cells if isinstance(cells, str) else _finished(tool, part, cells)
            yield line, row if isinstance(row, str) else [shared[row.get(name, "")] for name in columns]

    return Sheet(part.name, records(), columns, "orders", ignored=part.ignored)


class InternedStrings(dict[str, str]):
    """Texts that stand in many rows, such as a currency or a state: each is held once."""

    def __missing__(self, text: str) -> str:
        if len(self) > RECENT:
            self.clear()
        return self.setdefault(text, text)


def _finished(tool: str, part: Part, cells: Mapping[str, str]) -> Cells | str:
    row = {**whole(cells), "tool": tool}
    row["orders"] = row.get("orders") or ("1" if row.get("order") else "")
    if not row["orders"]:
        return NOTHING
    row["shop_id"] = "" if row.get("shop_id") == row.get("order") else row.get("shop_id", "")
    if not ACCOUNT.fullmatch(row.get("creator", "").strip()):  # a name as people write it is no account
        row["link"], row["creator"] = row.get("link") or row["creator"], ""
    row["state"] = "test" if row.get("test", "").casefold() in YES else _state(row)
    sign = CURRENCY.search(row.get("value", ""))
    currency = references.CURRENCIES.get(sign[0], sign[0]) if sign else part.currency
    row["currency"] = row.get("currency") or currency
    for column in ("ordered_at", "from", "to"):
        if row.get(column):
            row[column] = moment(row[column])
    return row


def moment(cell: str) -> str:
    """Return `20261002` and `2026-10-02 17:09:34 -0300` (or UTC) as ISO 8601 writes them."""
    if re.fullmatch(r"20\d{6}", cell):
        return f"{cell[:4]}-{cell[4:6]}-{cell[6:]}"
    zoned = re.fullmatch(r"(.*\d) (?:(UTC)|([+-]\d\d:?\d\d))", cell)
    return f"{zoned[1]}{zoned[3] or 'Z'}" if zoned else cell


def month_first(day: str, clock: str = "") -> str:
    """Return `9/24/2026` and `8:58` as an ISO moment; a day that is not written so as it stands."""
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})", day)
    if not match or int(match[1]) > 12:
        return f"{day} {clock}".strip()
    year = match[3] if len(match[3]) == 4 else f"20{match[3]}"
    time = f" {clock:0>5}" if re.fullmatch(r"\d{1,2}:\d\d(?::\d\d)?", clock) else ""
    return f"{year}-{int(match[1]):02}-{int(match[2]):02}{time}"


def period(name: str) -> tuple[str, str]:
    """Return the first and the last day that a file's name tells, "" where it tells none."""
    days = re.findall(r"(?<!\d)(20\d\d-\d\d-\d\d)(?!\d)", name)
    return (days[0], days[-1]) if len(days) > 1 else ("", "")


def utm(query: str) -> Cells:
    """Return the UTM values that an address or a note names."""
    pairs = re.findall(r"(?:^|[?&\s])utm_(source|medium|campaign|content)\s*[=:]\s*([^&\n#]+)", query)
    return {f"utm_{name}": value.strip() for name, value in pairs}
