"""Weekly orders by region -> a test of what a campaign adds, planned, and read when it is over.

- history: rows of region, week and orders -> a table of whole weeks by region
- randomisation: ways that a test may be drawn, of regions or of weeks -> the estimate and test of one
- planning: past orders + what a campaign should bring -> the test that sees it best
- reading: orders with a finished test in them -> the orders it added, with error, placebos and checks
"""

from nanospread.campaign.lift_tests.history import WeeklyOrders, weekly
from nanospread.campaign.lift_tests.planning import POWER, REGIONS, TAIL, WEEKS, Plan, planned
from nanospread.campaign.lift_tests.randomisation import FEWEST_REGIONS
from nanospread.campaign.lift_tests.reading import SIDES, Result, of_regions, of_weeks

__all__ = [
    "FEWEST_REGIONS", "POWER", "REGIONS", "SIDES", "TAIL", "WEEKS", "Plan", "Result", "WeeklyOrders",
    "of_regions", "of_weeks", "planned", "weekly",
]  # fmt: skip
