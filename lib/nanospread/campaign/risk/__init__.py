"""Outcomes -> one number per function with its Monte Carlo error; the same along an assumption or a mix.

Inputs are arrays of one value per world, in any order (paired ones in the same). Money is in the brief's
currency, shares are 0-1. `se` is the error of the simulation alone: what another seed would change, not how
wrong the assumptions may be; nan where one world cannot tell. `batch` labels the independent batch of each
world, such as `world % BATCHES` (see `batches`).

A share of k in n worlds has the standard error of (k + 1) / (n + 2), so that 0 of n never claims to be known
exactly (Laplace's rule); with batches that is only the least.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from nanospread.campaign.risk import batches, measures
from nanospread.campaign.risk.batches import BATCHES, RIVAL, Batches
from nanospread.campaign.risk.measures import (
    TAIL,
    coefficient_of_variation,
    cvar,
    mean,
    p_beats,
    p_loss,
    probability,
    quantile,
    won,
)
from nanospread.campaign.risk.variance import variance_split
from nanospread.core import errors
from nanospread.core.estimates import Estimate, check_share, outcomes
from nanospread.core.types import Floats

__all__ = [
    "BATCHES", "RIVAL", "TAIL", "Estimate", "by_arm", "by_count", "by_share", "by_value",
    "coefficient_of_variation", "cvar", "effective_n", "estimate", "mean", "p_beats", "p_loss", "probability",
    "quantile", "summary", "variance_split", "won",
]  # fmt: skip

MEASURED = {  # outcome -> its unit, in the order of the summary
    "cost": "money",
    "reach": "people",
    "unique_reach": "people",
    "engagements": "engagements",
    "conversions": "orders",
    "profit": "money",
    "roi": "ratio",
}
SHARES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
UNITS = {
    **{f"{name}_{statistic}": unit for name, unit in MEASURED.items() for statistic in ("mean", *SHARES)},
    **dict.fromkeys(("p_loss", "p_flop", "p_zero"), "share"),
    **dict.fromkeys(("var_5", "cvar_5"), "money"),
    "p_beats_macro": "share",
}
UNKNOWN = Estimate(math.nan, math.nan)


def summary(worlds: pd.DataFrame, *, flop_roi: float) -> pd.DataFrame:
    """Return every measure of every arm: arm, measure, value, se, unit.

    worlds: as `simulation.Outcomes.worlds`. flop_roi: the ROI under which an arm is a flop. Measures are
    <outcome>_mean, _p10, _p50, _p90 for `MEASURED`; p_loss, p_flop, p_zero, var_5, cvar_5; and p_beats_macro
    for each arm but macro.

    Raises: InputError for an outcome that is not finite, or arms with different worlds.
    """
    arms = batches.arms(worlds)
    groups = batches.of_arms(arms)
    columns = {arm: {name: outcomes(rows[name]) for name in MEASURED} for arm, rows in arms.items()}
    rival = columns.get(RIVAL)
    estimates = {arm: _measures(values, groups, flop_roi) for arm, values in columns.items()}
    for arm, values in columns.items():
        if rival is not None and arm != RIVAL:
            ahead = won(values["profit"], rival["profit"])
            estimates[arm]["p_beats_macro"] = measures.probability_of(ahead, groups)
    return table(estimates)


def table(estimates: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """Return the measures of each arm as rows, in the order of `UNITS`: arm, measure, value, se, unit."""
    rows = [
        (arm, measure, of[measure].value, of[measure].se, unit)
        for arm, of in estimates.items()
        for measure, unit in UNITS.items()
        if measure in of
    ]
    return pd.DataFrame(rows, columns=["arm", "measure", "value", "se", "unit"])


def _measures(values: Mapping[str, Floats], groups: Batches | None, flop_roi: float) -> dict[str, Estimate]:
    estimates = {}
    for name in MEASURED:
        estimates[f"{name}_mean"] = measures.mean_of(values[name], groups)
        order = measures.ranked(values[name], groups)
        estimates |= {f"{name}_{statistic}": order.quantile(q) for statistic, q in SHARES.items()}
        if name == "profit":
            estimates |= {"var_5": order.quantile(TAIL), "cvar_5": order.cvar(TAIL)}
    happened = {
        "p_loss": values["profit"] < 0,
        "p_flop": values["roi"] < flop_roi,
        "p_zero": values["conversions"] == 0,
    }
    return estimates | {
        name: measures.probability_of(each.astype(np.float64), groups) for name, each in happened.items()
    }


def by_arm(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with one row per arm: arm, and for each measure its value and <measure>_se."""
    values = summary.pivot(index="arm", columns="measure", values="value")
    errors_of = summary.pivot(index="arm", columns="measure", values="se").add_suffix("_se")
    wide = pd.concat([values, errors_of], axis=1).reindex(summary["arm"].unique())
    return wide.rename_axis(columns=None).rename_axis("arm").reset_index()


