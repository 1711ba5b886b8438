"""Brief + ambassadors and when they left -> how long they stay, and what a place in a programme costs and is
worth.

Shifted-beta-geometric (sBG): each leaves after any period with a chance of its own, the same in all its
periods; between people the chance is Beta(alpha, beta), so those who are left are ever more faithful. T is
the period after which one leaves. Before any ambassador of one's own is seen, the chance m that an average
one leaves after the first period and how much they differ, theta, are those of the brief, whose low and high
are 10 and 90 % points (m and theta taken as independent of each other). Each ambassador seen moves both,
but for one that the brief sets as one number.
alpha = m (1 / theta - 1), beta = (1 - m) (1 / theta - 1).

An ambassador gets one package and makes one post in each period (`PERIOD_WEEKS`), until it leaves; each
further post of the same ambassador brings a part less, and what comes later counts less. All money is that of
the programme's start.

References: Fader and Hardie 2007, J. Interactive Marketing 21(1):76; model.md C7, V7.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nanospread.campaign.brief import Assumption, Assumptions, Brief
from nanospread.campaign.recruitment.offers import Range
from nanospread.campaign.recruitment.rates import LEVEL, right_censored
from nanospread.core import errors
from nanospread.core.types import Floats, floats

PERIOD_WEEKS = 4  # an ambassador posts once a period: a month in whole weeks, so that weekdays do not count
PERIODS = 13  # a year of them
WEEKS_A_YEAR = 52
MOST_PERIODS = 130  # ten years: longer than any plan
MOST_COHORTS = 8  # as rows of a small table
UNITS = ("M", "Q", "Y")  # of time by which cohorts may be grouped
POINTS = 61  # of each of the two, evenly through their normal scores
FARTHEST = 12.0  # normal score at which the search begins: a prior is only a guess
ZOOMS = 3  # times that the grid is drawn in around what is left: enough for thousands of ambassadors
FAINT = 1e-7  # of the largest weight, under which a row of the grid is left out
LEAST = 1e-6  # distance of both from 0 and 1


def check_periods(periods: int) -> None:
    """Raise InputError for a number of periods that nobody plans."""
    if not 1 <= periods <= MOST_PERIODS:
        raise errors.InputError(f"periods must be from 1 to {MOST_PERIODS}; got {periods}")


def tenures(ambassadors: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return how long each ambassador was seen to stay.

    ambassadors: creator, joined_at, left_at (NaT: still active), as `tables.Tables.ambassadors`; who joined
    after as_of is left out.

    Returns: creator, joined_at, seen (whole periods from joining to as_of), left (bool: within those),
    periods (the one after which it left, or seen). What happened in a period that is not over yet does not
    count: losses would show in it and staying would not.
    """
    joined = ambassadors[ambassadors["joined_at"] <= as_of]
    seen = _periods(as_of - joined["joined_at"]).astype("int64")
    stayed = _periods(joined["left_at"] - joined["joined_at"]).apply(np.ceil).clip(lower=1)
    left = stayed <= seen
    return pd.DataFrame(
        {
            "creator": joined["creator"],
            "joined_at": joined["joined_at"],
            "seen": seen,
            "left": left,
            "periods": stayed.where(left, seen).astype("int64"),
        }
    ).reset_index(drop=True)


def _periods(time: "pd.Series[pd.Timedelta]") -> "pd.Series[float]":
    return time.dt.total_seconds() / (PERIOD_WEEKS * 7 * 86_400)


def tally(tenures: pd.DataFrame) -> pd.DataFrame:
    """Return what `log_likelihood` needs to know: period (1 or more), lost, active.

    Who has not been seen for one whole period says nothing.
    """
    counted = tenures[tenures["periods"] > 0].assign(active=lambda rows: ~rows["left"])
    sums = counted.groupby("periods")[["left", "active"]].sum().rename_axis("period")
    return sums.rename(columns={"left": "lost"}).astype("int64").reset_index()


