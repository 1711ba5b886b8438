"""Reports of earlier weeks -> what changed since, and why: data, parameters, method or seed.

`record` and `read` are the two ends of metrics.json, `earlier` finds what can be compared with, `compared`
takes each headline figure's change apart. A figure whose method changed is not compared (data/methods.csv).
"""

from nanospread.report.changes.attribution import PARTS
from nanospread.report.changes.digest import data, fingerprint
from nanospread.report.changes.methods import versions
from nanospread.report.changes.runs import Settings, calibrated
from nanospread.report.changes.schema import SCHEMA, Data, Number, Report, parsed, read, record
from nanospread.report.changes.since import Since, compared
from nanospread.report.changes.weeks import WEEKS, Earlier, earlier

__all__ = [
    "PARTS",
    "SCHEMA",
    "WEEKS",
    "Data",
    "Earlier",
    "Number",
    "Report",
    "Settings",
    "Since",
    "calibrated",
    "compared",
    "data",
    "earlier",
    "fingerprint",
    "parsed",
    "read",
    "record",
    "versions",
]
