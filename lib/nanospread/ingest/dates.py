"""Text cells in, moments out: ISO dates and epoch seconds all at once, every other way one by one.

03/04/2026 is in March or in April as the other cells of the column tell, or the mapping; else it is not read.
"""

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd

from nanospread.ingest.cells import (
    LONGEST,
    NO_HINTS,
    NO_REASON,
    NOTHING,
    Answer,
    CellError,
    CellHints,
    Column,
    listening,
    matches,
    parsed,
    stripped,
    visible,
)

NAMES = {
    1: "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari",
    2: "february feb februar février févr fév febrero febbraio fevereiro fev februari",
    3: "march mar märz mrz mär mars marzo março maart mrt",
    4: "april apr avril avr abril abr aprile",
    5: "may mai mayo maggio mag maio mei maj",
    6: "june jun juni juin junio giugno giu junho",
    7: "july jul juli juillet juil julio luglio lug julho",
    8: "august aug août agosto ago augustus augusti",
    9: "september sep sept septembre septiembre settembre set setembro",
    10: "october oct oktober okt octobre octubre ottobre ott outubro out",
    11: "november nov novembre noviembre novembro",
    12: "december dec dezember dez décembre déc diciembre dic dicembre dezembro",
}
MONTHS = {word: month for month, words in NAMES.items() for word in words.split()}


UP_TO_12 = 12 * 12 / 365.25  # share of the days of a year
CHANCE = 1e-5  # of a column that looks turned round and is not, below which it is turned back
NEAR = pd.Timedelta(days=31)
SWAPPED = "day and month swapped by a spreadsheet: swapped back"


def unswapped(bare: pd.Series, column: Column, real: str, text: re.Pattern[str]) -> Column:
    """Return a column of moments with day and month swapped back where a spreadsheet had swapped them.

    real, text: the patterns of dates that the spreadsheet understood and of those that it left alone.

    Posts of one month share their fate, so months are counted and not dates: with r months (as they stand)
    among the real dates and t among the text ones, the pattern is chance with 0.394^r x 0.606^t. Below 1 in
    100,000, and if all real dates then come to lie within a month of the text ones, they are swapped back.
    """
    text_dates = column.values[
        bare.isin([cell for cell in bare.unique() if _is_text_date(cell, text)])
    ].dropna()
    if text_dates.empty:
        return column
    dates = column.values[matches(bare, real)].dropna()
    column = replace(column, telling=(*column.telling, *_extremes(bare, text_dates), *_extremes(bare, dates)))
    if dates.empty or (text_dates.dt.day <= 12).any() or (dates.dt.day > 12).any():
        return column
    chance = UP_TO_12 ** _months(dates) * (1 - UP_TO_12) ** _months(text_dates)
    swapped = _swapped(dates)
    if chance >= CHANCE or not swapped.between(text_dates.min() - NEAR, text_dates.max() + NEAR).all():
        return column
    return _replaced(column, swapped, SWAPPED)


AHEAD = pd.Timedelta(days=1)  # that a time zone may put a post ahead of its export
EARLY = "day and month swapped by a spreadsheet, or it were after its export: swapped back"


@listening
def past(text: pd.Series, hints: CellHints = NO_HINTS) -> Column:
    """Return moments as `moment`, of what was there when the file was exported.

    Where some dates lie after the export, none has a day above 12, and with day and month swapped none lies
    after it and all are nearer to each other, a spreadsheet has swapped them: it does so wherever it can.
    """
    column = moment(text, hints)
    if hints.as_of is None or not (late := column.values > hints.as_of + AHEAD).any():
        return column
    real = column.values[matches(text.str.strip(), DAY + f"(?:{CLOCK})?")].dropna()
    sure = real[real.dt.day > 12]
    if real.empty or len(sure):
        return replace(column, telling=(*column.telling, *text[late].head(1), *text[sure.index].head(1)))
    swapped = _swapped(real)
    ends = pd.concat([dates.sort_values().iloc[[0, -1]] for dates in (real, swapped)]).index
    column = replace(column, telling=(*column.telling, *text[late].head(1), *text[ends].unique()))
    spread, swapped_spread = (dates.max() - dates.min() for dates in (real, swapped))
    possible = swapped_spread < spread and not (swapped > hints.as_of + AHEAD).any()
    return _replaced(column, swapped, EARLY) if possible else column


