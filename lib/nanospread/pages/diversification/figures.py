"""All eggs in one basket or in many: how returns narrow, whose luck it is, and profit against the budget."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign.budget_curve import MIX, BudgetCurve
from nanospread.core.formatting import capital, count, counted, listed, money, of_100, percent
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages.campaign.figures import SHOWN, hill
from nanospread.pages.diversification import floor, source_name
from nanospread.pages.labels import label

RETURNS: dict[str, tuple[str, style.Writer]] = {
    "Return on investment: median": ("p50", percent),
    "10% of worlds below": ("p10", percent),
    "90% below": ("p90", percent),
}
MOST_HILLS = 6
INKS = {"campaign": style.NANO, "niche": style.NANO_LIGHT}  # what all creators share, those of a niche


def _counts_axis(ax: Axes, creators: Floats) -> None:
    low, high = float(creators.min()), float(creators.max())
    ax.set(xscale="log", xlim=(low / 1.06, high * 1.06))
    style.swept_ticks(ax.xaxis, creators.tolist())
    ax.grid(color=style.FAINT)


def spread_floor(by_count: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the relative spread against the number of creators, the independent 1/sqrt(N) line, and the floor.

    by_count: creators, cv (sd / mean of the outcome), cv_se. The floor is drawn only where `floor`
    sees one within the counts simulated; both lines come from the same fit.
    """
    rows = by_count[by_count["cv"] > 0].sort_values("creators")
    ax = style.axes(ax, 4.0)
    if rows.empty:
        return style.empty(ax, title, "no outcome that spreads was simulated")
    creators, cv, se = style.columns(rows, "creators", "cv", "cv_se")
    twice = 2 * np.nan_to_num(se)
    ax.errorbar(creators, cv, twice, color=style.NANO, linewidth=2.6, marker="o", markersize=6)
    alone = cv[0] * np.sqrt(creators[0] / creators)
    ax.plot(creators, alone, color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    ends = [
        style.EndLabel(creators[-1], cv[-1], "simulated", style.NANO),
        style.EndLabel(creators[-1], alone[-1], "if independent", style.DARK),
    ]
    _counts_axis(ax, creators)
    line = floor(rows)
    lowest = min(float(alone.min()), float(cv.min()))
    if line.seen:
        level = math.sqrt(line.shared)
        style.rule(ax, level, f"floor {percent(level)}", vertical=False)
        lowest = min(lowest, level)
    ax.set(yscale="log", ylim=(lowest / 1.15, float(cv.max()) * 1.15))
    style.log_ticks(ax.yaxis, *ax.get_ylim())
    style.percents(ax.yaxis)
    numbers = style.table(rows.assign(alone=alone), "estimated", {
        "Creators": ("creators", count), "Spread (sd ÷ mean)": ("cv", percent),
        "standard error": ("cv_se", percent), "If independent": ("alone", percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "Relative spread of the outcome against the number of creators, and of independent ones.",
        numbers,
        x="Creators who post (log scale)", y="Spread: sd ÷ mean (log scale)", ends=ends,
    )  # fmt: skip


def risk_by_niches(by_niches: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the range of ROI over worlds for each number of niches that the same creators come from."""
    rows = by_niches.sort_values("niches")
    ax = style.axes(ax, 3.6)
    if rows.empty:
        return style.empty(ax, title, "no number of niches was simulated")
    places = np.arange(len(rows), dtype=float)
    p10, p50, p90 = style.columns(rows, "p10", "p50", "p90")
    ax.vlines(places, p10, p90, color=style.NANO_FAINT, linewidth=16)
    ax.scatter(places, p50, 70, style.NANO, zorder=3)
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    style.ticks_at(ax.xaxis, places.tolist(), [count(number) for number in rows["niches"]])
    ax.set(xlim=(-0.5, len(rows) - 0.6))
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    ends = style.band_ends(places[-1] + 0.4, p10[-1], p50[-1], p90[-1])
    numbers = style.table(rows, "estimated", {"Niches": ("niches", count)} | RETURNS)
    return style.finished(
        ax, title, "One bar per number of niches: the middle 80% of returns on investment, and the median.",
        numbers,
        x="Niches that the same number of creators come from", y="Return on investment", ends=ends, gap=30,
    )  # fmt: skip


def profit_by_budget(curve: BudgetCurve, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw mean profit against the budget by option, with the range of what is not known.

    A line marks the brief's budget, a ring the budget at which the next money stops paying.
    """
    rows, currency = curve.points.dropna(subset="profit_mean"), curve.brief.currency
    ax = style.axes(ax, 4.4)
    if rows.empty:
        return style.empty(ax, title, "no odds are given")
    ends = []
    for option, colour, dashes in _budget_lines(curve):
        line = curve.of(option)
        budget = line.index.to_numpy(dtype=float)
        mean, low, high = style.columns(line, "profit_mean", "profit_low", "profit_high")
        if dashes == "-":
            ax.fill_between(budget, low, high, color=colour, alpha=0.16, linewidth=0)
        ax.plot(budget, mean, color=colour, linewidth=2.4, linestyle=dashes)
        stop = curve.stops[option].budget
        if math.isfinite(stop):
            at = float(np.interp(stop, budget, mean))
            ax.plot([stop], [at], "o", color="white", markersize=10, markeredgecolor=colour, zorder=4)
        ends.append(style.EndLabel(budget[-1], mean[-1], label(option), colour))
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    style.rule(ax, curve.brief.budget, f"your {money(curve.brief.budget, currency)}")
    for axis in (ax.xaxis, ax.yaxis):
        style.amounts(axis)
    ax.locator_params(axis="x", nbins=6)
    ax.set(xlim=(0, float(rows["budget"].max())))
    ax.margins(y=0.12)
    ax.grid(color=style.FAINT)
    numbers = style.table(rows, "estimated", {
        "Option": ("option", label), f"Budget [{currency}]": ("budget", count),
        f"Average profit [{currency}]": ("profit_mean", count), "8 in 10 cases from": ("profit_low", count),
        "to": ("profit_high", count),
    })  # fmt: skip
    return style.finished(
        ax, title, "Mean profit against the budget, one line for each option; bands hold 8 in 10 cases of "
        "what is not known, a line marks the brief's budget, a ring where more money stops paying.", numbers,
        x=f"Budget, {currency} (bands: 8 in 10 cases of what is not known)", y=f"Average profit, {currency}",
        ends=ends, gap=16,
    )  # fmt: skip


def _budget_lines(curve: BudgetCurve) -> list[tuple[str, str, Any]]:
    """Return the options in reach, each with its colour and how its line is drawn."""
    known = set(curve.points["option"])
    every = [(curve.nano, style.NANO, "-"), ("macro", style.MACRO, "-"), (MIX, style.MIDDLE, style.DASHED)]
    return [each for each in every if each[0] in known]


def returns_by_creators(worlds: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the distribution of ROI over the worlds for each number of creators: full colour is a loss.

    Of more than six numbers of `simulation.spread` six are drawn, with both ends. The axis runs from the
    0.5 % to the 95 % quantile of the widest; what is outside the alt text says.
    """
    of = {int(str(n)): rows["roi"].to_numpy(dtype=float) for n, rows in worlds.groupby("creators")}
    drawn = {n: of[n] for n in _few(sorted(of))}
    ax = style.axes(ax, 1.3 + 0.72 * max(len(drawn), 2))
    if not drawn:
        return style.empty(ax, title, "no number of creators was simulated")
    span = max((_span(roi, SHOWN) for roi in drawn.values()), key=lambda ends: ends[1] - ends[0])
    for place, roi in enumerate(drawn.values()):
        words = f"median {percent(float(np.median(roi)))}, loses in {of_100(float((roi < 0).mean()))}"
        hill(ax, roi, -float(place), span, style.NANO, words)
    style.ticks_at(ax.yaxis, [0.3 - i for i in range(len(drawn))], [counted(n, "creator") for n in drawn])
    room = 0.04 * (span[1] - span[0] or 1.0)
    ax.set(xlim=(span[0] - room, span[1] + room), ylim=(-len(drawn) + 0.9, 0.95))
    ax.axvline(0, color=style.DARK, linewidth=1.2, zorder=3)
    style.percents(ax.xaxis)
    ax.locator_params(axis="x", nbins=6)
    ax.spines["left"].set_visible(False)
    numbers = style.quantiles(
        {counted(n, "creator"): roi for n, roi in drawn.items()}, "estimated",
        "Creators", "Return on investment", percent,
    )  # fmt: skip
    return style.finished(
        ax, title, "One hill per number of creators, the fewest on top: how often each return on investment "
        f"occurs over the worlds, full colour below 0, the median as a line. {_outside(drawn, span)}",
        numbers,
        x="Return on investment (full colour: a loss)",
    )  # fmt: skip


def _few(counts: Sequence[int]) -> list[int]:
    """Return at most `MOST_HILLS` of the counts, evenly through them, with both ends."""
    places = np.linspace(0, len(counts) - 1, min(len(counts), MOST_HILLS)).round()
    return [counts[int(at)] for at in places]


def _span(values: Floats, quantiles: tuple[float, float]) -> tuple[float, float]:
    """Return where the axis starts and ends: at these quantiles, or at 0 where they are on one side of it."""
    low, high = (float(np.quantile(values, at)) for at in quantiles)
    return min(low, 0.0), max(high, 0.0)


def _outside(drawn: dict[int, Floats], span: tuple[float, float]) -> str:
    beyond = [
        f"{percent(share)} with {count(number)}"
        for number, roi in drawn.items()
        if (share := float(((roi < span[0]) | (roi > span[1])).mean())) > 0
    ]
    return f"Outside the axis lie {listed(beyond, most=MOST_HILLS)}." if beyond else "All are shown."


def variance_split(split: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw each source's share of the variance of profit, with two standard errors; accent: shared luck."""
    rows = split.dropna(subset="share").sort_values("share", ascending=False, kind="stable")
    ax = style.axes(ax, 1.4 + 0.42 * max(len(rows), 3))
    if rows.empty:
        return style.empty(ax, title, "profit is the same in every world")
    places = np.arange(len(rows), dtype=float)
    share, error = rows["share"].to_numpy(dtype=float), 2 * np.nan_to_num(rows["se"].to_numpy(dtype=float))
    ax.barh(places, share, height=0.62, color=[INKS.get(str(each), style.LIGHT) for each in rows["source"]])
    ax.hlines(places, share - error, share + error, color=style.MACRO, linewidth=1.8, zorder=3)
    for at, place, end in zip(share, places, share + error, strict=True):
        style.note(ax, percent(float(at)), (end, place), (6, 0), size=style.TEXT)
    style.ticks_at(ax.yaxis, places.tolist(), [capital(source_name(each)) for each in rows["source"]])
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 1.15 * float((share + error).max())))
    style.by_row(ax)
    named = rows.assign(name=[capital(source_name(each)) for each in rows["source"]])
    numbers = style.table(named.assign(error=error), "estimated", {
        "Source of luck": ("name", str), "Share of the variance of profit": ("share", percent),
        "± two standard errors": ("error", percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar per source of luck: its share of the variance of profit, with two standard "
        "errors; in colour what creators share, all of them or those of a niche.", numbers,
        x="Share of the variance of profit (lines: ±2 standard errors)",
    )  # fmt: skip
