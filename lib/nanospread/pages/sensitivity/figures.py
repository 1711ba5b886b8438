"""What is not known, as bars: shares of the spread by luck and by belief, and what each is worth."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign.sensitivity import clear_worth
from nanospread.core.formatting import capital, count, percent, significant
from nanospread.pages import _style as style
from nanospread.pages.labels import label
from nanospread.pages.show import MISSING

BREAK_EVEN = ("Orders per 100 nano clicks", "1 in 10 below", "middle", "1 in 10 above")
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
        "Assumption": ("belief", lambda name: capital(label(name))),
        "Share of the spread": ("share", percent),
        f"Worth before spending at all [{currency}]": ("worth_spend", count),
        f"Worth before choosing nano or macro [{currency}]": ("worth_choice", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar for luck and one per assumption, as long as the share of the spread of nano's "
        "profit that it carries alone. The words say what it is worth to know it first.", numbers,
        x="Share of the spread of nano's profit",
    )  # fmt: skip


def break_even(
    row: "pd.Series[float]", turning: Mapping[str, float], *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw orders per 100 nano clicks as believed before the results and now, and where nano breaks even.

    row: of `Beliefs.table`. turning: pays and even of `Run.unknowns`, nan where nano turns at no value.
    """
    ax = style.axes(ax, 2.3)
    bands = {"before your results": ("prior_", style.LIGHT, 1.0), "now": ("", style.NANO, 0.0)}
    for prefix, colour, place in bands.values():
        low, middle, high = (float(row[f"{prefix}{q}"]) for q in ("p10", "p50", "p90"))
        ax.plot([low, high], [place] * 2, color=colour, linewidth=9, solid_capstyle="butt", alpha=0.6)
        ax.plot([middle], [place], "o", color=colour if place else style.NANO, markersize=8, zorder=4)
    known = {name: at for name, at in turning.items() if math.isfinite(at)}
    for name, at in known.items():
        style.rule(ax, at, {"pays": "nano pays from here", "even": "beats the macro from here"}[name])
    ends = [float(row[name]) for name in ("prior_p10", "prior_p90", "p10", "p90")] + [*known.values()]
    ax.set_xscale("log")
    ax.set(xlim=(0.8 * min(ends), 1.25 * max(ends)), ylim=(-0.6, 1.9 if known else 1.5))
    style.log_ticks(ax.xaxis, 0.8 * min(ends), 1.25 * max(ends))
    style.ticks_at(ax.yaxis, [place for _, _, place in bands.values()], list(bands))
    style.by_row(ax, style.numbers)
    cells = [(words, *(significant(float(row[f"{p}{q}"])) for q in ("p10", "p50", "p90")))
             for words, (p, _, _) in bands.items()]  # fmt: skip
    cells += [
        (f"break-even ({label(name)})", MISSING, significant(at), MISSING) for name, at in known.items()
    ]
    return style.finished(
        ax, title, "A bar for what was believed before the results and one for now, 8 in 10 cases each, and "
        "lines where nano breaks even.",
        (style.Numbers(BREAK_EVEN, tuple(cells), (("estimated", ""),), 0),),
        x="Orders per 100 nano clicks (bar: 8 in 10 cases, log scale)",
    )  # fmt: skip
