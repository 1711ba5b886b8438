"""ISO weeks: text such as 2026-W47 -> its end, its distance to another, and how old data is by then."""

import re
from datetime import UTC, date, datetime, time, timedelta

from nanospread.core.errors import InputError

STALE_DAYS = 14  # from which on a week's data are called old


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


def exists(week: str) -> bool:
    """Return whether there is an ISO week of this name."""
    try:
        return bool(checked(week))
    except InputError:
        return False


def of(moment: datetime) -> str:
    """Return the ISO week a moment is in, in UTC."""
    year, number, _ = moment.astimezone(UTC).isocalendar()
    return f"{year:04d}-W{number:02d}"


def end(week: str) -> datetime:
    """Return the moment a week ends: midnight UTC after its Sunday."""
    return datetime.combine(_day(week, 7) + timedelta(days=1), time(), UTC)


def before(week: str, number: int) -> str:
    """Return the week so many weeks before another."""
    return of(datetime.combine(_day(week, 1) - timedelta(weeks=number), time(), UTC))


def behind(week: str, newest: str) -> int:
    """Return how many weeks a week is before the newest one."""
    return (_day(newest, 1) - _day(week, 1)).days // 7


def dated(newest: date, week: str) -> str:
    """Return what a reader must know where the newest post is old for a week, or after it; else nothing."""
    days = (_day(week, 7) - newest).days
    if days < 0:
        return f"Data of another week: the newest post is of {newest}, after the end of {week}."
    old = f"Old data: the newest post is of {newest}, {days:,} days before the end of {week}."
    return old if days > STALE_DAYS else ""


def _day(week: str, number: int) -> date:
    return date.fromisocalendar(int(week[:4]), int(week[6:]), number)
