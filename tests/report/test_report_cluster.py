"""Proves that reports made on a cluster are those made here, whatever its workers see and whoever dies.

The workers start in a mount namespace of their own, where the folder of data, briefs, notebooks and earlier
reports is empty. `make kill` kills workers, nannies and kernels of `dask worker` at random moments while ten
reports are made, until 30 died (KILLS=30), of whole ones too; here one worker dies.
"""

import contextlib
import itertools
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from multiprocessing import spawn
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nanospread.core import cluster, paths
from nanospread.core.errors import InputError
from nanospread.report import archive, weekly
from nanospread.report.archive import publish
from nanospread.report.weekly import ReportRequest, RunFailed, RunOptions
from report_runs import STARTED, WEEK, contents, ends, exports

KILLS = int(os.environ.get("KILLS", "0"))
SEED, REPORTS, WORKERS = 20261129, 10, 3
PAUSE = 0.3, 2.0  # between two kills, times what a report takes alone
OURS = "the kernel was killed", "one worker after the other died"  # after four; then a notebook is given up
SAMPLE = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")
BEFORE = "2026-W46"
BROKEN = 13  # a seed
IMPORTS = """
import os, pathlib, time
import pandas as pd
from nanospread.pages import show
"""
DECLARED = """
data: str = ""  # folder of exports
brief: str = ""  # brief file
seed: int = 7  # same seed, same numbers
earlier: str = ""  # folder of all reports
week: str = ""  # of this report
"""
LOOKS = """
name = pathlib.Path(brief).stem
found = sorted(pathlib.Path(earlier).glob(f"*/{{name}}/metrics.json"))
past = [file.parent.parent.name for file in found if file.parent.parent.name < week]
if seed == 13:
    raise RuntimeError("this page is broken")
begun = pathlib.Path({marks!r}, f"{{os.getpid()}}.{{name}}")
begun.touch()
while pathlib.Path({marks!r}, "stay").exists():
    time.sleep(0.1)
"""
NUMBER = """
row = {"metric": "p_loss", "value": seed / 100, "unit": "share", "basis": "estimated", "formula": "a / b"}
show.metrics(pd.DataFrame([row]))
"""
HIDES = """#!/bin/sh
exec unshare -Urm sh -c 'mount -t tmpfs tmpfs "$0" && exec {python} "$@"' {hidden} "$@"
"""
COMMAND = """
import pathlib, signal, sys
from nanospread import cli
from nanospread.core import paths
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have it ignored
    paths.NOTEBOOKS = pathlib.Path(sys.argv.pop(1))
    cli.main()
"""


class Site:
    """A folder with all that reports are made of, which no worker sees, and one where kernels leave marks."""

    def __init__(self, folder: Path) -> None:
        self.hidden, self.marks = folder / "hidden", folder / "marks"
        self.marks.mkdir()
        self.data = exports(self.hidden / "exports")
        self.out, self.notebooks = self.hidden / "reports", self.hidden / "notebooks"
        self.options = RunOptions(started=STARTED, out=self.out, notebooks=self.notebooks)
        self.notebooks.mkdir()
        cells = [
            new_markdown_cell("# 00 · What was before?", id="q"),
            new_code_cell(IMPORTS.strip(), id="i"),
            new_code_cell(DECLARED.strip(), metadata={"tags": ["parameters"]}, id="p"),
            new_code_cell(LOOKS.format(marks=str(self.marks)).strip(), id="l"),
            new_code_cell('show.table(pd.read_csv(f"{data}/creators.csv"), "Who", name="creators")', id="t"),
            new_code_cell(NUMBER.strip(), id="n"),
            new_code_cell('show.text(f"Earlier: {past}.")', id="s"),
        ]
        nbformat.write(new_notebook(cells=cells), self.notebooks / "00_before.ipynb")

    def asked(self, name: str, week: str = WEEK, **values: object) -> ReportRequest:
        """Write a brief of a name, and ask for its report."""
        file = self.hidden / f"{name}.yaml"
        file.write_text(SAMPLE.replace("name: sample", f"name: {name}"), encoding="utf-8")
        return ReportRequest(week, str(file), str(self.data), values)

    def kernels(self) -> list[int]:
        """Return the kernels that began, whichever are alive."""
        return [int(file.name.partition(".")[0]) for file in self.marks.glob("*.*")]

    def reports(self) -> dict[str, dict[str, bytes]]:
        """Return what is published."""
        return published(self.out)

    def clear(self) -> None:
        """Take this week's reports away, and all marks."""
        for place in (
            self.out / WEEK,
            *self.out.glob("*.html"),
            *self.out.glob(".*.json"),
            *self.marks.iterdir(),
        ):
            shutil.rmtree(place) if place.is_dir() else place.unlink()

    def settled(self) -> None:
        """Nothing is left but what is published."""
        assert list((self.out / publish.LOCKS).iterdir()) == []
        assert list((self.out / publish.STAGING).iterdir()) == []
        assert all(ends(pid) for pid in self.kernels())


