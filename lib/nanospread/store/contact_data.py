"""Contact data that were asked for by name: raw files -> rows to store, and a store -> the newest of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from nanospread.ingest.sources import RawFile
from nanospread.ingest.tables import READERS
from nanospread.store import content, forgotten, opening
from nanospread.store.manifests import Snapshot

if TYPE_CHECKING:
    import duckdb


def contact_rows(raw: Sequence[RawFile]) -> pd.DataFrame | None:
    """Return creator and contact columns of all files that were read with them, "" where one has none.

    None where none was asked for. A row without a readable account is left out: it reaches nobody.
    """
    asked = [_named(file) for file in raw if file.contacts is not None]
    if not asked:
        return None
    rows = pd.concat(asked, ignore_index=True).astype("str").fillna("")
    told = (rows["creator"] != "") & (rows.drop(columns="creator") != "").any(axis=1)
    return rows[told].drop_duplicates("creator").reset_index(drop=True)


def _named(file: RawFile) -> pd.DataFrame:
    assert file.contacts is not None
    names = READERS["creators"]["creator"](file.rows["creator"].reset_index(drop=True)).values
    rows = file.contacts.reset_index(drop=True)
    rows.insert(0, "creator", names)
    return rows


def contacts(place: Path | str) -> pd.DataFrame:
    """Return the contact columns that a store keeps: the newest row of each creator, all text.

    Raises InputError as `read` does.
    """

    def answer(connection: "duckdb.DuckDBPyConnection", snapshots: Sequence[Snapshot]) -> pd.DataFrame:
        paths = [path for one in snapshots for path in one.paths(content.CONTACTS)]
        salt, marks = opening.listed(Path(place))
        rows = [pd.DataFrame({"creator": pd.Series(dtype="str")})]
        rows += [connection.read_parquet(str(path)).df().astype("str") for path in paths]
        known = pd.concat(rows, ignore_index=True).astype("str").fillna("")
        gone = forgotten.among(known["creator"].unique(), salt, marks)
        newest = known[~known["creator"].isin(gone)].drop_duplicates("creator", keep="last")
        return newest.sort_values("creator", ignore_index=True)

    return opening.asked(Path(place), None, answer)
