"""YAML -> validated Brief: what the campaign may spend, on whom, and under which assumptions.

Every assumption is a row of data/assumptions.csv that a brief may replace; the code holds none of its own.
A row with an `off` value is a switch: an effect that counts only where the brief switches it on. Shares and
probabilities are 0-1, money is in the brief's currency. Whatever is wrong with a brief becomes one
errors.InputError of one line: file, field, value, what is allowed, the nearest right name.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread.campaign.brief.assumptions import (
    Assumption,
    Assumptions,
    Side,
    earned_share,
    order_earns,
    overridden,
    published,
)
from nanospread.campaign.brief.campaign import Brief
from nanospread.campaign.brief.parts import (
    Batches,
    DataLimits,
    Deal,
    Look,
    MacroQuote,
    NanoOffer,
    OrderCredit,
    PostTarget,
    Rule,
    ShortlistLimits,
    Thresholds,
    ToleratedLoss,
)
from nanospread.core import errors, paths, typed
from nanospread.core.models import checked

__all__ = [
    "Assumption", "Assumptions", "Batches", "Brief", "DataLimits", "Deal", "Look", "MacroQuote",
    "MeasuredRows", "NanoOffer", "OrderCredit", "PostTarget", "Rule", "ShortlistLimits", "Side", "Thresholds",
    "ToleratedLoss", "allowed", "assumptions_table", "calibrated", "changed", "check_niches", "earned_share",
    "files_in", "lines", "measured_row", "order_earns", "parameters", "path", "published", "read",
]  # fmt: skip

PARTS = {  # of a brief: parameters, and the fields they set
    "macro": {f"macro_{field}": field for field in MacroQuote.model_fields},
    "nano": {field: field for field in NanoOffer.model_fields},
    "wanted": {f"wanted_{field}": field for field in PostTarget.model_fields},
    "tolerate_loss": {f"tolerate_loss_{field}": field for field in ToleratedLoss.model_fields},
    "batches": {"batches_most": "most", "batches_days": "days", "batches_capacity": "capacity"}
    | {"batches_longest": "longest"},
    "shortlist": {field: field for field in ShortlistLimits.model_fields},
    "credit": {"credit_first": "first", "sitewide_share": "sitewide_share"},
}
ASIDE = ("assumptions", "name", "time_zone", "title")  # told otherwise, or no number hangs on them
MeasuredRow = dict[str, float | str]  # low, central, high, basis and source of what data tell
MeasuredRows = dict[str, MeasuredRow]  # by assumption
SUFFIXES = (".yaml", ".yml")
LISTED = "ns.briefs.parameters(brief) lists all"  # where the names that `changed` takes stand


def files_in(folder: Path) -> list[Path]:
    """Return the files of briefs in a folder, by name."""
    return sorted(file for file in folder.glob("*") if file.suffix in SUFFIXES)


def path(name_or_path: str | Path) -> Path:
    """Return the file of a brief: a name means a workspace's or a bundled one, anything else is a path.

    A file's name alone, where no such file is here, means one among the workspace's briefs.

    Raises: InputError where there is no such file, with the nearest known brief.
    """
    briefs_by_name = {each.stem: each for folder in reversed(paths.BRIEFS) for each in files_in(folder)}
    file = briefs_by_name.get(str(name_or_path), paths.expanded(name_or_path))
    if file.is_file():
        return file
    if file.name == str(name_or_path) and (own := paths.BRIEFS[0] / file.name).is_file():
        return own
    if file.suffix not in SUFFIXES:
        raise errors.unknown("brief", str(name_or_path), sorted(briefs_by_name))
    guess = errors.nearest(file.name, [each.name for each in file.parent.glob("*.y*ml")])
    hint = f"; did you mean {str(file.parent / guess)!r}?" if guess else ""
    raise errors.InputError(f"brief file {str(name_or_path)!r} does not exist{hint}")


def read(file: str | Path) -> Brief:
    """Return the validated brief of a YAML file (a path, or the name of a bundled one).

    Raises: InputError, one line that names the file and each field that is wrong, or an own value that would
    change nothing because its switch is off.
    """
    file = path(file)
    try:
        content = typed.from_yaml(file.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            raise errors.InputError("a brief is a list of `field: value` lines")
        content = _beside(file, content)
        given: Any = content.pop("assumptions", None)  # `overridden` refuses what is no mapping
        own = {} if given is None else given
        plain = checked(Brief, {**content, "assumptions": published()})
        rows = overridden(plain.defaults, own, f"set in {file.name}")
        brief = checked(Brief, {**content, "assumptions": rows})
        for name in _still_off(brief, own):
            raise errors.InputError(f"assumptions.{name} has no effect: add {name} to switches")
        _check_platform(brief)
    except UnicodeDecodeError as error:
        raise errors.InputError(f"{file.name}: not UTF-8 text") from error
    except errors.InputError as error:
        raise errors.InputError(f"{file.name}: {error}") from error
    return brief


def _beside(file: Path, content: dict[str, Any]) -> dict[str, Any]:
    """Return a brief whose table of rates is looked for beside its file."""
    rate_table = content.get("rate_table")
    return (
        {**content, "rate_table": str(file.parent / rate_table)} if isinstance(rate_table, str) else content
    )


def _check_platform(brief: Brief) -> None:
    """Raise InputError where assumptions are another platform's: its rates say nothing of this one."""
    if names := brief.of_others:
        raise errors.InputError(
            f"platform is {brief.platform}, for which nothing is published here: give its own "
            f"{', '.join(names)} under assumptions"
        )


def _still_off(brief: Brief, overrides: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        name for name in overrides if brief.assumptions[name].off is not None and name not in brief.switches
    )


