"""What doctor says of a cluster's workers, over TLS too; whose addresses are said to be open to others."""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import dask
import distributed  # noqa: F401 - else its own settings go with the first of ours
import pytest
import trustme
import yaml

from nanospread.cli import cluster_health, clusters
from nanospread.cli.cluster_health import WorkerInfo
from nanospread.core import cluster, paths
from nanospread.report import bundles
from test_cli import called

NOBODY = {"distributed.comm.tls.ca-file": None, "distributed.comm.tls.client.cert": None}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """Return a file of Dask's configuration with certificates of an authority of its own."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    ours, known = authority.issue_cert("127.0.0.1"), {}
    for name, pem in (("cert", ours.cert_chain_pems[0]), ("key", ours.private_key_pem)):
        pem.write_to_path(known.setdefault(name, str(folder / f"{name}.pem")))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    tls = {"ca-file": str(folder / "ca.pem"), "scheduler": known, "worker": known, "client": known}
    content = {"distributed": {"comm": {"require-encryption": True, "tls": tls}}}
    (folder / "nanospread.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder / "nanospread.yaml"


@pytest.fixture(scope="module")
def encrypted(settings, tmp_path_factory):
    """Return the file of a scheduler with one worker, of `dask scheduler` and `dask worker` over TLS."""
    folder = tmp_path_factory.mktemp("cluster")
    file, log = folder / "scheduler.json", folder / "log"
    there = {**os.environ, "DASK_CONFIG": str(settings), "PYTHONPATH": str(paths.PACKAGE.parent)}
    dask_command = [sys.executable, "-m", "dask"]
    scheduler = ["scheduler", "--protocol", "tls", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    worker = ["worker", "--nthreads", "1", "--memory-limit", "0", "--no-nanny", "--no-dashboard"]
    with contextlib.ExitStack() as held, log.open("w") as output:
        for options in (scheduler, worker):
            command = [*dask_command, *options, "--scheduler-file", str(file)]
            process = held.enter_context(
                subprocess.Popen(command, env=there, cwd=folder, stdout=output, stderr=output)
            )
            held.callback(process.kill)
            until = time.monotonic() + 60
            while not file.exists():
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.1)
        yield file


@pytest.fixture
def doctor(capsys, monkeypatch, tmp_path):
    return lambda *options: called(
        "doctor", "--out", str(tmp_path), *options, capsys=capsys, monkeypatch=monkeypatch
    )


@pytest.fixture
def known(settings):
    tls = yaml.safe_load(settings.read_text(encoding="utf-8"))["distributed"]["comm"]["tls"]
    ours = {f"client.{name}": path for name, path in tls["client"].items()} | {"ca-file": tls["ca-file"]}
    with dask.config.set({f"distributed.comm.tls.{name}": path for name, path in ours.items()}):
        yield


@pytest.mark.slow
def test_workers_behind_tls_are_fine_for_who_has_a_certificate(doctor, encrypted, known):
    status, out, err = doctor("--cluster", str(encrypted), "--data", str(paths.SAMPLE))
    assert (status, err) == (0, ""), out
    found = dict(line[9:].split(": ", 1) for line in out.splitlines())
    where = json.loads(encrypted.read_text(encoding="utf-8"))["address"]
    assert found["cluster"] == f"1 worker of {where}"
    assert where.startswith("tls://")
    assert [*found][-6:] == ["cluster", "versions", "clocks", "disk", "workers", "workers' data"]
    assert found["workers' data"] == "the same at that path on each"


def test_who_has_no_certificate_is_refused_in_one_line(encrypted):
    where = json.loads(encrypted.read_text(encoding="utf-8"))["address"]
    with dask.config.set(NOBODY):
        [refused] = cluster_health.checks(str(encrypted), "")
        [plain] = cluster_health.checks(where.replace("tls://", "tcp://"), "")
    assert not refused.fine
    assert refused.detail.startswith(
        f"no scheduler answers at {where} within 10 s: TLS needs ca-file, and cert"
    )
    assert not plain.fine
    assert "\n" not in plain.detail


def test_a_certificate_of_another_authority_is_refused(encrypted, known, tmp_path):
    other = trustme.CA().issue_cert("127.0.0.1")
    other.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "other.pem"))
    tls = "distributed.comm.tls.client"
    with dask.config.set({f"{tls}.cert": str(tmp_path / "other.pem"), f"{tls}.key": None}):
        [refused] = cluster_health.checks(str(encrypted), "")
    assert not refused.fine
    assert "\n" not in refused.detail


def test_data_that_a_worker_does_not_see_are_sent_up_to_a_limit(encrypted, known, monkeypatch):
    real = bundles.parameter_files
    monkeypatch.setattr(
        bundles, "parameter_files", lambda *given: [replace(part, digest="another") for part in real(*given)]
    )
    [*_, sent] = cluster_health.checks(str(encrypted), str(paths.SAMPLE))
    assert sent.fine
    assert sent.detail.startswith("not the same at that path on 1 worker: ")
    monkeypatch.setattr(bundles, "LARGEST", 1_000)
    bundles.bundle.cache_clear()
    [*_, large] = cluster_health.checks(str(encrypted), str(paths.SAMPLE))
    bundles.bundle.cache_clear()
    assert not large.fine
    assert "up to 1,000 are sent" in large.detail
    monkeypatch.undo()
    [*_, missing] = cluster_health.checks(str(encrypted), "/nowhere/exports")
    assert (missing.subject, missing.fine) == ("workers' data", False)


@pytest.mark.slow
def test_workers_of_another_version_are_told(monkeypatch):
    real = cluster._version
    monkeypatch.setattr(cluster, "_version", lambda name: "1.0" if name == "numpy" else real(name))
    cluster.fingerprint.cache_clear()
    try:
        there, versions, *others = cluster_health.checks("local:2", "")
    finally:
        cluster.fingerprint.cache_clear()
    assert there.detail.startswith("2 workers of tls://127.0.0.1:")
    assert not versions.fine
    assert versions.detail.startswith("worker tls://127.0.0.1:")
    assert versions.detail.endswith("on the worker, 1.0 here; install the same there")
    assert all(other.fine for other in others)


def test_a_dead_scheduler_is_one_line_of_doctor(monkeypatch):
    real = cluster.connected
    monkeypatch.setattr(cluster, "connected", lambda *given, **options: real(*given, timeout=0.2, **options))
    [dead] = cluster_health.checks("tcp://127.0.0.1:1", "")
    assert not dead.fine
    assert dead.detail.startswith("no scheduler answers at tcp://127.0.0.1:1 within 0.2 s")


GOOD = WorkerInfo(clock=1_000.0, machine="a", disk=10**12, memory=8 * 10**9, trims=False)


@pytest.mark.parametrize(
    ("clock", "fine", "detail"),
    [
        (1_000.0, True, "at most 0 s from this one"),
        (941.0, True, "at most 59 s from this one"),
        (1_062.0, False, "at most 61 s from this one, tcp://b: certificates and logs go by it"),
    ],
)
def test_a_clock_is_told_that_is_apart_whenever_it_was_looked_at(clock, fine, detail):
    check = cluster_health._clock({"tcp://a": GOOD, "tcp://b": GOOD._replace(clock=clock)}, 1_000.0, 1_001.0)
    assert check.fine == fine
    assert check.detail.startswith(detail)


@pytest.mark.parametrize(
    ("others", "threads", "fine", "detail"),
    [
        ([], 1, True, "one thread each, 8.0 GB of memory or more"),
        ([GOOD], 1, True, "one thread each, 4.0 GB of memory or more"),
        ([GOOD] * 8, 1, False, "0.9 GB of memory for each worker of a; 1 GB is wanted"),
        ([], 4, False, "tcp://0 has 4 threads; kernels stay warm with `dask worker --nthreads 1`"),
        ([GOOD._replace(machine="b", trims=True)], 1, True, "one thread each, 8.0 GB of memory or more; wi"),
    ],
)
def test_threads_and_memory_are_those_of_each_worker(others, threads, fine, detail):
    said = {f"tcp://{number}": each for number, each in enumerate([GOOD, *others])}
    check = cluster_health._processes(said, dict.fromkeys(said, threads))
    assert check.fine == fine
    assert check.detail.startswith(detail)


def test_a_disk_that_is_nearly_full_is_told():
    assert cluster_health._room({"tcp://a": GOOD}).detail == "at least 1,000.0 GB free for a worker's copies"
    full = cluster_health._room({"tcp://a": GOOD, "tcp://b": GOOD._replace(disk=1_234, machine="b")})
    assert not full.fine
    assert full.detail.startswith("1,234 bytes free on b; 500,000,000 are wanted")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("tcp://192.0.2.7:8786", True),
        ("tcp://[2001:db8::7]:8786", True),
        ("tcp://nodes.example:8786", True),
        ("tls://192.0.2.7:8786", False),
        ("tcp://127.0.0.3:8786", False),
        ("tcp://[::1]:8786", False),
        ("tcp://localhost:8786", False),
        ("local:2", False),
    ],
)
def test_an_address_that_takes_anybody_is_said_before_anything_is_sent(monkeypatch, capsys, spec, said):
    at_once = []
    monkeypatch.setattr(
        cluster, "connected", lambda *_, **__: contextlib.nullcontext(at_once.append(capsys.readouterr().err))
    )
    with clusters.reached(spec):
        pass
    assert at_once == [f"nanospread: {spec} {clusters.OPEN}\n" if said else ""]
