"""What each creator brings in each world, down the list of contacts until an arm's money is spent.

All arms with the same offer walk down the same list with the same luck, so the arm with less money stops
earlier on the same way: one walk serves all of them, and each takes what was gathered when its money ends.
Worlds are worked through one by one, so blocks and threads cannot change them.
"""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanospread.campaign.simulation import creator_model, draws, money
from nanospread.campaign.simulation.creator_model import (
    TERMS,
    Cast,
    Common,
    CreatorDraws,
    CreatorOutcomes,
    Values,
)
from nanospread.campaign.simulation.draws import Words
from nanospread.campaign.simulation.money import ECONOMICS, Expected
from nanospread.core.compiled import compiled
from nanospread.core.types import Floats

OUTCOMES = (
    *("cost", "profit", "reach", "unique_reach", "engagements", "clicks", "conversions", "revenue"),
    *("posts_live", "contacts", "packages"),
)

WORLD = np.dtype(  # what else is drawn once in each world
    [(name, np.float64) for name in ("accepted", "posted_gift", "posted_fee")]  # chances
    + [(f"macro_{name}", np.float64) for name in CreatorDraws._fields]
    + [(name, np.float64) for name in money.CHANCES]
)
ARM = np.dtype(  # an arm of one offer
    [
        ("place", np.int64),  # of its outcomes
        ("cash", np.float64),  # for nano creators
        ("macro", np.int64),  # place in the cast of macros, or -1
        ("fee", np.float64),  # of the macro
        ("share", np.float64),  # of the budget, on the macro
        ("most", np.float64),  # that may be spent on it
        ("followers", np.float64),  # of it
        ("quoted", np.float64),  # followers of the macro on offer, inf for one that the money buys
    ]
)
BOOKS = np.dtype(  # of one arm in one world
    [("spent", np.float64), ("contacts", np.int64), ("packages", np.int64), ("posts", np.int64)]
)
Record = Any  # one row of an array of these
Worlds = NDArray[Any]  # of WORLD
Settings = NDArray[Any]  # of SETTING: one for each world, or one for all
Arms = NDArray[Any]  # of ARM, least cash first


class Recruits(NamedTuple):
    """What recruitment needs of each creator: key of its draw, parcels it is sent, fee in units of
    `CreatorCosts.fee`, whether paid."""

    recruit: Words
    parcels: Floats
    fee: Floats
    paid: NDArray[np.bool_]


class CreatorCosts(NamedTuple):
    """What a world says of costs [money]; numbers, or arrays over worlds.

    Of a nano creator: labour if contacted, goods of a parcel if it accepts, fee and overhead once it posted.
    capacity: accepted creators that one team can manage. price: of the macro, by follower; 0 where its fee is
    known.
    """

    labour: float
    goods: float
    fee: float
    overhead: float
    capacity: int
    price: float


COSTS = np.dtype([(name, np.int64 if name == "capacity" else np.float64) for name in CreatorCosts._fields])
SETTING = np.dtype(  # all that the brief, or a draw of the beliefs, says of one world
    [("costs", COSTS), ("nano", TERMS), ("macro", TERMS), ("economics", ECONOMICS)]
)
CHUNK = 256  # creators whose words are made at a time: no world walks down the whole list


def settings(parts: Mapping[str, NamedTuple], n: int) -> Settings:
    """Return the parts of a setting, by name, as n records."""
    records = np.empty(n, SETTING)
    for name, part in parts.items():
        for field, value in part._asdict().items():
            records[name][field] = value
    return records


class QuantileTables(NamedTuple):
    """Quantiles that luck is read off: `draws.scores`, `draws.lifts`, `money.cube_roots`, `money.shapes`."""

    scores: NDArray[np.float32]
    lifts: NDArray[np.float32]
    cubes: Floats
    shapes: Floats


def tables(values: Values) -> QuantileTables:
    """Return the tables for these spreads of luck and order values; empty what differs between worlds."""
    sd, cv = creator_model.individual_sd(values), values.order_value_cv
    by_world = isinstance(cv, np.ndarray)
    return QuantileTables(
        draws.scores(),
        np.empty(0, np.float32) if isinstance(sd, np.ndarray) else draws.lifts(sd / math.sqrt(2)),
        np.empty((0, len(draws.GRID))) if by_world else money.cube_roots(cv),
        money.shapes() if by_world else np.empty((0, len(draws.GRID))),
    )


