"""How numbers and text are written, one way each: in a sentence, in rows of an object, in a terminal, as CSV.

Two significant digits carry a manager's sentence; the tables beside it carry the rest. Text that others wrote
is shown, and never run: printable in a terminal, without formulas in a spreadsheet.
"""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Any

import pandas as pd

MINUS = "−"
UNKNOWN = "unknown"
TITLE = 90  # the longest title that stays on two lines of a phone [characters]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HANDLE = 24  # creators choose their names, so a figure cuts them [characters]
WIDEST = 88  # of a described value: names of creators, niches and files have any length [characters]
# control characters, the marks that turn the direction of the text around them, and halves of characters
TURNING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
UNPRINTABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{TURNING}\ud800-\udfff]")
FORMULA = "=+-@"  # with one of them in front a spreadsheet runs a text
PART = re.compile(r"[^;\t\n]+")  # what a spreadsheet that expects another separator takes for a cell

Rows = Sequence[tuple[str, object]]


@dataclass(frozen=True)
class Finding:
    """One finding at two lengths: `title` heads a figure, `text` is the whole sentence or two."""

    title: str
    text: str

    @classmethod
    def of(cls, title: str) -> "Finding":
        """Return a finding that says no more than its title."""
        return cls(title, f"{title}.")


def percent(share: float) -> str:
    """Return a share [1] as percent: 0.0394 -> 3.9%, 0.42 -> 42%; only 0 and 1 read 0% and 100%."""
    if math.isnan(share):
        return UNKNOWN
    size = abs(share) * 100
    if 0 < size < 0.005:
        return "under 0.01%"
    if 99.95 <= size < 100:
        return "over 99.9%" if share > 0 else f"under {MINUS}99.9%"
    digits = 1 if 99 <= size < 100 else 0 if size >= 9.95 or size == 0 else 1 if size >= 0.995 else 2
    return f"{MINUS if share < 0 else ''}{_trimmed(f'{size:,.{digits}f}')}%"


def _trimmed(number: str) -> str:
    return number.rstrip("0").rstrip(".") if "." in number else number


def odds(probability: float) -> str:
    """Return a probability [0-1] as odds: 0.81 -> 8 in 10, 0.03 -> 3 in 100, 0.999 -> over 99 in 100.

    Tenths from 0.15 to 0.85, hundredths outside. Nothing simulated is "never" or "always".
    """
    if math.isnan(probability):
        return UNKNOWN
    if probability < 0.005:
        return "under 1 in 100"
    if probability >= 0.995:
        return "over 99 in 100"
    total = 10 if 0.15 <= probability <= 0.85 else 100
    part = math.floor(probability * total + 0.5)
    return f"{part // 10} in 10" if total == 100 and part % 10 == 0 else f"{part} in {total}"


def hundredths(probability: float) -> str:
    """Return how many of 100 a probability [0-1] is: 0.271 -> 27, 0.001 -> under 1, 0.999 -> over 99."""
    if math.isnan(probability):
        return UNKNOWN
    if probability < 0.005:
        return "under 1"
    return "over 99" if probability >= 0.995 else f"{math.floor(100 * probability + 0.5)}"


def of_100(probability: float) -> str:
    """Return a probability [0-1] in hundredths: 0.271 -> 27 of 100, 0.001 -> under 1 of 100."""
    return UNKNOWN if math.isnan(probability) else f"{hundredths(probability)} of 100"


def money(amount: float, currency: str) -> str:
    """Return an amount with its currency: EUR 1,234; −EUR 50; under 10 with two digits (EUR 0.35)."""
    if math.isnan(amount):
        return UNKNOWN
    size = abs(amount)
    digits = f"{size:,.2f}" if 0.005 <= size < 9.995 else f"{size:,.0f}"
    return f"{MINUS if amount < 0 and size >= 0.005 else ''}{currency} {digits}"


def short_money(amount: float) -> str:
    """Return an amount in at most three digits for an axis: 2500 -> 2.5k, -12000 -> −12k, 3.1m."""
    size, unit = abs(amount), ""
    for step, name in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if size >= step * 0.9995:
            size, unit = size / step, name
            break
    return f"{MINUS if amount < 0 and size else ''}{size:.3g}{unit}"


def count(number: float) -> str:
    """Return a whole number with thousands marked: 12,345."""
    return UNKNOWN if math.isnan(number) else f"{number:z,.0f}".replace("-", MINUS)


def counted(number: float, thing: str) -> str:
    """Return a number of things, one or many: 1 post, 2 posts, 3 niches."""
    return f"{count(number)} {thing if number == 1 else thing + 's'}"


def times(ratio: float) -> str:
    """Return a ratio: 1.62 -> 1.6 times, 0.625 -> 0.62 times, 43.1 -> 43 times."""
    if math.isnan(ratio):
        return UNKNOWN
    return f"{ratio:.{0 if ratio >= 9.95 else 1 if ratio >= 0.995 else 2}f} times"


def significant(number: float, digits: int = 2) -> str:
    """Return a bare number at so many significant digits: 6.04 -> 6, 0.125 -> 0.12, 0.0000825 -> 0.000082."""
    if math.isnan(number):
        return UNKNOWN
    rounded = Decimal(f"{number:.{digits - 1}e}")
    return _trimmed(f"{rounded:,f}").replace("-", MINUS)


def handle(name: object) -> str:
    """Return a creator-chosen name on one line, printable, cut to `HANDLE` characters."""
    return shortened(name, HANDLE)


def shortened(text: object, most: int = TITLE) -> str:
    """Return text on one line, printable, cut to `most` characters with an ellipsis."""
    line = " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def listed(names: Sequence[str], most: int = 4) -> str:
    """Return names as a list in words: a, b and c; beyond `most`: a, b, c and 5 more."""
    if len(names) > most:
        names = [*names[: most - 1], f"{len(names) - most + 1} more"]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def day(moment: pd.Timestamp) -> str:
    """Return a date as 7 Nov 2026, whatever the machine's language."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def capital(sentence: str) -> str:
    """Return a sentence with a capital letter in front and the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


class ReprMixin:
    """An object that shows itself as a title and rows of name and value, whatever it holds."""

    def _repr_rows(self) -> tuple[str, Rows]:
        raise NotImplementedError

    def __repr__(self) -> str:
        title, rows = self._repr_rows()
        pairs = [(name, shortened(value, WIDEST)) for name, value in rows]
        width = max((len(name) for name, _ in pairs), default=0)
        return "\n".join(
            [shortened(title, WIDEST), *(f"  {name:<{width}}  {value}" for name, value in pairs)]
        )

    def _repr_html_(self) -> str:
        title, rows = self._repr_rows()
        cells = "".join(
            f'<tr><th scope="row" style="text-align: left">{escape(name)}</th>'
            f'<td style="text-align: left">{escape(shortened(value, WIDEST))}</td></tr>'
            for name, value in rows
        )
        return f"<table><caption>{escape(shortened(title, WIDEST))}</caption><tbody>{cells}</tbody></table>"


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
