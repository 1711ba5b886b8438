"""The ingest and sample commands: exports -> what they hold and a snapshot of it, or a synthetic sample."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from nanospread import brief, display, sample, sources, store, tables
from nanospread.cli import validation
from nanospread.cli.exported import Read, read
from nanospread.cli.shown import table
from nanospread.errors import InputError
from nanospread.report import csv_text, replace_file


@dataclass(frozen=True)
class Asked:
    """What `nanospread ingest` was asked for. dry: store nothing."""

    files: Sequence[Path]
    as_of: pd.Timestamp | None
    place: Path
    dry: bool
    limits: brief.DataLimits
    mapping: Path | None
    format: str | None
    contacts: Sequence[str]
    ledger: Path | None
    page: Path | None
    now: datetime


@dataclass(frozen=True)
class Outcome:
    """How an ingest ended. clean: no row was repaired or refused; broken: a sentence for each limit."""

    clean: bool
    broken: Sequence[str]


def date(text: str) -> pd.Timestamp | None:
    """Return the moment of an export (UTC), None for an empty text. Raises InputError for anything else."""
    if not text:
        return None
    try:
        return pd.to_datetime(text, format="ISO8601", utc=True)
    except ValueError:
        raise InputError(f"--as-of is {text!r}: it must be a date such as 2026-11-22") from None


def ingest(asked: Asked) -> Outcome:
    """Show what the files hold, write ledger and page where asked, and store it unless a limit is broken."""
    console = Console()
    named: Mapping[str, Any] | None = None if asked.mapping is None else sources.mapping(asked.mapping)
    with tempfile.TemporaryDirectory(prefix="nanospread-") as folder:
        found = read(asked.files, asked.place, Path(folder), asked.as_of, named, asked.format, asked.contacts)
        _show(console, found)
        if asked.ledger is not None:
            rows = found.ledger
            replace_file(asked.ledger, csv_text(list(rows.columns), rows.values.tolist()))
        broken = asked.limits.refused(found.counts)
        for sentence in broken:
            print(sentence)
        if asked.page is not None:
            validation.page(found, asked.page, asked.now, broken)
            print(display.printable(f"Validation report: {asked.page}"))
        print(display.printable(_stored(asked, found, bool(broken))))
    changed = found.counts[["repaired", "refused"]].to_numpy().sum()
    return Outcome(clean=not changed, broken=broken)


def _show(console: Console, found: Read) -> None:
    console.print(table(found.counts, "Rows in = kept + repaired + refused"))
    reasons = found.ledger.groupby(["table", "file", "status", "column", "reason"], sort=True).size()
    if len(reasons):
        console.print(table(reasons.reset_index(name="cells"), "Repairs and refusals by reason"))
    if not found.parts:
        console.print(table(tables.join(found.tables), "Posts and follower counts of these files"))
    if len(found.tables.ignored):
        names = ", ".join(f"{row.file}: {row.column}" for row in found.tables.ignored.itertuples())
        print(display.printable(f"Columns left aside: {names}"))


def _stored(asked: Asked, found: Read, refused: bool) -> str:
    """Store what was read, if it may be, and return what became of it."""
    if refused:
        return "Nothing was stored: a limit of the brief is broken."
    if asked.as_of is None:
        return "Nothing was stored: with --as-of, the date of the export, it becomes a snapshot."
    if asked.dry:
        return f"Nothing was stored: without --dry-run it becomes a snapshot of {asked.place}."
    written = store.write(
        asked.place,
        found.tables,
        as_of=asked.as_of,
        inputs=found.inputs(),
        mapping=found.mapping(),
        bulk=found.parts,
        contacts=found.contacts,
    )
    where = f"snapshot {written.snapshot} of {asked.place}"
    if not written.new:
        return f"Nothing changed: {where} holds the same export."
    gone = f"; {written.forgotten:,} rows of forgotten accounts were left out" if written.forgotten else ""
    same = f" The same files are {written.repeats} already: is the date right?" if written.repeats else ""
    return f"Stored as {where}{gone}.{same}"


def sample_into(folder: Path, seed: int | None) -> Sequence[Path]:
    """Write the synthetic sample, never over files that are not one. Raises InputError there."""
    label = folder / "README.md"
    ours = label.is_file() and "SYNTHETIC" in label.read_text(encoding="utf-8", errors="replace")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"'{folder}' is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not ours:
        raise InputError(f"'{folder}' holds files that are not a synthetic sample; name an empty folder")
    return sample.write(folder, seed=sample.SEED if seed is None else seed)
