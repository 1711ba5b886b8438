"""Names and values of one run -> its plan, checked, before any kernel starts."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nanospread import study
from nanospread.core import weeks
from nanospread.core.errors import InputError
from nanospread.report import parameters
from nanospread.report.archive import QUEUED, State
from nanospread.report.inputs import Inputs, read
from nanospread.report.parameters import Notebook, Plain

LOOKS_BACK = ("earlier", "week")  # parameters that the run sets by itself
FULL_SIZE: Mapping[str, Plain] = {"n_worlds": 10_000}  # the notebooks' defaults are the quick run


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
    given: Mapping[str, object],
    sources: Sequence[Notebook],
) -> Plan:
    """Return the plan of a run. Raises InputError where an input, a name or a value cannot be used."""
    weeks.checked(week)
    if name := next((name for name in LOOKS_BACK if name in given), None):
        raise InputError(f"parameter {name!r} is set by the run itself, from --out and --week")
    declared = parameters.known(sources)
    paths = {"brief": _absolute(brief), "data": _up_to(_absolute(data), week)}
    by_run = {**FULL_SIZE, "earlier": str(out.resolve()), "week": week}
    set_by_run = {name: value for name, value in by_run.items() if name in declared}
    set_by_run |= {name: path for name, path in paths.items() if path}
    values = parameters.checked(sources, {**set_by_run, **given})
    inputs = read(brief, paths["data"], {name: value for name, value in values.items() if name in given})
    if any("shortlist" in source.text for source in sources):
        _check_minima(inputs)
    return Plan(tuple(sources), values, inputs, week, out, started, uuid.uuid4().hex[:12])


def _absolute(path: str) -> str:
    """Return a path that means the same in any folder; a bare name, of a bundled brief, as it is."""
    absolute = Path(path).expanduser()
    return str(absolute.resolve()) if path and absolute.exists() else path


def _up_to(data: str, week: str) -> str:
    """Return of a store its last snapshot up to the week's end: a week told again later tells the same."""
    return str(study.place(data, week)) if data else data


def _check_minima(inputs: Inputs) -> None:
    """Raise InputError where the shortlist must hold creators of a niche that has none."""
    minima = inputs.plan.shortlist.least_per_niche
    missing = [name for name, least in minima.items() if least and name not in inputs.niches]
    if missing:
        wanted = f"shortlist.least_per_niche asks for {', '.join(missing)}"
        there = f"the data have none; their niches are {', '.join(inputs.niches[:10])}"
        raise InputError(
            f"brief {inputs.plan.name!r}: {wanted}, and {there}. Name a brief of your own (--brief)"
        )
