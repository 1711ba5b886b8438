"""Tables -> what results say: arrays by row, by creator and by campaign, and sentences on what contradicts.

Nothing is thrown away in silence: a cell that contradicts another is counted, told and left out alone, and
results of creators without followers are told as uncredited, since it is not known which side they are of.
A figure that is unknown gives no evidence, nor does what is set against it: no number stands for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nanospread.core.formatting import counted
from nanospread.core.types import Flags, Floats, Ints, floats
from nanospread.creators import tiers
from nanospread.ingest.platforms import PLATFORM
from nanospread.ingest.schemas import FIGURES

SIDES = ("nano", "macro")
CLICKS, REACH, FOLLOWERS = range(3)  # what the orders of a creator are set against: the first that is known
MOST_CLICKED = 3_000  # results from which the click rate is read, evenly spaced: it is then known to 1 %
OPTIONAL, DATES = ("impressions", "story_reach"), ("posted_at", "as_of")
CODED = "tracking"
ROUGH = 0.3  # sd of the log of orders caused per order credited, as the two shares of them have it


class Orders(NamedTuple):
    """Creators with orders to explain, in the order of campaigns; those who are alike are one row."""

    number: Floats
    exposure: Floats  # clicks, people reached or followers, by `against`
    story: Floats  # people reached by the story; nan where unknown
    against: Ints
    side: Ints  # place in `SIDES`
    age: Floats  # days from the post to the date of the count; inf where not told
    times: Floats  # creators whom the row stands for
    starts: Ints  # where each campaign begins, and the end of the last


class ReachRates(NamedTuple):
    """Log of reach over followers, of feed posts and stories."""

    log_rate: Floats
    side: Ints
    story: Ints  # 1 for a story
    campaign: Ints


class Clicks(NamedTuple):
    """Clicks of those whose reach is known."""

    number: Floats
    reach: Floats
    story: Floats  # people reached by the story; nan where unknown
    side: Ints


class Revenues(NamedTuple):
    """Orders and their revenue at full price [money], where both are above 0."""

    orders: Floats
    revenue: Floats


class Lifts(NamedTuple):
    """Lift tests: caused orders and their se, and the orders credited in the same campaign and side."""

    caused: Floats
    se: Floats
    credited: Floats


class Fees(NamedTuple):
    """Log of what was paid per follower beyond a gift of the same campaign."""

    log_fee: Floats
    side: Ints


@dataclass(frozen=True, eq=False)
class Evidence:
    """What results say, and what must be said of them."""

    orders: Orders
    reach: ReachRates
    clicks: Clicks
    revenues: Revenues
    lifts: Lifts
    fees: Fees
    rows: int
    campaigns: int
    notes: tuple[str, ...]


def gathered(
    results: pd.DataFrame,
    lift_tests: pd.DataFrame,
    roster: pd.DataFrame,
    goods: float,
    platform: str = PLATFORM,
) -> Evidence:
    """Return what the results say.

    roster: creator, followers. goods: what a gift costs [money]. platform: as whose sizes are cut.
    """
    has_figures = results[[name for name in FIGURES if name in results]].notna().any(axis=1)
    rows = with_sides(results[has_figures], roster, platform)
    notes = _contradictions(rows)
    with_side = rows[rows["side"] >= 0]
    if len(uncredited := rows[rows["side"] < 0]):
        notes.append(
            f"{counted(len(uncredited), 'result')} with {counted(uncredited['orders'].sum(), 'order')}, by "
            "creators without a follower count: uncredited, they teach order values alone."
        )
    lifts, unmatched = _lifts(lift_tests, with_side)
    return Evidence(
        orders=_orders(with_side)[0],
        reach=_reach(with_side),
        clicks=_clicks(with_side),
        revenues=_revenues(rows),
        lifts=lifts,
        fees=_fees(with_side, goods),
        rows=len(rows),
        campaigns=rows["campaign"].nunique(),
        notes=(*notes, *unmatched),
    )


def with_sides(results: pd.DataFrame, roster: pd.DataFrame, platform: str) -> pd.DataFrame:
    """Return the results by campaign with followers, side (-1: not known) and blank optional columns."""
    blanks: dict[str, Any] = {**dict.fromkeys(OPTIONAL, np.nan), **dict.fromkeys(DATES, pd.NaT), CODED: ""}
    rows = results.assign(**{name: blank for name, blank in blanks.items() if name not in results})
    followers = floats(rows["creator"].map(roster.set_index("creator")["followers"]))
    side = np.where(np.isnan(followers), -1, tiers.near_macro(pd.Series(followers), platform))
    rows = rows.assign(followers=followers, side=side.astype(np.int64))
    for name in DATES:
        rows[name] = pd.to_datetime(rows[name], utc=True)
    return rows.sort_values(["campaign", "creator"], kind="stable").reset_index(drop=True)


def _contradictions(rows: pd.DataFrame) -> list[str]:
    """Return a sentence for each kind of contradiction, with how many rows it concerns and what is done."""
    code = rows[CODED].astype("str").where(rows[CODED].notna(), "")
    holders = rows.assign(code=code)[code != ""].groupby(["campaign", "code"])["creator"].nunique()
    currencies = rows["currency"].nunique() if "currency" in rows else 1
    cases = {
        "more orders than clicks: they count, and clicks may be missing": rows["orders"] > rows["clicks"],
        "revenue without orders: the revenue is left out": (rows["revenue"] > 0) & (rows["orders"] == 0),
        "a count dated before its post: they count as complete": rows["as_of"] < rows["posted_at"],
    }
    sentences = [
        f"{counted(bad.sum(), 'result')} {'has' if bad.sum() == 1 else 'have'} {what}."
        for what, bad in cases.items()
        if bad.any()
    ]
    if (holders > 1).any():
        sentences.append(f"{counted((holders > 1).sum(), 'code')} credited to more than one creator.")
    if currencies > 1:
        sentences.append(f"Results are in {currencies} currencies; their amounts are read as one.")
    return sentences


def by_creator(results: pd.DataFrame, roster: pd.DataFrame, platform: str) -> tuple[Evidence, pd.Series]:
    """Return the orders alone with a row per campaign and creator, and whose each row is."""
    rows = with_sides(results, roster, platform)
    orders, creators = _orders(rows[rows["side"] >= 0], per_creator=True)
    nothing = gathered(results.head(0), pd.DataFrame(columns=["campaign"]), roster, 0.0)
    return replace(nothing, orders=orders, rows=len(orders.number)), creators


def _orders(results: pd.DataFrame, *, per_creator: bool = False) -> tuple[Orders, pd.Series]:
    """Return one row per campaign and creator: several posts of one creator share its luck.

    per_creator: a row and a name for each, however alike they are.
    """
    dated = (results["as_of"] - results["posted_at"]).dt.total_seconds() / 86_400
    rows = results.assign(age=dated.where(dated >= 0, np.inf), blank=results["clicks"].isna())
    rows = rows[rows["orders"].notna()]
    by = rows.groupby(["campaign", "creator"], sort=False)
    each = by.agg(
        count=("orders", "sum"), clicks=("clicks", "sum"), blank=("blank", "any"), age=("age", "min"),
        followers=("followers", "sum"), side=("side", "first"),
    ).reset_index()  # fmt: skip
    each["reach"] = by["reach"].sum(min_count=1).to_numpy()
    each["story"] = by["story_reach"].sum(min_count=1).to_numpy()
    unclicked = each["blank"] | ((each["clicks"] <= 0) & (each["count"] > 0))
    against = np.where(~unclicked, CLICKS, np.where(each["reach"] > 0, REACH, FOLLOWERS))
    exposure = np.choose(against, [floats(each[name]) for name in ("clicks", "reach", "followers")])
    each["campaign"] = pd.factorize(each["campaign"])[0]
    each = each.assign(against=against, exposure=exposure, count=each["count"].round())
    each["story"] = each["story"].where(each["against"] == REACH, np.nan)
    keys = ["campaign", "side", "against", "count", "exposure", "story", "age"]
    keys += ["creator"] if per_creator else []
    alike = each[each["exposure"] > 0].groupby(keys, dropna=False).size().rename("times").reset_index()
    campaign = alike["campaign"].to_numpy()
    side, against = (alike[name].to_numpy(dtype=np.int64) for name in ("side", "against"))
    count, exposure, story, age, times = (
        floats(alike[name]) for name in ("count", "exposure", "story", "age", "times")
    )
    starts = np.append(np.flatnonzero(np.diff(campaign, prepend=-1)), len(alike)).astype(np.int64)
    orders = Orders(count, exposure, story, against, side, age, times, starts)
    return orders, alike["creator"] if per_creator else pd.Series(dtype="str")


def _reach(results: pd.DataFrame) -> ReachRates:
    campaign = pd.factorize(results["campaign"])[0]
    parts = []
    alone = ~_sum_of_several(results, "reach"), True  # not every post has a story
    for story, column in enumerate(("reach", "story_reach")):
        value = floats(results[column]) / floats(results["followers"])
        use = (value > 0) & alone[story]
        side = results["side"].to_numpy(dtype=np.int64)[use]
        parts.append((np.log(value[use]), side, np.full(len(side), story), campaign[use]))
    return ReachRates(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _sum_of_several(results: pd.DataFrame, column: str) -> Flags:
    """Return the rows of creators some of whose posts lack a figure: another row's may be the sum of all."""
    by = results[column].groupby([results["campaign"], results["creator"]])
    return np.asarray(by.transform("count") < by.transform("size"))


