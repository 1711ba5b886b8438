"""Outcomes of a campaign -> every measure of every arm."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from nanospread.campaign.risk import measures, paired
from nanospread.campaign.risk.batches import Batches
from nanospread.campaign.risk.ranked import ranked
from nanospread.core import errors
from nanospread.core.estimates import Estimate, outcomes
from nanospread.core.types import Floats

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
TAIL = 0.05  # of var_5 and cvar_5
RIVAL = "macro"  # the arm that p_beats_macro is about
UNITS = {
    f"{name}_{statistic}": unit for name, unit in MEASURED.items() for statistic in ("mean", *SHARES)
} | {
    "p_loss": "share",
    "p_flop": "share",
    "p_zero": "share",
    "var_5": "money",
    "cvar_5": "money",
    "p_beats_macro": "share",
}


def happenings(arm: Mapping[str, Floats], flop_roi: float) -> dict[str, Floats]:
    """Return for each probability whether it happened in each world of an arm, 1 or 0."""
    return {
        "p_loss": (arm["profit"] < 0).astype(np.float64),
        "p_flop": (arm["roi"] < flop_roi).astype(np.float64),
        "p_zero": (arm["conversions"] == 0).astype(np.float64),
    }


def summary(worlds: pd.DataFrame, *, flop_roi: float) -> pd.DataFrame:
    """Return every measure of every arm.

    worlds: world, arm and the outcomes, as `simulate.Outcomes.worlds`; each arm has the same worlds.
    flop_roi: the ROI under which an arm is a flop.

    Returns: arm, measure, value, se, unit. measure: <outcome>_mean, _p10, _p50, _p90 for cost, reach,
    unique_reach, engagements, conversions, profit and roi; p_loss, p_flop, p_zero, var_5, cvar_5, and
    p_beats_macro for each arm but macro. se: between the scrambles (world % 16), where 8 or more of them have
    two worlds; else as for independent worlds.

    Raises: InputError for an outcome that is not finite, or arms with different worlds.
    """
    arms = paired.arms(worlds)
    groups = paired.batches_of(arms)
    columns = {arm: {name: outcomes(rows[name]) for name in MEASURED} for arm, rows in arms.items()}
    rival = columns.get(RIVAL)
    found = {}
    for arm, values in columns.items():
        found[arm] = _measures(values, groups, flop_roi)
        if rival is not None and arm != RIVAL:
            won = measures.won(values["profit"], rival["profit"])
            found[arm]["p_beats_macro"] = measures.probability_in(won, groups)
    return table(found)


def _measures(values: Mapping[str, Floats], groups: Batches | None, flop_roi: float) -> dict[str, Estimate]:
    found = {}
    for name in MEASURED:
        found[f"{name}_mean"] = measures.mean_in(values[name], groups)
        order = ranked(values[name], groups)
        found |= {f"{name}_{statistic}": order.quantile(q) for statistic, q in SHARES.items()}
        if name == "profit":
            found |= {"var_5": order.quantile(TAIL), "cvar_5": order.cvar(TAIL)}
    happened = happenings(values, flop_roi)
    return found | {name: measures.probability_in(each, groups) for name, each in happened.items()}


def table(found: Mapping[str, Mapping[str, Estimate]]) -> pd.DataFrame:
    """Return arm, measure, value, se, unit from the measures of each arm, in the order of the summary."""
    rows = [
        (arm, measure, measured[measure].value, measured[measure].se, unit)
        for arm, measured in found.items()
        for measure, unit in UNITS.items()
        if measure in measured
    ]
    return pd.DataFrame(rows, columns=["arm", "measure", "value", "se", "unit"])


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
