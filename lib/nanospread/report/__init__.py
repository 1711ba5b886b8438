"""Notebooks + brief -> HTML, metrics.json, CSV, XLSX, index.

`weekly` checks brief, data and parameters before any kernel starts, runs the notebooks side by side,
looks at each executed notebook itself, and publishes in one step. A failed or killed run leaves the last
good report as it was. `listed` and `prune` look after what has been published.
"""

from nanospread.report.gather import csv_text
from nanospread.report.parameters import from_text, notebooks
from nanospread.report.publish import BusyError, replace_file
from nanospread.report.recovery import listed
from nanospread.report.retention import old, prune
from nanospread.report.run import TIME_LIMIT, Executed, Job, executed
from nanospread.report.shelf import weeks as weeks_there
from nanospread.report.single import PageFailed, single_page
from nanospread.report.week import of as week_of
from nanospread.report.weekly_run import WORKERS, Published, RunFailed, weekly
from nanospread.report.workbook import xlsx

__all__ = [
    "TIME_LIMIT",
    "WORKERS",
    "BusyError",
    "Executed",
    "Job",
    "PageFailed",
    "Published",
    "RunFailed",
    "csv_text",
    "executed",
    "from_text",
    "listed",
    "notebooks",
    "old",
    "prune",
    "replace_file",
    "single_page",
    "week_of",
    "weekly",
    "weeks_there",
    "xlsx",
]
