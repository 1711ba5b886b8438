"""data/assumptions.csv -> the assumptions of a campaign, and a brief's own values in their place.

Each row has one typed field in `Assumptions`: code reads `brief.values.kappa`, which grep and mypy
can follow. A new assumption is a row of the table, a field here at the same place, and what reads it.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Generic, Literal, NamedTuple, Self, TypeVar

import numpy as np
import pandas as pd
import pydantic
from scipy import special

from nanospread.core import errors, paths, typed
from nanospread.core.estimates import Z80
from nanospread.core.models import FrozenModel, Text, checked
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


Scale = Literal["", "log", "logit", "linear"]
KEPT = ("name", "unit", "scale", "kind", "moves_with", "step", "platform", "off")  # what no brief replaces


class Assumption(FrozenModel):
    """One thing the simulation takes for granted: its central value, and how far it may be wrong.

    low, central, high: the 10, 50 and 90 % points of what is believed, read by `at` alone.
    off: of a switch, the value at which it has no effect, in force unless the brief switches it on.
    scale: on which the belief is spread; blank for logit of a share and log of what else is positive.
    kind: a belief, which worlds draw, a choice, which somebody makes, or a reading, which tells what results
    are seen through and no world draws. moves_with: an earlier row that is
    wrong in the same direction more often than not.
    step: of the chain, the one that reads it: what only `recruitment` reads moves no campaign, and what
    only `results` reads says how results are to be read.
    platform: of which its values are; "": of any. A brief for another platform gives its own.
    fixed: whether the brief sets it as one number, which nothing learns about and no world draws.
    """

    name: str
    low: float
    central: float
    high: float
    off: float | None = None
    unit: str
    scale: Scale = ""
    kind: Literal["belief", "choice", "reading"] = "belief"
    moves_with: str = ""
    step: Literal["simulate", "recruitment", "results"]
    platform: str = ""
    basis: Literal["measured", "published", "assumed", "set"]
    source: Text
    fixed: bool = False

    @property
    def normal_scale(self) -> str:
        """The scale on which the range is about that of a normal."""
        return self.scale or ("logit" if self.unit == "share" else "log")

    def at(self, scores: Floats) -> Floats:
        """Return the value at these normal scores: the only reading of low, central and high.

        They are the 10, 50 and 90 % points; between and beyond, the scale runs along a hyperbola, straight
        in both tails and smooth at the median (model.md C13). On the linear scale, values
        outside what the unit allows count as its end. A fixed row is its central value at every score: its
        low and high are there for sweeps.
        """
        scores = np.asarray(scores, dtype=np.float64)
        forward, back = _SCALES[self.normal_scale]
        if self.fixed or not self.low < self.high or not forward(self.low) < forward(self.high):
            return np.full(scores.shape, self.central)
        middle = forward(self.central)
        up, down = forward(self.high) - middle, middle - forward(self.low)
        skew = (up - down) / (up + down)
        straight = (1 + abs(skew)) / 2  # how much of the bend lies inside the 80 % interval
        width = Z80 * (1 - straight**2) / (2 * straight)
        bent = np.sqrt(width**2 + scores**2)
        transformed = middle + (up + down) / (2 * Z80) * (scores + skew / straight * (bent - width))
        return np.clip(back(transformed), *RANGES[self.unit])

    def times(self, rate: float, currency: str) -> "Assumption":
        """Return the row in another currency, of which `rate` units are one of the row's own."""
        ends = {field: rate * getattr(self, field) for field in ("low", "central", "high")}
        source = f"{self.source}; at {rate:g} {currency} for one EUR"
        return checked(Assumption, {**self.model_dump(), **ends, "source": source}, f"{self.name} ")

    def used(self, switches: Collection[str]) -> float:
        """Return the value in force: the central one, or `off` for a switch that is not on."""
        return self.central if self.off is None or self.name in switches else self.off

    def replaced(self, replacements: Mapping[str, object], source: str) -> "Assumption":
        """Return the row with the given fields in place of its own, as `overridden`.

        Raises: InputError for another of the fields in `KEPT`, or a value out of range.
        """
        replacements = {field: self._sure(field, value) for field, value in replacements.items()}
        one_number = "central" in replacements and not {"low", "high"} & {*replacements}
        origin = {"basis": "set" if one_number else "assumed", "source": source, "fixed": one_number}
        row = {**self.model_dump(), **origin, **replacements}
        central = row["central"]
        if isinstance(central, int | float) and not isinstance(central, bool):
            row["low"] = replacements.get("low", min(self.low, central))
            row["high"] = replacements.get("high", max(self.high, central))
        for field in KEPT:
            if row[field] != getattr(self, field):
                value = getattr(self, field)
                raise errors.InputError(
                    f"{self.name} keeps its {field}, {'none' if value in ('', None) else value}"
                )
        return checked(Assumption, row, f"{self.name} ")

    def _sure(self, field: str, value: object) -> object:
        """Return the value; a number with two meanings only where one of them can be."""
        if not isinstance(value, typed.AmbiguousNumber):
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

    @pydantic.model_validator(mode="after")
    def _spread_on_its_scale(self) -> Self:
        """Refuse a range whose middle its scale puts infinitely far away: its tail would have no end."""
        shares = self.normal_scale == "logit"
        least, most = EDGE, 1 - EDGE if shares else math.inf
        spread = self.low < self.high and not self.fixed and self.normal_scale != "linear"
        if spread and not least <= self.central <= most:
            below = " and below 1" if shares else ""
            raise ValueError(
                f"must have a central value above 0{below} where it is a range; "
                f"got {self.low}, {self.central}, {self.high}"
            )
        return self


