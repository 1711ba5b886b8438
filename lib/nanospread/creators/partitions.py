"""A folder of Parquet files -> posts and follower counts, checked, as SQL, and dealt to buckets by creator.

A file with a column likes is a partition of posts, one with followers alone is of follower counts. A bucket
has all posts and all counts of its creators, in however many partitions they are: newest readings, counts at
a date and sums of creators need no other bucket. Accounts, and the posts of one account, are told apart by 64
bits: that any two of ten million accounts are taken for one has a chance of 3 in a million.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nanospread.core import errors, files
from nanospread.ingest import schemas
from nanospread.ingest.platforms import PLATFORM
from nanospread.store import duck

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection

SIZES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
KINDS = {  # what a column must hold, and as which types Parquet files have it
    "text": ("VARCHAR",),
    "whole numbers": (*SIZES, *(f"U{size}" for size in SIZES)),
    "dates": (
        "TIMESTAMP WITH TIME ZONE",
        "TIMESTAMP",
        *(f"TIMESTAMP_{of}" for of in ("S", "MS", "NS")),
        "DATE",
    ),
}
EMPTY = '"NULL"'  # of any kind: a column of which no row of its file has a value
COLUMNS = {
    "posts": {
        **dict.fromkeys(("creator", "post"), "text"),
        **dict.fromkeys(("likes", "comments", "followers"), "whole numbers"),
        **dict.fromkeys(("posted_at", "read_at"), "dates"),
        **dict.fromkeys(("niche", "platform"), "text"),
    },
    "creators": {
        "creator": "text",
        "followers": "whole numbers",
        "as_of": "dates",
        **dict.fromkeys(("niche", "platform"), "text"),
    },
}
NEEDED = {"posts": ("creator", "post", "likes", "comments"), "creators": ("creator", "followers")}
DEALT = {"text": "VARCHAR", "whole numbers": "BIGINT", "dates": "TIMESTAMPTZ"}
HASHED = ("creator", "post")
LEAST = {"followers": 1, "likes": 0, "comments": 0}
REFUSED = {  # by the column that is at fault; the places in REASONS are what files hold
    **{name: f"{name} {schemas.EMPTY}" for name in ("creator", "post", "posted_at", "followers")},
    **{f"{name} range": f"{name} below {least} or above {schemas.MOST:,}" for name, least in LEAST.items()},
    "platform": "of another platform",
}
REASONS = tuple(REFUSED.values())
PER_BUCKET = 4_000_000  # posts that one task counts
MOST_BUCKETS = 128  # then buckets grow: each partition is dealt into as many files
MOST_DEALS = 256
MEMORY = "600MB"  # of DuckDB, for a task
DEALING = """
    SET partitioned_write_max_open_files = 1000;
    SET partitioned_write_flush_threshold = 4000000
