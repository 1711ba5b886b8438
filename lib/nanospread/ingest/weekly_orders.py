"""A file of orders by region and week, or day -> rows of whole ISO weeks: what a holdout test is planned on.

It is the user's own sales, of campaigns or not, and no table of exports: it is read from its own file alone.
data/region_columns.csv declares the names of its columns.
"""

import functools
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from nanospread.core import errors, paths, weeks
from nanospread.core.formatting import listed
from nanospread.core.types import floats
from nanospread.ingest import cells, dates, headers, quantities, sheets
from nanospread.ingest.files import Export, files_of
from nanospread.ingest.records import TOP
from nanospread.ingest.rows import Rows

ALL = "all"  # the one region of a file that has none
NEEDED = ("when", "orders")
WEEK = r"[0-9]{4}-?W[0-9]{2}"
MIDDLE = pd.Timedelta(days=3)  # a date of a week is its first day, which may be a Sunday
WANTED = "a week or date, orders, and a region where there are several"


def read(path: Path, *, without: tuple[str, ...] = ()) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return week (ISO), region, orders of a file, by region and week, and what was left aside, in sentences.

    without: regions that are left out. Days are added up to weeks; a first and a last week that the days do
    not cover are left aside.

    Raises InputError: no such columns, or a row that cannot be read, which is named by its line.
    """
    if path.is_dir():
        raise errors.InputError(f"'{path}' is a folder; name the file that holds the orders")
    (file,) = files_of([path], {})
    for sheet in Export(file.path, file.name).sheets():
        rows = _rows(file.name, sheet)
        selected = rows[~rows["region"].str.casefold().isin([name.strip().casefold() for name in without])]
        for name in without:
            if name.strip().casefold() not in set(rows["region"].str.casefold()):
                raise errors.unknown("region", name, sorted(rows["region"].unique()))
        if selected.empty:
            raise errors.InputError(f"{file.name}: no row of orders")
        return _by_week(selected)
    raise errors.InputError(f"{file.name}: no table of orders: wanted are {WANTED}")


def _rows(name: str, sheet: sheets.Sheet) -> pd.DataFrame:
    """Return day, region and orders, one row per line, with whether the line told a week."""
    records = iter(sheet.records)
    top = [(1, list(sheet.header))] if sheet.header else list(islice(records, TOP))
    for at, (_, cells_) in enumerate(top):
        if isinstance(cells_, list) and all(column in (places := _places(name, cells_)) for column in NEEDED):
            header, rest = cells_, (each for part in (top[at + 1 :], records) for each in part)
            break
    else:
        raise errors.InputError(f"{name}: no header with {WANTED}")
    (batch,) = Rows(name, header, list(places.values()), searched=sheet.header is None).batches(iter(rest))
    if batch.refused:
        line, why = batch.refused[0]
        raise errors.InputError(f"{name}: line {line:,}: {why}")
    text = pd.DataFrame(dict(zip(places, batch.cells, strict=True)), index=batch.lines, dtype="str")
    day, by_week = _days(name, text["when"])
    number = _checked(name, "orders", text["orders"], quantities.amount(text["orders"]))
    for line, value in zip(batch.lines, number, strict=True):
        if not np.isfinite(value) or value < 0:
            raise errors.InputError(
                f"{name}: line {line:,}: orders: must be a number from 0; write 0 for none"
            )
    region = text["region"].map(cells.visible) if "region" in text else pd.Series(ALL, index=text.index)
    if (region == "").any():
        raise errors.InputError(f"{name}: line {region.index[region == ''][0]:,}: no region")
    region = region.groupby(region.str.casefold()).transform("first")
    rows = pd.DataFrame({"day": day, "region": region, "orders": number, "by_week": by_week})
    repeated = rows.duplicated(["day", "region"])
    if repeated.any():
        line = rows.index[repeated][0]
        raise errors.InputError(
            f"{name}: line {line:,}: {rows.loc[line, 'region']} has a row of {text.loc[line, 'when']} already"
        )
    return rows


def _days(name: str, text: pd.Series) -> tuple[pd.Series, bool]:
    """Return the day of each row, and whether rows are of weeks: written so, or all on one weekday."""
    bare = text.str.strip().str.upper()
    if bare.str.fullmatch(WEEK).all() and len(bare):
        iso_weeks = bare.str.replace(r"^([0-9]{4})-?W", r"\1-W", regex=True)
        ends = {week: pd.Timestamp(weeks.last_day(week), tz="UTC") for week in iso_weeks.unique()}
        return iso_weeks.map(ends), True
    moments = _checked(
        name, "date", text, cells.read_column(dates.moment, text, [(len(text), cells.NO_HINTS)])
    )
    if moments.isna().any():
        raise errors.InputError(f"{name}: line {moments.index[moments.isna()][0]:,}: no date")
    days = moments.dt.floor("D")
    if days.dt.day_of_week.nunique() > 1:
        return days, False
    return days + MIDDLE, True


def _checked(name: str, label: str, text: pd.Series, column: cells.Column) -> pd.Series:
    """Return the values. Raises InputError: a cell that cannot be read."""
    for line, why in column.refused.items():
        cell = cells.visible(text[text.index == line].iloc[0])[:40]
        raise errors.InputError(f"{name}: line {line}: {label} '{cell}': {why}")
    return column.values


@functools.cache
def _names() -> dict[str, str]:
    """Return our column by the plain form of each declared header."""
    declared = pd.read_csv(paths.DATA / "region_columns.csv", dtype=str, keep_default_na=False)
    return dict(zip(declared["header"].map(headers.plain), declared["column"], strict=True))


def _places(name: str, header: list[str]) -> dict[str, int]:
    """Return the place of each of our columns in a header. Raises InputError: two headers for one."""
    places: dict[str, int] = {}
    for at, title in enumerate(header):
        column = _names().get(headers.plain(title))
        if column in places:
            pair = listed([header[places[column]], title])
            raise errors.InputError(f"{name}: the columns {pair} both tell the {column}: leave one out")
        if column:
            places[column] = at
    return places


def _by_week(rows: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the orders by week and region, whole weeks alone, and what was left aside."""
    by_week, notes = bool(rows["by_week"].all()), []
    first, last = rows["day"].min(), rows["day"].max()
    if not by_week:
        start = first + pd.Timedelta(days=-first.weekday() % 7)
        end = last - pd.Timedelta(days=(last.weekday() + 1) % 7)
        inside = rows["day"].between(start, end)
        if (~inside).any():
            days = rows.loc[~inside, "day"].dt.date.nunique()
            notes.append(f"{days} days at the ends are left aside: they are no whole week.")
        rows = rows[inside]
        if rows.empty:
            raise errors.InputError("the days of orders cover no whole week")
    number = pd.Series(floats(rows["orders"]), index=rows.index)
    week = rows["day"].map(lambda day: weeks.of(day.to_pydatetime()))
    table = pd.DataFrame({"week": week, "region": rows["region"], "orders": number})
    return table.groupby(["week", "region"])["orders"].sum().reset_index(), tuple(notes)
