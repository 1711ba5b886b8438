"""Proves that all of `make bench` runs and tells its numbers, at tiny sizes; not how fast anything is."""

import json
import math
import subprocess
import sys

import pytest

from nanospread.core import paths

sys.path.insert(0, str(paths.ROOT / "tools"))
from benches import goals

BENCH = paths.ROOT / "tools" / "bench.py"
LIBRARIES = {
    "simulate_vs_best_peer",
    "simulate_vs_monaco",
    "cvar_shares_seconds",
    "cvar_vs_skfolio",
    "nuts_mean_gap",
    "nuts_sd_gap",
    "nuts_effective",
    "nuts_r_hat",
}
WITHOUT_GOAL = {
    "simulate_200_seconds",
    "simulate_2000_seconds",
    "qmc_coverage_pbeat",
    "qmc_coverage_cvar",
    "scale_10m_seconds",
    "scale_10m_peak_mb",
    "calibrate_2000_peak_mb",
    "engagement_fit_1m_posts_seconds",
    "shortlist_peak_mb_100k",
    "cvar_shares_seconds",
    "nuts_effective",
    "nuts_r_hat",
    "report_seconds",
    "report_slowest_notebook_seconds",
    "briefs_number",
    "briefs_seconds",
    "briefs_client_peak_mb",
    "briefs_worker_peak_mb",
    "briefs_kernel_peak_mb",
}


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """Return what the smoke run prints, and the numbers that it writes."""
    into = tmp_path_factory.mktemp("bench") / "new" / "bench.json"
    command = [sys.executable, str(BENCH), "--smoke", "--into", str(into)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(into.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_every_number_with_a_goal_is_measured_and_is_positive_and_finite(smoke):
    _, numbers = smoke
    installed = (paths.ROOT / ".venv-bench" / ".ready").exists()
    expected = {*goals.AT_MOST, *goals.AT_LEAST, *WITHOUT_GOAL} - (set() if installed else LIBRARIES)
    assert numbers.keys() == expected
    assert all(value > 0 and math.isfinite(value) for value in numbers.values()), numbers


@pytest.mark.slow
def test_the_table_has_a_line_for_every_number(smoke):
    printed, numbers = smoke
    told = [line.split()[0] for line in printed.splitlines() if line.split()[0] in numbers]
    assert told == list(numbers)


def test_the_table_says_which_goals_are_reached():
    text = goals.table({"whatif_ms": 201.0, "simulate_vs_monaco": 40.0, "scale_10m_seconds": 9.0})
    assert [line.split() for line in text.splitlines()] == [
        ["name", "value", "goal", "reached"],
        ["whatif_ms", "201.000", "at", "most", "200", "no"],
        ["simulate_vs_monaco", "40.000", "at", "least", "40", "yes"],
        ["scale_10m_seconds", "9.000"],
    ]
