"""What one budget buys: profit by arm, and the mixes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from nanospread.core.formatting import count, hundredths, money, of_100, percent, significant
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages.campaign import mix_name
from nanospread.pages.labels import label
from nanospread.pages.verdict import about

BINS = 80
ORDER = ("past_nano", "past_macro", "plan_nano", "plan_macro")  # of the costs of an order
COSTS = ("cost_per_order", "low", "high")
HILL = 0.62  # the height of a hill; the words of its row stand above it
GROUND = {
    "facecolor": "white",
    "edgecolor": "none",
    "pad": 0.8,
}  # of those words, so that no line runs through them
SHOWN = (0.005, 0.95)  # the quantiles of profit between which the axis runs: the best worlds reach far out
NEAR = 0.15  # two mixes closer than this have no room for the words of both [share of the budget]
FROM_NANO = LinearSegmentedColormap.from_list("from nano", [style.NANO, style.LIGHT, style.MACRO])


def profit_by_arm(
    worlds: pd.DataFrame, arms: Sequence[str], currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw how often each option earns what over the simulated campaigns: full colour where money is lost.

    worlds: world, arm, profit [currency], as `simulate.Outcomes.worlds`. The axis runs from the 0.5 %
    quantile of the worst arm to the 95 % quantile of the best; what is outside the axis label says.
    """
    profits = {arm: worlds.loc[worlds["arm"] == arm, "profit"].to_numpy(dtype=float) for arm in arms}
    profits = {arm: profit for arm, profit in profits.items() if profit.size}
    ax = style.axes(ax, 1.3 + 0.95 * max(len(profits), 2))
    if not profits:
        return style.empty(ax, title, "no campaign was simulated")
    low, high = (
        float(pick([np.quantile(p, at) for p in profits.values()]))
        for pick, at in zip((min, max), SHOWN, strict=True)
    )
    low, high = min(low, 0.0), max(high, 0.0)
    room = 0.04 * (high - low or 1.0)
    for place, (arm, profit) in enumerate(profits.items()):
        typical = about(float(np.median(profit)), currency)
        words = f"typically {typical}, loses money in {of_100(float((profit < 0).mean()))}"
        hill(ax, profit, -float(place), (low, high), style.ARMS.get(arm, style.MIDDLE), words)
    style.ticks_at(ax.yaxis, [0.3 - i for i in range(len(profits))], [label(arm) for arm in profits])
    ax.set(xlim=(low - room, high + room), ylim=(-len(profits) + 0.9, 0.95))
    ax.axvline(0, color=style.DARK, linewidth=1.2, zorder=3)
    style.amounts(ax.xaxis)
    ax.spines["left"].set_visible(False)
    out = f"up to {percent(1 - SHOWN[1])} earn more than is shown"
    numbers = style.quantiles(
        {label(arm): profit for arm, profit in profits.items()}, "estimated",
        "Option", f"Profit [{currency}]", count,
    )  # fmt: skip
    return style.finished(
        ax, title,
        f"One curve per option: how often it earns what, in full colour below 0; {out}.",
        numbers,
        x=f"Profit, {currency} (full colour: a loss; {out})",
    )  # fmt: skip


