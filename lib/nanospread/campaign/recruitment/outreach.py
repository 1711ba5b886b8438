"""Outreach log -> the contacts of one offer as trials of each stage, and how many days each stage takes.

A delay is that from contact to an event, such as a live post, of those creators with whom it comes at all. It
is log-normal; the assumptions' ranges are the prior of its median and of its spread, and the log's dates
update them. A date is only in the log if it came before the log's end, so each is taken as cut off at its
contact's age; else young campaigns would make everybody look quick.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from nanospread.campaign.brief import Assumption, Brief
from nanospread.campaign.recruitment.rates import (
    CELLS,
    ENOUGH,
    Basis,
    Rate,
    Trials,
    condensed,
    interval,
    next_rate,
    owned,
    prior,
)
from nanospread.core.types import Floats

DAY = 86_400.0  # [second]
MEDIANS, SPREADS = np.linspace(-4, 4, 81), np.linspace(-2.5, 2.5, 21)  # normal scores
SOONEST = 0.5  # dates without a time: the same day is half a day [days]
LEAST_SPREAD = 0.01  # of an assumption that all take as long
VIEWS = 7  # of how far open contacts are decided, where the delay itself is in doubt
AGES = 100  # steps of an age's logarithm that are told apart, per unit


@dataclass(frozen=True, eq=False)
class Delay:
    """A log-normal delay that is known only in part: equally long arrays of medians, spreads, weights."""

    log_median: Floats
    spread: Floats
    weight: Floats
    dates: int  # of the log behind it

    @property
    def basis(self) -> Basis:
        """Return "measured" from `ENOUGH` dates on; fewer count too, beside what is assumed."""
        return "measured" if self.dates >= ENOUGH else "assumed"

    def share(self, days: ArrayLike) -> Floats:
        """Return the expected share of those to come that are there within so many days, the same shape."""
        since = np.asarray(days, dtype=np.float64)
        logs, place = np.unique(np.rint(_logs(since) * AGES) / AGES, return_inverse=True)
        shares = special.ndtr((logs[:, None] - self.log_median) / self.spread) @ self.weight
        return np.where(since > 0, shares[place.reshape(since.shape)], 0.0)

    def views(self, days: ArrayLike) -> Floats:
        """Return `VIEWS` equally likely answers to `share`, of late and of quick delays: answer x day."""
        logs, place = np.unique(np.rint(_logs(np.asarray(days)) * AGES) / AGES, return_inverse=True)
        shares = special.ndtr((logs[:, None] - self.log_median) / self.spread)
        distributions = np.reshape(
            [condensed(each, self.weight, VIEWS) for each in shares], (len(logs), VIEWS)
        )
        return np.where(np.asarray(days) > 0, distributions.T[:, place], 0.0)

    def cells(self, days: float) -> Floats:
        """Return the distribution of the share that is there within so many days."""
        if days <= 0:
            return np.zeros(CELLS)
        score = (np.log(days) - self.log_median) / self.spread
        return condensed(special.ndtr(score), self.weight)

    def median(self) -> tuple[float, float, float]:
        """Return the typical days, and their 80 % interval."""
        medians = np.exp(condensed(self.log_median, self.weight))
        return float(np.median(medians)), *interval(medians)


def _logs(days: Floats) -> Floats:
    return np.asarray(np.log(np.maximum(days, SOONEST)))


def delay(median: Assumption, spread: Assumption, days: ArrayLike = (), ages: ArrayLike = ()) -> Delay:
    """Return the delay. days: from contact to each event [days]; ages: of these contacts at the log's end."""
    scores, sides = (each.ravel() for each in np.meshgrid(MEDIANS, SPREADS, indexing="ij"))
    known = np.maximum(spread.at(sides), LEAST_SPREAD)
    log_median, sd = np.log(median.at(scores)), np.full(scores.shape, known)
    log = -(scores**2 + sides**2) / 2
    log_days = _logs(np.asarray(days, dtype=np.float64))
    if log_days.size:
        end = np.maximum(_logs(np.asarray(ages, dtype=np.float64)), log_days)
        log = log - _misfit(log_days, log_median, sd) - _cut_off(end, log_median, sd)
    weight = np.exp(log - log.max())
    keep = weight > 1e-7
    return Delay(log_median[keep], sd[keep], weight[keep] / weight[keep].sum(), int(log_days.size))


