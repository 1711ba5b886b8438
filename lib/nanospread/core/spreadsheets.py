"""Text that a terminal or a spreadsheet shows and never runs: printable text, and CSV without formulas."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

# control characters, the marks that turn the direction of the text around them, and halves of characters
TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
UNPRINTABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{TURNING}\ud800-\udfff]")
FORMULA = "=+-@"  # with one of them in front a spreadsheet runs a text
PART = re.compile(r"[^;\t\n]+")  # what a spreadsheet that expects another separator takes for a cell


def printable(value: object) -> str:
    """Return text without control characters and direction overrides, each shown as a replacement mark."""
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a CSV in which no text, header included, is run as a formula; numbers stay as they are."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([_tame(column) for column in columns])
    writer.writerows([[_tame(value) for value in row] for row in rows])
    return buffer.getvalue()


def _tame(value: Any) -> Any:
    """Return a text with an apostrophe before each part that would run; anything else as it is."""
    if not isinstance(value, str):
        return value
    safe = PART.sub(lambda part: f"'{part[0]}" if _runs(part[0]) else part[0], printable(value))
    return f"'{safe}" if value[:1] in ("\t", "\r", "\n") else safe


def _runs(text: str) -> bool:
    """Return whether the first character that is seen, at its plain width, starts a formula."""
    seen = (c for c in text if unicodedata.category(c)[0] not in "CZ" and c != "\N{REPLACEMENT CHARACTER}")
    return unicodedata.normalize("NFKC", next(seen, " ")) in FORMULA
