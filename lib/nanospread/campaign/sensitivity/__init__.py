"""Profits and beliefs of the same worlds -> what each belief is worth knowing, and where options break even.

No further campaign is played: the worlds of a run have drawn their beliefs, and a regression on them tells.
"""

from nanospread.campaign.sensitivity.information import CHOICES, NOTHING, Information, clear_worth

__all__ = ["CHOICES", "NOTHING", "Information", "clear_worth"]
