"""Whom to invite, what that is worth beside plain rules, how many people it reaches, luck in a top rate."""

import re

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from nanospread.campaign import risk
from nanospread.campaign.reach import Reach
from nanospread.campaign.shortlist import Plan
from nanospread.core.estimates import SURE
from nanospread.core.formatting import (
    Finding,
    capital,
    count,
    counted,
    handle,
    listed,
    money,
    of_100,
    percent,
    significant,
)
from nanospread.core.types import filled_text
from nanospread.ingest import platforms
from nanospread.pages import _style as style
from nanospread.pages.plans import brings
from nanospread.pages.show import Metric
from nanospread.pages.verdict import about
from nanospread.study.planning import ROSTER

PLAIN_RULES = {"equal split": "the same share for each niche", "greedy by ER": "highest engagement first"}
FIRST = 12  # creators of the list that the page shows at once
OPEN = ["place", "profile", "followers", "offer", "why", "flags"]  # of the list on the page
LEFT = 0.05  # of the budget, from which on what stays unspent is said
ACCOUNT = re.compile(r"[A-Za-z0-9._]{1,30}")  # what every platform allows a name to be
SHORT = 60  # characters of a title
SAME = 0.02  # two rates closer than this part of the higher one are the same for a reader
ROW = 0.62  # [inch]
CLOSE = 0.1  # bounds nearer than this part of the upper one say as much as the central value [1]
MARKED = 12  # creators that are marked one by one
APART = 0.95  # of the summed reach: an upper bound under it has words of its own


def invite(plan: Plan, plans: pd.DataFrame, currency: str, *, chosen: bool = True) -> Finding:
    """Return how many to invite, what that is expected to bring, and what limits the list.

    plans: as `Study.plans`, whose numbers stand on every page. chosen: whether nano is what to buy.
    """
    row, rows = plans.to_dict("index")[ROSTER], plan.invitations
    if rows.empty:
        title = "Nobody is worth inviting" if plan.candidates else "There is nobody to invite"
        return Finding(title, f"{title}. {_limit(plan)}.")
    title = "Invite" if chosen else "Should you take nano, invite"
    title += f" {counted(len(rows), 'creator')} of {counted(rows['niche'].nunique(), 'niche')}"
    left = plan.left / (plan.left + plan.spent)
    unspent = f" {money(plan.left / 100, currency)} stay unspent." if left > LEFT else ""
    within = "" if plan.choice.status == "optimal" else f" The list is {plan.choice.status}."
    return Finding(
        title,
        f"{title}, out of {counted(plan.candidates, 'candidate')}. {brings(row, currency)} "
        f"{_limit(plan)}.{unspent}{within}",
    )


def _limit(plan: Plan) -> str:
    return f"Why not more? {capital(listed(plan.limited_by, most=6))}"


def to_invite(plan: Plan, contacts: pd.DataFrame) -> pd.DataFrame:
    """Return the list as somebody works with it: each creator's profile, and how to reach it where known.

    contacts: creator, and a column for each kind of contact data that the store keeps.
    """
    rows = plan.invitations.copy()
    profiles = [  # the name itself where a platform has no address for it
        (ACCOUNT.fullmatch(name) and platforms.profile(plan.platform, name)) or handle(name)
        for name in rows["creator"]
    ]
    rows.insert(1, "profile", profiles)
    known = {row.pop("creator"): ", ".join(filter(None, row.values())) for row in contacts.to_dict("records")}
    return rows.assign(contact=filled_text(rows["creator"].map(known))) if known else rows


