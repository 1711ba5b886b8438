"""An answer of the API -> what to do about it: read it, try again, wait, or record why there is nothing.

The status of an answer tells little: an error may come with 200, a whole answer with none. What counts is the
error object in it, by data/graph_errors.csv (code or range of codes, subcode, words in its message).
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nanospread.core import files, paths

COLUMNS = ("code", "last", "subcode", "words", "do", "reason")
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
class Row:
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
def table() -> tuple[Row, ...]:
    """Return the rows; the first that fits counts."""
    rows = files.reference_rows(paths.DATA / "graph_errors.csv", COLUMNS)
    return tuple(
        Row(
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
    row = next((row for row in table() if row.fits(error)), None)
    if row and (row.action in ("limit", "login") or error.get("is_transient") is not True):
        return Decision(row.action, row.reason)
    if error.get("is_transient") is True:
        return Decision("retry", ERRORS)
    return Decision("again", f"refused by the platform (code {str(error.get('code'))[:20]})")
