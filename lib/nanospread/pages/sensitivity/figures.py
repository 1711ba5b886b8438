"""Which assumption decides: the ends of each range, two assumptions on a grid, shares of the variance."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from nanospread.core.formatting import capital, count, counted, percent, short_money, significant
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages.sensitivity import assumption_name, turning

MOST = 12  # bars that stay legible [1]
DEEP = "#7A2B05"  # where a loss is all but certain
HALF = 0.5  # from this chance of a loss on, cells are dark and their words white [probability]
ODDS = LinearSegmentedColormap.from_list(  # light to dark, with a step at a half: words stay readable on it
    "odds", [(0.0, "#FCF6F2"), (HALF, style.NANO_LIGHT), (HALF, style.NANO), (1.0, DEEP)]
)


def tornado(swings: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the gain of nano over the macro at both ends of each assumption's range: the twelve widest.

    swings: as `sensitivity.tornado`. At each end of a bar stands the value of the assumption there. Accent:
    the assumption alone turns the choice (`turning`). What changes nothing is not drawn.
    """
    rows = swings[swings["swing"] > 0].head(MOST)
    ax = style.axes(ax, 1.7 + 0.32 * max(len(rows), 3))
    if rows.empty:
        return style.empty(ax, title, "no assumption changes the gain")
    base, places = float(rows["gain"].iloc[0]), np.arange(len(rows), dtype=float)
    ends = rows[["gain_low", "gain_high"]].to_numpy(dtype=float)
    left, right = np.minimum(ends.min(axis=1), base), np.maximum(ends.max(axis=1), base)
    turns = set(turning(rows))
    inks = [style.NANO if name in turns else style.LIGHT for name in rows["name"]]
    ax.barh(places, right - left, left=left, height=0.62, color=inks)
    _values_at_ends(ax, rows, left, right)
    ax.vlines(base, -0.5, len(rows) - 0.5, color=style.MACRO, linewidth=1.6, zorder=3)
    style.ticks_at(ax.yaxis, places.tolist(), [assumption_name(name) for name in rows["name"]])
    low, high = float(left.min()), float(right.max())
    room = 0.27 * (high - low)  # for the values left and right of the longest bar
    span = low - room, high + room
    ax.set(xlim=span, ylim=(len(rows) - 0.4, -1.4))
    if span[0] < 0 < span[1]:
        style.rule(ax, 0, "both earn the same")
    style.amounts(ax.xaxis)
    ax.locator_params(axis="x", nbins=6)
    ax.spines["left"].set_visible(False)
    if turns:
        words = ["turns" if name in turns else "" for name in rows["name"]]
        style.beside(ax, places.tolist(), words, "choice")
    left_out = len(swings) - len(rows)
    more = f" {counted(left_out, 'other')} not drawn." if left_out else ""
    named = rows.assign(words=[assumption_name(name) for name in rows["name"]])
    numbers = style.table(named, "estimated", {
        "Assumption": ("words", str), "Low": ("low", significant),
        "High": ("high", significant),
        f"Gain over the macro at low [{currency}]": ("gain_low", count),
        "at high": ("gain_high", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar per assumption: mean profit of nano minus that of the macro, from its low to its "
        f"high, around that of the brief; accent where it turns the choice.{more}", numbers,
        x=f"Nano's mean profit minus the macro's, {currency} (line: the brief)",
    )  # fmt: skip


def _values_at_ends(ax: Axes, rows: pd.DataFrame, left: Floats, right: Floats) -> None:
    """Write the value with the smaller gain left of each bar, that with the larger one right of it."""
    for place, row in enumerate(rows.to_dict("records")):
        lesser, greater = sorted(("low", "high"), key=lambda end: float(row[f"gain_{end}"]))
        for end, at, shift, side in ((lesser, left, -4, "right"), (greater, right, 4, "left")):
            back = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
            words = short_money(float(row[end]))
            style.note(ax, words, (at[place], place), (shift, 0), ha=side, bbox=back)


def heat_map(surface: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the chance that nano loses money in each cell of a grid of two assumptions, and print it there.

    surface: as `sensitivity.heat_map`; cells that could not be stay empty. The thick line parts cells with a
    chance above a half from those below.
    """
    ax = style.axes(ax, 4.4)
    if surface["p_loss"].isna().all():
        return style.empty(ax, title, "no pair of values was simulated")
    odds = surface.pivot(index="y", columns="x", values="p_loss")
    grid = odds.to_numpy(dtype=float)
    ax.pcolormesh(grid, cmap=ODDS, vmin=0, vmax=1, edgecolor="white", linewidth=1.5)
    for (row, column), chance in np.ndenumerate(grid):
        ax.text(
            column + 0.5, row + 0.5, _short(chance),
            ha="center", va="center", size=style.SMALL, color="white" if chance >= HALF else style.MACRO,
        )  # fmt: skip
    _edges(ax, grid)
    for axis, values in ((ax.xaxis, odds.columns), (ax.yaxis, odds.index)):
        middles = (np.arange(len(values)) + 0.5).tolist()
        style.ticks_at(axis, middles, [short_money(float(value)) for value in values])
    ax.spines[["left", "bottom"]].set_visible(False)
    x, y = (assumption_name(surface[f"{axis}_name"].iloc[0]) for axis in ("x", "y"))
    cells = surface.sort_values(["y", "x"], kind="stable")
    numbers = style.table(cells, "estimated", {
        capital(y): ("y", short_money), capital(x): ("x", short_money),
        "Chance of a loss": ("p_loss", percent),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, f"The chance that nano loses money at each pair of {x} and {y}; a thick line at one half.",
        numbers,
        x=f"{capital(x)} (cells: chance of a loss; thick line: 50%)", y=capital(y),
    )  # fmt: skip


def _short(chance: float) -> str:
    if np.isnan(chance):
        return "–"
    return percent(chance).replace("under ", "<").replace("over ", ">")


def _edges(ax: Axes, grid: Floats) -> None:
    """Draw the sides that part a cell of one half or more from one below."""
    above, known = grid >= HALF, ~np.isnan(grid)
    upright = (above[:, 1:] != above[:, :-1]) & known[:, 1:] & known[:, :-1]
    level = (above[1:] != above[:-1]) & known[1:] & known[:-1]
    for row, column in np.argwhere(upright):
        ax.plot([column + 1] * 2, [row, row + 1], color=style.MACRO, linewidth=3, solid_capstyle="round")
    for row, column in np.argwhere(level):
        ax.plot([column, column + 1], [row + 1] * 2, color=style.MACRO, linewidth=3, solid_capstyle="round")


def global_indices(
    indices: pd.DataFrame, *, title: str, of: str = "gain", ax: Axes | None = None
) -> style.Chart:
    """Draw the share of the variance that each assumption causes alone (full) and with others (hollow)."""
    rows = indices[indices["of"] == of].sort_values("total", ascending=False, kind="stable")
    ax = style.axes(ax, 1.6 + 0.48 * max(len(rows), 3))
    if rows.empty:
        return style.empty(ax, title, "no assumption was varied")
    places = np.arange(len(rows), dtype=float)
    for kind, shift, ink, inside in (
        ("first", -0.16, style.NANO, style.NANO),
        ("total", 0.16, style.DARK, "white"),
    ):
        at, low, high = (rows[f"{kind}{end}"].to_numpy(dtype=float) for end in ("", "_low", "_high"))
        ax.hlines(places + shift, low, high, color=ink, linewidth=2)
        ax.scatter(at, places + shift, 50, inside, edgecolor=ink, linewidth=1.8, zorder=3)
    ax.axvline(0, color=style.LIGHT, linewidth=1.2, zorder=1)
    style.ticks_at(ax.yaxis, places.tolist(), [assumption_name(name) for name in rows["name"]])
    ax.set(ylim=(len(rows) - 0.4, -0.6))
    style.by_row(ax)
    end = float(rows[["first_high", "total_high"]].iloc[0].max())
    ends = [style.End(end, -0.16, "alone", style.NANO), style.End(end, 0.16, "with others", style.DARK)]
    what = "gain over the macro" if of == "gain" else "nano's profit"
    named = rows.assign(words=[assumption_name(name) for name in rows["name"]])
    heads: dict[str, tuple[str, style.Writer]] = {"Assumption": ("words", str)}
    for kind, words in (("first", "Alone"), ("total", "With others")):
        heads |= {words: (kind, percent)}
        heads |= {f"{words.lower()}: {end} (95%)": (f"{kind}_{end}", percent) for end in ("low", "high")}
    numbers = style.table(named, "estimated", heads)
    return style.finished(
        ax, title, f"Two dots per assumption: the share of the variance of the {what} that it causes alone, "
        "and together with others, each with its 95% interval.", numbers,
        x=f"Share of the variance of the {what} (95% intervals)", ends=ends,
    )  # fmt: skip
