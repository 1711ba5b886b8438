"""What an arm's posts bring on average in one world -> counts of orders and clicks, revenue and profit.

Each click and each order is Poisson given the world, so the sum over creators is one Poisson of the summed
mean: exact, at a cost that does not grow with the number of creators. Counts and revenue come by inversion
from shared factors, so that arms meet the same luck and more of what helps never hurts in any world.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from nanospread.campaign.brief import earned_share
from nanospread.campaign.simulation import draws
from nanospread.campaign.simulation.creator_model import CreatorOutcomes, Terms, Values
from nanospread.core.compiled import compiled
from nanospread.core.types import Floats

FIELDS = len(CreatorOutcomes._fields)
_, ENGAGEMENTS, AUDIENCE, MISSED, CLICKS, ORDERS = range(FIELDS)

SMALL = 12.0  # mean under which a Poisson count is found step by step
LEAST_CV = 1e-6  # of order values, under which they are all alike
SETTLED = 8.0  # shape from which the cube root of a Gamma is a straight line in its normal score


class Economics(NamedTuple):
    """What a world says of orders and money; numbers, or arrays over worlds.

    halo, undercut: what a macro's presence adds to nano orders and takes from its own, per share of the
    budget and in a mix.
    """

    kappa: float
    order_value: float
    order_value_cv: float
    earned: float  # share of revenue, before the campaign's cost
    repeat: float  # clicks of a second contact with the same person, relative to the first
    pool: float  # people of one niche
    market: float  # people of all niches
    halo: float
    undercut: float


ECONOMICS = np.dtype([(name, np.float64) for name in Economics._fields])


def economics(values: Values) -> Economics:
    """Return the economics of these values."""
    return Economics(
        kappa=values.kappa,
        order_value=values.order_value,
        order_value_cv=values.order_value_cv,
        earned=earned_share(values),
        repeat=values.repeat_click_weight,
        pool=values.niche_pool,
        market=values.market_pool,
        halo=values.macro_halo,
        undercut=values.nano_first,
    )


SIDES = [f"{side}_{what}" for what in ("orders", "clicks") for side in ("macro", "nano")]
CHANCES = [  # uniforms and normal scores
    *SIDES, *(f"{name}_score" for name in SIDES), "macro_values_score", "nano_values_score", "engagements",
    "engagements_score",
]  # fmt: skip


def chances(shared: dict[str, Floats]) -> dict[str, Floats]:
    """Return the luck of counts and money in each world, by its name in `CHANCES`."""
    uniform = {name: shared[name.replace("_", " ")] for name in [*SIDES, "engagements"]}
    values = {f"{side}_values_score": shared[f"{side} order values"] for side in ("macro", "nano")}
    scored = {f"{name}_score": each for name, each in uniform.items()} | values
    return uniform | {name: special.ndtri(each) for name, each in scored.items()}


@compiled
def count(mean: float, uniform: float, score: float) -> float:
    """Return the Poisson count at this uniform, whose normal score is `score`; a mean of 0 gives 0.

    Step by step under a mean of 12, by Giles' expansion above, whose count is off by one in fewer than 1 of
    1,000 draws (ACM TOMS 42:7, 2016).
    """
    if mean < SMALL:
        events, term = 0.0, np.exp(-mean)
        total = term
        while uniform > total and term > 1e-18:
            events += 1.0
            term *= mean / events
            total += term
        return events
    root, square = math.sqrt(mean), score * score
    near = mean + root * score + (2 + square) / 6 - score * (2 + square) / (72 * root)
    return max(0.0, math.floor(near + (square * square / 270 + 7 * square / 810 - 8 / 405) / mean))


@compiled
def value_of_orders(orders: float, e: Economics, score: float, cubes: Floats, shapes: Floats) -> float:
    """Return the revenue of so many orders [money], each Gamma with this mean and sd / mean.

    A sum of n independent Gamma(1 / cv^2) is Gamma(n / cv^2), so one draw replaces n; the log-normal of
    model.md A5 with the same mean and CV has no such sum. The cube root of a Gamma is nearly normal (Wilson
    and Hilferty 1931); few orders are read off its exact quantiles: `cubes`, or `shapes` where the CV is the
    world's own. No orders, no revenue.
    """
    cv = e.order_value_cv
    if orders < 1 or cv < LEAST_CV:
        return orders * e.order_value
    place, shape = int(orders), orders / (cv * cv)
    if place < len(cubes):
        root = draws.between(cubes[place], score)
    elif len(shapes) and shape < SETTLED:
        step = min(max((math.log(shape) - LEAST_SHAPE) * SHAPE_STEPS, 0.0), len(shapes) - 1.001)
        at = int(step)
        low, high = draws.between(shapes[at], score), draws.between(shapes[at + 1], score)
        root = low + (step - at) * (high - low)
    else:
        spread = cv * cv / (9 * orders)
        root = max(1 - spread + np.sqrt(spread) * score, 0.0)
    return orders * e.order_value * root * root * root


@lru_cache
def cube_roots(cv: float) -> Floats:
    """Return the cube root of n orders' revenue over its mean, orders x scores (row 0 is unused)."""
    most = int(np.ceil(SETTLED * cv**2)) if cv >= LEAST_CV else 0
    shapes = np.arange(1, most + 1)[:, None] / cv**2 if most else np.empty((0, 1))
    exact = special.gammaincinv(shapes, special.ndtr(draws.GRID)) / shapes
    return np.vstack([np.zeros((1, len(draws.GRID))), np.cbrt(exact)])


