"""Which assumptions decide: each alone, two of them on a grid, all of them for the variance.

The gain is nano's mean profit minus the macro's. "Turns" needs two standard errors on both sides of 0.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.campaign.risk import Estimate
from nanospread.core.estimates import SURE, clearly_above, clearly_below
from nanospread.core.formatting import (
    TITLE,
    Finding,
    arm_name,
    capital,
    counted,
    listed,
    money,
    percent,
    short_money,
    shortened,
)

ENDS = ("low", "high")
Row = Mapping[Hashable, Any]
EVEN = 0.5  # a chance of a loss from which nano loses more often than not [probability]
SURELY = 0.1  # an interval narrower than this is said as one number [1]


def assumption_name(name: object) -> str:
    """Return an assumption's name in words, cut to what a title can bear: cvr_nano -> cvr nano."""
    return shortened(str(name).replace("_", " "), 24)


def turning(tornado: pd.DataFrame) -> dict[str, list[str]]:
    """Return the assumptions that turn the choice alone, each with the ends (low, high) at which they do.

    An end turns it where the other arm earns more there by two standard errors, and this one in the brief
    itself. tornado: as `sensitivity.tornado`.
    """
    turns = {
        str(row["name"]): [end for end in ENDS if _side(row, f"gain_{end}") == -_side(row, "gain") != 0]
        for row in tornado.to_dict("records")
    }
    return {name: ends for name, ends in turns.items() if ends}


def _side(row: Row, measure: str) -> int:
    """Return 1 where a measure is above 0 by two standard errors, -1 where it is below, else 0."""
    estimate = Estimate(row[measure], row[f"{measure}_se"])
    if estimate.value == 0:
        return 0
    return int(clearly_above(estimate, 0)) - int(clearly_below(estimate, 0))


def tornado(swings: pd.DataFrame, currency: str, *, arm: str = "nano_gift") -> Finding:
    """Return which assumption moves the gain most, and whether one alone turns the choice."""
    moving = swings[swings["swing"] > SURE * swings["swing_se"]]
    if moving.empty:
        return Finding("No assumption moves the gain", "No assumption of the brief moves the gain.")
    base, top = swings.to_dict("records")[0], moving.to_dict("records")[0]
    name = assumption_name(top["name"])
    ends = [f"{money(top[f'gain_{end}'], currency)} at {short_money(top[end])}" for end in ENDS]
    most = f"{capital(name)} moves the gain most: from {ends[0]} to {ends[1]}"
    chances = moving[["beats_low", "beats_high"]].to_numpy(dtype=float)
    odds = f"{percent(float(chances.min()))} to {percent(float(chances.max()))}"
    return Finding(
        _choice(swings, base, name),
        f"{_base(base, currency, arm)} {most}. {_turns(swings, base)} Over all of these ranges, one at "
        f"a time, {arm_name(arm)} beats the macro in {odds} of worlds.",
    )


def _choice(tornado: pd.DataFrame, base: Row, most: str) -> str:
    if not _side(base, "gain"):
        return f"Too close to call who earns more; {most} moves it most"
    turns = [assumption_name(name) for name in turning(tornado)]
    if not turns:
        return f"No single assumption turns the choice; {most} moves the gain most"
    title = f"{capital(_either(turns, 3))} alone can turn the choice"
    return title if len(title) <= TITLE else f"{counted(len(turns), 'assumption')} can each turn the choice"


def _either(names: list[str], most: int = 4) -> str:
    return " or ".join(listed(names, most).rsplit(" and ", 1))


def _base(base: Row, currency: str, arm: str) -> str:
    side = _side(base, "gain")
    if not side:
        either = f"{money(base['gain'], currency)} ± {money(SURE * base['gain_se'], currency)}"
        return f"Which arm earns more on average is too close to call ({arm_name(arm)} minus macro {either})."
    compared = "more" if side > 0 else "less"
    return f"On average {arm_name(arm)} earns {money(abs(base['gain']), currency)} {compared} than the macro."


