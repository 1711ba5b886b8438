"""The notebooks keep the house style's anatomy, are stored executed, and nbval fails on a moved number."""

import ast
import re
import subprocess
import sys

import nbformat
import pytest

from nanospread.core import paths

PATHS = sorted(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))
LONGEST_CELL = 12


def cells(path, kind):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def test_the_weekly_notebooks_are_there():
    numbers = [path.name[:2] for path in PATHS]
    assert {"00", "01", "02", "04", "05"} <= set(numbers)
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
class TestAnatomy:
    def test_opens_with_its_number_and_question_and_goes_by_sections(self, path):
        first = cells(path, "markdown")[0].source
        assert re.match(rf"# {path.name[:2]} · .+\?\n\n\S", first)
        text = "\n".join(cell.source for cell in cells(path, "markdown")[1:])
        headings = [line for line in text.splitlines() if line.startswith("#")]
        assert len(headings) >= 4
        assert [line for line in headings if not re.fullmatch(r"## .+", line)] == []

    def test_opens_a_study_after_one_import_line_and_the_parameters(self, path):
        first, _, third, *_ = cells(path, "code")
        assert first.source == "import nanospread as ns"
        imports = [
            [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Import | ast.ImportFrom)]
            for cell in cells(path, "code")
        ]
        assert not any(imports[1:])
        assert "study = ns.open(data" in third.source

    def test_parameters_are_annotated_literals_with_a_comment(self, path):
        tagged = [cell for cell in cells(path, "code") if "parameters" in cell.metadata.get("tags", [])]
        assert len(tagged) == 1
        for statement, line in zip(
            ast.parse(tagged[0].source).body, tagged[0].source.splitlines(), strict=True
        ):
            assert isinstance(statement, ast.AnnAssign), line
            ast.literal_eval(statement.value)
            assert "  # " in line

    def test_cells_are_short_and_define_nothing(self, path):
        code = cells(path, "code")
        assert 6 <= len(code) <= 20
        read = [cell for cell in code[1:] if "parameters" not in cell.metadata.get("tags", [])]
        assert [cell.source for cell in read if len(cell.source.splitlines()) > LONGEST_CELL] == []
        nodes = [node for cell in code for node in ast.walk(ast.parse(cell.source))]
        assert not [n for n in nodes if isinstance(n, ast.FunctionDef | ast.ClassDef | ast.Lambda)]

    def test_is_stored_executed_in_order_without_errors_or_stderr(self, path):
        code = cells(path, "code")
        assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
        outputs = [output for cell in code for output in cell.outputs]
        assert not [output for output in outputs if output.output_type in {"error", "stream"}]
        assert not any("injected-parameters" in cell.metadata.get("tags", []) for cell in code)

    def test_ends_on_a_checked_table_and_computed_takeaways(self, path):
        table, takeaways = cells(path, "code")[-2:]
        assert "text/vnd.nanospread.metrics" in table.outputs[0].data
        assert "text/markdown" in takeaways.outputs[0].data

    def test_no_number_is_typed_into_prose(self, path):
        prose = "\n".join(cell.source for cell in cells(path, "markdown"))
        typed = re.findall(r"\d+(?:\.\d+)? ?%|EUR ?\d+|\d+\.\d+", prose)
        assert typed == []


@pytest.mark.slow
def test_nbval_fails_when_a_stored_number_moves(tmp_path):
    """Change one digit of a stored output and of a figure's data digest: each must fail."""
    path = next(path for path in PATHS if path.name.startswith("01"))
    notebook = nbformat.read(path, as_version=4)
    checked = next(cell for cell in reversed(notebook.cells) if "show.metrics" in cell.source)
    figure = next(
        cell for cell in notebook.cells if any("[figure," in str(each) for each in cell.get("outputs", []))
    )
    for cell in (checked, figure):
        cell.outputs[0].data["text/plain"] = _next_digit(cell.outputs[0].data["text/plain"])
    nbformat.write(notebook, tmp_path / "changed.ipynb")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
         "-c", str(paths.ROOT / "pyproject.toml"), "--rootdir", str(paths.ROOT),
         "-o", f"addopts=--nbval-current-env --nbval-sanitize-with={paths.ROOT}/tests/nbval_sanitize.cfg",
         str(tmp_path / "changed.ipynb")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 1
    assert re.search(r"\b2 failed\b", run.stdout), run.stdout[-2000:]


def _next_digit(text: str) -> str:
    """Return the text with its last digit moved up by one."""
    at = max(position for position, character in enumerate(text) if character.isdigit())
    return f"{text[:at]}{(int(text[at]) + 1) % 10}{text[at + 1 :]}"
