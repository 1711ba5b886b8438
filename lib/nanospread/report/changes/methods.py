"""data/methods.csv -> the version of the method of each metric, and what its last change was."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import pandas as pd

from nanospread.core import errors, paths

FILE = paths.DATA / "methods.csv"
COLUMNS = ["metric", "version", "changed"]


@cache
def table(file: Path = FILE) -> pd.DataFrame:
    """Return metric (a pattern with * and ?), version, changed (what is different since, in words).

    Raises: InputError for other columns, or a version that is no whole number from 1.
    """
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    if list(rows.columns) != COLUMNS:
        raise errors.InputError(f"{file.name} needs the columns {', '.join(COLUMNS)}")
    for metric, version in zip(rows["metric"], rows["version"], strict=True):
        if not version.isascii() or not version.isdecimal() or int(version) < 1:
            raise errors.InputError(
                f"{file.name}: version of {metric} must be a whole number from 1; got {version!r}"
            )
    return rows.astype({"version": int})


def versions(metrics: Iterable[str], rows: pd.DataFrame | None = None) -> dict[str, int]:
    """Return the version of each metric: the highest of the rows that fit its name, 1 where none does."""
    known = table() if rows is None else rows
    return {metric: max(_fitting(metric, known)["version"], default=1) for metric in metrics}


def changed(metric: str, rows: pd.DataFrame | None = None) -> str:
    """Return in words what the newest version of a metric does differently; empty for version 1."""
    fitting = _fitting(metric, table() if rows is None else rows).sort_values("version", kind="stable")
    return "" if fitting.empty else str(fitting["changed"].iloc[-1])


def _fitting(metric: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[[fnmatchcase(metric, pattern) for pattern in rows["metric"]]]
