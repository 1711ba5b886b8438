"""Forecasts of posts -> how far posts of one time share their luck, and what that does to campaign totals.

The correlation is that of normal scores; a total is drawn from its posts' forecasts with and without it.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from nanospread.campaign.backtest.holdout import ENDS, Backtest, names
from nanospread.campaign.simulation import draws
from nanospread.core.estimates import jackknife_se, t_half_width
from nanospread.core.types import Floats, Places
from nanospread.creators.engagement import Mixture

PERIODS = {"month": "M", "week": "W", "day": "D"}  # the longest of which the posts fill enough
ENOUGH_PERIODS, LEAST_PERIODS = 6, 3  # with two posts or more: to be content with a length; to say anything
SIZES = (5, 10, 25, 50)
ENOUGH_GROUPS = 20  # groups from which the share of them inside an interval says something
MOST_POSTS = 5_000  # the newest: coverage is then known within a few points even of the largest groups
MOST_WORLDS = 20_000  # places an actual total within 0.4 % of its forecast
SCORES = np.linspace(-6, 6, 121)  # between which the quantiles of a post are straight lines, to 0.1 %


@dataclass(frozen=True)
class PostCorrelation:
    """rho: correlation of two posts of one period, with its 95 % interval; all missing where it is unknown.

    n: posts; n_periods: with two posts or more; period: month, week or day.
    """

    rho: float
    low: float
    high: float
    n: int
    n_periods: int
    period: str

    @property
    def used(self) -> float:
        """The correlation to reckon with: none where it is unknown or below 0."""
        return 0.0 if math.isnan(self.rho) else max(self.rho, 0.0)


def shared_luck(rows: pd.DataFrame) -> PostCorrelation:
    """Return the correlation of posts of the same calendar month; of the same week or day where months lack.

    The intraclass correlation of the normal scores ndtri(pit), with the jackknife's interval over months, t
    with months - 1 degrees of freedom. It asks how far months differ more than their posts can explain, so a
    bias that all months share does not count. rows: pit, posted_at; one post per creator, since a creator's
    own posts share more than their month. References: Donner 1986, Int. Stat. Rev. 54:67.
    """
    score = special.ndtri(np.clip(rows["pit"].to_numpy(dtype=np.float64), 1e-9, 1 - 1e-9))
    name, code = _periods(rows["posted_at"])
    sums = np.array([np.bincount(code, weights) for weights in (np.ones_like(score), score, score**2)])
    full = int((sums[0] > 1).sum()) if len(rows) else 0
    if full < LEAST_PERIODS:
        return PostCorrelation(math.nan, math.nan, math.nan, len(rows), full, name)
    rho = _intraclass(sums)
    left = np.array([_intraclass(np.delete(sums, at, axis=1)) for at in range(sums.shape[1])])
    half = t_half_width(len(left) - 1) * jackknife_se(left)
    return PostCorrelation(rho, max(rho - half, -1.0), min(rho + half, 1.0), len(rows), full, name)


def _periods(when: pd.Series) -> tuple[str, Places]:
    """Return the length of the periods and each post's place among them."""
    name, code = "", np.empty(0, dtype=np.intp)
    for name in PERIODS:
        code = pd.factorize(_of_period(when, name))[0]
        if (np.bincount(code) > 1).sum() >= ENOUGH_PERIODS:
            break
    return name, code


def _of_period(when: pd.Series, period: str) -> "pd.Series[str]":
    """Return the name of the period that each time lies in (UTC)."""
    named: pd.Series[str] = when.dt.tz_localize(None).dt.to_period(PERIODS[period]).astype("str")
    return named


def _intraclass(sums: Floats) -> float:
    """Return the intraclass correlation from n, sum and sum of squares of each period."""
    n, total, squares = sums
    between = float((total**2 / n).sum() - total.sum() ** 2 / n.sum()) / (len(n) - 1)
    within = float(squares.sum() - (total**2 / n).sum()) / (n.sum() - len(n))
    size = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    return float((between - within) / (between + (size - 1) * within))


