"""The ingest and sample commands: exports -> what they hold and a snapshot of it, or a synthetic sample."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from nanospread import sample, store
from nanospread.campaign import brief
from nanospread.cli import validation
from nanospread.cli.exported import Read, read
from nanospread.cli.shown import table
from nanospread.core.errors import InputError
from nanospread.ingest import sources, tables
from nanospread.pages import show
from nanospread.report import csv_text, replace_file

DAY = pd.Timedelta(days=1)
HINTS = {  # what a user can do about a reason
    "day or month first?": "Day or month first? A line of mapping.yaml tells: file.csv: {dates: day first}",
}
MOMENT = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2}))?"


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


def date(text: str, now: datetime) -> pd.Timestamp | None:
    """Return the moment of an export (UTC), None for an empty text.

    Raises InputError for what is no day, nor a moment with its zone, or lies more than a day ahead.
    """
    if not text:
        return None
    try:
        found = pd.to_datetime(text, format="ISO8601", utc=True) if re.fullmatch(MOMENT, text) else None
    except ValueError:
        found = None
    if found is None:
        raise InputError(f"--as-of is {text!r}: it must be a date such as 2026-11-22")
    if found > pd.Timestamp(now) + DAY:
        raise InputError(f"--as-of is {text}, which is still to come; today is {now:%Y-%m-%d}")
    return found


def ingest(asked: Asked) -> Outcome:
    """Show what the files hold, write ledger and page where asked, and store it unless a limit is broken."""
    console = Console()
    _check_targets(asked)
    named: Mapping[str, Any] | None = None if asked.mapping is None else sources.mapping(asked.mapping)
    with tempfile.TemporaryDirectory(prefix="nanospread-") as folder:
        found = read(asked.files, asked.place, Path(folder), asked.as_of, named, asked.format, asked.contacts)
        _check_date(asked.as_of, found.tables)
        _show(console, found)
        _tell_contacts(asked.contacts, found.contacts)
        if asked.ledger is not None:
            rows = found.ledger
            replace_file(asked.ledger, csv_text(list(rows.columns), rows.values.tolist()))
        broken = asked.limits.refused(found.counts, found.ledger, store.HARMLESS)
        for sentence in broken:
            print(sentence)
        if asked.page is not None:
            validation.page(found, asked.as_of, asked.page, asked.now, broken)
            print(show.printable(f"Validation report: {asked.page}"))
        print(show.printable(_stored(asked, found, bool(broken))))
    changed = found.counts[["repaired", "refused"]].to_numpy().sum()
    return Outcome(clean=not changed, broken=broken)


def _check_targets(asked: Asked) -> None:
    """Raise InputError where what is to be written is one of the exports."""
    for option, target in (("--ledger", asked.ledger), ("--html", asked.page)):
        if target is None:
            continue
        for file in asked.files:
            if target.resolve() == file.resolve() or (
                file.is_dir() and file.resolve() in target.resolve().parents
            ):
                raise InputError(f"{option} {target} is among the exports; name a file elsewhere")


def _check_date(as_of: pd.Timestamp | None, found: tables.Tables) -> None:
    """Raise InputError where posts are newer than their export can be."""
    if as_of is None:
        return
    when = pd.concat([found.posts["posted_at"], found.unmatched["posted_at"]])
    later = when[when > as_of + DAY]
    if len(later) > len(when) / 100:
        raise InputError(
            f"--as-of is {as_of:%Y-%m-%d}, but {len(later):,} of {len(when):,} posts are dated later, up to "
            f"{later.max():%Y-%m-%d}: it must be the day of the export"
        )


def _tell_contacts(asked: Sequence[str], found: pd.DataFrame | None) -> None:
    for kind in asked:
        if found is None or kind not in found.columns:
            print(f"No file has the contact data asked for: {kind}")


def _show(console: Console, found: Read) -> None:
    console.print(table(found.counts, "Rows in = kept + repaired + refused"))
    reasons = found.ledger.groupby(["table", "file", "status", "column", "reason"], sort=True).size()
    if len(reasons):
        console.print(table(reasons.reset_index(name="cells"), "Repairs and refusals by reason"))
    if not found.parts:
        console.print(table(tables.join(found.tables), "Posts and follower counts of these files"))
    for file, columns in found.tables.ignored.groupby("file", sort=False)["column"]:
        print(show.printable(f"Left aside of {file}: {'; '.join(columns)}"))
    for hint in [
        text for reason, text in HINTS.items() if found.ledger["reason"].str.startswith(reason).any()
    ]:
        print(hint)


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
        inputs=found.inputs,
        mapping=found.how,
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
