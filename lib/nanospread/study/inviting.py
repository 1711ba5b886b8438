"""Data and brief -> whom to invite, the audience of the list, and the list in simulated campaigns."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from nanospread.campaign import reach, shortlist
from nanospread.campaign.brief import Brief
from nanospread.study.data import Data


@dataclass(frozen=True)
class Shortlist:
    """Choose whom to invite under the brief's limits, beside two plain rules; made by `Study.shortlist`.

    Parameters
    ----------
    data : Data
        Tables, window of posts and engagement model.
    brief : Brief
        The brief in force.
    seed : int
        Of the random numbers.

    Examples
    --------
    >>> study.shortlist().invitations["place"].head(3).tolist()
    [1, 2, 3]
    """

    data: Data
    brief: Brief
    seed: int = 1

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Return who may be invited, as `shortlist.candidates`."""
        components = self.data.components()
        return shortlist.candidates(self.data.engagement, self.brief, self.data.roster, components)

    @cached_property
    def options(self) -> pd.DataFrame:
        """Return each way to invite a candidate, with what it costs and brings."""
        return shortlist.options(self.candidates, self.brief)

    @cached_property
    def plan(self) -> shortlist.Plan:
        """Return the list with its reasons, its reserve and what limits it."""
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
        """Return whom to write to, in this order, and why each is on the list."""
        return self.plan.invitations

    @property
    def reserve(self) -> pd.DataFrame:
        """Return who comes next when somebody declines."""
        return self.plan.reserve

    @cached_property
    def audiences(self) -> pd.DataFrame:
        """Return the expected audience of each creator of the list."""
        return shortlist.audiences(self.plan)

    @cached_property
    def reach(self) -> reach.Reach:
        """Return how many people the list reaches at least once."""
        return reach.unique(self.audiences, self.brief, self.data.tables.overlaps)

    @cached_property
    def reach_curve(self) -> pd.DataFrame:
        """Return the unique reach as the list grows."""
        return reach.curve(self.audiences, self.brief, self.data.tables.overlaps)

    @cached_property
    def top_per_niche(self) -> pd.DataFrame:
        """Return the best of each niche by most likely engagement rate."""
        return shortlist.handful(self.options)

    def play(self, *, n_worlds: int = 10_000, seed: int | None = None) -> pd.DataFrame:
        """Simulate the list and both plain rules in the same campaigns.

        Parameters
        ----------
        n_worlds : int
            Simulated campaigns.
        seed : int, optional
            Of the random numbers; None takes the list's.

        Returns
        -------
        pandas.DataFrame
            One row per list and world, as `Run.worlds`; arm names the list.

        Examples
        --------
        >>> study.shortlist().play(n_worlds=256)["arm"].unique().tolist()
        ['shortlist', 'equal split', 'greedy by ER']
        """
        drawn = self.seed if seed is None else seed
        return shortlist.played(self.data.engagement, self.brief, self.plan, n_worlds=n_worlds, seed=drawn)
