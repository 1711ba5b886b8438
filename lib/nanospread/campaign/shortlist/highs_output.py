"""What C code writes to the standard output -> the same without the debug lines of HiGHS in scipy 1.17."""

import ctypes
import os
import sys
import tempfile
import threading
from types import TracebackType
from typing import IO

DEBUG = b"Highs"  # how its lines begin, such as HighsMipSolverData::transformNewIntegerFeasibleSolution


class Quiet:
    """Holds back what reaches file descriptor 1 while any thread is inside; the last one out writes it there.

    Lines of HiGHS are dropped, all others written as they came. Where the process has no descriptor 1,
    nothing is done.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = -1
        self._held: IO[bytes] | None = None

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._hold()
            self._inside += 1

    def _hold(self) -> None:
        _flush()
        try:
            self._kept = os.dup(1)
        except OSError:
            return
        self._held = tempfile.TemporaryFile()  # noqa: SIM115, closed in _release
        os.dup2(self._held.fileno(), 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._held is not None:
                self._release(self._held)

    def _release(self, held: IO[bytes]) -> None:
        _flush()
        os.dup2(self._kept, 1)
        os.close(self._kept)
        held.seek(0)
        rest = b"".join(line for line in held if not line.startswith(DEBUG))
        held.close()
        self._held = None
        while rest:
            rest = rest[os.write(1, rest) :]


def _flush() -> None:
    """Write out what Python and the C library still hold, to where it was meant to go."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)
