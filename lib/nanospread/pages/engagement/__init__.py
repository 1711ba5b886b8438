"""How engaged nano audiences are: by tier, niche and size, beside published rates; the traps of a rate."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from nanospread.core.estimates import Z95
from nanospread.core.formatting import Finding, capital, counted, handle, listed, percent, shortened, times
from nanospread.creators.engagement import EngagementModel
from nanospread.creators.metrics import MOST_MEDIAN
from nanospread.ingest.platforms import PLATFORM
from nanospread.pages.labels import inside
from nanospread.pages.show import Metric

STATISTICS = {"mean": "a mean", "median": "a median", "unknown": "mean or median not said",
              "grade": "a grade, not an average"}  # fmt: skip
LEAST_CREATORS = 5  # fewer say nothing about how creators differ
BASES = {
    "er_by_reach": "the accounts reached",
    "er_by_views": "the views",
    "er_by_impressions": "the impressions",
}
PUBLISHED = "published for real posts: these are too few to tell"  # in place of a formula


def gap(summary: pd.DataFrame, premium: pd.DataFrame, benchmark: "pd.Series | None" = None) -> Finding:
    """Return nano's median ER, whether it is above micro's, and where the benchmark lies.

    summary: as `metrics.summary(posts)`. premium: as `contrasts.premium(posts, by=None)`; empty where it is
    unknown, ValueError for several groups, none of which speaks for all posts. benchmark: of `benchmarks`.
    """
    if len(premium) > 1:
        raise ValueError(f"premium has {len(premium)} groups; needs the one row of premium(posts, by=None)")
    rows = summary[summary["tier"].astype(str) == "nano"]
    if rows.empty:
        return Finding("No nano posts with a known engagement rate", "No nano post has a known rate.")
    row = rows.iloc[0]
    if row["median"] > MOST_MEDIAN:
        title = "Nano engagement cannot be as the data say"
        return Finding(title, f"{title}. The typical post engages over {percent(MOST_MEDIAN)} of followers.")
    interval = f"95% range {percent(row['median_low'])} to {percent(row['median_high'])}"
    between = "one creator, so no range" if math.isnan(row["median_low"]) else interval
    median = f"A typical nano post engages {percent(row['median'])} of followers ({between})"
    alone = "" if row["comments_known"] else " No comments are known, so these are rates of likes alone."
    against = _against(premium)
    beside = _beside(row, benchmark)
    return Finding(
        f"A typical nano post engages {percent(row['median'])}, {against.title}",
        f"{median}.{alone} {capital(against.text)}.{beside}",
    )


def published_as(benchmark: "pd.Series") -> str:
    """Return a row of `benchmarks.table` as a legend says it: published industry average, 2018, 1.6%."""
    year = "" if pd.isna(benchmark["year"]) else f", {benchmark['year']:.0f}"
    return f"published {_called(benchmark)}{year}, {percent(benchmark['value'])}"


def _called(benchmark: "pd.Series") -> str:
    return handle(inside("benchmark", benchmark["benchmark"]))


def _against(premium: pd.DataFrame) -> Finding:
    if premium.empty:
        return Finding("no micro to compare with", "there are too few micro creators to compare with")
    low, high, ratio = (float(premium.iloc[0][name]) for name in ("low", "high", "ratio"))
    interval = f"95% range {times(low).removesuffix(' times')} to {times(high)}"
    if low <= 1 <= high or math.isnan(ratio + low + high):
        return Finding(
            "no clear difference from micro",
            f"there is no clear difference from micro creators ({times(ratio)}, {interval})",
        )
    return Finding(
        f"{times(ratio)} that of micro",
        f"a typical nano creator engages {times(ratio)} the share of a typical micro one ({interval})",
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
    tier = "all sizes" if benchmark["tier"] == "all" else str(benchmark["tier"])
    year = "year not shown" if pd.isna(benchmark["year"]) else f"{benchmark['year']:.0f}"
    kind = STATISTICS[str(benchmark["statistic"])]
    return f" It is {side} the published {percent(value)} ({_called(benchmark)}, {tier}, {year}, {kind})."


def niche_premium(premium: pd.DataFrame) -> Finding:
    """Return the niches of `contrasts.premium` in which nano is clearly more engaged, or less."""
    known = premium.dropna(subset=["low", "high"])
    total = len(known)
    if total == 0:
        return Finding.of("No niche has enough nano and micro creators to compare")
    ahead = known[known["low"] > 1].sort_values("ratio", ascending=False, kind="stable")
    behind = known[known["high"] < 1].sort_values("ratio", kind="stable")
    lead = f"{len(ahead) or 'none'} of {counted(total, 'niche')}"
    title = f"Nano is clearly ahead of micro in {lead}"
    names = [f"{handle(row['group'])} ({times(row['ratio'])})" for row in ahead.to_dict("records")]
    text = f"{title}, namely {listed(names)}." if names else f"{title}, so treat the lead as unproven."
    if len(behind):
        text += f" Nano is less engaged in {listed([handle(name) for name in behind['group']])}."
    if len(ahead) == 1 and total >= 5:
        text += f" With {total} niches compared, one such lead can be luck."
    return Finding(title, text)


def niche_range(by_niche: pd.DataFrame) -> Finding:
    """Return between which medians nano's niches lie, those of fewer than `LEAST_CREATORS` left aside."""
    rows = by_niche[by_niche["creators"] >= LEAST_CREATORS].sort_values("median", kind="stable")
    if rows.empty:
        return Finding("Too few nano creators in any niche", f"No niche has {LEAST_CREATORS} nano creators.")
    low, high = rows.iloc[0], rows.iloc[-1]
    if len(rows) == 1:
        title = f"Typical nano engagement is {percent(low['median'])} in {handle(low['niche'])}"
    else:
        title = (
            f"Typical nano engagement runs from {percent(low['median'])} in {handle(low['niche'])} to "
            f"{percent(high['median'])} in {handle(high['niche'])}"
        )
    return Finding(shortened(title), f"{title}, among niches with at least {LEAST_CREATORS} creators.")


