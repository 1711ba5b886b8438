"""Text cells in, a typed column out, with the reason of every repair and of every cell that cannot be read.

A repair is a value that the text does not say as it stands: `8,041`, `22.3k`, a hidden count, `LIFESTYLE`.
A blank cell of a column that may be unknown is not one, nor are blanks around a number or a date.
"""

import functools
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

UNKNOWN = "unknown"  # the niche of a creator whose niche is not given
NOTHING = frozenset({"", "-", "–", "—", "n/a", "#n/a", "na", "nan", "nan%", "null", "none"})
# Marks that nobody sees: soft hyphen, zero width, direction of writing, byte order.
INVISIBLE = r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe0f\ufeff]"
LONGEST = 100  # characters: no number and no date needs more

Dtype = pd.Int64Dtype | pd.BooleanDtype | pd.DatetimeTZDtype | pd.StringDtype | np.dtype[Any]
TEXT = pd.StringDtype(na_value=np.nan)  # "str"

Answer = tuple[object, str]  # a value, and why it is not what the text says ("" when it is)


class CellError(ValueError):
    """A cell that says no value of its column; the text is the reason."""


@dataclass(frozen=True)
class Column:
    """One typed column; `repaired` and `refused` hold the reasons, at the rows that they concern."""

    values: pd.Series
    repaired: pd.Series
    refused: pd.Series
    telling: tuple[str, ...] = ()  # cells that tell how others of their file are to be read


@dataclass(frozen=True)
class FileContext:
    """What a piece of a file must know of the whole file, to be read as it is in one piece with it."""

    telling: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by column, as Column.telling
    latest: pd.Timestamp | None = None  # the last date that is not too far from the others
    undated: bool = False  # no row of it has a date
    misnamed: bool = False  # the day in its name is not its export's


@dataclass(frozen=True)
class CellHints:
    """What is known about the cells of a file beside them: from its mapping, and from whoever runs this."""

    dates: str = ""  # "day first" or "month first"
    reported_er: str = ""  # "percent" or "fraction"
    as_of: pd.Timestamp | None = None  # when the file was exported
    telling: tuple[str, ...] = ()  # cells of the column in other pieces of the file, as Column.telling


NO_HINTS = CellHints()
Reader = Callable[..., Column]


def by_file(reader: Reader) -> Reader:
    """Mark a reader to which the cells of one file tell of each other, and nothing of another file's."""
    reader.by_file = True  # type: ignore[attr-defined]
    return reader


def listening(reader: Reader) -> Reader:
    """Mark a reader of that kind that takes what is told about the file, too."""
    reader.listens = True  # type: ignore[attr-defined]
    return by_file(reader)


def read_column(reader: Reader, text: pd.Series, files: Sequence[tuple[int, CellHints]]) -> Column:
    """Return a column of all files: cell by cell, or file by file where its cells tell of each other.

    files: the number of rows of each file and what is told about it, in their order.
    """
    if not hasattr(reader, "by_file"):
        return _one_by_one(reader, text)
    parts, start = [], 0
    for size, hints in files:
        rows = text.iloc[start : start + size]
        start += size
        if size:
            parts.append(_of_file(reader, rows, hints))
    if len(parts) < 2:
        return parts[0] if parts else reader(text)
    return Column(
        pd.concat([part.values for part in parts]),
        pd.concat([part.repaired for part in parts]),
        pd.concat([part.refused for part in parts]),
    )


def _of_file(reader: Reader, rows: pd.Series, hints: CellHints) -> Column:
    """Return the column of one file, or of a piece of it as if its telling cells stood above."""
    listens = hasattr(reader, "listens")
    if not hints.telling:
        return _one_by_one(lambda text: reader(text, hints) if listens else reader(text), rows)
    context = pd.Series(hints.telling, index=range(-len(hints.telling), 0), dtype="str")
    combined = pd.concat([context, rows])
    column = reader(combined, hints) if listens else reader(combined)
    values, repaired, refused = (
        series[series.index >= 0] for series in (column.values, column.repaired, column.refused)
    )
    return Column(values, repaired, refused, column.telling)


def _one_by_one(reader: Reader, text: pd.Series) -> Column:
    """Return a column; of one without any text, as most files lack some, only the first cell is read."""
    if len(text) < 2 or text.iloc[0] or any(text.tolist()):
        return reader(text)
    first = reader(text.iloc[:1])
    repaired, refused = (
        pd.Series(why.iloc[0], index=text.index, dtype="str") if len(why) else NO_REASON
        for why in (first.repaired, first.refused)
    )
    return Column(first.values.take([0] * len(text)).set_axis(text.index), repaired, refused)


def stripped(text: pd.Series, pattern: str) -> "tuple[pd.Series, pd.Series[bool]]":
    """Return cells without the blanks around them, and which are of a pattern (that has no such blanks)."""
    fits = matches(text, pattern)
    if fits.all():
        return text, fits
    bare, fits, rest = text.copy(), fits.copy(), text[~fits]
    changed = rest.str.strip()
    changed = changed[changed != rest]
    bare[changed.index], fits[changed.index] = changed, matches(changed, pattern)
    return bare, fits


