"""Proves that a notebook counts as executed only when every cell ran and none complained.

papermill calls three of these runs a success. All of them run here side by side, in real kernels.
"""

import pickle
import re
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from nanospread.report import execution
from report_runs import alive, ends

pytestmark = pytest.mark.slow

CASES = {
    "good": ["n + 1"],
    "raises": ["1 / 0", "n"],
    "leaves": ["import sys; sys.exit(0)", "n"],
    "dies": ["import os; os._exit(0)", "n"],
    "dies_last": ["import os; os._exit(0)"],
    "out_of_memory": ["import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "n"],
    "needs_too_much": ["bytearray(1 << 60)", "n"],
    "hangs": ["import time; time.sleep(99)", "n"],
    "adds_up": ["import time; time.sleep(3)"] * 4,
    "shell": ["!false", "n"],
    "shell_value": ["found = !cat nowhere", "n"],
    "magic": ["n\n%cd /nowhere", "n"],
    "quiet_magic": ["get_ipython().run_line_magic('nosuch', '')", "n"],
    "warns": ["import warnings; warnings.warn('careful')"],
}
LIMITS = {"hangs": 8, "adds_up": 8}  # [s], which a cell that began or one that never did outlasts


def job(name: str, cells: list[str], time_limit: int = 120) -> execution.Job:
    parameters = new_code_cell("n: int = 1", metadata={"tags": ["parameters"]}, id="p")
    book = new_notebook(
        cells=[parameters, *(new_code_cell(cell, id=f"c{i}") for i, cell in enumerate(cells))]
    )
    return execution.Job(
        name=name, notebook=nbformat.writes(book), parameters={"n": 41}, time_limit=time_limit
    )


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
def results() -> dict[str, execution.JobResult]:
    with ThreadPoolExecutor(3) as executor:
        work = [job(name, cells, LIMITS.get(name, 120)) for name, cells in CASES.items()]
        futures = {
            name: executor.submit(execution.executed, each) for name, each in zip(CASES, work, strict=True)
        }
        return {name: future.result() for name, future in futures.items()}


SAID = pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "code cell 2: ZeroDivisionError: division by zero"),
        ("leaves", "code cell 2: SystemExit: 0"),
        ("dies", r"the kernel died, [12] of 3 code cells begun"),
        ("dies_last", r"the kernel died, [12] of 2 code cells begun"),
        ("out_of_memory", "the kernel was killed, as happens when memory runs out, [12] of 3"),
        ("needs_too_much", "code cell 2: MemoryError"),
        ("hangs", r"took longer than 8 s, \d of 3 code cells begun"),
        ("adds_up", r"took longer than 8 s, \d of 5 code cells begun"),
        ("shell", "code cell 2: a magic or shell command may fail unseen: !false"),
        ("shell_value", "code cell 2: a magic or shell command may fail unseen: found = !cat nowhere"),
        ("magic", "code cell 2: a magic or shell command may fail unseen: %cd /nowhere"),
        ("quiet_magic", "code cell 2 wrote to stderr: UsageError: Line magic function `%nosuch` not found"),
        ("warns", "code cell 2 wrote to stderr"),
    ],
)


@SAID
def test_a_notebook_that_did_not_run_whole_says_why_in_one_line(results, name, said):
    assert re.search(said, str(results[name]["problem"]))
    assert "\n" not in str(results[name]["problem"])


