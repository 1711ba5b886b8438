"""Runs that ended, in whatever way -> their last state, and the ground clear for the next run."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nanospread.report import archive, banner, history, listing, publish, state
from nanospread.report.run import Executed

KILLED = "the run was killed before it ended"


def recovered(out: Path, week: str, brief: str) -> list[tuple[str, str]]:
    """Clear the ground for a run that holds the lock of (week, brief); return whose lists may change."""
    publish.clear(out, week, brief)
    settle(out, week, brief, KILLED)
    return [(week, brief), *dead(out)]


def dead(out: Path) -> list[tuple[str, str]]:
    """Settle every run that died at work, and return whose they were."""
    found = []
    for key in publish.abandoned(out):
        publish.clear(out, *key)
        settle(out, *key, KILLED)
        found.append(key)
    return found


def listed(out: Path) -> list[listing.Row]:
    """Settle what died, make every list again from what is on disk, and return the rows of the front one."""
    dead(out)
    return listing.rows(out, history.rebuild(out))


def settle(
    out: Path,
    week: str,
    brief: str,
    reason: str,
    *,
    results: Sequence[Executed] = (),
    trace: str = "",
    provenance: tuple[tuple[str, str], ...] = (),
) -> None:
    """Give a run that is no longer at work its last state, with the lock of (week, brief) held.

    It is published if the report in place carries its mark, whatever came after that step; otherwise it
    failed for this reason, and gets a banner. Done twice, it changes nothing more.
    """
    last = state.read(out, week, brief)
    if last is None or last.status not in state.AT_WORK:
        return
    if state.mark(out, week, brief) == last.mark:
        publish.withdraw(out, week, brief, archive.banner(out, week, brief))
        state.write(out, replace(last, status=state.PUBLISHED))
        return
    with contextlib.suppress(OSError):  # on a full disk the state still tells
        banner.write(out, last, reason, results=results, trace=trace, provenance=provenance)
    state.write(out, replace(last, status=state.FAILED, reason=reason))
