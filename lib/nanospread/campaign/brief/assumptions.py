"""data/assumptions.csv -> the assumptions of a campaign, and a brief's own values in their place.

Each row has one typed field in `Assumptions`: code reads `brief.values.kappa`, which grep and mypy
can follow. A new assumption is a row of the table, a field here at the same place, and what reads it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Generic, Literal, NamedTuple, Self, TypeVar

import numpy as np
import pandas as pd
import pydantic

from nanospread.campaign.brief.fields import Frozen, Text, checked
from nanospread.core import errors, paths, typed
from nanospread.core.estimates import Z80
from nanospread.core.types import Floats

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

    def at(self, scores: Floats) -> Floats:
        """Return the value at these normal scores, log-normal on each side of the central value.

        low and high are the 10 and 90 % points; where low is 0, the lower side is as wide as the upper one.
        """
        up = np.log(self.high / self.central)
        down = np.log(self.central / self.low) if self.low > 0 else up
        return np.asarray(self.central * np.exp(scores / Z80 * np.where(scores > 0, up, down)))

    def used(self, switches: Collection[str]) -> float:
        """Return the value in force: the central one, or `off` for a switch that is not on."""
        return self.central if self.off is None or self.name in switches else self.off

    def replaced(self, given: Mapping[str, object], source: str) -> "Assumption":
        """Return the row with the given fields in place of its own, as `overridden`.

        Raises: InputError for another name, unit, step or off value, or a value out of range.
        """
        given = {field: self._sure(field, value) for field, value in given.items()}
        row = {**self.model_dump(), "basis": "assumed", "source": source, **given}
        central = row["central"]
        if isinstance(central, int | float) and not isinstance(central, bool):
            row["low"] = given.get("low", min(self.low, central))
            row["high"] = given.get("high", max(self.high, central))
        if row["name"] != self.name or row["unit"] != self.unit:
            raise errors.InputError(f"{self.name} keeps its name and its unit [{self.unit}]")
        if row["step"] != self.step:
            raise errors.InputError(f"{self.name} keeps its step, {self.step}")
        if row["off"] != self.off:
            off = "none" if self.off is None else self.off
            raise errors.InputError(f"{self.name} keeps its off value, {off}")
        return checked(Assumption, row, f"{self.name} ")

    def _sure(self, field: str, value: object) -> object:
        """Return the value; a number with two meanings only where one of them can be."""
        if not isinstance(value, typed.Doubtful):
            return value
        try:
            return value.sure(*RANGES[self.unit])
        except ValueError as error:
            raise errors.InputError(f"{self.name} {field} {error}; got {value!r}") from None

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


Entry = TypeVar("Entry")  # a row of the table, or its value in force
Side = Literal["nano", "macro"]


class SideRates(NamedTuple, Generic[Entry]):
    """What the table says of the posts of one side, nano or macro."""

    reach_rate: Entry
    story_rate: Entry
    cvr: Entry


@dataclass(frozen=True)
class Assumptions(Mapping[str, Entry]):
    """One entry per row of data/assumptions.csv, in its order: the row itself, or its value in force.

    A mapping too, for names that are known only when the program runs, as in a sweep.
    """

    reply_rate: Entry
    accept_rate: Entry
    post_rate_gift: Entry
    post_rate_fee: Entry
    recruitment_precision: Entry
    over_invite: Entry
    labour_per_contact: Entry
    product_cost: Entry
    shipping: Entry
    fee_per_follower_nano: Entry
    fee_per_follower_macro: Entry
    sponsored_multiplier: Entry
    reach_rate_nano: Entry
    reach_rate_macro: Entry
    story_rate_nano: Entry
    story_rate_macro: Entry
    platform_sd: Entry
    niche_pool: Entry
    ctr_feed: Entry
    ctr_story: Entry
    repeat_click_weight: Entry
    cvr_nano: Entry
    cvr_macro: Entry
    advocacy: Entry
    er_to_conversion: Entry
    conversion_sd: Entry
    kappa: Entry
    rho_campaign: Entry
    rho_niche: Entry
    flop_rate: Entry
    flop_multiplier: Entry
    order_value: Entry
    order_value_cv: Entry
    margin: Entry
    overhead_per_creator: Entry
    wear_out: Entry
    nano_capacity: Entry
    market_pool: Entry
    macro_halo: Entry
    nano_first: Entry
    platform_memory: Entry
    days_to_reply: Entry
    days_to_post: Entry
    days_to_post_sd: Entry
    as_is_rate: Entry
    ambassador_join: Entry
    ambassador_first_loss: Entry
    ambassador_spread: Entry
    ambassador_wear_out: Entry
    discount_rate: Entry

    def rates_of(self, side: Side) -> SideRates[Entry]:
        """Return the rates of one side's posts."""
        if side == "nano":
            return SideRates(self.reach_rate_nano, self.story_rate_nano, self.cvr_nano)
        return SideRates(self.reach_rate_macro, self.story_rate_macro, self.cvr_macro)

    def post_rate(self, offer: str) -> Entry:
        """Return the share of those who agree that post, for gift or fee."""
        return {"gift": self.post_rate_gift, "fee": self.post_rate_fee}[offer]

    def replaced(self, entries: Mapping[str, Entry]) -> "Assumptions[Entry]":
        """Return the assumptions with other entries in place of those of the same names."""
        return replace(self, **entries)

    def __getitem__(self, name: str) -> Entry:
        """Return the entry of a name. Raises: KeyError for one that the table does not have."""
        if name not in self.__dataclass_fields__:
            raise KeyError(name)
        entry: Entry = getattr(self, name)
        return entry

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in the table's order."""
        return iter(NAMES)

    def __len__(self) -> int:
        """Return the number of assumptions."""
        return len(NAMES)


NAMES = tuple(field.name for field in fields(Assumptions))
Rows = Assumptions[Assumption]


def published(file: Path = FILE) -> Rows:
    """Return the assumptions of the CSV file. Raises: InputError naming the row that is wrong."""
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    if list(table.columns) != list(Assumption.model_fields):
        raise errors.InputError(f"{file.name} needs the columns {', '.join(Assumption.model_fields)}")
    twice = table.loc[table["name"].duplicated(), "name"]
    if len(twice):
        raise errors.InputError(f"{file.name}: {twice.iloc[0]} stands twice")
    rows = {}
    for row in table.to_dict("records"):
        content = {str(name): text for name, text in row.items() if text or name != "off"}  # blank: no switch
        where = f"{file.name}: {row['name']} "
        rows[str(row["name"])] = checked(Assumption, content, where, strict=False)
    for name in [*rows, *NAMES]:
        if name not in NAMES or name not in rows:
            problem = "has no field in Assumptions" if name in rows else "has no row"
            raise errors.InputError(f"{file.name}: {name} {problem}")
    return Assumptions(**rows)


def overridden(known: Rows, own: object, source: str) -> Rows:
    """Return the known assumptions with own values in their place.

    own: by name, a number (the central value) or the fields to replace. Unless given, low and high widen to
    hold the central value, the basis is "assumed" and the source is `source`.

    Raises: InputError for an unknown name or a value out of range.
    """
    if not isinstance(own, dict):
        raise errors.InputError(f"assumptions must be `name: value` lines; got {own!r}")
    rows = {}
    for name, given in own.items():
        if name not in known:
            raise errors.unknown("assumption", str(name), known)
        rows[name] = known[name].replaced(given if isinstance(given, dict) else {"central": given}, source)
    return known.replaced(rows)
