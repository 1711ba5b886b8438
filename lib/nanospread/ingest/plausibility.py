"""Tables in; rows that may be right and look wrong, out: warnings, no refusals; and likes that are none."""

from collections.abc import Iterator

import pandas as pd

from nanospread.ingest import dataset
from nanospread.ingest.cells import NO_REASON
from nanospread.ingest.dataset import Tables

NAMED = 5  # creators of each side, in the order of their names
JOIN = {"side": "str", "creators": "int64", "rows": "int64", "names": "str"}


def join(tables: Tables) -> pd.DataFrame:
    """Return how posts and follower counts meet: side, creators, rows [posts, or counts], names [first few].

    One row each for the posts with and without a follower count of their creator, and for the creators with
    and without posts. Accounts are compared by name, without case.
    """
    posts = pd.concat([tables.posts["creator"], tables.undated["creator"]])
    posting = tables.creators["creator"].isin(posts)
    sides = {
        "posts with a follower count": posts,
        "posts without a follower count": tables.unmatched["creator"],
        "follower counts with posts": tables.creators.loc[posting, "creator"],
        "follower counts without posts": tables.creators.loc[~posting, "creator"],
    }
    rows = [
        (side, creators.nunique(), len(creators), _first_names(creators)) for side, creators in sides.items()
    ]
    return pd.DataFrame(rows, columns=list(JOIN)).astype(JOIN)


def _first_names(creators: pd.Series) -> str:
    names = sorted(creators.unique())
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")


BESIDE = 5  # times as many comments as likes: likes are mostly thirty times the comments
OFTEN, SHARE = 5, 1 / 3  # posts, and share of all that are as odd, on which one number of likes is no chance
STUCK = "the same number of likes on too many posts beside many comments: hidden by the creator"


def stuck_likes(posts: pd.DataFrame) -> "pd.Series[str]":
    """Return the reason against likes that a tool shows alike for whoever hides them, such as always 3.

    Odd are posts with 5 times as many comments as likes. A number of likes that 5 or more of them have, and a
    third of all odd ones, is none: on these, and on what else these accounts have with that number and more
    comments. posts: creator, likes, comments.
    """
    likes, comments = posts["likes"].astype("Float64"), posts["comments"].astype("Float64")
    odd = posts[(comments >= BESIDE * likes.clip(lower=1)).fillna(False)]
    number = odd["likes"].value_counts()
    stuck = number.index[(number >= OFTEN) & (number >= SHARE * len(odd))]
    suspects = odd[odd["likes"].isin(stuck)]
    if suspects.empty:
        return NO_REASON
    perhaps = posts[posts["likes"].isin(stuck) & (comments > likes).fillna(False)]
    pairs = [pd.MultiIndex.from_frame(rows[["creator", "likes"]]) for rows in (perhaps, suspects)]
    return pd.Series(STUCK, index=perhaps.index[pairs[0].isin(pairs[1])], dtype="str")


YEAR = pd.Timedelta(days=365)
TINY = 10  # followers: an account that anyone writes to has more; a wrong match has not
DOUBTS = {"what": "str", "rows": "int64", "of": "int64", "example": "str"}


def doubts(tables: Tables) -> pd.DataFrame:
    """Return what the tables say of themselves that can hardly be: what, rows, of [rows asked], example.

    One row for each question, also where nothing is in doubt. Engagements are likes + comments, of posts
    where both are known.
    """
    rows = [*_of_posts(tables), *_of_creators(tables)]
    return pd.DataFrame(rows, columns=list(DOUBTS)).astype(DOUBTS)


Doubt = tuple[str, int, int, str]


def _of_posts(tables: Tables) -> Iterator[Doubt]:
    followers = dataset.counts(tables.posts, tables.creators)["followers"].to_numpy()
    engaged = (tables.posts["likes"] + tables.posts["comments"]).astype("Float64")
    posts = tables.posts.assign(engaged=engaged, followers=followers)
    known = posts[engaged.notna()]
    above = known[(known["engaged"] > known["followers"]).astype(bool)]
    yield "engagement rate above 100 %", len(above), len(known), _post(above, "engaged", "followers")
    reached = known[known["reach"].notna()]
    below = reached[(reached["reach"] < reached["engaged"]).astype(bool)]
    yield "reach below the engagements", len(below), len(reached), _post(below, "reach", "engaged")
    liked = posts[posts["likes"].notna()].groupby("creator")
    middle = pd.DataFrame({"likes": liked["likes"].median(), "followers": liked["followers"].median()})
    lies = middle[(middle["likes"] > middle["followers"]).astype(bool)].reset_index()
    yield "median likes above the followers", len(lies), len(middle), _creator(lies, "likes", "followers")


def _of_creators(tables: Tables) -> Iterator[Doubt]:
    creators = tables.creators
    tiny = creators[(creators["followers"] < TINY) & creators["creator"].isin(tables.posts["creator"])]
    yield f"followers below {TINY}: a wrong match?", len(tiny), len(creators), _creator(tiny, "followers")
    by_creator = creators.dropna(subset="as_of").groupby("creator")
    history = by_creator.agg(first=("as_of", "min"), last=("as_of", "max"), counts=("followers", "nunique"),
                  followers=("followers", "first")).reset_index()  # fmt: skip
    long = history[history["last"] - history["first"] > YEAR]
    unchanged = long[long["counts"] == 1]
    yield (
        "the same follower count for over a year",
        len(unchanged),
        len(long),
        _creator(unchanged, "followers"),
    )
    rated = creators.dropna(subset="reported_er")
    above = rated[rated["reported_er"] > 1]
    yield "reported engagement rate above 100 %", len(above), len(rated), _creator(above, "reported_er")


def _post(rows: pd.DataFrame, *columns: str) -> str:
    """Return the first row in words: its post, its creator and what is odd about it."""
    if rows.empty:
        return ""
    row = rows.sort_values(["creator", "post"]).iloc[0]
    return f"{row['post']} of {_example(row, columns)}"


def _creator(rows: pd.DataFrame, *columns: str) -> str:
    return "" if rows.empty else _example(rows.sort_values("creator").iloc[0], columns)


def _example(row: pd.Series, columns: tuple[str, ...]) -> str:
    return f"{row['creator']}: " + ", ".join(f"{name} {float(row[name]):,.10g}" for name in columns)
