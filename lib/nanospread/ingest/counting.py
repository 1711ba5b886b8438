"""Text cells in, whole numbers out: followers, likes, comments, and what else comes in ones.

A count has no decimals, so `5.000` is five thousand, unless the column writes decimals all the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from nanospread.ingest.reading import LONGEST, NOTHING, Answer, CellError, Column, by_file, parsed, seen

WHOLES = pd.Int64Dtype()
WHOLE = r"[0-9]{1,18}"
HEAD = r"[1-9][0-9]{0,2}"  # what stands before the first group of three
GROUP = r"[,'’ \u00a0\u2009\u202f][0-9]{3}"
INDIAN = r"[1-9][0-9]?(?:,[0-9]{2}){1,5},[0-9]{3}"  # 12,34,567: lakhs and crores
DOTS = "thousands marked with dots"
ZEROS = {
    **dict.fromkeys(("k", "tsd", "tsd.", "thousand"), 3),
    **dict.fromkeys(("m", "mn", "mln", "mio", "mio.", "million", "millions"), 6),
    **dict.fromkeys(("b", "bn", "mrd", "mrd.", "mld", "billion"), 9),
}
SHORT = rf"([0-9]{{1,9}})(?:([.,])([0-9]{{1,9}}))? ?({'|'.join(map(re.escape, ZEROS))})"

# By mark, what it is in a column: "thousands", "decimals", or "" where that is in doubt.
Marks = Mapping[str, str]


@by_file
def count(text: pd.Series) -> Column:
    """Return whole numbers as Int64; a blank cell cannot be read."""
    return _counts(text, _odd_count)


@by_file
def hidden_count(text: pd.Series) -> Column:
    """Return likes as Int64, NA where the creator hides them: blank, or -1."""
    return _counts(text, _odd_hidden_count)


def _odd_hidden_count(cell: str, marks: Marks) -> Answer:
    if cell in MINUS_ONE or cell.lower() in NOTHING:
        return pd.NA, "hidden by the creator: unknown"
    return _odd_count(cell, marks)


MINUS_ONE = ("-1", "-1.0")


@by_file
def comment_count(text: pd.Series) -> Column:
    """Return comments as Int64, NA where they are switched off: blank."""
    return _counts(text, _odd_comment_count)


def _odd_comment_count(cell: str, marks: Marks) -> Answer:
    if cell.lower() in NOTHING:
        return pd.NA, "no count given: unknown"
    return _odd_count(cell, marks)


@by_file
def extra_count(text: pd.Series) -> Column:
    """Return whole numbers as Int64, NA where blank, hidden (-1) or unreadable: no reason to lose a row."""
    return _counts(text, _odd_extra_count)


def _odd_extra_count(cell: str, marks: Marks) -> Answer:
    if cell in MINUS_ONE:
        return pd.NA, "hidden: unknown"
    if cell.lower() in NOTHING:
        return pd.NA, ""
    try:
        return _odd_count(cell, marks)
    except CellError as reason:
        return pd.NA, f"{reason}: unknown"


def _counts(text: pd.Series, odd: Callable[[str, Marks], Answer]) -> Column:
    bare = text.str.strip()
    fits = bare.str.fullmatch(WHOLE)
    # Digits alone tell nothing of marks, so that whoever reads those another way may leave them out here.
    cells = [] if fits.all() else [seen(cell) for cell in bare[~fits].unique() if len(cell) <= LONGEST]
    marks = {mark: _meaning(mark, cells) for mark in ".,"}
    return parsed(bare, fits, lambda cell: odd(cell, marks), WHOLES)


def _meaning(mark: str, cells: Iterable[str]) -> str:
    """Return what a mark is in a column: thousands if `12.400` says so or nothing else, or decimals.

    `0.000` and `1234.000` say that cells have three decimals, and `12.0` only that some have any.
    """
    own, other = re.escape(mark), {".": ",", ",": r"\."}[mark]
    long = rf"(?:0[0-9]*|[0-9]{{4,18}}|{HEAD}(?:[{other}'’ \u00a0\u2009\u202f][0-9]{{3}})+)"
    ways = {
        "decimals": rf"{long}{own}[0-9]{{3}}",
        "others": rf"(?:{long}|{HEAD}){own}(?:[0-9]{{1,2}}|[0-9]{{4,}})",
        "thousands": rf"{HEAD}(?:{own}(?!000)[0-9]{{3}}|(?:{own}[0-9]{{3}}){{2,5}}|"
        rf"(?:{own}[0-9]{{3}})+{other}[0-9]+)",
    }
    found = {way for way, pattern in ways.items() if any(re.fullmatch(pattern, cell) for cell in cells)}
    if "thousands" in found:
        return "" if "decimals" in found else "thousands"
    return "decimals" if "decimals" in found else "" if found else "thousands"


def _odd_count(cell: str, marks: Marks) -> Answer:
    bare = seen(cell)
    if bare.lower() in NOTHING:
        raise CellError("empty")
    if re.fullmatch(WHOLE, bare):
        return int(bare), "digits of another script, or invisible marks"
    if re.fullmatch(r"-" + WHOLE, bare):
        return int(bare), ""  # for the schema to refuse
    if re.fullmatch(r"-?[0-9]{19,}", bare):
        raise CellError("number too large")
    if re.fullmatch(rf"{HEAD}[.,][0-9]{{3}}", bare) and marks[bare[-4]] != "thousands":
        return _in_decimals(bare, marks[bare[-4]])
    if re.fullmatch(rf"{HEAD}(?:{GROUP}){{1,5}}|{INDIAN}", bare):
        return int(re.sub(r"[^0-9]", "", bare)), "thousands separators"
    if re.fullmatch(rf"{HEAD}(?:\.[0-9]{{3}}){{1,5}}", bare):
        return int(bare.replace(".", "")), DOTS
    if re.fullmatch(WHOLE + r"[.,]0+", bare):
        return int(re.split("[.,]", bare)[0]), "written with decimals"
    if short := re.fullmatch(SHORT, bare.lower()):
        return _shorthand(short, marks)
    raise CellError("no whole number")


def _in_decimals(bare: str, meaning: str) -> Answer:
    """Return what `5.000` says where its mark is the decimal one, or in doubt."""
    if not meaning:
        raise CellError(UNCLEAR)
    return int(bare[:-4]), "written with decimals"


UNCLEAR = "thousands or decimals?"


def _shorthand(parts: re.Match[str], marks: Marks) -> Answer:
    """Return 22.3k as 22300, in whole numbers: 1.2m as a float is not 1200000 on every machine.

    1,234k is 1234 thousand to some.
    """
    whole, mark, decimals, zeros = parts[1], parts[2], parts[3] or "", ZEROS[parts[4]]
    if mark == "," and re.fullmatch(HEAD, whole) and len(decimals) == 3 and marks[mark] != "decimals":
        raise CellError(UNCLEAR)
    if len(decimals) > zeros:
        raise CellError("no whole number")
    return int(whole + decimals) * 10 ** (zeros - len(decimals)), "shorthand, rounded by the tool"
