"""Result rows in, the same with each budget once out: tools repeat a whole budget on each month's row."""

from collections.abc import Sequence

import pandas as pd

from nanospread.ingest.sources import RawFile

BUDGET = ["campaign", "creator", "offer", "cost"]
AGAIN = "the same budget on another month's row: it counts once"


def once(results: pd.DataFrame, files: Sequence[RawFile]) -> tuple[pd.DataFrame, "pd.Series[str]"]:
    """Return results with each repeated cost on its first row and 0 on the others, and the reasons there.

    Repeated is the same campaign, creator, offer and cost on rows of different periods of one file; without
    periods only if the file's mapping says so (`budgets: once`). `budgets: each` lets them all stand.

    results: campaign, creator, offer, cost, period ("": not told), indexed through the rows of all files.
    """
    file = pd.Series(
        [at for at, raw in enumerate(files) for _ in range(len(raw.rows))], dtype="int64"
    ).reindex(results.index)
    said = file.map({at: raw.said.get("budgets", "") for at, raw in enumerate(files)})
    asked = (said == "once") | ((results["period"] != "") & (said != "each"))
    rows = results.assign(file=file)[asked & (results["cost"] > 0)]
    first = rows.groupby(["file", *BUDGET])["period"].transform("first")
    later = (rows["period"] != first) | ((rows["period"] == "") & rows.duplicated(["file", *BUDGET]))
    at = later.index[later]
    cost = results["cost"].mask(results.index.isin(at), 0.0)
    return results.assign(cost=cost), pd.Series(AGAIN, index=at, dtype="str")
