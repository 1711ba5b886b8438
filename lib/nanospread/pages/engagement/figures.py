"""Engagement rates (ER) as distributions, by tier and by niche, and beside published ones."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.core.formatting import counted, handle, percent, times
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages.engagement import LEAST_CREATORS, published_as

MOST_NICHES = 9
BINS = 24
RANGE = (0.001, 0.995)  # the quantiles between which the log axis of rates runs
YEAR_WIDTH, ROOM = 40.0, 300.0  # of a dot with its year, and at least of the Axes [point]


def er_by_tier(
    posts: pd.DataFrame, *, title: str, benchmark: "pd.Series | None" = None, ax: Axes | None = None
) -> style.Chart:
    """Draw the distribution of ER per post in each tier on a log axis, with the median over posts.

    posts: as `metrics.per_post`. benchmark: a row of `benchmarks.table()`, drawn as a line.
    """
    rated = posts[posts["er"].notna()]
    rates = tier_values(rated, "er")
    ax = style.axes(ax, 1.3 + 0.75 * max(len(rates), 2))
    if not rates:
        return style.empty(ax, title, "no post has a known engagement rate")
    creators = rated.groupby("tier", observed=True)["creator"].nunique()
    sizes = [
        f"{counted(len(of_tier), 'post')},\n{counted(creators[tier], 'creator')}"
        for tier, of_tier in rates.items()
    ]
    violins_by_tier(ax, rates, sizes, RANGE, () if benchmark is None else (float(benchmark["value"]),))
    label = f"{_counted(posts)}, share of followers (log scale)"
    if benchmark is not None:
        style.rule(ax, float(benchmark["value"]), "")
        label += f"\ndotted line: {published_as(benchmark)}"
    numbers = style.quantiles(rates, "measured", "Tier", "Engagement rate per post", percent)
    drawing = "The distribution of engagement rates per post by tier on a log scale, with each tier's median."
    return style.finished(ax, title, drawing, numbers, x=label)


def tier_values(rows: pd.DataFrame, column: str) -> dict[str, Floats]:
    """Return the values of each tier that has any above 0, the smallest tier first."""
    values = {
        str(tier): part[column].to_numpy(dtype=float) for tier, part in rows.groupby("tier", observed=True)
    }
    return {tier: of_tier for tier, of_tier in values.items() if (of_tier > 0).any()}


def violins_by_tier(
    ax: Axes, values: Mapping[str, Floats], sizes: Sequence[str], ends: tuple[float, float],
    also: Sequence[float] = (),
) -> None:  # fmt: skip
    """Draw the distribution of each tier's values on a log axis with its median, nano in the accent.

    Values of 0 count in the median but have no place on the axis. It runs between the quantiles `ends` of all
    values, and holds those of `also`.
    """
    import seaborn as sns

    medians = {tier: float(np.median(of_tier)) for tier, of_tier in values.items()}
    order, places = list(values), range(len(values))
    tiers = np.repeat(order, [len(of_tier) for of_tier in values.values()])
    drawn = pd.DataFrame({"value": np.concatenate([*values.values()]), "tier": tiers}).query("value > 0")
    shown = [*drawn["value"].quantile(list(ends)), *also]
    low, high = min(shown) / 1.15, max(shown) * 1.15
    ax.set(xscale="log", xlim=(low, high))  # before: matplotlib warns where all values are one power of ten
    sns.violinplot(
        drawn, x="value", y="tier", order=order, hue="tier", hue_order=order, legend=False, inner=None, cut=0,
        palette=[style.NANO if tier == "nano" else style.LIGHT for tier in order], saturation=1,
        density_norm="width", width=0.8, linewidth=0, log_scale=True, gridsize=80, ax=ax,
    )  # fmt: skip
    for place, (tier, median) in enumerate(medians.items()):
        ink = style.NANO if tier == "nano" else style.DARK
        ax.plot([max(median, low)], [place], "o", color="white", markersize=8, markeredgecolor=ink,
                markeredgewidth=2, zorder=4)  # fmt: skip
    style.ticks_at(ax.yaxis, places, [f"{tier}\n{size}" for tier, size in zip(order, sizes, strict=True)])
    ax.set(ylim=(len(order) - 0.45, -0.85))
    style.beside(ax, places, [percent(median) for median in medians.values()], "median")
    style.log_ticks(ax.xaxis, low, high)
    style.by_row(ax)


def _counted(posts: pd.DataFrame) -> str:
    """Return what the rates count; where no comments are known, it is likes alone."""
    unknown = posts["comments_off"].all()
    return "Likes per post (no comments known)" if unknown else "Likes and comments per post"


def premium_by_size(premium: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the ratio of nano's ER to micro's by size; accent where the 95 % interval excludes 1."""
    rows = premium.dropna(subset=["ratio", "low", "high"])
    ax = style.axes(ax, 1.5 + 0.36 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, "too few nano and micro creators to compare")
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
    drawn = "The ratio of nano to micro engagement with its 95% interval, filled where it excludes 1."
    numbers = style.table(rows, "measured", {
        "Followers": ("group", handle), "Nano ÷ micro": ("ratio", times),
        "low (95%)": ("low", times), "high (95%)": ("high", times),
    })  # fmt: skip
    label = "Engagement rate of nano creators ÷ micro creators (log scale)"
    return style.finished(ax, title, drawn, numbers, x=label)


