"""The folder of reports -> how each brief's newest run is told: success, change, failure, late."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nanospread.core import errors
from nanospread.core import weeks as iso
from nanospread.report import archive, html, mail, records
from nanospread.report.archive import upkeep

SUCCESS, CHANGE, FAILURE, LATE = "success", "change", "failure", "late"
SHARE, PART = 0.05, 0.1  # by how much a share, and any other number relative to it, moves to be news
MAX_WEEKS_BEHIND = 1  # weeks behind the newest of all after which a brief's last run is no news


@dataclass(frozen=True)
class Event:
    """One run, or its absence, as it is told. All text is as a mail may say it: no link, one line.

    kind: success, failure or late. key: the run's mark, which with brief, week and channel makes it one
    message. news: of a success, if its decision or a number is materially another than the last report's.
    odds: what, and how many. notes: what stands before any number, such as data that are made up or old.
    folder: of the report, or of the banner page where there is one.
    """

    kind: str
    week: str
    brief: str
    key: str
    title: str
    subject: str
    headline: str
    decision: str = ""
    odds: tuple[tuple[str, str], ...] = ()
    changed: bool = False
    notes: tuple[str, ...] = ()
    folder: Path | None = None

    def wanted_by(self, notify: Iterable[str]) -> bool:
        """Return if a channel that is told of these kinds is told of this."""
        return self.kind in notify or (self.changed and CHANGE in notify)


def newest(out: Path, briefs: Iterable[str] = (), week: str = "") -> list[Event]:
    """Return the last run of each brief, in its newest week or the one given; what-ifs and old ones are not.

    briefs: to look at, all where none is named. Raises: InputError for a brief without any run there.
    """
    weeks, runs = archive.weeks(out), dict[str, str]()
    for each in weeks:
        if each != week if week else iso.behind(each, weeks[0]) > MAX_WEEKS_BEHIND:
            continue
        for brief in archive.briefs(out, each):
            if archive.outcome(out, each, brief) and not archive.is_what_if(brief):
                runs.setdefault(brief, each)
    for brief in briefs:
        if brief not in runs:
            raise errors.unknown(f"report of {week or 'the newest weeks'}", brief, runs)
    names = sorted(set(briefs) or runs)
    return [event for brief in names if (event := ended(out, runs[brief], brief))]


def ended(out: Path, week: str, brief: str) -> Event | None:
    """Return how the last run of a brief and week ended; None while it is at work, or where it is unknown."""
    state, outcome = archive.read_state(out, week, brief), archive.outcome(out, week, brief)
    if outcome and outcome.status == archive.PUBLISHED:
        return _success(out, week, brief)
    if outcome and outcome.status == archive.FAILED and state:
        return _without_report(out, FAILURE, week, brief, state.mark, state.title, state.reason)
    return None


def late(out: Path, week: str, brief: str, title: str, reason: str) -> Event:
    """Return that a brief has no good report of a week in time, and why. It is told once a week."""
    return _without_report(out, LATE, week, brief, LATE, title, reason)


def _without_report(out: Path, kind: str, week: str, brief: str, key: str, title: str, reason: str) -> Event:
    problem = f"The run of {week} failed" if kind == FAILURE else f"There is no good report of {week} yet"
    last_good = archive.last_good(out, brief)
    last_sentence = (
        f"The last good report is of {last_good}." if last_good else "There is no good report yet."
    )
    title, reason = mail.plain(title), mail.plain(upkeep.anonymous(reason)).rstrip(".")
    banner = archive.banner_path(out, week, brief)
    return Event(
        kind,
        week,
        brief,
        key,
        title,
        mail.plain(f"{'Failed' if kind == FAILURE else 'Late'}: {title} · {week}"),
        f"{problem}: {reason}. {last_sentence}",
        folder=banner if archive.is_ours(banner) else None,
    )


def _success(out: Path, week: str, brief: str) -> Event | None:
    folder = out / week / brief
    mark, summary = archive.run_mark(folder), archive.summary(folder)
    if not mark or not summary:
        return None
    try:
        report: records.ReportRecord | None = records.read(folder / records.FILE)[0]
    except errors.InputError:
        report = None
    verdict, title = str(summary["verdict"]), mail.plain(summary["title"])
    return Event(
        SUCCESS,
        week,
        brief,
        mark,
        title,
        mail.plain(summary.get("subject") or f"{mail.decision(verdict)} · {title} · {week}"),
        mail.plain(verdict),
        mail.plain(mail.decision(verdict)),
        tuple(_odds(report)) if report else (),
        _changed(out, report, verdict),
        tuple(map(mail.plain, summary.get("notes", ()))),
        folder,
    )


def _odds(report: records.ReportRecord) -> Iterator[tuple[str, str]]:
    """Yield the chances on the front page: what, and how many of 100; none that is luck alone."""
    for name, row in _front_page(report):
        if row.unit == "share" and "luck_only" not in name:
            yield mail.plain(row.label), html.number(row.value, row.unit)


def _front_page(report: records.ReportRecord) -> list[tuple[str, records.Number]]:
    front = min((row.notebook for row in report.metrics.values()), default="")
    return [(name, row) for name, row in report.metrics.items() if row.notebook == front]


def _changed(out: Path, report: records.ReportRecord | None, verdict: str) -> bool:
    """Return if a report's decision, or a number of its front page, is materially another than last time.

    The first report of a brief is news; so is one whose numbers, or the last one's, cannot be read.
    """
    if report is None:
        return True
    previous = records.earlier(str(out), brief=report.brief, week=report.week).last
    if previous is None:
        return True
    before = archive.summary(out / previous.week / previous.brief).get("verdict", "")
    moved = (
        _moved(row.value, previous.metrics[name].value, row.unit)
        for name, row in _front_page(report)
        if name in previous.metrics and row.method == previous.metrics[name].method
    )
    return mail.decision(verdict) != mail.decision(str(before)) or any(moved)


def _moved(value: float | None, previous: float | None, unit: str) -> bool:
    """Return if a number is another by more than `SHARE` of a share, or `PART` of what it was."""
    if value is None or previous is None:
        return value is not previous
    return abs(value - previous) >= (SHARE if unit == "share" else PART * abs(previous)) and value != previous
