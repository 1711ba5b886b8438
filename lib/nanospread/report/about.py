"""Checked inputs and executed notebooks -> what each page of the report says about itself."""

import importlib.metadata
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from nanospread import project
from nanospread.report import html
from nanospread.report import week as weeks
from nanospread.report.gather import Page
from nanospread.report.inputs import Inputs
from nanospread.report.parameters import Plain
from nanospread.report.run import Executed

PACKAGES = ("nanospread", "numpy", "pandas", "scipy", "matplotlib", "seaborn", "papermill", "nbconvert")


def report(
    inputs: Inputs,
    week: str,
    values: Mapping[str, Plain],
    pages: tuple[Page, ...],
    provenance: tuple[tuple[str, str], ...],
) -> html.Report:
    """Return the title, banners and facts of a report; everything that differs by run is in `provenance`."""
    dates = f"{inputs.first:%Y-%m-%d} to {inputs.newest:%Y-%m-%d}"
    given = [(name, html.written(name, value)) for name, value in sorted(values.items())]
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
            ("Data SHA-256", inputs.data_sha256),
        ),
        provenance=provenance,
    )


def banners(inputs: Inputs, week: str) -> tuple[str, ...]:
    """Return what a reader must know before any number: data that is made up, or old for this week."""
    sample = "Synthetic data: this is the bundled sample, made by a generator. Nobody in it exists."
    days = weeks.days_old(inputs.newest, week)
    old = f"Old data: the newest post is of {inputs.newest:%Y-%m-%d}, {days:,} days before the end of {week}."
    shown = [sample] if inputs.synthetic else []
    return (*shown, *([old] if days > weeks.STALE_DAYS else []))


def provenance(started: datetime, seconds: float, results: Sequence[Executed]) -> tuple[tuple[str, str], ...]:
    """Return when and with what a report was made; nothing in it names the machine or its user."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    times = [f"{result['name']} {result['seconds']:.1f} s" for result in results]
    return (
        ("Run", f"{started.astimezone(UTC):%Y-%m-%d %H:%M} UTC"),
        ("Run time", f"{seconds:.1f} s: {', '.join(times)}"),
        ("Commit", _commit()),
        ("Python", platform.python_version()),
        ("Packages", ", ".join(versions)),
    )


def _commit() -> str:
    """Return the project's commit, marked where files differ from it; "unknown" outside a checkout."""
    git = ["git", "-C", str(project.ROOT)]
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
