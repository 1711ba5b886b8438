"""How much of its data a campaign may lose before they are not to be relied on."""

from collections.abc import Collection
from typing import Annotated

import pandas as pd

from nanospread.campaign.brief.fields import Frozen, within

Share = Annotated[float, within(0, 1)]


class DataLimits(Frozen):
    """Shares of rows: most_refused of a table's, most_unmatched of the posts that have no follower count."""

    most_refused: Share = 0.1
    most_unmatched: Share = 0.5

    def refused(self, counts: pd.DataFrame, ledger: pd.DataFrame, harmless: Collection[str]) -> list[str]:
        """Return a sentence for each table that breaks its limit.

        counts, ledger: of `Tables`. harmless: reasons of refusals that lose nothing (repeats, accounts that
        asked to be forgotten); such rows count neither as rows nor as refused.
        """
        lines = ledger[(ledger["status"] == "refused") & ledger["reason"].isin(list(harmless))]
        aside = lines.drop_duplicates(["table", "file", "line"]).groupby("table").size()
        totals = counts.groupby("table", sort=False)[["rows_in", "refused"]].sum()
        totals = totals.sub(aside.reindex(totals.index, fill_value=0), axis="index")
        shares = totals["refused"] / totals["rows_in"].clip(lower=1)
        return [
            f"{table}: {share:.1%} of the rows were refused; the limit is {self.most_refused:.1%}."
            for table, share in shares.items()
            if share > self.most_refused
        ]

    def unmatched(self, posts: int, unmatched: int) -> list[str]:
        """Return a sentence if too many posts have no follower count. posts: those that have one [posts]."""
        share = unmatched / max(posts + unmatched, 1)
        if share <= self.most_unmatched:
            return []
        limit = f"the limit is {self.most_unmatched:.1%}"
        return [f"posts: {share:.1%} are by creators without a follower count; {limit}."]
