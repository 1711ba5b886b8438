"""Proves that kill -9 at random moments of a run shows no reader a half or mixed report and blocks no run.

`make kill` does it 200 times (KILLS=200); here one. One process keeps reading the folder of reports all the
time, another writes it by the command line and is killed: at any moment of its life, or while it builds and
publishes.
"""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from nanospread.report import archive
from nanospread.report.archive import publish, upkeep
from report_runs import NOTEBOOKS, WEEK, alive, ends, exports

KILLS = int(os.environ.get("KILLS", "1"))
SEED = 20261122
BRIEF = "sample"
TOO_LATE = "was done before"  # which is no kill, and is made up for
# runs the command line once for each seed it is told, in a process of its own that has everything imported
WRITER = f"""
import os, pathlib, sys
import papermill
from nanospread import cli
from nanospread.core import paths
paths.NOTEBOOKS = pathlib.Path({str(NOTEBOOKS)!r})
import nanospread.cli.reports
for seed in sys.stdin:
    pid = os.fork()
    if pid == 0:
        sys.argv = ["nanospread", "report", "--out", sys.argv[1], "--data", sys.argv[2]]
        sys.argv += ["--week", {WEEK!r}, "--seed", seed.strip()]
        try:
            cli.main()
        except SystemExit as ended:
            os._exit(ended.code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
# reads without this package: through the open folder, as a reader does who has it open, and the lists by name
READER = """
import json, os, pathlib, re, sys, time
out, stop = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
reads, marks, problems, tests = 0, set(), [], os.getppid()

def files(folder):
    handle, found = os.open(folder, os.O_RDONLY), {}
    try:
        for path, _, names, at in os.fwalk(".", dir_fd=handle):
            for name in names:
                with open(os.open(name, os.O_RDONLY, dir_fd=at), "rb") as file:
                    found[os.path.normpath(os.path.join(path, name))] = file.read()
    finally:
        os.close(handle)
    return found

def checked(report):
    mark = json.loads(report["provenance.json"])["Run mark"]
    metrics, summary = json.loads(report["metrics.json"]), json.loads(report["summary.json"])
    pages = {name: text.decode() for name, text in report.items() if name.endswith(".html")}
    assert {"index.html", "01_creators.html"} <= set(pages), sorted(pages)
    for name in ("index.html", "01_creators.html"):
        assert pages[name].rstrip().endswith("</html>"), f"{name} is cut off"
    front = re.findall(r"Run mark</dt><dd>(\\w+)<", pages["index.html"])  # which alone says it
    assert front == [mark], "the front page is of another run"
    seed = metrics["seed"]
    assert metrics["metrics"]["p_loss"]["value"] == seed / 100, "metrics.json is mixed"
    assert f"Seed {seed}." in pages["index.html"], "a page is of another seed"
    assert f",{seed / 100}," in report["csv/metrics.csv"].decode(), "the CSV is of another seed"
    assert summary["verdict"] in pages["index.html"]
    return mark

while not stop.exists() and os.getppid() == tests:  # which may be killed too
    try:
        marks.add(checked(files(out / sys.argv[3])))
        for page in (out / "index.html", (out / sys.argv[3]).parent / "index.html"):
            assert page.read_text().rstrip().endswith("</html>"), f"{page} is cut off"
        for path in (out / ".history.json", out / f"{sys.argv[3]}.state.json"):
            json.loads(path.read_text())
        banner = out / f"{sys.argv[3]}.failed"
        if banner.is_dir():
            assert {"index.html", "run.log", "summary.json"} <= set(os.listdir(banner)) or not banner.is_dir()
        reads += 1
    except Exception as problem:
        problems.append(f"{type(problem).__name__}: {problem}")
    time.sleep(0.01)
