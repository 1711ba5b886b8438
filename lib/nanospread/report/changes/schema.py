"""Inputs and numbers of a run <-> metrics.json, its versioned record, refused where it cannot be trusted."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic

from nanospread.campaign import brief
from nanospread.campaign.brief.fields import Frozen, checked, spelt, within
from nanospread.core import errors
from nanospread.report.changes import campaign, methods

SCHEMA = 2
LARGEST = 10_000_000  # [bytes] of a file that is read; a report of all pages has about 150,000
MOST = 1e15  # a larger number is no money, share or count of ours, and cannot be drawn

WEEK = r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])"
Week = Annotated[str, pydantic.AfterValidator(spelt(WEEK, "year and ISO week, for example 2026-W47"))]
Named = Annotated[
    str,
    pydantic.AfterValidator(spelt(r"[a-z0-9][a-z0-9_-]{0,63}(\.what-if)?", "the name of a brief")),
]
Digest = Annotated[str, pydantic.AfterValidator(spelt("[0-9a-f]{64}", "a SHA-256"))]
Words = Annotated[str, pydantic.StringConstraints(max_length=1_000)]
Value = Annotated[float | None, within(-MOST, MOST)]


class Number(Frozen):
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


class Data(Frozen):
    """Which data: the SHA-256 of their files, and the days of the first and the newest post."""

    sha256: Digest
    first: date
    newest: date


class Report(Frozen):
    """One report as its metrics.json holds it.

    seed, n_worlds: None where the notebooks take none. parameters: every one in force, but no path.
    campaign: the brief's content, as `campaign.content`.
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
    plan: brief.Brief,
    in_force: brief.Brief,
    data: Data,
    parameters: Mapping[str, object],
    metrics: Mapping[str, Mapping[str, Any]],
) -> dict[str, object]:
    """Return the content of metrics.json, whole enough that a later run can compare and run again.

    name: of the report, which for a what-if is not its brief's. plan: the brief as it was given, in_force:
    with what the data tell. metrics: by name, as `Number` but for its method.
    """
    versions = methods.versions(metrics)
    return {
        "schema": SCHEMA,
        "brief": name,
        "week": week,
        "seed": parameters.get("seed"),
        "n_worlds": parameters.get("n_worlds"),
        "data": data.model_dump(mode="json"),
        "parameters": dict(parameters),
        "campaign": campaign.content(plan, in_force),
        "metrics": {metric: {**row, "method": versions[metric]} for metric, row in metrics.items()},
    }


def read(file: Path) -> tuple[Report, str]:
    """Return a report's record and the SHA-256 of its file.

    Raises: InputError, one line, for a file that cannot be read, is no JSON, has another schema, or lacks
    or mistakes a field.
    """
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        raise errors.InputError(f"{file.name} cannot be read: {error.strerror}") from error
    if len(raw) > LARGEST:
        raise errors.InputError(f"{file.name} is larger than {LARGEST:,} bytes")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise errors.InputError(f"{file.name} is no whole JSON") from error
    return parsed(content, f"{file.name}: "), hashlib.sha256(raw).hexdigest()


def parsed(content: object, where: str = "") -> Report:
    """Return the record of a metrics.json that was parsed. Raises: InputError as `read`."""
    if not isinstance(content, dict):
        raise errors.InputError(f"{where}must be an object with the field schema")
    if (found := content.get("schema")) != SCHEMA or isinstance(found, bool):
        raise errors.InputError(f"{where}schema must be {SCHEMA}; got {str(found)[:20]!r}")
    fields = {name: value for name, value in content.items() if name != "schema"}
    days = fields.get("data")
    if isinstance(days, dict):
        fields["data"] = {name: _day(value) for name, value in days.items()}
    return checked(Report, fields, where)


def _day(value: object) -> object:
    """Return a day for its text, anything else as it is: JSON has no days."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
