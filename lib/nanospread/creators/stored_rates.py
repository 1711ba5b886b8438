"""Posts and follower counts as Parquet files -> engagement by tier and niche, and sums of each creator.

Held in memory are one row for each creator, and for each group one for each millionth that occurs in it of
the engagement rate, ER = (likes + comments) / followers. Sums are of whole numbers and quantiles come from
counts: figures are the same to the bit whatever the threads, the order of the rows and the number of files.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core import errors
from nanospread.creators import tiers
from nanospread.ingest.cells import UNKNOWN
from nanospread.ingest.platforms import PLATFORM
from nanospread.store import duck

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection

GROUPS = ("tier", "niche")
GRID = 1_000_000  # steps of ER in which posts are counted: engagements per million followers
QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
CREATORS = "sums-of-creators.parquet"


@dataclass(frozen=True)
class Engagement:
    """Figures of all posts of the creators with a follower count."""

    groups: pd.DataFrame  # by, posts, creators, p5, p25, median, p75, p95, pooled, engagements, followers
    creators: Path  # Parquet: creator, posts, rated, likes, comments, engagements, by creator


def engagement(
    posts: Sequence[Path],
    creators: Sequence[Path],
    by: Sequence[str] = ("tier",),
    *,
    into: Path,
    platform: str = PLATFORM,
    memory: str = "600MB",
    threads: int = 2,
) -> Engagement:
    """Return the distribution of ER per post in each group, and the sums of each creator's posts.

    A post's followers are the count dated last at or before it; else the earliest dated after it; else the
    undated one. Only posts whose likes are known have an ER; comments that are not known count as none. The
    niche is the newest that is given. So it is metrics.summary(metrics.per_post(posts), by) of all posts, but
    for the quantiles: they are of ER cut to whole parts per million, and so less than 0.000001 below.

    posts, creators: Parquet files with the columns of tables.Tables, each key once in all. by: tier, niche or
    both. into: a folder, for the file of sums and for what does not fit into `memory`. platform: as whose
    sizes are cut. threads: of DuckDB.
    """
    for name in by:
        if name not in GROUPS:
            raise errors.unknown("group", name, GROUPS)
    sums = Path(into) / CREATORS
    with _opened(posts, creators, Path(into), platform, memory, threads) as connection:
        _sum(connection, sums)
        steps, makers = _steps(connection, by), _makers(connection, by)
        niches = [name for (name,) in connection.execute("SELECT name FROM niches ORDER BY niche").fetchall()]
    return Engagement(_named(_groups(steps, makers, list(by)), niches), sums)


@contextlib.contextmanager
def _opened(
    posts: Sequence[Path], creators: Sequence[Path], scratch: Path, platform: str, memory: str, threads: int
) -> Iterator["Connection"]:
    """Hold a DuckDB with the view `posts`, and the tables `counted` and `niches`."""
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix=".rates-") as spill,
        duck.connected(memory, threads) as connection,
    ):
        folder = spill.replace("'", "''")
        connection.execute(f"SET temp_directory = '{folder}'; SET preserve_insertion_order = false")
        for name, files in (("posts", posts), ("given", creators)):
            connection.read_parquet([str(file) for file in files]).create_view(name)
        _count(connection, platform)
        yield connection


def _count(connection: "Connection", platform: str) -> None:
    """Make the table `counted`: from when to when each follower count of a creator holds, its tier and niche.

    Tiers and niches are numbers, which group faster than names.
    """
    *edges, top = tiers.table(platform)["low"].to_list()[::-1]
    cases = " ".join(f"WHEN followers >= {low} THEN {len(edges) - at}" for at, low in enumerate(edges))
    connection.execute(f"""
        CREATE TEMP TABLE newest AS
            SELECT creator, coalesce(
                arg_max(niche, coalesce(as_of, '-infinity')) FILTER (niche <> '{UNKNOWN}'), '{UNKNOWN}'
            ) AS name FROM given GROUP BY creator;
        CREATE TEMP TABLE niches AS
            SELECT name, (row_number() OVER (ORDER BY name))::INTEGER AS niche
            FROM (SELECT DISTINCT name FROM newest);
        CREATE TEMP TABLE counted AS
            SELECT creator, followers, niche, since, until,
                (CASE {cases} WHEN followers >= {top} THEN 0 END)::TINYINT AS tier
            FROM (
                SELECT creator, followers,
                    CASE WHEN lag(as_of) OVER dates IS NULL THEN '-infinity' ELSE as_of END AS since,
                    coalesce(lead(as_of) OVER dates, 'infinity') AS until
                FROM given
                WHERE as_of IS NOT NULL OR creator NOT IN (SELECT creator FROM given WHERE as_of IS NOT NULL)
                WINDOW dates AS (PARTITION BY creator ORDER BY as_of)
            ) JOIN newest USING (creator) JOIN niches USING (name)
    """)


def _sum(connection: "Connection", into: Path) -> None:
    """Make the table `sums` of each creator's posts, and its file."""
    connection.execute("""
        CREATE TEMP TABLE sums AS
            SELECT creator, count(*) AS posts, count(likes) AS rated, sum(likes)::BIGINT AS likes,
                sum(CASE WHEN likes IS NOT NULL THEN comments END)::BIGINT AS comments
            FROM posts GROUP BY creator
    """)
    rows = connection.sql("""
        SELECT creator, posts, rated, coalesce(likes, 0) AS likes, coalesce(comments, 0) AS comments,
            coalesce(likes, 0) + coalesce(comments, 0) AS engagements
        FROM sums ORDER BY creator
    """)
    rows.write_parquet(str(into), compression="zstd")


