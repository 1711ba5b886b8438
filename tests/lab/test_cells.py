"""Names of Jupyter are left alone: `display(frame)` works in a notebook after its imports."""

import ast
import subprocess
import sys

import nbformat
import pytest

from nanospread.core import paths

PATHS = sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))
JUPYTERS = {"display", "get_ipython", "exit", "quit", "In", "Out", "_", "__", "___", "open"}


def imports(path):
    return next(cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_no_import_hides_a_name_of_jupyter(path):
    names = [
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(ast.parse(imports(path)))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    assert names
    assert JUPYTERS.isdisjoint(names)


def test_display_shows_a_frame_after_the_imports_of_a_notebook():
    code = f"{imports(PATHS[-1])}\nimport pandas as pd\ndisplay(pd.DataFrame({{'tier': ['nano']}}))"
    run = subprocess.run(
        [sys.executable, "-m", "IPython", "--quick", "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["tier", "0", "nano"]
