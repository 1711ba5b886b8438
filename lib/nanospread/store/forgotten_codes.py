"""The codes, links and UTM values of forgotten accounts: found when they are forgotten, and kept out after.

A code often is a name (ANNA10), so the store remembers a forgotten account's codes as it does the account: by
their salted hash alone. Orders stay, without what told whose they were.
"""

from collections.abc import Collection, Iterator

import pandas as pd

from nanospread.ingest import claims
from nanospread.store import forgotten
from nanospread.store.spelling import MASK

COLUMNS = ("code", "link", "utm_content")  # of orders


def marks(codes: pd.DataFrame, salt: str) -> set[str]:
    """Return the hashes of codes. codes: kind and code of an account, as `Tables.codes`."""
    spell = {"link": claims.address}
    keys = zip(codes["kind"], codes["code"], strict=True)
    return {_mark(salt, kind, spell.get(kind, claims.spelt)(code)) for kind, code in keys}


def _mark(salt: str, kind: str, key: str) -> str:
    return forgotten.digest(salt, f"{kind} {key}")


def masked(orders: pd.DataFrame, salt: str, known: Collection[str]) -> tuple[pd.DataFrame, int]:
    """Return orders without the codes and links of the forgotten, and how many rows had one.

    known: the hashes of the list of the forgotten.
    """
    if not known or orders.empty:
        return orders, 0
    hit = pd.Series(False, index=orders.index)
    cells = {}
    for column in COLUMNS:
        named = [cell for cell in orders[column].unique() if cell and _names(column, cell, salt, known)]
        found = orders[column].isin(named)
        cells[column] = orders[column].mask(found, MASK)
        hit |= found
    return orders.assign(**cells), int(hit.sum())


def _names(column: str, cell: str, salt: str, known: Collection[str]) -> bool:
    return any(_mark(salt, kind, key) in known for kind, key in _keys(column, cell))


def _keys(column: str, cell: str) -> Iterator[tuple[str, str]]:
    if column == "link":
        yield from claims.keys_of_link(cell)
    else:
        parts = claims.codes_of(cell) if column == "code" else [claims.spelt(cell)]
        yield from ((column, part) for part in parts)
