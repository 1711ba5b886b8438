"""A CSV of posts too large for a frame -> one Parquet file of validated posts, and the account of it.

The file goes through `sources` and `tables` piece by piece, so that repairs and refusals have one truth. What
only the whole file tells (how its dates and counts are written, which date is too far from the others) is
gathered on the way; where a piece was read without knowing it, the file is read again with it. The good rows
of each piece are put down as Parquet by the process that checked them; what remains for DuckDB is what posts
are beside others: read twice, or with likes that a tool shows alike. In memory are a few pieces, eight bytes
a row, the ledger, the repeats, and the posts with more comments than likes.
"""

import contextlib
import gc
import hashlib
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import dataset, dates, ledger, plausibility, readings, schemas, tables
from nanospread.ingest.cells import FileContext
from nanospread.ingest.sheets import RawFile
from nanospread.ingest.streams import Stream
from nanospread.store import duck, merged
from nanospread.store.manifests import Part

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection

TABLE = "posts"
LARGE = 50_000_000  # bytes from which on a second process pays
TEXTS = ("post", "likes")  # columns that are told as their cells stand, once all pieces are read
AHEAD = 2  # pieces that wait for it
MARKED = "(get_bit(getvariable('{}'), line::INTEGER) = 1)"  # as `_mark` marks lines
# Of readings the newest is last, of one date the first line.
NEWEST_LAST = f"coalesce(epoch_us(read_at), {-(2**62)})::HUGEINT * {2**40} - line"
SELDOM = 70_000, 10, 10  # when Python looks for circles among objects: cells by the million make none


def posts(
    stream: Stream, *, as_of: pd.Timestamp | None, into: Path, memory: str = "600MB", threads: int = 2
) -> Part:
    """Return a CSV of posts as `tables.validated` reads it, as a Parquet file in a folder.

    Followers are not asked for: posts of creators without any are in it.

    as_of: when the file was exported (UTC). into: a folder, which holds what does not fit into `memory` (of
    DuckDB) meanwhile.

    Raises InputError: a file that cannot be read, too many records that are no rows, no usable row, no memory
    or no space left.
    """
    name = stream.name
    with (
        _errors(name),
        _seldom_collected(),
        tempfile.TemporaryDirectory(dir=into, prefix=".bulk-") as scratch,
        duck.connected(memory, threads) as connection,
    ):
        folder = scratch.replace("'", "''")
        connection.execute(f"SET temp_directory = '{folder}'")
        reading = _read(stream, as_of, FileContext(), scratch)
        while not reading.settled:
            reading = _read(stream, as_of, reading.after, scratch)
        connection.read_parquet([str(rows) for rows in reading.pieces]).create_view("good")
        repeats = _repeated(connection)
        query = _kept(connection, repeats)
        stuck = _stuck(connection, query)
        entries = _with_stuck(_with_repeats(reading.ledger, name, repeats), name, stuck)
        path = into / f"{TABLE}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.parquet"
        _mark(connection, "stuck", stuck.index)
        likes = f"CASE WHEN NOT {MARKED.format('stuck')} THEN likes END AS likes"
        columns = ", ".join(likes if name == "likes" else name for name in duck.types()[TABLE])
        connection.sql(f"SELECT {columns} FROM ({query})").write_parquet(str(path), compression="zstd")
        number = duck.rows(connection, path)
    if not number:
        path.unlink()
        raise ledger.nothing_left(TABLE, [name], entries)
    return Part(TABLE, path, _counts(name, number, entries), entries)


