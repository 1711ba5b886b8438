"""Who can answer the audience, how much it talks, and which flags there are beside those of luck."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from scipy import stats

from nanospread.core.formatting import count, counted, handle, percent, significant
from nanospread.creators.authenticity import CATALOGUE, AssumedValue
from nanospread.pages import _style as style

MOST_FLAGS = 12
RANGE = (0.005, 0.995)  # the quantiles between which a log axis runs
MIDDLE_HALF = (0.25, 0.75)


def comment_share(components: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw the distribution over creators of the share of comments among engagements, by tier.

    components: creator, tier (ordered category), component, value [share], n, as `authenticity.components`.
    Creators without a comment count in the median but have no place on a log axis.
    """
    known = components[(components["component"] == "comment_share") & (components["n"] > 0)]
    placed = known[known["value"] > 0]
    present = set(placed["tier"].astype(str))
    order = [str(tier) for tier in components["tier"].cat.categories if str(tier) in present]
    ax = style.axes(ax, 1.3 + 0.75 * max(len(order), 2))
    if not order:
        return style.empty(ax, title, "no post has known likes and comments")
    shape = pd.DataFrame({"value": placed["value"].to_numpy(dtype=float), "tier": placed["tier"].astype(str)})
    low, high = (float(shape["value"].quantile(at)) for at in RANGE)
    of = {tier: known.loc[known["tier"] == tier, "value"] for tier in order}
    medians = {tier: float(values.median()) for tier, values in of.items()}
    sizes = [counted(len(values), "creator") for values in of.values()]
    style.by_tier(ax, shape.reset_index(drop=True), medians, sizes, low / 1.15, high * 1.15)
    shares = {tier: values.to_numpy(dtype=float) for tier, values in of.items()}
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
    of = pd.DataFrame([[tier, *span] for tier, span in spans.items()], columns=["tier", "p25", "p75", "p50"])
    basis = {"comments": "measured", "what one person can answer": "assumed"}
    numbers = style.table(of, basis, {
        "Tier": ("tier", str), "Comments by others per post: median": ("p50", significant),
        "25% below": ("p25", significant), "75% below": ("p75", significant),
    })  # fmt: skip
    return style.finished(
        ax, title, drawing, numbers,
        x="Comments by others per post (log scale); bars: middle half of creators",
        y=f"Could be answered by one,\nat {assumed} a post",
    )  # fmt: skip


def flagged(components: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
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
    named = flags.loc[rows.index].assign(component=[CATALOGUE[name].label for name in rows["component"]])
    numbers = style.table(named, "measured", {
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
    seen, expected = rows["flagged"].to_numpy(dtype=float), rows["expected"].to_numpy(dtype=float)
    low, high = (np.maximum(stats.poisson.ppf(at, expected), 0.0) for at in (0.025, 0.975))
    ax.hlines(places, low, high, color=style.LIGHT, linewidth=9, zorder=1)
    ax.vlines(expected, places - 0.22, places + 0.22, color=style.DARK, linewidth=1.6, zorder=2)
    inks = [style.NANO if more else style.MIDDLE for more in seen > high]
    ax.scatter(seen, places, s=60, c=inks, zorder=3, linewidths=0)
    tested = zip(rows["component"], rows["tested"], strict=True)
    words = [f"{CATALOGUE[name].called}\n({counted(number, 'creator')})" for name, number in tested]
    style.ticks_at(ax.yaxis, places.tolist(), words)
    top = max(float(seen.max()), float(high.max()), 1.0)
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
