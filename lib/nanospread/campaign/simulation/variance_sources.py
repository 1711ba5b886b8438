"""The luck that a world's creators share, and how much is left to each: what a variance is split by."""

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import arms, creator_model, draws, run
from nanospread.creators.engagement import EngagementModel

SHARED = {  # source: factor -> its name among `draws.SHARED`
    "campaign: demand": "campaign",
    "campaign: feed": "feed",
    "recruitment: replies": "reply",
    "recruitment: acceptances": "accept",
    "recruitment: posting": "post",
}


def luck(brief: Brief, *, n_worlds: int, seed: int) -> pd.DataFrame:
    """Return the uniforms behind what nano creators share in each world of `campaign`.

    Returns: one row for each world; columns "<source>: <factor>", sources campaign, recruitment and niche.
    """
    names = [*SHARED, *(f"niche: {niche}" for niche in brief.niches)]
    found = np.empty((len(names), n_worlds))
    for start in range(0, n_worlds, run.BLOCK):
        stop = min(start + run.BLOCK, n_worlds)
        shared = draws.shared(seed, start, stop)
        niches = [draws.of_niche(seed, niche, shared, start) for niche in brief.niches]
        found[:, start:stop] = [*(shared[factor] for factor in SHARED.values()), *niches]
    forgets = brief.weeks > 1 and brief.values.platform_memory < 1
    weeks = {
        f"campaign: feed in week {k + 1}": draws.uniforms(seed, "week", str(k), n_worlds)
        for k in range(brief.weeks if forgets else 0)
    }
    return pd.DataFrame(dict(zip(names, found, strict=True)) | weeks, copy=False)


def own_luck(engagement: EngagementModel, brief: Brief) -> dict[str, float]:
    """Return how the variance that is left to each creator splits, as relative weights by source.

    Per accepted creator of mean orders m, posting rate p, and squared coefficients of variation c of its own
    conversion, true rate and flop, and n of its posts' noise: p (1 - p) m^2 recruitment, p m^2 c creator,
    p m^2 (1 + c) n post, and p m (1 + cv^2) orders, cv of order values. Averaged over the list, audiences'
    overlap and the end of the money left out.
    """
    listed = arms.listed(engagement, brief)
    terms, values = creator_model.terms(brief, "nano"), brief.values
    paid = brief.nano.pays(listed["followers"].to_numpy(dtype=np.float64))
    p = np.where(paid, values.post_rate_fee, values.post_rate_gift)
    worn = terms.kept ** np.arange(terms.posts)
    per_follower = terms.click_rate * terms.orders_per_click * values.kappa * worn.sum()
    chance, kept = values.flop_rate, values.flop_multiplier
    m = listed["followers"].to_numpy() * per_follower * (1 - chance * (1 - kept))
    flop = (1 - chance + chance * kept**2) / (1 - chance + chance * kept) ** 2
    logs = (values.conversion_sd * creator_model.left(brief)) ** 2 + (
        terms.pull * listed["log_sd"].to_numpy()
    ) ** 2
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
