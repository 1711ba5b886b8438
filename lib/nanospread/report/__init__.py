"""Notebooks + brief -> HTML, metrics.json, CSV, XLSX and mail; what reports there are; what changed since.

`weekly.report` checks brief, data and parameters before any kernel starts, runs the notebooks side by side,
looks at each executed notebook itself, and publishes in one step. A failed or killed run leaves the last
good report as it was. reports/README.md shows the folder of reports and the states of a run.

- changes: reports of earlier weeks -> what changed since, and why: data, parameters, method or seed
- gather: executed notebooks -> metrics, tables and sentences, and the files made of them: JSON, CSV
- workbook: tables and the verdict -> one workbook to read
- parameters: notebooks and given values -> checked parameters, before any kernel starts
- execution: checked notebooks -> executed notebooks, each in a kernel of its own, each one verified
- markup: text of notebooks, cells and creators -> clean HTML; terms linked to the glossary
- sections: executed notebook -> the sections of its page, each answer once, folds and code at the end
- html: executed notebooks -> pages that need nothing else; that of the first is the front page
- mail: the front page -> one mail, as HTML that mail clients can show and as plain text that says the same
- archive: what reports there are, what state each is in, what is kept; locks, lists, upkeep
- plan: brief, data folder, names and values of one run -> its plan, checked
- build: plan + executed notebooks -> the whole report in staging; or one notebook -> one page of its own
- refusal: a run that is refused before a kernel starts -> what a failed one leaves: state, banner, lists
- weekly: brief + data + notebooks -> one published report, or a failed run that leaves the last good one
"""
