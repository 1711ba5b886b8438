"""Text cells in, amounts out: which mark is the decimal one, the cells of a column tell together."""

import re

import numpy as np
import pandas as pd

from nanospread.tables.counting import DOTS, GROUP, HEAD
from nanospread.tables.reading import NOTHING, Answer, CellError, Column, by_file, seen, typed

EITHER = rf"-?{HEAD}[.,][0-9]{{3}}"  # thousands or decimals: the cell alone does not tell
FRACTION = r"[0-9]{1,15}{mark}(?:[0-9]{1,2}|[0-9]{4,15})|(?:0[0-9]{0,14}|[0-9]{4,15}){mark}[0-9]{3}"
POINT, COMMA = FRACTION.replace("{mark}", r"\."), FRACTION.replace("{mark}", ",")
AMOUNT = rf"-?(?:[0-9]{{1,15}}|{POINT})"
GROUPED = rf"-?{HEAD}(?:{GROUP}){{1,4}}(?:\.[0-9]{{1,15}})?"
DOTTED = rf"-?{HEAD}(?:\.[0-9]{{3}}){{2,4}}"
COMMA_DECIMALS = rf"-?(?:{HEAD}(?:\.[0-9]{{3}}){{1,4}},[0-9]{{1,15}}|{COMMA})"
# What a column with a decimal point, and one with a decimal comma, has among its cells.
TELLS = {
    ".": rf"-?(?:{POINT}|{HEAD}(?:{GROUP}){{1,4}}\.[0-9]{{1,15}}|{HEAD}(?:,[0-9]{{3}}){{2,4}})",
    ",": f"{COMMA_DECIMALS}|{DOTTED}",
}
CURRENCY = r"^[€$£]\s*|\s*(?:[€$£]|EUR|USD|GBP|CHF)$|^(?:EUR|USD|GBP|CHF)\s*"
AMOUNTS = np.dtype("float64")


@by_file
def amount(text: pd.Series) -> Column:
    """Return money and other non-negative quantities as float64, NaN where blank.

    `1.250` and `1,250` are read as the other cells of the column tell, and not at all where none does.
    """
    return _amounts(text, whole=False)


@by_file
def tally(text: pd.Series) -> Column:
    """Return the same of what comes in ones (people, clicks): `1.250` is thousands unless others tell."""
    return _amounts(text, whole=True)


def _amounts(text: pd.Series, *, whole: bool) -> Column:
    bare = text.str.strip().str.replace(CURRENCY, "", regex=True)
    told = [mark for mark, pattern in TELLS.items() if bare.str.fullmatch(pattern).any()]
    mark = told[0] if len(told) == 1 else ""
    return typed(text, AMOUNT, lambda cell: _odd_amount(cell, mark, whole=whole), AMOUNTS)


def _odd_amount(cell: str, mark: str, *, whole: bool) -> Answer:
    shown = seen(cell)
    if shown.lower() in NOTHING:
        return float("nan"), ""
    bare = re.sub(CURRENCY, "", shown)
    if re.fullmatch(EITHER, bare):
        value, why = _thousands_or_decimals(bare, mark, whole=whole)
        return value, why or ("currency sign" if bare != shown else "")
    if re.fullmatch(AMOUNT, bare):
        return float(bare), "currency sign" if bare != shown else "digits of another script"
    if re.fullmatch(GROUPED, bare):
        return float(re.sub(r"[^0-9.-]", "", bare)), "thousands separators"
    if re.fullmatch(DOTTED, bare):
        return float(bare.replace(".", "")), DOTS
    if re.fullmatch(COMMA_DECIMALS, bare):
        return float(bare.replace(".", "").replace(",", ".")), "decimal comma"
    raise CellError("no amount")


def _thousands_or_decimals(bare: str, mark: str, *, whole: bool) -> tuple[float, str]:
    """Return what `1.250` or `1,250` says where `mark` is the decimal one ("": unknown)."""
    if not mark and not whole:
        raise CellError("thousands or decimals?")
    if mark and mark in bare:
        return float(bare.replace(",", ".")), "decimal comma" if mark == "," else ""
    return float(re.sub(r"[.,]", "", bare)), DOTS if "." in bare else "thousands separators"
