"""One creator in one world: what its posts reach, and which clicks and orders to expect.

Follows model.md Simulator, steps 2-7; a post is one feed post and one story. Departures: ER
enters as the mean of log ER of posts, since that is what `engagement` fits, so its post noise has median 1
while reach has mean 1; reach is per nominal follower, so fake followers are not taken off again; a flop has
luck of its own beside the shared one, so that a bad conversion draw is not counted twice.

What a world's creators share (`common`) is drawn here as arrays over worlds; what one creator does with its
own luck (`brings`) is one plain function, which `kernel` runs for each creator and world.
"""

import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import special

from nanospread.campaign.brief import Assumptions, Brief, Side
from nanospread.campaign.simulation import draws
from nanospread.campaign.simulation.draws import MASK
from nanospread.core.compiled import compiled
from nanospread.core.types import Floats

CREATOR = np.dtype(  # one creator as the kernel sees it
    [
        ("niche", np.uint32),  # place in the list of niches
        ("followers", np.float64),
        ("er", np.float64),  # posterior median
        ("log_sd", np.float64),  # of the posterior of log ER
        ("shared", np.float64),  # weight in it of the doubt that all nano creators share, where few are known
        ("sd_post", np.float64),  # spread of the log of one post
        ("mean_noise", np.float64),  # what brings a post's noise to mean 1
        ("engaging", np.float64),  # what its ER does to orders, at the posterior median
        ("above", np.float64),  # log ER against creators alike, where the pull of it is drawn
        ("alike", np.float64),  # half the variance of theirs, likewise
        ("sold", np.float64),  # what its own past sales say of its orders, 1 where there are none
        ("remaining", np.float64),  # part of the sd of its own luck that they leave
        ("luck", np.uint64),  # key of its draws
    ]
)
Cast = NDArray[Any]  # of CREATOR, in the order of contact
Values: TypeAlias = Assumptions[Any]  # each one number, or one for each world


class Terms(NamedTuple):
    """What a world says of every post of one side, nano or macro; numbers, or arrays over worlds."""

    feed_rate: float  # feed reach / followers
    story_rate: float
    orders_per_click: float  # at kappa = 1, flops and luck left out
    click_rate: float  # clicks / followers
    sponsored: float  # engagement of a sponsored post against an organic one
    pull: float  # elasticity of orders in a creator's ER
    flop_keeps: float  # of its orders
    posts: int  # of each creator
    kept: float  # what a further post of the same creator still brings of the one before
    pool: float  # people who follow one niche
    own_sd: float  # log-sd of a creator's own luck of orders


TERMS = np.dtype([(name, np.int64 if name == "posts" else np.float64) for name in Terms._fields])


class Common(NamedTuple):
    """What all creators share in each world: arrays worlds x niches, and worlds x weeks."""

    demand: Floats  # factor on orders, by niche; mean 1
    flop_chance: Floats  # by niche
    feed: Floats  # what the feed gives every post of a week; mean 1
    alike: Floats  # worlds: normal score of the ER of creators alike, against what is expected


class CreatorDraws(NamedTuple):
    """One creator's own luck in one world."""

    post: float  # normal score of its first post
    true_rate: float  # normal score of its ER
    conversion: float  # factor on orders; mean 1
    flop: float  # uniform; under the chance of a flop it flops


class CreatorOutcomes(NamedTuple):
    """What a creator's posts bring: followers x lift, engagements, people reached at least once, the share of
    the niche's people who are missed, clicks and orders (expected, at kappa = 1)."""

    lifted: float
    engagements: float
    audience: float
    missed: float
    clicks: float
    orders: float


def terms(brief: Brief, side: Side, values: Values | None = None) -> Terms:
    """Return the terms for nano or macro at these values; None for the brief's own."""
    values = brief.values if values is None else values
    rates = values.rates_of(side)
    return Terms(
        feed_rate=rates.reach_rate,
        story_rate=rates.story_rate,
        orders_per_click=rates.cvr * (values.advocacy if side == "nano" else 1.0),
        click_rate=rates.reach_rate * values.ctr_feed + rates.story_rate * values.ctr_story,
        sponsored=values.sponsored_multiplier,
        pull=values.er_to_conversion,
        flop_keeps=values.flop_multiplier,
        posts=brief.nano.posts if side == "nano" else brief.macro.posts,
        kept=1 - values.wear_out,
        pool=values.niche_pool,
        own_sd=individual_sd(values),
    )


def common(
    brief: Brief, niches: tuple[str, ...], seed: int, start: int, shared: dict[str, Floats], values: Values
) -> Common:
    """Return what creators share in the worlds from `start` on, whose uniforms are `shared`.

    Luck of orders is sqrt(rho_campaign) Z + sqrt(rho_niche) Z_niche + sqrt(1 - both) of one's own
    (model.md C8).
    """
    campaign = np.sqrt(values.rho_campaign) * special.ndtri(shared["campaign"])
    by_niche = [special.ndtri(draws.of_niche(seed, niche, shared, start)) for niche in niches]
    of_campaign, of_niche = column(values.rho_campaign), column(values.rho_niche)
    together = campaign[:, None] + np.sqrt(of_niche) * np.column_stack(by_niche)
    sd = column(values.conversion_sd)
    return Common(
        demand=np.exp(sd * together - sd**2 * (of_campaign + of_niche) / 2),
        flop_chance=_flop_chance(column(values.flop_rate), together, column(individual_weight(values))),
        feed=_feed(brief, seed, start, special.ndtri(shared["feed"]), values),
        alike=draws.normals(seed, "creators alike", "", len(campaign), start),
    )


