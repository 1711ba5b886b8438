"""Posts -> what the model is fitted to: log ER by creator and time, no single post beyond bounds.

A viral co-authored post, a dead one or a wrong follower count must not decide a creator's rate, so log ER is
clipped: to within a factor FAR_FROM_TIER of the tier's median, and, where a creator has at least three posts,
to within a factor FAR_FROM_OWN of its own median. At the published spreads (model.md D2) both bounds lie
about four standard deviations out, so plain posts are never touched.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nanospread.core.types import Floats
from nanospread.creators import metrics, tiers

FAR_FROM_TIER = 30.0  # times, exp(4.1 x 0.83)
FAR_FROM_OWN = 10.0  # times, exp(4.1 x 0.56)
LEAST_FOR_MEDIAN = 3  # posts
MOST_POSTS = 200  # newest of a creator: with more, its rate of today is known as well, and the filter is slow
YEAR = pd.Timedelta(days=365.25)


@dataclass(frozen=True)
class Observed:
    """The posts with an ER, sorted by creator, time and name; arrays have one entry for each."""

    y: Floats  # log ER as used
    raw: Floats  # log ER as posted
    creator: NDArray[np.intp]  # place in `names`
    years: Floats  # since `origin`
    engagements: Floats
    names: pd.Index
    n: NDArray[np.intp]  # posts of each creator
    origin: pd.Timestamp  # mean time of the posts
    newest: pd.Timestamp


def observed(rated: pd.DataFrame) -> Observed:
    """Return the posts, all of which have an ER, as the model takes them.

    rated: post, creator, posted_at, followers, engagements, er, as from metrics.per_post. The newest 200 of
    each creator are used.
    """
    posts = rated.sort_values(["creator", "posted_at", "post"])
    posts = posts[posts.groupby("creator", sort=False).cumcount(ascending=False) < MOST_POSTS]
    code, names = pd.factorize(posts["creator"], sort=True)
    raw = np.asarray(metrics.log_er(posts), dtype=np.float64)
    when = pd.DatetimeIndex(posts["posted_at"])
    origin = when.mean()
    return Observed(
        y=_bounded(raw, code, tiers.of(posts["followers"])),
        raw=raw,
        creator=code,
        years=np.asarray((when - origin) / YEAR, dtype=np.float64),
        engagements=posts["engagements"].to_numpy(dtype=np.float64),
        names=pd.Index(names),
        n=np.bincount(code),
        origin=origin,
        newest=when.max(),
    )


def _bounded(raw: Floats, code: NDArray[np.intp], tier: "pd.Series[str]") -> Floats:
    y = pd.Series(raw)
    of_tier = y.groupby(tier.to_numpy()).transform("median")
    y = y.clip(of_tier - np.log(FAR_FROM_TIER), of_tier + np.log(FAR_FROM_TIER))
    own = y.groupby(code)
    reach = np.where(own.transform("size") >= LEAST_FOR_MEDIAN, np.log(FAR_FROM_OWN), np.inf)
    median = own.transform("median")
    return np.asarray(y.clip(median - reach, median + reach), dtype=np.float64)
