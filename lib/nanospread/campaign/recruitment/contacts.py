"""Outreach log -> the contacts of one offer, and the trials that they are at each stage."""

from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign.brief import OFFERS, Assumption, Brief
from nanospread.campaign.recruitment import priors
from nanospread.campaign.recruitment.delay import Delay, delay
from nanospread.campaign.recruitment.rates import Rate, Trials, next_rate
from nanospread.core import errors
from nanospread.core.types import Floats

DAY = 86_400.0  # [second]


def outbound(outreach: pd.DataFrame, offer: str) -> pd.DataFrame:
    """Return the contacts that we made with this offer ("mixed": with either), the index kept.

    Raises: InputError for an unknown offer.
    """
    if offer not in OFFERS:
        raise errors.unknown("offer", offer, OFFERS)
    mine = offered(outreach, offer)
    return mine[~told(mine["inbound"])]


def offered(outreach: pd.DataFrame, offer: str) -> pd.DataFrame:
    """Return the rows of an offer, whoever wrote first."""
    return outreach if offer == "mixed" else outreach[outreach["offer"] == offer]


def told(flags: "pd.Series[Any]") -> "pd.Series[bool]":
    """Return flags with what is not told as no."""
    return flags.fillna(False).astype(bool)


def days_between(start: "pd.Series[Any]", end: "pd.Series[Any] | pd.Timestamp") -> Floats:
    """Return the days from start to end; nan where a date is missing."""
    return np.asarray((end - start).dt.total_seconds(), dtype=np.float64) / DAY


def trials(rows: pd.DataFrame, success: "pd.Series[bool]", resolved: Floats) -> list[Trials]:
    """Return the rows as trials of each campaign. resolved: answer x row, read where it did not succeed."""
    came = success.to_numpy(dtype=bool)
    places = rows.groupby("campaign", sort=True).indices.values()
    return [Trials(int(came[at].sum()), resolved[:, at[~came[at]]]) for at in places]


def rate(
    brief: Brief, row: Assumption, rows: pd.DataFrame, success: str, resolved: Floats | None = None
) -> Rate:
    """Return the next campaign's rate of a row of the brief: of these contacts, those with the flag set.

    row: of `brief.assumptions`; where the brief's owner set it, the log is not read. resolved: how far each
    contact without the flag is decided [0-1], answer x contact; None: for good.
    """
    typical = priors.prior(row)
    ends = np.ones((1, len(rows))) if resolved is None else resolved
    seen = [] if priors.owned(row) else trials(rows, told(rows[success]), ends)
    precision = brief.assumptions.recruitment_precision
    return next_rate((typical.low, typical.central, typical.high), precision, seen)


def reply_delay(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Delay:
    """Return the days from contact to a reply, of those who reply; they differ as much as days to a post."""
    came = told(outreach["replied"])
    return _delay(outreach, brief, as_of, brief.assumptions.days_to_reply, came, "replied_at")


def post_delay(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Delay:
    """Return the days from contact to a live post, of those who post."""
    came = told(outreach["posted"])
    return _delay(outreach, brief, as_of, brief.assumptions.days_to_post, came, "posted_at")


def shipping_delay(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Delay:
    """Return the days from contact to the parcel; the prior is that of a post, and the log tells the rest."""
    came = outreach["shipped_at"].notna()
    return _delay(outreach, brief, as_of, brief.assumptions.days_to_post, came, "shipped_at")


def _delay(
    outreach: pd.DataFrame,
    brief: Brief,
    as_of: pd.Timestamp,
    row: Assumption,
    came: "pd.Series[bool]",
    when: str,
) -> Delay:
    median, spread = priors.prior(row), priors.prior(brief.assumptions.days_to_post_sd)
    dated = outreach[came & outreach[when].notna()]
    if priors.owned(row) or dated.empty:
        return delay(median, spread)
    start = dated["contacted_at"]
    return delay(median, spread, days_between(start, dated[when]), days_between(start, as_of))
