"""Text cells in, whole numbers out: followers, likes, comments, and what else comes in ones."""

import re

import pandas as pd

from nanospread.tables.reading import NOTHING, Answer, CellError, Column, seen, typed

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
SHORT = rf"([0-9]{{1,9}})(?:[.,]([0-9]{{1,9}}))? ?({'|'.join(map(re.escape, ZEROS))})"


def count(text: pd.Series) -> Column:
    """Return whole numbers as Int64; a blank cell cannot be read."""
    return typed(text, WHOLE, _odd_count, WHOLES)


def hidden_count(text: pd.Series) -> Column:
    """Return likes as Int64, NA where the creator hides them: blank, or -1."""
    return typed(text, WHOLE, _odd_hidden_count, WHOLES)


def _odd_hidden_count(cell: str) -> Answer:
    if cell in MINUS_ONE or cell.lower() in NOTHING:
        return pd.NA, "hidden by the creator: unknown"
    return _odd_count(cell)


MINUS_ONE = ("-1", "-1.0")


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
    if cell in MINUS_ONE:
        return pd.NA, "hidden: unknown"
    if cell.lower() in NOTHING:
        return pd.NA, ""
    try:
        return _odd_count(cell)
    except CellError as reason:
        return pd.NA, f"{reason}: unknown"


def _odd_count(cell: str) -> Answer:
    bare = seen(cell)
    if bare.lower() in NOTHING:
        raise CellError("empty")
    if re.fullmatch(WHOLE, bare):
        return int(bare), "digits of another script, or invisible marks"
    if re.fullmatch(r"-" + WHOLE, bare):
        return int(bare), ""  # for the schema to refuse
    if re.fullmatch(r"-?[0-9]{19,}", bare):
        raise CellError("number too large")
    if re.fullmatch(rf"{HEAD}(?:{GROUP}){{1,5}}|{INDIAN}", bare):
        return int(re.sub(r"[^0-9]", "", bare)), "thousands separators"
    if re.fullmatch(rf"{HEAD}(?:\.[0-9]{{3}}){{1,5}}", bare):  # a count has no decimals
        return int(bare.replace(".", "")), DOTS
    if re.fullmatch(WHOLE + r"[.,]0+", bare):
        return int(re.split("[.,]", bare)[0]), "written with decimals"
    if short := re.fullmatch(SHORT, bare.lower()):
        return _shorthand(short[1], short[2] or "", ZEROS[short[3]])
    raise CellError("no whole number")


def _shorthand(whole: str, decimals: str, zeros: int) -> Answer:
    """Return 22.3k as 22300, in whole numbers: 1.2m as a float is not 1200000 on every machine."""
    if len(decimals) > zeros:
        raise CellError("no whole number")
    return int(whole + decimals) * 10 ** (zeros - len(decimals)), "shorthand, rounded by the tool"
