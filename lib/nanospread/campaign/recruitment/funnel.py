"""Outreach log + brief -> the funnel: contacted, replied, agreed, shipped, posted, on time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment import cells, contacts
from nanospread.campaign.recruitment.contacts import days_between, told
from nanospread.campaign.recruitment.delay import Delay
from nanospread.campaign.recruitment.priors import VAGUE
from nanospread.campaign.recruitment.rates import ENOUGH, Rate, Trials, blended, next_rate
from nanospread.core.types import Floats

COLUMNS = [
    "stage", "of", "number", "resolved", "rate", "low", "high", "from_contacts", "from_low", "from_high",
    "basis", "campaigns",
]  # fmt: skip
POSTED = "posted"


@dataclass(frozen=True, eq=False)
class Funnel:
    """What becomes of contacts in the next campaign.

    stages: one row per stage, in order: stage, of and number (how many of the log came that far, and one
    stage further), resolved (trials, those still open counted in part), rate [0-1] with its 80 % interval low
    and high, from_contacts, from_low and from_high (the same of all contacts), basis, campaigns. rates: of
    each stage. posting: the distribution of posts per contact, as equally likely cells. live: days from
    contact to post.
    """

    offer: str
    stages: pd.DataFrame
    rates: Mapping[str, Rate]
    posting: Floats
    live: Delay

    def posting_by(self, days: float) -> Floats:
        """Return the distribution of posts per contact that are live within so many days of it."""
        return cells.product(self.posting, self.live.cells(days))


def funnel(outreach: pd.DataFrame, brief: Brief, *, as_of: pd.Timestamp, offer: str | None = None) -> Funnel:
    """Return the funnel of an offer (None: the brief's), measured where the log speaks, else assumed.

    outreach: as in `tables.Tables`; may be empty. as_of: the log's end; contacts that may yet reply or post
    count by how far their age has decided them. Contacts who wrote first are left to `inbound`. What a reply
    says is taken to be decided at once. Shipped and on time are left out where the log does not track them;
    on time is told by the posts whose due date has passed. A row that the owner set wins over the log.

    Raises: InputError for an unknown offer.
    """
    offer = offer or brief.nano.offer
    rows = contacts.outbound(outreach, offer)
    live = contacts.post_delay(rows, brief, as_of)
    chain = [*_until_posted(rows, brief, as_of, offer, live), *_on_time(rows, brief, as_of)]
    reached = list(accumulate((each.rate.cells for each in chain), cells.product))
    lines = [_line(stage, share) for stage, share in zip(chain, reached, strict=True)]
    rates = {each.name: each.rate for each in chain}
    posting = reached[list(rates).index(POSTED)]
    return Funnel(offer, pd.DataFrame(lines, columns=COLUMNS), rates, posting, live)


class _Stage(NamedTuple):
    name: str
    entered: pd.DataFrame
    passed: int
    rate: Rate


def _until_posted(
    rows: pd.DataFrame, brief: Brief, as_of: pd.Timestamp, offer: str, live: Delay
) -> Iterator[_Stage]:
    replied, agreed = (rows[told(rows[flag])] for flag in ("replied", "accepted"))
    settled = contacts.reply_delay(rows, brief, as_of).views(days_between(rows["contacted_at"], as_of))
    reply = contacts.rate(brief, brief.assumptions.reply_rate, rows, "replied", settled)
    yield _Stage("replied", rows, len(replied), reply)
    accept = contacts.rate(brief, brief.assumptions.accept_rate, replied, "accepted")
    yield _Stage("agreed", replied, len(agreed), accept)
    if rows["shipped_at"].notna().any():
        shipped = agreed[agreed["shipped_at"].notna() | told(agreed["posted"])]
        yield _shipped(rows, agreed, shipped, brief, as_of)
        agreed = shipped
    yield _Stage(
        POSTED, agreed, int(told(agreed["posted"]).sum()), post_rate(agreed, brief, as_of, offer, live)
    )


def _shipped(
    rows: pd.DataFrame, agreed: pd.DataFrame, shipped: pd.DataFrame, brief: Brief, as_of: pd.Timestamp
) -> _Stage:
    parcel = contacts.shipping_delay(rows, brief, as_of)
    settled = parcel.views(days_between(agreed["contacted_at"], as_of))
    sent = pd.Series(agreed.index.isin(shipped.index), index=agreed.index)
    return _Stage("shipped", agreed, len(shipped), _vague(brief, contacts.trials(agreed, sent, settled)))


def _vague(brief: Brief, seen: Sequence[Trials]) -> Rate:
    return next_rate(VAGUE, brief.assumptions.recruitment_precision, seen)


def post_rate(agreed: pd.DataFrame, brief: Brief, as_of: pd.Timestamp, offer: str, live: Delay) -> Rate:
    """Return the share of the creators who agreed that post in the next campaign.

    agreed: their contacts. live: days from contact to post. A mixed offer pays the share of the agreed that
    the log shows, from `ENOUGH` on, else that of the nano tier above `nano.fee_from`.
    """
    if offer == "mixed":
        gift, fee = (
            post_rate(contacts.offered(agreed, each), brief, as_of, each, live) for each in ("gift", "fee")
        )
        return blended(fee, gift, _paid(agreed, brief))
    settled = live.views(days_between(agreed["contacted_at"], as_of))
    return contacts.rate(brief, brief.assumptions.post_rate(offer), agreed, "posted", settled)


def _paid(agreed: pd.DataFrame, brief: Brief) -> float:
    if len(agreed) >= ENOUGH:
        return float((agreed["offer"] == "fee").mean())
    return brief.nano.paid_share()


def _on_time(rows: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> Iterator[_Stage]:
    due = rows[told(rows["posted"]) & rows["posted_at"].notna() & (rows["due_at"] <= as_of)]
    if due.empty:
        return
    kept = due["posted_at"] <= due["due_at"]
    yield _Stage(
        "on time", due, int(kept.sum()), _vague(brief, contacts.trials(due, kept, np.ones((1, len(due)))))
    )


def _line(stage: _Stage, reached: Floats) -> tuple[object, ...]:
    rate = stage.rate
    return (
        stage.name, len(stage.entered), stage.passed, sum(each.number for each in rate.trials), rate.mean,
        *rate.interval, float(reached.mean()), *cells.interval(reached), rate.basis,
        stage.entered["campaign"].nunique() if rate.trials else 0,
    )  # fmt: skip
