"""The compare command: the plans of several briefs side by side, in the same simulated campaigns."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.console import Console

from nanospread import study
from nanospread.campaign import brief as briefs
from nanospread.cli.stored import table
from nanospread.core import spreadsheets
from nanospread.core.errors import InputError
from nanospread.core.files import check_output, write_output
from nanospread.pages import comparison, labels, show
from nanospread.study.comparison import MEASURES, OPTIONS, Comparison

COLUMNS = ["brief", "option", "advised", "measure", "value", "difference", "low", "high", "se", "clear"]
N_WORLDS = 10_000  # as the weekly report takes


def compared(
    names: Sequence[str], data: str, week: str, seed: int, out: Path | None, *, force: bool = False
) -> None:
    """Show what differs between briefs, what each comes to and how far apart they are; write it if asked."""
    given = [briefs.path(name) for name in names]
    for at, file in enumerate(given):
        if file.resolve() in [other.resolve() for other in given[:at]]:
            raise InputError(f"brief {names[at]!r} is given twice; name different briefs")
    if out is not None:
        check_output(out, "--out", [",".join(COLUMNS).encode()], force=force)
    made = study.open(data, brief=names[0], week=week or None).compared(
        *names[1:], n_worlds=N_WORLDS, seed=seed
    )
    _show(made)
    if out is not None:
        rows = _tidy(made)
        write_output(out, spreadsheets.csv_text(COLUMNS, rows.to_numpy().tolist()))
        print(show.printable(f"Written: {out}"))


def _show(made: Comparison) -> None:
    console, currency = Console(), made.runs[0].study.brief.currency
    for sentence in comparison.sentences(made):
        print(show.printable(sentence))
    differing = comparison.differing(made)
    console.print(table(differing, "What differs") if len(differing) else "No setting differs.")
    options = comparison.options(made)
    for column in options:
        options[column] = options[column].map(labels.writer(column) or str)
    console.print(table(options, f"What each comes to, on average; money in {currency}, losses of 100"))
    first = made.names[0]
    console.print(table(comparison.differences(made), f"How far each is from {first}, in the same campaigns"))


def _tidy(made: Comparison) -> pd.DataFrame:
    """Return every number of the options, and its difference from the first brief's where there is one."""
    keys = ["brief", "option", "measure"]
    values = made.options.melt(["brief", "option", "advised"], MEASURES, "measure", "value")
    rows = made.differences.rename(columns={"value": "difference"})
    every = values.merge(rows, on=keys, how="outer", validate="one_to_one")
    order = {name: at for at, name in enumerate([*made.names, *OPTIONS, *MEASURES])}
    every = every.sort_values(keys, key=lambda names: names.map(order), kind="stable")[COLUMNS]
    return every.astype(object).where(every.notna(), "")
