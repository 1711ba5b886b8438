"""Study -> were the forecasts right, where is a running campaign, and can the advice be relied on?

A check of the advice is a row: PASS, REVIEW or FAIL, and what it measured. What it is called and what to do
about it are rows of data/health.csv. Nothing asks the clock: the age of the data is told only where the
report's week is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import pandas as pd

from nanospread.campaign import backtest, recruitment, running, staged
from nanospread.campaign.beliefs.importance import LEAST, MOST_K
from nanospread.campaign.brief import Brief
from nanospread.campaign.brief.campaign import DEFAULTS_IN
from nanospread.campaign.running import Running
from nanospread.core import weeks
from nanospread.creators import engagement
from nanospread.ingest import order_results
from nanospread.study.data import Data, SampleSize, StudyInputs

Status = Literal["PASS", "REVIEW", "FAIL"]

LEVEL, FAILED = 0.8, 0.7  # of the intervals checked; a share of held ones clearly under it is a failure
LEAST_POSTS, LEAST_CAMPAIGNS = 20, 2  # forecasts under which a share says nothing
N_WORLDS = 2_000  # of the forecasts of campaigns
LEAST_CREATORS, LEAST_EACH = 30, 3  # nano creators of the brief's niches, posts of the middle one
MOST_BOUNDED = 0.05  # share of posts too far out to count in full
TO_COME_WORLDS = 2_000  # for a mean: more of them move no orders by one
OLD_DAYS = 45  # an age of the data from which on they are of another season


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


class Check(NamedTuple):
    """One check: its row of data/health.csv, its status, and the numbers that it rests on."""

    name: str
    status: Status
    found: Mapping[str, float | tuple[str, ...]]


def health(study: StudyInputs, *, check: ForecastCheck | None = None, week: str = "") -> list[Check]:
    """Return every check of a study, worst first.

    check: its forecasts beside what came; None makes them. week: ISO week of the report; "" leaves the age of
    the data out.
    """
    check = check or ForecastCheck(study.data, study.brief)
    rows = [_engagement(study), _amount(study), *_age(study, week), *_beliefs(study), _posts_held(check)]
    rows += [*_campaigns_held(check), *_currency(study)]
    return sorted(rows, key=lambda row: ("FAIL", "REVIEW", "PASS").index(row.status))


def _engagement(study: StudyInputs) -> Check:
    model = study.engagement
    bounded = model.n_bounded / model.n_posts
    measured = model.sd_between_basis == model.sd_within_basis == "measured"
    status: Status = "PASS" if measured and bounded <= MOST_BOUNDED else "REVIEW"
    found = {"posts": model.n_posts, "creators": model.n_creators, "bounded": bounded}
    return Check("engagement_fit", "FAIL" if study.implausible else status, found)


def _amount(study: StudyInputs) -> Check:
    amount = study.amount
    status: Status = "FAIL" if not amount.nano else "REVIEW" if thin(amount) else "PASS"
    return Check("data_amount", status, {"nano": amount.nano, "posts": amount.posts})


def thin(amount: SampleSize) -> bool:
    """Return whether so few nano creators, or so few posts of each, say little of creators like them."""
    return amount.nano < LEAST_CREATORS or amount.posts < LEAST_EACH


def _age(study: StudyInputs, week: str) -> Iterator[Check]:
    if week:
        days = max((weeks.last_day(week) - weeks.day(study.as_of, study.asked.zone)).days, 0)
        status: Status = "PASS" if days <= weeks.STALE_DAYS else "REVIEW" if days <= OLD_DAYS else "FAIL"
        yield Check("data_age", status, {"days": days})


def _beliefs(study: StudyInputs) -> Iterator[Check]:
    """Return what results there are, whether they could be fitted, and what they contradict."""
    results, beliefs = study.tables.results, study.beliefs
    n, campaigns = len(results), results["campaign"].nunique()
    yield Check(
        "results", "PASS" if beliefs.learned_from else "REVIEW", {"results": n, "campaigns": campaigns}
    )
    if beliefs.fits:
        least, most = min(fit.effective for fit in beliefs.fits), max(fit.pareto_k for fit in beliefs.fits)
        status: Status = "PASS" if least >= LEAST and most < MOST_K else "REVIEW"
        found = {"effective": least, "pareto_k": most}
        yield Check("results_fit", "FAIL" if beliefs.unfitted else status, found)
    for name, some in (
        ("prior_conflict", tuple(conflict.name for conflict in beliefs.conflicts)),
        ("contradictions", beliefs.notes),
    ):
        if beliefs.learned_from or some:
            yield Check(name, "REVIEW" if some else "PASS", {"names": some})


def _currency(study: StudyInputs) -> Iterator[Check]:
    """Return whether amounts are still the defaults in EUR; nothing for a brief in EUR."""
    if study.brief.currency != DEFAULTS_IN:
        names = study.brief.in_eur
        yield Check("currency", "REVIEW" if names else "PASS", {"names": names})


def _posts_held(check: ForecastCheck) -> Check:
    rows: list[dict[Any, Any]] = backtest.coverage(check.nano, levels=[LEVEL]).to_dict("records")
    row = rows[0] if rows else {"n": 0, "coverage": float("nan"), "low": 0.0, "high": 1.0}
    return Check("posts_held", _held(row, LEAST_POSTS), {"held": row["coverage"], "n": row["n"]})


def _campaigns_held(check: ForecastCheck) -> Iterator[Check]:
    table = check.campaigns(n_worlds=N_WORLDS)
    rows: list[dict[Any, Any]] = backtest.coverage(table.assign(all=""), "all", levels=[LEVEL]).to_dict(
        "records"
    )
    for row in rows:
        status = _held(row, LEAST_CAMPAIGNS)
        yield Check("campaigns_held", status, {"held": row["n"] * row["coverage"], "n": row["n"]})


def _held(row: Mapping[Any, Any], least: int) -> Status:
    """Return whether a share of forecasts that held may be `LEVEL`, by its own 95 % interval."""
    if row["n"] >= least and row["high"] < FAILED:
        return "FAIL"
    return "PASS" if row["n"] >= least and row["low"] <= LEVEL <= row["high"] else "REVIEW"
