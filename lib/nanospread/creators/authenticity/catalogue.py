"""What each component is: formula, what it can tell and cannot, which end is odd; and what is assumed of all.

data/components.csv holds the components; data/authenticity.csv what is taken for granted about answering, and
about what a flag is worth.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.core import errors, files, paths

FILE = paths.DATA / "authenticity.csv"
COMPONENTS = paths.DATA / "components.csv"
FIELDS = ("name", "low", "central", "high", "unit", "basis", "source")
NAMES = ("answered_per_post", "suspicious_nano", "suspicious_macro", "hit_rate", "false_alarm")
BASES = ("measured", "published", "assumed")


@dataclass(frozen=True)
class Component:
    """One number in [0, 1] about a creator, with all that is needed to judge it (data/components.csv).

    called: its name inside a sentence. needs: what an export must carry. about: could the numbers be bought
    (numbers), or how the creator works (conduct). odd: which end is flagged (nothing, low, both). scale: on
    which creators are compared (`peers.score_on`). unit: what n counts; least: n from which on a flag is
    possible. reason, reason_high: of a flag at the low, at the high end.
    """

    label: str
    called: str
    needs: str
    formula: str
    interval: str
    tells: str
    cannot: str
    about: str
    odd: str
    scale: str
    unit: str
    least: int
    reason: str
    reason_high: str


def _components() -> dict[str, Component]:
    names = ("component", *(field.name for field in fields(Component)))
    rows: list[dict[str, Any]] = [row for _, row in files.reference_rows(COMPONENTS, names)]
    return {row.pop("component"): Component(**row | {"least": int(row["least"])}) for row in rows}


CATALOGUE: Mapping[str, Component] = _components()


def catalogue() -> pd.DataFrame:
    """Return the components as a table, one row each: component, label, formula, interval, tells, cannot."""
    rows = pd.DataFrame({"component": name, **asdict(component)} for name, component in CATALOGUE.items())
    return rows[["component", "label", "formula", "interval", "tells", "cannot", "about", "odd", "least"]]


@dataclass(frozen=True)
class AssumedValue:
    """One value with how far it may be wrong, and where it comes from."""

    low: float
    central: float
    high: float
    unit: str
    basis: str
    source: str


def assumptions(path: Path = FILE) -> dict[str, AssumedValue]:
    """Return the assumptions by name; InputError names a row that is missing or cannot be."""
    rows = [row for _, row in files.reference_rows(path, FIELDS)]
    names = [row["name"] for row in rows]
    for name in names:
        if name not in NAMES:
            raise errors.InputError(f"{path.name}: {errors.unknown('assumption', name, NAMES)}")
    if sorted(names) != sorted(NAMES):
        raise errors.InputError(f"{path.name}: must have each of {', '.join(NAMES)} once")
    return {row["name"]: _checked(path, row) for row in rows}


def _checked(path: Path, row: dict[str, str]) -> AssumedValue:
    location = f"{path.name}: {row['name']}"
    if row["basis"] not in BASES or not row["source"]:
        raise errors.InputError(f"{location} needs a source, and a basis that is one of {', '.join(BASES)}")
    try:
        low, central, high = (float(row[column]) for column in ("low", "central", "high"))
    except ValueError as reason:
        raise errors.InputError(f"{location}: low, central and high must be numbers") from reason
    upper = 1.0 if row["unit"] == "share" else math.inf
    if not 0 < low <= central <= high <= upper or not math.isfinite(high):
        raise errors.InputError(
            f"{location} must have 0 < low <= central <= high{' <= 1' if upper == 1 else ''}; "
            f"got {row['low']}, {row['central']}, {row['high']}"
        )
    return AssumedValue(low, central, high, row["unit"], row["basis"], row["source"])


def what_a_flag_tells() -> pd.DataFrame:
    """Return, for each base rate of bought numbers, what a flag makes of it (Bayes' theorem).

    Published base rates contradict each other, and no account here is labelled fake or real, so nothing of
    this is measured. Returns: tier, case (worst: few bought and a poor flag; central; best), base_rate,
    hit_rate, false_alarm, flagged (to expect), bought_if_flagged, bought_if_not.
    """
    assumed = assumptions()
    cases = {"worst": ("low", "low", "high"), "central": ("central",) * 3, "best": ("high", "high", "low")}
    rows = [
        (tier, case, *(getattr(assumed[name], end) for name, end in zip(names, ends, strict=True)))
        for tier in ("nano", "macro")
        for case, ends in cases.items()
        for names in [(f"suspicious_{tier}", "hit_rate", "false_alarm")]
    ]
    table = pd.DataFrame(rows, columns=["tier", "case", "base_rate", "hit_rate", "false_alarm"])
    hits = table["base_rate"] * table["hit_rate"]
    flagged = hits + (1 - table["base_rate"]) * table["false_alarm"]
    return table.assign(
        flagged=flagged,
        bought_if_flagged=hits / flagged,
        bought_if_not=(table["base_rate"] - hits) / (1 - flagged).where(flagged < 1),
    )
