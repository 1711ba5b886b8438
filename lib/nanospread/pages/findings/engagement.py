"""How engaged nano audiences are against larger ones, where the premium is real, and how much is luck."""

import math

import pandas as pd

from nanospread.core.formatting import Finding, capital, counted, handle, listed, percent, shortened, times

LUCK = 0.05  # 95 % intervals: this share of them misses by chance alone [1]
BARELY = 0.9  # a posterior at or above this share of the raw rate has hardly moved [1]

STATISTICS = {"mean": "a mean", "median": "a median", "unknown": "mean or median not said",
              "grade": "a grade, not an average"}  # fmt: skip
LEAST_CREATORS = 5  # fewer say nothing about how creators differ


def engagement_gap(summary: pd.DataFrame, premium: pd.DataFrame, benchmark: "pd.Series | None" = None, *,
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


def shrinkage(creators: pd.DataFrame, *, tier: str = "nano") -> Finding:
    """Return what the tier's most engaged creator is estimated at, once luck is allowed for.

    creators: creator, tier, n_posts, er_raw, er [shares], as `EngagementModel.creators`. Picking the highest
    of many noisy rates picks luck too (the winner's curse), and the estimate is drawn back to the group.
    """
    rows = creators[(creators["tier"].astype(str) == tier) & (creators["n_posts"] > 0)]
    if rows.empty:
        return Finding(f"No {tier} creator has a known rate", f"No {tier} creator has a known rate.")
    if len(rows) < LEAST_CREATORS or not (rows["n_posts"] > 1).any():
        thin = f"Too few {tier} posts to tell luck from skill"
        posts = counted(int(rows["n_posts"].sum()), "post")
        return Finding(thin, f"{thin}: {counted(len(rows), 'creator')}, {posts}.")
    top = rows.sort_values(["er_raw", "creator"], ascending=[False, True], kind="stable").iloc[0]
    raw, estimate = float(top["er_raw"]), float(top["er"])
    seen = f"{percent(raw)} on {counted(int(top['n_posts']), 'post')}"
    who = f"The most engaged {tier} creator, {handle(top['creator'])}, shows {seen}"
    if estimate >= BARELY * raw:
        return Finding(
            f"The top {tier} rate holds: {percent(raw)} seen, {percent(estimate)} expected",
            f"{who}, and {percent(estimate)} is to be expected: hardly any of it is luck.",
        )
    return Finding(
        f"The top {tier} rate is partly luck: {percent(raw)} seen, {percent(estimate)} expected",
        f"{who}, but {percent(estimate)} is to be expected of the next post: part of a top rank is luck.",
    )


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
