"""Validated tables <-> weekly snapshots on disk, as Parquet that DuckDB writes and reads.

A store is a folder; a snapshot is one export in it, with its date. `write` adds one, once and for all: under
the hash of what went in, whole or not at all, one writer at a time. `read` gives what all snapshots up to a
moment say together; `opened` does so too where a folder of exports may stand. `forget` is the one thing that
changes a snapshot, `pruned` the one that deletes.

- parts: A Parquet file of validated rows, with the account of its export: what the bulk readers make
- duck: parquet files and frames <-> DuckDB: one connection with limits, and the types of our columns
- manifests: A store's folder -> its snapshots, each as its manifest declares it, checked before ...
- disk: A store's folder -> one writer at a time, and files that are there whole or not at all
- forgotten: A store's list of the forgotten, and rows or text -> without them
- bulk: a CSV of posts too large for a frame -> one Parquet file of validated posts, and the account of it
- masks: an account's name in others' text -> `[***]`; in SQL over Parquet, in Python over manifests
- merged: snapshots -> one state of each table, in SQL: what the newest says, and what older ones knew ...
- content: validated tables and bulk parts -> the Parquet files of a snapshot, without anything of the ...
- erasure_check: A store and an account's name -> where it still stands: every text of every file, ...
- opening: A store, a snapshot in one or a folder of exports -> tables, as `tables.validated` makes them
- writing: validated tables, their date and the hashes of their files -> one more snapshot, or none if ...
- contact_data: contact data that were asked for by name: raw files -> rows to store, and a store -> the ...
- listing: A store -> what it holds: its snapshots, the weeks that lack one, its one hash, and whether ...
- since: two moments of a store -> what changed between them: creators, follower counts, posts, rows
- erasure: A store and an account's name -> the store without that account, and the proof that it is gone
- retention: A store -> the snapshots that may go by their age, and their going
"""

from nanospread.ingest import schemas
from nanospread.store.contact_data import contact_rows, contacts
from nanospread.store.disk import WAIT
from nanospread.store.erasure import Forgotten, forget
from nanospread.store.forgotten import REASON, unforgotten
from nanospread.store.listing import checked, fingerprint, gaps, snapshots
from nanospread.store.manifests import is_store
from nanospread.store.opening import merged_files, opened, read
from nanospread.store.parts import Part
from nanospread.store.retention import Pruned, pruned
from nanospread.store.since import Changes, changes
from nanospread.store.writing import Written, write

# Reasons of refusals that lose nothing: they count against no limit
HARMLESS = frozenset({REASON, *schemas.REPEATS.values()})

__all__ = [
    "HARMLESS",
    "WAIT",
    "Changes",
    "Forgotten",
    "Part",
    "Pruned",
    "Written",
    "changes",
    "checked",
    "contact_rows",
    "contacts",
    "fingerprint",
    "forget",
    "gaps",
    "is_store",
    "merged_files",
    "opened",
    "pruned",
    "read",
    "snapshots",
    "unforgotten",
    "write",
]
