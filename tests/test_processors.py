"""Proves that a number does not hang on the processor: other instructions round the last digits otherwise,
and nothing may turn on them.
"""

import json
import os
import platform
import subprocess

import numpy as np
import pytest

from nanospread.core import processes
from nanospread.study import open as opened

OTHER = {  # a processor of 2008: sums in another order, exponentials by other code
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4",
}
SAME = 1e-6  # relative; measured over 139 series of numbers: 5e-8 at most
SHOWN = """
import json
from nanospread.study import open as opened
study = opened()
run = study.simulate(1_000)
numbers = study.beliefs.draws, run.summary["value"], study.creators()["er_low"]
print(json.dumps([each.tolist() for each in numbers]))
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="only there can one be told")
def test_another_processor_has_the_same_beliefs_odds_and_rates():
    environment = processes.environment(os.environ) | OTHER | {"PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    shown = subprocess.run(
        processes.python("-c", SHOWN), env=environment, capture_output=True, text=True, check=True
    )
    study = opened()
    here = [study.beliefs.draws, study.simulate(1_000).summary["value"], study.creators()["er_low"]]
    draws = json.loads(shown.stdout)
    for there, ours in zip(draws, here, strict=True):
        np.testing.assert_allclose(np.array(there, dtype=float), np.asarray(ours), rtol=SAME, atol=1e-9)
