"""A run that failed -> its banner page, with reason, log and the way to the last good report."""

import os
from collections.abc import Sequence
from pathlib import Path

from nanospread.core import paths
from nanospread.pages import show
from nanospread.report import archive, gather, html, publish
from nanospread.report.run import Executed
from nanospread.report.state import State

LOUD = "without encryption"  # of jupyter's own notice that every kernel log starts with


def write(
    out: Path,
    state: State,
    reason: str,
    *,
    results: Sequence[Executed] = (),
    trace: str = "",
    provenance: tuple[tuple[str, str], ...] = (),
) -> Path:
    """Put the banner page of a failed run in place, and return its folder.

    results: the notebooks that ended, kept with it; trace: what Python said, where the report itself broke.
    """
    log = _plain("\n".join([*_lines(results), *trace.splitlines()])) or reason
    made = provenance or (("Run", state.started), ("Run mark", state.mark))
    report = html.Report(state.brief, state.week, state.title, (), (), (), made)
    runs = [(result["name"], result["problem"]) for result in results]
    good = archive.last_good(out, state.brief)
    page = html.page("failed.html.j2", report=report, reason=reason, last_good=good, runs=runs, log=log)
    folder = publish.staging(out, state.week, state.brief)
    summary = {"title": state.title, "verdict": reason, "week": state.week}
    files = {"index.html": page, "run.log": log + "\n", "summary.json": gather.json_text(summary)}
    for name, text in (files | {f"{r['name']}.ipynb": r["notebook"] for r in results}).items():
        publish.replace_file(folder / name, text)
    publish.publish(folder, archive.banner(out, state.week, state.brief))
    return archive.banner(out, state.week, state.brief)


def _lines(results: Sequence[Executed]) -> list[str]:
    lines = []
    for result in results:
        lines.append(f"{result['name']}: {result['problem'] or 'ran'} ({result['seconds']:.1f} s)")
        lines += [f"    {line}" for line in result["log"].splitlines() if LOUD not in line]
    return lines


def _plain(text: str) -> str:
    """Take out what names the machine's user or folders, and what would steer a terminal."""
    text = show.printable(text)
    return text.replace(str(paths.ROOT), ".").replace(str(Path.home()) + os.sep, "~/")
