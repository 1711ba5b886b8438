"""Brief and data folder -> what the report must know of them before any kernel starts."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from nanospread import benchmarks, brief, project, sources, tables
from nanospread.errors import InputError, unknown
from nanospread.report.gather import NAME
from nanospread.report.parameters import RANGES, Plain

WHAT_IF = ".what-if"
ASIDE = ("data", "brief", "benchmark", "campaign", "flag_is_label")  # with RANGES: no line of a brief
ENDINGS = (".csv", ".tsv", ".yaml", ".yml")


@dataclass(frozen=True)
class Inputs:
    """The checked inputs: the report's name and title; the data's hash, dates, and if it is the sample."""

    brief: str
    title: str
    data_sha256: str
    first: pd.Timestamp
    newest: pd.Timestamp
    synthetic: bool


def read(brief_name: str, data: str, values: Mapping[str, Plain]) -> Inputs:
    """Return what the inputs hold, having read them as the notebooks will.

    values: the given parameters; those that belong to the brief are checked against its ranges. A run that
    changes the brief is a what-if: its report has a name and a title of its own, so that it neither replaces
    the brief's report nor looks like it.
    Raises InputError where the brief, a value or the data cannot be used.
    """
    plan = brief.read(brief.path(brief_name or "sample"))
    if "benchmark" in values:
        benchmarks.reference(str(values["benchmark"]))
    own = {name: value for name, value in values.items() if name not in {*RANGES, *ASIDE}}
    plan = brief.changed(plan, **own)
    if not NAME.fullmatch(plan.name):
        raise InputError(f"brief name {plan.name!r} names a folder: small letters, digits, - and _ only")
    folder = project.folder(data)
    validated = tables.validated(sources.folder(folder))
    campaigns = list(dict.fromkeys(validated.results["campaign"]))
    if values.get("campaign") and values["campaign"] not in campaigns:
        raise unknown("campaign", str(values["campaign"]), campaigns)
    niches = [*plan.niches, *([plan.macro.niche] if plan.macro.niche else [])]
    brief.check_niches(niches, tables.roster(validated)["niche"].unique())
    changes = ", ".join(f"{name} {_short(value)}" for name, value in sorted(own.items()) if value is not None)
    digest = fingerprint(folder)
    return Inputs(
        brief=f"{plan.name}{WHAT_IF}" if changes else plan.name,
        title=f"What if: {changes} ({plan.title})" if changes else plan.title,
        data_sha256=digest,
        first=validated.posts["posted_at"].min(),
        newest=validated.posts["posted_at"].max(),
        synthetic=digest == fingerprint(project.SAMPLE),
    )


def _short(value: Plain) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def fingerprint(folder: Path) -> str:
    """Return one SHA-256 over the names and bytes of a folder's data files."""
    whole = hashlib.sha256()
    for file in sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS):
        whole.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    return whole.hexdigest()
