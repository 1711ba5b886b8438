"""The plain notebook loop of the model that `nanospread.simulate` runs: world by world, numpy over creators.

What a competent analyst writes first: constants and the creators' columns outside the loop; inside, one call
of numpy for each thing that all creators of the list do, and numpy's own generator and distributions.

It takes the package's brief and creators, and tells their story anew from model.md Simulator, so it also
checks the package (tests/test_peers.py). It knows what the bench's campaign has: gifts, one post each, one
week, no switches.
"""

from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from nanospread.campaign.brief import Brief, earned_share
from nanospread.campaign.simulation import arms, creator_list, kernel
from nanospread.core import errors
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

Given = SimpleNamespace  # the brief's assumptions by name, and what follows from them alone

ARMS = ("macro", "nano_gift")


class Side(NamedTuple):
    """The creators of one arm as columns, and what the brief says of such creators."""

    niche: NDArray[np.intp]
    followers: Floats
    er: Floats  # posterior median
    log_sd: Floats
    sd_post: Floats
    engaging: Floats  # what its ER does to orders, at the posterior median
    feed_rate: float
    story_rate: float
    orders_per_click: float  # at kappa = 1


class Brought(NamedTuple):
    """What creators' posts bring in one world, one value for each; clicks and orders are expected ones."""

    reach: Floats
    engagements: Floats
    audience: Floats
    clicks: Floats
    orders: Floats


class Books(NamedTuple):
    """What recruitment comes to in one world: money, contacts, accepted gifts, and who posts (0 or 1)."""

    cost: float
    contacts: int
    packages: int
    posted: Floats


def worlds(model: EngagementModel, brief: Brief, n_worlds: int, seed: int) -> pd.DataFrame:
    """Return the outcomes of macro and nano_gift, as `simulation.campaign`: one row per arm and world.

    Raises: InputError for a brief with switches, several posts or several weeks.
    """
    if brief.switches or max(brief.nano.posts, brief.macro.posts, brief.weeks) > 1:
        raise errors.InputError("the loop knows one post in one week, and no switches")
    random, given = np.random.default_rng(seed), _given(brief)
    nano, macro = sides(model, brief, given)
    deal = Books(brief.deal().fee, 0, 0, np.ones(1))
    found = np.empty((len(ARMS), n_worlds, len(kernel.OUTCOMES)))
    for world in range(n_worlds):
        common = np.sqrt(given.rho_campaign) * random.standard_normal()
        common = common + np.sqrt(given.rho_niche) * random.standard_normal(given.niches)
        feed = np.exp(given.platform_sd * random.standard_normal() - given.platform_sd**2 / 2)
        books = recruited(len(nano.niche), given, brief.budget, random)
        found[0, world] = settled(macro, deal, brought(macro, given, common, feed, random), given, random)
        found[1, world] = settled(nano, books, brought(nano, given, common, feed, random), given, random)
    return _frame(found)


def _frame(found: Floats) -> pd.DataFrame:
    frames = [pd.DataFrame(rows, columns=kernel.OUTCOMES) for rows in found]
    frame = pd.concat(frames, keys=ARMS, names=["arm", "world"]).reset_index()
    roi = (frame["profit"] / frame["cost"].where(frame["cost"] > 0)).fillna(0.0)
    return frame.assign(arm=pd.Categorical(frame["arm"], ARMS, ordered=True), roi=roi)


def _given(brief: Brief) -> Given:
    given = Given(**{name: brief.value(name) for name in brief.assumptions})
    given.goods = given.product_cost + given.shipping
    given.earned = earned_share(brief.values)
    given.own = np.sqrt(1 - given.rho_campaign - given.rho_niche)
    given.flop_score = special.ndtri(given.flop_rate)
    return given


def sides(model: EngagementModel, brief: Brief, given: Given) -> tuple[Side, Side]:
    """Return the nano creators of the list, and the macro; their number of niches becomes known."""
    nano = arms.listed(model, brief)
    macro = creator_list.macros(model, brief, [brief.deal().followers])
    niches = list(dict.fromkeys([*brief.niches, *macro["niche"]]))
    given.niches = len(niches)
    of_nano = given.reach_rate_nano, given.story_rate_nano, given.cvr_nano * given.advocacy
    of_macro = given.reach_rate_macro, given.story_rate_macro, given.cvr_macro
    return _side(nano, niches, given, *of_nano), _side(macro, niches, given, *of_macro)


def _side(
    rows: pd.DataFrame, niches: list[str], given: Given, feed_rate: float, story_rate: float, cvr: float
) -> Side:
    pull, above_alike = given.er_to_conversion, rows["log_mean"] - rows["alike_mean"]
    return Side(
        niche=rows["niche"].map(niches.index).to_numpy(),
        followers=rows["followers"].to_numpy(dtype=np.float64),
        er=np.exp(rows["log_mean"].to_numpy()),
        log_sd=rows["log_sd"].to_numpy(),
        sd_post=rows["sd_post"].to_numpy(),
        engaging=np.exp(pull * above_alike - (pull * rows["alike_sd"]) ** 2 / 2).to_numpy(),
        feed_rate=feed_rate,
        story_rate=story_rate,
        orders_per_click=cvr,
    )