@contextlib.contextmanager
def _errors(name: str) -> Iterator[None]:
    """Turn what DuckDB and the system say into one line for the user."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise InputError(f"{name}: not enough memory for DuckDB: give it more, or split the file") from None
    except duckdb.Error as error:
        raise InputError(f"{name}: DuckDB cannot read it: {str(error).splitlines()[0]}") from None
    except BrokenProcessPool:
        raise InputError(
            f"{name}: the process that checks it was ended from outside, mostly for want of memory"
        ) from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read or written: {error.strerror or error}") from None


@contextlib.contextmanager
def _seldom_collected() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass(frozen=True)
class _Piece:
    """What is told of a piece of the file; its good rows, with their lines, are in a Parquet file."""

    rows: Path
    ledger: pd.DataFrame
    telling: Mapping[str, tuple[str, ...]]
    moments: np.ndarray  # datetime64[us]
    newer: int  # posts than the day in the file's name
    count: int  # of its rows


@dataclass(frozen=True)
class _Reading:
    """One reading of the whole file."""

    settled: bool  # each piece was read with all that they tell together
    after: FileContext  # which is this
    ledger: pd.DataFrame
    pieces: Sequence[Path]  # their good rows


def _read(stream: Stream, as_of: pd.Timestamp | None, before: FileContext, into: str) -> _Reading:
    raws = (replace(raw, elsewhere=before) for raw in stream.pieces())
    arguments = ((raw, as_of, Path(into, f"{at}.parquet")) for at, raw in enumerate(raws))
    pieces = _in_second_process(arguments) if stream.size >= LARGE else [_piece(*one) for one in arguments]
    telling: dict[str, tuple[str, ...]] = {}
    for cells_by_column in (before.telling, *(piece.telling for piece in pieces)):
        for column, cells in cells_by_column.items():
            telling[column] = tuple(dict.fromkeys((*telling.get(column, ()), *cells)))
    moments = np.concatenate([piece.moments for piece in pieces])
    posted_at = pd.Series(moments).dt.tz_localize("UTC").astype(dates.MOMENTS)
    latest = dataset.last_date(posted_at)
    ledgers = pd.concat([piece.ledger for piece in pieces], ignore_index=True)
    reasons = ledgers.loc[ledgers["column"] == "posted_at", "reason"]
    undated = posted_at.empty and (reasons == schemas.EMPTY).all()
    stray = latest is not None and (posted_at > latest).any()
    misnamed = readings.misnamed(sum(piece.newer for piece in pieces), sum(piece.count for piece in pieces))
    after = FileContext(telling, latest if stray else None, bool(undated), misnamed)
    known = all(
        {*before.telling.get(column, ()), *piece.telling.get(column, ())} == {*cells}
        for piece in pieces
        for column, cells in telling.items()
    )
    settled = known and replace(after, telling=before.telling) == before
    return _Reading(settled, after, ledgers, [piece.rows for piece in pieces])


def _in_second_process(arguments: Iterable[tuple[RawFile, pd.Timestamp | None, Path]]) -> list[_Piece]:
    """Return each piece checked by a second process, while this one reads the next."""
    checked, waiting = [], deque[Future[_Piece]]()
    with ProcessPoolExecutor(1, get_context("spawn"), gc.set_threshold, SELDOM) as executor:
        for task in arguments:
            waiting.append(executor.submit(_piece, *task))
            if len(waiting) > AHEAD:
                checked.append(waiting.popleft().result())
        return [*checked, *(piece.result() for piece in waiting)]


def _piece(raw: RawFile, as_of: pd.Timestamp | None, into: Path) -> _Piece:
    """Return what is told of a piece, its good rows written to a file."""
    checked = tables.validated_table(TABLE, [raw], as_of)
    good = checked.rows.assign(line=raw.rows.index[checked.rows.index])
    for name in TEXTS:
        good[f"{name}_text"] = raw.rows[name].loc[good["line"]].to_numpy()
    columns = ", ".join(f"{name}::{kind} AS {name}" for name, kind in _types().items())
    with duck.connected(threads=1) as connection:
        connection.register("good", good)
        connection.sql(f"SELECT {columns} FROM good").write_parquet(str(into), compression="snappy")
    moments = checked.moments.dropna().to_numpy("datetime64[us]")
    newer = readings.newer(raw, as_of, checked.moments)
    return _Piece(into, checked.ledger, checked.telling, moments, newer, len(raw.rows))


def _types() -> Mapping[str, str]:
    """Return the columns of the pieces and their types in SQL."""
    columns = {"line": "int64", **{f"{name}_text": "str" for name in TEXTS}, **duck.types()[TABLE]}
    return {name: duck.SQL[kind] for name, kind in columns.items()}


def _repeated(connection: "Connection") -> pd.DataFrame:
    """Return posts that stand there again, by line. Only what shares its hash is compared."""
    key = ", ".join(duck.key(TABLE))
    newest = f"OVER (PARTITION BY {key} ORDER BY read_at DESC NULLS LAST, line)"
    connection.execute(f"""
        CREATE TEMP TABLE repeats AS
            SELECT line, {key}, post_text, read_at IS DISTINCT FROM first_value(read_at) {newest} AS older
            FROM good WHERE hash({key}) IN (
                SELECT hash({key}) AS mark FROM good GROUP BY mark HAVING count(*) > 1
            ) QUALIFY row_number() {newest} > 1
    """)
    query = "SELECT line, post_text, older FROM repeats ORDER BY line"
    return connection.execute(query).df().set_index("line").astype({"post_text": "str"})


def _kept(connection: "Connection", repeats: pd.DataFrame) -> str:
    """Return the query for each post once, as its newest reading says and older ones besides; by line."""
    key, types = ", ".join(duck.key(TABLE)), _types()
    replaced_lines, union = repeats.index, ""
    if repeats["older"].any():
        query = f"SELECT *, {NEWEST_LAST} AS place FROM good SEMI JOIN repeats USING ({key})"
        query += " WHERE line NOT IN (SELECT line FROM repeats WHERE NOT older)"
        connection.execute(f"CREATE TEMP TABLE completed AS {merged.newest(f'({query})', TABLE, types)}")
        lines = connection.execute("SELECT line FROM completed").fetchnumpy()["line"]
        replaced_lines, union = (
            replaced_lines.append(pd.Index(lines)),
            " UNION ALL BY NAME FROM completed ORDER BY line",
        )
    _mark(connection, "replaced", replaced_lines)
    return f"SELECT * FROM good WHERE NOT {MARKED.format('replaced')}{union}"


def _mark(connection: "Connection", name: str, lines: pd.Index) -> None:
    """Mark lines under a name: a bit for each line of the file, as a join keeps no order."""
    (max_line,) = duck.one(connection, "SELECT coalesce(max(line), 0) FROM good")
    bits = np.zeros(max_line + 1, dtype="uint8")
    bits[lines] = 1
    connection.execute(f"SET VARIABLE {name} = ?::BIT", [(bits + ord("0")).tobytes().decode()])


def _stuck(connection: "Connection", query: str) -> pd.DataFrame:
    """Return the posts whose likes are what a tool shows for hidden ones, by line."""
    columns = "line, creator, likes, comments, likes_text"
    candidates = connection.sql(f"SELECT {columns} FROM ({query}) WHERE comments > likes ORDER BY line").df()
    posts: pd.DataFrame = candidates.set_index("line").astype({"likes": "Int64", "comments": "Int64"})
    return posts.loc[plausibility.stuck_likes(posts).index]


def _with_stuck(entries: pd.DataFrame, file: str, stuck: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger with likes that are unknown after all; what was mended in them is told no more."""
    is_replaced = entries["line"].isin(stuck.index) & (entries["column"] == "likes")
    new_entries = {"table": TABLE, "file": file, "line": stuck.index, "status": "repaired", "column": "likes"}
    new_entries |= {"reason": plausibility.STUCK, "before": stuck["likes_text"].to_numpy(), "after": ""}
    combined = _with_entries(entries[~is_replaced], new_entries)
    position = combined["column"].map({name: at for at, name in enumerate(schemas.COLUMNS[TABLE])})
    order = combined.assign(place=position.where(combined["line"].isin(stuck.index), 0))
    return combined.loc[order.sort_values(["line", "place"], kind="stable").index].reset_index(drop=True)


