"""What a cluster costs beside the campaigns that it counts, on one worker of this machine.

cluster_worlds_overhead: processor time of client and worker together, over that of one process which counts
the same ten million campaigns of the pair. cluster_client_peak_mb: what the client holds at most.

    python tools/benches/cluster.py [--smoke]
"""

import json
import time
from concurrent.futures import Executor
from typing import Any

import campaigns
import sizes
from sizes import Sizes, peak_mb

from nanospread.campaign import streaming
from nanospread.core import cluster

SEED = 20261122


def overhead(size: Sizes) -> dict[str, float]:
    """Return the ratio and the peak."""
    model, plan = campaigns.model(), campaigns.plan(size.creators["200"])

    def count(n_worlds: int, executor: Executor | None = None) -> None:
        only = campaigns.PAIR
        streaming.campaign(model, plan, n_worlds=n_worlds, seed=SEED, only=only, executor=executor)

    with cluster.connected("local:1") as client, cluster.workers(client) as executor:
        count(16, executor)  # compiles
        start = _seconds(client)
        count(size.memory_worlds["10m"], executor)
        together, peak = _seconds(client) - start, peak_mb()
    start = time.process_time()
    count(size.memory_worlds["10m"])
    alone = time.process_time() - start
    return {"cluster_worlds_overhead": together / alone, "cluster_client_peak_mb": peak}


def _seconds(client: Any) -> float:
    """Return the processor time of this process and of all workers so far [s]."""
    return time.process_time() + sum(client.run(time.process_time).values())


if __name__ == "__main__":
    print(json.dumps(overhead(sizes.asked())))
