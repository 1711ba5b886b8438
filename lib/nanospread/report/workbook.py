"""Tables and the verdict -> one workbook to read: what to do first, whom to invite next, then every table.

Headers and names inside are those of data/labels.csv, numbers have their formats. A text is never a formula
or a link, whatever it starts with; the same tables give the same bytes.
"""

import io
import math
import re
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from nanospread.pages import labels, show

FIRST = ("next_batch", "shortlist", "reserve")  # tables that somebody works with
BORN = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # a workbook that told its hour would differ
NO_SHEET = re.compile(r"[\[\]:*?/\\']")
LONGEST_NAME, LONGEST_TEXT = 31, 32_767  # characters, of Excel
WIDEST = 60  # characters that a column is wide at most
PLAIN = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
NUMBERS = {"percent": "0.0%", "of_100": "0%", "count": "#,##0", "plain": "0"}  # by the format of the label
DIGITS = {"two": 2}  # that are shown of the middle number of a column; three of any other


class Sheets:
    """A workbook in the making, with its few formats."""

    def __init__(self, book: xlsxwriter.Workbook, currency: str) -> None:
        self._book, self._currency, self._taken = book, currency, set[str]()
        self._formats: dict[str, Format] = {}
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 14})

    def sheet(self, name: str) -> Worksheet:
        """Return a new sheet, under a name that Excel takes and no other has."""
        base = NO_SHEET.sub("_", show.printable(name))[:LONGEST_NAME] or "table"
        free, number = base, 2
        while free.casefold() in self._taken:
            free, number = f"{base[: LONGEST_NAME - 4]}_{number}", number + 1
        self._taken.add(free.casefold())
        sheet = self._book.add_worksheet(free)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        return sheet

    def table(
        self, sheet: Worksheet, columns: Sequence[str], rows: Sequence[Sequence[Any]], top: int = 0
    ) -> None:
        """Write a table whose header stays in sight."""
        for position, column in enumerate(columns):
            cells = [row[position] for row in rows]
            head = self._heading(column)
            sheet.write_string(top, position, head, self.head)
            number_format = self._format(column, cells)
            widths = [
                _write(sheet, top + 1 + row, position, column, cell, number_format)
                for row, cell in enumerate(cells)
            ]
            sheet.set_column(position, position, min(WIDEST, max([len(head) // 2, 8, *widths]) + 2))
        sheet.freeze_panes(top + 1, 1)
        sheet.repeat_rows(top)

    def _heading(self, column: str) -> str:
        label = labels.labels().get(column)
        if label is None:
            return show.printable(column)
        return f"{label.label}, {self._currency}" if label.unit == "money" else label.label

    def _format(self, column: str, cells: Sequence[Any]) -> Format | None:
        """Return how the numbers of a column are written; None for a column without any."""
        label = labels.labels().get(column)
        format_name = label.format if label else ""
        code = NUMBERS.get(format_name) or _digits(cells, DIGITS.get(format_name, 3))
        if code and code not in self._formats:
            self._formats[code] = self._book.add_format({"num_format": code})
        return self._formats.get(code)


def xlsx(
    tables: Mapping[str, Mapping[str, Any]], title: str = "", words: Sequence[str] = (), currency: str = ""
) -> bytes:
    """Return the workbook.

    tables: by name, columns (names), rows (lists of text, numbers, booleans or None) and, in words, caption.
    words: the verdict, and what a reader must know of it. currency: of what is money.
    """
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, PLAIN | {"in_memory": True}) as book:
        book.set_properties({"created": BORN})
        sheets = Sheets(book, currency)
        first = sheets.sheet("Verdict")
        contents = []
        order = [*(name for name in FIRST if name in tables), *(name for name in tables if name not in FIRST)]
        for name in order:
            sheet = sheets.sheet(name)
            sheets.table(sheet, tables[name]["columns"], tables[name]["rows"])
            contents.append([sheet.get_name(), tables[name].get("caption", "")])
        first.write_string(0, 0, show.printable(title), sheets.title)
        for row, sentence in enumerate(words, start=1):
            first.write_string(row, 0, show.printable(sentence))
        sheets.table(first, ("Sheet", "What it shows"), contents, top=len(words) + 2)
        first.set_column(1, 1, 100)
    return buffer.getvalue()


def _digits(cells: Sequence[Any], digits: int) -> str:
    """Return the format that shows so many significant digits of a column's middle number."""
    numbers = [abs(cell) for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool)]
    if not numbers:
        return ""
    if all(isinstance(number, int) for number in numbers):
        return NUMBERS["count"]
    middle = statistics.median([number for number in numbers if number] or [1])
    decimals = min(6, max(0, digits - 1 - math.floor(math.log10(middle))))
    return f"#,##0.{'0' * decimals}".rstrip(".")


def _write(
    sheet: Worksheet, row: int, position: int, column: str, value: Any, number_format: Format | None
) -> int:
    """Write one cell, and return about how many characters wide it is."""
    if value is None:
        return 0
    if isinstance(value, bool):
        sheet.write_boolean(row, position, value)
        return 5
    if isinstance(value, int | float):
        sheet.write_number(row, position, value, number_format)
        return min(len(str(value)), 12)
    label = labels.labels().get(column)
    text = labels.inside(column, value) if label and label.format == "name" else value
    sheet.write_string(row, position, show.printable(text)[:LONGEST_TEXT])
    return len(text)
