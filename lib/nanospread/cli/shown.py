"""A frame -> a table on the terminal."""

import pandas as pd
from rich.markup import escape
from rich.table import Table

from nanospread.pages import show


def table(frame: pd.DataFrame, title: str) -> Table:
    """Return the rows under a title; whatever a creator could have written is inert."""
    shown = Table(title=escape(show.printable(title)), title_justify="left")
    for column in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[column])
        shown.add_column(str(column).replace("_", " "), justify="right" if number else "left")
    for row in frame.itertuples(index=False):
        shown.add_row(*map(_cell, row))
    return shown


def _cell(value: object) -> str:
    if value is pd.NA or value is None or value != value:
        return ""
    return f"{value:,}" if isinstance(value, int) else escape(show.printable(str(value)))
