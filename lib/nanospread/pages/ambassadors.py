"""Ambassadors: how long they stay, what one costs to win and is worth, and whether the programme pays.

Retention without own ambassadors is that of published customers, and every sentence on it says so.
"""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

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
from nanospread.campaign.simulation import Programme
from nanospread.core.estimates import Estimate, clearly_above, clearly_below
from nanospread.core.formatting import Finding, count, counted, money, of_100, percent, significant
from nanospread.pages import _style as style
from nanospread.pages.show import Metric

AFTER = 6  # periods: half a year
SETTLED = 3  # periods after which a cohort has shown how it stays
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
MOST = 13  # columns of cohorts whose numbers stay legible
WEEKS = "Weeks after joining"
DEEP = "#7A2B05"  # where all stay
HALF = 0.5  # from this share on, cells are dark and their words white [1]
ODDS = LinearSegmentedColormap.from_list(  # light to dark, with a step at a half: words stay readable on it
    "odds", [(0.0, "#FCF6F2"), (HALF, style.NANO_LIGHT), (HALF, style.NANO), (1.0, DEEP)]
)


def stay(retention: Retention, curve: pd.DataFrame) -> Finding:
    """Return how many stay for half a year, by `recruitment.retention_curve`, and what that rests on."""
    half_year, last = curve.iloc[min(AFTER, len(curve) - 1)], curve.iloc[-1]
    assumed = "" if retention.seen else "an assumed "
    ends = f"({percent(half_year['low'])} to {percent(half_year['high'])})"
    share = f"{assumed}{percent(half_year['survival'])} of ambassadors are active"
    title = f"After {_weeks(half_year['period'])}, {share}"
    posts = expected_posts(retention, int(last["period"]))
    faithful = (
        f"{percent(curve['rate'].iloc[1])} stay through their first {_weeks(1)}, and "
        f"{percent(last['rate'])} of those still there after {_weeks(last['period'] - 1)} through the next. "
        "The longer one has stayed, the likelier it goes on."
    )
    posts_made = (
        f"In {_weeks(last['period'])} one makes {significant(posts.value)} posts "
        f"({significant(posts.low)} to {significant(posts.high)})."
    )
    return Finding(title, f"{title} {ends}. {faithful} {posts_made} {_rests_on(retention)}")


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
    periods_seen = cohorts.drop(columns=["cohort", "joined"]).notna().sum(axis=1)
    known = cohorts[periods_seen >= (SETTLED if (periods_seen >= SETTLED).sum() > 1 else 1)]
    if len(known) < 2:
        return Finding.of("There are not two cohorts of ambassadors to compare yet")
    first, latest, period = known.iloc[0], known.iloc[-1], int(periods_seen[known.index[-1]])
    shares = [(row[period] + 1) / (row["joined"] + 2) for row in (first, latest)]
    variances = [p * (1 - p) / (row["joined"] + 2) for p, row in zip(shares, (first, latest), strict=True)]
    gain = Estimate(shares[1] - shares[0], math.sqrt(sum(variances)))
    says = "No clear change between cohorts"
    if clearly_above(gain, 0) or clearly_below(gain, 0):
        says = f"Later cohorts stay {'longer' if gain.value > 0 else 'less long'}"
    then, now = (f"{percent(row[period] / row['joined'])} of {row['cohort']}" for row in (first, latest))
    sizes = f"{first['joined']:,} and {latest['joined']:,}"
    return Finding(says, f"{says}. After {_weeks(period)}, {then} and {now} are still there (of {sizes}).")


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
    survival_row, posts = retention_curve(retention, AFTER).iloc[-1], expected_posts(retention, PERIODS)
    n, basis = retention.seen, "estimated" if retention.seen else "assumed"
    half = {"periods": AFTER, "weeks": AFTER * PERIOD_WEEKS}
    year = {"weeks": PERIODS * PERIOD_WEEKS, "last": PERIODS - 1}
    share = survival_row["survival"], basis, survival_row["low"], survival_row["high"]
    return [
        Metric.of("ambassador_survival_{periods}", *share, n=n, words=half),
        Metric.of("ambassador_posts_year", posts.value, basis, posts.low, posts.high, n=n, words=year),
    ]


