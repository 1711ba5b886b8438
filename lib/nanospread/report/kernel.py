"""A notebook's process: in an environment not the user's, ended with its run and at its time limit."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import nbformat
from nbclient import NotebookClient

ENVIRONMENT = {  # what a kernel's environment must not decide: numbers, paths or words of a report
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "PYTHONWARNINGS": "ignore:Glyph",  # a letter that our font lacks is drawn as a box, and stops nothing
}
LAUNCHED = ["-m", "ipykernel_launcher"]
# A killed run ends nobody, and a kernel that is busy in C does not look after its parent: Linux does it
WITH_PARENT = """
def _end_with_parent():
    import ctypes, os, signal, sys
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != int(os.environ["JPY_PARENT_PID"]):
        os._exit(1)
_end_with_parent()
del _end_with_parent
"""
_leashes: set["Leash"] = set()  # the notebooks that this process is running
_fork: list[str] = []  # the command that asks for a forked kernel, where `warm` has one


class Leash:
    """Holds the kernel of one notebook: `pull` ends it and its children, and so does time.

    why: what it was pulled for, one line, or None.
    """

    def __init__(self, seconds: float) -> None:
        self.why: str | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._timer = threading.Timer(seconds, self.pull, [f"took longer than {seconds:g} s"])
        self._timer.daemon = True

    def __enter__(self) -> Self:
        _leashes.add(self)
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _leashes.discard(self)

    def hold(self, process: subprocess.Popen[bytes]) -> None:
        """Take a kernel that has started; one that comes after the leash was pulled is ended at once."""
        self._process = process
        if self.why:
            self.pull(self.why)

    def pull(self, why: str) -> None:
        """End the kernel and its children."""
        self.why = self.why or why
        if self._process is not None and self._process.returncode is None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)  # each kernel leads a group of its own
            except ProcessLookupError:
                return

    @property
    def death(self) -> str:
        """Return in a few words how the kernel died."""
        if self.why:
            return self.why
        status = None if self._process is None else self._process.returncode
        killed = status == -signal.SIGKILL
        return "the kernel was killed, as happens when memory runs out" if killed else "the kernel died"


def stop(seconds: float) -> None:
    """End every kernel of this process, and wait until their notebooks are put away, `seconds` at most."""
    until = time.monotonic() + seconds
    for leash in list(_leashes):
        leash.pull("the run was stopped")
    while _leashes and time.monotonic() < until:
        time.sleep(0.05)


def forked_by(command: Sequence[str]) -> None:
    """Start kernels by a command that is given the kernel's own arguments; an empty one: as Jupyter does."""
    _fork[:] = command


def manager(stderr: IO[bytes], home: Path, leash: Leash) -> type[Any]:
    """Return nbclient's own kernel manager, whose kernels live in `home`, on a leash."""
    usual: type[Any] = NotebookClient(nbformat.v4.new_notebook()).kernel_manager_class
    startup = home / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "end_with_parent.py").write_text(WITH_PARENT, encoding="utf-8")

    class Kernel(usual):  # type: ignore[misc]  # jupyter_client is nbclient's dependency, not ours
        async def start_kernel(self, **options: Any) -> None:
            environment = {**os.environ, **ENVIRONMENT, "IPYTHONDIR": str(home)}
            await super().start_kernel(**options, env=environment, stderr=stderr)
            leash.hold(self.provisioner.process)

        def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
            usual: list[str] = super().format_kernel_cmd(extra_arguments)
            ours = _fork and usual[1:3] == LAUNCHED
            return [*_fork, *usual[3:]] if ours else usual

    return Kernel
