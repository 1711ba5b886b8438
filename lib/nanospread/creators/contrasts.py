"""Posts with rates -> how many times one kind of post engages another: tiers, sizes, sponsored."""

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from nanospread.core import errors
from nanospread.core.estimates import CONFIDENCE, clustered_se, t_half_width
from nanospread.creators import tiers
from nanospread.creators.metrics import LEAST_CREATORS, log_er

SIZES = 3  # into which nano is cut, alike on a log scale: most of its premium sits at 1-2k (model.md D1)
EFFECT = dict.fromkeys(("ratio", "low", "high"), "float64") | dict.fromkeys(
    ("creators", "posts_sponsored", "posts_organic"), "int64"
)


def premium(
    posts: pd.DataFrame, *, tier: str = "nano", versus: str = "micro", by: str | None = "niche"
) -> pd.DataFrame:
    """Return how many times higher the ER of one tier is than that of another, per group.

    The ratio of the geometric means over creators of each creator's mean log ER, so that one viral post or
    one busy creator does not decide it; the interval is Welch's t on the log scale. by: a column of `posts`,
    or None for all in one row named "all". Groups have at least three creators in each tier.

    Returns: group, ratio, low, high, creators_tier, creators_versus. References: Welch 1947,
    Biometrika 34:28.
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
    tier_means, versus_means = (means[means["tier"] == name] for name in (tier, versus))
    pairs = tier_means.merge(versus_means, on="group", suffixes=("_tier", "_versus"), validate="one_to_one")
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


def premium_by_size(posts: pd.DataFrame) -> pd.DataFrame:
    """Return `premium` of nano creators over micro, by the sizes of the posts' own follower counts."""
    ends = _size_ends(tiers.platform_of(posts))
    sizes = {f"{low / 1_000:g}-{high / 1_000:g}k": (low, high) for low, high in pairwise(ends)}
    micro, nano = posts[posts["tier"] == "micro"], posts[posts["tier"] == "nano"]
    parts = [
        pd.concat([nano[nano["followers"].between(low, high, inclusive="left")], micro]).assign(size=name)
        for name, (low, high) in sizes.items()
    ]
    sized = pd.concat(parts, ignore_index=True)
    ordered = sized.assign(size=pd.Categorical(sized["size"], list(sizes), ordered=True))
    ratios = premium(ordered, by="size")
    return ratios.assign(group=ratios["group"].astype("str"))


def _size_ends(platform: str) -> list[float]:
    """Return where the sizes of nano start, and the last one ends [followers], round numbers inside."""
    low, high = tiers.ends("nano", platform)
    round_ends = (float(f"{end:.0e}") for end in np.geomspace(low, high, SIZES + 1)[1:-1])
    return sorted({low, *round_ends, high})


def sponsored_effect(posts: pd.DataFrame) -> pd.DataFrame:
    """Return how many times the ER of a sponsored post is that of an organic post by the same creator.

    Each creator is compared with itself: the difference of its mean log ER, weighted by n1 n0 / (n1 + n0) of
    its posts, the fixed-effects estimate; cluster-robust by creator, t with creators - 1 degrees of freedom.
    It is an effect only as far as the posts that get sponsored are like the others.

    Returns: one row, or none under three creators with both kinds: ratio, low, high, creators,
    posts_sponsored, posts_organic. References: Cameron and Miller 2015, J. Hum. Resour. 50:317.
    """
    rated = posts[posts["er"].notna() & posts["sponsored"].notna()]
    kinds = rated.assign(log_er=log_er(rated), sponsored=rated["sponsored"].astype(bool)).pivot_table(
        index="creator", columns="sponsored", values="log_er", aggfunc=["mean", "count"]
    )
    paired = kinds.reindex(
        columns=[(of, kind) for of in ("mean", "count") for kind in (False, True)]
    ).dropna()
    organic, sponsored = (paired[("count", kind)].to_numpy(dtype=np.float64) for kind in (False, True))
    differences = (paired[("mean", True)] - paired[("mean", False)]).to_numpy(dtype=np.float64)
    if len(paired) < LEAST_CREATORS:
        return pd.DataFrame(columns=list(EFFECT)).astype(EFFECT)
    weight = sponsored * organic / (sponsored + organic)
    effect = float(weight @ differences / weight.sum())
    scores = weight * (differences - effect)
    half = t_half_width(len(paired) - 1) * clustered_se(scores, weight.sum())
    values = (*np.exp([effect, effect - half, effect + half]), len(paired), sponsored.sum(), organic.sum())
    return pd.DataFrame([values], columns=list(EFFECT)).astype(EFFECT)
