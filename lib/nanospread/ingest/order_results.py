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


def counted(tables: Tables, settings: OrderSettings, platform: str = PLATFORM) -> OrderResults:
    """Return the tables with the orders of each creator and campaign among their results.

    platform: the one that is analysed; results and orders of an account elsewhere are none of its namesake.

    Raises InputError: orders in several currencies without a file of rates, or one that lacks a rate.
    """
    tables, result_notes = _on_platform(tables, platform)
    attribution = credit.credited(tables.orders, tables.codes, settings.rule)
    if tables.orders.empty:
        return OrderResults(tables, attribution, tuple(result_notes))
    attribution, order_notes = _orders_on_platform(attribution, tables, platform)
    credited = attribution.orders[attribution.orders["outcome"] == credit.CREDITED]
    credited, notes = _in_one_currency(credited, settings)
    credited = credited.assign(campaign=_campaigns(credited, tables))
    first, last = _span(attribution.orders)
    zeros = _without_orders(credited, tables, first, last)
    zeros = zeros[_platforms(zeros, tables, platform) == platform]
    rows = pd.concat([_by_creator(credited), zeros], ignore_index=True)
    results, overlap_notes = _joined(rows.assign(as_of=last), tables, first)
    return OrderResults(
        replace(tables, results=results), attribution, (*result_notes, *order_notes, *notes, *overlap_notes)
    )


def _on_platform(tables: Tables, platform: str) -> tuple[Tables, list[str]]:
    """Return the tables with the results of one platform, others' elsewhere, and what is to be asked."""
    platforms = _platforms(tables.results, tables, platform)
    if (platforms == platform).all():
        return tables, []
    others = tables.results.assign(platform=platforms)[platforms != platform].reset_index(drop=True)
    results = tables.results[platforms == platform].reset_index(drop=True)
    parted = replace(tables, results=results, elsewhere={**tables.elsewhere, "results": others})
    return parted, _elsewhere_notes(others, "result", platform)


def _orders_on_platform(attribution: Credit, tables: Tables, platform: str) -> tuple[Credit, list[str]]:
    """Return the credit with none for orders of accounts elsewhere, and what is to be told."""
    credited = attribution.orders[attribution.orders["outcome"] == credit.CREDITED]
    credited = credited.assign(campaign=_campaigns(credited, tables))
    credited = credited.assign(platform=_platforms(credited, tables, platform))
    elsewhere = credited[credited["platform"] != platform]
    if elsewhere.empty:
        return attribution, []
    reasons = ("of an account on " + elsewhere["platform"]).mask(elsewhere["platform"] == "", ANY)
    return credit.withdrawn(attribution, reasons), _elsewhere_notes(elsewhere, "order", platform)


class DatedOrders(NamedTuple):
    """Credited orders (campaign, creator, ordered_at, which may be missing, orders), and their last day."""

    orders: pd.DataFrame
    until: pd.Timestamp


def dated(count: OrderResults) -> DatedOrders:
    """Return each credited order or group of orders with its campaign and day."""
    orders = count.credit.orders
    credited = orders[orders["outcome"] == credit.CREDITED]
    credited = credited.assign(campaign=_campaigns(credited, count.tables))
    return DatedOrders(credited[[*PAIR, "ordered_at", "orders"]], _span(orders)[1])


def _in_one_currency(orders: pd.DataFrame, settings: OrderSettings) -> tuple[pd.DataFrame, list[str]]:
    """Return orders with their amounts in the currency of the results, and a sentence on each conversion."""
    currencies = sorted({*orders.loc[orders["value"].notna(), "currency"]} - {"", settings.currency})
    if not settings.currency:
        return _commonest(orders)
    if not currencies:
        return orders, []
    if not settings.rates:
        raise InputError(
            f"orders are in {', '.join(currencies)}, the brief counts in {settings.currency}: name a file of "
            "exchange rates in the brief, such as rate_table: eurofxref-hist.csv"
        )
    rates, notes, orders = exchange_rates.read(settings.rates), [], orders.copy()
    days = orders["ordered_at"].fillna(orders["to"])
    for currency in currencies:
        in_currency = (orders["currency"] == currency).to_numpy()
        for name in MONEY:
            amounts = floats(orders[name]).copy()
            amounts[in_currency] = rates.converted(
                orders.loc[in_currency, name], days[in_currency], currency, settings.currency
            )
            orders[name] = amounts
        undated = int((in_currency & days.isna().to_numpy()).sum())
        undated_note = f"; {undated:,} have no date, so their value is unknown" if undated else ""
        notes.append(
            f"Orders in {currency}, converted at the rate of their day: "
            f"{int(in_currency.sum()):,}{undated_note}."
        )
    return orders, notes


