"""A plain function -> the same function, compiled to machine code; the code is kept for the next process.

numba keeps what it compiled by the file of the function alone, and would not see a change in a function that
it calls from another file. So it is kept under the fingerprint of all of this package's sources.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

from nanospread.core import paths

P = ParamSpec("P")
R = TypeVar("R")

FOLDER = Path(os.environ.get("NUMBA_CACHE_DIR") or paths.BUILD / "numba")
numba.config.CACHE_DIR = str(FOLDER / paths.fingerprint(Path(__file__).parent))  # type: ignore[attr-defined]


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function compiled: without the interpreter's lock, so that threads run side by side.

    No reordering of arithmetic is allowed, so a world's numbers do not depend on its neighbours. Division by
    0 gives inf or nan as in numpy.
    """
    fast: Callable[P, R] = numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)(function)
    return fast
