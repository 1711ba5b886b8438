"""Runs that have calls to be done -> all of them through one executor, and what each run came to."""

import contextlib
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import Any

from nanospread.report import execution

PATIENCE = 5.0  # [s] to put notebooks away when all is stopped
TAIL = 3.0  # times the longest call, of work left for each worker: then its order decides when all is over
LOOK = 1.0  # [s] between two looks at how much can be done at once


@dataclass(frozen=True)
class Call:
    """Something that a worker can do: calls of one name take about as long as one another.

    on_done: is told its future, and may return another call to be done in its place.
    size: tells which takes longer before one of them has ended.
    """

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    on_done: "Callable[[Future[Any]], Call | None]"
    size: int = 0


Run = Generator[Sequence[Call], None, Any]  # yields what can be done at a time, and returns what it came to


@dataclass(frozen=True)
class RunResult:
    """What a run came to: what it returned, or the error that it ended with."""

    value: Any = None
    error: Exception | None = None


def results(
    runs: Sequence[Run],
    executor: Executor,
    *,
    at_once: Callable[[], int] = lambda: sys.maxsize,
    on_result: Callable[[int, RunResult], None] = lambda number, result: None,
) -> list[RunResult]:
    """Have the calls of all runs done, and return what each run came to.

    A run goes on when all calls that it yielded have ended; one that yields none, when no other has any left.
    at_once: how many calls the executor can do now; others wait here. Of these one run's go after the other's
    until the end is near: then those of all that take longest go first. on_result: is told each result,
    by the number of its run. Whatever stops this is raised in each run that began, and kernels here end.
    """
    return _Runs(runs, executor, at_once, on_result).results()


class _Runs:
    def __init__(
        self,
        runs: Sequence[Run],
        executor: Executor,
        at_once: Callable[[], int],
        on_result: Callable[[int, RunResult], None],
    ) -> None:
        self._runs, self._executor, self._at_once, self._on_result = runs, executor, at_once, on_result
        self._unbegun, self._last = deque(range(len(runs))), deque[int]()
        self._waiting: list[tuple[int, Call]] = []
        self._doing: dict[Future[Any], tuple[int, Call, float]] = {}
        self._left = Counter[int]()  # calls of a run
        self._seconds: dict[str, float] = {}  # that the last call of a name took
        self._results: dict[int, RunResult] = {}

    def results(self) -> list[RunResult]:
        """Do all, and return what each run came to."""
        try:
            while len(self._results) < len(self._runs):
                self._go_on()
        except BaseException as error:
            self._executor.shutdown(wait=False, cancel_futures=True)
            execution.end_kernels(PATIENCE)
            for number in sorted({*range(len(self._runs))} - {*self._unbegun, *self._results}):
                with contextlib.suppress(BaseException):  # each puts away what is its own
                    self._runs[number].throw(error)
            raise
        return [self._results[number] for number in range(len(self._runs))]

    def _go_on(self) -> None:
        while self._waiting and len(self._doing) < max(self._at_once(), 1):
            number, call = chosen = self._next()
            self._waiting.remove(chosen)
            began = time.monotonic()
            self._doing[self._executor.submit(call.function, *call.arguments)] = (number, call, began)
        if self._unbegun:  # while workers are at work
            self._advance(self._unbegun.popleft())
        elif not self._doing:
            self._advance(self._last.popleft())
        if self._doing:
            patience = 0 if self._unbegun else LOOK if self._waiting else None
            for future in wait(self._doing, patience, FIRST_COMPLETED).done:
                self._end(future)

    def _next(self) -> tuple[int, Call]:
        """Return the call to begin, and whose it is."""
        usual = sum(self._seconds.values()) / max(len(self._seconds), 1)
        takes = {call.name: self._seconds.get(call.name, usual) for _, call in self._waiting}
        left = sum(takes[call.name] for _, call in self._waiting)
        first = min(number for number, _ in self._waiting)
        far = left > TAIL * max(takes.values()) * max(self._at_once(), 1)
        candidates = [each for each in self._waiting if not far or each[0] == first]
        return max(candidates, key=lambda each: (takes[each[1].name], each[1].size))

    def _end(self, future: Future[Any]) -> None:
        number, call, begun = self._doing.pop(future)
        if again := call.on_done(future):
            self._waiting.append((number, again))
            return
        self._seconds[call.name] = time.monotonic() - begun
        self._left[number] -= 1
        if not self._left[number]:
            self._advance(number)

    def _advance(self, number: int) -> None:
        """Let a run go on to the calls that it has to be done next, or to its end."""
        try:
            calls = next(self._runs[number])
        except StopIteration as stop:
            self._finish(number, RunResult(stop.value))
        except Exception as error:
            self._finish(number, RunResult(error=error))
        else:
            self._waiting += [(number, call) for call in calls]
            self._left[number] = len(calls)
            if not calls:
                self._last.append(number)

    def _finish(self, number: int, result: RunResult) -> None:
        self._results[number] = result
        self._on_result(number, result)
