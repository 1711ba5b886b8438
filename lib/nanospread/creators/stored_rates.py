"""Posts and follower counts as Parquet files -> engagement by tier and niche, of posts and of creators.

ER = (likes + comments) / followers. Everything counted is a whole number: sums of each creator, and in each
group how many posts and creators have which millionth of ER. Whole numbers add up to the same whatever comes
first, so figures are the same to the bit whatever the partitions, their order, the threads and the workers.

Each partition is first dealt into buckets of creators (`partitions`), then each bucket is counted, then the
counts of each group are added up, here or by an executor's workers. The caller holds names of files and one
row for each group. Few posts, and those of a store, of which none is there twice, are one bucket.
"""

import contextlib
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread import store
from nanospread.core import errors, scratch
from nanospread.core.cluster import ClusterLost
from nanospread.creators import partitions, tiers
from nanospread.creators.metrics import QUANTILES, ratio_of_sums
from nanospread.creators.partitions import Table
from nanospread.ingest.cells import UNKNOWN
from nanospread.ingest.platforms import PLATFORM
from nanospread.ingest.schemas import NEWER
from nanospread.store import duck

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection

Answer = TypeVar("Answer")
Source = tuple[str, str, list[str]]  # queries for posts and for follower counts, and the files that they read
Progress = Callable[[int, int], None]  # of tasks: how many are done, of how many

GROUPS = ("tier", "niche")
GRID = 1_000_000  # steps of ER in which posts are counted: engagements per million followers
USED = "used"
# Why a post has no rate; follows on the reasons of `partitions` in files and lists.
LATER = (
    NEWER,
    "repeated post: of one moment, the one with most likes counts",
    "no follower count of its creator",
    "followers below the smallest tier",
    "likes hidden",
)
REASONS = (*partitions.REASONS, *LATER)
OLDER, SAME, NO_COUNT, BELOW, HIDDEN = range(len(partitions.REASONS), len(REASONS))
SAME_COUNT = "repeated creator and date: the largest count is kept"
SUMS = ("posts", "creators", "hidden", "engagements", "followers", "comments", "comments_known", "of_known")
FIGURES = (
    *("posts", "creators", "hidden", *QUANTILES, "mean", "pooled"),
    *(f"creator_{name}" for name in QUANTILES),
    *("comment_share", "comments_known", "engagements", "followers"),
)
ACCOUNT = ("table", "outcome", "rows")
TRIES = 3  # of a task whose worker was lost
PARTS = 16  # into which the counts of groups are dealt, each added up by one task


@dataclass(frozen=True)
class Rates:
    """Engagement of many posts, and what became of every row.

    groups: the columns `by` and `FIGURES`. account: table, outcome, rows; they add up to those of the files.
    """

    groups: pd.DataFrame
    account: pd.DataFrame


@dataclass(frozen=True)
class CountOptions:
    """How posts are counted. parts: into which counts are dealt by group. threads: of DuckDB."""

    by: tuple[str, ...]
    platform: str
    own: bool
    distinct: bool
    into: Path
    parts: int
    threads: int


@dataclass(frozen=True)
class PartialCounts:
    """Files of counts by part, and rows by (table, outcome)."""

    files: dict[int, list[str]]
    outcomes: Mapping[tuple[str, str], int]


