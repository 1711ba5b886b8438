"""What several assumptions do at once: two of them to the odds of a loss, all of them to the variance."""

import math

import pandas as pd

from nanospread.campaign.risk import Estimate
from nanospread.core.formatting import SURE, Finding, arm_name, capital, counted, listed, percent
from nanospread.pages.findings.sensitivity import assumption_name

EVEN = 0.5  # a chance of a loss from which nano loses more often than not [probability]
SURELY = 0.1  # an interval narrower than this is said as one number [1]


def heat_map(heat_map: pd.DataFrame, *, arm: str = "nano_gift") -> Finding:
    """Return which of the two assumptions decides whether nano loses money, and where a loss gets likelier.

    heat_map: as `sensitivity.heat_map`; cells that could not be are left out.
    """
    cells = heat_map.dropna(subset="p_loss")
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
    above, below = (
        int((sign * (cells["p_loss"] - EVEN) > SURE * cells["p_loss_se"]).sum()) for sign in (1, -1)
    )
    close = len(cells) - above - below
    span = f"{percent(float(cells['p_loss'].min()))} to {percent(float(cells['p_loss'].max()))}"
    unsure = f"; {close} more {'is' if close == 1 else 'are'} too close to call" if close else ""
    return (
        f"{capital(arm_name(arm))} loses money more often than not at {above} of the {len(cells)} pairs of "
        f"values{unsure}. Over all pairs its chance of a loss is {span}."
    )


def indices(indices: pd.DataFrame, *, of: str = "gain") -> Finding:
    """Return how much of the variance of the gain two assumptions cause, and how much comes of interactions.

    indices: as `sensitivity.indices`. of: the output meant, gain or profit. Shares of several assumptions
    have the errors of each, taken as independent.
    """
    rows = indices[indices["of"] == of].sort_values("first", ascending=False, kind="stable")
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
    said = _range(share, above, below)
    if share - above <= 0:
        return f"Whether they also act on each other is too close to call ({said} of the variance)."
    return f"Another {said.removeprefix('about ')} comes of interactions between them."