def column(value: Any) -> Any:
    """Return numbers of worlds as a column, to stand beside niches or weeks; one number as it is."""
    return value[:, None] if isinstance(value, np.ndarray) else value


MACRO = (0.85, 0.48, 0.22)  # how much conversion, post noise and true rate move a typical macro's orders


def macro_scores(shared: dict[str, Floats]) -> Floats:
    """Return the macro's normal scores of conversion, post noise and true rate: array 3 x worlds.

    Three shared factors are turned so that one of them moves its orders and the others hardly do: the odds
    then hang on one factor, which Sobol points fill best.
    """
    factors = special.ndtri([shared[f"macro {name}"] for name in ("orders luck", "post", "true rate")])
    turn = np.linalg.qr(np.column_stack([MACRO, (0, 1, 0), (0, 0, 1)]))[0]
    return np.asarray(np.sign(turn[0, 0]) * turn @ factors)


def individual_weight(values: Values) -> Any:
    """Return the weight of a creator's own luck beside what it shares with the campaign and its niche."""
    return np.sqrt(np.maximum(0.0, 1 - values.rho_campaign - values.rho_niche))


def individual_sd(values: Values) -> Any:
    """Return the log-sd of a creator's own luck of orders."""
    return values.conversion_sd * individual_weight(values)


def _flop_chance(rate: float | Floats, common: Floats, weight: float | Floats) -> Floats:
    """Return the chance of a flop given the shared luck: Phi((Phi^-1(rate) - common) / weight)."""
    away = special.ndtri(rate) - common
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(weight > 0, special.ndtr(away / weight), away > 0)


def _feed(brief: Brief, seed: int, start: int, lasting: Floats, values: Values) -> Floats:
    """Return the feed's factor in each week: log-normal of mean 1, in part the same over all weeks."""
    sd, memory = column(values.platform_sd), values.platform_memory if brief.weeks > 1 else 1.0
    weeks = [
        np.sqrt(memory) * lasting
        + (
            np.sqrt(1 - memory) * draws.normals(seed, "week", str(k), len(lasting), start)
            if np.min(memory) < 1
            else 0
        )
        for k in range(brief.weeks)
    ]
    return np.asarray(np.exp(sd * np.column_stack(weeks) - sd**2 / 2))


ROOT_HALF = math.sqrt(0.5)
NEXT_POST = np.uint64(0xA5A5A5A5A5A5A5A5)  # turns a creator's key into that of its further posts


@compiled
def individual_luck(
    key: np.uint64, world: int, sd: float, scores: NDArray[np.float32], lifts: NDArray[np.float32]
) -> CreatorDraws:
    """Return a creator's luck in one world, from two words of its stream.

    sd: of the log of its luck of orders; lifts: `draws.lifts` of it, or empty where sd is the world's own.
    """
    bits = draws.word(key, np.uint64(2 * world))
    one, other = (bits >> np.uint64(32)) & MASK, bits >> np.uint64(48)
    if len(lifts):
        conversion = float(lifts[one]) * float(lifts[other])
    else:
        conversion = math.exp(sd * (ROOT_HALF * (float(scores[one]) + float(scores[other])) - sd / 2))
    return CreatorDraws(
        scores[bits & MASK],
        scores[(bits >> np.uint64(16)) & MASK],
        conversion,
        draws.uniform(draws.word(key, np.uint64(2 * world + 1))),
    )


@compiled
def brings(
    creator: Any,
    order: int,
    terms: Terms,
    luck: CreatorDraws,
    demand: float,
    flop_chance: float,
    alike: float,
    feed: Floats,
    index: int,
    world: int,
    scores: NDArray[np.float32],
) -> CreatorOutcomes:
    """Return what a creator brings in one world; order: its place in the list, which sets its first week.

    The mean of orders is clicks x orders per click x (1 - (1 - flop_keeps) Phi(Phi^-1(flop_rate) - rho sd)),
    with rho the shared part of the luck; model.md V16, whose flops are independent, is the case rho = 0.
    """
    lifted, clicking, engaged, missing = 0.0, 0.0, 0.0, 1.0
    wear, score, weeks = 1.0, luck.post, feed.shape[1]
    for post in range(terms.posts):
        if post:
            key = creator.luck ^ NEXT_POST
            score = scores[draws.word(key, np.uint64(world * terms.posts + post)) & MASK]
            wear *= terms.kept
        noise = np.exp(creator.sd_post * score) * feed[index, (order + post) % weeks if weeks > 1 else 0]
        lift = noise * creator.mean_noise
        lifted += lift
        clicking += lift * wear
        engaged += noise
        missing *= (1 - min(terms.feed_rate * lift, 1.0)) * (1 - min(terms.story_rate * lift, 1.0))
    above = creator.log_sd * luck.true_rate
    if creator.shared > 0:  # few creators leave the mean of all in doubt, and further ones share that doubt
        own_share = math.sqrt(1 - creator.shared * creator.shared)
        above = creator.log_sd * (own_share * luck.true_rate + creator.shared * alike)
    engagements = creator.followers * creator.er * np.exp(above) * engaged * terms.sponsored
    audience = creator.followers * (1 - missing)
    clicks = creator.followers * clicking * terms.click_rate
    flop_factor = terms.flop_keeps if luck.flop < flop_chance else 1.0
    alike = terms.pull * creator.above - terms.pull * terms.pull * creator.alike  # 0 where pull is fixed
    engaging = creator.engaging * np.exp(terms.pull * above + alike)
    orders = clicks * terms.orders_per_click * engaging * demand * luck.conversion * flop_factor
    orders *= creator.sold
    missed = 1 - min(audience / terms.pool, 1.0)
    return CreatorOutcomes(creator.followers * lifted, engagements, audience, missed, clicks, orders)
