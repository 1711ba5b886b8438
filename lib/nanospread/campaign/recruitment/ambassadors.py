"""Brief + retention -> what a place in an ambassador programme costs, and what it is worth.

An ambassador gets one package and makes one post in each period (`PERIOD_WEEKS`), until it leaves; each
further post of the same ambassador brings a part less, and what comes later counts less. All money is that of
the programme's start.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Assumptions, Brief
from nanospread.campaign.recruitment.offers import Range
from nanospread.campaign.recruitment.retention import (
    PERIOD_WEEKS,
    PERIODS,
    Retention,
    check_periods,
    over,
    survival,
)
from nanospread.core import errors

WEEKS_A_YEAR = 52


@dataclass(frozen=True)
class AmbassadorTerms:
    """What a place in the programme costs; numbers, or arrays over worlds.

    labour, goods: to win one ambassador out of gifted creators [money]; contacts, gifts and posts until then
    (mean numbers, the ambassador's own among them). upkeep: of one period [money]. kept: what a post brings
    of the one before. factor: on what comes one period later.
    """

    labour: float
    goods: float
    contacts: float
    gifts: float
    posts: float
    upkeep: float
    kept: float
    factor: float

    @property
    def to_win(self) -> float:
        """The cost to win one ambassador, or to replace one [money]."""
        return self.labour + self.goods


def ambassador_terms(brief: Brief, values: Assumptions[Any] | None = None) -> AmbassadorTerms:
    """Return what a place costs: 1 / (reply x accept x post x join) contacts, 1 / (post x join) gifts.

    values: a number each, or an array over worlds; None for the brief's own.

    The whole cost of finding is counted, and not what the posts made on the way bring: where a gifted
    campaign runs anyway, its ambassadors are won without it.

    Raises: InputError for ambassador_join of 0.
    """
    values = brief.values if values is None else values
    if np.min(values.ambassador_join) <= 0:
        join = float(np.min(values.ambassador_join))
        raise errors.InputError(f"ambassador_join must be above 0 and at most 1; got {join:g}")
    posts, parcel = 1 / values.ambassador_join, values.product_cost + values.shipping
    gifts = posts / values.post_rate_gift
    contacts = gifts / (values.reply_rate * values.accept_rate)
    return AmbassadorTerms(
        labour=contacts * values.labour_per_contact,
        goods=gifts * parcel,
        contacts=contacts,
        gifts=gifts,
        posts=posts,
        upkeep=parcel + values.overhead_per_creator,
        kept=1 - values.ambassador_wear_out,
        factor=(1 + values.discount_rate) ** (-PERIOD_WEEKS / WEEKS_A_YEAR),
    )


@dataclass(frozen=True)
class AmbassadorValue:
    """What one ambassador brings over the periods; intervals are those of retention alone.

    gain: gross profit of a fresh post, as given [money]. worth: of all posts, less upkeep and winning
    [money]. break_even: the gain at which worth is 0 [money]. by_period: worth, low, high up to each period.
    pays_from: the period from which worth stays at 0 or more, None where it does not.
    """

    gain: float
    worth: Range
    break_even: Range
    by_period: pd.DataFrame
    pays_from: int | None


def place(
    retention: Retention, terms: AmbassadorTerms, gain: float, *, periods: int = PERIODS
) -> AmbassadorValue:
    """Return what one ambassador is worth if a fresh post brings `gain` [money, gross profit].

    Sum over t of S(t - 1) d^(t - 1) [gain kept^(t - 1) - upkeep] - to_win; nobody takes the place of who
    leaves. References: model.md C7.

    Raises: InputError for periods out of range.
    """
    check_periods(periods)
    later = np.arange(periods)
    posts = terms.factor**later * survival(retention.alpha, retention.beta, periods - 1)
    brought = (posts * terms.kept**later).cumsum(axis=1)
    spent = terms.to_win + (posts * terms.upkeep).cumsum(axis=1)
    worth = [over(retention, each) for each in (gain * brought - spent).T]
    even = float(retention.weight @ spent[:, -1]) / float(retention.weight @ brought[:, -1])
    under = [period for period, each in enumerate(worth, start=1) if each.value < 0]
    first = under[-1] + 1 if under else 1
    return AmbassadorValue(
        gain=gain,
        worth=worth[-1],
        break_even=over(retention, spent[:, -1] / brought[:, -1])._replace(value=even),
        by_period=pd.DataFrame(worth, columns=["worth", "low", "high"], index=1 + later),
        pays_from=first if first <= periods else None,
    )
