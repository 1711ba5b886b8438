"""Credited orders -> the share of a post's orders that codes and links see, from those that both saw.

Orders are caught twice, by a code and by a link, as fish are that are marked and caught again (model.md
C18). Whoever follows a link is often shown the code, so that the two are not independent and the share is, if
anything, too high.
"""

import math
from dataclasses import dataclass

import pandas as pd

from nanospread.campaign.brief import MeasuredRows, measured_row
from nanospread.campaign.recruitment import Range
from nanospread.core.estimates import Z80

FEWEST = 7  # orders seen by both: below, Chapman's estimate is biased (Robson & Regier 1964)
MOST = 0.99  # no tracking sees all


@dataclass(frozen=True)
class CaptureCounts:
    """Orders of creators who have both a code and a link, by what named the creator."""

    both: int
    code_only: int
    link_only: int

    @property
    def all(self) -> int:
        """Return how many were seen at all."""
        return self.both + self.code_only + self.link_only


def capture_counts(orders: pd.DataFrame, codes: pd.DataFrame) -> CaptureCounts:
    """Return what named the creator of each order. orders, codes: as `Credit.orders` and `Tables.codes`."""
    named, by_code = codes[codes["creator"] != ""], codes["kind"] == "code"
    both = {*named.loc[by_code, "creator"]} & {*named.loc[~by_code, "creator"]}
    credited = orders[
        (orders["outcome"] == "credited") & (orders["order"] != "") & orders["creator"].isin(both)
    ]
    coded, linked = (credited[name].to_numpy(dtype=bool) for name in ("by_code", "by_link"))
    return CaptureCounts(*(int(of.sum()) for of in (coded & linked, coded & ~linked, linked & ~coded)))


def total(counts: CaptureCounts) -> Range:
    """Return Chapman's estimate of all orders, and its log-normal 80 % interval, all of it above those seen.

    References: Chapman 1951; the variance, Seber 1970; the interval, Burnham et al. 1987 and Chao 1987.
    """
    code, link, both = counts.both + counts.code_only, counts.both + counts.link_only, counts.both
    central = (code + 1) * (link + 1) / (both + 1) - 1
    missed = max(counts.code_only, 1) * max(counts.link_only, 1)  # none missed is few orders, not certainty
    variance = (code + 1) * (link + 1) * missed / ((both + 1) ** 2 * (both + 2))
    unseen = max(central - counts.all, 0.5)
    factor = math.exp(Z80 * math.sqrt(math.log1p(variance / unseen**2)))
    return Range(counts.all + unseen, counts.all + unseen / factor, counts.all + unseen * factor)


def measured(orders: pd.DataFrame, codes: pd.DataFrame) -> MeasuredRows:
    """Return the row tracked_share of the brief, where enough orders were seen by both."""
    counts = capture_counts(orders, codes)
    if counts.both < FEWEST:
        return {}
    of = total(counts)
    low, central, high = (min(counts.all / number, MOST) for number in (of.high, of.value, of.low))
    told = f"{counts.both:,} by code and link, {counts.code_only:,} by code, {counts.link_only:,} by link"
    return {"tracked_share": measured_row(low, central, high, f"orders seen {told}")}