def published(out: Path) -> dict[str, dict[str, bytes]]:
    """Return the files of each report of this week but for what says when it was made."""
    made = re.compile(rb'<section id="provenance".*?</section>', re.DOTALL)
    found = [name for name in archive.briefs(out, WEEK) if archive.has_report(out, WEEK, name)]
    every = {name: contents(out / WEEK / name) for name in found}
    return {
        name: {file: made.sub(b"", text) for file, text in files.items() if file != "provenance.json"}
        for name, files in every.items()
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def here(site) -> dict[str, dict[str, bytes]]:
    """The reports as they are made here, one with a week before it."""
    assert weekly.reports([site.asked("spring", BEFORE)], site.options)[0].value
    ended = weekly.reports([site.asked("spring"), site.asked("summer")], site.options)
    assert all(each.value for each in ended)
    return site.reports()


@pytest.fixture(scope="module")
def client(site):
    """A cluster of two processes that see nothing of the hidden folder."""
    wrapper = site.hidden.with_name("python")
    hides = {"python": shlex.quote(sys.executable), "hidden": shlex.quote(str(site.hidden))}
    wrapper.write_text(HIDES.format(**hides))
    wrapper.chmod(0o700)
    if subprocess.run([wrapper, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody hide a folder")
    before = spawn.get_executable()
    spawn.set_executable(str(wrapper))
    try:
        with cluster.connected("local:2") as found:
            assert [*found.run(os.listdir, str(site.hidden)).values()] == [[], []]
            yield found
    finally:
        spawn.set_executable(before)


def on(client, site, asked):
    """Make reports on a cluster."""
    pool = cluster.executor(client)
    return weekly.reports(asked, site.options, executor=pool, at_once=lambda: pool.threads)


@pytest.mark.slow
def test_workers_that_see_nothing_make_the_same_bytes_and_one_that_fails_stops_no_other(client, site, here):
    site.clear()
    bad, none = (
        site.asked("autumn", seed=BROKEN),
        replace(site.asked("x"), brief=str(site.hidden / "none.yaml")),
    )
    failed, spring, unknown, summer = on(
        client, site, [bad, site.asked("spring"), none, site.asked("summer")]
    )
    assert "00_before, code cell 3: RuntimeError: this page is broken" in str(failed.error)
    assert isinstance(failed.error, RunFailed)
    assert isinstance(unknown.error, InputError)
    assert spring.value.new
    assert summer.value.new
    assert b"Earlier: [&#39;2026-W46&#39;]" in here["spring"]["index.html"]
    assert site.reports() == here
    assert archive.read_state(site.out, WEEK, "autumn").status == archive.FAILED
    assert (
        str(site.hidden / "autumn.yaml")
        in (site.out / WEEK / "autumn.failed" / "00_before.ipynb").read_text()
    )
    site.settled()


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_one_more_run_of_its_notebook(client, site, here):
    site.clear()
    (site.marks / "stay").touch()
    killed: list[int] = []

    def kill():
        [kernel] = until(site.kernels)
        killed.append(parent(kernel))
        os.kill(killed[0], signal.SIGKILL)
        assert ends(kernel)
        (site.marks / "stay").unlink()

    killer = threading.Thread(target=kill)
    killer.start()
    [ended] = on(client, site, [site.asked("spring")])
    killer.join()
    assert ended.value.new
    assert site.reports()["spring"] == here["spring"]
    assert len(site.kernels()) == 2
    site.settled()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT])
def test_who_stops_it_gets_one_line_and_leaves_nothing(site, here, number):
    site.clear()
    (site.marks / "stay").touch()
    names = [site.asked(name).brief for name in ("spring", "summer")]
    script = site.hidden / "command.py"
    script.write_text(COMMAND)
    command = [sys.executable, "-P", str(script), str(site.notebooks), "report", *names, "--week", WEEK]
    command += ["--data", str(site.data), "--out", str(site.out), "--cluster", "local:1"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, start_new_session=True) as run:
        [kernel] = until(site.kernels)
        os.killpg(run.pid, number)  # as a terminal does
        said, complaints = run.communicate(timeout=60)
    (site.marks / "stay").unlink()
    assert (run.returncode, said) == (128 + number, "")
    assert complaints == "nanospread: interrupted; the last good report is as it was\n"
    assert ends(kernel)
    assert until(lambda: not session(run.pid))
    assert {archive.read_state(site.out, WEEK, name).status for name in ("spring", "summer")} == {
        archive.FAILED
    }
    site.settled()


def until(true, seconds=60.0):
    """Return what becomes true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.05)
    pytest.fail("not in time")


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def session(leader: int) -> list[int]:
    """Return the living processes of a session."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(place.name))
    return found


class Workers:
    """A scheduler and processes of `dask worker`, started again when they die, some of which are killed."""

    def __init__(self, folder: Path, number: int) -> None:
        self.file = folder / "scheduler.json"
        self._scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        assert until(self.file.exists)
        self._nannies = [self._worker() for _ in range(number)]
        self.killed: list[tuple[str, int]] = []
        self.kernels = set[int]()  # that were seen

    def _start(self, what: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "distributed.cli.dask_" + what, *arguments]
        command += ["--scheduler-file", str(self.file)]
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self.file.parent, start_new_session=True, **nowhere)

    def _worker(self) -> subprocess.Popen[bytes]:
        one = ("--nworkers", "1", "--nthreads", "1", "--memory-limit", "0", "--host", "127.0.0.1")
        return self._start("worker", *one, "--no-dashboard")

    def kill(self, draw: random.Random) -> None:
        """Kill a nanny, a worker or a kernel, if there is one of the kind; a new nanny follows a dead one."""
        nannies = [each.pid for each in self._nannies]
        workers = [pid for nanny in nannies for pid in children(nanny, "spawn_main")]
        kernels = [pid for worker in workers for pid in children(worker, "ipykernel_launcher")]
        self.kernels |= {*kernels}
        kind, there = draw.choice([("nanny", nannies), ("worker", workers), ("kernel", kernels)])
        if there:
            victim = draw.choice(there)
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                self.killed.append((kind, victim))
        for at, nanny in enumerate(self._nannies):
            if (kind, nanny.pid) in self.killed:
                nanny.wait()
                self._nannies[at] = self._worker()

    def end(self) -> None:
        for process in (*self._nannies, self._scheduler):
            process.terminate()
        for process in (*self._nannies, self._scheduler):
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:  # Dask's nanny waits for ever if its worker was just starting
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def children(pid: int, kind: str) -> list[int]:
    """Return the children of a process whose command line has a word in it."""
    try:
        told = [(task / "children").read_text().split() for task in Path(f"/proc/{pid}/task").iterdir()]
        below = [int(each) for each in itertools.chain(*told)]
        return [each for each in below if kind in Path(f"/proc/{each}/cmdline").read_text()]
    except OSError:
        return []


