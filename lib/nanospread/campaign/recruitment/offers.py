"""Outreach log + brief -> what a live post costs as a gift or for a fee, and the fee at equality.

A gift is spent when the creator agrees, posted or not; a paid creator gets the goods too, and the fee once
the post is live. With labour l per contact, reply rate r, accept rate a, goods c and shipping s:
gift (c + s + l / (r a)) / p_gift, paid (c + s + l / (r a)) / p_fee + fee. References: model.md C11, V20.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from nanospread.campaign.brief import Brief
from nanospread.campaign.recruitment.funnel import outbound_post_rate
from nanospread.campaign.recruitment.outreach import opt_in_rates, outbound
from nanospread.campaign.recruitment.rates import ENOUGH, Rate, condensed, interval, product
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators import tiers

SIDE = {3: 64, 4: 24}  # cells of each rate, by how many are unknown together
COSTS = ["offer", "opt_in", "post_rate", "cost", "low", "high", "basis"]
STEPS = 81  # of the map, on each side
LEAST_RATE = 0.05  # of the map: a gift that nearly nobody posts for costs without bound


def cost_per_post(
    goods: float, labour: float, opt_in: ArrayLike, posting: ArrayLike, fee: float = 0
) -> Floats:
    """Return the cost of one live post [money].

    goods: product and shipping of one creator [money]. labour: of one contact [money]. opt_in: who agrees of
    those contacted, posting: who posts of those who agree [0-1]. fee: paid once the post is live [money].
    """
    agreed = goods + labour / np.asarray(opt_in, dtype=np.float64)
    return np.asarray(agreed / np.asarray(posting, dtype=np.float64) + fee)


class Range(NamedTuple):
    """A value, and the two ends of its range."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Offers:
    """Gift and fee beside each other, for a creator of `followers`.

    costs: offer, opt_in, post_rate [0-1], cost (per live post at these rates), low, high [money], basis.
    saving: what the gift saves per live post, below 0 where the fee is cheaper [money]. indifference: the fee
    at which both cost the same [money]. break_even: the gift's post rate at which they do; above 1: none
    does. gift_rate: the gift's own. These four have 80 % intervals over the next
    campaign's rates; prices are the brief's. fee: of a creator, for all its `posts`, with the ends of its
    assumption [money]. agreed: what a gifted creator has cost who agrees; before_fee: what a paid
    one has cost who posts, but for the fee [money].
    """

    followers: float
    posts: int
    agreed: float
    before_fee: float
    fee: Range
    costs: pd.DataFrame
    saving: Range
    indifference: Range
    break_even: Range
    gift_rate: Range


def offers(
    outreach: pd.DataFrame, brief: Brief, *, as_of: pd.Timestamp, followers: float | None = None
) -> Offers:
    """Return what a live post costs with a gift and with a fee. followers: None: the nano tier's mean.

    Each offer has an opt-in of its own where the log has `ENOUGH` contacts with either; else they share one,
    and its luck cancels. A post rate is of those who agreed, whether the log tracks parcels or not. A creator
    of several posts costs a part per post, and a gift is one parcel for each; management
    (`overhead_per_creator`) comes with the post.

    Raises: InputError for followers below 1.
    """
    size = _mean_followers(brief.platform) if followers is None else followers
    if not size >= 1:
        raise errors.InputError(f"followers must be 1 or more; got {size:,g}")
    fee = _fee(brief, size)
    gift, paid = _terms(outreach, brief, as_of)
    point = _compared(brief, fee.value, gift.opt_in, paid.opt_in, gift.posting.mean, paid.posting.mean)
    doubt = _compared(brief, fee.value, *_grid(gift, paid))
    ranges = {name: Range(float(point[name]), *interval(doubt[name])) for name in point}
    costs = [
        (offer, terms.opt_in, terms.posting.mean, *ranges[offer], terms.basis)
        for offer, terms in (("gift", gift), ("fee", paid))
    ]
    return Offers(
        followers=size,
        posts=brief.nano.posts,
        agreed=ranges["agreed"].value,
        before_fee=ranges["before_fee"].value,
        fee=fee,
        costs=pd.DataFrame(costs, columns=COSTS),
        saving=ranges["saving"],
        indifference=ranges["indifference"],
        break_even=ranges["break_even"],
        gift_rate=Range(gift.posting.mean, *gift.posting.interval),
    )