def niches(posts: pd.DataFrame, premium: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the distributions of ER per post of nano and of micro, one row per niche on one axis.

    premium: as `contrasts.premium(posts)`, written beside its niche; in the accent where the interval
    excludes 1. Of the niches with five nano creators the nine with most are drawn, largest premium first.
    """
    rated = posts[posts["er"] > 0]
    parts = {name: rated[rated["tier"].astype(str) == name] for name in ("nano", "micro")}
    ratio = premium.set_index("group") if len(premium) else premium
    chosen = _chosen(parts["nano"], ratio)
    clear = set(premium.loc[(premium["low"] > 1) | (premium["high"] < 1), "group"])
    ax = style.axes(ax, 1.6 + 0.62 * max(len(chosen), 2))
    if not chosen:
        return style.empty(ax, title, f"no niche has {LEAST_CREATORS} nano creators")
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
        if heights["micro"].any():
            ax.step(edges, tops["micro"], where="post", color=style.MACRO, linewidth=1.4, zorder=3)
    places = range(len(chosen))
    style.ticks_at(ax.yaxis, places, [handle(niche) for niche in chosen])
    ax.set(xscale="log", xlim=(edges[0], edges[-1]), ylim=(len(chosen) - 0.5, -0.95))
    style.beside(ax, places, [_written(ratio, niche) for niche in chosen], "nano ÷ micro")
    style.log_ticks(ax.xaxis, float(edges[0]), float(edges[-1]))
    style.by_row(ax)
    drawn = (
        "The distribution of engagement rates per post in each niche, nano filled and micro as a line, "
        "on a log scale; beside each the ratio with its 95% interval."
    )
    label = (
        f"{_counted(posts)}, share of followers (log scale)\n"
        "line: micro; filled: nano, in colour where clearly different"
    )
    medians = {name: part.groupby("niche")["er"].median().reindex(chosen) for name, part in parts.items()}
    known = premium.set_index("group").reindex(chosen) if len(premium) else pd.DataFrame(index=chosen)
    table = known.reindex(columns=["ratio", "low", "high"]).assign(niche=chosen, **medians)
    numbers = style.table(table, "measured", {
        "Niche": ("niche", handle), "Typical rate of nano": ("nano", percent),
        "of micro": ("micro", percent), "Nano ÷ micro": ("ratio", times),
        "low (95%)": ("low", times), "high (95%)": ("high", times),
    })  # fmt: skip
    return style.finished(ax, title, drawn, numbers, x=label)


def _chosen(nano: pd.DataFrame, ratio: pd.DataFrame) -> list[str]:
    """Return the niches to draw: largest premium first, then those without one."""
    creators = nano.groupby("niche", sort=True)["creator"].nunique()
    names = creators[creators >= LEAST_CREATORS].nlargest(MOST_NICHES).index.tolist()
    known = dict(zip(ratio.index, ratio["ratio"], strict=True)) if "ratio" in ratio else {}
    return sorted((str(name) for name in names), key=lambda name: (-known.get(name, 0.0), name))


def _heights(rates: "pd.Series[float]", edges: np.ndarray) -> np.ndarray:
    """Return the share of the rates in each bin, the last one repeated to close the steps."""
    share = np.histogram(rates, edges)[0] / max(len(rates), 1)
    return np.append(share, share[-1])


def _written(ratio: pd.DataFrame, niche: str) -> str:
    if niche not in ratio.index:
        return "too few\nmicro"
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
