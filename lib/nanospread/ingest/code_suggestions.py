"""Orders and the creators that are known -> the draft of codes.csv: whose each code and link may be.

Every creator in it is a guess by likeness of names, for a person to check and complete: a code that is left
without one is the shop's own and credits nobody.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from nanospread.ingest import claims
from nanospread.ingest.dataset import Tables

HEADER = ("kind", "code", "creator", "campaign", "from", "to", "seen", "guess")
SHORTEST = 4  # letters that may tell a name
ALIKE = 0.85  # of difflib's ratio: maya_runs and mayarun have 0.93, anna and hanna 0.89
OFTEN = 0.2  # of all orders: a code on more is hardly one creator's
FILLING = r"(?:\d+|off|code|promo|sale|insta|instagram|ig|tiktok|reel|reels|story|post|bio|link)"
MOST = 2_000  # codes: shops that give every buyer one have many more


def drafted(tables: Tables) -> str:
    """Return a codes.csv of what the orders show and the codes do not list, the most seen first."""
    seen = _seen(tables)
    known = _known(tables)
    total = float(tables.orders["orders"].sum())
    campaigns = {*tables.outreach["campaign"], *tables.results["campaign"]} - {""}
    campaign = campaigns.pop() if len(campaigns) == 1 else ""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for kind, code, orders in seen[:MOST]:
        creator, why = _guess(code, known)
        if orders > OFTEN * total:
            creator, why = "", f"on {orders / total:.0%} of all orders: the whole shop's?"
        rows.writerow([*map(_inert, (kind, code, creator, campaign, "", "", f"{orders:.10g}", why))])
    return text.getvalue()


def _inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t") else cell


def _seen(tables: Tables) -> list[tuple[str, str, float]]:
    """Return kind, code and orders of what no code lists, each once however it is spelt."""
    spell = {"code": claims.spelt, "link": claims.address, "utm_content": claims.spelt}
    listed = {
        (kind, spell[kind](code))
        for kind, code in zip(tables.codes["kind"], tables.codes["code"], strict=True)
    }
    number: dict[tuple[str, str], float] = {}
    shown: dict[tuple[str, str], str] = {}
    cells = tables.orders.assign(order=tables.orders["order"].str.removeprefix("#").str.casefold())
    for kind, column in (("code", "code"), ("link", "link"), ("utm_content", "utm_content")):
        rows = cells[cells[column] != ""]
        once = rows[~(rows.duplicated(["order", column]) & (rows["order"] != ""))]
        for cell, orders in once.groupby(column, sort=True)["orders"].sum().items():
            for of, code in _parts(kind, str(cell)):
                key = of, spell[of](code)
                if key[1] and key not in listed:
                    number[key] = number.get(key, 0.0) + float(orders)
                    shown.setdefault(key, code)
    ranked = sorted(number, key=lambda key: (-number[key], key))
    return [(kind, shown[kind, name], number[kind, name]) for kind, name in ranked]


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
        elif name not in claims.OF_SOURCES and name not in claims.OF_CODES and value:
            yield "link", value


def _known(tables: Tables) -> Mapping[str, str]:
    """Return the account names that are known, by their letters and digits alone."""
    posts = (tables.posts, tables.unmatched, tables.undated)
    frames = (tables.creators, *posts, tables.outreach, tables.results)
    names = sorted({name for frame in frames for name in frame["creator"].unique() if name})
    return {_letters(name): name for name in reversed(names)}


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _guess(code: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Return the creator that a code most likely is of and why, "" where none or several are as likely."""
    whole = _letters(code)
    body = re.sub(rf"^{FILLING}|{FILLING}+$", "", whole) or whole
    for name in (whole, body):
        if name in known:
            return known[name], f"guess: {code} is its name"
    if len(body) < SHORTEST:
        return "", ""
    within = [name for letters, name in known.items() if len(letters) >= SHORTEST and (
        letters.startswith(body) or letters in whole or body in re.split(r"[._]", name))]  # fmt: skip
    near = within or [name for letters, name in known.items() if _alike(letters, body)]
    if len(near) == 1:
        return near[0], f"guess: its name is {'in' if within else 'like'} {code}"
    return "", f"guess: {_either(sorted(near))}?" if near else ""


def _alike(one: str, two: str) -> bool:
    if abs(len(one) - len(two)) > 2 or one[:1] != two[:1]:
        return False
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= ALIKE


def _either(names: Sequence[str]) -> str:
    return " or ".join(names[:3]) + (" or another" if len(names) > 3 else "")
