"""data/assumptions.csv -> the assumptions of a campaign, and a brief's own values in their place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import numpy as np
import pandas as pd
import pydantic
from numpy.typing import NDArray

from nanospread.campaign.brief.fields import Frozen, Text, checked
from nanospread.core import errors, paths
from nanospread.core.intervals import Z80

FILE = paths.DATA / "assumptions.csv"

RANGES: Mapping[str, tuple[float, float]] = {  # what a value may be, by its unit
    "share": (0, 1),
    "ratio": (0, 1000),
    "sd": (0, 5),
    "elasticity": (0, 2),
    "money": (0, 1_000_000),
    "money per follower": (0, 1000),
    "contacts": (0.1, 1_000_000),
    "people": (1, 10_000_000_000),
    "creators": (1, 20_000),
    "days": (0.1, 3650),
}


class Assumption(Frozen):
    """One thing the simulation takes for granted: its central value, and how far it may be wrong.

    off: of a switch, the value at which it has no effect, in force unless the brief switches it on.
    step: of the chain, the one that reads it: what only `recruitment` reads moves no campaign.
    """

    name: str
    low: float
    central: float
    high: float
    off: float | None = None
    unit: str
    step: Literal["simulate", "recruitment"]
    basis: Literal["measured", "published", "assumed"]
    source: Text

    def at(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the value at these normal scores, log-normal on each side of the central value.

        low and high are the 10 and 90 % points; where low is 0, the lower side is as wide as the upper one.
        """
        up = np.log(self.high / self.central)
        down = np.log(self.central / self.low) if self.low > 0 else up
        return np.asarray(self.central * np.exp(scores / Z80 * np.where(scores > 0, up, down)))

    @pydantic.model_validator(mode="after")
    def _in_range(self) -> Self:
        if self.unit not in RANGES:
            raise errors.unknown("unit", self.unit, RANGES)
        low, high = RANGES[self.unit]
        for value in (self.central, self.low, self.high, self.off):
            if value is not None and not low <= value <= high:
                raise ValueError(f"must be from {low:,} to {high:,} [{self.unit}]; got {value:,}")
        if not self.low <= self.central <= self.high:
            raise ValueError(f"must have low <= central <= high; got {self.low}, {self.central}, {self.high}")
        return self


def published(file: Path = FILE) -> dict[str, Assumption]:
    """Return the assumptions of the CSV file by name. Raises: InputError naming the row that is wrong."""
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    if list(rows.columns) != list(Assumption.model_fields):
        raise errors.InputError(f"{file.name} needs the columns {', '.join(Assumption.model_fields)}")
    twice = rows.loc[rows["name"].duplicated(), "name"]
    if len(twice):
        raise errors.InputError(f"{file.name}: {twice.iloc[0]} stands twice")
    return {
        str(row["name"]): checked(
            Assumption,
            {str(k): v for k, v in row.items() if v or k != "off"},  # blank: no switch
            f"{file.name}: {row['name']} ",
            strict=False,
        )
        for row in rows.to_dict("records")
    }


def overridden(known: Mapping[str, Assumption], own: object, source: str) -> dict[str, Assumption]:
    """Return the known assumptions with own values in their place.

    own: by name, a number (the central value) or the fields to replace. Unless given, low and high widen to
    hold the central value, the basis is "assumed" and the source is `source`.

    Raises: InputError for an unknown name or a value out of range.
    """
    if not isinstance(own, dict):
        raise errors.InputError(f"assumptions must be `name: value` lines; got {own!r}")
    found = dict(known)
    for name, given in own.items():
        if name not in known:
            raise errors.unknown("assumption", str(name), known)
        found[name] = _replaced(known[name], given if isinstance(given, dict) else {"central": given}, source)
    return found


def _replaced(old: Assumption, given: Mapping[str, object], source: str) -> Assumption:
    row = {**old.model_dump(), "basis": "assumed", "source": source, **given}
    central = row["central"]
    if isinstance(central, int | float) and not isinstance(central, bool):
        row["low"] = given.get("low", min(old.low, central))
        row["high"] = given.get("high", max(old.high, central))
    if row["name"] != old.name or row["unit"] != old.unit:
        raise errors.InputError(f"{old.name} keeps its name and its unit [{old.unit}]")
    if row["step"] != old.step:
        raise errors.InputError(f"{old.name} keeps its step, {old.step}")
    if row["off"] != old.off:
        raise errors.InputError(f"{old.name} keeps its off value, {'none' if old.off is None else old.off}")
    return checked(Assumption, row, f"{old.name} ")
