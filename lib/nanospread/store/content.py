"""Validated tables and bulk parts -> the Parquet files of a snapshot, without anything of the forgotten."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.core.files import share, sync
from nanospread.ingest.tables import READERS, Tables
from nanospread.store import disk, duck, forgotten, manifests
from nanospread.store.manifests import File, Part, Snapshot

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection

CONTACTS = "contacts"
PRIVATE = 0o600  # contact data are for whoever stored them, also where colleagues share the store
LETTER = r"\pL\pM\pN"
MOST_WORDS = 4  # of a forgotten name with blanks or hyphens in it, where text of a later export mentions it
Sources = Sequence[tuple[str, pd.DataFrame | Path]]  # table, and a frame or a Parquet file of its rows


@dataclass(frozen=True)
class Content:
    """What a snapshot is going to hold."""

    files: tuple[File, ...]
    inputs: Mapping[str, str]  # file name -> sha256; names of the forgotten masked
    dropped: int  # rows of the forgotten that were still among the validated ones [rows]


def content(
    connection: "Connection",
    place: Path,
    tables: Tables,
    inputs: Mapping[str, str],
    bulk: Sequence[Part],
    contacts: pd.DataFrame | None,
    folder: Path,
    *,
    texts: bool,
) -> Content:
    """Write tables into a folder of staging, and return what it holds. Call with the lock held."""
    orders, _ = forgotten.without_codes(tables.orders, manifests.salt(place), forgotten.listed(place))
    sources, account = _sources(tables, orders, bulk, contacts), _account(tables, bulk, texts=texts)
    names = _forgotten(connection, place, [*sources, *account.items()], inputs)
    table_files = [(table, *_put(connection, table, rows, names, folder)) for table, rows in sources]
    dropped = {table: sum(one[2] for one in table_files if one[0] == table) for table in READERS}
    account = _with_refusals(account, dropped)
    account_files = [
        (table, *_put(connection, table, rows, names, folder)) for table, rows in account.items()
    ]
    files = tuple(file for _, file, _ in [*table_files, *account_files] if file)
    return Content(files, forgotten.masked(inputs, names), sum(dropped.values()))


def _sources(
    tables: Tables, orders: pd.DataFrame, bulk: Sequence[Part], contacts: pd.DataFrame | None
) -> Sources:
    frames = {table: tables.whole(table) for table in READERS} | {"orders": orders}
    contact_sources = [] if contacts is None else [(CONTACTS, contacts.astype("str").fillna(""))]
    return [*frames.items(), *((part.table, part.path) for part in bulk), *contact_sources]


def _account(tables: Tables, bulk: Sequence[Part], *, texts: bool) -> dict[str, pd.DataFrame]:
    """Return ledger, counts and ignored headers of all that was read, and what a fetch asked for."""
    types = {**duck.ACCOUNT, "ledger": duck.ACCOUNT["ledger"] | (duck.TEXTS if texts else {})}
    parts = {name: [getattr(part, name) for part in bulk] for name in ("ledger", "counts")}
    frames = {name: [getattr(tables, name), *parts.get(name, ())] for name in types}
    return {
        name: pd.concat(frames[name], ignore_index=True)[list(columns)].astype(columns)
        for name, columns in types.items()
    }


def _forgotten(
    connection: "Connection", place: Path, sources: Sources, inputs: Mapping[str, str]
) -> list[str]:
    """Return the forgotten accounts that are named anywhere in an export: as an account, or in text."""
    marks, salt = forgotten.listed(place), manifests.salt(place)
    if not marks:
        return []
    names = forgotten.among({name for file in inputs for name in forgotten.in_file_name(file)}, salt, marks)
    for table, rows in sources:
        if isinstance(rows, pd.DataFrame) and rows.empty:
            continue
        for query in _words(table, viewed(connection, rows)):
            lookup = f"SELECT DISTINCT word FROM ({query}) WHERE sha256(? || word) IN (SELECT unnest(?))"
            names |= {word for (word,) in connection.execute(lookup, [salt, sorted(marks)]).fetchall()}
        if isinstance(rows, pd.DataFrame):
            files = [column for column, of in forgotten.FILE_COLUMNS.items() if table in of]
            words = {
                word
                for column in files
                for cell in rows[column].unique()
                for word in forgotten.in_file_name(cell)
            }
            names |= forgotten.among(words, salt, marks)
    return sorted(names)


def named(connection: "Connection", place: Path, snapshot: Snapshot) -> set[str]:
    """Return the forgotten accounts that a snapshot names anywhere."""
    paths = [(file.table, snapshot.folder / file.name) for file in snapshot.files]
    sources = [
        (table, connection.read_parquet(str(path)).df() if table in duck.ACCOUNT else path)
        for table, path in paths
    ]
    return set(_forgotten(connection, place, sources, snapshot.inputs))


def viewed(connection: "Connection", rows: pd.DataFrame | Path) -> Mapping[str, str]:
    """Have DuckDB show rows as the view `given`, and return their columns with their SQL types."""
    if isinstance(rows, Path):
        relation = connection.read_parquet(str(rows))
    else:
        relation = connection.from_df(duck.whole(rows))
    relation.create_view("given", replace=True)
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def _words(table: str, types: Mapping[str, str]) -> Iterator[str]:
    """Yield a query for each column of accounts or text: what may be an account's name in it."""
    for column in set(types) & set(forgotten.NAMES):
        yield f"SELECT {duck.folded(column)} AS word FROM given"
    for column in forgotten.text_columns(table, types):
        for pattern in (f"[{forgotten.HANDLE}]+", f"[{LETTER}_.-]+"):
            words = f"regexp_extract_all({duck.folded(column)}, '{pattern}')"
            yield f"SELECT trim(unnest({words}), '.-') AS word FROM given"
        for n_skipped, n_more in itertools.combinations_with_replacement(range(MOST_WORDS), 2):
            rest = f"regexp_replace({duck.folded(column)}, '^(?:[^{LETTER}]*[{LETTER}]+){{{n_skipped}}}', '')"
            runs = f"regexp_extract_all({rest}, '[{LETTER}]+(?:[^{LETTER}]+[{LETTER}]+){{{n_more}}}')"
            yield f"SELECT unnest({runs}) AS word FROM given"