@pytest.mark.skipif(not KILLS, reason="KILLS=30, as `make kill`")
def test_whoever_is_killed_each_report_is_whole_or_says_why_and_nothing_is_left(site, tmp_path):
    draw, kills, tally = random.Random(SEED), 0, Counter[str]()
    names = [f"brief{number}x" for number in range(REPORTS)]
    [first] = weekly.reports([site.asked(names[0])], site.options)
    pause = [times * first.value.seconds for times in PAUSE]
    [like] = nameless(site.reports()).values()
    cluster_of = Workers(tmp_path, WORKERS)
    try:
        while kills < KILLS:
            site.clear()
            over = threading.Event()

            def killing(over=over):
                while not over.wait(draw.uniform(*pause)):
                    if len(cluster_of.killed) < KILLS:
                        cluster_of.kill(draw)

            killer = threading.Thread(target=killing)
            with cluster.connected(str(cluster_of.file), timeout=60) as client:
                killer.start()
                try:
                    ended = on(client, site, [site.asked(name) for name in names])
                finally:
                    over.set()
                    killer.join()
            died = Counter(kind for kind, _ in cluster_of.killed[kills:])
            kills = len(cluster_of.killed)
            faults = [str(each.error) for each in ended if each.error]
            by_kernel, given_up = (sum(said in fault for fault in faults) for said in OURS)
            assert by_kernel + given_up == len(faults), faults
            assert by_kernel <= died["kernel"] // 4
            assert given_up <= (died["nanny"] + died["worker"]) // 4
            found = nameless(site.reports())
            assert len(found) == REPORTS - len(faults)
            assert all(files == like for files in found.values())
            again = len(site.kernels()) - REPORTS
            assert again <= died.total()
            site.settled()
            tally += Counter({"reports": REPORTS, "of a killed kernel": by_kernel, "given up": given_up})
            tally += Counter({"notebooks run again": max(again, 0)}) + died
            print(dict(tally), flush=True)
    finally:
        cluster_of.end()
    assert all(ends(pid) for pid in site.kernels())


