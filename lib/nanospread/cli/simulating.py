"""The simulate command: data and brief -> what any number of simulated campaigns comes to, by option."""

import math
import os
import re
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from rich.console import Console

from nanospread import study as studies
from nanospread.campaign import streaming
from nanospread.cli import clusters, output
from nanospread.cli.stored import table
from nanospread.core import spreadsheets, typed
from nanospread.core.errors import InputError
from nanospread.core.files import check_output, write_output
from nanospread.pages import labels, show

COLUMNS = ["arm", "measure", "value", "se", "unit"]
GROUPED = re.compile(r"[1-9]\d{0,2}(?:_\d{3})+")
PARTS_OF_100 = ("of 100", "%")  # units in which the table shows a share or a ratio
WIDE = 17, 40  # characters of an option's column, and of what a measure is called with its unit


class SimulateRequest(NamedTuple):
    """What the command was asked for. cluster: "" is this machine's processor cores."""

    brief: str
    data: str
    week: str
    worlds: str
    seed: int
    cluster: str
    out: Path | None
    force: bool


def simulated(request: SimulateRequest) -> None:
    """Simulate, print what each option comes to, and write every number if asked."""
    n_worlds = number(request.worlds)
    if request.out is not None:
        check_output(request.out, "--out", [",".join(COLUMNS).encode()], force=request.force)
    study = studies.open(
        request.data, brief="" if request.brief == "sample" else request.brief, week=request.week or None
    )
    if study.withheld:
        raise InputError(f"no odds can be given on these data: {study.withheld}")
    with _workers(request.cluster) as executor, output.progress() as progress:
        task = progress.add_task("campaigns", total=n_worlds)
        made = streaming.campaign(
            study.engagement,
            study.brief,
            n_worlds=n_worlds,
            seed=request.seed,
            executor=executor,
            beliefs=study.beliefs,
            progress=lambda done: progress.update(task, completed=done),
        )
    print(f"{n_worlds:,} simulated campaigns of {show.printable(study.asked.title)}, seed {request.seed}")
    for note in made.notes:
        print(show.printable(note))
    console = Console()
    for rows in tables(made.summary, study.brief.currency, console.width):
        console.print(table(rows, "Each with the noise of the simulation"))
    if request.out is not None:
        write_output(request.out, spreadsheets.csv_text(COLUMNS, made.summary[COLUMNS].to_numpy().tolist()))
        print(show.printable(f"Written: {request.out}"))


def number(text: str) -> int:
    """Return a number of campaigns as it is typed: 1000000, 1e9 or 1_000_000_000. Raises: InputError."""
    written = typed.number(text.replace("_", "") if GROUPED.fullmatch(text) else text)
    if written is None or written % 1 or not 1 <= written <= streaming.MOST:
        raise InputError(
            f"--worlds must be a whole number from 1 to {streaming.MOST:,}, such as 1000000, 1e9 or "
            f"1_000_000_000; got {text!r}"
        )
    return int(written)


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
