"""How long it takes to choose creators, how good the choice is for certain, and CVaR against skfolio.

1000: the proven best of a thousand creators at up to three posts each; the median over repetitions, each
with other creators. 100k, 1m: seconds, certified gap [basis points] and peak memory of long rosters, with
limits of every kind. cvar: a portfolio under CVaR, skfolio's time over ours; skfolio with the faster of its
own solver and HiGHS, whose better objective must agree with ours to 1e-6. Left out where there is no
.venv-bench.

    python tools/benches/shortlist.py 1000|100k|1m|cvar [--smoke]
"""

import json
import math
import subprocess
import sys
import time
from statistics import median

import numpy as np
import pandas as pd
import sizes
from sizes import Sizes, peak_mb

from nanospread.campaign import shortlist
from nanospread.campaign.shortlist import baselines, lp_relaxation, problem
from nanospread.core import paths

sys.path.insert(0, str(paths.ROOT / "tools" / "peers"))
import portfolio

PEER = paths.ROOT / "tools" / "peers" / "skfolio_peer.py"
BENCH = paths.ROOT / ".venv-bench"
NICHES = {
    "beauty": 20,
    "family": 8,
    "fashion": 18,
    "fitness": 9,
    "food": 14,
    "gaming": 7,
    "home": 9,
    "pet": 5,
    "travel": 10,
}  # percent of creators
POSTS = np.arange(1, 4)
PER_CREATOR = 60_00  # of the budget [cents]
SAME = 1e-6  # of the objective: what solvers may differ by


def roster(n_creators: int, seed: int) -> pd.DataFrame:
    """Return three options of each creator: log-uniform followers, log-normal ER, posts that wear out."""
    random = np.random.default_rng(seed)
    followers = np.exp(random.uniform(np.log(1e3), np.log(1e4), n_creators))
    er = np.exp(random.normal(-3.2, 0.7, n_creators))
    fee = 0.012 * followers * np.exp(random.normal(0, 0.25, n_creators))
    worth = 0.3 * followers * er * np.exp(random.normal(0, 0.4, n_creators)) + 0.5 * fee
    seen = np.cumsum(0.75 ** (POSTS - 1))
    shares = np.array(list(NICHES.values())) / 100
    return pd.DataFrame(
        {
            "creator": np.repeat([f"creator_{at:07d}" for at in range(n_creators)], len(POSTS)),
            "niche": np.repeat(random.choice(list(NICHES), n_creators, p=shares), len(POSTS)),
            "posts": np.tile(POSTS, n_creators),
            "cost": np.round(100 * (32 + np.outer(fee, POSTS))).astype(np.int64).ravel(),
            "value": np.outer(worth, seen).ravel(),
            "er": np.repeat(er, len(POSTS)),
            "reach": np.outer(0.3 * followers, seen).ravel(),
        }
    )


def rules(options: pd.DataFrame, n_chosen: int) -> tuple[shortlist.Limits, pd.DataFrame]:
    """Return limits of every kind for about so many creators, and the pools that their audiences share."""
    creators = options["creator"].unique()
    limits = shortlist.Limits(
        budget=n_chosen * PER_CREATOR,
        least_creators=n_chosen // 5,
        most_creators=2 * n_chosen,
        least_per_niche=dict.fromkeys(sorted(options["niche"].unique()), max(n_chosen // 40, 1)),
        most_share_niche=0.18,
        most_share_creator=max(0.05, 3 / n_chosen),
        must=(creators[7],),
        never=(creators[9],),
    )
    return limits, pd.DataFrame({"niche": list(NICHES), "pool": 500.0 * n_chosen, "price": 0.01})


def chosen(n_creators: int, n_chosen: int, seed: int) -> tuple[float, shortlist.Choice]:
    """Return how long the choice among so many takes, and the choice."""
    options = roster(n_creators, seed)
    limits, pools = rules(options, n_chosen)
    start = time.perf_counter()
    choice = shortlist.choice(options, limits, pools=pools)
    return time.perf_counter() - start, choice


def exact(size: Sizes) -> dict[str, float]:
    """Return the seconds of the proven best of a thousand creators."""
    found = [chosen(size.shortlists["1000"], size.shortlisted, seed) for seed in range(size.repetitions)]
    if not all(choice.proven for _, choice in found):
        raise AssertionError("a choice among a thousand creators is not proven the best")
    return {"shortlist_s_1000": median(seconds for seconds, _ in found)}


def long(size: Sizes, name: str) -> dict[str, float]:
    """Return seconds, certified gap [basis points] and peak memory [MB] of the choice from a long roster."""
    n_creators = size.shortlists[name]
    seconds, choice = chosen(n_creators, math.ceil(n_creators**0.5 * 5), 1)
    return {
        f"shortlist_s_{name}": seconds,
        f"shortlist_gap_bp_{name}": 1e4 * (choice.bound - choice.value) / choice.bound,
        f"shortlist_peak_mb_{name}": peak_mb(),
    }


def cvar(size: Sizes) -> dict[str, float]:
    """Return skfolio's time over ours for the same portfolio; both work out its worlds first."""
    if not (BENCH / ".ready").exists():
        print("skfolio is left out: there is no .venv-bench, which tools/peers/setup.sh makes")
        return {}
    n_creators, n_worlds = size.portfolio
    ours(n_creators, n_worlds, size.repetitions)  # warm
    rounds = []
    for seed in range(size.repetitions):
        start = time.perf_counter()
        mine = ours(n_creators, n_worlds, seed)
        seconds = time.perf_counter() - start
        peers = [theirs(n_creators, n_worlds, seed, solver) for solver in ("SCIPY", "CLARABEL")]
        best = max(peer["outputs"]["objective"] for peer in peers)
        if abs(best - mine) > SAME * abs(mine):
            raise AssertionError(f"skfolio comes to {best}, the shortlist to {mine}")
        rounds.append((seconds, min(peer["seconds"] for peer in peers)))
    mine_took, theirs_took = (median(side) for side in zip(*rounds, strict=True))
    return {"cvar_shares_seconds": mine_took, "cvar_vs_skfolio": theirs_took / mine_took}


def ours(n_creators: int, n_worlds: int, seed: int) -> float:
    """Return the objective of the best portfolio: each creator costs the most that one may take."""
    returns, niche = portfolio.returns(n_creators, n_worlds, seed)
    gains = portfolio.LARGEST * returns
    budget = 1_000_000_00
    options = pd.DataFrame(
        {
            "creator": [f"creator_{at:05d}" for at in range(n_creators)],
            "niche": [f"niche_{at}" for at in niche],
            "posts": 1,
            "cost": round(portfolio.LARGEST * budget),
            "value": gains.mean(axis=0),
            "er": 0.0,
            "reach": 0.0,
        }
    )
    limits = shortlist.Limits(budget=budget, most_share_niche=portfolio.OF_NICHE)
    asked = problem.problem(options, limits, gains=gains, caution=portfolio.CAUTION)
    best = lp_relaxation.relaxed(asked, baselines.cheapest(asked))
    return portfolio.objective(asked.profit(best.options, best.shares))


def theirs(n_creators: int, n_worlds: int, seed: int, solver: str) -> dict:
    """Return the seconds and the objective of skfolio with this solver."""
    command = [str(BENCH / "bin" / "python"), str(PEER), *map(str, (n_creators, n_worlds, seed)), solver]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


TASKS = {
    "1000": exact,
    "100k": lambda size: long(size, "100k"),
    "1m": lambda size: long(size, "1m"),
    "cvar": cvar,
}

if __name__ == "__main__":
    print(json.dumps(TASKS[sys.argv[1]](sizes.asked())))
