"""The holdout commands: past orders -> a test of a campaign; orders with the test in them -> its result."""

import math
import shlex
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pandas as pd

from nanospread import study
from nanospread.campaign import lift_tests
from nanospread.core import errors, files
from nanospread.core.formatting import count, counted, percent, significant, times
from nanospread.ingest import weekly_orders
from nanospread.pages import show

ASSUMED = {
    lift_tests.REGIONS: (
        "Posts are seen, and codes hold, in the regions with the campaign alone.",
        "Nothing else is done in some of the regions only: prices, other advertising, new shops.",
        "The regions are those drawn here, none swapped.",
    ),
    lift_tests.WEEKS: (
        "A post's orders come while the campaign is on: what comes later counts against it.",
        "Nothing else is turned on and off with it.",
        "The weeks are those drawn here, none swapped.",
    ),
}
CHECKS = {
    "before": "In the weeks before the test: {}",
    "largest": "Largest region: {} of its side's orders",
    "one left out": "Without the region that moves it most: {}",
    "placebos": "Earlier spans that lie as far from zero: {}",
}


def planned(
    file: Path,
    data: str,
    brief: str,
    orders: float | None,
    side: str,
    weeks: int | None,
    span: int,
    without: Sequence[str],
    seed: int,
) -> Iterator[str]:
    """Yield what to do, what it would see, and what else to do where that is too little."""
    rows, aside = weekly_orders.read(file, without=tuple(without))
    if orders is None:
        plan = study.open(data, brief=brief).holdout_test(rows, side=side, weeks=weeks, span=span, seed=seed)
    else:
        plan = lift_tests.planned(lift_tests.weekly(rows), orders, weeks=weeks, span=span, seed=seed)
    yield from map(show.printable, _lines(plan, file, side, without))
    yield from aside


def _lines(plan: lift_tests.Plan, file: Path, side: str, without: Sequence[str]) -> Iterator[str]:
    row = plan.chosen
    smallest, expected = (float(row[name]) for name in ("smallest", "expected"))
    yield (
        f"This test would see what the campaign should add: in {count(100 * row['power'])} of 100 cases."
        if plan.enough
        else "Too small to be measured this way: the test would see what the campaign should add in "
        f"{count(100 * row['power'])} of 100 cases."
    )
    seen = (
        "nothing below ten times the orders" if math.isinf(smallest) else f"{percent(smallest)} more orders"
    )
    number = "" if math.isinf(smallest) else f", {count(row['smallest_orders'])}"
    yield (
        f"Expected: {percent(expected)} more orders, {count(row['expected_orders'])} in {plan.weeks} weeks. "
        f"Seen in 80 of 100 cases: {seen}{number}."
    )
    if plan.design == lift_tests.REGIONS:
        yield f"With the campaign, {percent(plan.share)} of your orders: {', '.join(plan.treated)}"
        yield f"Without it: {', '.join(plan.others)}"
        yield f"For {plan.weeks} weeks, campaign and late orders included."
    else:
        yield f"With fewer than {lift_tests.FEWEST_REGIONS} regions, the campaign is turned on and off."
        yield f"On in weeks {', '.join(plan.treated)} of {plan.weeks}, off in the others."
    yield ""
    yield "weeks  expected  seen in 80 of 100  chance to see it"
    for weeks, *numbers in plan.lengths[["weeks", "expected", "smallest", "power"]].to_numpy().tolist():
        least = "none" if math.isinf(numbers[1]) else percent(numbers[1])
        chance = count(100 * numbers[2])
        yield f"{weeks:5.0f}  {percent(numbers[0]):>8}  {least:>17}  {chance:>11} of 100"
    if not plan.enough:
        yield ""
        yield "The next best evidence:"
        yield "- a code and a link for each creator: orders that both see measure how many neither sees"
        yield "- a question after checkout, where the buyer heard of you: it sees orders without a code"
        if math.isfinite(plan.pooled):
            yield f"- the same test in {count(plan.pooled)} campaigns like this: reports pool their rows"
            yield f"- a campaign {times(plan.times)} as large, or the same in fewer weeks"
    yield ""
    yield "It assumes:"
    yield from (f"- {sentence}" for sentence in ASSUMED[plan.design])
    yield ""
    yield "When it is over:"
    yield _command(plan, file, side, without)


