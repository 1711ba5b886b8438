"""A run <-> metrics.json, its versioned record: inputs, brief and numbers; refused where not sound.

The folder of all reports -> the records of earlier weeks that can be read, and why others cannot.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
import pydantic

from nanospread import store
from nanospread.campaign.brief import Assumption, Brief, lines
from nanospread.campaign.brief.assumptions import published
from nanospread.core import errors, paths
from nanospread.core import weeks as iso
from nanospread.core.files import regular
from nanospread.core.models import FrozenModel, checked, spelt, within
from nanospread.ingest import dataset, files, mappings, sources
from nanospread.ingest.dataset import Tables
from nanospread.store import opening

SCHEMA = 2
LARGEST = 10_000_000  # [bytes] of a file that is read; a report of all pages has about 150,000
MOST = 1e15  # a larger number is no money, share or count of ours, and cannot be drawn
METHODS = paths.DATA / "methods.csv"
METHOD_COLUMNS = ["metric", "version", "changed"]
WEEKS = 12  # that the sparklines show, this one included
FILE = "metrics.json"
WEEK = r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])"
Week = Annotated[str, pydantic.AfterValidator(spelt(WEEK, "year and ISO week, for example 2026-W47"))]
Named = Annotated[
    str, pydantic.AfterValidator(spelt(r"[a-z0-9][a-z0-9_-]{0,63}(\.what-if)?", "the name of a brief"))
]
Digest = Annotated[str, pydantic.AfterValidator(spelt("[0-9a-f]{64}", "a SHA-256"))]
Words = Annotated[str, pydantic.StringConstraints(max_length=1_000)]
Value = Annotated[float | None, within(-MOST, MOST)]


class Number(FrozenModel):
    """One metric: its value with interval and error (None where there is none), and what it rests on.

    method: the version of how it is computed, from data/methods.csv.
    """

    label: Words
    value: Value
    low: Value
    high: Value
    se: Value
    n: int | None
    unit: Annotated[str, pydantic.StringConstraints(max_length=40)]
    basis: Literal["measured", "estimated", "assumed"]
    formula: Words
    notebook: Words
    method: Annotated[int, within(1, 10_000)]


class Data(FrozenModel):
    """Which data: the SHA-256 of their files, and the days of the first and the newest post."""

    sha256: Digest
    first: date
    newest: date


class ReportRecord(FrozenModel):
    """One report as its metrics.json holds it.

    seed, n_worlds: None where the notebooks take none. parameters: every one in force, but no path.
    campaign: the brief's content, as `content`.
    """

    brief: Named
    week: Week
    seed: int | None
    n_worlds: int | None
    data: Data
    parameters: Mapping[str, str | int | float | bool | None]
    campaign: Mapping[str, Any]
    metrics: Mapping[str, Number]


def record(
    *,
    name: str,
    week: str,
    plan: Brief,
    in_force: Brief,
    data: Data,
    parameters: Mapping[str, object],
    metrics: Mapping[str, Mapping[str, Any]],
) -> dict[str, object]:
    """Return the content of metrics.json, whole enough that a later run can compare and run again.

    name: of the report, which for a what-if is not its brief's. plan: the brief as it was given, in_force:
    with what the data measure. metrics: by name, as `Number` but for its method.
    """
    method = versions(metrics)
    return {
        "schema": SCHEMA,
        "brief": name,
        "week": week,
        "seed": parameters.get("seed"),
        "n_worlds": parameters.get("n_worlds"),
        "data": data.model_dump(mode="json"),
        "parameters": dict(parameters),
        "campaign": content(plan, in_force),
        "metrics": {metric: {**row, "method": method[metric]} for metric, row in metrics.items()},
    }


def read(file: Path) -> tuple[ReportRecord, str]:
    """Return a report's record and the SHA-256 of its file.

    Raises: InputError, one line, for a file that cannot be read, is no JSON, has another schema, or lacks
    or mistakes a field.
    """
    try:
        raw = regular(file, LARGEST + 1)[1]
    except errors.InputError as error:  # which names the folder, as no report does
        reason = getattr(error.__cause__, "strerror", "it is no file")
        raise errors.InputError(f"{file.name} cannot be read: {reason}") from error
    if len(raw) > LARGEST:
        raise errors.InputError(f"{file.name} is larger than {LARGEST:,} bytes")
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise errors.InputError(f"{file.name} is no whole JSON") from error
    return parsed(fields, f"{file.name}: "), hashlib.sha256(raw).hexdigest()


def parsed(fields: object, where: str = "") -> ReportRecord:
    """Return the record of a metrics.json that was parsed. Raises: InputError as `read`."""
    if not isinstance(fields, dict):
        raise errors.InputError(f"{where}must be an object with the field schema")
    if (schema := fields.get("schema")) != SCHEMA or isinstance(schema, bool):
        raise errors.InputError(f"{where}schema must be {SCHEMA}; got {str(schema)[:20]!r}")
    rest = {name: value for name, value in fields.items() if name != "schema"}
    if isinstance(days := rest.get("data"), dict):
        rest["data"] = {name: _day(value) for name, value in days.items()}
    return checked(ReportRecord, rest, where)


def _day(value: object) -> object:
    """Return a day for its text, anything else as it is: JSON has no days."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value