def _turns(tornado: pd.DataFrame, base: Row) -> str:
    """Return the sentence on what turns the choice alone, and on what cannot be told."""
    if not _side(base, "gain"):
        return "So nothing can be said to turn the choice."
    turning_at, rows = turning(tornado), tornado.to_dict("records")
    clauses = [
        f"{assumption_name(row['name'])} is {short_money(row[end])}"
        for row in rows
        for end in turning_at.get(str(row["name"]), [])
    ]
    close = [
        assumption_name(row["name"])
        for row in rows
        if row["name"] not in turning_at and any(not _side(row, f"gain_{end}") for end in ENDS)
    ]
    turns = (
        f"By mean profit the choice turns if {_either(clauses)}"
        if clauses
        else "No single one turns the choice"
    )
    return f"{turns}; at an end of {listed(close)} it is too close to call." if close else f"{turns}."


def break_evens(thresholds: pd.DataFrame, *, arm: str = "nano_gift") -> Finding:
    """Return at which values nano starts to pay, and at which it draws level with the macro.

    thresholds: as `sensitivity.break_evens`. A value that its error cannot place within the range is left
    out; the nearest to the brief's own value, as a share of the range, comes first.
    """
    pays, even = (_placed(thresholds, column) for column in ("pays", "even"))
    title = f"No assumption alone changes whether nano pays{'' if even else ' or beats the macro'}"
    if pays:
        title = f"Nano pays only with {pays[0]}"
    if not pays and even:
        title = f"Nano beats the macro on average only with {even[0]}"
    levels = {"earns its cost": pays, "earns more than the macro": even}
    sentences = [
        f"On average {arm_name(arm)} {does} only with {listed(at)}, each with all else as in the brief."
        for does, at in levels.items()
        if at
    ]
    return Finding(shortened(title), " ".join(sentences) or f"{title}, within the ranges given.")


def _placed(rows: pd.DataFrame, column: str) -> list[str]:
    """Return each value in words, that nearest to the brief's own first."""
    known = rows[2 * SURE * rows[f"{column}_se"] < rows["high"] - rows["low"]]  # nan: nothing to place
    away = ((known[column] - known["central"]) / (known["high"] - known["low"])).abs()
    return [
        f"{assumption_name(row['name'])} {row[f'{column}_side']} {short_money(row[column])}"
        for row in known.loc[away.sort_values(kind="stable").index].to_dict("records")
    ]


def heat_map(surface: pd.DataFrame, *, arm: str = "nano_gift") -> Finding:
    """Return which assumption of `sensitivity.heat_map` decides a loss, and where a loss gets likelier."""
    cells = surface.dropna(subset="p_loss")
    if cells.empty:
        return Finding("No pair of values could be", "No pair of values could be simulated.")
    moved = {axis: _moved(cells, axis) for axis in ("x", "y")}
    most, least = sorted(moved, key=lambda axis: -moved[axis].value)
    wide, narrow = moved[most], moved[least]
    one, other = (assumption_name(cells[f"{axis}_name"].iloc[0]) for axis in (most, least))
    title = f"{capital(one)} decides the odds of a loss more than {other}"
    if wide.value - narrow.value <= SURE * (wide.se + narrow.se):
        title = f"{capital(one)} and {other} move the odds of a loss about as much"
    if wide.value <= SURE * wide.se:
        title = f"Neither {one} nor {other} clearly moves the odds of a loss"
    return Finding(
        title,
        f"{title}: {one} moves {arm_name(arm)}'s chance of a loss by up to {_points(wide)} points, {other} "
        f"by up to {_points(narrow)}. {_likely(cells, arm)}",
    )


