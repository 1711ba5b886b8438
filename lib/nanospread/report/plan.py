"""Brief, data folder, names and values of one run -> its plan, checked, before any kernel starts."""

import hashlib
import uuid
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nanospread import store, study
from nanospread.campaign import brief as briefs
from nanospread.campaign import simulation
from nanospread.campaign.brief import Brief
from nanospread.core import formatting, paths, weeks
from nanospread.core.errors import InputError, unknown
from nanospread.creators import benchmarks
from nanospread.ingest import dataset
from nanospread.pages import data_quality, health, verdict
from nanospread.report import parameters, records
from nanospread.report.archive import QUEUED, WHAT_IF, State
from nanospread.report.gather import NAME
from nanospread.report.parameters import RANGES, Notebook, Plain
from nanospread.report.records import Data
from nanospread.study import Study

MACRO_PAGE = "04_one_macro_or_many_nano"  # the only page that says nothing without a macro
DATA_PAGE = "01_data_quality"  # the only page that has numbers where the data are implausible
SIMULATES = "study.simulate("  # in the text of a page whose numbers are odds of nano creators
LOOKS_BACK = ("earlier", "week")  # parameters that the run sets by itself
# no line of a brief, nor is what RANGES has
ASIDE = ("data", "brief", "benchmark", "campaign", "compare_with", "flag_is_label", *LOOKS_BACK)
CHANGED = "the data or the brief changed while the report was made: make it again when they are whole"
FULL_SIZE: Mapping[str, Plain] = {"n_worlds": 10_000}  # the notebooks' defaults are the quick run


@dataclass(frozen=True)
class Inputs:
    """The checked inputs: the report's name and title, which data, and what they hold.

    doubts: a sentence for each of the brief's data_limits that is broken. first: what stands before the
    answer. withheld: the answer in place of odds, empty where there are odds. implausible: whether the posts
    cannot be. plan: the brief with this run's changes; in_force: with what the data tell.
    state: as `used`, from before they were read.
    made_up: that all creators are the sample's, or how many, "" where none is.
    out_of_reach: that the budget does not pay for the macro, "" where it does.
    elsewhere: how many accounts are on other platforms, "" where none is.
    """

    brief: str
    title: str
    data: Data
    made_up: str
    niches: tuple[str, ...]
    doubts: tuple[str, ...]
    first: tuple[str, ...]
    withheld: tuple[str, ...]
    implausible: bool
    plan: Brief
    in_force: Brief
    state: str
    out_of_reach: str = ""
    elsewhere: str = ""


def changes_brief(name: str) -> bool:
    """Return if a value of this name makes a run a what-if, whose report has a name and title of its own."""
    return name not in {*RANGES, *ASIDE}


def read(
    brief_name: str, data: str, values: Mapping[str, Plain], studies: MutableMapping[str, Study] | None = None
) -> Inputs:
    """Return what the inputs hold, read as the notebooks will; InputError where they cannot be used.

    values: the given parameters. studies: those of other runs, by folder and content of their data, which are
    then not read again. A run that changes the brief is a what-if: its report has a name and a title
    of its own, so that it neither replaces the brief's report nor looks like it.
    """
    if "benchmark" in values:
        benchmarks.reference(str(values["benchmark"]))
    state = input_digest(brief_name, data)
    changes: dict[str, Any] = {name: value for name, value in values.items() if changes_brief(name)}
    opened = _sharing(study.open(data, brief=brief_name, **changes), {} if studies is None else studies)
    plan, tables, niches = opened.asked, opened.tables, opened.roster["niche"].unique()
    if not NAME.fullmatch(plan.name):
        raise InputError(f"brief name {plan.name!r} names a folder: small letters, digits, - and _ only")
    campaigns = list(dict.fromkeys(tables.results["campaign"]))
    if values.get("campaign") and values["campaign"] not in campaigns:
        raise unknown("campaign", str(values["campaign"]), campaigns)
    if (saved := _saved(values)) and not opened.withheld:
        study.comparable_studies(opened, saved)
    briefs.check_niches([*plan.niches, *([plan.macro.niche] if plan.macro.niche else [])], niches)
    what_if = ", ".join(
        f"{name} {value:,.10g}" if isinstance(value, int | float) else f"{name} {value}"
        for name, value in sorted(changes.items())
        if value is not None
    )
    data_used = records.data(opened.data.folder, tables)
    if input_digest(brief_name, data) != state:
        raise InputError(CHANGED)
    return Inputs(
        brief=f"{plan.name}{WHAT_IF}" if what_if else plan.name,
        title=f"What if: {what_if} ({plan.title})" if what_if else plan.title,
        data=data_used,
        niches=tuple(sorted(niches)),
        made_up=data_quality.made_up(opened.roster["creator"]),
        doubts=(
            *plan.data_limits.refused(tables.counts, tables.ledger, store.HARMLESS),
            *plan.data_limits.unmatched(len(tables.posts) + len(tables.undated), len(tables.unmatched)),
        ),
        **_founded(opened, values),
        plan=plan,
        in_force=opened.brief,
        state=state,
        out_of_reach=_out_of_reach(opened),
        elsewhere=data_quality.elsewhere(dataset.accounts_elsewhere(tables)),
    )


