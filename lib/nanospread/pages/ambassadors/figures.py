"""Ambassadors: who is still there, cohort by cohort, and what the programme has earned by each week."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nanospread.campaign.recruitment import PERIOD_WEEKS
from nanospread.core.formatting import count, money, percent
from nanospread.pages import _style as style
from nanospread.pages import chart
from nanospread.pages.sensitivity.figures import HALF, ODDS

MOST = 13  # columns of cohorts whose numbers stay legible
WEEKS = "Weeks after joining"


def retention(
    curve: pd.DataFrame, observed: pd.DataFrame | None = None, *, title: str, ax: Axes | None = None
) -> chart.Chart:
    """Draw who is still there after so many weeks, with its band, and who of those stays on (dashed).

    curve: as `recruitment.retention_curve`. observed: as `recruitment.kaplan_meier`, drawn as steps with the
    intervals as bars, as far as the curve goes; None where there are no ambassadors yet.
    """
    ax = style.axes(ax, 4.2)
    if curve.empty:
        return style.empty(ax, title, "no period was asked for")
    weeks = curve["period"].to_numpy(dtype=float) * PERIOD_WEEKS
    ax.fill_between(weeks, curve["low"], curve["high"], color=style.NANO_FAINT, linewidth=0)
    ax.plot(weeks, curve["survival"], color=style.NANO, linewidth=2.6)
    ax.plot(weeks, curve["rate"], color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    last = curve.iloc[-1]
    ends = [
        style.End(weeks[-1], last["survival"], "still there", style.NANO),
        style.End(weeks[-1], last["rate"], "of those left,\nstay on", style.DARK),
    ]
    seen = observed is not None and len(observed) > 1
    if observed is not None and seen:
        last_seen = _observed(ax, observed[observed["period"] <= last["period"]])
        ends.append(style.End(weeks[-1], last_seen, "your own", style.MACRO))
    ax.set(ylim=(0, 1.03), xlim=(0, weeks[-1] or 1))
    ax.set_xticks(weeks[:: max(1, len(weeks) // 7)])
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    steps = " Dark steps: your own ambassadors as observed, with their intervals." if seen else ""
    stays = {"Weeks after joining": ("weeks", count), "Still there": ("survival", percent)}
    ends_of = {"low (80%)": ("low", percent), "high (80%)": ("high", percent)}
    on = {"Of those left, stay on": ("rate", percent)}
    numbers = chart.table(curve.assign(weeks=weeks), "estimated", stays | ends_of | on, curve=True)
    return style.finished(
        ax, title, "The share of ambassadors who are still there after so many weeks, as a line with the "
        f"middle 80% as a band, and the share of those left who stay on, dashed and rising.{steps}", numbers,
        x=WEEKS, y="Share of ambassadors", ends=ends, gap=26,
    )  # fmt: skip


def _observed(ax: Axes, observed: pd.DataFrame) -> float:
    """Draw the steps and return where they end."""
    weeks, share = (observed[name].to_numpy(dtype=float) for name in ("period", "survival"))
    weeks = weeks * PERIOD_WEEKS
    ax.plot(weeks, share, color=style.MACRO, linewidth=1.8, drawstyle="steps-post")
    ax.vlines(weeks, observed["low"], observed["high"], color=style.MACRO, linewidth=1.2, alpha=0.7)
    return float(share[-1])


def cohorts(by_cohort: pd.DataFrame, *, title: str, ax: Axes | None = None) -> chart.Chart:
    """Draw which share of each cohort is still there after so many weeks, and print it in percent.

    by_cohort: as `recruitment.cohorts`; beside its name stands how many joined. Cells not seen yet are empty;
    of more than 13 periods, 13 are drawn.
    """
    columns = [name for name in by_cohort.columns if name not in ("cohort", "joined")]
    shown = [columns[int(at)] for at in np.linspace(0, len(columns) - 1, min(len(columns), MOST)).round()]
    ax = style.axes(ax, 1.7 + 0.42 * max(len(by_cohort), 2))
    if by_cohort.empty or not shown:
        return style.empty(ax, title, "no cohort was seen for a whole period yet")
    share = by_cohort[shown].to_numpy(dtype=float) / by_cohort["joined"].to_numpy(dtype=float)[:, None]
    ax.pcolormesh(share, cmap=ODDS, vmin=0, vmax=1, edgecolor="white", linewidth=1.5)
    for (row, column), part in np.ndenumerate(share):
        if not np.isnan(part):
            ax.text(
                column + 0.5, row + 0.5, f"{100 * part:.0f}",
                ha="center", va="center", size=style.TEXT, color="white" if part >= HALF else style.MACRO,
            )  # fmt: skip
    style.ticks_at(ax.xaxis, (np.arange(len(shown)) + 0.5).tolist(), [f"{PERIOD_WEEKS * at}" for at in shown])
    names = [f"{row.cohort} ({row.joined:,})" for row in by_cohort[["cohort", "joined"]].itertuples()]
    style.ticks_at(ax.yaxis, (np.arange(len(names)) + 0.5).tolist(), names)
    ax.set(ylim=(len(names), 0))
    ax.spines[["left", "bottom"]].set_visible(False)
    parts = pd.DataFrame(share, columns=[str(at) for at in shown]).assign(
        cohort=by_cohort["cohort"].astype(str).to_numpy(), joined=by_cohort["joined"].to_numpy()
    )
    numbers = chart.table(parts, "measured", {
        "Joined": ("cohort", str), "How many": ("joined", count),
        **{f"There after {PERIOD_WEEKS * at} weeks": (str(at), percent) for at in shown},
    })  # fmt: skip
    return style.finished(
        ax, title, "One row per cohort, by when it joined, the earliest on top, with how many joined: "
        "the percent of it still there after so many weeks, darker for more; empty where not seen so long.",
        numbers,
        x=f"{WEEKS} (cells: % still there)", y="Joined (how many)",
    )  # fmt: skip


def programme(periods: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None) -> chart.Chart:
    """Draw the programme's profit so far against the weeks since its start: median and middle 80 % of worlds.

    periods: as `simulate.Programme.periods`.
    """
    ax = style.axes(ax, 4.2)
    if periods.empty:
        return style.empty(ax, title, "no period was simulated")
    weeks, low, median, high = (
        periods[name].to_numpy(dtype=float) for name in ("period", "low", "median", "high")
    )
    weeks = weeks * PERIOD_WEEKS
    ax.fill_between(weeks, low, high, color=style.NANO_FAINT, linewidth=0)
    ax.plot(weeks, median, color=style.NANO, linewidth=2.6, marker="o", markersize=5)
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    ax.set_xticks(weeks[:: max(1, len(weeks) // 6)])
    style.amounts(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    ends = [
        style.End(weeks[-1], high[-1], "best 10% of\nworlds above", style.DARK),
        style.End(weeks[-1], median[-1], "median", style.NANO),
        style.End(weeks[-1], low[-1], "worst 10% of\nworlds below", style.DARK),
    ]
    numbers = chart.table(periods.assign(weeks=weeks), "estimated", {
        "Weeks since the start": ("weeks", count),
        f"Profit so far, median [{currency}]": ("median", count),
        "worst 10% below": ("low", count), "best 10% above": ("high", count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, "What the programme has earned, less what it has cost, by each week since its start: the "
        f"median as a line, the middle 80% of worlds as a band; at the end {_money(median, currency)}, from "
        f"{_money(low, currency)} to {_money(high, currency)}.", numbers,
        x="Weeks since the start", y=f"Profit so far, {currency}", ends=ends, gap=28,
    )  # fmt: skip


def _money(amounts: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", currency: str) -> str:
    return money(float(amounts[-1]), currency)