def _moved(cells: pd.DataFrame, along: str) -> Estimate:
    """Return the widest that the chance of a loss differs along one axis, the other held fixed."""
    across = "y" if along == "x" else "x"
    widest = Estimate(0.0, 0.0)
    for _, line in cells.groupby(across):
        rows = line.sort_values("p_loss").to_dict("records")
        span = rows[-1]["p_loss"] - rows[0]["p_loss"]
        if span > widest.value:
            widest = Estimate(span, math.hypot(rows[-1]["p_loss_se"], rows[0]["p_loss_se"]))
    return widest


def _points(share: Estimate) -> str:
    return f"{100 * share.value:.0f}"


def _likely(cells: pd.DataFrame, arm: str) -> str:
    """Return in how many cells nano loses more often than not, and between which odds they all lie."""
    away, error = cells["p_loss"] - EVEN, SURE * cells["p_loss_se"]
    above, below = int((away > error).sum()), int((-away > error).sum())
    close = len(cells) - above - below
    span = f"{percent(float(cells['p_loss'].min()))} to {percent(float(cells['p_loss'].max()))}"
    unsure = f"; {close} more {'is' if close == 1 else 'are'} too close to call" if close else ""
    return (
        f"{capital(arm_name(arm))} loses money more often than not at {above} of the {len(cells)} pairs of "
        f"values{unsure}. Over all pairs its chance of a loss is {span}."
    )


def indices(shares: pd.DataFrame, *, of: str = "gain") -> Finding:
    """Return how much of the variance of the gain two assumptions cause, and how much comes of interactions.

    shares: as `sensitivity.indices`. of: the output meant, gain or profit. Shares of several assumptions
    have the errors of each, taken as independent.
    """
    rows = shares[shares["of"] == of].sort_values("first", ascending=False, kind="stable")
    what = "gain over the macro" if of == "gain" else "profit of nano"
    if rows.empty or (rows["total"] == 0).all():
        return Finding(f"Nothing varies the {what}", f"None of these assumptions varies the {what}.")
    two = rows.head(2)
    leaders = capital(listed([assumption_name(name) for name in two["name"]]))
    they = "they" if len(two) > 1 else "it"
    share = _range(float(two["first"].sum()), *_errors(two))
    title = f"{leaders} {'explain' if len(two) > 1 else 'explains'} {share} of what is uncertain"
    return Finding(
        title,
        f"{title}: so much of the variance of the {what} {they} would cause alone, with "
        f"{counted(len(rows), 'assumption')} varied at once over their ranges. {_order(rows)}"
        f"{_interactions(rows)}",
    )


def _errors(rows: pd.DataFrame) -> tuple[float, float]:
    """Return how far the sum of the shares may lie below and above itself."""
    below, above = rows["first"] - rows["first_low"], rows["first_high"] - rows["first"]
    return math.hypot(*below), math.hypot(*above)


def _range(share: float, below: float, above: float) -> str:
    """Return a share from 0 to 1 as a range, or as about one number where it is that sure."""
    low, mid, high = (min(1.0, max(0.0, value)) for value in (share - below, share, share + above))
    return f"about {percent(mid)}" if high - low < SURELY else f"{percent(low)} to {percent(high)}"


def _order(rows: pd.DataFrame) -> str:
    """Return whether the first is first beyond the error of the estimates."""
    if len(rows) < 2:
        return ""
    first, second = rows.to_dict("records")[:2]
    names = [assumption_name(row["name"]) for row in (first, second)]
    if first["first_low"] > second["first_high"]:
        return f"{capital(names[0])} leads clearly. "
    return f"Whether {names[0]} or {names[1]} comes first is too close to call. "


def _interactions(rows: pd.DataFrame) -> str:
    """Return how much comes of assumptions acting together, beside what each causes alone."""
    share, (below, above) = 1 - float(rows["first"].sum()), _errors(rows)
    share_in_words = _range(share, above, below)
    if share - above <= 0:
        return f"Whether they also act on each other is too close to call ({share_in_words} of the variance)."
    return f"Another {share_in_words.removeprefix('about ')} comes of interactions between them."
