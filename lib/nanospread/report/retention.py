"""The reports on disk -> which of them may go, by count and by age, and their going."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nanospread.report import archive, history, listing, publish, recovery, state


@dataclass(frozen=True)
class Old:
    """Something of a brief and week that may go: its folder or file, its size [bytes], and what it is."""

    week: str
    brief: str
    path: Path
    size: int
    what: str


def old(out: Path, *, keep: int, weeks: int) -> list[Old]:
    """Return what may go: what is more than `weeks` [weeks] behind the newest week of all.

    Of each brief its `keep` newest readable reports stay however old they are, one at least, so never the
    last good one; so does a banner that is the newest there is of its brief. What-ifs go by age alone.
    """
    found = {(week, brief) for week in archive.weeks(out) for brief in archive.briefs(out, week)}
    newest = max((week for week, _ in found), default="")
    may_go = {key for key in found if listing.behind(key[0], newest) > weeks}
    for brief in {brief for _, brief in may_go if not brief.endswith(archive.WHAT_IF)}:
        of_brief = sorted((week for week, name in found if name == brief), reverse=True)
        readable = [week for week in of_brief if archive.summary(out / week / brief)]
        may_go -= {(week, brief) for week in [of_brief[0], *readable[: max(keep, 1)]]}
    return [one for week, brief in sorted(may_go) for one in _parts(out, week, brief)]


def prune(out: Path, going: list[Old]) -> list[Old]:
    """Delete, each in one step and never what a run is writing, make the lists again, return what went."""
    recovery.dead(out)
    gone = []
    for one in going:
        try:
            with publish.locked(out, one.week, one.brief):
                if one.path.is_dir():
                    publish.withdraw(out, one.week, one.brief, one.path)
                else:
                    one.path.unlink(missing_ok=True)
        except publish.BusyError:
            continue
        gone.append(one)
    history.rebuild(out)
    return gone


def _parts(out: Path, week: str, brief: str) -> Iterator[Old]:
    """Yield report, banner and state of a brief and week, as far as they are there and no link elsewhere."""
    parts = {
        "report": out / week / brief,
        "banner": archive.banner(out, week, brief),
        "state": state.path(out, week, brief),
    }
    for what, path in parts.items():
        if path.exists() and not path.is_symlink() and not path.parent.is_symlink():
            yield Old(week, brief, path, _size(path), what)


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.lstat().st_size for file in files if not file.is_dir())