def published(benchmarks: pd.DataFrame, by_tier: pd.DataFrame, *, platform: str = PLATFORM) -> Finding:
    """Return where nano's median ER lies among the figures of `benchmarks.averages` for nano."""
    if benchmarks.empty:
        return Finding.of(f"No published engagement rate for {inside('platform', platform)} is known here")
    values = benchmarks.loc[benchmarks["tier"] == "nano", "value"]
    ours = by_tier[by_tier["tier"].astype(str) == "nano"]
    if values.empty or ours.empty:
        return Finding("No nano figure to compare with", "There is no nano figure to compare with.")
    median, low, high = (float(ours.iloc[0][name]) for name in ("median", "median_low", "median_high"))
    run = f"{percent(values.min())} to {percent(values.max())}"
    title = f"Published nano figures run from {run}, ours is {percent(median)}"
    if math.isnan(low + high):
        return Finding(title, f"{title}, from too few creators for a range.")
    below, above = int((values < low).sum()), int((values > high).sum())
    return Finding(
        title,
        f"{title}. Of {counted(len(values), 'published figure')}, {below} lie below our 95% range, "
        f"{above} above it and {len(values) - below - above} inside.",
    )


def other_rates(by_rate: pd.DataFrame) -> Finding:
    """Return nano's median rate by each other denominator than followers, of `metrics.by_rate`."""
    rows = by_rate[by_rate["tier"].astype(str) == "nano"].to_dict("records")
    if not rows:
        none = "The exports carry no reach or views of nano posts"
        return Finding(none, f"{none}, so rates are of followers alone.")
    medians = [f"{percent(row['median'])} of {BASES[row['rate']]}" for row in rows]
    clauses = [f"{median} ({_sized(row)})" for median, row in zip(medians, rows, strict=True)]
    return Finding(
        shortened(f"A typical nano post engages {listed(medians)}"),
        f"Where the exports say so, a typical nano post engages {'. It engages '.join(clauses)}.",
    )


def _sized(row: Mapping[Hashable, Any]) -> str:
    counts = f"{counted(row['posts'], 'post')} of {counted(row['creators'], 'creator')}"
    if math.isnan(row["median_low"]):
        return counts
    return f"95% range {percent(row['median_low'])} to {percent(row['median_high'])}, {counts}"


def traps(table: pd.DataFrame) -> Finding:
    """Return which trap of `metrics.traps` caught most posts, and what was done about each."""
    caught = table[table["posts"] > 0].sort_values("posts", ascending=False, kind="stable")
    if caught.empty:
        return Finding("No post is in a known trap", "No post is in any of the traps that are looked for.")
    first = caught.iloc[0]
    clauses = [
        f"{row['trap']} in {counted(row['posts'], 'post')} ({percent(row['share'])}), {row['handling']}"
        for row in caught.to_dict("records")
    ]
    title = f"The most frequent trap is {first['trap']}, in {percent(first['share'])} of posts"
    return Finding(shortened(title), f"{capital('. '.join(capital(part) for part in clauses))}.")


def sponsored(effect: pd.DataFrame) -> Finding:
    """Return whether creators' sponsored posts engage less than their organic ones (`sponsored_effect`)."""
    if effect.empty:
        return Finding.of("Too few creators with sponsored and organic posts to compare")
    row = effect.iloc[0]
    ratio, low, high = (float(row[name]) for name in ("ratio", "low", "high"))
    ends = f"{times(low).removesuffix(' times')} to {times(high)}"
    behind = (
        f"{times(ratio)}, 95% range {ends}, from {counted(row['posts_sponsored'], 'sponsored post')} of "
        f"{counted(row['creators'], 'creator')}"
    )
    caution = "This is an effect only if posts that were paid for are otherwise like the others."
    if low <= 1 <= high:
        title = "No clear difference between sponsored and organic posts of the same creators"
        return Finding(title, f"{title} ({behind}).")
    change = f"{percent(abs(1 - ratio))} {'less' if ratio < 1 else 'more'}"
    title = f"Sponsored posts engage {change} than organic posts of the same creators"
    return Finding(title, f"{title} ({behind}). {caution}")


