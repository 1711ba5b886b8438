"""Runs that ended, in whatever way, get their last state and their banner; reports that are old enough go."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nanospread.core import paths
from nanospread.core.errors import BusyError, InputError
from nanospread.core.files import write_atomically
from nanospread.core.weeks import behind
from nanospread.pages import show
from nanospread.report import archive, gather, html
from nanospread.report.archive import AT_WORK, FAILED, PUBLISHED, State, lists, publish
from nanospread.report.execution import JobResult

KILLED = "the run was killed before it ended"
LOUD = "without encryption"  # of jupyter's own notice that every kernel log starts with


@dataclass(frozen=True)
class PruneCandidate:
    """Something of a brief and week that may go: its folder or file, its size [bytes], and what it is."""

    week: str
    brief: str
    path: Path
    size: int
    kind: str


def recover(out: Path, week: str, brief: str, *, force: bool = False) -> list[tuple[str, str]]:
    """Clear the ground for a run that holds the lock of (week, brief); return whose lists may change.

    Raises InputError where it would replace what is not ours; force: only for a link.
    """
    publish.check(out, week, brief, force=force)
    publish.clear(out, week, brief)
    settle(out, week, brief, KILLED)
    return [(week, brief), *settle_dead(out)]


def settle_dead(out: Path) -> list[tuple[str, str]]:
    """Settle every run that died at work, and return whose they were."""
    dead = []
    for week, brief in publish.abandoned(out):
        publish.clear(out, week, brief)
        settle(out, week, brief, KILLED)
        dead.append((week, brief))
    return dead


def listed(out: Path, now: str = "") -> list[lists.Row]:
    """Settle what died, make every list again from what is on disk, and return the rows of the front one.

    now: the week it is, to which ages count here; the lists on disk count to the newest week of all.
    """
    settle_dead(out)
    return lists.rows(out, lists.update(out), now)


def settle(
    out: Path,
    week: str,
    brief: str,
    reason: str,
    *,
    results: Sequence[JobResult] = (),
    trace: str = "",
    provenance: tuple[tuple[str, str], ...] = (),
) -> None:
    """Give a run that is no longer at work its last state, with the lock of (week, brief) held.

    It is published if the report in place carries its mark, whatever came after that step; otherwise it
    failed for this reason, and gets a banner. Done twice, it changes nothing more.
    """
    last = archive.read_state(out, week, brief)
    if last is None or last.status not in AT_WORK:
        return
    banner = archive.banner_path(out, week, brief)
    if archive.run_mark(out / week / brief) == last.mark:
        if archive.is_ours(banner):
            publish.withdraw(out, week, brief, banner)
        archive.write_state(out, replace(last, status=PUBLISHED))
        return
    with contextlib.suppress(OSError, InputError):  # on a full disk the state still tells
        write_banner(out, last, reason, results=results, trace=trace, provenance=provenance)
    archive.write_state(out, replace(last, status=FAILED, reason=reason))


def confirm_published(out: Path, state: State) -> None:
    """Let the report in place be what the last run came to, with its lock held; a banner goes."""
    mark = archive.run_mark(out / state.week / state.brief)
    last = archive.read_state(out, state.week, state.brief)
    if last is None or (last.status, last.mark) != (PUBLISHED, mark):
        archive.write_state(out, replace(state, mark=mark))
        settle(out, state.week, state.brief, "")


def write_banner(
    out: Path,
    state: State,
    reason: str,
    *,
    results: Sequence[JobResult] = (),
    trace: str = "",
    provenance: tuple[tuple[str, str], ...] = (),
) -> Path:
    """Put the banner page of a failed run in place, with the notebooks that ended, and return its folder.

    Raises InputError where something that is not ours stands there.
    """
    target = archive.banner_path(out, state.week, state.brief)
    if target.is_symlink() or (target.exists() and not archive.is_ours(target)):
        raise InputError(f"'{target}' {publish.STRANGE}")
    log = anonymous("\n".join([*_log_lines(results), *trace.splitlines()])) or reason
    made = provenance or (("Run", state.started), ("Run mark", state.mark))
    report = html.Report(state.brief, state.week, state.title, (), (), (), made)
    runs = [(result["name"], result["problem"]) for result in results]
    last_good = archive.last_good(out, state.brief)
    page = html.page(
        "failed.html.j2",
        report=report,
        reason=reason,
        last_good=last_good,
        age=behind(last_good, state.week) if last_good else 0,
        runs=runs,
        log=log,
    )
    folder = publish.staging(out, state.week, state.brief)
    summary = {"title": state.title, "verdict": reason, "week": state.week}
    files = {"index.html": page, "run.log": log + "\n", "summary.json": gather.json_text(summary)}
    for name, text in (files | {f"{r['name']}.ipynb": r["notebook"] for r in results}).items():
        write_atomically(folder / name, text)
    publish.publish(folder, target)
    return target


def _log_lines(results: Sequence[JobResult]) -> list[str]:
    lines = []
    for result in results:
        lines.append(f"{result['name']}: {result['problem'] or 'ran'} ({result['seconds']:.1f} s)")
        lines += [f"    {line}" for line in result["log"].splitlines() if LOUD not in line]
    return lines


def anonymous(text: str) -> str:
    """Take out what names the machine's user or folders, and what would steer a terminal."""
    text = show.printable(text)
    return text.replace(str(paths.ROOT), ".").replace(os.path.join(os.path.expanduser("~"), ""), "~/")


def prune_candidates(out: Path, *, keep: int, weeks: int) -> list[PruneCandidate]:
    """Return what may go: what is more than `weeks` [weeks] behind the newest week of all.

    Of each brief its `keep` newest readable reports stay however old they are, one at least, so never the
    last good one; so does a banner that is the newest there is of its brief. What-ifs go by age alone.
    """
    keys = {(week, brief) for week in archive.weeks(out) for brief in archive.briefs(out, week)}
    newest = max((week for week, _ in keys), default="")
    may_go = {key for key in keys if behind(key[0], newest) > weeks}
    for brief in {brief for _, brief in may_go if not archive.is_what_if(brief)}:
        of_brief = sorted((week for week, name in keys if name == brief), reverse=True)
        readable = [week for week in of_brief if archive.summary(out / week / brief)]
        may_go -= {(week, brief) for week in [of_brief[0], *readable[: max(keep, 1)]]}
    return [part for week, brief in sorted(may_go) for part in _parts(out, week, brief)]


def _parts(out: Path, week: str, brief: str) -> Iterator[PruneCandidate]:
    """Yield report, banner and state of a brief and week, as far as they are there and a run made them."""
    folders = {"report": out / week / brief, "banner": archive.banner_path(out, week, brief)}
    for kind, path in folders.items():
        if archive.is_ours(path):
            yield PruneCandidate(week, brief, path, _size(path), kind)
    state = archive.state_path(out, week, brief)
    if archive.read_state(out, week, brief) and not state.is_symlink():
        yield PruneCandidate(week, brief, state, _size(state), "state")


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir())


def prune(out: Path, going: list[PruneCandidate]) -> list[PruneCandidate]:
    """Delete, each in one step and never what a run is writing, make the lists again, return what went."""
    settle_dead(out)
    deleted = []
    for part in going:
        try:
            with publish.locked(out, part.week, part.brief):
                if part.path.is_dir():
                    publish.withdraw(out, part.week, part.brief, part.path)
                else:
                    part.path.unlink(missing_ok=True)
        except BusyError:
            continue
        deleted.append(part)
    lists.update(out)
    return deleted
