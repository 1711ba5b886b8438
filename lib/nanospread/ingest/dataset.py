"""The validated tables of all files, as one value."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Tables:
    """The validated tables, and the account of what became of every row."""

    creators: (
        pd.DataFrame
    )  # creator, as_of (NaT: undated), followers, niche, following (NA), reported_er (NaN)
    posts: pd.DataFrame  # post, creator, posted_at, likes (NA: hidden), comments (NA), sponsored (NA), and
    # saves, shares, reach, views, impressions, replies of the creator (NA: unknown), caption ("": unknown)
    unmatched: pd.DataFrame  # the same of posts whose creator has no follower count: kept until one comes
    outreach: pd.DataFrame  # creator, campaign ("": not told), contacted_at, offer, inbound (NA), replied,
    # replied_at (NaT), accepted, as_is (NA), shipped_at (NaT), posted, posted_at (NaT), due_at (NaT)
    results: pd.DataFrame  # campaign, creator, offer, cost, reach, clicks, orders, revenue,
    # period ("": not told; a month or what else the tool splits by)
    comments: pd.DataFrame  # comment, post, creator, author, written_at (NaT), text, answers ("": none)
    ambassadors: pd.DataFrame  # creator, joined_at, left_at (NaT: still active)
    overlaps: pd.DataFrame  # creator, other, overlap (share of the smaller account's followers)
    ledger: pd.DataFrame  # table, file, line, status, column, reason, before, after
    counts: pd.DataFrame  # table, file, rows_in, kept, repaired, refused
    ignored: pd.DataFrame  # file, column: what an export has and nothing here reads
