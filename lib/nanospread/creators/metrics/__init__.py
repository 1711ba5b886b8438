"""Posts -> engagement rates (ER = engagements / followers), per post, per creator and per set.

Engagements are likes + comments: the only two that public data carries. A rate of a set is a ratio of sums,
or its name says which other mean it is. Hidden likes are unknown, never zero: such a post has no ER.
"""

from nanospread.creators.metrics.contrasts import SIZES, premium, premium_by_size, sponsored_effect
from nanospread.creators.metrics.rates import RATES, log_er, per_post
from nanospread.creators.metrics.ratios import (
    cost_per_click,
    cost_per_engagement,
    cost_per_order,
    cost_per_reach,
    ratio_of_sums,
    revenue_per_cost,
)
from nanospread.creators.metrics.sets import LEAST_CREATORS, by_creator, by_rate, summary
from nanospread.creators.metrics.traps import BANDS, HANDLING, STALE, by_gap, traps

__all__ = [
    "BANDS",
    "HANDLING",
    "LEAST_CREATORS",
    "RATES",
    "SIZES",
    "STALE",
    "by_creator",
    "by_gap",
    "by_rate",
    "cost_per_click",
    "cost_per_engagement",
    "cost_per_order",
    "cost_per_reach",
    "log_er",
    "per_post",
    "premium",
    "premium_by_size",
    "ratio_of_sums",
    "revenue_per_cost",
    "sponsored_effect",
    "summary",
    "traps",
]
