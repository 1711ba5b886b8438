"""Weekly orders of regions as shops have them, without a campaign: what a holdout test must not see through.

Regions differ in size, in how strongly season and common shocks move them, and in how noisy they are; shocks
last from week to week, and counts scatter more than a Poisson's.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.core import weeks

KINDS = {
    "plain": {},
    "lasting": {"lasts": 0.9},
    "uneven": {"spread": 1.4, "uneven": 4.0},
    "small": {"size": 6.0},
    "growing": {"growth": 1.0},
}


class Drawn(NamedTuple):
    """Weekly orders, weeks x regions, and their means."""

    orders: np.ndarray
    means: np.ndarray


def drawn(rng, regions, length, *, size=60.0, lasts=0.6, spread=0.8, uneven=2.0, growth=0.2):
    """Return weekly orders. size: of a mean region. lasts: of shocks, per week. growth: sd of a year's."""
    sizes = np.exp(rng.normal(0, spread, regions))
    time = np.arange(length)
    season = 0.25 * np.sin(2 * np.pi * (time / 52 + rng.random()))
    season += 0.3 * ((time + rng.integers(52)) % 52 > 46)
    sd = 0.05 * np.exp(rng.uniform(0, np.log(uneven), regions))
    own, common = _lasting(rng, length, regions, lasts) * sd, _lasting(rng, length, 1, lasts) * 0.1
    load = rng.uniform(0.6, 1.4, regions)
    trend = growth * np.outer(time / 52, rng.normal(0, 0.3, regions))
    means = size * sizes / sizes.mean() * np.exp(load * (season[:, None] + common) + own + trend)
    return Drawn(rng.poisson(means * rng.gamma(20, 1 / 20, means.shape)).astype(float), means)


def _lasting(rng, length, regions, lasts):
    """Return unit-variance shocks, length x regions, of which a share lasts into the next week."""
    shocks = rng.normal(size=(length, regions))
    for at in range(1, length):
        shocks[at] = lasts * shocks[at - 1] + np.sqrt(1 - lasts**2) * shocks[at]
    return shocks


def with_effect(rng, of, treated, start, effect):
    """Return orders with an effect [share] in treated regions or weeks from a week on, and what it added."""
    added = rng.poisson(of.means[start:] * effect * treated)
    return np.concatenate([of.orders[:start], of.orders[start:] + added]), float(added.sum())


def named(orders, last="2026-W47"):
    """Return weekly orders as the rows of a user's file."""
    names = [weeks.before(last, back) for back in range(len(orders) - 1, -1, -1)]
    table = pd.DataFrame(orders, index=names, columns=[f"region {at:02}" for at in range(orders.shape[1])])
    return table.rename_axis("week").stack().rename_axis(["week", "region"]).rename("orders").reset_index()
