"""What an arm's posts bring on average -> counts, revenue and profit in each world."""

import numpy as np

from nanospread.brief import Brief
from nanospread.simulate import draws
from nanospread.simulate.draws import Floats
from nanospread.simulate.model import AUDIENCE, CLICKS, ENGAGEMENTS, MISSED, ORDERS, REACH

READ_HERE_ONLY = ("kappa", "order_value", "order_value_cv", "margin", "repeat_click_weight")


def settled(arm: str, brought: Floats, cost: Floats, brief: Brief, seed: int) -> dict[str, Floats]:
    """Return the outcome columns of an arm, one value for each world.

    brought: niches x 6 x worlds, what its posts bring in each niche (sums of `model.post`); cost [money].

    Each click and each order is Poisson given the world, so the sum over creators is one Poisson of the
    summed mean: exact, at a cost that does not grow with the number of creators. Orders are a thinning of the
    clicks; where kappa makes them more than the clicks, the rest came without a click that was seen.
    Audiences overlap at random inside a niche (Sainsbury, facts.md C1) and not across niches. ROI is
    profit / cost, and 0 where nothing was spent.
    """
    unique = -brief.value("niche_pool") * np.expm1(brought[:, MISSED])
    first = clicks_per_contact(brought[:, AUDIENCE], unique, brief.value("repeat_click_weight"))
    clicks = (first * brought[:, CLICKS]).sum(axis=0)
    orders = (first * brought[:, ORDERS]).sum(axis=0) * brief.value("kappa")
    both = draws.counts(seed, "clicks with an order", arm, np.minimum(clicks, orders))
    ordered = both + draws.counts(seed, "orders without a click", arm, np.maximum(orders - clicks, 0))
    order_value = brief.value("order_value"), brief.value("order_value_cv")
    revenue = draws.sums_of_orders(seed, arm, ordered, *order_value)
    profit = brief.value("margin") * revenue - cost
    return {
        "cost": cost,
        "reach": brought[:, REACH].sum(axis=0),
        "unique_reach": unique.sum(axis=0),
        "engagements": draws.counts(seed, "engagements", arm, brought[:, ENGAGEMENTS].sum(axis=0)),
        "clicks": both + draws.counts(seed, "clicks without an order", arm, np.maximum(clicks - orders, 0)),
        "conversions": ordered,
        "revenue": revenue,
        "profit": profit,
        "roi": np.divide(profit, cost, out=np.zeros_like(profit), where=cost > 0),
    }


def clicks_per_contact(audience: Floats, unique: Floats, repeat: float) -> Floats:
    """Return clicks per contact relative to a first one: people met again click `repeat` times as often."""
    met_first = np.divide(unique, audience, out=np.ones_like(unique), where=audience > 0)
    return np.asarray(repeat + (1 - repeat) * met_first)
