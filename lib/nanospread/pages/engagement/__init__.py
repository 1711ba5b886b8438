"""How engaged nano audiences are against larger ones, where the premium is real, and how much is luck.

What engagement rates rest on: their denominators, their traps, and chance between few posts.

Rows of page 02: rates of each tier, premiums, and the model's spreads.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.core.formatting import Finding, capital, counted, handle, listed, percent, shortened, times
from nanospread.core.intervals import Z95
from nanospread.creators.engagement import EngagementModel

LUCK = 0.05  # 95 % intervals: this share of them misses by chance alone [1]

STATISTICS = {"mean": "a mean", "median": "a median", "unknown": "mean or median not said",
              "grade": "a grade, not an average"}  # fmt: skip
LEAST_CREATORS = 5  # fewer say nothing about how creators differ


def gap(summary: pd.DataFrame, premium: pd.DataFrame, benchmark: "pd.Series | None" = None, *,
                   tier: str = "nano", versus: str = "micro") -> Finding:  # fmt: skip
    """Return the tier's median ER, whether it is above the other tier's, and where the benchmark lies.

    summary: tier, median, median_low, median_high [shares], comments_known, as `metrics.summary(posts)`.
    premium: one row with ratio, low, high, as `contrasts.premium(posts, by=None)`; empty where it is unknown.
    benchmark: benchmark, tier, value [share], statistic, year, as a row of `benchmarks.table()`.

    Raises: ValueError for a premium of several groups, none of which speaks for all posts.
    """
    if len(premium) > 1:
        raise ValueError(f"premium has {len(premium)} groups; needs the one row of premium(posts, by=None)")
    rows = summary[summary["tier"].astype(str) == tier]
    if rows.empty:
        return Finding(f"No {tier} posts with a known engagement rate", f"No {tier} post has a known rate.")
    row = rows.iloc[0]
    median = f"The median {tier} post engages {percent(row['median'])} of followers{_between(row)}"
    against = _against(premium, tier, versus)
    beside = _beside(row, benchmark)
    return Finding(
        f"{capital(tier)} median engagement {percent(row['median'])}: {against.title}",
        f"{median}.{_alone(row)} {capital(against.text)}.{beside}",
    )


def published_as(benchmark: "pd.Series") -> str:
    """Return a published figure in the words of a legend: published industry average, 2018, 1.6%.

    benchmark: benchmark, value [share], year, as a row of `benchmarks.table()`.
    """
    year = "" if pd.isna(benchmark["year"]) else f", {benchmark['year']:.0f}"
    return f"published {_called(benchmark)}{year}, {percent(benchmark['value'])}"


def _called(benchmark: "pd.Series") -> str:
    return handle(str(benchmark["benchmark"]).replace("_", " "))


def _alone(row: "pd.Series") -> str:
    return "" if row["comments_known"] else " No comments are known, so these are rates of likes alone."


def _between(row: "pd.Series") -> str:
    if math.isnan(row["median_low"]):
        return " (one creator, so no interval)"
    return f" (95% interval {percent(row['median_low'])} to {percent(row['median_high'])})"


def _against(premium: pd.DataFrame, tier: str, versus: str) -> Finding:
    if premium.empty:
        return Finding(f"no {versus} to compare with", f"there are too few {versus} creators to compare with")
    low, high, ratio = (float(premium.iloc[0][name]) for name in ("low", "high", "ratio"))
    interval = f"95% interval {times(low).removesuffix(' times')} to {times(high)}"
    if low <= 1 <= high or math.isnan(ratio + low + high):
        return Finding(
            f"no clear difference from {versus}",
            f"there is no clear difference from {versus} creators ({times(ratio)}; {interval})",
        )
    return Finding(
        f"{times(ratio)} that of {versus}",
        f"a typical {tier} creator engages {times(ratio)} the share of a typical {versus} one ({interval})",
    )


def _beside(row: "pd.Series", benchmark: "pd.Series | None") -> str:
    if benchmark is None:
        return ""
    value = float(benchmark["value"])
    side = "not clearly different from"  # also where there is no interval: nan is neither above nor below
    if row["median_low"] > value:
        side = "above"
    elif row["median_high"] < value:
        side = "below"
    of = "all sizes" if benchmark["tier"] == "all" else str(benchmark["tier"])
    year = "year not shown" if pd.isna(benchmark["year"]) else f"{benchmark['year']:.0f}"
    kind = STATISTICS[str(benchmark["statistic"])]
    return f" It is {side} the published {percent(value)} ({_called(benchmark)}; {of}, {year}, {kind})."


def niche_premium(premium: pd.DataFrame, *, tier: str = "nano", versus: str = "micro") -> Finding:
    """Return the niches in which the tier is more engaged than the other beyond doubt, and where it is less.

    premium: group, ratio, low, high, as `contrasts.premium(posts)`.
    """
    known = premium.dropna(subset=["low", "high"])
    total = len(known)
    if total == 0:
        none = f"No niche has enough {tier} and {versus} creators to compare"
        return Finding(none, none + ".")
    ahead = known[known["low"] > 1].sort_values("ratio", ascending=False, kind="stable")
    behind = known[known["high"] < 1].sort_values("ratio", kind="stable")
    number = len(ahead) or "none"
    title = f"{capital(tier)} is clearly ahead of {versus} in {number} of {counted(total, 'niche')}"
    return Finding(title, f"{title}{_named(ahead)}.{_losing(behind, tier)}{_chance(len(ahead), total)}")


def _named(ahead: pd.DataFrame) -> str:
    names = [f"{handle(row['group'])} ({times(row['ratio'])})" for row in ahead.to_dict("records")]
    return f": {listed(names)}" if names else ", so treat the premium as unproven"


def _losing(behind: pd.DataFrame, tier: str) -> str:
    names = [handle(name) for name in behind["group"]]
    return f" {capital(tier)} is less engaged in {listed(names)}." if names else ""


def _chance(found: int, total: int) -> str:
    if found != 1 or total < 5:
        return ""
    return f" With {total} niches compared, one such lead can be luck."


def niche_range(by_niche: pd.DataFrame, *, tier: str = "nano", least: int = LEAST_CREATORS) -> Finding:
    """Return between which medians the tier's niches lie, those of fewer than `least` creators left aside.

    by_niche: niche, creators, median [share of followers], as `metrics.summary` of the tier's posts.
    """
    rows = by_niche[by_niche["creators"] >= least].sort_values("median", kind="stable")
    if rows.empty:
        return Finding(f"Too few {tier} creators in any niche", f"No niche has {least} {tier} creators.")
    low, high = rows.iloc[0], rows.iloc[-1]
    if len(rows) == 1:
        title = f"Median {tier} engagement in {handle(low['niche'])}: {percent(low['median'])}"
    else:
        title = (
            f"Median {tier} engagement: {percent(low['median'])} in {handle(low['niche'])}, "
            f"{percent(high['median'])} in {handle(high['niche'])}"
        )
    return Finding(shortened(title), f"{title}, of the niches with at least {least} creators.")


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
    last size are compared by their ratio; its interval takes theirs as independent, which is cautious: both
    share the other tier's creators, whose spread cancels. Intervals that overlap can still be apart.
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


RATES = {
    "median": ("Median ER of {} posts", "median over posts of (likes + comments) / followers"),
    "mean": ("Mean ER of {} posts", "mean over posts of (likes + comments) / followers"),
    "pooled": ("ER of all {} posts together", "sum of (likes + comments) / sum of followers, over posts"),
}


SPREADS = {
    "sd_between": (
        "Spread between creators",
        "ln",
        "REML: sd of creators' log ER around their niche and followers",
    ),
    "sd_within": (
        "Spread between one creator's posts",
        "ln",
        "REML: sd of posts around their creator's log ER",
    ),
    "icc": ("Part of the spread that is the creator's", "share", "sd_between² / (sd_between² + sd_within²)"),
}


def checked_rows(
    by_tier: pd.DataFrame,
    model: EngagementModel,
    *,
    premium: pd.DataFrame | None = None,
    by_size: pd.DataFrame | None = None,
    sponsored: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return median, mean and pooled ER of each tier, the model's spreads, and the ratios that are known.

    by_tier: one row per tier, as `metrics.summary(posts, "tier")`. premium, by_size and sponsored: ratio,
    low, high and counts, as `contrasts.premium(posts, by=None)`, `premium_by_size` and `sponsored_effect`; a
    ratio that the posts cannot tell has no row.
    """
    rates = [_rates(by_tier, statistic) for statistic in RATES]
    spreads = pd.DataFrame(
        {
            "metric": list(SPREADS),
            "label": [label for label, _, _ in SPREADS.values()],
            "value": [getattr(model, name) for name in SPREADS],
            "low": [_low(model, name) for name in SPREADS],
            "high": [-_low(model, name, -1.0) for name in SPREADS],
            "n": model.n_posts,
            "unit": [unit for _, unit, _ in SPREADS.values()],
            "basis": ["estimated" if measured else "assumed" for measured in _measured(model)],
            "formula": [
                formula if measured else "published for real posts: these are too few to tell"
                for measured, (_, _, formula) in zip(_measured(model), SPREADS.values(), strict=True)
            ],
        }
    )
    ratios = _premiums(premium, by_size) + _sponsored(sponsored)
    return pd.concat([*rates, spreads, *([pd.DataFrame(ratios)] if ratios else [])], ignore_index=True)