print(json.dumps({"reads": reads, "reports": len(marks), "problems": problems}))
"""


class Site:
    """A folder of reports, with the processes that write it."""

    def __init__(self, folder: Path) -> None:
        self.out, self.tmp, self.log, self.runs = folder / "out", folder / "tmp", folder / "log", 0
        self.data = exports(folder / "exports")
        self.tmp.mkdir()

    @contextlib.contextmanager
    def writer(self) -> Iterator[None]:
        """Have a process from which runs start."""
        command = [sys.executable, "-c", WRITER, str(self.out), str(self.data)]
        environment = {**os.environ, "TMPDIR": str(self.tmp)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with (
            self.log.open("w") as log,
            subprocess.Popen(command, env=environment, stderr=log, **pipes) as writer,
        ):
            self.to, self.told = writer.stdin, writer.stdout
            yield

    def start(self) -> int:
        """Start a run with a seed of its own, and return its process id."""
        self.runs += 1
        print(self.runs % 90 + 1, file=self.to, flush=True)
        return int(self.line())

    def line(self) -> str:
        """Return the next word of the writer; what a run prints is no number."""
        while not (line := self.told.readline().strip()).lstrip("-").isdigit():
            assert line, self.log.read_text()
        return line

    def finished(self) -> float:
        """Run once to its end, which must be good, and return how long that took [s]."""
        began = time.monotonic()
        self.start()
        assert int(self.line()) == 0, self.log.read_text()
        now = archive.read_state(self.out, WEEK, BRIEF)
        assert (now.status, now.mark) == (archive.PUBLISHED, archive.run_mark(self.out / WEEK / BRIEF))
        assert not archive.banner_path(self.out, WEEK, BRIEF).exists()
        assert list((self.out / publish.LOCKS).iterdir()) == []
        return time.monotonic() - began

    def building(self) -> bool:
        """Return if a run has begun to build its report."""
        return any((self.out / publish.STAGING).glob(f"{WEEK}.{BRIEF}.*/*.html"))

    def kernels(self) -> list[int]:
        """Return the kernels of this site's runs that are alive."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                ours = f"TMPDIR={self.tmp}\0".encode() in (process / "environ").read_bytes() + b"\0"
                if ours and re.search(rb"ipykernel", (process / "cmdline").read_bytes()):
                    found.append(int(process.name))
            except OSError:
                continue
        return found


def killed(site: Site, delay: float, late: bool) -> str:
    """Kill a run some seconds from its start, or from when it builds its report; return what it was at."""
    before = archive.run_mark(site.out / WEEK / BRIEF)
    run = site.start()
    while late and alive(run) and not fresh(site):
        time.sleep(0.001)
    time.sleep(delay)
    building = fresh(site)
    if not alive(run):
        site.line()
        return TOO_LATE
    os.kill(run, signal.SIGKILL)
    if int(site.line()) != -signal.SIGKILL:
        return TOO_LATE
    if archive.run_mark(site.out / WEEK / BRIEF) != before:
        return "published, then killed"
    now = archive.read_state(site.out, WEEK, BRIEF).status
    return "killed while building" if building else f"killed while {now}"


def fresh(site: Site) -> bool:
    """Return if a run builds its report; what it will replace is not in staging then."""
    return archive.read_state(site.out, WEEK, BRIEF).status == archive.RUNNING and site.building()


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kernels are found in /proc")
def test_no_kill_shows_a_half_or_mixed_report_or_blocks_the_next_run(tmp_path):
    site, moments, stop = Site(tmp_path), random.Random(SEED), tmp_path / "stop"
    watch = [sys.executable, "-c", READER, str(site.out), str(stop), f"{WEEK}/{BRIEF}"]
    ended: Counter[str] = Counter()
    with site.writer():
        whole = site.finished()
        with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True) as reader:
            try:
                number = 0
                while ended.total() - ended[TOO_LATE] < KILLS:
                    number += 1
                    longest = (whole, 0.04, 0.08)[number % 3]
                    ended[killed(site, moments.uniform(0, longest), late=number % 3 > 0)] += 1
                    assert all(ends(kernel) for kernel in site.kernels())
                    if number % 4 == 3:
                        upkeep.listed(site.out)  # as `nanospread history` does
                    whole = site.finished()
            finally:
                stop.touch()
                said, _ = reader.communicate(timeout=600)
        site.to.close()
    seen = json.loads(said)
    print(f"\n{KILLS} kills in {site.runs} runs of {whole:.1f} s: {dict(ended)}; reader: {seen}")
    assert seen["problems"] == []
    assert seen["reads"] > 10 * KILLS
    assert seen["reports"] > KILLS / 2
