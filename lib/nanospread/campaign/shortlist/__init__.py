"""Creators + brief -> whom to invite, exact or with a certified gap.

`ways` says who can be invited and how, and what each invitation costs and brings; `choice` chooses among any
options under limits; `lists` asks it for the brief's shortlist and tells why each creator is on it.
"""

from nanospread.campaign.shortlist.candidates import candidates, options
from nanospread.campaign.shortlist.choice import Baseline, Choice, choice
from nanospread.campaign.shortlist.coverage import coverage_greedy
from nanospread.campaign.shortlist.limits import Limits
from nanospread.campaign.shortlist.lists import LISTS, Plan, audiences, plan, played
from nanospread.campaign.shortlist.top_per_niche import handful

__all__ = [
    "LISTS",
    "Baseline",
    "Choice",
    "Limits",
    "Plan",
    "audiences",
    "candidates",
    "choice",
    "coverage_greedy",
    "handful",
    "options",
    "plan",
    "played",
]
