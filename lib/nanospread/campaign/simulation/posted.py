"""Creators who have posted -> the orders to expect of each, world by world, for results to date."""

import numpy as np
import pandas as pd

from nanospread.campaign.brief import Brief, changed
from nanospread.campaign.simulation import arms, creator_model, kernel, overlap
from nanospread.campaign.simulation import creators as creator_list
from nanospread.campaign.simulation.money import AUDIENCE, MISSED, ORDERS
from nanospread.core.types import Floats
from nanospread.creators import tiers
from nanospread.creators.engagement import EngagementModel

NANO_SIZED = ("below nano", "nano")  # whose rates a creator gets; the brief has one other set, the macro's


def posted(
    model: EngagementModel, brief: Brief, creators: pd.DataFrame, *, n_worlds: int, seed: int
) -> Floats:
    """Return the orders to expect of one feed post and story of each creator, at kappa = 1.

    creators: creator, niche, followers; one row each, none the model needs to know. Their audiences overlap
    as in `campaign`: people whom several of one niche, or of the market, reach order less often the second
    time. Nobody knows their weeks, so all meet the same feed.

    Returns: array worlds x creators [orders], in the order of `creators`. A creator's numbers are those of
    `campaign` at the same seed, before the overlap.
    """
    if creators.empty:
        return np.zeros((n_worlds, 0))
    niches, brief = tuple(sorted(creators["niche"].unique())), changed(brief, weeks=1)
    rated = creator_list.rated(model, creators, drawn=False)
    cast = creator_list.cast(rated, brief, niches, seed)
    on = arms.Stage(brief, seed, niches, (), cast, cast, (), certain=True)
    play, _, common, tables = arms.scene(on, 0, n_worlds)
    small = tiers.of(creators["followers"]).isin(NANO_SIZED).to_numpy(dtype=bool)
    found = np.empty((len(creator_model.Brought._fields), len(creators), n_worlds))
    for terms, chosen in ((play.nano, small), (play.macro, ~small)):
        part = np.empty((len(found), int(chosen.sum()), n_worlds))
        kernel.each(cast[chosen], terms._replace(posts=1), 0, common, tables, part)
        found[:, chosen] = part
    niche = cast["niche"].astype(np.intp)
    worth, _ = overlap.overlapped(found[AUDIENCE], found[MISSED], niche, len(niches), brief)
    return np.asarray((found[ORDERS] * worth[niche]).T)
