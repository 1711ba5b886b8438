"""Text cells in, typed columns out, with the reason of every repair and of every cell that cannot be read.

A repair is a value that the text does not say as it stands: `8,041`, `22.3k`, a hidden count, `LIFESTYLE`.
A blank cell of a column that may be unknown is not one, nor are blanks around a number or a date.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

UNKNOWN = "unknown"  # the niche of a creator whose niche is not given
NOTHING = frozenset({"", "-", "n/a", "na", "nan", "null", "none"})
SUFFIXES = {"k": 3, "m": 6, "b": 9}
FLAGS = dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True) | dict.fromkeys(
    ("false", "f", "no", "n", "0", "0.0"), False
)

WHOLE = r"[0-9]{1,18}"
HEAD = r"[1-9][0-9]{0,2}"  # what stands before the first group of three
GROUP = r"[,' \u00a0\u202f][0-9]{3}"
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
ZONE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
EPOCH = r"[1-9][0-9]{9}"
NEVER = r"(?!)"
DOTS = "thousands marked with dots"

Dtype = pd.Int64Dtype | pd.BooleanDtype | pd.DatetimeTZDtype | np.dtype[Any]
WHOLES = pd.Int64Dtype()
MOMENTS = pd.DatetimeTZDtype("us", "UTC")
BOOLEANS = pd.BooleanDtype()

Answer = tuple[object, str]  # a value, and why it is not what the text says ("" when it is)


class CellError(ValueError):
    """A cell that says no value of its column; the text is the reason."""


@dataclass(frozen=True)
class Column:
    """One typed column; `repaired` and `refused` hold the reasons, at the rows that they concern."""

    values: pd.Series
    repaired: pd.Series
    refused: pd.Series


def each(read: Callable[[pd.Series], Column], text: pd.Series, sizes: Sequence[int]) -> Column:
    """Return a column read file by file: how one tool writes its numbers says nothing about another's.

    sizes: the number of rows of each file, in their order.
    """
    ends = list(itertools.accumulate(sizes, initial=0))
    parts = [read(text.iloc[start:end]) for start, end in itertools.pairwise(ends) if start < end]
    if not parts:
        return read(text)
    return Column(
        pd.concat([part.values for part in parts]),
        pd.concat([part.repaired for part in parts]),
        pd.concat([part.refused for part in parts]),
    )


def name(text: pd.Series) -> Column:
    """Return text as it stands, without the blanks around it (post ids, campaign names)."""
    return _spelt(text, text.str.strip(), "blanks around it")


def verbatim(text: pd.Series) -> Column:
    """Return text exactly as it stands (captions, comments); escaping is for whoever shows it."""
    return _spelt(text, text, "")


def _spelt(before: pd.Series, after: pd.Series, reason: str) -> Column:
    changed = before.index[before != after]
    return Column(after, pd.Series(reason, index=changed, dtype="str"), pd.Series(dtype="str"))


def handle(text: pd.Series) -> Column:
    """Return account names in lower case, without a leading @: how Instagram compares them."""
    return _spelt(text, text.str.strip().str.lower().str.removeprefix("@"), "spelling of the account name")


def word(text: pd.Series) -> Column:
    """Return words of a short list (offers) in lower case."""
    return _spelt(text, text.str.strip().str.lower(), "spelling")


def niche(text: pd.Series) -> Column:
    """Return niches in lower case, without a stray number behind (`fashion 0.5`); blank is `unknown`."""
    given = text.where(text.str.strip() != "", UNKNOWN)
    clean = given.str.strip().str.lower().str.replace(r"\s+", " ", regex=True)
    clean = clean.str.replace(r" [0-9]+(?:\.[0-9]+)?$", "", regex=True)
    return _spelt(given, clean, "spelling of the niche")


def count(text: pd.Series) -> Column:
    """Return whole numbers as Int64; a blank cell cannot be read."""
    return typed(text, WHOLE, _odd_count, WHOLES)


def hidden_count(text: pd.Series) -> Column:
    """Return likes as Int64, NA where the creator hides them: blank, or -1."""
    return typed(text, WHOLE, _odd_hidden_count, WHOLES)


def _odd_hidden_count(cell: str) -> Answer:
    if cell == "-1" or cell.lower() in NOTHING:
        return pd.NA, "hidden by the creator: unknown"
    return _odd_count(cell)


def comment_count(text: pd.Series) -> Column:
    """Return comments as Int64, NA where they are switched off: blank."""
    return typed(text, WHOLE, _odd_comment_count, WHOLES)


def _odd_comment_count(cell: str) -> Answer:
    if cell.lower() in NOTHING:
        return pd.NA, "no count given: unknown"
    return _odd_count(cell)


def extra_count(text: pd.Series) -> Column:
    """Return whole numbers as Int64, NA where blank, hidden (-1) or unreadable: no reason to lose a row."""
    return typed(text, WHOLE, _odd_extra_count, WHOLES)


def _odd_extra_count(cell: str) -> Answer:
    if cell == "-1":
        return pd.NA, "hidden: unknown"
    if cell.lower() in NOTHING:
        return pd.NA, ""
    try:
        return _odd_count(cell)
    except CellError as reason:
        return pd.NA, f"{reason}: unknown"


def _odd_count(cell: str) -> Answer:
    if cell.lower() in NOTHING:
        raise CellError("empty")
    if re.fullmatch(r"-" + WHOLE, cell):
        return int(cell), ""  # for the schema to refuse
    if re.fullmatch(r"-?[0-9]{19,}", cell):
        raise CellError("number too large")
    if re.fullmatch(rf"{HEAD}(?:{GROUP}){{1,5}}", cell):
        return int(re.sub(r"[^0-9]", "", cell)), "thousands separators"
    if re.fullmatch(rf"{HEAD}(?:\.[0-9]{{3}}){{1,5}}", cell):  # a count has no decimals
        return int(cell.replace(".", "")), DOTS
    if re.fullmatch(WHOLE + r"\.0+", cell):
        return int(cell.split(".")[0]), "written with decimals"
    if short := re.fullmatch(r"([0-9]{1,9})(?:[.,]([0-9]{1,9}))? ?([kmb])", cell.lower()):
        return _shorthand(short[1], short[2] or "", SUFFIXES[short[3]])
    raise CellError("no whole number")


def _shorthand(whole: str, decimals: str, zeros: int) -> Answer:
    """Return 22.3k as 22300, in whole numbers: 1.2m as a float is not 1200000 on every machine."""
    if len(decimals) > zeros:
        raise CellError("no whole number")
    return int(whole + decimals) * 10 ** (zeros - len(decimals)), "shorthand, rounded by the tool"


def moment(text: pd.Series) -> Column:
    """Return moments as datetime64[us, UTC], NaT where blank.

    Read are ISO 8601 dates (midnight UTC), date-times with a zone, date-times without one (as UTC, which
    counts as a repair) and whole epoch seconds of ten digits. Whether 03/04 is in March or in April is
    anyone's guess: unreadable.
    """
    read = typed(text, f"{DAY}(?:{CLOCK}{ZONE}?)?|{EPOCH}", _odd_moment, MOMENTS, _plain_moment)
    zoneless = text.index[text.str.strip().str.fullmatch(DAY + CLOCK) & read.values.notna()]
    return replace(read, repaired=pd.Series("no time zone: read as UTC", index=zoneless, dtype="str"))


def _plain_moment(plain: pd.Series) -> pd.Series:
    seconds = plain.str.fullmatch(EPOCH)
    epoch = pd.to_datetime(plain[seconds].astype("int64"), unit="s", utc=True).dt.as_unit("us")
    iso = pd.to_datetime(plain[~seconds], format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")
    return pd.concat([epoch, iso]).reindex(plain.index)


def _odd_moment(cell: str) -> Answer:
    if cell.lower() in NOTHING:
        return pd.NaT, ""
    raise CellError("no ISO 8601 date nor epoch seconds")


def flag(text: pd.Series) -> Column:
    """Return yes/no, true/false, 1/0 as boolean, NA where blank."""
    return typed(text, NEVER, _odd_flag, BOOLEANS)


def doubtful_flag(text: pd.Series) -> Column:
    """Return the same, NA also where the text says neither: no reason to lose a whole row."""
    return typed(text, NEVER, _odd_doubtful_flag, BOOLEANS)


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


def typed(
    text: pd.Series,
    pattern: str,
    odd: Callable[[str], Answer],
    dtype: Dtype,
    plain: Callable[[pd.Series], pd.Series] = pd.Series.copy,
) -> Column:
    """Return a typed column: cells of the pattern all at once, each other spelling once, on its own."""
    bare = text.str.strip()
    fits = bare.str.fullmatch(pattern)
    rest = bare[~fits]
    place, cells = pd.factorize(rest)
    answers = [_answer(odd, cell) for cell in cells]
    others, why, bad = (
        pd.Series([getattr(answer, part) for answer in answers], dtype=kind).take(place).set_axis(rest.index)
        for part, kind in (("value", dtype), ("why", "str"), ("bad", "bool"))
    )
    values: pd.Series = pd.concat([plain(bare[fits]).astype(dtype), others]).reindex(text.index)
    impossible = pd.Series("no such date", index=values.index[fits & values.isna()], dtype="str")
    return Column(values, why[~bad & (why != "")], pd.concat([why[bad], impossible]))


class _Answer(NamedTuple):
    value: object
    why: str
    bad: bool


def _answer(odd: Callable[[str], Answer], cell: str) -> _Answer:
    try:
        return _Answer(*odd(cell), bad=False)
    except CellError as reason:
        return _Answer(None, str(reason), bad=True)