def _misfit(logs: Floats, log_median: Floats, sd: Floats) -> Floats:
    squares = logs.size * (logs.var() + (logs.mean() - log_median) ** 2)
    return np.asarray(squares / (2 * sd**2) + logs.size * np.log(sd))


def _cut_off(ends: Floats, log_median: Floats, sd: Floats) -> Floats:
    """Return the sum of the logs of P(event before the age) over the events."""
    ages, times = np.unique(np.rint(ends * AGES) / AGES, return_counts=True)
    return np.asarray(times @ special.log_ndtr((ages[:, None] - log_median) / sd))


def outbound(outreach: pd.DataFrame, offer: str) -> pd.DataFrame:
    """Return the contacts that we made with this offer ("mixed": with either), the index kept."""
    mine = offered(outreach, offer)
    return mine[~true(mine["inbound"])]


def offered(outreach: pd.DataFrame, offer: str) -> pd.DataFrame:
    """Return the rows of an offer, whoever wrote first."""
    return outreach if offer == "mixed" else outreach[outreach["offer"] == offer]


def true(flags: "pd.Series[Any]") -> "pd.Series[bool]":
    """Return flags with a missing one as no."""
    return flags.fillna(False).astype(bool)


def days_between(start: "pd.Series[Any]", end: "pd.Series[Any] | pd.Timestamp") -> Floats:
    """Return the days from start to end; nan where a date is missing."""
    return np.asarray((end - start).dt.total_seconds(), dtype=np.float64) / DAY


def ages(rows: pd.DataFrame, as_of: pd.Timestamp) -> Floats:
    """Return the days from each contact to the log's end; inf without a date: it counts as decided."""
    return np.nan_to_num(days_between(rows["contacted_at"], as_of), nan=np.inf)


def with_offers(outreach: pd.DataFrame, brief: Brief) -> pd.DataFrame:
    """Return contacts whose unknown offers are the brief's; unknown still where that is of both kinds."""
    offer = brief.nano.offer
    return outreach if offer == "mixed" else outreach.assign(offer=outreach["offer"].replace("", offer))


def trials(rows: pd.DataFrame, success: "pd.Series[bool]", resolved: Floats) -> list[Trials]:
    """Return the rows as trials of each campaign. resolved: answer x row, read where it did not succeed."""
    came = success.to_numpy(dtype=bool)
    places = rows.groupby("campaign", sort=True).indices.values()
    return [Trials(int(came[at].sum()), resolved[:, at[~came[at]]]) for at in places]


def rate_of(
    brief: Brief, row: Assumption, rows: pd.DataFrame, success: str, resolved: Floats | None = None
) -> Rate:
    """Return the next campaign's rate of a row of the brief: of these contacts, those with the flag set.

    row: of `brief.assumptions`; where the brief's owner set it, the log is not read. resolved: how far each
    contact without the flag is decided [0-1], answer x contact; None: for good.
    """
    typical = prior(row)
    ends = np.ones((1, len(rows))) if resolved is None else resolved
    seen = [] if owned(row) else trials(rows, true(rows[success]), ends)
    precision = brief.assumptions.recruitment_precision
    return next_rate((typical.low, typical.central, typical.high), precision, seen)


def opt_in_rates(rows: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> tuple[Rate, Rate]:
    """Return the next campaign's reply rate, and its accept rate of those who reply; rows: its contacts."""
    settled = delay_until("replied", rows, brief, as_of).views(ages(rows, as_of))
    reply = rate_of(brief, brief.assumptions.reply_rate, rows, "replied", settled)
    return reply, rate_of(brief, brief.assumptions.accept_rate, rows[true(rows["replied"])], "accepted")


def delay_until(
    event: Literal["replied", "shipped", "posted"], outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp
) -> Delay:
    """Return the days from contact to an event, of those with whom it comes.

    The prior of a parcel is that of a post, and replies differ as much as posts; the log tells the rest.
    """
    rows, when = brief.assumptions, f"{event}_at"
    row = rows.days_to_reply if event == "replied" else rows.days_to_post
    median, spread = prior(row), prior(rows.days_to_post_sd)
    both = outreach[when].notna() & outreach["contacted_at"].notna()
    dated = outreach[both & (event == "shipped" or true(outreach[event]))]
    if owned(row) or dated.empty:
        return delay(median, spread)
    start = dated["contacted_at"]
    return delay(median, spread, days_between(start, dated[when]), days_between(start, as_of))
