"""A year with ambassadors: who stays, what their posts bring period by period, and what replacing costs.

Each place has a creator of the brief's list; who replaces it is a creator alike, with luck of its own. What
is a creator's own, its level of orders and its true ER, lasts as long as it stays; noise and flop are of one
post. Of what all share, demand, niche and feed, `platform_memory` lasts over the whole programme and the rest
is new each period: at 0 a bad season passes, at 1 a product that disappoints does so all year. Who leaves
does so whatever its posts bring. Audiences of ambassadors are not taken to overlap: twenty of them reach
about 1 % of a niche. What single creators sold before is left out: most places change hands.

Luck is independent between worlds here (no Sobol points), so risk's measures need no batches; the points that
pick the beliefs only fill more evenly.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from nanospread.campaign.brief import Brief, changed, earned_share
from nanospread.campaign.recruitment import (
    MOST_PERIODS,
    PERIODS,
    AmbassadorTerms,
    Retention,
    ambassador_terms,
)
from nanospread.campaign.recruitment.ambassadors import check_periods
from nanospread.campaign.simulation import by_world, creator_list, creator_model, draws, kernel, money, run
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.campaign.simulation.creator_model import Cast, Common, CreatorDraws, Values, column
from nanospread.campaign.simulation.draws import Words
from nanospread.campaign.simulation.kernel import QuantileTables, Settings
from nanospread.core import errors
from nanospread.core.compiled import compiled
from nanospread.core.types import Floats
from nanospread.creators.engagement import EngagementModel

OWN = ("ambassador_join", "ambassador_wear_out")  # what a programme alone reads and no result tells of
MOST = 1_000  # ambassadors: of more, audiences overlap too much to leave that out
SEAT = np.dtype([("holder", np.int32), ("age", np.int32), ("stays", np.int32)])  # -1, 0, 0: never taken
BOOKS = ("won", "posts", "fresh", "active", "conversions", "revenue")  # of one period; active: there after
FRESH = np.uint64(0x6A09E667F3BCC909)  # turns a holder's key into that of its single posts
LEAVING = np.uint64(0xBB67AE8584CAA73B)  # and into that of when it leaves
EDGES = {"low": 0.1, "median": 0.5, "high": 0.9}  # quantiles of profit so far


@dataclass(frozen=True)
class Programme:
    """What a programme may come to; money is that of its start.

    worlds: world, cost, revenue, profit [money], roi (profit / cost), conversions, posts, replaced, active
    (there after the last period), gain (gross profit of a fresh post, undiscounted, whose mean
    `recruitment.place` needs). periods: period, low, median, high (10, 50 and 90 % points of profit so far),
    active (mean share of the places with a post).
    """

    worlds: pd.DataFrame
    periods: pd.DataFrame
    ambassadors: int


def programme(
    engagement: EngagementModel,
    brief: Brief,
    *,
    retention: Retention,
    ambassadors: int = 20,
    periods: int = PERIODS,
    replace: bool = True,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None = None,
) -> Programme:
    """Return what so many ambassadors bring over so many periods, each with a feed post and story in each.

    replace: whether who leaves is replaced at the next period's start, at the mean cost of winning one.
    beliefs: joint draws, of which each world takes one, with the brief's own belief in who joins and how
    posts wear out; None for luck alone.
    """
    run.checked(n_worlds, seed)
    check_periods(periods)
    if not 1 <= ambassadors <= MOST:
        raise errors.InputError(f"ambassadors must be from 1 to {MOST:,}; got {ambassadors}")
    plan = Plan(ambassadors, periods, replace, n_worlds, seed)
    values = _values(brief, beliefs, plan)
    terms, earned = ambassador_terms(brief, values), earned_share(values)
    alike = by_world.Draws(beliefs.names, beliefs.draws) if beliefs else None
    listed = _holders(engagement, brief, plan, alike)
    books = _books(listed, changed(brief, weeks=1), retention, terms, plan, values)
    later = terms.factor ** np.arange(periods)
    spent = column(terms.to_win) * books["won"] + column(terms.upkeep) * books["posts"]
    cost, revenue = later * spent, later * books["revenue"]
    profit = column(earned) * revenue - cost
    return Programme(_worlds(books, cost, revenue, profit, earned), _periods(books, profit), ambassadors)


def _values(brief: Brief, beliefs: JointDraws | None, plan: "Plan") -> Values:
    """Return the assumptions in each world."""
    values = by_world.values(brief, beliefs, plan.seed, 0, plan.n_worlds)
    if beliefs is None:
        return values
    rows = [row for name, row in brief.assumptions.items() if name in OWN and not row.fixed]
    scores = {row: draws.normals(plan.seed, "programme", row.name, plan.n_worlds) for row in rows}
    return values.replaced({row.name: row.at(score) for row, score in scores.items()})


class Plan(NamedTuple):
    """What is to be played."""

    ambassadors: int
    periods: int
    replace: bool
    n_worlds: int
    seed: int


class ProgrammeTerms(NamedTuple):
    """What holds for every ambassador and period."""

    settings: Settings  # of each world, or one for all
    kept: Floats  # by world: what a further post of the same ambassador still brings of the one before
    periods: int
    replace: bool


class Sales(NamedTuple):
    """The luck of one period's orders and their values in each world."""

    uniform: Floats
    score: Floats
    values_score: Floats


