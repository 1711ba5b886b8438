"""The plain records of a CSV of posts, through DuckDB: their dates, their repeats, and they as Parquet."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.ingest import dataset
from nanospread.ingest.streams import Layout
from nanospread.store import duck

if TYPE_CHECKING:
    import duckdb

    Connection = duckdb.DuckDBPyConnection

TABLE = "posts"
TEXT = ("post", "creator", "sponsored", "caption")
ABSENT = {"sponsored": "NULL::BOOLEAN", "caption": "''"}  # what a column is that the file has not; else NULL


@dataclass(frozen=True)
class Plain:
    """A file of plain records, each after its line."""

    path: Path
    layout: Layout
    epoch: bool  # dates are epoch seconds


@contextlib.contextmanager
def connected(scratch: str, memory: str, threads: int) -> Iterator["Connection"]:
    """Hold a DuckDB that puts what does not fit into `memory` into a folder of ours."""
    with duck.connected(memory, threads) as connection:
        connection.execute(f"SET temp_directory = {_text(scratch)}")
        yield connection


def _text(said: object) -> str:
    return "'" + str(said).replace("'", "''") + "'"


def _records(plain: Plain, *, typed: bool) -> str:
    """Return the SQL of all records: line, and our columns, as text or typed."""
    ours = {place: column for column, place in plain.layout.columns.items()}
    kinds = {"posted_at": "BIGINT" if plain.epoch else "TIMESTAMP"} | dict.fromkeys(TEXT, "VARCHAR")
    columns = {"line": "BIGINT"}
    for place in range(len(plain.layout.header)):
        column = ours.get(place, f"_{place}")
        kind = kinds.get(column, "BIGINT") if typed and place in ours else "VARCHAR"
        columns[column] = kind
    types = ", ".join(f"{_text(name)}: {_text(kind)}" for name, kind in columns.items())
    # Nothing is found out by itself: the file is ours.
    return (
        f"read_csv({_text(plain.path)}, auto_detect = false, header = false, columns = {{{types}}}, "
        f"delim = {_text(plain.layout.delimiter)}, quote = '\"', escape = '\"', new_line = '\\n', "
        "strict_mode = true, null_padding = false, max_line_size = 2000000)"
    )


def _moment(plain: Plain) -> str:
    return "to_timestamp(posted_at)" if plain.epoch else "timezone('UTC', posted_at)"


def read(connection: "Connection", plain: Plain) -> None:
    """Read the records into the table `keys`: line, mark (a hash of post and creator), posted_at."""
    connection.execute(
        f"CREATE TEMP TABLE keys AS SELECT line, hash(post, creator) AS mark, {_moment(plain)} AS posted_at "
        f"FROM {_records(plain, typed=True)}"
    )


def last(connection: "Connection", others: pd.Series) -> pd.Timestamp | None:
    """Return the last date that is not too far from the others, as window.stray has it; None: any may be.

    others: the dates of the records that are not plain.
    """
    connection.register("other_dates", pd.DataFrame({"posted_at": others}))
    dates = "SELECT posted_at FROM keys UNION ALL SELECT posted_at FROM other_dates"
    ((number,),) = connection.execute(f"SELECT count(*) FROM ({dates})").fetchall()
    if number < dataset.ENOUGH:
        return None
    after = number - 1 - int(0.99 * (number - 1))
    newest = f"SELECT posted_at FROM ({dates}) ORDER BY posted_at DESC LIMIT {after + 1}"
    ((found,),) = connection.execute(f"SELECT epoch_us(min(posted_at)) FROM ({newest})").fetchall()
    return pd.Timestamp(found, unit="us", tz="UTC") + dataset.FAR


def stray(connection: "Connection", plain: Plain, last: pd.Timestamp | None) -> "pd.Series[str]":
    """Return the text of the dates after `last`, by line."""
    if last is None:
        return _text_of(connection, plain, "posted_at", [])
    asked = "SELECT line FROM keys WHERE epoch_us(posted_at) > ?"
    found = connection.execute(asked, [last.value // 1000]).fetchall()
    return _text_of(connection, plain, "posted_at", [line for (line,) in found])


def _text_of(connection: "Connection", plain: Plain, column: str, lines: Sequence[int]) -> "pd.Series[str]":
    """Return the text of a column on some lines."""
    cells = []
    if lines:
        records = _records(plain, typed=False)
        asked = f"SELECT line, {column} FROM {records} WHERE line IN (SELECT unnest(?))"
        cells = connection.execute(asked, [list(lines)]).fetchall()
    index = pd.Index([line for line, _ in cells], dtype="int64")
    return pd.Series([text for _, text in cells], index=index, dtype="str").sort_index()


def repeated(connection: "Connection", plain: Plain, odd: pd.DataFrame, stray: pd.Index) -> "pd.Series[str]":
    """Return the posts that stand further up already, by line: of the plain records and of the others.

    odd: the good ones of the others, by line. Only what shares its mark with another is compared.
    """
    connection.register("odd_keys", odd[["post", "creator"]].rename_axis("line").reset_index())
    connection.register("stray_lines", pd.DataFrame({"line": stray.astype("int64")}))
    connection.execute(
        "CREATE TEMP TABLE shared AS SELECT mark FROM ("
        "SELECT mark FROM keys "
        "UNION ALL SELECT hash(post, creator) FROM odd_keys) GROUP BY mark HAVING count(*) > 1"
    )
    ((number,),) = connection.execute("SELECT count(*) FROM shared").fetchall()
    if not number:
        return _text_of(connection, plain, "post", [])
    found = connection.execute(
        "SELECT line, post FROM ("
        f"SELECT line, post, creator FROM {_records(plain, typed=True)} ANTI JOIN stray_lines USING (line) "
        "UNION ALL SELECT line, post, creator FROM odd_keys) WHERE hash(post, creator) IN (FROM shared) "
        "QUALIFY row_number() OVER (PARTITION BY post, creator ORDER BY line) > 1"
    ).fetchall()
    index = pd.Index([line for line, _ in found], dtype="int64")
    return pd.Series([post for _, post in found], index=index, dtype="str").sort_index()


def written(
    connection: "Connection", plain: Plain, odd: pd.DataFrame, without: Sequence[int], into: Path
) -> int:
    """Write the good records to a Parquet file, plain ones first, and return how many they are."""
    connection.register("without", pd.DataFrame({"line": pd.Series(without, dtype="int64")}))
    connection.register("odd", odd.rename_axis("line").reset_index())
    there = [name for name in duck.types()[TABLE] if name in plain.layout.columns]
    said = {
        "posted_at": _moment(plain),
        "sponsored": "CASE WHEN sponsored <> '' THEN lower(sponsored[1]) IN ('t', 'y', '1') END",
        "caption": "coalesce(caption, '')",
    }
    columns = [
        f"{said.get(name, name) if name in there else ABSENT.get(name, 'NULL::BIGINT')} AS {name}"
        for name in duck.types()[TABLE]
    ]
    ((number,),) = connection.execute(
        f"COPY (SELECT {', '.join(columns)} FROM {_records(plain, typed=True)} "
        f"ANTI JOIN without USING (line) "
        f"UNION ALL BY NAME SELECT * EXCLUDE (line) FROM odd ANTI JOIN without USING (line)) "
        f"TO {_text(into)} (FORMAT parquet, COMPRESSION zstd)"
    ).fetchall()
    return int(number)
