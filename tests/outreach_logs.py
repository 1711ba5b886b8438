"""Outreach logs for tests: rows by hand, and synthetic ones whose truth is known."""

import numpy as np
import pandas as pd

NOW = pd.Timestamp("2026-11-20", tz="UTC")
DTYPES = {
    "creator": "str", "campaign": "str", "contacted_at": "datetime64[us, UTC]", "offer": "str",
    "inbound": "boolean", "replied": "boolean", "replied_at": "datetime64[us, UTC]", "accepted": "boolean",
    "as_is": "boolean", "shipped_at": "datetime64[us, UTC]", "posted": "boolean",
    "posted_at": "datetime64[us, UTC]", "due_at": "datetime64[us, UTC]",
}  # fmt: skip


def log(number=0, **columns):
    """Return so many contacts of one old campaign, nobody replying, with these columns in their place."""
    base = {
        "creator": [f"c{i}" for i in range(number)], "campaign": "", "contacted_at": NOW - days(400),
        "offer": "gift", "inbound": False, "replied": False, "replied_at": pd.NaT, "accepted": False,
        "as_is": pd.NA, "shipped_at": pd.NaT, "posted": False, "posted_at": pd.NaT, "due_at": pd.NaT,
    }  # fmt: skip
    frame = pd.DataFrame({**base, **columns}, index=range(number))
    dates = [name for name in DTYPES if name.endswith("_at")]
    return frame.assign(**{name: pd.to_datetime(frame[name], utc=True) for name in dates}).astype(DTYPES)


def days(number):
    return pd.to_timedelta(number, unit="D")


def counted(contacted, replied, agreed, posted, *, campaign="", offer="gift", age=400.0, after=21.0):
    """Return one campaign with these counts: all contacted at one age [days], posts so long after."""
    place = np.arange(contacted)
    start = NOW - days(age)
    return log(
        contacted, creator=[f"{campaign}{offer}{i}" for i in place], campaign=campaign, offer=offer,
        contacted_at=start, replied=place < replied, accepted=place < agreed, posted=place < posted,
        posted_at=pd.Series(start + days(after), index=place).where(place < posted),
    )  # fmt: skip


def together(*logs):
    return pd.concat(logs, ignore_index=True).astype(DTYPES)


def campaign(rng, name, contacted, rates, delays, first_age, last_age):
    """Return a drawn campaign as its log looks now. rates: reply, accept, post; delays: log median, sd of
    reply and of post; contacts were made evenly from first_age to last_age days ago."""
    age = np.sort(rng.uniform(last_age, first_age, contacted))[::-1]
    would = rng.random((3, contacted)) < np.asarray(rates)[:, None]
    wait = np.exp([rng.normal(middle, sd, contacted) for middle, sd in delays])
    replied = would[0] & (wait[0] <= age)
    agreed = replied & would[1]
    posted = agreed & would[2] & (wait[1] <= age)
    start = NOW - days(age)
    return log(
        contacted, creator=[f"{name}{i}" for i in range(contacted)], campaign=name, contacted_at=start,
        replied=replied, accepted=agreed, posted=posted,
        replied_at=(start + days(wait[0])).where(replied), posted_at=(start + days(wait[1])).where(posted),
    )  # fmt: skip
