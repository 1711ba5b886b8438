"""Proves that a notebook counts as executed only when every cell ran and none complained.

papermill calls three of these runs a success. All of them run here side by side, in real kernels.
"""

import pickle
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from nanospread.report import run

CASES = {
    "good": ["n + 1"],
    "raises": ["1 / 0", "n"],
    "leaves": ["import sys; sys.exit(0)", "n"],
    "dies": ["import os; os._exit(0)", "n"],
    "dies_last": ["import os; os._exit(0)"],
    "hangs": ["import time; time.sleep(60)", "n"],
    "warns": ["import warnings; warnings.warn('careful')"],
}


def job(name: str, cells: list[str], time_limit: int = 3) -> run.Job:
    parameters = new_code_cell("n: int = 1", metadata={"tags": ["parameters"]}, id="p")
    book = new_notebook(
        cells=[parameters, *(new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells))]
    )
    return run.Job(name=name, notebook=nbformat.writes(book), parameters={"n": 41}, time_limit=time_limit)


class Wire(Executor):
    """Runs each call as a cluster would: everything goes through pickle on the way in and out."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        function, given = pickle.loads(pickle.dumps((fn, args)))
        future: Future[Any] = Future()
        try:
            future.set_result(pickle.loads(pickle.dumps(function(*given))))
        except Exception as error:
            future.set_exception(error)
        return future


@pytest.fixture(scope="module")
def results() -> dict[str, run.Executed]:
    ended: list[str] = []
    work = [job(name, cells) for name, cells in CASES.items()]
    with ThreadPoolExecutor(3) as executor:
        found = run.side_by_side(work, executor, lambda result: ended.append(result["name"]))
    assert sorted(ended) == sorted(CASES)
    assert [result["name"] for result in found] == list(CASES)
    return {result["name"]: result for result in found}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "code cell 2: ZeroDivisionError: division by zero"),
        ("leaves", "code cell 2: SystemExit: 0"),
        ("dies", "the kernel died after"),
        ("dies_last", "the kernel died after"),
        ("hangs", "a cell took longer than 3 s"),
        ("warns", "code cell 2 wrote to stderr"),
    ],
)
def test_a_notebook_that_did_not_run_whole_says_why_in_one_line(results, name, said):
    assert said in str(results[name]["problem"])
    assert "\n" not in str(results[name]["problem"])


def test_a_good_notebook_ran_with_the_given_parameter_and_carries_no_time_or_path(results):
    assert results["good"]["problem"] is None
    book = nbformat.reads(results["good"]["notebook"], as_version=4)
    assert book.cells[-1].outputs[0].data["text/plain"] == "42"
    assert "papermill" not in results["good"]["notebook"]
    assert "/tmp" not in results["good"]["notebook"]
    assert not any("execution" in cell.metadata for cell in book.cells)


def test_any_executor_fits_and_two_runs_are_the_same_bytes(results):
    [again] = run.side_by_side([job("good", CASES["good"])], Wire(), lambda result: None)
    assert again["notebook"] == results["good"]["notebook"]


def test_a_worker_that_breaks_is_a_notebook_that_failed():
    class Broken(Wire):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            return super().submit(int, "no number")

    [result] = run.side_by_side([job("good", [])], Broken(), lambda result: None)
    assert "its worker failed: ValueError" in str(result["problem"])


def test_a_cell_that_never_ran_is_a_problem_even_where_nothing_else_is():
    ran = new_code_cell("1", execution_count=1)
    assert run.problem(new_notebook(cells=[ran])) is None
    assert "code cell 2 never ran" in str(run.problem(new_notebook(cells=[ran, new_code_cell("2")])))
    flagged = new_notebook(cells=[ran], metadata={"papermill": {"exception": True}})
    assert run.problem(flagged) == "papermill flagged an exception"


def test_a_kernel_that_dies_at_its_start_is_tried_once_more(monkeypatch):
    tries: list[str] = []
    whole = new_code_cell("1", execution_count=1, outputs=[new_output("stream", text="x")])

    def papermill(job: Any, source: Any, output: Any, log: Any) -> str | None:
        tries.append(job["name"])
        if len(tries) == 1:
            return "the kernel died"
        output.write_text(nbformat.writes(new_notebook(cells=[whole])))
        return None

    monkeypatch.setattr(run, "_papermill", papermill)
    assert run.executed(job("good", ["1"]))["problem"] is None
    assert len(tries) == 2
