"""Credited orders and the results that a user keeps -> results by campaign and creator, no order twice.

Orders one by one know more than a sheet that counts them: where both give a creator's orders of a campaign,
the orders count, unless their export begins after the sheet's post and so cannot hold them all.

A handle may be an account on each of two platforms, and a result names the handle alone. Its own column
`platform` tells; else all accounts and contacts of that handle, where they are on one; else contacts and
told results of that handle in the campaign; else those of the whole campaign. What none of them tells counts
on no platform, and is asked for.
"""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from nanospread.core import formatting
from nanospread.core.errors import InputError
from nanospread.core.types import filled_text, floats
from nanospread.ingest import credit, exchange_rates, joined_results, schemas
from nanospread.ingest.credit import Credit, Rule
from nanospread.ingest.dataset import BY_PLATFORM, Tables
from nanospread.ingest.platforms import PLATFORM

PAIR = ["campaign", "creator"]
ANY = "of a handle on several platforms, and which is not told"
UNTOLD = "not told"  # the campaign of orders whose code, UTM values and creator tell none
MONEY = ("value", "refunded", "discount")


@dataclass(frozen=True)
class OrderSettings:
    """How orders are counted: the currency of the results, the file of rates, and who is credited.

    currency: of the results; "" is that of most orders, and amounts in others are then unknown.
    rates: a file; "" refuses orders in other currencies.
    """

    currency: str = ""
    rates: str = ""
    rule: Rule = field(default_factory=Rule)


@dataclass(frozen=True)
class OrderResults:
    """Tables whose results hold their orders, with the credit of each order and what is to be told."""

    tables: Tables
    credit: Credit
    notes: tuple[str, ...] = ()


def counted(tables: Tables, settings: OrderSettings, here: str = PLATFORM) -> OrderResults:
    """Return the tables with the orders of each creator and campaign among their results.

    here: the platform that is analysed; results and orders of an account elsewhere are none of its namesake.

    Raises InputError: orders in several currencies without a file of rates, or one that lacks a rate.
    """
    tables, away = _here(tables, here)
    found = credit.credited(tables.orders, tables.codes, settings.rule)
    if tables.orders.empty:
        return OrderResults(tables, found, tuple(away))
    found, more = _orders_here(found, tables, here)
    mine = found.orders[found.orders["outcome"] == credit.CREDITED]
    mine, notes = _in_one_currency(mine, settings)
    mine = mine.assign(campaign=_campaigns(mine, tables))
    first, last = _span(found.orders)
    none = _without_orders(mine, tables, first, last)
    none = none[_platforms(none, tables, here) == here]
    rows = pd.concat([_by_creator(mine), none], ignore_index=True)
    results, told = _joined(rows.assign(as_of=last), tables, first)
    return OrderResults(replace(tables, results=results), found, (*away, *more, *notes, *told))


def _here(tables: Tables, here: str) -> tuple[Tables, list[str]]:
    """Return the tables with the results of one platform, others' elsewhere, and what is to be asked."""
    on = _platforms(tables.results, tables, here)
    if (on == here).all():
        return tables, []
    others = tables.results.assign(platform=on)[on != here].reset_index(drop=True)
    mine = tables.results[on == here].reset_index(drop=True)
    parted = replace(tables, results=mine, elsewhere={**tables.elsewhere, "results": others})
    return parted, _not_here(others, "result", here)


def _orders_here(found: Credit, tables: Tables, here: str) -> tuple[Credit, list[str]]:
    """Return the credit with none for orders of accounts elsewhere, and what is to be told."""
    mine = found.orders[found.orders["outcome"] == credit.CREDITED]
    mine = mine.assign(campaign=_campaigns(mine, tables))
    mine = mine.assign(platform=_platforms(mine, tables, here))
    away = mine[mine["platform"] != here]
    if away.empty:
        return found, []
    reasons = ("of an account on " + away["platform"]).mask(away["platform"] == "", ANY)
    return credit.withdrawn(found, reasons), _not_here(away, "order", here)


class DatedOrders(NamedTuple):
    """Credited orders (campaign, creator, ordered_at, which may be missing, orders), and their last day."""

    orders: pd.DataFrame
    until: pd.Timestamp