def _logit(value: float) -> float:
    return float(special.logit(min(max(value, EDGE), 1 - EDGE)))


EDGE = 1e-6  # a share of 0 or 1 among low, central and high counts as this far from it
MOST_LOG = 60.0
_SCALES: Mapping[str, tuple[Callable[[float], float], Callable[[Floats], Floats]]] = {
    "log": (lambda value: float(np.log(max(value, EDGE))), lambda at: np.exp(np.minimum(at, MOST_LOG))),
    "logit": (_logit, special.expit),
    "linear": (float, lambda at: at),
}


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
    return_rate: Entry
    code_discount: Entry
    commission: Entry
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
    tracked_share: Entry
    incremental_share: Entry
    order_delay_days: Entry
    reach_noise: Entry
    click_noise: Entry
    fee_noise: Entry
    one_off_share: Entry
    lasting_share: Entry

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

    def amounts(self: "Assumptions[Assumption]") -> tuple[str, ...]:
        """Return the names of the rows that are amounts of money."""
        return tuple(name for name in NAMES if self[name].unit.startswith("money"))

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


def earned_share(values: Assumptions[Any]) -> Any:
    """Return which share of an order's full price is earned, before the campaign's cost; can be below 0.

    (1 - return_rate) (margin - code_discount - commission (1 - code_discount)): a return undoes the sale, a
    discount comes off the margin in full, a commission is a share of what was paid and kept. The same for
    every option. values: a number each, or an array where it is drawn.
    """
    paid = 1 - values.code_discount
    return (1 - values.return_rate) * (values.margin - values.code_discount - values.commission * paid)


def order_earns(values: Assumptions[Any]) -> Any:
    """Return what an order earns on average, before the campaign's cost, as `earned_share` [money]."""
    return values.order_value * earned_share(values)


NAMES = tuple(field.name for field in fields(Assumptions))
Rows = Assumptions[Assumption]


def published(file: Path = FILE) -> Rows:
    """Return the assumptions of the CSV file. Raises: InputError naming the row that is wrong."""
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    columns = [name for name in Assumption.model_fields if name != "fixed"]
    if list(table.columns) != columns:
        raise errors.InputError(f"{file.name} needs the columns {', '.join(columns)}")
    twice = table.loc[table["name"].duplicated(), "name"]
    if len(twice):
        raise errors.InputError(f"{file.name}: {twice.iloc[0]} stands twice")
    rows = {}
    for row in table.to_dict("records"):
        content = {str(name): text for name, text in row.items() if text or name != "off"}  # blank: no switch
        label = f"{file.name}: {row['name']} "
        rows[str(row["name"])] = checked(Assumption, content, label, strict=False)
    for name in [*rows, *NAMES]:
        if name not in NAMES or name not in rows:
            problem = "has no field in Assumptions" if name in rows else "has no row"
            raise errors.InputError(f"{file.name}: {name} {problem}")
        if rows[name].moves_with not in ("", *NAMES[: NAMES.index(name)]):
            raise errors.InputError(f"{file.name}: {name} moves_with must be an earlier row")
    return Assumptions(**rows)


def overridden(known: Rows, overrides: object, source: str) -> Rows:
    """Return the known assumptions with own values in their place.

    overrides: by name, a number (the central value) or the fields to replace. One number is fixed, its basis
    is "set", and low and high widen to hold it, for sweeps; with low or high it is the owner's own belief,
    its basis "assumed" unless given. The source is `source` unless given.

    Raises: InputError for an unknown name or a value out of range.
    """
    if not isinstance(overrides, dict):
        raise errors.InputError(f"assumptions must be `name: value` lines; got {overrides!r}")
    rows = {}
    for name, override in overrides.items():
        if name not in known:
            raise errors.unknown("assumption", str(name), known)
        rows[name] = known[name].replaced(
            override if isinstance(override, dict) else {"central": override}, source
        )
    return known.replaced(rows)
