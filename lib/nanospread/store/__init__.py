"""Validated tables <-> weekly snapshots on disk, as Parquet that DuckDB writes and reads.

A store is a folder; a snapshot is one export in it, with its date. `write` adds one, once and for all: under
the hash of what went in, whole or not at all, one writer at a time. `read` gives what all snapshots up to a
moment say together; `opened` does so too where a folder of exports may stand. `forget` is the one thing that
changes a snapshot, `pruned` the one that deletes.

- spelling: text -> how it reads: full-width, invisible, escaped and look-alike letters as plain ones
- duck: Parquet files and frames <-> DuckDB: one connection with limits, and the types of our columns
- manifests: a store's folder -> its snapshots, each as its manifest declares it, checked before reading
- disk: a store's folder -> one writer at a time, and folders that are there whole or not at all
- forgotten: the list of the forgotten; rows, text and the codes of orders -> without them
- merged: snapshots -> one state of each table, in SQL: what the newest says, and what older ones knew
- bulk: a CSV of posts too large for a frame -> one Parquet file of validated posts, and its account
- content: validated tables and bulk parts -> the Parquet files of a snapshot, without the forgotten
- opening: a store, a snapshot in one or a folder of exports -> validated tables; contact data
- writing: validated tables, their date and the hashes of their files -> one more snapshot
- erasure: a store and an account's name -> the store without that account, and the proof
- listing: what a store holds and lacks, whether it is as it was written, what may go, and what changed since
"""

from nanospread.ingest import order_rows, schemas, steps
from nanospread.ingest.formats import graph
from nanospread.store.disk import WAIT
from nanospread.store.erasure import forget
from nanospread.store.forgotten import REASON, forgotten_among, unforgotten
from nanospread.store.listing import (
    changes,
    checked,
    elsewhere,
    fingerprint,
    gaps,
    pruned,
    snapshots,
    together,
)
from nanospread.store.manifests import Part, is_store
from nanospread.store.opening import contact_rows, contacts, merged_files, no_writes, opened, orders, read
from nanospread.store.writing import repeated, write

# Reasons of refusals that lose nothing: they count against no limit
HARMLESS = frozenset(
    {
        REASON,
        schemas.NO_FIGURE,
        steps.NOT_CONTACTED,
        schemas.NEWER,
        schemas.UNDATED,
        *schemas.REPEATS.values(),
        *order_rows.PARTS,
        *graph.NOT_GIVEN,
    }
)

__all__ = [
    "HARMLESS",
    "WAIT",
    "Part",
    "changes",
    "checked",
    "contact_rows",
    "contacts",
    "elsewhere",
    "fingerprint",
    "forget",
    "forgotten_among",
    "gaps",
    "is_store",
    "merged_files",
    "no_writes",
    "opened",
    "orders",
    "pruned",
    "read",
    "repeated",
    "snapshots",
    "together",
    "unforgotten",
    "write",
]
