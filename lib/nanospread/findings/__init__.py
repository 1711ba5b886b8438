"""Numbers -> sentences: plain English, computed, and no surer than the numbers are.

Every finding is a `Finding` with a `title` (at most 90 characters, to head a figure) and a `text` (the whole
of it, for a reader). The texts are plain: `display.text` escapes them.
"""

from nanospread.findings.campaign import break_even, crossing, frontier, kappa_matters
from nanospread.findings.choice import leader, pays_anyway, rests_on_kappa, verdict, what_to_do
from nanospread.findings.engagement import engagement_gap, niche_premium, niche_range, shrinkage
from nanospread.findings.forecast import (
    forecast_by_past,
    forecast_calibration,
    forecast_evenness,
    forecast_gains,
    forecast_totals,
    results_to_date,
    shared_luck,
)
from nanospread.findings.quality import coverage, data_trust, freshness, refusals
from nanospread.findings.spread import Floor, enough, floor, niches, returns, spread_floor
from nanospread.findings.words import (
    TITLE,
    Finding,
    arm_name,
    count,
    counted,
    day,
    handle,
    listed,
    money,
    odds,
    percent,
    short_money,
    shortened,
    significant,
    times,
)  # fmt: skip

__all__ = [
    "TITLE",
    "Finding",
    "Floor",
    "arm_name",
    "break_even",
    "count",
    "counted",
    "coverage",
    "crossing",
    "data_trust",
    "day",
    "engagement_gap",
    "enough",
    "floor",
    "forecast_by_past",
    "forecast_calibration",
    "forecast_evenness",
    "forecast_gains",
    "forecast_totals",
    "freshness",
    "frontier",
    "handle",
    "kappa_matters",
    "leader",
    "listed",
    "money",
    "niche_premium",
    "niche_range",
    "niches",
    "odds",
    "pays_anyway",
    "percent",
    "refusals",
    "rests_on_kappa",
    "results_to_date",
    "returns",
    "shared_luck",
    "short_money",
    "shortened",
    "shrinkage",
    "significant",
    "spread_floor",
    "times",
    "verdict",
    "what_to_do",
]