def dated(count: OrderResults) -> DatedOrders:
    """Return each credited order or group of orders with its campaign and day."""
    every = count.credit.orders
    mine = every[every["outcome"] == credit.CREDITED]
    mine = mine.assign(campaign=_campaigns(mine, count.tables))
    return DatedOrders(mine[[*PAIR, "ordered_at", "orders"]], _span(every)[1])


def _in_one_currency(orders: pd.DataFrame, settings: OrderSettings) -> tuple[pd.DataFrame, list[str]]:
    """Return orders with their amounts in the currency of the results, and a sentence on each conversion."""
    others = sorted({*orders.loc[orders["value"].notna(), "currency"]} - {"", settings.currency})
    if not settings.currency:
        return _commonest(orders)
    if not others:
        return orders, []
    if not settings.rates:
        raise InputError(
            f"orders are in {', '.join(others)}, the brief counts in {settings.currency}: name a file of "
            "exchange rates in the brief, such as rate_table: eurofxref-hist.csv"
        )
    rates, notes, orders = exchange_rates.read(settings.rates), [], orders.copy()
    days = orders["ordered_at"].fillna(orders["to"])
    for currency in others:
        of = (orders["currency"] == currency).to_numpy()
        for name in MONEY:
            amounts = floats(orders[name]).copy()
            amounts[of] = rates.converted(orders.loc[of, name], days[of], currency, settings.currency)
            orders[name] = amounts
        undated = int((of & days.isna().to_numpy()).sum())
        lost = f"; {undated:,} have no date, so their value is unknown" if undated else ""
        notes.append(f"Orders in {currency}, converted at the rate of their day: {int(of.sum()):,}{lost}.")
    return orders, notes