def _premiums(premium: pd.DataFrame | None, by_size: pd.DataFrame | None) -> list[dict[str, object]]:
    """Return the nano premium over micro: of all posts, then of each size of nano. n is creators."""
    whole = [] if premium is None else premium.to_dict("records")
    sizes = [] if by_size is None else by_size.to_dict("records")
    named = [("nano_premium", "Nano premium over micro", row) for row in whole]
    for row in sizes:
        name = str(row["group"]).replace("-", "_")
        named.append((f"nano_premium_{name}", f"Nano premium over micro, {row['group']} followers", row))
    formula = "ratio of geometric means over creators of their mean log ER; Welch interval"
    return [
        {"metric": metric, "label": label, "value": row["ratio"], "low": row["low"], "high": row["high"]}
        | {"n": row["creators_tier"] + row["creators_versus"], "unit": "ratio"}
        | {"basis": "estimated", "formula": formula}
        for metric, label, row in named
    ]


def _sponsored(effect: pd.DataFrame | None) -> list[dict[str, object]]:
    return [
        {
            "metric": "sponsored_effect",
            "label": "ER of sponsored posts over that of organic ones, same creator",
            "value": row["ratio"],
            "low": row["low"],
            "high": row["high"],
            "n": row["posts_sponsored"] + row["posts_organic"],
            "unit": "ratio",
            "basis": "estimated",
            "formula": "exp of the mean difference of log ER within creators; interval clustered by creator",
        }
        for row in ([] if effect is None else effect.to_dict("records"))
    ]