def _command(plan: lift_tests.Plan, file: Path, side: str, without: Sequence[str]) -> str:
    """Return the command that reads the test, with what only its dates leave open."""
    words = ["nanospread", "holdout", "read", str(file)]
    if plan.design == lift_tests.REGIONS:
        before = str(int(plan.chosen["before"]))
        words += ["--regions", ", ".join(plan.treated), "--known", plan.known, "--before", before]
    else:
        words += ["--on", ", ".join(plan.treated), "--span", str(plan.span)]
    words += [] if side == "nano" else ["--side", side]
    for region in without:
        words += ["--without", region]
    return f"{shlex.join(words)} --start DAY --end DAY --campaign NAME --into FOLDER/lift_tests.csv"


def read(
    file: Path,
    *,
    start: str,
    end: str,
    campaign: str,
    regions: Sequence[str],
    on: Sequence[str],
    side: str,
    known: str,
    before: int | None,
    span: int,
    without: Sequence[str],
    into: Path | None,
) -> Iterator[str]:
    """Yield what a finished test found, and add its row to a file where asked."""
    if bool(regions) == bool(on):
        raise errors.InputError("name the regions with the campaign (--regions), or the weeks (--on)")
    rows, aside = weekly_orders.read(file, without=tuple(without))
    data, first, last = lift_tests.weekly(rows), _day(start, "--start"), _day(end, "--end")
    if regions:
        result = lift_tests.of_regions(
            data,
            first,
            last,
            _names(regions, data.regions),
            campaign=campaign,
            side=side,
            known=known,
            before=before,
        )
    else:
        result = lift_tests.of_weeks(data, first, last, _names(on), campaign=campaign, side=side, span=span)
    yield from map(show.printable, _result_lines(result))
    if data.lacking:
        number = counted(len(data.left_out), "week")
        yield show.printable(f"In no comparison, since a region lacks a row: {number}, {data.gaps}.")
    yield from aside
    if math.isinf(result.se) and into is None:
        return
    yield ""
    yield from result.row().to_csv(index=False).splitlines()
    if into is not None:
        yield show.printable(_added(result.row(), into))


def _result_lines(result: lift_tests.Result) -> Iterator[str]:
    """Yield the answer, its error and what to look at."""
    ends, added = f"{count(result.low)} to {count(result.high)}", counted(round(abs(result.orders)), "order")
    if math.isinf(result.se):
        yield "The test tells nothing: the regions differ too much among themselves, or there are too few."
        return
    if result.p <= 0.05:
        yield f"The campaign {'added' if result.orders > 0 else 'cost'} {added}: {ends}, in 95 of 100 cases."
    else:
        yield f"The test does not tell: the campaign added {ends} orders, in 95 of 100 cases."
    yield (
        f"Best estimate {count(result.orders)} orders, error {count(result.se)}; "
        f"that is {percent(result.added)} more. "
        f"Without any effect as much is seen in {significant(100 * result.p)} of 100 tests."
    )
    if not result.lot:
        yield "Regions that were chosen by hand may differ anyway: the error is that of their own past, too."
    for name, value, fine in result.checks[["check", "value", "fine"]].to_numpy().tolist():
        yield f"{'ok  ' if fine else 'LOOK'}  {CHECKS[name].format(percent(value))}"
    yield "Late orders, and those of people who saw posts elsewhere, are not in it."


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise errors.InputError(f"{option} is {text!r}: it must be a day such as 2027-03-01") from None


def _names(texts: Sequence[str], known: Sequence[str] = ()) -> list[str]:
    """Return the names of lists such as "A, B"; one that is known as a whole stays."""
    whole = {name.casefold() for name in known}
    return [
        name.strip()
        for text in texts
        for name in ([text] if text.strip().casefold() in whole else text.split(","))
        if name.strip()
    ]


def _added(row: pd.DataFrame, into: Path) -> str:
    """Add a row to a file of lift tests, and return what was done.

    Raises InputError: a file of something else, or one that has the test already, with another result.
    """
    if not into.exists() or not into.stat().st_size:
        files.write_atomically(into, row.to_csv(index=False, lineterminator="\n"))
        return f"Written to {into}: reports on this folder learn from it."
    new = [str(cell).strip() for cell in row.iloc[0]]
    for _, cells in files.reference_rows(into, list(row.columns)):
        old = [*cells.values()]
        if old == new:
            return f"{into} has this row already."
        if old[:2] + old[4:6] == new[:2] + new[4:6]:
            raise errors.InputError(f"{into} has another result of this test: delete its row first")
    before = into.read_text(encoding="utf-8-sig").rstrip("\n")
    added = row.to_csv(index=False, header=False, lineterminator="\n")
    files.write_atomically(into, f"{before}\n{added}")
    return f"Added to {into}: reports on this folder learn from it."
