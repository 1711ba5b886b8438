"""Parquet files and frames <-> DuckDB: one connection with limits, and the types of our columns."""

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from nanospread.core import scratch
from nanospread.ingest import dataset, schemas
from nanospread.ingest.tables import HELP
from nanospread.store import spelling

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection

MEMORY, THREADS = "2GB", 2
# A folder above such as creator=x would else be a column, in the place of the file's own.
PARQUET = "read_parquet(?, union_by_name = true, hive_partitioning = false)"
SQL = {
    "str": "VARCHAR",
    "int64": "BIGINT",
    "Int64": "BIGINT",
    "boolean": "BOOLEAN",
    "float64": "DOUBLE",
    schemas.UTC: "TIMESTAMPTZ",
}
# The account of an export. What a cell was before and after a repair is stored only where a caller asks.
ACCOUNT = {
    "ledger": {**dict.fromkeys(("table", "file"), "str"), "line": "int64"}
    | dict.fromkeys(("status", "column", "reason"), "str"),
    "counts": dict.fromkeys(("table", "file"), "str")
    | dict.fromkeys(("rows_in", "kept", "repaired", "refused"), "int64"),
    "ignored": dict.fromkeys(("file", "column"), "str"),
    "fetched": dataset.FETCHED,
}
TEXTS = {"before": "str", "after": "str"}  # of the ledger; they may hold anything


@functools.cache
def types() -> Mapping[str, Mapping[str, str]]:
    """Return table -> column -> pandas dtype, in the order of `tables`; the account's tables too."""
    declared = {
        table: {name: kind.dtype for name, kind in columns.items() if name not in HELP.get(table, ())}
        for table, columns in schemas.COLUMNS.items()
    }
    return {**declared, **ACCOUNT}


def key(table: str) -> list[str]:
    """Return the columns by which the rows of a table are known and ordered; none for the account's."""
    return [name for name in schemas.KEYS.get(table, ()) if name in types()[table]]


@contextlib.contextmanager
def connected(memory: str = MEMORY, threads: int = THREADS) -> Iterator["Connection"]:
    """Hold a DuckDB of its own; what does not fit into `memory` goes to the system's temporary folder.

    It loads and installs no extension by itself: text in a file must never reach the network.
    """
    import duckdb

    with scratch.folder() as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": str(spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        with duckdb.connect(config=config) as connection:
            connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
            connection.create_function("reading_of", spelling.reading, ["VARCHAR"], "VARCHAR")
            connection.create_function("without_names", spelling.masked, ["VARCHAR", "VARCHAR"], "VARCHAR")
            yield connection


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def composed(name: str) -> str:
    """Return a text column as SQL with one way to write each letter: an accent may stand apart from it."""
    return f"nfc_normalize({quoted(name)})"


def folded(name: str) -> str:
    """Return a text column as SQL in the spelling in which account names are compared."""
    return f"CASE WHEN {odd(name)} THEN reading_of({quoted(name)}) ELSE lower({composed(name)}) END"


def odd(name: str) -> str:
    """Return the SQL condition that a text column does not read as it is written."""
    return f"regexp_matches({quoted(name)}, '{spelling.ODD}')"


def rows(connection: "Connection", path: Path) -> int:
    """Return how many rows a Parquet file has, as its footer says."""
    (number,) = one(connection, f"SELECT count(*) FROM {PARQUET}", [str(path)])
    return int(number)


def one(connection: "Connection", query: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
    """Return the one row that a query gives."""
    (row,) = connection.execute(query, list(values)).fetchall()
    return tuple(row)


def whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose text is valid Unicode: JSON can carry half a character, which no file can."""
    return frame.assign(
        **{str(name): _whole(frame[name]) for name in frame.columns if frame[name].dtype == "str"}
    )


def _whole(text: pd.Series) -> pd.Series:
    try:
        "".join(text).encode()
    except UnicodeEncodeError:
        return text.map(lambda cell: cell.encode(errors="replace").decode()).astype("str")
    return text
