"""A run that is refused before a kernel starts -> what a failed one leaves: state, banner and lists.

It stands where its report would have been published: a value that changes the brief makes it a what-if, and
a week that cannot be is this one. A folder of reports that is not there is not made, and a name that neither
a brief's file nor any report has is a slip of the hand: such a run leaves nothing.
"""

import contextlib
import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

from nanospread.campaign import brief as briefs
from nanospread.core import weeks
from nanospread.core.errors import BusyError, InputError
from nanospread.report import archive
from nanospread.report.archive import lists, publish, upkeep
from nanospread.report.gather import NAME
from nanospread.report.plan import changes_brief, moment

REFUSED = "refused before it began"
LINE = re.compile(r"^(name|title): *(['\"]?)(.+?)\2 *(?:#.*)?$", re.MULTILINE)


class BriefIdentity(NamedTuple):
    """What is known of a brief, however damaged: name (of a report), title, and where its weeks end."""

    name: str
    title: str
    zone: tzinfo | None
    has_file: bool  # whether it has a file


def identity(brief: str | Path) -> BriefIdentity:
    """Return what a brief says of itself, line by line where it cannot be read; else how it is called."""
    stem = re.sub("[^a-z0-9_-]+", "-", Path(brief).stem.lower()).strip("-")
    try:
        file = briefs.path(brief)
        lines = {field: text for field, _, text in LINE.findall(file.read_text("utf-8", errors="replace"))}
    except (InputError, OSError):
        return BriefIdentity(stem, stem, None, has_file=False)
    zone = None
    with contextlib.suppress(InputError):
        read = briefs.read(file)
        lines, zone = {"name": read.name, "title": read.title}, read.zone
    name = lines.get("name", "")
    name = name if NAME.fullmatch(name) else stem
    return BriefIdentity(name, lines.get("title", name), zone, has_file=True)


def is_known(out: Path, brief: BriefIdentity) -> bool:
    """Return if a brief has a file, or left anything among the reports; else it is a slip of the hand."""
    return brief.has_file or any(brief.name in archive.briefs(out, week) for week in archive.weeks(out))


@contextlib.contextmanager
def recorded(out: Path, brief: str, week: str, names: Iterable[str], started: datetime) -> Iterator[None]:
    """Tell a refusal in a folder of reports too, where that can be written, and raise it all the same.

    names: of the values that the run was given. Another run at work is no refusal.
    """
    try:
        yield
    except BusyError:
        raise
    except InputError as error:
        with contextlib.suppress(InputError, OSError):
            _tell(out, identity(brief or "sample"), week, names, started, str(error))
        raise


def _tell(
    out: Path, brief: BriefIdentity, week: str, names: Iterable[str], started: datetime, reason: str
) -> None:
    if not (out.is_dir() and is_known(out, brief) and NAME.fullmatch(brief.name)):
        return
    name = f"{brief.name}{archive.WHAT_IF}" if any(map(changes_brief, names)) else brief.name
    week = week if _can_be(week, started) else weeks.of(started, brief.zone)
    state = archive.State(name, week, brief.title, archive.QUEUED, uuid.uuid4().hex[:12], moment(started))
    with publish.locked(out, week, name):
        dead = upkeep.recover(out, week, name)
        archive.write_state(out, state)
        upkeep.settle(out, week, name, f"{REFUSED}: {upkeep.anonymous(reason)}")
        lists.update(out, [*dead, (week, name)])


def _can_be(week: str, started: datetime) -> bool:
    try:
        return bool(weeks.checked(week, started))
    except InputError:
        return False
