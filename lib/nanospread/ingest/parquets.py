"""A Parquet file in, its rows out as text."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from nanospread.core.errors import InputError
from nanospread.ingest.records import Record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_CELLS = 20_000_000
MOST_TEXT = 300_000_000  # characters of all cells
BATCH = 2_000
CONFIG: dict[str, str | bool | int | float | list[str]] = {  # nothing is fetched, nothing is left on the disk
    "memory_limit": "400MB",
    "threads": "2",
    "temp_directory": "",
    "autoinstall_known_extensions": "false",
}
MOMENT = "strftime({0} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"


def records(file: str, path: Path) -> Iterator[Record]:
    """Yield the header and the rows of a file; lines are row numbers, the header being 1.

    Raises InputError: no Parquet, broken, or too large to be read as text.
    """
    import duckdb

    # A name is no pattern, whatever stands in it.
    place = "".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(path))
    try:
        with duckdb.connect(config=CONFIG) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SELECT * FROM read_parquet($1, hive_partitioning = false) LIMIT 0", [place])
            columns = [(str(name), str(kind)) for name, kind, *_ in connection.description or []]
            texts = [_text(name, kind) for name, kind in columns]
            _check(file, connection, place, texts)
            yield 1, [name for name, _ in columns]
            query = f"SELECT {', '.join(texts)} FROM read_parquet($1, hive_partitioning = false)"
            connection.execute(query, [place])
            lines = count(2)
            while rows := connection.fetchmany(BATCH):
                for row in rows:
                    yield next(lines), ["" if value is None else value for value in row]
    except duckdb.Error as error:
        raise InputError(f"{file}: no Parquet that can be read: {str(error).splitlines()[0][:200]}") from None


def _text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return MOMENT.format(quoted)
    return f"CAST({quoted} AS VARCHAR)"


def _check(file: str, connection: "DuckDBPyConnection", place: str, texts: list[str]) -> None:
    """Raise InputError where a small file stands for more rows or text than fit into memory."""
    found = connection.execute("SELECT sum(num_rows) FROM parquet_file_metadata($1)", [place]).fetchone()
    cells = int(found[0] or 0) * len(texts) if found else 0
    if cells > MOST_CELLS:
        raise InputError(f"{file}: {cells:,} cells; at most {MOST_CELLS:,} are read from one Parquet file")
    sizes = " + ".join(f"coalesce(sum(strlen({text})), 0)" for text in texts)
    query = f"SELECT {sizes} FROM read_parquet($1, hive_partitioning = false)"
    size = connection.execute(query, [place]).fetchone()
    if size and size[0] > MOST_TEXT:
        raise InputError(f"{file}: {int(size[0]):,} characters of text; at most {MOST_TEXT:,} are read")
