"""The codes, links and UTM values of orders -> the creators that they name, by the table of codes."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core.types import Flags, Ints

CODE, LINK, TOOL = range(3)  # how an order came to name a creator: its code, its link, or the tool itself
CHANNELS = ("code", "link", "tool")
OF_CODES = ("code", "discount", "coupon")  # parameters and folders of an address that apply a code
OF_SOURCES = ("utm_source", "utm_medium", "utm_campaign", "utm_term")  # which name no creator
NOBODY = -1  # the creator of a code that is listed without one


@dataclass(frozen=True)
class CreditClaims:
    """Rows of orders that name somebody: one for each row, channel and listed code."""

    row: Ints  # place among the orders
    channel: Ints
    code: Ints  # place in the table of codes; NOBODY where the tool itself names the creator
    creator: Ints  # place in `creators`, NOBODY for a code of nobody
    key: Ints  # which code it is, however often it is listed
    creators: pd.Index

    def only(self, kept: Flags) -> "CreditClaims":
        """Return some of them."""
        return CreditClaims(
            *(self.row[kept], self.channel[kept], self.code[kept], self.creator[kept], self.key[kept]),
            creators=self.creators,
        )


def spelt(text: str) -> str:
    """Return a code or UTM value as they are compared: without case, blanks, plus signs and underscores."""
    return re.sub(r"[\s+_-]+", "-", unquote(text).casefold()).strip("-")


def address(text: str) -> str:
    """Return a link as they are compared: without scheme, www, case, the last slash and what is behind #."""
    bare = unquote(text).strip().casefold().partition("#")[0]
    return bare.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


def codes_of(cell: str) -> list[str]:
    """Return the codes of an order, which tools join by a comma, a semicolon or a bar."""
    return list(dict.fromkeys(filter(None, map(spelt, re.split(r"[,;|]", cell)))))


def keys_of_link(cell: str) -> Iterator[tuple[str, str]]:
    """Yield what a link may be listed as, kind and spelling, the whole of it first."""
    whole = address(cell)
    page, _, query = whole.partition("?")
    yield "link", whole
    yield "link", page
    *folders, last = page.split("/")
    yield "link", last
    if folders and folders[-1] in OF_CODES:
        yield "code", spelt(last)
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        if name in OF_CODES:
            yield "code", spelt(value)
        elif name == "utm_content":
            yield "utm_content", spelt(value)
        if name not in OF_SOURCES:
            yield "link", value.rstrip("/")


def of(orders: pd.DataFrame, codes: pd.DataFrame) -> CreditClaims:
    """Return whom the orders name, whether or not the dates of their codes allow it.

    orders: code, link, utm_content and creator. codes: as `Tables.codes`.
    """
    spellings = {"link": address, "code": spelt, "utm_content": spelt}
    listed: dict[tuple[str, str], list[int]] = {}
    for place, (kind, code) in enumerate(zip(codes["kind"], codes["code"], strict=True)):
        listed.setdefault((kind, spellings[kind](code)), []).append(place)
    number = {key: at for at, key in enumerate(listed)}
    creators = pd.Index([*codes["creator"], *orders["creator"].unique()]).unique()
    creators = creators[creators != ""]

    def found(keys: Iterator[tuple[str, str]]) -> list[int]:
        return list(dict.fromkeys(number[key] for key in keys if key in number))

    parts = [
        _pairs(orders["code"], lambda cell: found(("code", one) for one in codes_of(cell)), CODE),
        _pairs(orders["link"], lambda cell: found(keys_of_link(cell)), LINK),
        _pairs(orders["utm_content"], lambda cell: found(iter([("utm_content", spelt(cell))])), LINK),
    ]
    row, key, channel = (np.concatenate(each) for each in zip(*parts, strict=True))
    at, codes_at = _spread(key, list(listed.values()))
    owner = creators.get_indexer(codes["creator"])
    named = np.flatnonzero((orders["creator"] != "").to_numpy())
    none = np.full(len(named), NOBODY)
    return CreditClaims(
        np.concatenate([row[at], named]),
        np.concatenate([channel[at], np.full(len(named), TOOL)]),
        np.concatenate([codes_at, none]),
        np.concatenate([owner[codes_at], creators.get_indexer(orders["creator"].iloc[named])]),
        np.concatenate([key[at], none]),
        creators,
    )


def _pairs(cells: pd.Series, keys: Callable[[str], Sequence[int]], channel: int) -> tuple[Ints, Ints, Ints]:
    """Return row, key and channel of each listed code in a column; each spelling is looked up once."""
    place, spellings = pd.factorize(cells)
    rows, key = _spread(place, [keys(cell) if cell else () for cell in spellings])
    return rows, key, np.full(len(rows), channel)


def _spread(place: Ints, lists: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Return for each entry of the list at each place: the place's own position, and the entry."""
    sizes = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    flat = np.fromiter((entry for each in lists for entry in each), dtype=np.int64, count=int(sizes.sum()))
    if not len(flat):
        return flat, flat
    number = sizes[place]
    at = np.repeat(np.arange(len(place)), number)
    within = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    first = np.cumsum(sizes) - sizes
    return at, flat[np.repeat(first[place], number) + within]


def in_time(claims: CreditClaims, first: pd.Series, last: pd.Series, codes: pd.DataFrame) -> Flags:
    """Return which claims the dates of their code allow, both days included; undated orders are allowed.

    first, last: of each order, or group of orders.
    """
    when: Mapping[str, pd.Series] = {"from": first, "to": last}
    allowed = np.full(len(claims.row), True)
    listed = np.flatnonzero(claims.code != NOBODY)
    for end, moments in when.items():
        day, limit = _days(moments)[claims.row[listed]], _days(codes[end])[claims.code[listed]]
        beyond = day < limit if end == "from" else day > limit
        allowed[listed[beyond]] = False
    return allowed


def _days(moments: pd.Series) -> NDArray[np.datetime64]:
    days: NDArray[np.datetime64] = moments.dt.tz_localize(None).to_numpy().astype("datetime64[D]")
    return days
