"""How long the reports of many briefs take on a cluster of two processes, against the least that they could.

The ideal is measured in the same run: the seconds of all notebooks, shared by two workers without a gap. The
run's own time is from the first plan to the last publication: plans, pages, lists and all. Some reports are
made here too, and all that is published but the provenance must be the same to the byte.

    python tools/benches/briefs.py [NUMBER] [--smoke]
"""

import json
import re
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from nanospread.core import cluster, paths
from nanospread.report import weekly
from nanospread.report.execution import JobResult
from nanospread.report.scheduling import RunResult
from nanospread.report.weekly import Observer, ReportRequest, RunOptions

WORKERS, WORLDS, COMPARED = 2, 200, 3
WEEK, MOMENT = "2026-W47", datetime(2026, 11, 22, tzinfo=UTC)
SMOKE = paths.ROOT / "tests" / "fixtures" / "notebooks"
SAMPLE = (paths.DATA / "briefs" / "sample.yaml").read_text(encoding="utf-8")
PROVENANCE = re.compile(rb'<section id="provenance".*?</section>', re.DOTALL)
MB = 1_024  # kilobytes


class Seconds(Observer):
    """Adds up what the notebooks took."""

    def __init__(self) -> None:
        self.notebooks = 0.0

    def notebook_done(self, number: int, result: JobResult) -> None:
        """Count one."""
        self.notebooks += result["seconds"]


def measured(number: int, notebooks: Path, values: dict[str, object]) -> dict[str, float]:
    """Return the run's time over the ideal, and how much memory client, workers and kernels took at most."""
    with tempfile.TemporaryDirectory() as name, cluster.connected(f"local:{WORKERS}") as client:
        folder = Path(name)
        asked = [
            ReportRequest(WEEK, _brief(folder, each), str(paths.SAMPLE), values) for each in range(number)
        ]
        far, near = (RunOptions(MOMENT, folder / out, notebooks) for out in ("far", "near"))
        pool, seconds = cluster.executor(client), Seconds()
        start = time.perf_counter()
        _sound(weekly.reports(asked, far, executor=pool, at_once=lambda: pool.threads, observer=seconds))
        whole = time.perf_counter() - start
        peaks = client.run(_peaks).values()
        _sound(weekly.reports(asked[:COMPARED], near))
        if odd := [file for file in _files(near.out) if _files(near.out)[file] != _files(far.out).get(file)]:
            raise SystemExit(f"differs from what is made here: {', '.join(odd)}")
    return {
        "briefs_number": number,
        "briefs_seconds": whole,
        "briefs50_vs_ideal": whole / (seconds.notebooks / WORKERS),
        "briefs_client_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MB,
        "briefs_worker_peak_mb": max(peak for peak, _ in peaks),
        "briefs_kernel_peak_mb": max(peak for _, peak in peaks),
    }


def _brief(folder: Path, number: int) -> str:
    file = folder / f"b{number}.yaml"
    changed = SAMPLE.replace("name: sample", f"name: b{number}")
    file.write_text(changed.replace("budget: 5000", f"budget: {5_000 + 100 * number}"), encoding="utf-8")
    return str(file)


def _sound(ended: list[RunResult]) -> None:
    if faults := [str(each.error) for each in ended if each.error]:
        raise SystemExit(f"{len(faults)} reports failed: {faults[0]}")


def _files(out: Path) -> dict[str, bytes]:
    """Return what the week's reports hold but for when they were made."""
    every = [file for file in sorted((out / WEEK).glob("*/**/*")) if file.is_file()]
    told = [file for file in every if file.name != "provenance.json"]
    return {str(file.relative_to(out)): PROVENANCE.sub(b"", file.read_bytes()) for file in told}


def _peaks() -> tuple[float, float]:
    """Return the peak memory of a worker, and of the largest kernel that it had."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    own, largest = (resource.getrusage(each).ru_maxrss / MB for each in whose)
    return own, largest


if __name__ == "__main__":
    smoke, given = "--smoke" in sys.argv, [int(each) for each in sys.argv[1:] if each.isdecimal()]
    if smoke:
        print(json.dumps(measured(2, SMOKE, {})))
    else:
        print(json.dumps(measured(given[0] if given else 50, paths.NOTEBOOKS, {"n_worlds": WORLDS})))
