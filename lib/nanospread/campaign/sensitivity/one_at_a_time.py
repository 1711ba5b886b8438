"""One assumption after the other over its range -> the tornado, and the values at which nano breaks even."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.brief import Brief
from nanospread.campaign.risk import Estimate
from nanospread.campaign.sensitivity import pairs
from nanospread.campaign.sensitivity.pairs import Setting
from nanospread.creators.engagement import EngagementModel

POINTS = 5  # values from low to high at which a change of sign is looked for
REFINED = 4  # further runs, each where the straight line between the nearest two meets 0
STEP = 0.02  # how far on either side of a root the slope is taken, as a share of the range
ROOTS = {"pays": "profit", "even": "gain"}  # what is found, and the measure that is 0 there
Measured = Callable[[float], dict[str, Estimate]]


def tornado(
    engagement: EngagementModel, brief: Brief, *, n_worlds: int, seed: int, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return what each assumption does to the odds at its low and at its high, all others as in the brief.

    names: None for the assumptions in force. Returns a row per assumption, largest swing first: name, unit,
    basis, low, central, high, clipped (whether an end was drawn back to what is possible), swing (|gain at
    high - gain at low| [money]), and gain, profit, beats and loss of the brief, at low (<measure>_low) and at
    high (<measure>_high), each with its <column>_se.
    """
    wanted = pairs.chosen(brief, names)
    setting = Setting(engagement, brief, n_worlds, seed)
    central = pairs.columns(setting.pair({}).measures())
    rows = [_swing(setting, name) | central for name in wanted]
    return pd.DataFrame(rows).sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def _swing(setting: Setting, name: str) -> dict[str, object]:
    row, ends = setting.brief.assumptions[name], setting.reachable(name)
    low, high = (setting.pair({name: value}) for value in (ends.low, ends.high))
    moved = risk.mean(high.gain - low.gain, batch=low.batch)  # paired: what all worlds share cancels out
    return {
        "name": name,
        "unit": row.unit,
        "basis": row.basis,
        "low": ends.low,
        "central": setting.brief.value(name),
        "high": ends.high,
        "clipped": ends.clipped,
        **pairs.columns({"swing": Estimate(abs(moved.value), moved.se)}),
        **pairs.columns(low.measures(), "_low"),
        **pairs.columns(high.measures(), "_high"),
    }


class Root(NamedTuple):
    """Where a mean is 0, its error, and on which side it is above 0."""

    value: float
    se: float
    side: str


def break_evens(
    engagement: EngagementModel, brief: Brief, *, n_worlds: int, seed: int, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the value of each assumption at which nano's mean profit is 0, or equals the macro's.

    A change of sign is looked for between 5 values from low to high (two between the same values stay unseen)
    and found by four more runs, each where a straight line meets 0. names: None for those in force.

    Returns: name, central, low, high, basis, pays (where mean profit is 0), pays_se, pays_side ("above" or
    "below": where it is positive; "always" or "never", with pays nan) and even, even_se, even_side of the
    profit minus the macro's. se: of the mean over its slope, so wide where the assumption hardly matters.
    """
    wanted = pairs.chosen(brief, names)
    setting = Setting(engagement, brief, n_worlds, seed)
    return pd.DataFrame([_break_even(setting, name) for name in wanted])


def _break_even(setting: Setting, name: str) -> dict[str, object]:
    def at(value: float) -> dict[str, Estimate]:
        return setting.pair({name: value}).measures()

    span = setting.reachable(name)
    tried = {value: at(value) for value in span.spaced(POINTS)}
    row: dict[str, object] = {
        "name": name,
        "central": setting.brief.value(name),
        "low": span.low,
        "high": span.high,
        "basis": setting.brief.assumptions[name].basis,
    }
    for column, measure in ROOTS.items():
        known = {value: each[measure] for value, each in tried.items()}
        root = _root(known, at, measure)
        row |= {column: root.value, f"{column}_se": root.se, f"{column}_side": root.side}
    return row


def _root(tried: dict[float, Estimate], at: Measured, measure: str) -> Root:
    """Return the lowest root between the values tried, refined by more runs between its neighbours."""
    ends = _crossed(tried)
    if ends is None:
        everywhere = all(each.value > 0 for each in tried.values())
        return Root(math.nan, math.nan, "always" if everywhere else "never")
    side = "above" if tried[ends[1]].value > 0 else "below"
    near = tried
    for _ in range(REFINED):
        guess = _line(near, *ends)
        near = {value: near[value] for value in ends} | {guess: at(guess)[measure]}
        ends = _crossed(near) or ends
    root = _line(near, *ends)
    slope = _slope(root, min(tried), max(tried), at, measure)
    return Root(root, near[guess].se / slope if slope else math.inf, side)


def _slope(value: float, low: float, high: float, at: Measured, measure: str) -> float:
    """Return how steep the mean is around a value, over a step wide enough for single worlds not to show."""
    left, right = (float(np.clip(value + way * STEP * (high - low), low, high)) for way in (-1, 1))
    return abs(at(right)[measure].value - at(left)[measure].value) / (right - left)


def _crossed(tried: dict[float, Estimate]) -> tuple[float, float] | None:
    """Return the first two neighbouring values between which the mean changes its sign."""
    values = sorted(tried)
    positive = [tried[value].value > 0 for value in values]
    for left, right, before, after in zip(values, values[1:], positive, positive[1:], strict=False):
        if before != after:
            return left, right
    return None


def _line(tried: dict[float, Estimate], left: float, right: float) -> float:
    """Return where the straight line between two values meets 0."""
    rise = tried[right].value - tried[left].value
    return float(np.clip(left - tried[left].value * (right - left) / rise, left, right))
