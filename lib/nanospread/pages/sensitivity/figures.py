"""What is not known, as bars: shares of the spread by luck and by belief, and what each is worth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign.sensitivity import clear_worth
from nanospread.core.formatting import capital, count, percent
from nanospread.pages import _style as style
from nanospread.pages.labels import label

STRONGEST = 8  # beliefs drawn beside luck [1]


def unknowns(
    table: pd.DataFrame, luck: float, currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw the share of the spread of nano's profit that luck and each belief carry, and what each is worth.

    table: as `Run.unknowns`, the strongest of which are drawn. Beside each bar stands what it is worth to
    know that belief first, for the decision that it helps most, where that is beyond the simulation's error.
    """
    rows = table.assign(worth=clear_worth(table)).sort_values("share", ascending=False).head(STRONGEST)
    ax = style.axes(ax, 1.9 + 0.34 * (1 + len(rows)))
    if rows.empty:
        return style.empty(ax, title, "every assumption is set")
    names = ["Luck", *(capital(label(name)) for name in rows.index)]
    shares, places = np.array([luck, *rows["share"]]), np.arange(1 + len(rows), dtype=float)
    ax.barh(places, shares, height=0.62, color=[style.MIDDLE, *[style.NANO] * len(rows)])
    style.ticks_at(ax.yaxis, places.tolist(), names)
    ax.set(ylim=(len(names) - 0.4, -1.4), xlim=(0, max(float(shares.max()), 0.01) * 1.05))
    style.by_row(ax)
    if (rows["worth"] > 0).any():
        words = ["", *(f"{currency} {count(worth)}" if worth > 0 else "" for worth in rows["worth"])]
        style.beside(ax, places.tolist(), words, "worth")
    numbers = style.table(rows.reset_index(), "estimated", {
        "Belief": ("belief", lambda name: capital(label(name))), "Share of the spread": ("share", percent),
        f"Worth before spending at all [{currency}]": ("worth_spend", count),
        f"Worth before choosing nano or macro [{currency}]": ("worth_choice", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar for luck and one per belief: the share of the spread of nano's profit that it "
        "carries alone; beside it what it is worth to know it first.", numbers,
        x="Share of the spread of nano's profit",
    )  # fmt: skip
