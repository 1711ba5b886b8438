"""Outcomes at several values of one thing -> how the odds change with it, and where an arm breaks even."""

import math
from collections.abc import Mapping
from itertools import groupby

import numpy as np
import pandas as pd

from nanospread.campaign.risk import batches, measures, paired
from nanospread.campaign.risk.batches import Batches
from nanospread.campaign.risk.campaign import RIVAL, TAIL
from nanospread.campaign.risk.ranked import ranked
from nanospread.core import errors
from nanospread.core.estimates import Estimate, outcomes
from nanospread.core.types import Floats

PROFIT = ["profit_mean", "profit_mean_se"]
UNKNOWN = Estimate(math.nan, math.nan)


def by_value(sweep: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """Return the odds and the mean profit of each arm at each value of a swept assumption.

    sweep: value, arm, world, profit, as `simulate.sweep`. name: of the assumption, such as kappa.

    Returns: one row per value and arm: <name>, arm, and profit_mean, cvar_5, p_loss and p_beats (nano or mix
    beats macro; nan for macro), each with its <measure>_se. se: as in `summary`.

    Raises: InputError for a profit that is not finite, or arms with different worlds.
    """
    rows = []
    for value, group in groupby(paired.parts(sweep, ["value", "arm"]), key=lambda part: part[0][0]):
        arms = paired.same_worlds({str(arm): part for (_, arm), part in group})
        worlds = paired.batches_of(arms)
        profits = {arm: outcomes(part["profit"]) for arm, part in arms.items()}
        for arm, profit in profits.items():
            found = _odds(profit, None if arm == RIVAL else profits.get(RIVAL), worlds)
            rows.append({name: value, "arm": arm, **_columns(found)})
    return pd.DataFrame(rows)


def _odds(profit: Floats, rival: Floats | None, groups: Batches | None) -> dict[str, Estimate]:
    loss = (profit < 0).astype(np.float64)
    return {
        "profit_mean": measures.mean_in(profit, groups),
        "cvar_5": ranked(profit, groups).cvar(TAIL),
        "p_loss": measures.probability_in(loss, groups),
        "p_beats": UNKNOWN if rival is None else measures.probability_in(measures.won(profit, rival), groups),
    }


def _columns(found: Mapping[str, Estimate]) -> dict[str, float]:
    return {k: v for key, e in found.items() for k, v in ((key, e.value), (f"{key}_se", e.se))}


def by_share(frontier: pd.DataFrame) -> pd.DataFrame:
    """Return the odds and the mean profit of each mix of macro and nano, from all nano to all macro.

    frontier: macro_share, arm, world, profit, as `simulate.frontier`.

    Returns: rows as `by_value`, one per macro_share, which rises.
    """
    found = by_value(frontier.assign(value=0.0), name="value").drop(columns="value")
    arms = frontier[["arm", "macro_share"]].drop_duplicates().astype({"arm": str})
    found.insert(0, "macro_share", found["arm"].map(arms.set_index("arm")["macro_share"]))
    return found.sort_values("macro_share", ignore_index=True)


def by_count(spread: pd.DataFrame, *, by: str = "creators", measure: str = "conversions") -> pd.DataFrame:
    """Return how an outcome narrows with the number of creators, or of niches, and where it stops.

    spread: creators, niches, roi, the measure and, where there is one, world, as `simulate.spread`; one frame
    or several put together. by: "creators" or "niches", the column that tells its rows apart.

    Returns: one row per number: <by>, cv (sd / mean of the measure over worlds), cv_se (as in `summary`),
    p10, p50, p90 of ROI and, by creators, effective_creators: how many independent creators would spread the
    luck as far, (cv of one creator / cv)^2; nan where no row is of one creator.
    """
    groups = {int(str(n)): rows for (n,), rows in paired.parts(spread, [by])}
    narrowing = pd.DataFrame([{by: n, **_narrowing(rows, measure)} for n, rows in groups.items()])
    if by == "creators":
        alone = narrowing["cv"].where(narrowing[by] == 1).max()
        narrowing["effective_creators"] = (alone / narrowing["cv"]) ** 2
    return narrowing


def _narrowing(rows: pd.DataFrame, measure: str) -> dict[str, float]:
    label = batches.label_of(rows["world"]) if "world" in rows else None
    cv = measures.coefficient_of_variation(rows[measure], batch=label)
    roi = ranked(outcomes(rows["roi"]), None)
    quantiles = {f"p{100 * q:.0f}": roi.quantile(q).value for q in (0.1, 0.5, 0.9)}
    return {"cv": cv.value, "cv_se": cv.se, **quantiles}


def break_even(swept: pd.DataFrame, *, name: str, arm: str, against: str | None = None) -> Estimate:
    """Return the value of an assumption at which an arm's mean profit is 0, or equals another arm's.

    Straight lines between the swept values; the lowest crossing of several, nan where there is none. se by
    the delta method: that of the profit there over the slope. Neighbouring values share their worlds, so
    their errors are taken to move together; those of two arms are taken as independent, which is too wide
    where shared luck moves both.

    swept: <name>, arm, profit_mean, profit_mean_se, as `by_value`. against: None for profit 0.

    Raises: InputError for a name or arm that swept lacks.
    """
    if name not in swept:
        raise errors.unknown("assumption", name, map(str, swept))
    profit = _profit(swept, name, arm)
    if against is not None:
        profit = _ahead(profit, _profit(swept, name, against))
    at = profit.index.to_numpy(dtype=np.float64)
    return _crossing(at, *(profit[column].to_numpy(dtype=np.float64) for column in PROFIT))


def _profit(swept: pd.DataFrame, name: str, arm: str) -> pd.DataFrame:
    arms = swept["arm"].astype(str)
    if arm not in set(arms):
        raise errors.unknown("arm", arm, dict.fromkeys(arms))
    return swept[arms == arm].set_index(name)[PROFIT].sort_index()


def _ahead(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return by how much one arm's mean profit is above the other's at the values of both."""
    one, other = one.align(other, join="inner")
    ahead = one["profit_mean"] - other["profit_mean"]
    return pd.DataFrame(
        {"profit_mean": ahead, "profit_mean_se": np.hypot(one["profit_mean_se"], other["profit_mean_se"])}
    )


def _crossing(at: Floats, profit: Floats, se: Floats) -> Estimate:
    """Return where the line through these points first meets 0."""
    side = np.sign(profit)
    crossed = np.flatnonzero(side[1:] != side[:-1])
    if not len(crossed):
        return UNKNOWN
    left = int(crossed[0])
    step, rise = at[left + 1] - at[left], profit[left + 1] - profit[left]
    way = -profit[left] / rise
    error = (1 - way) * se[left] + way * se[left + 1]
    return Estimate(float(at[left] + way * step), float(error * step / abs(rise)))


def break_even_kappa(arms: pd.DataFrame, kappa: float) -> pd.DataFrame:
    """Return the kappa from which each arm earns its cost back on average, by arm: kappa and its se.

    arms: arm, cost_mean, profit_mean, profit_mean_se, as `by_arm`, simulated at this kappa. Orders are
    proportional to kappa, so mean profit is a straight line through -cost at kappa 0; infinite where nothing
    was sold. se by the delta method, the cost taken as known.
    """
    rows = arms.set_index(arms["arm"].astype(str))
    earned = rows["profit_mean"] + rows["cost_mean"]
    sold = earned.where(earned > 0)
    even = kappa * rows["cost_mean"] / sold
    return pd.DataFrame(
        {"kappa": even.fillna(math.inf), "se": even * rows["profit_mean_se"] / sold}
    ).rename_axis("arm")
