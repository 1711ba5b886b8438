"""Proves that a signal ends any command in one line, with its status, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nanospread.core import paths
from report_runs import ends

# doctor, with a kernel that tells its process id and sleeps
DOCTOR = """
import pathlib, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have it ignored
signal.signal(signal.SIGHUP, signal.SIG_DFL)
import nbformat
new_code_cell = nbformat.v4.new_code_cell
nbformat.v4.new_code_cell = lambda source: new_code_cell({cell!r})
sys.argv = ["nanospread", "doctor", "--out", {out!r}]
from nanospread.__main__ import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "status", "line"),
    [(signal.SIGHUP, 129, "nanospread: hung up\n"), (signal.SIGTERM, 143, "nanospread: terminated\n")],
)
def test_a_command_that_waits_for_a_kernel_ends_at_once_and_puts_everything_away(
    tmp_path, number, status, line
):
    (tmp_path / "tmp").mkdir()
    pid = tmp_path / "pid"
    cell = (
        f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(99)"
    )
    environment = os.environ | {"TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(paths.PACKAGE.parent)}
    command = [sys.executable, "-c", DOCTOR.format(cell=cell, out=str(tmp_path / "out"))]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        while not (pid.exists() and pid.read_text()):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        process.send_signal(number)  # as a terminal that closes does
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (status, line)
    assert ends(int(pid.read_text()))
    assert list(Path(tmp_path / "tmp").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (
            "ulimit -n 60",
            "only 60 files may be open at once, 80 are needed: ulimit -n 1024, or fewer --workers",
        ),
        ("umask 777", "the umask 777 takes your own rights to what you write: umask 022"),
        ("umask 277", "the umask 277 takes your own rights to what you write: umask 022"),
    ],
)
def test_a_limit_that_no_kernel_can_live_with_is_told_before_one_starts(tmp_path, limit, told):
    script = f'{limit}; exec "{sys.executable}" -P -m nanospread doctor --out "{tmp_path}"'
    environment = os.environ | {"PYTHONPATH": str(paths.PACKAGE.parent)}
    run = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert f"PROBLEM  kernel: {told}\n" in run.stdout
    assert run.stderr == ""
