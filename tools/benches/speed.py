"""How long nanospread takes for a campaign and all that is told of it, against other ways to simulate one.

Each number is the median over repetitions in which everything runs in turn, so that a busy machine slows both
sides of a ratio; each repetition has other seeds, so that nothing is read from a cache; a first run, which
compiles, is left out.

- simulate_vs_draws: nanospread over the bare drawing of one normal, exponential and uniform for each creator
  and world (peers/bare_draws.py). Under 1 it is faster than the limit of all that draw for everybody listed.
- simulate_vs_loop: the notebook's loop over nanospread (peers/loop.py, the same model). The loop runs fewer
  worlds and its time is scaled up in proportion; nothing is told of its worlds.
- simulate_vs_best_peer, simulate_vs_monaco: squigglepy and monaco over nanospread, on the reduced model of
  peers/parameters.py, which flatters them. Left out where .venv-bench could not be made.
- frontier_vs_one: 21 mixes from all nano to all macro and their odds, over the pair of arms and its summary.
- beliefs_vs_luck: worlds that draw beliefs beside their luck over those of luck alone, in CPU time.
- whatif_ms: from a moved slider of the panel to its new odds and picture.

    python tools/benches/speed.py [--smoke]
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from statistics import median

import campaigns
import numpy as np
import sizes
from sizes import Sizes

import nanospread as ns
from nanospread.campaign import beliefs, risk, simulation
from nanospread.campaign.brief import Brief
from nanospread.core import paths
from nanospread.creators.engagement import EngagementModel
from nanospread.pages import panel

sys.path.insert(0, str(paths.ROOT / "tools" / "peers"))
import loop

PEERS = paths.ROOT / "tools" / "peers"
BENCH = paths.ROOT / ".venv-bench"
LIBRARIES = {"squigglepy": "squiggle.py", "monaco": "monaco_peer.py"}
SHARES = [step / 20 for step in range(21)]

Seeds = Iterator[int]  # never the same again


def seconds(function: Callable[..., object], *arguments: object) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def ours(model: EngagementModel, plan: Brief, n_worlds: int, seed: int) -> None:
    """Simulate the pair of arms and work out all that the report tells of it."""
    worlds = simulation.campaign(model, plan, n_worlds=n_worlds, seed=seed, only=campaigns.PAIR).worlds
    summary = risk.summary(worlds, flop_roi=plan.flop_roi)
    profit = worlds.loc[worlds["arm"] == campaigns.PAIR[1], "profit"]
    batch = np.arange(n_worlds) % risk.BATCHES
    luck = simulation.shared_luck(plan, n_worlds=n_worlds, seed=seed)
    risk.variance_split(profit, luck, simulation.individual_luck(model, plan), batch=batch)
    risk.by_arm(summary)
    risk.effective_n(plan.budget / campaigns.PER_CONTACT, plan.value("rho_campaign"))


def one(model: EngagementModel, plan: Brief, n_worlds: int, seed: int) -> None:
    """Simulate the pair of arms and sum it up."""
    worlds = simulation.campaign(model, plan, n_worlds=n_worlds, seed=seed, only=campaigns.PAIR).worlds
    risk.summary(worlds, flop_roi=plan.flop_roi)


def beliefs_vs_luck(model: EngagementModel, plan: Brief, n_worlds: int, seed: int) -> float:
    """Return how much more CPU time the pair of arms takes where the worlds draw beliefs too."""
    took = []
    for joint in (None, beliefs.prior(plan)):
        start = time.process_time()
        simulation.campaign(model, plan, n_worlds=n_worlds, seed=seed, only=campaigns.PAIR, beliefs=joint)
        took.append(time.process_time() - start)
    return took[1] / took[0]


def frontier(model: EngagementModel, plan: Brief, n_worlds: int, seed: int) -> None:
    """Simulate 21 mixes and work out the odds of each: mean, worst twentieth, P(loss), P(beats the macro)."""
    worlds = simulation.frontier(model, plan, shares=SHARES, n_worlds=n_worlds, seed=seed)
    risk.by_value(worlds.assign(value=0.0), name="frontier")


def what_if(study: ns.Study, n_worlds: int, kappa: float) -> None:
    """Work out the panel's answer to another kappa, and draw it; worlds stay the same, as in the panel."""
    answer = panel.answer(study, {"kappa": kappa}, n_worlds=n_worlds, seed=1)
    panel.odds(answer)
    panel.picture(answer)


def printed(python: str, script: str, *arguments: int) -> float:
    """Return the seconds that a peer says it took."""
    command = [python, str(PEERS / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["seconds"])


def against(
    model: EngagementModel, plan: Brief, name: str, size: Sizes, seeds: Seeds, libraries: bool
) -> dict[str, float]:
    """Return the seconds and ratios of one length of the list, each thing run once."""
    n_creators, few = size.creators[name], size.loop_worlds[name]
    mine = seconds(ours, model, plan, size.worlds, next(seeds))
    drawing = printed(sys.executable, "bare_draws.py", n_creators, size.worlds, next(seeds))
    looping = seconds(loop.worlds, model, plan, few, next(seeds)) * size.worlds / few
    alone = seconds(one, model, plan, size.worlds, next(seeds))
    mixes = seconds(frontier, model, plan, size.worlds, next(seeds))
    found = {
        f"simulate_{name}_seconds": mine,
        f"simulate_vs_draws_{name}": mine / drawing,
        f"simulate_vs_loop_{name}": looping / mine,
    }
    if libraries:
        took = {peer: printed(str(BENCH / "bin" / "python"), script, n_creators, size.worlds, next(seeds))
                for peer, script in LIBRARIES.items()}  # fmt: skip
        found |= {
            "simulate_vs_best_peer": min(took.values()) / mine,
            "simulate_vs_monaco": took["monaco"] / mine,
        }
    believing = beliefs_vs_luck(model, plan, size.worlds, next(seeds))
    return found | {f"frontier_vs_one_{name}": mixes / alone, f"beliefs_vs_luck_{name}": believing}


def repeated(size: Sizes, libraries: bool) -> dict[str, float]:
    """Return the median of every number over the repetitions."""
    model, seeds = campaigns.model(), count(1)
    plans = {name: campaigns.plan(n_creators) for name, n_creators in size.creators.items()}
    for plan in plans.values():
        for function in (ours, one, frontier, beliefs_vs_luck):
            function(model, plan, 64, next(seeds))
    moved = campaigns.study(size.creators["200"])
    what_if(moved, size.panel_worlds, 2.0)
    rounds = []
    for step in range(size.repetitions):
        found = {"whatif_ms": 1000 * seconds(what_if, moved, size.panel_worlds, 3.0 + step)}
        for name, plan in plans.items():
            found |= against(model, plan, name, size, seeds, libraries and name == "200")
        rounds.append(found)
    return {name: median(found[name] for found in rounds) for name in rounds[0]}


if __name__ == "__main__":
    installed = (BENCH / ".ready").exists()
    if not installed:
        print("squigglepy and monaco are left out: there is no .venv-bench, which tools/peers/setup.sh makes")
    print(json.dumps(repeated(sizes.asked(), installed)))
