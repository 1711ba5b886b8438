"""Tables, Axes and sentences -> what a notebook cell shows and stores.

Every output is stable: no ids, addresses, dates or versions, so that nbval compares it word for word and
two runs of a report are the same bytes. Text that creators control is escaped in HTML and in Markdown.
"""

from nanospread.pages.show.drawn import NUMBERS, alt_text, figure
from nanospread.pages.show.output import Output, packed, printable, records, text, unpacked
from nanospread.pages.show.tabular import (
    BASES,
    METRIC_COLUMNS,
    METRICS,
    MOST_ROWS,
    SHARES,
    TABLE,
    metrics,
    table,
)

__all__ = [
    "BASES",
    "METRICS",
    "METRIC_COLUMNS",
    "MOST_ROWS",
    "NUMBERS",
    "SHARES",
    "TABLE",
    "Output",
    "alt_text",
    "figure",
    "metrics",
    "packed",
    "printable",
    "records",
    "table",
    "text",
    "unpacked",
]
