"""Checks of a study -> the health card: what was found and what to do, in the words of data/health.csv."""

from collections.abc import Callable, Iterable
from functools import cache
from string import Formatter
from typing import Any

import pandas as pd

from nanospread.core import paths
from nanospread.core.files import reference_rows
from nanospread.core.formatting import Finding, count, counted, listed, percent, significant
from nanospread.pages.labels import label
from nanospread.pages.show import MISSING, Metric
from nanospread.study import Check
from nanospread.study.data import SampleSize
from nanospread.study.health_checks import Status, thin

TABLE, COLUMNS = paths.DATA / "health.csv", ("name", "label", "found", "review", "fail")
WAYS: dict[str, Callable[[Any], str]] = {
    "count": count,
    "percent": percent,
    "significant": significant,
    "labels": lambda names: listed([label(name) for name in names]) or "nothing",
    "sentences": lambda names: " ".join(names) or "none",
}


class _Words(Formatter):
    """Writes a number in the way that stands behind its name, one of `WAYS`."""

    def format_field(self, value: Any, format_spec: str) -> Any:
        return WAYS[format_spec](value)


@cache
def _texts() -> dict[str, dict[str, str]]:
    return {row["name"]: row for _, row in reference_rows(TABLE, COLUMNS)}


def card(checks: Iterable[Check]) -> pd.DataFrame:
    """Return the health card, one row per check: result, check, found, what to do.

    checks: as `study.health`. Raises: KeyError for a check that data/health.csv lacks.
    """
    rows, words = [(row.status, _texts()[row.name], row.found) for row in checks], _Words().format
    return pd.DataFrame(
        [
            (status, text["label"], words(text["found"], **found), text.get(status.lower(), MISSING))
            for status, text, found in rows
        ],
        columns=["result", "check", "found", "what to do"],
    )


def summary(checks: Iterable[Check]) -> Finding:
    """Return how many checks pass, and which do not."""
    every = list(checks)
    wrong = {
        status: [_texts()[row.name]["label"].lower() for row in every if row.status == status]
        for status in ("FAIL", "REVIEW")
    }
    passed = f"{count(len(every) - sum(map(len, wrong.values())))} of {counted(len(every), 'check')} pass"
    if not any(wrong.values()):
        return Finding.of(f"All {counted(len(every), 'check')} pass")
    parts = [
        f"{does}: {listed(names)}."
        for does, names in zip(("Failed", "To review"), wrong.values(), strict=True)
        if names
    ]
    return Finding(passed, f"{passed}. {' '.join(parts)}")


def thinness(amount: SampleSize) -> str:
    """Return how few nano creators and posts the odds rest on, "" where there are enough."""
    if not thin(amount):
        return ""
    creators, each = counted(amount.nano, "nano creator"), counted(int(amount.posts), "post")
    held = f"Your data hold {creators} of your niches, with {each}{' each' if amount.nano > 1 else ''}"
    return f"Thin data. {held}. The odds rest on published figures and on typical creators, not on yours."


def checked_rows(checks: Iterable[Check]) -> pd.DataFrame:
    """Return how many checks pass, are to be reviewed, and failed."""
    every = [row.status for row in checks]
    statuses: tuple[Status, ...] = ("PASS", "REVIEW", "FAIL")
    return pd.DataFrame(
        [
            Metric.of(f"checks_{status.lower()}", every.count(status), "measured", n=len(every))
            for status in statuses
        ]
    )
