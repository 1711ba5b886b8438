"""environment.yml, requirements/, the lock, pyproject.toml and what is installed are one environment."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from nanospread.core import paths

sys.path.insert(0, str(paths.ROOT / "tools"))
import env2req

ENVIRONMENT = (paths.ROOT / "environment.yml").read_text(encoding="utf-8")
LOCK = (paths.ROOT / "requirements.lock").read_text(encoding="utf-8")
EXTRAS = {
    extra: [Requirement(line) for line in lines] for extra, lines in env2req.requirements(ENVIRONMENT).items()
}
REQUIREMENTS = [requirement for group in EXTRAS.values() for requirement in group]
# where a package is imported under another name; distributed brings dask, of its own version, and cloudpickle
IMPORT_NAMES = {"PIL": "pillow", "yaml": "pyyaml", "dask": "distributed", "cloudpickle": "distributed"}


def locked() -> list[Requirement]:
    return [
        Requirement(line.rstrip(" \\")) for line in re.findall(r"^[a-z0-9].*==.*$", LOCK, flags=re.MULTILINE)
    ]


def test_the_converter_reads_every_line_of_the_conda_file():
    names = [spec for spec in yaml.safe_load(ENVIRONMENT)["dependencies"] if not spec.startswith("python>")]
    assert len(names) == len(REQUIREMENTS)


@pytest.mark.parametrize("line", ["  - conda-forge::numpy", "  - numpy=1.2=py_0", "  - numpy>=1|<3"])
def test_the_converter_refuses_what_pip_cannot_say(line):
    with pytest.raises(SystemExit, match="cannot turn"):
        env2req.requirements(f"\ndependencies:\n{line}\n")


def test_the_requirements_are_what_the_converter_makes():
    files = sorted((paths.ROOT / "requirements").glob("*.in"))
    made = {file.stem: file.read_text(encoding="utf-8").splitlines()[1:] for file in files}
    assert made == env2req.requirements(ENVIRONMENT), "run `make lock`"


def test_pyproject_takes_its_dependencies_and_python_from_the_same_list():
    pyproject = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    dynamic = pyproject["tool"]["setuptools"]["dynamic"]
    extras = {extra: {"file": [f"requirements/{extra}.in"]} for extra in EXTRAS if extra != "run"}
    assert dynamic["dependencies"] == {"file": ["requirements/run.in"]}
    assert dynamic["optional-dependencies"] == extras | {"browser": {"file": ["tools/browser.in"]}}
    assert f"python{pyproject['project']['requires-python']}" in yaml.safe_load(ENVIRONMENT)["dependencies"]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_the_lock_and_the_installed_version_satisfy_the_list(requirement):
    pins = [pin for pin in locked() if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert pins, f"{requirement.name} is not in requirements.lock: run `make lock`"
    versions = [str(pin.specifier).removeprefix("==") for pin in pins]
    assert all(requirement.specifier.contains(version) for version in versions)
    assert metadata.version(requirement.name) in versions


def test_every_pin_of_the_lock_carries_hashes():
    blocks = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_no_registry_is_named_in_the_lock():
    assert not re.search(r"https?://|--index-url|--find-links", LOCK)


OURS = {"nanospread"} | {
    name
    for folder in ("tests", "tools")
    for file in (paths.ROOT / folder).rglob("*.py")
    for name in (file.stem, file.parent.name)
}
PEERS = [
    line
    for name in ("browser.in", "peers.in")
    for line in (paths.ROOT / "tools" / name).read_text(encoding="utf-8").splitlines()
]


@pytest.mark.slow
def test_everything_imported_is_declared():
    peers = [Requirement(line) for line in PEERS if not line.startswith("#")]
    assert _undeclared(_trees("lib", "tests", "tools"), [*REQUIREMENTS, *peers]) == set()


@pytest.mark.slow
def test_the_package_itself_imports_nothing_that_is_not_needed_at_run_time():
    assert _undeclared(_trees("lib"), EXTRAS["run"]) == set()


def _undeclared(trees: list[ast.AST], requirements: list[Requirement]) -> set[str]:
    declared = {canonicalize_name(requirement.name) for requirement in requirements}
    imported = {name for tree in trees for name in _top_level_imports(tree)}
    foreign = {IMPORT_NAMES.get(name, name) for name in imported - sys.stdlib_module_names - OURS}
    return {name for name in foreign if canonicalize_name(name) not in declared}


def _trees(*folders: str) -> list[ast.AST]:
    scripts = [file for folder in folders for file in (paths.ROOT / folder).rglob("*.py")]
    trees: list[ast.AST] = [ast.parse(script.read_text(encoding="utf-8")) for script in scripts]
    for path in paths.NOTEBOOKS.glob("*.ipynb"):
        cells = nbformat.read(path, as_version=4).cells
        trees += [ast.parse(cell.source) for cell in cells if cell.cell_type == "code"]
    return trees


def _top_level_imports(tree: ast.AST) -> set[str]:
    nodes = list(ast.walk(tree))
    plain = {
        alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names
    }
    froms = {
        n.module.split(".")[0] for n in nodes if isinstance(n, ast.ImportFrom) and n.module and not n.level
    }
    return plain | froms


@pytest.mark.slow
def test_pip_finds_the_environment_sound():
    check = subprocess.run(
        [sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout


IMAGE = (paths.ROOT / "tools" / "Containerfile").read_text(encoding="utf-8")


def test_the_image_has_the_lock_by_its_hashes_on_a_python_that_is_allowed():
    [version] = re.findall(r"^FROM python:(3\.\d+)-slim$", IMAGE, re.MULTILINE)
    assert SpecifierSet(">=3.11,<3.14").contains(version)
    assert "--require-hashes --no-deps -r requirements.lock" in IMAGE
    [setting] = re.findall(r"^ENV DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON='(.*)'$", IMAGE, re.MULTILINE)
    assert ast.literal_eval(setting) == {"MALLOC_TRIM_THRESHOLD_": None}


@pytest.mark.parametrize(
    ("fails", "said", "built"),
    [
        ("info", "No image: neither docker nor podman can build one here.", False),
        ("image|pull", "No image: docker cannot get its base, python:3.11-slim.", False),
        ("image", "", True),
        ("nothing", "", True),
    ],
)
def test_the_image_is_built_of_what_git_has_where_it_can_be(tmp_path, fails, said, built):
    note = f'[ "$1" != build ] || ls -A "${{@: -1}}" > "{tmp_path}/built"'
    script = f'#!/usr/bin/env bash\ncase "$1" in {fails}) exit 1;; esac\n{note}\n'
    for builder in ("docker", "podman"):
        (tmp_path / builder).write_text(script, encoding="utf-8")
        (tmp_path / builder).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = subprocess.run(
        [paths.ROOT / "tools" / "image.sh"], env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, said, "")
    assert (tmp_path / "built").exists() == built
    if built:
        assert {"requirements.lock", "lib"} <= {*(tmp_path / "built").read_text().split()}
        assert not {".venv", ".git", "store"} & {*(tmp_path / "built").read_text().split()}
