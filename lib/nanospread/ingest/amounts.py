"""Text cells in, amounts out: which mark is the decimal one, the cells of a column tell together."""

import re
from collections import Counter

import numpy as np
import pandas as pd

from nanospread.ingest.counting import DOTS, GROUP, HEAD
from nanospread.ingest.reading import NOTHING, Answer, CellError, Column, by_file, seen, typed

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
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP"}
AMOUNTS = np.dtype("float64")


@by_file
def amount(text: pd.Series) -> Column:
    """Return money and other non-negative quantities as float64, NaN where blank.

    `1.250` and `1,250` are read as the other cells of the column tell, and not at all where none does.
    Nothing is converted: an amount in another currency than most of the column is not read.
    """
    return _amounts(text, whole=False)


@by_file
def tally(text: pd.Series) -> Column:
    """Return the same of what comes in ones (people, clicks): `1.250` is thousands unless others tell.

    Where some tell one thing and some the other it is not read.
    """
    return _amounts(text, whole=True)


def _amounts(text: pd.Series, *, whole: bool) -> Column:
    bare = text.str.strip().str.replace(CURRENCY, "", regex=True)
    told = [mark for mark, pattern in TELLS.items() if bare.str.fullmatch(pattern).any()]
    mark = told[0] if len(told) == 1 else ""
    thousands = whole and not told
    currency = _commonest(text)
    return typed(
        text, AMOUNT, lambda cell: _odd_amount(cell, mark, thousands=thousands, currency=currency), AMOUNTS
    )


def _commonest(text: pd.Series) -> str:
    """Return the currency that most cells with one are in, "" where two are as common or none has one."""
    cells = text[text.str.contains(CURRENCY_SIGN, regex=True)]
    found = Counter(filter(None, (_currency(seen(cell)) for cell in cells))).most_common(2)
    return found[0][0] if len(found) == 1 or (found and found[0][1] > found[1][1]) else ""


def _currency(shown: str) -> str:
    """Return the currency of an amount, "" where it says none."""
    signs = re.findall(CURRENCY_SIGN, shown) if re.match(NUMERIC, re.sub(CURRENCY, "", shown)) else []
    return "/".join(sorted({SIGNS.get(sign, sign) for sign in signs}))


CURRENCY_SIGN = "[€$£]|EUR|USD|GBP|CHF"
NUMERIC = "-?[0-9]"


def _odd_amount(cell: str, mark: str, *, thousands: bool, currency: str) -> Answer:
    shown = seen(cell)
    if shown.lower() in NOTHING:
        return float("nan"), ""
    if _currency(shown) not in ("", currency):
        raise CellError("another currency")
    bare = re.sub(CURRENCY, "", shown)
    if re.fullmatch(EITHER, bare):
        value, why = _thousands_or_decimals(bare, mark, thousands=thousands)
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


def _thousands_or_decimals(bare: str, mark: str, *, thousands: bool) -> tuple[float, str]:
    """Return what `1.250` or `1,250` says where `mark` is the decimal one ("": unknown)."""
    if not mark and not thousands:
        raise CellError("thousands or decimals?")
    if mark and mark in bare:
        return float(bare.replace(",", ".")), "decimal comma" if mark == "," else ""
    return float(re.sub(r"[.,]", "", bare)), DOTS if "." in bare else "thousands separators"
