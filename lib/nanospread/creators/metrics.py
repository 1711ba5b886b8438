"""Posts -> engagement rates (ER = engagements / followers), per post, per creator and per set.

Engagements are likes + comments: the only two that public data carries. A rate of a set is a ratio of sums,
or its name says which other mean it is. Hidden likes are unknown, never zero: such a post has no ER.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from nanospread.core import errors
from nanospread.core.estimates import clustered_se, t_half_width
from nanospread.core.formatting import percent
from nanospread.core.types import Floats, Places, floats
from nanospread.creators import tiers

RATES = {  # each rate and what the engagements are divided by
    "er": "followers",
    "er_by_reach": "reach",
    "er_by_views": "views",
    "er_by_impressions": "impressions",
}
QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
SUMMARY = (
    *("posts", "creators", "p5", "p25", "median", "mean", "p75", "p95", "pooled"),
    *("median_low", "median_high", "mean_low", "mean_high", "comment_share", "comments_known"),
)
COUNTS = ("posts", "creators", "comments_known")
LEAST_CREATORS = 3  # from two, t with 1 degree of freedom gives an interval too wide to print
STALE = 90.0  # from here on a follower count says little of the post's own audience [days]
GAPS = (30.0, STALE, 365.0)  # bounds of the bands, each band with its upper bound [days]
BANDS = ("up to 30 days", "30 to 90 days", "90 to 365 days", "over 365 days", "undated")
HANDLING = {
    "likes hidden": "no rate: left out, never counted as zero",
    "comments off or not given": "counted as none, so the rate is a lower bound",
    "ER above 100%": "kept: the post travelled beyond the followers; medians and logs bound its weight",
    "no engagement at all": "kept as a rate of zero; half an engagement is added before logs",
    "follower count more than 90 days from the post": "kept with the nearest count; compare the bands",
    "follower count undated": "kept with the count as given",
    "reach below engagements": "kept; check how the export counts reach",
}
# Past these, engagement cannot be as the posts say. 19,482 real posts of 11,321 accounts, by tier: mean ER at
# most 5.6 %, median 4.0 %, above 100 % 0.01 % of posts, none 0.08 %, the commonest pair of counts 0.4 %.
MOST_ABOVE = 0.10  # share of posts with an ER above 100 %
MOST_MEDIAN, MOST_MEAN = 0.50, 1.00  # ER
MOST_WITHOUT = 0.50  # share of posts without one like or comment
MOST_SAME, LEAST_SAME = 0.50, 20  # share of posts with the same likes and comments, of at least so many posts


def per_post(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the posts with their tier, engagements and rates added.

    posts: as from tables.dated_posts; reach, views and impressions may be missing, as values or as columns.
    Unknown comments count as none: the engagements are then a lower bound (comments are about 4 % of a nano
    post's engagements, model.md D5).

    Adds tier (ordered category), engagements, er (missing where likes are hidden), er_by_reach, er_by_views
    and er_by_impressions (missing where either part is unknown or nobody was reached), comment_share, viral
    (er above 1, so the post travelled beyond the followers) and comments_off (switched off or not given).
    """
    followers = floats(posts["followers"])
    if not bool(np.all(followers >= 1)):
        row = posts.loc[~(followers >= 1)].iloc[0]
        raise errors.InputError(f"followers of {row['creator']!r}: {row['followers']}; must be 1 or more")
    likes, comments = floats(posts["likes"]), floats(posts["comments"])
    engagements = likes + np.nan_to_num(comments)
    rates = {rate: engagements / _divisor(posts, base) for rate, base in RATES.items()}
    return posts.assign(
        tier=tiers.of(posts["followers"], tiers.platform_of(posts)),
        engagements=engagements,
        **rates,
        comment_share=comments / np.where(engagements > 0, engagements, np.nan),
        viral=rates["er"] > 1,
        comments_off=np.isnan(comments),
    )


