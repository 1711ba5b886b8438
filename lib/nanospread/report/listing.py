"""What is remembered of the briefs -> the front list, and the pages of a week and a year, as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nanospread.report import archive, html, state
from nanospread.report.week import dated

WEEKS = 12  # of each brief in the front list
BRIEFS = 100  # in the front list: it stays under 200 kB; the rest is in the pages of the weeks
STALE = 2  # [weeks] a last good report may not be behind the newest week of all
LONGEST = 280  # [characters] of a title, verdict or reason
Memory = Mapping[str, Mapping[str, archive.Seen]]  # brief -> week -> how its last run ended
NO_SUMMARY = "The summary of this report cannot be read."


@dataclass(frozen=True)
class Link:
    """A week of a brief: its words and the page they lead to, if there is one."""

    text: str
    href: str
    status: str


@dataclass(frozen=True)
class Row:
    """A brief in a list: status, title and verdict of its last good report, and what to know first."""

    brief: str
    title: str
    href: str
    status: str
    verdict: str
    notes: tuple[str, ...]
    links: tuple[Link, ...] = ()

    @property
    def fine(self) -> bool:
        """Return if nobody needs to look; a what-if can wait."""
        return self.status == state.PUBLISHED or _what_if(self.brief)


def front(out: Path, memory: Memory, there: Sequence[str]) -> str:
    """Return the list of all reports, and the way to the weeks that are there, by year."""
    found, newest = rows(out, memory), _newest(memory)
    years = sorted({week[:4] for week in there}, reverse=True)
    shown = found[:BRIEFS]
    lists = {
        "Briefs": [row for row in shown if not _what_if(row.brief)],
        "What if": [row for row in shown if _what_if(row.brief)],
    }
    return html.page("list.html.j2", lists=lists, newest=newest, years=years, more=len(found) - len(shown))


def rows(out: Path, memory: Memory) -> list[Row]:
    """Return every brief as the front list shows it: what needs a look first, then by name; what-ifs last."""
    newest = _newest(memory)
    found = [brief_row(out, brief, row, newest) for brief, row in sorted(memory.items())]
    return sorted(found, key=lambda row: (_what_if(row.brief), row.fine))


def week_page(out: Path, week: str, found: Mapping[str, archive.Seen]) -> str:
    """Return the list of one week, to lie in the folder of that week."""
    rows = [week_row(out, week, brief, now) for brief, now in sorted(found.items())]
    return html.page("weeks.html.j2", name=week, rows=rows, weeks=())


def year_page(out: Path, year: str, weeks: Sequence[str]) -> str:
    """Return the list of some weeks, those of one year, with their counts."""
    found = [(week, *archive.counts(out, week)) for week in weeks]
    return html.page("weeks.html.j2", name=year, rows=(), weeks=found)


def brief_row(out: Path, brief: str, row: Mapping[str, archive.Seen], newest: str) -> Row:
    """Return a brief as the front list shows it; its age counts to `newest`, the newest week of all."""
    last = max(row)
    good = max((week for week, how in row.items() if how.good), default="")
    age = behind(good, newest) if good else 0
    stale = age >= STALE and not _what_if(brief)
    status = "stale" if row[last].status == state.PUBLISHED and stale else row[last].status
    notes = _notes(out, last, brief, row[last]) + _age(good, age, status)
    title, verdict = _words(out, good or last, brief)
    links = tuple(_link(out, week, brief, row[week]) for week in sorted(row, reverse=True)[:WEEKS])
    return Row(brief, title, _page(f"{good}/{brief}") if good else "", status, verdict, notes, links)


def week_row(out: Path, week: str, brief: str, now: archive.Seen) -> Row:
    """Return a brief as the page of a week shows it."""
    title, verdict = _words(out, week, brief)
    links = (Link("what failed", _page(f"{brief}{archive.FAILED}"), state.FAILED),)
    failed = archive.banner(out, week, brief).is_dir()
    notes = _notes(out, week, brief, now)
    return Row(
        brief, title, _page(brief) if now.good else "", now.status, verdict, notes, links if failed else ()
    )


def behind(week: str, newest: str) -> int:
    """Return how many weeks a week is before the newest one."""
    return (_day(newest, 1) - _day(week, 1)).days // 7


def _day(week: str, number: int) -> date:
    return date.fromisocalendar(int(week[:4]), int(week[6:]), number)


def _newest(memory: Memory) -> str:
    return max((week for row in memory.values() for week in row), default="")


def _what_if(brief: str) -> bool:
    return brief.endswith(archive.WHAT_IF)


def _words(out: Path, week: str, brief: str) -> tuple[str, str]:
    """Return title and verdict of a report; where there is none, the title of its run."""
    if archive.good(out, week, brief):
        said = archive.summary(out / week / brief) or {"title": brief, "verdict": NO_SUMMARY}
        return _short(said["title"]), _short(said["verdict"])
    last = state.read(out, week, brief)
    said = archive.summary(archive.banner(out, week, brief))
    return _short(last.title if last else said.get("title", brief)), ""


def _notes(out: Path, week: str, brief: str, now: archive.Seen) -> tuple[str, ...]:
    """Return what a reader must know of the last run of a brief and week."""
    last = state.read(out, week, brief)
    if now.status == state.RUNNING and last:
        return (f"A run of {week} has been at work since {last.started}.",)
    if now.status == state.FAILED:
        reason = last.reason if last else archive.summary(archive.banner(out, week, brief)).get("verdict", "")
        return (_short(f"The run of {week} failed: {reason.removesuffix('.')}") + ".",)
    return _old(archive.summary(out / week / brief).get("newest_post", ""), week)


def _old(newest_post: object, week: str) -> tuple[str, ...]:
    try:
        said = dated(date.fromisoformat(str(newest_post)), week)
    except ValueError:
        return ()
    return (said,) if said else ()


def _age(good: str, age: int, status: str) -> tuple[str, ...]:
    if not good:
        return ("There is no good report yet.",)
    if age == 0 and status == state.PUBLISHED:
        return ()
    ago = f"{age} week{'' if age == 1 else 's'} behind the newest" if age else "the newest week"
    return (f"Last good: {good}, {ago}.",)


def _link(out: Path, week: str, brief: str, how: archive.Seen) -> Link:
    words = week if how.status == state.PUBLISHED else f"{week} {how.status}"
    failed = how.status == state.FAILED and archive.banner(out, week, brief).is_dir()
    folder = f"{week}/{brief}{archive.FAILED}" if failed else f"{week}/{brief}" if how.good else ""
    return Link(words, _page(folder) if folder else "", how.status)


def _page(folder: str) -> str:
    return f"{folder}/index.html"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
