"""Ambassadors and when they left -> whole periods that each stayed, cohorts, and the Kaplan-Meier curve."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from nanospread.core import errors

PERIOD_WEEKS = 4  # an ambassador posts once a period: a month in whole weeks, so that weekdays do not count
PERIODS = 13  # a year of them
MOST_PERIODS = 130  # ten years: longer than any plan
MOST_COHORTS = 8  # as rows of a small table
UNITS = ("M", "Q", "Y")  # of time by which cohorts may be grouped


def check_periods(periods: int) -> None:
    """Raise InputError for a number of periods that nobody plans."""
    if not 1 <= periods <= MOST_PERIODS:
        raise errors.InputError(f"periods must be from 1 to {MOST_PERIODS}; got {periods}")


def tenures(ambassadors: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return how long each ambassador was seen to stay.

    ambassadors: creator, joined_at, left_at (NaT: still active), as `tables.Tables.ambassadors`; who joined
    after as_of is left out.

    Returns: creator, joined_at, seen (whole periods from joining to as_of), left (bool: within those),
    periods (the one after which it left, or seen). What happened in a period that is not over yet does not
    count: losses would show in it and staying would not.
    """
    joined = ambassadors[ambassadors["joined_at"] <= as_of]
    seen = _periods(as_of - joined["joined_at"]).astype("int64")
    stayed = _periods(joined["left_at"] - joined["joined_at"]).apply(np.ceil).clip(lower=1)
    left = stayed <= seen
    return pd.DataFrame(
        {
            "creator": joined["creator"],
            "joined_at": joined["joined_at"],
            "seen": seen,
            "left": left,
            "periods": stayed.where(left, seen).astype("int64"),
        }
    ).reset_index(drop=True)


def _periods(time: "pd.Series[pd.Timedelta]") -> "pd.Series[float]":
    return time.dt.total_seconds() / (PERIOD_WEEKS * 7 * 86_400)


def tally(tenures: pd.DataFrame) -> pd.DataFrame:
    """Return what `retention.log_likelihood` needs to know: period (1 or more), lost, active.

    Who has not been seen for one whole period says nothing.
    """
    counted = tenures[tenures["periods"] > 0].assign(active=lambda rows: ~rows["left"])
    sums = counted.groupby("periods")[["left", "active"]].sum().rename_axis("period")
    return sums.rename(columns={"left": "lost"}).astype("int64").reset_index()


def cohorts(tenures: pd.DataFrame) -> pd.DataFrame:
    """Return how many of each cohort are active after 1, 2, 3 ... periods; missing where not all were seen.

    Cohorts are the months in which ambassadors joined; the quarters or years where months are more than 8.

    Returns: one row per cohort, the earliest first: cohort (2026-04, 2026Q2 or 2026), joined, and one column
    for each period from 1: ambassadors.
    """
    of = _groups(tenures["joined_at"])
    members = tenures.groupby(of)
    counted, known = members.size().to_frame("joined"), members["seen"].min()
    stays = tenures["periods"] - tenures["left"].astype("int64")  # after so many it was still there
    for period in range(1, int(known.max() if len(known) else 0) + 1):
        counted[period] = (stays >= period).groupby(of).sum().where(known >= period).astype("float64")
    return counted.rename_axis("cohort").reset_index()


def _groups(joined: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    plain = joined.dt.tz_convert(None)
    for unit in UNITS:
        of = plain.dt.to_period(unit).astype("str")
        if of.nunique() <= MOST_COHORTS:
            break
    return of


def kaplan_meier(tenures: pd.DataFrame, level: float = 0.8) -> pd.DataFrame:
    """Return the share that is still there after each number of periods, as observed.

    level: of the interval (Greenwood's, on the log-log scale), 0-1.

    Returns: one row per period from 0 to the longest seen: period, at_risk (seen that long), survival, low,
    high (missing while nobody has left, and once nobody is left).
    """
    last = int(tenures["periods"].max()) if len(tenures) else -1
    period = np.arange(last + 1)
    found = pd.DataFrame({"period": period, "at_risk": 0, "survival": 1.0, "low": np.nan, "high": np.nan})
    if last < 0:
        return found
    found["at_risk"] = [int((tenures["periods"] >= each).sum()) for each in period]
    curve: Any = stats.ecdf(stats.CensoredData.right_censored(tenures["periods"], ~tenures["left"])).sf
    found["survival"] = curve.evaluate(period)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the interval of 1 and of 0 is not defined
        ends = curve.confidence_interval(level, method="log-log")
    found["low"], found["high"] = ends.low.evaluate(period), ends.high.evaluate(period)
    undefined = found["survival"].isin([0.0, 1.0])
    found.loc[undefined, ["low", "high"]] = np.nan
    return found
