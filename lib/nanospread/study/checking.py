"""Study -> were the forecasts right, and where is a running campaign?"""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from nanospread.campaign import backtest, recruitment, running, staged
from nanospread.campaign.brief import Brief
from nanospread.campaign.running import Running
from nanospread.creators import engagement
from nanospread.ingest import order_results
from nanospread.study.data import Data, StudyInputs

TO_COME_WORLDS = 2_000  # for a mean: more of them move no orders by one


@dataclass(frozen=True)
class ForecastCheck:
    """Forecast posts that the model had not seen, and compare; made by `Study.backtest`.

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
    >>> check = study.backtest(seed=1)
    >>> check.seed
    1
    """

    data: Data
    brief: Brief
    seed: int = 1

    @cached_property
    def held_out(self) -> backtest.Backtest:
        """Return each creator's last posts, forecast from all others."""
        data = self.data
        return backtest.last_posts(data.posts, data.roster, seed=self.seed, platform=data.platform)

    @cached_property
    def strict(self) -> backtest.Backtest:
        """Return the newest fifth of all posts, forecast from those before them only."""
        data = self.data
        return backtest.strict(data.posts, data.roster, seed=self.seed, platform=data.platform)

    @property
    def nano(self) -> pd.DataFrame:
        """Return the held-out posts of nano creators."""
        rows = self.held_out.rows
        return rows[rows["tier"] == "nano"]

    @cached_property
    def shared_luck(self) -> backtest.PostCorrelation:
        """Return how far nano posts of one time share their luck."""
        return backtest.shared_luck(self.nano)

    @cached_property
    def spreads(self) -> pd.DataFrame:
        """Return the fitted spreads of engagement rates between and within creators, by tier."""
        return engagement.by_tier(self.data.posts, self.data.roster)

    def totals(self, *, n_worlds: int = 10_000) -> pd.DataFrame:
        """Compare totals of made-up campaigns of held-out posts with their forecasts.

        Parameters
        ----------
        n_worlds : int
            Simulated campaigns.

        Returns
        -------
        pandas.DataFrame
            One row per campaign and way to add up, as `backtest.totals`.
        """
        return backtest.totals(self.held_out, self.shared_luck, n_worlds=n_worlds, seed=self.seed)

    @property
    def _results(self) -> backtest.Results:
        return backtest.Results(self.data.results, self.data.tables.lift_tests, self.data.roster)

    def campaigns(self, *, n_worlds: int = 10_000) -> pd.DataFrame:
        """Forecast orders and profit of each campaign without its results, and compare.

        Parameters
        ----------
        n_worlds : int
            Simulated campaigns, of which at most 10,000 are used.

        Returns
        -------
        pandas.DataFrame
            One row per campaign: orders and profit [money] beside the 10, 50 and 90 % points of their
            forecast, and the orders per 100 clicks learned without the campaign and with it.

        Examples
        --------
        >>> study.backtest().campaigns(n_worlds=1_000)["campaign"].tolist()
        ['2025-autumn', '2026-spring', '2026-summer', '2026-autumn']
        """
        return backtest.campaigns(
            self.data.engagement, self.brief, self._results, n_worlds=n_worlds, seed=self.seed
        )

    def to_date(
        self, campaign: str = "", *, target: float | None = None, n_worlds: int = 10_000
    ) -> backtest.ResultsToDate | None:
        """Compare a running campaign with its forecast.

        Parameters
        ----------
        campaign : str
            Of the results; "" is the last one.
        target : float, optional
            Orders wanted; None is the forecast's own median.
        n_worlds : int
            Simulated campaigns.

        Returns
        -------
        ResultsToDate or None
            Orders so far, and what is to come; None without results.

        Examples
        --------
        >>> study.backtest().to_date(n_worlds=1_000).orders
        113.0
        """
        return backtest.to_date(
            self.data.engagement,
            self.brief,
            self._results,
            recruitment.with_offers(self.data.tables.outreach, self.brief),
            campaign=campaign,
            target=target,
            n_worlds=n_worlds,
            seed=self.seed,
        )


def under_its_rule(study: StudyInputs, campaign: str = "") -> Running | None:
    """Return where a campaign is, as `running.running`; None without a rule where no campaign is named."""
    data, brief, rule = study.data, study.brief, study.brief.batches.rule
    if rule is None and not campaign:
        return None
    log = recruitment.with_offers(data.tables.outreach, brief)
    orders, until = order_results.dated(data.counted)
    counts = [data.as_of, data.results["as_of"].max(), until]
    as_of = max(moment for moment in counts if pd.notna(moment))
    known = running.CampaignRecords(log, data.results, data.roster, orders, until, as_of, data.platform)
    name = running.checked(known, rule, campaign)
    mine = known.of(name, rule)
    to_come = pd.Series(dtype="float64", index=pd.Index([], dtype="str"))
    if not study.withheld and (len(mine.results) or mine.outreach["accepted"].any()):
        results = backtest.Results(data.results, data.tables.lift_tests, data.roster)
        to_come = backtest.to_come(
            data.engagement, brief, results, mine.outreach, campaign=name, n_worlds=TO_COME_WORLDS, seed=1
        )
    funnel = recruitment.funnel(log, brief, as_of=as_of)
    terms = staged.terms(study.asked)
    return running.running(brief, known, funnel, to_come, campaign=name, terms=terms)
