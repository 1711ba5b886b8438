"""The simulate and compare commands: any number of campaigns of one brief; several briefs in the same."""

import math
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rich.console import Console

from nanospread import study as studies
from nanospread.campaign import brief as briefs
from nanospread.campaign import streaming
from nanospread.cli import clusters, terminal
from nanospread.cli.stored import table
from nanospread.core import formatting, typed
from nanospread.core.errors import InputError
from nanospread.core.files import check_output, write_output
from nanospread.pages import comparison as comparison_page
from nanospread.pages import labels, show
from nanospread.study.comparison import MEASURES, OPTIONS, Comparison

COLUMNS = ["arm", "measure", "value", "se", "unit"]
GROUPED = re.compile(r"[1-9]\d{0,2}(?:_\d{3})+")
PARTS_OF_100 = ("of 100", "%")  # units in which the table shows a share or a ratio
WIDE = 17, 40  # characters of an option's column, and of what a measure is called with its unit
COMPARISON_COLUMNS = [
    *("brief", "option", "advised", "measure", "value"),
    *("difference", "low", "high", "se", "clear"),
]
COMPARISON_WORLDS = 10_000  # of a comparison, as the weekly report takes


def simulated(
    brief: str, data: str, week: str, worlds: str, seed: int, cluster: str, out: Path | None, *, force: bool
) -> None:
    """Simulate, print what each option comes to, and write every number if asked.

    cluster: "" is this machine's processor cores.
    """
    n_worlds = number(worlds)
    if out is not None:
        check_output(out, "--out", [",".join(COLUMNS).encode()], force=force)
    study = studies.open(data, brief="" if brief == "sample" else brief, week=week or None)
    if study.withheld:
        raise InputError(f"no odds can be given on these data: {study.withheld}")
    with _workers(cluster) as executor, terminal.progress() as progress:
        task = progress.add_task("campaigns", total=n_worlds)
        summary = streaming.campaign(
            study.engagement,
            study.brief,
            n_worlds=n_worlds,
            seed=seed,
            executor=executor,
            beliefs=study.beliefs,
            progress=lambda done: progress.update(task, completed=done),
        )
    print(f"{n_worlds:,} simulated campaigns of {show.printable(study.asked.title)}, seed {seed}")
    for note in summary.notes:
        print(show.printable(note))
    console = Console()
    for rows in tables(summary.summary, study.brief.currency, console.width):
        console.print(table(rows, "Each with the noise of the simulation"))
    if out is not None:
        write_output(out, formatting.csv_text(COLUMNS, summary.summary[COLUMNS].to_numpy().tolist()))
        print(show.printable(f"Written: {out}"))


def number(text: str) -> int:
    """Return a number of campaigns as it is typed: 1000000, 1e9 or 1_000_000_000. Raises: InputError.

    One alone would have no error.
    """
    value = typed.number(text.replace("_", "") if GROUPED.fullmatch(text) else text)
    if value is None or value % 1 or not 2 <= value <= streaming.MOST:
        raise InputError(
            f"--worlds must be a whole number from 2 to {streaming.MOST:,}, such as 1000000, 1e9 or "
            f"1_000_000_000; got {text!r}"
        )
    return int(value)


@contextmanager
def _workers(spec: str) -> Iterator[Executor | None]:
    """Yield the workers of a cluster, or a thread for each processor core, which nobody waits for."""
    if spec:
        with clusters.workers(spec) as workers:
            yield workers
        return
    yield ThreadPoolExecutor(cores()) if cores() > 1 else None


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def tables(summary: pd.DataFrame, currency: str, width: int) -> Iterator[pd.DataFrame]:
    """Return the measures that have words, one row each, beside as many options as fit the width."""
    rows = summary[summary["measure"].isin(labels.labels().keys())]
    units = {name: labels.labels()[name].unit for name in rows["measure"].unique()}
    cells = [
        written(value, se, units[name])
        for name, value, se in zip(rows["measure"], rows["value"], rows["se"], strict=True)
    ]
    wide = rows.assign(cell=cells).pivot(index="measure", columns="arm", values="cell")
    wide = wide.reindex(index=list(units), columns=rows["arm"].unique()).fillna("")
    units = {name: currency if unit == "money" else unit for name, unit in units.items()}
    words = [f"{labels.label(name)} [{unit}]" for name, unit in units.items()]
    many = max(1, (width - WIDE[1]) // WIDE[0])
    for at in range(0, wide.shape[1], many):
        part = wide.iloc[:, at : at + many].rename(columns=labels.label)
        part.insert(0, "measure", words)
        yield part


def written(value: float, se: float, unit: str) -> str:
    """Return a value with its error, both to the second digit of the error."""
    scale = 100 if unit in PARTS_OF_100 else 1
    if se <= show.ROUNDING * abs(value):
        return f"{scale * value:,.10g}"
    digits = max(0, 1 - math.floor(math.log10(scale * se)))
    return f"{scale * value:,.{digits}f} \N{PLUS-MINUS SIGN} {scale * se:,.{digits}f}"


def compared(
    names: Sequence[str], data: str, week: str, seed: int, out: Path | None, *, force: bool = False
) -> None:
    """Show what differs between briefs, what each comes to and how far apart they are; write it if asked."""
    files = [briefs.path(name) for name in names]
    for at, file in enumerate(files):
        if file.resolve() in [other.resolve() for other in files[:at]]:
            raise InputError(f"brief {names[at]!r} is given twice; name different briefs")
    if out is not None:
        check_output(out, "--out", [",".join(COMPARISON_COLUMNS).encode()], force=force)
    comparison = studies.open(data, brief=names[0], week=week or None).compared(
        *names[1:], n_worlds=COMPARISON_WORLDS, seed=seed
    )
    _show_comparison(comparison)
    if out is not None:
        rows = _tidy(comparison)
        write_output(out, formatting.csv_text(COMPARISON_COLUMNS, rows.to_numpy().tolist()))
        print(show.printable(f"Written: {out}"))


def _show_comparison(comparison: Comparison) -> None:
    console, currency = Console(), comparison.runs[0].study.brief.currency
    for sentence in comparison_page.sentences(comparison):
        print(show.printable(sentence))
    differing = comparison_page.differing(comparison)
    console.print(table(differing, "What differs") if len(differing) else "No setting differs.")
    options = comparison_page.options(comparison)
    for column in options:
        options[column] = options[column].map(labels.writer(column) or str)
    console.print(table(options, f"What each comes to, on average; money in {currency}, losses of 100"))
    first = comparison.names[0]
    console.print(
        table(comparison_page.differences(comparison), f"How far each is from {first}, in the same campaigns")
    )


def _tidy(comparison: Comparison) -> pd.DataFrame:
    """Return every number of the options, and its difference from the first brief's where there is one."""
    keys = ["brief", "option", "measure"]
    values = comparison.options.melt(["brief", "option", "advised"], MEASURES, "measure", "value")
    rows = comparison.differences.rename(columns={"value": "difference"})
    every = values.merge(rows, on=keys, how="outer", validate="one_to_one")
    order = {name: at for at, name in enumerate([*comparison.names, *OPTIONS, *MEASURES])}
    every = every.sort_values(keys, key=lambda names: names.map(order), kind="stable")[COMPARISON_COLUMNS]
    return every.astype(object).where(every.notna(), "")
