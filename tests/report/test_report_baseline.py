"""Proves that no published number moves unseen: each against what was accepted, with a tolerance of its own,
and that accepting takes a reason, which the changelog then carries."""

import json
import os
import subprocess
import sys

import pytest

from nanospread.core import paths
from nanospread.report import gather

sys.path.insert(0, str(paths.ROOT / "tools"))
import baseline

TABLE = baseline.tolerances()
CHANGELOG = "# Changelog\n\nNewest first.\n\n## 0.2.0\n- Old line.\n\n## 0.1.0\n- Older line.\n"


def metric(**changes):
    row = {"label": "p", "value": 0.8, "low": 0.79, "high": 0.81, "se": 0.004, "n": 4000, "notebook": "00"}
    return {**row, "unit": "share", "basis": "estimated", "formula": "wins / worlds", **changes}


def told(old, new):
    return [str(change) for change in baseline.changes(old, new, TABLE)]


def test_the_stored_notebooks_carry_the_numbers_that_were_accepted():
    found = baseline.changes(baseline.accepted(), baseline.stored_notebooks(), TABLE)
    assert not found, "\n".join([*map(str, found), 'If they are meant to move: make accept WHY="the reason"'])


def test_every_number_of_the_notebooks_has_a_tolerance_that_hides_neither_a_thousandth_nor_a_unit():
    numbers = baseline.stored_notebooks()
    assert len(numbers) > 100
    valued = {name: row for name, row in numbers.items() if row["value"] is not None}
    moved = {name: row | {"value": row["value"] + _move(row)} for name, row in valued.items()}
    assert {change.metric for change in baseline.changes(numbers, numbers | moved, TABLE)} == set(valued)
    assert told(numbers, numbers) == []


def _move(row):
    return 0.001 * abs(row["value"]) + (0.001 if row["unit"] in ("share", "ratio", "ln") else 1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": 0.8006}, "p, value: 0.8 -> 0.8006 (tolerance 0.0005)"),
        ({"value": 0.8004}, None),
        ({"low": None}, "p, low: 0.79 -> None"),
        ({"n": 4001}, "p, n: 4000 -> 4001 (tolerance 0)"),
        ({"se": 0.00419}, None),
        ({"se": 0.0043}, "p, se: 0.004 -> 0.0043 (tolerance 0.0002)"),
        ({"basis": "measured"}, "p, basis: estimated -> measured"),
        ({"formula": "luck"}, "p, formula: wins / worlds -> luck"),
        ({"label": "other words", "notebook": "04"}, None),
    ],
)
def test_a_move_is_named_with_metric_old_new_and_tolerance(changes, said):
    assert told({"p": metric()}, {"p": metric(**changes)}) == ([said] if said else [])


def test_tolerance_follows_unit_and_basis():
    money = metric(unit="EUR", value=4000.0)
    assert told({"p": money}, {"p": money | {"value": 4001.9}}) == []
    assert told({"p": money}, {"p": money | {"value": 4002.1}}) != []
    counted = metric(unit="rows", basis="measured", value=15000.0)
    assert told({"p": counted}, {"p": counted | {"value": 15001.0}}) != []


def test_a_new_and_a_vanished_metric_are_named():
    assert told({"old": metric(value=0.0)}, {"new": metric(value=0.0)}) == ["new: new, 0.0", "old: gone, 0.0"]


@pytest.fixture
def files(tmp_path):
    """Return a stored baseline of two metrics, and a changelog."""
    stored, changelog = tmp_path / "metrics.json", tmp_path / "CHANGELOG.md"
    stored.write_text(gather.json_text({"p": metric(), "q": metric()}))
    changelog.write_text(CHANGELOG)
    return stored, changelog


def test_accepting_stores_the_numbers_and_puts_the_reason_on_top_of_the_newest_version(files):
    now = {"p": metric(value=0.9), "q": metric(), "r": metric()}
    line = baseline.accept(now, "  a better model\nof audiences. ", *files)
    assert line == (
        "- Regression: a better model of audiences (p, value: 0.8 -> 0.9 (tolerance 0.0005); 1 new number)."
    )
    assert json.loads(files[0].read_text()) == now
    assert files[1].read_text() == CHANGELOG.replace("## 0.2.0\n", f"## 0.2.0\n{line}\n")
    assert told(baseline.accepted(files[0]), now) == []


def test_only_new_numbers_are_no_regression(files):
    now = {name: metric() for name in "pqr"}
    assert baseline.accept(now, "odds of the ambassadors", *files).startswith(
        "- odds of the ambassadors (1 new"
    )


@pytest.mark.parametrize(
    ("value", "why", "said"),
    [(0.9, "", "say why"), (0.9, "because", "say why"), (0.8, "a good reason indeed", "nothing to accept")],
)
def test_nothing_is_accepted_without_a_reason_or_without_a_move(files, value, why, said):
    before = [file.read_text() for file in files]
    with pytest.raises(ValueError, match=said):
        baseline.accept({"p": metric(value=value), "q": metric()}, why, *files)
    assert [file.read_text() for file in files] == before


def test_the_first_numbers_are_accepted_into_an_empty_place(files, tmp_path):
    baseline.accept({"p": metric()}, "the first numbers of all", tmp_path / "none.json", files[1])
    assert baseline.accepted(tmp_path / "none.json") == {"p": metric()}


@pytest.mark.slow
def test_the_command_refuses_without_a_reason_and_touches_nothing():
    before = baseline.CHANGELOG.read_bytes()
    command = [sys.executable, str(paths.ROOT / "tools" / "baseline.py"), "accept"]
    environment = {name: value for name, value in os.environ.items() if name != "WHY"}
    run = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment)
    assert run.returncode == 1
    assert run.stderr.startswith("Not accepted: ")
    assert baseline.CHANGELOG.read_bytes() == before
