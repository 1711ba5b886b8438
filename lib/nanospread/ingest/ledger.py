"""What became of every row: entries of repairs and refusals, and the account of each file."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from nanospread.core.errors import InputError
from nanospread.ingest.sheets import RawFile, numbers_by_row

LEDGER = ["table", "file", "line", "status", "column", "reason", "before", "after"]
ENTRY = {"row": "int64", **dict.fromkeys(("status", "column", "reason", "before", "after"), "str")}
COUNTS = ["table", "file", "rows_in", "kept", "repaired", "refused"]


def entries(
    status: str, reasons: Mapping[str, pd.Series], before: pd.DataFrame, after: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return one entry for each reason: row, status, column, reason, before, after.

    reasons: by column, indexed by row number. before, after: the whole table as text and as typed.
    """
    rows = [
        (row, status, column, reason, was, now)
        for column, why in reasons.items()
        if len(why)
        for row, reason, was, now in zip(
            why.index,
            why,
            before.loc[why.index, column],
            [""] * len(why) if after is None else map(_shown, after.loc[why.index, column]),
            strict=True,
        )
    ]
    return pd.DataFrame(rows, columns=list(ENTRY)).astype(ENTRY)


def _shown(value: object) -> str:
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return "" if value is pd.NA or value is pd.NaT or value != value else str(value)


def placed(files: Sequence[RawFile], entries: pd.DataFrame) -> pd.DataFrame:
    """Return the entries of a table by file and line, with the records that were no rows: at, line, ...

    files: those of the table; `at` is the place of an entry's own among them. entries: those whose `row`
    counts through the rows of all files.
    """
    place = pd.DataFrame(
        {
            "at": numbers_by_row(files),
            "line": np.concatenate([np.empty(0, dtype="int64"), *(file.rows.index for file in files)]),
        }
    )
    located = entries.join(place, on="row").drop(columns="row")
    numbers = [len(file.refused) for file in files]
    refusals = {
        "status": "refused",
        "reason": [reason for file in files for _, reason in file.refused],
        "at": np.repeat(np.arange(len(files)), numbers),
        "line": [line for file in files for line, _ in file.refused],
    }
    blank = dict.fromkeys(located.columns, "")
    ragged = pd.DataFrame({**blank, **refusals}, index=range(sum(numbers))).astype(located.dtypes.to_dict())
    return pd.concat([located, ragged], ignore_index=True).sort_values(["at", "line"], kind="stable")


def of(table: str, files: Sequence[RawFile], entries: pd.DataFrame) -> pd.DataFrame:
    """Return the ledger of a table: table, file, line, ...; a record that is a file of its own is named."""
    file_names = [
        files[at].names[line - 1] if files[at].names else files[at].file
        for at, line in zip(entries["at"], entries["line"], strict=True)
    ]
    grouped = entries["at"].isin([at for at, file in enumerate(files) if file.names])
    line = entries["line"].mask(grouped, 1)
    ledger = entries.assign(table=table, file=file_names, line=line).astype({"table": "str", "file": "str"})
    return ledger[LEDGER].reset_index(drop=True)


def counts(table: str, files: Sequence[RawFile], entries: pd.DataFrame) -> pd.DataFrame:
    """Return, for each file, rows_in = kept + repaired + refused; a row counts once."""
    number = entries.drop_duplicates(["at", "line", "status"]).groupby(["at", "status"]).size()
    rows = []
    for at, file in enumerate(files):
        rows_in = len(file.rows) + len(file.refused)
        repaired, refused = (int(number.get((at, status), 0)) for status in ("repaired", "refused"))
        rows.append((table, file.file, rows_in, rows_in - repaired - refused, repaired, refused))
    types = {name: "str" if name in ("table", "file") else "int64" for name in COUNTS}
    return pd.DataFrame(rows, columns=COUNTS).astype(types)


def nothing_left(table: str, files: Sequence[str], ledger: pd.DataFrame) -> InputError:
    """Return the error for a required table without a row: no file, an empty one, or all refused."""
    names = ", ".join(files)
    if not names:
        return InputError(f"no file holds {table}: name its columns in mapping.yaml if one does")
    if ledger.empty:
        return InputError(f"{names}: a header and no rows; {table} must have some")
    refused = ledger.drop_duplicates(["file", "line"])
    commonest = refused[["column", "reason"]].value_counts(sort=True).index[0]
    why = ": ".join(part for part in commonest if part)
    return InputError(f"{names}: no usable row of {table}; {len(refused)} refused, most often {why}")


def nothing_matched(posting: pd.Series, counted: pd.Series) -> InputError:
    """Return the error for posts of which none has a follower count: who posts, and who is counted."""
    posters, accounts = sorted(posting.unique()), sorted(counted.unique())
    return InputError(
        f"no post has a follower count: none of {len(posters):,} creators with posts ({posters[0]!r}, ...) "
        f"is among the {len(accounts):,} with followers ({accounts[0]!r}, ...)"
    )
