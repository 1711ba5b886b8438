"""Rows of page 08: how good the forecasts were."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.campaign.backtest import BASELINES, LEVELS, Luck
from nanospread.core.intervals import Z95
from nanospread.pages.headlines.engagement import SPREADS

GAINS = {
    "own": ("the creator's own mean", "N(mean of the creator's past, pooled sd within creators)"),
    "tier": ("the tier", "N(tier mean, tier sd)"),
    "constant": ("the published constant", "N(log of the published value, root mean square around it)"),
}


def forecast(
    coverage: pd.DataFrame, gains: pd.DataFrame, by_tier: pd.DataFrame, luck: Luck, *, tier: str = "nano"
) -> pd.DataFrame:
    """Return how good the tier's forecasts were, and the spreads and shared luck behind them.

    coverage, gains: as `backtest.coverage` and `backtest.gains` of the held-out posts, by tier. by_tier: as
    `engagement.by_tier` of all posts. A number that the posts cannot tell is missing.
    """
    held, gained, spread = (
        frame[frame["tier"].astype(str) == tier].to_dict("records") for frame in (coverage, gains, by_tier)
    )
    levels, baselines = {row["level"]: row for row in held}, {row["baseline"]: row for row in gained}
    rows = [_held(levels.get(level, {}), level, tier) for level in LEVELS]
    rows += [_gained(baselines.get(name, {}), name, tier) for name in BASELINES]
    rows += [_spread(spread[0] if spread else {}, name, tier) for name in ("sd_between", "sd_within")]
    rows.append(
        {
            "metric": f"rho_{tier}",
            "label": f"Correlation of {tier} posts of one {luck.period or 'month'}",
            "value": luck.rho,
            "low": luck.low,
            "high": luck.high,
            "n": luck.n,
            "unit": "ratio",
            "basis": "estimated",
            "formula": "intraclass correlation of the normal scores of the PIT; 95 % interval by jackknife",
        }
    )
    return pd.DataFrame(rows)


def _held(row: Mapping[Hashable, float], level: float, tier: str) -> dict[str, object]:
    name = f"{100 * level:.0f}"
    return {
        "metric": f"coverage_{name}_{tier}",
        "label": f"{tier.capitalize()} posts inside their {name} % interval",
        "value": row.get("coverage", math.nan),
        "low": row.get("low", math.nan),
        "high": row.get("high", math.nan),
        "n": row.get("n", 0),
        "unit": "share",
        "basis": "measured",
        "formula": "share of held-out posts inside the central interval of their forecast; Wilson interval",
    }


def _gained(row: Mapping[Hashable, float], name: str, tier: str) -> dict[str, object]:
    gain, se = row.get("gain", math.nan), row.get("gain_se", math.nan)
    return {
        "metric": f"crps_gain_vs_{name}",
        "label": f"{tier.capitalize()} forecasts: CRPS gain over {GAINS[name][0]}",
        "value": gain,
        "low": gain - Z95 * se,
        "high": gain + Z95 * se,
        "se": se,
        "n": row.get("n", 0),
        "unit": "share",
        "basis": "measured",
        "formula": f"1 - mean CRPS / mean CRPS of {GAINS[name][1]}; log ER of held-out posts",
    }


def _spread(row: Mapping[Hashable, Any], name: str, tier: str) -> dict[str, object]:
    measured = row.get(f"{name}_basis") == "measured"
    value, se = row.get(name, math.nan), row.get(f"{name}_se", math.nan)
    label, unit, formula = SPREADS[name]
    return {
        "metric": f"{name}_{tier}",
        "label": f"{label}, {tier} only",
        "value": value,
        "low": value - Z95 * se,
        "high": value + Z95 * se,
        "se": se,
        "n": row.get("n_posts", 0),
        "unit": unit,
        "basis": "estimated" if measured else "assumed",
        "formula": formula if measured else "published for real posts: these are too few to tell",
    }
