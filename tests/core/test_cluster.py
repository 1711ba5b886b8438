"""Which clusters are reached and how what is wrong is told; what an executor of one does with calls.

One process of one thread is started for the whole file; each test that ends a worker waits for the next.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from pathlib import Path

import dask
import distributed  # noqa: F401 - else its own settings go with the first of ours
import pytest

from nanospread.core import cache, cluster
from nanospread.core.errors import InputError


@pytest.fixture(scope="module")
def client():
    with cluster.connected("local:1") as found:
        yield found


@pytest.mark.parametrize(
    "spec",
    [*("local:0", "local:1000", "local:", "127.0.0.1:8786", "tcp://host", "", "tcp://a b:1"), "tcp://[::1:1"],
)
def test_a_cluster_that_is_none_is_told_with_what_can_be(spec):
    with pytest.raises(InputError, match=r"is none of: tcp://HOST:PORT, .*local:N"), cluster.connected(spec):
        pass


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is no scheduler file"),
        ("{}", "is no scheduler file: 'address'"),
        ('["tcp://127.0.0.1:1"]', "is no scheduler file"),
        ('{"address": "http://127.0.0.1:1"}', "address 'http://127.0.0.1:1' is none of"),
        ('{"address": "tcp://\\ud800:1"}', "is none of tcp://HOST:PORT"),
        ("[" * 40_000, "is no scheduler file: maximum recursion depth"),
    ],
)
def test_a_scheduler_file_that_names_none_is_told(tmp_path, content, said):
    file = tmp_path / "s.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        cluster.address(str(file))
    with pytest.raises(InputError, match=r"gone.json.*cannot be read"):
        cluster.address(str(tmp_path / "gone.json"))


def test_a_scheduler_that_is_gone_is_told_with_its_address(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        where = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    file = tmp_path / "s.json"
    file.write_text(json.dumps({"address": where}), encoding="utf-8")
    for spec in (where, str(file)):
        said = f"no scheduler answers at {where} within 0.2 s"
        with pytest.raises(InputError, match=said), cluster.connected(spec, timeout=0.2):
            pass


@pytest.fixture
def listening():
    """Return the port of somebody who takes connections and says what it is given: nothing, if None."""
    with contextlib.ExitStack() as held:

        def port(says):
            server = held.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=answer, args=(server, says), daemon=True)
            held.callback(thread.join, 10)
            thread.start()
            return server.getsockname()[1]

        def answer(server, says):
            connection, _ = server.accept()
            with connection:
                connection.sendall(says)
                while connection.recv(1_000):
                    pass

        yield port


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64])
def test_somebody_else_at_that_port_is_told_in_time(listening, says, capfd):
    where = f"tcp://127.0.0.1:{listening(says)}"
    with pytest.raises(InputError) as told, cluster.connected(where, timeout=0.5):
        pass
    why = ": who answers is no scheduler of Dask" if says else ""
    assert str(told.value) == f"no scheduler answers at {where} within 0.5 s{why}"
    del told
    gc.collect()
    assert capfd.readouterr().err == ""  # of a client that did not start


UNGUARDED = """
from nanospread.core import cluster
with cluster.connected("local:1"):
    pass
