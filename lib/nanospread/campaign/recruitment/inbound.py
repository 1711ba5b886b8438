"""Outreach log -> creators who write first, and the briefs that are accepted as they are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment import cells, contacts
from nanospread.campaign.recruitment.contacts import days_between, told
from nanospread.campaign.recruitment.delay import Delay
from nanospread.campaign.recruitment.funnel import post_rate
from nanospread.campaign.recruitment.rates import Rate
from nanospread.core.types import Floats

WEEK = 7.0  # [days]
STEPS = 24  # moments of the time until a date at which creators are taken to write


@dataclass(frozen=True, eq=False)
class Inbound:
    """Creators who write first: how many a week (mean and 80 % interval), and the share that agree and post.

    number: in the log, over `weeks`. weekly: equally likely cells of how many a week.
    """

    number: int
    weeks: float
    weekly: Floats
    accept: Rate
    post: Rate
    live: Delay

    def posts_by(self, days: float) -> Floats:
        """Return the distribution of the posts to expect within so many days, as the mean of a Poisson."""
        moments = days * (np.arange(STEPS) + 0.5) / STEPS
        in_time = float(self.live.share(moments).mean())
        joined = cells.product(self.accept.cells, self.post.cells)
        return np.asarray(cells.product(self.weekly, joined) * days / WEEK * in_time)


def inbound(
    outreach: pd.DataFrame, brief: Brief, *, as_of: pd.Timestamp, offer: str | None = None
) -> Inbound | None:
    """Return the creators who wrote first, counted from the log's first contact on; None where nobody did.

    Their number a week is a gamma-Poisson with Jeffreys' prior; their accept and post rates start from the
    same assumptions as everybody's. offer: as for `funnel`.
    """
    offer = offer or brief.nano.offer
    mine = contacts.offered(outreach, offer)
    rows = mine[told(mine["inbound"])]
    if rows.empty:
        return None
    weeks = max(float(days_between(mine["contacted_at"], as_of).max()) / WEEK, 1.0)
    levels = (np.arange(cells.CELLS) + 0.5) / cells.CELLS
    weekly = np.asarray(special.gammaincinv(len(rows) + 0.5, levels) / weeks, dtype=np.float64)
    live = contacts.post_delay(mine, brief, as_of)
    agreed = rows[told(rows["accepted"])]
    accept = contacts.rate(brief, brief.assumptions.accept_rate, rows, "accepted")
    return Inbound(len(rows), weeks, weekly, accept, post_rate(agreed, brief, as_of, offer, live), live)


def as_is(outreach: pd.DataFrame, brief: Brief) -> Rate:
    """Return the share of agreed briefs that the next campaign's creators take without a change of terms.

    Told by the accepted contacts, of any offer and inbound too, where the log says so; else assumed.
    """
    agreed = outreach[told(outreach["accepted"]) & outreach["as_is"].notna()]
    return contacts.rate(brief, brief.assumptions.as_is_rate, agreed, "as_is")
