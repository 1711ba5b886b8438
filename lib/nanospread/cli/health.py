"""The doctor command: what a report and the workers of a cluster need, one check each, and what to do."""

import importlib.metadata
import os
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from packaging.requirements import InvalidRequirement, Requirement

from nanospread import store
from nanospread.cli import clusters
from nanospread.core import cluster, paths
from nanospread.core.errors import InputError
from nanospread.core.formatting import counted
from nanospread.report import bundles, parameters
from nanospread.report.execution import Job, executed, kernel_obstacle

OLDEST, NEWEST = (3, 11), (3, 13)
LOCK = paths.CHECKOUT / "requirements.lock" if paths.CHECKOUT else None
FIRST = 10.0  # [s] for the first worker to be there, where it is only looked whether one is
APART = 60.0  # [s] between a worker's clock and this one
MEMORY = 1_000_000_000  # bytes for each worker, with its kernel
DISK = 500_000_000  # bytes free for what is sent to a worker, and for its notebooks
TRIM = "MALLOC_TRIM_THRESHOLD_"


class Check(NamedTuple):
    """One thing checked: what, whether it is fine, and what was found or is to be done."""

    what: str
    fine: bool
    detail: str


def checks(data: str, out: Path) -> list[Check]:
    """Return every check, in the order in which a report would need them."""
    return [python(), packages(), kernel(), books(), exports(data), output(out)]


def python() -> Check:
    """Check the Python version."""
    version = sys.version_info[:2]
    advice = "" if OLDEST <= version <= NEWEST else "; make PYTHON=python3.12 setup"
    return Check("python", not advice, f"{sys.version.split()[0]}{advice}")


def packages(lock: Path | None = LOCK) -> Check:
    """Check the installed versions: in a checkout against the lock, else against what nanospread needs."""
    if lock is None:
        return _checked(
            importlib.metadata.requires("nanospread") or [], "what nanospread needs", "reinstall nanospread"
        )
    if not lock.is_file():
        return Check("packages", False, f"{lock.name} is missing; get it back with git")
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = [line.rstrip("\\ ") for line in lines if "==" in line and not line.startswith((" ", "#"))]
    return _checked(pins, lock.name, "run `rm -rf .venv && make setup`")


def _checked(requirements: Sequence[str], source: str, advice: str) -> Check:
    wrong = [problem for requirement in requirements if (problem := _off(requirement))]
    if wrong:
        rest = f" and {len(wrong) - 3} more" if wrong[3:] else ""
        return Check("packages", False, f"{'; '.join(wrong[:3])}{rest}; {advice}")
    return Check("packages", True, f"as {source} says")


def kernel() -> Check:
    """Check that a kernel starts, and that it can count."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    if fault := kernel_obstacle():
        return Check("kernel", False, fault)
    result = executed(Job(name="kernel", notebook=nbformat.writes(book), parameters={}, time_limit=60))
    if result["problem"]:
        return Check("kernel", False, f"{result['problem']}; run `rm -rf .venv && make setup`")
    shown = nbformat.reads(result["notebook"], as_version=4).cells[0].outputs[0]["data"]["text/plain"]
    return Check("kernel", shown == "2", f"1 + 1 = {shown} in {result['seconds']:.1f} s")


def books(folder: Path = paths.NOTEBOOKS) -> Check:
    """Check that the notebooks are there and that their parameters can be checked."""
    try:
        sources = parameters.notebooks(folder)
    except InputError as error:
        return Check("notebooks", False, f"{error}")
    return Check("notebooks", True, f"{len(sources)}, their parameters are sound")


def exports(data: str) -> Check:
    """Check that the data folder can be read."""
    try:
        validated = store.opened(paths.folder(data))
    except InputError as error:
        return Check("data", False, f"{error}; see `nanospread ingest --help`")
    return Check(
        "data", True, f"{len(validated.creators):,} creators' rows and {len(validated.posts):,} posts"
    )


def output(out: Path) -> Check:
    """Check that reports can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        return Check("output", False, f"'{out}': {error.strerror}; name another folder with --out")
    return Check("output", True, f"'{out}' can be written")


def _off(line: str) -> str | None:
    """Return what is wrong with the package that a requirement names, where it applies here."""
    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return f"{line!r} is no requirement"
    if wanted.marker and not wanted.marker.evaluate():
        return None
    try:
        installed = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{wanted.name} is missing"
    fits = wanted.specifier.contains(installed, prereleases=True)
    return None if fits else f"{wanted.name} is {installed}, not {wanted.specifier}"