def _switched_on(brief: Brief, overrides: Iterable[str]) -> Brief:
    """Return the brief with the switches of these values on, checked with them in force."""
    return checked(Brief, {**dict(brief), "switches": (*brief.switches, *_still_off(brief, overrides))})


def changed(brief: Brief, **changes: object) -> Brief:
    """Return the brief with other values, all of it validated again; None leaves a value as it is.

    changes: fields of the brief (budget=2000, weeks=4, switches=("macro_halo",)) and of its offers
    (offer="fee", fee_from=, posts=, macro_followers=, macro_fee=, macro_niche=, macro_creator=), of what is
    wanted (wanted_posts=, wanted_days=, wanted_chance=), of the loss that is tolerated
    (tolerate_loss_share=, tolerate_loss_chance=), of batches (batches_most=, batches_days=,
    batches_capacity=, batches_longest=), of the shortlist (goal=, caution=, must=), or
    assumptions (kappa=5 sets the central value, and of a switch also switches it on). Another macro_creator
    replaces the whole quote; with other niches, the minima of those that went are gone too.

    Raises: InputError for an unknown name or a value that cannot be.
    """
    content: dict[str, Any] = {name: value for name, value in brief if name != "assumptions"}
    known = parameters(brief)
    for name in changes:
        if name not in known:
            raise errors.unknown("parameter", name, known, LISTED)
    given = {name: value for name, value in changes.items() if value is not None}
    for part, names in PARTS.items():
        values = {field: given[name] for name, field in names.items() if name in given}
        if part != "macro":
            content[part] = {**dict(content[part]), **values}
        elif values:
            content[part] = brief.macro.replaced(values)
    content |= {name: value for name, value in given.items() if name in content}
    niches, minima = given.get("niches"), content["shortlist"]["least_per_niche"]
    if isinstance(niches, list | tuple) and "least_per_niche" not in given:
        spelt = {str(niche).strip().lower() for niche in niches}
        content["shortlist"]["least_per_niche"] = {name: n for name, n in minima.items() if name in spelt}
    overrides = {name: value for name, value in given.items() if name in brief.assumptions}
    current = brief.assumptions
    if {"currency", "rates"} & given.keys():
        before, after = brief.defaults, checked(Brief, {**content, "assumptions": current}).defaults
        old = {name: after[name] for name in current if current[name] == before[name]}
        current = current.replaced(old)
    assumptions = overridden(current, overrides, "set by the analyst")
    new = checked(Brief, {**content, "assumptions": assumptions})
    _check_platform(new)
    return _switched_on(new, overrides)


def parameters(brief: Brief) -> tuple[str, ...]:
    """Return the names that `changed` takes: fields of the brief and of its parts, and assumptions."""
    fields = [name for name in Brief.model_fields if name != "assumptions"]
    return (*fields, *(name for names in PARTS.values() for name in names), *brief.assumptions)


def lines(brief: Brief) -> Iterator[tuple[str, object]]:
    """Yield what the numbers of a brief follow from: name and value of each field and value in force."""
    for name, value in brief.model_dump(mode="json", exclude={*ASIDE}).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        yield from ((f"{name}.{part}" if part else name, each) for part, each in parts)
    yield from ((name, brief.value(name)) for name in brief.assumptions)


def measured_row(low: float, central: float, high: float, source: str) -> MeasuredRow:
    """Return a row as `calibrated` takes it: its ends reach at least to the central value."""
    ends = {"low": min(low, central), "central": central, "high": max(high, central)}
    return {**ends, "basis": "measured", "source": source}


def calibrated(brief: Brief, measured: Mapping[str, Mapping[str, object]]) -> Brief:
    """Return the brief with measured assumptions in place of published ones; what its owner set stays.

    measured: by name, rows as `measured_row`; their basis is measured.
    A switch that is measured is on.

    Raises: InputError for an unknown name or a value that cannot be.
    """
    for name in measured:
        if name not in brief.assumptions:
            raise errors.unknown("assumption", name, brief.assumptions)
    ours = published()
    rows = {
        name: ours[name].replaced({**given, "basis": "measured"}, "")
        for name, given in measured.items()
        if brief.assumptions[name] == ours[name]
    }
    new = checked(Brief, {**dict(brief), "assumptions": brief.assumptions.replaced(rows)})
    return _switched_on(new, rows)


def check_niches(niches: Iterable[str], known: Iterable[str]) -> None:
    """Raise InputError for a niche that the data lack but nearly have; a new one is no mistake."""
    names = sorted(known)
    for niche in niches:
        if niche not in names and errors.nearest(niche, names):
            raise errors.unknown("niche", niche, names)


def allowed(brief: Brief, name: str, values: Iterable[float]) -> tuple[float, ...]:
    """Return those of the values with which the brief is still valid, for a sweep that fits every brief.

    Raises: InputError for an unknown name.
    """
    changed(brief, **{name: None})
    return tuple(value for value in values if _fits(brief, name, value))


def _fits(brief: Brief, name: str, value: float) -> bool:
    try:
        changed(brief, **{name: value})
    except errors.InputError:
        return False
    return True


def assumptions_table(brief: Brief) -> pd.DataFrame:
    """Return the brief's assumptions, one row each.

    Returns: name, low, central, high, off (missing where it is no switch), used (the value in force), unit,
    basis, source.
    """
    rows = [{**row.model_dump(), "used": row.used(brief.switches)} for row in brief.assumptions.values()]
    columns = ["name", "low", "central", "high", "off", "used", "unit", "basis", "source"]
    return pd.DataFrame(rows, columns=columns).astype({"off": float})
