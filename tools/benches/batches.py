"""How long the plan in batches takes, and how much of what could be known it gets.

plan_seconds: a list of 1,000 creators, three batches at most, chosen and judged in 8,192 campaigns each, as
`Study.staged`. plan_vs_evpi: of the sample without results, what looking gains over the best option at once,
as a part of what it would be worth to know all beliefs and the campaign's shared luck.

    python tools/benches/batches.py [--smoke]
"""

import json
import math
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nanospread as ns
from nanospread.campaign import staged
from nanospread.campaign.simulation import creator_list
from nanospread.core import paths
from nanospread.study import planning


def seconds(study: ns.Study, creators: int, n_worlds: int) -> float:
    """Return how long the plan of a list of so many creators takes [seconds]."""
    rows = creator_list.nano(study.engagement, study.brief.niches, creators)[
        ["creator", "niche", "followers"]
    ]
    listed = rows.assign(offer="gift", posts=1, place=range(1, creators + 1), why="on the list")
    timing = planning.timing(study)
    start = time.perf_counter()
    staged.plan(
        study.engagement, study.brief, listed, timing=timing, n_worlds=n_worlds, seed=1, beliefs=study.beliefs
    )
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print the numbers as JSON."""
    smoke = "--smoke" in sys.argv
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "sample"
        shutil.copytree(paths.SAMPLE, bare, ignore=shutil.ignore_patterns("results.csv"))
        study = ns.open(bare)
        found = study.staged(n_worlds=8_192)  # compiles too; fewer cannot tell how much
        many = study.changed(budget=25_000)
        took = seconds(many, *((50, 256) if smoke else (1_000, 8_192)))
    captured = 0.0 if math.isnan(found.captured) else found.captured
    print(json.dumps({"plan_seconds": took, "plan_vs_evpi": captured}))


if __name__ == "__main__":
    main()
