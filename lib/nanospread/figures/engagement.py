"""Engagement rates (ER): by tier, by niche, the premium of nano, and what luck does to a ranking."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread import findings
from nanospread.figures import style

FEWEST = 5  # creators under which a median is drawn hollow
MOST_NICHES = 12
DENSE = 1000  # dots above which they are drawn smaller and fainter
RANGE = (0.001, 0.995)  # the quantiles between which the log axis of rates runs


def er_by_tier(
    posts: pd.DataFrame, *, title: str, benchmark: "pd.Series | None" = None, ax: Axes | None = None
) -> Axes:
    """Draw the distribution of ER per post in each tier on a log axis, with the median over posts.

    posts: creator, tier (ordered category), er [share], as `metrics.per_post`; hidden likes are left out, and
    posts without any engagement count in the median but have no place on a log axis.
    benchmark: value [share], as a row of `benchmarks.table()`, drawn as a line.
    """
    import seaborn as sns

    rated = posts[posts["er"].notna()]
    drawn = rated[rated["er"] > 0]
    present = set(drawn["tier"].astype(str))
    order = [str(tier) for tier in posts["tier"].cat.categories if str(tier) in present]
    ax = style.axes(ax, 1.3 + 0.75 * max(len(order), 2))
    if not order:
        return style.empty(ax, title, "no post has a known engagement rate")
    shape = pd.DataFrame(
        {"er": drawn["er"].to_numpy(dtype=float), "tier": drawn["tier"].astype(str).to_numpy()}
    )
    sns.violinplot(
        shape, x="er", y="tier", order=order, hue="tier", hue_order=order, legend=False, inner=None, cut=0,
        palette=[style.NANO if tier == "nano" else style.LIGHT for tier in order], saturation=1,
        density_norm="width", width=0.8, linewidth=0, log_scale=True, gridsize=80, ax=ax,
    )  # fmt: skip
    low, high = _range(shape["er"], None if benchmark is None else float(benchmark["value"]))
    medians = {tier: float(rated.loc[rated["tier"] == tier, "er"].median()) for tier in order}
    for place, tier in enumerate(order):
        ink = style.NANO if tier == "nano" else style.DARK
        ax.plot([max(medians[tier], low)], [place], "o", color="white", markersize=8, markeredgecolor=ink,
                markeredgewidth=2, zorder=4)  # fmt: skip
    words = [f"{tier}\n{_sizes(rated[rated['tier'] == tier])}" for tier in order]
    style.ticks_at(ax.yaxis, range(len(order)), words)
    ax.set(xlim=(low, high), ylim=(len(order) - 0.45, -0.85))
    style.beside(ax, range(len(order)), [findings.percent(median) for median in medians.values()], "median")
    _rate_axis(ax, low, high)
    if benchmark is not None:
        value = float(benchmark["value"])
        style.rule(ax, value, f"published average {findings.percent(value)}")
    drawing = "The distribution of engagement rates per post by tier on a log scale, with each tier's median."
    return style.finished(ax, title, drawing, x="Likes and comments per post, share of followers (log scale)")


def _range(rates: "pd.Series[float]", also: float | None) -> tuple[float, float]:
    low, high = (float(rates.quantile(at)) for at in RANGE)
    low, high = (min(low, also), max(high, also)) if also else (low, high)
    return low / 1.15, high * 1.15


def _sizes(posts: pd.DataFrame) -> str:
    return (
        f"{findings.counted(len(posts), 'post')},\n{findings.counted(posts['creator'].nunique(), 'creator')}"
    )


def _rate_axis(ax: Axes, low: float, high: float) -> None:
    style.log_ticks(ax.xaxis, low, high)
    style.percents(ax.xaxis)
    ax.grid(axis="x", color=style.FAINT)
    ax.spines["left"].set_visible(False)


def er_by_niche(posts: pd.DataFrame, *, title: str, versus: str = "micro", ax: Axes | None = None) -> Axes:
    """Draw the median ER per post of nano and of another tier in each niche, highest nano first.

    posts: creator, niche, tier, er [share], as `metrics.per_post`. Medians of fewer than five creators are
    hollow, those of nano last. The twelve niches with most nano posts are drawn.
    """
    rated = posts[posts["er"].notna()]
    nano, other = (_by_niche(rated, tier) for tier in ("nano", versus))
    nano = nano.nlargest(MOST_NICHES, "posts").assign(few=lambda frame: frame["creators"] < FEWEST)
    nano = nano.sort_values(["few", "er"], ascending=[True, False], kind="stable")
    other = other.reindex(nano.index)
    ax = style.axes(ax, 1.5 + 0.36 * max(len(nano), 2))
    if nano.empty:
        return style.empty(ax, title, "no nano post has a known engagement rate")
    places = np.arange(len(nano), dtype=float)
    ends = np.vstack([nano["er"].to_numpy(dtype=float), other["er"].to_numpy(dtype=float)])
    ax.hlines(
        places, np.nanmin(ends, axis=0), np.nanmax(ends, axis=0), color=style.LIGHT, linewidth=3, zorder=1
    )
    for medians, ink, marker, size in ((other, style.MACRO, "D", 44), (nano, style.NANO, "o", 60)):
        faces = ["white" if few else ink for few in medians["creators"] < FEWEST]
        rates = medians["er"].to_numpy(dtype=float)
        ax.scatter(rates, places, s=size, c=faces, marker=marker, edgecolors=ink, linewidths=1.6, zorder=3)
    words = [
        f"{findings.handle(niche)} ({findings.count(of_nano)}, {findings.count(of_other)})"
        for niche, of_nano, of_other in zip(
            nano.index, nano["creators"], other["creators"].fillna(0), strict=True
        )
    ]
    style.ticks_at(ax.yaxis, places.tolist(), words)
    ax.set(ylim=(len(nano) - 0.5, -0.9), xlim=(0, 1.12 * float(np.nanmax(ends)) or 1))
    _heads(ax, [("nano", float(ends[0, 0]), style.NANO), (versus, float(ends[1, 0]), style.MACRO)])
    style.percents(ax.xaxis)
    ax.grid(axis="x", color=style.FAINT)
    ax.spines["left"].set_visible(False)
    drawn = (
        f"Median engagement rate per post by niche: nano dots, {versus} diamonds, hollow under five creators."
    )
    label = f"Median engagement rate per post\n(in brackets: creators, nano and {versus})"
    return style.finished(ax, title, drawn, x=label)


def _by_niche(posts: pd.DataFrame, tier: str) -> pd.DataFrame:
    groups = posts[posts["tier"].astype(str) == tier].groupby("niche", sort=True)
    return groups.agg(er=("er", "median"), posts=("er", "size"), creators=("creator", "nunique"))


def _heads(ax: Axes, heads: list[tuple[str, float, str]]) -> None:
    """Name the two marks over the first row, on the outer side of each."""
    known = [head for head in heads if not np.isnan(head[1])]
    for words, x, ink in known:
        right = all(x >= other for _, other, _ in known)
        ax.annotate(
            words, (x, 0), xytext=(-6 if right else 6, 8), textcoords="offset points",
            ha="left" if right else "right", va="bottom", size=style.SMALL, color=ink, fontweight="bold",
        )  # fmt: skip


def nano_premium(
    premium: pd.DataFrame, *, title: str, tier: str = "nano", versus: str = "micro", ax: Axes | None = None
) -> Axes:
    """Draw how many times higher one tier's ER is than another's in each group, with its interval.

    premium: group, ratio, low, high [1], as `metrics.premium`. Accent where the interval excludes 1.
    """
    rows = premium.dropna(subset=["ratio", "low", "high"]).sort_values(
        "ratio", ascending=False, kind="stable"
    )
    ax = style.axes(ax, 1.5 + 0.36 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, f"too few {tier} and {versus} creators to compare")
    places = np.arange(len(rows), dtype=float)
    ratio, low, high = (rows[name].to_numpy(dtype=float) for name in ("ratio", "low", "high"))
    clear = (low > 1) | (high < 1)
    inks = [style.NANO if is_clear else style.MIDDLE for is_clear in clear]
    ax.hlines(places, low, high, color=inks, linewidth=2.4, zorder=2)
    faces = [ink if is_clear else "white" for ink, is_clear in zip(inks, clear, strict=True)]
    ax.scatter(ratio, places, s=60, c=faces, marker="o", edgecolors=inks, linewidths=1.8, zorder=3)
    style.ticks_at(ax.yaxis, places.tolist(), [findings.handle(group) for group in rows["group"]])
    span = min(float(low.min()), 1.0) / 1.1, max(float(high.max()), 1.0) * 1.1
    ax.set(xscale="log", xlim=span, ylim=(len(rows) - 0.4, -1.1))
    style.log_ticks(ax.xaxis, *span)
    style.numbers(ax.xaxis)
    ax.grid(axis="x", color=style.FAINT)
    ax.spines["left"].set_visible(False)
    style.rule(ax, 1.0, "no difference")
    drawn = f"The ratio of {tier} to {versus} engagement with its 95% interval, filled where it excludes 1."
    return style.finished(
        ax, title, drawn, x=f"Engagement rate of {tier} creators ÷ {versus} creators (log scale)"
    )


def shrinkage(creators: pd.DataFrame, *, title: str, tier: str = "nano", ax: Axes | None = None) -> Axes:
    """Draw each creator's expected ER against the raw one, larger for more posts, the top raw one named.

    creators: creator, tier, n_posts, er_raw, er [shares], as `EngagementModel.creators`.
    """
    rows = creators[
        (creators["tier"].astype(str) == tier) & (creators["n_posts"] > 0) & (creators["er_raw"] > 0)
    ]
    ax = style.axes(ax, 4.4)
    if rows.empty:
        return style.empty(ax, title, f"no {tier} creator has a known engagement rate")
    raw, expected, posts = (rows[name].to_numpy(dtype=float) for name in ("er_raw", "er", "n_posts"))
    low, high = min(raw.min(), expected.min()) / 1.2, max(raw.max(), expected.max()) * 1.2
    ax.plot([low, high], [low, high], color=style.DARK, linewidth=1.2, linestyle=style.DASHED, zorder=1.5)
    for number in np.unique(posts):  # one size at a time: an SVG then holds one shape per size, not per dot
        of = posts == number
        ax.scatter(
            raw[of], expected[of], s=10 + 90 * number / posts.max(), c=style.NANO, alpha=0.45, linewidths=0
        )
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(low, high))
    for axis in (ax.xaxis, ax.yaxis):
        style.log_ticks(axis, low, high)
        style.percents(axis)
    ax.grid(color=style.FAINT)
    _named_top(ax, rows)
    ax.annotate(
        "expected = seen", (1, 0.985), xycoords="axes fraction", xytext=(-34, 0), textcoords="offset points",
        ha="right", va="top", size=style.SMALL, color=style.DARK,
    )  # fmt: skip
    few, many = int(posts.min()), int(posts.max())
    size = (
        f"{findings.counted(few, 'post')} each"
        if few == many
        else f"the larger, the more posts ({few} to {many})"
    )
    return style.finished(
        ax, title, f"Expected against seen engagement rate, one dot per {tier} creator, {size}.",
        x=f"Engagement rate seen (log scale); dots: {size}", y="Engagement rate expected",
    )  # fmt: skip


def _named_top(ax: Axes, rows: pd.DataFrame) -> None:
    """Ring the highest raw rate and name it in the lower right corner, where shrunken rates never lie."""
    top = rows.sort_values(["er_raw", "creator"], ascending=[False, True], kind="stable").iloc[0]
    seen, expected = float(top["er_raw"]), float(top["er"])
    ax.plot([seen], [expected], "o", color="none", markersize=12, markeredgecolor=style.MACRO, zorder=3)
    rates = f"{findings.percent(seen)} seen, {findings.percent(expected)} expected"
    words = f"{findings.handle(top['creator'])}\n{rates}"
    ax.annotate(
        words, (seen, expected), xytext=(0.98, 0.06), textcoords="axes fraction", ha="right", va="bottom",
        size=style.SMALL, color=style.MACRO, zorder=5,
        arrowprops={"arrowstyle": "-", "color": style.MIDDLE, "shrinkB": 7, "relpos": (0.9, 1)},
    )  # fmt: skip


def er_by_followers(creators: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw each creator's expected ER against followers, both on log axes, nano in the accent.

    creators: tier, followers, er [share], as `EngagementModel.creators`.
    """
    rows = creators[creators["er"] > 0]
    ax = style.axes(ax, 4.0)
    if rows.empty:
        return style.empty(ax, title, "no creator has a known engagement rate")
    followers, er = (rows[name].to_numpy(dtype=float) for name in ("followers", "er"))
    nano = (rows["tier"].astype(str) == "nano").to_numpy(dtype=bool)
    size, alpha = (18, 0.5) if len(rows) < DENSE else (8, 0.25)
    for of, ink in ((~nano, style.MIDDLE), (nano, style.NANO)):
        ax.scatter(followers[of], er[of], s=size, c=ink, alpha=alpha, linewidths=0)
    ax.set(xscale="log", yscale="log")
    low, high = float(followers.min()) / 1.2, float(followers.max()) * 1.2
    ax.set_xlim(low, high)
    style.log_ticks(ax.xaxis, low, high)
    style.amounts(ax.xaxis)
    style.log_ticks(ax.yaxis, float(er.min()), float(er.max()))
    style.percents(ax.yaxis)
    ax.grid(color=style.FAINT)
    drawn = (
        "One dot per creator: expected engagement rate against followers, both on log scales, nano in colour."
    )
    return style.finished(
        ax, title, drawn, x="Followers (log scale); nano in colour", y="Engagement rate expected"
    )
