"""Two assumptions at once on a grid -> the nano arm's odds in each cell."""

from collections.abc import Sequence

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.risk import Estimate
from nanospread.campaign.sensitivity import pairs, ranges
from nanospread.core import errors
from nanospread.creators.engagement import EngagementModel

CELLS = (6, 5)  # values of x and of y where none are given
MEASURED = ("p_loss", "p_beats", "profit_mean", "cvar_5")
UNKNOWN = Estimate(float("nan"), float("nan"))


def heat_map(
    engagement: EngagementModel,
    brief: Brief,
    *,
    x: str = "kappa",
    y: str = "rho_campaign",
    xs: Sequence[float] | None = None,
    ys: Sequence[float] | None = None,
    n_worlds: int,
    seed: int,
) -> pd.DataFrame:
    """Return the nano arm's odds for each pair of values of two assumptions, or fields such as budget.

    xs, ys: the values; None for 6 and 5 from low to high of an assumption. A pair that cannot be has nan.

    Returns: one row per cell, by x, then y: x, y (values), x_name, y_name, p_loss, p_beats (nano beats the
    macro) [probabilities], profit_mean, cvar_5 (mean of the worst 5 % of worlds) [money], each with its
    <measure>_se.

    Raises: InputError for an unknown name, the same one twice, no values, or not one pair that can be.
    """
    if x == y:
        raise errors.InputError(f"x and y must be two assumptions; got {x!r} twice")
    across, up = _values(brief, x, xs, CELLS[0]), _values(brief, y, ys, CELLS[1])
    rows = []
    for one, other in ((one, other) for one in across for other in up):
        odds = _odds(engagement, brief, {x: one, y: other}, n_worlds, seed)
        rows.append({"x": one, "y": other, "x_name": x, "y_name": y, **pairs.columns(odds)})
    found = pd.DataFrame(rows)
    if found["p_loss"].isna().all():
        raise errors.InputError(f"no pair of the {x} and {y} given can be simulated")
    return found


def _values(brief: Brief, name: str, given: Sequence[float] | None, n: int) -> list[float]:
    changed(brief, **{name: None})  # an unknown name has its own error
    if given is not None:
        if not len(given):
            raise errors.InputError(f"{name} needs at least one value; got none")
        return sorted(set(given))
    if name not in brief.assumptions:
        raise errors.InputError(f"{name} has no range of its own: give its values")
    return _rounded(ranges.stated(brief, name).spaced(n))


def _rounded(values: list[float]) -> list[float]:
    """Return the values between the ends at two digits, unless that would make two of them one."""
    inner = [float(f"{value:.2g}") for value in values[1:-1]]
    short = [*values[:1], *inner, *values[1:][-1:]]
    return short if short == sorted(set(short)) else values


def _odds(
    engagement: EngagementModel, brief: Brief, cell: dict[str, float], n_worlds: int, seed: int
) -> dict[str, Estimate]:
    try:
        found = pairs.pair(engagement, brief, cell, n_worlds=n_worlds, seed=seed)
    except errors.InputError:
        if pairs.possible(engagement, brief, cell):  # then it is n_worlds or the seed that cannot be
            raise
        return dict.fromkeys(MEASURED, UNKNOWN)
    nano = pairs.measured(found)
    worst = risk.cvar(found.nano, batch=found.batch)
    return dict(zip(MEASURED, (nano["loss"], nano["beats"], nano["profit"], worst), strict=True))