def _swapped(dates: pd.Series) -> pd.Series:
    moments: pd.Series = pd.to_datetime(dates.dt.strftime("%Y-%d-%mT%H:%M:%S.%f"), utc=True).dt.as_unit("us")
    return moments


def _replaced(column: Column, moments: pd.Series, why: str) -> Column:
    """Return a column with some moments in place of its own, and why."""
    reasons = pd.Series(why, index=moments.index, dtype="str")
    repaired = pd.concat([column.repaired[~column.repaired.index.isin(moments.index)], reasons])
    values = moments.reindex(column.values.index).fillna(column.values)
    return Column(values, repaired, column.refused, column.telling)


def _extremes(bare: pd.Series, dates: pd.Series) -> list[str]:
    """Return the cells with the first and the last moment of each day."""
    days = dates.groupby(dates.dt.floor("D"))
    return list(bare[pd.concat([days.idxmin(), days.idxmax()]).unique()])


def _is_text_date(cell: str, text: re.Pattern[str]) -> bool:
    """Return whether a cell is a date of the kind that a spreadsheet turns round, left as text."""
    parts = text.fullmatch(visible(cell)) if len(cell) <= LONGEST else None
    return parts is not None and parts["mark"] != "."


def _months(dates: pd.Series) -> int:
    return int(dates.dt.strftime("%Y-%m").nunique())


MOMENTS = pd.DatetimeTZDtype("us", "UTC")
DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
CLOCK = r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
ZONE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
EPOCH = r"[1-9][0-9]{9}"

AT = (
    r"(?:(?:[T,]? ?|,? (?:um|at) )(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})"
    r"(?:[:.](?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?(?: ?(?P<half>[ap])\.?m\.?)?"
    r"(?: ?(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?(?: Uhr)?)?"
)
YEAR = r"(?P<year>[0-9]{4}|[0-9]{2})"
WEEKDAY = r"(?:[^\W\d_]{2,12}\.?,? )?"
NAMED = r"(?P<month>[^\W\d_]{3,12})\.?"
NUMBERS = re.compile(
    rf"(?P<one>[0-9]{{1,2}})(?P<mark>[/.-])(?P<two>[0-9]{{1,2}})(?P=mark){YEAR}(?=\D|$){AT}", re.IGNORECASE
)
# What is written so tells itself which part is the day.
WAYS = {
    re.compile(way + AT, re.IGNORECASE): reason
    for way, reason in {
        r"(?P<year>[0-9]{4})(?P<mark>[/.-])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})": "year first",
        r"(?P<year>20[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})": "year first, without marks",
        rf"{WEEKDAY}(?P<day>[0-9]{{1,2}})(?:\.|st|nd|rd|th)?[ -]?(?:de |of )?{NAMED},?[ -]?(?:de )?{YEAR}"
        r"(?=\D|$)": "month named",
        rf"{WEEKDAY}{NAMED} (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<year>[0-9]{{4}})": "month named",
    }.items()
}
WEB = re.compile(  # Tue Nov 03 10:00:00 +0000 2026
    rf"[a-z]{{3}} {NAMED} (?P<day>[0-9]{{1,2}}) (?P<hour>[0-9]{{2}}):(?P<minute>[0-9]{{2}}):"
    r"(?P<second>[0-9]{2}) (?P<half>)(?P<zone>[+-][0-9]{4}) (?P<year>[0-9]{4})",
    re.IGNORECASE,
)
WAYS[WEB] = "month named"

ASKED = "day or month first? say it in mapping.yaml (dates: day first)"
BOTH = "day or month first? the column has both"


