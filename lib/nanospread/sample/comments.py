"""Invented comments: who wrote what under the latest posts of each nano account, and what it answered."""

import numpy as np
import pandas as pd

from nanospread.core.types import filled_text
from nanospread.sample.accounts import MONDAY, WEEKS
from nanospread.sample.posts import moment

LATEST = 3  # posts of each nano account
MOST = 12  # comments exported of a post
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
    shown = nano.groupby("creator").tail(LATEST).reset_index(drop=True)
    audience = _audience(rng, shown)
    answers = _answers(rng, audience, shown)
    made = pd.concat([audience, answers], ignore_index=True)
    made = made.sort_values(["row", "minute"], kind="stable", ignore_index=True)
    made["comment"] = [f"c{number:05d}" for number in range(1, len(made) + 1)]
    names = made[made["answers"] < 0].set_index("key")["comment"]
    return pd.DataFrame(
        {
            "comment": made["comment"],
            "post": shown["post"].to_numpy()[made["row"]],
            "creator": shown["creator"].to_numpy()[made["row"]],
            "author": made["author"],
            "written_at": made["minute"].map(moment),
            "text": made["text"],
            "answers": filled_text(made["answers"].map(names)),
        }
    )


def _audience(rng: np.random.Generator, shown: pd.DataFrame) -> pd.DataFrame:
    """Return the comments of others, a random part where there are many: key, row of the post, ..."""
    listed = shown["comments"].clip(upper=MOST)
    answered = shown["replies"].astype(int) * listed // shown["comments"].clip(lower=1)
    others = (listed - answered).to_numpy()
    row = np.repeat(np.arange(len(shown)), others)
    n = len(row)
    start = (pd.to_datetime(shown["posted_at"]) - pd.Timestamp(MONDAY, tz="UTC")).dt.total_seconds() // 60
    minute = start.to_numpy()[row] + 1 + rng.gamma(*DELAY, n)
    place = np.arange(n) - np.repeat(others.cumsum() - others, others)
    bought = shown["creator"].isin(_bought(shown)).to_numpy()[row]
    return pd.DataFrame(
        {
            "key": np.arange(n),
            "row": row,
            "minute": minute.clip(max=END - 1).astype(int),
            "author": [f"synthetic_fan{number:04d}" for number in rng.integers(1, FANS, n)],
            "text": np.where(bought, rng.choice(TEMPLATES, n), _own_words(rng, n)),
            "answers": -1,
            "answered": place < answered.to_numpy()[row],
        }
    )


def _bought(shown: pd.DataFrame) -> pd.Index:
    """Return the accounts whose comments are templates: among those with most, but not the very first."""
    number = shown["comments"].clip(upper=MOST).groupby(shown["creator"]).sum()
    return number.sort_values(ascending=False, kind="stable").index[3 : 3 + BOUGHT]


def _own_words(rng: np.random.Generator, n: int) -> list[str]:
    shapes, praise, topics = (rng.choice(words, n) for words in (SHAPES, PRAISE.split(), TOPICS.split()))
    return [shape.format(*words) for shape, *words in zip(shapes, praise, topics, strict=True)]


def _answers(rng: np.random.Generator, audience: pd.DataFrame, shown: pd.DataFrame) -> pd.DataFrame:
    """Return what the creators answered: one answer for each comment that is answered."""
    answered = audience[audience["answered"]]
    n = len(answered)
    minute = answered["minute"] + 1 + rng.gamma(*DELAY, n).astype(int)
    return pd.DataFrame(
        {
            "row": answered["row"],
            "minute": minute.clip(upper=END),
            "author": shown["creator"].to_numpy()[answered["row"]],
            "text": rng.choice(ANSWERS, n),
            "answers": answered["key"],
        }
    )
