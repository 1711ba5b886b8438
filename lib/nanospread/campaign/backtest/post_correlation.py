"""Posts of one time -> how far they share their luck: the correlation of their normal scores."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from nanospread.core.types import Floats

PERIODS = {"month": "M", "week": "W", "day": "D"}  # the longest of which the posts fill enough
ENOUGH, LEAST = 6, 3  # periods with two posts or more: to be content with a length; to say anything


@dataclass(frozen=True)
class Luck:
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


def shared_luck(rows: pd.DataFrame) -> Luck:
    """Return the correlation of posts of the same calendar month; of the same week or day where months lack.

    The intraclass correlation (one-way analysis of variance) of the normal scores ndtri(pit): it asks how far
    months differ more than their posts can explain, so a bias that all months share does not count. The
    interval is the jackknife's over months, t with months - 1 degrees of freedom.

    rows: pit, posted_at; one post per creator, since a creator's own posts share more than their month.

    References: Donner 1986, Int. Stat. Rev. 54:67.
    """
    score = special.ndtri(np.clip(rows["pit"].to_numpy(dtype=np.float64), 1e-9, 1 - 1e-9))
    name, code = _periods(rows["posted_at"])
    sums = np.array([np.bincount(code, weights) for weights in (np.ones_like(score), score, score**2)])
    full = int((sums[0] > 1).sum()) if len(rows) else 0
    if full < LEAST:
        return Luck(math.nan, math.nan, math.nan, len(rows), full, name)
    rho = _intraclass(sums)
    left = np.array([_intraclass(np.delete(sums, at, axis=1)) for at in range(sums.shape[1])])
    n = len(left)
    se = math.sqrt((n - 1) / n * float(((left - left.mean()) ** 2).sum()))
    half = float(stats.t.ppf(0.975, n - 1)) * se
    return Luck(rho, max(rho - half, -1.0), min(rho + half, 1.0), len(rows), full, name)


def _periods(when: pd.Series) -> tuple[str, NDArray[np.intp]]:
    """Return the length of the periods and each post's place among them."""
    name, code = "", np.empty(0, dtype=np.intp)
    for name in PERIODS:
        code = pd.factorize(of_period(when, name))[0]
        if (np.bincount(code) > 1).sum() >= ENOUGH:
            break
    return name, code


def of_period(when: pd.Series, period: str) -> "pd.Series[str]":
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
