"""ISO weeks: text such as 2026-W47 -> its last day, its distance to another, and how old data is by then.

Which week a moment is in depends on the time zone; where none is named it is the machine's.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from nanospread.core.errors import InputError, nearest

STALE_DAYS = 14  # from which on a week's data are called old
YEARS = (2000, 2099)  # no account has posts before, and nobody plans a campaign for later
AHEAD = 53  # weeks from now that a report may be of: another year is a slip of the hand


def checked(week: str, now: datetime | None = None) -> str:
    """Return the week if it exists and is no slip. now: of the run, before which it is or not long after.

    Raises InputError, for example for 2026-W54, 9999-W52, or a week of next century.
    """
    match = re.fullmatch("([0-9]{4})-W([0-9]{2})", week)
    if not match:
        raise InputError(f"week {week!r}: write it as year and ISO week, for example 2026-W47")
    year, number, (first_year, last_year) = int(match[1]), int(match[2]), YEARS
    latest = _named(now.date() + timedelta(weeks=AHEAD)) if now else f"{last_year}-W53"
    if not first_year <= year <= last_year or (now and week > latest and number <= 53):
        raise InputError(f"week {week!r} is too far from now: weeks from {first_year}-W01 to {latest} can be")
    last_week = date(year, 12, 28).isocalendar().week  # 28 December is always in the last week
    if not 1 <= number <= last_week:
        raise InputError(f"week {week!r} does not exist: {year} has the weeks W01 to W{last_week}")
    return week


def exists(week: str) -> bool:
    """Return whether there is an ISO week of this name."""
    try:
        return bool(checked(week))
    except InputError:
        return False


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name. Raises InputError with the nearest one where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # not found, no name of a zone, a folder of zones
        names = {each.lower(): each for each in sorted(available_timezones())}
        guess = names.get(nearest(name, names) or "", "Europe/Berlin")
        raise InputError(f"must be an IANA time zone such as {guess}") from None


def day(moment: datetime, zone: tzinfo | None = None) -> date:
    """Return the day that a moment is in; midnight UTC is how a date alone is kept, the same day anywhere."""
    if moment.astimezone(UTC).time() == time():
        return moment.astimezone(UTC).date()
    return datetime.fromtimestamp(moment.timestamp(), zone).date()


def of(moment: datetime, zone: tzinfo | None = None) -> str:
    """Return the ISO week that a moment is in, as `day`."""
    return _named(day(moment, zone))


def last_day(day_or_week: str) -> date:
    """Return the Sunday of a week, or a day as it is: 2026-W47, 2026-11-22.

    Raises InputError for neither, or one that is too far from now.
    """
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", day_or_week):
        try:
            parsed = date.fromisoformat(day_or_week)
        except ValueError as error:
            raise InputError(f"day {day_or_week!r} does not exist: {error}") from None
        if not YEARS[0] <= parsed.year <= YEARS[1]:
            raise InputError(f"day {day_or_week!r} must be from {YEARS[0]}-01-01 to {YEARS[1]}-12-31")
        return parsed
    return _day(checked(day_or_week), 7)


def first_day(week: str) -> date:
    """Return the Monday of a week. Raises InputError for a week that does not exist."""
    return _day(checked(week), 1)


def before(week: str, number: int) -> str:
    """Return the week so many weeks before another."""
    return _named(_day(week, 1) - timedelta(weeks=number))


def behind(week: str, newest: str) -> int:
    """Return how many weeks a week is before the newest one."""
    return (_day(newest, 1) - _day(week, 1)).days // 7


def dated(newest: date, week: str) -> str:
    """Return what a reader must know where the newest post is old for a week, or after it; else nothing."""
    days = (_day(week, 7) - newest).days
    if days < 0:
        return f"Data of another week: the newest post is of {newest}, after the end of {week}."
    warning = f"Old data: the newest post is of {newest}, {days:,} days before the end of {week}."
    return warning if days > STALE_DAYS else ""


def _day(week: str, number: int) -> date:
    return date.fromisocalendar(int(week[:4]), int(week[6:]), number)


def _named(day: date) -> str:
    year, number, _ = day.isocalendar()
    return f"{year:04d}-W{number:02d}"
