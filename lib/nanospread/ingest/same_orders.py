"""Rows of orders, as tools showed them -> each order once, with what the best informed tool says of it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core.types import Flags, Floats, Ints, filled_text, floats
from nanospread.ingest.schemas import GROUP

# The later in the list, the later in the life of an order: of several states of one tool the last counts.
STATES = ("", "pending", "paid", "refunded", "declined", "cancelled", "test")
BAD = ("declined", "cancelled", "test")
SHOP, AFFILIATES, ANALYTICS = range(3)  # tools by how well they know an order, the best first
WATCHING = ("ga4", "google")  # how the names of analytics tools begin
AMOUNTS = ("value", "refunded", "discount", "commission")
DIMS = ("link", "utm_source", "utm_medium", "utm_campaign", "utm_content", "creator")
SEPARATOR = "\x1f"  # of an order's number and its shop
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class MergedOrders:
    """Each order once, and what its rows were."""

    orders: pd.DataFrame  # order, tool, ordered_at, from, to, orders, AMOUNTS, currency, state, dims (of a
    # group, the place of its link and UTM values among those of all; -1 of an order)
    place: Ints  # of each row, its order
    denied: Flags  # of each row, whether its tool refused an order that others know as good
    bare: Flags  # of each order, whether nothing in it could name a creator
    coded: Flags  # of each order, whether it had a code
    first: pd.Series  # of each order or group, its first moment
    last: pd.Series


def with_ranks(orders: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the number that tells an order, how well its tool knows, and the step of its state.

    Where a tool gives the refund or discount of some orders, a blank one of its others is none.
    """
    rows = orders.reset_index(drop=True)
    rows["order"] = _by_number(rows)
    single = rows["order"] != ""
    rows["orders"] = rows["orders"].mask(single, 1.0).fillna(0.0)
    affiliates = (rows["creator"] != "") | rows["commission"].notna()
    tool = rows["tool"].str.casefold()
    rank = np.where(affiliates.groupby(tool).transform("any"), AFFILIATES, SHOP)
    rows["rank"] = np.where(tool.str.startswith(WATCHING), ANALYTICS, rank)
    rows["step"] = rows["state"].map({state: at for at, state in enumerate(STATES)}).astype("int64")
    for name in ("refunded", "discount"):
        reported = rows[name].notna().groupby(tool).transform("any") & rows["value"].notna()
        rows[name] = rows[name].mask(reported, rows[name].fillna(0.0))
    return rows


def _by_number(rows: pd.DataFrame) -> pd.Series:
    """Return order numbers, also of rows that show an order by the shop's own id alone."""
    has_shop_id = rows["shop_id"] != ""
    order_of_shop_id = dict(
        zip(rows["shop_id"][has_shop_id], rows["order"][has_shop_id].str.removeprefix("#"), strict=True)
    )
    orders = (
        rows["order"].map(lambda name: order_of_shop_id.get(name, name))
        if order_of_shop_id
        else rows["order"]
    )
    return rows["order"].where(has_shop_id, orders)


def tell_links(rows: pd.DataFrame) -> Flags:
    """Return the rows whose tool tells links apart from codes: one that credits by both does not."""
    both = (rows["rank"] == AFFILIATES) & (rows["code"] != "")
    return ~both.groupby(rows["tool"]).transform("any").to_numpy(dtype=bool)


def numbered(rows: pd.DataFrame) -> Ints:
    """Return which order each row is of; a group is known by its tool, shop and what it groups."""
    single = (rows["order"] != "").to_numpy()
    place = np.empty(len(rows), dtype=np.int64)
    names = rows["order"][single].str.casefold().str.removeprefix("#")
    place[single], uniques = pd.factorize(names + SEPARATOR + _shops(rows[single], names))
    groups = rows.loc[~single, ["tool", "shop", *GROUP]]
    place[~single] = groups.groupby(list(groups), dropna=False, sort=False).ngroup() + len(uniques)
    return place


def numbered_alike(orders: pd.DataFrame) -> int:
    """Return how many order numbers have several of the shop's own ids: orders of two shops, taken for one.

    orders: as in `Tables`.
    """
    identified = orders[(orders["shop_id"] != "") & (orders["order"] != "")]
    number = identified["order"].str.casefold().str.removeprefix("#")
    return int(
        (identified.groupby([identified["tool"], identified["shop"], number])["shop_id"].nunique() > 1).sum()
    )


def _shops(rows: pd.DataFrame, numbers: pd.Series) -> "pd.Series[str]":
    """Return the shop of each order, where shops have names: one number in two of them is two orders.

    A tool beside the shops names none: it tells of the one that has the number, of several the first by name.
    """
    shop = rows["shop"].str.casefold()
    has_shop = (shop != "") | (rows["rank"] == SHOP)
    if (shop == "").all() or has_shop.all():
        return shop
    shop_of_number = shop[has_shop].groupby(numbers[has_shop]).min()
    return filled_text(shop.where(has_shop, numbers.map(shop_of_number)))