def _with_repeats(entries: pd.DataFrame, file: str, repeats: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger with repeats of posts refused; their repairs are told no more."""
    again = entries["line"].isin(repeats.index)
    refusals = {"table": TABLE, "file": file, "line": repeats.index, "status": "refused"}
    reasons = np.where(repeats["older"], schemas.NEWER, schemas.REPEATS[TABLE])
    refusals |= {"column": "post", "reason": reasons, "before": repeats["post_text"].to_numpy(), "after": ""}
    return _with_entries(entries[~again], refusals)


def _with_entries(entries: pd.DataFrame, more: Mapping[str, object]) -> pd.DataFrame:
    """Return the ledger with more entries, in the order of their lines."""
    types = {name: "int64" if name == "line" else "str" for name in ledger.LEDGER}
    added = pd.DataFrame(more, columns=ledger.LEDGER).astype(types)
    return pd.concat([entries, added]).sort_values("line", kind="stable", ignore_index=True)


def _counts(file: str, n_good: int, entries: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of the file: a row counts once."""
    repaired, refused = (
        entries.loc[entries["status"] == status, "line"].nunique() for status in ("repaired", "refused")
    )
    row = (TABLE, file, n_good + refused, n_good - repaired, repaired, refused)
    types = {name: "str" if name in ("table", "file") else "int64" for name in ledger.COUNTS}
    return pd.DataFrame([row], columns=ledger.COUNTS).astype(types)
