"""The send command: how each brief's newest run ended -> the channels of send.yaml, and what became of it."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nanospread.cli.terminal import environment
from nanospread.core import errors, paths, weeks
from nanospread.pages import show
from nanospread.report import archive
from nanospread.report.archive import lists, upkeep
from nanospread.send import delivery, events, settings
from nanospread.send.delivery import Result, Runtime
from nanospread.send.settings import Settings

if TYPE_CHECKING:
    from nanospread.cli.late_reports import LateReport


def configured() -> Settings:
    """Return what the workspace's send.yaml says. Raises: InputError where it is missing or wrong."""
    return settings.read(paths.ROOT / settings.FILE)


def runtime() -> Runtime:
    """Return the clock, the patience and the environment of this process."""
    return Runtime(lambda: datetime.now(UTC), time.sleep, environment())


def sent(out: Path, brief: str, week: str, *, dry: bool, again: bool) -> list[Result]:
    """Send what is unsent of each brief's newest run, a line for each message; return what became of each."""
    configuration = configured()
    archive.existing(out)
    if brief and configuration.briefs and brief not in configuration.briefs:
        raise errors.unknown(f"brief of {settings.FILE}", brief, configuration.briefs)
    if dead := [] if dry else upkeep.settle_dead(out):  # who was killed failed, and could not say so
        lists.update(out, dead)
    runs = events.newest(out, [brief] if brief else (), weeks.checked(week) if week else "")
    results = printed(delivery.notify(out, configuration, runs, runtime(), again=again, dry=dry))
    attempted = {each.channel for each in results if each.state != delivery.BEFORE}
    if dry and (
        reasons := [*delivery.unusable(configuration, runtime(), configuration.channels.keys() - attempted)]
    ):
        raise errors.InputError("; ".join(reasons))
    return results


def printed(results: Iterable[Result]) -> list[Result]:
    """Print each result as it comes, and return all."""
    every = []
    for result in results:
        print(show.printable(f"{result.state:<11} {result.line}"), flush=True)
        every.append(result)
    if not every:
        print("nothing to send")
    return every


def late_notified(out: Path, reports: "Iterable[LateReport]") -> Iterator[Result]:
    """Tell the channels of send.yaml that have `late`, each once a week, and yield what became of it."""
    late = [events.late(out, each.week, each.brief, each.title, each.reason) for each in reports]
    yield from delivery.notify(out, configured(), late, runtime())
