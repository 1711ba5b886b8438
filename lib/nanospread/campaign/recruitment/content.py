"""Outreach log + funnel -> how long a live post takes, nobody lost who is still to post."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from nanospread.campaign.recruitment import cells, contacts
from nanospread.campaign.recruitment.cells import LEVEL
from nanospread.campaign.recruitment.contacts import days_between, told
from nanospread.campaign.recruitment.funnel import POSTED, Funnel
from nanospread.campaign.recruitment.rates import ENOUGH, Basis

HORIZON = 120  # of the assumed curve [days]
COLUMNS = ["days", "share", "low", "high", "at_risk"]


@dataclass(frozen=True, eq=False)
class Content:
    """Days from contact to a live post, among those who agreed.

    curve: days, share (live by then, of those who agreed [0-1]), low, high (80 % interval), at_risk (creators
    neither live nor out of sight just before; missing where assumed), a step at each row. median, median_low,
    median_high: days by which half of those who post at all are live. agreed, live: creators behind it.
    """

    curve: pd.DataFrame
    basis: Basis
    median: float
    median_low: float
    median_high: float
    agreed: int
    live: int

    def by(self, days: float) -> tuple[float, float, float]:
        """Return the share that is live by then, and its interval."""
        passed = self.curve.loc[self.curve["days"] <= days, ["share", "low", "high"]].to_numpy(dtype=float)
        share, low, high = passed[-1] if len(passed) else (0.0, 0.0, 0.0)
        return float(share), float(low), float(high)


def time_to_content(outreach: pd.DataFrame, funnel: Funnel, *, as_of: pd.Timestamp) -> Content:
    """Return how long content takes: Kaplan-Meier from the log, or what is assumed where it is too short.

    Creators who agreed and have not posted are censored at as_of; a post without a date is left out. The
    log's interval is Greenwood's of log(-log), which takes creators as independent; the assumed one is that
    of the next campaign.

    References: Kaplan and Meier 1958, J. Am. Stat. Assoc. 53:457 (`scipy.stats.ecdf`).
    """
    rows = contacts.outbound(outreach, funnel.offer)
    posted = told(rows["posted"])
    agreed = rows[
        told(rows["accepted"]) & (rows["contacted_at"] <= as_of) & (~posted | rows["posted_at"].notna())
    ]
    live = agreed["posted_at"].notna() & told(agreed["posted"])
    measured = len(agreed) >= ENOUGH and bool(live.any())
    return Content(
        _kaplan_meier(agreed, live, as_of) if measured else _assumed(funnel),
        "measured" if measured else "assumed",
        *funnel.live.median(),
        len(agreed),
        int(live.sum()),
    )


def _kaplan_meier(agreed: pd.DataFrame, live: "pd.Series[bool]", as_of: pd.Timestamp) -> pd.DataFrame:
    days = days_between(agreed["contacted_at"], agreed["posted_at"].where(live, as_of))
    seen = stats.CensoredData.right_censored(days, (~live).to_numpy())
    found: Any = stats.ecdf(seen).cdf
    with warnings.catch_warnings():  # no interval where nobody or everybody is live
        warnings.simplefilter("ignore", RuntimeWarning)
        ends = found.confidence_interval(confidence_level=LEVEL, method="log-log")
    at = found.quantiles
    bounds = pd.DataFrame({"low": ends.low.probabilities, "high": ends.high.probabilities})
    bounds.loc[found.probabilities == 0] = 0.0
    bounds = bounds.ffill().fillna({"low": 0.0, "high": 1.0})
    at_risk = len(days) - np.searchsorted(np.sort(days), at)
    curve = pd.DataFrame({"days": at, "share": found.probabilities, **bounds, "at_risk": at_risk})
    return curve[COLUMNS]


def _assumed(funnel: Funnel) -> pd.DataFrame:
    post = funnel.rates[POSTED].cells
    rows = []
    for day in range(HORIZON + 1):
        share = cells.product(post, funnel.live.cells(day))
        rows.append((float(day), float(share.mean()), *cells.interval(share), np.nan))
    return pd.DataFrame(rows, columns=COLUMNS)
