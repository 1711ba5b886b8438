"""The funnel, the chance against contacts, days to a post, gift or fee; ambassadors and their programme."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

from nanospread.campaign.recruitment import PERIOD_WEEKS, Funnel, Offers, RequiredContacts, TimeToPost
from nanospread.core.formatting import capital, count, counted, money, percent, significant
from nanospread.pages import _style as style
from nanospread.pages.labels import label

MOST = 13  # columns of cohorts whose numbers stay legible
WEEKS = "Weeks after joining"
BACK = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}  # of words over lines
ROOM = 0.35  # of the axis: words right of the number by the mean need so much before the one needed
PAST = 1.25  # of the last post or the deadline, where the axis ends
DEEP = "#7A2B05"  # where all stay
HALF = 0.5  # from this share on, cells are dark and their words white [1]
ODDS = LinearSegmentedColormap.from_list(  # light to dark, with a step at a half: words stay readable on it
    "odds", [(0.0, "#FCF6F2"), (HALF, style.NANO_LIGHT), (HALF, style.NANO), (1.0, DEEP)]
)
SIDES = LinearSegmentedColormap.from_list("fee or gift", [style.LIGHT, "white", style.NANO_LIGHT])


def outreach_funnel(funnel: Funnel, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the share of contacts that come to each stage, with the next campaign's 80 % interval.

    funnel: as `recruitment.funnel`. Beside each stage stand its rate of the stage before and the log's count.
    """
    rows = funnel.stages
    ax = style.axes(ax, 1.5 + 0.62 * (len(rows) + 1))
    places = np.arange(len(rows) + 1, dtype=float)
    share = np.append(1.0, rows["from_contacts"].to_numpy(dtype=float))
    low, high = style.columns(rows, "from_low", "from_high")
    inks = [style.LIGHT] + [style.NANO if stage == "posted" else style.NANO_LIGHT for stage in rows["stage"]]
    ax.barh(places, share, height=0.6, color=inks)
    ax.hlines(places[1:], low, high, color=style.MACRO, linewidth=1.8, zorder=3)
    words = [_counted(row) for row in rows.to_dict("records")]
    for place, end, text in zip(places[1:], high, words, strict=True):
        style.note(ax, text, (end, place), (7, 0))
    style.ticks_at(ax.yaxis, places.tolist(), ["Contacted", *map(capital, rows["stage"])])
    ax.set(ylim=(len(rows) + 0.6, -0.6), xlim=(0, 1.02))
    style.by_row(ax)
    numbers = style.table(rows, rows["basis"].unique().tolist(), {
        "Stage": ("stage", capital), "Share of contacts": ("from_contacts", percent),
        "low (80%)": ("from_low", percent), "high (80%)": ("from_high", percent),
        "Of the stage before": ("rate", percent), "Basis": ("basis", label),
    })  # fmt: skip
    return style.finished(
        ax, title, "One bar per stage: the expected share of contacts that come so far, with the 80% "
        "interval of the next campaign; beside it the rate of the stage before and the count in the log.",
        numbers,
        x="Share of contacts (lines: 80% interval of the next campaign)",
    )  # fmt: skip


def _counted(row: dict[object, object]) -> str:
    rate = percent(float(str(row["rate"])))
    of, number = int(str(row["of"])), int(str(row["number"]))
    if not of:
        return f"{rate}, {label(row['basis'])}"
    return f"{rate} of those before\n(log: {count(number)} of {count(of)})"