class WorkerInfo(NamedTuple):
    """What a worker says of itself: its clock [s], its machine, and what it has there [bytes]."""

    clock: float
    machine: str
    disk: int
    memory: int
    trims: bool


def facts() -> WorkerInfo:
    """Return what this process has to work with, its share of which others on the machine may want too."""
    return WorkerInfo(
        clock=time.time(),
        machine=socket.gethostname(),
        disk=shutil.disk_usage(tempfile.gettempdir()).free,
        memory=int(import_module("distributed.system").MEMORY_LIMIT),
        trims=TRIM in os.environ,
    )


def cluster_checks(spec: str, data: str) -> Iterator[Check]:
    """Yield one check after the other of a cluster; the first alone where it cannot be reached."""
    try:
        with clusters.reached(spec, FIRST) as client:
            threads = client.nthreads()
            yield Check("cluster", True, f"{counted(len(threads), 'worker')} of {client.scheduler.address}")
            yield _versions(client)
            before = time.time()
            answers = cluster.run_on_workers(client, facts)
            said = {where: each for where, each in answers.items() if isinstance(each, WorkerInfo)}
            if not said:  # they are of a version that cannot say
                return
            yield _clock(said, before, time.time())
            yield _room(said)
            yield _processes(said, threads)
            yield _data(client, data)
    except (InputError, OSError) as error:
        yield Check("cluster", False, f"{error}")


def _versions(client: Any) -> Check:
    try:
        cluster.checked(client)
    except InputError as error:
        return Check("versions", False, f"{error}; install the same there")
    return Check("versions", True, "each worker computes what this process does")


def _clock(said: Mapping[str, WorkerInfo], before: float, after: float) -> Check:
    apart = {where: max(before - each.clock, each.clock - after, 0.0) for where, each in said.items()}
    worst = max(apart, key=lambda where: apart[where])
    detail = f"at most {apart[worst]:.0f} s from this one"
    if apart[worst] <= APART:
        return Check("clocks", True, detail)
    return Check("clocks", False, f"{detail}, {worst}: certificates and logs go by it; set it by NTP")


def _room(said: Mapping[str, WorkerInfo]) -> Check:
    least = min(said.values(), key=lambda each: each.disk)
    if least.disk < DISK:
        left = f"{least.disk:,} bytes free on {least.machine}"
        return Check("disk", False, f"{left}; {DISK:,} are wanted in the workers' TMPDIR")
    return Check("disk", True, f"at least {least.disk / 1e9:,.1f} GB free for a worker's copies")


def _processes(said: Mapping[str, WorkerInfo], threads: Mapping[str, int]) -> Check:
    """Check what each worker is: one thread, enough memory, and memory that is not trimmed all the time."""
    if several := next((where for where, count in threads.items() if count > 1), ""):
        advice = "kernels stay warm with `dask worker --nthreads 1`, and as many workers as cores"
        return Check("workers", False, f"{several} has {threads[several]} threads; {advice}")
    beside = Counter(each.machine for each in said.values())
    shares = {each.machine: each.memory / beside[each.machine] for each in said.values()}
    poorest = min(shares, key=lambda machine: shares[machine])
    if shares[poorest] < MEMORY:
        share = f"{shares[poorest] / 1e9:.1f} GB of memory for each worker of {poorest}"
        return Check("workers", False, f"{share}; 1 GB is wanted: start fewer there")
    detail = f"one thread each, {shares[poorest] / 1e9:,.1f} GB of memory or more"
    if any(each.trims for each in said.values()):
        detail += f"; without {TRIM} simulated campaigns take a third less (docs/how_to/cluster.md)"
    return Check("workers", True, detail)


def _data(client: Any, data: str) -> Check:
    if not data:
        return Check("workers' data", True, "the bundled sample is everywhere")
    try:
        [part] = bundles.parameter_files({"data": str(paths.folder(data).resolve())}, "", "")
    except (InputError, OSError) as error:
        return Check("workers' data", False, f"{error}")
    here = cluster.run_on_workers(client, bundles.is_here, part)
    away = [where for where, answer in here.items() if answer is not True]
    if not away:
        return Check("workers' data", True, "the same at that path on each")
    sent = f"not the same at that path on {counted(len(away), 'worker')}"
    try:
        return Check("workers' data", True, f"{sent}: {len(bundles.bundle(part)):,} bytes are sent to each")
    except InputError as error:
        return Check("workers' data", False, f"{sent}: {error}")
