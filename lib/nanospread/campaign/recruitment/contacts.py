"""Outreach log -> the contacts of one offer, and the trials that they are at each stage."""

from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment import priors
from nanospread.campaign.recruitment.delay import Delay, delay
from nanospread.campaign.recruitment.rates import Rate, Trials, next_rate
from nanospread.core import errors
from nanospread.core.types import Floats

OFFERS = ("gift", "fee", "mixed")
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


def rate(brief: Brief, name: str, rows: pd.DataFrame, success: str, resolved: Floats | None = None) -> Rate:
    """Return the next campaign's rate of a row of the brief: of these contacts, those with the flag set.

    resolved: how far each contact without it is decided [0-1], answer x contact; None: for good. The log is
    not read where the brief's owner set the row.
    """
    row, ours = priors.prior(brief, name), priors.owned(brief, name)
    ends = np.ones((1, len(rows))) if resolved is None else resolved
    seen = [] if ours else trials(rows, told(rows[success]), ends)
    return next_rate((row.low, row.central, row.high), brief.assumptions["recruitment_precision"], seen)


def reply_delay(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Delay:
    """Return the days from contact to a reply, of those who reply; they differ as much as days to a post."""
    return _delay(outreach, brief, as_of, "days_to_reply", told(outreach["replied"]), "replied_at")


def post_delay(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Delay:
    """Return the days from contact to a live post, of those who post."""
    return _delay(outreach, brief, as_of, "days_to_post", told(outreach["posted"]), "posted_at")


def shipping_delay(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Delay:
    """Return the days from contact to the parcel; the prior is that of a post, and the log tells the rest."""
    return _delay(outreach, brief, as_of, "days_to_post", outreach["shipped_at"].notna(), "shipped_at")


def _delay(
    outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp, name: str, came: "pd.Series[bool]", when: str
) -> Delay:
    row, spread = priors.prior(brief, name), priors.prior(brief, "days_to_post_sd")
    dated = outreach[came & outreach[when].notna()]
    if priors.owned(brief, name) or dated.empty:
        return delay(row, spread)
    start = dated["contacted_at"]
    return delay(row, spread, days_between(start, dated[when]), days_between(start, as_of))
