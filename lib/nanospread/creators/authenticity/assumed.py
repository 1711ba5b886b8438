"""data/authenticity.csv: what is taken for granted about answering, and about what a flag is worth."""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nanospread.core import errors, paths

FILE = paths.DATA / "authenticity.csv"
COLUMNS = ("name", "low", "central", "high", "unit", "basis", "source")
NAMES = ("answered_per_post", "suspicious_nano", "suspicious_macro", "hit_rate", "false_alarm")
BASES = ("measured", "published", "assumed")


@dataclass(frozen=True)
class Assumed:
    """One value with how far it may be wrong, and where it comes from."""

    low: float
    central: float
    high: float
    unit: str
    basis: str
    source: str


def assumptions(path: Path = FILE) -> dict[str, Assumed]:
    """Return the assumptions by name.

    Raises: InputError naming the row: a column or a name that is missing, twice or not known; values that are
    no numbers, not low <= central <= high, not above 0, or above 1 for a share.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise errors.InputError(f"{path.name}: the columns must be {', '.join(COLUMNS)}")
    names = [row["name"] for row in rows]
    for name in names:
        if name not in NAMES:
            raise errors.InputError(f"{path.name}: {errors.unknown('assumption', str(name), NAMES)}")
    if sorted(names) != sorted(NAMES):
        raise errors.InputError(f"{path.name}: must have each of {', '.join(NAMES)} once")
    return {row["name"]: _checked(path, row) for row in rows}


def _checked(path: Path, row: dict[str, str]) -> Assumed:
    where = f"{path.name}: {row['name']}"
    if row["basis"] not in BASES or not row["source"]:
        raise errors.InputError(f"{where} needs a source, and a basis that is one of {', '.join(BASES)}")
    try:
        low, central, high = (float(row[column]) for column in ("low", "central", "high"))
    except (TypeError, ValueError) as reason:
        raise errors.InputError(f"{where}: low, central and high must be numbers") from reason
    most = 1.0 if row["unit"] == "share" else math.inf
    if not 0 < low <= central <= high <= most or not math.isfinite(high):
        raise errors.InputError(
            f"{where} must have 0 < low <= central <= high{' <= 1' if most == 1 else ''}; "
            f"got {row['low']}, {row['central']}, {row['high']}"
        )
    return Assumed(low, central, high, row["unit"], row["basis"], row["source"])


def what_a_flag_tells(assumed: dict[str, Assumed] | None = None) -> pd.DataFrame:
    """Return, for each base rate of bought numbers, what a flag makes of it (Bayes' theorem).

    Published base rates contradict each other, and no account here is labelled fake or real, so nothing of
    this is measured: with accounts known to be fake and real, hit rate and false alarms would be.

    Returns: one row per tier and case: tier, case (worst: few bought and a poor flag; central; best), and
    shares: base_rate, hit_rate, false_alarm, flagged (to expect), bought_if_flagged, bought_if_not.
    """
    known = assumptions() if assumed is None else assumed
    cases = {"worst": ("low", "low", "high"), "central": ("central",) * 3, "best": ("high", "high", "low")}
    rows = [
        (tier, case, *(getattr(known[name], end) for name, end in zip(names, ends, strict=True)))
        for tier in ("nano", "macro")
        for case, ends in cases.items()
        for names in [(f"suspicious_{tier}", "hit_rate", "false_alarm")]
    ]
    told = pd.DataFrame(rows, columns=["tier", "case", "base_rate", "hit_rate", "false_alarm"])
    hits = told["base_rate"] * told["hit_rate"]
    flagged = hits + (1 - told["base_rate"]) * told["false_alarm"]
    return told.assign(
        flagged=flagged,
        bought_if_flagged=hits / flagged,
        bought_if_not=(told["base_rate"] - hits) / (1 - flagged).where(flagged < 1),
    )
