"""Checked inputs and executed notebooks -> what each page of the report says about itself."""

import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from nanospread.core import paths
from nanospread.report import html
from nanospread.report import week as weeks
from nanospread.report.changes.weeks import earlier as earlier_weeks
from nanospread.report.gather import Page
from nanospread.report.inputs import Inputs
from nanospread.report.parameters import Plain
from nanospread.report.run import Executed

LITTLE = 50  # posts, under which a tier's rate is hardly measured
PACKAGES = ("nanospread", "numpy", "pandas", "scipy", "matplotlib", "seaborn", "papermill", "nbconvert")


def report(
    inputs: Inputs,
    week: str,
    values: Mapping[str, Plain],
    effective: Mapping[str, Plain],
    pages: tuple[Page, ...],
    provenance: tuple[tuple[str, str], ...],
) -> html.Report:
    """Return the title, banners and facts of a report; everything that differs by run is in `provenance`.

    values: the parameters that this run sets; effective: all of them, with their defaults.
    """
    dates = f"{inputs.first:%Y-%m-%d} to {inputs.newest:%Y-%m-%d}"
    shown = {name: value for name, value in values.items() if name not in ("earlier", "week")}
    given = [(name, html.written(name, value)) for name, value in sorted(shown.items())]
    return html.Report(
        brief=inputs.brief,
        week=week,
        title=inputs.title,
        banners=banners(inputs, week),
        pages=pages,
        facts=(
            ("Brief", inputs.brief),
            ("Week", week),
            ("Posts dated", dates),
            *given,
            *_defaults(effective, values),
            ("Data SHA-256", inputs.data_sha256),
            *_earlier(inputs, week, values),
        ),
        provenance=provenance,
    )


def _defaults(effective: Mapping[str, Plain], values: Mapping[str, Plain]) -> tuple[tuple[str, str], ...]:
    """Return the parameters that the notebooks set themselves, the seed among them; not the brief's."""
    own = {name: value for name, value in effective.items() if name not in values and value not in (None, "")}
    said = ", ".join(f"{name} {html.written(name, value)}" for name, value in sorted(own.items()))
    return (("Defaults", said),) if said else ()


def _earlier(inputs: Inputs, week: str, values: Mapping[str, Plain]) -> tuple[tuple[str, str], ...]:
    """Return which earlier reports the summary looked at: their weeks, and the SHA-256 of their numbers."""
    if not values.get("earlier"):
        return ()
    past = earlier_weeks(str(values["earlier"]), brief=inputs.plan.name, week=week)
    files = [f"{week} (SHA-256 {digest[:16]}…)" for week, digest in past.files]
    return (("Earlier reports", ", ".join(files) or "none"),)


def banners(inputs: Inputs, week: str) -> tuple[str, ...]:
    """Return what a reader must know before any number: data that is made up, lost, few or old."""
    sample = "Synthetic data: this is the bundled sample, made by a generator. Nobody in it exists."
    shown = [sample] if inputs.synthetic else []
    lost = [f"Data are missing. {said[0].upper()}{said[1:]}" for said in inputs.doubts]
    few = f"Little data: {inputs.posts} posts. Most of what follows rests on published figures, not on yours."
    little = [few] if inputs.posts < LITTLE else []
    dated = weeks.dated(inputs.newest.date(), week)
    return (*shown, *lost, *little, *([dated] if dated else []))


def provenance(
    started: datetime, mark: str, seconds: float, results: Sequence[Executed]
) -> tuple[tuple[str, str], ...]:
    """Return when and with what a report was made; nothing in it names the machine or its user.

    mark: the run's own name, so that two pages of different runs can be told apart.
    """
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    times = [f"{result['name']} {result['seconds']:.1f} s" for result in results]
    return (
        ("Run", moment(started)),
        ("Run mark", mark),
        ("Run time", f"{seconds:.1f} s: {', '.join(times)}"),
        ("Commit", _commit()),
        ("Python", platform.python_version()),
        ("Packages", ", ".join(versions)),
    )


def moment(when: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _commit() -> str:
    """Return the project's commit, marked where files differ from it; "unknown" outside a checkout."""
    git = ["git", "-C", str(paths.ROOT)]
    try:
        commit = subprocess.run(
            [*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, timeout=10
        )
        changed = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    if commit.returncode:
        return "unknown"
    return commit.stdout.strip() + (" with changes" if changed.stdout.strip() else "")
