"""Rows of page 06 on ambassadors: who stays, what one costs, and what the programme returns."""

from typing import Any

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.recruitment import (
    PERIOD_WEEKS,
    PERIODS,
    AmbassadorTerms,
    Retention,
    expected_posts,
    retention_curve,
)
from nanospread.campaign.risk import Estimate
from nanospread.campaign.simulation import Programme
from nanospread.core.intervals import Z95

AFTER = 6  # periods: half a year
QUANTILES = {
    "p10": (0.1, "in a bad case"),
    "p50": (0.5, "in the middle world"),
    "p90": (0.9, "in a good case"),
}


def ambassadors(
    retention: Retention, terms: AmbassadorTerms, programme: Programme, *, currency: str
) -> pd.DataFrame:
    """Return who stays and how often one posts, what one costs, and the odds and return of the programme."""
    n, rows = len(programme.worlds), [*_stay(retention), _cost(terms, currency)]
    for name, (at, words) in QUANTILES.items():
        found = risk.quantile(programme.worlds["roi"], at)
        rows.append(
            _simulated(f"programme_roi_{name}", f"Programme: return on cost {words}", found, n)
            | {"unit": "ratio", "formula": f"{100 * at:g} % quantile of profit / cost over worlds"}
        )
    loss = risk.p_loss(programme.worlds["profit"])
    odds = _simulated("programme_p_loss", "Programme: odds of losing money", loss, n)
    odds |= {"low": max(odds["low"], 0.0), "high": min(odds["high"], 1.0)}
    rows.append(odds | {"unit": "share", "formula": "share of worlds with profit below 0"})
    return pd.DataFrame(rows)


def _stay(retention: Retention) -> list[dict[str, object]]:
    there, posts = retention_curve(retention, AFTER).iloc[-1], expected_posts(retention, PERIODS)
    known = {"n": retention.seen, "basis": "estimated" if retention.seen else "assumed"}
    return [
        {
            "metric": f"ambassador_survival_{AFTER}",
            "label": f"Ambassadors still there after {AFTER * PERIOD_WEEKS} weeks",
            "value": there["survival"],
            "low": there["low"],
            "high": there["high"],
            "unit": "share",
            "formula": f"S({AFTER}) of the shifted-beta-geometric; 80 % interval",
            **known,
        },
        {
            "metric": "ambassador_posts_year",
            "label": f"Posts of one ambassador in {PERIODS * PERIOD_WEEKS} weeks",
            "value": posts.value,
            "low": posts.low,
            "high": posts.high,
            "unit": "posts",
            "formula": f"sum of S(t) for t = 0 to {PERIODS - 1}; 80 % interval",
            **known,
        },
    ]


def _cost(terms: AmbassadorTerms, currency: str) -> dict[str, object]:
    return {
        "metric": "ambassador_cost_to_win",
        "label": "Cost to win or replace one ambassador",
        "value": terms.to_win,
        "unit": currency,
        "basis": "assumed",
        "formula": "(labour / (reply × accept) + goods) / (post rate × join)",
    }


def _simulated(metric: str, label: str, found: Estimate, n_worlds: int) -> dict[str, Any]:
    half = Z95 * found.se
    ends = {"low": found.value - half, "high": found.value + half}
    return {
        "metric": metric, "label": label, "value": found.value, **ends, "se": found.se, "n": n_worlds,
        "basis": "estimated",
    }  # fmt: skip
