"""Recruiting: the funnel, the chance against contacts, the days to a post, and gift or fee."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

from nanospread.campaign.recruitment import Content, Funnel, Needed, Offers
from nanospread.core.formatting import capital, count, counted, percent, significant
from nanospread.core.types import Floats
from nanospread.pages import _style as style
from nanospread.pages import chart

BACK = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}  # of words over lines
ROOM = 0.35  # of the axis: words right of the number by the mean need so much before the one needed
PAST = 1.25  # of the last post or the deadline, where the axis ends
SIDES = LinearSegmentedColormap.from_list("fee or gift", [style.LIGHT, "white", style.NANO_LIGHT])


def outreach_funnel(funnel: Funnel, *, title: str, ax: Axes | None = None) -> chart.Chart:
    """Draw the share of contacts that come to each stage, with the next campaign's 80 % interval.

    funnel: as `recruitment.funnel`. Beside each stage stand its rate of the stage before and the log's count.
    """
    rows = funnel.stages
    ax = style.axes(ax, 1.5 + 0.62 * (len(rows) + 1))
    places = np.arange(len(rows) + 1, dtype=float)
    share = np.append(1.0, rows["from_contacts"].to_numpy(dtype=float))
    low, high = (rows[name].to_numpy(dtype=float) for name in ("from_low", "from_high"))
    inks = [style.LIGHT] + [style.NANO if stage == "posted" else style.NANO_LIGHT for stage in rows["stage"]]
    ax.barh(places, share, height=0.6, color=inks)
    ax.hlines(places[1:], low, high, color=style.MACRO, linewidth=1.8, zorder=3)
    words = [_counted(row) for row in rows.to_dict("records")]
    for place, end, text in zip(places[1:], high, words, strict=True):
        ax.annotate(
            text, (end, place), xytext=(7, 0), textcoords="offset points", va="center", ha="left",
            size=style.SMALL, color=style.DARK,
        )  # fmt: skip
    style.ticks_at(ax.yaxis, places.tolist(), ["Contacted", *map(capital, rows["stage"])])
    ax.set(ylim=(len(rows) + 0.6, -0.6), xlim=(0, 1.02))
    style.by_row(ax)
    numbers = chart.table(rows, "as the last column says", {
        "Stage": ("stage", capital), "Share of contacts": ("from_contacts", percent),
        "low (80%)": ("from_low", percent), "high (80%)": ("from_high", percent),
        "Of the stage before": ("rate", percent), "Basis": ("basis", str),
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
        return f"{rate}, {row['basis']}"
    return f"{rate} of those before, {row['basis']}\n(log: {count(number)} of {count(of)})"


def contacts_needed(
    curve: pd.DataFrame, needed: Needed, *, title: str, ax: Axes | None = None
) -> chart.Chart:
    """Draw the chance of at least so many posts against contacts, with what is needed and what the mean says.

    curve: posts, contacts, chance, as `recruitment.needed_curve`, one line for each number of posts; that of
    `found` is in the accent.
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
        ends.append(style.End(at, chance, counted(int(str(posts)), "post"), ink))
    style.rule(ax, needed.chance, "", vertical=False)
    most = float(curve["contacts"].max())
    before = needed.contacts - needed.naive < ROOM * most
    for contacts, chance, words, ink, left in (
        (needed.contacts, needed.reached, "needed", style.NANO, False),
        (needed.naive, needed.naive_chance, "by the mean", style.MACRO, before),
    ):
        ax.plot([contacts] * 2, [0, chance], color=ink, linewidth=1.4, linestyle=style.DOTTED, zorder=2)
        ax.plot([contacts], [chance], "o", color=ink, markersize=8, zorder=4)
        ax.annotate(
            f"{count(contacts)} {words}:\n{percent(chance)}", (contacts, chance),
            xytext=(-8, 32) if left else (8, -8), textcoords="offset points", va="top",
            ha="right" if left else "left", size=style.SMALL, color=ink, bbox=BACK,
        )  # fmt: skip
    ax.set(ylim=(0, 1.03), xlim=(0, most))
    style.percents(ax.yaxis)
    style.numbers(ax.xaxis)
    ax.locator_params(axis="x", nbins=6)
    ax.grid(color=style.FAINT)
    numbers = chart.table(curve, f"estimated from {needed.basis} rates", {
        "Posts wanted": ("posts", count), "Creators contacted": ("contacts", count),
        "Chance of at least so many": ("chance", percent),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, "The chance of at least so many posts rises with the creators contacted; dots mark the "
        "contacts needed and those that the mean rate asks for, a dotted line the chance wanted.", numbers,
        x="Creators contacted", y=f"Chance of the posts by day {needed.days:g}", ends=ends, gap=16,
    )  # fmt: skip


def time_to_content(content: Content, days: float, *, title: str, ax: Axes | None = None) -> chart.Chart:
    """Draw the share of the agreed that is live against days since contact, with its band and the deadline.

    content: as `recruitment.time_to_content`. days: the deadline [days].
    """
    ax = style.axes(ax, 4.0)
    rows = content.curve
    if rows.empty:
        return style.empty(ax, title, "nobody has agreed yet")
    day = np.append(0.0, rows["days"].to_numpy(dtype=float))
    share, low, high = (np.append(0.0, rows[name].to_numpy(dtype=float)) for name in ("share", "low", "high"))
    if content.basis == "measured":
        ax.fill_between(day, low, high, step="post", color=style.NANO_FAINT, linewidth=0)
        ax.plot(day, share, color=style.NANO, linewidth=2.6, drawstyle="steps-post")
    else:
        ax.fill_between(day, low, high, color=style.NANO_FAINT, linewidth=0)
        ax.plot(day, share, color=style.NANO, linewidth=2.6)
    style.rule(ax, days, f" day {days:g}: {percent(content.by(days)[0])} live")
    ax.set(xlim=(0, _end(day, share, days)), ylim=(0, 1.03))
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    kind = "Kaplan-Meier estimate from the log" if content.basis == "measured" else "assumed"
    numbers = chart.table(rows, content.basis, {
        "Days since contact": ("days", significant),
        "Live, of those who agreed": ("share", percent),
        "low (80%)": ("low", percent), "high (80%)": ("high", percent),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, f"The share of creators who agreed that is live, against days since contact ({kind}), "
        "with its 80% interval as a band and the deadline as a dotted line.", numbers,
        x=f"Days since contact (band: 80% interval, {content.basis})", y="Live, share of those who agreed",
    )  # fmt: skip


def _end(day: Floats, share: Floats, deadline: float) -> float:
    """Return where the axis ends: a little past the last post and the deadline, or with the curve."""
    return min(PAST * max(float(day[np.argmax(share)]), deadline), max(float(day[-1]), 1.08 * deadline))


def gift_or_fee(
    grid: pd.DataFrame, offers: Offers, currency: str, *, title: str, ax: Axes | None = None
) -> chart.Chart:
    """Draw where a gift is cheaper per live post than a fee, over the gift's post rate and the fee.

    grid: post_rate, fee, saving [currency], as `recruitment.offer_map`. offers: where we are: the gift's post
    rate with its 80 % interval, and the fee with the ends of its assumption.
    """
    ax = style.axes(ax, 4.6)
    if grid.empty:
        return style.empty(ax, title, "no offer was compared")
    saving = grid.pivot(index="fee", columns="post_rate", values="saving")
    rate, fee = saving.columns.to_numpy(dtype=float), saving.index.to_numpy(dtype=float)
    reach = float(fee[-1])
    ax.pcolormesh(
        rate,
        fee,
        saving.to_numpy(dtype=float),
        cmap=SIDES,
        norm=TwoSlopeNorm(0, -reach, reach),
        shading="gouraud",
    )
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
    numbers = chart.table(line, "estimated", {
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
