"""Rows of page 01."""

import pandas as pd

ROWS = {
    "rows_in": "records in the files = kept + repaired + refused",
    "kept": "rows used as they came",
    "repaired": "rows used after a repair that the ledger names",
    "refused": "rows left out; file, line and reason are in the ledger",
}


def quality(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in, kept, repaired and refused of each table.

    counts: table, file, rows_in, kept, repaired, refused, as `tables.Tables.counts`.
    """
    totals = counts.groupby("table", sort=False)[list(ROWS)].sum()
    rows = totals.reset_index().melt("table", var_name="status", ignore_index=False).sort_index(kind="stable")
    return pd.DataFrame(
        {
            "metric": rows["table"] + "_" + rows["status"].astype(str),
            "label": rows["table"] + ": rows " + rows["status"].replace("rows_in", "in").astype(str),
            "value": rows["value"],
            "n": rows["table"].map(totals["rows_in"]),
            "unit": "rows",
            "basis": "measured",
            "formula": rows["status"].map(ROWS),
        }
    )
