"""What each way to spend the budget earns, as bars; what the orders at each look decide, as zones."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign.staged import StagedPlan
from nanospread.core.estimates import Z95
from nanospread.core.formatting import capital, count, counted, hundredths, money
from nanospread.pages import _style as style
from nanospread.pages.labels import label
from nanospread.pages.next_batch import ALL_NOW, ORDERS, STAGED

REACH = 1.35  # of the highest number to go on at, up to which orders are drawn [1]


def values(plan: StagedPlan, currency: str, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the average profit of each way to spend the budget, with the error of the simulation."""
    if plan.values.empty:
        return style.empty(style.axes(ax, 1.6), title, "nobody is invited")
    rows = plan.values if plan.sequential else plan.values.drop(index=STAGED)
    rows = rows.reset_index().sort_values("profit_mean", ascending=False, kind="stable")
    ax = style.axes(ax, 1.6 + 0.42 * len(rows))
    mean, se = style.columns(rows, "profit_mean", "profit_mean_se")
    places = np.arange(len(rows), dtype=float)
    first = STAGED if plan.sequential else ALL_NOW
    inks = [style.NANO if name == first else style.LIGHT for name in rows["option"]]
    ax.barh(places, mean, height=0.6, color=inks)
    ax.hlines(places, mean - Z95 * se, mean + Z95 * se, color=style.DARK, linewidth=1.6, zorder=3)
    ax.axvline(0, color=style.DARK, linewidth=1)
    style.ticks_at(ax.yaxis, places.tolist(), [capital(label(name)) for name in rows["option"]])
    ax.set(ylim=(len(rows) - 0.4, -1.3))
    style.by_row(ax, style.amounts)
    style.beside(ax, places.tolist(), [hundredths(loss) for loss in rows["p_loss"]], "loses, of 100")
    numbers = style.table(rows, "estimated", {
        "Way": ("option", lambda name: capital(label(name))),
        f"Average profit [{currency}]": ("profit_mean", lambda amount: money(amount, "").strip()),
        "Loses money, of 100": ("p_loss", hundredths),
        f"Average cost [{currency}]": ("cost_mean", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar for each way to spend the budget, as long as its average profit; a line is the "
        "simulation's own error, the words how many of 100 simulated campaigns lose money.", numbers,
        x=f"Average profit, {currency} (line: simulation error)",
    )  # fmt: skip


def looks(looks: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw what the orders at each look decide: stop, send the next batch, or go on with all.

    looks: as `next_batch.looks`.
    """
    rows = looks[looks["measure"] == ORDERS]
    ax = style.axes(ax, 1.8 + 0.5 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, "no batch is sent")
    stop, go_on = (np.nan_to_num(numbers, posinf=0.0) for numbers in style.columns(rows, "stop", "go_on"))
    end = REACH * max(*stop, *go_on, 1.0)
    last = np.where(np.isfinite(rows["go_on"]), go_on, end)
    places = np.arange(len(rows), dtype=float)
    for start, width, ink in (
        (0 * stop, stop, style.MIDDLE), (stop, last - stop, style.LIGHT), (last, end - last, style.NANO)
    ):  # fmt: skip
        ax.barh(places, width, left=start, height=0.6, color=ink)
    style.ticks_at(ax.yaxis, places.tolist(), [counted(posts, "live post") for posts in rows["posts"]])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, end))
    style.by_row(ax, style.numbers)
    numbers = style.table(rows, "estimated", {
        "Live posts": ("posts", count), "Stop below [orders]": ("stop", count),
        "Go on from [orders]": ("go_on", lambda number: count(number) if np.isfinite(number) else "never"),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar for each look: dark where orders are too few, light where one more batch is "
        "sent, in colour where the whole list is.", numbers,
        x="Orders by then (dark: stop; light: next batch; colour: go on)",
    )  # fmt: skip
