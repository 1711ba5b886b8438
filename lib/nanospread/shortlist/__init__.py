"""Creators + brief -> whom to invite, exact or with a certified gap.

`ways` says who can be invited and how, and what each invitation costs and brings; `choice` chooses among any
options under limits; `lists` asks it for the brief's shortlist and tells why each creator is on it.
"""

from nanospread.shortlist.best import handful
from nanospread.shortlist.choice import Baseline, Choice, choice
from nanospread.shortlist.coverage import coverage_greedy
from nanospread.shortlist.limits import Limits
from nanospread.shortlist.lists import LISTS, Plan, audiences, plan, played
from nanospread.shortlist.ways import candidates, options

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
