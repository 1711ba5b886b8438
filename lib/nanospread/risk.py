"""Outcomes -> one number per function, each with its Monte Carlo standard error.

Inputs are arrays with one value for each world, in any order (paired ones in the same order). Money is in the
brief's currency, shares are 0-1. `se` is the error of the simulation alone: what another seed would change,
not how wrong the assumptions may be. It is nan where one world cannot tell.

A share estimated from k of n worlds has the standard error of (k + 1) / (n + 2), so that 0 of n never claims
to be known exactly (Laplace's rule; it differs from the plain one by less than 1 % once k is above 50).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nanospread import errors

Floats = NDArray[np.float64]

LEAST_TAIL = 2  # worlds: a tail of one says nothing about its error


@dataclass(frozen=True)
class Estimate:
    """A number from simulated worlds and its Monte Carlo standard error, in the same unit."""

    value: float
    se: float


def mean(x: ArrayLike) -> Estimate:
    """Return the mean of x."""
    values = _values(x)
    return Estimate(float(values.mean()), _se(values))


def _values(x: ArrayLike) -> Floats:
    values = np.asarray(x, dtype=np.float64).ravel()
    if not len(values) or not np.isfinite(values).all():
        raise errors.InputError("outcomes must be at least one world, all finite")
    return values


def _se(influence: Floats) -> float:
    """Return the standard error of a mean of these values."""
    n = len(influence)
    return float(influence.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan


def coefficient_of_variation(x: ArrayLike) -> Estimate:
    """Return sd / mean of x; nan where the mean is 0. The error is by the delta method."""
    values = _values(x)
    centre, sd = float(values.mean()), float(values.std())
    if centre == 0 or len(values) == 1:
        return Estimate(math.nan, math.nan)
    if sd == 0:
        return Estimate(0.0, 0.0)
    away = values - centre
    return Estimate(sd / centre, _se((away**2 - sd**2) / (2 * sd * centre) - sd * away / centre**2))


def quantile(x: ArrayLike, q: float) -> Estimate:
    """Return the q-quantile of x (linear between order statistics).

    The error is half the distance between the order statistics one binomial standard deviation,
    sqrt(n q (1 - q)), under and over the quantile's rank. With fewer than about 1 / (q (1 - q)) worlds those
    are the extremes, and the error is too small.
    """
    values = np.sort(_values(x))
    _check_share("q", q)
    last = len(values) - 1
    wide = math.sqrt(len(values) * q * (1 - q))
    low, high = np.clip([math.floor(last * q - wide), math.ceil(last * q + wide)], 0, last)
    se = float(values[high] - values[low]) / 2 if last else math.nan
    return Estimate(float(np.quantile(values, q)), se)


def _check_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise errors.InputError(f"{name} must be from 0 to 1; got {share}")


def probability(happened: ArrayLike) -> Estimate:
    """Return the share of worlds in which it happened (ties may count half: values 0, 0.5 and 1)."""
    values = _values(happened)
    guarded = np.concatenate([values, [0.0, 1.0]])
    return Estimate(float(values.mean()), float(guarded.std() / math.sqrt(len(values))))


def p_loss(profit: ArrayLike) -> Estimate:
    """Return P(profit < 0)."""
    return probability(_values(profit) < 0)


def p_flop(roi: ArrayLike, threshold: float) -> Estimate:
    """Return P(ROI < threshold)."""
    return probability(_values(roi) < threshold)


def p_zero_conversions(conversions: ArrayLike) -> Estimate:
    """Return P(not one order)."""
    return probability(_values(conversions) == 0)


def p_beats(a: ArrayLike, b: ArrayLike) -> Estimate:
    """Return P(a > b) + P(a = b) / 2 over paired worlds. Raises: InputError for unequal lengths."""
    left, right = _values(a), _values(b)
    if len(left) != len(right):
        raise errors.InputError(f"paired outcomes need the same worlds; got {len(left)} and {len(right)}")
    return probability((np.sign(left - right) + 1) / 2)


def value_at_risk(profit: ArrayLike, alpha: float = 0.05) -> Estimate:
    """Return the alpha-quantile of profit [money]: the profit that only alpha of the worlds stay under."""
    return quantile(profit, alpha)


def cvar(profit: ArrayLike, alpha: float = 0.05) -> Estimate:
    """Return the mean profit of the worst alpha of the worlds [money], the boundary world in part.

    The error comes from the influence function, with the quantile v taken as known:
    sd(min(profit - v, 0)) / (alpha sqrt(n)); not known (nan) from fewer than two worlds in the tail.

    References: Rockafellar and Uryasev 2000, J. Risk 2:21; facts.md C9.
    """
    values = np.sort(_values(profit))
    if not 0 < alpha <= 1:
        raise errors.InputError(f"alpha must be above 0 and at most 1; got {alpha}")
    worst = alpha * len(values)
    whole = min(math.floor(worst), len(values) - 1)
    value = (values[:whole].sum() + (worst - whole) * values[whole]) / worst
    error = _se(np.minimum(values - values[whole], 0.0)) / alpha if worst >= LEAST_TAIL else math.nan
    return Estimate(float(value), error)


def effective_n(n: float, rho: float) -> float:
    """Return n / (1 + (n - 1) rho): as many independent creators spread the luck as far.

    n: creators, 1 or more. rho: correlation of their outcomes, 0-1. Tends to 1 / rho, whatever n.
    """
    if n < 1:
        raise errors.InputError(f"n must be 1 or more; got {n}")
    _check_share("rho", rho)
    return n / (1 + (n - 1) * rho)


MEASURED = {  # outcome -> its unit, in the order of the summary
    "cost": "money",
    "reach": "people",
    "unique_reach": "people",
    "engagements": "engagements",
    "conversions": "orders",
    "profit": "money",
    "roi": "ratio",
}
STATISTICS: Mapping[str, Callable[[Floats], Estimate]] = {
    "mean": mean,
    "p10": lambda x: quantile(x, 0.1),
    "p50": lambda x: quantile(x, 0.5),
    "p90": lambda x: quantile(x, 0.9),
}


def summary(worlds: pd.DataFrame, *, flop_roi: float) -> pd.DataFrame:
    """Return every measure of every arm.

    worlds: world, arm and the outcomes, as `simulate.Outcomes.worlds`; each arm has the same worlds.
    flop_roi: the ROI under which an arm is a flop.

    Returns: arm, measure, value, se, unit. measure: <outcome>_mean, _p10, _p50, _p90 for cost, reach,
    unique_reach, engagements, conversions, profit and roi; p_loss, p_flop, p_zero, var_5, cvar_5, and
    p_beats_macro for each arm but macro.
    """
    profits = _profits(worlds)
    rows = []
    for arm, outcome in ((str(name), part) for name, part in worlds.groupby("arm", observed=True)):
        for measure, (estimate, unit) in _measures(outcome, flop_roi).items():
            rows.append((arm, measure, estimate.value, estimate.se, unit))
        if arm != "macro" and "macro" in profits:
            beats = p_beats(profits[arm], profits["macro"])
            rows.append((arm, "p_beats_macro", beats.value, beats.se, "share"))
    return pd.DataFrame(rows, columns=["arm", "measure", "value", "se", "unit"])


def _measures(outcome: pd.DataFrame, flop_roi: float) -> dict[str, tuple[Estimate, str]]:
    found = {
        f"{name}_{statistic}": (estimate(_values(outcome[name])), unit)
        for name, unit in MEASURED.items()
        for statistic, estimate in STATISTICS.items()
    }
    profit = outcome["profit"]
    return found | {
        "p_loss": (p_loss(profit), "share"),
        "p_flop": (p_flop(outcome["roi"], flop_roi), "share"),
        "p_zero": (p_zero_conversions(outcome["conversions"]), "share"),
        "var_5": (value_at_risk(profit), "money"),
        "cvar_5": (cvar(profit), "money"),
    }


def by_arm(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary with one row per arm: arm, and for each measure its value and <measure>_se."""
    values = summary.pivot(index="arm", columns="measure", values="value")
    errors_of = summary.pivot(index="arm", columns="measure", values="se").add_suffix("_se")
    wide = pd.concat([values, errors_of], axis=1).reindex(summary["arm"].unique())
    return wide.rename_axis(columns=None).rename_axis("arm").reset_index()


