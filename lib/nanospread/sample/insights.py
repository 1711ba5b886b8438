"""What only some exports carry: whom an account follows, its captions, its own insights, its answers.

All of it for the nano accounts, whom the checks on audiences are about.
"""

import numpy as np
import pandas as pd

from nanospread.sample.accounts import WEEKS, followers

FOLLOWING, FOLLOWING_SPREAD = 900.0, 0.7  # median of accounts followed and sd of its ln: assumed
FOLLOWING_LIMIT = 7_500  # Instagram's own
A_WEEK = 2.0  # more accounts followed

SHARED = 0.5  # share of the accounts that sent a screenshot of their insights
REACH = 0.20  # feed reach / followers (model.md A4, nano)
REACH_ACCOUNT = 0.30  # sd of accounts' ln reach rate around what their engagement tells
REACH_POST = 0.40  # sd of a post's ln reach around that; with its engagement's own about 0.6 (D7)
REACH_LIFT = 0.4  # of an account's ln ER on its ln reach rate: what engages is shown to more
LEAST = 1.15  # reach / engagements; who engages has seen it
VIEWS_MORE = (2.0, 0.2)  # gamma: views / reach above 1, 1.4 on average; Modash takes 1.5
SAVES, SHARES, SIDE_SPREAD = 0.010, 0.006, 0.5  # per person reached: assumed

ANSWERED = (2.0, 2.0)  # beta: share of their comments that an account answers, .2/.5/.8 (A6)
DISCLOSED, GIFTED = 0.55, 0.25  # of sponsored posts: #ad (A6), and only "gifted"
UNFLAGGED_AD, UNFLAGGED_GIFT = 0.01, 0.03  # of the posts that no tool flags as sponsored

MOODS = "slow soft new old quiet sunny rainy small bright late early warm cosy simple wild"
THINGS = "morning days walk look notes corner light weekend things coffee view hour plans finds"
BRANDS = "Lumo Navi Orla Pino Velo"


def following(rng: np.random.Generator, accounts: pd.DataFrame) -> np.ndarray:
    """Return how many accounts each one follows [accounts, weeks], as text; blank where not exported.

    One of the smaller ones follows almost as many as Instagram lets it: `follow for follow`, perhaps.
    """
    start = FOLLOWING * np.exp(FOLLOWING_SPREAD * rng.standard_normal(len(accounts)))
    counts = start[:, None] + rng.poisson(A_WEEK, size=(len(accounts), WEEKS)).cumsum(axis=1)
    small = np.flatnonzero((accounts["tier"] == "nano") & (accounts["w0"] < 2_000))[0]
    counts[small] += 6_000 - counts[small, 0]
    text = counts.clip(max=FOLLOWING_LIMIT).astype(np.int64).astype(str)
    return np.where((accounts["tier"] == "nano").to_numpy()[:, None], text, "")


def added(rng: np.random.Generator, posts: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return posts with saves, shares, reach, views, replies and caption, blank where not exported."""
    at = accounts.reset_index(names="account").set_index("creator").loc[posts["creator"]]
    nano = (at["tier"] == "nano").to_numpy()
    insights = _insights(rng, posts, at, _sharing(rng, accounts)[at["account"]])
    answered = rng.beta(*ANSWERED, len(accounts))[at["account"]]
    comments = posts["comments"].to_numpy()
    # Of the comments on a post answered with rate q, q / (1 + q) are the answers.
    replies = np.minimum(rng.binomial(comments, answered / (1 + answered)), comments // 2)
    caption = _captions(rng, (posts["sponsored"] == "true").to_numpy())
    return posts.assign(
        **insights,
        replies=np.where(nano, replies.astype(str), ""),
        caption=np.where(nano, caption, ""),
    )


def _sharing(rng: np.random.Generator, accounts: pd.DataFrame) -> np.ndarray:
    """Return which accounts shared their insights."""
    nano = np.flatnonzero(accounts["tier"] == "nano")
    chosen = np.zeros(len(accounts), dtype=bool)
    chosen[rng.permutation(nano)[: round(SHARED * len(nano))]] = True
    return chosen


def _insights(
    rng: np.random.Generator, posts: pd.DataFrame, at: pd.DataFrame, shown: np.ndarray
) -> dict[str, np.ndarray]:
    """Return saves, shares, reach and views as text; at: the account of each post."""
    n = len(posts)
    audience = followers(at).mean(axis=1)
    likes = posts["likes"].to_numpy()
    engagements = np.where(likes < 0, 0, likes) + posts["comments"].to_numpy()
    # A post with hidden likes is taken for a usual one of its account.
    luck = np.where(likes < 0, 0, np.log((engagements + 0.5) / audience) - at["ln_er"])
    account = REACH_ACCOUNT * rng.standard_normal(at["account"].max() + 1)[at["account"]]
    rate = np.log(REACH) + REACH_LIFT * (at["ln_er"] - at["ln_er"].median()) + account
    reach = np.round(audience * np.exp(rate + luck + REACH_POST * rng.standard_normal(n)))
    reach = np.maximum(reach, np.ceil(LEAST * engagements)).to_numpy() + 1
    side = {
        name: rng.poisson(rate * reach * np.exp(SIDE_SPREAD * rng.standard_normal(n)))
        for name, rate in (("saves", SAVES), ("shares", SHARES))
    }
    views = np.round(reach * (1 + rng.gamma(*VIEWS_MORE, n)))
    counts = {**side, "reach": reach.astype(np.int64), "views": views.astype(np.int64)}
    return {name: np.where(shown, count.astype(str), "") for name, count in counts.items()}


def _captions(rng: np.random.Generator, sponsored: np.ndarray) -> np.ndarray:
    """Return a few words for each post; some disclose a partnership, some only say `gifted`."""
    n = len(sponsored)
    plain = _joined(rng.choice(MOODS.split(), n), rng.choice(THINGS.split(), n))
    luck = rng.random(n)
    ad = luck < np.where(sponsored, DISCLOSED, UNFLAGGED_AD)
    gift = ~ad & (luck < np.where(sponsored, DISCLOSED + GIFTED, UNFLAGGED_AD + UNFLAGGED_GIFT))
    behind = np.where(ad, "#ad", np.where(gift, _joined("gifted by", rng.choice(BRANDS.split(), n)), ""))
    return np.char.strip(_joined(plain, behind))


def _joined(first: np.ndarray | str, second: np.ndarray) -> np.ndarray:
    return np.char.add(np.char.add(first, " "), second)
