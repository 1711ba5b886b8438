"""What became of exported rows and orders, when posts were made, how well follower counts fit the posts."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from nanospread import sample
from nanospread.core.formatting import (
    Finding,
    capital,
    count,
    counted,
    day,
    handle,
    listed,
    percent,
    shortened,
)
from nanospread.ingest import credit
from nanospread.ingest.order_results import OrderResults
from nanospread.ingest.order_rows import LINE_ITEM
from nanospread.pages import _style as style
from nanospread.pages.labels import inside, label
from nanospread.pages.show import Metric

FEW = 0.02  # up to this share of rows refused is what real exports do [1]
MANY = 0.10  # above it the export itself is the problem [1]
STALE = 30.0  # a follower count further from its post than this may mislead [days] (model.md D4)
STATUS = {"kept": style.LIGHT, "repaired": style.MIDDLE, "refused": style.NANO}
LONG = pd.Timedelta(days=730)
FETCHED = ("read", "unchanged", "refused")
FETCH_REASONS = 6  # that a row of the fetch names
GROWN = "An account that has grown since then looks less engaged than it was."


def data_trust(counts: pd.DataFrame, ledger: pd.DataFrame) -> Finding:
    """Return how many rows of `tables.Tables.counts` were refused or repaired, and the commonest reason.

    Further rows of an order are none of them: the order is counted with its first.
    """
    items = int((ledger["reason"] == LINE_ITEM).sum())
    ledger = ledger[ledger["reason"] != LINE_ITEM]
    rows, repaired, refused = (int(counts[name].sum()) for name in ("rows_in", "repaired", "refused"))
    rows, refused = rows - items, refused - items
    if rows == 0:
        return Finding("No rows came in", "No rows came in, so there is nothing to trust or to doubt.")
    usable = f"{count(rows - refused)} of {count(rows)} rows can be used"
    mended = f"{count(repaired)} of them after a repair" if repaired else "none needed a repair"
    if refused == 0:
        return Finding(
            f"All {count(rows)} rows can be used, {mended}",
            f"Yes, all {count(rows)} rows can be used, and {mended}.",
        )
    table, reason, often = _worst(ledger)
    cause = f", most often in {table} ({reason}, {often} times)" if reason and often < refused else ""
    cause = f" in {table} ({reason})" if reason and often == refused else cause
    share, dropped = refused / rows, f"{count(refused)} {'was' if refused == 1 else 'were'} dropped"
    answer = "Yes," if share <= FEW else "Only in part," if share <= MANY else "No, only"
    text = f"{answer} {usable}, {mended}. {dropped}{cause}. {_advice(share)}"
    return Finding(f"{usable}, {dropped}", text)


def elsewhere(accounts: Mapping[str, int]) -> str:
    """Return that accounts of other platforms are not covered, and what would cover them; "" without any.

    accounts: as `tables.accounts_elsewhere`.
    """
    if not accounts:
        return ""
    parts = [counted(number, f"{inside('platform', name)} account") for name, number in accounts.items()]
    verb = "is" if sum(accounts.values()) == 1 else "are"
    return f"{listed(parts)} {verb} not covered: a brief with platform: {next(iter(accounts))} reads its own."


def made_up(creators: pd.Series) -> str:
    """Return that all of these accounts are the sample's, or how many; "" where none is."""
    n = int(sample.made_up(creators).sum())
    if not n:
        return ""
    if n == len(creators):
        return "Synthetic data: this is the sample, made by a generator. Nobody in it exists."
    return (
        f"Synthetic data among your own: {n:,} of {len(creators):,} creators are the sample's. They do not "
        "exist, but are in every number. Keep your own data in a folder or store of their own."
    )


def _worst(ledger: pd.DataFrame) -> tuple[str, str, int]:
    refused = ledger[ledger["status"] == "refused"]
    if refused.empty:
        return "", "", 0
    often = refused.groupby(["table", "reason"], sort=True).size().sort_values(ascending=False, kind="stable")
    table, reason = str(often.index[0][0]), str(often.index[0][1])
    return shortened(table, 20), shortened(reason), int(often.iloc[0])


def _advice(refused: float) -> str:
    if refused <= FEW:
        return "What was dropped is too little to change a conclusion."
    if refused <= MANY:
        return "Look at the reasons before relying on small differences."
    return "Repair the export before using anything on the later pages."


