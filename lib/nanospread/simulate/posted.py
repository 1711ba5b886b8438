"""Creators who have posted -> the orders to expect of each, world by world, for results to date."""

import numpy as np
import pandas as pd

from nanospread import tiers
from nanospread.brief import Brief
from nanospread.engagement import EngagementModel
from nanospread.simulate import creators as creator_list
from nanospread.simulate import model as story
from nanospread.simulate import money
from nanospread.simulate.draws import Floats

NANO_SIZED = ("below nano", "nano")  # whose rates a creator gets; the brief has one other set, the macro's


def posted(
    model: EngagementModel, brief: Brief, creators: pd.DataFrame, *, n_worlds: int, seed: int
) -> Floats:
    """Return the orders to expect of one feed post and story of each creator, at kappa = 1.

    creators: creator, niche, followers; one row each, none the model needs to know. Their audiences overlap
    as in `campaign`: people whom several of one niche reach order less often the second time.

    Returns: array worlds x creators [orders], in the order of `creators`. A creator's numbers are those of
    `campaign` at the same seed, before the overlap.
    """
    orders = np.zeros((n_worlds, len(creators)))
    if creators.empty:
        return orders
    on = story.stage(model, brief, tuple(sorted(creators["niche"].unique())), n_worlds, seed)
    small = tiers.of(creators["followers"]).isin(NANO_SIZED).to_numpy(dtype=bool)
    every, place = np.arange(n_worlds), {name: at for at, name in enumerate(creators["creator"])}
    met = {niche: np.zeros((2, n_worlds)) for niche in on.niches}
    for side, chosen in (("nano", small), ("macro", ~small)):
        for creator in creator_list.rated(model, creators[chosen], side, drawn=False):
            brings = story.post(creator, on, every)
            orders[:, place[creator.name]] = brings[story.ORDERS]
            met[creator.niche] += brings[[story.AUDIENCE, story.MISSED]]
    pool, repeat = brief.value("niche_pool"), brief.value("repeat_click_weight")
    for niche, (audience, missed) in met.items():
        first = money.clicks_per_contact(audience, -pool * np.expm1(missed), repeat)
        orders[:, (creators["niche"] == niche).to_numpy()] *= first[:, None]
    return orders
