"""Model + brief + seed -> outcomes, one row per world and arm. Owns the random numbers.

A world is one draw of everything uncertain, and all arms live in the same worlds, so that "nano beats macro"
is a paired question. The story of one post is in `model`, recruitment and budgets in `arms`, counts and money
in `money`, whom to contact in `creators`, random numbers in `draws`.

Same seed, same numbers, on any run; the first worlds are the same however many follow, and a creator's draws
do not depend on who else is in the plan. Memory and time grow with the number of worlds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread import errors, tiers
from nanospread.brief import Brief, changed
from nanospread.engagement import EngagementModel
from nanospread.simulate import arms, creators, model, money
from nanospread.simulate.arms import Account
from nanospread.simulate.creators import Creator
from nanospread.simulate.posted import posted

__all__ = ["Outcomes", "campaign", "over_niches", "posted", "spread", "sweep"]


@dataclass(frozen=True)
class Outcomes:
    """What a campaign may come to.

    worlds: one row per arm and world: world, arm (ordered category), cost [money], reach (feed + story),
    unique_reach (people reached at least once), engagements, clicks, conversions, revenue, profit [money],
    roi, posts_live.
    plan: one row per arm: arm, macro_share, macro_followers, and means over worlds of contacts, packages,
    expected_posts, remainder [money]; creators_from_roster and creators_drawn split the rounded contacts.
    notes: what a reader must know about this run, in sentences.
    """

    worlds: pd.DataFrame
    plan: pd.DataFrame
    notes: tuple[str, ...]


def campaign(engagement: EngagementModel, brief: Brief, *, n_worlds: int, seed: int) -> Outcomes:
    """Return the outcomes of every arm of the brief in the same worlds.

    Raises: InputError for n_worlds or seed out of range, a misspelt niche, or a list nobody can work through.
    """
    _check(n_worlds, seed)
    listed = arms.listed(engagement, brief)
    books = arms.accounts(engagement, brief, listed, n_worlds, seed)
    return Outcomes(
        worlds=_by_arm(books, brief, seed),
        plan=pd.DataFrame([_planned(book, listed, brief) for book in books]),
        notes=tuple(_notes(listed, books, engagement, brief)),
    )


def _check(n_worlds: int, seed: int) -> None:
    for name, value, least in (("n_worlds", n_worlds, 1), ("seed", seed, 0)):
        if value < least:
            raise errors.InputError(f"{name} must be {least} or more; got {value}")


def _by_arm(books: Sequence[Account], brief: Brief, seed: int) -> pd.DataFrame:
    """Return one row per arm and world."""
    settled = [
        {**money.settled(book.arm.name, book.brought, book.cost, brief, seed), "posts_live": book.posts}
        for book in books
    ]
    names, n_worlds = [book.arm.name for book in books], books[0].n_worlds
    return pd.DataFrame(
        {
            "world": np.tile(np.arange(n_worlds), len(books)),
            "arm": pd.Categorical(np.repeat(names, n_worlds), categories=names, ordered=True),
            **{column: np.concatenate([outcome[column] for outcome in settled]) for column in settled[0]},
        }
    )


def _planned(book: Account, listed: Sequence[Creator], brief: Brief) -> dict[str, object]:
    contacts, measured = round(float(book.contacts.mean())), sum(not creator.drawn for creator in listed)
    return {
        "arm": book.arm.name,
        "macro_share": book.arm.share,
        "macro_followers": book.arm.macro.followers if book.arm.macro else 0,
        "contacts": float(book.contacts.mean()),
        "packages": float(book.packages.mean()),
        "expected_posts": float(book.posts.mean()),
        "remainder": float(brief.budget - book.cost.mean()),
        "creators_from_roster": min(contacts, measured),
        "creators_drawn": max(contacts - measured, 0),
    }


def _notes(
    listed: Sequence[Creator], books: Sequence[Account], engagement: EngagementModel, brief: Brief
) -> Iterable[str]:
    drawn = sum(creator.drawn for creator in listed)
    if drawn:
        yield (
            f"The list has {len(listed):,} nano creators and the data hold {len(listed) - drawn:,} of these "
            f"niches; the other {drawn:,} are drawn from the tier, with the engagement of creators alike."
        )
    for niche in dict.fromkeys([*brief.niches, brief.macro.niche or brief.niches[0]]):
        if niche not in set(engagement.creators["niche"]):
            yield f"No creator of the niche {niche!r} is in the data; it is taken for an average one."
    idle = brief.budget - brief.deal().fee
    if idle >= 0.01 * brief.budget:
        yield (
            f"The macro asks {brief.deal().fee:,.0f} {brief.currency} and leaves {idle:,.0f} of the budget "
            "unspent: its arm risks less money than the others."
        )
    boundaries = tiers.table()
    macro = int(boundaries.loc[boundaries["tier"] == "macro", "low"].iloc[0])
    for book in books:
        if book.arm.macro and book.arm.macro.followers < macro:
            yield (
                f"{book.arm.name} buys a creator of {book.arm.macro.followers:,} followers, fewer than the "
                f"{macro:,} of a macro; reach and conversion are still a macro's."
            )
        if book.arm.cash > 0 and not book.contacts.any():
            yield f"{book.arm.name} leaves too little for one nano creator: it buys the macro alone."


def spread(
    engagement: EngagementModel,
    brief: Brief,
    *,
    counts: Iterable[int],
    n_worlds: int,
    seed: int,
    niches: int | None = None,
) -> pd.DataFrame:
    """Return what N nano creators who all post bring, for each N: how outcomes narrow as eggs are spread.

    The creators of a smaller N are the first of every larger one. cost is N times the expected cost of one
    post with the brief's offer, recruitment included. niches: how many of the brief's first niches to use.

    Returns: one row per N and world: world, creators (N), niches, cost, engagements, conversions, profit,
    roi.

    Raises: InputError for counts or niches out of range.
    """
    _check(n_worlds, seed)
    sizes = sorted(set(counts))
    if not sizes or sizes[0] < 1 or sizes[-1] > creators.LONGEST_LIST:
        raise errors.InputError(
            f"counts must be whole numbers from 1 to {creators.LONGEST_LIST:,}; got {sizes}"
        )
    if niches is not None and not 1 <= niches <= len(brief.niches):
        raise errors.InputError(f"niches must be from 1 to {len(brief.niches)}; got {niches}")
    chosen = brief.niches[:niches]
    on = model.stage(engagement, brief, chosen, n_worlds, seed)
    brought, cost, every = np.zeros((len(chosen), 6, n_worlds)), 0.0, np.arange(n_worlds)
    frames = []
    for n, creator in enumerate(creators.nano(engagement, chosen, sizes[-1]), start=1):
        brought[chosen.index(creator.niche)] += model.post(creator, on, every)
        cost += _cost_of_a_post(brief, creator.followers)
        if n in sizes:
            outcome = money.settled(f"{n} creators", brought, np.full(n_worlds, cost), brief, seed)
            kept = {k: outcome[k] for k in ("cost", "engagements", "conversions", "profit", "roi")}
            frames.append(pd.DataFrame({"world": every, "creators": n, "niches": len(chosen), **kept}))
    return pd.concat(frames, ignore_index=True)


def _cost_of_a_post(brief: Brief, followers: int) -> float:
    """Return the expected cost of one live post [money]: labour and goods of every contact it takes, and fee.

    (labour / (reply x accept) + goods) / post + fee (facts.md C11, V20).
    """
    offer = brief.nano.offer
    opt_in, post = brief.value("reply_rate") * brief.value("accept_rate"), brief.value(f"post_rate_{offer}")
    goods = brief.package("gift", followers)
    fee = brief.package(offer, followers) - goods
    return (brief.value("labour_per_contact") / opt_in + goods) / post + fee


def sweep(
    engagement: EngagementModel,
    brief: Brief,
    *,
    name: str,
    values: Iterable[float],
    n_worlds: int,
    seed: int,
) -> pd.DataFrame:
    """Return the campaign's money at each value of one assumption or field of the brief, in the same worlds.

    Names that only money depends on (kappa, order_value, margin, ...) share one simulation of the posts.

    Returns: one row per value, arm and world: value, arm, world, profit, roi.

    Raises: InputError for an unknown name or a value that cannot be.
    """
    _check(n_worlds, seed)
    briefs = {value: changed(brief, **{name: value}) for value in values}
    books = None
    if name in money.READ_HERE_ONLY:
        books = arms.accounts(engagement, brief, arms.listed(engagement, brief), n_worlds, seed)
    frames = []
    for value, other in briefs.items():
        own = books or arms.accounts(engagement, other, arms.listed(engagement, other), n_worlds, seed)
        frames.append(_by_arm(own, other, seed)[["arm", "world", "profit", "roi"]].assign(value=value))
    return pd.concat(frames, ignore_index=True)[["value", "arm", "world", "profit", "roi"]]


def over_niches(
    engagement: EngagementModel, brief: Brief, *, creators: int, n_worlds: int, seed: int
) -> pd.DataFrame:
    """Return what the same number of creators brings, drawn from the first niche, the first two, and so on.

    Returns: rows as `spread`, one block for each number of niches up to all of the brief's.
    """
    frames = [
        spread(engagement, brief, counts=(creators,), niches=n, n_worlds=n_worlds, seed=seed)
        for n in range(1, len(brief.niches) + 1)
    ]
    return pd.concat(frames, ignore_index=True)