def _books(
    holders: tuple[Cast, Words],
    brief: Brief,
    retention: Retention,
    terms: AmbassadorTerms,
    plan: Plan,
    values: Values,
) -> dict[str, Floats]:
    """Return the numbers in `BOOKS`, each an array worlds x periods."""
    cast, keys = holders
    alpha, beta = _staying(retention, plan)
    tables = kernel.tables(values)
    post = creator_model.terms(brief, "nano", values)._replace(posts=1)
    settings = kernel.settings({"nano": post, "economics": money.economics(values)}, plan.n_worlds)
    kept = np.broadcast_to(np.asarray(terms.kept, np.float64), plan.n_worlds)
    shared = ProgrammeTerms(settings, np.ascontiguousarray(kept), plan.periods, plan.replace)
    seats = np.zeros((plan.n_worlds, plan.ambassadors), SEAT)
    seats["holder"] = -1
    books = np.zeros((len(BOOKS), plan.n_worlds, plan.periods))
    for period in range(plan.periods):
        common, sales = _season(brief, period, plan, values)
        pass_period(cast, keys, shared, period, alpha, beta, seats, common, sales, tables, books)
    return dict(zip(BOOKS, books, strict=True))


def _holders(
    engagement: EngagementModel, brief: Brief, plan: Plan, beliefs: JointDraws | None
) -> tuple[Cast, Words]:
    """Return the creator of each place, and the keys of those who may hold it: array holders x places."""
    listed = creator_list.nano(engagement, brief.niches, plan.ambassadors + 1)
    chosen = listed[listed["creator"] != brief.macro.creator].head(plan.ambassadors)
    named = chosen["named"].to_numpy(dtype=np.uint64)
    keys = [draws.keys(plan.seed, f"ambassador {holder}", named) for holder in range(plan.periods)]
    return creator_list.cast(chosen, brief, brief.niches, plan.seed, beliefs), np.array(keys)


def _staying(retention: Retention, plan: Plan) -> tuple[Floats, Floats]:
    """Return alpha and beta in each world; a larger uniform is a larger loss."""
    uniform = draws.uniforms(plan.seed, "retention", "", plan.n_worlds)
    at = np.searchsorted(retention.weight.cumsum(), uniform).clip(max=len(retention.weight) - 1)
    return retention.alpha[at], retention.beta[at]


def _season(brief: Brief, period: int, plan: Plan, values: Values) -> tuple[Common, Sales]:
    """Return the luck that all ambassadors share in one period, and that of its sales."""
    memory, now, always = values.platform_memory, f"period {period}", "all periods"
    luck = {
        name: special.ndtr(
            np.sqrt(memory) * draws.normals(plan.seed, always, name, plan.n_worlds)
            + np.sqrt(1 - memory) * draws.normals(plan.seed, now, name, plan.n_worlds)
        )
        for name in ("campaign", "feed", *(f"niche {niche}" for niche in brief.niches))
    }
    orders = draws.uniforms(plan.seed, now, "orders", plan.n_worlds)
    scores = draws.normals(plan.seed, now, "order values", plan.n_worlds)
    common = creator_model.common(brief, brief.niches, plan.seed, 0, luck, values)
    return common, Sales(orders, special.ndtri(orders), scores)


