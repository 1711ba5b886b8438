"""Forecasts beside what came: were they right, and what do results so far say of the rest?

A forecast is judged by its whole distribution, never by its centre alone. References: Gneiting and Raftery
2007, J. Am. Stat. Assoc. 102:359 (scores); model.md C6, C8.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from nanospread.campaign.backtest.campaign_results import (
    Results,
    ResultsToDate,
    below,
    campaigns,
    forecast,
    to_come,
    to_date,
)
from nanospread.campaign.backtest.holdout import (
    BASELINES,
    LEVELS,
    Backtest,
    PostCorrelation,
    largest_size,
    last_posts,
    shared_luck,
    strict,
    totals,
)
from nanospread.core.estimates import clustered_se, wilson

__all__ = [
    "BASELINES", "LEVELS", "Backtest", "PostCorrelation", "Results", "ResultsToDate", "below", "calibration",
    "campaigns", "coverage", "forecast", "gains", "largest_size", "last_posts", "pit_counts", "shared_luck",
    "strict", "to_come", "to_date", "totals",
]  # fmt: skip

PAST = {"1": 1, "2": 2, "3-5": 3, "6+": 6}  # numbers of past posts, by the least of each group
CURVE = tuple(round(0.05 * step, 2) for step in range(1, 20))  # levels of the calibration curve


def coverage(
    rows: pd.DataFrame, by: str | Sequence[str] = "tier", *, levels: Sequence[float] = LEVELS
) -> pd.DataFrame:
    """Return the share of rows inside their central intervals, with its 95 % interval (Wilson's).

    rows: cdf and the columns `by`; n_past is grouped (1, 2, 3-5, 6+). With a column creator, posts of one
    creator are a cluster: n is divided by the design effect where that is above 1.

    Returns: the columns `by`, level, n, coverage, low, high. References: Wilson 1927, J. Am. Stat. Assoc.
    22:209.
    """
    keys = [by] if isinstance(by, str) else list(by)
    grouped = rows
    if "n_past" in keys:
        past = pd.cut(
            rows["n_past"], [*PAST.values(), math.inf], right=False, labels=list(PAST), ordered=True
        )
        grouped = rows.assign(n_past=past)
    groups = [
        {**dict(zip(keys, key, strict=True)), "level": level, **_covered(group, level)}
        for key, group in grouped.groupby(keys, observed=True, sort=True)
        for level in levels
    ]
    kinds = {key: grouped[key].dtype for key in keys}
    columns = [*keys, "level", "n", "coverage", "low", "high"]
    return pd.DataFrame(groups, columns=columns).astype(kinds | {"n": "int64"})


def _covered(rows: pd.DataFrame, level: float) -> dict[str, float]:
    inside = (2 * rows["cdf"] - 1).abs().to_numpy(dtype=np.float64) < level
    n, share = len(inside), float(inside.mean())
    effect = 1.0
    if "creator" in rows and 0 < share < 1:
        sums = pd.Series(inside - share).groupby(rows["creator"].to_numpy()).sum()
        effect = max(1.0, float((sums**2).sum()) / (n * share * (1 - share)))
    low, high = (float(end[0]) for end in wilson(share, n / effect))
    return {"n": n, "coverage": share, "low": low, "high": high}


def calibration(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the coverage of central intervals of many levels, and what chance leaves around each level.

    rows: cdf, of independent posts. 95 in 100 right forecasts lie between low and high.
    """
    n = len(rows)
    covered = (
        [_covered(rows[["cdf"]], level)["coverage"] for level in CURVE] if n else [math.nan] * len(CURVE)
    )
    level = np.array(CURVE)
    low, high = (stats.binom.ppf(at, max(n, 1), level) / max(n, 1) for at in (0.025, 0.975))
    return pd.DataFrame({"level": level, "n": n, "coverage": covered, "low": low, "high": high})


def pit_counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the posts in each tenth of their forecast, and low and high of 95 in 100 right ones."""
    edges = np.linspace(0, 1, 11)
    posts = np.histogram(rows["pit"], edges)[0]
    low, high = (float(stats.binom.ppf(at, len(rows), 0.1)) for at in (0.025, 0.975))
    return pd.DataFrame({"start": edges[:-1], "end": edges[1:], "posts": posts, "low": low, "high": high})


def gains(rows: pd.DataFrame, by: str = "tier") -> pd.DataFrame:
    """Return how much better the forecast scores than each plain one.

    gain: 1 - mean CRPS / mean CRPS of the plain one, its error by the delta method for a ratio of means, with
    the creator as the unit. Missing where a plain forecast could not be fitted, the error also with one
    creator. Returns: `by`, baseline, n, crps, crps_baseline, gain, gain_se.
    """
    groups = [
        {by: key, "baseline": baseline, **_gain(group, baseline)}
        for key, group in rows.groupby(by, observed=True, sort=True)
        for baseline in BASELINES
    ]
    numbers = ("n", "crps", "crps_baseline", "gain", "gain_se")
    return pd.DataFrame(groups, columns=[by, "baseline", *numbers]).astype({by: rows[by].dtype, "n": "int64"})


def _gain(rows: pd.DataFrame, baseline: str) -> dict[str, float]:
    mine, other = rows["crps"], rows[f"crps_{baseline}"]
    mean, base = float(mine.mean()), float(other.mean(skipna=False))
    residuals = (mine - other * (mean / base)) / base
    sums = np.asarray(residuals.groupby(rows["creator"]).sum(min_count=1), dtype=np.float64)
    se = clustered_se(sums, len(residuals)) if len(sums) > 1 else math.nan
    return {"n": len(rows), "crps": mean, "crps_baseline": base, "gain": 1 - mean / base, "gain_se": se}
