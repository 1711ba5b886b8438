"""A brief <-> the plain content that metrics.json keeps of it, and what differs between two briefs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nanospread.campaign import brief
from nanospread.campaign.brief import Brief
from nanospread.campaign.brief.assumptions import published
from nanospread.campaign.brief.fields import checked
from nanospread.core import errors

ASIDE = ("assumptions", "name", "title")  # compared otherwise, or no number hangs on them


def content(plan: Brief, in_force: Brief) -> dict[str, Any]:
    """Return a brief in plain data: its fields, which assumptions its owner set, and the values in force.

    plan: as it was given; in_force: with what the data tell (`brief.calibrated`).
    """
    ours = published()
    return {
        "fields": plan.model_dump(mode="json"),
        "own": sorted(name for name, row in plan.assumptions.items() if row != ours.get(name)),
        "in_force": {name: in_force.value(name) for name in sorted(in_force.assumptions)},
    }


def restored(kept: Mapping[str, Any]) -> Brief:
    """Return the brief of an earlier run.

    Assumptions that are new since then have today's values, those that are gone are left out.

    Raises: InputError where today's program cannot read it.
    """
    try:
        ours, fields = published(), dict(kept["fields"])
        old = {name: brief.Assumption.model_validate(row) for name, row in fields["assumptions"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise errors.InputError("the brief of that report cannot be read") from error
    fields["assumptions"] = {name: old.get(name, row) for name, row in ours.items()}
    return checked(Brief, fields, "the brief of that report: ")


def open_to(plan: Brief, kept: Mapping[str, Any], told: Iterable[str]) -> Brief:
    """Return a restored brief that takes what the data tell, as its owner's would.

    `brief.calibrated` replaces today's published rows: so those that the data tell and the owner had not set
    become today's.
    """
    ours, own = published(), set(kept.get("own", ()))
    rows = {name: ours[name] for name in told if name not in own}
    return checked(Brief, {**dict(plan), "assumptions": {**plan.assumptions, **rows}})


def differences(old: Brief, new: Brief) -> list[tuple[str, object, object]]:
    """Return name, old and new value of each field and value in force that differs."""
    before, after = dict(_flat(old)), dict(_flat(new))
    names = [*after, *(name for name in before if name not in after)]
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [(name, was, now) for name, was, now in pairs if was != now]


def _flat(plan: Brief) -> Iterator[tuple[str, object]]:
    for name, value in plan.model_dump(mode="json", exclude={*ASIDE}).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        yield from ((f"{name}.{part}" if part else name, own) for part, own in parts)
    yield from ((name, plan.value(name)) for name in plan.assumptions)
