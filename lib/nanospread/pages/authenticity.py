"""Who can answer and who does, flags beside those of luck, and what a flag is worth.

No sentence says that somebody bought anything: the numbers cannot.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from scipy import stats

from nanospread.core.formatting import (
    Finding,
    count,
    counted,
    handle,
    listed,
    percent,
    shortened,
    significant,
)
from nanospread.creators import authenticity
from nanospread.creators.authenticity import CATALOGUE, LEAST_PEERS, LIMIT, MATERIAL, AssumedValue
from nanospread.pages import _style as style
from nanospread.pages.engagement.figures import tier_values, violins_by_tier
from nanospread.pages.show import Metric

SOME = 0.05  # flags to expect, under which they are hardly any
RARE = 0.05  # luck brings so many flags in any component more seldom than this (Bonferroni)
MOST_FLAGS = 12
RANGE = (0.005, 0.995)  # the quantiles between which a log axis runs
MIDDLE_HALF = (0.25, 0.75)


def _row(summary: pd.DataFrame, component: str, tier: str = "nano") -> dict[str, Any] | None:
    of = summary[(summary["component"] == component) & (summary["tier"].astype(str) == tier)]
    return {str(name): value for name, value in of.iloc[0].items()} if len(of) else None


def answerable(shares: pd.DataFrame, capacity: AssumedValue) -> Finding:
    """Return of how many creators one person can answer the comments (`authenticity.answerable`), by tier."""
    shares_by_tier = {str(row["tier"]): row for row in shares.to_dict("records")}
    if "nano" not in shares_by_tier:
        return Finding.of("No nano post with a known number of comments")
    row, other = shares_by_tier["nano"], shares_by_tier.get("macro")
    assumed = f"{significant(capacity.low)} to {significant(capacity.high)} comments a post"
    title = f"{percent(row['share'])} of nano creators could answer every comment"
    more = f", against {percent(other['share'])} of macro creators" if other else ""
    spread = f"{percent(row['low'])} to {percent(row['high'])}"
    return Finding(
        shortened(title + more),
        f"{title}{more}. This assumes that one person manages {significant(capacity.central)} comments a "
        f"post. With {assumed} it is {spread}.",
    )


def talk(summary: pd.DataFrame) -> Finding:
    """Return which part of the engagements are comments, and whether it differs from macro's."""
    row, other = (_row(summary, "comment_share", name) for name in ("nano", "macro"))
    if row is None:
        return Finding.of("No nano post with known likes and comments")
    title = f"{percent(row['median'])} of typical nano engagements are comments"
    text = f"{title}{_interval(row)}"
    if other is None or math.isnan(other["median_low"]) or math.isnan(row["median_low"]):
        return Finding(title, f"{text}.")
    middle = f"macro's {percent(other['median'])}"
    if row["median_low"] > other["median_high"]:
        beside = f"more than {middle}"
    elif row["median_high"] < other["median_low"]:
        beside = f"less than {middle}"
    else:
        return Finding(
            shortened(f"{title}, about as for macro"),
            f"{text}. That is not clearly different from {middle}{_interval(other)}.",
        )
    return Finding(shortened(f"{title}, {beside}"), f"{text}. That is {beside}{_interval(other)}.")


def _interval(row: Mapping[str, Any]) -> str:
    if math.isnan(row["median_low"]):
        return f" ({counted(row['creators'], 'creator')}, too few for an interval)"
    return f" (95% interval {percent(row['median_low'])} to {percent(row['median_high'])})"


def answered(summary: pd.DataFrame) -> Finding:
    """Return which part of their comments nano creators answer, as far as the export tells."""
    row = _row(summary, "reply_rate")
    if row is None:
        none = "How many comments nano creators answer is not in the export"
        return Finding(none, f"{none}, which has neither their replies nor the comments' texts.")
    title = f"A typical nano creator answers {percent(row['median'])} of comments"
    varies = f"It varies from {percent(row['p5'])} to {percent(row['p95'])}."
    return Finding(title, f"{title}{_interval(row)}. {varies}")


def disclosed(summary: pd.DataFrame) -> Finding:
    """Return which part of the posts with signs of advertising nano creators label."""
    row = _row(summary, "disclosure")
    if row is None:
        none = "Whether nano creators label advertising is not in the export"
        return Finding(none, f"{none}, which has no captions with a sign of it.")
    title = f"A typical nano creator labels {percent(row['median'])} of posts that look like advertising"
    words = "The words gifted or partner alone do not count as a label."
    return Finding(shortened(title), f"{title}{_interval(row)}. {words}")


