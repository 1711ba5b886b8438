"""A list in its order of contact + beliefs -> what simulated campaigns have brought at each number of posts.

In each world the list is worked down until so many posts are live. What a post brings on average is the
world's own; which orders codes and links credit within the window, and which come besides, are counts around
it. Nothing here decides anything.

A post's orders are caused at its mean m. Of these, tracked x F(days) are credited within the window, and
orders that would have come anyway are credited too, so that credited / caused = tracked / incremental as in
results (model.md C14). What is not credited by then is caused as well, and counts as profit.
"""

from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from nanospread.campaign import simulation
from nanospread.campaign.brief import Brief, earned_share
from nanospread.campaign.simulation import JointDraws, by_world, draws, run
from nanospread.campaign.simulation.creator_model import Values
from nanospread.core.compiled import compiled
from nanospread.core.types import Flags, Floats, Ints
from nanospread.creators.engagement import EngagementModel

BLOCK = 2_048  # worlds at a time: a long list has as many rows as creators
TRIED = 512  # worlds in which the length of a list is looked at
STEPS = (5, 8, 10, 12, 15, 20, 25, 30, 35, 40, 50, 60, 70, 80)  # live posts that people would look at
MOST_STEPS = 12  # of these that are weighed for one plan
LAST = 0.85  # of the posts to expect: a look after that has next to nothing left to decide
COST, CONTACTS, LIVE, ORDERS, CLICKS = range(5)


class Paths(NamedTuple):
    """What campaigns come to where they end at each number of live posts: arrays steps x worlds.

    The first step is nothing sent, the last the whole list as far as the money goes. A world in which the
    list ends before so many posts are live stays as it ended.
    """

    posts: Ints  # live posts of each step, 0 first; of the last the mean over worlds
    profit: Floats  # expected given the world, late orders included [money]
    cost: Floats  # [money]
    contacts: Floats  # creators written to
    orders: Floats  # counts that the campaign caused, late ones included
    credited_orders: Floats  # counts credited to the posts of the step within the window
    clicks: Floats  # counts

    @property
    def last(self) -> int:
        """The step of the whole list."""
        return len(self.posts) - 1

    def fits(self, capacity: int | None) -> "Flags":
        """Return which batches are within the capacity, by the step they start and end at: steps x steps."""
        means = self.contacts.mean(axis=1)
        return np.asarray(means - means[:, None] <= (np.inf if capacity is None else capacity))


def steps(engagement: EngagementModel, brief: Brief, invitations: pd.DataFrame, *, seed: int,
          beliefs: JointDraws | None) -> Ints:  # fmt: skip
    """Return the numbers of live posts at which one may look, rising; none for a list too short for it."""
    if invitations.empty:
        return np.zeros(0, dtype=np.int64)
    setup = simulation.invited_setup(engagement, brief, invitations, seed, beliefs)
    _, answers = simulation.responses(setup, invitations, n_worlds=TRIED)
    expected = float((invitations["posts"].to_numpy(dtype=np.float64) @ answers.live).mean())
    scales = 10 ** np.arange(4)
    tens = [step * scale for scale in scales for step in STEPS if scale == 1 or step >= STEPS[2]]
    every = sorted({step for step in tens if step <= LAST * expected})
    chosen = np.unique(np.linspace(0, len(every) - 1, min(MOST_STEPS, len(every))).round().astype(int))
    return np.array([every[at] for at in chosen], dtype=np.int64)


def paths(
    engagement: EngagementModel,
    brief: Brief,
    invitations: pd.DataFrame,
    posts: Ints,
    *,
    n_worlds: int,
    seed: int,
    beliefs: JointDraws | None,
    heavy_tailed: bool = False,
    executor: Executor | None = None,
) -> Paths:
    """Return the paths of the list in `campaign`'s worlds at the same seed.

    invitations: as `simulation.invited`. posts: live posts at which the campaign may end, rising.
    heavy_tailed: whether each creator's orders scatter once more, by an exponential factor with mean 1.
    """
    sums = np.empty((5, len(posts) + 1, n_worlds))
    setup = simulation.invited_setup(engagement, brief, invitations, seed, beliefs)
    starts = range(0, n_worlds, BLOCK)
    tasks = ((invitations, posts, heavy_tailed, start, min(BLOCK, n_worlds - start)) for start in starts)
    for start, block in zip(starts, run.mapped(_block, setup, tasks, executor), strict=True):
        sums[:, :, start : start + BLOCK] = block
    values = by_world.values(brief, beliefs, seed, 0, n_worlds)
    orders, credited_orders, clicks = _counts(sums, posts, values, brief.batches.days, seed)
    earned = earned_share(values) * values.order_value
    rows = {
        "profit": earned * sums[ORDERS] - sums[COST],
        "cost": sums[COST],
        "contacts": sums[CONTACTS],
        "orders": orders,
        "credited_orders": credited_orders,
        "clicks": clicks,
    }
    nothing = {name: np.vstack([np.zeros(n_worlds), row]) for name, row in rows.items()}
    return Paths(np.array([0, *posts, round(sums[LIVE, -1].mean())]), **nothing)


