"""The numbers that the stored notebooks carry, beside those that were accepted before.

python tools/baseline.py            one line for each number that moved beyond its tolerance; exit 1 if any
python tools/baseline.py accept     store the numbers of now; the reason, from WHY or asked for, goes into
                                    CHANGELOG.md

A notebook that is stored again moves both nbval and this at once: nbval says that the notebooks are what the
code makes, this says that somebody meant the numbers to move, and why.
"""

import csv
import json
import os
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

from nanospread.core import formatting, paths
from nanospread.report import gather

FOLDER = paths.ROOT / "tests" / "baseline"
STORED, TOLERANCES = FOLDER / "metrics.json", FOLDER / "tolerances.csv"
CHANGELOG = paths.ROOT / "CHANGELOG.md"
NEW, GONE = "new", "gone"
NUMBERS, WORDS = ("value", "low", "high", "se", "n"), ("unit", "basis", "formula")
SHORTEST = 15  # of a reason [characters]
EXAMPLE = "audiences overlap inside a niche now"
NAMED = 4  # moved numbers that the changelog names

Metrics = Mapping[str, Mapping[str, Any]]


class Change(NamedTuple):
    """One thing that differs: a field of a metric, or all of a metric that is NEW or GONE."""

    metric: str
    field: str
    old: Any
    new: Any
    allowed: float | None = None

    def __str__(self) -> str:
        if self.field in (NEW, GONE):
            return f"{self.metric}: {self.field}, {self.new if self.field == NEW else self.old}"
        within = "" if self.allowed is None else f" (tolerance {self.allowed:.3g})"
        return f"{self.metric}, {self.field}: {self.old} -> {self.new}{within}"


def stored_notebooks(folder: Path = paths.NOTEBOOKS) -> Metrics:
    """Return the metrics that the notebooks carry as they are stored, by name."""
    files = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    return gather.metrics({file.stem: nbformat.read(file, as_version=4) for file in files})


def accepted(file: Path = STORED) -> Metrics:
    """Return the metrics that were accepted last; none before the first time."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def changes(old: Metrics, new: Metrics, tolerances: Sequence[Mapping[str, str]]) -> list[Change]:
    """Return what differs beyond its tolerance, sorted by metric: moved, new and gone."""
    found = []
    for metric in sorted({*old, *new}):
        if metric not in old:
            found.append(Change(metric, NEW, None, new[metric]["value"]))
        elif metric not in new:
            found.append(Change(metric, GONE, old[metric]["value"], None))
        else:
            found += _moved(metric, old[metric], new[metric], tolerances)
    return found


def _moved(metric: str, old: Mapping[str, Any], new: Mapping[str, Any], rows: Sequence[Any]) -> list[Change]:
    found = [Change(metric, field, old[field], new[field]) for field in WORDS if old[field] != new[field]]
    for field in NUMBERS:
        before, after = old[field], new[field]
        if before is None or after is None:
            found += [Change(metric, field, before, after)] if before is not after else []
        elif abs(after - before) > (allowed := _allowed(metric, field, old, rows)):
            found.append(Change(metric, field, before, after, allowed))
    return found


def _allowed(metric: str, field: str, old: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> float:
    """Return the larger of both tolerances in the first row that fits."""
    is_ = {"metric": metric, "field": field, "unit": old["unit"], "basis": old["basis"]}
    row = next(row for row in rows if all(fnmatchcase(is_[key], row[key]) for key in is_))
    return max(float(row["absolute"]), float(row["relative"]) * abs(old[field]))


def tolerances(file: Path = TOLERANCES) -> list[dict[str, str]]:
    """Return the table of tolerances; its first row that fits a number counts."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def entry(found: Sequence[Change], why: str) -> str:
    """Return the changelog's line: a regression where a number moved or went, else what is new.

    Raises ValueError where there is nothing to accept or no reason.
    """
    reason = " ".join(why.split()).rstrip(".")
    if not found:
        raise ValueError("nothing to accept: every number is within its tolerance")
    if len(reason) < SHORTEST:
        raise ValueError(f'say why the numbers moved, for example: make accept WHY="{EXAMPLE}"')
    new = [change for change in found if change.field == NEW]
    moved = {change.metric: change for change in reversed(found) if change not in new}
    told = [str(change) for change in moved.values()][::-1][:NAMED]
    more = [f" {len(moved) - NAMED} more"] if len(moved) > NAMED else []
    news = [formatting.counted(len(new), "new number")] if new else []
    return f"- {'Regression: ' if moved else ''}{reason} ({'; '.join([*told, *more, *news])})."


def with_entry(changelog: str, line: str) -> str:
    """Return the changelog with a line on top of its newest version."""
    lines = changelog.splitlines()
    newest = next(number for number, text in enumerate(lines) if text.startswith("## "))
    return "\n".join([*lines[: newest + 1], line, *lines[newest + 1 :]]) + "\n"


def accept(now: Metrics, why: str, stored: Path = STORED, changelog: Path = CHANGELOG) -> str:
    """Store the numbers of now with the reason, and return the changelog's new line. Raises ValueError."""
    line = entry(changes(accepted(stored), now, tolerances()), why)
    changelog.write_text(with_entry(changelog.read_text(encoding="utf-8"), line), encoding="utf-8")
    stored.write_text(gather.json_text(now), encoding="utf-8")
    return line


def main(arguments: Sequence[str]) -> int:
    """Check, or accept, and say what is what; return the exit status."""
    now = stored_notebooks()
    found = changes(accepted(), now, tolerances())
    print(*found, f"{len(found)} differences among {len(now)} numbers", sep="\n")
    if list(arguments) != ["accept"]:
        return int(bool(found))
    why = os.environ.get("WHY") or (input("Why did they move? ") if found and sys.stdin.isatty() else "")
    try:
        print(f"CHANGELOG.md: {accept(now, why)}")
    except ValueError as error:
        print(f"Not accepted: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
