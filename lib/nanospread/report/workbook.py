"""Tables -> one XLSX workbook, a sheet each: text is never a formula or a link, and the same tables give the
same bytes."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from nanospread.pages import show

BORN = datetime(2000, 1, 1, tzinfo=UTC).replace(
    tzinfo=None
)  # a workbook that told its hour would differ each run
NO_SHEET = re.compile(r"[\[\]:*?/\\']")
LONGEST_NAME, LONGEST_TEXT = 31, 32_767  # characters, of Excel
WIDEST = 60  # characters that a column is wide at most


def xlsx(tables: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Return the tables as a workbook.

    tables: by name, columns (names) and rows (lists of text, numbers, booleans or None), as `gather.tables`.
    Text stays text whatever it starts with; control characters are shown as replacement marks.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    plain = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(buffer, plain) as book:
        book.set_properties({"created": BORN})
        head = book.add_format({"bold": True, "bottom": 1})
        taken: set[str] = set()
        for name, table in tables.items():
            sheet = book.add_worksheet(_sheet_name(name, taken))
            _write(sheet, table["columns"], table["rows"], head)
    return buffer.getvalue()


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that Excel takes, different from those that are taken."""
    base = NO_SHEET.sub("_", show.printable(name))[:LONGEST_NAME] or "table"
    found, number = base, 2
    while found.casefold() in taken:
        found, number = f"{base[: LONGEST_NAME - 4]}_{number}", number + 1
    taken.add(found.casefold())
    return found


def _write(sheet: Any, columns: Sequence[str], rows: Sequence[Sequence[Any]], head: Any) -> None:
    for at, column in enumerate(columns):
        sheet.write_string(0, at, show.printable(column), head)
        written = [_cell(sheet, 1 + row, at, cells[at]) for row, cells in enumerate(rows)]
        sheet.set_column(at, at, min(WIDEST, max([len(str(column)), *written]) + 2))
    sheet.freeze_panes(1, 1)


def _cell(sheet: Any, row: int, column: int, value: Any) -> int:
    """Write one cell, and return how many characters wide it is."""
    if value is None:
        return 0
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, show.printable(value)[:LONGEST_TEXT])
    return len(str(value))
