"""Outcomes at several values of one thing -> how the odds change with it, and where an arm breaks even."""

import math

import numpy as np
import pandas as pd

from nanospread.campaign.risk import batches, measures
from nanospread.campaign.risk.batches import RIVAL, Batches
from nanospread.campaign.risk.measures import TAIL
from nanospread.core import errors
from nanospread.core.estimates import Estimate, check_share, outcomes
from nanospread.core.types import Floats

UNKNOWN = Estimate(math.nan, math.nan)


def by_value(sweep: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """Return the odds and the mean profit of each arm at each value of a swept assumption.

    sweep: as `simulation.sweep`, of the assumption `name`. Returns: <name>, arm, and profit_mean, cvar_5,
    p_loss and p_beats (nano or mix beats macro; nan for macro), each with its <measure>_se.
    """
    rows = []
    for (value,), played in batches.parts(sweep, ["value"]):
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
    groups = {int(str(n)): rows for (n,), rows in batches.parts(spread, [by])}
    narrowing = pd.DataFrame([{by: n, **_narrowing(rows)} for n, rows in groups.items()])
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