def test_kernels_share_nothing_see_no_secret_and_none_is_left(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPH_TOKEN", "EAAG-a-token")
    secret = "any('EAAG' in text for text in os.environ.values())"
    tell = f"import os, pathlib, pandas; pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()"
    spoilt = [tell, "pandas.spoilt = True; os.environ['TZ'] = 'Asia/Tokyo'"]
    settings = "os.environ['TZ'], os.environ['PYTHONHASHSEED']"
    asked = [tell, f"hasattr(pandas, 'spoilt'), {secret}, {settings}, hash('a')"]
    forever = [tell.replace(", pandas", ""), "import subprocess; subprocess.run(['sleep', '99'])"]
    limits = {"spoilt": (spoilt, 60), "asked": (asked, 60), "hangs": (forever, 15)}
    with ThreadPoolExecutor(2) as executor:
        work = [job(name, *cells) for name, cells in limits.items()]
        first, second, hangs = executor.map(execution.executed, work)
    assert "took longer than 15 s" in str(hangs["problem"])
    assert first["problem"] is second["problem"] is None
    assert len(list(tmp_path.iterdir())) == 3
    assert all(ends(int(file.name)) for file in tmp_path.iterdir())
    shown = nbformat.reads(second["notebook"], as_version=4).cells[-1].outputs[0].data["text/plain"]
    assert shown.startswith("(False, False, 'UTC', '0',")


@pytest.mark.parametrize(("times", "runs", "said"), [(1, 2, None), (3, 4, None), (9, 4, execution.KILLED)])
def test_a_notebook_whose_kernel_is_killed_runs_again_up_to_four_times(tmp_path, times, runs, said):
    begun = f"import os, pathlib; pathlib.Path({str(tmp_path)!r}, str(os.getpid())).touch()"
    dies = f"if len(os.listdir({str(tmp_path)!r})) <= {times}: os.kill(os.getpid(), 9)"
    result = execution.executed(job("killed", [begun, dies, "1 + 1"]))
    assert (result["problem"] or "").startswith(said or "")
    assert bool(result["problem"]) == bool(said)
    assert len(list(tmp_path.iterdir())) == runs


@pytest.mark.parametrize("source", ["7 %2", "x = '''\n%cd\n!ls\n'''", "a = (1\n% 2)", "a != b", "# why?"])
def test_python_that_only_looks_like_a_magic_is_none(source):
    assert execution.magic(new_notebook(cells=[new_code_cell(source)])) is None


def test_a_good_notebook_ran_with_the_given_parameter_and_carries_no_time_or_path(results):
    assert results["good"]["problem"] is None
    book = nbformat.reads(results["good"]["notebook"], as_version=4)
    assert book.cells[-1].outputs[0].data["text/plain"] == "42"
    assert "papermill" not in results["good"]["notebook"]
    assert "/tmp" not in results["good"]["notebook"]
    assert not any("execution" in cell.metadata for cell in book.cells)


def test_any_executor_fits_and_two_runs_are_the_same_bytes(results):
    again = Wire().submit(execution.executed, job("good", CASES["good"])).result()
    assert again["notebook"] == results["good"]["notebook"]


def test_a_cell_that_never_ran_is_a_problem_even_where_nothing_else_is():
    ran = new_code_cell("1", execution_count=1)
    assert execution.problem(new_notebook(cells=[ran])) is None
    assert "code cell 2 never ran" in str(execution.problem(new_notebook(cells=[ran, new_code_cell("2")])))
    flagged = new_notebook(cells=[ran], metadata={"papermill": {"exception": True}})
    assert execution.problem(flagged) == "papermill flagged an exception"


def test_a_kernel_that_dies_at_its_start_is_tried_once_more(monkeypatch):
    tries: list[str] = []
    whole = new_code_cell("1", execution_count=1, outputs=[new_output("stream", text="x")])

    def papermill(job: Any, source: Any, output: Any, *given: Any) -> str | None:
        tries.append(job["name"])
        if len(tries) == 1:
            return "the kernel died"
        output.write_text(nbformat.writes(new_notebook(cells=[whole])))
        return None

    monkeypatch.setattr(execution, "_papermill", papermill)
    assert execution.executed(job("good", ["1"]))["problem"] is None
    assert len(tries) == 2


@pytest.mark.parametrize("written", ["", '{"cells": [', None])
def test_a_notebook_that_was_not_written_whole_is_told_with_what_kept_it(monkeypatch, written):
    def papermill(job: Any, source: Any, output: Any, *given: Any) -> str:
        if written is not None:
            output.write_text(written)
        return "OSError: [Errno 28] No space left on device"

    monkeypatch.setattr(execution, "_papermill", papermill)
    full = "OSError: [Errno 28] No space left on device, 0 of 2 code cells begun"
    assert execution.executed(job("good", ["1"]))["problem"] == full


PATHS = [str(folder) for folder in Path(__file__).parents[:2]]
ORPHAN = """
import sys
sys.path[:0] = {paths!r}
from nanospread.report import execution
from test_report_execution import job
execution.executed(job("orphan", [{cell!r}], time_limit=100))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the parent's death is told by Linux")
@pytest.mark.parametrize("work", ["import time; time.sleep(99)", "10 ** 10 ** 9"])  # the other holds the GIL
def test_a_kernel_ends_at_once_when_its_run_is_killed(tmp_path, work):
    told = tmp_path / "pid"
    cell = f"import os, pathlib; pathlib.Path({str(told)!r}).write_text(str(os.getpid()))"
    command = [sys.executable, "-c", ORPHAN.format(paths=PATHS, cell=f"{cell}\n{work}")]
    with subprocess.Popen(command) as runner:
        while not (told.exists() and told.read_text()):
            assert runner.poll() is None
            time.sleep(0.05)
        kernel = int(told.read_text())
        assert alive(kernel)
        runner.kill()
    assert ends(kernel)
