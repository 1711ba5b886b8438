"""Rows of region, week and orders -> a table of whole weeks by region, or one line on what is missing."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from nanospread.core import errors, weeks
from nanospread.core.formatting import counted, listed
from nanospread.core.types import Flags, Floats, floats

FEWEST_WEEKS = 26  # of history: with fewer there is next to nothing to try a test on
MOST_LACKING = 0.1  # of all region-weeks; with more, nothing is read
COLUMNS = ("week", "region", "orders")
REMEDY = "write 0 where nothing was ordered, or leave the region out"


@dataclass(frozen=True, eq=False)
class WeeklyOrders:
    """Orders of each week and region.

    weeks: ISO weeks in order, those that all regions have. regions: by name. orders: weeks x regions
    [orders]. lacking: regions and the weeks they have no row of, which are left out of all.
    """

    weeks: tuple[str, ...]
    regions: tuple[str, ...]
    orders: Floats
    lacking: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def until(self, week: str) -> "WeeklyOrders":
        """Return the weeks up to this one. Raises InputError: a week that is not there."""
        last = bisect_right(self.weeks, week) if week in self.left_out else self._place(week) + 1
        return WeeklyOrders(self.weeks[:last], self.regions, self.orders[:last])

    @property
    def left_out(self) -> tuple[str, ...]:
        """The weeks that a region lacks, in order."""
        return tuple(sorted({week for each in self.lacking.values() for week in each}))

    @property
    def gaps(self) -> str:
        """What is lacking, in words: region and weeks; "" where nothing is."""
        return listed([f"{region} ({listed(list(each))})" for region, each in self.lacking.items()])

    def between(self, start: date, end: date) -> tuple[int, int]:
        """Return the place of the first week with a day from `start` to `end`, and that after the last.

        Raises InputError: the end before the start, days that the data do not hold, or a week that a region
        lacks, whose added orders nobody knows.
        """
        if end < start:
            raise errors.InputError(f"the test ends on {end}, before it starts on {start}")
        first, last = _monday(self.weeks[0]), _monday(self.weeks[-1]) + timedelta(days=6)
        begins, ends = (weeks.before(self.weeks[0], -((day - first).days // 7)) for day in (start, end))
        if any(begins <= week <= ends for week in self.left_out):
            raise errors.InputError(f"a week of the test is missing: {self.gaps}; {REMEDY}")
        if start < first or end > last:
            raise errors.InputError(
                f"the test of {start} to {end} is not in the data, whose whole weeks are of {first} to {last}"
            )
        return bisect_left(self.weeks, begins), bisect_right(self.weeks, ends)

    def of_regions(self, names: Sequence[str]) -> Flags:
        """Return which regions these are.

        Raises InputError: an unknown one, with the nearest; none; or all.
        """
        known = {name.casefold(): place for place, name in enumerate(self.regions)}
        chosen = np.zeros(len(self.regions), dtype=bool)
        for name in names:
            if name.strip().casefold() not in known:
                raise errors.unknown("region", name.strip(), self.regions)
            chosen[known[name.strip().casefold()]] = True
        if not chosen.any():
            raise errors.InputError("regions: name those that the campaign was in")
        if chosen.all():
            raise errors.InputError("all regions had the campaign: none is left to compare them with")
        return chosen

    def of_weeks(self, names: Sequence[str]) -> list[int]:
        """Return the places of weeks. Raises InputError: one that is not there."""
        return [self._place(name.strip()) for name in names]

    def _place(self, week: str) -> int:
        if weeks.checked(week) not in self.weeks:
            raise errors.InputError(f"week {week} is not in the data ({self.weeks[0]} to {self.weeks[-1]})")
        return self.weeks.index(week)


def weekly(rows: pd.DataFrame) -> WeeklyOrders:
    """Return the orders by week and region. rows: week (ISO, such as 2026-W47), region, orders [orders].

    A week that some region lacks is left out of all, so that sides are compared over the same weeks; weeks
    before the first order are no history.

    Raises InputError: a column that is missing, a number that cannot be, a tenth of region-weeks lacking.
    """
    for name in COLUMNS:
        if name not in rows:
            raise errors.InputError(f"weekly orders need the columns {listed(COLUMNS)}; '{name}' is missing")
    number = floats(rows["orders"])
    if not (np.isfinite(number) & (number >= 0)).all():
        raise errors.InputError("orders: must be numbers from 0, in each week and region")
    table = rows.pivot_table(index="week", columns="region", values="orders", aggfunc="sum")
    if table.empty:
        raise errors.InputError("weekly orders have no row")
    sold = table.sum(axis=1) > 0
    if not sold.any():
        raise errors.InputError("there is no order in any week")
    table = table[sold.cummax()]
    first, last = str(table.index[0]), str(table.index[-1])
    every = [weeks.before(last, back) for back in range(weeks.behind(first, last), -1, -1)]
    table = table.reindex(every)
    empty = table.isna()
    lacking = {str(region): empty.index[of].tolist() for region, of in empty.items() if of.any()}
    history = WeeklyOrders(
        tuple(every), tuple(map(str, table.columns)), table.to_numpy(dtype=np.float64), lacking
    )
    whole = ~empty.any(axis=1).to_numpy()
    if empty.to_numpy().mean() >= MOST_LACKING or not whole.any():
        check_whole(history)
    if not table[whole].to_numpy().any():
        raise errors.InputError("there is no order in any week")
    return replace(history, weeks=tuple(table.index[whole]), orders=history.orders[whole])


def check_whole(history: WeeklyOrders) -> None:
    """Raise InputError for a history in which a region lacks a week."""
    if history.lacking:
        raise errors.InputError(f"weeks are missing: {history.gaps}; {REMEDY}")


def check_long(history: WeeklyOrders) -> None:
    """Raise InputError for a history too short to plan with."""
    if len(history.weeks) < FEWEST_WEEKS:
        raise errors.InputError(
            f"{counted(len(history.weeks), 'week')} of orders: a test is planned with {FEWEST_WEEKS} or more"
        )


def _monday(week: str) -> date:
    return weeks.last_day(week) - timedelta(days=6)
