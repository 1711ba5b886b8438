"""Data and brief -> whether the forecasts were right, and where a running campaign stands."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from nanospread.campaign import backtest
from nanospread.campaign.brief import Brief
from nanospread.creators import engagement
from nanospread.study.data import Data


@dataclass(frozen=True)
class ForecastCheck:
    """Forecasts of posts that the model had not seen; each part is computed when asked for."""

    data: Data
    brief: Brief
    seed: int = 1

    @cached_property
    def held_out(self) -> backtest.Backtest:
        """Each creator's last posts, forecast from all others."""
        return backtest.last_posts(self.data.posts, self.data.roster, seed=self.seed)

    @cached_property
    def strict(self) -> backtest.Backtest:
        """The newest fifth of all posts, forecast from those before them only."""
        return backtest.strict(self.data.posts, self.data.roster, seed=self.seed)

    @property
    def nano(self) -> pd.DataFrame:
        """The held-out posts of nano creators."""
        rows = self.held_out.rows
        return rows[rows["tier"] == "nano"]

    @cached_property
    def shared_luck(self) -> backtest.Luck:
        """How far nano posts of one time share their luck."""
        return backtest.shared_luck(self.nano)

    @cached_property
    def spreads(self) -> pd.DataFrame:
        """The fitted spreads of engagement rates between and within creators, by tier."""
        return engagement.by_tier(self.data.posts, self.data.roster)

    def totals(self, *, n_worlds: int = 10_000) -> pd.DataFrame:
        """Return the totals of made-up campaigns of held-out posts beside their forecasts."""
        return backtest.totals(self.held_out, self.shared_luck, n_worlds=n_worlds, seed=self.seed)

    def to_date(
        self, campaign: str = "", *, target: float | None = None, n_worlds: int = 10_000
    ) -> backtest.ToDate | None:
        """Return where a campaign of the results stands, "" for the last one; None without results."""
        tables = self.data.tables
        return backtest.to_date(
            self.data.engagement,
            self.brief,
            tables.results,
            tables.outreach,
            self.data.roster,
            campaign=campaign,
            target=target,
            n_worlds=n_worlds,
            seed=self.seed,
        )
