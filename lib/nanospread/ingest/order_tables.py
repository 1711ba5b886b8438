"""Exports of shops and affiliate tools -> their tables of orders, under our names.

data/order_columns.csv says what each tool calls a column of ours, or one that only its reader needs; the name
that stands there first goes before later ones. Codes, links, UTM values and creators are also found under the
names of data/columns.csv. No other cell is taken: what tells of a buyer stays in the file.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

import pandas as pd

from nanospread.core import paths
from nanospread.ingest import documents, headers, references, sheets
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.records import TOP, Record
from nanospread.ingest.rows import AGAIN, check_refused, is_total, ragged
from nanospread.ingest.sheets import Sheet

Need = frozenset[str]  # columns that a header must have
Cells = dict[str, str]

SEPARATOR = "\x1f"  # of the cells of a record in memory
TOTAL = "a row of totals, no row of its own"
ALSO = (
    "currency",
    "code",
    "link",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "creator",
    "shop",
)
IN_BRACKETS = re.compile(r"\s*\(\s*([€$£]|[A-Z]{3})\s*\)\s*$")


@dataclass(frozen=True)
class Part:
    """One table of an export: its records under our names, each a row or the reason why it is none."""

    name: str
    rows: list[Row] = field(default_factory=list)
    ignored: tuple[str, ...] = ()
    currency: str = ""  # that a header names
    plain: Sheet | None = None  # a sheet without such a table


def with_notes(part: Part, *texts: str) -> Part:
    """Return a part with more that is told of it."""
    return replace(part, ignored=(*part.ignored, *texts))


def needs(*columns: str) -> tuple[Need, ...]:
    """Return the ways in which a header may be a tool's: each of these texts names the columns of one."""
    return tuple(frozenset(each.split()) for each in columns)


@functools.cache
def declared() -> Mapping[str, Mapping[str, tuple[str, int]]]:
    """Return tool -> plain form of a header -> our column and how far down it is declared."""
    table = pd.read_csv(paths.DATA / "order_columns.csv", dtype=str, keep_default_na=False)
    tools: dict[str, dict[str, tuple[str, int]]] = {}
    for at, (tool, column, header, _) in enumerate(table.itertuples(index=False, name=None)):
        tools.setdefault(tool, {}).setdefault(headers.plain(header), (column, at))
    return tools


def words(tool: str, column: str) -> frozenset[str]:
    """Return the plain form of each name that a tool has for a column."""
    return frozenset(name for name, (ours, _) in declared()[tool].items() if ours == column)


@functools.lru_cache(maxsize=1_000)
def places(tool: str, header: tuple[str, ...]) -> Mapping[str, list[int]]:
    """Return where a header has each column, the name that is declared first before the others."""
    synonyms, ranked_places = declared()[tool], dict[str, list[tuple[int, int]]]()
    bare = [headers.plain(IN_BRACKETS.sub("", name)) for name in header[: sheets.MOST_COLUMNS]]
    for at, name in enumerate(bare):
        column, rank = synonyms.get(headers.plain(header[at])) or synonyms.get(name, ("", 0))
        if column:
            ranked_places.setdefault(column, []).append((rank, at))
    by_column = {column: [at for _, at in sorted(ranked)] for column, ranked in ranked_places.items()}
    used = {at for places in by_column.values() for at in places}
    order_synonyms = headers.declared("orders")
    for column in ALSO:
        others = [at for at, name in enumerate(bare) if at not in used and name in order_synonyms[column]]
        if others and column not in by_column:
            by_column[column] = others
    return by_column


def fits(export: Export, tool: str, needs: Sequence[Need]) -> bool:
    """Return if an export has a header, or JSON records, with all columns of one need."""
    if export.kind == "json":
        return any(header(tool, names, needs) for names in export.names)
    return any(header(tool, record, needs) for top in export.tops for record in top)


def header(tool: str, names: Sequence[str], needs: Sequence[Need]) -> Mapping[str, list[int]]:
    """Return the places of a header's columns, none where it lacks some of every need."""
    columns = places(tool, tuple(names)) if len(names) > 1 else {}
    return columns if any(need <= columns.keys() for need in needs) else {}


Flat = Callable[[Mapping[str, Any]], Mapping[str, str]]
Early = Callable[[Mapping[str, str]], str]  # why a record adds nothing to those above it, "" where it does


def parts(
    export: Export,
    tool: str,
    needs: Sequence[Need],
    flat: Flat = documents.flat,
    early: Callable[[], Early] = lambda: lambda _: "",
) -> Iterator[Part]:
    """Yield the tables of an export; a sheet that has none as it is.

    early: for each table what tells its records that add nothing, whose cells are then not kept.
    """
    if export.kind == "json":
        yield _of_records(tool, list(_records(export, tool, needs, flat)), flat, early())
        return
    for sheet in export.sheets():
        yield _of_sheet(export.name, tool, sheet, needs, early())