def not_exported(components: pd.DataFrame) -> Finding:
    """Return which of `authenticity.components` the export cannot tell, and what it would need."""
    known = components.groupby("component", sort=False)["n"].max()
    absent = [name for name in CATALOGUE if known.get(name, 0) == 0]
    if not absent:
        return Finding.of("The export contains everything these checks need")
    title = f"The export lacks {listed([CATALOGUE[name].called for name in absent], len(absent))}"
    needs = listed(list(dict.fromkeys(CATALOGUE[name].needs for name in absent)), len(absent))
    return Finding(shortened(title), f"{title}. These stay open, and need {needs}.")


def flag_rule() -> Finding:
    """Return when a creator is flagged: one rule for every component."""
    title = "A creator is flagged when a value is clearly outside what similar creators show"
    return Finding(
        title,
        f"{title}. The whole range of the value must lie more than {significant(LIMIT)} robust standard "
        f"deviations beyond the middle of similar creators, on the side that looks odd. It must also be "
        f"{percent(MATERIAL)} of the scale away. Similar creators have the same size and niche, or the same "
        f"size where these are under {LEAST_PEERS}. With fewer still, nobody is flagged.",
    )


def _expected(number: float) -> str:
    return f"about {significant(number)}" if number >= SOME else "hardly any"


def flags(components: pd.DataFrame) -> Finding:
    """Return how many creators are flagged, how many luck alone would flag, and for what."""
    number, expected, tested = authenticity.flagged(components)
    if tested == 0:
        none = "Too few creators alike to flag anybody"
        return Finding(none, f"{none}, since a flag needs similar creators and enough posts.")
    many, are = count(number) if number else "None", "is" if number == 1 else "are"
    title = f"{many} of {counted(tested, 'creator')} {are} flagged"
    by_luck = f"chance {'alone would flag ' if expected >= SOME else ''}{_expected(expected)}"
    comparisons = counted(int(components["tested"].sum()), "comparison")
    return Finding(
        shortened(f"{title}, {by_luck}"),
        f"{title}. With {comparisons} made, {by_luck}. Nobody is left out of any number for being flagged.",
    )


def flags_beyond_luck(rows: pd.DataFrame) -> Finding:
    """Return which components of `authenticity.by_chance` have more flags than luck would bring."""
    if rows.empty:
        return Finding.of("Too few creators alike to flag anybody")
    beyond = rows[(rows["p"] < RARE / len(rows)) & (rows["flagged"] > 0)]
    if beyond.empty:
        title = "No check flags more creators than chance would"
        return Finding(title, f"{title}, so none of the flags need mean anything.")
    names = [CATALOGUE[str(name)].called for name in beyond["component"]]
    parts = [
        f"{name} {count(row['flagged'])}, by chance {_expected(row['expected'])}"
        for name, row in zip(names, beyond.to_dict("records"), strict=True)
    ]
    title = f"Chance alone does not explain the flags for {listed(names)}"
    return Finding(shortened(title), f"{title} ({listed(parts)}). The others may all be chance.")


def flag_worth(rates: pd.DataFrame) -> Finding:
    """Return what a flag says about an account, from the assumed `authenticity.what_a_flag_tells`."""
    rates_by_case = {row["case"]: row for row in rates[rates["tier"] == "nano"].to_dict("records")}
    low, central, high = (
        float(rates_by_case[case]["bought_if_flagged"]) for case in ("worst", "central", "best")
    )
    missed = float(rates_by_case["central"]["bought_if_not"])
    base = f"{percent(rates_by_case['worst']['base_rate'])} to {percent(rates_by_case['best']['base_rate'])}"
    title = "A flag is a question, not proof"
    return Finding(
        shortened(title),
        f"{title}. Published estimates of nano accounts with bought numbers range from {base}. Under them, "
        f"{percent(low)} to {percent(high)} of flagged creators would have bought some ({percent(central)} "
        f"in the usual case), and {percent(missed)} of the others. None of this is measured, since no "
        "account here is known to be fake or real.",
    )


def checked_rows(
    by_tier: pd.DataFrame, answerable: pd.DataFrame, flagged: tuple[int, float, int]
) -> pd.DataFrame:
    """Return comment shares, answerable audiences, reply rate, and `authenticity.flagged` beside luck's."""
    medians = by_tier[
        (by_tier["component"] == "comment_share")
        | ((by_tier["component"] == "reply_rate") & (by_tier["tier"].astype(str) == "nano"))
    ]
    known = answerable[answerable["tier"].astype(str) == "nano"]
    number, expected, tested = flagged
    return pd.DataFrame(
        [
            *map(_median, medians.to_dict("records")),
            *map(_answerable, known.to_dict("records")),
            Metric.of("creators_flagged", number, "measured", n=tested),
            Metric.of("creators_flagged_by_chance", expected, "estimated", n=tested),
        ]
    )