def _steps(connection: "Connection", by: Sequence[str]) -> pd.DataFrame:
    """Return by group and step of ER: posts, and the sums of engagements and followers; sorted."""
    keys = ", ".join(by)
    return connection.execute(f"""
        SELECT {keys}, engagements * {GRID} // followers AS step, count(*) AS posts,
            sum(engagements)::BIGINT AS engagements, sum(followers)::BIGINT AS followers
        FROM (
            SELECT {keys}, likes + coalesce(comments, 0) AS engagements, followers FROM {_rated(connection)}
        )
        GROUP BY ALL ORDER BY ALL
    """).df()


def _rated(connection: "Connection") -> str:
    """Return the SQL of posts with known likes and the count that holds at their time."""
    several = "SELECT count(*) > count(DISTINCT creator) FROM counted"
    ((several,),) = connection.execute(several).fetchall()
    at = " AND posted_at >= since AND posted_at < until" if several else ""
    return f"posts JOIN counted ON posts.creator = counted.creator AND likes IS NOT NULL{at}"


def _makers(connection: "Connection", by: Sequence[str]) -> pd.DataFrame:
    """Return by group the creators of rated posts.

    Most creators are in one group at all times, so that their sums tell; the posts of the others are asked.
    """
    keys = ", ".join(by)
    return connection.execute(f"""
        WITH held AS (SELECT DISTINCT creator, {keys} FROM counted),
            moved AS (SELECT creator FROM held GROUP BY creator HAVING count(*) > 1),
            made AS (
                SELECT creator, {keys} FROM held JOIN sums USING (creator)
                WHERE rated > 0 AND creator NOT IN (FROM moved)
                UNION ALL
                SELECT DISTINCT counted.creator, {keys} FROM {_rated(connection)}
                WHERE counted.creator IN (FROM moved)
            )
        SELECT {keys}, count(*) AS creators FROM made GROUP BY ALL
    """).df()


def _groups(steps: pd.DataFrame, makers: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the figures of each group from its steps."""
    found = steps.groupby(by, sort=True)  # who is below the smallest tier is in none
    sums = found[["posts", "engagements", "followers"]].sum()
    quantiles = pd.DataFrame(
        [_quantiles(group["step"].to_numpy(), group["posts"].to_numpy()) for _, group in found],
        index=sums.index,
        columns=list(QUANTILES),
    )
    pooled = (sums["engagements"] / sums["followers"]).rename("pooled")
    whole = sums.join([makers.set_index(by)["creators"], quantiles, pooled])
    order = ["posts", "creators", *QUANTILES, "pooled", "engagements", "followers"]
    return whole[order].reset_index()


def _quantiles(steps: NDArray[np.int64], posts: NDArray[np.int64]) -> list[float]:
    """Return the quantiles of steps that occur so often, interpolated as numpy.quantile does."""
    ends = posts.cumsum()
    at = np.array(list(QUANTILES.values())) * (ends[-1] - 1)
    below = np.floor(at)
    above = np.minimum(below + 1, ends[-1] - 1)
    low, high = (steps[np.searchsorted(ends, place, side="right")] for place in (below, above))
    return list((low + (high - low) * (at - below)) / GRID)


def _named(groups: pd.DataFrame, niches: Sequence[str]) -> pd.DataFrame:
    """Return groups with the names of their tiers and niches."""
    if "niche" in groups:
        groups = groups.assign(niche=pd.Series([niches[n - 1] for n in groups["niche"]], dtype="str"))
    if "tier" in groups:
        names = pd.Series([tiers.ORDER[int(n)] for n in groups["tier"]], dtype="str")
        groups = groups.assign(tier=names.astype(pd.CategoricalDtype(list(tiers.ORDER), ordered=True)))
    return groups
