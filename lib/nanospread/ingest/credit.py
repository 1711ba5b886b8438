"""Orders and codes in; each order credited to one creator, or uncredited or refused with its reason, out.

The rule. An order is one order, however many rows, line items, tools and exports show it: its number tells,
without case and a leading #. What the shop says of its value and state goes before what an affiliate tool
says, and that before what an analytics tool says; of several rows of one tool the largest amount and the last
state count. An order that was cancelled, declined or a test is refused; one that came back is an order with
a refund, and so is credited.

A creator's own code is looked at first, then a link or UTM value, then whom the tool itself names; `first`
turns code and link round. A code that is listed without a creator, or that stands on more than
`sitewide_share` of all orders, is the shop's own and credits nobody, nor does a code outside its dates.
Where codes of two creators meet, neither is credited.

A group of orders, of which a tool tells the total alone, counts only where nothing else tells of the same
creator, campaign and time: orders one by one go before groups, and of groups the largest source goes first.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from nanospread.core.types import Flags, Floats, Ints, floats
from nanospread.ingest import same_orders
from nanospread.ingest.codes import CHANNELS, CODE, LINK, NOBODY, TOOL, CreditClaims, claimed, in_time
from nanospread.ingest.same_orders import BAD, MergedOrders

OUTCOMES = CREDITED, UNCREDITED, REFUSED = "credited", "uncredited", "refused"
AGAIN = "the same order again: it counts once"
NOTHING = "no code, and no link that names anybody"
NOBODYS = "a code that nobody has"
SITEWIDE = "a code of the whole shop"
OUTSIDE = "outside the dates of its code"
DENIED = "the affiliate tool declined it"
TWO = {CODE: "codes of two creators", LINK: "links of two creators", TOOL: "named for two creators"}
ORDERS_ENOUGH = 100  # before a code can be called used by too many
ACCOUNT = {"outcome": "str", "reason": "str", "orders": "float64"}


@dataclass(frozen=True)
class Rule:
    """How orders are credited.

    first: code or link, which of the two decides where they name different creators. sitewide_share: of all
    orders, above which a code cannot be one creator's [0-1].
    """

    first: str = "code"
    sitewide_share: float = 0.5

    @property
    def channels(self) -> tuple[int, ...]:
        """The ways to name a creator, in the order in which they are looked at."""
        return (LINK, CODE, TOOL) if self.first == "link" else (CODE, LINK, TOOL)


RULE = Rule()


@dataclass(frozen=True)
class Credit:
    """Orders, each once, with who is credited with it; and what became of every order that was told.

    orders: one row per order or group: order, tool, ordered_at, from, to, orders, value, currency, refunded,
    discount, commission, state; outcome, reason; creator, campaign ("": none), by (code, link or tool),
    codes (which listed codes and links named the creator), by_code, by_link (whether each of the two did).
    account: outcome, reason, orders: their sum is that of the table that came in.
    """

    orders: pd.DataFrame
    account: pd.DataFrame


def credited(orders: pd.DataFrame, codes: pd.DataFrame, rule: Rule = RULE) -> Credit:
    """Return who is credited with each order. orders, codes: as in `Tables`."""
    rows = same_orders.with_ranks(orders)
    merged = same_orders.merged(rows)
    claims = claimed(rows, codes)
    denied = merged.denied[claims.row]
    order_claims = replace(claims, row=merged.place[claims.row])  # by the order that their row shows
    allowed = in_time(order_claims, merged.first, merged.last, codes)
    shared = _sitewide(order_claims, merged, rows, rule)
    usable = allowed & ~shared & ~denied & (order_claims.creator != NOBODY)
    table = merged.orders.assign(outcome=UNCREDITED, reason="", creator="", campaign="", by="", codes="")
    table = table.astype({"outcome": "str", "reason": "str", "creator": "str", "campaign": "str"})
    table["reason"] = _why_not(order_claims, merged, allowed=allowed, shared=shared, denied=denied)
    table = _decided(table, order_claims.only(usable), codes, rule)
    table = _seen(table, order_claims.only(usable), same_orders.tell_links(rows)[claims.row[usable]])
    table = _refused(table, table.loc[table["state"].isin(BAD), "state"])
    table = _groups_once(table)
    return Credit(table, _account(table, rows, merged))


def _sitewide(claims: CreditClaims, merged: MergedOrders, rows: pd.DataFrame, rule: Rule) -> Flags:
    """Return which claims are by a code that too many of all orders have.

    An export of an affiliate tool holds the orders of creators alone, so that one code may well be on most.
    """
    number = floats(merged.orders["orders"])
    if number.sum() < ORDERS_ENOUGH or not (merged.bare & (number > 0)).any():
        return np.full(len(claims.row), False)
    coded = np.flatnonzero(claims.channel == CODE)
    row, key = _pairs(claims.row[coded], claims.key[coded])
    used = np.bincount(key, number[row], minlength=1)
    common = np.flatnonzero(used > rule.sitewide_share * number.sum())
    return np.asarray((claims.channel == CODE) & np.isin(claims.key, common))


def _pairs(row: Ints, value: Ints) -> tuple[Ints, Ints]:
    """Return each pair of a row and what it has once."""
    width = int(value.max(initial=0)) + 1
    pairs = np.unique(row * width + value)
    return pairs // width, pairs % width


def _why_not(
    claims: CreditClaims, merged: MergedOrders, *, allowed: Flags, shared: Flags, denied: Flags
) -> pd.Series:
    """Return the reason against crediting each order, should nothing be left that names a creator."""
    reason = np.where(merged.coded, NOBODYS, NOTHING).astype(object)
    reason[claims.row[denied]] = DENIED
    reason[claims.row[(claims.creator == NOBODY) | shared]] = SITEWIDE
    reason[claims.row[~allowed & ~denied & (claims.creator != NOBODY)]] = OUTSIDE
    return pd.Series(reason, index=merged.orders.index, dtype="str")


def _decided(table: pd.DataFrame, claims: CreditClaims, codes: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Return orders with the creator of the first channel that names any; of two creators neither is."""
    creator, channel = np.full(len(table), NOBODY), np.full(len(table), NOBODY)
    undecided, reasons = np.full(len(table), True), table["reason"].to_numpy(dtype=object)
    for way in rule.channels:
        in_channel = claims.channel == way
        row, creators = _pairs(claims.row[in_channel], claims.creator[in_channel])
        number = np.bincount(row, minlength=len(table))
        single = (number[row] == 1) & undecided[row]
        creator[row[single]], channel[row[single]] = creators[single], way
        reasons[(number > 1) & undecided] = TWO[way]
        undecided &= number == 0
    decided = creator != NOBODY
    names = np.array([*claims.creators, ""], dtype=object)
    ways = np.array([*CHANNELS, ""], dtype=object)
    text = {"creator": names[creator], "by": ways[channel], "reason": np.where(decided, "", reasons)}
    text["outcome"] = np.where(decided, CREDITED, table["outcome"])
    table = table.assign(
        **{name: pd.Series(values, table.index, dtype="str") for name, values in text.items()}
    )
    return _with_campaigns(table, claims, codes, creator)


