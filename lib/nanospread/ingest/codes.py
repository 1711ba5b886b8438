"""The codes, links and UTM values of orders -> the creators that they name, by the table of codes; its draft.

Every creator in a drafted codes.csv is a guess by likeness of names, for a person to check and complete: a
code that is left without one is the shop's own and credits nobody.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import unquote

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core.types import Flags, Ints
from nanospread.ingest.dataset import Tables

CODE, LINK, TOOL = range(3)  # how an order came to name a creator: its code, its link, or the tool itself
CHANNELS = ("code", "link", "tool")
COLUMNS = {"code": CODE, "link": LINK, "utm_content": LINK}  # of orders, each with its channel
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

    def only(self, mask: Flags) -> "CreditClaims":
        """Return some of them."""
        return CreditClaims(
            *(self.row[mask], self.channel[mask], self.code[mask], self.creator[mask], self.key[mask]),
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


SPELLINGS = {"link": address, "code": spelt, "utm_content": spelt}  # by the kind of a code


def keys_of(column: str, cell: str) -> Iterator[tuple[str, str]]:
    """Yield what a cell of orders may be listed as, kind and spelling. column: one of COLUMNS."""
    if column == "link":
        yield from keys_of_link(cell)
    else:
        parts = codes_of(cell) if column == "code" else [spelt(cell)]
        yield from ((column, part) for part in parts)


def claimed(orders: pd.DataFrame, codes: pd.DataFrame) -> CreditClaims:
    """Return whom the orders name, whether or not the dates of their codes allow it.

    orders: code, link, utm_content and creator. codes: as `Tables.codes`.
    """
    listed: dict[tuple[str, str], list[int]] = {}
    for place, (kind, code) in enumerate(zip(codes["kind"], codes["code"], strict=True)):
        listed.setdefault((kind, SPELLINGS[kind](code)), []).append(place)
    number = {key: at for at, key in enumerate(listed)}
    creators = pd.Index([*codes["creator"], *orders["creator"].unique()]).unique()
    creators = creators[creators != ""]
    parts = [_pairs(orders, column, number) for column in COLUMNS]
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


def _pairs(
    orders: pd.DataFrame, column: str, number: Mapping[tuple[str, str], int]
) -> tuple[Ints, Ints, Ints]:
    """Return row, key and channel of each listed code in a column; each spelling is looked up once."""
    place, cells = pd.factorize(orders[column])
    keys = (keys_of(column, cell) if cell else () for cell in cells)
    listed = [list(dict.fromkeys(number[key] for key in candidates if key in number)) for candidates in keys]
    rows, key = _spread(place, listed)
    return rows, key, np.full(len(rows), COLUMNS[column])


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


HEADER = ("kind", "code", "creator", "campaign", "from", "to", "seen", "guess")
SHORTEST = 4  # letters that may tell a name
ALIKE = 0.85  # of difflib's ratio: maya_runs and mayarun have 0.93, anna and hanna 0.89
OFTEN = 0.2  # of all orders: a code on more is hardly one creator's
FILLING = r"(?:\d+|off|code|promo|sale|insta|instagram|ig|tiktok|reel|reels|story|post|bio|link)"
MOST = 2_000  # codes: shops that give every buyer one have many more


def drafted(tables: Tables) -> str:
    """Return a codes.csv of what the orders show and the codes do not list, the most seen first."""
    seen = _seen(tables)
    accounts = _accounts(tables)
    total = float(tables.orders["orders"].sum())
    campaigns = {*tables.outreach["campaign"], *tables.results["campaign"]} - {""}
    campaign = campaigns.pop() if len(campaigns) == 1 else ""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for kind, code, orders in seen[:MOST]:
        creator, why = _guess(code, accounts)
        if orders > OFTEN * total:
            creator, why = "", f"on {orders / total:.0%} of all orders: the whole shop's?"
        rows.writerow([*map(_inert, (kind, code, creator, campaign, "", "", f"{orders:.10g}", why))])
    return text.getvalue()


def _inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _seen(tables: Tables) -> list[tuple[str, str, float]]:
    """Return kind, code and orders of what no code lists, each once however it is spelt."""
    codes = zip(tables.codes["kind"], tables.codes["code"], strict=True)
    listed = {(kind, SPELLINGS[kind](code)) for kind, code in codes}
    counts: dict[tuple[str, str], float] = {}
    spellings: dict[tuple[str, str], str] = {}
    cells = tables.orders.assign(order=tables.orders["order"].str.removeprefix("#").str.casefold())
    for column in COLUMNS:
        rows = cells[cells[column] != ""]
        once = rows[~(rows.duplicated(["order", column]) & (rows["order"] != ""))]
        for cell, orders in once.groupby(column, sort=True)["orders"].sum().items():
            for kind, code in _parts(column, str(cell)):
                key = kind, SPELLINGS[kind](code)
                if key[1] and key not in listed:
                    counts[key] = counts.get(key, 0.0) + float(orders)
                    spellings.setdefault(key, code)
    ranked = sorted(counts, key=lambda key: (-counts[key], key))
    return [(kind, spellings[kind, name], counts[kind, name]) for kind, name in ranked]


def _parts(kind: str, cell: str) -> Iterator[tuple[str, str]]:
    """Yield what a cell may name a creator by: its codes, its UTM content, the parameters of its link."""
    if kind == "code":
        yield from (("code", code.strip()) for code in re.split("[,;|]", cell) if code.strip())
        return
    page, _, query = cell.partition("?")
    if kind == "utm_content" or ("/" not in page and "." not in page and not query):
        yield kind, cell
        return
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        if name == "utm_content":
            yield "utm_content", value
        elif name not in OF_SOURCES and name not in OF_CODES and value:
            yield "link", value


def _accounts(tables: Tables) -> Mapping[str, str]:
    """Return the account names that are known, by their letters and digits alone."""
    posts = (tables.posts, tables.unmatched, tables.undated)
    frames = (tables.creators, *posts, tables.outreach, tables.results)
    names = sorted({name for frame in frames for name in frame["creator"].unique() if name})
    return {_letters(name): name for name in reversed(names)}


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _guess(code: str, accounts: Mapping[str, str]) -> tuple[str, str]:
    """Return the creator that a code most likely is of and why, "" where none or several are as likely."""
    whole = _letters(code)
    body = re.sub(rf"^{FILLING}|{FILLING}+$", "", whole) or whole
    for name in (whole, body):
        if name in accounts:
            return accounts[name], f"guess: {code} is its name"
    if len(body) < SHORTEST:
        return "", ""
    within = [name for letters, name in accounts.items() if len(letters) >= SHORTEST and (
        letters.startswith(body) or letters in whole or body in re.split(r"[._]", name))]  # fmt: skip
    candidates = within or [name for letters, name in accounts.items() if _alike(letters, body)]
    if len(candidates) == 1:
        return candidates[0], f"guess: its name is {'in' if within else 'like'} {code}"
    return "", f"guess: {_either(sorted(candidates))}?" if candidates else ""


def _alike(one: str, two: str) -> bool:
    if abs(len(one) - len(two)) > 2 or one[:1] != two[:1]:
        return False
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= ALIKE


def _either(names: Sequence[str]) -> str:
    return " or ".join(names[:3]) + (" or another" if len(names) > 3 else "")