def rates(
    place: Path | str,
    by: str | Sequence[str] = "tier",
    *,
    platform: str = PLATFORM,
    executor: Executor | None = None,
    shared: Path | str | None = None,
    progress: Progress | None = None,
) -> Rates:
    """Return the engagement of all posts of a store, or of a folder of Parquet files.

    A file with a column likes holds posts (post, creator, likes, comments, posted_at; read_at, platform), one
    with followers alone follower counts (creator, followers; as_of, niche, platform). Without any of the
    latter, posts need followers of their own instead of a date, and may have a niche. A post, known by its id
    and creator, counts once, in its newest reading (read_at), in however many files it is.

    Parameters
    ----------
    place : path
        A store, or a folder with files `*.parquet` in it or in folders below it.
    by : str or sequence of str
        Groups: "tier", "niche" or both.
    platform : str
        Whose rows are counted, and as whose sizes are cut; a row that names none is of Instagram.
    executor : concurrent.futures.Executor, optional
        Whose workers deal and count the files, each with one thread; they see the files at the same path.
    shared : path, optional
        A folder that all workers see, for what they hand on: about 35 bytes a post.
    progress : callable, optional
        Called with how many tasks are done, and of how many.

    Returns
    -------
    Rates
        Its frame `groups` has by group posts [posts], creators [accounts], hidden [posts whose likes are
        hidden], quantiles and mean of ER per post and quantiles of ER per creator (creator_p5 to creator_p95)
        [1]. Its frame `account` has by table what became of every row.

    Raises
    ------
    InputError
        No such folder, no posts, a file that cannot be read or lacks a column, an unknown group.

    Examples
    --------
    >>> import duckdb, tempfile
    >>> place = tempfile.TemporaryDirectory()
    >>> posts = "'ann' AS creator, 'p' || i AS post, 90 + i AS likes, 5 AS comments, 5000 AS followers"
    >>> duckdb.sql(f"SELECT {posts} FROM range(3) t(i)").write_parquet(f"{place.name}/2026-10.parquet")
    >>> ns.stored_rates.rates(place.name).groups[["tier", "posts", "creators", "median", "pooled"]]
       tier  posts  creators  median  pooled
    0  nano      3         1  0.0192  0.0192
    >>> place.cleanup()
    """
    path = Path(place).resolve()
    if not path.is_dir():
        raise errors.InputError(f"'{place}' is no folder")
    stored = store.is_store(path)
    if stored and executor is not None:
        raise errors.InputError(
            f"'{place}' is a store, which one machine merges: workers count Parquet files"
        )
    with scratch.folder() if shared is None else _within(Path(shared)) as into:
        if stored:
            files = store.merged_files(path, into, platform=platform)
            tables = partitions.tables([files["posts"]], [files["creators"]], platform)
        else:
            tables = partitions.folder(path, platform)
        return engagement(*tables, by, into=into, distinct=stored, executor=executor, progress=progress)


