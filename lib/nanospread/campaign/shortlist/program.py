"""Problem, and which options are open -> a mixed-integer program, and its best answer by HiGHS."""

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
from nanospread.core.types import Flags, Floats, Ints

INFINITE = np.inf
CENTS = 100.0  # rows of money are in whole units: HiGHS allows 1e-6 of one, a ten thousandth of a cent
NONE = 2  # scipy's status of a program without an answer
DEBUG = b"Highs"  # how lines begin that HiGHS in scipy 1.17 leaves on the standard output
DESCRIPTOR = threading.Lock()  # file descriptor 1 belongs to the whole process


@dataclass(frozen=True, eq=False)
class Scope:
    """What a program may still decide, and how finely it sees penalties and tails.

    open: options with a column of their own. blocks: options decided together, all with the same number in
    `block`; `firm` blocks are chosen, others may be in part. touched: niche, and reach in pools at which its
    penalty has a tangent. worlds: those that may be in the tail.
    """

    open: Ints
    blocks: Ints
    block: Ints
    firm: bool
    touched: tuple[Ints, Floats]
    worlds: Ints


@dataclass(frozen=True, eq=False)
class Program:
    """A program to maximise: matrix between low and high, columns between lower and upper; rows by name.

    options and column: which option, itself or in a block, has which column. pairs: those with a column.
    """

    objective: Floats
    matrix: sparse.csr_array
    low: Floats
    high: Floats
    lower: Floats
    upper: Floats
    integral: Flags
    rows: dict[str, Ints]
    pairs: Ints
    options: Ints
    column: Ints
    scale: float


def program(problem: Problem, scope: Scope) -> Program:
    """Return the program of what the scope leaves open.

    Columns: open options, blocks, reach and penalty of each niche with one, penalty of each pair, then the
    boundary of the tail and the shortfall of each world below it.
    """
    return _Rows(problem, scope).program()


