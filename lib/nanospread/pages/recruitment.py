"""How many creators to contact, what to offer, how long it takes, how many write first or agree as is."""

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, TwoSlopeNorm

from nanospread.campaign.recruitment import (
    Funnel,
    InboundCreators,
    Offers,
    Range,
    Rate,
    RequiredContacts,
    TimeToPost,
)
from nanospread.core.formatting import Finding, capital, count, counted, money, percent, significant
from nanospread.pages import _style as style
from nanospread.pages.labels import label
from nanospread.pages.plans import UNLESS
from nanospread.pages.show import Metric
from nanospread.study import Recruitment

SAID = {"measured": "measured from your outreach log", "assumed": "assumed, until your outreach log tells it"}
STAGES = {
    "replied": "reply",
    "agreed": "agree, of those who reply",
    "shipped": "get their parcel, of those who agree",
    "posted": "post, of those before",
    "on time": "post in time, of those who post",
}
BACK = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}  # of words over lines
ROOM = 0.35  # of the axis: words right of the number by the mean need so much before the one needed
PAST = 1.25  # of the last post or the deadline, where the axis ends
SIDES = LinearSegmentedColormap.from_list("fee or gift", [style.LIGHT, "white", style.NANO_LIGHT])


def outreach_funnel(funnel: Funnel) -> Finding:
    """Return how many contacts come to a post, the range of the next campaign, and the narrowest step."""
    stages = funnel.stages.set_index("stage")
    until = stages.loc[:"posted"]
    expected = float(until["from_contacts"].iloc[-1])
    low, high = (percent(float(until[name].iloc[-1])) for name in ("from_low", "from_high"))
    posting = significant(100 * expected) if expected < 0.1 else count(100 * expected)
    lost = str(until["rate"].idxmin())
    narrowest = f"{percent(float(until['rate'].min()))} {STAGES[lost]}"
    title = f"Of 100 creators contacted, {posting} post"
    return Finding(
        title,
        f"{title}. It depends on the campaign: {low} to {high} in 8 of 10 cases. The narrowest step is that "
        f"only {narrowest}. {_basis_words(until['basis'].tolist())}{_undated(funnel.undated)}",
    )


def _undated(number: int) -> str:
    if not number:
        return ""
    return f" {counted(number, 'contact')} without a date {'count' if number > 1 else 'counts'} as decided."


def _basis_words(bases: list[str]) -> str:
    if len(set(bases)) > 1:
        return "Some of these rates are measured from your outreach log, the others assumed."
    return f"These rates are {SAID[bases[0]]}."


def contacts_needed(needed: RequiredContacts, *, chosen: bool = True) -> Finding:
    """Return how many creators to contact for the posts wanted, and why the mean asks for too few.

    chosen: whether nano is what to buy.
    """
    wish, chance = f"{counted(needed.posts, 'live post')} within {_days(needed.days)}", percent(needed.chance)
    if not needed.contacts:
        title = f"Nobody must be contacted for {counted(needed.posts, 'live post')}"
        return Finding(
            title, f"Creators who write first bring {wish} with a chance of {percent(needed.reached)}."
        )
    extra = f" Creators who write first bring {significant(needed.inbound)} of the posts."
    write = f"{'Write to' if chosen else UNLESS} {counted(needed.contacts, 'creator')}"
    return Finding(
        f"{write} for {counted(needed.posts, 'live post')}",
        f"{write} to be {chance} sure of {wish}. The average rate "
        f"alone asks for {count(needed.naive)}, but these reach it in only {percent(needed.naive_chance)} of "
        f"cases, since campaigns differ.{extra if needed.inbound > 0 else ''} The rates are "
        f"{SAID[needed.basis]}.",
    )


def _days(days: float) -> str:
    weeks = days / 7
    return counted(weeks, "week") if weeks == int(weeks) else f"{days:g} days"