LEAST_SHAPE, N_SHAPES = math.log(0.05), 60
SHAPE_STEPS = (N_SHAPES - 1) / (math.log(SETTLED) - LEAST_SHAPE)


@lru_cache
def shapes() -> Floats:
    """Return the cube root of a Gamma over its mean, shapes (equal steps of the log) x scores."""
    each = np.exp(LEAST_SHAPE + np.arange(N_SHAPES) / SHAPE_STEPS)[:, None]
    return np.asarray(np.cbrt(special.gammaincinv(each, special.ndtr(draws.GRID)) / each))


class Expected(NamedTuple):
    """What to expect of an arm in one world: people reached, and clicks and orders of macro and nano."""

    unique: float
    macro_clicks: float
    macro_orders: float
    nano_clicks: float
    nano_orders: float


@compiled
def overlapped(
    sums: Floats, macro: CreatorOutcomes, macro_niche: int, share: float, e: Economics
) -> Expected:
    """Return what an arm brings after its audiences overlapped.

    sums: niches x `CreatorOutcomes`, over the arm's nano creators. macro_niche: -1 for none. Audiences
    overlap at random inside a niche, and niches inside the market (Sainsbury, model.md C1).
    """
    once, missing = 0.0, 1.0
    for niche in range(len(sums)):
        people = _people(sums, macro, niche == macro_niche, niche, e.pool)
        once += people
        missing *= 1 - min(people / e.market, 1.0)
    everybody = e.market * (1 - missing)
    saturation = _ratio(everybody, once)
    macro_clicks, macro_orders, clicks, orders = 0.0, 0.0, 0.0, 0.0
    for niche in range(len(sums)):
        with_macro = niche == macro_niche
        contacts = sums[niche, AUDIENCE] + (macro.audience if with_macro else 0.0)
        new = _ratio(_people(sums, macro, with_macro, niche, e.pool), contacts) * saturation
        worth = e.repeat + (1 - e.repeat) * new
        clicks += worth * sums[niche, CLICKS]
        orders += worth * sums[niche, ORDERS]
        if with_macro:
            macro_clicks, macro_orders = worth * macro.clicks, worth * macro.orders
    lasting = 1 - e.undercut if sums[:, 0].max() > 0 else 1.0  # somebody posted
    nano_orders = orders * e.kappa * (1 + e.halo * share)
    return Expected(everybody, macro_clicks, macro_orders * e.kappa * lasting, clicks, nano_orders)


@compiled
def _people(sums: Floats, macro: CreatorOutcomes, with_macro: bool, niche: int, pool: float) -> float:
    """Return the people of one niche who are reached at least once."""
    return float(pool * (1 - sums[niche, MISSED] * (macro.missed if with_macro else 1.0)))


@compiled
def _ratio(part: float, total: float) -> float:
    return part / total if total > 0 else 1.0


@compiled
def clicked(orders: float, clicks: float, expected_orders: float, uniform: float, score: float) -> float:
    """Return the clicks beside these orders, which are a thinning of the clicks.

    Where kappa makes more orders than clicks, a normal stands for the binomial of those that were seen.
    """
    if clicks == 0:
        return 0.0
    if clicks >= expected_orders:
        return orders + count(clicks - expected_orders, uniform, score)
    seen = clicks / expected_orders
    near = orders * seen + math.sqrt(orders * seen * (1 - seen)) * score
    return min(max(float(round(near)), 0.0), orders)


@compiled
def reached(lifted: tuple[float, float], nano: Terms, macro: Terms) -> float:
    """Return the reach of feed and story posts, people counted once for each; lifted: of nano and macro."""
    return lifted[0] * (nano.feed_rate + nano.story_rate) + lifted[1] * (macro.feed_rate + macro.story_rate)