def coverage(posts: pd.DataFrame, undated: int = 0) -> Finding:
    """Return how many posts of how many creators there are, from when to when; and how many have no date."""
    more = f" Without a date: {counted(undated, 'post')}, for the engagement model alone." if undated else ""
    if posts.empty:
        summary = "dated posts" if undated else "posts"
        return Finding(f"No {summary} to analyse", f"No {summary} are left to analyse.{more}")
    first, last = posts["posted_at"].min(), posts["posted_at"].max()
    span = f"{day(first)} to {day(last)}"
    summary = f"{counted(len(posts), 'post')} by {counted(posts['creator'].nunique(), 'creator')}"
    weeks = posts["posted_at"].dt.tz_localize(None).dt.to_period("W-SUN")
    silent = (weeks.max() - weeks.min()).n + 1 - weeks.nunique()
    gaps = f" {counted(silent, 'week')} in between {'has' if silent == 1 else 'have'} none." if silent else ""
    return Finding(f"{summary}, {span}", f"There are {summary}, posted {span}.{gaps}{more}")


def freshness(posts: pd.DataFrame) -> Finding:
    """Return how many posts are divided by a follower count more than `STALE` days from their own date."""
    if posts.empty:
        return Finding("No posts to analyse", "No posts are left to analyse.")
    gaps = posts["followers_gap_days"].astype("float64").abs()
    undated, stale = float(gaps.isna().mean()), float((gaps > STALE).mean())
    limit = counted(STALE, "day")
    if undated + stale == 0:
        good = f"Every post has a follower count from within {limit} of it"
        return Finding(good, f"{good}, so engagement rates use the audience of the time.")
    if undated == 1:
        later = "old posts may be divided by a later audience"
        title = "No follower count is dated"
        return Finding(title, f"No follower count is dated, so {later}. {GROWN}")
    parts = [f"{percent(stale)} use a count more than {limit} away"] if stale else []
    parts += [f"{percent(undated)} use an undated count"] if undated else []
    title = f"{percent(undated + stale)} of posts are divided by a follower count from another time"
    return Finding(title, f"Of the posts, {listed(parts)}. {GROWN}")


def orders_credited(results: OrderResults) -> tuple[str, ...]:
    """Return how many orders are credited, uncredited and refused, and what is to be told beside."""
    account, orders = results.credit.account, results.credit.orders
    if account.empty:
        return results.notes
    mine = orders[orders["outcome"] == credit.CREDITED]
    whom = f" to {counted(mine['creator'].nunique(), 'creator')}, {_ways(mine)}" if len(mine) else ""
    parts = [f"{count(credit.total(account, credit.CREDITED))} are credited{whom}"]
    for outcome, words in ((credit.UNCREDITED, "to nobody"), (credit.REFUSED, "refused")):
        rows = account[(account["outcome"] == outcome) & (account["orders"] > 0)]
        if len(rows):
            parts.append(f"{count(rows['orders'].sum())} {words} ({_reasons(rows)})")
    return (
        f"Of {counted(account['orders'].sum(), 'order')} that came in, {'; '.join(parts)}.",
        *results.notes,
    )


def _ways(orders: pd.DataFrame) -> str:
    """Return by what orders are credited, with how many by each: their code, their link or their tool."""
    number = orders.groupby("by")["orders"].sum().sort_values(ascending=False, kind="stable")
    return listed([f"{count(many)} by {way}" for way, many in number.items()])


def _reasons(rows: pd.DataFrame) -> str:
    ranked = rows.sort_values("orders", ascending=False, kind="stable")
    if len(ranked) == 1:
        return str(ranked["reason"].iloc[0])
    return "; ".join(
        f"{reason}: {count(many)}" for reason, many in zip(ranked["reason"], ranked["orders"], strict=True)
    )


