"""Reports of earlier weeks -> what changed since, and why: data, parameters, method or seed.

`record` and `read` are the two ends of metrics.json, `earlier` finds what can be compared with, `compared`
takes each headline figure's change apart. A figure whose method changed is not compared (data/methods.csv).
"""

from nanospread.changes.digest import data, fingerprint
from nanospread.changes.methods import versions
from nanospread.changes.runs import Settings, calibrated
from nanospread.changes.schema import SCHEMA, Data, Number, Report, parsed, read, record
from nanospread.changes.since import Since, compared
from nanospread.changes.steps import PARTS
from nanospread.changes.weeks import WEEKS, Earlier, earlier

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
