"""Checked notebooks -> executed notebooks, side by side, each in a kernel of its own and each one verified.

papermill reports success after `sys.exit(0)`, and its file says "completed" after a dead kernel or a time
limit; so each executed notebook is looked at here, and only a sound one counts. A kernel runs in a folder and
an environment that are not the user's, and ends with its run and at its time limit.
"""

import ast
import asyncio
import contextlib
import logging
import os
import re
import resource
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, Self, TypedDict

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbclient.util import run_sync
from nbconvert.filters import strip_ansi

from nanospread.core import cache, cluster, paths, processes, scratch
from nanospread.core.errors import InputError
from nanospread.report.parameters import Notebook, Plain

EMPTY = nbformat.writes(nbformat.v4.new_notebook())
INJECTED = "injected-parameters"
TIME_LIMIT = 600  # [s] for each notebook
STOPPED = "the run was stopped"
KILLED = "the kernel was killed, as happens when memory runs out"
KILLED_RUNS = 4  # as Dask gives a task up when four workers died of it
LOOK = 1.0  # [s] between two looks if anybody still waits for a notebook
# files open at once: in a kernel; here, and more for each kernel
KERNEL_FILES, OTHER_FILES, FILES_EACH = 80, 50, 30
MAGIC = re.compile(r"^\s*[%!]|=\s*[%!]|^\s*\?|\?\s*$")
ENVIRONMENT = {  # what a kernel's environment must not decide: numbers or words of a report
    **{f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "BLIS")},
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "PYTHONWARNINGS": "ignore:Glyph",  # a letter that our font lacks is drawn as a box, and stops nothing
}
# A killed run ends nobody, and a kernel that is busy in C does not look after its parent: Linux does it. The
# package is the one that runs the notebook, also where PYTHONPATH names it, which no kernel gets. A kernel
# lives for one notebook: looking for cycles among what imports leave behind took some twentieth of its time
STARTUP = """
import gc
gc.set_threshold(20_000, 20, 20)
del gc
def _end_with_parent():
    import ctypes, os, signal, sys
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != int(os.environ["JPY_PARENT_PID"]):
        os._exit(1)
def _find_package(folder):
    import os, sys
    if folder not in map(os.path.realpath, sys.path):
        installed = [os.path.basename(place) in ("site-packages", "dist-packages") for place in sys.path]
        sys.path.insert(installed.index(True) if any(installed) else len(sys.path), folder)
_end_with_parent()
_find_package({folder!r})
del _end_with_parent, _find_package
"""
LAUNCH = processes.python("-m", "ipykernel_launcher", "-f", "{connection_file}")
LOCAL = {"kernel_provisioner": {"provisioner_name": "local-provisioner"}}


class Job(TypedDict):
    """What a worker gets: plain data, so that any executor can carry it to any machine; time_limit in [s]."""

    name: str
    notebook: str
    parameters: dict[str, Plain]
    time_limit: float


class JobResult(TypedDict):
    """What a worker gives back: the executed notebook, what is wrong with it, if anything, and its log."""

    name: str
    notebook: str
    problem: str | None
    log: str
    seconds: float
    cells: int


def jobs(
    sources: Sequence[Notebook], values: Mapping[str, Plain], time_limit: float = TIME_LIMIT
) -> list[Job]:
    """Return one job for each notebook, with those of the values that it declares."""
    return [
        Job(
            name=source.name,
            notebook=source.text,
            parameters={p.name: values[p.name] for p in source.parameters if p.name in values},
            time_limit=time_limit,
        )
        for source in sources
    ]


def failed(name: str, error: Exception) -> JobResult:
    """Return what a notebook came to whose worker failed."""
    known_reason = _one_line(str(error)) if isinstance(error, InputError | cluster.ClusterLost) else ""
    if type(error).__name__ == "KilledWorker":  # of Dask, which may not be there
        known_reason = "one worker after the other died while it ran, as happens when memory runs out"
    reason = known_reason or f"its worker failed: {type(error).__name__}: {_one_line(str(error))}"
    return JobResult(name=name, notebook=EMPTY, problem=reason, log=reason, seconds=0.0, cells=0)


def executed(job: Job) -> JobResult:
    """Execute one notebook in its own kernel; again where that was killed, or died before a cell ran."""
    started = time.perf_counter()
    if fault := magic(nbformat.reads(job["notebook"], as_version=4)) or kernel_obstacle():
        return JobResult(
            name=job["name"], notebook=job["notebook"], problem=fault, log=fault, seconds=0.0, cells=0
        )
    with KernelWatchdog(job["time_limit"]) as watchdog:
        result, runs = _once(job, watchdog), 1
        while runs < _most_runs(result) and not watchdog.why:
            result, runs = _once(job, watchdog), runs + 1
    return {**result, "seconds": round(time.perf_counter() - started, 2)}


