"""All eggs in one basket or in many: hills of return, the gain over the macro, and whose luck it is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from nanospread.pages import findings
from nanospread.pages.figures import behind, style
from nanospread.pages.figures.campaign import BINS, HILL, SHOWN, hill

MOST_HILLS = 6
GAINS = (0.01, 0.97)  # the quantiles of the gain between which the axis runs: few worlds reach very far out
INKS = {
    "campaign": style.NANO,
    "niche": style.NANO_LIGHT,
}  # what creators share: all of them, those of a niche


def eggs(worlds: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw the distribution of ROI over the worlds for each number of creators: full colour is a loss.

    worlds: world, creators, roi [1], as `simulate.spread`. Of more than six numbers six are drawn, the first
    and the last among them. The axis runs from the 0.5 % to the 95 % quantile of the widest; what is outside
    the alt text says.
    """
    of = {int(str(n)): rows["roi"].to_numpy(dtype=float) for n, rows in worlds.groupby("creators")}
    drawn = {n: of[n] for n in _few(sorted(of))}
    ax = style.axes(ax, 1.3 + 0.72 * max(len(drawn), 2))
    if not drawn:
        return style.empty(ax, title, "no number of creators was simulated")
    span = max((_span(roi, SHOWN) for roi in drawn.values()), key=lambda ends: ends[1] - ends[0])
    for place, roi in enumerate(drawn.values()):
        hill(ax, roi, -float(place), span, style.NANO)
        ax.annotate(
            f"median {findings.percent(float(np.median(roi)))}, loses in "
            f"{findings.of_100(float((roi < 0).mean()))}",
            (1, HILL + 0.03 - place), xycoords=("axes fraction", "data"), ha="right", va="bottom",
            size=style.SMALL + 0.5, color=style.MACRO,
        )  # fmt: skip
    style.ticks_at(
        ax.yaxis, [0.3 - i for i in range(len(drawn))], [findings.counted(n, "creator") for n in drawn]
    )
    room = 0.04 * (span[1] - span[0] or 1.0)
    ax.set(xlim=(span[0] - room, span[1] + room), ylim=(-len(drawn) + 0.9, 0.95))
    ax.axvline(0, color=style.DARK, linewidth=1.2, zorder=3)
    style.percents(ax.xaxis)
    ax.locator_params(axis="x", nbins=6)
    ax.spines["left"].set_visible(False)
    behind.keep_spread(
        ax, {findings.counted(n, "creator"): roi for n, roi in drawn.items()}, "estimated",
        "Creators", "Return on investment", findings.percent,
    )  # fmt: skip
    return style.finished(
        ax, title, "One hill per number of creators, the fewest on top: how often each return on investment "
        f"occurs over the worlds, full colour below 0, the median as a line. {_outside(drawn, span)}",
        x="Return on investment (full colour: a loss)",
    )  # fmt: skip


def _few(counts: Sequence[int]) -> list[int]:
    """Return at most `MOST_HILLS` of the counts, evenly through them, with both ends."""
    places = np.linspace(0, len(counts) - 1, min(len(counts), MOST_HILLS)).round()
    return [counts[int(at)] for at in places]


def _span(values: NDArray[np.float64], quantiles: tuple[float, float]) -> tuple[float, float]:
    """Return where the axis starts and ends: at these quantiles, or at 0 where they are on one side of it."""
    low, high = (float(np.quantile(values, at)) for at in quantiles)
    return min(low, 0.0), max(high, 0.0)


def _outside(drawn: dict[int, NDArray[np.float64]], span: tuple[float, float]) -> str:
    beyond = [
        f"{findings.percent(share)} with {findings.count(number)}"
        for number, roi in drawn.items()
        if (share := float(((roi < span[0]) | (roi > span[1])).mean())) > 0
    ]
    return f"Outside the axis lie {findings.listed(beyond, most=MOST_HILLS)}." if beyond else "All are shown."


