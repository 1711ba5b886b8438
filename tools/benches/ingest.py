"""How fast and how lean exports larger than memory are read, against DuckDB alone: best of three runs each.

posts: ER quantiles by tier, per post and per creator, of 50 million posts of 1 million creators in Parquet.
The peer is the two queries that an expert would write for the same, exact too: quantile_cont over the ratios
of posts, and over those of creators' sums, without a limit to its memory. csv: 5 million posts, of which 1
in 100 is damaged and 1 in 4 has a line break in its caption, validated into Parquet. The peer is DuckDB's
read_csv with the types that it finds, into Parquet: the damaged columns stay text.

Each run is a process of its own; the two sides take turns. The data are made from a hash of their number, and
deleted.

    python tools/benches/ingest.py posts|csv [--smoke]
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sizes import peak_mb

ROUNDS = 3
THREADS = 2
NAMES = {"posts": "posts50m", "csv": "csv5m"}
ROWS = {"posts": 50_000_000, "csv": 5_000_000}
SMOKE = {"posts": 200_000, "csv": 20_000}
POSTS_OF_ONE = 50
CREATORS = """
COPY (
    SELECT 'creator_' || lpad(i::VARCHAR, 7, '0') AS creator, TIMESTAMPTZ '2026-08-24 00:00:00Z' AS as_of,
        exp(6.9 + hash(i, 1) % 1000000 / 1e6 * 7.5)::BIGINT AS followers, 'niche ' || hash(i, 2) % 12 AS niche
    FROM range({creators}) t(i)
) TO '{folder}/creators.parquet';
"""
POSTS = """
COPY (
    SELECT 'p' || i AS post, 'creator_' || lpad(c::VARCHAR, 7, '0') AS creator,
        TIMESTAMPTZ '2026-01-01 00:00:00Z' + to_seconds((hash(i, 4) % 20000000)::BIGINT) AS posted_at,
        CASE WHEN hash(i, 9) % 50 > 0 THEN (exp(6.9 + hash(c, 1) % 1000000 / 1e6 * 7.5 - 5.5
            + (hash(i, 5) % 1000 + hash(i, 6) % 1000 + hash(i, 7) % 1000) / 1e3))::BIGINT END AS likes,
        CASE WHEN hash(i, 10) % 100 > 0 THEN (hash(i, 8) % 50)::BIGINT END AS comments
    FROM (SELECT i, hash(i, 3) % {creators} AS c FROM range({first}, {rows}) t(i))
) TO '{folder}/posts{part}.parquet';
"""
CSV = """
COPY (
    SELECT substr(translate(md5(i::VARCHAR), 'f', 'Z'), 1, 11) AS shortcode,
        'creator_' || hash(i, 3) % {creators} AS username,
        strftime(TIMESTAMP '2026-01-01' + to_seconds((hash(i, 4) % 20000000)::BIGINT), '%Y-%m-%dT%H:%M:%S')
            || CASE WHEN damage = 0 THEN '' ELSE 'Z' END AS timestamp,
        CASE damage WHEN 1 THEN '1.2k' WHEN 2 THEN ''
            ELSE exp(2 + (hash(i, 5) % 1000 + hash(i, 6) % 1000) / 2e2)::BIGINT::VARCHAR END AS likes,
        (hash(i, 8) % 50)::VARCHAR AS comments,
        CASE WHEN hash(i, 11) % 5 = 0 THEN 'true' ELSE 'false' END AS is_sponsored,
        CASE WHEN hash(i, 12) % 4 = 0 THEN 'look, a "new" day' || chr(10) || '#' || hash(i, 13) % 1000
            ELSE 'cosy view ' || hash(i, 13) % 100000 END AS caption
    FROM (
        SELECT i, CASE WHEN hash(i, 9) % 100 < {damaged} THEN hash(i, 10) % 3 ELSE 3 END AS damage
        FROM range({rows}) t(i)
    )
) TO '{folder}/posts.csv' (HEADER);
"""
DAMAGED = 1  # in 100
PEERS = {
    "posts": (
        """
        SELECT {tier} AS tier, count(*), sum(engagements) / sum(followers),
            quantile_cont(engagements / followers, [0.05, 0.25, 0.5, 0.75, 0.95])
        FROM (
            SELECT likes + coalesce(comments, 0) AS engagements, followers
            FROM '{folder}/posts.parquet' JOIN '{folder}/creators.parquet' USING (creator)
            WHERE likes IS NOT NULL
        ) GROUP BY tier ORDER BY tier
        """,
        """
        SELECT tier, count(*), quantile_cont(rate, [0.05, 0.25, 0.5, 0.75, 0.95])
        FROM (
            SELECT creator, {tier} AS tier, sum(likes + coalesce(comments, 0)) / sum(followers) AS rate
            FROM '{folder}/posts.parquet' JOIN '{folder}/creators.parquet' USING (creator)
            WHERE likes IS NOT NULL GROUP BY ALL
        ) GROUP BY tier ORDER BY tier
        """,
    ),
    "csv": ("COPY (FROM read_csv('{folder}/posts.csv')) TO '{folder}/peer.parquet' (COMPRESSION zstd)",),
}


def main() -> None:
    """Measure one task and print its numbers on one line of JSON."""
    task, smoke = sys.argv[1], "--smoke" in sys.argv
    rows = (SMOKE if smoke else ROWS)[task]
    with tempfile.TemporaryDirectory(prefix="nanospread-bench-") as folder:
        child("made", task, folder, str(rows))
        runs = [
            (child("ours", task, folder), child("peer", task, folder)) for _ in range(1 if smoke else ROUNDS)
        ]
    ours, peer = (min(run[side]["seconds"] for run in runs) for side in (0, 1))
    peak, held = (max(run[side]["peak_mb"] for run in runs) for side in (0, 1))
    print(f"{NAMES[task]}: {ours:.2f} s against {peer:.2f} s of DuckDB alone, which held {held:.0f} MB")
    print(json.dumps({f"{NAMES[task]}_vs_duckdb": ours / peer, f"{NAMES[task]}_peak_mb": peak}))


def child(step: str, task: str, folder: str, *more: str) -> dict[str, float]:
    """Return what a step prints that runs in a process of its own.

    This process imports next to nothing, as a child's peak memory is never told as less than its parent's.
    """
    command = [sys.executable, __file__, step, task, folder, *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    numbers: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return numbers


def made(task: str, folder: str, rows: str) -> None:
    """Make the data."""
    sql = {"posts": CREATORS + POSTS, "csv": CSV}[task]
    with connected(memory_limit="2GB", temp_directory=f"{folder}/spill") as connection:
        creators = max(int(rows) // POSTS_OF_ONE, 1)
        connection.execute(
            sql.format(folder=folder, rows=rows, creators=creators, damaged=DAMAGED, first=0, part="")
        )


def connected(**config: str):
    import duckdb

    connection = duckdb.connect(config={"threads": THREADS, **config})
    connection.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = false")
    return connection


def ours(task: str, folder: str) -> float:
    """Return the seconds of nanospread."""
    from nanospread.creators import partitions, stored_rates
    from nanospread.ingest import streams
    from nanospread.store import bulk

    place, into = Path(folder), Path(folder) / "into"
    into.mkdir(exist_ok=True)
    start = time.perf_counter()
    if task == "posts":
        found = partitions.tables([place / "posts.parquet"], [place / "creators.parquet"])
        stored_rates.engagement(*found, into=into, distinct=True, threads=THREADS)
    else:
        bulk.posts(streams.delimited(place / "posts.csv"), as_of=None, into=into, threads=THREADS)
    return time.perf_counter() - start


def peer(task: str, folder: str) -> float:
    """Return the seconds of DuckDB alone."""
    from nanospread.creators import tiers

    lows = sorted(tiers.table("instagram")["low"], reverse=True)
    tier = "CASE " + " ".join(f"WHEN followers >= {low} THEN {low}" for low in lows) + " END"
    with connected(temp_directory=f"{folder}/spill") as connection:
        start = time.perf_counter()
        for query in PEERS[task]:
            connection.execute(query.format(folder=folder, tier=tier)).fetchall()
        return time.perf_counter() - start


STEPS = {"made": made, "ours": ours, "peer": peer}

if __name__ == "__main__":
    if sys.argv[1] in STEPS:
        seconds = STEPS[sys.argv[1]](*sys.argv[2:])
        print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))
    else:
        main()