def _most_runs(result: JobResult) -> int:
    """Return how often a notebook is begun that ended so."""
    if (fault := result["problem"]) is None:
        return 1
    return KILLED_RUNS if fault.startswith(KILLED) else 1 if result["cells"] else 2


def magic(book: nbformat.NotebookNode) -> str | None:
    """Return where a notebook uses a magic or a shell command, which may fail unseen, or None."""
    for number, cell in enumerate(_code(book), start=1):
        line = next((line for line in cell.source.splitlines() if MAGIC.search(line)), None)
        if line is not None and not _is_python(cell.source):
            return f"code cell {number}: a magic or shell command may fail unseen: {_one_line(line)}"
    return None


def kernel_obstacle() -> str | None:
    """Return why no kernel can start in these surroundings, and what to do; None where one more can."""
    kernels = 1 + sum(isinstance(thread, KernelWatchdog) for thread in threading.enumerate())
    required = max(KERNEL_FILES, OTHER_FILES + FILES_EACH * kernels)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit != resource.RLIM_INFINITY and limit < required:  # libraries abort then
        advice = "ulimit -n 1024, or fewer --workers"
        return f"only {limit} files may be open at once, {required} are needed: {advice}"
    if (mask := _umask()) & stat.S_IRWXU:
        return f"the umask {mask:03o} takes your own rights to what you write: umask 022"
    return None


def _umask() -> int:
    """Return the umask, where it can be read without setting it, which other threads would notice; else 0."""
    with contextlib.suppress(OSError):
        if match := re.search(r"^Umask:\s*([0-7]+)$", Path("/proc/self/status").read_text(), re.MULTILINE):
            return int(match[1], 8)
    return 0


