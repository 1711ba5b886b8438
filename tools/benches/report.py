"""How long the whole report takes, against the least that two cores could take for its notebooks.

The ideal is measured in the same run: each notebook alone, one after another, in a kernel of its own. Two
cores can be no faster than the slowest of them, nor than half of their sum: the ideal is the greater of the
two. The report's own time is from its first check to its publication: imports, kernels, pages, lists and all.

    python tools/benches/report.py [--smoke]
"""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from nanospread.core import paths
from nanospread.report import weekly
from nanospread.report.execution import JobResult, executed, jobs
from nanospread.report.parameters import notebooks
from nanospread.report.plan import planned

CORES = 2
WEEK, MOMENT = "2026-W47", datetime(2026, 11, 22, tzinfo=UTC)
SMOKE = paths.ROOT / "tests" / "fixtures" / "notebooks"


def measured(folder: Path) -> dict[str, float]:
    """Return the seconds of the report and of its slowest notebook, and the report's time over the ideal."""
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        weekly.report(week=WEEK, started=MOMENT, out=Path(out), notebooks=folder)
        whole = time.perf_counter() - start
        each = [_sound(result)["seconds"] for result in _one_by_one(folder, Path(out))]
    ideal = max(max(each), sum(each) / CORES)
    return {
        "report_seconds": whole,
        "report_slowest_notebook_seconds": max(each),
        "report_vs_ideal": whole / ideal,
    }


def _one_by_one(folder: Path, out: Path) -> list[JobResult]:
    sources = notebooks(folder)
    plan = planned(week=WEEK, started=MOMENT, brief="", data="", out=out, overrides={}, sources=sources)
    work = jobs(plan.sources, plan.values)
    return [executed(job) for job in work]


def _sound(result: JobResult) -> JobResult:
    if result["problem"]:
        raise SystemExit(f"{result['name']}: {result['problem']}")
    return result


if __name__ == "__main__":
    print(json.dumps(measured(SMOKE if "--smoke" in sys.argv else paths.NOTEBOOKS)))
