"""Invented outreach and results: whom a brand wrote to, on which terms, and what it cost and brought."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from nanospread.sample.accounts import MONDAY, WEEKS
from nanospread.sample.posts import moment

REPLY, ACCEPT = 0.40, 0.65  # model.md A3, central; ACCEPT of those who reply
POST = {"gift": 0.50, "fee": 0.95}  # of those who accept
GIFT_SHARE = 0.70

CAMPAIGNS = ("2025-autumn", "2026-spring", "2026-summer")
RUNNING = "2026-autumn"  # the one that the outreach log is of
CREATORS = {"nano": 30, "macro": 2}  # of each campaign
KAPPA = 10.0  # level of conversions over the benchmark funnel; published evidence differs 40 to 60 times
FEED = {"nano": 0.20, "macro": 0.08}  # reach / followers (A4)
STORY = {"nano": 0.09, "macro": 0.045}
REACH_PRECISION = 20  # of the Beta around them
CLICK_FEED, CLICK_STORY = 0.008, 0.03  # A5
CONVERSION = {"nano": 0.024, "macro": 0.014}  # orders / click (A5)
ORDER_VALUE, ORDER_CV = 65.0, 0.6  # [EUR], A5
OUTCOME_SPREAD = 1.0  # sd of the ln of a creator's conversions (A5, Pareto)
SHOCK_SHARE = 0.10  # of its variance: what a whole campaign has in common
COLUMNS = ["campaign", "creator", "offer", "cost", "reach", "clicks", "orders", "revenue"]
PACKAGE = 28.0  # [EUR] product and shipping
FEE = 0.01  # [EUR / follower]


def outreach(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return one contact with each nano creator, by date; the last accepted ones have not posted yet."""
    creators = rng.permutation(accounts.loc[accounts["tier"] == "nano", "creator"].to_numpy())
    n = len(creators)
    day = np.sort(rng.integers(0, (WEEKS - 1) * 7, n))
    offer = np.where(rng.random(n) < GIFT_SHARE, "gift", "fee")
    replied = rng.random(n) < REPLY
    accepted = replied & (rng.random(n) < ACCEPT)
    minute = (day * 24 + 9) * 60 + (rng.gamma(4.0, 4.5, n) * 24 * 60).astype(int)  # about 18 days later
    posts = accepted & (rng.random(n) < pd.Series(offer).map(POST).to_numpy())
    live = posts & (minute < WEEKS * 7 * 24 * 60)
    labels = {True: "true", False: "false"}
    return pd.DataFrame(
        {
            "creator": creators,
            "contacted_at": [MONDAY + timedelta(days=int(d)) for d in day],
            "offer": offer,
            "replied": pd.Series(replied).map(labels),
            "accepted": pd.Series(accepted).map(labels),
            "posted": pd.Series(live).map(labels),
            "posted_at": [moment(m) if shown else "" for m, shown in zip(minute, live, strict=True)],
        }
    )