def _is_python(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def problem(book: nbformat.NotebookNode) -> str | None:
    """Return what is wrong with an executed notebook, or None when every cell ran and none complained."""
    for number, cell in enumerate(_code(book), start=1):
        for output in cell.outputs:
            if output.output_type == "error":
                return f"code cell {number}: {output.ename}: {_one_line(output.evalue)}"
            if output.output_type == "stream" and output.name == "stderr":
                return f"code cell {number} wrote to stderr: {_one_line(output.text)}"
        if cell.execution_count is None:
            return f"code cell {number} never ran: the one before it stopped the kernel"
    return "papermill flagged an exception" if book.metadata.get("papermill", {}).get("exception") else None


class KernelWatchdog(threading.Thread):
    """Watches over the kernel of one notebook: `kill` ends it and its children, and so does time.

    It is a thread that lives as long as its notebook is worked on. why: what it was killed for, or None.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(daemon=True)
        self.why: str | None = None
        self._seconds = seconds
        self._wanted = cluster.still_awaited()
        self._put_away = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Kill it when the time is up or nobody waits any more, then wait until the notebook is put away."""
        until = time.monotonic() + self._seconds
        while not self._put_away.wait(min(LOOK, max(0.0, until - time.monotonic()))):
            if time.monotonic() >= until:
                self.kill(f"took longer than {self._seconds:g} s")
            elif not self._wanted():
                self.kill(STOPPED)
            if self.why:
                self._put_away.wait()
                return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._put_away.set()

    def watch(self, process: subprocess.Popen[bytes]) -> None:
        """Take a kernel that has started; one that starts after `kill` is ended at once."""
        self._process = process
        if self.why:
            self.kill(self.why)

    def kill(self, why: str) -> None:
        """End the kernel and its children."""
        self.why = self.why or why
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # each kernel leads a group of its own

    @property
    def death(self) -> str:
        """Return in a few words how the kernel died."""
        if self.why:
            return self.why
        status = None if self._process is None else self._process.returncode
        return KILLED if status == -signal.SIGKILL else "the kernel died"


def end_kernels(seconds: float) -> None:
    """End every kernel of this process, and wait until their notebooks are put away, `seconds` at most."""
    until = time.monotonic() + seconds
    watchdogs = [thread for thread in threading.enumerate() if isinstance(thread, KernelWatchdog)]
    for watchdog in watchdogs:
        watchdog.kill(STOPPED)
    for watchdog in watchdogs:
        watchdog.join(max(0.0, until - time.monotonic()))


def _once(job: Job, watchdog: KernelWatchdog) -> JobResult:
    with scratch.folder() as folder:
        source, output, log = (
            Path(folder, name) for name in ("source.ipynb", "executed.ipynb", "kernel.log")
        )
        source.write_text(job["notebook"], encoding="utf-8")
        with ThreadPoolExecutor(1) as thread:  # one without an event loop, whatever the executor's has
            call = thread.submit(_in_own_loop, _papermill, job, source, output, log, watchdog)
            try:
                raised = call.result()
            except BaseException:  # a signal, where this is the main thread
                watchdog.kill(STOPPED)
                raise
        book = _book(output) or nbformat.reads(job["notebook"], as_version=4)
        stderr = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    fault = problem(book)
    ran = sum(cell.execution_count is not None for cell in _code(book))
    if raised and not (fault and "never ran" not in fault):  # the cell's own error says more
        fault = f"{raised}, {ran} of {len(_code(book))} code cells begun"
    return JobResult(
        name=job["name"],
        notebook=nbformat.writes(_stable(book)),
        problem=fault,
        log=f"{_traceback(book) or raised or ''}\n{stderr}".strip(),
        seconds=0.0,
        cells=ran,
    )


def _book(file: Path) -> nbformat.NotebookNode | None:
    """Return the notebook that papermill wrote, or None where it wrote none whole, as on a full disk."""
    try:
        return nbformat.reads(file.read_text(encoding="utf-8"), as_version=4)
    except (OSError, ValueError):
        return None


def _in_own_loop(call: Callable[..., str | None], *arguments: object) -> str | None:
    """Call, then close the event loop of this thread; papermill leaves it open, and tasks after a crash."""
    try:
        return call(*arguments)
    finally:
        run_sync(_emptied)().close()


async def _emptied() -> asyncio.AbstractEventLoop:
    """Return the running loop with every other task of it ended."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return asyncio.get_running_loop()


def _papermill(job: Job, source: Path, output: Path, log: Path, watchdog: KernelWatchdog) -> str | None:
    """Execute one notebook file into another; return what papermill raised, in one line."""
    import papermill

    logging.getLogger("papermill").addHandler(logging.NullHandler())  # what it would say is in the result
    try:
        with log.open("wb") as stderr:
            papermill.execute_notebook(
                _literal(source),
                _literal(output),
                parameters=job["parameters"],
                kernel_name="python3",
                language="python",
                progress_bar=False,
                iopub_timeout=60,
                record_timing=False,
                shutdown_kernel="immediate",
                kernel_manager_class=_kernel_manager(stderr, source.parent, watchdog),
            )
    except DeadKernelError:
        return watchdog.death
    except Exception as error:  # whatever it was, this notebook did not run
        return watchdog.why or f"{type(error).__name__}: {_one_line(str(error))}"
    return None


def _literal(path: Path) -> str:
    """Return a path as papermill reads it, which fills in parameters between braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _kernel_manager(stderr: IO[bytes], home: Path, watchdog: KernelWatchdog) -> type[Any]:
    """Return nbclient's own kernel manager, whose kernels live in `home`, with their watchdog."""
    usual: type[Any] = NotebookClient(nbformat.v4.new_notebook()).kernel_manager_class
    startup, work = home / "profile_default" / "startup", home / "work"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "start.py").write_text(STARTUP.replace("{folder!r}", repr(str(paths.PACKAGE.parent))))
    work.mkdir(exist_ok=True)

    class Kernel(usual):  # type: ignore[misc]  # jupyter_client is nbclient's dependency, not ours
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.kernel_spec_manager.kernel_dirs = []  # none of the user's, whose Python may be another
            self.kernel_spec.argv, self.kernel_spec.metadata = LAUNCH, LOCAL

        async def start_kernel(self, **options: Any) -> None:
            self.connection_file = str(home / "kernel.json")
            options |= {"env": _environment(home), "cwd": str(work), "stderr": stderr}
            await super().start_kernel(**options)
            watchdog.watch(self.provisioner.process)

    return Kernel


def _environment(home: Path) -> dict[str, str]:
    """Return the environment of a kernel; what libraries read from the user's folders is taken from ours."""
    fonts = cache.folder("matplotlib") or home  # whose list takes a second
    ours = {"IPYTHONDIR": home, "MPLCONFIGDIR": fonts}
    given = processes.environment(os.environ)
    return {"HOME": str(home), **given, **ENVIRONMENT, **{name: str(place) for name, place in ours.items()}}


def _stable(book: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out what differs from run to run: times, paths, and the id papermill gives to its own cell."""
    book.metadata.pop("papermill", None)
    for number, cell in enumerate(book.cells):
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if INJECTED in cell.metadata.get("tags", []):
            cell.id = f"{INJECTED}-{number}"
    return book


def _code(book: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Return the code cells as their author counts them: without the empty and the injected ones."""
    code = [cell for cell in book.cells if cell.cell_type == "code" and cell.source.strip()]
    return [cell for cell in code if INJECTED not in cell.metadata.get("tags", [])]


def _traceback(book: nbformat.NotebookNode) -> str:
    outputs = (output for cell in _code(book) for output in cell.outputs)
    lines: list[str] = next((output.traceback for output in outputs if output.output_type == "error"), [])
    return str(strip_ansi("\n".join(lines)))


def _one_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:300] if lines else "no message"
