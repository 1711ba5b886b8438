"""Proves that `import nanospread` is light and changes nothing, and that the study is the only pipeline."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nanospread as ns
from nanospread.core import paths

LIB = paths.ROOT / "lib" / "nanospread"

STATE = """
import json, locale, logging, os, sys, warnings
import matplotlib, numba, numpy as np, pandas as pd
import nbconvert, papermill, seaborn  # which filter warnings of their own

def options(prefix=""):
    return {name: repr(pd.get_option(name)) for name in pd._config.config._select_options(prefix)}

def state():
    return {
        "numba": {name: repr(value) for name, value in vars(numba.config).items() if name.isupper()},
        "pandas": options(), "matplotlib": {name: repr(value) for name, value in matplotlib.rcParams.items()},
        "warnings": repr(warnings.filters), "numpy": repr((np.geterr(), np.get_printoptions())),
        "environment": dict(os.environ), "path": list(sys.path), "locale": locale.setlocale(locale.LC_ALL),
        "logging": repr((logging.root.level, logging.root.handlers)), "folder": os.getcwd(),
        "hooks": repr((sys.excepthook, sys.displayhook)), "recursion": sys.getrecursionlimit(),
    }

before = state()
import nanospread as ns
for name in dir(ns):
    getattr(ns, name)
after = state()
print(json.dumps([name for name in before if before[name] != after[name]]))
"""


def python(source: str) -> str:
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()[-1]


def test_importing_all_of_it_changes_no_global_state():
    assert json.loads(python(STATE)) == []


def test_the_import_alone_loads_no_library():
    heavy = "{'pandas', 'numpy', 'scipy', 'numba', 'matplotlib', 'pydantic', 'duckdb', 'IPython'}"
    assert python(f"import nanospread, sys; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_every_name_it_lists_is_there_and_another_is_an_error():
    assert set(ns.__all__) <= set(dir(ns))
    for name in dir(ns):
        assert getattr(ns, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'opne'"):
        _ = ns.opne


# What makes the pipeline, by module and function: each is called in the study alone, and where it is made
STEPS = {
    ("engagement", "fit"),
    ("metrics", "per_post"),
    ("dated", "dated_posts"),
    ("dataset", "dated_posts"),
    ("tables", "dated_posts"),
    ("brief", "calibrated"),
    ("briefs", "calibrated"),
    ("recruitment", "measured"),
    ("reach", "measured"),
}
HOMES = ("study/", "creators/", "ingest/", "campaign/backtest/")  # a backtest fits to some of the posts
BENCH = "fit.py"  # how long a fit takes


def steps(source: str) -> Iterator[str]:
    """Yield each step of the pipeline that a source takes, however it imports it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            owner = node.module.rsplit(".", 1)[-1]
            yield from (f"{owner}.{alias.name}" for alias in node.names if (owner, alias.name) in STEPS)
        if isinstance(node, ast.Attribute):
            value = node.value
            owner = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
            if (owner, node.attr) in STEPS:
                yield f"{owner}.{node.attr}"


def sources() -> Iterator[tuple[str, str]]:
    """Yield place and source of what must go through the study: package, tools, notebooks."""
    for file in sorted(LIB.rglob("*.py")):
        place = str(file.relative_to(LIB))
        if "resources" not in place and not place.startswith(HOMES):
            yield place, file.read_text(encoding="utf-8")
    for file in sorted((paths.ROOT / "tools").rglob("*.py")):
        if file.name != BENCH:
            yield f"tools/{file.name}", file.read_text(encoding="utf-8")
    for file in sorted((paths.ROOT / "notebooks").glob("*.ipynb")):
        yield file.name, code(file)


def code(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def test_the_study_is_the_only_pipeline():
    assert [f"{place}: {step}" for place, source in sources() for step in steps(source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "from nanospread.creators import engagement\nengagement.fit(posts, roster)",
        "from nanospread.creators.engagement import fit\nfit(posts, roster)",
        "import nanospread as ns\nns.recruitment.measured(log, plan)",
    ],
)
def test_a_second_pipeline_is_found(source):
    assert len(list(steps(source))) == 1
