"""Forecasts beside what came: were they right, and what do results so far say of the rest?

`held` forecasts posts that the model has not seen, `scores` says how good that was, `luck` how far posts of
one time share their luck, `totals` what this does to campaigns, `campaign` where a running one stands.
A forecast is judged by its whole distribution, never by its centre alone.

References: Gneiting and Raftery 2007, J. Am. Stat. Assoc. 102:359 (scores); model.md C6, C8.
"""

from nanospread.campaign.backtest.baselines import BASELINES
from nanospread.campaign.backtest.campaign import ToDate, to_date
from nanospread.campaign.backtest.holdout import LEVELS, Backtest, last_posts, strict
from nanospread.campaign.backtest.post_correlation import Luck, shared_luck
from nanospread.campaign.backtest.scores import calibration, coverage, gains, pit_counts
from nanospread.campaign.backtest.totals import largest_size, totals

__all__ = [
    "BASELINES",
    "LEVELS",
    "Backtest",
    "Luck",
    "ToDate",
    "calibration",
    "coverage",
    "gains",
    "largest_size",
    "last_posts",
    "pit_counts",
    "shared_luck",
    "strict",
    "to_date",
    "totals",
]