def cost_per_order(
    costs: pd.DataFrame, earned: float, currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw what an order costs, past and planned, against what it earns; a plan with its range.

    costs: as `Run.costs`. earned: what an order earns before any cost [money].
    """
    rows = costs.dropna(subset="cost_per_order")
    rows = rows.loc[[name for name in ORDER if name in rows.index]]
    ax = style.axes(ax, 1.5 + 0.42 * max(len(rows), 2))
    if rows.empty or not np.isfinite(earned):
        return style.empty(ax, title, "no order is expected")
    each, low, high = style.columns(rows.reindex(columns=["cost_per_order", "low", "high"]), *COSTS)
    most = 1.25 * max(float(each.max()), min(float(np.nanmax([*high, 0.0])), 2.5 * earned), earned)
    for place, (name, value) in enumerate(zip(rows.index, each, strict=True)):
        colour = style.NANO if name.endswith("nano") else style.MACRO
        if np.isfinite(low[place]):
            ax.plot([low[place], high[place]], [-place] * 2, color=colour, alpha=0.35, linewidth=7,
                    solid_capstyle="butt")  # fmt: skip
        if high[place] > most:  # the bar goes on
            ax.plot([most], [-place], ">", color=colour, markersize=9, clip_on=False, zorder=4)
        ax.plot([value], [-place], "o", color=colour, markersize=8, zorder=4)
    style.ticks_at(ax.yaxis, [-place for place in range(len(rows))], [label(name) for name in rows.index])
    ax.set(xlim=(0, most), ylim=(-len(rows) + 0.4, 1.0))
    style.rule(ax, earned, f"an order earns {money(earned, currency)}")
    style.by_row(ax, style.numbers)
    style.beside(ax, [-place for place in range(len(rows))], [money(value, currency) for value in each])
    kinds = {"past": "measured", "plan": "estimated"}
    basis = {when: kind for when, kind in kinds.items() if any(name.startswith(when) for name in rows.index)}
    numbers = style.table(rows.reset_index(names="name"), basis, {
        "Campaigns": ("name", label), f"Cost per order [{currency}]": ("cost_per_order", significant),
        "8 in 10 cases from": ("low", significant), "to": ("high", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, "A dot for the cost of an order in past campaigns and in this plan, a bar where 8 in 10 "
        "cases of what is not known lie, and a line at what an order earns.", numbers,
        x=f"Cost per order, {currency} (bar: 8 in 10 cases of what is not known)",
    )  # fmt: skip


def of_hundred(
    worlds: pd.DataFrame, options: Sequence[str], *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw 100 dots an option: in full colour those of the simulated campaigns that lose money."""
    losing = {
        name: float((worlds.loc[worlds["arm"] == name, "profit"] < 0).mean())
        for name in options if (worlds["arm"] == name).any()
    }  # fmt: skip
    ax = style.axes(ax, 3.4)
    if not losing:
        return style.empty(ax, title, "no campaign was simulated")
    column, row = np.meshgrid(np.arange(10), np.arange(10))
    for place, (name, share) in enumerate(losing.items()):
        lost = np.arange(100) < round(100 * share)
        x, colour = column.ravel() + 13.0 * place, style.ARMS.get(name, style.MIDDLE)
        ax.scatter(x, -row.ravel(), 46, [colour if each else style.LIGHT for each in lost], linewidths=0)
        words = f"{label(name)}\n{hundredths(share)} of 100"
        style.note(ax, words, (13.0 * place + 4.5, -10.2), (0, 0), ha="center", va="top", size=style.TEXT)
    ax.set(xlim=(-1, 13 * max(len(losing), 3) - 3), ylim=(-13.2, 0.8), xticks=[], yticks=[])
    ax.set_axis_off()
    numbers = (style.Numbers(
        ("Option", "Loses money, of 100"),
        tuple((label(name), hundredths(share)) for name, share in losing.items()), (("estimated", ""),), 0,
    ),)  # fmt: skip
    return style.finished(
        ax, title, "100 dots for each option, one for each simulated campaign of 100. Those in full colour "
        "lose money.", numbers,
    )  # fmt: skip


def edges_from_zero(span: tuple[float, float]) -> Floats:
    """Return the edges of bins over a span that meet at 0."""
    width = (span[1] - span[0] or 1.0) / BINS
    first = np.floor(span[0] / width)
    return np.arange(first, max(np.ceil(span[1] / width), first + 1) + 1) * width


def hill(ax: Axes, profit: Floats, base: float, span: tuple[float, float], colour: str, words: str) -> None:
    """Draw a histogram as a hill `HILL` high that stands on `base`, under its words."""
    edges = edges_from_zero(span)
    number, _ = np.histogram(profit, edges)
    height = base + HILL * np.append(number, number[-1]) / max(int(number.max()), 1)
    for part, alpha in ((edges <= 0, 1.0), (edges >= 0, 0.4)):
        if part.sum() > 1:
            top = height[part]
            ax.fill_between(edges[part], base, top, step="post", color=colour, alpha=alpha, linewidth=0)
    ax.plot([edges[0], edges[-1]], [base, base], color=style.LIGHT, linewidth=1, zorder=1)
    median = float(np.median(profit))
    ax.plot([median, median], [base, base + HILL], color="white", linewidth=3.4, zorder=3.5)
    ax.plot([median, median], [base, base + HILL], color=style.MACRO, linewidth=1.6, zorder=4)
    ax.annotate(
        words, (1, HILL + 0.03 + base), xycoords=("axes fraction", "data"), ha="right", va="bottom",
        size=style.SMALL + 0.5, color=style.MACRO, zorder=5, bbox=GROUND,
    )  # fmt: skip


def frontier(mixes: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the path from all nano to all macro: mean profit against the mean of the worst 5 % of worlds.

    mixes: macro_share [0-1], profit_mean, profit_mean_se, cvar_5, cvar_5_se [currency], one row per share.
    Words stand at the ends, at the quarters, and at the best of either measure, which a ring marks.
    """
    rows = mixes.sort_values("macro_share", ignore_index=True)
    ax = style.axes(ax, 4.4)
    if rows.empty:
        return style.empty(ax, title, "no mix was simulated")
    bad, mean, bad_se, mean_se = style.columns(rows, "cvar_5", "profit_mean", "cvar_5_se", "profit_mean_se")
    ax.errorbar(
        bad, mean, 2 * np.nan_to_num(mean_se), 2 * np.nan_to_num(bad_se),
        color=style.LIGHT, linewidth=2, elinewidth=1, zorder=1,
    )  # fmt: skip
    words = _mix_words(rows)
    inks = [FROM_NANO(float(share)) for share in rows["macro_share"]]
    ax.scatter(bad, mean, [70 if i in words else 22 for i in range(len(rows))], inks, zorder=3)
    rings = sorted({int(np.argmax(mean)), int(np.argmax(bad))})
    ax.scatter(bad[rings], mean[rings], 230, "none", edgecolor=style.MACRO, linewidth=1.6, zorder=4)
    ax.margins(0.1)
    for axis in (ax.xaxis, ax.yaxis):
        style.amounts(axis)
    ax.locator_params(axis="x", nbins=6)
    ax.grid(color=style.FAINT)
    numbers = style.table(rows, "estimated", {
        "Mix": ("macro_share", mix_name),
        f"Average profit [{currency}]": ("profit_mean", count),
        "standard error": ("profit_mean_se", significant),
        "Average of the worst 5%": ("cvar_5", count),
        "its standard error": ("cvar_5_se", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, "One dot per mix of macro and nano, joined from all nano to all macro: mean profit "
        "against that of the worst 5%; a ring around the best of either.", numbers,
        x=f"Average of the worst 5%, {currency} (right is safer)", y=f"Average profit, {currency}",
        ends=[style.EndLabel(bad[i], mean[i], said, style.DARK) for i, said in words.items()], gap=16,
    )  # fmt: skip


def _mix_words(rows: pd.DataFrame) -> dict[int, str]:
    """Return what to write at which row: at the best of either measure, and at quarters not close to it."""
    shares = rows["macro_share"].to_numpy(dtype=float)
    best = {"mean": int(rows["profit_mean"].argmax()), "bad case": int(rows["cvar_5"].argmax())}
    here = set(best.values())
    for i, share in enumerate(shares):
        near = min(abs(share - shares[at]) for at in best.values()) < NEAR
        if share in (0, 1) or (float(4 * share).is_integer() and not near):
            here.add(i)
    words = {i: f"  {mix_name(float(shares[i]))}" for i in sorted(here)}
    for i in set(best.values()):
        of = [measure for measure, at in best.items() if at == i]
        words[i] += f": best {of[0] if len(of) == 1 else 'of both'}"
    return words
