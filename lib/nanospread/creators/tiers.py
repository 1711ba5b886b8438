"""Followers and platform -> tier. The boundaries are the table data/tiers.csv: low <= followers < high.

The names are fixed, since briefs and other modules use them; a boundary is changed in the table alone. A
platform without rows is cut as PLATFORM, which a report on one says (`cut_as`).
"""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core import errors, files, paths
from nanospread.ingest import platforms
from nanospread.ingest.platforms import PLATFORM

ORDER = ("below nano", "nano", "micro", "macro", "mega")
COLUMNS = ("tier", "platform", "low", "high", "source")
FILE = paths.DATA / "tiers.csv"


def table(platform: str) -> pd.DataFrame:
    """Return a platform's tiers, PLATFORM's where it has no rows, smallest first.

    Columns: tier, low (int64), high (Int64, missing in the last row) and source.

    Raises: InputError where a platform is unknown, or its tiers are incomplete, renamed, out of order or do
    not meet, whichever platform is asked for.
    """
    tables = _tables(FILE)
    return tables.get(platform, tables[PLATFORM]).copy()


def cut_as(platform: str) -> str:
    """Return the platform whose rows cut a platform's sizes: itself, or PLATFORM where it has none."""
    return platform if platform in _tables(FILE) else PLATFORM


@functools.cache
def _tables(path: Path) -> Mapping[str, pd.DataFrame]:
    """Return the tiers of each platform that has rows."""
    rows: dict[str, dict[int, dict[str, str]]] = {PLATFORM: {}}
    for line, row in files.reference_rows(path, COLUMNS):
        if row["platform"] not in platforms.known():
            problem = errors.unknown("platform", row["platform"], platforms.known())
            raise errors.InputError(f"{path.name} line {line}: {problem}")
        rows.setdefault(row["platform"], {})[line] = row
    return {name: _checked(path, name, numbered) for name, numbered in rows.items()}


def _checked(path: Path, platform: str, numbered: Mapping[int, Mapping[str, str]]) -> pd.DataFrame:
    """Return one platform's tiers. numbered: its rows by their line."""
    lines, rows = list(numbered), list(numbered.values())
    if tuple(row["tier"] for row in rows) != ORDER:
        raise errors.InputError(
            f"{path.name}: the column tier must list {', '.join(ORDER)}, in this order, for {platform}"
        )
    low = [_followers(path, line, row["low"]) for line, row in zip(lines, rows, strict=True)]
    high = [_followers(path, line, row["high"]) for line, row in zip(lines[:-1], rows[:-1], strict=True)]
    for line, start, end, following in zip(lines, low, high, low[1:], strict=False):
        if not start < end == following:
            raise errors.InputError(
                f"{path.name} line {line}: high is {end}; it must be above low ({start}) and equal to the "
                f"low of the next tier ({following})"
            )
    return pd.DataFrame(
        {
            "tier": list(ORDER),
            "low": low,
            "high": pd.array([*high, None], dtype="Int64"),
            "source": [row["source"] for row in rows],
        }
    )


def _followers(path: Path, line: int, text: str) -> int:
    if not text.isdecimal():
        raise errors.InputError(f"{path.name} line {line}: {text!r} is not a whole number of followers")
    return int(text)


def platform_of(posts: pd.DataFrame) -> str:
    """Return the one platform that posts are on, PLATFORM where they do not say; InputError for several."""
    names = list(posts["platform"].unique()) if "platform" in posts else []
    if len(names) > 1:
        raise errors.InputError(f"posts of {', '.join(sorted(names))} are not analysed together; part them")
    return str(names[0]) if len(names) else PLATFORM


def of(followers: "pd.Series[int] | NDArray[np.generic] | Sequence[float]", platform: str) -> pd.Series:
    """Return the tier of each follower count, an ordered category; missing below the smallest."""
    counts = pd.Series(followers).astype("float64")
    edges = [*table(platform)["low"].astype("float64"), np.inf]
    return pd.cut(counts, edges, right=False, labels=list(ORDER), ordered=True).rename("tier")


def ends(tier: str, platform: str) -> tuple[float, float]:
    """Return where a tier starts and ends [followers], the largest at infinity."""
    edges = [*table(platform)["low"].astype("float64"), np.inf]
    at = ORDER.index(tier)
    return edges[at], edges[at + 1]


def near_macro(followers: "pd.Series[Any]", platform: str) -> NDArray[np.bool_]:
    """Return who is nearer to a macro than to nano on a log scale; nobody of unknown size.

    A campaign has rates of nano and of macro, and none of those in between.
    """
    edge = np.sqrt(ends("nano", platform)[1] * ends("macro", platform)[0])
    return np.asarray(followers.astype("float64") >= edge, dtype=np.bool_)