@listening
def moment(text: pd.Series, hints: CellHints = NO_HINTS) -> Column:
    """Return moments as datetime64[us, UTC], NaT where blank.

    As they stand are read ISO 8601 dates (midnight UTC), date-times with a zone and whole epoch seconds of
    ten digits. Repairs are date-times without a zone (read as UTC), epoch milliseconds, dates with the day,
    the month or the year first, or with a named month, times ago (before `hints.as_of`), and dates of which a
    spreadsheet swapped day and month. Whether 03/04 is in March or in April follows from `hints.dates`, else
    from the column: a part above 12 is no month.
    """
    bare, fits = stripped(text, f"{DAY}(?:{CLOCK}{ZONE}?)?|{EPOCH}")
    rest = bare[fits & ~matches(bare, DAY + CLOCK + ZONE)]  # most have a zone
    zoneless = rest.index[matches(rest, DAY + CLOCK)]
    orders = {} if fits.all() else _orders(bare[~fits].unique())
    column = parsed(bare, fits, _reader(set(orders), hints), MOMENTS, _plain_moment)
    zoneless = zoneless[column.values[zoneless].notna()]
    utc = pd.Series("no time zone: read as UTC", index=zoneless, dtype="str")
    column = Column(column.values, pd.concat([column.repaired, utc]), column.refused, tuple(orders.values()))
    return column if fits.all() else unswapped(bare, column, DAY + f"(?:{CLOCK})?", NUMBERS)


@listening
def reading(text: pd.Series, hints: CellHints = NO_HINTS) -> Column:
    """Return when rows were read, NaT also where no date can be read: no reason to lose a row."""
    column = moment(text, hints)
    return replace(
        column, repaired=pd.concat([column.repaired, column.refused + ": unknown"]), refused=NO_REASON
    )


def _iso(plain: pd.Series) -> pd.Series:
    moments: pd.Series = pd.to_datetime(plain, format="ISO8601", utc=True, errors="coerce").dt.as_unit("us")
    return moments


def _plain_moment(plain: pd.Series) -> pd.Series:
    seconds = ~matches(plain, DAY + ".*")
    if not seconds.any():
        return _iso(plain)
    epoch = pd.to_datetime(plain[seconds].astype("int64"), unit="s", utc=True).dt.as_unit("us")
    moments: pd.Series = pd.concat([epoch, _iso(plain[~seconds])]).reindex(plain.index)
    return moments


def _reader(orders: set[str], hints: CellHints) -> Callable[[str], Answer]:
    """Return how the odd cells of a column are read: the day first, the month first, or not known."""
    mapped_order = hints.dates.removesuffix(" first")
    candidates = {mapped_order} if mapped_order else orders
    order = next(iter(candidates)) if len(candidates) == 1 else ""
    why = "as the mapping says" if mapped_order else "as the column tells"
    return functools.partial(
        _odd_moment, order=order, why=why, question=BOTH if candidates else ASKED, hints=hints
    )


def _orders(cells: Iterable[str]) -> dict[str, str]:
    """Return which of day and month stands first in dates that leave no doubt, each with the first cell."""
    orders: dict[str, str] = {}
    for cell in cells:
        parts = NUMBERS.fullmatch(visible(cell)) if len(cell) <= LONGEST else None
        if parts and parts["mark"] != ".":
            for order in ("day", "month"):
                if _only(parts, order):
                    orders.setdefault(order, cell)
    return orders


def _only(parts: re.Match[str], order: str) -> bool:
    """Return whether a date can be read with this part first, and only so."""
    one, two = int(parts["one"]), int(parts["two"])
    day, month = (one, two) if order == "day" else (two, one)
    return 12 < day <= 31 and 1 <= month <= 12


def _odd_moment(cell: str, *, order: str, why: str, question: str, hints: CellHints) -> Answer:
    bare = " ".join(visible(cell).split()) if len(cell) <= LONGEST else cell[:LONGEST]
    if bare.lower() in NOTHING:
        return pd.NaT, ""
    if parts := NUMBERS.fullmatch(bare):
        return _numbered(parts, order, why, question)
    for way, reason in WAYS.items():
        if parts := way.fullmatch(bare):
            return _moment(parts, MONTHS.get(parts["month"].lower(), parts["month"]), parts["day"], reason)
    if re.fullmatch(r"[1-9][0-9]{12}", bare):
        return pd.Timestamp(int(bare), unit="ms", tz="UTC"), "epoch milliseconds"
    if re.fullmatch(r"[345][0-9]{4}(?:[.,][0-9]{1,15})?", bare):
        days = pd.Timedelta(days=float(bare.replace(",", "."))).round("s")
        return pd.Timestamp("1899-12-30", tz="UTC") + days, "a spreadsheet's number of a day, read as UTC"
    if re.fullmatch(EPOCH + r"(?:\.[0-9]{1,9})?", bare):
        return pd.Timestamp(int(bare[:10]), unit="s", tz="UTC"), "epoch seconds, cut to whole ones"
    return _ago(bare.lower(), hints.as_of)


