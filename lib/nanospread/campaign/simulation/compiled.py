"""A plain function -> the same function, compiled to machine code; the code is kept for the next process.

numba keeps what it compiled by the file of the function alone, and would not see a change in a function that
it calls from another file. So it is kept in a folder named after the fingerprint of this package's sources.
numba's own setting, which also holds for the user's functions, is as it was once a function is made.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

from nanospread.core import paths

P = ParamSpec("P")
R = TypeVar("R")

SOURCES = Path(__file__).parent
FOLDER = Path(os.environ.get("NUMBA_CACHE_DIR") or paths.BUILD / "numba") / paths.fingerprint(SOURCES)


def compiled(function: Callable[P, R], *, folder: Path = FOLDER) -> Callable[P, R]:
    """Return the function compiled: without the interpreter's lock, so that threads run side by side.

    No reordering of arithmetic is allowed, so a world's numbers do not depend on its neighbours; division by
    0 gives inf or nan as in numpy. Where the folder cannot be written, each process compiles anew: the places
    that numba would turn to instead do not tell one fingerprint from another.
    """
    fast = partial(numba.njit, nogil=True, error_model="numpy", forceinline=True)
    with _cache_folder(folder):
        try:
            machine = fast(cache=True)(function)
        except RuntimeError:  # numba finds no place at all
            return fast()(function)
    place = machine.stats.cache_path
    return machine if place and Path(place).is_relative_to(folder) else fast()(function)


@contextmanager
def _cache_folder(folder: Path) -> Iterator[None]:
    """Let numba keep the code of functions that are made meanwhile in this folder."""
    before = numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]