def gift_or_fee(offers: Offers, currency: str) -> Finding:
    """Return which offer costs less per live post, if rates are sure enough, and what would turn it."""
    cost = offers.costs.set_index("offer")["cost"]
    gift, fee = (money(float(cost[name]), currency) for name in ("gift", "fee"))
    verdict = _cheaper(offers.saving)
    paid = money(offers.fee.value, currency)
    return Finding(
        verdict,
        f"{verdict}. A live post costs {gift} with a gift and {fee} with a fee of {paid}, for a creator of "
        f"{significant(offers.followers)} followers. {_difference(offers.saving, currency)}. "
        f"{_indifference(offers, currency)} {_break_even(offers)}",
    )


def _cheaper(saving: Range) -> str:
    if saving.low > 0:
        return "A gift is cheaper than a fee"
    return "A fee is cheaper than a gift" if saving.high < 0 else "Gift or fee: too close to call"


def _difference(saving: Range, currency: str) -> str:
    low, high = (money(each, currency) for each in saving[1:])
    if saving.low > 0:
        return f"The gift saves {money(saving.value, currency)} (80% range {low} to {high})"
    if saving.high < 0:
        less = [money(-each, currency) for each in saving]
        return f"The fee saves {less[0]} (80% range {less[2]} to {less[1]})"
    return f"What the gift saves lies between {low} and {high}"


def _indifference(offers: Offers, currency: str) -> str:
    if offers.indifference.value <= 0:
        return "At these rates a gift is cheaper than any fee."
    level, low, high = (money(each, currency) for each in offers.indifference)
    ends = f"{low} to {high}"
    return f"Both cost the same at a fee of {level} (80% range {ends}); a gift pays where fees are higher."


def _break_even(offers: Offers) -> str:
    now = percent(offers.gift_rate.value)
    if offers.break_even.value > 1:
        return f"Even if all gifted creators posted (now {now}), the fee would be cheaper."
    level = percent(offers.break_even.value)
    return f"The gift is level where {level} of gifted creators post; {now} are expected to."


def time_to_content(content: TimeToPost, days: float) -> Finding:
    """Return when half of the posts are live, and the share of those who agreed that is live by a day."""
    share, low, high = (percent(each) for each in content.by(days))
    half = f"{significant(content.median)} days"
    measured = content.basis == "measured"
    behind = f"{counted(content.agreed, 'creator')} agreed, {count(content.live)} are live so far"
    basis = f"{behind}; those still to post count as pending, not lost" if measured else SAID["assumed"]
    title = f"Half of all posts are live {half} after contact"
    return Finding(
        title,
        f"{title} (80% range {significant(content.median_low)} to {significant(content.median_high)}). "
        f"Within {_days(days)}, {share} of those who agreed are live ({low} to {high}). {capital(basis)}.",
    )


def briefs_as_is(rate: Rate) -> Finding:
    """Return the share of agreed briefs that are taken without a change of terms."""
    share, low, high = (percent(each) for each in (rate.mean, *rate.interval))
    title = f"{share} of creators who agree take your terms unchanged"
    return Finding(title, f"{title} (80% range {low} to {high}). This is {SAID[rate.basis]}.")


def inbound_creators(inbound: InboundCreators | None, days: float) -> Finding:
    """Return how many creators write first, and the posts to expect from them by a day."""
    if inbound is None:
        none = "No creator wrote first, or the log does not tell"
        return Finding(none, f"{none}; all posts must come from contacts.")
    weekly = significant(float(inbound.weekly.mean()))
    posts = significant(float(inbound.posts_by(days).mean()))
    title = f"Creators who write first bring {posts} posts in {_days(days)}"
    return Finding(
        title,
        f"{counted(inbound.number, 'creator')} wrote first in {significant(inbound.weeks)} weeks, {weekly} a "
        f"week. Expect them to add {posts} posts in {_days(days)}, at no cost of contact.",
    )


