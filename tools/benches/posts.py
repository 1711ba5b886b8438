"""How much faster two workers count posts in Parquet partitions than one process; the figures are the same.

8 million posts of 160,000 creators in 8 partitions, each creator in all of them, counted by tier and niche.
One process reads all at once, on one thread. Two workers of one thread, started before, deal the partitions
to buckets of creators, count these and add up. Both look for posts that are there twice. Each run is a
process of its own; the two sides take turns. On a machine whose cores have other work the ratio says little.

    python tools/benches/posts.py [--smoke]
"""

import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from ingest import CREATORS, POSTS, POSTS_OF_ONE, connected

ROUNDS, SMOKE_ROUNDS = 3, 1
ROWS, SMOKE = 8_000_000, 80_000
PARTS = 8
BUCKETS = 4
ONE, TWO = 1, 2


def main() -> None:
    """Measure and print the number on one line of JSON."""
    rows, rounds = (SMOKE, SMOKE_ROUNDS) if "--smoke" in sys.argv else (ROWS, ROUNDS)
    with tempfile.TemporaryDirectory(prefix="nanospread-bench-") as folder:
        made(folder, rows)
        runs = [child(folder, rows, workers) for _ in range(rounds) for workers in (ONE, TWO)]
    if len({run["figures"] for run in runs}) > 1:
        raise SystemExit("two workers count other figures than one process")
    one, two = (min(run["seconds"] for run in runs[side::2]) for side in (0, 1))
    print(f"posts: {one:.1f} s in one process, {two:.1f} s with two workers")
    print(json.dumps({"posts_two_workers_speedup": one / two}))


def made(folder: str, rows: int) -> None:
    """Make the partitions and the follower counts."""
    names = {"folder": folder, "creators": rows // POSTS_OF_ONE}
    with connected() as connection:
        connection.execute(CREATORS.format(**names))
        for part in range(PARTS):
            first, last = part * rows // PARTS, (part + 1) * rows // PARTS
            connection.execute(POSTS.format(**names, first=first, rows=last, part=part))


def child(folder: str, rows: int, workers: int) -> dict[str, float]:
    """Return what a process of its own measures."""
    command = [sys.executable, __file__, folder, str(rows), str(workers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def measured(folder: str, rows: int, workers: int) -> dict[str, float | str]:
    """Return how long so many workers take, one being this process, and the figures as text."""
    from nanospread.creators import partitions, stored_rates

    partitions.PER_BUCKET = rows // BUCKETS
    found = partitions.folder(Path(folder))
    with tempfile.TemporaryDirectory() as into, ProcessPoolExecutor(TWO, get_context("spawn")) as pool:
        list(pool.map(warm, range(4 * TWO)))
        start = time.perf_counter()
        counted = stored_rates.engagement(
            *found,
            ["tier", "niche"],
            into=Path(into),
            threads=1,
            executor=None if workers == ONE else pool,
        )
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "figures": counted.groups.to_csv() + counted.account.to_csv()}


def warm(_: int) -> None:
    """Import what a worker needs, and leave time for the other to start, too."""
    import duckdb  # noqa: F401

    from nanospread.creators import stored_rates  # noqa: F401

    time.sleep(0.2)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        print(json.dumps(measured(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
