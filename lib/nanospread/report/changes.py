"""This week's figures + reports of earlier weeks -> what changed since, and why, whatever is wrong with them.

A change is taken apart into data, program, parameters and simulation. The parts follow one another: the data
are exchanged first, then the parameters, then the random numbers, each on top of the one before. So they add
up to the whole change; where two causes work together, the joint part is in the later one. Two runs of one
seed have a paired error of their difference. A figure of another method (data/methods.csv) is not compared.
"""

import contextlib
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from nanospread.campaign.risk import TAIL, batches, won
from nanospread.core import errors
from nanospread.core import weeks as iso
from nanospread.core.types import Floats
from nanospread.pages import campaign as campaign_page
from nanospread.report import records
from nanospread.report.records import Data, EarlierReports, ReportRecord
from nanospread.study import WINDOW, Run, StudyInputs, Window

NEAR = 0.05  # of all worlds, to each side of the median
PARTS = ("data", "program", "parameters", "simulation")  # program: same data, other numbers
SURE = 2.0  # standard errors that a change must exceed
ROUNDED = 1e-5  # stored numbers have six digits; a difference this small against the number is none
SAME, NOISE, MOVED, OTHER, NEW = "same", "noise", "moved", "not comparable", "new"
ENDS = {"": "value", "_low": "low", "_high": "high", "_se": "se"}  # of the earlier report, as before...
AFFORDABLE = 50_000  # worlds of an earlier run that are simulated again, whatever this run takes
COLUMNS = ("value", "low", "high", "se", "unit", "method")
NO_FIGURES = pd.DataFrame(columns=[*COLUMNS], dtype=object)
NO_HISTORY = pd.DataFrame(columns=["role", "label", "unit", "week", "value", "low", "high", "method"])


@dataclass(frozen=True)
class Headline:
    """Headline figures by `role`; profit [money] of the options macro and nano, by world."""

    figures: pd.DataFrame
    profit: Mapping[str, Floats]


def of_report(report: ReportRecord, study: StudyInputs) -> Run:
    """Return the run of an earlier report, on the study's data; nothing is simulated before it is read.

    Raises: InputError where today's program cannot take its settings.
    """
    window = {name: report.parameters.get(name, "") for name in WINDOW}
    if report.seed is None or report.n_worlds is None or any(isinstance(at, str) for at in window.values()):
        raise errors.InputError("that report does not say its seed, worlds or window of posts")
    data = study.data.within(Window(**window))  # type: ignore[arg-type]
    before = replace(study, data=data, asked=records.restored(report.campaign))
    return Run(before, report.n_worlds, report.seed)


def headline(run: Run) -> Headline:
    """Return a run's headline figures as page 00 computes its own."""
    nano, brief = run.study.nano, run.study.brief
    if run.out_of_reach:
        raise errors.InputError("the macro is out of reach, so there are no odds against it to compare")
    pair = replace(run, only=("macro", nano))
    rows = campaign_page.first_screen(pair.summary, nano=nano, currency=brief.currency, n_worlds=run.n_worlds)
    wide = pair.worlds.pivot(index="world", columns="arm", values="profit").sort_index()
    sides = {"macro": "macro", "nano": nano}
    profit = {side: wide[arm].to_numpy(dtype=np.float64) for side, arm in sides.items()}
    return Headline(by_role(rows, nano), profit)


def check_affordable(before: Run, now: Run) -> None:
    """Raise InputError where an earlier run took too many worlds to simulate them again."""
    most = max(AFFORDABLE, now.n_worlds)
    if before.n_worlds > most:
        raise errors.InputError(f"it took {before.n_worlds:,} worlds, more than the {most:,} of a comparison")


def by_role(rows: pd.DataFrame, nano: str) -> pd.DataFrame:
    """Return checked rows by their role, such as p_loss_nano, whichever offer the brief makes.

    rows: as `campaign.first_screen`. nano: the arm of the brief's offer. Numbers at six digits, as stored.
    """
    rounded = {name: rows[name].map(lambda value: float(f"{value:.5e}")) for name in ENDS.values()}
    roles = rows["metric"].map(lambda metric: role(metric, nano)).rename("role")
    return rows.assign(**rounded).set_index(roles)


