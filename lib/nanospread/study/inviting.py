"""Data and brief -> whom to invite, the audience of the list, and the list in simulated campaigns."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from nanospread.campaign import reach, shortlist
from nanospread.campaign.brief import Brief
from nanospread.study.data import Data


@dataclass(frozen=True)
class Shortlist:
    """Whom to invite under the brief's limits, beside an equal split and the best engagement rates."""

    data: Data
    brief: Brief
    seed: int = 1

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Who may be invited, as `shortlist.candidates`."""
        components = self.data.components()
        return shortlist.candidates(self.data.engagement, self.brief, self.data.roster, components)

    @cached_property
    def options(self) -> pd.DataFrame:
        """Each way to invite a candidate, with what it costs and brings."""
        return shortlist.options(self.candidates, self.brief)

    @cached_property
    def plan(self) -> shortlist.Plan:
        """The list with its reasons, its reserve and what limits it."""
        overlaps, roster = self.data.tables.overlaps, self.data.roster
        return shortlist.plan(
            self.data.engagement,
            self.brief,
            self.candidates,
            roster=roster,
            overlaps=overlaps,
            seed=self.seed,
        )

    @property
    def invitations(self) -> pd.DataFrame:
        """Whom to write to, in this order, and why each is on the list."""
        return self.plan.invitations

    @property
    def reserve(self) -> pd.DataFrame:
        """Who comes next when somebody declines."""
        return self.plan.reserve

    @cached_property
    def audiences(self) -> pd.DataFrame:
        """The expected audience of each creator of the list."""
        return shortlist.audiences(self.plan)

    @cached_property
    def reach(self) -> reach.Reach:
        """How many people the list reaches at least once."""
        return reach.unique(self.audiences, self.brief, self.data.tables.overlaps)

    @cached_property
    def reach_curve(self) -> pd.DataFrame:
        """The unique reach as the list grows."""
        return reach.curve(self.audiences, self.brief, self.data.tables.overlaps)

    @cached_property
    def top_per_niche(self) -> pd.DataFrame:
        """The best of each niche by most likely engagement rate."""
        return shortlist.handful(self.options)

    def play(self, *, n_worlds: int = 10_000, seed: int | None = None) -> pd.DataFrame:
        """Return the list and both plain rules in the same simulated campaigns; seed: None for the list's."""
        drawn = self.seed if seed is None else seed
        return shortlist.played(self.data.engagement, self.brief, self.plan, n_worlds=n_worlds, seed=drawn)
