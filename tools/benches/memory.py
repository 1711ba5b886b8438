"""What a process that fits the sample and simulates a campaign holds at most [MB], from its start to its end.

100k: all arms at 100,000 worlds and 2,000 creators, then their summary. 1m: their profits alone at a million
worlds, then its odds. 10m: so too the pair at ten million worlds and 200 creators, on two threads, and its
seconds.

    python tools/benches/memory.py 100k|1m|10m [--smoke]
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import campaigns
import numpy as np
import sizes
from numpy.typing import NDArray
from sizes import Sizes, peak_mb

from nanospread.campaign import risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.campaign.simulation import run
from nanospread.creators.engagement import EngagementModel

SEED = 20261122


def whole(size: Sizes) -> dict[str, float]:
    """Return the peak of a campaign whose worlds are all in memory."""
    model, plan = campaigns.model(), campaigns.plan(size.creators["2000"])
    worlds = simulation.campaign(model, plan, n_worlds=size.memory_worlds["100k"], seed=SEED).worlds
    risk.summary(worlds, flop_roi=plan.flop_roi)
    return {"peak_mb_100k": peak_mb()}


def profits_alone(size: Sizes) -> dict[str, float]:
    """Return the peak of a campaign of which only the profits are kept."""
    model, plan = campaigns.model(), campaigns.plan(size.creators["2000"])
    odds(profits(model, plan, size.memory_worlds["1m"]))
    return {"peak_mb_1m": peak_mb()}


def on_two_threads(size: Sizes) -> dict[str, float]:
    """Return seconds and peak of ten million worlds of the pair."""
    model, plan = campaigns.model(), campaigns.plan(size.creators["200"])
    n_worlds, only = size.memory_worlds["10m"], campaigns.PAIR
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        odds(profits(model, plan, n_worlds, only, pool))
    return {"scale_10m_seconds": time.perf_counter() - start, "scale_10m_peak_mb": peak_mb()}


def profits(
    model: EngagementModel,
    plan: Brief,
    n_worlds: int,
    only: Sequence[str] | None = None,
    executor: Executor | None = None,
) -> dict[str, NDArray[np.float64]]:
    """Return the profit of each arm in each world."""
    setup, _ = run.setup(model, plan, SEED, only)
    _, profit = run.outcomes(setup, n_worlds, run.MONEY, executor)
    return {arm.name: of_arm for arm, of_arm in zip(setup.arms, profit, strict=True)}


def odds(profits: Mapping[str, NDArray[np.float64]]) -> None:
    """Work out the odds of each arm's profit."""
    for profit in profits.values():
        batch = np.arange(len(profit)) % risk.BATCHES
        risk.mean(profit, batch=batch)
        risk.p_loss(profit, batch=batch)
        risk.cvar(profit, batch=batch)
        risk.p_beats(profit, profits["macro"], batch=batch)


TASKS = {"100k": whole, "1m": profits_alone, "10m": on_two_threads}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](sizes.asked())))
