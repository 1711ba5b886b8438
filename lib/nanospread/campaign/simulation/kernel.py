"""What each creator brings in each world, down the list of contacts until an arm's money is spent.

All arms with the same offer walk down the same list with the same luck, so the arm with less money stops
earlier on the same way: one walk serves all of them, and each takes what was gathered when its money ends.
Worlds are worked through one by one, so blocks and threads cannot change them.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import creator_model, draws, money
from nanospread.campaign.simulation.compiled import compiled
from nanospread.campaign.simulation.creator_model import Brought, Cast, Common, Luck, Terms
from nanospread.campaign.simulation.draws import Words
from nanospread.campaign.simulation.money import Economics, Expected
from nanospread.core.types import Floats

OUTCOMES = (
    *("cost", "profit", "reach", "unique_reach", "engagements", "clicks", "conversions", "revenue"),
    *("posts_live", "contacts", "packages"),
)

WORLD = np.dtype(  # what else is drawn once in each world
    [(name, np.float64) for name in ("accepted", "posted_gift", "posted_fee")]  # chances
    + [(f"macro_{name}", np.float64) for name in ("post", "true_rate", "conversion", "flop")]  # as `Luck`
    + [(name, np.float64) for name in money.CHANCES]
)
ARM = np.dtype(  # an arm of one offer
    [
        ("place", np.int64),  # of its outcomes
        ("cash", np.float64),  # for nano creators
        ("macro", np.int64),  # place in the cast of macros, or -1
        ("fee", np.float64),  # of the macro
        ("share", np.float64),  # of the budget, on the macro
    ]
)
BOOKS = np.dtype(  # of one arm in one world
    [("spent", np.float64), ("contacts", np.int64), ("packages", np.int64), ("posts", np.int64)]
)
Record = Any  # one row of an array of these
Worlds = NDArray[Any]  # of WORLD
Arms = NDArray[Any]  # of ARM, least cash first


class Roll(NamedTuple):
    """What recruitment needs of each creator: key of its draw, fee [money], and whether it is paid."""

    recruit: Words
    fee: Floats
    paid: NDArray[np.bool_]


class Offer(NamedTuple):
    """What any nano creator costs [money]: labour if contacted, goods if it accepts.

    capacity: accepted creators that one team can manage.
    """

    labour: float
    goods: float
    capacity: int


class Play(NamedTuple):
    """What the brief and the seed say of every creator of every world."""

    offer: Offer
    nano: Terms
    macro: Terms
    economics: Economics
    start: int  # number of the first world


class Tables(NamedTuple):
    """Quantiles that luck is read off: `draws.scores`, `draws.lifts` and `money.cube_roots`."""

    scores: NDArray[np.float32]
    lifts: NDArray[np.float32]
    cubes: Floats


def tables(brief: Brief) -> Tables:
    """Return the tables for the brief's spreads of luck and order values."""
    lifts = draws.lifts(creator_model.individual_sd(brief) / math.sqrt(2))
    return Tables(draws.scores(), lifts, money.cube_roots(brief.values.order_value_cv))


