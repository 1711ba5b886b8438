"""Validated tables <-> weekly snapshots on disk, as Parquet that DuckDB writes and reads.

A store is a folder; a snapshot is one export in it, with its date. `write` adds one, once and for all: under
the hash of what went in, whole or not at all, one writer at a time. `read` gives what all snapshots up to a
moment say together; `opened` does so too where a folder of exports may stand. `forget` is the one thing that
changes a snapshot, `pruned` the one that deletes.
"""

from nanospread.store.addresses import contact_rows, contacts
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
from nanospread.tables import schemas

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
