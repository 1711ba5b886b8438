"""Posts -> engagement rates (ER = engagements / followers), per post and per set.

Engagements are likes + comments: the only two that public data carries. A rate of a set is a ratio of sums,
or its name says which other mean it is. Hidden likes are unknown, never zero: such a post has no ER.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from nanospread import errors, tiers

Floats = NDArray[np.float64]
QUANTILES = {"p5": 0.05, "p25": 0.25, "median": 0.5, "p75": 0.75, "p95": 0.95}
SUMMARY = (
    *("posts", "creators", "p5", "p25", "median", "mean", "p75", "p95", "pooled"),
    *("median_low", "median_high", "mean_low", "mean_high"),
)
CONFIDENCE = 0.95
LEAST_CREATORS = 3  # from two, t with 1 degree of freedom gives an interval too wide to print


def ratio_of_sums(numerator: ArrayLike, denominator: ArrayLike) -> float:
    """Return sum(numerator) / sum(denominator) over the pairs of which both are known.

    A mean of ratios instead would weigh a post with five engagements like one with five thousand
    (glossary.md, the ratio trap: 47 % too high). Infinite where the denominators alone sum to 0; nan for 0/0.

    Raises: ValueError where the two have not the same shape.
    """
    above, below = _floats(numerator), _floats(denominator)
    if above.shape != below.shape:
        raise ValueError(f"{above.size} numerators for {below.size} denominators")
    known = ~(np.isnan(above) | np.isnan(below))
    total, base = float(above[known].sum()), float(below[known].sum())
    if base == 0.0:
        return math.nan if total == 0.0 else math.copysign(math.inf, total)
    return total / base


def _floats(values: ArrayLike) -> Floats:
    return pd.Series(np.atleast_1d(values)).to_numpy(dtype=np.float64, na_value=np.nan)


def cost_per_engagement(cost: ArrayLike, engagements: ArrayLike) -> float:
    """Return CPE [currency / engagement]: all cost over all engagements (ANA guidelines 2022)."""
    return ratio_of_sums(cost, engagements)


def cost_per_reach(cost: ArrayLike, reach: ArrayLike) -> float:
    """Return the cost per account reached [currency / account] (ANA guidelines 2022)."""
    return ratio_of_sums(cost, reach)


def cost_per_click(cost: ArrayLike, clicks: ArrayLike) -> float:
    """Return CPC [currency / click]."""
    return ratio_of_sums(cost, clicks)


def cost_per_order(cost: ArrayLike, orders: ArrayLike) -> float:
    """Return CPA [currency / order]: the cost per conversion (ANA guidelines 2022)."""
    return ratio_of_sums(cost, orders)


def revenue_per_cost(revenue: ArrayLike, cost: ArrayLike) -> float:
    """Return ROAS [1]: revenue over spend. It ignores the margin, so it is not a return on investment."""
    return ratio_of_sums(revenue, cost)


def per_post(posts: pd.DataFrame) -> pd.DataFrame:
    """Return the posts with tier, engagements, er and comment_share added.

    posts: as from tables.dated_posts; needs followers, likes (missing = hidden) and comments.
    Unknown comments count as none: the engagements are then a lower bound (comments are about 4 % of a nano
    post's engagements, facts.md D5).

    Returns: the rows of `posts` in their order, with tier (ordered category), engagements (float64), er
    (float64 [share of followers], missing where likes are hidden; above 1 where a post travelled beyond the
    followers) and comment_share (float64 [0-1], missing where likes or comments are or nobody engaged).

    Raises: InputError where a post has fewer than 1 follower.
    """
    followers = _floats(posts["followers"])
    if not bool(np.all(followers >= 1)):
        bad = posts.loc[~(followers >= 1)].iloc[0]
        raise errors.InputError(f"followers of {bad['creator']!r}: {bad['followers']}; must be 1 or more")
    likes, comments = _floats(posts["likes"]), _floats(posts["comments"])
    engagements = likes + np.nan_to_num(comments)
    return posts.assign(
        tier=tiers.of(posts["followers"]),
        engagements=engagements,
        er=engagements / followers,
        comment_share=comments / np.where(engagements > 0, engagements, np.nan),
    )


def log_er(posts: pd.DataFrame) -> "pd.Series[float]":
    """Return log((engagements + 0.5) / followers) of each post; the half keeps posts with none.

    References: facts.md C6 (b).
    """
    return pd.Series(np.log((posts["engagements"] + 0.5) / posts["followers"]), index=posts.index)


def summary(posts: pd.DataFrame, by: str | Sequence[str] = "tier") -> pd.DataFrame:
    """Return the distribution of ER per post in each group, with 95 % intervals that know the creators.

    Several posts of one creator are one opinion repeated, so both intervals take the creator as the unit.
    Mean: cluster-robust standard error on the log scale (delta method), t with creators - 1 degrees of
    freedom. Median: Woodruff's interval, the quantiles at 0.5 +- t standard errors of the share of posts
    below the median, that standard error again cluster-robust. Missing with fewer than three creators.

    On log-normal ER with the spreads of facts.md D2 and 1-12 posts each, the intervals cover (nominal 95 %,
    1,000 draws) 93, 94, 96, 96 % (median) and 89, 89, 91, 94 % (mean) with 3, 6, 15 and 300 creators. Posts
    taken as independent would cover 64 and 60 % with 300.

    posts: as from per_post; posts without an ER are left out, and so is a group that has no other.
    by: one or more columns of `posts`.

    Returns: one row per group, sorted: the columns `by`, posts, creators (int64), p5, p25, median, mean, p75,
    p95 and pooled (sum of engagements over sum of followers), median_low, median_high, mean_low, mean_high,
    all shares of followers.

    References: Woodruff 1952, J. Am. Stat. Assoc. 47:635; Cameron and Miller 2015, J. Hum. Resour. 50:317.
    """
    keys = [by] if isinstance(by, str) else list(by)
    rated = posts[posts["er"].notna()]
    rows = [
        (*key, *_distribution(group).values()) for key, group in rated.groupby(keys, observed=True, sort=True)
    ]
    frame = pd.DataFrame(rows, columns=[*keys, *SUMMARY])
    return frame.astype({key: posts[key].dtype for key in keys} | {"posts": "int64", "creators": "int64"})


def _distribution(posts: pd.DataFrame) -> dict[str, float]:
    er = posts["er"].to_numpy()
    creator, names = pd.factorize(posts["creator"])
    mean, median = float(er.mean()), float(np.median(er))
    mean_half = _half_width(er / (mean or 1.0) - 1, creator, len(names))
    rank_half = _half_width(np.sign(er - median) / 2, creator, len(names))
    found = {name: float(np.quantile(er, at)) for name, at in QUANTILES.items()} | {
        "posts": len(er),
        "creators": len(names),
        "mean": mean,
        "pooled": ratio_of_sums(posts["engagements"], posts["followers"]),
        "median_low": _quantile(er, 0.5 - rank_half),
        "median_high": _quantile(er, 0.5 + rank_half),
        "mean_low": mean * math.exp(-mean_half),
        "mean_high": mean * math.exp(mean_half),
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


def premium(
    posts: pd.DataFrame, *, tier: str = "nano", versus: str = "micro", by: str | None = "niche"
) -> pd.DataFrame:
    """Return how many times higher the ER of one tier is than that of another, per group.

    The ratio of the geometric means over creators of each creator's mean log ER, so that one viral post or
    one busy creator does not decide it; the interval is Welch's t on the log scale, exponentiated.

    posts: as from per_post. by: a column of `posts`, or None for all posts in one row named "all".

    Returns: one row per group with at least three creators in each tier: group, ratio, low, high [1], 95 %
    interval, creators_tier, creators_versus.

    Raises: InputError where a tier is unknown.

    References: Welch 1947, Biometrika 34:28.
    """
    for name in (tier, versus):
        if name not in tiers.ORDER:
            raise errors.unknown("tier", name, tiers.ORDER)
    rated = posts[posts["er"].notna()]
    means = (
        rated.assign(log_er=log_er(rated), group="all" if by is None else rated[by])
        .groupby(["group", "tier", "creator"], observed=True)["log_er"]
        .mean()
        .groupby(["group", "tier"], observed=True)
        .agg(["mean", "var", "count"])
        .reset_index()
    )
    one, other = (means[means["tier"] == name] for name in (tier, versus))
    pairs = one.merge(other, on="group", suffixes=("_tier", "_versus"), validate="one_to_one")
    pairs = pairs[(pairs["count_tier"] >= LEAST_CREATORS) & (pairs["count_versus"] >= LEAST_CREATORS)]
    return _welch(pairs.reset_index(drop=True))


def _welch(pairs: pd.DataFrame) -> pd.DataFrame:
    shares = [pairs[f"var_{side}"] / pairs[f"count_{side}"] for side in ("tier", "versus")]
    spread = shares[0] + shares[1]
    inverse = sum(
        (share / spread.where(spread > 0, 1.0)) ** 2 / (pairs[f"count_{side}"] - 1)
        for share, side in zip(shares, ("tier", "versus"), strict=True)
    )
    freedom = 1 / np.maximum(inverse, np.finfo(float).tiny)
    half = stats.t.ppf((1 + CONFIDENCE) / 2, freedom) * np.sqrt(spread)
    difference = pairs["mean_tier"] - pairs["mean_versus"]
    return pd.DataFrame(
        {
            "group": pairs["group"],
            "ratio": np.exp(difference),
            "low": np.exp(difference - half),
            "high": np.exp(difference + half),
            "creators_tier": pairs["count_tier"],
            "creators_versus": pairs["count_versus"],
        }
    )
