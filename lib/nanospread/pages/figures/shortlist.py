"""Whom to invite: who was chosen on the plane of engagement and price, and what luck makes of a top rate."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.pages import findings
from nanospread.pages.figures import behind, style

ROW = 0.62  # [inch]


def selection(
    options: pd.DataFrame, chosen: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None
) -> Axes:
    """Draw each candidate by what reach through it costs and how engaged its audience is.

    options: creator, offer, posts, er [share], cost [cents], expected_reach [people], flags, as
    `shortlist.options`; of several ways to invite a creator the first is drawn, of a chosen one its own.
    chosen: creator, offer, posts. Both axes are logarithmic; whoever reaches nobody has no place.
    """
    ax = style.axes(ax, 4.6)
    people = _placed(options, chosen)
    if people.empty:
        return style.empty(ax, title, "no candidate reaches anybody")
    on = people["chosen"].to_numpy(dtype=bool)
    odd = (people["flags"] != "").to_numpy(dtype=bool)
    x, y = people["price"].to_numpy(dtype=float), people["er"].to_numpy(dtype=float)
    for mask, marker, size, ink, order in (
        (~on & ~odd, "o", 26, style.LIGHT, 2), (on & ~odd, "o", 34, style.NANO, 3),
        (odd & ~on, "x", 40, style.MIDDLE, 3), (odd & on, "x", 46, style.NANO, 4),
    ):  # fmt: skip
        if mask.any():
            ax.scatter(x[mask], y[mask], size, ink, marker=marker, zorder=order)
    ax.set(
        xscale="log", yscale="log", xlim=(x.min() / 1.2, x.max() * 1.6), ylim=(y.min() / 1.3, y.max() * 1.4)
    )
    style.log_ticks(ax.xaxis, *ax.get_xlim())
    style.log_ticks(ax.yaxis, *ax.get_ylim())
    style.numbers(ax.xaxis)
    style.percents(ax.yaxis)
    ax.grid(color=style.FAINT)
    crossed = f", a cross where numbers look odd ({findings.count(int(odd.sum()))})" if odd.any() else ""
    first = people.assign(words=np.where(on, "yes", "no")).sort_values(
        ["words", "price"], ascending=[False, True]
    )
    behind.keep(ax, first, "estimated", {
        "Creator": ("creator", findings.handle), "To invite": ("words", str),
        "Engagement rate": ("er", findings.percent),
        f"Cost per 1,000 people [{currency}]": ("price", findings.significant),
    })  # fmt: skip
    return style.finished(
        ax, title, f"One mark per candidate: engagement rate against the cost of reach; in colour the "
        f"{findings.count(int(on.sum()))} to invite of {findings.count(len(people))}{crossed}; log scales.",
        x=f"Expected cost per 1,000 people reached, {currency} (left is cheaper)\n"
        f"colour: to invite; grey: not{'; cross: odd numbers' if odd.any() else ''}",
        y="Engagement rate, most likely value",
    )  # fmt: skip


def _placed(options: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return one row per candidate who reaches anybody: creator, er, flags, price per 1,000, chosen."""
    keys = ["creator", "offer", "posts"]
    own = options.merge(chosen[keys], on=keys).assign(chosen=True)
    rest = options[~options["creator"].isin(own["creator"])].drop_duplicates("creator").assign(chosen=False)
    people = pd.concat([own, rest], ignore_index=True)
    people = people[(people["expected_reach"] > 0) & (people["cost"] > 0)]
    return people.assign(price=1_000 * people["cost"] / 100 / people["expected_reach"])


def winners_curse(best: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw, for each niche, the highest rate that posts show, and what it is most likely worth.

    best: niche, creator, er, er_low, er_high, raw_creator, raw_er, raw_true [shares], as `shortlist.handful`.
    """
    rows = best.sort_values("er", kind="stable", ignore_index=True)
    ax = style.axes(ax, 1.5 + ROW * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, "no niche has a candidate")
    places = np.arange(len(rows), dtype=float)
    ax.hlines(places, rows["er_low"], rows["er_high"], color=style.NANO_FAINT, linewidth=9, zorder=1)
    ax.hlines(places, rows["raw_true"], rows["raw_er"], color=style.MIDDLE, linewidth=1.4, zorder=2)
    ax.scatter(rows["raw_er"], places, 46, "white", edgecolor=style.MIDDLE, linewidth=1.6, zorder=3)
    ax.scatter(rows["raw_true"], places, 26, style.MIDDLE, zorder=3)
    ax.scatter(rows["er"], places, 60, style.NANO, zorder=4)
    names = [f"{row['niche']}\n{findings.handle(row['creator'])}" for _, row in rows.iterrows()]
    style.ticks_at(ax.yaxis, places.tolist(), names)
    high = float(np.nanmax(rows[["er_high", "raw_er"]].to_numpy(dtype=float)))
    ax.set(ylim=(-0.6, len(rows) - 0.4), xlim=(0, 1.08 * high))
    style.percents(ax.xaxis)
    ax.grid(axis="x", color=style.FAINT)
    ax.spines["left"].set_visible(False)
    behind.keep(ax, rows.iloc[::-1], "shown: measured; most likely: estimated", {
        "Niche": ("niche", findings.handle), "Best bet": ("creator", findings.handle),
        "Most likely rate": ("er", findings.percent), "low (80%)": ("er_low", findings.percent),
        "high (80%)": ("er_high", findings.percent), "Highest rate shown": ("raw_er", findings.percent),
        "what it is most likely worth": ("raw_true", findings.percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "One row per niche: in colour its best creator by the most likely engagement rate with an "
        "80% interval; a ring at the highest rate that posts of the niche show, joined to what it is most "
        "likely worth.",
        x="Engagement rate (colour: best bet, 80% interval;\n"
        "ring: highest rate shown, joined to its most likely value)",
    )  # fmt: skip