def recruited(n: int, given: Given, budget: float, random: np.random.Generator) -> Books:
    """Return the books of a list of n in one world: contacted while contact, gift and post can be paid."""
    reply, accept, post = (
        random.beta(mean * given.recruitment_precision, (1 - mean) * given.recruitment_precision)
        for mean in (given.reply_rate, given.accept_rate, given.post_rate_gift)
    )
    chance = random.random(n)
    accepted, posted = chance < reply * accept, chance < reply * accept * post
    price = given.labour_per_contact + given.goods * accepted + given.overhead_per_creator * posted
    spent = np.cumsum(price)
    whole = given.labour_per_contact + given.goods + given.overhead_per_creator
    contacted = spent - price + whole <= budget
    contacts = int(contacted.sum())
    cost = float(spent[contacts - 1]) if contacts else 0.0
    return Books(cost, contacts, int((accepted & contacted).sum()), (posted & contacted).astype(np.float64))


def brought(side: Side, given: Given, common: Floats, feed: float, random: np.random.Generator) -> Brought:
    """Return what each creator's posts bring if it posts; common: luck of orders by niche."""
    post, true_rate, conversion, flop = random.standard_normal((4, len(side.followers)))
    noise = feed * np.exp(side.sd_post * post)
    lift = noise * np.exp(-(side.sd_post**2) / 2)
    above, shared = side.log_sd * true_rate, common[side.niche]
    sd = given.conversion_sd
    luck = np.exp(sd * (shared + given.own * conversion) - sd**2 / 2)
    kept = np.where(shared + given.own * flop < given.flop_score, given.flop_multiplier, 1.0)
    feed_reach, story_reach = side.feed_rate * lift, side.story_rate * lift
    missed = (1 - np.minimum(feed_reach, 1)) * (1 - np.minimum(story_reach, 1))
    clicks = side.followers * (feed_reach * given.ctr_feed + story_reach * given.ctr_story)
    engaging = side.engaging * np.exp(given.er_to_conversion * above)
    return Brought(
        reach=side.followers * (feed_reach + story_reach),
        engagements=side.followers * side.er * np.exp(above) * noise * given.sponsored_multiplier,
        audience=side.followers * (1 - missed),
        clicks=clicks,
        orders=clicks * side.orders_per_click * engaging * luck * kept,
    )


def settled(
    side: Side, books: Books, each: Brought, given: Given, random: np.random.Generator
) -> list[float]:
    """Return the outcomes of one arm in one world, in the order of `kernel.OUTCOMES`."""
    reach, engagements = books.posted @ each.reach, books.posted @ each.engagements
    people, clicking, ordering = overlapped(side, books.posted, each, given)
    orders = random.poisson(given.kappa * ordering)
    clicks = _clicks(orders, clicking, given.kappa * ordering, random)
    revenue = random.gamma(orders / given.order_value_cv**2, given.order_value * given.order_value_cv**2)
    profit = given.earned * revenue - books.cost
    engaged, posts = random.poisson(engagements), books.posted.sum()
    counts = posts, books.contacts, books.packages
    return [books.cost, profit, reach, people, engaged, clicks, orders, revenue, *counts]


def overlapped(side: Side, posted: Floats, each: Brought, given: Given) -> tuple[float, float, float]:
    """Return the people reached at least once, and the clicks and orders to expect, at kappa = 1.

    Audiences overlap at random in their niche, and niches in the market (Sainsbury); whoever is met again
    clicks `repeat_click_weight` times as often.
    """
    audience, clicks, orders = (
        np.bincount(side.niche, posted * column, given.niches)
        for column in (each.audience, each.clicks, each.orders)
    )
    missed = np.bincount(side.niche, np.log1p(-posted * each.audience / given.niche_pool), given.niches)
    people = -given.niche_pool * np.expm1(missed)
    everybody = -given.market_pool * np.expm1(np.log1p(-people / given.market_pool).sum())
    if everybody == 0:
        return 0.0, 0.0, 0.0
    new = np.divide(people, audience, out=np.ones_like(people), where=audience > 0) * everybody / people.sum()
    worth = given.repeat_click_weight + (1 - given.repeat_click_weight) * new
    return everybody, worth @ clicks, worth @ orders


def _clicks(orders: int, clicking: float, ordering: float, random: np.random.Generator) -> int:
    """Return the clicks beside these orders, which are a thinning of them; more orders came without."""
    if clicking >= ordering:
        return orders + random.poisson(clicking - ordering)
    return random.binomial(orders, clicking / ordering)