def implausible(posts: pd.DataFrame) -> str:
    """Return why the engagement of these posts cannot be, in a clause with the limit; "" where it can.

    posts: as `per_post`. Nano posts are judged by themselves too, since verdicts rest on them.
    """
    nano = posts[posts["tier"] == "nano"]
    return next(
        (why for rows, of in ((posts, "posts"), (nano, "nano posts")) for why in _doubts(rows, of)), ""
    )


def _doubts(posts: pd.DataFrame, label: str) -> Iterator[str]:
    known = posts.dropna(subset="er")
    if known.empty:
        return
    rates, pairs = floats(known["er"]), known.groupby(["likes", "comments"], dropna=False).size()
    repeated = float(pairs.max()) / len(known) if len(known) >= LEAST_SAME else 0.0
    for share, limit, text in (
        (float(np.mean(rates > 1)), MOST_ABOVE, "have more engagements than their creator has followers"),
        (float(np.mean(rates == 0)), MOST_WITHOUT, "have not one like or comment"),
        (repeated, MOST_SAME, "have the same likes and comments"),
    ):
        if share > limit:
            yield f"{percent(share)} of the {label} {text}; at most {percent(limit)} can be"
    for rate, limit, name in ((np.median(rates), MOST_MEDIAN, "median"), (rates.mean(), MOST_MEAN, "mean")):
        if rate > limit:
            yield f"the {name} engagement rate of the {label} is above {percent(limit)} of the followers"


def _counts(posts: pd.DataFrame, column: str) -> Floats:
    """Return a column of counts, nan where it is unknown or absent from the export."""
    return floats(posts[column]) if column in posts else np.full(len(posts), np.nan)


def _divisor(posts: pd.DataFrame, column: str) -> Floats:
    """Return a column of counts that can be divided by: nan where it is unknown, 0 or absent."""
    number = _counts(posts, column)
    return np.where(number > 0, number, np.nan)


def log_er(posts: pd.DataFrame) -> "pd.Series[float]":
    """Return log((engagements + 0.5) / followers); the half keeps posts with none (model.md C6 b)."""
    return pd.Series(np.log((posts["engagements"] + 0.5) / posts["followers"]), index=posts.index)


def ratio_of_sums(numerator: ArrayLike, denominator: ArrayLike) -> float:
    """Return sum(numerator) / sum(denominator) over the pairs of which both are known.

    A mean of ratios instead would weigh a post with five engagements like one with five thousand (model.md
    Ratio of sums: 47 % too high). Infinite where the denominators alone sum to 0; nan for 0/0.
    """
    above, below = floats(numerator), floats(denominator)
    if above.shape != below.shape:
        raise ValueError(f"{above.size} numerators for {below.size} denominators")
    known = ~(np.isnan(above) | np.isnan(below))
    total, base = float(above[known].sum()), float(below[known].sum())
    if base == 0.0:
        return math.nan if total == 0.0 else math.copysign(math.inf, total)
    return total / base


def summary(posts: pd.DataFrame, by: str | Sequence[str] = "tier", rate: str = "er") -> pd.DataFrame:
    """Return the distribution of a rate per post in each group, with 95 % intervals that know the creators.

    Several posts of one creator are one opinion repeated, so both intervals take the creator as the unit.
    Mean: cluster-robust standard error on the log scale, t with creators - 1 degrees of freedom. Median:
    Woodruff's interval, the quantiles at 0.5 +- t cluster-robust standard errors of the share of posts below
    the median. Missing with fewer than three creators.

    On log-normal ER with the spreads of model.md D2 and 1-12 posts each, the intervals cover (nominal 95 %,
    1,000 draws) 93, 94, 96, 96 % (median) and 89, 89, 91, 94 % (mean) with 3, 6, 15 and 300 creators. Posts
    taken as independent would cover 64 and 60 % with 300.

    posts: as from per_post; those without the rate are left out. by: columns of `posts`. rate: one of
    `RATES`. Returns: the columns `by` and `SUMMARY`; pooled and comment_share are ratios of sums,
    comments_known the posts whose comments are known; where it is 0, the rates are of likes alone.

    References: Woodruff 1952, J. Am. Stat. Assoc. 47:635; Cameron and Miller 2015, J. Hum. Resour. 50:317.
    """
    if rate not in RATES:
        raise errors.unknown("rate", rate, RATES)
    keys = [by] if isinstance(by, str) else list(by)
    rated = posts[posts[rate].notna()]
    rows = [
        dict(zip(keys, key, strict=True)) | _distribution(group, rate)
        for key, group in rated.groupby(keys, observed=True, sort=True)
    ]
    frame = pd.DataFrame(rows, columns=[*keys, *SUMMARY])
    kinds = dict.fromkeys(SUMMARY, "float64") | dict.fromkeys(COUNTS, "int64")
    return frame.astype({**kinds, **{key: posts[key].dtype for key in keys}})