def contacts_needed(
    curve: pd.DataFrame, needed: RequiredContacts, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw the chance of at least so many posts against contacts, with what is needed and what the mean says.

    curve: as `recruitment.needed_curve`; the line of the posts needed is in the accent.
    """
    ax = style.axes(ax, 4.2)
    if curve.empty:
        return style.empty(ax, title, "no number of contacts was tried")
    ends = []
    for posts, rows in curve.sort_values("contacts", kind="stable").groupby("posts"):
        ours = posts == needed.posts
        ink = style.NANO if ours else style.MIDDLE
        ax.plot(rows["contacts"], rows["chance"], color=ink, linewidth=2.6 if ours else 1.6)
        at, chance = (float(rows[name].iloc[-1]) for name in ("contacts", "chance"))
        ends.append(style.EndLabel(at, chance, counted(int(str(posts)), "post"), ink))
    style.rule(ax, needed.chance, "", vertical=False)
    most = float(curve["contacts"].max())
    before = needed.contacts - needed.naive < ROOM * most
    for contacts, chance, words, ink, left in (
        (needed.contacts, needed.reached, "needed", style.NANO, False),
        (needed.naive, needed.naive_chance, "by the mean", style.MACRO, before),
    ):
        ax.plot([contacts] * 2, [0, chance], color=ink, linewidth=1.4, linestyle=style.DOTTED, zorder=2)
        ax.plot([contacts], [chance], "o", color=ink, markersize=8, zorder=4)
        text, shift = f"{count(contacts)} {words}:\n{percent(chance)}", (-8, 32) if left else (8, -8)
        side = "right" if left else "left"
        style.note(ax, text, (contacts, chance), shift, va="top", ha=side, color=ink, bbox=BACK)
    ax.set(ylim=(0, 1.03), xlim=(0, most))
    style.percents(ax.yaxis)
    style.numbers(ax.xaxis)
    ax.locator_params(axis="x", nbins=6)
    ax.grid(color=style.FAINT)
    numbers = style.table(curve, {"the chance": "estimated", "rates": needed.basis}, {
        "Posts wanted": ("posts", count), "Creators contacted": ("contacts", count),
        "Chance of at least so many": ("chance", percent),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, "The chance of at least so many posts rises with the creators contacted; dots mark the "
        "contacts needed and those that the mean rate asks for, a dotted line the chance wanted.", numbers,
        x="Creators contacted", y=f"Chance of the posts by day {needed.days:g}", ends=ends, gap=16,
    )  # fmt: skip


def time_to_content(content: TimeToPost, days: float, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the share of the agreed that is live by days since contact, with its band and the deadline."""
    ax = style.axes(ax, 4.0)
    rows = content.curve
    if rows.empty:
        return style.empty(ax, title, "nobody has agreed yet")
    day = np.append(0.0, rows["days"].to_numpy(dtype=float))
    share, low, high = (np.append(0.0, rows[name].to_numpy(dtype=float)) for name in ("share", "low", "high"))
    measured = content.basis == "measured"
    step: Literal["post"] | None = "post" if measured else None
    ax.fill_between(day, low, high, step=step, color=style.NANO_FAINT, linewidth=0)
    ax.plot(day, share, color=style.NANO, linewidth=2.6, drawstyle=f"steps-{step}" if step else "default")
    style.rule(ax, days, f" day {days:g}: {percent(content.by(days)[0])} live")
    past = PAST * max(float(day[np.argmax(share)]), days)
    ax.set(xlim=(0, min(past, max(float(day[-1]), 1.08 * days))), ylim=(0, 1.03))
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    kind = "Kaplan-Meier estimate from the log" if measured else "assumed"
    numbers = style.table(rows, content.basis, {
        "Days since contact": ("days", significant),
        "Live, of those who agreed": ("share", percent),
        "low (80%)": ("low", percent), "high (80%)": ("high", percent),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, f"The share of creators who agreed that is live, against days since contact ({kind}), "
        "with its 80% interval as a band and the deadline as a dotted line.", numbers,
        x="Days since contact (band: 80% interval)", y="Live, share of those who agreed",
    )  # fmt: skip


def gift_or_fee(
    grid: pd.DataFrame, offers: Offers, currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw where a gift is cheaper per live post than a fee, over the gift's post rate and the fee.

    grid: as `recruitment.offer_map`. offers: where we are, with the interval of the rate and of the fee.
    """
    ax = style.axes(ax, 4.6)
    if grid.empty:
        return style.empty(ax, title, "no offer was compared")
    saving = grid.pivot(index="fee", columns="post_rate", values="saving")
    rate, fee = saving.columns.to_numpy(dtype=float), saving.index.to_numpy(dtype=float)
    reach = float(fee[-1])
    sides = TwoSlopeNorm(0, -reach, reach)
    ax.pcolormesh(rate, fee, saving.to_numpy(dtype=float), cmap=SIDES, norm=sides, shading="gouraud")
    line = grid.drop_duplicates("post_rate").sort_values("post_rate")
    ax.plot(line["post_rate"], line["indifference"], color=style.MACRO, linewidth=2)
    here, paid = offers.gift_rate, offers.fee
    ax.hlines(paid.value, here.low, here.high, color=style.NANO, linewidth=2.2, zorder=3)
    ax.vlines(here.value, paid.low, paid.high, color=style.NANO, linewidth=2.2, zorder=3)
    ax.plot([here.value], [paid.value], "o", color=style.NANO, markersize=9, zorder=4)
    for words, at, side in (("gift cheaper", (0.98, 0.96), "right"), ("fee cheaper", (0.02, 0.04), "left")):
        ax.annotate(
            words, at, xycoords="axes fraction", ha=side, va="top" if at[1] > 0.5 else "bottom",
            size=style.TEXT, color=style.MACRO, fontweight="bold",
        )  # fmt: skip
    ax.set(xlim=(rate[0], rate[-1]), ylim=(0, reach))
    style.percents(ax.xaxis)
    style.amounts(ax.yaxis)
    numbers = style.table(line, offers.costs["basis"].unique().tolist(), {
        "Gifted creators who post": ("post_rate", percent),
        f"Fee above which a gift is cheaper [{currency}]": ("indifference", count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, "A map of the gift's post rate and the fee: above the dark line a gifted post is "
        "cheaper, below it a paid one; a cross marks the expected rate with its 80% interval, and the fee.",
        numbers,
        x="Gifted creators who post, of those who agree (cross: we are here)",
        y=f"Fee of one creator, {currency}",
    )  # fmt: skip


def retention(
    curve: pd.DataFrame, observed: pd.DataFrame | None = None, *, title: str, ax: Axes | None = None
) -> style.Chart:
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
        style.EndLabel(weeks[-1], last["survival"], "still there", style.NANO),
        style.EndLabel(weeks[-1], last["rate"], "of those left,\nstay on", style.DARK),
    ]
    seen = observed is not None and len(observed) > 1
    if observed is not None and seen:
        last_seen = _observed(ax, observed[observed["period"] <= last["period"]])
        ends.append(style.EndLabel(weeks[-1], last_seen, "your own", style.MACRO))
    ax.set(ylim=(0, 1.03), xlim=(0, weeks[-1] or 1))
    ax.set_xticks(weeks[:: max(1, len(weeks) // 7)])
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    steps = " Dark steps: your own ambassadors as observed, with their intervals." if seen else ""
    stays = {"Weeks after joining": ("weeks", count), "Still there": ("survival", percent)}
    ends_of = {"low (80%)": ("low", percent), "high (80%)": ("high", percent)}
    on = {"Of those left, stay on": ("rate", percent)}
    basis = "estimated" if seen else "assumed"
    numbers = style.table(curve.assign(weeks=weeks), basis, stays | ends_of | on, curve=True)
    return style.finished(
        ax, title, "The share of ambassadors who are still there after so many weeks, as a line with the "
        f"middle 80% as a band, and the share of those left who stay on, dashed and rising.{steps}", numbers,
        x=WEEKS, y="Share of ambassadors", ends=ends, gap=26,
    )  # fmt: skip


def _observed(ax: Axes, observed: pd.DataFrame) -> float:
    """Draw the steps and return where they end."""
    weeks, share = style.columns(observed, "period", "survival")
    weeks = weeks * PERIOD_WEEKS
    ax.plot(weeks, share, color=style.MACRO, linewidth=1.8, drawstyle="steps-post")
    ax.vlines(weeks, observed["low"], observed["high"], color=style.MACRO, linewidth=1.2, alpha=0.7)
    return float(share[-1])


def cohorts(by_cohort: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
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
    numbers = style.table(parts, "measured", {
        "Joined": ("cohort", str), "How many": ("joined", count),
        **{f"There after {PERIOD_WEEKS * at} weeks": (str(at), percent) for at in shown},
    })  # fmt: skip
    return style.finished(
        ax, title, "One row per cohort, by when it joined, the earliest on top, with how many joined: "
        "the percent of it still there after so many weeks, darker for more; empty where not seen so long.",
        numbers,
        x=f"{WEEKS} (cells: % still there)", y="Joined (how many)",
    )  # fmt: skip


def programme(periods: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the profit so far of `Programme.periods` by week: median and middle 80 % of worlds."""
    ax = style.axes(ax, 4.2)
    if periods.empty:
        return style.empty(ax, title, "no period was simulated")
    weeks, low, median, high = style.columns(periods, "period", "low", "median", "high")
    weeks = weeks * PERIOD_WEEKS
    ax.fill_between(weeks, low, high, color=style.NANO_FAINT, linewidth=0)
    ax.plot(weeks, median, color=style.NANO, linewidth=2.6, marker="o", markersize=5)
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    ax.set_xticks(weeks[:: max(1, len(weeks) // 6)])
    style.amounts(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    ends = style.band_ends(weeks[-1], low[-1], median[-1], high[-1])
    middle, worst, best = (money(float(line[-1]), currency) for line in (median, low, high))
    numbers = style.table(periods.assign(weeks=weeks), "estimated", {
        "Weeks since the start": ("weeks", count),
        f"Profit so far, median [{currency}]": ("median", count),
        "worst 10% below": ("low", count), "best 10% above": ("high", count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, "What the programme has earned, less what it has cost, by each week since its start: the "
        f"median as a line, the middle 80% of worlds as a band; at the end {middle}, from {worst} to {best}.",
        numbers,
        x="Weeks since the start", y=f"Profit so far, {currency}", ends=ends, gap=28,
    )  # fmt: skip