@compiled
def walk(
    roll: Roll,
    cast: Cast,
    macros: Cast,
    arms: Arms,
    play: Play,
    worlds: Worlds,
    common: Common,
    tables: Tables,
    out: Floats,
) -> None:
    """Work down the list in each world and write what each arm came to.

    out: outcomes x arms x worlds, in the order of `OUTCOMES`: all of them, or the first two.
    """
    recruit, fee, paid = roll
    books, posters = np.zeros(len(arms), BOOKS), np.empty(len(cast) + 1, np.uint32)
    words, sums = np.empty(len(cast), np.uint64), np.empty((common.demand.shape[1], money.FIELDS))
    for at in range(len(worlds)):
        if at == 0 or (play.start + at) % draws.LANES == 0:
            draws.words(recruit, np.uint64((play.start + at) // draws.LANES), words)
        recruited(words, fee, paid, play.offer, arms, worlds[at], play.start + at, posters, books)
        sums[:] = 0.0
        sums[:, money.MISSED] = 1.0
        done = 0
        for arm in range(len(arms)):
            for place in range(done, books[arm].posts):
                creator = cast[posters[place]]
                luck = creator_model.individual_luck(
                    creator.luck, play.start + at, tables.scores, tables.lifts
                )
                brought = brings(creator, posters[place], play.nano, luck, play.start, at, common, tables)
                gather(sums, creator.niche, brought)
            done = books[arm].posts
            settle(sums, books[arm], macros, arms[arm], worlds[at], play, at, common, tables, out)


@compiled
def recruited(
    words: Words,
    fee: Floats,
    paid: NDArray[np.bool_],
    offer: Offer,
    arms: Arms,
    world: Record,
    number: int,
    posters: NDArray[np.uint32],
    books: NDArray[Any],
) -> None:
    """Contact one creator after the other; note who posts, and each arm's books when its money ends.

    Before a contact the whole package is set aside, so no world overspends: goods are gone when accepted, a
    fee is paid for a post. The first creator an arm cannot pay for closes its list. There is no branch on
    luck, which a processor could not foresee.
    """
    spent, contacts, packages, posts, arm = 0.0, 0, 0, 0, 0
    accepted, gift = draws.cells_under(world.accepted), draws.cells_under(world.posted_gift)
    paying = draws.cells_under(world.posted_fee)
    least, cash = offer.labour + offer.goods, arms[0].cash
    for i in range(len(words)):
        while spent + (least + fee[i]) > cash and arm < len(arms):
            close(books[arm], spent, contacts, packages, posts)
            arm += 1
            cash = arms[arm].cash if arm < len(arms) else -1.0
        if arm == len(arms) or packages >= offer.capacity:
            break
        cell = draws.cell(words[i], number)
        taken, live = cell < accepted, cell < (paying if paid[i] else gift)
        spent += offer.labour + offer.goods * taken + fee[i] * live
        posters[posts] = i
        contacts += 1
        packages += taken
        posts += live
    while arm < len(arms):
        close(books[arm], spent, contacts, packages, posts)
        arm += 1


@compiled
def close(books: Record, spent: float, contacts: int, packages: int, posts: int) -> None:
    books.spent = spent
    books.contacts = contacts
    books.packages = packages
    books.posts = posts


@compiled
def gather(sums: Floats, niche: int, brought: Brought) -> None:
    """Add what a creator brings to the sums of its niche."""
    sums[niche, 0] += brought.lifted
    sums[niche, money.ENGAGEMENTS] += brought.engagements
    sums[niche, money.AUDIENCE] += brought.audience
    sums[niche, money.MISSED] *= brought.missed
    sums[niche, money.CLICKS] += brought.clicks
    sums[niche, money.ORDERS] += brought.orders


@compiled
def brings(
    creator: Record, order: int, terms: Terms, luck: Luck, start: int, at: int, common: Common, tables: Tables
) -> Brought:
    """Return what a creator brings in world start + at."""
    niche = creator.niche
    demand, flop_chance = common.demand[at, niche], common.flop_chance[at, niche]
    return creator_model.brings(
        creator, order, terms, luck, demand, flop_chance, common.feed, at, start + at, tables.scores
    )


@compiled
def settle(
    sums: Floats,
    books: Record,
    macros: Cast,
    arm: Record,
    world: Record,
    play: Play,
    at: int,
    common: Common,
    tables: Tables,
    out: Floats,
) -> None:
    """Close the books of one arm in one world: from expected counts to counts, revenue and profit.

    The macro is contracted, so it posts for sure; every arm's macro has the same luck.
    """
    e, brought, niche = play.economics, Brought(0.0, 0.0, 0.0, 1.0, 0.0, 0.0), -1
    if arm.macro >= 0:
        niche = int(macros[arm.macro].niche)
        luck = Luck(world.macro_post, world.macro_true_rate, world.macro_conversion, world.macro_flop)
        brought = brings(macros[arm.macro], 0, play.macro, luck, play.start, at, common, tables)
    expected = money.overlapped(sums, brought, niche, arm.share, e)
    by_macro = money.count(expected.macro_orders, world.macro_orders, world.macro_orders_score)
    by_nano = money.count(expected.nano_orders, world.nano_orders, world.nano_orders_score)
    revenue = money.value_of_orders(by_macro, e, world.macro_values_score, tables.cubes)
    revenue += money.value_of_orders(by_nano, e, world.nano_values_score, tables.cubes)
    out[0, arm.place, at] = books.spent + arm.fee
    out[1, arm.place, at] = e.margin * revenue - books.spent - arm.fee
    if len(out) > 2:
        lifted = total(sums, 0), brought.lifted
        engaged = total(sums, money.ENGAGEMENTS) + brought.engagements
        out[2, arm.place, at] = money.reached(lifted, play.nano, play.macro)
        out[3, arm.place, at] = expected.unique
        out[4, arm.place, at] = money.count(engaged, world.engagements, world.engagements_score)
        out[5, arm.place, at] = clicks(expected, by_macro, by_nano, world)
        out[6, arm.place, at] = by_macro + by_nano
        out[7, arm.place, at] = revenue
        out[8, arm.place, at] = books.posts * play.nano.posts + (1 if niche >= 0 else 0)
        out[9, arm.place, at] = books.contacts
        out[10, arm.place, at] = books.packages


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
def each(cast: Cast, terms: Terms, start: int, common: Common, tables: Tables, out: Floats) -> None:
    """Write what each creator's posts bring in each world: out is fields of `Brought` x creators x worlds."""
    for i in range(len(cast)):
        for at in range(out.shape[2]):
            luck = creator_model.individual_luck(cast[i].luck, start + at, tables.scores, tables.lifts)
            one = brings(cast[i], i, terms, luck, start, at, common, tables)
            out[0, i, at], out[1, i, at], out[2, i, at] = one.lifted, one.engagements, one.audience
            out[3, i, at], out[4, i, at], out[5, i, at] = one.missed, one.clicks, one.orders
