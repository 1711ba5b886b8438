"""Results and credited orders, which name a handle -> the platform of the account that they are of.

A handle may be an account on each of two platforms, and a result names the handle alone. Its own column
`platform` tells; else all accounts and contacts of that handle, where they are on one; else contacts and
told results of that handle in the campaign; else those of the whole campaign. What none of them tells counts
on no platform, and is asked for.
"""

import pandas as pd

from nanospread.core.formatting import count, counted, handle, listed
from nanospread.core.types import filled_text
from nanospread.ingest.dataset import BY_PLATFORM, Tables

PAIR = ["campaign", "creator"]
NAMED = 5  # handles that a sentence names


def platforms(rows: pd.DataFrame, tables: Tables, here: str) -> "pd.Series[str]":
    """Return the platform of each row, "" where several could be meant.

    rows: campaign, creator, and platform ("": not told) where there is one. here: that which is analysed, of
    a handle that nothing else knows too.
    """
    told = rows["platform"] if "platform" in rows else pd.Series("", index=rows.index, dtype="str")
    if not tables.elsewhere:
        return told.mask(told == "", here)
    results = tables.whole("results")
    known = (tables.whole("outreach"), results[results["platform"] != ""])
    campaigns = pd.concat([frame[[*PAIR, "platform"]] for frame in known])
    parts = [tables.whole(table)[["creator", "platform"]].drop_duplicates() for table in BY_PLATFORM]
    accounts = pd.concat(parts)
    for keys, telling in ((["creator"], accounts), (PAIR, campaigns), (["campaign"], campaigns)):
        each = telling[[*keys, "platform"]].drop_duplicates()
        one = each[~each.duplicated(keys, keep=False)]
        found = rows[keys].merge(one, on=keys, how="left", validate="many_to_one")["platform"]
        told = told.where(told != "", filled_text(found.set_axis(rows.index)))
    return told.mask((told == "") & ~rows["creator"].isin(accounts["creator"]), here)


def sentences(rows: pd.DataFrame, what: str, here: str) -> list[str]:
    """Return what becomes of rows that are not of the platform here, and what to do, in sentences.

    rows: creator, orders, and platform, as `platforms` tells it. what: they are, "result" or "order".
    """
    notes = []
    for platform in sorted(rows["platform"].unique()):
        of = rows[rows["platform"] == platform]
        names = sorted(map(handle, of["creator"].unique()))
        whose = listed([*names[:NAMED], *([f"{count(len(names) - NAMED)} more"] if names[NAMED:] else [])])
        many = counted(float(of["orders"].sum()) if what == "order" else len(of), what)
        notes.append(
            f"{many} on {platform}, of {whose}: in no figure of {here}."
            if platform
            else f"{many} of a handle on several platforms, {whose}: in no figure. The outreach log of the "
            "campaign, or a column platform in its results, tells which."
        )
    return notes
