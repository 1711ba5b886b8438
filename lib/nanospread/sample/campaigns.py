"""Invented outreach and results: whom a brand wrote to, and what its past campaigns cost and brought."""

from datetime import timedelta

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
    truth = {True: "true", False: "false"}
    return pd.DataFrame(
        {
            "creator": creators,
            "contacted_at": [MONDAY + timedelta(days=int(d)) for d in day],
            "offer": offer,
            "replied": pd.Series(replied).map(truth),
            "accepted": pd.Series(accepted).map(truth),
            "posted": pd.Series(live).map(truth),
            "posted_at": [moment(m) if shown else "" for m, shown in zip(minute, live, strict=True)],
        }
    )


def results(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return cost, reach, clicks, orders and revenue [EUR] per creator of each past campaign."""
    made = []
    for campaign in CAMPAIGNS:
        shock = np.sqrt(SHOCK_SHARE) * rng.standard_normal()
        for tier, n in CREATORS.items():
            pool = accounts[accounts["tier"] == tier]
            chosen = pool.iloc[np.sort(rng.choice(len(pool), size=n, replace=False))]
            offer = np.where((rng.random(n) < GIFT_SHARE) & (tier == "nano"), "gift", "fee")
            made.append(_brought(rng, chosen, tier, offer, shock).assign(campaign=campaign))
    return pd.concat(made, ignore_index=True)[COLUMNS]


def running(rng: np.random.Generator, accounts: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Return the results so far of the running campaign: of each creator of the log who has posted."""
    live = log[log["posted"] == "true"]
    chosen = accounts.set_index("creator").loc[live["creator"]].reset_index()
    shock = np.sqrt(SHOCK_SHARE) * rng.standard_normal()
    made = _brought(rng, chosen, "nano", live["offer"].to_numpy(), shock)
    return made.assign(campaign=RUNNING)[COLUMNS]


def _brought(
    rng: np.random.Generator, chosen: pd.DataFrame, tier: str, offer: np.ndarray, shock: float
) -> pd.DataFrame:
    """Return what the chosen creators of one tier cost and brought: reach, then clicks, orders, money."""
    followers = chosen["w0"].to_numpy(dtype=float)
    fee = FEE * followers if tier == "macro" else (FEE * followers).clip(25, 150)
    feed, story = (
        np.round(followers * rng.beta(REACH_PRECISION * rate, REACH_PRECISION * (1 - rate), len(chosen)))
        for rate in (FEED[tier], STORY[tier])
    )
    clicks = rng.binomial(feed.astype(int), CLICK_FEED) + rng.binomial(story.astype(int), CLICK_STORY)
    luck = shock + np.sqrt(1 - SHOCK_SHARE) * rng.standard_normal(len(chosen))
    level = np.exp(OUTCOME_SPREAD * luck - OUTCOME_SPREAD**2 / 2)
    orders = rng.poisson(clicks * KAPPA * CONVERSION[tier] * level)
    return pd.DataFrame(
        {
            "creator": chosen["creator"].to_numpy(),
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
