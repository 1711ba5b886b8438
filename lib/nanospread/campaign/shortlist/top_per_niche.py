"""Candidates -> the best of each niche by what posts make likely, beside the luckiest by what they show."""

import pandas as pd

SHOWN = [
    "niche", "creator", "followers", "n_posts", "er", "er_low", "er_high", "er_raw", "offer", "cost",
    "promise", "reply_capacity", "flags",
]  # fmt: skip


def handful(ways: pd.DataFrame) -> pd.DataFrame:
    """Return one creator for each niche: the one of the highest posterior engagement rate.

    ways: as `options`; of several ways to invite a creator the first is shown. The highest rate that posts
    show is partly luck, the more so the fewer they are: the best by posterior may be another creator.

    Returns: the columns of `SHOWN` (cost in money), and of the creator with the niche's highest raw rate:
    raw_creator, raw_er (as its posts show it), raw_true (its posterior median); missing where no post of the
    niche is rated. Sorted by er, the highest first.
    """
    people = ways.sort_values(["creator", "posts"], kind="stable").drop_duplicates("creator")
    best = people.sort_values(["er", "creator"], ascending=[False, True]).drop_duplicates("niche")
    rated = people[people["er_raw"].notna()]
    lucky = rated.sort_values(["er_raw", "creator"], ascending=[False, True]).drop_duplicates("niche")
    lucky = lucky.rename(columns={"creator": "raw_creator", "er_raw": "raw_er", "er": "raw_true"})
    found = best[SHOWN].merge(lucky[["niche", "raw_creator", "raw_er", "raw_true"]], on="niche", how="left")
    return found.assign(cost=found["cost"] / 100)
