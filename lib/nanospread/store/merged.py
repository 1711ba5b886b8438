"""Snapshots -> one state of each table, in SQL: what the newest says, and what older ones knew besides.

A row is known by its key. The newest snapshot that has it says what it is, of a post its newest reading; a
value that an export need not have (reach, caption, niche) is the newest that was ever told, since an export
without the column takes nothing away. Of results the newest snapshot that has a creator's campaign and period
replaces all older rows of both; periods and a campaign as a whole are never added up, the newest says
which counts.
A figure that none of its rows knows is what the newest snapshot that does said, once.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nanospread.ingest import cells, platforms, schemas
from nanospread.ingest.dataset import BY_PLATFORM
from nanospread.store import duck, manifests
from nanospread.store.duck import quoted
from nanospread.store.forgotten import NAMES
from nanospread.store.manifests import Snapshot

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection as Connection
    from duckdb import DuckDBPyRelation as Relation

# Columns that an export may lack, and what they hold then (NULL where it is not named).
OPTIONAL = {
    "creators": ("following", "niche", "reported_er"),
    "posts": schemas.KEPT_OF_OLDER,
    "outreach": (
        "contacted_at",
        "offer",
        "inbound",
        "replied_at",
        "as_is",
        "shipped_at",
        "posted_at",
        "due_at",
    ),
    "comments": ("written_at", "answers"),
    "ambassadors": ("left_at",),
}
# What was told of a contact in an older export holds only while the newest does not deny it.
DENIED = {"replied_at": "replied", "as_is": "accepted", "shipped_at": "accepted", "posted_at": "posted"}
# Text that older files lack; other text is empty, and so is the platform of a result.
DEFAULTS = {"niche": cells.UNKNOWN, "platform": platforms.PLATFORM}
# The newest snapshot that has these says all about them: an order's state, codes and refund; who has a code.
WHOLE = {
    "orders": (
        *("tool", "shop", quoted("order")),
        *(f"CASE WHEN {quoted('order')} = '' THEN {quoted(of)} END" for of in schemas.GROUP),
    ),
    "codes": ("kind", "lower(code)"),
}
PAIR = ["least(creator, other)", "greatest(creator, other)"]


def rows(
    connection: "Connection",
    snapshots: Sequence[Snapshot],
    table: str,
    forgotten: tuple[str, Sequence[str]] = ("", ()),
) -> "Relation":
    """Return the rows of a table as they stand after the snapshots (older first), in the order of their key.

    forgotten: salt and hashes of the accounts whose rows are not served, whatever a file still holds.
    """
    types = {column: duck.SQL[kind] for column, kind in duck.types()[table].items()}
    view = _view(connection, snapshots, table, types)
    source = _served(view, types, *forgotten)
    files = sum(len(snapshot.paths(table)) for snapshot in snapshots)
    query = _single(source, types) if files == 1 else newest(source, table, types)
    order = ", ".join(map(quoted, duck.key(table)))
    return connection.sql(f"SELECT * FROM ({query}) ORDER BY {order}")


def _view(
    connection: "Connection",
    snapshots: Sequence[Snapshot],
    table: str,
    types: Mapping[str, str],
) -> str:
    """Return the name of a view of all rows of a table, with the place of their snapshot and file."""
    places = [
        (str(path), at, snapshot.as_of)
        for at, snapshot in enumerate(snapshots)
        for path in reversed(snapshot.paths(table))  # of one export the first file wins
    ]
    name = f"given_{table}"
    if not places:
        nothing = ", ".join(f"NULL::{kind} AS {quoted(column)}" for column, kind in types.items())
        connection.sql(f"SELECT {nothing}, 0 AS snapshot, 0 AS place WHERE false").create_view(name)
        return name
    files = [path for path, _, _ in places]
    reader = "read_parquet(?, union_by_name = true, filename = 'file of it', hive_partitioning = false)"
    relation = connection.sql(f"SELECT * FROM {reader}", params=[files])
    defaults = DEFAULTS if table in BY_PLATFORM else {}
    columns = ", ".join(
        _column(column, kind, column in relation.columns, defaults) for column, kind in types.items()
    )
    connection.execute(
        f"CREATE TEMP TABLE places_{table} (path VARCHAR, snapshot INTEGER, exported TIMESTAMPTZ, "
        "place INTEGER)"
    )
    ranked = [(*of_file, place) for place, of_file in enumerate(places)]
    connection.executemany(f"INSERT INTO places_{table} VALUES (?, ?, ?, ?)", ranked)
    relation.create_view(f"file_{table}")
    joined = f'file_{table} JOIN places_{table} ON "file of it" = path'
    query = f"SELECT {columns}, snapshot, exported, place FROM {joined}"
    if table == "posts":  # the newest reading counts, which may stand in an older snapshot
        moment = "coalesce(read_at, exported)"
        place = f"epoch_us({moment})::HUGEINT * {len(places)} + place"
        query = f"SELECT * REPLACE ({moment} AS read_at, {place} AS place) FROM ({query})"
    connection.sql(f"SELECT * EXCLUDE exported FROM ({query})").create_view(name)
    return name


def _column(column: str, kind: str, present: bool, defaults: Mapping[str, str]) -> str:
    """Return a column in its type; one that older files lack is unknown in them. defaults: text by column."""
    value = f"{quoted(column)}::{kind}" if present else f"NULL::{kind}"
    if kind == "VARCHAR":
        value = f"coalesce({value}, '{defaults.get(column, '')}')"
    return f"{value} AS {quoted(column)}"


def _served(view: str, types: Mapping[str, str], salt: str, marks: Sequence[str]) -> str:
    """Return rows as SQL, without those of the forgotten. Hashes are ours: no text of a user is in them."""
    if not marks or not {*types} & {*NAMES}:  # lift tests name nobody
        return view
    among = ", ".join(f"'{mark}'" for mark in marks if manifests.HASH.fullmatch(mark))
    conditions = [
        f"sha256('{salt}' || {duck.folded(column)}) NOT IN ({among})" for column in types if column in NAMES
    ]
    return f"(SELECT * FROM {view} WHERE {' AND '.join(conditions)})"


def _single(source: str, types: Mapping[str, str]) -> str:
    """Return the query for all rows: in one file each key is there once, and nothing is to be merged."""
    return f"SELECT {', '.join(map(quoted, types))} FROM {source}"


def newest(source: str, table: str, types: Mapping[str, str]) -> str:
    """Return the query for one row a key; of results for the newest rows of a creator's campaign.

    source: what to select from. `place` grows with time, and of results, orders and codes `snapshot` too.
    """
    if table == "results":
        return _results(source, types)
    if table in WHOLE:
        window = ", ".join(WHOLE[table])
        newest = f"SELECT * FROM {source} QUALIFY snapshot = max(snapshot) OVER (PARTITION BY {window})"
        return f"SELECT DISTINCT {', '.join(map(quoted, types))} FROM ({newest})"
    keys = PAIR if table == "overlaps" else [quoted(column) for column in duck.key(table)]
    columns = ", ".join(_value(table, column, kind, keys) for column, kind in types.items())
    return f"SELECT {columns} FROM {source} GROUP BY {', '.join(keys)}"


def _results(source: str, types: Mapping[str, str]) -> str:
    """Return the query for the newest results, with a budget that comes again in another period once.

    Tools repeat a whole budget on each month's row; within one export `tables` has seen to it.
    """
    window, kind, last = "PARTITION BY campaign, creator", "period = ''", "max(snapshot) OVER"
    newest = f"snapshot = {last} ({window}, period) AND {last} ({window}, {kind}) = {last} ({window})"
    again = f"period <> '' AND snapshot > min(snapshot) OVER ({window}, offer, cost, {kind})"
    once = f"SELECT * REPLACE (CASE WHEN {again} THEN 0.0 ELSE cost END AS cost)"
    rows = f"({once} FROM (SELECT * FROM {source} QUALIFY {newest}))"
    filled = ", ".join(f"{_filled_figure(name)} AS {name}" for name in schemas.FIGURES)
    offer = "coalesce(nullif(offer, ''), told_offer, '') AS offer"
    dates = (
        f"CASE WHEN count(orders) OVER ({window}) = 0 THEN coalesce(as_of, told_as_of) "
        "ELSE as_of END AS as_of"
    )
    replaced = f"SELECT * REPLACE ({filled}, {offer}, {dates})"
    return _single(
        f"({replaced} FROM {rows} JOIN ({_last_figures(source)}) USING (campaign, creator))", types
    )


def _last_figures(source: str) -> str:
    """Return the query for what the newest snapshot that knows each figure of a creator's campaign said."""
    window, figures = "PARTITION BY campaign, creator", schemas.FIGURES
    last = ", ".join(
        f"max(snapshot) FILTER ({name} IS NOT NULL) OVER ({window}) AS last_{name}" for name in figures
    )
    sums = [f"sum({name}) FILTER (snapshot = last_{name}) AS told_{name}" for name in figures]
    sums += [
        "coalesce(any_value(last_clicks < last_orders), false) AS stale",
        "arg_max(nullif(offer, ''), place) AS told_offer",
        "max(as_of) FILTER (snapshot = last_orders) AS told_as_of",
    ]
    dated = f"SELECT *, {last} FROM {source}"
    return f"SELECT campaign, creator, {', '.join(sums)} FROM ({dated}) GROUP BY campaign, creator"