def checked_rows(recruiting: Recruitment, *, currency: str) -> pd.DataFrame:
    """Return contacts needed, posts per contact, days to a post, cost per live post, and the share as is.

    Intervals are 80 %: of the next campaign's rates. n is contacts, creators or decided trials of the log,
    missing where a number rests on several of them.
    """
    content, live, as_is = recruiting.content, recruiting.funnel.live, recruiting.as_is
    decided = round(sum(each.number for each in as_is.trials))
    days = content.median, live.basis, content.median_low, content.median_high
    rows = [
        *_contacts(recruiting.funnel, recruiting.needed),
        Metric.of("days_to_post_median", *days, n=live.dates),
        *_offers(recruiting.offers, currency),
        Metric.of("as_is_rate", as_is.mean, as_is.basis, *as_is.interval, n=decided),
    ]
    return pd.DataFrame(rows)


def _contacts(funnel: Funnel, needed: RequiredContacts) -> list[Metric]:
    stages = funnel.stages.set_index("stage")
    wish, basis = {"posts": needed.posts, "days": needed.days, "chance": needed.chance}, needed.basis
    number = int(stages["of"].iloc[0])
    share, low, high = (float(stages[name]["posted"]) for name in ("from_contacts", "from_low", "from_high"))
    return [
        Metric.of("contacts_needed", needed.contacts, basis, n=number, words=wish),
        Metric.of("contacts_by_mean", needed.naive, basis, n=number, words=wish),
        Metric.of("posts_per_contact", share, basis, low, high, n=number),
    ]


def _offers(offers: Offers, currency: str) -> list[Metric]:
    rows, money = offers.costs[["offer", "cost", "basis", "low", "high"]], {"currency": currency}
    costs = [
        Metric.of(f"cost_per_live_post_{offer}", cost, basis, low, high, words=money)
        for offer, cost, basis, low, high in rows.itertuples(index=False, name=None)
    ]
    basis = "measured" if (offers.costs["basis"] == "measured").all() else "assumed"
    fee, even = offers.indifference, offers.break_even
    return [
        *costs,
        Metric.of("indifference_fee", fee.value, basis, fee.low, fee.high, words=money),
        Metric.of("break_even_post_rate", even.value, basis, even.low, even.high),
    ]


def share_by_stage(funnel: Funnel, *, title: str, ax: Axes | None = None) -> style.Chart:
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
    words = [_rate_and_count(row) for row in rows.to_dict("records")]
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


def _rate_and_count(row: dict[object, object]) -> str:
    rate = percent(float(str(row["rate"])))
    total, number = int(str(row["of"])), int(str(row["number"]))
    if not total:
        return f"{rate}, {label(row['basis'])}"
    return f"{rate} of those before\n(log: {count(number)} of {count(total)})"


def chance_by_contacts(
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
        last_contacts, chance = (float(rows[name].iloc[-1]) for name in ("contacts", "chance"))
        ends.append(style.EndLabel(last_contacts, chance, counted(int(str(posts)), "post"), ink))
    style.rule(ax, needed.chance, "", vertical=False)
    most_contacts = float(curve["contacts"].max())
    before = needed.contacts - needed.naive < ROOM * most_contacts
    for contacts, chance, words, ink, left in (
        (needed.contacts, needed.reached, "needed", style.NANO, False),
        (needed.naive, needed.naive_chance, "by the mean", style.MACRO, before),
    ):
        ax.plot([contacts] * 2, [0, chance], color=ink, linewidth=1.4, linestyle=style.DOTTED, zorder=2)
        ax.plot([contacts], [chance], "o", color=ink, markersize=8, zorder=4)
        text, shift = f"{count(contacts)} {words}:\n{percent(chance)}", (-8, 32) if left else (8, -8)
        side = "right" if left else "left"
        style.note(ax, text, (contacts, chance), shift, va="top", ha=side, color=ink, bbox=BACK)
    ax.set(ylim=(0, 1.03), xlim=(0, most_contacts))
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


def live_by_day(content: TimeToPost, days: float, *, title: str, ax: Axes | None = None) -> style.Chart:
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


def offer_map(
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
