"""Ambassadors: how long they stay, what one costs to win and is worth, and whether the programme pays.

Retention without own ambassadors is that of published customers, and every sentence on it says so.
"""

import math

import pandas as pd

from nanospread.campaign import risk
from nanospread.campaign.recruitment import (
    PERIOD_WEEKS,
    PERIODS,
    AmbassadorTerms,
    AmbassadorValue,
    Retention,
    expected_posts,
    retention_curve,
)
from nanospread.campaign.risk import Estimate
from nanospread.campaign.simulation import Programme
from nanospread.core.estimates import clearly_above, clearly_below
from nanospread.core.formatting import Finding, counted, money, of_100, percent, significant
from nanospread.pages.recruitment import figures as figures  # those of recruiting, ambassadors among them
from nanospread.pages.show import Metric

AFTER = 6  # periods: half a year
SETTLED = 3  # periods after which a cohort has shown how it stays
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def stay(retention: Retention, curve: pd.DataFrame) -> Finding:
    """Return how many stay for half a year, by `recruitment.retention_curve`, and what that rests on."""
    at, last = curve.iloc[min(AFTER, len(curve) - 1)], curve.iloc[-1]
    assumed = "" if retention.seen else "an assumed "
    ends = f"({percent(at['low'])} to {percent(at['high'])})"
    share = f"{assumed}{percent(at['survival'])} of ambassadors are active"
    title = f"After {_weeks(at['period'])}, {share}"
    posts = expected_posts(retention, int(last["period"]))
    faithful = (
        f"{percent(curve['rate'].iloc[1])} stay through their first {_weeks(1)}, and "
        f"{percent(last['rate'])} of those still there after {_weeks(last['period'] - 1)} through the next. "
        "The longer one has stayed, the likelier it goes on."
    )
    made = (
        f"In {_weeks(last['period'])} one makes {significant(posts.value)} posts "
        f"({significant(posts.low)} to {significant(posts.high)})."
    )
    return Finding(title, f"{title} {ends}. {faithful} {made} {_rests_on(retention)}")


def _weeks(periods: float) -> str:
    return counted(periods * PERIOD_WEEKS, "week")


def _rests_on(retention: Retention) -> str:
    if not retention.seen:
        return (
            f"None of your ambassadors has been seen for {_weeks(1)} yet, and no curve of nano ambassadors "
            "is published. This is the retention of two groups of paying customers, so take it as a guess."
        )
    return (
        f"It rests on {counted(retention.seen, 'ambassador')} of yours, {retention.left:,} of whom left, "
        "added to the published retention of customers."
    )


def later_cohorts(cohorts: pd.DataFrame) -> Finding:
    """Return whether the latest cohort stays longer than the first, after as many periods as it was seen.

    cohorts: as `recruitment.cohorts`. The latest is the last one that was seen for `SETTLED` periods, or else
    the last that was seen for one. The difference needs two standard errors, by Agresti and Caffo 2000, Am.
    Stat. 54:280 (one more of each kind on both sides).
    """
    seen = cohorts.drop(columns=["cohort", "joined"]).notna().sum(axis=1)
    known = cohorts[seen >= (SETTLED if (seen >= SETTLED).sum() > 1 else 1)]
    if len(known) < 2:
        return Finding.of("There are not two cohorts of ambassadors to compare yet")
    first, latest, at = known.iloc[0], known.iloc[-1], int(seen[known.index[-1]])
    shares = [(row[at] + 1) / (row["joined"] + 2) for row in (first, latest)]
    variances = [p * (1 - p) / (row["joined"] + 2) for p, row in zip(shares, (first, latest), strict=True)]
    gain = Estimate(shares[1] - shares[0], math.sqrt(sum(variances)))
    says = "No clear change between cohorts"
    if clearly_above(gain, 0) or clearly_below(gain, 0):
        says = f"Later cohorts stay {'longer' if gain.value > 0 else 'less long'}"
    then, now = (f"{percent(row[at] / row['joined'])} of {row['cohort']}" for row in (first, latest))
    sizes = f"{first['joined']:,} and {latest['joined']:,}"
    return Finding(says, f"{says}. After {_weeks(at)}, {then} and {now} are still there (of {sizes}).")


def cost_to_win(terms: AmbassadorTerms, currency: str) -> Finding:
    """Return what winning, or replacing, one ambassador costs, and what that leaves out."""
    title = f"Recruiting an ambassador from scratch costs {money(terms.to_win, currency)}"
    gifts, contacts = significant(terms.gifts), significant(terms.contacts)
    return Finding(
        title,
        f"{title} ({contacts} contacts, {gifts} gifts), and {money(terms.upkeep, currency)} every "
        f"{_weeks(1)} after that. Where a gifted campaign runs anyway, recruiting is free, since contacts "
        "and gifts are paid for.",
    )


