"""How many different people some creators reach, the least and the most, and what that rests on."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from nanospread.campaign import reach
from nanospread.core.formatting import Finding, count, counted, percent
from nanospread.pages import _style as style

CLOSE = 0.1  # bounds nearer than this part of the upper one say as much as the central value [1]
FEW = 12  # creators that are marked one by one
APART = 0.95  # of the summed reach: an upper bound under it has words of its own


def unique_reach(reached: reach.Reach) -> Finding:
    """Return what part of the summed reach is different people, how far that may be off, and why.

    How many people a plan reaches is said with the plan, over its simulated campaigns; here it is the share.
    """
    if reached.gross <= 0:
        return Finding("Nobody is reached", "Nobody is reached: no creator is expected to be seen.")
    if reached.creators == 1:
        return Finding.of("One creator reaches everybody once")
    share, low, high = (percent(each / reached.gross) for each in (reached.unique, reached.low, reached.high))
    title = f"{share} of the people reached are different people"
    bounds = f"It is at least {low}, if all audiences lie inside each other, and at most {high}."
    if reached.method != "random overlap" or reached.high - reached.low <= CLOSE * reached.high:
        bounds = f"What is measured leaves {low} to {high}."
    return Finding(title, f"{title}. {bounds} {_basis(reached)}")


def _basis(reached: reach.Reach) -> str:
    if reached.basis == "measured":
        return "The pairs that matter most are all measured."
    pairs = counted(reached.pairs, "pair")
    if reached.basis == "partly measured":
        measured = count(reached.measured_pairs)
        return f"Of the {pairs} that matter most, {measured} are measured; the rest overlap only by chance."
    return f"Audiences are assumed to overlap only by chance. Measured overlaps of {pairs} would tell most."


def rests(reached: reach.Reach) -> str:
    """Return the basis of the people reached: a calculation where any overlap is measured."""
    return "assumed" if reached.basis == "assumed" else "estimated"


def reach_curve(curve: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw unique reach by number of creators, its bounds as a band, the summed reach dashed."""
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
        style.EndLabel(last, gross[-1], "summed reach,\ncounts people twice", style.DARK),
        style.EndLabel(last, unique[-1], "different people", style.NANO),
        style.EndLabel(last, low[-1], "at the least", style.DARK),
    ]
    if high[-1] < APART * gross[-1]:
        ends.append(style.EndLabel(last, high[-1], "at the most", style.DARK))
    numbers = style.table(curve.sort_values("creators"), "estimated", {
        "Creators": ("creators", count), "Different people": ("unique", count),
        "at the least": ("low", count), "at the most": ("high", count),
        "Summed reach": ("gross", count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title,
        "Different people reached against the number of creators as a line, the least and the most there can "
        "be as a band, and the sum of their reaches dashed.", numbers,
        x="Creators, in the order they are added", y="People", ends=ends, gap=24,
    )  # fmt: skip
