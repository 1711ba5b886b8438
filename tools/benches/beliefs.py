"""How long it takes to learn beliefs from results [seconds, on two threads], and what the process holds [MB].

Results are drawn from the model at the central values; the first fit, of few, compiles and is left out.

    python tools/benches/beliefs.py 2000|100000 [--smoke]
"""

import json
import sys
import time

import numpy as np
import pandas as pd
import sizes

from nanospread.campaign import beliefs, brief
from nanospread.campaign.beliefs import evidence, posterior
from nanospread.core import paths

sys.path.insert(0, str(paths.ROOT / "tests"))
from oracles import results as generator

PLAN = brief.read("sample")


def learn(campaigns: int, nano: int, macro: int) -> float:
    """Return the seconds from results of campaigns, each of so many creators, to what they teach."""
    values = {name: PLAN.value(name) for name in PLAN.assumptions}
    sides = {"nano": nano, "macro": macro}
    rows, roster = generator.drawn(np.random.default_rng(1), values, campaigns=campaigns, sides=sides)
    start = time.perf_counter()
    of = evidence.gathered(rows, pd.DataFrame(columns=beliefs.LIFT_TESTS), roster, PLAN.goods)
    taught = posterior.learned(PLAN, posterior.free_beliefs(PLAN), of)
    assert taught is not None
    assert not taught.unfitted
    return time.perf_counter() - start


if __name__ == "__main__":
    many = next(name for name in sys.argv[1:] if name.isdigit())
    learn(2, 4, 1)
    took = learn(*sizes.asked().results[many])
    print(json.dumps({f"calibrate_{many}_seconds": took, f"calibrate_{many}_peak_mb": sizes.peak_mb()}))
