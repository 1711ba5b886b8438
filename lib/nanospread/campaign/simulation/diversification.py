"""How outcomes narrow as a budget is spread over more creators and niches, and which luck remains."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.simulation import arms, creator_list, creator_model, draws, run
from nanospread.campaign.simulation.arms import Arm, SimulationSetup
from nanospread.campaign.simulation.by_world import JointDraws
from nanospread.campaign.simulation.creator_list import LONGEST_LIST
from nanospread.core import errors
from nanospread.creators.engagement import EngagementModel

SHARED = {  # source: factor -> its name among `draws.SHARED`
    "campaign: demand": "campaign",
    "campaign: feed": "feed",
    "recruitment: replies": "reply",
    "recruitment: acceptances": "accept",
    "recruitment: posting": "post",
}


def spread(
    engagement: EngagementModel,
    brief: Brief,
    *,
    counts: Iterable[int],
    n_worlds: int,
    seed: int,
    niches: int | None = None,
    beliefs: JointDraws | None = None,
    alike: bool = False,
) -> pd.DataFrame:
    """Return what N nano creators who all post bring, for each N: how outcomes narrow as eggs are spread.

    The creators of a smaller N are the first of every larger one. alike: typical creators of one size in
    place of those of the list, so that every N earns the same on average and only luck differs. cost is N
    times the expected cost of one post at the brief's values, recruitment included. niches: how many of the
    brief's first niches to use. beliefs: what the worlds draw beside luck, which no number of creators
    spreads. Returns: world, creators (N), niches, cost, profit, engagements, conversions, roi.
    """
    run.checked(n_worlds, seed)
    sizes = sorted(set(counts))
    if not sizes or sizes[0] < 1 or sizes[-1] > LONGEST_LIST or any(n != int(n) for n in sizes):
        raise errors.InputError(f"counts must be whole numbers from 1 to {LONGEST_LIST:,}; got {sizes}")
    if niches is not None and not 1 <= niches <= len(brief.niches):
        raise errors.InputError(f"niches must be from 1 to {len(brief.niches)}; got {niches}")
    setup = _all_post(engagement, brief, brief.niches[:niches], sizes, seed, beliefs, alike)
    worlds = run.frame(setup, run.outcomes(setup, n_worlds, run.EVERYTHING))
    rows = worlds[["world", "cost", "profit", "engagements", "conversions", "roi"]]
    rows.insert(1, "creators", np.repeat(sizes, n_worlds))
    rows.insert(2, "niches", len(brief.niches[:niches]))
    return rows


def over_niches(
    engagement: EngagementModel, brief: Brief, *, creators: int, n_worlds: int, seed: int, alike: bool = False
) -> pd.DataFrame:
    """Return rows as `spread` for so many creators of the first niche, the first two, and so on."""
    frames = [
        spread(engagement, brief, counts=(creators,), niches=n, n_worlds=n_worlds, seed=seed, alike=alike)
        for n in range(1, len(brief.niches) + 1)
    ]
    return pd.concat(frames, ignore_index=True)


def _all_post(
    engagement: EngagementModel,
    brief: Brief,
    niches: tuple[str, ...],
    sizes: Sequence[int],
    seed: int,
    beliefs: JointDraws | None,
    alike: bool,
) -> SimulationSetup:
    """Return the setup in which the first N creators post for sure, each at the expected cost of a post.

    (labour / (reply x accept) + goods) / post + fee (model.md C11, V20).
    """
    chosen = changed(brief, niches=niches)
    listed = creator_list.nano(engagement, brief.niches if alike else niches, sizes[-1])
    if alike:
        typical = round(listed["followers"].mean())
        listed = creator_list.alike(engagement, niches, sizes[-1], typical)
    followers, offer = listed["followers"].to_numpy(dtype=np.float64), brief.nano.offer
    values, paid = brief.values, followers >= brief.nano.paid_from()
    posting = np.where(paid, values.post_rate_fee, values.post_rate_gift)
    promised = brief.package(offer, followers)
    goods = np.where(paid, brief.goods, promised)
    each = (values.labour_per_contact / brief.opt_in + goods) / posting
    each = each + promised - goods + values.overhead_per_creator
    if not (each > 0).all():
        raise errors.InputError("a post must cost something: labour_per_contact, goods or fee above 0")
    cash = np.cumsum(each)[np.array(sizes) - 1]
    every = [
        Arm(f"{n} creators", 0.0, offer, float(spent), None) for n, spent in zip(sizes, cash, strict=True)
    ]
    setup = arms.setup(engagement, chosen, every, listed, seed, beliefs)
    groups = (g._replace(recruits=g.recruits._replace(fee=each)) for g in setup.offer_groups)
    return replace(setup, certain=True, offer_groups=tuple(groups))


def shared_luck(brief: Brief, *, n_worlds: int, seed: int) -> pd.DataFrame:
    """Return the uniforms behind what nano creators share in each world, by "<source>: <factor>"."""
    names = [*SHARED, *(f"niche: {niche}" for niche in brief.niches)]
    uniforms = np.empty((len(names), n_worlds))
    for start in range(0, n_worlds, run.BLOCK):
        stop = min(start + run.BLOCK, n_worlds)
        shared = draws.shared(seed, start, stop)
        niches = [draws.of_niche(seed, niche, shared, start) for niche in brief.niches]
        uniforms[:, start:stop] = [*(shared[factor] for factor in SHARED.values()), *niches]
    forgets = brief.weeks > 1 and brief.values.platform_memory < 1
    weeks = {
        f"campaign: feed in week {k + 1}": draws.uniforms(seed, "week", str(k), n_worlds)
        for k in range(brief.weeks if forgets else 0)
    }
    return pd.DataFrame(dict(zip(names, uniforms, strict=True)) | weeks, copy=False)


def individual_luck(engagement: EngagementModel, brief: Brief) -> dict[str, float]:
    """Return how the variance that is left to each creator splits, as relative weights by source.

    Per accepted creator of mean orders m, posting rate p, and squared coefficients of variation c of its own
    conversion, true rate and flop, and n of its posts' noise: p (1 - p) m^2 recruitment, p m^2 c creator, p
    m^2 (1 + c) n post, and p m (1 + cv^2) orders. Audiences' overlap and the end of the money are left out.
    """
    listed = arms.listed(engagement, brief)
    terms, values = creator_model.terms(brief, "nano"), brief.values
    paid = listed["followers"].to_numpy(dtype=np.float64) >= brief.nano.paid_from()
    p = np.where(paid, values.post_rate_fee, values.post_rate_gift)
    worn = terms.kept ** np.arange(terms.posts)
    per_follower = terms.click_rate * terms.orders_per_click * values.kappa * worn.sum()
    chance, left = values.flop_rate, values.flop_multiplier
    m = listed["followers"].to_numpy() * per_follower * (1 - chance * (1 - left))
    flop = (1 - chance + chance * left**2) / (1 - chance + chance * left) ** 2
    logs = creator_model.individual_sd(values) ** 2 + (terms.pull * listed["log_sd"].to_numpy()) ** 2
    c = np.exp(logs) * flop - 1
    n = np.expm1(listed["sd_post"].to_numpy() ** 2) * (worn**2).sum() / worn.sum() ** 2
    parts = {
        "recruitment": p * (1 - p) * m**2,
        "creator": p * m**2 * c,
        "post": p * m**2 * (1 + c) * n,
        "orders": p * m * (1 + values.order_value_cv**2),
    }
    weights = {source: float(part.mean()) for source, part in parts.items()}
    return weights if sum(weights.values()) > 0 else {"recruitment": 1.0}  # nobody orders: only costs vary