def merged(rows: pd.DataFrame) -> MergedOrders:
    """Return each order once. rows: as `with_ranks` makes them."""
    place = numbered(rows)
    number = int(place.max()) + 1 if len(place) else 0
    step, denied = _steps(rows, place, number)
    first = _least(np.arange(len(rows)), place, number)
    table = rows[["order", "tool", "from", "to"]].iloc[first].reset_index(drop=True)
    single = table["order"] != ""
    table = table.assign(**{end: table[end].mask(single) for end in ("from", "to")})
    table["tool"] = _tool(rows, place, number)
    table.insert(2, "ordered_at", _earliest(rows["ordered_at"], place, number))
    table["orders"] = _largest(floats(rows["orders"]), place, number)
    rank = rows["rank"].to_numpy(dtype=np.int64)
    amounts = {name: floats(rows[name]) for name in AMOUNTS}
    best = {name: _best(amount, rank, place, number) for name, amount in amounts.items()}
    table = table.assign(**best)
    table["currency"] = _currency(rows, amounts["value"], best["value"], place, number)
    table["state"] = pd.Series(np.array(STATES, dtype=object)[step], dtype="str")
    dims = rows[list(DIMS)].iloc[first].reset_index(drop=True)
    groups = dims[~single]
    table["dims"] = groups.groupby(list(DIMS), sort=False).ngroup().reindex(table.index, fill_value=-1)
    whole = (table["state"] == "refunded") & table["refunded"].isna()
    table["refunded"] = table["refunded"].mask(whole, table["value"])
    texts = ("code", "link", "utm_content", "creator")
    bare, coded = np.full(number, True), np.full(number, False)
    for name in texts:
        bare[place[(rows[name] != "").to_numpy()]] = False
    coded[place[(rows["code"] != "").to_numpy()]] = True
    ends = [table[end].fillna(table["ordered_at"]) for end in ("from", "to")]
    return MergedOrders(table, place, denied, bare, coded, *ends)


def _least(values: NDArray[np.integer[Any]], place: Ints, number: int) -> Ints:
    """Return the least value of each of so many places, NEVER where there is none."""
    minima = np.full(number, NEVER)
    np.minimum.at(minima, place, values)
    return minima


def _most(steps: Ints, place: Ints, number: int) -> Ints:
    """Return the last step of each of so many places, the first one where there is none."""
    maxima = np.zeros(number, dtype=np.int64)
    np.maximum.at(maxima, place, steps)
    return maxima


def _steps(rows: pd.DataFrame, place: Ints, number: int) -> tuple[Ints, Flags]:
    """Return the state of each order as a place in STATES, and which rows are of a tool that refused it.

    The last state that a tool shows is its word. The shop's goes before the others'; of other tools one that
    knows the order as good is enough.
    """
    tools, names = pd.factorize(rows["tool"])
    pair, _ = pd.factorize(place * (len(names) + 1) + tools)
    word = _most(rows["step"].to_numpy(dtype=np.int64), pair, int(pair.max()) + 1 if len(pair) else 0)
    row_step, bad = word[pair], len(STATES) - len(BAD)
    by_shop = (rows["rank"] == SHOP).to_numpy()
    step = _most(row_step[by_shop], place[by_shop], number)
    for mask in (row_step < bad, row_step >= bad):
        mask_step = _most(row_step[mask & ~by_shop], place[mask & ~by_shop], number)
        step = np.where(step == 0, mask_step, step)
    return step, (row_step >= bad) & (step[place] < bad)


def _tool(rows: pd.DataFrame, place: Ints, number: int) -> pd.Series:
    """Return the best informed tool that shows an order, the first by the alphabet of several."""
    tools, names = pd.factorize(rows["tool"], sort=True)
    first = _least(rows["rank"].to_numpy() * len(names) + tools, place, number)
    return pd.Series(np.asarray(names, dtype=object)[first % max(len(names), 1)], dtype="str")


def _largest(amount: Floats, place: Ints, number: int) -> Floats:
    maxima = np.full(number, -np.inf)
    present = ~np.isnan(amount)
    np.maximum.at(maxima, place[present], amount[present])
    return np.where(np.isneginf(maxima), np.nan, maxima)


def _best(amount: Floats, rank: Ints, place: Ints, number: int) -> Floats:
    """Return the largest amount among the rows of the best informed tools that know one; NaN: none does."""
    best = np.full(number, np.nan)
    for tool_rank in (SHOP, AFFILIATES, ANALYTICS):
        if (rank == tool_rank).any():
            largest = _largest(np.where(rank == tool_rank, amount, np.nan), place, number)
            best = np.where(np.isnan(best), largest, best)
    return best


def _earliest(moments: pd.Series, place: Ints, number: int) -> pd.Series:
    dated = moments.notna().to_numpy()
    first = _least(moments[dated].astype("int64").to_numpy(), place[dated], number)
    stamps = pd.Series(pd.to_datetime(np.where(first == NEVER, 0, first), unit="us", utc=True))
    return stamps.astype(moments.dtype).mask(first == NEVER)


def _currency(rows: pd.DataFrame, amount: Floats, best: Floats, place: Ints, number: int) -> pd.Series:
    """Return the currency of the rows that an order's value is from; the first by the alphabet of several."""
    codes, names = pd.factorize(rows["currency"], sort=True)
    has_currency = (rows["currency"] != "").to_numpy()
    candidates = has_currency & ((amount == best[place]) | np.isnan(best[place]))
    first = _least(codes[candidates], place[candidates], number)
    text = np.array([*names, ""], dtype=object)[np.where(first == NEVER, -1, first)]
    return pd.Series(text, dtype="str")
