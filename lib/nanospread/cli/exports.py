"""The ingest and sample commands: a folder of exports -> what it holds, or a synthetic one."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nanospread import display, sample, sources, tables
from nanospread.errors import InputError
from nanospread.report import csv_text, replace_file


def ingest(folder: Path, mapping: Path | None, ledger: Path | None, most_refused: float) -> bool:
    """Show the counts and the reasons, write the ledger where asked, and return if enough was usable."""
    console = Console()
    named = None if mapping is None else sources.mapping(mapping)
    read = tables.validated(sources.folder(folder, named))
    if ledger is not None:
        replace_file(ledger, csv_text(list(read.ledger.columns), read.ledger.values.tolist()))
    console.print(_table(read.counts, "Rows in = kept + repaired + refused"))
    reasons = read.ledger.groupby(["table", "file", "status", "column", "reason"], sort=True).size()
    if len(reasons):
        console.print(_table(reasons.reset_index(name="cells"), "Repairs and refusals by reason"))
    if len(read.ignored):
        names = ", ".join(f"{row.file}: {row.column}" for row in read.ignored.itertuples())
        console.print(f"Columns left aside: {escape(display.printable(names))}")
    return _enough(read.counts, most_refused, console)


def sample_into(folder: Path, seed: int | None) -> Sequence[Path]:
    """Write the synthetic sample, never over files that are not one. Raises InputError there."""
    label = folder / "README.md"
    ours = label.is_file() and "SYNTHETIC" in label.read_text(encoding="utf-8", errors="replace")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"'{folder}' is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not ours:
        raise InputError(f"'{folder}' holds files that are not a synthetic sample; name an empty folder")
    return sample.write(folder, seed=sample.SEED if seed is None else seed)


def _enough(counts: pd.DataFrame, most_refused: float, console: Console) -> bool:
    totals = counts.groupby("table", sort=False)[["rows_in", "refused"]].sum()
    shares = (totals["refused"] / totals["rows_in"].clip(lower=1)).to_dict()
    over = {str(table): share for table, share in shares.items() if share > most_refused}
    for table, share in over.items():
        console.print(f"{table}: {share:.1%} of the rows were refused; the limit is {most_refused:.1%}")
    return not over


def _table(frame: pd.DataFrame, title: str) -> Table:
    shown = Table(title=title, title_justify="left")
    for column in frame.columns:
        number = pd.api.types.is_numeric_dtype(frame[column])
        shown.add_column(str(column).replace("_", " "), justify="right" if number else "left")
    for row in frame.itertuples(index=False):
        cells = (f"{x:,}" if isinstance(x, int) else escape(display.printable(x)) for x in row)
        shown.add_row(*cells)
    return shown