def _mean_followers(platform: str) -> float:
    low, high = tiers.ends("nano", platform)
    return float((high - low) / np.log(high / low))


def _fee(brief: Brief, followers: float) -> Range:
    row = brief.assumptions.fee_per_follower_nano
    return Range(*(float(each * followers * brief.nano.posts) for each in (row.central, row.low, row.high)))


class _Terms(NamedTuple):
    reply: Rate
    accept: Rate
    posting: Rate
    shared: bool  # the opt-in is the same unknown as the other offer's

    @property
    def opt_in(self) -> float:
        return self.reply.mean * self.accept.mean

    @property
    def basis(self) -> str:
        bases = {self.reply.basis, self.accept.basis, self.posting.basis}
        return "measured" if bases == {"measured"} else "assumed"


def _terms(outreach: pd.DataFrame, brief: Brief, as_of: pd.Timestamp) -> tuple[_Terms, _Terms]:
    """Return the terms of gift and of fee."""
    contacts = {offer: outbound(outreach, offer) for offer in ("gift", "fee")}
    shared = min(map(len, contacts.values())) < ENOUGH
    both = outbound(outreach, "mixed")
    gift, paid = (
        _Terms(
            *opt_in_rates(both if shared else rows, brief, as_of),
            outbound_post_rate(rows, brief, as_of, offer),
            shared,
        )
        for offer, rows in contacts.items()
    )
    return gift, paid


def _grid(gift: _Terms, paid: _Terms) -> tuple[Floats, ...]:
    """Return opt-in of gift and fee, post rate of gift and fee, every combination of them equally likely."""
    opt_in = [product(each.reply.cells, each.accept.cells) for each in (gift, paid)]
    unknown = [*opt_in[gift.shared :], gift.posting.cells, paid.posting.cells]
    few = [condensed(each, cells=SIDE[len(unknown)]) for each in unknown]
    axes = np.meshgrid(*few, indexing="ij", sparse=True)
    return (axes[0], *axes) if gift.shared else tuple(axes)


def _compared(
    brief: Brief,
    fee: float,
    gift_opt_in: ArrayLike,
    paid_opt_in: ArrayLike,
    gift_rate: ArrayLike,
    paid_rate: ArrayLike,
) -> dict[str, Floats]:
    """Return costs per post by offer, the saving, the fee and gift's rate at 0, and costs on the way."""
    labour, posts = brief.values.labour_per_contact, brief.nano.posts
    gifts, overhead = brief.goods * posts, brief.values.overhead_per_creator
    gift = cost_per_post(gifts, labour, gift_opt_in, gift_rate)
    before_fee = cost_per_post(brief.goods, labour, paid_opt_in, paid_rate)
    agreed = cost_per_post(gifts, labour, gift_opt_in, 1.0)
    return {
        "gift": (gift + overhead) / posts,
        "fee": (before_fee + fee + overhead) / posts,
        "saving": (before_fee + fee - gift) / posts,
        "indifference": gift - before_fee,
        "break_even": agreed / (before_fee + fee),
        "agreed": agreed,
        "before_fee": before_fee,
    }


def offer_map(offers: Offers) -> pd.DataFrame:
    """Return what the gift saves over a grid of its post rate and the fee, at the other rates expected.

    Returns: post_rate [0-1], fee, saving per live post [money], indifference (the fee at which both cost the
    same with this post rate, below 0 where a gift is dearer than a post for nothing but goods) [money]. Fees
    run from 0 to a little past the assumption's and the indifference fee's interval.
    """
    highest = 1.1 * max(offers.fee.high, offers.fee.value, offers.indifference.high, 1.0)
    post_rate, fee = np.meshgrid(np.linspace(LEAST_RATE, 1, STEPS), np.linspace(0, highest, STEPS))
    line = offers.agreed / post_rate - offers.before_fee
    saving = (fee - line) / offers.posts
    columns = {"post_rate": post_rate, "fee": fee, "saving": saving, "indifference": line}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()})
