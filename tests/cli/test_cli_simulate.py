"""Proves that `nanospread simulate` says what each option comes to, writes every number, and gives the same
numbers whoever computes them; that what cannot be is one line, and that Ctrl-C leaves nothing behind.
"""

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nanospread.campaign import risk, streaming
from nanospread.cli import SEED, simulating
from nanospread.core import paths
from nanospread.study import open as opened
from report_runs import ends
from test_cli import called


@pytest.fixture
def call(capsys, monkeypatch):
    return lambda *arguments: called("simulate", *map(str, arguments), capsys=capsys, monkeypatch=monkeypatch)


@pytest.mark.slow
def test_options_are_told_in_words_and_every_number_is_written_whoever_computes_it(call, tmp_path):
    out, other = tmp_path / "odds.csv", tmp_path / "other.csv"
    status, shown, err = call("--worlds", "2e3", "--out", out)
    assert (status, err) == (0, "")
    assert shown.startswith("2,000 simulated campaigns of One macro or many nano, sample brief, seed ")
    for words in (
        "one macro",
        "gifted nano",
        "average profit [EUR]",
        "loses money [of 100]",
        " \N{PLUS-MINUS SIGN} ",
    ):
        assert words in shown
    study = opened()
    summary = streaming.campaign(
        study.engagement, study.brief, n_worlds=2_000, seed=SEED, beliefs=study.beliefs
    ).summary
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert list(rows[0]) == simulating.COLUMNS
    assert [float(row["value"]) for row in rows] == summary["value"].tolist()
    assert [float(row["se"]) for row in rows] == summary["se"].tolist()
    assert {row["unit"] for row in rows} == set(risk.UNITS.values())
    assert call("--worlds", "2_000", "--cluster", "local:1", "--out", other)[0] == 0
    assert other.read_bytes() == out.read_bytes()


@pytest.mark.parametrize(
    ("text", "number"),
    [("1e9", 10**9), ("1_000_000_000", 10**9), ("1.5e3", 1_500), ("16", 16), ("2e0", 2)],
)
def test_numbers_of_campaigns_are_read(text, number):
    assert simulating.number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "1",
        "-1",
        "1.5",
        "1e99",
        "1_00",
        "1__000",
        "_1",
        "4.800",
        "1,000",
        "1e",
        "many",
        "nan",
        "inf",
        "٣",
    ],
)
def test_what_is_no_number_of_campaigns_is_one_line(call, text):
    status, shown, err = call("--worlds", text)
    assert (status, shown) == (2, "")
    assert err.startswith("nanospread: --worlds must be a whole number from 2 to 17,179,869,184, such as ")
    assert repr(text) in err
    assert err.count("\n") == 1


def test_other_input_that_cannot_be_used_is_one_line(call, tmp_path):
    strange = tmp_path / "notes.csv"
    strange.write_text("mine", encoding="utf-8")
    for arguments, said in (
        (["smaple"], "sample"),
        (["--cluster", "local:0", "--worlds", "16"], "is none of: tcp://HOST:PORT"),
        (["--out", strange], "nanospread did not write it"),
    ):
        status, _, err = call(*arguments)
        assert (status, err.count("\n")) == (2, 1)
        assert said in err


@pytest.mark.parametrize(
    ("value", "se", "unit", "text"),
    [
        (0.60813, 0.000123, "of 100", "60.813 \N{PLUS-MINUS SIGN} 0.012"),
        (-0.3058, 0.0027, "%", "-30.58 \N{PLUS-MINUS SIGN} 0.27"),
        (12_345.6, 72.4, "people", "12,346 \N{PLUS-MINUS SIGN} 72"),
        (5_000.0, 2e-16, "EUR", "5,000"),
        (15.0, 0.0, "orders", "15"),
    ],
)
def test_a_number_is_written_to_the_second_digit_of_its_error(value, se, unit, text):
    assert simulating.written(value, se, unit) == text


def children(pid):
    """Return the processes below one that are alive."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    below = [int(child) for task in tasks for child in task.read_text().split()]
    return below + [each for child in below for each in children(child)]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are read from /proc")
@pytest.mark.parametrize("where", [[], ["--cluster", "local:1"]])
def test_ctrl_c_is_one_line_and_leaves_nothing(tmp_path, where):
    (tmp_path / "tmp").mkdir()
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(paths.PACKAGE.parent)}
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from nanospread.campaign.simulation import run; real = run.mapped; "
        "run.mapped = lambda *given: print('counting', flush=True) or real(*given); "
        "from nanospread.__main__ import main; main()"
    )
    command = [
        sys.executable,
        "-c",
        code,
        "simulate",
        "--worlds",
        "1e9",
        "--out",
        str(tmp_path / "o.csv"),
        *where,
    ]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as process:
        assert process.stdout.readline() == "counting\n"
        time.sleep(1)
        below = children(process.pid)
        process.send_signal(signal.SIGINT)
        shown, errors = process.communicate(timeout=60)
    assert (process.returncode, shown, errors) == (130, "", "nanospread: interrupted\n")
    assert bool(below) == bool(where)
    assert all(ends(pid) for pid in below)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "o.csv").exists()