def by_value(sweep: pd.DataFrame, *, name: str) -> pd.DataFrame:
    """Return the odds and the mean profit of each arm at each value of a swept assumption.

    sweep: value, arm, world, profit, roi, as `simulate.sweep`. name: of the assumption, such as kappa.

    Returns: one row per value and arm: <name>, arm, and profit_mean, cvar_5, p_loss and p_beats (nano or mix
    beats macro; nan for macro), each with its <measure>_se.
    """
    rows = []
    for value, worlds in sweep.groupby("value"):
        arms = _profits(worlds)
        for arm, profit in arms.items():
            found = {"profit_mean": mean(profit), "cvar_5": cvar(profit), "p_loss": p_loss(profit)}
            beaten = arm != "macro" and "macro" in arms
            found["p_beats"] = p_beats(profit, arms["macro"]) if beaten else Estimate(math.nan, math.nan)
            columns = {k: v for key, e in found.items() for k, v in ((key, e.value), (f"{key}_se", e.se))}
            rows.append({name: value, "arm": arm, **columns})
    return pd.DataFrame(rows)


def _profits(worlds: pd.DataFrame) -> dict[str, Floats]:
    """Return the profit of each arm in the order of the worlds."""
    arms = worlds.sort_values("world", kind="stable").groupby("arm", observed=True)["profit"]
    return {str(arm): profit.to_numpy(dtype=np.float64) for arm, profit in arms}


