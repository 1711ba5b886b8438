"""What is remembered of each brief, and the pages that list the reports: front list, weeks, years.

What is on disk is the truth. `.history.json` remembers the newest weeks of each brief, so that one more run
costs the same however many are behind it; where it is missing or cannot be read, it is made again from disk.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from nanospread.core.errors import InputError
from nanospread.core.files import write_atomically
from nanospread.core.formatting import counted
from nanospread.core.weeks import behind, dated, exists
from nanospread.report import archive, html
from nanospread.report.archive import FAILED, PUBLISHED, RUNNING, Outcome, publish

WEEKS = 12  # of each brief in the front list
BRIEFS = 100  # in the front list: it stays under 200 kB; the rest is in the pages of the weeks
STALE = 2  # [weeks] a last good report may not be behind the newest week of all
LONGEST = 280  # [characters] of a title, verdict or reason
NO_SUMMARY = "The summary of this report cannot be read."
MEMORY = ".history.json"
SCHEMA = 1
PATIENCE = 60  # [s] for another that brings the lists up to date
Memory = dict[str, dict[str, Outcome]]  # brief -> week -> how its last run ended


@dataclass(frozen=True)
class Row:
    """A brief in a list: status, title and verdict of its last good report, and what to know first.

    links: words, and the page that they lead to, if there is one.
    """

    brief: str
    title: str
    href: str
    status: str
    verdict: str
    notes: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()

    @property
    def fine(self) -> bool:
        """Return if nobody needs to look; a what-if can wait."""
        return self.status == PUBLISHED or archive.is_what_if(self.brief)


def update(out: Path, keys: Iterable[tuple[str, str]] | None = None) -> Memory:
    """Bring the lists up to date where (week, brief) changed, and return what is remembered of each brief.

    Without keys, or where nothing is remembered, every list is made again from what is on disk.
    """
    with publish.lock(out, "index", wait=PATIENCE):  # then without: one that hangs stops no other
        memory, changed = None if keys is None else _remembered(out), sorted(set(keys or ()))
        weeks = [week for week, _ in changed]
        if memory is None:
            memory, weeks = {}, archive.weeks(out)
            changed = [(week, brief) for week in weeks for brief in archive.briefs(out, week)]
        for week, brief in changed:
            _learn(memory, week, brief, archive.outcome(out, week, brief))
        _write(out, memory, weeks)
    return memory


def _learn(memory: Memory, week: str, brief: str, now: Outcome | None) -> None:
    """Remember one more week of a brief: the newest ones, and the last good one wherever it is."""
    history = {known: ended for known, ended in memory.pop(brief, {}).items() if known != week}
    history |= {week: now} if now else {}
    last_good = sorted(known for known, ended in history.items() if ended.good)[-1:]
    remembered = {*sorted(history)[-WEEKS:], *last_good}
    if history:
        memory[brief] = {known: history[known] for known in sorted(remembered)}


def _remembered(out: Path) -> Memory | None:
    """Return what is remembered; None where it cannot be read, or names a report that is no longer there."""
    try:
        content = json.loads((out / MEMORY).read_text(encoding="utf-8"))
        memory = {str(brief): dict(_outcomes(history)) for brief, history in content["briefs"].items()}
        known = content["schema"] == SCHEMA
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    there = all(
        archive.has_report(out, week, brief) == ended.good
        for brief, history in memory.items()
        for week, ended in history.items()
    )
    return memory if known and there else None


def _outcomes(history: dict[str, Any]) -> Iterator[tuple[str, Outcome]]:
    for week, (status, good) in history.items():
        if not (exists(week) and isinstance(status, str) and isinstance(good, bool)):
            raise ValueError(week)
        yield week, Outcome(status, good)


def _write(out: Path, memory: Memory, changed: Sequence[str]) -> None:
    """Write the pages of the weeks that changed, of their years, the front list, and then the memory."""
    for week in changed:
        _write_week(out, week)
    weeks = archive.weeks(out)
    for year in {week[:4] for week in changed}:
        counted = [(week, *archive.counts(out, week)) for week in weeks if week[:4] == year]
        page = html.page("weeks.html.j2", name=year, rows=(), weeks=counted) if counted else None
        _replace(out / f"{year}.html", page)
    _replace(out / "index.html", _front_page(out, memory, weeks))
    _replace(out / MEMORY, json.dumps({"schema": SCHEMA, "briefs": memory}, sort_keys=True) + "\n")


def _write_week(out: Path, week: str) -> None:
    """Write the page of a week; a week of which nothing is left loses its folder."""
    if not (out / week).is_dir():
        return
    ended = {brief: now for brief in archive.briefs(out, week) if (now := archive.outcome(out, week, brief))}
    rows = [_row_of_week(out, week, brief, now) for brief, now in ended.items()]
    page = html.page("weeks.html.j2", name=week, rows=rows, weeks=()) if ended else None
    _replace(out / week / "index.html", page)
    if not ended:
        with contextlib.suppress(OSError):  # it holds something that is not ours
            (out / week).rmdir()


def _replace(path: Path, text: str | None) -> None:
    """Write a file unless it says so already; without a text, take it away; never a page that is not ours."""
    if path.suffix == ".html" and path.exists() and not archive.is_our_page(path):
        raise InputError(f"'{path}' {publish.STRANGE}")
    if text is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != text.encode():
        write_atomically(path, text, alone=True)


def _front_page(out: Path, memory: Memory, weeks: Sequence[str]) -> str:
    """Return the list of all reports, and the way to the weeks that are there, by year."""
    every = rows(out, memory)
    shown = every[:BRIEFS]
    lists = {
        "Briefs": [row for row in shown if not archive.is_what_if(row.brief)],
        "What if": [row for row in shown if archive.is_what_if(row.brief)],
    }
    years = sorted({week[:4] for week in weeks}, reverse=True)
    more = len(every) - len(shown)
    return html.page("list.html.j2", lists=lists, newest=_newest(memory), years=years, more=more)


def rows(out: Path, memory: Memory, now: str = "") -> list[Row]:
    """Return every brief as the front list shows it: what needs a look first, then by name; what-ifs last.

    now: the week to which ages count, where it is after the newest of all.
    """
    newest = max(_newest(memory), now)
    every = [_row(out, brief, history, newest) for brief, history in sorted(memory.items())]
    return sorted(every, key=lambda row: (archive.is_what_if(row.brief), row.fine))


def _newest(memory: Memory) -> str:
    return max((week for history in memory.values() for week in history), default="")


def _row(out: Path, brief: str, history: Mapping[str, Outcome], newest: str) -> Row:
    """Return a brief as the front list shows it; its age counts to `newest`, the newest week, or this one."""
    last = max(history)
    good = max((week for week, ended in history.items() if ended.good), default="")
    age = behind(good, newest) if good else 0
    stale = age >= STALE and not archive.is_what_if(brief)
    status = "stale" if history[last].status == PUBLISHED and stale else history[last].status
    notes = _notes(out, last, brief, history[last]) + _age(good, age, newest, status)
    title, verdict = _words(out, good or last, brief)
    links = tuple(_link(out, week, brief, history[week]) for week in sorted(history, reverse=True)[:WEEKS])
    return Row(brief, title, _page(good and f"{good}/{brief}"), status, verdict, notes, links)


def _row_of_week(out: Path, week: str, brief: str, outcome: Outcome) -> Row:
    """Return a brief as the page of a week shows it."""
    title, verdict = _words(out, week, brief)
    failed = archive.banner_path(out, week, brief)
    links = (("what failed", _page(failed.name)),) if archive.is_ours(failed) else ()
    href = _page(brief) if outcome.good else ""
    return Row(brief, title, href, outcome.status, verdict, _notes(out, week, brief, outcome), links)


def _words(out: Path, week: str, brief: str) -> tuple[str, str]:
    """Return title and verdict of a report; where there is none, the title of its run."""
    if archive.has_report(out, week, brief):
        summary = archive.summary(out / week / brief) or {"title": brief, "verdict": NO_SUMMARY}
        return _short(summary["title"]), _short(summary["verdict"])
    last = archive.read_state(out, week, brief)
    failure = archive.summary(archive.banner_path(out, week, brief))
    return _short(last.title if last else failure.get("title", brief)), ""


def _notes(out: Path, week: str, brief: str, outcome: Outcome) -> tuple[str, ...]:
    """Return what a reader must know of the last run of a brief and week."""
    last = archive.read_state(out, week, brief)
    if outcome.status == RUNNING and last:
        return (f"A run of {week} has been at work since {last.started}.",)
    if outcome.status == FAILED:
        failure = archive.summary(archive.banner_path(out, week, brief))
        reason = last.reason if last else failure.get("verdict", "")
        return (_short(f"The run of {week} failed: {reason.removesuffix('.')}") + ".",)
    return _old(archive.summary(out / week / brief).get("newest_post", ""), week)


def _old(newest_post: object, week: str) -> tuple[str, ...]:
    try:
        sentence = dated(date.fromisoformat(str(newest_post)), week)
    except ValueError:
        return ()
    return (sentence,) if sentence else ()


def _age(good: str, age: int, newest: str, status: str) -> tuple[str, ...]:
    if not good:
        return ("There is no good report yet.",)
    if age == 0 and status == PUBLISHED:
        return ()
    ago = f"{counted(age, 'week')} before {newest}" if age else "the newest week"
    return (f"Last good: {good}, {ago}.",)


def _link(out: Path, week: str, brief: str, ended: Outcome) -> tuple[str, str]:
    words = week if ended.status == PUBLISHED else f"{week} {ended.status}"
    failed = ended.status == FAILED and archive.is_ours(archive.banner_path(out, week, brief))
    folder = f"{week}/{brief}{archive.BANNER}" if failed else f"{week}/{brief}" if ended.good else ""
    return words, _page(folder)


def _page(folder: str) -> str:
    return f"{folder}/index.html" if folder else ""


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
