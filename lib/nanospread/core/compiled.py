"""A plain function -> the same function, compiled to machine code; the code is kept for the next process.

numba keeps what it compiled by the file of the function alone, and would not see a change in a function that
it calls from another file. So it is kept in the user's cache under the fingerprint of every source that
compiled code can call: of the last wing that compiles and of those before it. numba's own setting, which also
holds for the user's functions, is as it was once a function is made.
"""

import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba
import numpy as np
from numba.core.codegen import get_host_cpu_features

from nanospread.core import cache

P = ParamSpec("P")
R = TypeVar("R")

WINGS = ("core", "sample", "ingest", "store", "creators", "campaign")
MADE_BY = (platform.python_version(), numba.__version__, version("llvmlite"), np.__version__)
PROCESSOR = str(get_host_cpu_features())  # type: ignore[no-untyped-call]
MADE_OF = (cache.sources(WINGS), *MADE_BY, PROCESSOR)
FOLDER = cache.folder("compiled", *MADE_OF)


def compiled(function: Callable[P, R], *, folder: Path | None = FOLDER) -> Callable[P, R]:
    """Return the function compiled: without the interpreter's lock, so that threads run side by side.

    No reordering of arithmetic is allowed, so a world's numbers do not depend on its neighbours; division by
    0 gives inf or nan as in numpy. Where there is no folder, or it cannot be written, each process compiles
    anew: the places that numba would turn to instead do not tell one fingerprint from another.
    """
    fast = partial(numba.njit, nogil=True, error_model="numpy", forceinline=True)
    if folder is None or numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
        return fast()(function)
    with _cache_folder(folder):
        try:
            machine = fast(cache=True)(function)
        except RuntimeError:  # numba finds no place at all
            return fast()(function)
    cache_path = machine.stats.cache_path
    return machine if cache_path and Path(cache_path).is_relative_to(folder) else fast()(function)


@contextmanager
def _cache_folder(folder: Path) -> Iterator[None]:
    """Let numba keep the code of functions that are made meanwhile in this folder."""
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
