"""What cells of one row, or rows of two tables, must be to each other -> reasons against those that are not.

Dates are compared by the day: exports write one with a time of day and the next without.
"""

from collections.abc import Callable, Mapping

import pandas as pd

Reasons = dict[str, "pd.Series[str]"]  # by column, at the rows that they concern

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


# What happens to a contact, in the order in which it can.
HAPPENS = {
    "contacted_at": "contacted",
    "replied_at": "answered",
    "shipped_at": "sent its goods",
    "posted_at": "posted",
}


def contacts(outreach: pd.DataFrame) -> Reasons:
    """Return the reasons against contacts that cannot have gone as the log says."""
    accepted, wrote_first = (outreach[name].fillna(False) for name in ("accepted", "inbound"))
    silent, declined, idle = ((~outreach[name]).fillna(False) for name in ("replied", "accepted", "posted"))
    found = {
        "contacted_at": [(outreach["contacted_at"].isna() & accepted, "accepted without a contact")],
        "accepted": [(accepted & silent & ~wrote_first, "accepted without a reply")],
        "posted": [(outreach["posted"].fillna(False) & declined, "posted without having accepted")],
        "posted_at": [(outreach["posted_at"].notna() & idle, "a date of posting, but not posted")],
        "due_at": [(_earlier(outreach, "due_at", "contacted_at"), "due before it was contacted")],
    }
    steps = list(HAPPENS)
    for at, step in enumerate(steps[1:], start=1):
        found.setdefault(step, [])
        found[step] += [
            (_earlier(outreach, step, before), f"{HAPPENS[step]} before it was {HAPPENS[before]}")
            for before in reversed(steps[:at])
        ]
    return _first(found)


def _earlier(rows: pd.DataFrame, step: str, before: str) -> "pd.Series[bool]":
    wrong: pd.Series[bool] = rows[step].dt.floor("D") < rows[before].dt.floor("D")
    return wrong


def _first(found: "Mapping[str, list[tuple[pd.Series[bool], str]]]") -> Reasons:
    """Return the first reason of each column and row."""
    told: Reasons = {}
    for column, cases in found.items():
        each = [pd.Series(why, index=wrong.index[wrong.astype(bool)], dtype="str") for wrong, why in cases]
        reasons = pd.concat(each)
        told[column] = reasons[~reasons.index.duplicated()]
    return told


def memberships(ambassadors: pd.DataFrame) -> Reasons:
    """Return the reasons against ambassadors who left before they came."""
    return _first({"left_at": [(_earlier(ambassadors, "left_at", "joined_at"), "left before it joined")]})


def pairs(overlaps: pd.DataFrame) -> Reasons:
    """Return the reasons against pairs that are none, or stand there the other way round already."""
    both = pd.DataFrame({"one": overlaps["creator"], "two": overlaps["other"]})
    swapped = both["one"] > both["two"]
    both.loc[swapped, ["one", "two"]] = both.loc[swapped, ["two", "one"]].to_numpy()
    alone, again = overlaps["creator"] == overlaps["other"], both.duplicated()
    return _first({"other": [(alone, "a creator with itself"), (again, "repeated pair: the first is kept")]})


def none(rows: pd.DataFrame) -> Reasons:
    """Return no reasons: nothing is asked of this table's cells between each other."""
    return {}


BETWEEN: Mapping[str, Callable[[pd.DataFrame], Reasons]] = {
    "outreach": contacts,
    "ambassadors": memberships,
    "overlaps": pairs,
}
