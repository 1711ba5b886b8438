"""Posts and creators -> what the model is fitted to: y, log ER within bounds, and x, the columns of its mean.

y: a viral co-authored post, a dead one or a wrong follower count must not decide a creator's rate, so log ER
is clipped: to within a factor FAR_FROM_TIER of the tier's median, and, where a creator has at least three
posts, to within a factor FAR_FROM_OWN of its own median. At the published spreads (model.md D2) both bounds
lie about four standard deviations out, so plain posts are never touched.

x: niche levels and log followers. Each tier has a slope of its own, joined at the tier boundaries, so that
9,999 and 10,001 followers are alike. On the real posts (model.md D1) that beat a level per tier with one
common slope by 63 units of deviance, with as many coefficients. What the creators cannot support is not a
column: small niches take the average creator's level, sparse tiers share a slope, and a column that the
earlier ones determine is dropped.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from nanospread.core.types import Floats, Places
from nanospread.creators import metrics, tiers

FAR_FROM_TIER = 30.0  # times, exp(4.1 x 0.83)
FAR_FROM_OWN = 10.0  # times, exp(4.1 x 0.56)
LEAST_FOR_MEDIAN = 3  # posts
MOST_POSTS = 200  # newest of a creator: with more, its rate of today is known as well, and the filter is slow
YEAR = pd.Timedelta(days=365.25)
LEAST_IN_NICHE = 5  # creators a niche needs for a level of its own
LEAST_IN_SLOPE = 30  # creators a slope needs: with fewer its standard error passes 0.2, nearly its size
LEAST_SPREAD = 1e-6  # root mean square of a column, beyond the earlier ones, under which it says nothing new


@dataclass(frozen=True)
class Observations:
    """The posts with an ER, sorted by creator, time and name; arrays have one entry for each."""

    y: Floats  # log ER as used
    raw: Floats  # log ER as posted
    creator: Places  # place in `names`
    years: Floats  # since `origin`
    engagements: Floats
    names: pd.Index
    n: Places  # posts of each creator
    origin: pd.Timestamp  # mean time of the posts
    newest: pd.Timestamp
    platform: str


def observations(rated: pd.DataFrame) -> Observations:
    """Return the posts, all of which have an ER, as the model takes them: the newest 200 of each creator."""
    posts = rated.sort_values(["creator", "posted_at", "post"])
    posts = posts[posts.groupby("creator", sort=False).cumcount(ascending=False) < MOST_POSTS]
    code, names = pd.factorize(posts["creator"], sort=True)
    raw = np.asarray(metrics.log_er(posts), dtype=np.float64)
    posted_at, platform = pd.DatetimeIndex(posts["posted_at"]), tiers.platform_of(posts)
    origin = posted_at.mean()
    return Observations(
        y=_clipped(raw, code, tiers.of(posts["followers"], platform)),
        raw=raw,
        creator=code,
        years=np.asarray((posted_at - origin) / YEAR, dtype=np.float64),
        engagements=posts["engagements"].to_numpy(dtype=np.float64),
        names=pd.Index(names),
        n=np.bincount(code),
        origin=origin,
        newest=posted_at.max(),
        platform=platform,
    )


def _clipped(raw: Floats, code: Places, tier: "pd.Series[str]") -> Floats:
    y = pd.Series(raw)
    of_tier = y.groupby(tier.to_numpy()).transform("median")
    y = y.clip(of_tier - np.log(FAR_FROM_TIER), of_tier + np.log(FAR_FROM_TIER))
    by_creator = y.groupby(code)
    reach = np.where(by_creator.transform("size") >= LEAST_FOR_MEDIAN, np.log(FAR_FROM_OWN), np.inf)
    median = by_creator.transform("median")
    return np.asarray(y.clip(median - reach, median + reach), dtype=np.float64)


@dataclass(frozen=True)
class Segment:
    """A stretch of log followers with one slope."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Design:
    """What `fitted` learnt from the creators, so that `columns` can repeat it for others."""

    segments: tuple[Segment, ...]
    niches: tuple[tuple[str, float], ...]  # niche with a level and its share of such creators, largest first
    span: tuple[float, float]  # log followers of the smallest and of the largest creator
    centre: "pd.Series[float]"  # mean of each column that is used, by name