"""


class File(NamedTuple):
    """A Parquet file: how many rows it has, and which of our columns."""

    rows: int
    columns: frozenset[str]


@dataclass(frozen=True)
class Table:
    """The files of posts or of follower counts, by their paths.

    own: posts have their own follower counts. platform: whose rows are counted; blank is PLATFORM.
    """

    name: str
    files: Mapping[str, File]
    own: bool
    platform: str = PLATFORM

    @property
    def rows(self) -> int:
        """Return how many rows there are."""
        return sum(file.rows for file in self.files.values())

    @property
    def dealt(self) -> dict[str, str]:
        """Return the columns that are counted, with their types."""
        unused = {"platform"} if self.own or self.name == "creators" else {"platform", "followers", "niche"}
        return {
            column: "UBIGINT" if column in HASHED else DEALT[kind]
            for column, kind in COLUMNS[self.name].items()
            if column not in unused
        }


def folder(root: Path, platform: str = PLATFORM) -> tuple[Table, Table]:
    """Return the tables of posts and of follower counts of a folder and those below it, as `tables`.

    Raises: InputError as `tables` does, and for no file of posts, or one that is of neither table.
    """
    paths: dict[str, list[Path]] = {"posts": [], "creators": []}
    with duck.connected(threads=1) as connection:
        for path in _parquet(root):
            columns = _columns(connection, path)
            table = "posts" if "likes" in columns else "creators" if "followers" in columns else ""
            if not table:
                raise errors.InputError(
                    f"'{path}' has neither likes, as posts have, nor followers, as creators have; it has: "
                    f"{', '.join(columns)}"
                )
            paths[table].append(path)
    if not paths["posts"]:
        raise errors.InputError(f"'{root}' has no posts: no file *.parquet in it has a column likes")
    return tables(**paths, platform=platform)


def _parquet(root: Path) -> list[Path]:
    """Return the Parquet files below a folder, without what other tools hide or are still writing."""
    return sorted(
        path
        for path in root.rglob("*.parquet")
        if path.is_file() and not any(part[0] in "._" for part in path.relative_to(root).parts)
    )


def tables(posts: Sequence[Path], creators: Sequence[Path], platform: str = PLATFORM) -> tuple[Table, Table]:
    """Return the tables of posts and of follower counts, once each file is seen to have what is needed.

    With files of follower counts posts need their date (posted_at), without any their own count (followers).

    Raises: InputError naming file and column.
    """
    needed = (*NEEDED["posts"], "posted_at" if creators else "followers")
    with duck.connected(threads=1) as connection:
        return (
            Table("posts", _files(connection, "posts", posts, needed), not creators, platform),
            Table(
                "creators",
                _files(connection, "creators", creators, NEEDED["creators"]),
                not creators,
                platform,
            ),
        )


def _files(
    connection: "Connection", table: str, paths: Sequence[Path], needed: Iterable[str]
) -> dict[str, File]:
    entries = {}
    for path in paths:
        columns = _columns(connection, path)
        for column, kind in COLUMNS[table].items():
            if column in columns and columns[column] not in (*KINDS[kind], EMPTY):
                raise errors.InputError(
                    f"'{path}': column {column} is {columns[column]}; it must hold {kind}: "
                    f"{', '.join(KINDS[kind])}"
                )
            if column in needed and column not in columns:
                raise errors.InputError(f"'{path}' lacks the column {column}; it has: {', '.join(columns)}")
        entries[str(path)] = File(duck.rows(connection, path), frozenset(columns) & COLUMNS[table].keys())
    return entries


def _columns(connection: "Connection", path: Path) -> dict[str, str]:
    with readable(f"'{path}'"):
        relation = connection.read_parquet(str(path), hive_partitioning=False)
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


@contextlib.contextmanager
def readable(subject: str) -> Iterator[None]:
    """Turn what DuckDB says of files into one line."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise errors.InputError(f"{subject}: not enough memory for DuckDB: give it more") from None
    except duckdb.Error as error:
        raise errors.InputError(f"{subject} cannot be read: {str(error).splitlines()[0]}") from None


def rows(table: Table, paths: Sequence[str]) -> str:
    """Return the query for the rows of some files: their columns, and `why` one is refused (or NULL)."""
    if not paths:
        return _none(table)
    available = frozenset[str]().union(*(table.files[path].columns for path in paths))
    columns = ", ".join(
        _expression(column, kind, column in available) for column, kind in table.dealt.items()
    )
    return f"SELECT {columns}, {_why(table, available)} AS why FROM {read(paths)}"


def bucket(table: Table, paths: Sequence[str]) -> str:
    """Return the query for the same rows of a bucket, from the files that were dealt to it."""
    return f"FROM {read(paths)}" if paths else _none(table)


def _none(table: Table) -> str:
    columns = ", ".join(f"NULL::{kind} AS {column}" for column, kind in table.dealt.items())
    return f"SELECT {columns}, NULL::TINYINT AS why WHERE false"