def by_count(spread: pd.DataFrame, *, by: str = "creators", measure: str = "conversions") -> pd.DataFrame:
    """Return how an outcome narrows with the number of creators, or of niches, and where it stops.

    spread: world, creators, niches, roi and the measure, as `simulate.spread`; one frame or several put
    together. by: "creators" or "niches", the column that tells its rows apart.

    Returns: one row per number: <by>, cv (sd / mean of the measure over worlds), cv_se, p10, p50, p90 of ROI
    and, by creators, effective_creators: how many independent creators would spread the luck as far,
    (cv of one creator / cv)^2; nan where no row is of one creator.
    """
    groups = {int(str(n)): rows for n, rows in spread.groupby(by)}
    found = {n: coefficient_of_variation(rows[measure]) for n, rows in groups.items()}
    quantiles = {
        f"p{100 * q:.0f}": [quantile(rows["roi"], q).value for rows in groups.values()]
        for q in (0.1, 0.5, 0.9)
    }
    narrowing = pd.DataFrame(
        {
            by: list(found),
            "cv": [e.value for e in found.values()],
            "cv_se": [e.se for e in found.values()],
            **quantiles,
        }
    )
    if by == "creators":
        alone = found[1].value if 1 in found else math.nan
        narrowing["effective_creators"] = (alone / narrowing["cv"]) ** 2
    return narrowing


def estimate(summary: pd.DataFrame, arm: str, measure: str) -> Estimate:
    """Return one measure of one arm from `summary`. Raises: InputError for an arm or measure it lacks."""
    for column, name in (("arm", arm), ("measure", measure)):
        if name not in set(summary[column]):
            raise errors.unknown(column, name, dict.fromkeys(summary[column]))
    row = summary[(summary["arm"] == arm) & (summary["measure"] == measure)].iloc[0]
    return Estimate(float(row["value"]), float(row["se"]))


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
