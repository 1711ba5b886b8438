"""Study -> can the advice be relied on? One check for each thing that it rests on.

A check is a row: PASS, REVIEW or FAIL, and what it measured. What it is called and what to do about it are
rows of data/health.csv. Nothing asks the clock: the age of the data is told only where the report's week is.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from nanospread.campaign import backtest
from nanospread.campaign.beliefs.importance import LEAST, MOST_K
from nanospread.campaign.brief.campaign import DEFAULTS_IN
from nanospread.core import weeks
from nanospread.study.checking import ForecastCheck
from nanospread.study.data import SampleSize, StudyInputs

Status = Literal["PASS", "REVIEW", "FAIL"]

LEVEL, FAILED = 0.8, 0.7  # of the intervals checked; a share of held ones clearly under it is a failure
LEAST_POSTS, LEAST_CAMPAIGNS = 20, 2  # forecasts under which a share says nothing
N_WORLDS = 2_000  # of the forecasts of campaigns
LEAST_CREATORS, LEAST_EACH = 30, 3  # nano creators of the brief's niches, posts of the middle one
MOST_BOUNDED = 0.05  # share of posts too far out to count in full
OLD_DAYS = 45  # an age of the data from which on they are of another season


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
        effective, pareto_k = (
            min(fit.effective for fit in beliefs.fits),
            max(fit.pareto_k for fit in beliefs.fits),
        )
        status: Status = "PASS" if effective >= LEAST and pareto_k < MOST_K else "REVIEW"
        found = {"effective": effective, "pareto_k": pareto_k}
        yield Check("results_fit", "FAIL" if beliefs.unfitted else status, found)
    for name, names in (
        ("prior_conflict", tuple(conflict.name for conflict in beliefs.conflicts)),
        ("contradictions", beliefs.notes),
    ):
        if beliefs.learned_from or names:
            yield Check(name, "REVIEW" if names else "PASS", {"names": names})


def _currency(study: StudyInputs) -> Iterator[Check]:
    """Return whether amounts are still the defaults in EUR; nothing for a brief in EUR."""
    if study.brief.currency != DEFAULTS_IN:
        names = study.brief.in_eur
        yield Check("currency", "REVIEW" if names else "PASS", {"names": names})


def _posts_held(check: ForecastCheck) -> Check:
    rows: list[dict[Any, Any]] = backtest.coverage(check.nano, levels=[LEVEL]).to_dict("records")
    row = rows[0] if rows else {"n": 0, "coverage": float("nan"), "low": 0.0, "high": 1.0}
    return Check("posts_held", _coverage_status(row, LEAST_POSTS), {"held": row["coverage"], "n": row["n"]})


def _campaigns_held(check: ForecastCheck) -> Iterator[Check]:
    table = check.campaigns(n_worlds=N_WORLDS)
    rows: list[dict[Any, Any]] = backtest.coverage(table.assign(all=""), "all", levels=[LEVEL]).to_dict(
        "records"
    )
    for row in rows:
        status = _coverage_status(row, LEAST_CAMPAIGNS)
        yield Check("campaigns_held", status, {"held": row["n"] * row["coverage"], "n": row["n"]})


def _coverage_status(row: Mapping[Any, Any], least_forecasts: int) -> Status:
    """Return whether a share of forecasts that held may be `LEVEL`, by its own 95 % interval."""
    if row["n"] >= least_forecasts and row["high"] < FAILED:
        return "FAIL"
    return "PASS" if row["n"] >= least_forecasts and row["low"] <= LEVEL <= row["high"] else "REVIEW"
