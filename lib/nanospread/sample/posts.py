"""Invented posts: dated, with likes and comments, most plain and a few odd."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from nanospread.sample.accounts import MONDAY, WEEKS, followers

SPONSORED = 0.07  # share of posts (D6)
SPONSORED_EFFECT = -0.25  # on ln ER, within the account (D6, damped: that was measured on mega accounts)
COMMENT_SPREAD = 0.60  # sd of a post's ln comment share around its account's
SHY = 6  # accounts that hide likes, each on most of its posts
HIDDEN = 0.7
MIDNIGHT = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC)


def posts(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return post, creator, posted_at, likes, comments and sponsored, oldest first, oddities planted."""
    made = _engaged(rng, _schedule(rng, accounts), accounts)
    made = _odd(rng, made, accounts)
    return pd.DataFrame(
        {
            "post": [f"synth{number:05d}" for number in range(1, len(made) + 1)],
            "creator": made["creator"],
            "posted_at": made["minute"].map(moment),
            "likes": made["likes"],
            "comments": made["comments"],
            "sponsored": made["sponsored"].map({True: "true", False: "false"}),
        }
    )


def moment(minute: int) -> str:
    """Return the ISO 8601 text of a minute counted from the first Monday."""
    return (MIDNIGHT + timedelta(minutes=int(minute))).strftime("%Y-%m-%dT%H:%M:%SZ")


def _schedule(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return account (row number), week and minute of every post, by time; nobody posts at night."""
    number = rng.poisson(accounts["posts_a_week"].to_numpy()[:, None], size=(len(accounts), WEEKS))
    account, week = (np.repeat(at, number.ravel()) for at in np.indices(number.shape).reshape(2, -1))
    day, hour, minute = (rng.integers(low, high, account.size) for low, high in ((0, 7), (7, 23), (0, 60)))
    when = ((week * 7 + day) * 24 + hour) * 60 + minute
    made = pd.DataFrame({"account": account, "week": week, "minute": when})
    return made.sort_values(["minute", "account"], kind="stable", ignore_index=True)


def _engaged(rng: np.random.Generator, made: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return posts with creator, sponsored, likes and comments.

    A log-normal rate, a Poisson count, a binomial share of comments. The audience is the one without the
    bought-looking jump: those do not react.
    """
    of = accounts.iloc[made["account"].to_numpy()].reset_index(drop=True)
    audience = followers(accounts)[made["account"], made["week"]]
    sponsored = rng.random(len(made)) < SPONSORED
    ln_er = of["ln_er"] + of["within"] * rng.standard_normal(len(made)) + SPONSORED_EFFECT * sponsored
    engagements = rng.poisson(audience * np.exp(ln_er).clip(upper=0.9))
    share = np.exp(of["ln_comments"] + COMMENT_SPREAD * rng.standard_normal(len(made))).clip(upper=0.6)
    comments = rng.binomial(engagements, share)
    return made.assign(
        creator=of["creator"], sponsored=sponsored, likes=engagements - comments, comments=comments
    )


def _odd(rng: np.random.Generator, made: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return posts with hidden likes and one viral co-authored post."""
    odd = made.copy()
    small = np.flatnonzero(accounts["tier"].isin(["nano", "micro"]))
    hidden = odd["account"].isin(rng.choice(small, size=SHY, replace=False)) & (rng.random(len(odd)) < HIDDEN)
    odd.loc[hidden, "likes"] = -1
    travels = np.flatnonzero((accounts["tier"] == "nano") & (accounts["niche"] == "travel"))
    candidates = odd.index[odd["account"].isin(travels)]
    viral = candidates[len(candidates) // 2]
    audience = followers(accounts)[made["account"].to_numpy()[viral], 0]
    odd.loc[viral, ["likes", "comments"]] = [round(audience * 2.4), round(audience * 0.03)]
    return odd
