"""Numbers -> Axes: `name(data, ..., title=finding, ax=None)`. The title is the finding; nothing is computed
beyond binning, medians and positions. Every figure leaves a sentence on what is drawn in the figure's label.
"""

from nanospread.pages.figures.ambassadors import cohorts, programme, retention
from nanospread.pages.figures.authenticity import comment_share, flagged, flags_by_chance, reply_capacity
from nanospread.pages.figures.baskets import eggs, paired_gain, variance_split
from nanospread.pages.figures.campaign import assumption_ranges, frontier, odds_by_kappa, profit_by_arm
from nanospread.pages.figures.changes import over_weeks
from nanospread.pages.figures.engagement import er_by_tier, niches, premium_by_size
from nanospread.pages.figures.forecast import (
    calibration,
    campaign_totals,
    coverage_by_past,
    pit_histogram,
    results_to_date,
)
from nanospread.pages.figures.quality import posts_by_week, refusals, rows_accounted
from nanospread.pages.figures.rates import benchmarks, funnel, ranking
from nanospread.pages.figures.reach import reach_curve
from nanospread.pages.figures.recruitment import (
    contacts_needed,
    gift_or_fee,
    outreach_funnel,
    time_to_content,
)
from nanospread.pages.figures.sensitivity import global_indices, heat_map, tornado
from nanospread.pages.figures.shortlist import selection, winners_curse
from nanospread.pages.figures.spread import risk_by_niches, spread_by_creators, spread_floor

__all__ = [
    "assumption_ranges",
    "benchmarks",
    "calibration",
    "campaign_totals",
    "cohorts",
    "comment_share",
    "contacts_needed",
    "coverage_by_past",
    "eggs",
    "er_by_tier",
    "flagged",
    "flags_by_chance",
    "frontier",
    "funnel",
    "gift_or_fee",
    "global_indices",
    "heat_map",
    "niches",
    "odds_by_kappa",
    "outreach_funnel",
    "over_weeks",
    "paired_gain",
    "pit_histogram",
    "posts_by_week",
    "premium_by_size",
    "profit_by_arm",
    "programme",
    "ranking",
    "reach_curve",
    "refusals",
    "reply_capacity",
    "results_to_date",
    "retention",
    "risk_by_niches",
    "rows_accounted",
    "selection",
    "spread_by_creators",
    "spread_floor",
    "time_to_content",
    "tornado",
    "variance_split",
    "winners_curse",
]
