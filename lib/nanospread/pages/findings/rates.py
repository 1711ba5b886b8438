"""What engagement rates rest on: their denominators, their traps, and chance between few posts."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.core.formatting import Finding, capital, counted, listed, percent, shortened, times
from nanospread.core.intervals import wilson
from nanospread.pages.findings.engagement import LEAST_CREATORS

BY_CHANCE = 0.05  # outside a 95 % band [1]
BASES = {
    "er_by_reach": "the accounts reached",
    "er_by_views": "the views",
    "er_by_impressions": "the impressions",
}


def published(benchmarks: pd.DataFrame, by_tier: pd.DataFrame, *, tier: str = "nano") -> Finding:
    """Return where the tier's median ER lies among the figures published for that tier.

    benchmarks: tier, value [share], as `benchmarks.averages(benchmarks.table())`. by_tier: tier, median,
    median_low, median_high [shares], as `metrics.summary(posts, "tier")`.
    """
    values = benchmarks.loc[benchmarks["tier"] == tier, "value"]
    own = by_tier[by_tier["tier"].astype(str) == tier]
    if values.empty or own.empty:
        return Finding(f"No {tier} figure to compare with", f"There is no {tier} figure to compare with.")
    median, low, high = (float(own.iloc[0][name]) for name in ("median", "median_low", "median_high"))
    run = f"{percent(values.min())} to {percent(values.max())}"
    title = f"Published {tier} figures run from {run}; our median is {percent(median)}"
    if math.isnan(low + high):
        return Finding(title, f"{title}, from too few creators for an interval.")
    below, above = int((values < low).sum()), int((values > high).sum())
    return Finding(
        title,
        f"{title}: of {counted(len(values), 'published figure')}, {below} lie below our 95% interval, "
        f"{above} above it and {len(values) - below - above} inside.",
    )


def other_rates(by_rate: pd.DataFrame, *, tier: str = "nano") -> Finding:
    """Return the tier's median rate by each denominator other than followers that the exports carry.

    by_rate: rate, tier, posts, creators, median, median_low, median_high [shares], as `metrics.by_rate`.
    """
    rows = by_rate[by_rate["tier"].astype(str) == tier].to_dict("records")
    if not rows:
        none = f"The exports carry no reach or views of {tier} posts"
        return Finding(none, f"{none}: followers are the only denominator here.")
    medians = [f"{percent(row['median'])} of {BASES[row['rate']]}" for row in rows]
    said = [f"{median} ({_sized(row)})" for median, row in zip(medians, rows, strict=True)]
    return Finding(
        shortened(f"Median {tier} engagement: {listed(medians)}"),
        f"Where the exports say so, the median {tier} post engages {listed(said)}.",
    )


def _sized(row: Mapping[Hashable, Any]) -> str:
    counts = f"{counted(row['posts'], 'post')} of {counted(row['creators'], 'creator')}"
    if math.isnan(row["median_low"]):
        return counts
    return f"95% interval {percent(row['median_low'])} to {percent(row['median_high'])}, {counts}"


def traps(table: pd.DataFrame) -> Finding:
    """Return which trap caught most posts, and what was done about each that caught any.

    table: trap, posts, share, handling, as `metrics.traps`.
    """
    caught = table[table["posts"] > 0].sort_values("posts", ascending=False, kind="stable")
    if caught.empty:
        return Finding("No post is in a known trap", "No post is in any of the traps that are looked for.")
    first = caught.iloc[0]
    said = [
        f"{row['trap']}: {counted(row['posts'], 'post')} ({percent(row['share'])}; {row['handling']})"
        for row in caught.to_dict("records")
    ]
    title = f"Most frequent trap: {first['trap']}, {percent(first['share'])} of posts"
    return Finding(shortened(title), f"{capital('. '.join(capital(part) for part in said))}.")


def sponsored(effect: pd.DataFrame) -> Finding:
    """Return whether creators' sponsored posts engage less than their organic ones.

    effect: one row with ratio, low, high [1], creators, posts_sponsored, or none, as
    `contrasts.sponsored_effect`.
    """
    if effect.empty:
        none = "Too few creators with sponsored and organic posts to compare"
        return Finding(none, none + ".")
    row = effect.iloc[0]
    ratio, low, high = (float(row[name]) for name in ("ratio", "low", "high"))
    ends = f"{times(low).removesuffix(' times')} to {times(high)}"
    behind = (
        f"{times(ratio)} an organic post of the same creator, 95% interval {ends}, from "
        f"{counted(row['posts_sponsored'], 'sponsored post')} of {counted(row['creators'], 'creator')}"
    )
    caution = "It is an effect only if the posts that were paid for are otherwise like the others."
    if low <= 1 <= high:
        title = "No clear difference between sponsored and organic posts of the same creators"
        return Finding(title, f"{title} ({behind}).")
    change = f"{percent(abs(1 - ratio))} {'less' if ratio < 1 else 'more'}"
    title = f"Sponsored posts engage {change} than organic posts of the same creators"
    return Finding(title, f"{title} ({behind}). {caution}")


def premium_by_size(premium: pd.DataFrame, *, versus: str = "micro") -> Finding:
    """Return whether the premium falls with size inside nano, and at which sizes it is there at all.

    premium: group, ratio, low, high [1], by rising size, as `contrasts.premium_by_size`. The first and the
    last size are compared by their ratio; its interval takes their intervals as independent, which is
    cautious: both share the other tier's creators, whose spread cancels. Intervals that overlap can still be
    apart.
    """
    rows = premium.dropna(subset=["low", "high"])
    if rows.empty:
        none = f"No size of nano has enough creators to compare with {versus}"
        return Finding(none, none + ".")
    ahead = rows[rows["low"] > 1]
    said = [f"{group} ({times(ratio)})" for group, ratio in zip(ahead["group"], ahead["ratio"], strict=True)]
    clear = f"Clearly above {versus}: {listed(said) if said else 'no size'}."
    first, last = rows.iloc[0], rows.iloc[-1]
    fall = math.log(first["ratio"] / last["ratio"])
    half = math.hypot(*(math.log(row["high"] / row["low"]) / 2 for row in (first, last)))
    if fall > half:
        title = (
            f"The premium sits at small sizes: {times(first['ratio'])} {versus} at {first['group']}, "
            f"{times(last['ratio'])} at {last['group']}"
        )
    elif fall < -half:
        title = f"The premium grows with size: {times(last['ratio'])} {versus} at {last['group']} followers"
    else:
        title = "The premium does not clearly depend on size within nano"
    return Finding(shortened(title), f"{title}. {clear}")


def true_differences(rows: pd.DataFrame) -> Finding:
    """Return whether creators differ by more than chance between few posts would make them.

    rows: outside (bool), n_posts, as `engagement.beside_chance`.
    """
    n = len(rows)
    if n < LEAST_CREATORS:
        thin = "Too few creators to tell differences from chance"
        return Finding(thin, f"{thin}: {counted(n, 'creator')}.")
    share = float(rows["outside"].mean())
    low, high = (float(end[0]) for end in wilson(share, n))
    seen = f"{percent(share)} lie outside what chance explains, against {percent(BY_CHANCE)} by chance"
    behind = f" (95% interval {percent(low)} to {percent(high)}, {counted(n, 'creator')})"
    if low > BY_CHANCE:
        title = f"Creators truly differ: {seen}"
        return Finding(title, f"{title}{behind}. The outer band adds those true differences.")
    title = f"No clear difference between creators: {seen}"
    return Finding(shortened(title), f"{title}{behind}.")