def data(folder: Path, tables: Tables) -> Data:
    """Return which data a folder or store holds; where no post is dated, with the data's own date."""
    when = tables.posts["posted_at"]
    first, newest = (when.min(), when.max()) if len(when) else (dataset.as_of(tables),) * 2
    return Data(sha256=fingerprint(folder), first=first.date(), newest=newest.date())


def fingerprint(folder: Path) -> str:
    """Return one SHA-256 over the names and bytes of a folder's exports and mapping, or of a store's."""
    if opening.located(folder)[0] is not None:
        return store.fingerprint(folder)
    exports = {file.name: file.path for file in sources.used(files.files_of([folder]))}
    if (mapping := folder / mappings.MAPPING).is_file():
        exports[mappings.MAPPING] = mapping
    digest = hashlib.sha256()
    for name, path in sorted(exports.items()):
        with path.open("rb") as opened:
            digest.update(f"{name}\0{hashlib.file_digest(opened, 'sha256').hexdigest()}\0".encode())
    return digest.hexdigest()


def content(plan: Brief, in_force: Brief) -> dict[str, Any]:
    """Return a brief in plain data: its fields, which assumptions its owner set, and the values in force.

    plan: as it was given; in_force: with what the data measure (`Study.brief`).
    """
    ours = published()
    return {
        "fields": plan.model_dump(mode="json"),
        "own": sorted(name for name, row in plan.assumptions.items() if row != ours.get(name)),
        "in_force": {name: in_force.value(name) for name in sorted(in_force.assumptions)},
    }