def _clicks(results: pd.DataFrame) -> Clicks:
    single = ~_sum_of_several(results, "reach") & ~_sum_of_several(results, "clicks")
    rows = results[results["clicks"].notna() & (results["reach"] > 0) & single]
    rows = rows.iloc[:: -(-len(rows) // MOST_CLICKED) or 1]
    return Clicks(
        *(np.round(floats(rows["clicks"])), floats(rows["reach"]), floats(rows["story_reach"])),
        rows["side"].to_numpy(dtype=np.int64),
    )


def _revenues(rows: pd.DataFrame) -> Revenues:
    orders = floats(rows["orders"])
    revenue = floats(rows["revenue"])
    use = (orders > 0) & (revenue > 0)
    return Revenues(orders[use], revenue[use])


def _fees(results: pd.DataFrame, goods: float) -> Fees:
    gifts = results[results["offer"] == "gift"].groupby("campaign")["cost"].median()
    gift = floats(results["campaign"].map(gifts).fillna(goods))
    per_follower = (floats(results["cost"]) - gift) / floats(results["followers"])
    use = (results["offer"] == "fee").to_numpy() & (per_follower > 0)
    return Fees(np.log(per_follower[use]), results["side"].to_numpy(dtype=np.int64)[use])


def _lifts(lift_tests: pd.DataFrame, results: pd.DataFrame) -> tuple[Lifts, list[str]]:
    """Return the lift tests whose campaign and side have credited orders, and sentences on the others.

    Tests that leave the orders caused for each one credited less sure than what is assumed tell nothing.
    """
    side = ["campaign", "side"]
    each = results.groupby([*side, "creator"])["orders"].sum(min_count=1)
    credited: Mapping[Any, Any] = each.groupby(side).sum().where(each.notna().groupby(side).all()).to_dict()
    rows, missing, unknown = [], 0, 0
    for test in lift_tests.to_dict("records"):
        orders = credited.get((str(test["campaign"]), SIDES.index(str(test["side"]))), 0.0)
        missing += orders <= 0
        unknown += np.isnan(orders)
        if orders > 0:
            rows.append((float(test["incremental_orders"]), float(test["se"]), float(orders)))
    notes = []
    if missing:
        notes.append(f"{_tests(missing)} of campaigns without credited orders of their side.")
    if unknown:
        notes.append(f"{_tests(unknown)} of campaigns with creators whose orders are not known.")
    rough = sum((orders / se) ** 2 for _, se, orders in rows) < 1 / ROUGH**2
    if rows and rough:
        notes.append(f"{_tests(len(rows))} too rough to tell how many orders were caused: not counted.")
    return Lifts(*np.array([] if rough else rows, dtype=np.float64).reshape(-1, 3).T), notes


def _tests(number: int) -> str:
    return f"{counted(number, 'lift test')} {'is' if number == 1 else 'are'}"
