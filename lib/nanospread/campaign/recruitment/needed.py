"""Funnel -> how many creators to contact for enough live posts by a date, by quantile and not by mean.

Creators who write first (`inbound`) need no contact, and their posts count too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment.funnel import Funnel, post_rate
from nanospread.campaign.recruitment.outreach import Delay, days_between, delay_until, offered, rate_of, true
from nanospread.campaign.recruitment.rates import CELLS, Rate, condensed, product
from nanospread.core import errors
from nanospread.core.formatting import counted
from nanospread.core.types import Floats

LONGEST = 20_000  # contacts: more than anybody can make, and as many as the simulation lists
INBOUND_CELLS = 64
WEEK = 7.0  # [days]
STEPS = 24  # moments of the time until a date at which creators are taken to write


@dataclass(frozen=True, eq=False)
class InboundCreators:
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
        joined = product(self.accept.cells, self.post.cells)
        return np.asarray(product(self.weekly, joined) * days / WEEK * in_time)


def inbound(outreach: pd.DataFrame, brief: Brief, *, as_of: pd.Timestamp) -> InboundCreators | None:
    """Return the creators who wrote first, counted from the log's first contact on.

    None where nobody did, or no contact has a date.

    Their number a week is a gamma-Poisson with Jeffreys' prior; their accept and post rates start from the
    same assumptions as everybody's.
    """
    offer = brief.nano.offer
    mine = offered(outreach, offer)
    rows, dated = mine[true(mine["inbound"])], mine["contacted_at"].dropna()
    if rows.empty or dated.empty:
        return None
    weeks = max(float(days_between(dated, as_of).max()) / WEEK, 1.0)
    levels = (np.arange(CELLS) + 0.5) / CELLS
    weekly = np.asarray(special.gammaincinv(len(rows) + 0.5, levels) / weeks, dtype=np.float64)
    live = delay_until("posted", mine, brief, as_of)
    agreed = rows[true(rows["accepted"])]
    accept = rate_of(brief, brief.assumptions.accept_rate, rows, "accepted")
    return InboundCreators(
        len(rows), weeks, weekly, accept, post_rate(agreed, brief, as_of, offer, live), live
    )


def as_is(outreach: pd.DataFrame, brief: Brief) -> Rate:
    """Return the share of agreed briefs that the next campaign's creators take without a change of terms.

    Told by the accepted contacts, of any offer and inbound too, where the log says so; else assumed.
    """
    agreed = outreach[true(outreach["accepted"]) & outreach["as_is"].notna()]
    return rate_of(brief, brief.assumptions.as_is_rate, agreed, "as_is")


@dataclass(frozen=True)
class RequiredContacts:
    """How many contacts reach at least `posts` live posts within `days` of contact with probability `chance`.

    reached: the probability with that number. inbound: posts expected from creators who write first. naive
    and naive_chance: the number that the mean rate asks for, and the probability with it. basis: measured
    where replies, agreements, posts and their delay are.
    """

    contacts: int
    reached: float
    naive: int
    naive_chance: float
    posts: int
    days: float
    chance: float
    inbound: float
    basis: str


def needed(
    funnel: Funnel, *, posts: int, days: float, chance: float = 0.9, inbound: InboundCreators | None = None
) -> RequiredContacts:
    """Return the contacts needed, all made at the start, for at least `posts` live posts within `days`.

    chance: 0.5 to 0.999. inbound: creators who write first, whose posts count too; None: nobody.

    Raises: InputError where even `LONGEST` contacts do not reach it, or for an impossible wish.
    """
    _check(posts, days, chance)
    odds = _Odds(funnel.posting_by(days), _by_themselves(inbound, days))
    most = odds.of(LONGEST, posts)
    if most < chance:
        raise errors.InputError(
            f"{counted(posts, 'post')} within {days:g} days cannot be had at a chance of {chance:g}: even "
            f"{LONGEST:,} contacts reach {most:.3f}; ask for fewer posts, more days or a smaller chance"
        )
    enough = _smallest(odds, posts, chance)
    extra = float(odds.inbound.mean()) if odds.inbound.size else 0.0
    naive = min(max(0, math.ceil((posts - extra) / float(odds.rate.mean()))), LONGEST)
    return RequiredContacts(
        enough,
        odds.of(enough, posts),
        naive,
        odds.of(naive, posts),
        posts,
        days,
        chance,
        extra,
        _basis(funnel),
    )


def _check(posts: int, days: float, chance: float) -> None:
    for name, value, low, high in (
        ("posts", posts, 1, 10_000),
        ("days", days, 1, 3650),
        ("chance", chance, 0.5, 0.999),
    ):
        if not low <= value <= high:
            raise errors.InputError(f"{name} must be from {low:,} to {high:,}; got {value:,}")


def _by_themselves(inbound: InboundCreators | None, days: float) -> Floats:
    return np.zeros(0) if inbound is None else condensed(inbound.posts_by(days), cells=INBOUND_CELLS)


class _Odds:
    """The chance of enough posts: binomial at each cell of the rate, Poisson of inbound posts."""

    def __init__(self, rate: Floats, inbound: Floats) -> None:
        self.rate, self.inbound = np.clip(rate, 0.0, 1.0), inbound

    def of(self, contacts: int, posts: int) -> float:
        """Return P(at least so many posts | so many contacts)."""
        if not self.inbound.size:
            return float(self._outbound(contacts, np.array([posts]))[0])
        most = float(self.inbound[-1])
        came = np.arange(min(posts, math.ceil(most + 8 * math.sqrt(most) + 10)))
        chance = (
            special.xlogy(came[:, None], self.inbound) - self.inbound - special.gammaln(came + 1)[:, None]
        )
        enough = float(special.pdtrc(posts - 1, self.inbound).mean())
        return float(np.exp(chance).mean(axis=1) @ self._outbound(contacts, posts - came)) + enough

    def _outbound(self, contacts: int, missing: NDArray[np.int64]) -> Floats:
        """Return P(at least so many) of outbound posts, for each number that is missing."""
        reachable = missing <= contacts
        chance = special.bdtrc(np.where(reachable, missing - 1.0, 0.0)[:, None], contacts, self.rate)
        return np.where(reachable, chance.mean(axis=1), 0.0)


def _smallest(odds: _Odds, posts: int, chance: float) -> int:
    """Return the fewest contacts that reach the chance, which rises with them."""
    low, high = -1, LONGEST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if odds.of(middle, posts) >= chance else (middle, high)
    return high


def _basis(funnel: Funnel) -> str:
    stages = funnel.stages.set_index("stage")["basis"].reindex(["replied", "agreed", "posted"])
    return "measured" if (stages == "measured").all() and funnel.live.basis == "measured" else "assumed"


def needed_curve(
    funnel: Funnel,
    contacts: ArrayLike,
    *,
    posts: Sequence[int],
    days: float,
    inbound: InboundCreators | None = None,
) -> pd.DataFrame:
    """Return the chance of at least so many live posts within `days`, by contacts.

    Returns: posts, contacts, chance [0-1].
    """
    odds = _Odds(funnel.posting_by(days), _by_themselves(inbound, days))
    rows = [(wish, int(n), odds.of(int(n), wish)) for wish in posts for n in np.asarray(contacts).ravel()]
    return pd.DataFrame(rows, columns=["posts", "contacts", "chance"])