def _with_campaigns(
    table: pd.DataFrame, claims: CreditClaims, codes: pd.DataFrame, creator: Ints
) -> pd.DataFrame:
    """Return orders with the campaign of the code that began last, and the codes that named the creator."""
    winning = claims.only((creator[claims.row] == claims.creator) & (claims.code != NOBODY))
    if not len(winning.row):
        return table
    ranked = codes.assign(told=codes["campaign"] != "").sort_values(
        ["told", "from", "campaign", "kind", "code"],
        ascending=[False, False, True, True, True],
        na_position="last",
    )
    rank = np.empty(len(codes), dtype=np.int64)
    rank[codes.index.get_indexer(ranked.index)] = np.arange(len(codes))
    order = np.lexsort((rank[winning.code], winning.row))
    row, code = winning.row[order], winning.code[order]
    first = np.r_[True, row[1:] != row[:-1]]
    texts = {"campaign": "campaign", "codes": "code"}
    for name, column in texts.items():
        cells = table[name].to_numpy(dtype=object)
        cells[row[first]] = codes[column].to_numpy(dtype=object)[code[first]]
        table = table.assign(**{name: pd.Series(cells, table.index, dtype="str")})
    return table


def _seen(table: pd.DataFrame, claims: CreditClaims, telling: Flags) -> pd.DataFrame:
    """Return orders with whether a code and whether a link named the credited creator.

    telling: of each claim, whether its tool tells links apart from codes.
    """
    creators = pd.Index(claims.creators).get_indexer(table["creator"])
    right = creators[claims.row] == claims.creator
    seen = {}
    for name, way in {"by_code": CODE, "by_link": LINK}.items():
        seen[name] = np.full(len(table), False)
        seen[name][claims.row[right & (claims.channel == way) & (telling | (way == CODE))]] = True
    return table.assign(**seen)


