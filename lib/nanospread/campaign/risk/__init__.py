"""Outcomes -> one number per function, each with its Monte Carlo standard error.

Inputs are arrays of one value per world, in any order (paired ones in the same). Money is in the brief's
currency, shares are 0-1. `se` is the error of the simulation alone: what another seed would change, not how
wrong the assumptions may be; nan where one world cannot tell. `batch` labels the independent batch of each
world, such as `world % BATCHES` (see `batches`).

A share of k in n worlds has the standard error of (k + 1) / (n + 2), so that 0 of n never claims to be known
exactly (Laplace's rule); with batches that is only the least.
"""

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
from nanospread.campaign.risk.swept import by_count, by_share, by_value, effective_n
from nanospread.campaign.risk.variance import variance_split
from nanospread.core import errors
from nanospread.core.estimates import Estimate, outcomes
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
    rows = []
    for arm, values in columns.items():
        estimates = _measures(values, groups, flop_roi)
        if rival is not None and arm != RIVAL:
            ahead = won(values["profit"], rival["profit"])
            estimates["p_beats_macro"] = measures.probability_of(ahead, groups)
        rows += [
            (arm, measure, estimates[measure].value, estimates[measure].se, unit)
            for measure, unit in UNITS.items()
            if measure in estimates
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
