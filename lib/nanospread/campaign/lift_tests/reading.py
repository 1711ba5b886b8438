"""Weekly orders with a finished test in them -> the orders it added, with error, placebos and checks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy import stats

from nanospread.campaign.lift_tests import planning, randomisation
from nanospread.campaign.lift_tests.history import WeeklyOrders, check_long, check_whole
from nanospread.campaign.lift_tests.randomisation import EffectEstimate
from nanospread.core import errors
from nanospread.core.estimates import Z95
from nanospread.core.types import Flags, Floats

SIDES = ("nano", "macro")
CHECKS = ["check", "value", "fine", "says"]
Check = tuple[str, float, bool, str]  # these of it
DOMINANT = 0.5  # of one side's orders, from which on one region decides
FEWEST_PLACEBOS = 8


@dataclass(frozen=True, eq=False)
class Result:
    """What a finished test says that a campaign added.

    orders, se, low, high: orders added, standard error and 95 % interval [orders]; infinite where nothing is
    ruled out. p: of no effect. added: share of the orders without the campaign. lot: whether the regions or
    weeks are among those that a plan draws; else errors rest on the placebos too. placebos: the same test in
    earlier spans: week [ISO, its first], added [share]. checks: check, value, fine, says; what to look at
    before the number is believed. source: the test in words.
    """

    campaign: str
    side: str
    orders: float
    se: float
    low: float
    high: float
    p: float
    added: float
    start: date
    end: date
    lot: bool
    placebos: pd.DataFrame
    checks: pd.DataFrame
    source: str

    def row(self) -> pd.DataFrame:
        """Return the row of `lift_tests` that this result is. Raises InputError: without a finite error."""
        if not math.isfinite(self.se):
            raise errors.InputError(
                "the test tells nothing that a report could learn from: its error has no end"
            )
        return pd.DataFrame(
            {
                "campaign": [self.campaign],
                "side": [self.side],
                "incremental_orders": [round(self.orders, 2)],
                "se": [round(self.se, 2)],
                "from": [self.start.isoformat()],
                "to": [self.end.isoformat()],
                "source": [self.source],
            }
        )


def of_regions(
    data: WeeklyOrders,
    start: date,
    end: date,
    regions: Sequence[str],
    *,
    campaign: str,
    side: str = "nano",
    known: str = "",
    before: int | None = None,
) -> Result:
    """Return what a campaign added in some regions from one day to another.

    known: the last week that the plan knew, which tells what it could draw; "" is the last before the test.
    before: weeks looked back on; None as the plan would choose.

    Raises InputError: what cannot be compared, or too few weeks before the test.
    """
    _check_side(side)
    treated = data.of_regions(regions)
    first, after = data.between(start, end)
    length = after - first
    history = data.until(known) if known else data.until(data.weeks[first - 1]) if first else data
    if not first or len(history.weeks) > first:
        raise errors.InputError(f"the plan's last week must lie before the test of {start} to {end}")
    check_long(history)
    drawn = np.zeros((0, len(data.regions)), dtype=bool)
    if len(data.regions) >= randomisation.FEWEST_REGIONS:
        drawn = randomisation.divisions(history.orders.sum(axis=0))
    lot = bool((drawn == treated).all(axis=1).any())
    among = drawn if lot else np.concatenate([drawn, treated[None], ~treated[None]])
    back = before or planning.looked_back(history, among, length)
    if not 1 <= back <= first:
        raise errors.InputError(f"before: {back} weeks, and the data hold {first} before the test")
    earlier, later = data.orders[first - back : first].sum(axis=0), data.orders[first:after].sum(axis=0)
    effects = _placebos(data, first, length, back, treated)
    test = randomisation.tested_regions(treated, among, earlier, later)
    if not lot:
        test = _wider(test, effects["effect"].to_numpy(), length)
    sold = float(later[treated].sum())
    counts = len(data.regions), int(treated.sum())
    checks = [
        _ahead(data, first, length, back, treated, among),
        _dominant(data, treated, earlier),
        _one_left_out(treated, earlier, later, test),
    ]
    origin = "drawn by lot" if lot else "chosen by hand"
    return _result(
        test, sold, campaign, side, start, end, lot, effects, checks,
        f"nanospread holdout: {counts[1]} of {counts[0]} regions, {origin}, {length} weeks",
    )  # fmt: skip


def of_weeks(
    data: WeeklyOrders,
    start: date,
    end: date,
    on: Sequence[str],
    *,
    campaign: str,
    side: str = "nano",
    span: int = 2,
) -> Result:
    """Return what a campaign added that was on in some weeks and off in others, from one day to another.

    on: weeks with the campaign, ISO or counted from the test's first as 1. span: weeks on or off at a time.

    Raises InputError: weeks that are no pairs of spans with one on and one off, or a week that is missing.
    """
    _check_side(side)
    check_whole(data)
    first, after = data.between(start, end)
    turn, flags = _turns(data, first, after, on, span)
    pairs, length = len(turn), after - first
    total = data.orders.sum(axis=1)
    times = randomisation.contrasts(planning.spans(total[:after], pairs, span))
    test = randomisation.tested_weeks(turn, times[first])
    earlier = list(range(first % length, first, length))
    effects = pd.DataFrame(
        {
            "week": [data.weeks[at] for at in earlier],
            "effect": [float(turn @ times[at]) / pairs for at in earlier],
        }
    )
    return _result(
        test, float(total[first:after][flags].sum()), campaign, side, start, end, True, effects, [],
        f"nanospread holdout: {pairs} pairs of {span} weeks on and off",
    )  # fmt: skip


def _turns(
    data: WeeklyOrders, first: int, after: int, weeks_on: Sequence[str], span: int
) -> tuple[Floats, Flags]:
    """Return for each pair of spans 1 where the first was on, else -1; and which weeks were on."""
    pairs, remainder = divmod(after - first, 2 * span) if span > 0 else (0, 1)
    fewest, most = randomisation.FEWEST_SPAN_PAIRS, randomisation.MOST_SPAN_PAIRS
    if remainder or not fewest <= pairs <= most:
        raise errors.InputError(
            f"the test has {after - first} weeks: must be {fewest} to {most} "
            f"pairs of {span} weeks on and {span} off"
        )
    flags = np.zeros(after - first, dtype=bool)
    within = data.weeks[first:after]
    numbered = dict(zip(map(str, range(1, len(within) + 1)), within, strict=True))
    names = [numbered.get(name.strip(), name) for name in weeks_on]
    for name, place in zip(names, data.of_weeks(names), strict=True):
        if not first <= place < after:
            raise errors.InputError(
                f"week {name} is on, and not in the test: {data.weeks[first]} to {data.weeks[after - 1]}"
            )
        flags[place - first] = True
    halves = flags.reshape(pairs, 2, span)
    days = halves.sum(axis=2)  # weeks on, by pair and span
    good = (days.min(axis=1) == 0) & (days.max(axis=1) == span)
    if not good.all():
        week = data.weeks[first + 2 * span * int(np.argmin(good))]
        raise errors.InputError(
            f"weeks on: of the {2 * span} weeks from {week}, the first {span} or the last {span} must be on"
        )
    return np.where(halves[:, 0, 0], 1.0, -1.0), flags


def _check_side(side: str) -> None:
    if side not in SIDES:
        raise errors.unknown("side", side, SIDES)


def _placebos(data: WeeklyOrders, first: int, length: int, back: int, treated: Flags) -> pd.DataFrame:
    """Return the estimates of the same regions in earlier spans that do not overlap [log]."""
    earlier, later = planning.windows(data.orders[:first], length, back)
    ends = np.arange(len(later) - 1, -1, -length)[::-1]
    effects = [float(randomisation.estimates(treated[None], earlier[at], later[at])[0]) for at in ends]
    return pd.DataFrame({"week": [data.weeks[at + back] for at in ends], "effect": effects})


def _wider(test: EffectEstimate, placebos: Floats, length: int) -> EffectEstimate:
    """Return a test of regions chosen by hand: its error is at least that of its own placebos."""
    n = len(placebos)
    if n < FEWEST_PLACEBOS:
        raise errors.InputError(
            f"regions chosen by hand are compared with earlier spans of {length} weeks: {FEWEST_PLACEBOS} "
            f"are needed, and the data hold {n}"
        )
    error = math.sqrt(float(np.mean(np.square(placebos))))
    half = float(stats.t.ppf(0.975, n - 1)) * error
    p = float(2 * stats.t.sf(abs(test.effect) / error, n - 1)) if error else 0.0
    low, high = test.effect - half, test.effect + half
    if math.isfinite(test.low) and math.isfinite(test.high):
        return EffectEstimate(test.effect, max(p, test.p), min(low, test.low), max(high, test.high))
    return EffectEstimate(test.effect, p, low, high)


def _result(test: EffectEstimate, sold: float, campaign: str, side: str, start: date, end: date, lot: bool,
            effects: pd.DataFrame, checks: list[Check], source: str) -> Result:  # fmt: skip
    if sold == 0:
        raise errors.InputError("no order in the test where the campaign was: it tells nothing")
    added = [sold * -float(np.expm1(-effect)) for effect in (test.effect, test.low, test.high)]
    placebos = effects.assign(added=np.expm1(effects["effect"])).drop(columns="effect")
    beyond = float((effects["effect"].abs() >= abs(test.effect)).mean()) if len(effects) else math.nan
    says = f"share of {len(effects)} earlier spans with an estimate as far from 0"
    checks.append(("placebos", beyond, not beyond > 0.05 or test.p > 0.05, says))
    return Result(
        campaign, side, added[0], (added[2] - added[1]) / (2 * Z95), added[1], added[2], test.p,
        math.expm1(test.effect), start, end, lot, placebos, pd.DataFrame(checks, columns=CHECKS), source,
    )  # fmt: skip


def _ahead(data: WeeklyOrders, first: int, length: int, back: int, treated: Flags, among: Flags) -> Check:
    """Return whether the regions had parted before the test already."""
    earlier, later = planning.windows(data.orders[:first], length, min(back, first - length))
    test = randomisation.tested_regions(treated, among, earlier[-1], later[-1])
    says = f"share added in the {length} weeks before the test, when there was no campaign"
    return "before", math.expm1(test.effect), test.p > 0.05, says


def _dominant(data: WeeklyOrders, treated: Flags, earlier: Floats) -> Check:
    shares = np.where(treated, earlier / earlier[treated].sum(), earlier / earlier[~treated].sum())
    shares = np.where(np.where(treated, treated.sum(), (~treated).sum()) > 1, shares, 0.0)
    largest = int(shares.argmax())
    says = f"share of its side's orders that {data.regions[largest]} has"
    return "largest", float(shares[largest]), bool(shares[largest] <= DOMINANT), says


def _one_left_out(treated: Flags, earlier: Floats, later: Floats, test: EffectEstimate) -> Check:
    """Return how far the estimate moves at most without one region."""
    moved = []
    for region in range(len(treated)):
        others = np.arange(len(treated)) != region
        if treated[others].any() and not treated[others].all():
            moved.append(
                float(randomisation.estimates(treated[others][None], earlier[others], later[others])[0])
            )
    far = max(moved, key=lambda effect: abs(effect - test.effect), default=test.effect)
    says = "share added without the region that moves it most"
    return "one left out", math.expm1(far), test.low <= far <= test.high, says
