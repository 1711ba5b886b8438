"""Published engagement rates with their source: the table data/benchmarks.csv, to which a user may add rows.

Published nano values run from 1.7 % to 10 %, since they differ in formula, statistic, tier, country and year:
so each is a row, and none is a constant in code. A band is two rows, its ends.
"""

from pathlib import Path

import pandas as pd

from nanospread.core import errors, paths
from nanospread.core.files import reference_rows
from nanospread.creators import tiers
from nanospread.ingest import platforms

FILE = paths.DATA / "benchmarks.csv"
COLUMNS = (
    *("benchmark", "platform", "tier", "tier_low", "tier_high", "value", "statistic"),
    *("year", "country", "formula", "source", "address", "quality"),
)
GRADE = "grade"
WHOLE = ("tier_low", "tier_high", "year")
TIERS = (*tiers.ORDER, "mid", "all")  # some publish a tier between micro and macro, or one figure for all
STATISTICS = ("mean", "median", "unknown", GRADE)
QUALITIES = ("source", "copy", "derived")
YEARS = range(2010, 2101)


def table(path: Path = FILE, *, platform: str = "") -> pd.DataFrame:
    """Return the published figures of a platform, "" of all, in the order of the file.

    Columns: benchmark (the row's name), platform, tier, tier_low and tier_high (Int64, half-open, missing
    where not said), value (share), statistic (mean, median, unknown, or grade: a mark such as "good", which
    is no average), year (Int64, of the data or else of the report), country, formula, source, address and
    quality ("source" = the source itself says it, "copy" = somebody repeats it, "derived" = computed here
    from it).

    Raises: InputError naming the line for a column, name, figure or boundary that cannot be.
    """
    rows: list[dict[str, object]] = []
    for line, cells in reference_rows(path, COLUMNS):
        location = f"{path.name} line {line}"
        row = _checked(cells, location)
        if any(row["benchmark"] == earlier["benchmark"] for earlier in rows):
            raise errors.InputError(f"{location}: benchmark {row['benchmark']!r} is there twice")
        rows.append(row)
    kinds = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(WHOLE, "Int64") | {"value": "float64"}
    figures = pd.DataFrame(rows, columns=list(COLUMNS)).astype(kinds)
    return figures[figures["platform"] == platform] if platform else figures


def _checked(cells: dict[str, str], location: str) -> dict[str, object]:
    """Return one row with its numbers read."""
    for column in ("benchmark", "formula", "source"):
        if not cells[column]:
            raise errors.InputError(f"{location}: {column} is missing; a figure needs its {column}")
    for column, allowed in (
        *(("platform", platforms.known()), ("tier", TIERS)),
        *(("statistic", STATISTICS), ("quality", QUALITIES)),
    ):
        if cells[column] not in allowed:
            raise errors.InputError(f"{location}: {errors.unknown(column, cells[column], allowed)}")
    low, high = _whole(cells, "tier_low", location), _whole(cells, "tier_high", location)
    if low is not None and high is not None and low >= high:
        raise errors.InputError(f"{location}: tier_low is {low}; it must be below tier_high ({high})")
    year = _whole(cells, "year", location)
    if year is not None and year not in YEARS:
        raise errors.InputError(
            f"{location}: year is {year}; it must be in {YEARS[0]} to {YEARS[-1]}, or empty"
        )
    return {
        **cells,
        "tier_low": low,
        "tier_high": high,
        "year": year,
        "value": _share(cells["value"], location),
    }


def _whole(cells: dict[str, str], column: str, location: str) -> int | None:
    if not cells[column]:
        return None
    if not cells[column].isdecimal():
        raise errors.InputError(
            f"{location}: {column} is {cells[column]!r}; it must be a whole number, or empty"
        )
    return int(cells[column])


def _share(text: str, location: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value <= 1:
        raise errors.InputError(
            f"{location}: value is {text!r}; it must be a share in (0, 1], 4.8 % is 0.048"
        )
    return value


def averages(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `table()` that an average can be compared with: all but the grades."""
    return rows[rows["statistic"] != GRADE]


def reference(name: str = "industry_average", path: Path = FILE) -> pd.Series:
    """Return one row of the table, by its name; InputError where no row has it."""
    rows = table(path)
    if name not in set(rows["benchmark"]):
        raise errors.unknown("benchmark", name, rows["benchmark"])
    return rows[rows["benchmark"] == name].iloc[0]


def comparable(platform: str, name: str = "industry_average") -> pd.Series | None:
    """Return one row of the table if it is of this platform, None if of another; else as `reference`."""
    row = reference(name)
    return row if row["platform"] == platform else None