def estimate(summary: pd.DataFrame, arm: str, measure: str) -> Estimate:
    """Return one measure of one arm from `summary`. Raises: InputError for an arm or measure it lacks."""
    for column, name in (("arm", arm), ("measure", measure)):
        if name not in set(summary[column]):
            raise errors.unknown(column, name, dict.fromkeys(summary[column]))
    row = summary[(summary["arm"] == arm) & (summary["measure"] == measure)].iloc[0]
    return Estimate(float(row["value"]), float(row["se"]))


def by_value(sweep: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """Return the odds and the mean profit of each arm at each value of a swept assumption.

    sweep: as `simulation.sweep`, of the assumption `name`. Returns: <name>, arm, and profit_mean, cvar_5,
    p_loss and p_beats (nano or mix beats macro; nan for macro), each with its <measure>_se.
    """
    rows = []
    for value, played in batches.parts(sweep, "value"):
        arms = batches.arms(played)
        worlds = batches.of_arms(arms)
        profits = {arm: outcomes(part["profit"]) for arm, part in arms.items()}
        for arm, profit in profits.items():
            odds = _odds(profit, None if arm == RIVAL else profits.get(RIVAL), worlds)
            columns = {k: v for key, e in odds.items() for k, v in ((key, e.value), (f"{key}_se", e.se))}
            rows.append({name: value, "arm": arm, **columns})
    return pd.DataFrame(rows)


def _odds(profit: Floats, rival: Floats | None, groups: Batches | None) -> dict[str, Estimate]:
    loss = (profit < 0).astype(np.float64)
    return {
        "profit_mean": measures.mean_of(profit, groups),
        "cvar_5": measures.ranked(profit, groups).cvar(TAIL),
        "p_loss": measures.probability_of(loss, groups),
        "p_beats": UNKNOWN if rival is None else measures.probability_of(measures.won(profit, rival), groups),
    }


def by_share(frontier: pd.DataFrame) -> pd.DataFrame:
    """Return the odds of each mix of `simulation.frontier` as `by_value`, from all nano to all macro."""
    odds = by_value(frontier.assign(value=0.0), name="value").drop(columns="value")
    arms = frontier[["arm", "macro_share"]].drop_duplicates().astype({"arm": str})
    odds.insert(0, "macro_share", odds["arm"].map(arms.set_index("arm")["macro_share"]))
    return odds.sort_values("macro_share", ignore_index=True)


def by_count(spread: pd.DataFrame, *, by: str = "creators") -> pd.DataFrame:
    """Return how an outcome narrows with the number of creators, or of niches, and where it stops.

    spread: as `simulation.spread`, one frame or several put together. Returns by number: cv (sd / mean over
    worlds), cv_se, p10, p50, p90 of ROI and, by creators, effective_creators: how many independent ones would
    spread the luck as far, (cv of one creator / cv)^2; nan where no row is of one creator.
    """
    narrowing = pd.DataFrame([{by: n, **_narrowing(rows)} for n, rows in batches.parts(spread, by)])
    if by == "creators":
        alone = narrowing["cv"].where(narrowing[by] == 1).max()
        narrowing["effective_creators"] = (alone / narrowing["cv"]) ** 2
    return narrowing


def _narrowing(rows: pd.DataFrame) -> dict[str, float]:
    label = batches.label_of(rows["world"]) if "world" in rows else None
    cv = measures.coefficient_of_variation(rows["conversions"], batch=label)
    roi = measures.ranked(outcomes(rows["roi"]), None)
    quantiles = {f"p{100 * q:.0f}": roi.quantile(q).value for q in (0.1, 0.5, 0.9)}
    return {"cv": cv.value, "cv_se": cv.se, **quantiles}


def effective_n(n: float, rho: float) -> float:
    """Return n / (1 + (n - 1) rho): as many independent creators spread the luck as far (V19)."""
    if n < 1:
        raise errors.InputError(f"n must be 1 or more; got {n}")
    check_share("rho", rho)
    return n / (1 + (n - 1) * rho)