class _Rows:
    """Rows of a program, added one kind at a time."""

    def __init__(self, problem: Problem, scope: Scope) -> None:
        self.problem, self.scope = problem, scope
        self.options = np.concatenate([scope.open, scope.blocks])
        n_blocks = int(scope.block.max()) + 1 if len(scope.block) else 0
        self.column = np.concatenate([np.arange(len(scope.open)), len(scope.open) + scope.block])
        self.priced = np.flatnonzero(problem.price > 0)
        self.pairs = self._pairs_open()
        sizes = [len(scope.open), n_blocks, len(self.priced), len(self.priced), len(self.pairs)]
        sizes += [1, len(scope.worlds)] if problem.gains is not None else [0, 0]
        self.start = np.concatenate([[0], np.cumsum(sizes)])
        self.parts: list[tuple[Ints, Ints, Floats]] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.rows: dict[str, Ints] = {}
        self.count = 0

    def _pairs_open(self) -> Ints:
        """Return the pairs of which both can be chosen."""
        creators_open = np.zeros(len(self.problem.first), dtype=bool)
        creators_open[self.problem.owner[self.options]] = True
        return np.flatnonzero(creators_open[self.problem.left] & creators_open[self.problem.right])

    def add(self, name: str, low: Floats, high: Floats, *parts: tuple[Ints, Ints, Floats]) -> None:
        """Add rows: parts are row (from 0), column and coefficient; the same place twice is their sum."""
        for row, column, coefficient in parts:
            self.parts.append((row + self.count, column, coefficient))
        self.low.append(low)
        self.high.append(high)
        self.rows[name] = np.arange(self.count, self.count + len(low))
        self.count += len(low)

    def program(self) -> Program:
        self._money()
        self._numbers()
        self._owners()
        self._overlap()
        self._together()
        if self.problem.gains is not None:
            self._tail(self.problem.gains)
        row, column, coefficient = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        matrix = sparse.csr_array((coefficient, (row, column)), shape=(self.count, self.start[-1]))
        lower, upper = self._bounds()
        objective = self._objective()
        scale = 1e3 / self.problem.unit
        integral = np.arange(self.start[-1]) < self.start[1]
        return Program(
            objective,
            matrix,
            np.concatenate(self.low),
            np.concatenate(self.high),
            lower,
            upper,
            integral,
            self.rows,
            self.pairs,
            self.options,
            self.column,
            scale,
        )

    def _money(self) -> None:
        problem, cost = self.problem, self.problem.cost[self.options] / CENTS
        niche, caps = problem.niche[self.options], np.full(len(problem.niches), problem.niche_cap / CENTS)
        nothing = np.array([-INFINITE])
        self.add("budget", nothing, np.array([problem.limits.budget / CENTS]), (niche * 0, self.column, cost))
        self.add("niche", np.repeat(nothing, len(caps)), caps, (niche, self.column, cost))

    def _numbers(self) -> None:
        problem, ones = self.problem, np.ones(len(self.options))
        niche = problem.niche[self.options]
        no_end = np.full(len(problem.niches), INFINITE)
        self.add("least", problem.least.astype(float), no_end, (niche, self.column, ones))
        least, most = float(problem.limits.least_creators), float(problem.most)
        self.add("count", np.array([least]), np.array([most]), (niche * 0, self.column, ones))

    def _owners(self) -> None:
        """Allow one option of each creator, and ask for one of a must-have."""
        owner = self.problem.owner[self.scope.open]
        several = (np.bincount(owner, minlength=len(self.problem.first)) > 1) | self.problem.must
        column = np.flatnonzero(several[owner])
        creators, row = np.unique(owner[column], return_inverse=True)
        self.add(
            "owner",
            self.problem.must[creators].astype(float),
            np.ones(len(creators)),
            (row, column, np.ones(len(row))),
        )

    def _overlap(self) -> None:
        """Sum the reach of each niche, as money at its full price; keep the penalty above its tangents."""
        problem, priced = self.problem, self.priced
        priced_place = np.full(len(problem.niches), -1)
        priced_place[priced] = np.arange(len(priced))
        niche = problem.niche[self.options]
        inside = priced_place[niche] >= 0
        share = (problem.reach[self.options] * problem.price[niche])[inside]
        zero = np.zeros(len(priced))
        total = (priced_place[priced], self.start[2] + priced_place[priced], zero - 1)
        self.add("reach", zero, zero, (priced_place[niche][inside], self.column[inside], share), total)
        niche, at_share = self.scope.touched
        rows, slope = np.arange(len(niche)), -np.expm1(-at_share)
        full = (problem.price * problem.pool)[niche]  # the penalty grows by `slope` of it per pool reached
        self.add(
            "tangent", np.full(len(niche), -INFINITE), full * (slope * at_share - at_share + slope),
            (rows, self.start[2] + priced_place[niche], slope),
            (rows, self.start[3] + priced_place[niche], -np.ones(len(niche))),
        )  # fmt: skip

    def _together(self) -> None:
        """Charge a pair as soon as both of its creators are chosen."""
        problem, rows = self.problem, np.arange(len(self.pairs))
        by_owner = np.argsort(problem.owner[self.options], kind="stable")
        owners = problem.owner[self.options][by_owner]
        parts = []
        for side in (problem.left[self.pairs], problem.right[self.pairs]):
            begin, end = np.searchsorted(owners, side), np.searchsorted(owners, side, "right")
            row = np.repeat(rows, end - begin)
            offset = np.arange(len(row)) - np.repeat(np.cumsum(end - begin) - (end - begin), end - begin)
            column = self.column[by_owner[begin[row] + offset]]
            parts.append((row, column, np.ones(len(row))))
        both = (rows, self.start[4] + rows, -np.ones(len(rows)))
        self.add("pair", np.full(len(rows), -INFINITE), np.ones(len(rows)), *parts, both)

    def _tail(self, gains: Floats) -> None:
        """Count what each world lacks to the boundary of the tail."""
        worlds = self.scope.worlds
        rows = np.arange(len(worlds))
        profit = gains[np.ix_(worlds, self.options)]
        profits = (np.repeat(rows, len(self.options)), np.tile(self.column, len(rows)), -profit.ravel())
        boundary = (rows, np.full(len(rows), self.start[5]), np.ones(len(rows)))
        lack = (rows, self.start[6] + rows, -np.ones(len(rows)))
        self.add("world", np.full(len(rows), -INFINITE), np.zeros(len(rows)), profits, boundary, lack)

    def _bounds(self) -> tuple[Floats, Floats]:
        start, problem = self.start, self.problem
        lower, upper = np.zeros(start[-1]), np.full(start[-1], INFINITE)
        upper[: start[2]] = 1.0
        if self.scope.firm:
            lower[start[1] : start[2]] = 1.0
        if problem.gains is not None:
            lower[start[5]] = -INFINITE
        return lower, upper

    def _objective(self) -> Floats:
        start, problem = self.start, self.problem
        objective = np.bincount(self.column, problem.linear[self.options], start[-1]).astype(np.float64)
        objective[start[3] : start[4]] = -1.0
        objective[start[4] : start[5]] = -problem.penalty[self.pairs]
        if problem.gains is not None:
            objective[start[5]] = problem.caution
            objective[start[6] :] = -problem.caution / (WORST * len(problem.gains))
        return objective


@dataclass(frozen=True, eq=False)
class ProgramSolution:
    """Columns of a program, its value or an upper bound of it, and the nodes of branch and bound it took."""

    columns: Floats
    bound: float
    nodes: int = 0


def continuous(program: Program) -> tuple[ProgramSolution, Floats]:
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
    return ProgramSolution(solved.x, -solved.fun / program.scale), price / program.scale


def integer(program: Program, nodes: int, gap: float) -> ProgramSolution:
    """Return the best whole options found within so many nodes, to a gap [share], and a bound of all.

    No columns: none was found. A bound of -inf: there is none.
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
        return ProgramSolution(np.empty(0), -np.inf)
    columns = np.empty(0) if solved.x is None else solved.x
    bound = np.inf if solved.mip_dual_bound is None else -solved.mip_dual_bound / program.scale
    return ProgramSolution(columns, bound, int(solved.mip_node_count or 0))


@contextmanager
def without_debug_lines() -> Iterator[None]:
    """Hold back what reaches file descriptor 1, and write it there in the end without the lines of HiGHS.

    One thread is inside at a time; without a descriptor 1 nothing is done.
    """
    with DESCRIPTOR:
        _flush()
        try:
            output = os.dup(1)
        except OSError:
            yield
            return
        with tempfile.TemporaryFile() as buffer:
            os.dup2(buffer.fileno(), 1)
            try:
                yield
            finally:
                _flush()
                os.dup2(output, 1)
                os.close(output)
                buffer.seek(0)
                rest = b"".join(line for line in buffer if not line.startswith(DEBUG))
                while rest:
                    rest = rest[os.write(1, rest) :]


def _flush() -> None:
    """Write out what Python and the C library still hold, to where it was meant to go."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()
    if os.name == "posix":
        ctypes.CDLL(None).fflush(None)