def _distribution(posts: pd.DataFrame, rate: str) -> dict[str, float]:
    er, comments = posts[rate].to_numpy(), _counts(posts, "comments")
    creator, names = pd.factorize(posts["creator"])
    mean, median = float(er.mean()), float(np.median(er))
    mean_half = _half_width(er / (mean or 1.0) - 1, creator, len(names))
    rank_half = _half_width(np.sign(er - median) / 2, creator, len(names))
    return {name: float(np.quantile(er, at)) for name, at in QUANTILES.items()} | {
        "posts": len(er),
        "creators": len(names),
        "mean": mean,
        "pooled": ratio_of_sums(posts["engagements"], posts[RATES[rate]]),
        "median_low": _quantile(er, 0.5 - rank_half),
        "median_high": _quantile(er, 0.5 + rank_half),
        "mean_low": mean * math.exp(-mean_half),
        "mean_high": mean * math.exp(mean_half),
        "comment_share": ratio_of_sums(comments, posts["engagements"]),
        "comments_known": int((~np.isnan(comments)).sum()),
    }


def _quantile(er: Floats, probability: float) -> float:
    return math.nan if math.isnan(probability) else float(np.quantile(er, min(max(probability, 0.0), 1.0)))


def _half_width(residuals: Floats, creator: Places, creators: int) -> float:
    """Return half the interval of a mean over posts, from its residuals summed by creator."""
    if creators < LEAST_CREATORS:
        return math.nan
    sums = np.bincount(creator, residuals, creators).astype(np.float64)
    return t_half_width(creators - 1) * clustered_se(sums, len(residuals))


def by_rate(posts: pd.DataFrame) -> pd.DataFrame:
    """Return `summary` of each rate other than by followers that the exports carry, after its name `rate`."""
    rates = [rate for rate in RATES if rate != "er"]
    rows = pd.concat([summary(posts, "tier", rate).assign(rate=rate) for rate in rates], ignore_index=True)
    return rows[["rate", "tier", *SUMMARY]]


def traps(posts: pd.DataFrame) -> pd.DataFrame:
    """Return how many posts and creators are in each of `HANDLING`, and what is done about it."""
    gap, engagements = floats(posts["followers_gap_days"]), floats(posts["engagements"])
    in_trap = (
        posts["likes"].isna(),
        posts["comments_off"],
        posts["viral"],
        engagements == 0,
        np.abs(gap) > STALE,
        np.isnan(gap),
        _divisor(posts, "reach") < engagements,
    )
    rows = [
        (trap, int(np.sum(into)), posts.loc[np.asarray(into, dtype=bool), "creator"].nunique(), handling)
        for (trap, handling), into in zip(HANDLING.items(), in_trap, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["trap", "posts", "creators", "handling"])
    table.insert(3, "share", table["posts"] / max(len(posts), 1))
    return table


def by_gap(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the median ER of the posts by how far their follower count is from them in time."""
    gap = np.abs(floats(posts["followers_gap_days"]))
    band = np.asarray(BANDS)[np.where(np.isnan(gap), len(GAPS) + 1, np.searchsorted(GAPS, gap))]
    return (
        posts.assign(gap=pd.Categorical(band, BANDS, ordered=True))
        .groupby("gap", observed=True, sort=True)
        .agg(posts=("er", "size"), creators=("creator", "nunique"), median=("er", "median"))
        .reset_index()
    )
