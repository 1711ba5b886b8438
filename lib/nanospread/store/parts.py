"""A Parquet file of validated rows, with the account of its export: what the bulk readers make."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Part:
    """Rows of one table, too many for a frame, as a Parquet file that `write` moves into a snapshot.

    The file has the columns of the table in `tables.Tables`, each key once: text VARCHAR (never NULL),
    moments TIMESTAMP WITH TIME ZONE, counts BIGINT, flags BOOLEAN, amounts DOUBLE. Posts without a
    follower count are in it too: which ones count is decided in reading.
    """

    table: str
    path: Path
    counts: pd.DataFrame  # as Tables.counts: table, file, rows_in, kept, repaired, refused
    ledger: pd.DataFrame  # as Tables.ledger
