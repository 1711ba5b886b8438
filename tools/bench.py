"""How fast, how lean and how exact nanospread is: writes one flat JSON object and prints it beside the goals.

Each section is a script in tools/benches with a process of its own, so that none sees another's memory or
caches, on one thread (DuckDB on two). Machines are shared and noisy: the numbers are for reading, not for a
test.

    python tools/bench.py [--smoke] [--into FILE]
"""

import argparse
import contextlib
import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

from benches import goals

ROOT = Path(__file__).resolve().parents[1]
BENCHES = ROOT / "tools" / "benches"
SECTIONS = (  # speed first: it compiles the simulation, and what is compiled is kept for the others
    "speed.py",
    "exact.py",
    "memory.py 100k",
    "memory.py 1m",
    "memory.py 10m",
    "cluster.py",
    "fit.py",
    "beliefs.py 2000",
    "beliefs.py 100000",
    "nuts.py",
    "shortlist.py 1000",
    "shortlist.py 100k",
    "shortlist.py 1m",
    "shortlist.py cvar",
    "batches.py",
    "ingest.py posts",
    "ingest.py csv",
    "posts.py",
    "orders.py",
    "fetch.py",
    "report.py",
    "briefs.py",
)
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL", "NUMBA", "VECLIB_MAXIMUM")
}


def measured(section: str, smoke: bool) -> dict[str, float]:
    """Return the numbers that one section prints on its last line; what it prints before is passed on."""
    *said, last = (_tried if smoke else _run)(*section.split()).splitlines()
    print(*said, sep="\n", end="\n" if said else "", flush=True)
    numbers: dict[str, float] = json.loads(last)
    return numbers


def _run(script: str, *arguments: str) -> str:
    """Return what a section prints that has a process of its own.

    This process imports next to nothing, as a child's peak memory is never told as less than its parent's.
    """
    command = [sys.executable, str(BENCHES / script), *arguments]
    return subprocess.run(
        command, env=os.environ | ONE_THREAD, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def _tried(script: str, *arguments: str) -> str:
    """Return what a section prints at tiny sizes, in this process: others would be mostly starts."""
    sys.argv = [script, *arguments, "--smoke"]
    sys.path[0] = str(BENCHES)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(BENCHES / script), run_name="__main__")
    return printed.getvalue()


def main() -> None:
    """Measure, write the numbers, and print them beside their goals."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--smoke", action="store_true", help="tiny sizes: does it run? its numbers mean nothing"
    )
    parser.add_argument("--into", type=Path, default=ROOT / "reports" / "bench.json", metavar="FILE")
    asked = parser.parse_args()
    found: dict[str, float] = {}
    for section in SECTIONS:
        found |= measured(section, asked.smoke)
    asked.into.parent.mkdir(exist_ok=True)
    asked.into.write_text(
        json.dumps({name: round(value, 4) for name, value in found.items()}, indent=1) + "\n"
    )
    print(goals.table(found))


if __name__ == "__main__":
    main()
