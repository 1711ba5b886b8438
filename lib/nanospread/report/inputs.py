"""Brief and data folder -> what the report must know of them before any kernel starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nanospread import store, study
from nanospread.campaign import brief
from nanospread.campaign.brief import Brief
from nanospread.core import paths
from nanospread.core.errors import InputError, unknown
from nanospread.creators import benchmarks
from nanospread.report.changes import records
from nanospread.report.gather import NAME
from nanospread.report.parameters import RANGES, Plain

WHAT_IF = ".what-if"
ASIDE = (
    "data",
    "brief",
    "benchmark",
    "campaign",
    "flag_is_label",
    "earlier",
    "week",
)  # with RANGES: no line of a brief


@dataclass(frozen=True)
class Inputs:
    """The checked inputs: the report's name and title; of the data hash, dates, posts and niches, and if it
    is the sample.

    doubts: a sentence for each of the brief's data_limits that is broken. plan: the brief with this run's
    changes; in_force: with what the data tell.
    """

    brief: str
    title: str
    data_sha256: str
    first: pd.Timestamp
    newest: pd.Timestamp
    synthetic: bool
    posts: int
    niches: tuple[str, ...]
    doubts: tuple[str, ...]
    plan: Brief
    in_force: Brief


def read(brief_name: str, data: str, values: Mapping[str, Plain]) -> Inputs:
    """Return what the inputs hold, having read them as the notebooks will.

    values: the given parameters; those that belong to the brief are checked against its ranges. A run that
    changes the brief is a what-if: its report has a name and a title of its own, so that it neither replaces
    the brief's report nor looks like it.
    Raises InputError where the brief, a value or the data cannot be used.
    """
    if "benchmark" in values:
        benchmarks.reference(str(values["benchmark"]))
    own: dict[str, Any] = {name: value for name, value in values.items() if name not in {*RANGES, *ASIDE}}
    asked = study.open(data, brief=brief_name, **own)
    plan, tables = asked.asked, asked.tables
    if not NAME.fullmatch(plan.name):
        raise InputError(f"brief name {plan.name!r} names a folder: small letters, digits, - and _ only")
    campaigns = list(dict.fromkeys(tables.results["campaign"]))
    if values.get("campaign") and values["campaign"] not in campaigns:
        raise unknown("campaign", str(values["campaign"]), campaigns)
    niches = [*plan.niches, *([plan.macro.niche] if plan.macro.niche else [])]
    known = asked.roster["niche"].unique()
    brief.check_niches(niches, known)
    what_if = ", ".join(f"{name} {_short(value)}" for name, value in sorted(own.items()) if value is not None)
    digest = records.fingerprint(asked.data.folder)
    return Inputs(
        brief=f"{plan.name}{WHAT_IF}" if what_if else plan.name,
        title=f"What if: {what_if} ({plan.title})" if what_if else plan.title,
        data_sha256=digest,
        first=tables.posts["posted_at"].min(),
        newest=tables.posts["posted_at"].max(),
        posts=len(tables.posts),
        niches=tuple(sorted(known)),
        synthetic=digest == records.fingerprint(paths.SAMPLE),
        doubts=(
            *plan.data_limits.refused(tables.counts, tables.ledger, store.HARMLESS),
            *plan.data_limits.unmatched(len(tables.posts), len(tables.unmatched)),
        ),
        plan=plan,
        in_force=asked.brief,
    )


def _short(value: Plain) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)
