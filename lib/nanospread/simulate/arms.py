"""Brief -> the arms, and what each spends and its posts bring, world by world: recruitment and budgets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nanospread import errors
from nanospread.brief import Brief, Deal
from nanospread.engagement import EngagementModel
from nanospread.simulate import creators, draws, model
from nanospread.simulate.creators import Creator
from nanospread.simulate.draws import Floats
from nanospread.simulate.model import Stage

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Arm:
    """A way to spend the budget: cash for nano creators of one offer, the rest for a macro."""

    name: str
    share: float  # of the budget, on the macro
    offer: str
    cash: float
    macro: Deal | None


def arms(brief: Brief) -> list[Arm]:
    """Return the arms: one macro, nano gifted, nano paid, and the brief's mixes with its own offer."""
    found = [Arm("macro", 1.0, "", 0.0, brief.deal())]
    found += [Arm(f"nano_{offer}", 0.0, offer, brief.budget, None) for offer in ("gift", "fee")]
    for share in brief.mixes:
        deal = brief.deal(share)
        found.append(Arm(f"mix_{100 * share:g}", share, brief.nano.offer, brief.budget - deal.fee, deal))
    return found


@dataclass
class Account:
    """One arm's books while the list is worked through; every array is per world."""

    arm: Arm
    n_worlds: int
    n_niches: int
    cash: Floats = field(init=False)
    open: Flags = field(init=False)  # whether it still contacts creators
    cost: Floats = field(init=False)
    contacts: Floats = field(init=False)
    packages: Floats = field(init=False)
    posts: Floats = field(init=False)
    brought: Floats = field(init=False)  # niches x 6 x worlds, sums of `model.post`

    def __post_init__(self) -> None:
        self.cash = np.full(self.n_worlds, self.arm.cash)
        self.open = np.full(self.n_worlds, self.arm.cash > 0)
        self.cost, self.contacts, self.packages, self.posts = (np.zeros(self.n_worlds) for _ in range(4))
        self.brought = np.zeros((self.n_niches, 6, self.n_worlds))


@dataclass(frozen=True)
class Recruitment:
    """The chances of this campaign in each world: accepting when contacted, and having posted, by offer."""

    accepted: Floats
    posted: dict[str, Floats]


def recruitment(brief: Brief, n_worlds: int, seed: int) -> Recruitment:
    """Return the chained rates of each world; drawn anew in each, so counts are beta-binomial (facts.md C11).

    Gift and fee share the luck of the post rate, so they are compared in the same worlds.
    """

    def rate(name: str, purpose: str) -> Floats:
        uniform = draws.uniforms(seed, "rate", purpose, n_worlds)
        return draws.rates(brief.value(name), brief.value("recruitment_precision"), uniform)

    accepted = rate("reply_rate", "reply") * rate("accept_rate", "accept")
    return Recruitment(accepted, {o: accepted * rate(f"post_rate_{o}", "post") for o in ("gift", "fee")})


def listed(engagement: EngagementModel, brief: Brief) -> list[Creator]:
    """Return the list of creators to contact: `over_invite` times as many as the budget pays for on average.

    Where more refuse than that allows for, part of the budget stays unspent.

    Raises: InputError for a list nobody can work through, or one without end.
    """
    opt_in = brief.value("reply_rate") * brief.value("accept_rate")
    contact = brief.value("labour_per_contact") + opt_in * brief.package("gift", 0)
    if contact <= 0:
        raise errors.InputError(
            "labour_per_contact must be above 0, or each accepted gift must cost something"
        )
    n = math.ceil(min(brief.value("over_invite") * brief.budget / contact, 1e9))
    if n > creators.LONGEST_LIST:
        raise errors.InputError(
            f"budget x over_invite needs a list of {n:,} creators, at most {creators.LONGEST_LIST:,} run; "
            f"got a budget of {brief.budget:,.2f} and over_invite {brief.value('over_invite'):g}"
        )
    return creators.nano(engagement, brief.niches, max(1, n))


def accounts(
    engagement: EngagementModel, brief: Brief, nanos: Sequence[Creator], n_worlds: int, seed: int
) -> list[Account]:
    """Return the closed books of every arm. All arms live in the same worlds and work down the same list."""
    niches = tuple(dict.fromkeys([*brief.niches, brief.macro.niche or brief.niches[0]]))
    on = model.stage(engagement, brief, niches, n_worlds, seed)
    books = [Account(arm, n_worlds, len(niches)) for arm in arms(brief)]
    for book in books:
        if book.arm.macro:
            _hire(book, book.arm.macro, on)
    chances = recruitment(brief, n_worlds, seed)
    for creator in nanos:
        active = [book for book in books if book.open.any()]
        if not active:
            break
        _invite(active, creator, chances, on)
    return books


def _hire(book: Account, deal: Deal, on: Stage) -> None:
    """Book the macro: contracted, so it posts for sure. Every arm hires the same one, with the same luck."""
    macro = creators.macro(on.model, on.brief, deal.followers)
    book.brought[on.niches.index(macro.niche)] += model.post(macro, on, np.arange(on.n_worlds))
    book.cost += deal.fee
    book.posts += 1


def _invite(books: Sequence[Account], creator: Creator, chances: Recruitment, on: Stage) -> None:
    """Contact one creator in every arm that can still pay for it, and book what its post brings.

    One uniform decides how far it goes: under reply x accept it takes the offer, under that x post it posts.
    So the stages chain as a binomial funnel does, and whoever posts for a gift would post for a fee.
    """
    chance = draws.uniforms(on.seed, "recruited", creator.name, on.n_worlds)
    live = [_contact(book, creator, chance, chances, on.brief) for book in books]
    somewhere = np.flatnonzero(np.logical_or.reduce(live))
    if not len(somewhere):
        return
    brings = model.post(creator, on, somewhere)
    for book, posted in zip(books, live, strict=True):
        here = posted[somewhere]
        book.brought[on.niches.index(creator.niche)][:, somewhere[here]] += brings[:, here]


def _contact(book: Account, creator: Creator, chance: Floats, chances: Recruitment, brief: Brief) -> Flags:
    """Book one contact; return in which worlds it leads to a post.

    The whole package is set aside on acceptance, so no world overspends: goods and shipping are gone then, a
    fee is paid for a post and else stays unspent. The first creator an arm cannot pay for closes its list.
    """
    labour, goods = brief.value("labour_per_contact"), brief.package("gift", creator.followers)
    package = brief.package(book.arm.offer, creator.followers)
    book.open &= book.cash >= labour + package
    taken = book.open & (chance < chances.accepted)
    live = taken & (chance < chances.posted[book.arm.offer])
    book.cash -= labour * book.open + package * taken
    book.cost += labour * book.open + goods * taken + (package - goods) * live
    book.contacts += book.open
    book.packages += taken
    book.posts += live
    return live
