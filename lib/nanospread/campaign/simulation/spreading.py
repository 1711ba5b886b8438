"""How outcomes narrow as eggs are spread over more creators and more niches."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.simulation import arms, run
from nanospread.campaign.simulation import creators as lists
from nanospread.campaign.simulation.arms import Arm, Stage
from nanospread.core import errors
from nanospread.creators.engagement import EngagementModel


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

    Returns: one row per N and world: world, creators (N), niches, cost, profit, engagements, conversions,
    roi.

    Raises: InputError for counts or niches out of range.
    """
    run.checked(n_worlds, seed)
    sizes = sorted(set(counts))
    if not sizes or sizes[0] < 1 or sizes[-1] > lists.LONGEST_LIST or any(n != int(n) for n in sizes):
        raise errors.InputError(f"counts must be whole numbers from 1 to {lists.LONGEST_LIST:,}; got {sizes}")
    if niches is not None and not 1 <= niches <= len(brief.niches):
        raise errors.InputError(f"niches must be from 1 to {len(brief.niches)}; got {niches}")
    on = _all_post(engagement, brief, brief.niches[:niches], sizes, seed)
    worlds = run.frame(on, run.outcomes(on, n_worlds, run.EVERYTHING), 0)
    kept = worlds[["world", "cost", "profit", "engagements", "conversions", "roi"]]
    kept.insert(1, "creators", np.repeat(sizes, n_worlds))
    kept.insert(2, "niches", len(brief.niches[:niches]))
    return kept


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


def _all_post(
    engagement: EngagementModel, brief: Brief, niches: tuple[str, ...], sizes: Sequence[int], seed: int
) -> Stage:
    """Return the stage on which the first N creators post for sure, each at the expected cost of a post.

    (labour / (reply x accept) + goods) / post + fee (model.md C11, V20).
    """
    chosen = changed(brief, niches=niches)
    listed = lists.nano(engagement, niches, sizes[-1])
    followers, offer = listed["followers"].to_numpy(dtype=np.float64), brief.nano.offer
    values, goods = brief.values, brief.goods
    posting = np.where(brief.nano.pays(followers), values.post_rate_fee, values.post_rate_gift)
    each = (values.labour_per_contact / brief.opt_in + goods) / posting
    each = each + brief.package(offer, followers) - goods + values.overhead_per_creator
    if not (each > 0).all():
        raise errors.InputError("a post must cost something: labour_per_contact, goods or fee above 0")
    cash = np.cumsum(each)[np.array(sizes) - 1]
    every = [
        Arm(f"{n} creators", 0.0, offer, float(spent), None) for n, spent in zip(sizes, cash, strict=True)
    ]
    on = arms.stage(engagement, chosen, every, listed, seed)
    lanes = tuple(lane._replace(roll=lane.roll._replace(fee=each)) for lane in on.lanes)
    return replace(on, certain=True, lanes=lanes)