def checked_rows(counts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows in, kept, repaired and refused of each table."""
    statuses = ["rows_in", *STATUS]
    rows = []
    for table, row in counts.groupby("table", sort=False)[statuses].sum().iterrows():
        words, n = {"table": table}, row["rows_in"]
        rows += [Metric.of(f"{{table}}_{s}", row[s], "measured", n=n, words=words) for s in statuses]
    return pd.DataFrame(rows)


def last_fetch(fetched: pd.DataFrame) -> pd.DataFrame:
    """Return what the last fetch of `tables.Tables.fetched` asked for: asked, read, unchanged, refused, why.

    One row for each of accounts, posts, figures and stories. They are no rows of the exports: what is refused
    here counts against no limit.
    """
    last = fetched[fetched["started"] == max(fetched["started"], default="")]
    rows = []
    for kind, part in last.groupby("asked_for", sort=False):
        numbers = part.groupby("status")["number"].sum().reindex(FETCHED, fill_value=0)
        causes = part[part["reason"] != ""].sort_values("number", ascending=False, kind="stable")
        reasons = [
            f"{shortened(reason)} ({count(number)})"
            for reason, number in zip(causes["reason"], causes["number"], strict=True)
        ]
        rows.append((kind, numbers.sum(), *numbers, listed(reasons, FETCH_REASONS)))
    return pd.DataFrame(rows, columns=["asked_for", "asked", *FETCHED, "reasons"])


def rows_accounted(counts: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the shares of each table's rows that were kept as they came, repaired and refused."""
    totals = counts.groupby("table", sort=False)[["rows_in", *STATUS]].sum()
    totals = totals[totals["rows_in"] > 0]
    ax = style.axes(ax, 1.5 + 0.75 * max(len(totals), 1))
    if totals.empty:
        return style.empty(ax, title, "no rows came in")
    places = np.arange(len(totals), dtype=float)
    left = np.zeros(len(totals))
    for status, colour in STATUS.items():
        share = totals[status].to_numpy(dtype=float) / totals["rows_in"].to_numpy(dtype=float)
        ax.barh(places, share, 0.34, left=left, color=colour)
        left += share
    for place, (table, row) in zip(places, totals.iterrows(), strict=True):
        parts = " · ".join(f"{count(row[status])} {label(status)}" for status in STATUS)
        words = shortened(f"{table}: {parts}", 70)  # over the bar, so that long ones need no margin
        style.note(ax, words, (0, place - 0.2), (0, 2), va="bottom", size=style.SMALL + 0.5)
    keys = [Patch(color=colour, label=label(status)) for status, colour in STATUS.items()]
    ax.legend(
        handles=keys, loc="upper left", bbox_to_anchor=(0, -0.02 - 0.42 / len(totals)), ncols=3,
        frameon=False, fontsize=style.SMALL, labelcolor=style.DARK, borderaxespad=0, handlelength=1.2,
    )  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(len(totals) - 0.6, -0.75), yticks=[])
    ax.spines["left"].set_visible(False)
    style.percents(ax.xaxis)
    numbers = style.table(totals.reset_index(), "measured", {
        "Table": ("table", handle), "Rows in": ("rows_in", count),
        **{capital(label(status)): (status, count) for status in STATUS},
    })  # fmt: skip
    bars = "One bar per table, divided into the shares of rows kept, repaired and dropped, with their"
    return style.finished(ax, title, f"{bars} numbers.", numbers)


def posts_by_week(posts: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the posts per week (Monday to Sunday, UTC; by month over two years), and those of nano."""
    ax = style.axes(ax, 3.4)
    if posts.empty:
        return style.empty(ax, title, "no posts")
    moments = posts["posted_at"].dt.tz_localize(None)
    unit = "month" if moments.max() - moments.min() > LONG else "week"
    periods = moments.dt.to_period("M" if unit == "month" else "W-SUN")
    every = pd.period_range(periods.min(), periods.max() + 1)  # the last is only an edge
    edges = every.start_time.to_numpy().astype("datetime64[D]").astype(np.float64)
    groups = [("all tiers", np.ones(len(posts), dtype=bool), style.LIGHT, style.DARK)]
    if "tier" in posts:
        groups.append(("nano", (posts["tier"] == "nano").to_numpy(dtype=bool), style.NANO, style.NANO))
    ends, posts_of = [], {}
    for words, chosen, fill, ink in groups:
        number = periods[chosen].value_counts().reindex(every, fill_value=0).to_numpy(dtype=float)
        number[-1] = number[-2]  # closes the last step
        posts_of[words] = number
        ax.fill_between(edges, number, step="post", color=fill, linewidth=0)
        middle = float(number[-1]) / (2 if words == "nano" else 1)
        ends.append(style.EndLabel(float(edges[-1]), middle, words, ink))
    ax.set(xlim=(edges[0], edges[-1]), ylim=(0, None))
    ax.grid(axis="y", color=style.FAINT)
    _dates(ax, every[:-1], edges)
    style.numbers(ax.yaxis)
    table = pd.DataFrame(posts_of).assign(start=every.start_time)[:-1]
    numbers = style.table(table, "measured", {
        f"Start of the {unit}": ("start", day),
        **{capital(words): (words, count) for words in posts_of},
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, f"Posts per {unit} as steps over time, all tiers and nano.", numbers,
        x=f"Start of the {unit} (the first and the last may be incomplete)", y=f"Posts per {unit}", ends=ends,
    )  # fmt: skip


def _dates(ax: Axes, periods: pd.PeriodIndex, edges: NDArray[np.float64]) -> None:
    """Mark about five of the periods: by day and month, or by month and year where they span years."""
    step = -(-len(periods) // 5)
    words = [day(moment) for moment in periods.start_time[::step]]
    within_a_year = periods.freqstr != "M" and len(periods) <= 53
    first, last = (0, -1) if within_a_year else (1, None)
    ticks = [" ".join(word.split(" ")[first:last]) for word in words]
    style.ticks_at(ax.xaxis, edges[:-1:step].tolist(), ticks)
