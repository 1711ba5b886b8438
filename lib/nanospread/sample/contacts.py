"""Invented outreach of past campaigns, and what a good log tells beside: terms, parcels, who wrote first."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from nanospread.sample.accounts import MONDAY, WEEKS
from nanospread.sample.campaigns import CAMPAIGNS, RUNNING

LAST = MONDAY + timedelta(weeks=WEEKS, days=-1)
BEGAN = dict(zip(CAMPAIGNS, (date(2025, 9, 1), date(2026, 3, 2), date(2026, 6, 1)), strict=True))
CONTACTED = 200  # nano creators of each past campaign
SILENT = dict(zip(CAMPAIGNS, (0.66, 0.72, 0.77), strict=True))  # of those who did not post; no two are alike
REFUSED = 0.6  # of those who answered and did not post
WRITING = 6 * 7  # days over which a past campaign wrote to people
INBOUND = 0.12  # of those who answered: wrote first
AS_IS = 0.65  # of those who accepted: took the brief as it was
REPLY_DAYS, SHIP_DAYS = 3.0, 5.0  # medians: from contact to reply, from then to the parcel
DUE_DAYS = 35.0
COLUMNS = [
    "creator", "campaign", "contacted_at", "offer", "inbound", "replied", "replied_at", "accepted", "as_is",
    "shipped_at", "posted", "posted_at", "due_at",
]  # fmt: skip


def past(rng: np.random.Generator, accounts: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Return the contacts of the past campaigns: those whose results are known posted, others did not."""
    nano = accounts.loc[accounts["tier"] == "nano", "creator"]
    return pd.concat([_campaign(rng, nano, results, name) for name in CAMPAIGNS], ignore_index=True)


def _campaign(rng: np.random.Generator, nano: pd.Series, results: pd.DataFrame, name: str) -> pd.DataFrame:
    mine = results[(results["campaign"] == name) & results["creator"].isin(nano)]
    others = rng.choice(np.setdiff1d(nano, mine["creator"]), CONTACTED - len(mine), replace=False)
    replied = rng.random(len(others)) > SILENT[name]
    accepted = replied & (rng.random(len(others)) > REFUSED)
    idle = pd.DataFrame({"creator": others, "replied": replied, "accepted": accepted, "posted": False})
    idle["offer"] = np.where(rng.random(len(others)) < 0.7, "gift", "fee")
    live = mine[["creator", "offer"]].assign(replied=True, accepted=True, posted=True)
    log = pd.concat([live, idle], ignore_index=True).iloc[rng.permutation(CONTACTED)]
    day = np.sort(rng.integers(0, WRITING, CONTACTED))
    after = 1 + rng.gamma(4.0, 4.5, CONTACTED)  # days, as in the running campaign
    at = [BEGAN[name] + timedelta(days=int(d)) for d in day]
    on = [
        f"{begun + timedelta(days=float(days))}" if shown else ""
        for begun, days, shown in zip(at, after, log["posted"], strict=True)
    ]
    written = log[["replied", "accepted", "posted"]].map(lambda told: "true" if told else "false")
    return log.assign(**written, campaign=name, contacted_at=at, posted_at=on).reset_index(drop=True)


def told(rng: np.random.Generator, log: pd.DataFrame) -> pd.DataFrame:
    """Return the log with who wrote first, when each step was taken, and when the post is due.

    log: contacts with the columns of `campaigns.outreach`, and campaign (the running one where missing). A
    step is dated before the post that followed, and not after the sample's last day.
    """
    n, contacted = len(log), pd.to_datetime(log["contacted_at"])
    replied, accepted = (log[name] == "true" for name in ("replied", "accepted"))
    known = pd.to_datetime(log["posted_at"].replace("", str(LAST)).str[:10])
    span = (known - contacted).dt.days.to_numpy()
    reply = np.minimum(rng.lognormal(np.log(REPLY_DAYS), 0.8, n), 0.4 * span)
    ship = np.minimum(reply + rng.lognormal(np.log(SHIP_DAYS), 0.5, n), 0.8 * span)
    coin, terms = rng.random(n) < INBOUND, rng.random(n) < AS_IS
    return log.assign(
        campaign=log["campaign"].fillna(RUNNING),
        inbound=np.where(replied & coin, "true", "false"),
        replied_at=_after(contacted, reply).where(replied, ""),
        as_is=np.where(accepted, np.where(terms, "true", "false"), ""),
        shipped_at=_after(contacted, ship).where(accepted, ""),
        due_at=_after(contacted, np.full(n, DUE_DAYS)),
    )[COLUMNS]


def _after(day: pd.Series, days: np.ndarray) -> pd.Series:
    dates: pd.Series = day + pd.to_timedelta(days.astype(int), unit="D")
    return pd.Series(dates.dt.strftime("%Y-%m-%d"), dtype="str")
