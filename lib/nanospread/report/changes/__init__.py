"""This week's figures + reports of earlier weeks -> what changed since, and why, whatever is wrong with them.

A change is taken apart into data, program, parameters and simulation. A figure whose method changed
(data/methods.csv) is not compared.

- records: metrics.json, its schema, brief, methods and data; the folder of all reports -> the earlier ones
- attribution: two runs -> their headline figures, what differs, and each figure's change in its parts
"""

import contextlib
import warnings
from dataclasses import dataclass

import pandas as pd

from nanospread.core import errors
from nanospread.core import weeks as iso
from nanospread.report.changes import attribution, records
from nanospread.report.changes.records import Data, EarlierReports, ReportRecord
from nanospread.study import Run

COLUMNS = ("value", "low", "high", "se", "unit", "method")
NO_FIGURES = pd.DataFrame(columns=[*COLUMNS], dtype=object)
NO_CAUSES = pd.DataFrame(columns=["cause", "name", "old", "new"], dtype=object)
NO_HISTORY = pd.DataFrame(columns=["role", "label", "unit", "week", "value", "low", "high", "method"])


@dataclass(frozen=True)
class ReportChanges:
    """What changed since the last good report.

    week: of that report, and ago, how many weeks it is old; empty and 0 where there is none. rows: as
    `attribution.changes`. causes: cause (data, program, parameters, simulation, method), name, old, new.
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
    ours = attribution.by_role(rows, run.study.nano)
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
    rows = attribution.changes(ours, NO_FIGURES, None, fresh=False, week="")
    return ReportChanges("", 0, rows, NO_CAUSES, NO_HISTORY, notes)


def _since(
    ours: pd.DataFrame, past: EarlierReports, last: ReportRecord, run: Run, data: Data
) -> ReportChanges:
    causes, between, notes = attribution.data_cause(last, data), None, past.notes
    try:
        before = attribution.of_report(last, run.study)
        causes = attribution.causes(last, before, run, data)
        attribution.check_affordable(before, run)
        between = attribution.between(last, before, run, causes)
    except errors.InputError as error:
        notes = (*notes, f"The parts of the changes since {last.week} cannot be told: {error}.")
    nano, fresh = run.study.nano, "data" in set(causes["cause"])
    changed = attribution.changes(ours, _figures(last, nano), between, fresh=fresh, week=past.week)
    causes, history = attribution.with_methods(causes, changed), _history(ours, past, nano)
    return ReportChanges(last.week, iso.behind(last.week, past.week), changed, causes, history, notes)


def _figures(report: ReportRecord, nano: str) -> pd.DataFrame:
    """Return the numbers of a report by their role; nano: the arm where the report does not tell its own."""
    with contextlib.suppress(KeyError, TypeError):
        nano = f"nano_{report.campaign['fields']['nano']['offer']}"
    rows = {attribution.role(metric, nano): dict(number) for metric, number in report.metrics.items()}
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
