"""What was asked for -> read, unchanged or refused with its reason; and the account of a whole fetch.

Asked = read + unchanged + refused, always. Unchanged is what was read and says what the last fetch said.
"""

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.core import formatting
from nanospread.ingest.dataset import FETCHED

READ, UNCHANGED, REFUSED = STATUSES = ("read", "unchanged", "refused")
KINDS = ("account", "media", "insights", "story")
COLUMNS = ("kind", "name", "status", "reason", "content", "asked", "own")
MOST_REASONS = 20  # of a kind that `summary` tells apart: some hold what a platform says
OTHER_REASONS = "other reasons"


@dataclass(frozen=True)
class Outcome:
    """What became of one account, medium, or figures of a medium.

    reason: "" where it was read. content: what was said. asked: the day on which it was last asked for. own:
    of one's own account.
    """

    kind: str
    name: str
    reason: str = ""
    content: str = ""
    asked: str = ""
    unchanged: bool = False
    own: bool = False

    @property
    def status(self) -> str:
        """Return read, unchanged or refused."""
        return REFUSED if self.reason else UNCHANGED if self.unchanged else READ


def digest(content: Mapping[str, Any]) -> str:
    """Return what tells one content from another."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def compared(outcome: Outcome, before: Mapping[tuple[str, str], Outcome]) -> Outcome:
    """Return an outcome as unchanged where the last fetch read the same."""
    earlier = before.get((outcome.kind, outcome.name))
    same = (
        earlier is not None
        and not earlier.reason
        and not outcome.reason
        and earlier.content == outcome.content
    )
    return replace(outcome, unchanged=same)


def text(outcomes: Iterable[Outcome]) -> str:
    """Return the account of a fetch as CSV, in which no name is run as a formula."""
    rows = [[getattr(one, name) for name in COLUMNS[:-1]] + ["yes" * one.own] for one in outcomes]
    return formatting.csv_text(COLUMNS, rows)


def read(path: Path) -> dict[tuple[str, str], Outcome]:
    """Return the account of a fetch by kind and name; nothing where there is none."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row.get("kind") in KINDS]
    return {
        (row["kind"], row["name"]): Outcome(
            row["kind"], row["name"], row["reason"] or "", row["content"] or "", row["asked"] or ""
        )
        for row in rows
    }


def counts(outcomes: Iterable[Outcome]) -> dict[str, dict[str, int]]:
    """Return asked, read, unchanged and refused by kind; asked is the sum of the others."""
    tally = Counter((one.kind, one.status) for one in outcomes)
    kinds = [kind for kind in KINDS if any(of == kind for of, _ in tally)]
    return {
        kind: {"asked": sum(number for (of, _), number in tally.items() if of == kind)}
        | {status: tally[kind, status] for status in STATUSES}
        for kind in kinds
    }


def summary(outcomes: Iterable[Outcome], start: datetime) -> pd.DataFrame:
    """Return what was asked for and what became of it, counted: as `Tables.fetched`, without any name."""
    tally = Counter(("own_" * one.own + one.kind, one.status, one.reason) for one in outcomes)
    for kind in {kind for kind, _, _ in tally}:
        refused = [key for key, _ in tally.most_common() if key[:2] == (kind, REFUSED)]
        for key in refused[MOST_REASONS:]:
            tally[kind, REFUSED, OTHER_REASONS] += tally.pop(key)
    started = f"{start:%Y-%m-%d %H:%M:%S} UTC"
    rows = [(started, *key, number) for key, number in sorted(tally.items())]
    return pd.DataFrame(rows, columns=list(FETCHED)).astype(FETCHED)
