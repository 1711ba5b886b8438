"""Forecasts beside what came: calibration, where posts fell, past posts, campaign totals, results to date."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign.backtest import ResultsToDate
from nanospread.core.formatting import capital, count, counted, day, handle, percent, significant
from nanospread.pages import _style as style

STAGES = {
    "so far": "creators who\nhave posted,\nforecast",
    "before": "whole campaign,\nforecast before",
    "now": "whole campaign,\nforecast now",
}


def campaigns(table: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the orders of each campaign beside the 80 % range forecast without it (`backtest.campaigns`)."""
    ax = style.axes(ax, 1.6 + 0.55 * max(len(table), 1))
    if table.empty:
        return style.empty(ax, title, "there are no campaign results yet")
    place = np.arange(len(table))
    low, middle, high, came = (  # a log axis has no place for 0: half an order stands for none
        np.maximum(of, 0.5) for of in style.columns(table, "orders_p10", "orders_p50", "orders_p90", "orders")
    )
    ax.hlines(place, low, high, color=style.NANO_FAINT, linewidth=16)
    ax.scatter(middle, place, 40, style.NANO, zorder=3)
    ax.scatter(came, place, 70, style.MACRO, marker="D", zorder=4)
    span = float(min(low.min(), came.min())) / 1.3, float(max(high.max(), came.max())) * 1.3
    ax.set(xscale="log", xlim=span, ylim=(len(table) - 0.5, -0.5))
    style.log_ticks(ax.xaxis, *span)
    style.by_row(ax, style.numbers)
    style.ticks_at(ax.yaxis, place.tolist(), [handle(name) for name in table["campaign"]])
    style.beside(ax, place.tolist(), [f"{count(orders)} came" for orders in table["orders"]])
    numbers = style.table(table, {"orders": "measured", "forecasts": "estimated"}, {
        "Campaign": ("campaign", handle), "Orders": ("orders", count),
        "Forecast, middle": ("orders_p50", count), "10% below": ("orders_p10", count),
        "90% below": ("orders_p90", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "A row for each campaign: the 80% range of its orders, forecast without its results, as a "
        "bar with the middle as a dot, and the orders that came as a diamond.", numbers,
        x="Orders (log scale)",
    )  # fmt: skip


def calibration(curve: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the share of posts inside their intervals against the share promised, with the band of chance."""
    rows = curve.dropna(subset="coverage")
    ax = style.axes(ax, 4.4)
    if rows.empty:
        return style.empty(ax, title, "no post could be forecast from earlier ones")
    level, coverage, low, high = style.columns(rows, "level", "coverage", "low", "high")
    ax.fill_between(level, low, high, color=style.FAINT, linewidth=0)
    ax.plot([0, 1], [0, 1], color=style.DARK, linewidth=1.2, linestyle=style.DASHED, zorder=1.5)
    ax.plot(level, coverage, color=style.NANO, linewidth=2.2, marker="o", markersize=5)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks([0, 0.25, 0.5, 0.75, 1])
        style.percents(axis)
    ax.grid(color=style.FAINT)
    ax.annotate(
        "below the dashed line:\nranges too narrow", (0.98, 0.04), xycoords="axes fraction",
        ha="right", va="bottom", size=style.SMALL, color=style.DARK,
    )  # fmt: skip
    numbers = style.table(rows, "measured", {
        "Promised": ("level", percent), "Held": ("coverage", percent),
        "by chance at least (95%)": ("low", percent), "at most (95%)": ("high", percent),
        "Posts": ("n", count),
    })  # fmt: skip
    return style.finished(
        ax, title, f"Share of {count(rows['n'].iloc[0])} posts inside their forecast ranges "
        "against the share promised; right forecasts lie on the dashed line, give or take the grey band.",
        numbers,
        x="Share of posts that the range promises", y="Share of posts it held",
    )  # fmt: skip


def pit_histogram(counts: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw how many posts fell into each tenth of their forecast, with the band of chance."""
    ax = style.axes(ax, 3.6)
    if not counts["posts"].sum():
        return style.empty(ax, title, "no post could be forecast from earlier ones")
    start, end, posts = style.columns(counts, "start", "end", "posts")
    low, high = float(counts["low"].iloc[0]), float(counts["high"].iloc[0])
    ax.bar(start, posts, width=(end - start) * 0.94, align="edge", color=style.NANO_LIGHT, linewidth=0)
    ax.axhspan(low, high, color=style.FAINT, linewidth=0, zorder=0.5)
    ax.axhline(float(posts.sum()) / len(posts), color=style.DARK, linewidth=1.2, linestyle=style.DASHED)
    for edge in (low, high):
        ax.axhline(edge, color=style.MIDDLE, linewidth=1.2, linestyle=style.DOTTED)
    ax.set(xlim=(0, 1), ylim=(0, max(float(posts.max()), high) * 1.2))
    ax.xaxis.set_ticks([0, 0.25, 0.5, 0.75, 1])
    style.percents(ax.xaxis)
    style.numbers(ax.yaxis)
    drawn = (
        "Posts by the tenth of their forecast that they fell into; right forecasts fill all tenths alike, "
        "give or take the band between the dotted lines."
    )
    numbers = style.table(counts, "measured", {
        "From": ("start", percent), "to": ("end", percent),
        "Posts": ("posts", count), "by chance at least (95%)": ("low", count),
        "at most (95%)": ("high", count),
    })  # fmt: skip
    place = "Place of the post in its forecast (0% lowest)"
    return style.finished(ax, title, drawn, numbers, x=place, y="Posts")


def coverage_by_past(by_past: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the coverage of each interval for creators with few and with many past posts."""
    ax = style.axes(ax, 3.8)
    if by_past.empty:
        return style.empty(ax, title, "no post could be forecast from earlier ones")
    names = [str(name) for name in by_past["n_past"].cat.categories if (by_past["n_past"] == name).any()]
    levels = sorted(by_past["level"].unique())
    inks = dict(zip(levels, (style.NANO_LIGHT, style.NANO, style.MACRO), strict=True))
    for shift, level in zip((-0.12, 0.0, 0.12), levels, strict=True):
        rows = by_past[by_past["level"] == level]
        place = np.array([names.index(str(name)) for name in rows["n_past"]]) + shift
        coverage, low, high = style.columns(rows, "coverage", "low", "high")
        ax.axhline(level, color=inks[level], linewidth=1.2, linestyle=style.DASHED, zorder=1.5)
        ax.vlines(place, low, high, color=inks[level], linewidth=2.4, zorder=2)
        ax.scatter(place, coverage, 50, inks[level], zorder=3)
    n = [int(by_past.loc[by_past["n_past"].astype(str) == name, "n"].iloc[0]) for name in names]
    words = [f"{name}\n({counted(k, 'post')})" for name, k in zip(names, n, strict=True)]
    style.ticks_at(ax.xaxis, range(len(names)), words)
    ax.set(xlim=(-0.5, len(names) - 0.5), ylim=(0, 1.02))
    style.percents(ax.yaxis)
    ends = [
        style.EndLabel(len(names) - 0.5, level, f"{percent(level)}\npromised", style.DARK) for level in levels
    ]
    numbers = style.table(by_past, "measured", {
        "Past posts": ("n_past", str), "Promised": ("level", percent),
        "Held": ("coverage", percent), "low (95%)": ("low", percent),
        "high (95%)": ("high", percent), "Posts": ("n", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "Share of posts inside their 50, 80 and 95% ranges by the creator's number of past "
        "posts, each with its own 95% range; dashed is what was promised.", numbers,
        x="Past posts of the creator", y="Share of posts held", ends=ends, gap=26,
    )  # fmt: skip


def campaign_totals(totals: pd.DataFrame, *, size: int, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw each campaign total of `size` creators over its median forecast, beside its 80 % interval.

    Of `backtest.totals` those by time with independent luck are drawn. Totals outside are dark.
    """
    rows = totals[
        (totals["size"] == size) & (totals["grouping"] == "time") & (totals["luck"] == "independent")
    ].sort_values("group")
    ax = style.axes(ax, 4.0)
    if rows.empty:
        return style.empty(ax, title, "too few forecasts to add up to a campaign")
    middle = np.maximum(rows["median"].to_numpy(dtype=float), 1.0)
    low, high, actual = (  # a log axis has no place for 0: half an engagement stands for none
        np.maximum(rows[name].to_numpy(dtype=float), 0.5) / middle for name in ("low_80", "high_80", "actual")
    )
    place = np.arange(len(rows))
    width = float(np.clip(260 / len(rows), 1.5, 9))
    ax.vlines(place, low, high, color=style.NANO_FAINT, linewidth=width)
    ax.axhline(1, color=style.DARK, linewidth=1.2, linestyle=style.DASHED, zorder=1.5)
    outside = (actual < low) | (actual > high)
    for of, ink in ((~outside, style.NANO), (outside, style.MACRO)):
        ax.scatter(place[of], actual[of], 26, ink, zorder=3, linewidths=0)
    span = min(float(low.min()), float(actual.min())) / 1.1, max(float(high.max()), float(actual.max())) * 1.1
    ax.set(yscale="log", ylim=span, xlim=(-1, len(rows)))
    style.log_ticks(ax.yaxis, *span)
    style.numbers(ax.yaxis)
    style.ticks_at(ax.xaxis, [0, len(rows) - 1], [day(rows["start"].iloc[0]), day(rows["end"].iloc[-1])])
    ax.get_xticklabels()[-1].set_horizontalalignment("right")
    ax.get_xticklabels()[0].set_horizontalalignment("left")
    numbers = style.table(rows, {"totals": "measured", "forecasts": "estimated"}, {
        "From": ("start", day), "to": ("end", day),
        "Engagements": ("actual", count), "Median forecast": ("median", count),
        "low (80%)": ("low_80", count), "high (80%)": ("high_80", count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, f"Total engagements of {size} creators at a time over their median forecast: dots, dark "
        "where outside the bar of the 80% range.", numbers,
        x="Campaigns in the order of time", y="Total ÷ median forecast (log scale)",
    )  # fmt: skip


def results_to_date(state: ResultsToDate | None, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the orders forecast so far and for all, before and after `backtest.to_date`, with the target."""
    ax = style.axes(ax, 3.6)
    if state is None:
        return style.empty(ax, title, "there are no campaign results yet")
    rows = state.forecast.set_index("stage").loc[list(STAGES)]
    place = np.arange(len(rows))
    for ends, ink, width in ((("p10", "p90"), style.NANO_FAINT, 20), (("p25", "p75"), style.NANO_LIGHT, 20)):
        ax.hlines(place, rows[ends[0]], rows[ends[1]], color=ink, linewidth=width)
    ax.scatter(rows["p50"], place, 70, style.NANO, zorder=3)
    ax.scatter([state.orders], [0], 70, style.MACRO, marker="D", zorder=4)
    seen, back = f"{count(state.orders)} seen", {"facecolor": "white", "edgecolor": "none", "pad": 1}
    at, ink = (state.orders, 0), style.MACRO
    style.note(ax, seen, at, (0, 13), ha="center", va="bottom", color=ink, zorder=5, bbox=back)
    style.ticks_at(ax.yaxis, place.tolist(), list(STAGES.values()))
    right = max(float(rows["p90"].max()), state.target, state.orders, 1.0) * 1.12
    ax.set(xlim=(0, right), ylim=(len(rows) - 0.5, -1.0))
    style.by_row(ax, style.amounts)
    style.rule(ax, state.target, f"target {count(state.target)}")
    stages = [stage.replace("\n", " ") for stage in STAGES.values()]
    numbers = style.table(rows.assign(stage=stages), "estimated", {
        "Orders of": ("stage", capital), "Median": ("p50", significant),
        "10% below": ("p10", significant), "25% below": ("p25", significant),
        "75% below": ("p75", significant), "90% below": ("p90", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, "Orders of the campaign: forecasts as bars (half of the simulated campaigns in the dark "
        "part, 8 in 10 in all of it) with the median as a dot, the orders seen as a diamond, and the target "
        "as a line.",
        numbers,
        x="Orders",
    )  # fmt: skip
