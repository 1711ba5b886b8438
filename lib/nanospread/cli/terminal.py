"""What a person sees on the terminal: tables, and the progress of a run."""

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
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


def progress() -> Progress:
    """Return a bar of what is done and how long the rest takes, on stderr where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    return Progress(*columns, *left, console=console, transient=True, disable=not console.is_terminal)
