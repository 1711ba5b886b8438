"""Invented posts: dated, with likes and comments, most plain and a few odd; and what only some exports carry.

Whom an account follows, its captions, its own insights and answers, the comments under its latest posts: of
nano accounts, whom the checks on audiences are about.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from nanospread.core.types import filled_text
from nanospread.sample.accounts import MONDAY, WEEKS, followers

SPONSORED = 0.07  # share of posts (D6)
SPONSORED_EFFECT = -0.25  # on ln ER, within the account (D6, damped: that was measured on mega accounts)
COMMENT_SPREAD = 0.60  # sd of a post's ln comment share around its account's
SHY = 6  # accounts that hide likes, each on most of its posts
HIDDEN = 0.7
LATEST = 3  # posts of an account that a search shows
MIDNIGHT = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC)


def posts(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return post, creator, posted_at, likes, comments and sponsored, oldest first, oddities planted."""
    rows = _engaged(rng, _schedule(rng, accounts), accounts)
    return _published(_odd(rng, rows, accounts), "synth")


def latest(rng: np.random.Generator, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return the `LATEST` latest posts of each account, as `posts`: what a search shows of it."""
    schedule = _schedule(rng, accounts).groupby("account").tail(LATEST).reset_index(drop=True)
    return _published(_engaged(rng, schedule, accounts), "found")


def _published(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "post": [f"{name}{number:05d}" for number in range(1, len(rows) + 1)],
            "creator": rows["creator"],
            "posted_at": rows["minute"].map(moment),
            "likes": rows["likes"],
            "comments": rows["comments"],
            "sponsored": rows["sponsored"].map({True: "true", False: "false"}),
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
    elapsed = ((week * 7 + day) * 24 + hour) * 60 + minute
    rows = pd.DataFrame({"account": account, "week": week, "minute": elapsed})
    return rows.sort_values(["minute", "account"], kind="stable", ignore_index=True)


def _engaged(rng: np.random.Generator, rows: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return posts with creator, sponsored, likes and comments.

    A log-normal rate, a Poisson count, a binomial share of comments. The audience is the one without the
    bought-looking jump: those do not react.
    """
    post_accounts = accounts.iloc[rows["account"].to_numpy()].reset_index(drop=True)
    audience = followers(accounts)[rows["account"], rows["week"]]
    sponsored = rng.random(len(rows)) < SPONSORED
    ln_er = (
        post_accounts["ln_er"]
        + post_accounts["within"] * rng.standard_normal(len(rows))
        + SPONSORED_EFFECT * sponsored
    )
    engagements = rng.poisson(audience * np.exp(ln_er).clip(upper=0.9))
    share = np.exp(post_accounts["ln_comments"] + COMMENT_SPREAD * rng.standard_normal(len(rows))).clip(
        upper=0.6
    )
    comments = rng.binomial(engagements, share)
    return rows.assign(
        creator=post_accounts["creator"], sponsored=sponsored, likes=engagements - comments, comments=comments
    )


def _odd(rng: np.random.Generator, posts: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return posts with hidden likes and one viral co-authored post."""
    changed = posts.copy()
    small_accounts = np.flatnonzero(accounts["tier"].isin(["nano", "micro"]))
    hidden = changed["account"].isin(rng.choice(small_accounts, size=SHY, replace=False)) & (
        rng.random(len(changed)) < HIDDEN
    )
    changed.loc[hidden, "likes"] = -1
    travel_accounts = np.flatnonzero((accounts["tier"] == "nano") & (accounts["niche"] == "travel"))
    candidates = changed.index[changed["account"].isin(travel_accounts)]
    viral = candidates[len(candidates) // 2]
    audience = followers(accounts)[posts["account"].to_numpy()[viral], 0]
    changed.loc[viral, ["likes", "comments"]] = [round(audience * 2.4), round(audience * 0.03)]
    return changed


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


def with_insights(rng: np.random.Generator, posts: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return posts with saves, shares, reach, views, replies and caption, blank where not exported."""
    post_accounts = accounts.reset_index(names="account").set_index("creator").loc[posts["creator"]]
    nano = (post_accounts["tier"] == "nano").to_numpy()
    insights = _insights(rng, posts, post_accounts, _sharing(rng, accounts)[post_accounts["account"]])
    answered = rng.beta(*ANSWERED, len(accounts))[post_accounts["account"]]
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
    is_shared = np.zeros(len(accounts), dtype=bool)
    is_shared[rng.permutation(nano)[: round(SHARED * len(nano))]] = True
    return is_shared


def _insights(
    rng: np.random.Generator, posts: pd.DataFrame, post_accounts: pd.DataFrame, is_shared: np.ndarray
) -> dict[str, np.ndarray]:
    """Return saves, shares, reach and views as text; post_accounts: that of each post."""
    n = len(posts)
    audience = followers(post_accounts).mean(axis=1)
    likes = posts["likes"].to_numpy()
    engagements = np.where(likes < 0, 0, likes) + posts["comments"].to_numpy()
    # A post with hidden likes is taken for a usual one of its account.
    luck = np.where(likes < 0, 0, np.log((engagements + 0.5) / audience) - post_accounts["ln_er"])
    account = (
        REACH_ACCOUNT * rng.standard_normal(post_accounts["account"].max() + 1)[post_accounts["account"]]
    )
    rate = np.log(REACH) + REACH_LIFT * (post_accounts["ln_er"] - post_accounts["ln_er"].median()) + account
    reach = np.round(audience * np.exp(rate + luck + REACH_POST * rng.standard_normal(n)))
    reach = np.maximum(reach, np.ceil(LEAST * engagements)).to_numpy() + 1
    side = {
        name: rng.poisson(rate * reach * np.exp(SIDE_SPREAD * rng.standard_normal(n)))
        for name, rate in (("saves", SAVES), ("shares", SHARES))
    }
    views = np.round(reach * (1 + rng.gamma(*VIEWS_MORE, n)))
    counts = {**side, "reach": reach.astype(np.int64), "views": views.astype(np.int64)}
    return {name: np.where(is_shared, count.astype(str), "") for name, count in counts.items()}


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


COMMENTED = 3  # posts of each nano account
MOST_COMMENTS = 12  # comments exported of a post
FANS = 9_000  # people who might comment
DELAY = (1.0, 500.0)  # gamma [minutes] until a comment, and again until its answer
END = WEEKS * 7 * 24 * 60 - 1  # [minutes] the last one of the data

PRAISE = "lovely great beautiful cute gorgeous cool dreamy perfect sweet stunning"
TOPICS = "light colour place mood idea photo outfit spot detail view combination story"
SHAPES = (
    "such a {0} {1}",
    "the {1} is {0}",
    "where did you find this {1}?",
    "{0}! tell us more about the {1}",
    "I need this {1} too",
    "what a {0} {1}, and so true",
)
TEMPLATES = ("Nice pic!", "Great shot!", "Love it!", "So cool!")  # what bought comments look like
ANSWERS = ("thank you", "so kind of you", "it was", "it's from the market", "more of it soon", "same here")
BOUGHT = 2  # accounts whose comments are templates


def comments(rng: np.random.Generator, posts: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """Return comment, post, creator, author, written_at, text and answers, post by post.

    posts: post, creator, posted_at, comments and replies, oldest first.
    """
    nano = posts[posts["creator"].isin(accounts.loc[accounts["tier"] == "nano", "creator"])]
    latest_posts = nano.groupby("creator").tail(COMMENTED).reset_index(drop=True)
    audience = _audience(rng, latest_posts)
    answers = _answers(rng, audience, latest_posts)
    rows = pd.concat([audience, answers], ignore_index=True)
    rows = rows.sort_values(["row", "minute"], kind="stable", ignore_index=True)
    rows["comment"] = [f"c{number:05d}" for number in range(1, len(rows) + 1)]
    names = rows[rows["answers"] < 0].set_index("key")["comment"]
    return pd.DataFrame(
        {
            "comment": rows["comment"],
            "post": latest_posts["post"].to_numpy()[rows["row"]],
            "creator": latest_posts["creator"].to_numpy()[rows["row"]],
            "author": rows["author"],
            "written_at": rows["minute"].map(moment),
            "text": rows["text"],
            "answers": filled_text(rows["answers"].map(names)),
        }
    )


def _audience(rng: np.random.Generator, posts: pd.DataFrame) -> pd.DataFrame:
    """Return the comments of others, a random part where there are many: key, row of the post, ..."""
    exported = posts["comments"].clip(upper=MOST_COMMENTS)
    answered = posts["replies"].astype(int) * exported // posts["comments"].clip(lower=1)
    others = (exported - answered).to_numpy()
    row = np.repeat(np.arange(len(posts)), others)
    n = len(row)
    start = (pd.to_datetime(posts["posted_at"]) - pd.Timestamp(MONDAY, tz="UTC")).dt.total_seconds() // 60
    minute = start.to_numpy()[row] + 1 + rng.gamma(*DELAY, n)
    index = np.arange(n) - np.repeat(others.cumsum() - others, others)
    has_templates = posts["creator"].isin(_bought(posts)).to_numpy()[row]
    return pd.DataFrame(
        {
            "key": np.arange(n),
            "row": row,
            "minute": minute.clip(max=END - 1).astype(int),
            "author": [f"synthetic_fan{number:04d}" for number in rng.integers(1, FANS, n)],
            "text": np.where(has_templates, rng.choice(TEMPLATES, n), _own_words(rng, n)),
            "answers": -1,
            "answered": index < answered.to_numpy()[row],
        }
    )


def _bought(posts: pd.DataFrame) -> pd.Index:
    """Return the accounts whose comments are templates: among those with most, but not the very first."""
    number = posts["comments"].clip(upper=MOST_COMMENTS).groupby(posts["creator"]).sum()
    return number.sort_values(ascending=False, kind="stable").index[3 : 3 + BOUGHT]


def _own_words(rng: np.random.Generator, n: int) -> list[str]:
    shapes, praise, topics = (rng.choice(words, n) for words in (SHAPES, PRAISE.split(), TOPICS.split()))
    return [shape.format(*words) for shape, *words in zip(shapes, praise, topics, strict=True)]


def _answers(rng: np.random.Generator, audience: pd.DataFrame, posts: pd.DataFrame) -> pd.DataFrame:
    """Return what the creators answered: one answer for each comment that is answered."""
    answered = audience[audience["answered"]]
    n = len(answered)
    minute = answered["minute"] + 1 + rng.gamma(*DELAY, n).astype(int)
    return pd.DataFrame(
        {
            "row": answered["row"],
            "minute": minute.clip(upper=END),
            "author": posts["creator"].to_numpy()[answered["row"]],
            "text": rng.choice(ANSWERS, n),
            "answers": answered["key"],
        }
    )