def role(metric: str, nano: str) -> str:
    """Return the name of a metric with its nano arm as plain nano."""
    return metric.removesuffix(nano) + "nano" if metric.endswith(f"_{nano}") else metric


def paired_se(one: Headline, other: Headline) -> dict[str, float]:
    """Return the standard error of each figure's difference between two runs of the same seed and worlds.

    The worlds have their luck in common, so what it adds to both leaves no error.
    """
    groups = batches.of_worlds(np.arange(len(one.profit["macro"])))
    return {
        name: batches.se(influence(other, name) - influence(one, name), groups) for name in one.figures.index
    }


def influence(run: Headline, role: str) -> Floats:
    """Return what each world adds to a headline figure (its influence function, up to a constant).

    The median's is a step over the density there, read off the quantiles `NEAR` to both sides.

    References: Serfling 1980, Approximation Theorems of Mathematical Statistics, 2.3 (quantiles); for the
    mean of the worst worlds `risk.cvar`.
    """
    measure, side = role.rsplit("_", 1)
    profit = run.profit[side]
    match measure:
        case "p_beats_macro":
            return won(profit, run.profit["macro"])
        case "p_loss":
            return (profit < 0).astype(np.float64)
        case "profit_p50":
            low, middle, high = np.quantile(profit, [0.5 - NEAR, 0.5, 0.5 + NEAR])
            return np.asarray((profit > middle) * (high - low) / (2 * NEAR), dtype=np.float64)
        case "cvar_5":
            return np.minimum(profit - np.quantile(profit, TAIL), 0) / TAIL
    raise errors.unknown("headline figure", role, run.figures.index)


def causes_of(last: ReportRecord, before: Run, now: Run, data: Data) -> pd.DataFrame:
    """Return what differs between two runs: cause (data, parameters, simulation), name, old and new value.

    before: the run of the last report. data: this run's.
    """
    brief = records.differences(before.study.asked, now.study.asked)
    old, new = (asdict(run.study.data.window) for run in (before, now))
    windows = [(name, old[name], new[name]) for name in WINDOW]
    drawn = [("seed", before.seed, now.seed), ("n_worlds", before.n_worlds, now.n_worlds)]
    rows = [("parameters", *each) for each in [*brief, *windows] if each[1] != each[2]]
    rows += [("simulation", *each) for each in drawn if each[1] != each[2]]
    return pd.concat([data_cause(last, data), _causes(rows)], ignore_index=True)


def data_cause(last: ReportRecord, data: Data) -> pd.DataFrame:
    """Return the row of `causes_of` on the data; none where they are the same."""
    rows = [("data", "newest post", last.data.newest, data.newest)]
    return _causes(rows if data.sha256 != last.data.sha256 else [])


