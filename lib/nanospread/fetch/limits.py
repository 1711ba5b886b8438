"""Usage headers in, until when no call may go out: stop before a limit bites, and wait what it says.

`X-App-Usage` and `X-Business-Use-Case-Usage` give percent of what is allowed, the latter also minutes until
access comes back; a refusal may have `Retry-After`, in seconds. Each may be missing or broken; then nothing
is known, and only a refusal tells.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

APP, BUSINESS, RETRY = "x-app-usage", "x-business-use-case-usage", "retry-after"
OUR_TYPES = (
    "instagram",
    "pages",
    "",
)  # kinds of use that are ours; a brand's advertisements have limits of their own
PERCENTS = ("call_count", "total_cputime", "total_time")
NEARLY_USED, USED_UP = 90.0, 100.0  # percent of a limit: from the first on no call goes for a while
ROLLING_WINDOW = timedelta(minutes=15)  # until a rolling hour has room again, where nothing says
FULL_WINDOW = timedelta(hours=1)  # of a limit: where all is used, or a refusal says nothing
LONGEST = 24 * 60  # minutes that a header may ask for


def blocked_until(headers: Mapping[str, str], now: datetime, *, refused: bool) -> datetime | None:
    """Return until when no call may go after an answer; None where one may go at once.

    headers: of the answer, names in small letters. refused: the answer was that a limit is reached.
    """
    used = list(_usages(headers))
    percent = max((_number(each.get(name)) for each in used for name in PERCENTS), default=0.0)
    minutes = max((_number(each.get("estimated_time_to_regain_access")) for each in used), default=0.0)
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
    for _, listed in _json_pairs(headers.get(BUSINESS, "")):
        for each in listed if isinstance(listed, list) else []:
            held = dict(each) if isinstance(each, list) and all(isinstance(p, tuple) for p in each) else {}
            if str(held.get("type", "")).lower() in OUR_TYPES:
                yield held


def _json_pairs(text: str) -> list[tuple[str, Any]]:
    """Return the names and values of a JSON object, none of them lost; nothing where it is none."""
    try:
        found = json.loads(text, object_pairs_hook=list, parse_constant=str) if text else []
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(pair, tuple) for pair in found) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0