def _counts(sums: Floats, posts: Ints, values: Values, days: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return cumulative counts of orders caused, orders credited and clicks: steps x worlds, each.

    Each step's counts are drawn by its own name, so that another step moves none but its neighbours.
    """
    within = values.tracked_share * -np.expm1(-days / values.order_delay_days)
    anyway = within * (1 / values.incremental_share - 1)
    totals = np.zeros((3, *sums.shape[1:]))
    added = np.diff(sums[[ORDERS, CLICKS]], axis=1, prepend=0.0).clip(min=0.0)
    for step, name in enumerate([*map(str, posts), "all"]):
        orders, clicks = added[:, step]
        early, late, extra, clicked = (
            draws.counts(seed, f"staged {what}", name, mean)
            for what, mean in (
                ("early", orders * within),
                ("late", orders * (1 - within)),
                ("anyway", orders * anyway),
                ("clicks", clicks),
            )
        )
        totals[:, step] = early + late, early + extra, clicked
    orders, credited_orders, clicks = totals.cumsum(axis=1)
    return orders, credited_orders, clicks


def _block(
    setup: simulation.SimulationSetup,
    invitations: pd.DataFrame,
    posts: Ints,
    heavy_tailed: bool,
    start: int,
    n: int,
) -> Floats:
    """Return cost, contacts, live posts, expected orders and clicks: those x steps x worlds."""
    values = by_world.values(setup.brief, setup.beliefs, setup.seed, start, start + n)
    luck, answers = simulation.responses(setup, invitations, n_worlds=n, start=start)
    orders = luck.orders * answers.worth
    if heavy_tailed:
        for row, creator in zip(orders, invitations["creator"], strict=True):
            row *= -np.log(draws.uniforms(setup.seed, "staged tail", creator, n, start))
    niche, names = pd.factorize(invitations["niche"])
    totals, by_niche = np.empty((3, len(posts) + 1, n)), np.empty((4, len(names), len(posts) + 1, n))
    _walk(
        np.append(posts, np.iinfo(np.int64).max),
        invitations["posts"].to_numpy(dtype=np.int64),
        niche.astype(np.int64),
        answers.contacted,
        answers.live,
        answers.spent,
        orders,
        luck.clicks * answers.worth,
        luck.audience,
        luck.missed,
        totals,
        by_niche,
    )
    audience, missed, orders, clicks = by_niche
    worth = np.empty_like(audience)
    for niche_place in range(audience.shape[1]):
        worth[:, niche_place], _ = simulation.worth_of_contacts(
            audience[:, niche_place], missed[:, niche_place], values
        )
    return np.vstack([totals, [(worth * orders).sum(axis=0)], [(worth * clicks).sum(axis=0)]])


@compiled
def _walk(
    posts: Ints,
    posts_each: Ints,
    niche: Ints,
    contacted: Flags,
    live: Flags,
    spent: Floats,
    orders: Floats,
    clicks: Floats,
    audience: Floats,
    missed: Floats,
    totals: Floats,
    by_niche: Floats,
) -> None:
    """Work down the list in each world, and write what there is once each number of posts is live.

    totals: cost, contacts, live posts x steps x worlds. by_niche: audience, missed, orders, clicks x niches x
    steps x worlds. Of the step in which a world is, the sums are kept up to date in place.
    """
    totals[:] = 0.0
    by_niche[:] = 0.0
    by_niche[1] = 1.0
    step = np.zeros(contacted.shape[1], np.int64)
    for i in range(len(contacted)):
        niche_place = niche[i]
        for w in range(contacted.shape[1]):
            if not contacted[i, w]:
                continue
            step_here = step[w]
            if totals[2, step_here, w] >= posts[step_here]:
                for field in range(3):
                    totals[field, step_here + 1, w] = totals[field, step_here, w]
                for field in range(4):
                    for each in range(by_niche.shape[1]):
                        by_niche[field, each, step_here + 1, w] = by_niche[field, each, step_here, w]
                step_here = step[w] = step_here + 1
            totals[0, step_here, w] += spent[i, w]
            totals[1, step_here, w] += 1.0
            if live[i, w]:
                totals[2, step_here, w] += posts_each[i]
                by_niche[0, niche_place, step_here, w] += audience[i, w]
                by_niche[1, niche_place, step_here, w] *= missed[i, w]
                by_niche[2, niche_place, step_here, w] += orders[i, w]
                by_niche[3, niche_place, step_here, w] += clicks[i, w]
    for w in range(contacted.shape[1]):
        for step_here in range(step[w] + 1, len(posts)):
            totals[:, step_here, w] = totals[:, step[w], w]
            by_niche[:, :, step_here, w] = by_niche[:, :, step[w], w]


def shared_luck(beliefs: JointDraws | None, brief: Brief, *, n_worlds: int, seed: int) -> pd.DataFrame:
    """Return what a world's beliefs and the luck common to its creators are, one row for each world.

    Luck is on the scale of a log-normal: its logarithm is a normal score.
    """
    factors = draws.shared(seed, 0, n_worlds)
    names = ("campaign", "reply", "accept", "post")
    luck = {f"luck {name}": factors[name] for name in names}
    luck |= {f"luck {niche}": draws.of_niche(seed, niche, factors, 0) for niche in brief.niches}
    rows = pd.DataFrame({name: np.exp(special.ndtri(uniform)) for name, uniform in luck.items()})
    if beliefs is None:
        return rows
    drawn = simulation.believed(beliefs, n_worlds=n_worlds, seed=seed)
    drawn = drawn.drop(columns={*beliefs.names} - {*brief.in_force()})
    varied = [name for name in drawn if drawn[name].nunique() > 1]
    return pd.concat([drawn[varied], rows], axis=1)
