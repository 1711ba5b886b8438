"""environment.yml -> requirements.in: the same packages under their PyPI names.

    python tools/env2req.py environment.yml > requirements.in

Refuses what has no plain meaning for pip (channels in a name, build strings, `|`).
"""

import re
import sys
from pathlib import Path

PYPI_NAMES = {"matplotlib-base": "matplotlib", "python-duckdb": "duckdb"}
SPEC = re.compile(r"\s*-\s+([a-z0-9][a-z0-9._-]*)((?:[<>=!]=?[\w.*]+(?:,[<>=!]=?[\w.*]+)*)?)\s*(?:#.*)?")


def requirements(environment: str) -> list[str]:
    """Return the PyPI requirement of each conda dependency, `python` left out."""
    block = environment.partition("\ndependencies:\n")[2]
    lines = [line for line in block.splitlines() if line.strip() and not line.strip().startswith("#")]
    return [requirement for line in lines if (requirement := _requirement(line))]


def _requirement(line: str) -> str:
    match = SPEC.fullmatch(line)
    if match is None:
        raise SystemExit(f"environment.yml: cannot turn {line.strip()!r} into a pip requirement")
    name, bounds = match.groups()
    if name == "python":
        return ""
    return PYPI_NAMES.get(name, name) + re.sub(r"^=(?=[\w])", "==", bounds)


if __name__ == "__main__":
    print("# Made from environment.yml by `make lock`; do not edit.")
    print("\n".join(requirements(Path(sys.argv[1]).read_text(encoding="utf-8"))))