def restored(campaign: Mapping[str, Any]) -> Brief:
    """Return the brief of an earlier run. campaign: its `content`.

    Assumptions that are new since then have today's values, those that are gone are left out.

    Raises: InputError where today's program cannot read it.
    """
    try:
        ours, fields = published(), dict(campaign["fields"])
        old = {name: Assumption.model_validate(row) for name, row in fields["assumptions"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.InputError("the brief of that report cannot be read") from error
    fields["assumptions"] = ours.replaced({name: row for name, row in old.items() if name in ours})
    return checked(Brief, fields, "the brief of that report: ")


def open_to(plan: Brief, campaign: Mapping[str, Any], measured: Iterable[str]) -> Brief:
    """Return a restored brief that takes what the data measure, as its owner's would.

    Calibration replaces today's published rows: so those that the data measure and the owner had not set
    become today's.
    """
    ours, own = published(), set(campaign.get("own", ()))
    rows = {name: ours[name] for name in measured if name not in own}
    return checked(Brief, {**dict(plan), "assumptions": plan.assumptions.replaced(rows)})


def differences(old: Brief, new: Brief) -> list[tuple[str, object, object]]:
    """Return name, old and new value of each field and value in force that differs."""
    before, after = dict(lines(old)), dict(lines(new))
    names = [*after, *(name for name in before if name not in after)]
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [(name, was, now) for name, was, now in pairs if was != now]


@cache
def methods(file: Path = METHODS) -> pd.DataFrame:
    """Return metric (a pattern as a shell has), version, changed (what is different since, in words).

    Raises: InputError for other columns, or a version that is no whole number from 1.
    """
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    if list(rows.columns) != METHOD_COLUMNS:
        raise errors.InputError(f"{file.name} needs the columns {', '.join(METHOD_COLUMNS)}")
    for metric, version in zip(rows["metric"], rows["version"], strict=True):
        if not version.isascii() or not version.isdecimal() or int(version) < 1:
            raise errors.InputError(
                f"{file.name}: version of {metric} must be a whole number from 1; got {version!r}"
            )
    return rows.astype({"version": int})


def versions(metrics: Iterable[str], rows: pd.DataFrame | None = None) -> dict[str, int]:
    """Return the version of each metric's method: the highest of the rows that fit its name, else 1."""
    known = methods() if rows is None else rows
    return {metric: max(_fitting(metric, known)["version"], default=1) for metric in metrics}


def method_change(metric: str, rows: pd.DataFrame | None = None) -> str:
    """Return in words what the newest version of a metric does differently; empty for version 1."""
    fitting = _fitting(metric, methods() if rows is None else rows).sort_values("version", kind="stable")
    return "" if fitting.empty else str(fitting["changed"].iloc[-1])


def _fitting(metric: str, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[[fnmatchcase(metric, pattern) for pattern in rows["metric"]]]


@dataclass(frozen=True)
class EarlierReports:
    """The reports of a brief before a week, newest first: of the last `WEEKS`, or else the last good.

    week: of the run that looks back, empty where it looks at nothing. files: week and SHA-256 of each report.
    notes: sentences on reports that are there and cannot be used.
    """

    week: str = ""
    reports: tuple[ReportRecord, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> ReportRecord | None:
        """Return the last good report, or None."""
        return self.reports[0] if self.reports else None

    @property
    def weeks(self) -> tuple[str, ...]:
        """Return the `WEEKS` weeks up to this one, oldest first."""
        return tuple(iso.before(self.week, ago) for ago in reversed(range(WEEKS))) if self.week else ()


def earlier(folder: str, *, brief: str, week: str) -> EarlierReports:
    """Return the earlier reports of a brief. What is broken counts as not there, and is told in the notes.

    folder: of all reports, `<week>/<brief>/metrics.json`; empty text means none. Where it is of one week and
    has the brief's report, that is all that is looked at, as for a what-if. week: of the present run.

    Raises: InputError for a folder without a week, or a week that is none.
    """
    if not folder:
        return EarlierReports()
    if not iso.exists(week):
        raise errors.InputError(f"week {week!r}: write the week of this report, for example 2026-W47")
    place = Path(folder)
    if iso.exists(place.name) and (place / brief / FILE).is_file():
        return _gathered(place.parent, [place.name], brief, week)
    try:
        names = [path.name for path in place.iterdir() if iso.exists(path.name) and path.name < week]
    except OSError as error:
        return EarlierReports(week, notes=(f"Earlier reports cannot be read: {error.strerror}.",))
    return _gathered(place, names, brief, week)


def _gathered(folder: Path, names: Iterable[str], brief: str, week: str) -> EarlierReports:
    """Return the reports of a brief in weeks that have the names."""
    readable: list[tuple[ReportRecord, str]] = []
    notes = []
    for name in sorted(names, reverse=True):
        if readable and iso.behind(name, week) >= WEEKS:
            break
        try:
            readable += _read(folder, name, brief)
        except errors.InputError as error:
            notes.append(f"The report of {name} cannot be compared with: {error}.")
    files = tuple((report.week, digest) for report, digest in readable)
    return EarlierReports(week, tuple(report for report, _ in readable), files, tuple(notes))


def _read(folder: Path, week: str, brief: str) -> Iterator[tuple[ReportRecord, str]]:
    """Yield the report of a brief and week, if there is one, with its digest."""
    file = folder / week / brief / FILE
    if not file.parent.is_dir():
        return
    report, digest = read(file)
    if (report.week, report.brief) != (week, brief):
        raise errors.InputError(f"{FILE} says it is of {report.week}, {report.brief}")
    yield report, digest