def fitted(creators: pd.DataFrame, platform: str) -> Design:
    """Return the design that these creators support, centred on the average one. platform: whose tiers."""
    log_followers = _log_followers(creators)
    span = float(log_followers.min()), float(log_followers.max())
    wide = Design(
        _segments(log_followers, platform), _niches(creators["niche"]), span, pd.Series(dtype="float64")
    )
    raw = _raw(creators, wide)
    centred = raw - raw.mean()
    return Design(wide.segments, wide.niches, span, raw.mean()[_independent(centred)])


def columns(creators: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return x for these creators: intercept, log_followers[tier] and niche[name], one row each.

    Followers outside the fitted range count as its nearer end, a niche without a level as the average.
    """
    x = _raw(creators, design)[design.centre.index] - design.centre
    x.insert(0, "intercept", 1.0)
    return x


def has_level(niche: "pd.Series[str]", design: Design) -> "pd.Series[bool]":
    """Return whether each niche has a level of its own."""
    return niche.isin([name for name, _ in design.niches])


def _log_followers(creators: pd.DataFrame) -> Floats:
    return np.asarray(np.log(creators["followers"].to_numpy(dtype=np.float64)))


def _segments(log_followers: Floats, platform: str) -> tuple[Segment, ...]:
    """Return stretches of whole tiers with at least LEAST_IN_SLOPE creators each; none if there are fewer."""
    edges = [*np.log(tiers.table(platform)["low"].to_numpy(dtype=np.float64)).tolist(), np.inf]
    sizes = np.histogram(log_followers, edges)[0]
    groups: list[list[int]] = [[]]
    for tier in range(len(sizes)):
        groups[-1].append(tier)
        if sizes[groups[-1]].sum() >= LEAST_IN_SLOPE:
            groups.append([])
    left_over = groups.pop()
    if not groups:
        return ()
    groups[-1] += left_over
    return tuple(_segment([tier for tier in group if sizes[tier]], group, edges) for group in groups)


def _segment(tiers_present: list[int], group: list[int], edges: list[float]) -> Segment:
    ends = dict.fromkeys(tiers.ORDER[tier] for tier in (tiers_present[0], tiers_present[-1]))
    return Segment(" to ".join(ends), edges[group[0]], edges[group[-1] + 1])


def _niches(niche: "pd.Series[str]") -> tuple[tuple[str, float], ...]:
    sizes = niche.value_counts()
    levelled = sizes[sizes >= LEAST_IN_NICHE]
    shares = [(str(name), float(size / levelled.sum())) for name, size in levelled.items()]
    return tuple(sorted(shares, key=lambda item: (-item[1], item[0])))


def _raw(creators: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return the columns before centring; the largest niche is what the other levels are measured from."""
    log_followers = np.clip(_log_followers(creators), *design.span)
    raw = {
        f"log_followers[{segment.name}]": np.clip(log_followers, segment.start, segment.end) - segment.start
        for segment in design.segments
    }
    levelled = has_level(creators["niche"], design)
    for name, share in design.niches[1:]:
        raw[f"niche[{name}]"] = np.where(levelled, creators["niche"] == name, share)
    return pd.DataFrame(raw, index=creators.index)


def _independent(centred: pd.DataFrame) -> list[str]:
    """Return the columns that the ones before them do not determine (Gram-Schmidt)."""
    names: list[str] = []
    basis: list[Floats] = []
    for name in centred.columns:
        residual = centred[name].to_numpy(dtype=np.float64)
        for direction in basis:
            residual = residual - (direction @ residual) * direction
        if np.sqrt(np.mean(residual**2)) > LEAST_SPREAD:
            names.append(str(name))
            basis.append(residual / np.linalg.norm(residual))
    return names