def _commonest(orders: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return orders with the amounts unknown that are not in the currency of most, and a sentence on it."""
    currencies = orders.loc[orders["currency"] != "", "currency"]
    if currencies.nunique() < 2:
        return orders, []
    commonest = str(currencies.value_counts().sort_index().idxmax())
    in_others = ~orders["currency"].isin(["", commonest])
    unknown = {name: orders[name].mask(in_others) for name in MONEY}
    note = (
        f"{formatting.counted(int(in_others.sum()), 'order')} in another currency than {commonest}: what "
        "they are worth counts once a brief names its currency and a file of exchange rates."
    )
    return orders.assign(**unknown), [note]


def _campaigns(orders: pd.DataFrame, tables: Tables) -> pd.Series:
    """Return the campaign of each order: its code's, else the creator's only one elsewhere, else UNTOLD."""
    parts = [frame[PAIR] for frame in (tables.whole("results"), tables.whole("outreach"), tables.codes)]
    pairs = pd.concat(parts).drop_duplicates()
    pairs = pairs[(pairs["campaign"] != "") & (pairs["creator"] != "")]
    single_campaigns = pairs[~pairs.duplicated("creator", keep=False)].set_index("creator")["campaign"]
    of_creator = orders["creator"].map(single_campaigns)
    names = pairs["campaign"].unique()
    default = str(names[0]) if len(names) == 1 else UNTOLD
    campaigns = orders["campaign"].where(orders["campaign"] != "", of_creator)
    return campaigns.fillna(default).astype("str")


def _by_creator(orders: pd.DataFrame) -> pd.DataFrame:
    """Return campaign, creator, orders, revenue [at full price], refunded, discount, tracking."""
    priced = orders["discount"].notna() | orders["value"].isna()
    rows = orders.assign(
        revenue=orders["value"] + orders["discount"].fillna(0.0),
        priced=priced,
        valued=orders["value"].notna(),
    )
    groups = rows.groupby(PAIR, sort=True)
    sums = groups[["orders", "revenue", "refunded", "discount"]].sum(min_count=1)
    sums["discount"] = sums["discount"].where(groups["priced"].all())
    sums["revenue"] = sums["revenue"].where(groups["valued"].all())
    sums["tracking"] = groups["codes"].agg(lambda codes: ", ".join(sorted({*codes} - {""})))
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
    has_orders = pairs.index.isin(pd.MultiIndex.from_frame(orders[PAIR]))
    without_orders = pairs[~has_orders & (~logged | pairs.index.isin(posted))]
    zeros = without_orders.rename("tracking").reset_index()
    return pd.DataFrame(zeros.assign(orders=0.0, revenue=0.0, refunded=0.0, discount=0.0))


def _span(orders: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first and last day of which orders were exported, as far as they tell."""
    first, last = (orders[end].fillna(orders["ordered_at"]) for end in ("from", "to"))
    return pd.Timestamp(first.min()), pd.Timestamp(last.max())


def _joined(rows: pd.DataFrame, tables: Tables, since: pd.Timestamp) -> tuple[pd.DataFrame, list[str]]:
    """Return results of orders and of the user as one table, and sentences on what both tell."""
    rows["posted_at"] = _posted_at(rows, tables)
    order_rows = _typed(rows)
    results = pd.concat([order_rows, tables.results], ignore_index=True)
    keys = pd.MultiIndex.from_frame(results[PAIR])
    posted = tables.results.groupby(PAIR)["posted_at"].min()
    late = keys.isin(posted.index[posted.dt.floor("D") < since]) if pd.notna(since) else False
    is_order_row = np.arange(len(results)) < len(order_rows)
    source = pd.Series(np.where(is_order_row, np.where(late, 2, 0), 1), index=results.index)
    twice = keys.isin(keys[is_order_row]) & ~is_order_row & results["orders"].notna().to_numpy()
    joined, _ = joined_results.joined(results, source)
    return joined.reset_index(drop=True), _overlap_notes(results[twice], int(np.sum(twice & late)))


def _overlap_notes(twice: pd.DataFrame, late: int) -> list[str]:
    """Return a sentence on results whose orders stand there one by one too."""
    if twice.empty:
        return []
    results = formatting.counted(len(twice), "result")
    exception = f", those of {late:,} excepted whose posts are older than the orders' export" if late else ""
    return [f"{results} with a count of orders beside the orders themselves: the orders count{exception}."]


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


def _platforms(rows: pd.DataFrame, tables: Tables, platform: str) -> "pd.Series[str]":
    """Return the platform of each row, "" where several could be meant.

    rows: campaign, creator, and platform ("": not told) where there is one. platform: that which is analysed,
    of a handle that nothing else knows too.
    """
    platforms = rows["platform"] if "platform" in rows else pd.Series("", index=rows.index, dtype="str")
    if not tables.elsewhere:
        return platforms.mask(platforms == "", platform)
    results = tables.whole("results")
    frames = (tables.whole("outreach"), results[results["platform"] != ""])
    campaigns = pd.concat([frame[[*PAIR, "platform"]] for frame in frames])
    parts = [tables.whole(table)[["creator", "platform"]].drop_duplicates() for table in BY_PLATFORM]
    accounts = pd.concat(parts)
    for keys, telling in ((["creator"], accounts), (PAIR, campaigns), (["campaign"], campaigns)):
        candidates = telling[[*keys, "platform"]].drop_duplicates()
        unique = candidates[~candidates.duplicated(keys, keep=False)]
        matches = rows[keys].merge(unique, on=keys, how="left", validate="many_to_one")["platform"]
        platforms = platforms.where(platforms != "", filled_text(matches.set_axis(rows.index)))
    return platforms.mask((platforms == "") & ~rows["creator"].isin(accounts["creator"]), platform)


def _elsewhere_notes(rows: pd.DataFrame, noun: str, analysed: str) -> list[str]:
    """Return what becomes of rows that are not of the platform here, and what to do, in sentences.

    rows: creator, orders, and platform, as `_platforms` tells it. noun: they are, "result" or "order".
    """
    notes = []
    for platform in sorted(rows["platform"].unique()):
        group = rows[rows["platform"] == platform]
        names = sorted(map(formatting.handle, group["creator"].unique()))
        remainder = [f"{formatting.count(len(names) - NAMED)} more"] if names[NAMED:] else []
        owners = formatting.listed([*names[:NAMED], *remainder])
        amount = formatting.counted(float(group["orders"].sum()) if noun == "order" else len(group), noun)
        notes.append(
            f"{amount} on {platform}, of {owners}: in no figure of {analysed}."
            if platform
            else f"{amount} of a handle on several platforms, {owners}: in no figure. The outreach log of "
            "the campaign, or a column platform in its results, tells which."
        )
    return notes