@compiled
def walk(
    recruits: Recruits,
    cast: Cast,
    macros: Cast,
    arms: Arms,
    settings: Settings,
    start: int,
    worlds: Worlds,
    common: Common,
    tables: QuantileTables,
    out: Floats,
) -> None:
    """Work down the list in each world, from number `start` on, and write what each arm came to.

    out: outcomes x arms x worlds, in the order of `OUTCOMES`: all of them, or the first two.
    """
    deals, books = np.empty((len(arms), 3)), np.zeros(len(arms), BOOKS)
    words, posters, n_words = np.empty(len(cast), np.uint64), np.empty(len(cast) + 1, np.uint32), 0
    sums = np.empty((common.demand.shape[1], money.FIELDS))
    for index in range(len(worlds)):
        setting = settings[index if len(settings) > 1 else 0]
        if index == 0 or (start + index) % draws.LANES == 0:
            n_words = 0
        if index == 0 or len(settings) > 1:
            hired(arms, setting.costs.price, deals)
        n_words = recruited(
            recruits, words, n_words, setting.costs, deals, worlds[index], start + index, posters, books
        )
        sums[:] = 0.0
        sums[:, money.MISSED] = 1.0
        done = 0
        for arm in range(len(arms)):
            for place in range(done, books[arm].posts):
                creator = cast[posters[place]]
                luck = creator_model.individual_luck(
                    creator.luck,
                    start + index,
                    setting.nano.own_sd * creator.remaining,
                    tables.scores,
                    tables.lifts,
                )
                outcomes = brings(creator, posters[place], setting.nano, luck, start, index, common, tables)
                gather(sums, creator.niche, outcomes)
            done = books[arm].posts
            deal = deals[arm, FEE], deals[arm, SIZE]
            settle(
                sums,
                books[arm],
                macros,
                arms[arm],
                deal,
                worlds[index],
                setting,
                start,
                index,
                common,
                tables,
                out,
            )


CASH, FEE, SIZE = range(3)


@compiled
def hired(arms: Arms, price: float, deals: Floats) -> None:
    """Write each arm's cash for nano creators, the macro's fee, and its followers against those planned.

    At a price by follower that differs from world to world, a share of the budget buys more or fewer of them,
    at most the macro on offer. Its ER is taken as that of the size planned.
    """
    for arm in range(len(arms)):
        deals[arm, CASH], deals[arm, FEE], deals[arm, SIZE] = arms[arm].cash, arms[arm].fee, 1.0
        if price > 0 and arms[arm].macro >= 0:
            followers = min(arms[arm].most / price, arms[arm].quoted)
            deals[arm, FEE], deals[arm, SIZE] = followers * price, followers / arms[arm].followers
            if arms[arm].cash > 0:
                deals[arm, CASH] += arms[arm].fee - deals[arm, FEE]


