"""Cells, links and headers in, the platform that an account or a post is on out.

data/platforms.csv declares the words, sites and headers that name one, and where profiles are. What names
none is on PLATFORM. Every analysis is of one, PLATFORM unless a brief names another; rows of others are kept
apart (`dataset.parted`).
"""

import functools
import re
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.ingest.cells import LONGEST, NOTHING, TEXT, Answer, Column, listed, visible

PLATFORM = "instagram"
SEVERAL = f"several platforms named: read as {PLATFORM}"
BETWEEN = r"[,;/&+|\n]|\b(?:and|und|et|y|e)\b"


@functools.cache
def _declared(match: str) -> Mapping[str, str]:
    """Return word -> platform of what matches a cell (is), a link (site), a header or a profile's address."""
    rows = pd.read_csv(paths.DATA / "platforms.csv", dtype=str, keep_default_na=False)
    matches = rows[rows["match"] == match]
    words = matches["word"] if match == "site" else matches["word"].map(_plain)
    return dict(zip(words, matches["platform"], strict=True))


@functools.cache
def known() -> tuple[str, ...]:
    """Return the platforms that are declared."""
    return tuple(dict.fromkeys(_declared("is").values()))


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text.casefold())


def platform(text: pd.Series) -> Column:
    """Return the platform that each cell names, in lower case; "" where it names none."""
    return listed(text, _odd_platform, TEXT)


def _odd_platform(cell: str) -> Answer:
    text = visible(cell[:LONGEST]).casefold()
    known = _declared("is")
    if text in NOTHING or _plain(text) in known:
        return known.get(_plain(text), ""), ""
    parts = [known[_plain(part)] for part in re.split(BETWEEN, text) if _plain(part) in known]
    if parts:
        return (PLATFORM, SEVERAL) if PLATFORM in parts else (parts[0], "")
    return of_links(pd.Series([text], dtype="str")).iloc[0] or " ".join(text.split()), ""


def of_links(links: pd.Series) -> pd.Series:
    """Return the platform on whose site each link is, "" where it is on none that is declared."""
    sites = "|".join(map(re.escape, _declared("site")))
    start = rf"^\s*(?:https?://)?(?:[a-z0-9-]{{1,30}}\.){{0,2}}({sites})(?:[/?#]|$)"
    platforms = links.str.extract(start, flags=re.IGNORECASE)[0].str.lower().map(_declared("site"))
    return platforms.fillna("").astype(TEXT)


def of_header(header: Sequence[str]) -> str:
    """Return the platform whose tools alone give a header such names, "" where none is there."""
    known = _declared("header")
    return next((known[_plain(name)] for name in header if _plain(name) in known), "")


def profile(platform: str, name: str) -> str:
    """Return the address of an account's profile, "" on a platform of which it is not declared."""
    return next((f"{site}{name}" for site, on in _declared("profile").items() if on == platform), "")


def settled(
    column: Column, links: Mapping[str, pd.Series], defaults: pd.Series, telling: Collection[str] = ()
) -> Column:
    """Return a column of platforms without a gap: as the cell names it, else the link, else as `defaults`.

    Columns of links that all are of PLATFORM's site tell nothing. telling: those columns that have others in
    another piece of the file.
    """
    values = column.values
    abroad = tuple(name for name, link in links.items() if name in telling or _abroad(link))
    for name in abroad:
        values = values.mask(values == "", of_links(links[name]))
    lacking = values == ""
    whole = defaults if lacking.all() else values.mask(lacking, defaults)
    return Column(whole, column.repaired, column.refused, abroad)


def nothing_here(table: str, platforms: pd.Series, platform: str) -> InputError:
    """Return the error for a table of other platforms than this one alone."""
    counts = ", ".join(f"{count:,} of {name}" for name, count in platforms.value_counts().items())
    return InputError(f"no {table} of {platform}, which every figure is of: the files hold {counts}")


def _abroad(links: pd.Series) -> bool:
    """Return whether any link may be on another site than PLATFORM's: a quick look at all of them."""
    text = "\n".join(links.tolist()).lower()
    return any(site in text for site, platform in _declared("site").items() if platform != PLATFORM)
