"""What runs that share one executor may rely on: order, who goes on when, one that fails stops no other."""

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import pytest

from nanospread.report import scheduling
from nanospread.report.scheduling import Call, RunResult


class ByHand(Executor):
    """Does one call after the other, when it is asked for the next, and notes which were begun."""

    def __init__(self, fails=()) -> None:
        self.begun, self.fails, self.cancelled = [], fails, False

    def submit(self, fn, /, *args, **kwargs) -> Future:
        self.begun.append(args[0])
        future: Future = Future()
        if args[0] in self.fails:
            future.set_exception(ValueError(args[0]))
        else:
            future.set_result(fn(*args))
        return future

    def shutdown(self, wait=True, *, cancel_futures=False) -> None:
        self.cancelled = cancel_futures


def calls(results, *names):
    return [
        Call(name, str.upper, (name,), lambda future: results.append(future.result()), 1) for name in names
    ]


def run(*rounds):
    """Do rounds of calls, and return all that they came to."""
    results: list[str] = []
    for names in rounds:
        yield calls(results, *names)
    return results


def test_each_run_goes_on_when_all_that_it_asked_for_has_ended_and_returns_its_own():
    pool, told = ByHand(), []
    ended = scheduling.results(
        [run("ab", "c"), run(), run("d")], pool, on_result=lambda number, result: told.append(number)
    )
    assert [sorted(each.value) for each in ended] == [["A", "B", "C"], [], ["D"]]
    assert sorted(told) == [0, 1, 2]
    assert pool.begun.index("c") > pool.begun.index("b")


def test_a_run_that_fails_or_whose_call_fails_stops_no_other():
    def broken():
        yield calls([], "x")
        raise ValueError("no good")

    def told():
        seen: list[BaseException | None] = []
        yield [Call("y", str.upper, ("y",), lambda future: seen.append(future.exception()))]
        return seen

    bad, [[error], good] = (
        scheduling.results([broken()], ByHand()),
        ([each.value for each in scheduling.results([told(), run("a")], ByHand(fails="y"))]),
    )
    assert str(bad[0].error) == "no good"
    assert str(error) == "y"
    assert good == ["A"]


def test_a_call_that_another_takes_the_place_of_is_not_over():
    def first_refused(future):
        return Call("b", str.upper, ("b",), results.append)

    results: list[Future] = []

    def asks():
        yield [Call("a", str.upper, ("a",), first_refused)]
        return [future.result() for future in results]

    assert scheduling.results([asks()], ByHand())[0] == RunResult(["B"])


def test_who_waits_for_somebody_else_goes_last():
    seen: list[str] = []

    def busy():
        yield ()
        seen.append("busy")

    def free(name):
        yield calls([], name)
        seen.append(name)

    scheduling.results([busy(), free("a"), free("b")], ByHand())
    assert seen == ["a", "b", "busy"]


def test_one_run_is_completed_after_the_other_until_the_end_is_near_then_the_longest_go_first():
    """Two workers, eight runs of one call of 8 and eight of 1: at 48 left or less the order turns."""
    clock, takes = [0.0], {"long": 8.0, **{f"short{n}": 1.0 for n in range(8)}}
    ends: list[tuple[float, Future, str]] = []

    class Simulated(Executor):
        def submit(self, fn, /, *args, **kwargs):
            future: Future = Future()
            ends.append((clock[0] + takes[args[0]], future, args[1]))
            return future

    begun: list[str] = []

    def wait(futures, patience, when):
        now, future, _ = min((end for end in ends if not end[1].done()), key=lambda end: end[0])
        clock[0] = now
        future.set_result(None)
        return type("Done", (), {"done": [future]})

    def asks(number):
        names = ["long", *(f"short{n}" for n in range(8))]
        yield [Call(name, id, (name, f"{number}{name}"), lambda future: None) for name in names]

    patch = pytest.MonkeyPatch()
    patch.setattr(scheduling, "wait", wait)
    patch.setattr(scheduling.time, "monotonic", lambda: clock[0])
    try:
        scheduling.results([asks(number) for number in range(8)], Simulated(), at_once=lambda: 2)
    finally:
        patch.undo()
    begun = [name for _, _, name in ends]
    whole = [max(at for at, name in enumerate(begun) if name[0] == str(number)) for number in range(8)]
    assert whole[:3] == sorted(whole[:3])
    assert whole[0] < len(begun) / 4  # published long before all is over
    last = begun[-6:]
    assert not [name for name in last if name.endswith("long")]
    assert clock[0] <= 8 * 16 / 2 + 1  # as soon as two workers can


def test_what_stops_all_is_raised_in_each_run_that_began_and_work_is_cancelled():
    put_away: list[str] = []

    def asks(name, ended):
        try:
            yield [Call(name, str.upper, (name,), ended)]
        except KeyboardInterrupt:
            put_away.append(name)
            raise

    def stop(future):
        raise KeyboardInterrupt

    pool = ByHand()
    with pytest.raises(KeyboardInterrupt):
        scheduling.results(
            [asks("a", lambda future: None), asks("b", stop), asks("c", stop)], pool, at_once=lambda: 1
        )
    assert pool.cancelled
    assert put_away == ["b", "c"]


def test_no_more_is_begun_than_can_be_done():
    now, most, lock = [0], [0], threading.Lock()
    gate = threading.Barrier(2)

    def work(name):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(10)
        with lock:
            now[0] -= 1

    def asks():
        yield [Call("a", work, (n,), lambda future: future.result()) for n in range(6)]

    with ThreadPoolExecutor(6) as pool:
        scheduling.results([asks()], pool, at_once=lambda: 2)
    assert most == [2]
