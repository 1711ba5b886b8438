"""ISO weeks: text such as 2026-W47 -> its last day, and how old data is by then."""

import re
from datetime import UTC, date, datetime, timedelta

import pandas as pd

from nanospread.errors import InputError

STALE_DAYS = 14


def checked(week: str) -> str:
    """Return the week if it exists. Raises InputError, for example for 2026-W54."""
    match = re.fullmatch(r"(\d{4})-W(\d{2})", week)
    if not match:
        raise InputError(f"week {week!r}: write it as year and ISO week, for example 2026-W47")
    year, number = int(match[1]), int(match[2])
    last = date(max(year, 1), 12, 28).isocalendar().week  # 28 December is always in the last week
    if year < 1 or not 1 <= number <= last:
        raise InputError(f"week {week!r} does not exist: {year} has the weeks W01 to W{last}")
    return week


def of(moment: datetime) -> str:
    """Return the ISO week a moment is in, in UTC."""
    year, number, _ = moment.astimezone(UTC).isocalendar()
    return f"{year:04d}-W{number:02d}"


def end(week: str) -> pd.Timestamp:
    """Return the moment a week ends: midnight UTC after its Sunday."""
    sunday = date.fromisocalendar(int(week[:4]), int(week[6:]), 7)
    return pd.Timestamp(sunday + timedelta(days=1), tz="UTC")


def days_old(newest: pd.Timestamp, week: str) -> int:
    """Return how many days [d] before the week's Sunday the newest post is; below 0 it is after it."""
    return (end(week).date() - newest.date()).days - 1