def totals(
    backtest: Backtest,
    luck: PostCorrelation,
    *,
    n_worlds: int,
    seed: int,
    tier: str = "nano",
    sizes: Sequence[int] = SIZES,
) -> pd.DataFrame:
    """Return pseudo-campaigns of held-out posts: total engagements beside their forecast.

    Posts are grouped in the order of time ("time") or by lot ("lot"), as many whole groups as there are, and
    each total is drawn from its posts' forecasts: luck "independent", or "shared" by posts of one period at
    luck.rho (a one-factor Gaussian copula, model.md C8). At most the newest 5,000 posts and 20,000 worlds are
    used.

    Returns by size, grouping, luck and group: start, end (times), actual, median, low_ and high_ of 50, 80,
    95 %, cdf (share of the worlds below the actual total). [engagements]
    """
    chosen = np.flatnonzero(backtest.rows["tier"].astype("str") == tier)
    rows = backtest.rows.iloc[chosen]
    place = rows["posted_at"].rank(method="first", ascending=False).to_numpy() <= MOST_POSTS
    rows, chosen = rows[place].reset_index(drop=True), chosen[place]
    scale = _scale(backtest.forecast, chosen)
    by_time = np.lexsort((rows["creator"], rows["posted_at"]))
    lot = np.array([draws.uniforms(seed, "lot", name, 1)[0] for name in names(rows)])
    worlds = min(n_worlds, MOST_WORLDS)
    groups = [
        part.assign(grouping=grouping, luck=kind)
        for grouping, order, kind, rho in (
            ("lot", np.argsort(lot), "independent", 0.0),
            ("time", by_time, "independent", 0.0),
            ("time", by_time, "shared", luck.used),
        )
        for part in _grouped(rows.iloc[order], scale[order], rho, luck.period, sizes, worlds, seed)
    ]
    columns = ["size", "grouping", "luck", "group", "start", "end", "actual", *dict(ENDS), "cdf"]
    return pd.concat(groups, ignore_index=True)[columns] if groups else pd.DataFrame(columns=columns)


def _scale(forecast: Mixture, chosen: Places) -> Floats:
    """Return the log ER of each row at `SCORES`: what a normal draw becomes."""
    part = Mixture(*(column[chosen] for column in (forecast.weight, forecast.mean, forecast.sd)))
    if not len(chosen):
        return np.empty((0, len(SCORES)))
    return part.quantile(np.tile(special.ndtr(SCORES), (len(chosen), 1)))


def _grouped(
    rows: pd.DataFrame, scale: Floats, rho: float, period: str, sizes: Sequence[int], n_worlds: int, seed: int
) -> Iterator[pd.DataFrame]:
    """Yield the groups in the order of the rows, some hundred posts at a time."""
    step = math.lcm(*sizes)
    when = _of_period(rows["posted_at"], period).tolist()
    for start in range(0, len(rows), step):
        part = rows.iloc[start : start + step]
        drawn = np.empty((len(part), n_worlds))
        for at, name in enumerate(names(part)):
            common = draws.normals(seed, "shared luck", when[start + at], n_worlds) if rho else 0.0
            alone = draws.normals(seed, "held-out post", name, n_worlds)
            score = math.sqrt(rho) * common + math.sqrt(1 - rho) * alone
            log_er = np.interp(score, SCORES, scale[start + at])
            drawn[at] = np.maximum(part["followers"].iat[at] * np.exp(log_er) - 0.5, 0.0)
        for size in sizes:
            yield _summed(part, drawn, size, start // size)


def _summed(rows: pd.DataFrame, drawn: Floats, size: int, first: int) -> pd.DataFrame:
    n = len(rows) // size
    total = drawn[: n * size].reshape(n, size, drawn.shape[1]).sum(axis=1)
    actual = rows["engagements"].to_numpy(dtype=np.float64)[: n * size].reshape(n, size).sum(axis=1)
    when = rows["posted_at"].dt.tz_localize(None).to_numpy()[: n * size].reshape(n, size)
    ends = np.quantile(total, [at for _, at in ENDS], axis=1)
    return pd.DataFrame(
        {
            "size": size,
            "group": np.arange(first, first + n),
            "start": pd.DatetimeIndex(when.min(axis=1)).tz_localize("UTC"),
            "end": pd.DatetimeIndex(when.max(axis=1)).tz_localize("UTC"),
            "actual": actual,
            **dict(zip((name for name, _ in ENDS), ends, strict=True)),
            "cdf": (total < actual[:, None]).mean(axis=1),
        }
    )


def largest_size(totals: pd.DataFrame) -> int:
    """Return the largest size of which there are `ENOUGH_GROUPS`, else the smallest; 0 without a group."""
    one = totals[(totals["grouping"] == "time") & (totals["luck"] == "independent")]
    groups = one.groupby("size").size()
    enough = groups[groups >= ENOUGH_GROUPS]
    return int(enough.index.max() if len(enough) else groups.index.min() if len(groups) else 0)
