"""Text cells in, what an order is known by out: its number, codes, links, state and currency.

No code, link or UTM value keeps an e-mail address or what else tells of a buyer: shops put both into landing
addresses.
"""

import functools
import re
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pandas as pd

from nanospread.core import paths
from nanospread.ingest.cells import (
    INVISIBLE,
    NO_REASON,
    NOTHING,
    TEXT,
    Answer,
    Column,
    by_file,
    listed,
    spelt,
    visible,
)
from nanospread.ingest.names import identities

ORDER = r"#?[A-Za-z0-9._-]*"
TRACE = r"[A-Za-z0-9_.-]*"
EMAIL = r"[\w.+%-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+"
OF_LINKS = (
    r"utm_[a-z]{1,20}|sub_?id\d?|u1|ref|rfsn|sca_ref|aff|aff_id|affiliate|code|discount|tag|via|irclickid|awc"
)
CONTACT = "contact data: left out"
UNTRACKED = "parameters of the address that track no creator"
PRIVATE = (CONTACT, UNTRACKED)  # reasons of repairs whose cell as it was may tell of a buyer


@by_file
def order(text: pd.Series) -> Column:
    """Return order numbers as the tool shows them; refused are those that a spreadsheet cut."""
    return identities(text, ORDER)


@by_file
def other_number(text: pd.Series) -> Column:
    """Return the shop's own ids of orders; one that a spreadsheet cut is unknown, which costs no order."""
    column = order(text)
    reasons = (column.refused + ": unknown").astype(TEXT)
    return replace(column, repaired=pd.concat([column.repaired, reasons]), refused=NO_REASON)


def trace(text: pd.Series) -> Column:
    """Return codes, links and UTM values as they stand, without what could tell of a buyer.

    Of an address the parameters that name a creator or campaign stay; e-mail addresses go from every cell.
    """
    return spelt(text, TRACE, _odd_trace)


def _odd_trace(cell: str) -> Answer:
    bare = re.sub(r"^'(?=[=+@-])", "", re.sub(INVISIBLE, "", cell).strip())  # a spreadsheet's text mark
    if bare.lower() in NOTHING or bare.lower() in ("(not set)", "(none)"):
        return "", ""
    tracked = _tracking(bare) if "?" in bare else bare
    cleaned = re.sub(EMAIL, "", tracked)
    if cleaned != bare:
        return cleaned.strip(), CONTACT if cleaned != tracked else UNTRACKED
    return bare, "" if bare == cell else "blanks around it"


def _tracking(address: str) -> str:
    """Return an address with those parameters alone that name a creator or campaign."""
    page, _, query = address.partition("?")
    parameters = parse_qsl(query.partition("#")[0], keep_blank_values=True)
    tracking = [(key, value) for key, value in parameters if re.fullmatch(OF_LINKS, key.lower())]
    return f"{page}?{urlencode(tracking)}" if tracking else page


def state(text: pd.Series) -> Column:
    """Return the state of orders as data/order_states.csv has it; "" for none, or a word it has not."""
    return listed(text, _odd_state, TEXT)


def _odd_state(cell: str) -> Answer:
    word = re.sub(r"[\s_-]+", " ", visible(cell)).casefold()
    if word in NOTHING:
        return "", ""
    if word not in _states():
        return "", "a state that is not known: taken as none"
    return _states()[word], "" if _states()[word] == cell else "the tool's word for the state"


@functools.cache
def _states() -> dict[str, str]:
    declared = pd.read_csv(paths.DATA / "order_states.csv", dtype=str, keep_default_na=False)
    return dict(zip(declared["word"], declared["state"], strict=True))


CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP", "euro": "EUR"}


def currency(text: pd.Series) -> Column:
    """Return currencies by their three letters, "" where none is told."""
    return spelt(text, r"(?:[A-Z]{3})?", _odd_currency)


def _odd_currency(cell: str) -> Answer:
    bare = visible(cell)
    if bare.lower() in NOTHING:
        return "", ""
    code = CURRENCIES.get(bare.lower(), bare.upper())
    if not re.fullmatch("[A-Z]{3}", code):
        return "", "no currency's three letters: unknown"
    return code, "spelling of the currency"


KINDS = {"": "code", "coupon": "code", "discount": "code", "discount code": "code", "url": "link",
         "tracking link": "link", "utm content": "utm_content", "affiliate": "link"}  # fmt: skip


def kind(text: pd.Series) -> Column:
    """Return what a code is: code, link or utm_content; a blank cell is a code."""
    return listed(text, _odd_kind, TEXT)


def _odd_kind(cell: str) -> Answer:
    word = re.sub(r"[\s_-]+", " ", visible(cell)).casefold()
    value = KINDS.get(word, word)
    return value, "" if value == cell or not cell else "spelling"