@compiled
def recruited(
    recruits: Recruits,
    words: Words,
    n_words: int,
    costs: Record,
    deals: Floats,
    world: Record,
    number: int,
    posters: NDArray[np.uint32],
    books: NDArray[Any],
) -> int:
    """Contact one creator after the other; note who posts, and each arm's books when its money ends.

    Before a contact the whole package is set aside, so no world overspends: goods are gone when accepted, a
    fee is paid for a post. The first creator an arm cannot pay for closes its list. There is no branch on
    luck, which a processor could not foresee. words: the first `n_words` are those of this world; returns how
    many are now.
    """
    recruit, parcels, fees, paid = recruits
    spent, contacts, packages, posts, arm, arms = 0.0, 0, 0, 0, 0, len(deals)
    accepted, gift = draws.cells_under(world.accepted), draws.cells_under(world.posted_gift)
    paying = draws.cells_under(world.posted_fee)
    labour, goods, rate = costs.labour, costs.goods, costs.fee
    overhead, capacity = costs.overhead, costs.capacity
    cash = deals[0, CASH]
    for i in range(len(words)):
        fee, goods_sent = rate * fees[i] + overhead, goods * parcels[i]
        while spent + (labour + goods_sent + fee) > cash and arm < arms:
            close(books[arm], spent, contacts, packages, posts)
            arm += 1
            cash = deals[arm, CASH] if arm < arms else -1.0
        if arm == arms or packages >= capacity:
            break
        if i == n_words:
            n_words = min(n_words + CHUNK, len(words))
            draws.words(recruit[i:n_words], np.uint64(number // draws.LANES), words[i:n_words])
        cell = draws.cell(words[i], number)
        accepts, live = cell < accepted, cell < (paying if paid[i] else gift)
        spent += labour + goods_sent * accepts + fee * live
        posters[posts] = i
        contacts += 1
        packages += accepts
        posts += live
    while arm < arms:
        close(books[arm], spent, contacts, packages, posts)
        arm += 1
    return n_words


@compiled
def close(books: Record, spent: float, contacts: int, packages: int, posts: int) -> None:
    books.spent = spent
    books.contacts = contacts
    books.packages = packages
    books.posts = posts


@compiled
def gather(sums: Floats, niche: int, outcomes: CreatorOutcomes) -> None:
    """Add what a creator brings to the sums of its niche."""
    sums[niche, 0] += outcomes.lifted
    sums[niche, money.ENGAGEMENTS] += outcomes.engagements
    sums[niche, money.AUDIENCE] += outcomes.audience
    sums[niche, money.MISSED] *= outcomes.missed
    sums[niche, money.CLICKS] += outcomes.clicks
    sums[niche, money.ORDERS] += outcomes.orders


@compiled
def brings(
    creator: Record,
    order: int,
    terms: Record,
    luck: CreatorDraws,
    start: int,
    index: int,
    common: Common,
    tables: QuantileTables,
) -> CreatorOutcomes:
    """Return what a creator brings in world start + index."""
    niche = creator.niche
    demand, flop_chance = common.demand[index, niche], common.flop_chance[index, niche]
    return creator_model.brings(
        creator, order, terms, luck, demand, flop_chance, common.alike[index], common.feed, index,
        start + index, tables.scores,
    )  # fmt: skip


@compiled
def settle(
    sums: Floats,
    books: Record,
    macros: Cast,
    arm: Record,
    deal: tuple[float, float],
    world: Record,
    setting: Record,
    start: int,
    index: int,
    common: Common,
    tables: QuantileTables,
    out: Floats,
) -> None:
    """Close the books of one arm in one world: from expected counts to counts, revenue and profit.

    The macro is contracted, so it posts for sure; every arm's macro has the same luck. deal: its fee, and its
    followers against those planned.
    """
    (fee, size), e, share = deal, setting.economics, 0.0
    macro_outcomes, niche = CreatorOutcomes(0.0, 0.0, 0.0, 1.0, 0.0, 0.0), -1
    if arm.macro >= 0:
        niche = int(macros[arm.macro].niche)
        luck = CreatorDraws(world.macro_post, world.macro_true_rate, world.macro_conversion, world.macro_flop)
        macro_outcomes = brings(macros[arm.macro], 0, setting.macro, luck, start, index, common, tables)
        share = arm.share if fee == arm.fee else arm.share * (fee / arm.fee)
        if size != 1.0:
            macro_outcomes = sized(macro_outcomes, size, setting.macro.pool)
    expected = money.overlapped(sums, macro_outcomes, niche, share, e)
    by_macro = money.count(expected.macro_orders, world.macro_orders, world.macro_orders_score)
    by_nano = money.count(expected.nano_orders, world.nano_orders, world.nano_orders_score)
    revenue = money.value_of_orders(by_macro, e, world.macro_values_score, tables.cubes, tables.shapes)
    revenue += money.value_of_orders(by_nano, e, world.nano_values_score, tables.cubes, tables.shapes)
    out[0, arm.place, index] = books.spent + fee
    out[1, arm.place, index] = e.earned * revenue - books.spent - fee
    if len(out) > 2:
        lifted = total(sums, 0), macro_outcomes.lifted
        engaged = total(sums, money.ENGAGEMENTS) + macro_outcomes.engagements
        out[2, arm.place, index] = money.reached(lifted, setting.nano, setting.macro)
        out[3, arm.place, index] = expected.unique
        out[4, arm.place, index] = money.count(engaged, world.engagements, world.engagements_score)
        out[5, arm.place, index] = clicks(expected, by_macro, by_nano, world)
        out[6, arm.place, index] = by_macro + by_nano
        out[7, arm.place, index] = revenue
        out[8, arm.place, index] = books.posts * setting.nano.posts + (
            setting.macro.posts if niche >= 0 else 0
        )
        out[9, arm.place, index] = books.contacts
        out[10, arm.place, index] = books.packages


@compiled
def sized(outcomes: CreatorOutcomes, size: float, pool: float) -> CreatorOutcomes:
    """Return what a creator of `size` times the followers brings."""
    audience = outcomes.audience * size
    return CreatorOutcomes(
        outcomes.lifted * size,
        outcomes.engagements * size,
        audience,
        1 - min(audience / pool, 1.0),
        outcomes.clicks * size,
        outcomes.orders * size,
    )


@compiled
def clicks(expected: Expected, by_macro: float, by_nano: float, world: Record) -> float:
    """Return the clicks beside these orders of macro and nano."""
    macro, nano = expected.macro_orders, expected.nano_orders
    of_macro = money.clicked(
        by_macro, expected.macro_clicks, macro, world.macro_clicks, world.macro_clicks_score
    )
    return of_macro + money.clicked(
        by_nano, expected.nano_clicks, nano, world.nano_clicks, world.nano_clicks_score
    )


@compiled
def total(sums: Floats, field: int) -> float:
    """Return the sum of one field over the niches."""
    added = 0.0
    for niche in range(len(sums)):
        added += sums[niche, field]
    return added


@compiled
def each(
    cast: Cast, every: NDArray[Any], start: int, common: Common, tables: QuantileTables, out: Floats
) -> None:
    """Write what each creator's posts bring in each world: out is `CreatorOutcomes` x creators x worlds.

    every: of TERMS, one for each world, or one for all.
    """
    for i in range(len(cast)):
        for index in range(out.shape[2]):
            terms = every[index if len(every) > 1 else 0]
            luck = creator_model.individual_luck(
                cast[i].luck, start + index, terms.own_sd * cast[i].remaining, tables.scores, tables.lifts
            )
            outcomes = brings(cast[i], i, terms, luck, start, index, common, tables)
            for field, value in enumerate(outcomes):
                out[field, i, index] = value