def survival_by_week(
    curve: pd.DataFrame, observed: pd.DataFrame | None = None, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw who is still there after so many weeks, with its band, and who of those stays on (dashed).

    curve: as `recruitment.retention_curve`. observed: as `recruitment.kaplan_meier`, drawn as steps with the
    intervals as bars, as far as the curve goes; None where there are no ambassadors yet.
    """
    ax = style.axes(ax, 4.2)
    if curve.empty:
        return style.empty(ax, title, "no period was asked for")
    weeks = curve["period"].to_numpy(dtype=float) * PERIOD_WEEKS
    ax.fill_between(weeks, curve["low"], curve["high"], color=style.NANO_FAINT, linewidth=0)
    ax.plot(weeks, curve["survival"], color=style.NANO, linewidth=2.6)
    ax.plot(weeks, curve["rate"], color=style.DARK, linewidth=1.6, linestyle=style.DASHED)
    last = curve.iloc[-1]
    ends = [
        style.EndLabel(weeks[-1], last["survival"], "still there", style.NANO),
        style.EndLabel(weeks[-1], last["rate"], "of those left,\nstay on", style.DARK),
    ]
    has_observed = observed is not None and len(observed) > 1
    if observed is not None and has_observed:
        last_seen = _observed(ax, observed[observed["period"] <= last["period"]])
        ends.append(style.EndLabel(weeks[-1], last_seen, "your own", style.MACRO))
    ax.set(ylim=(0, 1.03), xlim=(0, weeks[-1] or 1))
    ax.set_xticks(weeks[:: max(1, len(weeks) // 7)])
    style.percents(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    steps = " Dark steps: your own ambassadors as observed, with their intervals." if has_observed else ""
    stays = {"Weeks after joining": ("weeks", count), "Still there": ("survival", percent)}
    ends_of = {"low (80%)": ("low", percent), "high (80%)": ("high", percent)}
    on = {"Of those left, stay on": ("rate", percent)}
    basis = "estimated" if has_observed else "assumed"
    numbers = style.table(curve.assign(weeks=weeks), basis, stays | ends_of | on, curve=True)
    return style.finished(
        ax, title, "The share of ambassadors who are still there after so many weeks, as a line with the "
        f"middle 80% as a band, and the share of those left who stay on, dashed and rising.{steps}", numbers,
        x=WEEKS, y="Share of ambassadors", ends=ends, gap=26,
    )  # fmt: skip


def _observed(ax: Axes, observed: pd.DataFrame) -> float:
    """Draw the steps and return where they end."""
    weeks, share = style.columns(observed, "period", "survival")
    weeks = weeks * PERIOD_WEEKS
    ax.plot(weeks, share, color=style.MACRO, linewidth=1.8, drawstyle="steps-post")
    ax.vlines(weeks, observed["low"], observed["high"], color=style.MACRO, linewidth=1.2, alpha=0.7)
    return float(share[-1])


def cohorts_by_week(by_cohort: pd.DataFrame, *, title: str, ax: Axes | None = None) -> style.Chart:
    """Draw which share of each cohort is still there after so many weeks, and print it in percent.

    by_cohort: as `recruitment.cohorts`; beside its name stands how many joined. Cells not seen yet are empty;
    of more than 13 periods, 13 are drawn.
    """
    columns = [name for name in by_cohort.columns if name not in ("cohort", "joined")]
    periods = [columns[int(at)] for at in np.linspace(0, len(columns) - 1, min(len(columns), MOST)).round()]
    ax = style.axes(ax, 1.7 + 0.42 * max(len(by_cohort), 2))
    if by_cohort.empty or not periods:
        return style.empty(ax, title, "no cohort was seen for a whole period yet")
    share = by_cohort[periods].to_numpy(dtype=float) / by_cohort["joined"].to_numpy(dtype=float)[:, None]
    ax.pcolormesh(share, cmap=ODDS, vmin=0, vmax=1, edgecolor="white", linewidth=1.5)
    for (row, column), part in np.ndenumerate(share):
        if not np.isnan(part):
            ax.text(
                column + 0.5, row + 0.5, f"{100 * part:.0f}",
                ha="center", va="center", size=style.TEXT, color="white" if part >= HALF else style.MACRO,
            )  # fmt: skip
    style.ticks_at(
        ax.xaxis, (np.arange(len(periods)) + 0.5).tolist(), [f"{PERIOD_WEEKS * at}" for at in periods]
    )
    names = [f"{row.cohort} ({row.joined:,})" for row in by_cohort[["cohort", "joined"]].itertuples()]
    style.ticks_at(ax.yaxis, (np.arange(len(names)) + 0.5).tolist(), names)
    ax.set(ylim=(len(names), 0))
    ax.spines[["left", "bottom"]].set_visible(False)
    parts = pd.DataFrame(share, columns=[str(at) for at in periods]).assign(
        cohort=by_cohort["cohort"].astype(str).to_numpy(), joined=by_cohort["joined"].to_numpy()
    )
    numbers = style.table(parts, "measured", {
        "Joined": ("cohort", str), "How many": ("joined", count),
        **{f"There after {PERIOD_WEEKS * at} weeks": (str(at), percent) for at in periods},
    })  # fmt: skip
    return style.finished(
        ax, title, "One row per cohort, by when it joined, the earliest on top, with how many joined: "
        "the percent of it still there after so many weeks, darker for more; empty where not seen so long.",
        numbers,
        x=f"{WEEKS} (cells: % still there)", y="Joined (how many)",
    )  # fmt: skip


def profit_by_week(
    periods: pd.DataFrame, currency: str, *, title: str, ax: Axes | None = None
) -> style.Chart:
    """Draw the profit so far of `Programme.periods` by week: median and middle 80 % of worlds."""
    ax = style.axes(ax, 4.2)
    if periods.empty:
        return style.empty(ax, title, "no period was simulated")
    weeks, low, median, high = style.columns(periods, "period", "low", "median", "high")
    weeks = weeks * PERIOD_WEEKS
    ax.fill_between(weeks, low, high, color=style.NANO_FAINT, linewidth=0)
    ax.plot(weeks, median, color=style.NANO, linewidth=2.6, marker="o", markersize=5)
    ax.axhline(0, color=style.DARK, linewidth=1.2, zorder=1.5)
    ax.set_xticks(weeks[:: max(1, len(weeks) // 6)])
    style.amounts(ax.yaxis)
    ax.grid(axis="y", color=style.FAINT)
    ends = style.band_ends(weeks[-1], low[-1], median[-1], high[-1])
    middle, worst, best = (money(float(line[-1]), currency) for line in (median, low, high))
    numbers = style.table(periods.assign(weeks=weeks), "estimated", {
        "Weeks since the start": ("weeks", count),
        f"Profit so far, median [{currency}]": ("median", count),
        "worst 10% below": ("low", count), "best 10% above": ("high", count),
    }, curve=True)  # fmt: skip
    return style.finished(
        ax, title, "What the programme has earned, less what it has cost, by each week since its start: the "
        f"median as a line, the middle 80% of worlds as a band; at the end {middle}, from {worst} to {best}.",
        numbers,
        x="Weeks since the start", y=f"Profit so far, {currency}", ends=ends, gap=28,
    )  # fmt: skip
