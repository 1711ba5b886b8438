"""Names and values of one run -> its plan, checked, before any kernel starts."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nanospread import study
from nanospread.core.errors import InputError
from nanospread.report import about, parameters, state
from nanospread.report import week as weeks
from nanospread.report.inputs import Inputs, read
from nanospread.report.parameters import Notebook, Plain

LOOKS_BACK = ("earlier", "week")  # parameters that the run sets by itself
FULL_SIZE: Mapping[str, Plain] = {"n_worlds": 10_000}  # the notebooks' defaults are the quick run


@dataclass(frozen=True)
class Plan:
    """Everything one run needs, checked."""

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
    def queued(self) -> state.State:
        """Return the first state of the run."""
        inputs, started = self.inputs, about.moment(self.started)
        return state.State(inputs.brief, self.week, inputs.title, state.QUEUED, self.mark, started)

    @property
    def effective(self) -> dict[str, Plain]:
        """Return every parameter with the value that the notebooks see."""
        declared = parameters.known(self.sources)
        return {name: self.values.get(name, parameter.default) for name, parameter in declared.items()}


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
    declared = parameters.known(sources)
    paths = {"brief": _whole(brief), "data": _up_to(_whole(data), week)}
    named = {name: path for name, path in paths.items() if path}
    if name := next((name for name in LOOKS_BACK if name in given), None):
        raise InputError(f"parameter {name!r} is set by the run itself, from --out and --week")
    own = {**FULL_SIZE, "earlier": str(out.resolve()), "week": week}
    size = {name: value for name, value in own.items() if name in declared}
    checked = parameters.checked(sources, {**size, **named, **given})
    asked = {name: value for name, value in checked.items() if name in given}
    inputs = read(brief, paths["data"], asked)
    if any("shortlist" in source.text for source in sources):
        _check_minima(inputs)
    return Plan(tuple(sources), checked, inputs, week, out, started, uuid.uuid4().hex[:12])


def _whole(path: str) -> str:
    """Return a path that means the same in any folder; a bare name, of a bundled brief, as it is."""
    found = Path(path).expanduser()
    return str(found.resolve()) if path and found.exists() else path


def _up_to(data: str, week: str) -> str:
    """Return of a store its last snapshot up to the week's end: a week told again later tells the same."""
    return str(study.place(data, week)) if data else data


def _check_minima(inputs: Inputs) -> None:
    """Raise InputError where the shortlist must hold creators of a niche that has none."""
    minima = inputs.plan.shortlist.least_per_niche
    missing = [name for name, least in minima.items() if least and name not in inputs.niches]
    if missing:
        asked = f"shortlist.least_per_niche asks for {', '.join(missing)}"
        there = f"the data have none; their niches are {', '.join(inputs.niches[:10])}"
        raise InputError(
            f"brief {inputs.plan.name!r}: {asked}, and {there}. Name a brief of your own (--brief)"
        )
