"""environment.yml -> requirements/run.in and one file for each extra, under their PyPI names.

    python tools/env2req.py

A line `# extra NAME: why` in the list starts the packages of an extra; those before the first one are what
nanospread needs at run time. Refuses what has no plain meaning for pip (channels, build strings, `|`).
"""

import re
from pathlib import Path

RUN_TIME = "run"
PYPI_NAMES = {"matplotlib-base": "matplotlib", "python-duckdb": "duckdb"}
SPEC = re.compile(r"\s*-\s+([a-z0-9][a-z0-9._-]*)((?:[<>=!]=?[\w.*]+(?:,[<>=!]=?[\w.*]+)*)?)\s*(?:#.*)?")
EXTRA = re.compile(r"\s*# extra (\w+):.*")


def requirements(environment: str) -> dict[str, list[str]]:
    """Return the PyPI requirements by extra, RUN_TIME for none; `python` is left out."""
    found: dict[str, list[str]] = {RUN_TIME: []}
    extra = RUN_TIME
    for line in environment.partition("\ndependencies:\n")[2].splitlines():
        if match := EXTRA.fullmatch(line):
            extra = match[1]
            found[extra] = []
        elif line.strip() and not line.strip().startswith("#") and (requirement := _requirement(line)):
            found[extra].append(requirement)
    return found


def _requirement(line: str) -> str:
    match = SPEC.fullmatch(line)
    if match is None:
        raise SystemExit(f"environment.yml: cannot turn {line.strip()!r} into a pip requirement")
    name, bounds = match.groups()
    if name == "python":
        return ""
    return PYPI_NAMES.get(name, name) + re.sub(r"^=(?=[\w])", "==", bounds)


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[1]
    for extra, lines in requirements((root / "environment.yml").read_text(encoding="utf-8")).items():
        text = "\n".join(["# Made from environment.yml by `make lock`; do not edit.", *lines, ""])
        (root / "requirements" / f"{extra}.in").write_text(text, encoding="utf-8")
