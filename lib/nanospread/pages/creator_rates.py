"""What a creator's true engagement rate is behind few posts: differences beyond chance, ranks by luck."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.core.estimates import Z95, wilson
from nanospread.core.formatting import Finding, count, counted, handle, percent, shortened
from nanospread.pages import _style as style
from nanospread.pages.engagement import LEAST_CREATORS

BARELY = 0.9  # a posterior at or above this share of the raw rate has hardly moved [1]
BY_CHANCE = 0.05  # outside a 95 % band [1]
TOP = 15  # creators of a ranking that stay legible on a phone
ALMOST_ALL = (0.002, 0.998)  # the quantiles between which a log axis of rates runs


def true_differences(rows: pd.DataFrame) -> Finding:
    """Return whether creators differ by more than chance between few posts would make them."""
    n = len(rows)
    if n < LEAST_CREATORS:
        thin = "Too few creators to tell differences from chance"
        return Finding(thin, f"{thin} ({counted(n, 'creator')}).")
    share = float(rows["outside"].mean())
    low, high = (float(end[0]) for end in wilson(share, n))
    share_outside = f"{percent(share)} lie outside what chance explains"
    behind = f" (95% range {percent(low)} to {percent(high)}). By chance {percent(BY_CHANCE)} would"
    if low > BY_CHANCE:
        title = f"Creators truly differ, since {share_outside}"
        return Finding(title, f"{title}{behind}. The outer band adds those true differences.")
    title = f"Creators hardly differ, since only {share_outside}"
    return Finding(shortened(title), f"{title}{behind}.")


def shrinkage(creators: pd.DataFrame) -> Finding:
    """Return what the most engaged nano creator is estimated at, once luck is allowed for.

    Picking the highest of many noisy rates picks luck too (the winner's curse): the estimate is drawn back.
    """
    rows = creators[(creators["tier"].astype(str) == "nano") & (creators["n_posts"] > 0)]
    if rows.empty:
        return Finding.of("No nano creator has a known rate")
    if len(rows) < LEAST_CREATORS or not (rows["n_posts"] > 1).any():
        thin = "Too few nano posts to tell luck from skill"
        posts = counted(int(rows["n_posts"].sum()), "post")
        return Finding(thin, f"{thin} ({counted(len(rows), 'creator')}, {posts}).")
    top = rows.sort_values(["er_raw", "creator"], ascending=[False, True], kind="stable").iloc[0]
    raw, estimate = float(top["er_raw"]), float(top["er"])
    seen = f"{percent(raw)} on {counted(int(top['n_posts']), 'post')}"
    opening = f"The most engaged nano creator, {handle(top['creator'])}, shows {seen}"
    if estimate >= BARELY * raw:
        return Finding(
            f"The top nano rate of {percent(raw)} is hardly luck, expect {percent(estimate)}",
            f"{opening}. Expect {percent(estimate)}, since hardly any of it is luck.",
        )
    return Finding(
        f"The top nano rate of {percent(raw)} is partly luck, expect {percent(estimate)}",
        f"{opening}. Expect {percent(estimate)} of the next post, since part of a top rank is luck.",
    )


def funnel(
    creators: pd.DataFrame, sd_within: float, sd_between: float, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw each creator's own ER against followers, with what is expected of its size and two 95 % bands.

    creators: as `engagement.beside_chance`; those outside are in the accent. The inner band is what chance
    gives at the median number of posts (sd_within / sqrt(n)); the outer one adds sd_between.
    """
    rows = creators[creators["er_raw"] > 0].sort_values("followers", kind="stable")
    ax = style.axes(ax, 4.6)
    if rows.empty:
        return style.empty(ax, title, "no nano or micro creator has a known engagement rate")
    followers, er, centre = style.columns(rows, "followers", "er_raw", "centre")
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
        style.EndLabel(float(followers[-1]), float(centre[-1]) * factor, text, style.DARK)
        for factor, text in zip((1.0, inner, outer), words, strict=True)
    ]
    drawn = (
        "One dot per nano or micro creator: own engagement rate against followers on log scales, in colour "
        "where chance between its posts does not explain the distance from what is usual for the size; "
        f"bands for {counted(n, 'post')}."
    )
    first = rows.sort_values(["outside", "followers"], ascending=False, kind="stable")
    first = first.assign(far=np.where(first["outside"], "true difference", "chance"))
    numbers = style.table(first, {"rates": "measured", "what is usual": "estimated"}, {
        "Followers": ("followers", count), "Posts": ("n_posts", count),
        "Own engagement rate": ("er_raw", percent),
        "Usual for the size": ("centre", percent), "Explained by": ("far", str),
    })  # fmt: skip
    return style.finished(
        ax, title, drawn, numbers, x=f"Followers (log scale); bands: 95% with {counted(n, 'post')}",
        y="Own engagement rate (log scale)", ends=ends, gap=26.0,
    )  # fmt: skip


def ranking(creators: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the nano creators of highest raw ER, each with its estimate: a dot far to its left is luck."""
    rows = creators[creators["tier"].astype(str) == "nano"]
    rows = rows.sort_values(["er_raw", "creator"], ascending=[False, True], kind="stable").head(TOP)
    ax = style.axes(ax, 1.6 + 0.27 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, "no nano creator has a known engagement rate")
    raw, er, low, high = style.columns(rows, "er_raw", "er", "er_low", "er_high")
    places = np.arange(len(rows), dtype=float)
    ax.hlines(places, np.minimum(raw, er), np.maximum(raw, er), color=style.LIGHT, linewidth=1.2, zorder=1)
    ax.hlines(places, low, high, color=style.NANO_LIGHT, linewidth=3, zorder=2)
    ax.scatter(raw, places, s=40, c="white", marker="D", edgecolors=style.MACRO, linewidths=1.4, zorder=3)
    ax.scatter(er, places, s=48, c=style.NANO, linewidths=0, zorder=4)
    labels = zip(rows["creator"], rows["n_posts"], strict=True)
    words = [f"{handle(name)} ({count(posts)})" for name, posts in labels]
    style.ticks_at(ax.yaxis, places.tolist(), words)
    ends = [*raw.tolist(), *high.tolist(), *low.tolist()]
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0.9 * min(ends), 1.06 * max(ends)), xscale="log")
    style.log_ticks(ax.xaxis, 0.9 * min(ends), 1.06 * max(ends))
    style.by_row(ax)
    numbers = style.table(rows, {"rate so far": "measured", "most likely": "estimated"}, {
        "Creator": ("creator", handle), "Posts": ("n_posts", count),
        "Engagement rate seen": ("er_raw", percent), "most likely": ("er", percent),
        "low (80%)": ("er_low", percent), "high (80%)": ("er_high", percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "The nano creators with the highest seen engagement rate: diamonds seen, dots "
        "estimated with their 80% interval.", numbers,
        x="Engagement rate (log scale): diamond seen, dot estimated\n"
        "with its 80% interval (in brackets: posts)",
    )  # fmt: skip
