"""Plain papermill knows every parameter of the notebooks, with its type, and warns of nothing."""

import ast
import subprocess
import sys

import nbformat
import papermill
import pytest

from nanospread.core import paths

PATHS = sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_parameter_is_read(path, caplog):
    cells = nbformat.read(path, 4).cells
    tagged = next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))
    assert list(papermill.inspect_notebook(path)) == [line.target.id for line in ast.parse(tagged).body]
    assert caplog.messages == []


def test_the_command_line_warns_of_nothing(tmp_path):
    path = next(path for path in PATHS if path.name.startswith("04"))
    out = tmp_path / "out.ipynb"
    run = subprocess.run(
        [sys.executable, "-m", "papermill", "--prepare-only", path, out, "-p", "budget", "8000"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "budget = 8000" in out.read_text(encoding="utf-8")
    said = [
        line for line in run.stderr.splitlines() if not line.startswith(("Input Notebook", "Output Notebook"))
    ]
    assert said == []