@pytest.mark.slow
@pytest.mark.skipif(not KILLS, reason="KILLS=30, as `make kill`")
def test_ten_whole_reports_lose_nothing_to_whoever_is_killed(tmp_path):
    draw, out = random.Random(SEED), tmp_path / "reports"
    names = [f"brief{number}x" for number in range(REPORTS)]
    for name in names:
        (tmp_path / f"{name}.yaml").write_text(SAMPLE.replace("name: sample", f"name: {name}"))
    asked = [
        ReportRequest(WEEK, str(tmp_path / f"{name}.yaml"), str(paths.SAMPLE), {"n_worlds": 200})
        for name in names
    ]
    [alone] = weekly.reports(asked[:1], RunOptions(started=STARTED, out=tmp_path / "alone"))
    each = alone.value.seconds * REPORTS / 2 / KILLS
    over, workers = threading.Event(), Workers(tmp_path, WORKERS)

    def killing():
        while not over.wait(draw.uniform(each / 2, each)):
            if len(workers.killed) < KILLS:
                workers.kill(draw)

    killer = threading.Thread(target=killing)
    try:
        with cluster.connected(str(workers.file), timeout=60) as client:
            pool = cluster.executor(client)
            killer.start()
            options = RunOptions(started=STARTED, out=out)
            ended = weekly.reports(asked, options, executor=pool, at_once=lambda: pool.threads)
            over.set()
            killer.join()
    finally:
        over.set()
        workers.end()
    print(Counter(kind for kind, _ in workers.killed), [str(each.error) for each in ended if each.error])
    assert len(workers.killed) == KILLS
    assert not any(each.error for each in ended)
    like, found = (nameless(published(place)) for place in (tmp_path / "alone", out))
    assert found.keys() == {*names}
    assert all(files == like[names[0]] for files in found.values())
    assert list((out / publish.LOCKS).iterdir()) == list((out / publish.STAGING).iterdir()) == []
    assert all(ends(pid) for pid in workers.kernels)


def nameless(found: dict[str, dict[str, bytes]]) -> dict[str, dict[str, bytes]]:
    """Return reports without the names of their briefs."""
    without = re.compile(rb"brief\dx")
    return {
        name: {file: without.sub(b"", text) for file, text in files.items()} for name, files in found.items()
    }
