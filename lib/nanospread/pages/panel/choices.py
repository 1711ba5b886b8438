"""Brief -> the settings that can be moved, and settings -> what they change in the brief."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nanospread.campaign.brief import Brief
from nanospread.core import errors

Setting = float | str

BUDGETS = (0.2, 4.0)  # how far the budget can be moved, as multiples of the brief's [1]
OFFERS = ("gift", "fee")
MIXED = "mixed"  # a choice only for a brief that makes this offer


@dataclass(frozen=True)
class Knob:
    """One number that can be moved: its name among the settings, its start, and between what it moves.

    log: equal steps are equal factors. written: how d3 writes its readout. offers: those it matters under.
    """

    name: str
    label: str
    start: float
    low: float
    high: float
    written: str
    log: bool = False
    offers: tuple[str, ...] = (*OFFERS, MIXED)


def knobs(brief: Brief) -> tuple[Knob, ...]:
    """Return the numbers of a brief that can be moved: those whose range has more than one value."""
    low, high = (brief.budget * end for end in BUDGETS)
    most = len(brief.niches)
    every = (
        Knob("budget", f"Budget, {brief.currency}", brief.budget, low, high, ",.0f"),
        _macro_fee(brief),
        _assumed(brief, "post_rate_gift", "Post rate, gifted nano", ".1%", offers=("gift", MIXED)),
        _assumed(brief, "post_rate_fee", "Post rate, paid nano", ".1%", offers=("fee", MIXED)),
        _assumed(brief, "kappa", "Kappa, level of sales", ".3g", log=True),
        _assumed(brief, "rho_campaign", "Shared luck, rho_campaign", ".0%"),
        Knob("niches", "Niches, the brief's first", most, 1, most, "d"),
    )
    return tuple(knob for knob in every if knob.low < knob.high)


def settings(brief: Brief) -> dict[str, Setting]:
    """Return the brief's own settings by name: its offer, and where each knob starts."""
    return {"offer": brief.nano.offer, **{knob.name: knob.start for knob in knobs(brief)}}


def offers(brief: Brief) -> tuple[str, ...]:
    """Return what nano creators can be offered: gift or fee, and mixed where the brief does that."""
    return (*OFFERS, MIXED) if brief.nano.offer == MIXED else OFFERS


def named(brief: Brief) -> list[str]:
    """Return the settings that matter under the brief's offer, in words."""
    labels = [knob.label.split(",")[0] for knob in knobs(brief) if brief.nano.offer in knob.offers]
    names = ["gift or fee", *(label[0].lower() + label[1:] for label in labels)]
    return list(dict.fromkeys(names))


def changes(brief: Brief, given: Mapping[str, Setting]) -> dict[str, object]:
    """Return what differs from the brief, as `brief.changed` takes it: the rest keeps its basis and source.

    Raises: InputError for a number of niches that the brief does not have.
    """
    start = settings(brief)
    moved: dict[str, object] = {n: value for n, value in given.items() if not _same(value, start.get(n))}
    if "niches" in moved:
        moved["niches"] = _first(brief.niches, moved["niches"])
    return moved


def _macro_fee(brief: Brief) -> Knob:
    """Return the macro's fee: of the quote, if there is one, else per follower; as far as the latter goes."""
    row = brief.assumptions.fee_per_follower_macro
    if brief.macro.fee is None:
        return _assumed(brief, row.name, f"Macro's fee per follower, {brief.currency}", ".3f")
    low, high = (brief.macro.fee * end / row.central for end in (row.low, row.high))
    return Knob("macro_fee", f"Macro's fee, {brief.currency}", brief.macro.fee, low, high, ",.0f")


def _assumed(brief: Brief, name: str, label: str, written: str, **how: Any) -> Knob:
    row = brief.assumptions[name]
    return Knob(name, label, row.central, row.low, row.high, written, **how)


def _same(value: object, own: object) -> bool:
    if isinstance(value, int | float) and isinstance(own, int | float):
        return math.isclose(value, own, rel_tol=1e-9)  # the end of a log slider is off in its last digit
    return value == own


def _first(niches: tuple[str, ...], number: object) -> tuple[str, ...]:
    if not isinstance(number, int) or not 1 <= number <= len(niches):
        raise errors.InputError(f"niches must be a whole number from 1 to {len(niches)}; got {number!r}")
    return niches[:number]
