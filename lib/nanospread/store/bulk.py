"""A CSV of posts too large for a frame -> one Parquet file of validated posts, and the account of it.

The file goes through `sources` and `tables` piece by piece, so that repairs and refusals have one truth. What
only the whole file tells (how its dates and counts are written, which date is too far from the others) is
gathered on the way; where a piece was read without knowing it, the file is read again with it. What remains
for DuckDB are the posts that stand in two pieces. In memory are a few pieces, eight bytes a row and the
ledger.
"""

import contextlib
import gc
import hashlib
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest import dataset, dates, ledger, schemas, tables
from nanospread.ingest.cells import FileContext
from nanospread.ingest.sheets import RawFile
from nanospread.ingest.streams import Stream
from nanospread.store import duck
from nanospread.store.manifests import Part

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection

TABLE = "posts"
LARGE = 50_000_000  # bytes from which on a second process pays
AHEAD = 2  # pieces that wait for it
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
        reading = _read(connection, stream, as_of, FileContext())
        while reading.after != reading.before:
            reading = _read(connection, stream, as_of, reading.after)
        entries = _with_repeats(reading.ledger, name, _repeated(connection))
        done = into / f"{TABLE}-{hashlib.sha256(name.encode()).hexdigest()[:16]}.parquet"
        columns = ", ".join(duck.types()[TABLE])
        query = f"SELECT {columns} FROM good WHERE line NOT IN (SELECT line FROM repeats)"
        connection.sql(query).write_parquet(str(done), compression="zstd")
        number = duck.rows(connection, done)
    if not number:
        done.unlink()
        raise ledger.nothing_left(TABLE, [name], entries)
    return Part(TABLE, done, _counts(name, number, entries), entries)


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
class _Reading:
    """One reading of the whole file; its good rows are in the table `good`."""

    before: FileContext  # what every piece was read with
    after: FileContext  # and what they tell together
    ledger: pd.DataFrame


def _read(
    connection: "Connection", stream: Stream, as_of: pd.Timestamp | None, before: FileContext
) -> _Reading:
    columns = ", ".join(f"{name} {duck.SQL[kind]}" for name, kind in duck.types()[TABLE].items())
    connection.execute(f"CREATE OR REPLACE TEMP TABLE good (line BIGINT, {columns})")
    telling, entries, moments = dict(before.telling), [], []
    for checked in _checked(stream, as_of, before):
        entries.append(checked.ledger)
        moments.append(checked.moments.dropna().to_numpy("datetime64[us]"))
        for column, given in checked.telling.items():
            telling[column] = tuple(dict.fromkeys((*telling.get(column, ()), *given)))
        connection.register("rows", checked.rows)
        connection.execute("INSERT INTO good BY NAME FROM rows")
        connection.unregister("rows")
    when = pd.Series(np.concatenate(moments)).dt.tz_localize("UTC").astype(dates.MOMENTS)
    latest = dataset.last_date(when)
    told = pd.concat(entries, ignore_index=True)
    odd = told.loc[told["column"] == "posted_at", "reason"]
    undated = when.empty and (odd == schemas.EMPTY).all()
    stray = latest is not None and (when > latest).any()
    return _Reading(before, FileContext(telling, latest if stray else None, bool(undated)), told)


def _checked(
    stream: Stream, as_of: pd.Timestamp | None, before: FileContext
) -> Iterator[tables.ValidatedTable]:
    """Yield each piece checked; of a large file a second process does so while the next is read."""
    pieces = (replace(raw, elsewhere=before) for raw in stream.pieces())
    if stream.size < LARGE:
        yield from (_piece(raw, as_of) for raw in pieces)
        return
    with ProcessPoolExecutor(1, get_context("spawn"), gc.set_threshold, SELDOM) as beside:
        waiting: deque[Future[tables.ValidatedTable]] = deque()
        for raw in pieces:
            waiting.append(beside.submit(_piece, raw, as_of))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        yield from (piece.result() for piece in waiting)


def _piece(raw: RawFile, as_of: pd.Timestamp | None) -> tables.ValidatedTable:
    """Return a piece checked, its good rows by their lines, without the columns that none of them has."""
    checked = tables.validated_table(TABLE, [raw], as_of)
    rows, kinds = checked.rows, schemas.COLUMNS[TABLE].items()
    empty = [name for name, kind in kinds if kind.dtype != "str" and rows[name].isna().all()]
    rows = rows.drop(columns=empty if len(rows) else [])
    return replace(checked, rows=rows.assign(line=raw.rows.index[rows.index]))


def _repeated(connection: "Connection") -> pd.DataFrame:
    """Return posts that stand there again, by line. Only what shares its hash is compared."""
    key = ", ".join(duck.key(TABLE))
    newest = f"OVER (PARTITION BY {key} ORDER BY read_at DESC NULLS LAST, line)"
    connection.execute(f"""
        CREATE TEMP TABLE repeats AS
            SELECT line, post, read_at IS DISTINCT FROM first_value(read_at) {newest} AS older
            FROM good WHERE hash({key}) IN (
                SELECT hash({key}) AS mark FROM good GROUP BY mark HAVING count(*) > 1
            ) QUALIFY row_number() {newest} > 1
    """)
    return connection.execute("FROM repeats ORDER BY line").df().set_index("line").astype({"post": "str"})


def _with_repeats(entries: pd.DataFrame, file: str, repeats: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger with repeats of posts refused; their repairs are told no more."""
    again = entries["line"].isin(repeats.index)
    spelt = entries[again & (entries["column"] == "post")].set_index("line")["before"]
    types = {name: "int64" if name == "line" else "str" for name in ledger.LEDGER}
    refused = {"table": TABLE, "file": file, "line": repeats.index, "status": "refused"}
    post = repeats["post"].mask(repeats.index.isin(spelt.index), spelt).to_numpy()
    why = np.where(repeats["older"], schemas.NEWER, schemas.REPEATS[TABLE])
    refused |= {"column": "post", "reason": why, "before": post, "after": ""}
    more = pd.DataFrame(refused, columns=ledger.LEDGER).astype(types)
    return pd.concat([entries[~again], more]).sort_values("line", kind="stable", ignore_index=True)


def _counts(file: str, good: int, entries: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of the file: a row counts once."""
    repaired, refused = (
        entries.loc[entries["status"] == status, "line"].nunique() for status in ("repaired", "refused")
    )
    row = (TABLE, file, good + refused, good - repaired, repaired, refused)
    types = {name: "str" if name in ("table", "file") else "int64" for name in ledger.COUNTS}
    return pd.DataFrame([row], columns=ledger.COUNTS).astype(types)
