"""What the Graph API has on a day, what its answers mean, and until when it takes no call.

Fields and metrics are those of data/graph_fields.csv: what retired is never asked for. A row is a field of a
node of the API: `profile`, `media` of one's own, media `discovered` of others, and the metrics of `insights`
with the media product types that they fit. One unfit metric fails a whole call. A new version may drop a
field at once, and months later a day ends it in all: an old version protects nobody.

The status of an answer tells little: an error may come with 200, a whole answer with none. What counts is the
error object in it, by data/graph_errors.csv (code or range of codes, subcode, words in its message).

`X-App-Usage` and `X-Business-Use-Case-Usage` give percent of what is allowed, the latter also minutes until
access comes back; a refusal may have `Retry-After`, in seconds. Each may be missing or broken; then nothing
is known, and only a refusal tells.
"""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nanospread.core import files, paths

FIELD_COLUMNS = ("node", "name", "fits", "needed", "since", "until", "first", "last", "source")


@dataclass(frozen=True)
class Field:
    """A field or metric. needed: without it an answer is worth nothing.

    since, until: days. first, last: versions. Each is "" where none is known. source: who says so.
    """

    node: str
    name: str
    fits: tuple[str, ...]
    needed: bool
    since: str
    until: str
    first: str
    last: str
    source: str

    def is_available(self, day: str, version: str) -> bool:
        """Return if a version of the API (v26.0) has it on a day (ISO)."""
        number = _number(version)
        in_range = _number(self.first or version) <= number <= _number(self.last or version)
        return in_range and self.since <= day and not (self.until and self.until <= day)


def _number(version: str) -> float:
    return float(version.removeprefix("v"))


@functools.cache
def declared_fields() -> tuple[Field, ...]:
    """Return every declared field."""
    rows = files.reference_rows(paths.DATA / "graph_fields.csv", FIELD_COLUMNS)
    return tuple(
        Field(**{**row, "fits": tuple(row["fits"].split()), "needed": row["needed"] == "yes"})  # type: ignore[arg-type]
        for _, row in rows
    )


def fields_of(node: str) -> tuple[Field, ...]:
    """Return every declared field of a node, of whatever version and day."""
    return tuple(each for each in declared_fields() if each.node == node)


def field_names(node: str, day: str, version: str, *, needed: bool = False) -> tuple[str, ...]:
    """Return the fields of a node, of a version on a day; needed: only the needed ones."""
    wanted = (each for each in fields_of(node) if each.needed >= needed)
    return tuple(each.name for each in wanted if each.is_available(day, version))


def metrics(product_type: str, day: str, version: str) -> tuple[str, ...]:
    """Return the metrics of a version that fit a media product type (FEED, REELS, STORY) on a day."""
    fitting = (each for each in fields_of("insights") if product_type in each.fits)
    return tuple(each.name for each in fitting if each.is_available(day, version))


ERROR_COLUMNS = ("code", "last", "subcode", "words", "do", "reason")
OK, TOO_MANY, FAILED = 200, 429, 500
BROKEN = "gave up: no whole answer came"
ERRORS = "gave up: the platform answered with errors"


@dataclass(frozen=True)
class Decision:
    """What an answer is, and what to do.

    action: read; halve (ask for less); split (ask for fewer fields); refuse (record the reason); again (ask
    once more, then refuse); retry (later, some times); limit (no call for a while); login (somebody must).
    """

    action: str
    reason: str = ""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class ErrorRow:
    """One row of the table of errors."""

    codes: range
    subcode: str
    words: str
    action: str
    reason: str

    def fits(self, error: Mapping[str, Any]) -> bool:
        """Return if an error object is of this row."""
        code = error.get("code")
        return (
            isinstance(code, int)
            and code in self.codes
            and self.subcode in ("", str(error.get("error_subcode")))
            and self.words in str(error.get("message")).lower()
        )


