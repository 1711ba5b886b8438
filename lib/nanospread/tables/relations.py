"""Comments and posts in; whose post each comment is on, and which comments have none, out."""

import pandas as pd

NO_POST = "its post is not in the posts"
NOT_OF_CREATOR = "its post is not one of this creator"


def placed(comments: pd.DataFrame, posts: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """Return comments with the creator of their post, and the reasons against those on no known post.

    Few exports name the creator beside a comment: where the cell is blank it is the post's own, for a
    co-authored post the one of its first row.
    """
    first = posts.drop_duplicates("post").set_index("post")["creator"]
    own = comments["post"].map(first)
    creator = comments["creator"].where(comments["creator"] != "", own.fillna("")).astype("str")
    known = pd.MultiIndex.from_frame(posts[["post", "creator"]])
    other = ~pd.MultiIndex.from_arrays([comments["post"], creator]).isin(known)
    why = pd.Series(NOT_OF_CREATOR, index=comments.index, dtype="str").mask(own.isna(), NO_POST)
    return comments.assign(creator=creator), why[other & (comments["post"] != "")]
