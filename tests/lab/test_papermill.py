"""Plain papermill, as a scheduler's operator calls it, knows every parameter and runs a notebook with it."""

import ast
import subprocess
import sys

import nbformat
import papermill
import pytest

from nanospread.core import paths
from nanospread.pages import show
from nanospread.report import execution

PATHS = sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_parameter_is_read(path, caplog):
    cells = nbformat.read(path, 4).cells
    tagged = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    assert list(papermill.inspect_notebook(path)) == [line.target.id for line in ast.parse(tagged).body]
    assert caplog.messages == []


OPTIONS = next(path for path in PATHS if path.name.startswith("04"))


def test_the_command_line_warns_of_nothing(tmp_path):
    out = tmp_path / "out.ipynb"
    run = subprocess.run(
        [sys.executable, "-m", "papermill", "--prepare-only", OPTIONS, out, "-p", "budget", "8000"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "budget = 8000" in out.read_text(encoding="utf-8")
    said = [
        line for line in run.stderr.splitlines() if not line.startswith(("Input Notebook", "Output Notebook"))
    ]
    assert said == []


@pytest.mark.slow
def test_one_notebook_runs_as_an_operator_runs_it_and_takes_its_values(tmp_path):
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        str(OPTIONS),
        str(out),
        parameters={"budget": 8000, "n_worlds": 500},
        kernel_name="python3",
        language="python",
        progress_bar=False,
        report_mode=True,
        cwd=str(tmp_path),
    )
    book = nbformat.read(out, 4)
    shown = [each.get("data", {}) for cell in book.cells for each in cell.get("outputs", [])]
    assert execution.problem(book) is None
    assert any("What EUR 8,000 buys" in str(each.get("text/plain")) for each in shown)
    [numbers] = [show.records(each[show.METRICS]) for each in shown if show.METRICS in each]
    [cost] = [row for row in numbers if row["metric"] == "cost_mean_macro"]
    assert (cost["value"], cost["n"]) == (8000, 500)
    assert list(tmp_path.iterdir()) == [out]


def test_a_misspelt_name_is_a_warning_of_papermill_alone(tmp_path, caplog):
    papermill.execute_notebook(OPTIONS, tmp_path / "out.ipynb", {"budgte": 1}, prepare_only=True)
    assert "Passed unknown parameter: budgte" in caplog.messages
