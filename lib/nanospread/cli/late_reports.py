"""The late command: which briefs have no good report of the week that is due, and why."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path

from nanospread.campaign import brief as brief_files
from nanospread.cli import workspace
from nanospread.core import errors, weeks
from nanospread.core.errors import InputError
from nanospread.core.formatting import counted
from nanospread.pages import show
from nanospread.report import archive, refusal
from nanospread.report.archive import lists, upkeep

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
BY = re.compile(r"([a-z]+)(?: +([01]?\d|2[0-3]):([0-5]\d))?")


@dataclass(frozen=True)
class LateReport:
    """A brief without a good report of a week that is due: its name and title, and why."""

    brief: str
    title: str
    week: str
    reason: str


def due(by: str, now: datetime, zone: tzinfo | None = None) -> str:
    """Return the newest week whose report is due: this one from its day and hour on, before that the last.

    by: such as "monday 09:00", in the brief's zone; a day alone is from its first hour on.

    Raises: InputError for anything else.
    """
    match = BY.fullmatch(by.strip().lower())
    if not match or match[1] not in DAYS:
        day = match[1] if match else by
        raise InputError(f"{errors.unknown('day', day, DAYS)}; write --by as 'monday 09:00'")
    this = weeks.of(now, zone)
    hour = time(int(match[2] or 0), int(match[3] or 0))
    moment = datetime.combine(weeks.first_day(this) + timedelta(days=DAYS.index(match[1])), hour)
    local = datetime.fromtimestamp(now.timestamp(), zone).replace(tzinfo=None)
    return this if local >= moment else weeks.before(this, 1)


def late(out: Path, briefs: Sequence[str], by: str, now: datetime) -> list[LateReport]:
    """Return each brief that has no good report of the week that is due, once who died at work is settled.

    briefs: files or names; those of the workspace where none is named, outside of one all that have reports.
    """
    if dead := upkeep.settle_dead(out):
        lists.update(out, dead)
    reports = [_late(out, brief, due(by, now, brief.zone)) for brief in _expected(out, briefs)]
    return [each for each in reports if each]


def _expected(out: Path, briefs: Sequence[str]) -> Iterable[refusal.BriefIdentity]:
    """Return the briefs that a report is due of. Raises: InputError where there is none of that name."""
    if named := {brief: refusal.identity(brief) for brief in (briefs or workspace.briefs())}:
        for name, brief in named.items():
            if not refusal.is_known(out, brief):
                brief_files.path(name)  # raises
        return named.values()
    known = {brief: week for week in reversed(archive.weeks(out)) for brief in archive.briefs(out, week)}
    if not known:
        raise InputError(f"no workspace here, and '{out}' holds no report: name a brief with --brief")
    return [
        refusal.BriefIdentity(
            brief, str(archive.summary(out / week / brief).get("title", brief)), None, has_file=False
        )
        for brief, week in sorted(known.items())
        if not archive.is_what_if(brief)
    ]


def _late(out: Path, brief: refusal.BriefIdentity, week: str) -> LateReport | None:
    """Return that there is no good report of this week or a later one, and why; None where there is one."""
    good = archive.last_good(out, brief.name) or ""
    if good >= week:
        return None
    return LateReport(brief.name, brief.title, week, _late_reason(out, week, brief.name))


def _late_reason(out: Path, week: str, brief: str) -> str:
    last, ended = archive.read_state(out, week, brief), archive.outcome(out, week, brief)
    if ended is None:
        return "no run was started"
    if ended.status == archive.RUNNING and last:
        return f"a run has been at work since {last.started}"
    reason = (
        last.reason if last else archive.summary(archive.banner_path(out, week, brief)).get("verdict", "")
    )
    return reason if reason.startswith(refusal.REFUSED) else f"failed: {reason}"


def lines(out: Path, reports: Iterable[LateReport]) -> Iterator[str]:
    """Yield a line for each brief that is late: its week, why, and how old its last good report is."""
    for each in reports:
        good = archive.last_good(out, each.brief)
        ago = counted(weeks.behind(good, each.week), "week") if good else ""
        last = f"last good: {good}, {ago} earlier" if good else "there is no good report yet"
        yield show.printable(f"late  {each.week}  {each.brief}: {each.reason.rstrip('.')}; {last}")
