"""Followers -> tier. The boundaries are the table data/tiers.csv, half-open: low <= followers < high.

The names are fixed, since briefs and other modules use them; a boundary is changed in the table alone. The
published ones are of PLATFORM; sizes on other platforms are cut alike, which a report on one says.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core import errors, files, paths
from nanospread.ingest.platforms import PLATFORM

ORDER = ("below nano", "nano", "micro", "macro", "mega")
COLUMNS = ("tier", "platform", "low", "high", "source")
FILE = paths.DATA / "tiers.csv"


def table(path: Path = FILE) -> pd.DataFrame:
    """Return the tiers, smallest first: tier, low (int64) and high (Int64, missing in the last row), source.

    Raises: InputError where a tier is missing, renamed or out of order, boundaries do not meet, or a row is
    of another platform.
    """
    numbered = dict(files.reference_rows(path, COLUMNS))
    lines, rows = list(numbered), list(numbered.values())
    for line, row in numbered.items():
        if row["platform"] != PLATFORM:
            raise errors.InputError(
                f"{path.name} line {line}: platform is {row['platform']!r}; it must be {PLATFORM}, as whose "
                "the sizes of every platform are cut"
            )
    if tuple(row["tier"] for row in rows) != ORDER:
        raise errors.InputError(f"{path.name}: the column tier must list {', '.join(ORDER)}, in this order")
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


def of(followers: "pd.Series[int] | NDArray[np.generic] | Sequence[float]") -> pd.Series:
    """Return the tier of each follower count, an ordered category; missing below the smallest."""
    counts = pd.Series(followers).astype("float64")
    edges = [*table()["low"].astype("float64"), np.inf]
    return pd.cut(counts, edges, right=False, labels=list(ORDER), ordered=True).rename("tier")


def near_macro(followers: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Return who is nearer to a macro than to nano on a log scale; nobody of unknown size.

    A campaign has rates of nano and of macro, and none of those in between.
    """
    bounds = table().set_index("tier")
    edge = float(np.sqrt(bounds["high"].astype("float64")["nano"] * bounds["low"]["macro"]))
    return np.asarray(followers.astype("float64") >= edge, dtype=np.bool_)