@contextlib.contextmanager
def _within(shared: Path) -> Iterator[Path]:
    """Make a folder in one that all workers see, which goes away with the block."""
    if not shared.is_dir():
        raise errors.InputError(f"'{shared}' is no folder")
    with tempfile.TemporaryDirectory(
        dir=shared.resolve(), prefix="nanospread-", ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def engagement(
    posts: Table,
    creators: Table,
    by: str | Sequence[str] = "tier",
    *,
    into: Path,
    distinct: bool = False,
    threads: int = 2,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Rates:
    """Return the distribution of ER per post and per creator in each group, and what became of every row.

    A post's followers are the count dated last at or before it; else the earliest dated after it; else the
    undated one. Only posts whose likes are known have an ER; comments that are not known count as none. The
    niche is the newest that is given. So it is metrics.summary(metrics.per_post(posts), by) of all posts, but
    for mean and quantiles: they are of ER cut to whole parts per million, and so less than 0.000001 below. A
    creator's ER in a group is the ratio of the sums of its posts there.

    posts, creators: as from `partitions.tables`. by: tier, niche or both. into: a folder for files of counts,
    which all workers see. distinct: no post is there twice. threads: of DuckDB, where no executor is given;
    a worker has one.

    Raises: InputError: an unknown group, a file that cannot be read, or a task whose workers were all lost.
    """
    groups = tuple(dict.fromkeys([by] if isinstance(by, str) else by))
    for name in groups or [""]:
        if name not in GROUPS:
            raise errors.unknown("group", name, GROUPS)
    n_buckets = 1 if distinct and executor is None else partitions.buckets(posts)
    parts, threads = PARTS if n_buckets > 1 else 1, threads if executor is None else 1
    how = CountOptions(groups, posts.platform, posts.own, distinct, into, parts, threads)
    lots = [(table, lot) for table in (posts, creators) if n_buckets > 1 for lot in partitions.deals(table)]
    tasks = _Tasks(executor, progress, len(lots) + n_buckets + how.parts)
    sources = _dealt(tasks, how, posts, creators, lots, n_buckets) if lots else _undealt(posts, creators)
    partial_counts = list(tasks.answers(count, [(how, *source) for source in sources]))
    outcomes = Counter[tuple[str, str]]()
    for counts in partial_counts:
        outcomes.update(counts.outcomes)
    _check_read(outcomes, posts, creators)
    by_part: dict[int, list[str]] = defaultdict(list)
    for counts in partial_counts:
        for part, files in counts.files.items():
            by_part[part].extend(files)
    frames = tasks.answers(figures, [(how, by_part[part]) for part in range(how.parts)])
    return Rates(_sorted(frames, how.by), _account(outcomes))


def _check_read(outcomes: Mapping[tuple[str, str], int], *tables: Table) -> None:
    """Raise InputError where other rows were read than the files said to have."""
    for table in tables:
        n_read = sum(rows for (name, _), rows in outcomes.items() if name == table.name)
        if n_read != table.rows:
            raise errors.InputError(
                f"{n_read:,} rows of {table.name} were read, and their files said {table.rows:,}: they "
                "changed meanwhile, or workers see others"
            )


def _account(outcomes: Mapping[tuple[str, str], int]) -> pd.DataFrame:
    """Return rows by table and outcome: those used first, then refusals in the order of judging."""
    order = [USED, *REASONS, SAME_COUNT]
    rows = sorted(outcomes.items(), key=lambda row: (row[0][0] != "posts", order.index(row[0][1])))
    frame = pd.DataFrame([(*key, number) for key, number in rows], columns=ACCOUNT)
    return frame.astype({"table": "str", "outcome": "str", "rows": "int64"})


def _sorted(frames: Iterable[pd.DataFrame], by: Sequence[str]) -> pd.DataFrame:
    """Return the groups of all tasks, with their tiers by name, in order."""
    groups = pd.concat(frames, ignore_index=True).sort_values(list(by), ignore_index=True)
    if "tier" in by:
        names = pd.Series([tiers.ORDER[at] for at in groups["tier"]], dtype="str")
        groups["tier"] = names.astype(pd.CategoricalDtype(list(tiers.ORDER), ordered=True))
    return groups


class _Tasks:
    """Work done here or by an executor's workers, again where one was lost, and told as it gets done."""

    def __init__(self, executor: Executor | None, progress: Progress | None, total: int) -> None:
        self.executor, self.progress, self.total, self.ended = executor, progress, total, 0

    def answers(self, function: Callable[..., Answer], tasks: Sequence[tuple[Any, ...]]) -> Iterator[Answer]:
        """Yield what a function returns for each task, in the order in which they get done."""
        local = (function(*task) for task in tasks)
        for answer in local if self.executor is None else self._from_workers(self.executor, function, tasks):
            self.ended += 1
            if self.progress:
                self.progress(self.ended, self.total)
            yield answer

    def _from_workers(
        self, executor: Executor, function: Callable[..., Answer], tasks: Sequence[tuple[Any, ...]]
    ) -> Iterator[Answer]:
        pending = {executor.submit(function, *task): (task, 1) for task in tasks}
        try:
            while pending:
                done, _ = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    task, attempts = pending.pop(future)
                    if _lost(future, attempts):
                        pending[executor.submit(function, *task)] = task, attempts + 1
                    else:
                        yield future.result()
        finally:
            for future in pending:
                future.cancel()


def _lost(future: Future[Any], attempts: int) -> bool:
    """Return if a task is to be done again. Raises: InputError where that was done often enough."""
    error = None if future.cancelled() else future.exception()
    if not future.cancelled() and (error is None or isinstance(error, errors.InputError | ClusterLost)):
        return False
    if attempts == TRIES:
        reason = f"{type(error).__name__}: {error}" if error else "cancelled"
        raise errors.InputError(f"workers failed {TRIES} times at one task: {reason}") from error
    return True


def _undealt(posts: Table, creators: Table) -> list[Source]:
    of_posts, of_counts = list(posts.files), list(creators.files)
    queries = partitions.rows(posts, of_posts), partitions.rows(creators, of_counts)
    return [(*queries, [*of_posts, *of_counts])]


def _dealt(
    tasks: _Tasks,
    how: CountOptions,
    posts: Table,
    creators: Table,
    lots: Sequence[tuple[Table, list[str]]],
    n_buckets: int,
) -> list[Source]:
    limits = how.into, n_buckets, how.threads
    arguments = [(table.name, partitions.rows(table, lot), lot, *limits) for table, lot in lots]
    dealt: dict[tuple[str, int], list[str]] = defaultdict(list)
    for files in tasks.answers(partitions.deal, arguments):
        for key, paths in files.items():
            dealt[key].extend(paths)
    of_buckets = [(dealt["posts", at], dealt["creators", at]) for at in range(n_buckets)]
    return [
        (partitions.bucket(posts, each), partitions.bucket(creators, counts), [*each, *counts])
        for each, counts in of_buckets
    ]


def count(how: CountOptions, posts: str, creators: str, files: Sequence[str]) -> PartialCounts:
    """Count the posts of all creators of a source, into files by group."""
    with duck.connected(partitions.MEMORY, how.threads) as connection, partitions.faults(connection, files):
        connection.execute(f"SET preserve_insertion_order = false; CREATE TEMP VIEW told AS {posts}")
        outcomes = Counter[tuple[str, str]]()
        if not how.own:
            outcomes += _hold(connection, creators, how.platform)
        view = "told" if how.distinct else _newest(connection)
        _tally(connection, how, view)
        outcomes += _outcomes(connection)
        return PartialCounts(partitions.written(connection, _counts(how), how.into), outcomes)


def _hold(connection: "Connection", creators: str, platform: str) -> Counter[tuple[str, str]]:
    """Make the table `held`: from when to when each follower count of a creator holds, its tier and niche.

    Niches are numbers, of the table `niches`: they group faster than names.
    """
    connection.execute(f"""
        CREATE TEMP VIEW counts AS {creators};
        CREATE TEMP TABLE named AS
            SELECT creator, coalesce(
                (max({{'at': coalesce(as_of, '-infinity'), 'name': niche}}) FILTER ({_known("niche")})).name,
                '{UNKNOWN}'
            ) AS name FROM counts WHERE why IS NULL GROUP BY creator;
        {_niches("named")};
        CREATE TEMP TABLE dated AS
            SELECT creator, as_of, max(followers) AS followers, count(*) AS rows
            FROM counts WHERE why IS NULL GROUP BY ALL;
        CREATE TEMP TABLE held AS
            SELECT creator, followers, niche, since, until, {_tier(platform)} AS tier
            FROM (
                SELECT creator, followers,
                    CASE WHEN lag(as_of) OVER dates IS NULL THEN '-infinity' ELSE as_of END AS since,
                    coalesce(lead(as_of) OVER dates, 'infinity') AS until
                FROM dated
                WHERE as_of IS NOT NULL OR creator NOT IN (SELECT creator FROM dated WHERE as_of IS NOT NULL)
                WINDOW dates AS (PARTITION BY creator ORDER BY as_of)
            ) JOIN named USING (creator) JOIN niches USING (name)
    """)
    n_used, n_repeated = duck.one(
        connection, "SELECT count(*), coalesce(sum(rows) - count(*), 0)::BIGINT FROM dated"
    )
    counts = Counter({("creators", USED): n_used, ("creators", SAME_COUNT): n_repeated})
    refused = connection.execute("SELECT why, count(*) FROM counts WHERE why IS NOT NULL GROUP BY why")
    return counts + Counter({("creators", REASONS[why]): rows for why, rows in refused.fetchall()})


def _known(column: str) -> str:
    return f"{column} NOT IN ('', '{UNKNOWN}')"


def _niches(table: str) -> str:
    """Return the SQL that numbers the names of a table."""
    return f"""
        CREATE TEMP TABLE niches AS
            SELECT name, (row_number() OVER (ORDER BY name))::INTEGER AS niche
            FROM (SELECT DISTINCT name FROM {table})
    """


def _tier(platform: str) -> str:
    """Return the SQL of the place of a follower count in tiers.ORDER; NULL below the smallest."""
    lows = tiers.table(platform)["low"].to_list()
    cases = " ".join(f"WHEN followers >= {low} THEN {at}" for at, low in reversed(list(enumerate(lows))))
    return f"(CASE {cases} END)::TINYINT"


def _newest(connection: "Connection") -> str:
    """Return the SQL of all posts, of which only the newest reading is not refused.

    Of readings of one moment, or without one, the one with most likes: whatever file it is in.
    """
    connection.execute("""
        CREATE TEMP TABLE again AS
            SELECT creator, post FROM told WHERE why IS NULL GROUP BY ALL HAVING count(*) > 1
    """)
    if not duck.one(connection, "SELECT count(*) FROM again")[0]:
        return "told"
    columns = [name for name in connection.table("told").columns if name not in ("creator", "post", "why")]
    order = ", ".join(f"{name} DESC NULLS LAST" for name in sorted(columns, key="read_at".__ne__))
    all_columns = ", ".join(["creator", "post", *columns])
    accepted = f"(SELECT {all_columns} FROM told WHERE why IS NULL)"
    connection.execute(f"""
        CREATE TEMP VIEW given AS
            SELECT {all_columns}, why FROM told WHERE why IS NOT NULL
            UNION ALL SELECT {all_columns}, NULL FROM {accepted} ANTI JOIN again USING (creator, post)
            UNION ALL SELECT {all_columns}, CASE
                    WHEN row_number() OVER readings = 1 THEN NULL
                    WHEN read_at IS DISTINCT FROM first_value(read_at) OVER readings THEN {OLDER}
                    ELSE {SAME}
                END
                FROM {accepted} SEMI JOIN again USING (creator, post)
                WINDOW readings AS (PARTITION BY creator, post ORDER BY {order})
    """)
    return "given"


def _tally(connection: "Connection", how: CountOptions, view: str) -> None:
    """Make the table `tallied`: posts by reason, group and step of ER, and by creator and group."""
    keys = ", ".join(how.by)
    sums = {name: f"(sum({name}) FILTER (why IS NULL))" for name in ("engagements", "followers", "comments")}
    sums["of_known"] = "(sum(engagements) FILTER (why IS NULL AND comments IS NOT NULL))"
    connection.execute(f"""
        CREATE TEMP TABLE tallied AS
            SELECT {keys}, why, step, grouping(step) AS of_creator, count(*) AS rows,
                count(*) FILTER (why IS NULL) AS posts,
                count(comments) FILTER (why IS NULL) AS comments_known,
                {", ".join(f"coalesce({total}, 0)::BIGINT AS {name}" for name, total in sums.items())}
            FROM (
                SELECT *, engagements * {GRID} // followers AS step FROM (
                    SELECT {keys}, creator, followers, comments, likes + coalesce(comments, 0) AS engagements,
                        coalesce(why, CASE
                            WHEN followers IS NULL THEN {NO_COUNT} WHEN tier IS NULL THEN {BELOW}
                            WHEN likes IS NULL THEN {HIDDEN}
                        END)::TINYINT AS why
                    FROM ({_placed(connection, how, view)})
                )
            )
            GROUP BY GROUPING SETS (({keys}, why, step), ({keys}, creator))
    """)


def _placed(connection: "Connection", how: CountOptions, view: str) -> str:
    """Return the SQL of posts with the follower count that holds at their time, its tier and niche."""
    if how.own:
        name = f"CASE WHEN {_known('niche')} THEN niche ELSE '{UNKNOWN}' END"
        connection.execute(f"CREATE TEMP VIEW named AS SELECT {name} AS name FROM {view}; {_niches('named')}")
        with_tier = f"SELECT * REPLACE ({name} AS niche), {_tier(how.platform)} AS tier FROM {view}"
        return (
            f"SELECT own.* EXCLUDE niche, niches.niche FROM ({with_tier}) own JOIN niches ON name = own.niche"
        )
    (has_several,) = duck.one(connection, "SELECT count(*) > count(DISTINCT creator) FROM held")
    period = " AND posted_at >= since AND posted_at < until" if has_several else ""
    columns = f"{view}.*, held.followers, held.tier, held.niche"
    return f"SELECT {columns} FROM {view} LEFT JOIN held ON {view}.creator = held.creator{period}"


def _outcomes(connection: "Connection") -> Counter[tuple[str, str]]:
    totals = connection.execute(
        "SELECT why, sum(rows)::BIGINT FROM tallied WHERE of_creator = 0 GROUP BY why"
    )
    return Counter(
        {("posts", USED if why is None else REASONS[why]): rows for why, rows in totals.fetchall()}
    )


def _counts(how: CountOptions) -> str:
    """Return the SQL of SUMS by group and step, of posts and of creators, and to which part each belongs."""
    keys = ", ".join(how.by)
    expressions = {"tier": "tier", "niche": "name AS niche"}
    columns = ", ".join(expressions[key] for key in how.by)
    join = "JOIN niches USING (niche)" if "niche" in how.by else ""
    step = f"(engagements::HUGEINT * {GRID} // followers)::BIGINT"
    return f"""
        SELECT *, hash({keys}) % {how.parts} AS part FROM (
            SELECT {columns}, coalesce(step, -1) AS step, {", ".join(SUMS)} FROM (
                SELECT {keys}, step, posts, 0 AS creators, rows - posts AS hidden, engagements, followers,
                    comments, comments_known, of_known
                FROM tallied WHERE of_creator = 0 AND (why IS NULL OR why = {HIDDEN})
                UNION ALL
                SELECT {keys}, {step} AS step, 0, count(*), {", ".join("0" * (len(SUMS) - 2))}
                FROM tallied WHERE of_creator = 1 AND posts > 0 GROUP BY ALL
            ) {join}
        )
    """


def figures(how: CountOptions, files: Sequence[str]) -> pd.DataFrame:
    """Return the figures of the groups whose counts are in some files, those of all buckets."""
    keys = list(how.by)
    sums = ", ".join(f"sum({name})::BIGINT AS {name}" for name in SUMS)
    rows = []
    with duck.connected(partitions.MEMORY, how.threads) as connection, partitions.faults(connection, files):
        if files:
            query = f"SELECT {', '.join(keys)}, step, {sums} FROM {partitions.read(files)} GROUP BY ALL"
            steps = connection.execute(f"{query} ORDER BY ALL").df()
            groups = steps.groupby(keys, sort=True)
            rows = [(*key, *_figures(group).values()) for key, group in groups if group["posts"].any()]
    frame = pd.DataFrame(rows, columns=[*keys, *FIGURES])
    types = {name: "int64" if name in (*SUMS, "tier") else "float64" for name in frame}
    return frame.astype(types | ({"niche": "str"} if "niche" in keys else {}))


def _figures(group: pd.DataFrame) -> dict[str, float]:
    sums = group[list(SUMS)].sum()
    steps, posts, creators = (group[name].to_numpy() for name in ("step", "posts", "creators"))
    values = dict(sums) | dict(zip(QUANTILES, _quantiles(steps, posts), strict=True))
    values |= {
        f"creator_{name}": value for name, value in zip(QUANTILES, _quantiles(steps, creators), strict=True)
    }
    values |= {
        "mean": _mean(steps, posts),
        "pooled": sums["engagements"] / sums["followers"],
        "comment_share": ratio_of_sums([sums["comments"]], [sums["of_known"]]),
    }
    return {name: values[name] for name in FIGURES}


def _quantiles(steps: NDArray[np.int64], counts: NDArray[np.int64]) -> list[float]:
    """Return the quantiles of steps that occur so often, interpolated as numpy.quantile does."""
    ends = counts.cumsum()
    position = np.array(list(QUANTILES.values())) * (ends[-1] - 1)
    below = np.floor(position)
    above = np.minimum(below + 1, ends[-1] - 1)
    low, high = (steps[np.searchsorted(ends, place, side="right")] for place in (below, above))
    return list((low + (high - low) * (position - below)) / GRID)


def _mean(steps: NDArray[np.int64], posts: NDArray[np.int64]) -> float:
    """Return the mean of steps that occur so often; both halves of a step are summed as whole numbers."""
    high, low = (int(half @ posts) for half in divmod(steps, 2**32))
    return (high * 2**32 + low) / int(posts.sum()) / GRID
