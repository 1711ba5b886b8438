"""An address, a scheduler file or `local:N` -> workers of a Dask cluster that compute what this process does.

`distributed` comes with the extra nanospread[cluster] and is imported when it is first used. Who can reach a
scheduler runs code on all of its workers: `local:N` listens on loopback, to those alone who have the
certificate that it made for itself and keeps in memory.

    with cluster.connected("local:2") as client:
        cluster.checked(client)
        run = study.simulate(n_worlds=10_000_000, executor=cluster.executor(client))
"""

import asyncio
import contextlib
import functools
import json
import logging
import multiprocessing
import platform
import re
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, InvalidStateError, ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import resource_tracker
from typing import Any, ParamSpec, TypeVar

from nanospread.core import cache, files, paths, scratch
from nanospread.core.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")

LOCAL = re.compile(r"local:([1-9]\d{0,2})")
ADDRESS = re.compile(r"(tcp|tls)://([\w.-]+|\[[\w.:%]+\]):\d{1,5}", re.ASCII)
FORMS = (
    "tcp://HOST:PORT, tls://HOST:PORT, a scheduler file (.json), or local:N with N processes from 1 to 999"
)
CONNECT = 10.0  # for a scheduler to answer [s]
ANSWER = 60.0  # for a worker to say what it is, which may have to be imported first [s]
PATIENCE = 300.0  # without any worker [s]
LOOK = 2.0  # between two looks at how many workers there are [s]
UNGUARDED = 'it needs `if __name__ == "__main__":` around what it does'
CERTIFICATES = (
    "TLS needs ca-file, and cert and key of client, scheduler and worker: distributed.comm.tls in a YAML file"
    " of ~/.config/dask"
)
LARGEST = 100_000  # bytes of a scheduler file
SILENT = logging.CRITICAL + 1
ALIKE = ("numpy", "scipy", "numba", "pandas", "matplotlib", "duckdb")  # whose versions may show in a number
SETTINGS: dict[str, object] = {
    # glibc's own thresholds: Dask's fixed one makes a task of simulated campaigns a third slower
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    "distributed.scheduler.worker-ttl": "60s",  # then a worker that stands still is ended
    "distributed.scheduler.allowed-failures": 10,  # of workers, also while a call waits at one
    "distributed.admin.large-graph-warning-threshold": "1 GB",  # files that a worker lacks are arguments
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


class OtherVersion(InputError):  # noqa: N818 - it says what the worker is of
    """A call that a worker refused, since it would compute something else; worker: its address."""

    def __init__(self, text: str, worker: str) -> None:
        super().__init__(text)
        self.worker = worker

    def __reduce__(self) -> tuple[Any, ...]:
        return OtherVersion, (*self.args, self.worker)


class ClusterLost(ConnectionError):  # noqa: N818 - it says what happened to the cluster
    """A cluster that went away in the middle of work; the text says in one line what is gone."""


@contextlib.contextmanager
def connected(spec: str, *, timeout: float = CONNECT, patience: float = PATIENCE) -> Iterator[Any]:
    """Connect to the scheduler that `spec` names, or start one with N processes, and yield its Client.

    timeout: for the scheduler to answer [s]; patience: for the first worker to be there [s].
    Raises InputError for a spec that names none, and where nobody is there in time.
    """
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise InputError("--cluster needs dask.distributed: pip install 'nanospread[cluster]'") from error
    except ValueError as error:  # of a YAML file in ~/.config/dask
        raise InputError(f"settings of Dask cannot be read: {_line(error)}") from error
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        stack.enter_context(import_module("dask").config.set(SETTINGS))
        local = LOCAL.fullmatch(spec)
        scheduler = stack.enter_context(_started(int(local[1]))) if local else address(spec)
        try:
            if not local:
                _check_answers(scheduler, timeout)
            client = distributed.Client(
                scheduler, timeout=timeout, set_as_default=False, direct_to_workers=bool(local)
            )
        except InputError:
            raise
        except Exception as error:  # whatever comes of what somebody else says there
            raise InputError(
                f"no scheduler answers at {scheduler} within {timeout:g} s{_why(error)}"
            ) from error
        stack.callback(_closed, client)
        try:
            client.wait_for_workers(1, timeout=patience)
        except OSError as error:
            raise InputError(f"no worker of the scheduler at {scheduler} within {patience:g} s") from error
        yield client


def address(spec: str) -> str:
    """Return the address of a scheduler, from its file where `spec` names one. Raises InputError."""
    if ADDRESS.fullmatch(spec):
        return spec
    if not spec.endswith(".json"):
        raise InputError(f"cluster {spec!r} is none of: {FORMS}")
    try:
        _, content = files.regular(paths.expanded(spec), LARGEST)
        value = json.loads(content)["address"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"cluster {spec!r} is no scheduler file: {_line(error)}") from error
    if not (isinstance(value, str) and ADDRESS.fullmatch(value)):
        raise InputError(f"cluster {spec!r}: address {value!r} is none of tcp://HOST:PORT, tls://HOST:PORT")
    return value


@contextlib.contextmanager
def _started(workers: int) -> Iterator[Any]:
    """Start so many processes of one thread each, which end with the block, and yield their cluster.

    Their memory has no limit: Dask would not see what kernels take, and would end the worker alone.
    """
    distributed = import_module("distributed")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(scratch.folder())
        settings = {"temporary-directory": str(folder)}  # of the scheduler, which takes no folder of its own
        if getattr(multiprocessing.current_process(), "_inheriting", False):  # as multiprocessing itself asks
            raise InputError(f"this script starts processes: {UNGUARDED}")
        with _unheard(), import_module("dask").config.set(settings):
            try:
                cluster = distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    host="127.0.0.1",
                    security=True,
                    scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                    memory_limit=0,
                    silence_logs=SILENT,
                    local_directory=str(folder),
                )
            except RuntimeError as error:  # of a worker that ended as it started
                raise InputError(
                    f"local:{workers}: {_line(error)} If a script starts it: {UNGUARDED}"
                ) from error
            stack.callback(cluster.close)
        yield cluster


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Let threads and processes that start meanwhile, and theirs, not hear of Ctrl-C: this one ends them."""
    resource_tracker.ensure_running()  # which would let this thread hear again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _check_answers(scheduler: str, timeout: float) -> None:
    """Raise what keeps a scheduler from answering in time.

    A Client would wait without end for somebody who takes a connection and says nothing, and 20 s more as one
    that could not start ends.
    """
    core, security = import_module("distributed.core"), import_module("distributed").Security()
    try:
        options = security.get_connection_args("client")
    except OSError as error:
        tls_files = f"{security.tls_ca_file}, {security.tls_client_cert}, {security.tls_client_key}"
        raise InputError(f"certificates of distributed.comm.tls, {tls_files}: {_line(error)}") from error

    async def meet() -> None:
        comm = await asyncio.wait_for(core.connect(scheduler, timeout=timeout, **options), timeout)
        await comm.close()

    with ThreadPoolExecutor(1) as thread:  # without an event loop, which a caller in JupyterLab has
        thread.submit(asyncio.run, meet()).result()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's own log to itself meanwhile: what there is to say, the caller says in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(SILENT)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _closed(client: Any) -> None:
    with contextlib.suppress(Exception):  # a scheduler that is gone takes no leave
        client.close(timeout=CONNECT)


def _why(error: BaseException) -> str:
    """Return what is wrong beside that nobody answered."""
    if isinstance(error, TypeError):  # of no context for TLS
        return f": {CERTIFICATES}"
    if isinstance(error, ValueError | MemoryError):  # of what says how long it is in other words
        return ": who answers is no scheduler of Dask"
    cause = error.__cause__ if isinstance(error, OSError) else error
    silent = cause is None or isinstance(cause, TimeoutError | asyncio.CancelledError)
    return "" if silent else f": {_line(cause)}"


def _line(error: BaseException | None) -> str:
    text = re.sub(r"^in <[^>]*>: ", "", " ".join(str(error).split()))
    return text[:300] or type(error).__name__


def checked(client: Any) -> None:
    """Raise InputError where a worker would not compute what this process does, with what differs."""
    expected = fingerprint()
    for worker, answer in sorted(run_on_workers(client, fingerprint).items()):
        if isinstance(answer, Exception):
            raise InputError(f"worker {worker} has not this nanospread, {paths.VERSION}: {_line(answer)}")
        if different := _differences(expected, answer):
            raise InputError(f"worker {worker} would compute something else: {different}")


def run_on_workers(
    client: Any, call: Callable[..., Any], *arguments: Any, timeout: float = ANSWER
) -> dict[str, Any]:
    """Return what a call comes to on each worker, or its error; raises InputError where one does not answer.

    A worker answers while it is at work, and never if it stands still: `client.run` would wait for it.
    """
    try:
        answers: dict[str, Any] = client.sync(
            client._run, call, *arguments, on_error="return", callback_timeout=timeout
        )
    except TimeoutError as error:
        scheduler = client.scheduler.address
        raise InputError(f"not every worker of {scheduler} answers within {timeout:g} s") from error
    return answers


def _differences(expected: dict[str, str], actual: dict[str, str]) -> str:
    names = [name for name in expected if actual.get(name) != expected[name]]
    return ", ".join(
        f"{name} {actual.get(name, 'none')} on the worker, {expected[name]} here" for name in names
    )


@functools.cache
def fingerprint() -> dict[str, str]:
    """Return by name what decides the numbers and figures of a process: its sources and what they run on."""
    versions = {name: _version(name) for name in ALIKE}
    return {"source of nanospread": cache.everything(), "Python": platform.python_version()} | versions


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def executor(client: Any, *, patience: float = PATIENCE) -> "Workers":
    """Return the workers as an executor: each call is done anew, and again only where its worker died.

    A call that raised is not repeated. patience: how long there may be no worker [s]: then, or where the
    scheduler is gone, every call that is not done raises ClusterLost.
    """
    return Workers(client, patience)


@contextlib.contextmanager
def workers(client: Any) -> Iterator[Any]:
    """Yield an executor, or none, as it is, and of a Client its workers, once they are checked.

    Raises: InputError for what is neither, and as `checked`.
    """
    if client is None or isinstance(client, Executor):
        yield client
        return
    if not callable(getattr(client, "scatter", None)):
        raise InputError(f"client must be a distributed.Client; got {type(client).__name__}")
    checked(client)
    pool = executor(client)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def one_of(executor: Executor | None, client: Any) -> Any:
    """Return the one of the two that is given, or None. Raises: InputError for both."""
    if executor is not None and client is not None:
        raise InputError("executor and client are both given: name one of them")
    return executor if client is None else client


def broadcast(executor: Executor, value: Any) -> Any:
    """Return a large value, such as a SimulationSetup, as an argument of many calls; a cluster gets it once.

    Its workers have it from each other, and have it again where all that had it died.
    """
    return executor.held(value) if isinstance(executor, Workers) else value


class Workers(Executor):
    """The workers of a cluster. threads: how many calls they do at a time now, as far as is known."""

    def __init__(self, client: Any, patience: float) -> None:
        self.threads = sum(client.nthreads().values())
        self._client, self._patience = client, patience
        self._where = client.scheduler.address
        self._tasks: dict[Future[Any], Any] = {}  # of what is not done: a task lives as long as it is named
        self._refusing = set[str]()  # workers that refused a call
        self._lost = ""  # why calls are given up
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def submit(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Give a call to a worker; what it takes and returns must pickle."""
        if self._over.is_set():
            raise RuntimeError("no more calls after shutdown")
        if not self._watch.is_alive():
            self._watch.start()
        name = getattr(call, "__name__", "call")
        whole = functools.partial(call, **kwargs) if kwargs else call
        future: Future[R] = Future()
        if self._lost:
            future.set_exception(ClusterLost(self._lost))
            return future

        def send(**options: Any) -> Any:
            key = f"{name}-{uuid.uuid4().hex}"
            return self._client.submit(
                _checked_call, fingerprint(), whole, *args, pure=False, retries=0, key=key, **options
            )

        task = send()
        with self._lock:
            self._tasks[future] = task
        future.add_done_callback(self._forgotten)
        self._client.loop.add_callback(self._follow, future, task, send)
        return future

    def held(self, value: Any) -> Any:
        """Return what a call may take in the place of a value that a worker holds."""
        return self._client.submit(_itself, value, pure=False, key=f"held-{uuid.uuid4().hex}")

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; end those that are not done if asked to, else wait for them if asked to."""
        self._over.set()
        with self._lock:
            futures = list(self._tasks)
        for future in futures:
            if cancel_futures:
                future.cancel()
            elif wait:
                with contextlib.suppress(BaseException):
                    future.exception()

    def _forgotten(self, future: Future[Any]) -> None:
        """Let a task go whose future is done; the worker of one that was cancelled is told."""
        with self._lock:
            task = self._tasks.pop(future, None)
        if future.cancelled():
            future.set_running_or_notify_cancel()  # who waits for it is told
            with contextlib.suppress(Exception):
                task.cancel()

    async def _follow(self, future: Future[Any], task: Any, send: Callable[..., Any]) -> None:
        """Give a future what its task comes to; one that its worker refused is sent to others."""
        with contextlib.suppress(InvalidStateError):  # cancelled, or given up, meanwhile
            try:
                result = await task._result(raiseit=False)  # as distributed's own executor does
            except Exception as error:  # what the worker returned cannot be read here
                future.set_exception(error)
                return
            refused = task.status == "error" and isinstance(result[1], OtherVersion)
            if refused and (others := await self._others(result[1].worker)):
                again = send(workers=others, allow_other_workers=True)  # they may all die, and new ones come
                with self._lock:
                    if future in self._tasks:
                        self._tasks[future] = again
                        self._client.loop.add_callback(self._follow, future, again, send)
                return
            if task.status == "finished":
                future.set_result(result)
            elif task.status == "error" and type(result[1]).__name__ == "KilledWorker":
                future.set_exception(
                    ClusterLost(f"each of the workers that were given {task.key} died of it")
                )
            elif task.status == "error":
                future.set_exception(result[1].with_traceback(result[2]))
            else:
                future.set_exception(ClusterLost(f"the scheduler at {self._where} is gone"))

    async def _others(self, worker: str) -> list[str]:
        """Return the workers of now that have refused no call."""
        self._refusing.add(worker)
        try:
            identity = await self._client.scheduler.identity(n_workers=-1)
        except OSError:  # the scheduler is gone
            return []
        return sorted({*identity["workers"]} - self._refusing)

    def _look(self) -> None:
        """Count the workers now and then; where there has been none for too long, give every call up."""
        seconds_without_worker = 0.0
        while not self._over.wait(LOOK):
            seconds_without_worker += LOOK
            with contextlib.suppress(Exception):  # no answer is no worker
                identity = self._client.sync(
                    self._client.scheduler.identity, n_workers=0, callback_timeout=LOOK
                )
                self.threads = int(identity["total_threads"])
                seconds_without_worker = 0.0 if self.threads else seconds_without_worker
            message = f"no worker of the scheduler at {self._where} for {self._patience:g} s"
            self._lost = message if seconds_without_worker > self._patience else ""
            if self._lost:
                self._give_up()

    def _give_up(self) -> None:
        with self._lock:
            futures = list(self._tasks)
        for future in futures:
            with contextlib.suppress(InvalidStateError):
                future.set_exception(ClusterLost(self._lost))


def _checked_call(expected: dict[str, str], call: Callable[..., R], *args: Any) -> R:
    """Call, where this worker computes what whoever asks does: it may have come after the check."""
    if different := _differences(expected, fingerprint()):
        worker = import_module("distributed").get_worker().address
        raise OtherVersion(f"worker {worker} would compute something else: {different}", worker)
    return call(*args)


def _itself(value: R) -> R:
    return value


def still_awaited() -> Callable[[], bool]:
    """Return what says if the call that this thread does on a worker is still waited for; elsewhere, always.

    Nobody waits any more for a call that was cancelled, or whose client has gone.
    """
    distributed = sys.modules.get("distributed")  # which a worker has imported
    try:
        worker = distributed.get_worker() if distributed else None
    except ValueError:
        worker = None
    if worker is None:
        return lambda: True
    key = worker.get_current_task()
    return lambda: getattr(worker.state.tasks.get(key), "state", "") == "executing"
