"""Keep which formula each metric has under which version of its method.

python tools/methods.py     after a formula changed and data/methods.csv has a row for it

A formula that changed under the same version is refused: week over week it would pass for movement.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import baseline
from nanospread.core import paths
from nanospread.report import gather, records

STORED = paths.ROOT / "tests" / "baseline" / "methods.json"

Methods = Mapping[str, Mapping[str, Any]]  # metric -> method (its version) and formula


def methods(metrics: Mapping[str, Mapping[str, Any]]) -> Methods:
    """Return the version and the formula of each metric."""
    versions = records.versions(metrics)
    return {name: {"method": versions[name], "formula": row["formula"]} for name, row in metrics.items()}


def unraised(stored: Methods, now: Methods) -> list[str]:
    """Return a line for each metric that is computed otherwise, or has gone back, under no new version."""
    both = {name: (stored[name], now[name]) for name in sorted(now) if name in stored}
    return [
        f"{name}: {old['formula']!r} is now {new['formula']!r} under version {new['method']} (was "
        f"{old['method']}): add a row with the next version and what changed to data/methods.csv"
        for name, (old, new) in both.items()
        if new["method"] < old["method"] + (old["formula"] != new["formula"])
    ]


def stored(file: Path = STORED) -> Methods:
    """Return what was kept last; nothing before the first time."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def main() -> int:
    """Keep the present formulas, or say which need a version; return the exit status."""
    now = methods(baseline.stored_notebooks())
    found = unraised(stored(), now)
    if found:
        print(*found, sep="\n", file=sys.stderr)
        return 1
    STORED.write_text(gather.json_text(now), encoding="utf-8")
    print(f"{len(now)} formulas kept in {STORED.relative_to(paths.ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
