"""The house rule: one module per step, imports only backwards, edges where the design puts them.

The order of the chain is read from the package docstring. Each rule is broken on purpose
once below, to see that the message names the module and what it did.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nanospread
from nanospread import project

PACKAGE = project.ROOT / "lib" / "nanospread"
DRAWING = {"figures", "display"}  # display only turns finished Axes into SVG or PNG
RANDOM = {"sample", "simulate"}
FILES = {
    "project",
    "sample",
    "sources",
    "store",
    "tiers",
    "benchmarks",
    "authenticity",
    "brief",
    "changes",
    "display",
    "report",
    "cli",
}
CLOCK = {"report", "cli"}

FILE_CALLS = {
    "open",
    "read_text",
    "write_text",
    "read_bytes",
    "write_bytes",
    "read_csv",
    "read_table",
    "read_excel",
    "read_parquet",
    "to_csv",
    "to_parquet",
    "to_excel",
    "savefig",
    "mkdir",
    "unlink",
    "rmtree",
}
CLOCK_CALLS = {"now", "today", "utcnow", "time", "perf_counter", "monotonic"}


def chain(docstring: str) -> list[str]:
    """Return the modules in the order the package docstring lists them."""
    return re.findall(r"^- (\w+):", docstring, flags=re.MULTILINE)


def sources() -> dict[str, str]:
    """Return the source of each file of the package, by its path inside it."""
    files = sorted(PACKAGE.rglob("*.py"))
    return {str(file.relative_to(PACKAGE)): file.read_text(encoding="utf-8") for file in files}


def violations(order: list[str], files: dict[str, str]) -> list[str]:
    """Return one line for each rule that a file breaks."""
    found = []
    for file, source in files.items():
        if file == "__init__.py":
            continue
        module = Path(file).parts[0].removesuffix(".py")
        if module not in order:
            found.append(f"{module} is missing from the chain in nanospread/__init__.py")
            continue
        found += [f"{file}: {problem}" for problem in _problems(module, order, ast.parse(source))]
    return found


def _problems(module: str, order: list[str], tree: ast.AST) -> Iterator[str]:
    for name in _imported(tree):
        top, _, rest = name.partition(".")
        if top == "nanospread" and rest:
            target = rest.split(".")[0]
            if target in order and order.index(target) > order.index(module):
                yield f"{module} imports {target}, which comes later in the chain"
        if top in {"matplotlib", "seaborn"} and module not in DRAWING:
            yield f"{module} draws ({name}); only figures does"
        if name == "matplotlib.pyplot":
            yield f"{module} uses pyplot, which keeps global state"
        if (
            name == "random" or name.startswith("numpy.random") or name == "secrets"
        ) and module not in RANDOM:
            yield f"{module} draws random numbers ({name}); only {' and '.join(sorted(RANDOM))} do"
    for attribute, line in _attributes(tree):
        if attribute in {"np.random", "numpy.random"} and module not in RANDOM:
            yield f"{module} draws random numbers (line {line}); only {' and '.join(sorted(RANDOM))} do"
    for call, owner, line in _calls(tree):
        if call in FILE_CALLS and module not in FILES:
            yield f"{module} touches files ({call}, line {line}); only the edges do"
        if (
            call in CLOCK_CALLS
            and owner in {"datetime", "date", "time", "Timestamp", "dt"}
            and module not in CLOCK
        ):
            yield f"{module} asks the clock ({owner}.{call}, line {line}); a report must not depend on it"


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _attributes(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}", node.lineno


def _calls(tree: ast.AST) -> Iterator[tuple[str, str, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            yield node.func.attr, name, node.lineno
        elif isinstance(node.func, ast.Name):
            yield node.func.id, "", node.lineno


def test_the_package_keeps_its_own_rules():
    assert violations(chain(nanospread.__doc__), sources()) == []


def test_every_module_of_the_chain_exists():
    there = {Path(file).parts[0].removesuffix(".py") for file in sources()}
    assert [module for module in chain(nanospread.__doc__) if module not in there] == []


ORDER = ["project", "errors", "sample", "sources", "tables", "simulate", "risk", "figures", "report"]


@pytest.mark.parametrize(
    ("file", "source", "message"),
    [
        ("tables.py", "from nanospread import risk", "tables imports risk, which comes later"),
        ("tables.py", "from nanospread.risk import mean", "tables imports risk, which comes later"),
        ("report/html.py", "import nanospread.cli\nfrom nanospread import cli", "report imports cli"),
        ("utils.py", "", "utils is missing from the chain"),
        ("risk.py", "import seaborn as sns", "risk draws (seaborn)"),
        ("figures.py", "import matplotlib.pyplot as plt", "figures uses pyplot"),
        ("risk.py", "import numpy as np\nnp.random.default_rng(1)", "risk draws random numbers (line 2)"),
        ("risk.py", "from numpy.random import default_rng", "risk draws random numbers (numpy.random)"),
        ("tables.py", "import random", "tables draws random numbers (random)"),
        ("tables.py", "import pandas as pd\npd.read_csv('x')", "tables touches files (read_csv, line 2)"),
        ("risk.py", "open('x')", "risk touches files (open, line 1)"),
        (
            "risk.py",
            "from pathlib import Path\nPath('x').read_text()",
            "risk touches files (read_text, line 2)",
        ),
        (
            "simulate.py",
            "from datetime import date\ndate.today()",
            "simulate asks the clock (date.today, line 2)",
        ),
        (
            "tables.py",
            "import pandas as pd\npd.Timestamp.now()",
            "tables asks the clock (Timestamp.now, line 2)",
        ),
    ],
)
def test_a_broken_rule_is_named(file, source, message):
    found = violations([*ORDER, "cli"], {file: source})
    assert any(message in line for line in found), found
