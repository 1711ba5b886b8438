"""The reduced campaign of `parameters` in monaco: a case for each world, shared factors as input variables.

It leaves out reach, engagements, clicks and overlap, which flatters monaco in comparison with nanospread.

The luck of single creators comes from the case's own seed, numpy over the creators: as input variables (three
for each creator) they would be objects by the million. Sampling is random rather than monaco's default,
scrambled Sobol points, so that the standard errors hold. One thread, as the other peers.

A case costs far more than a world elsewhere, so at most 2,000 are run; `seconds` is scaled up in proportion
to the worlds asked for.

    .venv-bench/bin/python tools/peers/monaco_peer.py N S SEED
"""

import monaco as mc
import numpy as np
import odds
import parameters as p
import timed
from scipy import stats

MOST_WORLDS = 2_000
SHARED = ("campaign", *(f"niche {g}" for g in range(p.NICHES)), "feed")  # standard normals
RATES = {"reply": p.REPLY, "accept": p.ACCEPT, "post": p.POST}
ARMS = ("nano", "macro")


def run(n_creators: int, n_worlds: int, seed: int) -> dict[str, odds.Number]:
    """Return the odds of the campaign with this many nano creators on its list."""
    return odds.outputs(*worlds(p.campaign(n_creators), n_worlds, seed))


def worlds(campaign: p.Campaign, n_worlds: int, seed: int) -> tuple[odds.Outcome, odds.Outcome]:
    """Return the outcomes of the nano and of the macro arm by world."""
    steps = {"preprocess": _inputs, "run": _world, "postprocess": _record}
    sim = mc.Sim("campaign", n_worlds, steps, samplemethod="random", seed=seed, verbose=False, debug=True)
    for name in SHARED:
        sim.addInVar(name, stats.norm, {"loc": 0, "scale": 1})
    for name, mean in RATES.items():
        shapes = {"a": mean * p.RATE_PRECISION, "b": (1 - mean) * p.RATE_PRECISION}
        sim.addInVar(name, stats.beta, shapes)
    sim.addConstVal("campaign plan", campaign)
    sim.runSim()
    found = {name: np.array(variable.nums) for name, variable in sim.outvars.items()}
    nano, macro = (odds.Outcome(*(found[f"{arm} {what}"] for what in odds.Outcome._fields)) for arm in ARMS)
    return nano, macro


def _inputs(case: mc.Case) -> tuple[p.Campaign, p.Floats, float, list[float], int]:
    """Return what one world's run needs: the campaign, niches' luck, the feed, three chances and a seed."""
    scores = [case.invals[name].val for name in SHARED]
    common = np.sqrt(p.RHO_CAMPAIGN) * scores[0] + np.sqrt(p.RHO_NICHE) * np.array(scores[1:-1])
    feed = float(np.exp(p.FEED_SD * scores[-1] - p.FEED_SD**2 / 2))
    return case.constvals["campaign plan"], common, feed, [case.invals[name].val for name in RATES], case.seed


def _world(campaign: p.Campaign, common: p.Floats, feed: float, chances: list[float], seed: int) -> tuple:
    """Return the outcomes of both arms in one world."""
    random = np.random.default_rng(seed)
    spent, nano = _nano(campaign, common, chances, random)
    macro = campaign.macro_orders * _luck(common[:1], random)[0]
    cost = np.array([spent, campaign.budget])
    orders = random.poisson([feed * nano, feed * macro])
    revenue = random.gamma(orders * p.VALUE_SHAPE, p.ORDER_VALUE / p.VALUE_SHAPE)
    return (odds.outcome(cost, orders, revenue),)


def _nano(
    campaign: p.Campaign, common: p.Floats, chances: list[float], random: np.random.Generator
) -> tuple[float, float]:
    """Return what the nano arm spends [money] and the orders to expect, but for the feed."""
    accepted, posted = np.cumprod(chances)[1:]
    luck = random.random(len(campaign.niche))
    price = p.LABOUR + p.GIFT * (luck < accepted)
    spent = np.cumsum(price)
    contacted = spent - price + p.LABOUR + p.GIFT <= campaign.budget
    orders = campaign.nano_orders * _luck(common[campaign.niche], random)
    return price[contacted].sum(), orders[contacted & (luck < posted)].sum()


def _luck(common: p.Floats, random: np.random.Generator) -> p.Floats:
    """Return each creator's factor on its mean orders, given what it shares with its campaign and niche."""
    own = np.exp(p.OWN_SD * random.standard_normal(len(common)) - p.OWN_SD**2 / 2)
    shared = np.exp(p.CONVERSION_SD * common - p.CONVERSION_SD**2 * (1 - p.OWN) / 2)
    flopped = common + np.sqrt(p.OWN) * random.standard_normal(len(common)) < p.FLOP_SCORE
    return own * shared * np.where(flopped, p.FLOP_KEEPS, 1.0)


def _record(case: mc.Case, outcome: odds.Outcome) -> None:
    """Give the case its output values."""
    for at, arm in enumerate(ARMS):
        for what, values in outcome._asdict().items():
            case.addOutVal(f"{arm} {what}", float(values[at]))


if __name__ == "__main__":
    timed.main(run, MOST_WORLDS)
