"""Past weekly orders + what a campaign should bring -> the test that sees most, and how much that is."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from nanospread.campaign.lift_tests import randomisation
from nanospread.campaign.lift_tests.history import WeeklyOrders, check_long, check_whole
from nanospread.campaign.simulation import draws
from nanospread.core import errors
from nanospread.core.types import Flags, Floats, Ints

REGIONS, WEEKS = "regions", "weeks"  # designs
POWER = 0.80  # the chance to see an effect of the smallest size that counts as seen
LENGTHS = (2, 3, 4, 6, 8, 12)  # weeks that a test of regions may take
BEFORE = (1, 2, 4, 8)  # weeks looked back on, in lengths of the test
PAIRS = (7, 8, 10, 12)  # of spans with and without the campaign
FEWEST_WINDOWS = 12  # earlier spans on which a test is tried
WINDOWS, CHOSEN = 20, 24  # earlier spans, and draws in each, that tell the power
NEAR = 0.02  # of power, which no length is worth waiting longer for
YEAR = 52
TAIL = 2  # weeks in which late orders come
Power = Callable[[float], float]

LARGEST = math.log(10)  # an effect beyond ten times the orders is not looked for


@dataclass(frozen=True, eq=False)
class Plan:
    """A test of what a campaign adds, drawn by lot, and what it would see.

    design: regions or weeks. lengths: one row per length that the data allow: weeks, before [weeks looked
    back on; of regions only], smallest [share of orders added that 80 of 100 such tests see, two-sided 5 %;
    inf where none below ten times], smallest_orders [orders, at the place and time of the campaign],
    expected_orders [of the campaign, there], expected [share], power [0-1, at what is expected]. weeks: the
    shortest with next to the most power. treated: regions, or weeks counted from the first as 1, with the
    campaign; others: without. share: of all orders, that the treated have. span: weeks on or off at a time.
    known: the last week of the history. expected: orders that the campaign should add where it runs
    everywhere.
    """

    design: str
    lengths: pd.DataFrame
    weeks: int
    treated: tuple[str, ...]
    others: tuple[str, ...]
    share: float
    span: int
    known: str
    expected: float

    @property
    def chosen(self) -> "pd.Series[float]":
        """Return the row of `lengths` that is planned."""
        return self.lengths.iloc[int(np.flatnonzero(self.lengths["weeks"] == self.weeks)[0])]

    @property
    def enough(self) -> bool:
        """Return whether the planned test sees what the campaign should bring in 80 of 100 cases."""
        return bool(self.chosen["power"] >= POWER)

    @property
    def times(self) -> float:
        """Return how many times as large the campaign would have to be for the test to see it."""
        return float(self.chosen["smallest_orders"] / self.chosen["expected_orders"])

    @property
    def pooled(self) -> float:
        """Return how many such campaigns, each tested so, would together see what they bring."""
        return max(1.0, math.ceil(self.times**2)) if math.isfinite(self.times) else math.inf


def planned(
    history: WeeklyOrders,
    expected: float,
    *,
    least: int = 3,
    weeks: int | None = None,
    span: int = 2,
    seed: int = 1,
) -> Plan:
    """Return the test of a campaign that should add `expected` orders where it runs everywhere.

    least: weeks that campaign and late orders take. weeks: of the test; None: those with the most power.
    span: weeks on or off at a time, where there are fewer than eight regions. seed: of the draw.

    Raises InputError: a history too short, with gaps or without orders, or a number that cannot be.
    """
    check_whole(history)
    check_long(history)
    if not history.orders[-YEAR:].any():
        raise errors.InputError(f"there is no order in the last {YEAR} weeks to compare with")
    if not (math.isfinite(expected) and expected > 0):
        raise errors.InputError(f"expected orders: must be a number above 0; got {expected}")
    if len(history.regions) >= randomisation.FEWEST_REGIONS:
        return _of_regions(history, expected, least, weeks, seed)
    return _of_weeks(history, expected, span, weeks, seed)


def _of_regions(history: WeeklyOrders, expected: float, least: int, weeks: int | None, seed: int) -> Plan:
    among = randomisation.divisions(history.orders.sum(axis=0))
    treated = among[_drawn(seed, len(among))]
    share = float(history.orders[:, treated].sum() / history.orders.sum())
    if not 0 < share < 1:
        raise errors.InputError("all orders are of regions on one side of the draw: leave out those without")
    longest = (len(history.weeks) - FEWEST_WINDOWS + 1) // 2
    lengths_requested = [n for n in LENGTHS if n >= least] or [least] if weeks is None else [weeks]
    if not (lengths := [n for n in lengths_requested if least <= n <= longest]):
        raise errors.InputError(
            f"weeks of the test: must be from {least}, which the campaign and its late orders take, to "
            f"{longest}, with {len(history.weeks):,} weeks of history; got {lengths_requested[0]}"
        )
    rows, sold = [], _sold(history)
    for n in lengths:
        before = looked_back(history, among, n)
        earlier, later = windows(history.orders, n, before)
        sampled = _spread(len(later), WINDOWS)
        power = partial(
            randomisation.power_of_regions,
            among=among,
            chosen=_sampled(seed, len(among)),
            before=earlier[sampled],
            after=later[sampled],
        )
        rows.append({**_row(n, expected * share, sold * n * share, power), "before": before})
    lengths_, best = _best(rows)
    names = np.array(history.regions)
    return Plan(
        REGIONS, lengths_, best, tuple(names[treated].tolist()), tuple(names[~treated].tolist()), share, 0,
        history.weeks[-1], expected,
    )  # fmt: skip


def _of_weeks(history: WeeklyOrders, expected: float, span: int, weeks: int | None, seed: int) -> Plan:
    total = history.orders.sum(axis=1)
    possible = [pairs for pairs in PAIRS if 2 * pairs * span + FEWEST_WINDOWS <= len(total)]
    if weeks is not None:
        possible = [pairs for pairs in possible if 2 * pairs * span == weeks]
    if span < 1 or not possible:
        raise errors.InputError(
            f"under {randomisation.FEWEST_REGIONS} regions a test turns the campaign on and off: weeks must "
            f"be {', '.join(str(2 * n * span) for n in PAIRS)} at {span} a time, with {FEWEST_WINDOWS} more "
            f"of history; there are {len(total):,}"
        )
    rows, sold, luck = [], _sold(history), luck_share(total, span)
    for pairs in possible:
        windows_of_spans = spans(total, pairs, span)
        first = randomisation.turns(pairs)[_sampled(seed, 1 << pairs)]
        power = partial(
            randomisation.power_of_weeks,
            first=first,
            spans=windows_of_spans[_spread(len(windows_of_spans), WINDOWS)],
            luck=luck,
        )
        rows.append({**_row(2 * pairs * span, expected, sold * pairs * span, power), "before": 0})
    lengths, best = _best(rows)
    pairs = best // (2 * span)
    turn = randomisation.turns(pairs)[_drawn(seed, 1 << pairs)]
    on = np.repeat(np.column_stack([turn > 0, turn < 0]).ravel(), span)
    names = np.array([str(n) for n in range(1, best + 1)])
    return Plan(
        WEEKS, lengths, best, tuple(names[on].tolist()), tuple(names[~on].tolist()), 0.5, span,
        history.weeks[-1], expected,
    )  # fmt: skip


def _sold(history: WeeklyOrders) -> float:
    """Return the mean orders of a week over the last year."""
    return float(history.orders[-YEAR:].sum(axis=1).mean())


def _best(rows: list[dict[str, float]]) -> tuple[pd.DataFrame, int]:
    """Return the lengths, and the shortest one whose power is next to the most."""
    lengths = pd.DataFrame(rows)
    near = lengths["power"] >= lengths["power"].max() - NEAR
    return lengths, int(lengths.loc[near, "weeks"].min())


def _row(weeks: int, expected: float, base: float, power: Power) -> dict[str, float]:
    """Return a row of `Plan.lengths`. base: orders without the campaign, where and while it runs."""
    smallest = math.expm1(_smallest(power))
    return {
        "weeks": weeks,
        "smallest": smallest,
        "smallest_orders": smallest * base,
        "expected_orders": expected,
        "expected": expected / base,
        "power": power(math.log1p(expected / base)),
    }


def _smallest(power: Power) -> float:
    """Return the smallest effect that is seen with the power promised [log], inf where none is."""
    low, high = 0.0, LARGEST
    if power(high) < POWER:
        return math.inf
    for _ in range(11):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle) < POWER else (low, middle)
    return high


def looked_back(history: WeeklyOrders, among: Flags, weeks: int) -> int:
    """Return how many weeks before a test of so many weeks to compare with: those with the least error."""
    longest = len(history.weeks) - weeks - FEWEST_WINDOWS + 1
    each = [weeks * times for times in BEFORE if weeks * times <= longest] or [longest]
    misses = {}
    for before in each:
        earlier, later = (some[each[-1] - before :] for some in windows(history.orders, weeks, before))
        tried = _spread(len(later), 2 * WINDOWS)  # the same later weeks, however many before
        pairs = among[: len(among) // 2]
        misses[before] = float(np.mean(randomisation.estimates(pairs, earlier[tried].T, later[tried].T) ** 2))
    return min(misses, key=misses.__getitem__)


def windows(orders: Floats, weeks: int, before: int) -> tuple[Floats, Floats]:
    """Return orders before and during each earlier span that a test might have had: spans x regions."""
    sums = np.vstack([np.zeros(orders.shape[1]), orders.cumsum(axis=0)])
    starts = np.arange(before, len(orders) - weeks + 1)
    return sums[starts] - sums[starts - before], sums[starts + weeks] - sums[starts]


def spans(total: Floats, pairs: int, span: int) -> Floats:
    """Return orders by span of each earlier time that a test might have had: times x 2 pairs."""
    sums = np.append(0.0, total.cumsum())
    length = 2 * pairs * span
    edges = np.arange(len(total) - length + 1)[:, None] + np.arange(0, length + 1, span)
    return np.diff(sums[edges], axis=1)


def luck_share(total: Floats, span: int) -> float:
    """Return the share [0-1] of what spans differ from their pairs' means that is luck, not season or trend.

    total: orders by week. Luck is the nugget of the variogram: half the mean square by which weeks differ,
    one and two weeks apart, drawn on to none apart (Matheron 1963, Econ. Geol. 58:1246).
    """
    apart = [float(np.mean((total[lag:] - total[:-lag]) ** 2)) / 2 for lag in (1, 2)]
    pairs = spans(total, 1, span)
    differing = float(np.mean((pairs[:, 0] - pairs[:, 1]) ** 2)) / 2
    return min(max(span * (2 * apart[0] - apart[1]) / differing, 0.0), 1.0) if differing else 1.0


def _spread(n: int, most: int) -> Ints:
    """Return up to so many places of n, evenly spaced."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def _drawn(seed: int, n: int) -> int:
    """Return the place that the lot falls on."""
    return int(draws.uniforms(seed, "lift test", "lot", 1)[0] * n)


def _sampled(seed: int, n: int) -> Ints:
    """Return the places of the draws that power is told by."""
    return (draws.uniforms(seed, "lift test", "power", CHOSEN) * n).astype(np.int64)
