"""Groups of orders, told as totals alone -> those that tell of orders that nothing else tells of."""

import numpy as np
import pandas as pd

REFUSED = "refused"
ONE_BY_ONE = "a total: its orders stand there one by one"
ELSEWHERE = "a total: another one tells of more of the same creator's orders"
OVERLAPS = "a total: its time is in another one"
ELSEWHERE_SOLD = ("amazon",)  # how the names of tools begin whose orders are in no shop of one's own
PAIR = ["creator", "campaign", "elsewhere"]
ALWAYS = (pd.Timestamp("1970-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC"))


def once(table: pd.DataFrame) -> pd.DataFrame:
    """Return credited orders with those groups refused whose orders may stand in another row.

    table: as `credit.Credit.orders`.
    """
    groups = table[(table["order"] == "") & (table["outcome"] == "credited")]
    if groups.empty:
        return table
    elsewhere = table["tool"].str.casefold().str.startswith(ELSEWHERE_SOLD)
    groups = groups.assign(elsewhere=elsewhere, first=groups["from"], last=groups["to"])
    for at, end in enumerate(("first", "last")):
        groups[end] = groups[end].fillna(groups["ordered_at"]).fillna(ALWAYS[at]).dt.floor("D")
    singles = table[(table["order"] != "")].assign(elsewhere=elsewhere)
    why = _one_by_one(groups, singles)
    why = pd.concat([why, _smaller(groups.drop(index=why.index))])
    why = pd.concat([why, _overlapping(groups.drop(index=why.index))])
    return _without(table, why)


def _one_by_one(groups: pd.DataFrame, singles: pd.DataFrame) -> "pd.Series[str]":
    """Return the reason against groups in the time of which their creator's orders stand one by one."""
    known = pd.MultiIndex.from_frame(singles.loc[singles["outcome"] == "credited", PAIR])
    day = singles.groupby("elsewhere")["ordered_at"].agg(["min", "max"])
    start, end = (groups["elsewhere"].map(day[name]).dt.floor("D") for name in ("min", "max"))
    covered = ~((groups["last"] < start) | (groups["first"] > end))  # where nothing is dated, all are
    there = pd.MultiIndex.from_frame(groups[PAIR]).isin(known)
    return pd.Series(ONE_BY_ONE, index=groups.index[there & covered], dtype="str")


def _smaller(groups: pd.DataFrame) -> "pd.Series[str]":
    """Return the reason against groups of other sources than the one with most orders of their creator.

    A source is a tool, and in it the codes, the links or what the tool itself names.
    """
    sums = groups.groupby([*PAIR, "tool", "by"], sort=True)["orders"].sum().reset_index()
    best = sums.sort_values("orders", ascending=False, kind="stable").drop_duplicates(PAIR)
    source = [*PAIR, "tool", "by"]
    kept = pd.MultiIndex.from_frame(groups[source]).isin(pd.MultiIndex.from_frame(best[source]))
    return pd.Series(ELSEWHERE, index=groups.index[~kept], dtype="str")


def _overlapping(groups: pd.DataFrame) -> "pd.Series[str]":
    """Return the reason against groups in the time of a longer or larger one of the same link.

    Codes do not part them: an order with two codes of one creator stands in the total of each.
    """
    days, keys = (groups["last"] - groups["first"]).dt.days, [*PAIR, "dims"]
    order = groups.assign(days=days).sort_values(
        [*keys, "days", "orders", "value", "first"], ascending=[True] * len(keys) + [False] * 3 + [True]
    )
    same = order.groupby(keys, sort=False).ngroup().to_numpy()
    first, last = (order[end].to_numpy(dtype="datetime64[D]").astype(np.int64) for end in ("first", "last"))
    late, taken = [], dict[int, list[tuple[int, int]]]()
    for at, (key, one, two) in enumerate(zip(same.tolist(), first.tolist(), last.tolist(), strict=True)):
        spans = taken.setdefault(key, [])
        if any(one <= end and begin <= two for begin, end in spans):
            late.append(at)
        else:
            spans.append((one, two))
    return pd.Series(OVERLAPS, index=order.index[late], dtype="str")


def _without(table: pd.DataFrame, why: pd.Series) -> pd.DataFrame:
    """Return the table with some groups refused."""
    bad = table.index.isin(why.index)
    reason = why.reindex(table.index).astype("str")
    return table.assign(
        outcome=table["outcome"].mask(bad, REFUSED),
        reason=table["reason"].mask(bad, reason),
        **{name: table[name].mask(bad, "") for name in ("creator", "campaign", "by", "codes")},
        **{name: table[name] & ~bad for name in ("by_code", "by_link")},
    )