def _filled_figure(name: str) -> str:
    """Return a figure of the newest results; where no row of a campaign's creator has it, what was told.

    Clicks counted before the orders were are left: later orders would seem to come of them.
    """
    window = "PARTITION BY campaign, creator"
    first = f"row_number() OVER ({window} ORDER BY period, place, offer, cost, revenue) = 1"
    rest = "0.0" if name in schemas.ADDED_UP else "NULL"
    unknown = f"count({name}) OVER ({window}) = 0 AND told_{name} IS NOT NULL"
    unknown += " AND NOT stale" if name == "clicks" else ""
    return f"CASE WHEN {unknown} THEN CASE WHEN {first} THEN told_{name} ELSE {rest} END ELSE {name} END"


def _value(table: str, column: str, kind: str, keys: Sequence[str]) -> str:
    """Return the newest value of a column; where an export may lack it, the newest that was told."""
    name = quoted(column)
    if name in keys:
        return name
    if column not in OPTIONAL.get(table, ()):
        return f"arg_max_null({name}, place) AS {name}"
    if table == "outreach" and kind != "VARCHAR":
        return f"{_undenied(column)} AS {name}"
    if kind != "VARCHAR":
        return f"arg_max({name}, place) AS {name}"  # which passes over NULL
    default = DEFAULTS.get(column, "")
    return f"coalesce(arg_max(nullif({name}, '{default}'), place), '{default}') AS {name}"


def _undenied(column: str) -> str:
    """Return what was ever told of a contact, unless what the newest row says cannot be with it."""
    last_known, newest = f"arg_max({quoted(column)}, place)", f"arg_max_null({quoted(column)}, place)"
    denied = f"NOT arg_max_null({DENIED[column]}, place)" if column in DENIED else "false"
    if column.endswith("_at"):
        denied += f" OR {last_known}::DATE < arg_max_null(contacted_at, place)::DATE"
    return f"CASE WHEN {denied} THEN {newest} ELSE {last_known} END"