def _commonest(orders: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return orders with the amounts unknown that are not in the currency of most, and a sentence on it."""
    told = orders.loc[orders["currency"] != "", "currency"]
    if told.nunique() < 2:
        return orders, []
    most = str(told.value_counts().sort_index().idxmax())
    other = ~orders["currency"].isin(["", most])
    unknown = {name: orders[name].mask(other) for name in MONEY}
    note = (
        f"{formatting.counted(int(other.sum()), 'order')} in another currency than {most}: what they are "
        "worth counts once a brief names its currency and a file of exchange rates."
    )
    return orders.assign(**unknown), [note]


def _campaigns(orders: pd.DataFrame, tables: Tables) -> pd.Series:
    """Return the campaign of each order: its code's, else the creator's only one elsewhere, else UNTOLD."""
    parts = [frame[PAIR] for frame in (tables.whole("results"), tables.whole("outreach"), tables.codes)]
    pairs = pd.concat(parts).drop_duplicates()
    pairs = pairs[(pairs["campaign"] != "") & (pairs["creator"] != "")]
    only = pairs[~pairs.duplicated("creator", keep=False)].set_index("creator")["campaign"]
    known = orders["creator"].map(only)
    named = pairs["campaign"].unique()
    alone = str(named[0]) if len(named) == 1 else UNTOLD
    told = orders["campaign"].where(orders["campaign"] != "", known)
    return told.fillna(alone).astype("str")


def _by_creator(orders: pd.DataFrame) -> pd.DataFrame:
    """Return campaign, creator, orders, revenue [at full price], refunded, discount, tracking."""
    known = orders["discount"].notna() | orders["value"].isna()
    rows = orders.assign(
        revenue=orders["value"] + orders["discount"].fillna(0.0), priced=known, valued=orders["value"].notna()
    )
    by = rows.groupby(PAIR, sort=True)
    sums = by[["orders", "revenue", "refunded", "discount"]].sum(min_count=1)
    sums["discount"] = sums["discount"].where(by["priced"].all())
    sums["revenue"] = sums["revenue"].where(by["valued"].all())
    sums["tracking"] = by["codes"].agg(lambda codes: ", ".join(sorted({*codes} - {""})))
    return pd.DataFrame(sums.reset_index())


def _without_orders(
    orders: pd.DataFrame, tables: Tables, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """Return those who had a code and posted, and whom no order came of: 0 is a result.

    Where the outreach log knows the campaign it tells who posted; else whoever has a code counts as in it.
    """
    codes = tables.codes[(tables.codes["creator"] != "") & (tables.codes["campaign"] != "")]
    valid = ~((codes["from"] > last) | (codes["to"] < first))
    pairs = codes[valid].groupby(PAIR, sort=True)["code"].agg(lambda code: ", ".join(sorted({*code})))
    index = pd.MultiIndex.from_frame(tables.outreach[PAIR])
    posted = index[tables.outreach["posted"].fillna(False).to_numpy(dtype=bool)]
    logged = pairs.index.get_level_values("campaign").isin(tables.outreach["campaign"])
    there = pairs.index.isin(pd.MultiIndex.from_frame(orders[PAIR]))
    wanted = pairs[~there & (~logged | pairs.index.isin(posted))]
    zeros = wanted.rename("tracking").reset_index()
    return pd.DataFrame(zeros.assign(orders=0.0, revenue=0.0, refunded=0.0, discount=0.0))


def _span(orders: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and last day of which orders were exported, as far as they tell."""
    first, last = (orders[end].fillna(orders["ordered_at"]) for end in ("from", "to"))
    return pd.Timestamp(first.min()), pd.Timestamp(last.max())


def _joined(rows: pd.DataFrame, tables: Tables, since: pd.Timestamp) -> tuple[pd.DataFrame, list[str]]:
    """Return results of orders and of the user as one table, and sentences on what both tell."""
    rows["posted_at"] = _posted_at(rows, tables)
    mine = _typed(rows)
    results = pd.concat([mine, tables.results], ignore_index=True)
    keys = pd.MultiIndex.from_frame(results[PAIR])
    posted = tables.results.groupby(PAIR)["posted_at"].min()
    late = keys.isin(posted.index[posted.dt.floor("D") < since]) if pd.notna(since) else False
    own = np.arange(len(results)) < len(mine)
    source = pd.Series(np.where(own, np.where(late, 2, 0), 1), index=results.index)
    twice = keys.isin(keys[own]) & ~own & results["orders"].notna().to_numpy()
    joined, _ = joined_results.joined(results, source)
    return joined.reset_index(drop=True), _told(results[twice], int(np.sum(twice & late)))


def _told(twice: pd.DataFrame, late: int) -> list[str]:
    """Return a sentence on results whose orders stand there one by one too."""
    if twice.empty:
        return []
    results = formatting.counted(len(twice), "result")
    rest = f", those of {late:,} excepted whose posts are older than the orders' export" if late else ""
    return [f"{results} with a count of orders beside the orders themselves: the orders count{rest}."]


def _posted_at(rows: pd.DataFrame, tables: Tables) -> pd.Series:
    """Return when the creators posted, as the outreach log tells it."""
    log = tables.outreach.dropna(subset="posted_at").sort_values("posted_at").drop_duplicates(PAIR)
    when = log.set_index(PAIR)["posted_at"].reindex(pd.MultiIndex.from_frame(rows[PAIR]))
    return when.set_axis(rows.index)


def _typed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with every column of results, blank where orders tell nothing of it."""
    kinds = schemas.COLUMNS["results"]
    whole = rows.reindex(columns=list(kinds))
    for name, kind in kinds.items():
        if kind.dtype == "str":
            whole[name] = filled_text(whole[name])
        elif kind.dtype == schemas.UTC:
            whole[name] = pd.to_datetime(whole[name], utc=True)  # NaT alone has no zone
    return pd.DataFrame(whole.astype({name: kind.dtype for name, kind in kinds.items()}))


NAMED = 5  # handles that a sentence names


def _platforms(rows: pd.DataFrame, tables: Tables, here: str) -> "pd.Series[str]":
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


def _not_here(rows: pd.DataFrame, what: str, here: str) -> list[str]:
    """Return what becomes of rows that are not of the platform here, and what to do, in sentences.

    rows: creator, orders, and platform, as `_platforms` tells it. what: they are, "result" or "order".
    """
    notes = []
    for platform in sorted(rows["platform"].unique()):
        of = rows[rows["platform"] == platform]
        names = sorted(map(formatting.handle, of["creator"].unique()))
        more = [f"{formatting.count(len(names) - NAMED)} more"] if names[NAMED:] else []
        whose = formatting.listed([*names[:NAMED], *more])
        many = formatting.counted(float(of["orders"].sum()) if what == "order" else len(of), what)
        notes.append(
            f"{many} on {platform}, of {whose}: in no figure of {here}."
            if platform
            else f"{many} of a handle on several platforms, {whose}: in no figure. The outreach log of the "
            "campaign, or a column platform in its results, tells which."
        )
    return notes
