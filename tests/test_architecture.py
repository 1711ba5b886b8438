"""The house rule: wings in one order, imports only backwards, edges where the design puts them.

The order of the wings is read from the package docstring, that inside a wing from the docstring
of the wing. Each rule is broken on purpose
once below, to see that the message names the module and what it did.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from nanospread.core import paths

PACKAGE = paths.ROOT / "lib" / "nanospread"
DRAWING = {"pages"}
RANDOM = {"sample", "campaign.beliefs", "campaign.simulation"}
FILES = {
    "core.paths",
    "core.cache",
    "core.files",
    "core.scratch",
    "core.secrets",
    "sample",
    "ingest",
    "store",
    "fetch",
    "creators",
    "campaign.brief",
    "pages.image",
    "report",
    "send.events",
    "send.ledger",
    "send.messages",
    "send.settings",
    "cli",
}
CLOCK = {"report", "cli"}
CHILDREN = {
    "core.cluster",
    "store.bulk",
    "report.build",
    "report.execution",
    "cli.workspace",
}  # as `core.processes` says
STARTERS = {"subprocess", "multiprocessing", "pty"}

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
    """Return the modules in the order a docstring lists them."""
    return re.findall(r"^- (\w+):", docstring, flags=re.MULTILINE)


def sources() -> dict[str, str]:
    """Return the source of each file of the package, by its path inside it."""
    files = sorted(PACKAGE.rglob("*.py"))
    return {str(file.relative_to(PACKAGE)): file.read_text(encoding="utf-8") for file in files}


def orders(files: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the order of the wings (under ""), and in each wing that of its modules."""
    opening = {
        str(Path(file).parent): source for file, source in files.items() if file.endswith("__init__.py")
    }
    wings = {name: source for name, source in opening.items() if "/" not in name}
    listed = {name: chain(ast.get_docstring(ast.parse(source)) or "") for name, source in wings.items()}
    return {("" if name == "." else name): order for name, order in listed.items()}


def violations(order: Mapping[str, list[str]], files: Mapping[str, str]) -> list[str]:
    """Return one line for each rule that a file breaks."""
    found = []
    for file, source in files.items():
        if file in ("__init__.py", "__main__.py"):
            continue
        wing, *inside = file.removesuffix(".py").removesuffix("/__init__").split("/")
        if wing not in order[""]:
            found.append(f"{wing} is missing from the list of wings in nanospread/__init__.py")
        elif inside and inside[0] not in order[wing]:
            found.append(f"{inside[0]} is missing from the list in nanospread/{wing}/__init__.py")
        else:
            found += [
                f"{file}: {problem}" for problem in _problems([wing, *inside], order, ast.parse(source))
            ]
    return found


def _problems(parts: list[str], order: Mapping[str, list[str]], tree: ast.AST) -> Iterator[str]:
    wing, module = parts[0], ".".join(parts)
    for name in _imported(tree):
        top, *target = name.split(".")
        if top == "nanospread" and target and _is_later(target[0], wing, order[""]):
            yield f"{wing} imports {target[0]}, which comes later in the chain"
        inside = top == "nanospread" and len(parts) > 1 and len(target) > 1 and target[0] == wing
        if inside and _is_later(target[1], parts[1], order[wing]):
            yield f"{parts[1]} imports {target[1]}, which comes later in {wing}"
        if top in {"matplotlib", "seaborn"} and not _within(module, DRAWING):
            yield f"{module} draws ({name}); only {_names(DRAWING)} does"
        if top in STARTERS and not _within(module, CHILDREN):
            yield f"{module} starts processes ({name}); only {_names(CHILDREN)} do"
        if name == "matplotlib.pyplot":
            yield f"{module} uses pyplot, which keeps global state"
        if (name == "random" or name.startswith("numpy.random") or name == "secrets") and not _within(
            module, RANDOM
        ):
            yield f"{module} draws random numbers ({name}); only {_names(RANDOM)} do"
    for attribute, line in _attributes(tree):
        if attribute in {"np.random", "numpy.random"} and not _within(module, RANDOM):
            yield f"{module} draws random numbers (line {line}); only {_names(RANDOM)} do"
    for call, owner, line in _calls(tree):
        if call in FILE_CALLS and not _within(module, FILES):
            yield f"{module} touches files ({call}, line {line}); only the edges do"
        if (
            call in CLOCK_CALLS
            and owner in {"datetime", "date", "time", "Timestamp", "dt"}
            and not _within(module, CLOCK)
        ):
            yield f"{module} asks the clock ({owner}.{call}, line {line}); a report must not depend on it"


def _is_later(target: str, module: str, order: list[str]) -> bool:
    return target in order and order.index(target) > order.index(module)


def _within(module: str, places: set[str]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def _names(places: set[str]) -> str:
    return " and ".join(sorted(places))


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
    files = sources()
    assert violations(orders(files), files) == []


def test_every_module_of_the_lists_exists():
    there = {tuple(Path(file.removesuffix(".py").removesuffix("/__init__")).parts[:2]) for file in sources()}
    there |= {parts[:1] for parts in there}
    listed = {
        (wing, name) if wing else (name,) for wing, names in orders(sources()).items() for name in names
    }
    assert listed - there == set()


ORDER = {
    "": ["core", "sample", "ingest", "campaign", "pages", "report", "cli"],
    "campaign": ["brief", "simulation", "risk"],
    "ingest": ["tables"],
    "pages": ["figures"],
    "report": ["html"],
}


@pytest.mark.parametrize(
    ("file", "source", "message"),
    [
        ("ingest/tables.py", "from nanospread import campaign", "ingest imports campaign, which comes later"),
        ("ingest/tables.py", "from nanospread.campaign.risk import mean", "ingest imports campaign, which"),
        ("report/html.py", "import nanospread.cli\nfrom nanospread import cli", "report imports cli"),
        (
            "campaign/brief.py",
            "from nanospread.campaign import risk",
            "brief imports risk, which comes later",
        ),
        ("campaign/brief/parts.py", "from nanospread.campaign.risk import mean", "brief imports risk"),
        ("utils.py", "", "utils is missing from the list"),
        ("campaign/utils.py", "", "utils is missing from the list in nanospread/campaign"),
        ("campaign/risk.py", "import seaborn as sns", "campaign.risk draws (seaborn)"),
        ("pages/figures.py", "import matplotlib.pyplot as plt", "pages.figures uses pyplot"),
        ("campaign/risk.py", "import numpy as np\nnp.random.default_rng(1)", "draws random numbers (line 2)"),
        ("campaign/risk.py", "from numpy.random import default_rng", "draws random numbers (numpy.random)"),
        ("ingest/tables.py", "import random", "ingest.tables draws random numbers (random)"),
        ("campaign/risk.py", "import pandas as pd\npd.read_csv('x')", "touches files (read_csv, line 2)"),
        ("campaign/risk.py", "open('x')", "campaign.risk touches files (open, line 1)"),
        ("report/html.py", "import subprocess", "report.html starts processes (subprocess)"),
        (
            "campaign/risk.py",
            "from pathlib import Path\nPath('x').read_text()",
            "campaign.risk touches files (read_text, line 2)",
        ),
        (
            "campaign/simulation.py",
            "from datetime import date\ndate.today()",
            "campaign.simulation asks the clock (date.today, line 2)",
        ),
        (
            "ingest/tables.py",
            "import pandas as pd\npd.Timestamp.now()",
            "ingest.tables asks the clock (Timestamp.now, line 2)",
        ),
    ],
)
def test_a_broken_rule_is_named(file, source, message):
    found = violations(ORDER, {file: source})
    assert any(message in line for line in found), found