def _refused(table: pd.DataFrame, why: pd.Series) -> pd.DataFrame:
    """Return orders with some of them refused. why: the reason against each of these, by its index."""
    bad = table.index.isin(why.index)
    reason = why.reindex(table.index).astype("str")
    return table.assign(
        outcome=table["outcome"].mask(bad, REFUSED),
        reason=table["reason"].mask(bad, reason),
        **{name: table[name].mask(bad, "") for name in ("creator", "campaign", "by", "codes")},
        **{name: table[name] & ~bad for name in ("by_code", "by_link")},
    )


def _account(table: pd.DataFrame, rows: pd.DataFrame, merged: MergedOrders) -> pd.DataFrame:
    """Return what became of the orders of all rows: outcome, reason, orders."""
    repeated = float(rows["orders"].sum() - table["orders"].sum())
    counted = table.groupby(["outcome", "reason"], sort=True)["orders"].sum().reset_index()
    repeats = pd.DataFrame([(REFUSED, AGAIN, repeated)], columns=list(ACCOUNT))
    account = pd.concat([counted, repeats] if repeated else [counted], ignore_index=True).astype(ACCOUNT)
    return account.sort_values(["outcome", "reason"], ignore_index=True)


def withdrawn(attribution: Credit, reasons: pd.Series) -> Credit:
    """Return the credit without that of these orders, which are credited to nobody now.

    reasons: the reason against each, by its index in `Credit.orders`.
    """
    rows = attribution.orders.loc[reasons.index]
    orders = attribution.orders.copy()
    orders.loc[rows.index, ["outcome", "creator", "by"]] = [UNCREDITED, "", ""]
    orders.loc[rows.index, "reason"] = reasons
    removed = rows.assign(orders=-rows["orders"])
    added = rows.assign(outcome=UNCREDITED, reason=reasons)
    account = pd.concat([attribution.account, removed[list(ACCOUNT)], added[list(ACCOUNT)]])
    account = account.groupby(["outcome", "reason"], sort=True)["orders"].sum().reset_index()
    return Credit(orders, account[account["orders"] != 0].astype(ACCOUNT).reset_index(drop=True))


def total(account: pd.DataFrame, outcome: str) -> float:
    """Return the orders of one outcome."""
    values: Floats = floats(account.loc[account["outcome"] == outcome, "orders"])
    return float(values.sum())


ONE_BY_ONE = "a total: its orders stand there one by one"
ELSEWHERE = "a total: another one tells of more of the same creator's orders"
OVERLAPS = "a total: its time is in another one"
ELSEWHERE_SOLD = ("amazon",)  # how the names of tools begin whose orders are in no shop of one's own
PAIR = ["creator", "campaign", "elsewhere"]
ALWAYS = (pd.Timestamp("1970-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC"))


def _groups_once(table: pd.DataFrame) -> pd.DataFrame:
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
    return _refused(table, why)


def _one_by_one(groups: pd.DataFrame, singles: pd.DataFrame) -> "pd.Series[str]":
    """Return the reason against groups in the time of which their creator's orders stand one by one."""
    singles_known = pd.MultiIndex.from_frame(singles.loc[singles["outcome"] == "credited", PAIR])
    day = singles.groupby("elsewhere")["ordered_at"].agg(["min", "max"])
    start, end = (groups["elsewhere"].map(day[name]).dt.floor("D") for name in ("min", "max"))
    covered = ~((groups["last"] < start) | (groups["first"] > end))  # where nothing is dated, all are
    has_singles = pd.MultiIndex.from_frame(groups[PAIR]).isin(singles_known)
    return pd.Series(ONE_BY_ONE, index=groups.index[has_singles & covered], dtype="str")


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
    overlapping, spans_of = [], dict[int, list[tuple[int, int]]]()
    for at, (key, begins, ends) in enumerate(zip(same.tolist(), first.tolist(), last.tolist(), strict=True)):
        spans = spans_of.setdefault(key, [])
        if any(begins <= end and begin <= ends for begin, end in spans):
            overlapping.append(at)
        else:
            spans.append((begins, ends))
    return pd.Series(OVERLAPS, index=order.index[overlapping], dtype="str")