def _measured(model: EngagementModel) -> tuple[bool, bool, bool]:
    """Return whether the posts themselves told sd_between, sd_within, and with both of them the ICC."""
    between, within = (basis == "measured" for basis in (model.sd_between_basis, model.sd_within_basis))
    return between, within, between and within


def _rates(by_tier: pd.DataFrame, statistic: str) -> pd.DataFrame:
    names = by_tier["tier"].astype(str).str.replace(" ", "_")
    return pd.DataFrame(
        {
            "metric": f"er_{statistic}_" + names,
            "label": [RATES[statistic][0].format(tier) for tier in by_tier["tier"]],
            "value": by_tier[statistic],
            "low": by_tier.get(f"{statistic}_low", float("nan")),
            "high": by_tier.get(f"{statistic}_high", float("nan")),
            "n": by_tier["posts"],
            "unit": "share",
            "basis": "measured",
            "formula": [_formula(statistic, known) for known in by_tier["comments_known"]],
        }
    )


def _formula(statistic: str, comments_known: int) -> str:
    """Return the formula of a tier's rate; where no comments are known, it is one of likes alone."""
    formula = RATES[statistic][1]
    return formula if comments_known else formula.replace("(likes + comments)", "likes (no comments known)")


def _low(model: EngagementModel, name: str, sign: float = 1.0) -> float:
    """Return the lower end of a spread's 95 % interval; with sign -1 the negative of its upper end."""
    return sign * float(getattr(model, name)) - Z95 * float(getattr(model, f"{name}_se", float("nan")))