def of_batch(invited: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Return those of `to_invite` who are written to now; names: as `next_batch.to_write_to`."""
    return invited[invited["creator"].isin(names["creator"])]


def at_first(invited: pd.DataFrame) -> pd.DataFrame:
    """Return the first rows of `to_invite` with the columns of an open table that hold anything."""
    rows = invited.head(FIRST)[OPEN]
    return rows if rows["flags"].astype(bool).any() else rows.drop(columns="flags")


def lists_compared(worlds: pd.DataFrame, currency: str) -> Finding:
    """Return how often, of `Shortlist.play`, the list earns more than plain rules, and by how much."""
    profit = worlds.pivot(index="world", columns="arm", values="profit")
    if not profit.to_numpy().any():
        return Finding.of("No list earns or costs anything, so there is nothing to compare")
    clauses, better = [], []
    for name, words in PLAIN_RULES.items():
        gain = profit["shortlist"] - profit[name]
        batch = gain.index % risk.BATCHES
        mean, ahead = risk.mean(gain, batch=batch), risk.p_beats(gain, 0 * gain, batch=batch)
        sure = abs(mean.value) > SURE * mean.se
        better.append(sure and mean.value > 0)
        size = about(abs(mean.value), currency)
        more = f"{size} {'more' if mean.value > 0 else 'less'} on average" if sure else "no clear difference"
        clauses.append(f"Against {words}: {more}; ahead in {of_100(ahead.value)} simulated campaigns.")
    title = "The list earns more than plain rules" if all(better) else "The list and plain rules compared"
    return Finding(title, f"{title}. {' '.join(clauses)}")


def winners_curse(best: pd.DataFrame) -> Finding:
    """Return where the highest rate that posts show is partly luck, of `shortlist.handful`."""
    rows = best.dropna(subset="raw_er")
    rows = rows.assign(lost=1 - rows["raw_true"] / rows["raw_er"])
    if rows.empty:
        return Finding.of("No niche has a creator whose posts are rated")
    worst = rows.sort_values("lost", ascending=False).iloc[0]
    raw, true = percent(worst["raw_er"]), percent(worst["raw_true"])
    if worst["lost"] < SAME:
        return Finding.of("The highest rates hold: luck has little to do with them")
    title = f"Top rates are partly luck: {raw} in {worst['niche']} is more likely {true}"
    return Finding(
        title if len(title) <= SHORT else "Top rates are partly luck",
        f"{title}. On average the leaders' rates are {percent(float(rows['lost'].mean()))} too high.",
    )


def handful(best: pd.DataFrame) -> Finding:
    """Return the best of each niche. best: niche, creator, er, flags, as `shortlist.handful`."""
    if best.empty:
        return Finding.of("No niche has a candidate")
    names = [f"{handle(row['creator'])} ({row['niche']}, {percent(row['er'])})" for _, row in best.iterrows()]
    odd = best.loc[best["flags"] != "", "creator"].map(handle).tolist()
    advice = f" Ask {listed(odd)} about unusual numbers first." if odd else ""
    every = listed(names, most=9)
    return Finding("The best creator of each niche", f"Best by expected engagement rate: {every}.{advice}")


def flagged(plan: Plan, names: pd.DataFrame) -> str:
    """Return which creators have unusual numbers of those written to now, `next_batch.to_write_to`; or ""."""
    rows = plan.invitations[plan.invitations["creator"].isin(names["creator"])]
    flagged_rows = rows.loc[rows["flags"] != "", ["place", "creator"]].to_dict("records")
    odd = [f"no. {row['place']} {handle(row['creator'])}" for row in flagged_rows]
    if not odd:
        return ""
    return f"Ask about unusual numbers before inviting: {listed(odd, most=6)}."


def unique_reach(reached: Reach) -> Finding:
    """Return what part of the summed reach is different people, how far that may be off, and why.

    How many people a plan reaches is said with the plan, over its simulated campaigns; here it is the share.
    """
    if reached.gross <= 0:
        return Finding("Nobody is reached", "Nobody is reached: no creator is expected to be seen.")
    if reached.creators == 1:
        return Finding.of("One creator reaches everybody once")
    share, low, high = (percent(each / reached.gross) for each in (reached.unique, reached.low, reached.high))
    title = f"{share} of the people reached are different people"
    bounds = f"It is at least {low}, if all audiences lie inside each other, and at most {high}."
    if reached.method != "random overlap" or reached.high - reached.low <= CLOSE * reached.high:
        bounds = f"What is measured leaves {low} to {high}."
    return Finding(title, f"{title}. {bounds} {_overlaps(reached)}")


def _overlaps(reached: Reach) -> str:
    if reached.basis == "measured":
        return "The pairs that matter most are all measured."
    pairs = counted(reached.pairs, "pair")
    if reached.basis == "partly measured":
        measured = count(reached.measured_pairs)
        return f"Of the {pairs} that matter most, {measured} are measured; the rest overlap only by chance."
    return f"Audiences are assumed to overlap only by chance. Measured overlaps of {pairs} would tell most."


def reach_basis(reached: Reach) -> str:
    """Return the basis of the people reached: a calculation where any overlap is measured."""
    return "assumed" if reached.basis == "assumed" else "estimated"


def checked_rows(plan: Plan, worlds: pd.DataFrame, reached: Reach, *, currency: str) -> pd.DataFrame:
    """Return the size of the list, its cost, value and gap, how often it wins, and whom it reaches."""
    unit = currency if plan.goal == "profit" else "orders"
    n, words = plan.candidates, {"currency": currency, "goal": plan.goal, "unit": unit}
    numbers = {
        "invitations": len(plan.invitations),
        "set_aside": plan.spent / 100,
        "not_set_aside": plan.left / 100,
        "shortlist_value": plan.choice.value,
        "shortlist_gap": plan.choice.gap,
    }
    rows = [Metric.of(name, value, "estimated", n=n, words=words) for name, value in numbers.items()]
    for rule, baseline in plan.choice.baselines.items():
        named = {"rule": rule, "words": PLAIN_RULES[rule], **words}
        rows.append(Metric.of("value_{rule}", baseline.value, "estimated", n=n, words=named))
    ends = reached.low, reached.high
    rows.append(Metric.of("unique_reach_shortlist", reached.unique, "estimated", *ends, n=reached.creators))
    profit = worlds.pivot(index="world", columns="arm", values="profit")
    for rule, rule_words in PLAIN_RULES.items():
        ahead = risk.p_beats(profit["shortlist"], profit[rule], batch=profit.index % risk.BATCHES)
        named = {"rule": rule, "words": rule_words}
        rows.append(Metric.played("shortlist_beats_{rule}", ahead, len(profit), named))
    return pd.DataFrame(rows)


def selection(
    options: pd.DataFrame, chosen: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw each candidate by what reach through it costs and how engaged its audience is.

    options: as `shortlist.options`; of several ways to invite a creator the first is drawn, of a chosen one
    its own. Whoever reaches nobody has no place on the log axes.
    """
    ax = style.axes(ax, 4.6)
    people = _placed(options, chosen)
    if people.empty:
        return style.empty(ax, title, "no candidate reaches anybody")
    on = people["chosen"].to_numpy(dtype=bool)
    odd = (people["flags"] != "").to_numpy(dtype=bool)
    x, y = people["price"].to_numpy(dtype=float), people["er"].to_numpy(dtype=float)
    for mask, marker, size, ink, order in (
        (~on & ~odd, "o", 26, style.LIGHT, 2), (on & ~odd, "o", 34, style.NANO, 3),
        (odd & ~on, "x", 40, style.MIDDLE, 3), (odd & on, "x", 46, style.NANO, 4),
    ):  # fmt: skip
        if mask.any():
            ax.scatter(x[mask], y[mask], size, ink, marker=marker, zorder=order)
    ax.set(xscale="log", yscale="log")
    ax.set(xlim=(x.min() / 1.2, x.max() * 1.6), ylim=(y.min() / 1.3, y.max() * 1.4))
    style.log_ticks(ax.xaxis, *ax.get_xlim())
    style.log_ticks(ax.yaxis, *ax.get_ylim())
    style.numbers(ax.xaxis)
    style.percents(ax.yaxis)
    ax.grid(color=style.FAINT)
    crossed = f", a cross where numbers look odd ({count(int(odd.sum()))})" if odd.any() else ""
    first = people.assign(words=np.where(on, "yes", "no"))
    first = first.sort_values(["words", "price"], ascending=[False, True])
    numbers = style.table(first, "estimated", {
        "Creator": ("creator", handle), "To invite": ("words", str),
        "Engagement rate": ("er", percent),
        f"Cost per 1,000 people [{currency}]": ("price", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, f"One mark per candidate: engagement rate against the cost of reach; in colour the "
        f"{count(int(on.sum()))} to invite of {count(len(people))}{crossed}; log scales.", numbers,
        x=f"Expected cost per 1,000 people reached, {currency} (left is cheaper)\n"
        f"colour: to invite; grey: not{'; cross: odd numbers' if odd.any() else ''}",
        y="Engagement rate, most likely value",
    )  # fmt: skip


def _placed(options: pd.DataFrame, chosen: pd.DataFrame) -> pd.DataFrame:
    """Return one row per candidate who reaches anybody: creator, er, flags, price per 1,000, chosen."""
    keys = ["creator", "offer", "posts"]
    invited = options.merge(chosen[keys], on=keys).assign(chosen=True)
    rest = options[~options["creator"].isin(invited["creator"])].drop_duplicates("creator")
    people = pd.concat([invited, rest.assign(chosen=False)], ignore_index=True)
    people = people[(people["expected_reach"] > 0) & (people["cost"] > 0)]
    return people.assign(price=1_000 * people["cost"] / 100 / people["expected_reach"])


def best_of_niches(best: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the highest rate that each niche of `shortlist.handful` shows, and what it is likely worth."""
    rows = best.sort_values("er", kind="stable", ignore_index=True)
    ax = style.axes(ax, 1.5 + ROW * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, "no niche has a candidate")
    places = np.arange(len(rows), dtype=float)
    ax.hlines(places, rows["er_low"], rows["er_high"], color=style.NANO_FAINT, linewidth=9, zorder=1)
    ax.hlines(places, rows["raw_true"], rows["raw_er"], color=style.MIDDLE, linewidth=1.4, zorder=2)
    ax.scatter(rows["raw_er"], places, 46, "white", edgecolor=style.MIDDLE, linewidth=1.6, zorder=3)
    ax.scatter(rows["raw_true"], places, 26, style.MIDDLE, zorder=3)
    ax.scatter(rows["er"], places, 60, style.NANO, zorder=4)
    names = [f"{row['niche']}\n{handle(row['creator'])}" for _, row in rows.iterrows()]
    style.ticks_at(ax.yaxis, places.tolist(), names)
    high = float(np.nanmax(rows[["er_high", "raw_er"]].to_numpy(dtype=float)))
    ax.set(ylim=(-0.6, len(rows) - 0.4), xlim=(0, 1.08 * high))
    style.by_row(ax)
    numbers = style.table(rows.iloc[::-1], {"rate so far": "measured", "most likely": "estimated"}, {
        "Niche": ("niche", handle), "Best bet": ("creator", handle),
        "Most likely rate": ("er", percent), "low (80%)": ("er_low", percent),
        "high (80%)": ("er_high", percent), "Highest rate shown": ("raw_er", percent),
        "what it is most likely worth": ("raw_true", percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "One row per niche: in colour its best creator by the most likely engagement rate with an "
        "80% interval; a ring at the highest rate that posts of the niche show, joined to what it is most "
        "likely worth.", numbers,
        x="Engagement rate (colour: best bet, 80% interval;\n"
        "ring: highest rate shown, joined to its most likely value)",
    )  # fmt: skip


def reach_curve(curve: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw unique reach by number of creators, its bounds as a band, the summed reach dashed."""
    rows = curve.sort_values("creators")
    ax = style.axes(ax, 4.2)
    if rows.empty or not rows["gross"].any():
        return style.empty(ax, title, "no creator reaches anybody")
    creators, gross, unique, low, high = (
        [0.0, *rows[name].astype(float)] for name in ("creators", "gross", "unique", "low", "high")
    )
    ax.fill_between(creators, low, high, color=style.NANO_FAINT, linewidth=0)
    ax.plot(creators, gross, color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    mark = "o" if len(rows) <= MARKED else "none"
    ax.plot(creators, unique, color=style.NANO, linewidth=2.6, marker=mark, markersize=5, clip_on=False)
    ax.set(xlim=(0, creators[-1]), ylim=(0, gross[-1] * 1.05))
    style.amounts(ax.yaxis)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    style.numbers(ax.xaxis)
    ax.grid(axis="y", color=style.FAINT)
    last = creators[-1]
    ends = [
        style.EndLabel(last, gross[-1], "summed reach,\ncounts people twice", style.DARK),
        style.EndLabel(last, unique[-1], "different people", style.NANO),
        style.EndLabel(last, low[-1], "at the least", style.DARK),
    ]
    if high[-1] < APART * gross[-1]:
        ends.append(style.EndLabel(last, high[-1], "at the most", style.DARK))
    numbers = style.table(curve.sort_values("creators"), "estimated", {
        "Creators": ("creators", count), "Different people": ("unique", count),
        "at the least": ("low", count), "at the most": ("high", count),
        "Summed reach": ("gross", count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title,
        "Different people reached against the number of creators as a line, the least and the most there can "
        "be as a band, and the sum of their reaches dashed.", numbers,
        x="Creators, in the order they are added", y="People", ends=ends, gap=24,
    )  # fmt: skip
