"""Forecasts of posts -> forecasts of campaign totals, where luck that creators share would show."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from nanospread.campaign.backtest.holdout import ENDS, Backtest, names
from nanospread.campaign.backtest.post_correlation import Luck, of_period
from nanospread.campaign.simulation import draws
from nanospread.core.types import Floats
from nanospread.creators.engagement import Mixture

SIZES = (5, 10, 25, 50)
ENOUGH = 20  # groups from which the share of them inside an interval says something
MOST_POSTS = 5_000  # the newest: coverage is then known within a few points even of the largest groups
MOST_WORLDS = 20_000  # places an actual total within 0.4 % of its forecast
SCORES = np.linspace(-6, 6, 121)  # between which the quantiles of a post are straight lines, to 0.1 %


def totals(
    backtest: Backtest,
    luck: Luck,
    *,
    n_worlds: int,
    seed: int,
    tier: str = "nano",
    sizes: Sequence[int] = SIZES,
) -> pd.DataFrame:
    """Return pseudo-campaigns of held-out posts: total engagements beside their forecast.

    Posts are put together in the order of time (grouping "time") or by lot ("lot"), as many whole groups as
    there are, and each total is drawn n_worlds times from its posts' forecasts: luck "independent", or
    "shared" by posts of one period at luck.rho (a one-factor Gaussian copula, model.md C8). By time only, the
    posts of a group share what their months had in common. At most the newest 5,000 posts and 20,000 worlds
    are used.

    Returns: one row per size, grouping, luck and group: size, grouping, luck, group, start, end (times of
    its first and last post), actual, median, low_ and high_ of 50, 80, 95 %, cdf (share of the worlds below
    the actual total). [engagements]
    """
    chosen = np.flatnonzero(backtest.rows["tier"].astype("str") == tier)
    rows = backtest.rows.iloc[chosen]
    place = rows["posted_at"].rank(method="first", ascending=False).to_numpy() <= MOST_POSTS
    rows, chosen = rows[place].reset_index(drop=True), chosen[place]
    scale = _scale(backtest.forecast, chosen)
    by_time = np.lexsort((rows["creator"], rows["posted_at"]))
    lot = np.array([draws.uniforms(seed, "lot", name, 1)[0] for name in names(rows)])
    worlds = min(n_worlds, MOST_WORLDS)
    found = [
        part.assign(grouping=grouping, luck=kind)
        for grouping, order, kind, rho in (
            ("lot", np.argsort(lot), "independent", 0.0),
            ("time", by_time, "independent", 0.0),
            ("time", by_time, "shared", luck.used),
        )
        for part in _grouped(rows.iloc[order], scale[order], rho, luck.period, sizes, worlds, seed)
    ]
    columns = [
        "size",
        "grouping",
        "luck",
        "group",
        "start",
        "end",
        "actual",
        *(name for name, _ in ENDS),
        "cdf",
    ]
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _scale(forecast: Mixture, chosen: NDArray[np.intp]) -> Floats:
    """Return the log ER of each row at `SCORES`: what a normal draw becomes."""
    part = Mixture(*(column[chosen] for column in (forecast.weight, forecast.mean, forecast.sd)))
    if not len(chosen):
        return np.empty((0, len(SCORES)))
    return part.quantile(np.tile(special.ndtr(SCORES), (len(chosen), 1)))


def _grouped(
    rows: pd.DataFrame,
    scale: Floats,
    rho: float,
    period: str,
    sizes: Sequence[int],
    n_worlds: int,
    seed: int,
) -> Iterator[pd.DataFrame]:
    """Yield the groups in the order of the rows, some hundred posts at a time."""
    step = math.lcm(*sizes)
    when = of_period(rows["posted_at"], period).tolist()
    for start in range(0, len(rows), step):
        part = rows.iloc[start : start + step]
        drawn = np.empty((len(part), n_worlds))
        for at, name in enumerate(names(part)):
            common = draws.normals(seed, "shared luck", when[start + at], n_worlds) if rho else 0.0
            own = draws.normals(seed, "held-out post", name, n_worlds)
            score = math.sqrt(rho) * common + math.sqrt(1 - rho) * own
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
    """Return the largest size of which there are `ENOUGH` groups, else the smallest; 0 without a group."""
    one = totals[(totals["grouping"] == "time") & (totals["luck"] == "independent")]
    groups = one.groupby("size").size()
    enough = groups[groups >= ENOUGH]
    return int(enough.index.max() if len(enough) else groups.index.min() if len(groups) else 0)