def paired_gain(
    worlds: pd.DataFrame, *, nano: str = "nano_gift", currency: str, title: str, ax: Axes | None = None
) -> Axes:
    """Draw by how much nano earns more than the macro in the same world: worlds left of 0 go to the macro.

    worlds: world, arm, profit [currency], as `simulate.Outcomes.worlds`. nano: its arm. The odds stand at
    both sides of 0, worlds that are even counted half to each.

    Raises: InputError for an arm that worlds lacks.
    """
    gain = np.asarray(findings.gain_by_world(worlds, nano), dtype=np.float64)
    ax = style.axes(ax, 3.6)
    if not gain.size:
        return style.empty(ax, title, "no world was simulated")
    low, high = _span(gain, GAINS)
    top = _two_sides(ax, gain, (low, high))
    middle = float(np.median(gain))
    ax.plot([middle] * 2, [0, top], color="white", linewidth=3.4, zorder=3.5)
    ax.plot([middle] * 2, [0, top], color=style.MACRO, linewidth=1.6, zorder=4)
    ahead = float((gain > 0).mean() + (gain >= 0).mean()) / 2
    name, room = findings.arm_name(nano), 0.04 * (high - low or 1.0)
    for words, odds, at, side, ink in (
        (name, ahead, 1.0, "right", style.NANO),
        ("one macro", 1 - ahead, 0.0, "left", style.MACRO),
    ):
        ax.annotate(
            f"{words} ahead in\n{findings.of_100(odds)} worlds", (at, 0.98), xycoords="axes fraction",
            ha=side, va="top", size=style.TEXT, color=ink, fontweight="bold", linespacing=1.2,
        )  # fmt: skip
    ax.axvline(0, color=style.DARK, linewidth=1.2, zorder=3)
    ax.set(xlim=(low - room, high + room), ylim=(0, 1.35 * top))
    ax.yaxis.set_visible(False)
    ax.spines["left"].set_visible(False)
    style.amounts(ax.xaxis)
    out = findings.percent(float(((gain < low) | (gain > high)).mean()))
    behind.keep_spread(
        ax, {f"{name} minus macro": gain}, "estimated",
        "Same worlds", f"Gain in profit [{currency}]", findings.count,
    )  # fmt: skip
    return style.finished(
        ax, title, f"How often {name} earns how much more than the macro in the same world, in another "
        f"colour where it earns less, the median as a line; {out} of worlds lie outside the axis.",
        x=f"{findings.capital(name)} minus macro, profit in the same world, {currency} (line: median)",
    )  # fmt: skip


def _two_sides(ax: Axes, values: NDArray[np.float64], span: tuple[float, float]) -> float:
    """Draw a histogram whose bins meet at 0, in the macro's colour below it, and return its height."""
    width = (span[1] - span[0] or 1.0) / BINS
    edges = np.arange(np.floor(span[0] / width), np.ceil(span[1] / width) + 1) * width
    number, _ = np.histogram(values, edges)
    height = np.append(number, number[-1])
    for part, ink in ((edges <= 0, style.MACRO), (edges >= 0, style.NANO)):
        if part.sum() > 1:
            ax.fill_between(edges[part], height[part], step="post", color=ink, alpha=0.75, linewidth=0)
    return max(float(number.max()), 1.0)


def variance_split(split: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw the share of the variance of profit that each source of luck causes, with two standard errors.

    split: source, share [1], se, as `risk.variance_split`. Accent: luck that creators share.
    """
    rows = split.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
    ax = style.axes(ax, 1.4 + 0.42 * max(len(rows), 3))
    if rows.empty:
        return style.empty(ax, title, "profit is the same in every world")
    places = np.arange(len(rows), dtype=float)
    share, error = rows["share"].to_numpy(dtype=float), 2 * np.nan_to_num(rows["se"].to_numpy(dtype=float))
    ax.barh(places, share, height=0.62, color=[INKS.get(str(each), style.LIGHT) for each in rows["source"]])
    ax.hlines(places, share - error, share + error, color=style.MACRO, linewidth=1.8, zorder=3)
    for at, place, end in zip(share, places, share + error, strict=True):
        ax.annotate(
            findings.percent(float(at)), (end, place), xytext=(6, 0), textcoords="offset points",
            va="center", size=style.TEXT, color=style.DARK,
        )  # fmt: skip
    style.ticks_at(
        ax.yaxis, places.tolist(), [findings.capital(findings.source_name(each)) for each in rows["source"]]
    )
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.15 * float((share + error).max())))
    style.percents(ax.xaxis)
    ax.grid(axis="x", color=style.FAINT)
    ax.spines["left"].set_visible(False)
    named = rows.assign(name=[findings.capital(findings.source_name(each)) for each in rows["source"]])
    behind.keep(ax, named.assign(error=error), "estimated", {
        "Source of luck": ("name", str), "Share of the variance of profit": ("share", findings.percent),
        "± two standard errors": ("error", findings.percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar per source of luck: its share of the variance of profit, with two standard "
        "errors; in colour what creators share, all of them or those of a niche.",
        x="Share of the variance of profit (lines: ±2 standard errors)",
    )  # fmt: skip