def _causes(rows: Sequence[tuple[str, str, object, object]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["cause", "name", "old", "new"], dtype=object)


Between = tuple[Headline | None, Headline | None]


def between(last: ReportRecord, before: Run, now: Run, causes: pd.DataFrame) -> Between:
    """Return the old settings on today's data, and today's parameters with the old random numbers.

    causes: as `causes_of`. None stands for this week's own figures, where nothing that follows differs.
    """
    differs = set(causes["cause"])
    if not differs & {"parameters", "simulation"}:
        return None, None
    new_way = headline(replace(now, n_worlds=before.n_worlds, seed=before.seed))
    if "parameters" not in differs:
        return new_way, new_way
    asked = records.open_to(before.study.asked, last.campaign, before.study.measured)
    return headline(replace(before, study=replace(before.study, asked=asked))), new_way


def figure_changes(
    rows: pd.DataFrame, old: pd.DataFrame, ways: Between | None, *, fresh: bool, week: str
) -> pd.DataFrame:
    """Return this week's headline figures beside the earlier ones, with the parts of each change.

    rows, old: by role, as `by_role`, with a column method; old lacks what was not there. ways: as
    `between`; None where the parts cannot be told. fresh: whether the data are other ones.
    week: of this run.

    Returns, by role: metric, label, unit, basis, value, low, high, se, method, those of the earlier report as
    before, before_low, before_high, before_se, before_method, change, one column for each of PARTS (nan:
    cannot be told), real (the change without its part of other random numbers), real_se, state (same, noise,
    moved, not comparable or new) and why (of a figure that is not comparable).
    """
    there = old.reindex(rows.index)
    figures = rows[["metric", "label", "unit", "basis", *ENDS.values(), "method"]].assign(
        **{f"before{end}": there[name].astype(float) for end, name in ENDS.items()},
        before_method=there["method"].astype(float),
        why=[_why(rows.loc[role], there.loc[role], week) for role in rows.index],
    )
    figures["change"] = figures["value"] - figures["before"]
    parted = figures.join(_parts(figures, ways, fresh=fresh))
    parted.loc[parted["why"] != "", ["change", *PARTS, "real", "real_se"]] = math.nan
    return parted.assign(state=[_state(row) for _, row in parted.iterrows()])


def _why(now: "pd.Series[Any]", then: "pd.Series[Any]", week: str) -> str:
    """Return why a figure cannot be compared; empty where it can, or where it was not there."""
    if pd.isna(then["value"]):
        return ""
    if then["method"] != now["method"]:
        return f"method {now['method']:.0f} since {week} ({records.method_change(now['metric'])})"
    return f"in {now['unit']} since {week}, before in {then['unit']}" if then["unit"] != now["unit"] else ""


def _parts(figures: pd.DataFrame, ways: Between | None, *, fresh: bool) -> pd.DataFrame:
    """Return the parts of the changes, and what of them is real, with its error."""
    if ways is None:
        parts = pd.DataFrame(math.nan, index=figures.index, columns=[*PARTS])
        apart = np.hypot(figures["se"], figures["before_se"])
        return parts.assign(real=figures["change"], real_se=apart)
    old_way, new_way = (figures if way is None else way.figures.reindex(figures.index) for way in ways)
    first = old_way["value"] - figures["before"]
    nothing = pd.Series(0.0, index=figures.index)
    parts = pd.DataFrame({
        "data": first if fresh else nothing,
        "program": nothing if fresh else first,
        "parameters": new_way["value"] - old_way["value"],
        "simulation": figures["value"] - new_way["value"],
    })  # fmt: skip
    unpaired = pd.Series(np.hypot(new_way["se"], figures["before_se"]), index=figures.index)
    return parts.assign(
        real=new_way["value"] - figures["before"],
        real_se=unpaired.where(fresh | ~_none(first, figures), _paired(ways, figures)),
    )


def _paired(ways: Between, figures: pd.DataFrame) -> "pd.Series[float]":
    """Return the error of what the parameters alone changed: their worlds have their luck in common."""
    old_way, new_way = ways
    if old_way is None or new_way is None or old_way is new_way:
        return pd.Series(0.0, index=figures.index)
    return pd.Series(paired_se(old_way, new_way)).reindex(figures.index)


def _none(change: "pd.Series[float]", figures: pd.DataFrame) -> "pd.Series[bool]":
    return change.abs() <= ROUNDED * np.maximum(figures["value"].abs(), figures["before"].abs())


def _state(row: "pd.Series[Any]") -> str:
    if row["why"]:
        return OTHER
    if math.isnan(row["before"]):
        return NEW
    size = max(abs(row["value"]), abs(row["before"]))
    if abs(row["real"]) > max(SURE * row["real_se"], ROUNDED * size):
        return MOVED
    return SAME if abs(row["change"]) <= ROUNDED * size else NOISE


def with_methods(causes: pd.DataFrame, changed: pd.DataFrame) -> pd.DataFrame:
    """Return the causes, with what only the figures tell: new methods, and a program that moved them."""
    comparable = changed[changed["program"].notna()]
    moved = comparable[~_none(comparable["program"], comparable)]
    other = changed[changed["before_method"].notna() & (changed["before_method"] != changed["method"])]
    versions = other[["label", "before_method", "method"]].itertuples(index=False, name=None)
    rows: list[tuple[str, str, object, object]] = [("program", "", None, None)] * bool(len(moved))
    rows += [("method", *each) for each in versions]
    return pd.concat([causes, _causes(rows)], ignore_index=True)


@dataclass(frozen=True)
class ReportChanges:
    """What changed since the last good report.

    week: of that report, and ago, how many weeks it is old; empty and 0 where there is none. rows: as
    `figure_changes`. causes: cause (data, program, parameters, simulation, method), name, old, new.
    history: one row per week and figure: role, label, unit, week, value, low, high, method (nan: no report).
    notes: sentences on what could not be compared.
    """

    week: str
    ago: int
    rows: pd.DataFrame
    causes: pd.DataFrame
    history: pd.DataFrame
    notes: tuple[str, ...]


def compared(
    rows: pd.DataFrame, run: Run, earlier: str, week: str, *, data: Data | None = None
) -> ReportChanges:
    """Return a run's headline figures beside those of the last good report, and why they differ.

    rows: of the run, as `campaign.first_screen`. earlier: folder of all reports, "" for none; week: of the
    run. data: which the run rests on; None looks. Whatever goes wrong on the way becomes a note: this week's
    own numbers do not depend on an old report.

    Raises: InputError for a folder without a week, or a week that is none.
    """
    past = records.earlier(earlier, brief=run.study.asked.name, week=week)
    ours = by_role(rows, run.study.nano)
    method = pd.Series(records.versions(ours["metric"]))
    ours = ours.assign(method=method.loc[ours["metric"]].to_numpy())
    if past.last is None:
        return _alone(ours, past.notes)
    data = data or records.data(run.study.data.folder, run.study.tables)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning about old numbers would stop this week's page
        try:
            return _since(ours, past, past.last, run, data)
        except Exception as error:  # any: see above
            note = f"The comparison with {past.last.week} failed: {type(error).__name__}: {error}"
            return _alone(ours, (*past.notes, f"{' '.join(note.split())[:300]}."))


def _alone(ours: pd.DataFrame, notes: tuple[str, ...]) -> ReportChanges:
    """Return the figures beside nothing."""
    rows = figure_changes(ours, NO_FIGURES, None, fresh=False, week="")
    return ReportChanges("", 0, rows, _causes([]), NO_HISTORY, notes)


def _since(
    ours: pd.DataFrame, past: EarlierReports, last: ReportRecord, run: Run, data: Data
) -> ReportChanges:
    causes, ways, notes = data_cause(last, data), None, past.notes
    try:
        before = of_report(last, run.study)
        causes = causes_of(last, before, run, data)
        check_affordable(before, run)
        ways = between(last, before, run, causes)
    except errors.InputError as error:
        notes = (*notes, f"The parts of the changes since {last.week} cannot be told: {error}.")
    nano, fresh = run.study.nano, "data" in set(causes["cause"])
    changed = figure_changes(ours, _figures(last, nano), ways, fresh=fresh, week=past.week)
    causes, history = with_methods(causes, changed), _history(ours, past, nano)
    return ReportChanges(last.week, iso.behind(last.week, past.week), changed, causes, history, notes)


def _figures(report: ReportRecord, nano: str) -> pd.DataFrame:
    """Return the numbers of a report by their role; nano: the arm where the report does not tell its own."""
    with contextlib.suppress(KeyError, TypeError):
        nano = f"nano_{report.campaign['fields']['nano']['offer']}"
    rows = {role(metric, nano): dict(number) for metric, number in report.metrics.items()}
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=[*COLUMNS])


def _history(ours: pd.DataFrame, past: EarlierReports, nano: str) -> pd.DataFrame:
    """Return each headline figure by week, this week's last; a week without a report has no numbers."""
    known = {report.week: _figures(report, nano) for report in past.reports} | {past.week: ours}
    parts = []
    for week in past.weeks:
        figures = known.get(week, NO_FIGURES).reindex(ours.index)
        same = figures["unit"] == ours["unit"]
        numbers = figures[["value", "low", "high", "method"]].astype(float).where(same)
        parts.append(ours[["label", "unit"]].assign(week=week).join(numbers))
    return pd.concat(parts).reset_index()
