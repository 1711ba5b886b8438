"""Proves that a formula that changes, changes the result at once, also of functions of other files that call
it, with and without a place for compiled code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nanospread.core import paths

RULE = """
from nanospread.core.compiled import compiled

@compiled
def rule(x: float) -> float:
    return {factor}.0 * x
"""
CALLER = """
from nanospread.core.compiled import FOLDER, compiled
from nanospread.campaign.rule import rule

@compiled
def caller(x: float) -> float:
    return rule(x) + 1.0

print(caller(3.0), FOLDER is not None, sum(caller.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path) -> Path:
    """Return a copy of the core, and a wing that compiles and is as quickly imported."""
    for name in ("core", "resources"):
        ignored = shutil.ignore_patterns("__pycache__")
        copy = tmp_path / "lib/nanospread" / name
        shutil.copytree(paths.PACKAGE / name, copy, symlinks=True, ignore=ignored)
    wing = tmp_path / "lib/nanospread/campaign"
    wing.mkdir()
    for folder in (wing, wing.parent):
        (folder / "__init__.py").touch()
    return wing


def ran(package: Path, factor: int, cache: Path) -> str:
    """Return what a process says that calls the rule with this factor."""
    (package / "rule.py").write_text(RULE.format(factor=factor))
    (package / "caller.py").write_text(CALLER)
    environment = {"PYTHONPATH": str(package.parents[1]), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"HOME": str(cache), "XDG_CACHE_HOME": str(cache), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-P", "-m", "nanospread.campaign.caller"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_with_a_cache_code_is_kept_until_a_formula_changes(package, tmp_path):
    (tmp_path / "cache").mkdir()
    assert [ran(package, factor, tmp_path / "cache") for factor in (2, 2, 4, 2)] == [
        "7.0 True 0\n",
        "7.0 True 1\n",
        "13.0 True 0\n",
        "7.0 True 1\n",
    ]


@pytest.mark.slow
def test_without_a_place_a_formula_that_changes_is_the_one_that_counts(package, tmp_path):
    (tmp_path / "cache").touch()
    assert [ran(package, factor, tmp_path / "cache") for factor in (2, 4)] == [
        "7.0 False 0\n",
        "13.0 False 0\n",
    ]
    assert not list(package.rglob("*.nb?"))
