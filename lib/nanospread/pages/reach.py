"""How many different people some creators reach, the least and the most, and what that rests on."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from nanospread.campaign import reach
from nanospread.core.formatting import Finding, count, counted, percent, significant
from nanospread.pages import _style as style

CLOSE = 0.1  # bounds nearer than this part of the upper one say as much as the central value [1]
FEW = 12  # creators that are marked one by one
APART = 0.95  # of the summed reach: an upper bound under it has words of its own


def unique_reach(reached: reach.Reach) -> Finding:
    """Return what part of the summed reach is different people, how far that may be off, and why."""
    if reached.gross <= 0:
        return Finding("Nobody is reached", "Nobody is reached: no creator is expected to be seen.")
    people, who = _about(reached.unique), counted(reached.creators, "creator")
    if reached.creators == 1:
        return Finding.of(f"{who} reaches about {people} people")
    share = percent(reached.unique / reached.gross)
    return Finding(
        _title(reached.basis, f"{who} reach about {people} people, {share} of"),
        f"The reaches of {who} add up to about {_about(reached.gross)}. About {people} of these are "
        f"different people ({share}), each met by {reached.frequency:.2f} creators on average. "
        f"{_bounds(reached)} {_basis(reached)}",
    )


def _title(basis: str, reached: str) -> str:
    if basis == "measured":
        return f"{reached} their summed reach"
    others = "other pairs" if basis == "partly measured" else "audiences"
    return f"If {others} overlap at random, {reached.replace('about ', '')} the sum"


def _about(people: float) -> str:
    """Return people at two digits where they are many: 47,000."""
    return significant(people) if people >= 100 else count(people)


def _bounds(reached: reach.Reach) -> str:
    low, high = _about(reached.low), _about(reached.high)
    if reached.high - reached.low <= CLOSE * reached.high:
        return f"Whatever else they share, it is from {low} to {high}."
    if reached.method == "random overlap":
        return f"At least {low}, if all audiences lie inside each other; at most {high}, if none meet."
    return f"What is measured leaves at least {low} and at most {high}."


def _basis(reached: reach.Reach) -> str:
    if reached.basis == "measured":
        return "The pairs that matter most are all measured."
    if reached.basis == "partly measured":
        return (
            f"Of the {counted(reached.pairs, 'pair')} that matter most {count(reached.measured_pairs)} are "
            "measured; the others are assumed to overlap at random."
        )
    return (
        "This is assumed, not measured: audiences overlap at random in pools of people whose size is assumed "
        f"too. Measured overlap would tell; {counted(reached.pairs, 'pair')} of creators matter most."
    )


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
        style.End(last, gross[-1], "summed reach,\ncounts people twice", style.DARK),
        style.End(last, unique[-1], "different people", style.NANO),
        style.End(last, low[-1], "at the least", style.DARK),
    ]
    if high[-1] < APART * gross[-1]:
        ends.append(style.End(last, high[-1], "at the most", style.DARK))
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