def cohorts(tenures: pd.DataFrame) -> pd.DataFrame:
    """Return how many of each cohort are active after 1, 2, 3 ... periods; missing where not all were seen.

    Cohorts are the months in which ambassadors joined; the quarters or years where months are more than 8.

    Returns: one row per cohort, the earliest first: cohort (2026-04, 2026Q2 or 2026), joined, and one column
    for each period from 1: ambassadors.
    """
    cohort = _groups(tenures["joined_at"])
    members = tenures.groupby(cohort)
    counted, known = members.size().to_frame("joined"), members["seen"].min()
    stays = tenures["periods"] - tenures["left"].astype("int64")  # after so many it was still there
    for period in range(1, int(known.max() if len(known) else 0) + 1):
        counted[period] = (stays >= period).groupby(cohort).sum().where(known >= period).astype("float64")
    return counted.rename_axis("cohort").reset_index()


def _groups(joined: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    plain = joined.dt.tz_convert(None)
    for unit in UNITS:
        periods = plain.dt.to_period(unit).astype("str")
        if periods.nunique() <= MOST_COHORTS:
            break
    return periods


def kaplan_meier(tenures: pd.DataFrame) -> pd.DataFrame:
    """Return the share that is still there after each number of periods, as observed.

    Returns: one row per period from 0 to the longest seen: period, at_risk (seen that long), survival, low,
    high (80 % interval, Greenwood's on the log-log scale; missing while nobody has left, and once all have).
    """
    last = int(tenures["periods"].max()) if len(tenures) else -1
    period = np.arange(last + 1)
    table = pd.DataFrame({"period": period, "at_risk": 0, "survival": 1.0, "low": np.nan, "high": np.nan})
    if last < 0:
        return table
    table["at_risk"] = [int((tenures["periods"] >= each).sum()) for each in period]
    curve, ends = right_censored(floats(tenures["periods"]), ~tenures["left"].to_numpy(), "sf")
    table["survival"] = curve.evaluate(period)
    table["low"], table["high"] = ends.low.evaluate(period), ends.high.evaluate(period)
    undefined = table["survival"].isin([0.0, 1.0])
    table.loc[undefined, ["low", "high"]] = np.nan
    return table


@dataclass(frozen=True)
class Retention:
    """How long ambassadors stay, as far as it is known.

    alpha, beta, weight: of each sBG that may be true, by rising loss and then spread; weights sum to 1. seen,
    left: own ambassadors with a whole period or more, and those of them who left. basis: measured, or assumed
    without any.
    """

    alpha: Floats
    beta: Floats
    weight: Floats
    seen: int
    left: int
    basis: str


def retention(brief: Brief, tenures: pd.DataFrame | None = None) -> Retention:
    """Return how long ambassadors stay; tenures: of one's own, as `recruitment.tenures`."""
    counts = tally(tenures) if tenures is not None else pd.DataFrame(columns=["period", "lost", "active"])
    counts = counts.astype("int64")
    low, high = np.full(2, -FARTHEST), np.full(2, FARTHEST)
    for _ in range(ZOOMS):
        scores = np.linspace(low, high, POINTS).T
        alpha, beta, weight = _weighted(brief, scores, counts)
        low, high = _box(scores, weight)
    seen, left = int(counts[["lost", "active"]].to_numpy().sum()), int(counts["lost"].sum())
    basis = "measured" if seen else "assumed"
    return Retention(alpha.ravel(), beta.ravel(), weight.ravel(), seen, left, basis)


def _priors(brief: Brief) -> tuple[Assumption, Assumption]:
    """Return the brief's rows of m and of theta."""
    return brief.assumptions.ambassador_first_loss, brief.assumptions.ambassador_spread


def _weighted(brief: Brief, scores: Floats, counts: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Return alpha, beta and posterior weight on the grid of these normal scores of loss and spread.

    The grid is sheared: each row's loss is a part of a step further, so that no two points share a loss and
    its quantiles are as fine as those of all else.
    """
    step = scores[0, 1] - scores[0, 0]
    at_loss = scores[0][:, None] + step * (np.arange(POINTS) / POINTS - 0.5)
    at_spread = np.broadcast_to(scores[1], at_loss.shape)
    loss, spread = (
        row.at(at).clip(LEAST, 1 - LEAST)
        for row, at in zip(_priors(brief), (at_loss, at_spread), strict=True)
    )
    alpha, beta = loss * (1 / spread - 1), (1 - loss) * (1 / spread - 1)
    logs = log_likelihood(alpha, beta, counts) - (at_loss**2 + at_spread**2) / 2
    weight = np.exp(logs - logs.max())
    return alpha, beta, weight / weight.sum()


def _box(scores: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the ends of the scores that carry weight, one step of the grid further out."""
    step, ends = scores[:, 1] - scores[:, 0], []
    for i, along in enumerate((weight.sum(axis=1), weight.sum(axis=0))):
        likely = scores[i][along > FAINT * along.max()]
        ends.append((likely[0] - step[i], likely[-1] + step[i]))
    low, high = np.array(ends).T
    return low, high


def over(retention: Retention, values: Floats) -> Range:
    """Return the mean and the interval of what each sBG gives, in its unit."""
    return Range(float(values @ retention.weight), *map(float, _ends(retention, values)))


def _ends(retention: Retention, values: Floats) -> Floats:
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    return np.asarray(np.quantile(values, ends, axis=0, weights=retention.weight, method="inverted_cdf"))


def retention_curve(retention: Retention, periods: int = PERIODS) -> pd.DataFrame:
    """Return who is still there after each number of periods, and the share kept in each of them.

    Returns: one row per period from 0: period, survival, low, high, and rate (of those who came so far, who
    stay for this period too; missing at 0), rate_low, rate_high; all shares, with 80 % intervals.
    """
    check_periods(periods)
    surviving = survival(retention.alpha, retention.beta, periods)
    rate = np.full_like(surviving, np.nan)
    rate[:, 1:] = retention_rates(retention.alpha, retention.beta, periods)
    columns: dict[str, NDArray[Any]] = {"period": np.arange(periods + 1)}
    for name, values, (low, high) in (
        ("survival", surviving, ("low", "high")),
        ("rate", rate, ("rate_low", "rate_high")),
    ):
        columns[name] = retention.weight @ values
        columns[low], columns[high] = _ends(retention, values)
    return pd.DataFrame(columns)


def expected_posts(retention: Retention, periods: int = PERIODS) -> Range:
    """Return how many periods an ambassador is there for, one post each, of the first so many."""
    check_periods(periods)
    return over(retention, survival(retention.alpha, retention.beta, periods - 1).sum(axis=1))


def retention_rates(alpha: ArrayLike, beta: ArrayLike, periods: int) -> Floats:
    """Return P(T > t | T > t - 1) for t = 1 to `periods` along a new last axis; it rises with t."""
    own, other = (np.asarray(each, dtype=np.float64)[..., None] for each in (alpha, beta))
    if not ((own > 0) & (other > 0)).all():
        raise errors.InputError(f"alpha and beta must be above 0; got {own.min():g} and {other.min():g}")
    before = np.arange(periods)
    return np.asarray((other + before) / (own + other + before))


def survival(alpha: ArrayLike, beta: ArrayLike, periods: int) -> Floats:
    """Return S(t) = P(T > t) = B(alpha, beta + t) / B(alpha, beta) for t = 0 to `periods`, as above."""
    return np.exp(_log_survival(alpha, beta, periods))


def _log_survival(alpha: ArrayLike, beta: ArrayLike, periods: int) -> Floats:
    logs = np.log(retention_rates(alpha, beta, periods))
    return np.concatenate([np.zeros_like(logs[..., :1]), logs.cumsum(axis=-1)], axis=-1)


def log_likelihood(alpha: ArrayLike, beta: ArrayLike, tally: pd.DataFrame) -> Floats:
    """Return the log-likelihood of who left and who is still there, in the shape of alpha and beta.

    tally: period (1 or more), lost (left after it) and active (there after it, and not known any further).
    """
    period, lost, active = (tally[name].to_numpy() for name in ("period", "lost", "active"))
    last = int(period.max()) if len(period) else 0
    rates, log_survival = retention_rates(alpha, beta, last), _log_survival(alpha, beta, last)
    log_loss = log_survival[..., period - 1] + np.log1p(-rates[..., period - 1])
    return np.asarray(log_loss @ lost + log_survival[..., period] @ active)


@dataclass(frozen=True)
class AmbassadorTerms:
    """What a place in the programme costs; numbers, or arrays over worlds.

    labour, goods: to win one ambassador out of gifted creators [money]; contacts, gifts and posts until then
    (mean numbers, the ambassador's own among them). upkeep: of one period [money]. kept: what a post brings
    of the one before. factor: on what comes one period later.
    """

    labour: float
    goods: float
    contacts: float
    gifts: float
    posts: float
    upkeep: float
    kept: float
    factor: float

    @property
    def to_win(self) -> float:
        """The cost to win one ambassador, or to replace one [money]."""
        return self.labour + self.goods


def ambassador_terms(brief: Brief, values: Assumptions[Any] | None = None) -> AmbassadorTerms:
    """Return what a place costs: 1 / (reply x accept x post x join) contacts, 1 / (post x join) gifts.

    values: a number each, or an array over worlds; None for the brief's own.

    The whole cost of finding is counted, and not what the posts made on the way bring: where a gifted
    campaign runs anyway, its ambassadors are won without it.
    """
    values = brief.values if values is None else values
    posts, parcel = 1 / values.ambassador_join, values.product_cost + values.shipping
    gifts = posts / values.post_rate_gift
    contacts = gifts / (values.reply_rate * values.accept_rate)
    return AmbassadorTerms(
        labour=contacts * values.labour_per_contact,
        goods=gifts * parcel,
        contacts=contacts,
        gifts=gifts,
        posts=posts,
        upkeep=parcel + values.overhead_per_creator,
        kept=1 - values.ambassador_wear_out,
        factor=(1 + values.discount_rate) ** (-PERIOD_WEEKS / WEEKS_A_YEAR),
    )


@dataclass(frozen=True)
class AmbassadorValue:
    """What one ambassador brings over the periods; intervals are those of retention alone.

    gain: gross profit of a fresh post, as given [money]. worth: of all posts, less upkeep and winning
    [money]. break_even: the gain at which worth is 0 [money]. by_period: worth, low, high up to each period.
    pays_from: the period from which worth stays at 0 or more, None where it does not.
    """

    gain: float
    worth: Range
    break_even: Range
    by_period: pd.DataFrame
    pays_from: int | None


def place(
    retention: Retention, terms: AmbassadorTerms, gain: float, *, periods: int = PERIODS
) -> AmbassadorValue:
    """Return what one ambassador is worth if a fresh post brings `gain` [money, gross profit].

    Sum over t of S(t - 1) d^(t - 1) [gain kept^(t - 1) - upkeep] - to_win; nobody takes the place of who
    leaves. References: model.md C7.

    Raises: InputError for periods out of range.
    """
    check_periods(periods)
    later = np.arange(periods)
    posts = terms.factor**later * survival(retention.alpha, retention.beta, periods - 1)
    brought = (posts * terms.kept**later).cumsum(axis=1)
    spent = terms.to_win + (posts * terms.upkeep).cumsum(axis=1)
    worth = [over(retention, each) for each in (gain * brought - spent).T]
    even = float(retention.weight @ spent[:, -1]) / float(retention.weight @ brought[:, -1])
    under = [period for period, each in enumerate(worth, start=1) if each.value < 0]
    first = under[-1] + 1 if under else 1
    return AmbassadorValue(
        gain=gain,
        worth=worth[-1],
        break_even=over(retention, spent[:, -1] / brought[:, -1])._replace(value=even),
        by_period=pd.DataFrame(worth, columns=["worth", "low", "high"], index=1 + later),
        pays_from=first if first <= periods else None,
    )
