"""Unique reach: how many different people the first so many creators reach, and the least and the most."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from nanospread.pages import findings
from nanospread.pages.figures import behind, style

FEW = 12  # creators that are marked one by one
APART = 0.95  # of the summed reach: an upper bound under it has words of its own


def reach_curve(curve: pd.DataFrame, *, title: str, ax: Axes | None = None) -> Axes:
    """Draw unique reach against the number of creators, its bounds as a band, and the summed reach dashed.

    curve: creators, gross, unique, low, high [people], as `reach.curve`.
    """
    rows = curve.sort_values("creators")
    ax = style.axes(ax, 4.2)
    if rows.empty or not rows["gross"].any():
        return style.empty(ax, title, "no creator reaches anybody")
    creators, gross, unique, low, high = (
        [0.0, *rows[name].astype(float)] for name in ("creators", "gross", "unique", "low", "high")
    )
    ax.fill_between(creators, low, high, color=style.NANO_FAINT, linewidth=0)
    ax.plot(creators, gross, color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    mark = "o" if len(rows) <= FEW else "none"
    ax.plot(creators, unique, color=style.NANO, linewidth=2.6, marker=mark, markersize=5, clip_on=False)
    ax.set(xlim=(0, creators[-1]), ylim=(0, gross[-1] * 1.05))
    style.amounts(ax.yaxis)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    style.numbers(ax.xaxis)
    ax.grid(axis="y", color=style.FAINT)
    last = creators[-1]
    ends = [
        style.End(last, gross[-1], "summed reach,\ncounts people twice", style.DARK),
        style.End(last, unique[-1], "different people", style.NANO),
        style.End(last, low[-1], "at the least", style.DARK),
    ]
    if high[-1] < APART * gross[-1]:
        ends.append(style.End(last, high[-1], "at the most", style.DARK))
    behind.keep(ax, curve.sort_values("creators"), "estimated", {
        "Creators": ("creators", findings.count), "Different people": ("unique", findings.count),
        "at the least": ("low", findings.count), "at the most": ("high", findings.count),
        "Summed reach": ("gross", findings.count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title,
        "Different people reached against the number of creators as a line, the least and the most there can "
        "be as a band, and the sum of their reaches dashed.",
        x="Creators, in the order they are added", y="People", ends=ends, gap=24,
    )  # fmt: skip