def _records(export: Export, tool: str, needs: Sequence[Need], flat: Flat) -> Iterator[Any]:
    """Yield the records of a JSON file: its objects, or what each of them holds, page by page."""
    for number, value in export.objects:
        if documents.reason(value) or header(tool, list(flat(value)), needs):
            yield value
        else:
            yield from (record for _, record in documents.unwrapped([(number, value)]))


def _of_records(tool: str, values: Sequence[Any], flat: Flat, early: Early) -> Part:
    rows: list[Row] = []
    names: dict[str, None] = {}
    for number, value in enumerate(values, 1):
        if why := documents.reason(value):
            rows.append((number, why))
            continue
        cells = flat(value)
        names.update(dict.fromkeys(cells))
        row = cells_of(tool, cells)
        rows.append((number, early(row) or row))
    used = {at for positions in places(tool, tuple(names)).values() for at in positions}
    ignored = tuple(sheets.left_out(name) for at, name in enumerate(names) if at not in used)
    return Part("", rows, ignored)


class CompactRow(Mapping[str, str]):
    """The cells of a record by column, in little more room than their text: a file has millions of them."""

    __slots__ = ("content", "places")

    def __init__(self, row: Mapping[str, str]) -> None:
        self.places, cells = _order(tuple(row)), tuple(row.values())
        joined = SEPARATOR.join(cells)
        self.content = joined if joined.count(SEPARATOR) == len(cells) - 1 else cells

    def _cells(self) -> Sequence[str]:
        return self.content.split(SEPARATOR) if isinstance(self.content, str) else self.content

    def __getitem__(self, column: str) -> str:
        return self._cells()[self.places[column]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def whole(self) -> Cells:
        """Return the cells as a dict, at once."""
        return dict(zip(self.places, self._cells(), strict=True))


def whole(cells: Mapping[str, str]) -> Cells:
    """Return cells as a dict of one's own."""
    return cells.whole() if isinstance(cells, CompactRow) else dict(cells)


def drain(rows: list[Row]) -> Iterator[Row]:
    """Yield the rows of a list, which is empty afterwards: what has come needs no room any more."""
    rows.reverse()
    while rows:
        yield rows.pop()


@functools.lru_cache(maxsize=1_000)
def _order(columns: tuple[str, ...]) -> Mapping[str, int]:
    return {column: at for at, column in enumerate(columns)}


def cells_of(tool: str, record: Mapping[str, str]) -> Cells:
    """Return the cells of one flat record by column."""
    return of(places(tool, tuple(record)), list(record.values()))


def of(columns: Mapping[str, Sequence[int]], cells: Sequence[str]) -> Cells:
    """Return the cells of a record by column: of several that tell one the first that is not blank."""
    return {column: _first(cells, positions) for column, positions in columns.items()}


def _first(cells: Sequence[str], positions: Sequence[int]) -> str:
    cell = cells[positions[0]].strip()
    return cell or (_first(cells, positions[1:]) if len(positions) > 1 else "")


def _of_sheet(file: str, tool: str, sheet: Sheet, needs: Sequence[Need], early: Early) -> Part:
    records = iter(sheet.records)
    top: list[Record] = list(islice(records, TOP)) if sheet.header is None else [(1, list(sheet.header))]
    for at, (_, names) in enumerate(top):
        if not isinstance(names, str) and (columns := header(tool, names, needs)):
            rows = _rows(file, chain(top[at + 1 :], records), names, columns, early)
            used = {place for positions in columns.values() for place in positions}
            ignored = [*sheets.lines_above(top[:at])]
            ignored += [sheets.left_out(name) for place, name in enumerate(names) if place not in used]
            currency = next(filter(None, (_bracket(names[place]) for place in columns.get("value", ()))), "")
            return Part(sheet.name, rows, tuple(ignored), currency)
    rest = [*top, *records] if sheet.header is None else list(records)
    return Part(sheet.name, plain=replace(sheet, records=rest))


def _bracket(header: str) -> str:
    """Return the currency that a header names in brackets, "" where none."""
    match = IN_BRACKETS.search(header)
    return references.CURRENCIES.get(match[1], match[1]) if match else ""


def _rows(
    file: str,
    records: Iterator[Record],
    header: Sequence[str],
    columns: Mapping[str, Sequence[int]],
    early: Early,
) -> list[Row]:
    """Return the rows of records.

    Raises InputError: more than are read at once, or too many that are no rows.
    """
    rows, refused = list[Row](), 0
    for line, cells in sheets.at_most(file, records):
        if why := _no_row(cells, header):
            refused += 1
            check_refused(file, refused, line, why)
            rows.append((line, why))
        else:
            row = of(columns, cells)
            rows.append((line, early(row) or CompactRow(row)))
    return rows


def _no_row(cells: Sequence[str] | str, header: Sequence[str]) -> str:
    """Return why a record is no row, "" where it is one."""
    if isinstance(cells, str):
        return cells
    if cells == list(header):
        return AGAIN
    if is_total(cells):
        return TOTAL
    return ragged(cells, header) if len(cells) != len(header) else ""
