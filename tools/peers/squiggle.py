"""The reduced campaign of `parameters` in squigglepy: creator by creator, all worlds of one in one sample.

It leaves out reach, engagements, clicks and overlap, which flatters squigglepy in comparison with nanospread.

squigglepy (0.30) draws from distributions with fixed parameters; counts and order values, whose mean differs
from world to world, come from the numpy generator it works with.

    .venv-bench/bin/python tools/peers/squiggle.py N S SEED
"""

import numpy as np
import odds
import parameters as p
import squigglepy as sq
import timed

STANDARD = sq.norm(mean=0, sd=1)
OWN_LUCK = sq.lognorm(norm_mean=-(p.OWN_SD**2) / 2, norm_sd=p.OWN_SD)
FEED = sq.lognorm(norm_mean=-(p.FEED_SD**2) / 2, norm_sd=p.FEED_SD)


def run(n_creators: int, n_worlds: int, seed: int) -> dict[str, odds.Number]:
    """Return the odds of the campaign with this many nano creators on its list."""
    return odds.outputs(*worlds(p.campaign(n_creators), n_worlds, seed))


def worlds(campaign: p.Campaign, n_worlds: int, seed: int) -> tuple[odds.Outcome, odds.Outcome]:
    """Return the outcomes of the nano and of the macro arm by world; n_worlds: 2 or more."""
    random = sq.set_seed(seed)
    shock = np.sqrt(p.RHO_CAMPAIGN) * (STANDARD @ n_worlds)
    common = [shock + np.sqrt(p.RHO_NICHE) * (STANDARD @ n_worlds) for _ in range(p.NICHES)]
    feed = FEED @ n_worlds
    spent, nano = _nano(campaign, common)
    macro = campaign.macro_orders * _luck(common[0])
    return _sold(spent, feed * nano, random), _sold(np.full(n_worlds, campaign.budget), feed * macro, random)


def _nano(campaign: p.Campaign, common: list[p.Floats]) -> tuple[p.Floats, p.Floats]:
    """Return what the nano arm spends [money] and the orders to expect by world, but for the feed."""
    n_worlds = len(common[0])
    reply, accept, post = (_rate(mean) @ n_worlds for mean in (p.REPLY, p.ACCEPT, p.POST))
    accepted, posted = reply * accept, reply * accept * post
    spent, orders = np.zeros((2, n_worlds))
    for niche, mean_orders in zip(campaign.niche, campaign.nano_orders, strict=True):
        contacted = spent + p.LABOUR + p.GIFT <= campaign.budget
        chance = sq.uniform(0, 1) @ n_worlds
        spent += contacted * (p.LABOUR + p.GIFT * (chance < accepted))
        orders += contacted * (chance < posted) * mean_orders * _luck(common[niche])
    return spent, orders


def _rate(mean: float) -> sq.BetaDistribution:
    return sq.beta(mean * p.RATE_PRECISION, (1 - mean) * p.RATE_PRECISION)


def _luck(common: p.Floats) -> p.Floats:
    """Return one creator's factor on its mean orders by world, given what it shares with its niche."""
    shared = np.exp(p.CONVERSION_SD * common - p.CONVERSION_SD**2 * (1 - p.OWN) / 2)
    flopped = common + np.sqrt(p.OWN) * (STANDARD @ len(common)) < p.FLOP_SCORE
    return (OWN_LUCK @ len(common)) * shared * np.where(flopped, p.FLOP_KEEPS, 1.0)


def _sold(cost: p.Floats, mean_orders: p.Floats, random: np.random.Generator) -> odds.Outcome:
    orders = random.poisson(mean_orders)
    return odds.outcome(cost, orders, random.gamma(orders * p.VALUE_SHAPE, p.ORDER_VALUE / p.VALUE_SHAPE))


if __name__ == "__main__":
    timed.main(run)
