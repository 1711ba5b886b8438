"""The validated tables in; whose posts have a follower count, and whose count has no posts, out."""

import pandas as pd

from nanospread.ingest.dataset import Tables

NAMED = 5  # creators of each side, in the order of their names
JOIN = {"side": "str", "creators": "int64", "rows": "int64", "names": "str"}


def join(tables: Tables) -> pd.DataFrame:
    """Return how posts and follower counts meet: side, creators, rows [posts, or counts], names [first few].

    One row each for the posts with and without a follower count of their creator, and for the creators with
    and without posts. Accounts are compared by name, without case.
    """
    posting = tables.creators["creator"].isin(tables.posts["creator"])
    sides = {
        "posts with a follower count": tables.posts["creator"],
        "posts without a follower count": tables.unmatched["creator"],
        "follower counts with posts": tables.creators.loc[posting, "creator"],
        "follower counts without posts": tables.creators.loc[~posting, "creator"],
    }
    rows = [(side, who.nunique(), len(who), _named(who)) for side, who in sides.items()]
    return pd.DataFrame(rows, columns=list(JOIN)).astype(JOIN)


def _named(who: pd.Series) -> str:
    names = sorted(who.unique())
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
