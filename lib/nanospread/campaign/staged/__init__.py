"""A shortlist, beliefs and dates -> batches, the rule after each, and what looking is worth.

- paths: list + beliefs + seed -> what campaigns have brought at each number of live posts
- thresholds: payoffs and counts -> the best thresholds, and what a rule earns
- search: paths -> how many batches, of which sizes
- worth: plans + fresh campaigns -> values, error rates, value of perfect information
- macro_test: a larger creator's post first, or not
- plan: all of them -> the staged plan beside spending all now, nothing, the macro and a fixed pilot

The plan is chosen in one set of simulated campaigns and judged in another, so that what it is said to earn
is not what it was tuned on (docs/model.md C19).
"""

from nanospread.campaign.staged.macro_test import MacroQuestion
from nanospread.campaign.staged.plan import CHOOSING, StagedPlan, Timing, campaigns, plan, terms
from nanospread.campaign.staged.worth import MEASURES

__all__ = ["CHOOSING", "MEASURES", "MacroQuestion", "StagedPlan", "Timing", "campaigns", "plan", "terms"]