def _sharing(opened: Study, studies: MutableMapping[str, Study]) -> Study:
    """Return a study on the tables of an earlier one of the same data, if there is one."""
    data = opened.data
    first = studies.setdefault(f"{records.fingerprint(data.folder)} {data.folder}", opened)
    return Study(first.data.within(data.window, data.order_settings, data.platform), opened.asked)


def _saved(values: Mapping[str, Plain]) -> list[str]:
    """Return the briefs that page 04 compares with."""
    names = str(values.get("compare_with") or "").split(",")
    return [name.strip() for name in names if name.strip()]


def _founded(opened: Study, values: Mapping[str, Plain]) -> dict[str, Any]:
    """Return the fields of `Inputs` that say how little the odds rest on, in the window of this run."""
    first = _niches_found(opened)
    try:
        changed = opened.changed(**{name: values.get(name) for name in study.WINDOW})
        reason, thinness = changed.withheld, health.thinness(changed.amount)
    except InputError:  # no post in the window, which the pages that need one say
        return {"first": first, "withheld": (), "implausible": False}
    if not reason:
        return {"first": (*first, *filter(None, [thinness])), "withheld": (), "implausible": False}
    worded = verdict.withheld(changed)
    kind = "Implausible data: " if changed.implausible else "No nano creators: "
    niches_elsewhere = changed.amount.elsewhere if not changed.implausible else ()
    line = (
        f" For those write into the brief: niches: [{', '.join(niches_elsewhere)}]."
        if niches_elsewhere
        else ""
    )
    return {
        "first": (*first, f"{kind}{reason}. No odds are given.{line}"),
        "withheld": (worded.advice.text, worded.verdict.text),
        "implausible": bool(changed.implausible),
    }


def _niches_found(opened: Study) -> tuple[str, ...]:
    """Return that the default brief's niches gave way to those of the data, with the line for one's own."""
    sample = briefs.read(briefs.path("sample"))
    lost = [name for name in sample.niches if name not in opened.asked.niches]
    if opened.asked.name != sample.name or not lost or opened.asked.niches != opened.data.niches:
        return ()
    return (
        f"The sample's plan names {formatting.listed(lost)}, of which your data hold nobody: this is of all "
        f"niches found. For your own plan, copy its file and write: niches: "
        f"[{', '.join(opened.asked.niches)}].",
    )


def input_digest(brief_name: str, data: str) -> str:
    """Return one SHA-256 over all that the notebooks read: the brief, the data, and who is forgotten."""
    text = briefs.path(brief_name or "sample").read_bytes()
    folder = study.place(data)
    return hashlib.sha256(text + records.fingerprint(folder).encode()).hexdigest()


@dataclass(frozen=True)
class Plan:
    """Everything one run needs, checked. values: the parameters that it sets; mark: its own name."""

    sources: tuple[Notebook, ...]
    values: Mapping[str, Plain]
    inputs: Inputs
    week: str
    out: Path
    started: datetime
    mark: str

    @property
    def target(self) -> Path:
        """Return the folder in which the report is published."""
        return self.out / self.week / self.inputs.brief

    @property
    def queued(self) -> State:
        """Return the first state of the run."""
        inputs, started = self.inputs, moment(self.started)
        return State(inputs.brief, self.week, inputs.title, QUEUED, self.mark, started)

    @property
    def effective(self) -> dict[str, Plain]:
        """Return every parameter with the value that the notebooks see."""
        declared = parameters.known(self.sources)
        return {name: self.values.get(name, parameter.default) for name, parameter in declared.items()}


