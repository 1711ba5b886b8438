"""Brief + retention -> what a place in an ambassador programme costs, and what it is worth.

An ambassador gets one package and makes one post in each period (`PERIOD_WEEKS`), until it leaves; each
further post of the same ambassador brings a part less, and what comes later counts less. All money is that of
the programme's start.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment.offers import Range
from nanospread.campaign.recruitment.retention import (
    PERIOD_WEEKS,
    PERIODS,
    Retention,
    check_periods,
    losses,
    over,
    survival,
)
from nanospread.core import errors
from nanospread.core.types import Floats

WEEKS_A_YEAR = 52


@dataclass(frozen=True)
class AmbassadorTerms:
    """What a place in the programme costs.

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


def ambassador_terms(brief: Brief) -> AmbassadorTerms:
    """Return what a place costs: 1 / (reply x accept x post x join) contacts, 1 / (post x join) gifts.

    The whole cost of finding is counted, and not what the posts made on the way bring: where a gifted
    campaign runs anyway, its ambassadors are won without it.

    Raises: InputError for ambassador_join of 0.
    """
    join = brief.values.ambassador_join
    if join <= 0:
        raise errors.InputError(f"ambassador_join must be above 0 and at most 1; got {join:g}")
    posts = 1 / join
    values = brief.values
    gifts = posts / values.post_rate_gift
    contacts = gifts / brief.opt_in
    return AmbassadorTerms(
        labour=contacts * values.labour_per_contact,
        goods=gifts * brief.goods,
        contacts=contacts,
        gifts=gifts,
        posts=posts,
        upkeep=brief.goods + values.overhead_per_creator,
        kept=1 - values.ambassador_wear_out,
        factor=(1 + values.discount_rate) ** (-PERIOD_WEEKS / WEEKS_A_YEAR),
    )


@dataclass(frozen=True)
class Place:
    """What one place brings over the periods; intervals are those of retention alone.

    gain: gross profit of a fresh post, as given [money]. worth: of all posts, less upkeep and winning
    [money]. break_even: the gain at which worth is 0 [money]. posts, hired: posts made, and ambassadors won,
    the first among them. by_period: period, active and hired (in it), worth, low, high (up to it). pays_from:
    the period from which worth stays at 0 or more, None where it does not.
    """

    gain: float
    worth: Range
    break_even: Range
    posts: Range
    hired: Range
    by_period: pd.DataFrame
    pays_from: int | None


def place(
    retention: Retention,
    terms: AmbassadorTerms,
    gain: float,
    *,
    periods: int = PERIODS,
    replace: bool = False,
) -> Place:
    """Return what one place is worth if a fresh post brings `gain` [money, gross profit].

    replace: whether who leaves is replaced at the start of the next period, at the cost of winning one; else
    it is the worth of one ambassador, sum over t of S(t - 1) d^(t - 1) [gain kept^(t - 1) - upkeep] - to_win.

    Raises: InputError for periods out of range.
    """
    check_periods(periods)
    hired, active, fresh = _seats(retention, terms.kept, periods, replace)
    later = terms.factor ** np.arange(periods)
    brought = (later * fresh).cumsum(axis=1)
    spent = (later * (terms.upkeep * active + terms.to_win * hired)).cumsum(axis=1)
    worth = [over(retention, each) for each in (gain * brought - spent).T]
    means = {"active": retention.weight @ active, "hired": retention.weight @ hired}
    by_period = pd.DataFrame({"period": np.arange(1, periods + 1), **means})
    by_period[["worth", "low", "high"]] = worth
    even = float(retention.weight @ spent[:, -1]) / float(retention.weight @ brought[:, -1])
    return Place(
        gain=gain,
        worth=worth[-1],
        break_even=over(retention, spent[:, -1] / brought[:, -1])._replace(value=even),
        posts=over(retention, active.sum(axis=1)),
        hired=over(retention, hired.sum(axis=1)),
        by_period=by_period,
        pays_from=_from([each.value for each in worth]),
    )


def _seats(retention: Retention, kept: float, periods: int, replace: bool) -> tuple[Floats, Floats, Floats]:
    """Return ambassadors won, there, and fresh posts that theirs are worth: arrays sBGs x periods.

    Each is a sum over the periods in which the one now there may have been won (a renewal process).
    """
    there = survival(retention.alpha, retention.beta, periods - 1)
    lost = losses(retention.alpha, retention.beta, periods)
    worn = there * kept ** np.arange(periods)
    hired = np.zeros_like(there)
    hired[:, 0] = 1
    for at in range(1, periods if replace else 1):
        hired[:, at] = _one_before_other(hired, lost, at - 1)
    active, fresh = (
        np.stack([_one_before_other(hired, each, at) for at in range(periods)], axis=1)
        for each in (there, worn)
    )
    return hired, active, fresh


def _one_before_other(won: Floats, after: Floats, at: int) -> Floats:
    """Return the sum over s = 0 to `at` of won[s] after[at - s]."""
    return np.asarray((won[:, : at + 1] * after[:, at::-1]).sum(axis=1))


def _from(worth: list[float]) -> int | None:
    """Return the first period from which worth never falls under 0 again."""
    under = [period for period, each in enumerate(worth, start=1) if each < 0]
    first = under[-1] + 1 if under else 1
    return first if first <= len(worth) else None
