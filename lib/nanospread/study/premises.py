"""Data and a brief -> what the data measure, and the brief in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from nanospread.campaign import brief as briefs
from nanospread.campaign import reach, recruitment
from nanospread.campaign.brief import Brief
from nanospread.core import formatting
from nanospread.core.described import Described, Rows
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest.dataset import Tables
from nanospread.study.data import Data


@dataclass(frozen=True, repr=False)
class Premises(Described):
    """What a study rests on: its data, and its brief before and after the data measured anything."""

    data: Data
    asked: Brief

    @property
    def tables(self) -> Tables:
        """Return the validated tables, with the ledger of what was repaired and refused."""
        return self.data.tables

    @property
    def roster(self) -> pd.DataFrame:
        """Return one row per creator: creator, niche, followers (the newest count), as_of."""
        return self.data.roster

    @property
    def posts(self) -> pd.DataFrame:
        """Return the posts of the window with their engagement rates [share of followers]."""
        return self.data.posts

    @property
    def left_out(self) -> pd.DataFrame:
        """Return what the window leaves out: reason, posts, creators."""
        return self.data.left_out

    @property
    def as_of(self) -> pd.Timestamp:
        """Return the data's own date, UTC: nothing asks the clock."""
        return self.data.as_of

    @property
    def engagement(self) -> EngagementModel:
        """Return the engagement model fitted to the posts."""
        return self.data.engagement

    @cached_property
    def measured(self) -> Mapping[str, Mapping[str, float | str]]:
        """Return the assumptions that the data measure, by name: low, central, high, source."""
        rates = recruitment.measured(self.tables.outreach, self.asked, as_of=self.as_of)
        return rates | reach.measured(self.tables.overlaps, self.roster)

    @cached_property
    def brief(self) -> Brief:
        """Return the brief in force: what the data measure stands in place of what is published."""
        return briefs.calibrated(self.asked, self.measured)

    @property
    def nano(self) -> str:
        """Return the name of the nano option of the brief's offer, such as nano_gift."""
        return f"nano_{self.asked.nano.offer}"

    def _described(self) -> tuple[str, Rows]:
        brief, window, when = self.asked, self.data.window, self.tables.posts["posted_at"]
        days = "any age" if window.last_days is None else f"at most {window.last_days:g} days old"
        return f"Study of {brief.title}", [
            ("data", self.data.folder),
            ("creators", f"{len(self.roster):,}"),
            ("posts", f"{len(when):,}, from {when.min():%Y-%m-%d} to {when.max():%Y-%m-%d}"),
            ("window", f"newest {window.last_posts:,} of each, {window.fresh_days:g} days or older, {days}"),
            ("brief", brief.name),
            ("budget", formatting.money(brief.budget, brief.currency)),
            ("niches", ", ".join(brief.niches)),
            ("nano offer", brief.nano.offer),
            ("measured", ", ".join(self.measured) or "nothing: every assumption is published or set"),
        ]
