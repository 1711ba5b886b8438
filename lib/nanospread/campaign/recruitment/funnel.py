"""Outreach log + brief -> the funnel (contacted, replied, agreed, shipped, posted, on time) and its days.

`funnel` has the rate of each stage, `time_to_content` how long a live post takes, and `measured` the rows of
the brief that the log can tell, to calibrate the campaign with.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief, MeasuredRow, MeasuredRows, measured_row
from nanospread.campaign.recruitment.outreach import (
    Delay,
    ages,
    days_between,
    delay_until,
    offered,
    opt_in_rates,
    outbound,
    rate_of,
    trials,
    true,
)
from nanospread.campaign.recruitment.rates import (
    ENOUGH,
    LOG,
    VAGUE,
    Basis,
    Rate,
    Trials,
    blended,
    interval,
    next_rate,
    product,
    right_censored,
)
from nanospread.core.types import Floats

STAGES = [
    "stage", "of", "number", "resolved", "rate", "low", "high", "from_contacts", "from_low", "from_high",
    "basis", "campaigns",
]  # fmt: skip
POSTED = "posted"
HORIZON = 120  # of the assumed curve [days]
CURVE = ["days", "share", "low", "high", "at_risk"]


@dataclass(frozen=True, eq=False)
class Funnel:
    """What becomes of contacts in the next campaign.

    stages: one row per stage, in order: stage, of and number (how many of the log came that far, and one
    stage further), resolved (trials, those still open counted in part), rate [0-1] with its 80 % interval low
    and high, from_contacts, from_low and from_high (the same of all contacts), basis, campaigns. rates: of
    each stage. posting: the distribution of posts per contact, as equally likely cells. live: days from
    contact to post. undated: contacts of the log without a date, which count as decided.
    """

    offer: str
    stages: pd.DataFrame
    rates: Mapping[str, Rate]
    posting: Floats
    live: Delay
    undated: int = 0

    def posting_by(self, days: float) -> Floats:
        """Return the distribution of posts per contact that are live within so many days of it."""
        return product(self.posting, self.live.cells(days))


def funnel(outreach: pd.DataFrame, brief: Brief, *, as_of: pd.Timestamp) -> Funnel:
    """Return the funnel of the brief's offer, measured where the log speaks, else assumed.

    outreach: as in `tables.Tables`; may be empty. as_of: the log's end; contacts that may yet reply or post
    count by how far their age has decided them. Contacts who wrote first are left to `inbound`. What a reply
    says is taken to be decided at once. Shipped and on time are left out where the log does not track them;
    on time is told by the posts whose due date has passed. A row that the owner set wins over the log.
    """
    offer = brief.nano.offer
    rows = outbound(outreach, offer)
    live = delay_until("posted", rows, brief, as_of)
    chain = [*_until_posted(rows, brief, as_of, offer, live), *_on_time(rows, brief, as_of)]
    reached = list(accumulate((each.rate.cells for each in chain), product))
    lines = [_line(stage, share) for stage, share in zip(chain, reached, strict=True)]
    rates = {each.name: each.rate for each in chain}
    posting = reached[list(rates).index(POSTED)]
    undated = int(rows["contacted_at"].isna().sum())
    return Funnel(offer, pd.DataFrame(lines, columns=STAGES), rates, posting, live, undated)


class _Stage(NamedTuple):
    name: str
    entered: pd.DataFrame
    passed: int
    rate: Rate


def _until_posted(
    rows: pd.DataFrame, brief: Brief, as_of: pd.Timestamp, offer: str, live: Delay
) -> Iterator[_Stage]:
    replied, agreed = (rows[true(rows[flag])] for flag in ("replied", "accepted"))
    reply, accept = opt_in_rates(rows, brief, as_of)
    yield _Stage("replied", rows, len(replied), reply)
    yield _Stage("agreed", replied, len(agreed), accept)
    if rows["shipped_at"].notna().any():
        sent = agreed["shipped_at"].notna() | true(agreed["posted"])
        settled = delay_until("shipped", rows, brief, as_of).views(ages(agreed, as_of))
        yield _Stage("shipped", agreed, int(sent.sum()), _vague(brief, trials(agreed, sent, settled)))
        agreed = agreed[sent]
    yield _Stage(
        POSTED, agreed, int(true(agreed["posted"]).sum()), post_rate(agreed, brief, as_of, offer, live)
    )


def _vague(brief: Brief, known_trials: Sequence[Trials]) -> Rate:
    return next_rate(VAGUE, brief.assumptions.recruitment_precision, known_trials)


def post_rate(agreed: pd.DataFrame, brief: Brief, as_of: pd.Timestamp, offer: str, live: Delay) -> Rate:
    """Return the share of the creators who agreed that post in the next campaign.

    agreed: their rows. live: days from contact to post. A mixed offer pays the share of the agreed that
    the log shows, from `ENOUGH` on, else that of the nano tier above `nano.fee_from`.
    """
    if offer == "mixed":
        gift, fee = (post_rate(offered(agreed, each), brief, as_of, each, live) for each in ("gift", "fee"))
        return blended(fee, gift, _paid(agreed, brief))
    settled = live.views(ages(agreed, as_of))
    return rate_of(brief, brief.assumptions.post_rate(offer), agreed, "posted", settled)


def outbound_post_rate(rows: pd.DataFrame, brief: Brief, as_of: pd.Timestamp, offer: str) -> Rate:
    """Return the `post_rate` of an offer; rows: all contacts that we made with it."""
    agreed = rows[true(rows["accepted"])]
    return post_rate(agreed, brief, as_of, offer, delay_until("posted", rows, brief, as_of))


def _paid(agreed: pd.DataFrame, brief: Brief) -> float:
    known = agreed[agreed["offer"] != ""]
    if len(known) >= ENOUGH:
        return float((known["offer"] == "fee").mean())
    return brief.nano.paid_share(brief.platform)


def _on_time(rows: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Iterator[_Stage]:
    due = rows[true(rows["posted"]) & rows["posted_at"].notna() & (rows["due_at"] <= as_of)]
    if due.empty:
        return
    punctual = due["posted_at"] <= due["due_at"]
    yield _Stage(
        "on time", due, int(punctual.sum()), _vague(brief, trials(due, punctual, np.ones((1, len(due)))))
    )


def _line(stage: _Stage, reached: Floats) -> tuple[object, ...]:
    rate = stage.rate
    return (
        stage.name, len(stage.entered), stage.passed, sum(each.number for each in rate.trials), rate.mean,
        *rate.interval, float(reached.mean()), *interval(reached), rate.basis,
        stage.entered["campaign"].nunique() if rate.trials else 0,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class TimeToPost:
    """Days from contact to a live post, among those who agreed.

    curve: days, share (live by then, of those who agreed [0-1]), low, high (80 % interval), at_risk (creators
    neither live nor out of sight just before; missing where assumed), a step at each row. median, median_low,
    median_high: days by which half of those who post at all are live. agreed, live: creators behind it.
    """

    curve: pd.DataFrame
    basis: Basis
    median: float
    median_low: float
    median_high: float
    agreed: int
    live: int

    def by(self, days: float) -> tuple[float, float, float]:
        """Return the share that is live by then, and its interval."""
        passed = self.curve.loc[self.curve["days"] <= days, ["share", "low", "high"]].to_numpy(dtype=float)
        share, low, high = passed[-1] if len(passed) else (0.0, 0.0, 0.0)
        return float(share), float(low), float(high)


def time_to_content(outreach: pd.DataFrame, funnel: Funnel, *, as_of: pd.Timestamp) -> TimeToPost:
    """Return how long content takes: Kaplan-Meier from the log, or what is assumed where it is too short.

    Creators who agreed and have not posted are censored at as_of; a post without a date is left out. The
    log's interval is Greenwood's of log(-log), which takes creators as independent; the assumed one is that
    of the next campaign.
    """
    rows = outbound(outreach, funnel.offer)
    posted = true(rows["posted"])
    agreed = rows[
        true(rows["accepted"]) & (rows["contacted_at"] <= as_of) & (~posted | rows["posted_at"].notna())
    ]
    live = agreed["posted_at"].notna() & true(agreed["posted"])
    measured = len(agreed) >= ENOUGH and bool(live.any())
    return TimeToPost(
        _kaplan_meier(agreed, live, as_of) if measured else _assumed(funnel),
        "measured" if measured else "assumed",
        *funnel.live.median(),
        len(agreed),
        int(live.sum()),
    )


def _kaplan_meier(agreed: pd.DataFrame, live: "pd.Series[bool]", as_of: pd.Timestamp) -> pd.DataFrame:
    days = days_between(agreed["contacted_at"], agreed["posted_at"].where(live, as_of))
    cdf, ends = right_censored(days, (~live).to_numpy(), "cdf")
    at = cdf.quantiles
    bounds = pd.DataFrame({"low": ends.low.probabilities, "high": ends.high.probabilities})
    bounds.loc[cdf.probabilities == 0] = 0.0
    bounds = bounds.ffill().fillna({"low": 0.0, "high": 1.0})
    at_risk = len(days) - np.searchsorted(np.sort(days), at)
    curve = pd.DataFrame({"days": at, "share": cdf.probabilities, **bounds, "at_risk": at_risk})
    return curve[CURVE]


def _assumed(funnel: Funnel) -> pd.DataFrame:
    post = funnel.rates[POSTED].cells
    rows = []
    for day in range(HORIZON + 1):
        share = product(post, funnel.live.cells(day))
        rows.append((float(day), float(share.mean()), *interval(share), np.nan))
    return pd.DataFrame(rows, columns=CURVE)


def measured(outreach: pd.DataFrame, brief: Brief, *, as_of: pd.Timestamp) -> MeasuredRows:
    """Return the rows of the brief's rates that the log can tell.

    reply_rate and accept_rate of the brief's offer, post_rate_gift and post_rate_fee of who agreed; each from
    `ENOUGH` resolved trials on. central is the mean, low and high the 80 % interval of the typical rate: each
    simulated campaign adds the scatter around it. Rows that the brief's owner set are not among them.
    """
    reply, accept = opt_in_rates(outbound(outreach, brief.nano.offer), brief, as_of)
    gift, fee = (outbound_post_rate(outbound(outreach, each), brief, as_of, each) for each in ("gift", "fee"))
    rates = {"reply_rate": reply, "accept_rate": accept, "post_rate_gift": gift, "post_rate_fee": fee}
    return {name: _as_row(rate, as_of) for name, rate in rates.items() if rate.basis == "measured"}


def _as_row(rate: Rate, as_of: pd.Timestamp) -> MeasuredRow:
    low, high = interval(rate.typical)
    came, of = sum(each.successes for each in rate.trials), sum(each.number for each in rate.trials)
    source = f"{LOG}: {came:,} of {of:,.0f} decided, {as_of:%Y-%m-%d}; the typical rate"
    return measured_row(low, rate.mean, high, source)
