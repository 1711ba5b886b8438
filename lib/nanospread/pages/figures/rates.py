"""Engagement rates (ER) beside chance and beside others: true differences, rankings, published."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.core.intervals import Z95
from nanospread.pages import findings
from nanospread.pages.figures import behind, style

TOP = 15  # creators of a ranking that stay legible on a phone
ALMOST_ALL = (0.002, 0.998)  # the quantiles between which a log axis of rates runs
YEAR_WIDTH, ROOM = 40.0, 300.0  # of a dot with its year, and at least of the Axes [point]


def funnel(
    creators: pd.DataFrame, sd_within: float, sd_between: float, *, title: str, ax: Axes | None = None
) -> Axes:
    """Draw each creator's own ER against followers, with what is expected of its size and two 95 % bands.

    creators: followers, n_posts, er_raw, centre [shares of followers], outside (bool), as
    `engagement.beside_chance`; those outside are in the accent. The inner band is what chance between one
    creator's posts gives at the median number of posts (sd_within / sqrt(n)); the outer one adds sd_between.
    """
    rows = creators[creators["er_raw"] > 0].sort_values("followers", kind="stable")
    ax = style.axes(ax, 4.6)
    if rows.empty:
        return style.empty(ax, title, "no nano or micro creator has a known engagement rate")
    followers, er, centre = (rows[name].to_numpy(dtype=float) for name in ("followers", "er_raw", "centre"))
    n = max(round(float(rows["n_posts"].median())), 1)
    inner = math.exp(Z95 * sd_within / math.sqrt(n))
    outer = math.exp(Z95 * math.sqrt(sd_within**2 / n + sd_between**2))
    for factor, ink in ((outer, style.FAINT), (inner, style.LIGHT)):
        ax.fill_between(followers, centre / factor, centre * factor, color=ink, linewidth=0, zorder=1)
    ax.plot(followers, centre, color=style.DARK, linewidth=1.6, zorder=3)
    size, alpha = (18, 0.6) if len(rows) < 1000 else (5, 0.25)
    outside = rows["outside"].to_numpy(dtype=bool)
    for of, ink in ((~outside, style.MIDDLE), (outside, style.NANO)):
        ax.scatter(followers[of], er[of], s=size, c=ink, alpha=alpha, linewidths=0, zorder=2)
    low, high = (float(np.quantile(er, at)) for at in ALMOST_ALL)
    spans = (
        (float(followers[0]) / 1.05, float(followers[-1]) * 1.05),
        (min(low, float((centre / outer).min())) / 1.1, max(high, float((centre * outer).max())) * 1.1),
    )
    ax.set(xscale="log", yscale="log", xlim=spans[0], ylim=spans[1])
    for axis, span in zip((ax.xaxis, ax.yaxis), spans, strict=True):
        style.log_ticks(axis, *span)
    style.amounts(ax.xaxis)
    style.percents(ax.yaxis)
    words = ("usual for\nthe size", "chance", "chance and\ntrue\ndifferences")
    ends = [
        style.End(float(followers[-1]), float(centre[-1]) * factor, text, style.DARK)
        for factor, text in zip((1.0, inner, outer), words, strict=True)
    ]
    drawn = (
        "One dot per nano or micro creator: own engagement rate against followers on log scales, in colour "
        "where chance between its posts does not explain the distance from what is usual for the size; "
        f"bands for {findings.counted(n, 'post')}."
    )
    first = rows.sort_values(["outside", "followers"], ascending=False, kind="stable")
    first = first.assign(far=np.where(first["outside"], "true difference", "chance"))
    behind.keep(ax, first, "measured; what is usual is estimated", {
        "Followers": ("followers", findings.count), "Posts": ("n_posts", findings.count),
        "Own engagement rate": ("er_raw", findings.percent),
        "Usual for the size": ("centre", findings.percent), "Explained by": ("far", str),
    })  # fmt: skip
    return style.finished(
        ax, title, drawn, x=f"Followers (log scale); bands: 95% with {findings.counted(n, 'post')}",
        y="Own engagement rate (log scale)", ends=ends, gap=26.0,
    )  # fmt: skip


def ranking(
    creators: pd.DataFrame, *, title: str, tier: str = "nano", top: int = TOP, ax: Axes | None = None
) -> Axes:
    """Draw the tier's creators with the highest raw ER, each with its estimate and interval beside it.

    creators: creator, tier, n_posts, er_raw, er, er_low, er_high [shares of followers], as
    `EngagementModel.creators`. Sorted by the raw rate: a dot far to its left is a rank won by luck.
    """
    rows = creators[creators["tier"].astype(str) == tier]
    rows = rows.sort_values(["er_raw", "creator"], ascending=[False, True], kind="stable").head(top)
    ax = style.axes(ax, 1.6 + 0.27 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, f"no {tier} creator has a known engagement rate")
    raw, er, low, high = (rows[name].to_numpy(dtype=float) for name in ("er_raw", "er", "er_low", "er_high"))
    places = np.arange(len(rows), dtype=float)
    ax.hlines(places, np.minimum(raw, er), np.maximum(raw, er), color=style.LIGHT, linewidth=1.2, zorder=1)
    ax.hlines(places, low, high, color=style.NANO_LIGHT, linewidth=3, zorder=2)
    ax.scatter(raw, places, s=40, c="white", marker="D", edgecolors=style.MACRO, linewidths=1.4, zorder=3)
    ax.scatter(er, places, s=48, c=style.NANO, linewidths=0, zorder=4)
    words = [
        f"{findings.handle(name)} ({findings.count(posts)})"
        for name, posts in zip(rows["creator"], rows["n_posts"], strict=True)
    ]
    style.ticks_at(ax.yaxis, places.tolist(), words)
    ends = [*raw.tolist(), *high.tolist(), *low.tolist()]
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0.9 * min(ends), 1.06 * max(ends)), xscale="log")
    style.log_ticks(ax.xaxis, 0.9 * min(ends), 1.06 * max(ends))
    style.percents(ax.xaxis)
    ax.grid(axis="x", color=style.FAINT)
    ax.spines["left"].set_visible(False)
    drawn = (
        f"The {tier} creators with the highest seen engagement rate: diamonds seen, dots estimated with "
        "their 80% interval."
    )
    label = (
        "Engagement rate (log scale): diamond seen, dot estimated\nwith its 80% interval (in brackets: posts)"
    )
    behind.keep(ax, rows, "seen: measured; most likely: estimated", {
        "Creator": ("creator", findings.handle), "Posts": ("n_posts", findings.count),
        "Engagement rate seen": ("er_raw", findings.percent), "most likely": ("er", findings.percent),
        "low (80%)": ("er_low", findings.percent), "high (80%)": ("er_high", findings.percent),
    })  # fmt: skip
    return style.finished(ax, title, drawn, x=label)


def benchmarks(
    published: pd.DataFrame, by_tier: pd.DataFrame, *, title: str, benchmark: "pd.Series | None" = None,
    ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Draw the published ER of each tier with its year, and our own median with its interval over them.

    published: tier, value [share], year, as `benchmarks.averages(benchmarks.table())`; tiers that we do not
    have are left aside. benchmark: benchmark, value [share], year, one of its rows, drawn as a line.
    by_tier: tier, median, median_low, median_high [shares], as `metrics.summary(posts, "tier")`.
    """
    known = published[published["tier"].isin(by_tier["tier"].astype(str))]
    ax = style.axes(ax, 4.0)
    if by_tier.empty or known.empty:
        return style.empty(ax, title, "no published figure is of a tier in the data")
    own = by_tier.assign(tier=by_tier["tier"].astype(str))
    values = [*known["value"], *own["median"], *own["median_low"].dropna(), *own["median_high"].dropna()]
    values += [] if benchmark is None else [benchmark["value"]]
    low, high = min(value for value in values if value > 0) / 1.2, max(values) * 1.35
    ticks, foot = [], 0.0
    for row in own.to_dict("records"):
        mine = known[known["tier"] == row["tier"]].sort_values(["value", "year"], kind="stable")
        lane = _lanes(mine["value"], low, high)
        deep = 1 + max(lane, default=0)
        ends = [row["median"] if math.isnan(row[end]) else row[end] for end in ("median_low", "median_high")]
        ax.fill_betweenx(
            [foot - 0.6, foot + deep + 0.5], *ends, color=style.NANO_FAINT, linewidth=0, zorder=1
        )
        ax.plot([row["median"]], [foot], "o", color=style.NANO, markersize=8, zorder=3)
        places = foot + 1 + np.asarray(lane, dtype=float)
        ax.scatter(mine["value"], places, s=22, c=style.MIDDLE, linewidths=0, zorder=2)
        for value, place, year in zip(mine["value"], places, mine["year"], strict=True):
            if not pd.isna(year):
                _year(ax, float(value), float(place), f"{year:.0f}")
        ticks.append(foot)
        foot += deep + 2.0
    if (whole := ax.get_figure(root=True)) and len(whole.axes) == 1:
        whole.set_figheight(1.6 + 0.21 * (foot + 1.2))
    style.ticks_at(ax.yaxis, ticks, own["tier"].tolist())
    ax.set(xscale="log", xlim=(low, high), ylim=(foot - 1.0, -2.2))
    medians = [findings.percent(median) for median in own["median"]]
    style.beside(ax, ticks, medians, "ours")
    style.log_ticks(ax.xaxis, low, high)
    style.percents(ax.xaxis)
    ax.grid(axis="x", color=style.FAINT)
    ax.spines["left"].set_visible(False)
    drawn = (
        "Published engagement rates by tier as grey dots with their year, and our median as a large dot in a "
        "band that is its 95% interval, on a log scale."
    )
    label = "Engagement rate (log scale): large dot ours, in its\n95% interval; small dots published, by year"
    if benchmark is not None:
        style.rule(ax, float(benchmark["value"]), "")
        label += f"\ndotted line: {findings.published_as(benchmark)}"
    behind.keep(ax, own, "measured", {
        "Tier": ("tier", findings.handle), "Our median rate": ("median", findings.percent),
        "low (95%)": ("median_low", findings.percent), "high (95%)": ("median_high", findings.percent),
    })  # fmt: skip
    others = known.sort_values(["tier", "value"], kind="stable")
    behind.keep(ax, others, "published by others, not measured here", {
        "Tier": ("tier", findings.handle), "Published rate": ("value", findings.percent),
        "Year": ("year", lambda year: "unknown" if pd.isna(year) else f"{year:.0f}"),
    })  # fmt: skip
    return style.finished(ax, title, drawn, x=label)


def _lanes(values: "pd.Series[float]", low: float, high: float) -> list[int]:
    """Return for each rising value the first lane in which its dot and year have room."""
    free: list[float] = []
    lanes = []
    for value in values:
        start = ROOM * math.log(value / low) / math.log(high / low)
        lane = next((at for at, end in enumerate(free) if end <= start), len(free))
        free[lane : lane + 1] = [start + YEAR_WIDTH]
        lanes.append(lane)
    return lanes


def _year(ax: Axes, value: float, place: float, words: str) -> None:
    ax.annotate(
        words, (value, place), xytext=(5, 0), textcoords="offset points", va="center", ha="left",
        size=style.SMALL, color=style.DARK,
    )  # fmt: skip