def read(paths: Sequence[str]) -> str:
    """Return the SQL of all rows of some files."""
    literals = ", ".join(map(text, paths))
    return f"read_parquet([{literals}], union_by_name = true, hive_partitioning = false)"


def text(value: str) -> str:
    """Return text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def _expression(column: str, kind: str, present: bool) -> str:
    value = f"{column}::{kind}"
    if not present:
        value = f"NULL::{kind}"
    elif column in HASHED:
        value = f"hash({column})"
    elif column in LEAST:
        value = f"CASE WHEN {_in_range(column)} THEN {column}::BIGINT END"
    return f"{value} AS {column}"


def _in_range(column: str) -> str:
    return f"{column} BETWEEN {LEAST[column]} AND {schemas.MOST}"


def _why(table: Table, available: frozenset[str]) -> str:
    """Return why a row is refused, as a place in REASONS."""
    counts = [name for name in LEAST if name in table.dealt]
    platform = f"coalesce(nullif(platform, ''), '{PLATFORM}')" if "platform" in available else f"'{PLATFORM}'"
    faults = {
        **{name: f"{name} IS NULL OR {name} = ''" for name in HASHED if name in available},
        "platform": f"{platform} <> {text(table.platform)}",
        **{f"{name} range": f"NOT {_in_range(name)}" for name in counts},
        "posted_at": "false" if table.own or table.name == "creators" else "posted_at IS NULL",
        "followers": "followers IS NULL" if "followers" in counts else "false",
    }
    cases = " ".join(f"WHEN {fault} THEN {list(REFUSED).index(name)}" for name, fault in faults.items())
    return f"(CASE {cases} END)::TINYINT"


def buckets(posts: Table) -> int:
    """Return into how many buckets posts are dealt; it depends on their number alone."""
    return min(-(-posts.rows // PER_BUCKET), MOST_BUCKETS) or 1


def deals(table: Table) -> list[list[str]]:
    """Return the files of a table in lots, each the work of one task: a file of many rows, or several."""
    lot_size = n_rows = table.rows // MOST_DEALS
    lots: list[list[str]] = []
    for path, file in table.files.items():
        if n_rows >= lot_size or not lots:
            lots.append([path])
            n_rows = 0
        else:
            lots[-1].append(path)
        n_rows += file.rows
    return lots


def deal(
    table: str, query: str, paths: Sequence[str], into: Path, parts: int, threads: int
) -> dict[tuple[str, int], list[str]]:
    """Write the rows of some files into files by bucket, in a new folder; return these by table and bucket.

    query: as from `rows` of these files. threads: of DuckDB. Done twice, it writes twice: what counts
    are the files that are returned.
    """
    if not into.is_dir():
        raise errors.InputError(f"a worker does not see '{into}': name a shared folder that all workers see")
    with duck.connected(MEMORY, threads) as connection, faults(connection, paths):
        files = written(connection, f"SELECT *, creator % {parts} AS part FROM ({query})", into)
    return {(table, part): paths for part, paths in files.items()}


def written(connection: "Connection", query: str, into: Path) -> dict[int, list[str]]:
    """Write rows into files by their column `part`, in a new folder, and return these by part."""
    new_folder = files.new_folder(into, "part-")
    connection.execute(DEALING)
    connection.execute(
        f"COPY ({query}) TO {text(str(new_folder))} "
        "(FORMAT parquet, PARTITION_BY (part), COMPRESSION snappy, OVERWRITE_OR_IGNORE)"
    )
    return {
        int(part.name.removeprefix("part=")): sorted(map(str, part.iterdir()))
        for part in new_folder.iterdir()
    }


@contextlib.contextmanager
def faults(connection: "Connection", paths: Sequence[str]) -> Iterator[None]:
    """Raise InputError naming the file where DuckDB cannot read one of some files."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        for path in paths:
            with readable(f"'{path}'"):
                connection.execute(f"SELECT max(hash(COLUMNS(*))) FROM {read([path])}")
        with readable("posts"):
            raise error
