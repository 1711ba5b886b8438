"""Posts with rates -> the distribution of a rate in each set, and the rates of each creator."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from nanospread.core import errors
from nanospread.core.intervals import CONFIDENCE
from nanospread.core.types import Floats
from nanospread.creators import tiers
from nanospread.creators.metrics.rates import RATES, counts
from nanospread.creators.metrics.ratios import ratio_of_sums

QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
SUMMARY = (
    *("posts", "creators", "p5", "p25", "median", "mean", "p75", "p95", "pooled"),
    *("median_low", "median_high", "mean_low", "mean_high", "comment_share", "comments_known"),
)
BY_CREATOR = (
    *("creator", "tier", "niche", "posts", "hidden", "viral"),
    *("er_mean", "er_median", "er_pooled", "comment_share"),
)
COUNTS = ("posts", "creators", "comments_known")
LEAST_CREATORS = 3  # from two, t with 1 degree of freedom gives an interval too wide to print


def summary(posts: pd.DataFrame, by: str | Sequence[str] = "tier", rate: str = "er") -> pd.DataFrame:
    """Return the distribution of a rate per post in each group, with 95 % intervals that know the creators.

    Several posts of one creator are one opinion repeated, so both intervals take the creator as the unit.
    Mean: cluster-robust standard error on the log scale (delta method), t with creators - 1 degrees of
    freedom. Median: Woodruff's interval, the quantiles at 0.5 +- t standard errors of the share of posts
    below the median, that standard error again cluster-robust. Missing with fewer than three creators.

    On log-normal ER with the spreads of model.md D2 and 1-12 posts each, the intervals cover (nominal 95 %,
    1,000 draws) 93, 94, 96, 96 % (median) and 89, 89, 91, 94 % (mean) with 3, 6, 15 and 300 creators. Posts
    taken as independent would cover 64 and 60 % with 300.

    posts: as from per_post; posts without the rate are left out, and so is a group that has no other.
    by: one or more columns of `posts`. rate: one of `RATES`; pooled is then the sum of engagements over the
    sum of that denominator.

    Returns: one row per group, sorted: the columns `by`, posts, creators (int64), p5, p25, median, mean, p75,
    p95 and pooled (ratio of sums), median_low, median_high, mean_low, mean_high and comment_share (ratio of
    sums over the posts whose comments are known, missing where they have no engagement), all shares, and
    comments_known (int64): the posts whose comments are known; where it is 0, the rates are of likes alone.

    Raises: InputError where the rate is unknown.

    References: Woodruff 1952, J. Am. Stat. Assoc. 47:635; Cameron and Miller 2015, J. Hum. Resour. 50:317.
    """
    if rate not in RATES:
        raise errors.unknown("rate", rate, RATES)
    keys = [by] if isinstance(by, str) else list(by)
    rated = posts[posts[rate].notna()]
    rows = [
        (*key, *_distribution(group, rate).values())
        for key, group in rated.groupby(keys, observed=True, sort=True)
    ]
    frame = pd.DataFrame(rows, columns=[*keys, *SUMMARY])
    return frame.astype({key: posts[key].dtype for key in keys} | dict.fromkeys(COUNTS, "int64"))


def _distribution(posts: pd.DataFrame, rate: str) -> dict[str, float]:
    er, comments = posts[rate].to_numpy(), counts(posts, "comments")
    creator, names = pd.factorize(posts["creator"])
    mean, median = float(er.mean()), float(np.median(er))
    mean_half = _half_width(er / (mean or 1.0) - 1, creator, len(names))
    rank_half = _half_width(np.sign(er - median) / 2, creator, len(names))
    found = {name: float(np.quantile(er, at)) for name, at in QUANTILES.items()} | {
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
    return {name: found[name] for name in SUMMARY}


def _quantile(er: Floats, at: float) -> float:
    return math.nan if math.isnan(at) else float(np.quantile(er, min(max(at, 0.0), 1.0)))


def _half_width(residuals: Floats, creator: NDArray[np.intp], creators: int) -> float:
    """Return half the interval of a mean over posts, from its residuals summed by creator."""
    if creators < LEAST_CREATORS:
        return math.nan
    sums = np.bincount(creator, residuals, creators)
    se = math.sqrt(float(sums @ sums) * creators / (creators - 1)) / len(residuals)
    return float(stats.t.ppf((1 + CONFIDENCE) / 2, creators - 1)) * se


def by_rate(posts: pd.DataFrame, by: str = "tier") -> pd.DataFrame:
    """Return the distribution of each rate other than by followers that the exports carry.

    posts: as from per_post. Returns: rate (a name of `RATES`), then as `summary`; no rows where none is
    known.
    """
    others = [rate for rate in RATES if rate != "er"]
    rows = pd.concat([summary(posts, by, rate).assign(rate=rate) for rate in others], ignore_index=True)
    return rows[["rate", by, *SUMMARY]]


def by_creator(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the rates of each creator, over the posts that have one.

    posts: as from per_post. A creator without any rated post is left out.

    Returns: creator, tier (of the median follower count), niche, posts, hidden (posts that have no rate since
    their likes are hidden) and viral (posts with an ER above 1; all int64), er_mean and er_median (over
    posts), er_pooled and comment_share (ratios of sums; comment_share over the posts with both parts known,
    missing where nobody engaged), all shares, sorted by creator.
    """
    rated = posts[posts["er"].notna()]
    hidden = posts.loc[posts["er"].isna(), "creator"].value_counts()
    open_to_all = rated["comments"].notna()
    sums = rated.assign(
        said=rated["comments"].astype("float64").where(open_to_all),
        heard=rated["engagements"].where(open_to_all),
    )
    found = sums.groupby("creator", sort=True).agg(
        tier=("followers", "median"),
        niche=("niche", "min"),
        posts=("er", "size"),
        viral=("viral", "sum"),
        er_mean=("er", "mean"),
        er_median=("er", "median"),
        engagements=("engagements", "sum"),
        followers=("followers", "sum"),
        said=("said", "sum"),
        heard=("heard", "sum"),
    )
    found = found.assign(
        tier=tiers.of(found["tier"]),
        hidden=hidden.reindex(found.index, fill_value=0),
        er_pooled=found["engagements"] / found["followers"],
        comment_share=found["said"] / found["heard"].where(found["heard"] > 0),
    )
    return found.reset_index().drop(columns=["engagements", "followers", "said", "heard"])[list(BY_CREATOR)]