def matches(text: pd.Series, pattern: str) -> "pd.Series[bool]":
    """Return which cells are of a pattern that no line break fits into; no cell is missing here.

    The cells are read as lines of one text, from one that does not fit to the next, several times as fast as
    `text.str.fullmatch`; where too many do not fit, or a cell has lines, one by one.
    """
    cells = text.tolist()
    joined = "\n".join([*cells, ""])
    fitting = re.compile(f"(?:(?:{pattern})\n)*+").match
    fits = np.ones(len(cells), dtype=bool)
    one_by_one = joined.count("\n") > len(cells)
    index = place = odd = 0
    while index < len(cells) and not one_by_one:
        if lines := fitting(joined, place):
            index += joined.count("\n", place, lines.end())
            place = lines.end()
        if index < len(cells):
            fits[index] = False
            index, odd, place = index + 1, odd + 1, joined.index("\n", place) + 1
        one_by_one = odd > 20 + index // 8
    fullmatch = re.compile(pattern).fullmatch
    fits[index:] = [fullmatch(cell) is not None for cell in cells[index:]]
    return pd.Series(fits, index=text.index, dtype="bool")


def spelt(text: pd.Series, pattern: str, odd: Callable[[str], Answer]) -> Column:
    """Return a column of text: cells of the pattern as they are, each other spelling once, on its own."""
    return parsed(text, matches(text, pattern), odd, TEXT)


def listed(text: pd.Series, odd: Callable[[str], Answer], dtype: Dtype) -> Column:
    """Return a typed column of words of a short list: each spelling once, without the blanks around it."""
    return parsed(text, pd.Series(False, index=text.index), lambda cell: odd(cell.strip()), dtype)


def parsed(
    bare: pd.Series,
    fits: "pd.Series[bool]",
    odd: Callable[[str], Answer],
    dtype: Dtype,
    plain: Callable[[pd.Series], pd.Series] = pd.Series.copy,
) -> Column:
    """Return a typed column of cells, those that fit all at once and each other spelling once."""
    if fits.all():
        values, why, bad = plain(bare).astype(dtype), NO_REASON, NO_REASON
    else:
        odd_cells = bare[~fits]
        odd_values, why, bad = _answered(odd_cells, odd, dtype)
        values = pd.concat([plain(bare[fits]).astype(dtype), odd_values]).reindex(bare.index)
    impossible = values.index[fits & values.isna()]
    if len(impossible):
        bad = pd.concat([bad, pd.Series("no such date", index=impossible, dtype="str")])
    return Column(values, why, bad)


NO_REASON = pd.Series([], index=pd.RangeIndex(0), dtype="str")


def _answered(
    odd_cells: pd.Series, odd: Callable[[str], Answer], dtype: Dtype
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the values of odd cells, and the reasons of those that were repaired and refused."""
    place, cells = pd.factorize(odd_cells)
    answers = [_answer(odd, cell) for cell in cells]
    nothing = "" if dtype == TEXT else None
    values = pd.Series([nothing if a.bad else a.value for a in answers], dtype=dtype)
    why = pd.Series([a.why for a in answers], dtype="str").take(place).set_axis(odd_cells.index)
    bad = np.array([a.bad for a in answers], dtype=bool)[place]
    return values.take(place).set_axis(odd_cells.index), why[~bad & (why != "")], why[bad]


class _Answer(NamedTuple):
    value: object
    why: str
    bad: bool


def _answer(odd: Callable[[str], Answer], cell: str) -> _Answer:
    try:
        return _Answer(*odd(cell), bad=False)
    except CellError as reason:
        return _Answer(None, str(reason), bad=True)


def visible(cell: str) -> str:
    """Return text without invisible marks and the blanks around it, with the digits that we count in."""
    visible = re.sub(INVISIBLE, "", cell).strip()
    return visible if visible.isascii() else "".join(map(_ascii, visible)).strip()


@functools.cache
def _ascii(mark: str) -> str:
    """Return the plain form of a digit of any script, and of full-width marks; else the mark."""
    if mark.isdecimal():
        return str(unicodedata.decimal(mark))
    if mark in ARABIC:
        return ARABIC[mark]
    return unicodedata.normalize("NFKC", mark) if "\uff00" <= mark <= "\uffef" else mark


ARABIC = {"٫": ".", "٬": ",", "٪": "%", "−": "-"}


def verbatim(text: pd.Series) -> Column:
    """Return text exactly as it stands (captions, comments); escaping is for whoever shows it."""
    return Column(text, NO_REASON, NO_REASON)


def flag(text: pd.Series) -> Column:
    """Return yes/no, true/false, 1/0 as boolean, NA where blank."""
    return listed(text, _odd_flag, BOOLEANS)


def doubtful_flag(text: pd.Series) -> Column:
    """Return the same, NA also where the text says neither: no reason to lose a whole row."""
    return listed(text, _odd_doubtful_flag, BOOLEANS)


BOOLEANS = pd.BooleanDtype()
FLAGS = dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True) | dict.fromkeys(
    ("false", "f", "no", "n", "0", "0.0"), False
)


def _odd_flag(cell: str) -> Answer:
    if cell.lower() in NOTHING:
        return pd.NA, ""
    if cell.lower() not in FLAGS:
        raise CellError("neither yes nor no")
    return FLAGS[cell.lower()], ""


def _odd_doubtful_flag(cell: str) -> Answer:
    try:
        return _odd_flag(cell)
    except CellError as reason:
        return pd.NA, f"{reason}: unknown"