def moment(when: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def planned(
    *,
    week: str,
    started: datetime,
    brief: str,
    data: str,
    out: Path,
    overrides: Mapping[str, object],
    sources: Sequence[Notebook],
    studies: MutableMapping[str, Study] | None = None,
) -> Plan:
    """Return the plan of a run. Raises InputError where an input, a name or a value cannot be used.

    studies: as `read`.
    """
    weeks.checked(week, started)
    if name := next((name for name in LOOKS_BACK if name in overrides), None):
        raise InputError(f"parameter {name!r} is set by the run itself, from --out and --week")
    declared = parameters.known(sources)
    places = {"brief": _brief_in_force(brief), "data": _absolute(data)}
    if data:  # of a store its last snapshot up to the week's end: a week told again later tells the same
        zone = briefs.read(brief or "sample").zone
        places["data"] = str(study.place(places["data"], week, zone))
    by_run = {**FULL_SIZE, "earlier": str(out.resolve()), "week": week}
    set_by_run = {name: value for name, value in by_run.items() if name in declared}
    set_by_run |= {name: place for name, place in places.items() if place}
    values = dict(parameters.checked(sources, {**set_by_run, **overrides}))
    if saved := _saved(values):
        values["compare_with"] = ", ".join(map(_brief_in_force, saved))
    own_values = {name: value for name, value in values.items() if name in overrides}
    inputs = read(brief, places["data"], own_values, studies)
    own = out.resolve() / week / inputs.plan.name
    if inputs.brief != inputs.plan.name and "earlier" in values and (own / records.FILE).is_file():
        values["earlier"] = str(own.parent)  # a what-if stands against this week's own report of its brief
    simulation.list_length(inputs.in_force)
    if any("shortlist" in source.text for source in sources):
        _check_minima(inputs)
    plain = {name: float(of) if isinstance(of, float) else of for name, of in values.items()}
    if inputs.out_of_reach:
        beyond = (inputs.out_of_reach, "What nano alone comes to stands on page 00.")
        sources = [parameters.answered(each, beyond) if each.name == MACRO_PAGE else each for each in sources]
    if inputs.withheld:
        sources = [_without_odds(each, inputs) for each in sources]
    return Plan(tuple(sources), plain, inputs, week, out, started, uuid.uuid4().hex[:12])


def _without_odds(page: Notebook, inputs: Inputs) -> Notebook:
    """Return a page that withholds what would rest on nothing: implausible data, or creators not there."""
    stands = page.name == DATA_PAGE if inputs.implausible else SIMULATES not in page.text
    return page if stands else parameters.answered(page, inputs.withheld)


def _out_of_reach(opened: Study) -> str:
    """Return that the budget does not pay for the macro, "" where it does."""
    brief, roster = opened.brief, opened.roster
    if brief.macro.creator and not brief.macro.fee:
        followers = roster.loc[roster["creator"] == brief.macro.creator, "followers"]
        brief = brief.quoted(int(followers.iloc[0])) if len(followers) else brief
    return verdict.out_of_reach(brief) if brief.out_of_reach else ""


def _brief_in_force(name: str) -> str:
    """Return what names a brief in any folder: its path, or the name of a bundled one that is as it came.

    Kernels stand in a folder of their own, where a name means a bundled brief and no workspace's.
    """
    file = briefs.path(name or "sample")
    bundled = paths.BRIEFS[-1] / file.name
    by_name = name in ("", file.stem) and bundled.is_file() and bundled.read_bytes() == file.read_bytes()
    return name if by_name else str(file.resolve())


def _absolute(path: str) -> str:
    """Return a path that means the same in any folder."""
    absolute = paths.expanded(path)
    return str(absolute.resolve()) if path and absolute.exists() else path


def _check_minima(inputs: Inputs) -> None:
    """Raise InputError where the shortlist must hold creators of a niche that has none."""
    minima = inputs.plan.shortlist.least_per_niche
    missing = [name for name, least in minima.items() if least and name not in inputs.niches]
    if missing:
        demand = f"shortlist.least_per_niche asks for {', '.join(missing)}"
        present = f"the data have none; their niches are {', '.join(inputs.niches[:10])}"
        raise InputError(
            f"brief {inputs.plan.name!r}: {demand}, and {present}. Name a brief of your own (--brief)"
        )