def _put(
    connection: "Connection",
    table: str,
    rows: pd.DataFrame | Path,
    names: Sequence[str],
    folder: Path,
) -> tuple[File | None, int]:
    """Write rows as a file of the snapshot, and return its entry and how many rows are not in it.

    A part that names nobody who is forgotten is moved as it is.
    """
    path = folder / f"{table}.new"
    if isinstance(rows, Path) and not names:
        disk.move(rows, path)
        return entry(connection, path, table), 0
    types = viewed(connection, rows)
    (before,) = duck.one(connection, "SELECT count(*) FROM given")
    order = [] if isinstance(rows, Path) else duck.key(table)
    file = put(connection, table, types, names, path, order) if before else None
    if isinstance(rows, Path):
        disk.discard(rows)
    return file, before - (file.rows if file else 0)


def put(
    connection: "Connection",
    table: str,
    types: Mapping[str, str],
    names: Sequence[str],
    path: Path,
    order: Sequence[str] = (),
) -> File | None:
    """Write the view `given` as Parquet, without rows or mentions of accounts; None where no row is left.

    order: columns to sort by, so that the same rows make the same bytes; none: as they stand.
    """
    columns, values = forgotten.masked_sql(table, types, list(names))
    accounts = [duck.folded(column) for column in types if column in forgotten.NAMES]
    condition = " AND ".join(f"list_position(?, {column}) IS NULL" for column in accounts) or "true"
    query = f"SELECT {columns} FROM given WHERE {condition}"
    if order:
        query += f" ORDER BY {', '.join(f'given.{duck.quoted(column)}' for column in order)}"
    rows = connection.sql(query, params=[*values, *([list(names)] * len(accounts))])
    rows.write_parquet(str(path), compression="zstd")
    file = entry(connection, path, table)
    if file.rows:
        return file
    disk.discard(path.with_name(file.name))
    return None


def entry(connection: "Connection", path: Path, table: str) -> File:
    """Return the entry of a Parquet file, which gets the name of its bytes, in the same folder."""
    file = File(table, manifests.sha256(path), path.stat().st_size, duck.rows(connection, path))
    if table == CONTACTS:
        path.chmod(PRIVATE)
    else:
        share(path)
    path.replace(path.with_name(file.name))
    sync(path.with_name(file.name))
    return file


def _with_refusals(
    account: Mapping[str, pd.DataFrame], dropped: Mapping[str, int]
) -> dict[str, pd.DataFrame]:
    """Return the account with dropped rows counted as refused.

    Whose file and line they were is not known any more: line 0 of the first files that have as many rows.
    """
    counts, refusals = account["counts"].copy(), []
    for table, number in dropped.items():
        for row in counts.index[counts["table"] == table]:
            for status in ("kept", "repaired"):
                n_refused = min(number, int(counts[status][row]))
                counts.loc[row, [status, "refused"]] += [-n_refused, n_refused]
                refusals += [(table, counts.at[row, "file"], 0, "refused", "", forgotten.REASON)] * n_refused
                number -= n_refused
    added = pd.DataFrame(refusals, columns=list(duck.ACCOUNT["ledger"])).astype(duck.ACCOUNT["ledger"])
    ledger = pd.concat([account["ledger"], added], ignore_index=True)
    ledger = ledger.fillna({name: "" for name in duck.TEXTS if name in ledger})
    return {**account, "ledger": ledger, "counts": counts}