def _numbered(parts: re.Match[str], order: str, why: str, question: str) -> Answer:
    """Return the moment of 03/04/2026: with dots the day is first, else as `order` says."""
    if parts["mark"] == ".":
        return _moment(parts, parts["two"], parts["one"], "day first, with dots")
    if parts["mark"] == "-" and len(parts["year"]) == 2:
        raise CellError("which part is the year?")
    order = order or next((o for o in ("day", "month") if _only(parts, o)), "")
    if not order:
        raise CellError(question)
    day, month = ("one", "two") if order == "day" else ("two", "one")
    return _moment(parts, parts[month], parts[day], f"{order} first, {why}")


def _moment(parts: re.Match[str], month: str | int, day: str, reason: str) -> Answer:
    if not str(month).isdecimal():
        raise CellError("no month of that name")
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)
    try:
        when = datetime(year, int(month), int(day), *_clock(parts), tzinfo=_zone(parts["zone"]))
        return pd.Timestamp(when.astimezone(UTC)), reason + _zone_note(parts)
    except (ValueError, OverflowError):
        raise CellError("no such date") from None


def _clock(parts: re.Match[str]) -> tuple[int, int, int]:
    """Return hour, minute and second, midnight where none is said.

    Raises ValueError: an hour that a clock of twelve has not.
    """
    if parts["hour"] is None:
        return 0, 0, 0
    hour = int(parts["hour"])
    if half := (parts["half"] or "").lower():
        if not 1 <= hour <= 12:
            raise ValueError("no hour")
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(parts["minute"]), int(parts["second"] or 0)


def _zone(zone: str | None) -> timezone:
    if not zone or zone[0] not in "+-":
        return UTC
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return timezone(ahead if zone[0] == "+" else -ahead)


def _zone_note(parts: re.Match[str]) -> str:
    return ", read as UTC" if parts["hour"] and not parts["zone"] else ""


DAYS = {  # how long ago; a month is 30 of them and a year 365
    1 / 86_400: "s sec secs second seconds sek sekunde sekunden",
    1 / 1_440: "m min mins minute minutes minuten",
    1 / 24: "h hr hrs hour hours std std. stunde stunden",
    1: "d day days t tag tage tagen",
    7: "w wk wks week weeks woche wochen",
    30: "mo mos month months monat monate monaten",
    365: "y yr yrs year years j jahr jahre jahren",
}
UNITS = {word: days for days, words in DAYS.items() for word in words.split()}
SINCE = {"now": 0, "just now": 0, "today": 0, "heute": 0, "gerade eben": 0, "yesterday": 1, "gestern": 1}
NUMBER = r"(?P<number>[0-9]{1,4}|an?|eine[mnr]?|einem)"
UNIT = rf"(?P<unit>{'|'.join(map(re.escape, sorted(UNITS, key=len, reverse=True)))})"
AGO = rf"(?:vor |seit )?{NUMBER} ?{UNIT}(?: ago)?"


def _ago(cell: str, as_of: pd.Timestamp | None) -> Answer:
    """Return the moment that a cell counts back from the export."""
    ago = re.fullmatch(AGO, cell)
    if cell not in SINCE and not ago:
        raise CellError("no date that can be read")
    if as_of is None:
        raise CellError("a time ago: say when the file was exported (--as-of)")
    if not ago:
        days: float = SINCE[cell]
    else:
        days = (int(ago["number"]) if ago["number"].isdecimal() else 1) * UNITS[ago["unit"]]
    return as_of - pd.Timedelta(days=days).round("s"), "a time ago, counted from the export"
