"""Brief and data folder -> what the report must know of them before any kernel starts."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from nanospread import store
from nanospread.campaign import brief
from nanospread.campaign.brief import Brief
from nanospread.core import paths
from nanospread.core.errors import InputError, unknown
from nanospread.creators import benchmarks
from nanospread.ingest import tables
from nanospread.report import changes
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
    plan = brief.read(brief.path(brief_name or "sample"))
    if "benchmark" in values:
        benchmarks.reference(str(values["benchmark"]))
    own = {name: value for name, value in values.items() if name not in {*RANGES, *ASIDE}}
    plan = brief.changed(plan, **own)
    if not NAME.fullmatch(plan.name):
        raise InputError(f"brief name {plan.name!r} names a folder: small letters, digits, - and _ only")
    folder = paths.folder(data)
    validated = store.opened(folder)
    campaigns = list(dict.fromkeys(validated.results["campaign"]))
    if values.get("campaign") and values["campaign"] not in campaigns:
        raise unknown("campaign", str(values["campaign"]), campaigns)
    niches = [*plan.niches, *([plan.macro.niche] if plan.macro.niche else [])]
    known = tables.roster(validated)["niche"].unique()
    brief.check_niches(niches, known)
    asked = ", ".join(f"{name} {_short(value)}" for name, value in sorted(own.items()) if value is not None)
    digest = changes.fingerprint(folder)
    return Inputs(
        brief=f"{plan.name}{WHAT_IF}" if asked else plan.name,
        title=f"What if: {asked} ({plan.title})" if asked else plan.title,
        data_sha256=digest,
        first=validated.posts["posted_at"].min(),
        newest=validated.posts["posted_at"].max(),
        posts=len(validated.posts),
        niches=tuple(sorted(known)),
        synthetic=digest == changes.fingerprint(paths.SAMPLE),
        doubts=(
            *plan.data_limits.refused(validated.counts, validated.ledger, store.HARMLESS),
            *plan.data_limits.unmatched(len(validated.posts), len(validated.unmatched)),
        ),
        plan=plan,
        in_force=changes.calibrated(plan, validated),
    )


def _short(value: Plain) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)
