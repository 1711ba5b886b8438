"""Weekly orders by region -> a test of what a campaign adds, planned, and read when it is over.

- history: rows of region, week and orders -> a table of whole weeks by region
- splits: regions -> the ways to divide them, and the estimate and test of one that was drawn
- weeks_on: weeks -> the same for a campaign that is turned on and off, without regions
- planning: past orders + what a campaign should bring -> the test that sees it best
- reading: orders with a finished test in them -> the orders it added, with error, placebos and checks
"""

from nanospread.campaign.lift_tests.history import WeeklyOrders, weekly
from nanospread.campaign.lift_tests.planning import POWER, REGIONS, TAIL, WEEKS, Plan, planned
from nanospread.campaign.lift_tests.reading import SIDES, Result, of_regions, of_weeks
from nanospread.campaign.lift_tests.splits import FEWEST_REGIONS

__all__ = [
    "FEWEST_REGIONS", "POWER", "REGIONS", "SIDES", "TAIL", "WEEKS", "Plan", "Result", "WeeklyOrders",
    "of_regions", "of_weeks", "planned", "weekly",
]  # fmt: skip