def _median(row: Mapping[Hashable, Any]) -> Metric:
    name, ends = f"{row['component']}_median_{{tier}}", (row["median_low"], row["median_high"])
    return Metric.of(name, row["median"], "measured", *ends, n=row["creators"], words={"tier": row["tier"]})


def _answerable(row: Mapping[Hashable, Any]) -> Metric:
    """Return a tier's share of creators whom one person's answers suffice, which rests on an assumption."""
    ends = row["low"], row["high"]
    words = {"tier": row["tier"]}
    return Metric.of("answerable_{tier}", row["share"], "assumed", *ends, n=row["creators"], words=words)


def comment_share(components: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the distribution over creators of the share of comments among engagements, by tier.

    components: creator, tier (ordered category), component, value [share], n, as `authenticity.components`.
    """
    known = components[(components["component"] == "comment_share") & (components["n"] > 0)]
    shares = tier_values(known, "value")
    ax = style.axes(ax, 1.3 + 0.75 * max(len(shares), 2))
    if not shares:
        return style.empty(ax, title, "no post has known likes and comments")
    violins_by_tier(ax, shares, [counted(len(values), "creator") for values in shares.values()], RANGE)
    numbers = style.quantiles(shares, "measured", "Tier", "Comments' share of engagements", percent)
    return style.finished(
        ax, title, "The distribution over creators of comments' share of engagements by tier, with each "
        "tier's median.", numbers, x="Comments, share of likes and comments (log scale)",
    )  # fmt: skip


def reply_capacity(
    per_creator: pd.DataFrame, capacity: AssumedValue, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw which share of the comments one person answers by comments per post, and where the tiers lie.

    per_creator: tier, comments_per_post, as `authenticity.comments_per_post`. The line is the central
    capacity, the band its low and high; each tier's mark is its median creator, its bar the middle half.
    """
    ax = style.axes(ax, 4.2)
    if per_creator.empty:
        return style.empty(ax, title, "no post has a known number of comments")
    tiers = [str(tier) for tier in per_creator["tier"].cat.categories]
    spans = {
        tier: per_creator.loc[per_creator["tier"] == tier, "comments_per_post"].quantile([*MIDDLE_HALF, 0.5])
        for tier in tiers
        if (per_creator["tier"] == tier).any()
    }
    ends = [float(at) for span in spans.values() for at in span]
    low, high = max(min([*ends, capacity.low]) / 1.5, 0.5), max([*ends, capacity.high]) * 1.5
    x = np.geomspace(low, high, 200)
    curve = {name: np.minimum(1.0, getattr(capacity, name) / x) for name in ("low", "central", "high")}
    ax.fill_between(x, curve["low"], curve["high"], color=style.FAINT, linewidth=0)
    ax.plot(x, curve["central"], color=style.DARK, linewidth=1.6)
    rows = -0.12 - 0.105 * np.arange(len(spans))
    for (tier, span), row in zip(spans.items(), rows, strict=True):
        ink = style.NANO if tier == "nano" else style.MACRO
        first, last, middle = (max(float(at), low) for at in span)
        ax.plot([first, last], [row, row], color=ink, linewidth=3, solid_capstyle="butt", alpha=0.5)
        ax.plot([middle], [row], "o", color=ink, markersize=7)
        words = f"{tier}: median {significant(float(span[0.5]))}"
        left = np.log(last / low) < 0.55 * np.log(high / low)
        at, shift, side = (last, 8, "left") if left else (first, -8, "right")
        style.note(ax, words, (at, row), (shift, 0), ha=side, color=ink)
    ax.set(xscale="log", xlim=(low, high), ylim=(float(rows[-1]) - 0.08, 1.06))
    style.log_ticks(ax.xaxis, low, high)
    style.numbers(ax.xaxis)
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1])
    style.percents(ax.yaxis)
    ax.grid(axis="x", color=style.FAINT)
    assumed = f"{significant(capacity.low)} to {significant(capacity.high)}"
    drawing = (
        f"The share of comments one person answers against comments per post, if {assumed} a post can be, "
        "and below it each tier's median creator with the middle half of its creators."
    )
    table = pd.DataFrame(
        [[tier, *span] for tier, span in spans.items()], columns=["tier", "p25", "p75", "p50"]
    )
    basis = {"comments": "measured", "what one person can answer": "assumed"}
    numbers = style.table(table, basis, {
        "Tier": ("tier", str), "Comments by others per post: median": ("p50", significant),
        "25% below": ("p25", significant), "75% below": ("p75", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, drawing, numbers,
        x="Comments by others per post (log scale); bars: middle half of creators",
        y=f"Could be answered by one,\nat {assumed} a post",
    )  # fmt: skip


def flagged_creators(components: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw each flag of `authenticity.components` beside the peers' median, the farthest first."""
    flags = components[components["flag"]]
    rows = flags.assign(distance=(flags["value"] - flags["peer_median"]).abs())
    rows = rows.sort_values(["distance", "creator"], ascending=[False, True], kind="stable").head(MOST_FLAGS)
    ax = style.axes(ax, 1.5 + 0.55 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, "nobody is flagged")
    places = np.arange(len(rows), dtype=float)
    value, low, high, peers = style.columns(rows, "value", "low", "high", "peer_median")
    ax.hlines(places, np.minimum(value, peers), np.maximum(value, peers), color=style.FAINT, linewidth=6)
    ax.hlines(places, low, high, color=style.NANO, linewidth=2.4, zorder=2)
    ax.scatter(peers, places, s=44, marker="D", c="white", edgecolors=style.MIDDLE, linewidths=1.6, zorder=3)
    ax.scatter(value, places, s=54, c=style.NANO, zorder=4, linewidths=0)
    for place, creator, component in zip(places, rows["creator"], rows["component"], strict=True):
        words = f"{handle(creator)}: {CATALOGUE[component].label.lower()}"
        style.note(ax, words, (0, place - 0.22), (2, 0), across=("axes fraction", "data"), va="bottom")
    ax.set(xlim=(-0.02, 1.02), ylim=(len(rows) - 0.4, -0.9), yticks=[])
    style.by_row(ax)
    rest = len(flags) - len(rows)
    more = f"\n{counted(rest, 'flag')} nearer to the peers not drawn" if rest else ""
    labelled = flags.loc[rows.index].assign(component=[CATALOGUE[name].label for name in rows["component"]])
    numbers = style.table(labelled, "measured", {
        "Creator": ("creator", handle), "Component": ("component", str),
        "Value": ("value", percent), "low": ("low", percent),
        "high": ("high", percent), "Median of its peers": ("peer_median", percent),
    })  # fmt: skip
    return style.finished(
        ax, title, "One row per flag: the component's value with its interval, and the median of its peers "
        "as a diamond.", numbers, x=f"Dot: the creator, with interval; diamond: median of its peers{more}",
    )  # fmt: skip


def flags_by_chance(rows: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw how many creators each component flags (`authenticity.by_chance`) over what luck brings."""
    ax = style.axes(ax, 1.5 + 0.5 * max(len(rows), 2))
    if rows.empty:
        return style.empty(ax, title, "too few creators alike to flag anybody")
    places = np.arange(len(rows), dtype=float)
    flagged, expected = rows["flagged"].to_numpy(dtype=float), rows["expected"].to_numpy(dtype=float)
    low, high = (np.maximum(stats.poisson.ppf(at, expected), 0.0) for at in (0.025, 0.975))
    ax.hlines(places, low, high, color=style.LIGHT, linewidth=9, zorder=1)
    ax.vlines(expected, places - 0.22, places + 0.22, color=style.DARK, linewidth=1.6, zorder=2)
    inks = [style.NANO if more else style.MIDDLE for more in flagged > high]
    ax.scatter(flagged, places, s=60, c=inks, zorder=3, linewidths=0)
    tested = zip(rows["component"], rows["tested"], strict=True)
    words = [f"{CATALOGUE[name].called}\n({counted(number, 'creator')})" for name, number in tested]
    style.ticks_at(ax.yaxis, places.tolist(), words)
    top = max(float(flagged.max()), float(high.max()), 1.0)
    ax.set(xlim=(-0.03 * top, 1.06 * top), ylim=(len(rows) - 0.4, -0.6))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    style.by_row(ax, style.numbers)
    drawing = "One row per component: creators flagged as a dot, over the number that luck alone would bring."
    named = rows.assign(name=[CATALOGUE[name].called for name in rows["component"]], low=low, high=high)
    numbers = style.table(named, {"flags": "measured", "chance": "estimated"}, {
        "Component": ("name", str), "Creators tested": ("tested", count),
        "Flagged": ("flagged", count),
        "By luck alone, on average": ("expected", significant),
        "at least (95%)": ("low", count), "at most (95%)": ("high", count),
    })  # fmt: skip
    label = "Creators flagged (dot); grey: what luck alone brings\nin 95% of cases, line: on average"
    return style.finished(ax, title, drawing, numbers, x=label)