@compiled
def pass_period(
    cast: Cast,
    keys: Words,
    shared: ProgrammeTerms,
    period: int,
    alpha: Floats,
    beta: Floats,
    seats: NDArray[Any],
    common: Common,
    sales: Sales,
    tables: QuantileTables,
    books: Floats,
) -> None:
    """Play one period in each world: fill empty places, let all post, sell; note who is still there."""
    for world in range(len(seats)):
        setting = shared.settings[world]
        won, posts, active, fresh, orders = 0, 0, 0, 0.0, 0.0
        for place in range(len(cast)):
            seat = seats[world, place]
            if seat.age == seat.stays and (period == 0 or shared.replace):
                seat.holder += 1
                seat.age = 0
                leaving = draws.uniform(draws.word(keys[seat.holder, place] ^ LEAVING, np.uint64(world)))
                seat.stays = stay(alpha[world], beta[world], leaving, shared.periods)
                won += 1
            if seat.age < seat.stays:
                luck = luck_of(keys[seat.holder, place], world, period, setting.nano.own_sd, tables)
                outcomes = kernel.brings(cast[place], 0, setting.nano, luck, 0, world, common, tables)
                wear = shared.kept[world] ** seat.age
                orders += outcomes.orders * wear
                fresh += wear
                seat.age += 1
                posts += 1
                active += seat.age < seat.stays
        sold = money.count(orders * setting.economics.kappa, sales.uniform[world], sales.score[world])
        values = money.value_of_orders(
            sold, setting.economics, sales.values_score[world], tables.cubes, tables.shapes
        )
        books[0, world, period], books[1, world, period], books[2, world, period] = won, posts, fresh
        books[3, world, period], books[4, world, period], books[5, world, period] = active, sold, values


@compiled
def stay(alpha: float, beta: float, uniform: float, periods: int) -> int:
    """Return the period after which an ambassador leaves, or periods + 1 for later: sBG by inversion."""
    surviving = 1.0
    for before in range(periods):
        surviving *= (beta + before) / (alpha + beta + before)
        if uniform >= surviving:
            return before + 1
    return periods + 1


@compiled
def luck_of(key: np.uint64, world: int, period: int, sd: float, tables: QuantileTables) -> CreatorDraws:
    """Return a holder's luck in one period: level of orders and true ER are its own, noise and flop new."""
    own = creator_model.individual_luck(key, world, sd, tables.scores, tables.lifts)
    fresh = creator_model.individual_luck(
        key ^ FRESH, world * MOST_PERIODS + period, sd, tables.scores, tables.lifts
    )
    return CreatorDraws(fresh.post, own.true_rate, own.conversion, fresh.flop)


def _worlds(
    books: dict[str, Floats], cost: Floats, revenue: Floats, profit: Floats, share: float | Floats
) -> pd.DataFrame:
    spent, won, places = cost.sum(axis=1), books["won"].sum(axis=1), books["won"][:, 0]
    earned = profit.sum(axis=1)
    return pd.DataFrame(
        {
            "world": np.arange(len(spent), dtype=np.int32),
            "cost": spent,
            "revenue": revenue.sum(axis=1),
            "profit": earned,
            "roi": run.roi(earned, spent),
            "conversions": books["conversions"].sum(axis=1),
            "posts": books["posts"].sum(axis=1),
            "replaced": won - places,
            "active": books["active"][:, -1],
            "gain": share * books["revenue"].sum(axis=1) / books["fresh"].sum(axis=1),
        }
    )


def _periods(books: dict[str, Floats], profit: Floats) -> pd.DataFrame:
    so_far = np.quantile(profit.cumsum(axis=1), list(EDGES.values()), axis=0)
    share = books["posts"].mean(axis=0) / books["won"][:, 0].mean()
    period = np.arange(1, profit.shape[1] + 1)
    return pd.DataFrame({"period": period, **dict(zip(EDGES, so_far, strict=True)), "active": share})
