"""This week's figures + earlier reports -> what changed since the last one, whatever is wrong with it."""

import contextlib
import warnings
from dataclasses import dataclass

import pandas as pd

from nanospread.core import errors
from nanospread.creators.engagement import EngagementModel
from nanospread.ingest.tables import Tables
from nanospread.report.changes import attribution, methods, runs, weeks
from nanospread.report.changes.runs import Settings
from nanospread.report.changes.schema import Data, Report
from nanospread.report.changes.weeks import Earlier

NO_CAUSES = pd.DataFrame(columns=["cause", "name", "old", "new"], dtype=object)
NO_HISTORY = pd.DataFrame(columns=["role", "label", "unit", "week", "value", "low", "high", "method"])


@dataclass(frozen=True)
class Since:
    """What changed since the last good report.

    week: of that report, and ago, how many weeks it is old; empty and 0 where there is none. rows: as
    `steps.changes`. causes: cause (data, program, parameters, simulation, method), name, old, new. history:
    one row per week and figure: role, label, unit, week, value, low, high, method (nan: no report). notes:
    sentences on what could not be compared.
    """

    week: str
    ago: int
    rows: pd.DataFrame
    causes: pd.DataFrame
    history: pd.DataFrame
    notes: tuple[str, ...]


def compared(
    rows: pd.DataFrame,
    past: Earlier,
    now: Settings,
    validated: Tables,
    model: EngagementModel,
    *,
    data: Data,
) -> Since:
    """Return this week's headline figures beside those of the last good report, and why they differ.

    rows: as `headlines.first_screen`. model: fitted to the posts of this week's window. data: this week's,
    as `data`. Whatever goes wrong on the way becomes a note: this week's own numbers do
    not depend on an old report.
    """
    ours = runs.by_role(rows, now.nano)
    ours = ours.assign(method=pd.Series(methods.versions(ours["metric"])).loc[ours["metric"]].to_numpy())
    if past.last is None:
        return _alone(ours, past.notes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a warning about old numbers would stop this week's page
        try:
            return _since(ours, past, past.last, now, validated, model, data)
        except Exception as error:  # any: see above
            note = f"The comparison with {past.last.week} failed: {type(error).__name__}: {error}"
            return _alone(ours, (*past.notes, f"{' '.join(note.split())[:300]}."))


def _alone(ours: pd.DataFrame, notes: tuple[str, ...]) -> Since:
    """Return the figures beside nothing."""
    rows = attribution.changes(ours, NO_FIGURES, None, fresh=False, week="")
    return Since("", 0, rows, NO_CAUSES, NO_HISTORY, notes)


def _since(
    ours: pd.DataFrame,
    past: Earlier,
    last: Report,
    now: Settings,
    validated: Tables,
    model: EngagementModel,
    data: Data,
) -> Since:
    found, ways, notes = attribution.data_cause(last, data), None, past.notes
    try:
        before = runs.settings(last)
        found = attribution.causes(last, before, now, data)
        runs.check_affordable(before, now)
        ways = attribution.between(last, before, now, found, validated, model)
    except errors.InputError as error:
        notes = (*notes, f"The parts of the changes since {last.week} cannot be told: {error}.")
    changed = attribution.changes(
        ours, _figures(last, now.nano), ways, fresh="data" in set(found["cause"]), week=past.week
    )
    found, shown = attribution.with_found(found, changed), _history(ours, past, now.nano)
    return Since(last.week, weeks.ago(last.week, past.week), changed, found, shown, notes)


def _figures(report: Report, nano: str) -> pd.DataFrame:
    """Return the numbers of a report by their role; nano: the arm where the report does not tell its own."""
    with contextlib.suppress(KeyError, TypeError):
        nano = f"nano_{report.campaign['fields']['nano']['offer']}"
    rows = {runs.role(metric, nano): dict(number) for metric, number in report.metrics.items()}
    return pd.DataFrame.from_dict(rows, orient="index").reindex(columns=[*COLUMNS])


COLUMNS = ("value", "low", "high", "se", "unit", "method")
NO_FIGURES = pd.DataFrame(columns=[*COLUMNS], dtype=object)


def _history(ours: pd.DataFrame, past: Earlier, nano: str) -> pd.DataFrame:
    """Return each headline figure by week, this week's last; a week without a report has no numbers."""
    known = {report.week: _figures(report, nano) for report in past.reports} | {past.week: ours}
    parts = []
    for week in past.weeks:
        found = known[week].reindex(ours.index) if week in known else NO_FIGURES.reindex(ours.index)
        same = found["unit"] == ours["unit"]
        numbers = found[["value", "low", "high", "method"]].astype(float).where(same)
        parts.append(ours[["label", "unit"]].assign(week=week).join(numbers))
    return pd.concat(parts).reset_index()
