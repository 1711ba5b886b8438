"""Notebooks + brief -> HTML, metrics.json, CSV, XLSX, index.

`weekly` checks brief, data and parameters before any kernel starts, runs the notebooks side by side,
looks at each executed notebook itself, and publishes in one step. A failed or killed run leaves the last
good report as it was. `listed` and `prune` look after what has been published.

- changes: reports of earlier weeks -> what changed since, and why: data, parameters, method or seed
- gather: executed notebooks -> metrics, tables and sentences, and the files made of them
- parameters: notebooks and given values -> checked parameters, before any kernel starts
- week: ISO weeks: text such as 2026-W47 -> its last day, and how old data is by then
- publish: A finished folder -> the published one, in one step that nobody can see half done
- glossary: data/glossary.csv + a page -> the terms, and the page with the first use of each linked to ...
- workbook: tables -> one XLSX workbook, a sheet each: text is never a formula or a link, and the same ...
- regions: tables -> HTML in which each scrolls in a named region of its own, under its caption
- kernel: A notebook's process: in an environment not the user's, ended with its run and at its time limit
- zygote: A socket in, kernels out: the program of the process that `warm` starts, which forks one for ...
- inputs: brief and data folder -> what the report must know of them before any kernel starts
- state: A run of a brief and week -> what it is at: queued, running, failed or published, in one small file
- run: checked notebooks -> executed notebooks, side by side, each one verified
- warm: one process with everything imported -> kernels that are forked from it, instead of started nine ...
- archive: the folder of all reports -> what is in it: weeks, briefs, and how the last run of each ended
- html: executed notebook -> one HTML page that needs nothing else: no script, no request, nothing active
- about: checked inputs and executed notebooks -> what each page of the report says about itself
- banner: A run that failed -> its banner page, with reason, log and the way to the last good report
- front: A report's front page: verdict and numbers first
- listing: what is remembered of the briefs -> the front list, and the pages of a week and a year, as HTML
- plan: names and values of one run -> its plan, checked, before any kernel starts
- single: one notebook -> one HTML page of its own, outside any report
- mail: A report's front page -> one mail, as HTML that mail clients can show and as plain text that ...
- history: the reports on disk -> what is remembered of each brief, and the pages that list them
- build: plan + executed notebooks -> the whole report in staging: pages, numbers, tables
- recovery: runs that ended, in whatever way -> their last state, and the ground clear for the next run
- retention: the reports on disk -> which of them may go, by count and by age, and their going
- weekly_run: brief + data + notebooks -> one published report, or a failed run that leaves the last ...
"""

from nanospread.report.archive import weeks as weeks_there
from nanospread.report.gather import csv_text
from nanospread.report.parameters import from_text, notebooks
from nanospread.report.publish import BusyError, replace_file
from nanospread.report.recovery import listed
from nanospread.report.retention import old, prune
from nanospread.report.run import TIME_LIMIT, Executed, Job, executed
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
