"""What happened to the exported rows, and when the posts were made."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from nanospread.pages import findings
from nanospread.pages.figures import behind, style

STATUS = {"kept": style.LIGHT, "repaired": style.MIDDLE, "refused": style.NANO}
MOST_REASONS = 8
LONG = pd.Timedelta(days=730)


def rows_accounted(counts: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw, for each table, the shares of rows kept as they came, repaired and refused.

    counts: table, rows_in, kept, repaired, refused [rows], one row per file, as `tables.Tables.counts`.
    """
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
        parts = " · ".join(f"{findings.count(row[status])} {status}" for status in STATUS)
        _over(ax, place, f"{table}: {parts}")
    keys = [Patch(color=colour, label=status) for status, colour in STATUS.items()]
    ax.legend(
        handles=keys, loc="upper left", bbox_to_anchor=(0, -0.02 - 0.42 / len(totals)), ncols=3,
        frameon=False, fontsize=style.SMALL, labelcolor=style.DARK, borderaxespad=0, handlelength=1.2,
    )  # fmt: skip
    ax.set(xlim=(0, 1), ylim=(len(totals) - 0.6, -0.75), yticks=[])
    ax.spines["left"].set_visible(False)
    style.percents(ax.xaxis)
    drawn = (
        "One bar per table, divided into the shares of rows kept, repaired and refused, with their numbers."
    )
    behind.keep(ax, totals.reset_index(), "measured", {
        "Table": ("table", findings.handle), "Rows in": ("rows_in", findings.count),
        **{findings.capital(status): (status, findings.count) for status in STATUS},
    })  # fmt: skip
    return style.finished(ax, title, drawn)


def _over(ax: Axes, place: float, words: str) -> None:
    """Write a bar's words over it, so that long ones need no margin."""
    ax.annotate(
        findings.shortened(words, 70), (0, place - 0.2), xytext=(0, 2), textcoords="offset points",
        va="bottom", ha="left", size=style.SMALL + 0.5, color=style.DARK,
    )  # fmt: skip


def refusals(ledger: pd.DataFrame, *, title: str, status: str = "refused", ax: Axes | None = None) -> Axes:
    """Draw how many rows each reason refused (or repaired), most frequent first.

    ledger: table, status, reason, one row per refusal or repair, as `tables.Tables.ledger`.
    status: "refused" or "repaired".
    """
    chosen = ledger[ledger["status"] == status]
    often = chosen.groupby(["table", "reason"], sort=True).size().sort_values(ascending=False, kind="stable")
    shown = often.head(MOST_REASONS)
    ax = style.axes(ax, 0.9 + 0.55 * max(len(shown), 2))
    if shown.empty:
        return style.empty(ax, title, f"no row was {status}")
    places = np.arange(len(shown), dtype=float)
    ax.barh(places, shown.to_numpy(dtype=float), 0.34, color=STATUS[status])
    for place, (table, reason), number in zip(places, shown.index.to_list(), shown.to_list(), strict=True):
        _over(ax, place, f"{findings.count(number)} in {table}: {reason}")
    ax.set(xlim=(0, None), ylim=(max(len(shown), 2) - 0.6, -0.75), xticks=[], yticks=[])
    ax.spines[["left", "bottom"]].set_visible(False)
    rest = int(often.iloc[MOST_REASONS:].sum())
    more = f" {findings.count(rest)} rows with rarer reasons are not drawn." if rest else ""
    behind.keep(ax, shown.reset_index(name="rows"), "measured", {
        "Table": ("table", findings.handle), "Reason": ("reason", findings.shortened),
        f"Rows {status}": ("rows", findings.count),
    })  # fmt: skip
    return style.finished(
        ax, title, f"One bar per reason, as long as the number of rows {status} for it.{more}"
    )


def posts_by_week(posts: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw the number of posts per week (Monday to Sunday, UTC), and those of nano where the tier is known.

    posts: posted_at (UTC), and tier where known, as `tables.dated_posts` or `metrics.per_post`. Posts of more
    than two years are counted by month.
    """
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
    ends, numbers = [], {}
    for words, chosen, fill, ink in groups:
        number = periods[chosen].value_counts().reindex(every, fill_value=0).to_numpy(dtype=float)
        number[-1] = number[-2]  # closes the last step
        numbers[words] = number
        ax.fill_between(edges, number, step="post", color=fill, linewidth=0)
        middle = float(number[-1]) / (2 if words == "nano" else 1)
        ends.append(style.End(float(edges[-1]), middle, words, ink))
    ax.set(xlim=(edges[0], edges[-1]), ylim=(0, None))
    ax.grid(axis="y", color=style.FAINT)
    _dates(ax, every[:-1], edges)
    style.numbers(ax.yaxis)
    table = pd.DataFrame(numbers).assign(start=every.start_time)[:-1]
    behind.keep(ax, table, "measured", {
        f"Start of the {unit}": ("start", findings.day),
        **{findings.capital(words): (words, findings.count) for words in numbers},
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, f"Posts per {unit} as steps over time, all tiers and nano.",
        x=f"Start of the {unit} (the first and the last may be incomplete)", y=f"Posts per {unit}", ends=ends,
    )  # fmt: skip


def _dates(ax: Axes, periods: pd.PeriodIndex, edges: NDArray[np.float64]) -> None:
    """Mark about five of the periods: by day and month, or by month and year where they span years."""
    step = -(-len(periods) // 5)
    words = [findings.day(moment) for moment in periods.start_time[::step]]
    within_a_year = periods.freqstr != "M" and len(periods) <= 53
    first, last = (0, -1) if within_a_year else (1, None)
    ticks = [" ".join(word.split(" ")[first:last]) for word in words]
    style.ticks_at(ax.xaxis, edges[:-1:step].tolist(), ticks)
