"""The eggs in one basket: how outcomes narrow with more creators and more niches, and where that stops."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.pages import findings
from nanospread.pages.figures import behind, style

RETURNS: dict[str, tuple[str, behind.Writer]] = {
    "Return on investment: median": ("p50", findings.percent),
    "10% of worlds below": ("p10", findings.percent),
    "90% below": ("p90", findings.percent),
}
SETTLED = 10  # creators from which sums of skewed outcomes are near enough to normal to scale by 1/sqrt(N)


def spread_by_creators(by_count: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw the range of ROI over worlds against the number of creators, and what independent ones would do.

    by_count: creators, p10, p50, p90 of ROI [1], one row per number of creators. The dashed lines shrink the
    range at ten creators (or the first number above) by 1/sqrt(N): no shared luck, nothing else changed.
    """
    rows = by_count.sort_values("creators")
    ax = style.axes(ax, 4.2)
    if rows.empty:
        return style.empty(ax, title, "no number of creators was simulated")
    creators, p10, p50, p90 = (rows[name].to_numpy(dtype=float) for name in ("creators", "p10", "p50", "p90"))
    ax.fill_between(creators, p10, p90, color=style.NANO_FAINT, linewidth=0)
    ax.plot(creators, p50, color=style.NANO, linewidth=2.6, marker="o", markersize=5)
    start = min(int(np.searchsorted(creators, SETTLED)), len(creators) - 1)
    shrunk = np.sqrt(creators[start] / creators[start:])
    for edge in (p10, p90):
        alone = p50[start:] + (edge[start] - p50[start]) * shrunk
        ax.plot(creators[start:], alone, color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    upper = style.End(creators[-1], float(alone[-1]), "if independent", style.DARK)
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    _counts_axis(ax, creators)
    style.percents(ax.yaxis)
    ends = [upper, *_range_ends(creators[-1], p10[-1], p50[-1], p90[-1])]
    behind.keep(ax, rows, "estimated", {"Creators": ("creators", findings.count)} | RETURNS)
    return style.finished(
        ax, title,
        "Return on investment against the number of creators: median as a line, the middle 80% of worlds "
        "as a band, and the narrower band of independent creators dashed.",
        x="Creators who post (log scale)", y="Return on investment", ends=ends, gap=24,
    )  # fmt: skip


def _range_ends(x: float, p10: float, p50: float, p90: float) -> list[style.End]:
    return [
        style.End(x, p90, "best 10% of\nworlds above", style.DARK),
        style.End(x, p50, "median", style.NANO),
        style.End(x, p10, "worst 10% of\nworlds below", style.DARK),
    ]


def _counts_axis(ax: Axes, creators: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> None:
    low, high = float(creators.min()), float(creators.max())
    ax.set(xscale="log", xlim=(low / 1.06, high * 1.06))
    style.swept_ticks(ax.xaxis, creators.tolist())
    ax.grid(color=style.FAINT)


def spread_floor(by_count: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw the relative spread against the number of creators, the independent 1/sqrt(N) line, and the floor.

    by_count: creators, cv (sd / mean of the outcome), cv_se. The floor is drawn only where `findings.floor`
    sees one within the counts simulated; both lines come from the same fit.
    """
    rows = by_count[by_count["cv"] > 0].sort_values("creators")
    ax = style.axes(ax, 4.0)
    if rows.empty:
        return style.empty(ax, title, "no outcome that spreads was simulated")
    creators, cv, se = (rows[name].to_numpy(dtype=float) for name in ("creators", "cv", "cv_se"))
    ax.errorbar(
        creators, cv, 2 * np.nan_to_num(se), color=style.NANO, linewidth=2.6, marker="o", markersize=6
    )
    alone = cv[0] * np.sqrt(creators[0] / creators)
    ax.plot(creators, alone, color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    ends = [
        style.End(creators[-1], cv[-1], "simulated", style.NANO),
        style.End(creators[-1], alone[-1], "if independent", style.DARK),
    ]
    _counts_axis(ax, creators)
    line = findings.floor(rows)
    lowest = min(float(alone.min()), float(cv.min()))
    if line.seen:
        floor = math.sqrt(line.shared)
        style.rule(ax, floor, f"floor {findings.percent(floor)}", vertical=False)
        lowest = min(lowest, floor)
    ax.set(yscale="log", ylim=(lowest / 1.15, float(cv.max()) * 1.15))
    style.log_ticks(ax.yaxis, *ax.get_ylim())
    style.percents(ax.yaxis)
    behind.keep(ax, rows.assign(alone=alone), "estimated", {
        "Creators": ("creators", findings.count), "Spread (sd ÷ mean)": ("cv", findings.percent),
        "standard error": ("cv_se", findings.percent), "If independent": ("alone", findings.percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "Relative spread of the outcome against the number of creators, and of independent ones.",
        x="Creators who post (log scale)", y="Spread: sd ÷ mean (log scale)", ends=ends,
    )  # fmt: skip


def risk_by_niches(by_niches: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw the range of ROI over worlds for each number of niches that the same creators come from.

    by_niches: niches, p10, p50, p90 of ROI [1], one row per number of niches.
    """
    rows = by_niches.sort_values("niches")
    ax = style.axes(ax, 3.6)
    if rows.empty:
        return style.empty(ax, title, "no number of niches was simulated")
    places = np.arange(len(rows), dtype=float)
    p10, p50, p90 = (rows[name].to_numpy(dtype=float) for name in ("p10", "p50", "p90"))
    ax.vlines(places, p10, p90, color=style.NANO_FAINT, linewidth=16)
    ax.scatter(places, p50, 70, style.NANO, zorder=3)
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    style.ticks_at(ax.xaxis, places.tolist(), [findings.count(number) for number in rows["niches"]])
    ax.set(xlim=(-0.5, len(rows) - 0.6))
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    ends = _range_ends(places[-1] + 0.4, p10[-1], p50[-1], p90[-1])
    behind.keep(ax, rows, "estimated", {"Niches": ("niches", findings.count)} | RETURNS)
    return style.finished(
        ax, title, "One bar per number of niches: the middle 80% of returns on investment, and the median.",
        x="Niches that the same number of creators come from", y="Return on investment", ends=ends, gap=30,
    )  # fmt: skip