def worth_of_a_place(place: AmbassadorValue, retention: Retention, currency: str) -> Finding:
    """Return what a place in the programme is worth, whether that is above 0 whatever retention may be."""
    weeks, worth = _weeks(len(place.by_period)), place.worth
    ends = f"{money(worth.low, currency)} to {money(worth.high, currency)}"
    title = f"Whether a place pays in {weeks} is too close to call"
    if worth.low > 0:
        title = f"A place earns {money(worth.value, currency)} in {weeks}"
    elif worth.high < 0:
        title = f"A place loses {money(-worth.value, currency)} in {weeks}"
    even, paid_back = place.break_even, f"not paid back by then ({money(worth.value, currency)})"
    if place.pays_from is not None:
        paid_back = f"paid back after {_weeks(place.pays_from)}"
    sentences = (
        f"{title} ({ends}, by how long ambassadors may stay). It breaks even if a fresh post brings "
        f"{money(even.value, currency)} of gross profit; we expect {money(place.gain, currency)}. On average "
        f"it has {paid_back}."
    )
    return Finding(title, sentences)


def programme_return(programme: Programme, currency: str) -> Finding:
    """Return how often the programme makes money, and how much typically and at the ends."""
    worlds, loss = programme.worlds, risk.p_loss(programme.worlds["profit"])
    low, middle, high = (percent(risk.quantile(worlds["roi"], at).value) for at in (0.1, 0.5, 0.9))
    who, weeks = f"programme of {programme.ambassadors:,}", _weeks(len(programme.periods))
    title = f"Whether a {who} makes money is too close to call"
    if clearly_below(loss, 0.5):
        title = f"A {who} makes money in {of_100(1 - loss.value)} simulated years"
    elif clearly_above(loss, 0.5):
        title = f"A {who} loses money in {of_100(loss.value)} simulated years"
    cost = money(float(worlds["cost"].mean()), currency)
    replaced, active = float(worlds["replaced"].mean()), float(worlds["active"].mean())
    return Finding(
        title,
        f"{title}. Over {weeks} it costs {cost} on average; the typical return is "
        f"{middle} of its cost, from {low} in a bad case to {high} in a good one. Expect to replace "
        f"{significant(replaced)} and to end with {significant(active)} of {programme.ambassadors:,}. "
        f"{_ahead(programme, currency)}",
    )


def _ahead(programme: Programme, currency: str) -> str:
    """Return how deep the middle world goes, and when it is ahead for good."""
    median = programme.periods["median"]
    deepest, behind = int(median.argmin()), programme.periods["period"][median < 0]
    if behind.empty:
        return "It is typically never behind."
    by = money(-float(median.iloc[deepest]), currency)
    down = f"It is typically {by} down after {_weeks(deepest + 1)}"
    if behind.iloc[-1] == len(median):
        return f"{down}, and still behind at the end."
    return f"{down}, and ahead from week {int(behind.iloc[-1] + 1) * PERIOD_WEEKS} on."


def checked_rows(
    retention: Retention, terms: AmbassadorTerms, programme: Programme, *, currency: str
) -> pd.DataFrame:
    """Return who stays and how often one posts, what one costs, and the odds and return of the programme."""
    worlds, n = programme.worlds, len(programme.worlds)
    rows = [
        *_stay(retention),
        Metric.of("ambassador_cost_to_win", terms.to_win, "assumed", words={"currency": currency}),
    ]
    for name, at in QUANTILES.items():
        rows.append(Metric.played(f"programme_roi_{name}", risk.quantile(worlds["roi"], at), n))
    return pd.DataFrame([*rows, Metric.played("programme_p_loss", risk.p_loss(worlds["profit"]), n)])


def _stay(retention: Retention) -> list[Metric]:
    there, posts = retention_curve(retention, AFTER).iloc[-1], expected_posts(retention, PERIODS)
    n, basis = retention.seen, "estimated" if retention.seen else "assumed"
    half = {"periods": AFTER, "weeks": AFTER * PERIOD_WEEKS}
    year = {"weeks": PERIODS * PERIOD_WEEKS, "last": PERIODS - 1}
    share = there["survival"], basis, there["low"], there["high"]
    return [
        Metric.of("ambassador_survival_{periods}", *share, n=n, words=half),
        Metric.of("ambassador_posts_year", posts.value, basis, posts.low, posts.high, n=n, words=year),
    ]