@functools.cache
def error_table() -> tuple[ErrorRow, ...]:
    """Return the rows; the first that fits counts."""
    rows = files.reference_rows(paths.DATA / "graph_errors.csv", ERROR_COLUMNS)
    return tuple(
        ErrorRow(
            range(int(row["code"]), int(row["last"] or row["code"]) + 1),
            *(row[name] for name in ("subcode", "words", "do", "reason")),
        )
        for _, row in rows
    )


def decide(status: int, text: str | None) -> Decision:
    """Return what to do about an answer. text: None where none came whole."""
    body = None if text is None else _object(text)
    error = None if body is None else body.get("error")
    if isinstance(error, Mapping):
        return _of_error(error)
    if status == TOO_MANY:
        return Decision("limit", "limit of calls reached")
    if body is None or status >= FAILED:
        return Decision("retry", BROKEN if status < FAILED else ERRORS)
    return Decision("read", body=body) if status == OK else Decision("again", f"status {status}")


def _object(text: str) -> Mapping[str, Any] | None:
    try:
        body = json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, Mapping) else None


def _of_error(error: Mapping[str, Any]) -> Decision:
    row = next((row for row in error_table() if row.fits(error)), None)
    if row and (row.action in ("limit", "login") or error.get("is_transient") is not True):
        return Decision(row.action, row.reason)
    if error.get("is_transient") is True:
        return Decision("retry", ERRORS)
    return Decision("again", f"refused by the platform (code {str(error.get('code'))[:20]})")


APP, BUSINESS, RETRY = "x-app-usage", "x-business-use-case-usage", "retry-after"
# kinds of use that are ours; a brand's advertisements have limits of their own
OUR_TYPES = ("instagram", "pages", "")
PERCENTS = ("call_count", "total_cputime", "total_time")
NEARLY_USED, USED_UP = 90.0, 100.0  # percent of a limit: from the first on no call goes for a while
ROLLING_WINDOW = timedelta(minutes=15)  # until a rolling hour has room again, where nothing says
FULL_WINDOW = timedelta(hours=1)  # of a limit: where all is used, or a refusal says nothing
LONGEST = 24 * 60  # minutes that a header may ask for


def blocked_until(headers: Mapping[str, str], now: datetime, *, refused: bool) -> datetime | None:
    """Return until when no call may go after an answer; None where one may go at once.

    headers: of the answer, names in small letters. refused: the answer was that a limit is reached.
    """
    usages = list(_usages(headers))
    percent = max((_quantity(each.get(name)) for each in usages for name in PERCENTS), default=0.0)
    minutes = max((_quantity(each.get("estimated_time_to_regain_access")) for each in usages), default=0.0)
    if refused and headers.get(RETRY, "").isdecimal():
        minutes = max(minutes, float(headers[RETRY]) / 60)
    if not refused and percent < NEARLY_USED and not minutes:
        return None
    if minutes:
        return now + timedelta(minutes=min(minutes, LONGEST))
    return now + (FULL_WINDOW if refused or percent >= USED_UP else ROLLING_WINDOW)


def _usages(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield each use that the headers tell of; a name given twice counts twice."""
    app = _json_pairs(headers.get(APP, ""))
    if app:
        yield dict(app)
    for _, usages in _json_pairs(headers.get(BUSINESS, "")):
        for each in usages if isinstance(usages, list) else []:
            usage = dict(each) if isinstance(each, list) and all(isinstance(p, tuple) for p in each) else {}
            if str(usage.get("type", "")).lower() in OUR_TYPES:
                yield usage


def _json_pairs(text: str) -> list[tuple[str, Any]]:
    """Return the names and values of a JSON object, none of them lost; nothing where it is none."""
    try:
        pairs = json.loads(text, object_pairs_hook=list, parse_constant=str) if text else []
    except (ValueError, RecursionError):
        return []
    return pairs if isinstance(pairs, list) and all(isinstance(pair, tuple) for pair in pairs) else []


def _quantity(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0
