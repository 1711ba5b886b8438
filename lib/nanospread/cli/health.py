"""The doctor command: one check for each thing a report needs, each with what to do."""

import importlib.metadata
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import nbformat
from packaging.requirements import InvalidRequirement, Requirement

from nanospread import store
from nanospread.core import paths
from nanospread.core.errors import InputError
from nanospread.report import parameters
from nanospread.report.execution import Job, executed, kernel_obstacle

OLDEST, NEWEST = (3, 11), (3, 13)
LOCK = paths.CHECKOUT / "requirements.lock" if paths.CHECKOUT else None


class Check(NamedTuple):
    """One thing checked: what, whether it is fine, and what was found or is to be done."""

    subject: str
    fine: bool
    detail: str


def checks(data: str, out: Path) -> list[Check]:
    """Return every check, in the order in which a report would need them."""
    return [python(), packages(), kernel(), books(), exports(data), output(out)]


def python() -> Check:
    """Check the Python version."""
    version = sys.version_info[:2]
    advice = "" if OLDEST <= version <= NEWEST else "; make PYTHON=python3.12 setup"
    return Check("python", not advice, f"{sys.version.split()[0]}{advice}")


def packages(lock: Path | None = LOCK) -> Check:
    """Check the installed versions: in a checkout against the lock, else against what nanospread needs."""
    if lock is None:
        return _checked(
            importlib.metadata.requires("nanospread") or [], "what nanospread needs", "reinstall nanospread"
        )
    if not lock.is_file():
        return Check("packages", False, f"{lock.name} is missing; get it back with git")
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = [line.rstrip("\\ ") for line in lines if "==" in line and not line.startswith((" ", "#"))]
    return _checked(pins, lock.name, "run `rm -rf .venv && make setup`")


def _checked(requirements: Sequence[str], source: str, advice: str) -> Check:
    wrong = [problem for requirement in requirements if (problem := _mismatch(requirement))]
    if wrong:
        rest = f" and {len(wrong) - 3} more" if wrong[3:] else ""
        return Check("packages", False, f"{'; '.join(wrong[:3])}{rest}; {advice}")
    return Check("packages", True, f"as {source} says")


def kernel() -> Check:
    """Check that a kernel starts, and that it can count."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    if fault := kernel_obstacle():
        return Check("kernel", False, fault)
    result = executed(Job(name="kernel", notebook=nbformat.writes(book), parameters={}, time_limit=60))
    if result["problem"]:
        return Check("kernel", False, f"{result['problem']}; run `rm -rf .venv && make setup`")
    text = nbformat.reads(result["notebook"], as_version=4).cells[0].outputs[0]["data"]["text/plain"]
    return Check("kernel", text == "2", f"1 + 1 = {text} in {result['seconds']:.1f} s")


def books(folder: Path = paths.NOTEBOOKS) -> Check:
    """Check that the notebooks are there and that their parameters can be checked."""
    try:
        sources = parameters.notebooks(folder)
    except InputError as error:
        return Check("notebooks", False, f"{error}")
    return Check("notebooks", True, f"{len(sources)}, their parameters are sound")


def exports(data: str) -> Check:
    """Check that the data folder can be read."""
    try:
        validated = store.opened(paths.folder(data))
    except InputError as error:
        return Check("data", False, f"{error}; see `nanospread ingest --help`")
    return Check(
        "data", True, f"{len(validated.creators):,} creators' rows and {len(validated.posts):,} posts"
    )


def output(out: Path) -> Check:
    """Check that reports can be written."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        return Check("output", False, f"'{out}': {error.strerror}; name another folder with --out")
    return Check("output", True, f"'{out}' can be written")


def _mismatch(line: str) -> str | None:
    """Return what is wrong with the package that a requirement names, where it applies here."""
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return f"{line!r} is no requirement"
    if requirement.marker and not requirement.marker.evaluate():
        return None
    try:
        installed = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    fits = requirement.specifier.contains(installed, prereleases=True)
    return None if fits else f"{requirement.name} is {installed}, not {requirement.specifier}"
