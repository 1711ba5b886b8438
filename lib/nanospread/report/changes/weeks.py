"""The folder of all reports -> the earlier ones of a brief that can be read, and why others cannot."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nanospread.core import errors
from nanospread.core import weeks as iso
from nanospread.report.changes import records
from nanospread.report.changes.records import Report

WEEKS = 12  # that the sparklines show, this one included
FILE = "metrics.json"


@dataclass(frozen=True)
class Earlier:
    """The reports of a brief before a week, newest first: of the last `WEEKS`, or else the last good.

    week: of the run that looks back, empty where it looks at nothing. files: week and SHA-256 of each report.
    notes: sentences on reports that are there and cannot be used.
    """

    week: str = ""
    reports: tuple[Report, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> Report | None:
        """Return the last good report, or None."""
        return self.reports[0] if self.reports else None

    @property
    def weeks(self) -> tuple[str, ...]:
        """Return the `WEEKS` weeks up to this one, oldest first."""
        return tuple(iso.before(self.week, ago) for ago in reversed(range(WEEKS))) if self.week else ()


def earlier(folder: str, *, brief: str, week: str) -> Earlier:
    """Return the earlier reports of a brief. What is broken counts as not there, and is told in the notes.

    folder: of all reports, `<week>/<brief>/metrics.json`; empty text means none. week: of the present run.

    Raises: InputError for a folder without a week, or a week that is none.
    """
    if not folder:
        return Earlier()
    if not iso.exists(week):
        raise errors.InputError(f"week {week!r}: write the week of this report, for example 2026-W47")
    try:
        names = [path.name for path in Path(folder).iterdir() if iso.exists(path.name)]
    except OSError as error:
        return Earlier(week, notes=(f"Earlier reports cannot be read: {error.strerror}.",))
    readable: list[tuple[Report, str]] = []
    notes = []
    for name in sorted((name for name in names if name < week), reverse=True):
        if readable and iso.behind(name, week) >= WEEKS:
            break
        try:
            readable += _read(Path(folder), name, brief)
        except errors.InputError as error:
            notes.append(f"The report of {name} cannot be compared with: {error}.")
    files = tuple((report.week, digest) for report, digest in readable)
    return Earlier(week, tuple(report for report, _ in readable), files, tuple(notes))


def _read(folder: Path, week: str, brief: str) -> Iterator[tuple[Report, str]]:
    """Yield the report of a brief and week, if there is one, with its digest."""
    file = folder / week / brief / FILE
    if not file.parent.is_dir():
        return
    report, digest = records.read(file)
    if (report.week, report.brief) != (week, brief):
        raise errors.InputError(f"{FILE} says it is of {report.week}, {report.brief}")
    yield report, digest
