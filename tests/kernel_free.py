"""An executor that runs a job's notebook in this process: a whole report in a second or two, no kernel."""

import ast
from concurrent.futures import Executor, Future
from typing import Any

import nbformat
from nbformat.v4 import new_output

from nanospread.report import execution


class InProcess(Executor):
    """Runs each cell as a kernel would, and keeps what it displays and what its last line shows."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(executed(args[0]))
        return future


def executed(job: execution.Job) -> execution.JobResult:
    """Return a job's notebook, executed in a namespace of its own; an error is its problem."""
    book = nbformat.reads(job["notebook"], as_version=4)
    names: dict[str, Any] = {}
    problem, cells = None, [cell for cell in book.cells if cell.cell_type == "code"]
    for count, cell in enumerate(cells, start=1):
        try:
            cell.outputs, cell.execution_count = _shown(cell.source, names), count
        except Exception as error:
            problem = f"code cell {count}: {type(error).__name__}: {error}"
            break
        if "parameters" in cell.metadata.get("tags", []):
            names.update(job["parameters"])
    return execution.JobResult(
        name=job["name"],
        notebook=nbformat.writes(book),
        problem=problem,
        log="",
        seconds=0.0,
        cells=len(cells),
    )


def _shown(source: str, names: dict[str, Any]) -> list[Any]:
    """Run a cell, and return what it displays and what its last line shows."""
    body, last = ast.parse(source).body, None
    if isinstance(body[-1], ast.Expr):
        last = ast.Expression(body.pop().value)
    shown: list[Any] = []
    names["display"] = shown.append
    exec(compile(ast.Module(body, []), "cell", "exec"), names)
    shown.append(eval(compile(last, "cell", "eval"), names) if last else None)
    bundles = [value._repr_mimebundle_() for value in shown if hasattr(value, "_repr_mimebundle_")]
    return [new_output("display_data", data, metadata=metadata) for data, metadata in bundles]
