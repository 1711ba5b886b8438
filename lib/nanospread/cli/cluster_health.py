"""The doctor command with --cluster: one check for each thing that its workers need, each with what to do."""

import os
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, NamedTuple

from nanospread.cli import clusters
from nanospread.cli.health import Check
from nanospread.core import cluster, paths
from nanospread.core.errors import InputError
from nanospread.core.formatting import counted
from nanospread.report import bundles

FIRST = 10.0  # [s] for the first worker to be there, where it is only looked whether one is
APART = 60.0  # [s] between a worker's clock and this one
MEMORY = 1_000_000_000  # bytes for each worker, with its kernel
DISK = 500_000_000  # bytes free for what is sent to a worker, and for its notebooks
TRIM = "MALLOC_TRIM_THRESHOLD_"


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


def checks(spec: str, data: str) -> Iterator[Check]:
    """Yield one check after the other of a cluster; the first alone where it cannot be reached."""
    try:
        with clusters.reached(spec, FIRST) as client:
            threads = client.nthreads()
            yield Check("cluster", True, f"{counted(len(threads), 'worker')} of {client.scheduler.address}")
            yield _versions(client)
            before = time.time()
            answers = cluster.run_on_workers(client, facts)
            facts_by_address = {
                where: each for where, each in answers.items() if isinstance(each, WorkerInfo)
            }
            if not facts_by_address:  # they are of a version that cannot say
                return
            yield _clock(facts_by_address, before, time.time())
            yield _room(facts_by_address)
            yield _processes(facts_by_address, threads)
            yield _data(client, data)
    except (InputError, OSError) as error:
        yield Check("cluster", False, f"{error}")


def _versions(client: Any) -> Check:
    try:
        cluster.checked(client)
    except InputError as error:
        return Check("versions", False, f"{error}; install the same there")
    return Check("versions", True, "each worker computes what this process does")


def _clock(workers: Mapping[str, WorkerInfo], before: float, after: float) -> Check:
    apart = {where: max(before - each.clock, each.clock - after, 0.0) for where, each in workers.items()}
    worst = max(apart, key=lambda where: apart[where])
    detail = f"at most {apart[worst]:.0f} s from this one"
    if apart[worst] <= APART:
        return Check("clocks", True, detail)
    return Check("clocks", False, f"{detail}, {worst}: certificates and logs go by it; set it by NTP")


def _room(workers: Mapping[str, WorkerInfo]) -> Check:
    least = min(workers.values(), key=lambda each: each.disk)
    if least.disk < DISK:
        left = f"{least.disk:,} bytes free on {least.machine}"
        return Check("disk", False, f"{left}; {DISK:,} are wanted in the workers' TMPDIR")
    return Check("disk", True, f"at least {least.disk / 1e9:,.1f} GB free for a worker's copies")


def _processes(workers: Mapping[str, WorkerInfo], threads: Mapping[str, int]) -> Check:
    """Check what each worker is: one thread, enough memory, and memory that is not trimmed all the time."""
    if several := next((where for where, count in threads.items() if count > 1), ""):
        advice = "kernels stay warm with `dask worker --nthreads 1`, and as many workers as cores"
        return Check("workers", False, f"{several} has {threads[several]} threads; {advice}")
    beside = Counter(each.machine for each in workers.values())
    shares = {each.machine: each.memory / beside[each.machine] for each in workers.values()}
    poorest = min(shares, key=lambda machine: shares[machine])
    if shares[poorest] < MEMORY:
        share = f"{shares[poorest] / 1e9:.1f} GB of memory for each worker of {poorest}"
        return Check("workers", False, f"{share}; 1 GB is wanted: start fewer there")
    detail = f"one thread each, {shares[poorest] / 1e9:,.1f} GB of memory or more"
    if any(each.trims for each in workers.values()):
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
    difference = f"not the same at that path on {counted(len(away), 'worker')}"
    try:
        return Check(
            "workers' data", True, f"{difference}: {len(bundles.bundle(part)):,} bytes are sent to each"
        )
    except InputError as error:
        return Check("workers' data", False, f"{difference}: {error}")
