"""Dates that a spreadsheet turned round: which columns have them, and the dates as they were.

Opened in a country with the other order, a spreadsheet takes 03/04 for a date (of the wrong month) and leaves
25/04 as text, because there is no month 25. Such a column has text dates with days above 12 alone, and real
dates with days up to 12 alone.
"""

import re

import pandas as pd

from nanospread.ingest.reading import LONGEST, Column, seen

UP_TO_12 = 12 * 12 / 365.25  # share of the days of a year
CHANCE = 1e-5  # of a column that looks turned round and is not, below which it is turned back
NEAR = pd.Timedelta(days=31)
SWAPPED = "day and month swapped by a spreadsheet: swapped back"


def undone(bare: pd.Series, read: Column, real: str, text: re.Pattern[str]) -> Column:
    """Return a column of moments with day and month swapped back where a spreadsheet had swapped them.

    real, text: the patterns of dates that the spreadsheet understood and of those that it left alone.

    Posts of one month share their fate, so months are counted and not dates: with r months (as they stand)
    among the real dates and t among the text ones, the pattern is chance with 0.394^r x 0.606^t. Below 1 in
    100,000, and if all real dates then come to lie within a month of the text ones, they are swapped back.
    """
    left = read.values[bare.isin([cell for cell in bare.unique() if _left(cell, text)])].dropna()
    dates = read.values[bare.str.fullmatch(real)].dropna()
    if left.empty or dates.empty or (left.dt.day <= 12).any() or (dates.dt.day > 12).any():
        return read
    chance = UP_TO_12 ** _months(dates) * (1 - UP_TO_12) ** _months(left)
    back = pd.to_datetime(dates.dt.strftime("%Y-%d-%mT%H:%M:%S.%f"), utc=True).dt.as_unit("us")
    if chance >= CHANCE or not back.between(left.min() - NEAR, left.max() + NEAR).all():
        return read
    reasons = pd.Series(SWAPPED, index=dates.index, dtype="str")
    repaired = pd.concat([read.repaired[~read.repaired.index.isin(dates.index)], reasons])
    return Column(back.reindex(bare.index).fillna(read.values), repaired, read.refused)


def _left(cell: str, text: re.Pattern[str]) -> bool:
    """Return whether a cell is a date of the kind that a spreadsheet turns round, left as text."""
    parts = text.fullmatch(seen(cell)) if len(cell) <= LONGEST else None
    return parts is not None and parts["mark"] != "."


def _months(dates: pd.Series) -> int:
    return int(dates.dt.strftime("%Y-%m").nunique())
