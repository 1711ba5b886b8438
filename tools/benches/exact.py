"""How much Sobol points for the shared factors sharpen the odds, and whether error bars keep their word.

qmc_gain: variance of an estimate over seeds with plain random factors, over that with Sobol points, times the
ratio of the times: how many times as long plain worlds must be drawn for the same error. qmc_coverage: share
of the seeds whose +/- 1.96 standard errors hold the truth, read off a million worlds of another seed.

At 2,000 creators on the list, some 230 of whom post: each one's own luck is no shared factor, and at 200 on
the list it is a third of the variance of P(beats), so that no points could gain more than 3 there.

    python tools/benches/exact.py [--smoke]
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from statistics import median

import campaigns
import numpy as np
import pandas as pd
import sizes
from sizes import Sizes

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import draws
from nanospread.creators.engagement import EngagementModel

ODDS = {"pbeat": "p_beats_macro", "cvar": "cvar_5"}  # of nano_gift
NANO = "nano_gift"
TRUTH = 987_654_321  # a seed that none of the estimates has


def gains(size: Sizes) -> dict[str, float]:
    """Return gain and coverage of the chance that nano beats macro and of the mean of the worst twentieth."""
    model, plan = campaigns.model(), campaigns.plan(size.creators["2000"])
    sobol, plain = estimated(model, plan, size)
    faster = median(plain["seconds"]) / median(sobol["seconds"])
    worlds = simulation.campaign(
        model, plan, n_worlds=size.truth_worlds, seed=TRUTH, only=campaigns.PAIR
    ).worlds
    truth = risk.summary(worlds, flop_roi=plan.flop_roi)
    found = {f"qmc_gain_{name}": plain[name].var() / sobol[name].var() * faster for name in ODDS}
    for name, measure in ODDS.items():
        exact = risk.estimate(truth, NANO, measure)
        bars = 1.96 * np.hypot(sobol[f"{name}_se"], exact.se)  # the truth has an error too
        found[f"qmc_coverage_{name}"] = float(((sobol[name] - exact.value).abs() <= bars).mean())
    return found


def estimated(model: EngagementModel, plan: Brief, size: Sizes) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the estimates of each seed with Sobol points, and with plain random factors, taken in turns."""
    once(model, plan, 16, 0)  # compiles
    rows: dict[bool, list[dict[str, float]]] = {False: [], True: []}
    for seed in range(1, size.seeds + 1):
        for plain, found in rows.items():
            with random_factors() if plain else nullcontext():
                found.append(once(model, plan, size.seed_worlds, seed))
    return pd.DataFrame(rows[False]), pd.DataFrame(rows[True])


def once(model: EngagementModel, plan: Brief, n_worlds: int, seed: int) -> dict[str, float]:
    """Return the odds of one seed with their standard errors, and the seconds that its worlds took."""
    start = time.perf_counter()
    worlds = simulation.campaign(model, plan, n_worlds=n_worlds, seed=seed, only=campaigns.PAIR).worlds
    found = {"seconds": time.perf_counter() - start}
    summary = risk.summary(worlds, flop_roi=plan.flop_roi)
    for name, measure in ODDS.items():
        odds = risk.estimate(summary, NANO, measure)
        found |= {name: odds.value, f"{name}_se": odds.se}
    return found


@contextmanager
def random_factors() -> Iterator[None]:
    """Let what a world's creators share come from numpy's generator, as a simulation without Sobol would."""
    sobol = draws._shared
    draws._shared = lambda seed, start, stop: np.random.default_rng([seed, start]).random(
        (len(draws.SHARED), stop - start)
    )
    try:
        yield
    finally:
        draws._shared = sobol


if __name__ == "__main__":
    print(json.dumps(gains(sizes.asked())))