def premium_by_size(premium: pd.DataFrame) -> Finding:
    """Return whether the premium falls with size inside nano, and at which sizes it is there at all.

    premium: group, ratio, low, high [1], by rising size, as `contrasts.premium_by_size`. The first and the
    last size are compared by their ratio; its interval takes theirs as independent, which is cautious: both
    share the micro creators, whose spread cancels. Intervals that overlap can still be apart.
    """
    rows = premium.dropna(subset=["low", "high"])
    if rows.empty:
        return Finding.of("No size of nano has enough creators to compare with micro")
    ahead = rows[rows["low"] > 1]
    sizes = [f"{group} ({times(ratio)})" for group, ratio in zip(ahead["group"], ahead["ratio"], strict=True)]
    clear = f"Clearly above micro: {listed(sizes)}." if sizes else "No size is clearly above micro."
    first, last = rows.iloc[0], rows.iloc[-1]
    fall = math.log(first["ratio"] / last["ratio"])
    half = math.hypot(*(math.log(row["high"] / row["low"]) / 2 for row in (first, last)))
    if fall > half:
        title = (
            f"The lead is at small sizes, {times(first['ratio'])} micro at {first['group']} against "
            f"{times(last['ratio'])} at {last['group']}"
        )
    elif fall < -half:
        title = f"The lead grows with size, to {times(last['ratio'])} micro at {last['group']} followers"
    else:
        title = "The lead does not clearly depend on size within nano"
    return Finding(shortened(title), f"{title}. {clear}")


def checked_rows(
    by_tier: pd.DataFrame,
    model: EngagementModel,
    *,
    premium: pd.DataFrame | None = None,
    by_size: pd.DataFrame | None = None,
    sponsored: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return median, mean and pooled ER of each tier, the model's spreads, and the ratios that are known.

    by_tier: as `metrics.summary(posts, "tier")`. premium, by_size and sponsored: as of `contrasts`; a ratio
    that the posts cannot tell has no row.
    """
    rows = [
        _rate(row, statistic)
        for statistic in ("median", "mean", "pooled")
        for row in by_tier.to_dict("records")
    ]
    rows += [_spread(model, name) for name in ("sd_between", "sd_within", "icc")]
    rows += [_premium(row, "nano_premium") for row in _records(premium)]
    rows += [_premium(row, "nano_premium_{size}", {"size": row["group"]}) for row in _records(by_size)]
    for row in _records(sponsored):
        n = row["posts_sponsored"] + row["posts_organic"]
        rows.append(Metric.of("sponsored_effect", *_ratio(row), n=n))
    return pd.DataFrame(rows)


def _records(frame: pd.DataFrame | None) -> list[dict[Hashable, Any]]:
    return [] if frame is None else frame.to_dict("records")


def _rate(row: Mapping[Hashable, Any], statistic: str) -> Metric:
    """Return a tier's rate; where no comments are known, its formula is one of likes alone."""
    engagements = "(likes + comments)" if row["comments_known"] else "likes (no comments known)"
    low, high = (row.get(f"{statistic}_{end}", math.nan) for end in ("low", "high"))
    name, words = f"er_{statistic}_{{tier}}", {"tier": row["tier"], "engagements": engagements}
    return Metric.of(name, row[statistic], "measured", low, high, n=row["posts"], words=words)


def _spread(model: EngagementModel, name: str) -> Metric:
    """Return a spread with its 95 % interval; the ICC is measured where both spreads are."""
    of = ("sd_between", "sd_within") if name == "icc" else (name,)
    measured = all(getattr(model, f"{each}_basis") == "measured" for each in of)
    value, half = float(getattr(model, name)), Z95 * float(getattr(model, f"{name}_se", math.nan))
    basis = "estimated" if measured else "assumed"
    row = Metric.of(name, value, basis, value - half, value + half, n=model.n_posts)
    return row if measured else row._replace(formula=PUBLISHED)


def _premium(row: Mapping[Hashable, Any], name: str, words: Mapping[str, object] | None = None) -> Metric:
    """Return the nano premium over micro; n is creators."""
    return Metric.of(name, *_ratio(row), n=row["creators_tier"] + row["creators_versus"], words=words)


def _ratio(row: Mapping[Hashable, Any]) -> tuple[float, str, float, float]:
    return row["ratio"], "estimated", row["low"], row["high"]
