"""Whom creators reach, world by world -> what a contact is still worth once their audiences overlapped.

As `money.overlapped` does for one world inside the kernel: at random inside a niche, and niches inside the
market (Sainsbury, model.md C1); people met again click `repeat_click_weight` times as often.
"""

import numpy as np
from numpy.typing import NDArray

from nanospread.campaign.brief import Brief
from nanospread.core.types import Floats


def overlapped(
    audience: Floats, missed: Floats, niche: NDArray[np.intp], n_niches: int, brief: Brief
) -> tuple[Floats, Floats]:
    """Return what a contact with each niche is worth, array niches x worlds, and the people reached at all.

    audience: people whom each creator reaches. missed: the share of its niche's people whom it does not. Both
    creators x worlds; a creator that does not post reaches 0 and misses 1. niche: place of each creator's.
    """
    market, repeat = brief.values.market_pool, brief.values.repeat_click_weight
    here = [niche == at for at in range(n_niches)]
    contacts = np.array([audience[mine].sum(axis=0) for mine in here])
    people = np.array([1 - missed[mine].prod(axis=0) for mine in here]) * brief.values.niche_pool
    everybody = market * (1 - (1 - np.minimum(people / market, 1)).prod(axis=0))
    first = _ratio(people, contacts) * _ratio(everybody, people.sum(axis=0))
    return repeat + (1 - repeat) * first, everybody


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.ones_like(whole), where=whole > 0)
