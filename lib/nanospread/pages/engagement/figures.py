"""Engagement rates (ER) as distributions, by tier and by niche, and beside published ones."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.core.formatting import counted, handle, percent, times
from nanospread.pages import _style as style
from nanospread.pages.engagement import published_as

FEWEST = 5  # creators that a niche needs to have a row
MOST_NICHES = 9
BINS = 24
RANGE = (0.001, 0.995)  # the quantiles between which the log axis of rates runs
YEAR_WIDTH, ROOM = 40.0, 300.0  # of a dot with its year, and at least of the Axes [point]


def er_by_tier(
    posts: pd.DataFrame, *, title: str, benchmark: "pd.Series | None" = None, ax: Axes | None = None
) -> style.Chart:
    """Draw the distribution of ER per post in each tier on a log axis, with the median over posts.

    posts: as `metrics.per_post`; those without any engagement count in the median but have no place on a log
    axis. benchmark: a row of `benchmarks.table()`, drawn as a line.
    """
    rated = posts[posts["er"].notna()]
    drawn = rated[rated["er"] > 0]
    present = set(drawn["tier"].astype(str))
    order = [str(tier) for tier in posts["tier"].cat.categories if str(tier) in present]
    ax = style.axes(ax, 1.3 + 0.75 * max(len(order), 2))
    if not order:
        return style.empty(ax, title, "no post has a known engagement rate")
    shape = pd.DataFrame({"value": drawn["er"].to_numpy(dtype=float), "tier": drawn["tier"].astype(str)})
    of = {tier: rated[rated["tier"] == tier] for tier in order}
    medians = {tier: float(rows["er"].median()) for tier, rows in of.items()}
    span = _range(shape["value"], None if benchmark is None else float(benchmark["value"]))
    style.by_tier(ax, shape.reset_index(drop=True), medians, [*map(_sizes, of.values())], *span)
    label = f"{_counted(posts)}, share of followers (log scale)"
    if benchmark is not None:
        style.rule(ax, float(benchmark["value"]), "")
        label += f"\ndotted line: {published_as(benchmark)}"
    rates = {tier: rows["er"].to_numpy(dtype=float) for tier, rows in of.items()}
    numbers = style.quantiles(rates, "measured", "Tier", "Engagement rate per post", percent)
    drawing = "The distribution of engagement rates per post by tier on a log scale, with each tier's median."
    return style.finished(ax, title, drawing, numbers, x=label)


def _counted(posts: pd.DataFrame) -> str:
    """Return what the rates count; where no comments are known, it is likes alone."""
    unknown = posts["comments_off"].all()
    return "Likes per post (no comments known)" if unknown else "Likes and comments per post"


def _range(rates: "pd.Series[float]", also: float | None) -> tuple[float, float]:
    low, high = (float(rates.quantile(at)) for at in RANGE)
    low, high = (min(low, also), max(high, also)) if also else (low, high)
    return low / 1.15, high * 1.15


def _sizes(posts: pd.DataFrame) -> str:
    return f"{counted(len(posts), 'post')},\n{counted(posts['creator'].nunique(), 'creator')}"


def premium_by_size(
    premium: pd.DataFrame, *, title: str, versus: str = "micro", ax: Axes | None = None
) -> style.Chart:
    """Draw the ratio of nano's ER to another tier's by size; accent where the 95 % interval excludes 1."""
    rows = premium.dropna(subset=["ratio", "low", "high"])
    ax = style.axes(ax, 1.5 + 0.36 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, f"too few nano and {versus} creators to compare")
    places = np.arange(len(rows), dtype=float)
    ratio, low, high = style.columns(rows, "ratio", "low", "high")
    clear = (low > 1) | (high < 1)
    inks = [style.NANO if is_clear else style.MIDDLE for is_clear in clear]
    ax.hlines(places, low, high, color=inks, linewidth=2.4, zorder=2)
    faces = [ink if is_clear else "white" for ink, is_clear in zip(inks, clear, strict=True)]
    ax.scatter(ratio, places, s=60, c=faces, marker="o", edgecolors=inks, linewidths=1.8, zorder=3)
    style.ticks_at(ax.yaxis, places.tolist(), [f"{handle(size)} followers" for size in rows["group"]])
    span = min(float(low.min()), 1.0) / 1.1, max(float(high.max()), 1.0) * 1.1
    ax.set(xscale="log", xlim=span, ylim=(len(rows) - 0.4, -1.1))
    style.log_ticks(ax.xaxis, *span)
    style.by_row(ax, style.numbers)
    style.rule(ax, 1.0, "no difference")
    drawn = f"The ratio of nano to {versus} engagement with its 95% interval, filled where it excludes 1."
    numbers = style.table(rows, "measured", {
        "Followers": ("group", handle), f"Nano ÷ {versus}": ("ratio", times),
        "low (95%)": ("low", times), "high (95%)": ("high", times),
    })  # fmt: skip
    label = f"Engagement rate of nano creators ÷ {versus} creators (log scale)"
    return style.finished(ax, title, drawn, numbers, x=label)


def niches(
    posts: pd.DataFrame, premium: pd.DataFrame, *, title: str, versus: str = "micro", ax: Axes | None = None
) -> style.Chart:
    """Draw the distributions of ER per post of nano and of another tier, one row per niche on one axis.

    premium: as `contrasts.premium(posts)`, written beside its niche; in the accent where the interval
    excludes 1. Of the niches with five nano creators the nine with most are drawn, largest premium first.
    """
    rated = posts[posts["er"] > 0]
    parts = {name: rated[rated["tier"].astype(str) == name] for name in ("nano", versus)}
    ratio = premium.set_index("group") if len(premium) else premium
    chosen = _chosen(parts["nano"], ratio)
    clear = set(premium.loc[(premium["low"] > 1) | (premium["high"] < 1), "group"])
    ax = style.axes(ax, 1.6 + 0.62 * max(len(chosen), 2))
    if not chosen:
        return style.empty(ax, title, f"no niche has {FEWEST} nano creators")
    shown = pd.concat(list(parts.values()))
    rates = shown.loc[shown["niche"].isin(chosen), "er"]
    low, high = (float(rates.quantile(at)) for at in RANGE)
    edges = np.geomspace(low / 1.02, high * 1.02, BINS + 1)
    for place, niche in enumerate(chosen):
        rates_of = {name: part.loc[part["niche"] == niche, "er"] for name, part in parts.items()}
        heights = {name: _heights(rates, edges) for name, rates in rates_of.items()}
        most = max(float(height.max()) for height in heights.values()) or 1.0
        foot = np.full(BINS + 1, place + 0.4)
        tops = {name: foot - 0.78 * height / most for name, height in heights.items()}
        ink = style.NANO_LIGHT if niche in clear else style.LIGHT
        ax.fill_between(edges, foot, tops["nano"], step="post", color=ink, linewidth=0, zorder=2)
        if heights[versus].any():
            ax.step(edges, tops[versus], where="post", color=style.MACRO, linewidth=1.4, zorder=3)
    places = range(len(chosen))
    style.ticks_at(ax.yaxis, places, [handle(niche) for niche in chosen])
    ax.set(xscale="log", xlim=(edges[0], edges[-1]), ylim=(len(chosen) - 0.5, -0.95))
    style.beside(ax, places, [_written(ratio, niche, versus) for niche in chosen], f"nano ÷ {versus}")
    style.log_ticks(ax.xaxis, float(edges[0]), float(edges[-1]))
    style.by_row(ax)
    drawn = (
        f"The distribution of engagement rates per post in each niche, nano filled and {versus} as a line, "
        "on a log scale; beside each the ratio with its 95% interval."
    )
    label = (
        f"{_counted(posts)}, share of followers (log scale)\n"
        f"line: {versus}; filled: nano, in colour where clearly different"
    )
    medians = {name: part.groupby("niche")["er"].median().reindex(chosen) for name, part in parts.items()}
    known = premium.set_index("group").reindex(chosen) if len(premium) else pd.DataFrame(index=chosen)
    table = known.reindex(columns=["ratio", "low", "high"]).assign(niche=chosen, **medians)
    numbers = style.table(table, "measured", {
        "Niche": ("niche", handle), "Typical rate of nano": ("nano", percent),
        f"of {versus}": (versus, percent), f"Nano ÷ {versus}": ("ratio", times),
        "low (95%)": ("low", times), "high (95%)": ("high", times),
    })  # fmt: skip
    return style.finished(ax, title, drawn, numbers, x=label)


def _chosen(nano: pd.DataFrame, ratio: pd.DataFrame) -> list[str]:
    """Return the niches to draw: largest premium first, then those without one."""
    creators = nano.groupby("niche", sort=True)["creator"].nunique()
    names = creators[creators >= FEWEST].nlargest(MOST_NICHES).index.tolist()
    known = dict(zip(ratio.index, ratio["ratio"], strict=True)) if "ratio" in ratio else {}
    return sorted((str(name) for name in names), key=lambda name: (-known.get(name, 0.0), name))


def _heights(rates: "pd.Series[float]", edges: np.ndarray) -> np.ndarray:
    """Return the share of the rates in each bin, the last one repeated to close the steps."""
    share = np.histogram(rates, edges)[0] / max(len(rates), 1)
    return np.append(share, share[-1])


def _written(ratio: pd.DataFrame, niche: str, versus: str) -> str:
    if niche not in ratio.index:
        return f"too few\n{versus}"
    middle, low, high = ratio.loc[[niche], ["ratio", "low", "high"]].to_numpy(dtype=float)[0]
    ends = (times(end).removesuffix(" times") for end in (low, high))
    return f"{times(middle)}\n({' to '.join(ends)})"


def benchmarks(
    published: pd.DataFrame, by_tier: pd.DataFrame, *, title: str, benchmark: "pd.Series | None" = None,
    ax: Axes | None = None,
) -> style.Chart:  # fmt: skip
    """Draw the published ER of each tier with its year, and our own median with its interval over them.

    published: as `benchmarks.averages(benchmarks.table())`; tiers that we do not have are left aside.
    benchmark: one of its rows, drawn as a line. by_tier: as `metrics.summary(posts, "tier")`.
    """
    known = published[published["tier"].isin(by_tier["tier"].astype(str))]
    ax = style.axes(ax, 4.0)
    if by_tier.empty or known.empty:
        return style.empty(ax, title, "no published figure is of a tier in the data")
    ours = by_tier.assign(tier=by_tier["tier"].astype(str))
    values = [*known["value"], *ours["median"], *ours["median_low"].dropna(), *ours["median_high"].dropna()]
    values += [] if benchmark is None else [benchmark["value"]]
    low, high = min(value for value in values if value > 0) / 1.2, max(values) * 1.35
    ticks, foot = [], 0.0
    for row in ours.to_dict("records"):
        mine = known[known["tier"] == row["tier"]].sort_values(["value", "year"], kind="stable")
        lane = _lanes(mine["value"], low, high)
        deep = 1 + max(lane, default=0)
        ends = [row["median"] if math.isnan(row[end]) else row[end] for end in ("median_low", "median_high")]
        lane_ends = [foot - 0.6, foot + deep + 0.5]
        ax.fill_betweenx(lane_ends, *ends, color=style.NANO_FAINT, linewidth=0, zorder=1)
        ax.plot([row["median"]], [foot], "o", color=style.NANO, markersize=8, zorder=3)
        places = foot + 1 + np.asarray(lane, dtype=float)
        ax.scatter(mine["value"], places, s=22, c=style.MIDDLE, linewidths=0, zorder=2)
        for value, place, year in zip(mine["value"], places, mine["year"], strict=True):
            if not pd.isna(year):
                style.note(ax, f"{year:.0f}", (float(value), float(place)), (5, 0))
        ticks.append(foot)
        foot += deep + 2.0
    if (whole := ax.get_figure(root=True)) and len(whole.axes) == 1:
        whole.set_figheight(1.6 + 0.21 * (foot + 1.2))
    style.ticks_at(ax.yaxis, ticks, ours["tier"].tolist())
    ax.set(xscale="log", xlim=(low, high), ylim=(foot - 1.0, -2.2))
    style.beside(ax, ticks, [percent(median) for median in ours["median"]], "ours")
    style.log_ticks(ax.xaxis, low, high)
    style.by_row(ax)
    drawn = (
        "Published engagement rates by tier as grey dots with their year, and our median as a large dot in a "
        "band that is its 95% interval, on a log scale."
    )
    label = "Engagement rate (log scale): large dot ours, in its\n95% interval; small dots published, by year"
    if benchmark is not None:
        style.rule(ax, float(benchmark["value"]), "")
        label += f"\ndotted line: {published_as(benchmark)}"
    numbers = style.table(ours, "measured", {
        "Tier": ("tier", handle), "Our median rate": ("median", percent),
        "low (95%)": ("median_low", percent), "high (95%)": ("median_high", percent),
    })  # fmt: skip
    others = known.sort_values(["tier", "value"], kind="stable")
    numbers += style.table(others, "published", {
        "Tier": ("tier", handle), "Published rate": ("value", percent),
        "Year": ("year", lambda year: "unknown" if pd.isna(year) else f"{year:.0f}"),
    })  # fmt: skip
    return style.finished(ax, title, drawn, numbers, x=label)


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
