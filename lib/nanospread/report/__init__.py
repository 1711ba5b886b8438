"""Notebooks + brief -> HTML, metrics.json, CSV, XLSX and mail; what reports there are; what changed since.

`weekly.reports` checks brief, data and parameters before any kernel starts, runs the notebooks of all briefs
side by side, here or on a cluster, looks at each executed notebook itself, and publishes each report in one
step. A failed or killed run leaves the last good report as it was. reports/README.md shows the folder of
reports and the states of a run.

- records: metrics.json, its schema, brief, methods and data; the folder of all reports -> the earlier ones
- changes: reports of earlier weeks -> what changed since, and why: data, parameters, method or seed
- gather: executed notebooks -> metrics, tables and sentences, and the files made of them: JSON, CSV
- workbook: tables and the verdict -> one workbook to read
- parameters: notebooks and given values -> checked parameters, before any kernel starts
- execution: checked notebooks -> executed notebooks, each in a kernel of its own, each one verified
- bundles: the files that notebooks read -> the same files for a worker that does not see them
- scheduling: runs that have calls to be done -> all of them through one executor
- markup: text of notebooks, cells and creators -> clean HTML; terms linked to the glossary
- html: executed notebooks -> pages that need nothing else: each answer once, folds and code at the end
- mail: the front page -> one mail, as HTML that mail clients can show and as plain text that says the same
- archive: what reports there are, what state each is in, what is kept; locks, lists, upkeep
- plan: brief, data folder, names and values of one run -> its plan, checked
- build: plan + executed notebooks -> the files of a report; or one notebook -> one page of its own
- refusal: a run that is refused before a kernel starts -> what a failed one leaves: state, banner, lists
- weekly: briefs + data + notebooks -> published reports, or failed runs that leave the last good ones
"""