def results(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return cost, reach, clicks, orders and revenue [EUR] per creator of each past campaign."""
    frames = []
    for campaign in CAMPAIGNS:
        shock = np.sqrt(SHOCK_SHARE) * rng.standard_normal()
        for tier, n in CREATORS.items():
            pool = accounts[accounts["tier"] == tier]
            creators = pool.iloc[np.sort(rng.choice(len(pool), size=n, replace=False))]
            offer = np.where((rng.random(n) < GIFT_SHARE) & (tier == "nano"), "gift", "fee")
            frames.append(_brought(rng, creators, tier, offer, shock).assign(campaign=campaign))
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def running(rng: np.random.Generator, accounts: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Return the results so far of the running campaign: of each creator of the log who has posted."""
    live = log[log["posted"] == "true"]
    creators = accounts.set_index("creator").loc[live["creator"]].reset_index()
    shock = np.sqrt(SHOCK_SHARE) * rng.standard_normal()
    rows = _brought(rng, creators, "nano", live["offer"].to_numpy(), shock)
    return rows.assign(campaign=RUNNING)[COLUMNS]


def _brought(
    rng: np.random.Generator, creators: pd.DataFrame, tier: str, offer: np.ndarray, shock: float
) -> pd.DataFrame:
    """Return what the chosen creators of one tier cost and brought: reach, then clicks, orders, money."""
    followers = creators["w0"].to_numpy(dtype=float)
    fee = FEE * followers if tier == "macro" else (FEE * followers).clip(25, 150)
    feed, story = (
        np.round(followers * rng.beta(REACH_PRECISION * rate, REACH_PRECISION * (1 - rate), len(creators)))
        for rate in (FEED[tier], STORY[tier])
    )
    clicks = rng.binomial(feed.astype(int), CLICK_FEED) + rng.binomial(story.astype(int), CLICK_STORY)
    luck = shock + np.sqrt(1 - SHOCK_SHARE) * rng.standard_normal(len(creators))
    level = np.exp(OUTCOME_SPREAD * luck - OUTCOME_SPREAD**2 / 2)
    orders = rng.poisson(clicks * KAPPA * CONVERSION[tier] * level)
    return pd.DataFrame(
        {
            "creator": creators["creator"].to_numpy(),
            "offer": offer,
            "cost": [f"{money:.2f}" for money in PACKAGE + np.where(offer == "fee", fee, 0)],
            "reach": feed.astype(int),
            "clicks": clicks,
            "orders": orders,
            "revenue": [f"{_paid(rng, int(number)):.2f}" for number in orders],
        }
    )


def _paid(rng: np.random.Generator, orders: int) -> float:
    """Return the sum of log-normal order values [EUR]."""
    variance = np.log1p(ORDER_CV**2)
    return float(rng.lognormal(np.log(ORDER_VALUE) - variance / 2, np.sqrt(variance), orders).sum())


LAST_DAY = MONDAY + timedelta(weeks=WEEKS, days=-1)
BEGAN = dict(zip(CAMPAIGNS, (date(2025, 9, 1), date(2026, 3, 2), date(2026, 6, 1)), strict=True))
CONTACTED = 200  # nano creators of each past campaign
SILENT = dict(zip(CAMPAIGNS, (0.66, 0.72, 0.77), strict=True))  # of those who did not post; no two are alike
REFUSED = 0.6  # of those who answered and did not post
WRITING = 6 * 7  # days over which a past campaign wrote to people
INBOUND = 0.12  # of those who answered: wrote first
AS_IS = 0.65  # of those who accepted: took the brief as it was
REPLY_DAYS, SHIP_DAYS = 3.0, 5.0  # medians: from contact to reply, from then to the parcel
DUE_DAYS = 35.0
CONTACT_COLUMNS = [
    "creator", "campaign", "contacted_at", "offer", "inbound", "replied", "replied_at", "accepted", "as_is",
    "shipped_at", "posted", "posted_at", "due_at",
]  # fmt: skip


def past_contacts(rng: np.random.Generator, accounts: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
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
    contact_dates = [BEGAN[name] + timedelta(days=int(d)) for d in day]
    post_dates = [
        f"{begun + timedelta(days=float(days))}" if shown else ""
        for begun, days, shown in zip(contact_dates, after, log["posted"], strict=True)
    ]
    written = log[["replied", "accepted", "posted"]].map(lambda flag: "true" if flag else "false")
    return log.assign(**written, campaign=name, contacted_at=contact_dates, posted_at=post_dates).reset_index(
        drop=True
    )


def with_terms(rng: np.random.Generator, log: pd.DataFrame) -> pd.DataFrame:
    """Return the log with who wrote first, when each step was taken, and when the post is due.

    log: contacts with the columns of `campaigns.outreach`, and campaign (the running one where missing). A
    step is dated before the post that followed, and not after the sample's last day.
    """
    n, contacted = len(log), pd.to_datetime(log["contacted_at"])
    replied, accepted = (log[name] == "true" for name in ("replied", "accepted"))
    latest = pd.to_datetime(log["posted_at"].replace("", str(LAST_DAY)).str[:10])
    span = (latest - contacted).dt.days.to_numpy()
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
    )[CONTACT_COLUMNS]


def _after(day: pd.Series, days: np.ndarray) -> pd.Series:
    dates: pd.Series = day + pd.to_timedelta(days.astype(int), unit="D")
    return pd.Series(dates.dt.strftime("%Y-%m-%d"), dtype="str")
