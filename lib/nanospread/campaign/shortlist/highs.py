"""Program -> its best answer by HiGHS, continuous with prices or in whole options with a bound."""

import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse

from nanospread.campaign.shortlist.problem import WORST, Problem
from nanospread.campaign.shortlist.program import CENTS, Program, Scope
from nanospread.campaign.shortlist.reduced_costs import Prices
from nanospread.core.types import Floats

NONE = 2  # scipy's status of a program without an answer
DEBUG = b"Highs"  # how lines begin that HiGHS in scipy 1.17 leaves on the standard output
DESCRIPTOR = threading.Lock()  # file descriptor 1 belongs to the whole process


@dataclass(frozen=True, eq=False)
class Answer:
    """Columns of a program, its value or an upper bound of it, and the nodes of branch and bound it took."""

    columns: Floats
    bound: float
    nodes: int = 0


def continuous(program: Program) -> tuple[Answer, Floats]:
    """Return the best answer in shares of options, and the price of each row: what one unit more adds."""
    equal = program.low == program.high
    above, below = np.isfinite(program.high) & ~equal, np.isfinite(program.low) & ~equal
    solved = optimize.linprog(  # type: ignore[call-overload]  # scipy-stubs know no sparse matrix here
        -program.objective * program.scale,
        A_ub=sparse.vstack([program.matrix[above], -program.matrix[below]]),
        b_ub=np.concatenate([program.high[above], -program.low[below]]),
        A_eq=program.matrix[equal],
        b_eq=program.low[equal],
        bounds=np.column_stack([program.lower, program.upper]),
        method="highs-ds",
    )
    if solved.x is None:
        raise RuntimeError(f"HiGHS found no answer: {solved.message}")
    price = np.zeros(len(program.low))
    price[above] -= solved.ineqlin.marginals[: above.sum()]
    price[below] += solved.ineqlin.marginals[above.sum() :]
    price[equal] -= solved.eqlin.marginals
    return Answer(solved.x, -solved.fun / program.scale), price / program.scale


def prices(problem: Problem, scope: Scope, program: Program, price: Floats) -> Prices:
    """Return the prices of the limits from those of the rows, made fit for a bound of the whole problem."""
    rows = {name: price[at] for name, at in program.rows.items()}
    priced = problem.price > 0
    reach = np.zeros(len(problem.niches))
    reach[priced] = rows["reach"] * problem.price[priced]
    pair = np.zeros(len(problem.left))
    pair[program.pairs] = rows["pair"]
    return Prices(
        budget=max(float(rows["budget"][0]) / CENTS, 0.0),
        niche=np.maximum(rows["niche"], 0) / CENTS,
        least=np.maximum(-rows["least"], 0),
        fewest=max(-float(rows["count"][0]), 0.0),
        most=max(float(rows["count"][0]), 0.0),
        reach=np.clip(reach, 0, problem.price * (1 - 1e-9)),
        pair=np.clip(pair, 0, problem.penalty),
        world=_weights(problem, scope, rows),
    )


def _weights(problem: Problem, scope: Scope, rows: dict[str, Floats]) -> Floats | None:
    if problem.gains is None:
        return None
    most = problem.caution / (WORST * len(problem.gains))
    weights: Floats = np.zeros(len(problem.gains))
    weights[scope.worlds] = np.clip(rows["world"], 0, most)
    weights *= problem.caution / weights.sum()
    return weights


def integer(program: Program, nodes: int, gap: float) -> Answer:
    """Return the best answer in whole options that so many nodes find, to a gap [share], and a bound of all.

    The columns are empty if none is found; the bound is -inf if there is none.
    """
    with without_debug_lines():
        solved = optimize.milp(
            -program.objective * program.scale,
            integrality=program.integral.astype(int),
            bounds=optimize.Bounds(program.lower, program.upper),
            constraints=optimize.LinearConstraint(program.matrix, program.low, program.high),
            options={"mip_rel_gap": gap, "node_limit": nodes},
        )
    if solved.status == NONE:
        return Answer(np.empty(0), -np.inf)
    columns = np.empty(0) if solved.x is None else solved.x
    bound = np.inf if solved.mip_dual_bound is None else -solved.mip_dual_bound / program.scale
    return Answer(columns, bound, int(solved.mip_node_count or 0))


@contextmanager
def without_debug_lines() -> Iterator[None]:
    """Hold back what reaches file descriptor 1, and write it there in the end without the lines of HiGHS.

    One thread is inside at a time. Where the process has no descriptor 1, nothing is done.
    """
    with DESCRIPTOR:
        _flush()
        try:
            output = os.dup(1)
        except OSError:
            yield
            return
        with tempfile.TemporaryFile() as held:
            os.dup2(held.fileno(), 1)
            try:
                yield
            finally:
                _flush()
                os.dup2(output, 1)
                os.close(output)
                held.seek(0)
                rest = b"".join(line for line in held if not line.startswith(DEBUG))
                while rest:
                    rest = rest[os.write(1, rest) :]


def _flush() -> None:
    """Write out what Python and the C library still hold, to where it was meant to go."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)