"""


@pytest.mark.slow
def test_a_script_without_a_guard_is_told_what_it_lacks(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    command = [sys.executable, "-P", tmp_path / "script.py"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith(
        "InputError: local:1: Nanny failed to start. If a script starts it: it needs "
        '`if __name__ == "__main__":` around what it does'
    )


def test_tls_without_certificates_is_told_with_where_they_go():
    nothing = {"distributed.comm.tls.ca-file": None, "distributed.comm.tls.client.cert": None}
    with (
        dask.config.set(nothing),
        pytest.raises(InputError, match=r"TLS needs ca-file, .*distributed\.comm\.tls in a YAML file"),
        cluster.connected("tls://127.0.0.1:1", timeout=0.5),
    ):
        pass


def test_certificates_that_cannot_be_read_are_named(tmp_path):
    nowhere = {name: str(tmp_path / name) for name in ("ca-file", "client.cert", "client.key")}
    with (
        dask.config.set({f"distributed.comm.tls.{name}": path for name, path in nowhere.items()}),
        pytest.raises(InputError, match=r"certificates of distributed.comm.tls, .*ca-file, .*client.key: "),
        cluster.connected("tls://127.0.0.1:1", timeout=0.5),
    ):
        pass


def test_settings_of_dask_that_cannot_be_read_are_one_line(tmp_path):
    (tmp_path / "bad.yaml").write_text("distributed: [", encoding="utf-8")
    code = "from nanospread.core import cluster\nwith cluster.connected('tcp://127.0.0.1:1'): pass"
    command = [sys.executable, "-c", code]
    there = {**os.environ, "DASK_CONFIG": str(tmp_path / "bad.yaml")}
    run = subprocess.run(command, env=there, capture_output=True, text=True, check=False)
    last = run.stderr.splitlines()[-1]
    assert last.startswith("nanospread.core.errors.InputError: settings of Dask cannot be read: ")
    assert "bad.yaml" in last


def test_without_the_library_it_is_said_how_to_install_it(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(cluster, "import_module", missing)
    with (
        pytest.raises(InputError, match=r"pip install 'nanospread\[cluster\]'"),
        cluster.connected("local:1"),
    ):
        pass


@pytest.fixture
def other_numpy(monkeypatch):
    """Let this process be of another numpy than its workers are."""
    real = cluster._version
    monkeypatch.setattr(cluster, "_version", lambda name: "1.0" if name == "numpy" else real(name))
    cluster.fingerprint.cache_clear()
    yield
    cluster.fingerprint.cache_clear()


def test_only_processes_that_compute_the_same_are_taken(client, other_numpy):
    with pytest.raises(
        InputError, match=r"worker tls://127.0.0.1:\d+ .*: numpy [2-9.]+\d+ on the worker, 1.0 here$"
    ):
        cluster.checked(client)
    late = cluster.executor(client).submit(os.getpid)  # as of a worker that came after the check
    with pytest.raises(InputError, match=r": numpy [2-9.]+\d+ on the worker, 1\.0 here$"):
        late.result(20)


def _becomes_another_version(dask_worker):
    cluster.fingerprint.cache_clear()
    real = cluster._version
    cluster._version = lambda name: "1.0" if name == "numpy" else real(name)
    return dask_worker.address, cluster.fingerprint() and os.getpid()


@pytest.mark.slow
def test_a_worker_of_another_version_that_comes_later_is_left_out_and_costs_no_call(client):
    client.wait_for_workers(1, timeout=300)
    before = {*client.nthreads()}
    client.cluster.scale(2)
    client.wait_for_workers(2, timeout=300)
    [late] = {*client.nthreads()} - before
    try:
        [(address, process)] = client.run(_becomes_another_version, workers=[late]).values()
        pool = cluster.executor(client)
        done = [pool.submit(_slow_pid) for _ in range(12)]
        assert {future.result(60) for future in done} == {*client.run(os.getpid).values()} - {process}
        assert pool._refusing == {address}
    finally:
        client.retire_workers([late])
        client.cluster.scale(1)


def _slow_pid():
    time.sleep(0.05)
    return os.getpid()


def test_processes_that_compute_the_same_are_taken(client):
    cluster.checked(client)


def test_a_worker_that_stands_still_is_told(client):
    [process] = client.run(os.getpid).values()
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(InputError, match=r"not every worker of tls://127.0.0.1:\d+ answers within 0.5 s"):
            cluster.run_on_workers(client, os.getpid, timeout=0.5)
    finally:
        os.kill(process, signal.SIGCONT)
    assert cluster.run_on_workers(client, os.getpid) == client.run(os.getpid)


def test_the_fingerprint_moves_with_code_templates_and_tables(tmp_path, monkeypatch):
    monkeypatch.setattr(cache.paths, "PACKAGE", tmp_path / "package")
    monkeypatch.setattr(cache.paths, "DATA", tmp_path / "data")
    seen = set()
    for name in (
        "package/risk.py",
        "package/core/typed.py",
        "package/report/template/a.j2",
        "data/tiers.csv",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for name in (
        "package/risk.py",
        "package/core/typed.py",
        "package/report/template/a.j2",
        "data/tiers.csv",
    ):
        seen.add(cache.everything())
        (tmp_path / name).write_text("1", encoding="utf-8")
    assert len(seen | {cache.everything()}) == 5


def test_a_checkout_and_what_was_installed_of_it_have_one_fingerprint(tmp_path, monkeypatch):
    seen = set()
    for package, tables in (("lib/p", "data"), ("site-packages/p", "site-packages/p/resources/data")):
        for file in (f"{package}/risk.py", f"{package}/report/template/a.j2", f"{tables}/tiers.csv"):
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(Path(file).name, encoding="utf-8")
        monkeypatch.setattr(cache.paths, "PACKAGE", tmp_path / package)
        monkeypatch.setattr(cache.paths, "DATA", tmp_path / tables)
        seen.add(cache.everything())
    assert len(seen) == 1


def _died_once(note):
    """End the worker the first time, and say how often it was called."""
    calls = len(note.read_text()) if note.exists() else 0
    note.write_text("x" * (calls + 1))
    if calls == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return calls + 1


def _raised(note):
    note.write_text("x" * (len(note.read_text()) + 1 if note.exists() else 1))
    raise ValueError("this page cannot be")


def test_a_call_is_repeated_where_its_worker_died_and_never_where_it_failed(client, tmp_path):
    pool = cluster.executor(client)
    assert pool.submit(_died_once, tmp_path / "died").result(60) == 2
    with pytest.raises(ValueError, match="this page cannot be"):
        pool.submit(_raised, note=tmp_path / "raised").result(60)
    assert (tmp_path / "raised").read_text() == "x"


def test_a_call_that_every_worker_dies_of_is_told(client, monkeypatch):
    monkeypatch.setattr(client.cluster.scheduler, "allowed_failures", 0)
    with pytest.raises(cluster.ClusterLost, match=r"each of the workers that were given _exit-.* died of it"):
        cluster.executor(client).submit(os._exit, 1).result(60)


@pytest.mark.slow
def test_a_large_value_is_sent_once_and_again_only_where_who_held_it_died(client):
    client.wait_for_workers(1, timeout=300)
    pool, value = cluster.executor(client), list(range(1_000))
    assert cluster.broadcast(ThreadPoolExecutor(), value) is value
    held = cluster.broadcast(pool, value)
    assert pool.submit(sum, held).result(300) == sum(value)
    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    assert pool.submit(len, held).result(300) == 1_000


def test_an_executor_or_a_client_computes_and_nothing_else(client):
    with cluster.workers(None) as nobody, ThreadPoolExecutor() as threads, cluster.workers(threads) as same:
        assert (nobody, same) == (None, threads)
    with cluster.workers(client) as pool:
        assert pool.submit(max, 1, 2).result(300) == 2
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(max, 1, 2)
    with (
        pytest.raises(InputError, match=r"client must be a distributed\.Client; got int"),
        cluster.workers(5),
    ):
        pass


def test_what_cannot_be_read_here_is_the_error_of_its_call(client):
    def unreadable():
        def refused():
            raise ValueError("this process cannot read that")

        class Odd:
            def __reduce__(self):
                return refused, ()

        return Odd()

    with cluster.workers(client) as executor, pytest.raises(ValueError, match="cannot read that"):
        executor.submit(unreadable).result(timeout=60)


def test_the_same_call_is_done_anew(client):
    pool = cluster.executor(client)
    first = pool.submit(time.monotonic)
    assert pool.submit(time.monotonic).result(20) > first.result(20)


def _until_nobody_waits(note):
    wanted = cluster.still_awaited()
    note.write_text(f"{wanted()}")
    while wanted():
        time.sleep(0.05)
    note.write_text("let go")


def test_who_shuts_down_can_end_what_is_not_done_and_the_worker_knows(client, tmp_path):
    pool, note = cluster.executor(client), tmp_path / "note"
    running, waiting = pool.submit(_until_nobody_waits, note), pool.submit(os.getpid)
    _until(lambda: note.exists() and note.read_text() == "True")
    pool.shutdown(wait=False, cancel_futures=True)
    for future in (running, waiting):
        with pytest.raises(CancelledError):
            future.result(10)
    _until(lambda: note.read_text() == "let go")
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(os.getpid)
    assert cluster.still_awaited()()  # here there is no worker whom anybody could cancel


@pytest.mark.slow
def test_without_workers_calls_are_given_up(client, monkeypatch):
    monkeypatch.setattr(cluster, "LOOK", 0.1)
    pool = cluster.executor(client, patience=0.3)
    assert pool.threads == 1
    client.cluster.scale(0)
    _until(lambda: not client.nthreads())
    with pytest.raises(cluster.ClusterLost, match=r"no worker of the scheduler at tls://.* for 0.3 s"):
        pool.submit(os.getpid).result(30)
    assert pool.threads == 0


def test_without_the_scheduler_calls_are_given_up():
    with contextlib.suppress(Exception), cluster.connected("local:1") as client:
        pool = cluster.executor(client)
        future = pool.submit(time.sleep, 60)
        client.sync(client.cluster._close)
        with pytest.raises(cluster.ClusterLost, match="is gone"):
            future.result(30)
        return
    pytest.fail("no cluster")


def _until(true, seconds=30):
    for _ in range(seconds * 20):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("not in time")
