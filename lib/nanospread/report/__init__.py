"""Notebooks + brief -> HTML, metrics.json, CSV, index.

`weekly` checks brief, data and parameters before any kernel starts, runs the notebooks side by side,
looks at each executed notebook itself, and publishes in one step. A failed or killed run leaves the last
good report as it was.
"""

from nanospread.report.gather import csv_text
from nanospread.report.parameters import from_text, notebooks
from nanospread.report.publish import BusyError, replace_file
from nanospread.report.run import Executed, Job, executed
from nanospread.report.week import of as week_of
from nanospread.report.weekly_run import WORKERS, Published, RunFailed, weekly

__all__ = [
    "WORKERS",
    "BusyError",
    "Executed",
    "Job",
    "Published",
    "RunFailed",
    "csv_text",
    "executed",
    "from_text",
    "notebooks",
    "replace_file",
    "week_of",
    "weekly",
]
