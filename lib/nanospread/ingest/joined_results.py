"""Results of several files -> one row for each post or period of a creator in a campaign, nothing twice.

A spend sheet knows costs, a link tool clicks, a shop orders. Files that know the same figures list further
rows; files that know others look at the same posts: they fill each other's unknowns, and a figure that two of
them know is that of the first. Rows of one campaign and creator meet by period where both have one, else in
their order; where one file has fewer rows, its sums stand once, on the first ones.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nanospread.core.types import filled_text
from nanospread.ingest.schemas import ADDED_UP, FIGURES, Reasons
from nanospread.ingest.sheets import RawFile, by_row

KEY = ["campaign", "creator"]
MAIN = ("cost", "reach", "clicks", "orders", "revenue")  # which tell one kind of file from another
WORDS = ("offer", "period", "tracking", "platform")
JOINED = "joined with the row of its campaign and creator in another file"
OTHERWISE = "another file of the same campaign and creator says otherwise: that one counts"


def kinds(files: Sequence[RawFile]) -> pd.Series:
    """Return for each row of the files the kind of its file: those with the same figures are of one."""
    file_kinds = [frozenset(name for name in MAIN if name in file.rows) for file in files]
    first = {kind: at for at, kind in reversed(list(enumerate(file_kinds)))}
    return by_row(files, [first[kind] for kind in file_kinds], "int64")


def joined(results: pd.DataFrame, source: pd.Series) -> tuple[pd.DataFrame, Reasons]:
    """Return results with the rows of several sources joined, and the reasons at rows that joined another.

    source: of each row, by its index; of two that know a figure the lower one counts.
    """
    several = source.groupby([results[name] for name in KEY]).transform("nunique") > 1
    if not several.any():
        return results, {}
    rows = _placed(results[several].assign(source=source))
    first_sources = {name: _first_source(rows, name) for name in FIGURES}
    reasons = {name: _otherwise(rows, name, first_sources[name]) for name in FIGURES}
    for name in FIGURES:
        rows[name] = rows[name].where(rows["source"] == first_sources[name])
    merged = _merged(rows, first_sources)
    leads = rows.drop_duplicates(["group", "slot"]).index
    reasons["campaign"] = pd.Series(JOINED, index=rows.index.difference(leads), dtype="str")
    whole = pd.concat([results[~several], merged]).sort_index().astype(results.dtypes)
    return whole, {name: why for name, why in reasons.items() if len(why)}


def with_offers(results: pd.DataFrame, outreach: pd.DataFrame) -> pd.DataFrame:
    """Return results whose unknown offers are those of the outreach log to that creator in that campaign."""
    log = outreach[(outreach["offer"] != "") & (outreach["campaign"] != "")].drop_duplicates(KEY)
    offers = log.set_index(KEY)["offer"].reindex(pd.MultiIndex.from_frame(results[KEY]))
    known_offers = filled_text(offers.set_axis(results.index))
    return results.assign(offer=results["offer"].where(results["offer"] != "", known_offers))


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with group (campaign and creator), listed, unit and slot: rows of one slot are one.

    listed: its source gives no period to some row of the group; its rows are counted off in their order.
    unit: within which one source tells a figure: the slot where all sources have periods, else the group.
    """
    rows = rows.assign(group=rows.groupby(KEY, sort=False).ngroup(), blank=rows["period"] == "")
    of_source = rows.groupby(["group", "source"], sort=False)
    rows = rows.assign(listed=of_source["blank"].transform("any"), slot=of_source.cumcount())
    repeat = rows.groupby(["group", "source", "period"], sort=False).cumcount()
    dated = rows.assign(again=repeat)[~rows["listed"]]
    period = dated.groupby(["group", "period", "again"], sort=False).ngroup()
    first = dated.assign(period=period).drop_duplicates("period").set_index("period")
    rows.loc[dated.index, "slot"] = period.map(first.groupby("group").cumcount())
    any_listed = rows.groupby("group")["listed"].transform("any")
    return rows.assign(unit=rows["slot"].where(~any_listed, -1)).drop(columns="blank")


def _first_source(rows: pd.DataFrame, name: str) -> pd.Series:
    """Return for each row the first source that knows a figure of its unit, missing where none does."""
    known = rows["source"].where(rows[name].notna())
    return known.groupby([rows["group"], rows["unit"]]).transform("min")


def _otherwise(rows: pd.DataFrame, name: str, first_source: pd.Series) -> "pd.Series[str]":
    """Return the reason at rows whose source has another sum of a figure than the first that knows it."""
    unit = [rows["group"], rows["unit"]]
    own_sums = rows[name].groupby([*unit, rows["source"]]).transform("sum")
    first_sums = rows[name].where(rows["source"] == first_source).groupby(unit).transform("sum")
    differing = rows[name].notna() & (rows["source"] != first_source) & ~np.isclose(own_sums, first_sums)
    return pd.Series(OTHERWISE, index=rows.index[differing], dtype="str")


def _merged(rows: pd.DataFrame, first_sources: dict[str, pd.Series]) -> pd.DataFrame:
    """Return one row for each slot, under the index of its first row."""
    counted = rows["as_of"].where(rows["orders"].notna())  # a count is as old as that of its orders
    blank = {name: rows[name].where(rows[name] != "") for name in WORDS}
    ordered = rows.assign(**blank, counted=counted, at=rows.index).sort_values("source", kind="stable")
    groups = ordered.groupby(["group", "slot"], sort=False)
    merged = groups.first().assign(at=groups["at"].min())
    merged["as_of"] = merged["counted"].fillna(merged["as_of"])
    offers = merged.groupby("group")["offer"]
    merged["offer"] = merged["offer"].fillna(
        offers.transform("first").where(offers.transform("nunique") == 1)
    )
    merged[list(WORDS)] = merged[list(WORDS)].astype("str").fillna("")
    for name in ADDED_UP:
        merged[name] = merged[name].mask(_counted_once(rows, merged, first_sources[name]), 0.0)
    merged.index = pd.Index(merged["at"], name=None)
    return pd.DataFrame(merged.drop(columns=["at", "source", "listed", "unit", "counted"]))


def _counted_once(rows: pd.DataFrame, merged: pd.DataFrame, first_source: pd.Series) -> "pd.Series[bool]":
    """Return the slots that the source of a figure, which lists no periods, has no row for."""
    teller = rows.assign(first=first_source)[rows["listed"] & (rows["source"] == first_source)]
    source = teller.drop_duplicates("group").set_index("group")["source"]
    groups, slots = merged.index.get_level_values("group"), merged.index.get_level_values("slot")
    keys = pd.MultiIndex.from_arrays([groups, slots, groups.map(source.to_dict())])
    present = keys.isin(pd.MultiIndex.from_frame(rows[["group", "slot", "source"]]))
    return pd.Series(groups.isin(source.index) & ~present, index=merged.index)
