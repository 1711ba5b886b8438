"""The ingest and sample commands: exports -> what they hold and a snapshot of it, or a synthetic sample."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import typer
from rich.console import Console

from nanospread import sample, store
from nanospread.campaign import brief
from nanospread.cli import stored
from nanospread.cli.stored import credited, table
from nanospread.core import formatting, scratch
from nanospread.core.errors import InputError
from nanospread.core.files import check_output, write_output
from nanospread.ingest import credit, dataset, files, mappings, same_orders, sources, streams, tables
from nanospread.ingest.codes import drafted as drafted_codes
from nanospread.ingest.credit import RULE, Rule
from nanospread.ingest.ledger import LEDGER
from nanospread.pages import show
from nanospread.report import archive
from nanospread.store import manifests

STREAMED = 64_000_000  # bytes from which on a CSV is not held in memory, one of orders only as far as needed
CSV = (".csv", ".tsv")
REASONS = 200  # of repairs and refusals that the terminal shows
DAY = pd.Timedelta(days=1)
UNSURE = "day or month first?"  # reason that a user can do something about
MOMENT = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:?\d{2}))?"


@dataclass(frozen=True)
class IngestRequest:
    """What `nanospread ingest` was asked for.

    store_folder: its forgotten accounts are refused; dry: store nothing; force: ledger and page may replace
    files that nanospread did not write; again: the same files may be stored for a second date.
    """

    files: Sequence[Path]
    as_of: pd.Timestamp | None
    store_folder: Path
    limits: brief.DataLimits
    now: datetime
    dry: bool = False
    mapping: Path | None = None
    format: str | None = None
    contacts: Sequence[str] = ()
    ledger: Path | None = None
    page: Path | None = None
    force: bool = False
    again: bool = False
    creator: str = ""  # whose posts they are where no column tells
    skip_unknown: bool = False
    rule: Rule = RULE
    known: bool = False  # the same files under a second date are no news and no slip
    fetched: pd.DataFrame | None = None  # what the fetch that they are of asked for, as `Tables.fetched`


@dataclass(frozen=True)
class ExportContents:
    """What exports hold: validated tables, parts too large for one, and the account of every row.

    inputs: SHA-256 of each file, by its name. read_options: what was said about reading them, in one
    spelling.
    """

    inputs: Mapping[str, str]
    read_options: str
    tables: tables.Tables
    parts: Sequence[store.Part]
    contacts: pd.DataFrame | None

    @property
    def counts(self) -> pd.DataFrame:
        """Return rows_in = kept + repaired + refused of each file."""
        return pd.concat([self.tables.counts, *(part.counts for part in self.parts)], ignore_index=True)

    @property
    def ledger(self) -> pd.DataFrame:
        """Return every repair and refusal."""
        return pd.concat([self.tables.ledger, *(part.ledger for part in self.parts)], ignore_index=True)


def date(text: str, now: datetime) -> pd.Timestamp | None:
    """Return the moment of an export (UTC), None for an empty text.

    Raises InputError for what is no day, nor a moment with its zone, or lies more than a day ahead.
    """
    if not text:
        return None
    try:
        match = re.fullmatch(MOMENT, text, re.ASCII)
        moment = pd.to_datetime(text, format="ISO8601", utc=True) if match else None
    except ValueError:
        moment = None
    if moment is None:
        raise InputError(f"--as-of is {text!r}: it must be a date such as 2026-11-22")
    if moment > pd.Timestamp(now) + DAY:
        raise InputError(f"--as-of is {text}, which is still to come; today is {now:%Y-%m-%d}")
    return moment


def ingest(request: IngestRequest) -> tuple[bool, bool]:
    """Show what the files hold, write ledger and page where asked, and store it unless a limit is broken.

    Returns whether one is, and whether any row was repaired or refused.
    """
    console = Console()
    _check_targets(request)
    with scratch.folder() as folder:
        exports = read(request, folder)
        _check_date(request.as_of, exports.tables)
        _show(console, exports, request.rule)
        for kind in request.contacts:
            if exports.contacts is None or kind not in exports.contacts.columns:
                print(f"No file has the contact data asked for: {kind}")
        if request.ledger is not None:
            rows = exports.ledger
            write_output(request.ledger, formatting.csv_text(list(rows.columns), rows.values.tolist()))
        broken = request.limits.refused(exports.counts, exports.ledger, store.HARMLESS)
        for sentence in broken:
            print(sentence)
        if request.page is not None:
            _write_validation_page(exports, request.as_of, request.page, request.now, broken)
            print(show.printable(f"Validation report: {request.page}"))
        print(show.printable(_stored(request, exports, bool(broken))))
    changed = exports.counts[["repaired", "refused"]].to_numpy().sum()
    return bool(broken), bool(changed)


def codes(request: IngestRequest) -> str:
    """Return a codes.csv that lists whom the codes, links and UTM values of the orders may be of.

    Raises InputError as `read` does, and where no file holds orders.
    """
    with scratch.folder() as folder:
        validated = read(request, folder).tables
    if validated.orders.empty:
        raise InputError("--suggest-codes needs orders, and none of these files holds any")
    return drafted_codes(validated)


def _check_targets(request: IngestRequest) -> None:
    """Raise InputError where what is to be written is one of the exports, or a file that is not ours."""
    marks = {"--ledger": (",".join(LEDGER).encode(),), "--html": archive.MARKS}
    for option, target in (("--ledger", request.ledger), ("--html", request.page)):
        if target is None:
            continue
        if any(target.resolve().is_relative_to(file.resolve()) for file in request.files):
            raise InputError(f"{option} {target} is among the exports; name a file elsewhere")
        check_output(target, option, marks[option], force=request.force)


def read(request: IngestRequest, into: Path) -> ExportContents:
    """Read and validate exports; a CSV of posts of STREAMED bytes or more becomes a Parquet file in `into`.

    Raises InputError where they cannot be read, or change while they are.
    """
    mapping = None if request.mapping is None else mappings.read(request.mapping)
    form, contacts, as_of = request.format, request.contacts, request.as_of
    all_files = files.files_of(request.files, mapping, request.creator)
    exports = sources.used(all_files, form)
    before = _states(exports)
    large = [file for file in exports if _is_large(file)]
    orders = [file for file in large if streams.holds_orders(file, form)]
    streamed = [file for file in large if file not in orders]
    in_memory = [replace(file, unlimited=file in orders) for file in all_files if file not in streamed]
    raw = sources.raws(in_memory, form, contacts, skip_unknown=request.skip_unknown)
    parts = [_streamed(file, into, as_of) for file in streamed]
    validated = tables.validated(store.unforgotten(request.store_folder, raw), as_of, whole=False)
    if request.fetched is not None:
        validated = replace(validated, fetched=request.fetched)
    if not parts and not validated.counts["rows_in"].sum():
        raise InputError("the exports hold no row")
    inputs = {file.name: manifests.sha256(file.path) for file in exports}
    if _states(exports) != before:
        raise InputError("a file was written to while it was read: ingest it again when it is whole")
    return ExportContents(inputs, _how(exports, request), validated, parts, store.contact_rows(raw))


def _states(exports: Sequence[files.File]) -> list[tuple[int, int, int] | None]:
    return [(of.st_ino, of.st_size, of.st_mtime_ns) if (of := _stat(file)) else None for file in exports]


def _stat(file: files.File) -> os.stat_result | None:
    try:
        return file.path.stat()
    except OSError:
        return None  # whoever reads it says why


def _how(exports: Sequence[files.File], request: IngestRequest) -> str:
    mapping = {name: of for file in exports for name, of in file.rules.items()}
    options = {
        "mapping": mapping,
        "format": request.format,
        "contacts": sorted(request.contacts),
        "creator": request.creator,
    }
    return json.dumps({key: of for key, of in options.items() if of}, sort_keys=True, default=str)


def _is_large(file: files.File) -> bool:
    stat = _stat(file)
    read = not file.inner or file.asked
    return file.path.suffix.lower() in CSV and read and stat is not None and stat.st_size >= STREAMED


def _streamed(file: files.File, into: Path, as_of: pd.Timestamp | None) -> store.Part:
    from nanospread.store import bulk

    stream = streams.of(file)
    if stream.table != "posts":
        raise InputError(
            f"{file.name}: of this size only posts and orders are read, not {stream.table}: split it"
        )
    return bulk.posts(stream, as_of=as_of, into=into)


def _check_date(as_of: pd.Timestamp | None, validated: tables.Tables) -> None:
    """Raise InputError where posts are newer than their export can be."""
    if as_of is None:
        return
    when = pd.concat([validated.posts["posted_at"], validated.unmatched["posted_at"]])
    later = when[when > as_of + DAY]
    if len(later) > len(when) / 100:
        raise InputError(
            f"--as-of is {as_of:%Y-%m-%d}, but {len(later):,} of {len(when):,} posts are dated later, up to "
            f"{later.max():%Y-%m-%d}: it must be the day of the export"
        )


def _show(console: Console, exports: ExportContents, rule: Rule) -> None:
    console.print(table(exports.counts, "Rows in = kept + repaired + refused"))
    reasons = exports.ledger.groupby(["table", "file", "status", "column", "reason"], sort=True).size()
    if len(reasons):
        most = reasons.nlargest(REASONS).sort_index()
        limit = f", the {REASONS} most frequent of {len(reasons):,}" if len(reasons) > REASONS else ""
        console.print(table(most.reset_index(name="cells"), f"Repairs and refusals by reason{limit}"))
    validated = exports.tables
    if not exports.parts and (
        len(validated.creators) or len(validated.posts) or len(validated.unmatched) or len(validated.undated)
    ):
        console.print(table(tables.join(exports.tables), "Posts and follower counts of these files"))
    if len(exports.tables.orders):
        order_credit = credit.credited(exports.tables.orders, exports.tables.codes, rule)
        console.print(credited(order_credit))
        print(stored.by_rule(rule))
        if alike := same_orders.numbered_alike(exports.tables.orders):
            numbers = formatting.counted(alike, "order number")
            print(f"Of two shops, it seems, and counted once: {numbers}. `shop` in mapping.yaml parts them.")
    if strangers := dataset.unknown_creators(exports.tables):
        print(show.printable(f"Codes of creators that no other table has: {formatting.listed(strangers)}"))
    if abroad := dataset.abroad(exports.tables):
        print(show.printable(f"Of other platforms, kept and in no figure: {abroad}"))
    if len(undated := validated.undated):
        posts = formatting.counted(len(undated), "post")
        print(f"{posts} without a date: kept for the engagement model, of creators without a dated post.")
    for file, columns in exports.tables.ignored.groupby("file", sort=False)["column"]:
        print(show.printable(f"Left aside of {file}: {'; '.join(columns)}"))
    if exports.ledger["reason"].str.startswith(UNSURE).any():
        print("Day or month first? A line of mapping.yaml tells: file.csv: {dates: day first}")


def _write_validation_page(
    exports: ExportContents, as_of: pd.Timestamp | None, file: Path, now: datetime, broken: Sequence[str]
) -> None:
    """Write the page, through a store of a moment. broken: sentences that stand above all else on it."""
    from nanospread.report import build  # with all that draws pages, which a plain ingest does without

    if exports.parts:
        raise InputError("--html is for exports that fit into memory; these are streamed")
    for needed in tables.NEEDED:
        if getattr(exports.tables, needed).empty:
            raise InputError(f"--html needs creators and their posts; these files hold no usable {needed}")
    with scratch.folder() as folder:
        place, moment = folder / "exports", as_of or tables.as_of(exports.tables)
        store.write(place, exports.tables, as_of=moment, inputs=exports.inputs, texts=True)
        page = build.single_page("01_data_quality", {"data": str(place)}, now, broken)
        write_output(file, page)


def _stored(request: IngestRequest, exports: ExportContents, refused: bool) -> str:
    """Store what was read, if it may be, and return what became of it."""
    if refused:
        return "Nothing was stored: a limit of the brief is broken."
    if request.as_of is None:
        return "Nothing was stored: with --as-of, the date of the export, it becomes a snapshot."
    if request.dry:
        return f"Nothing was stored: without --dry-run it becomes a snapshot of {request.store_folder}."
    if declined := _declined(request, exports):
        return declined
    written = store.write(
        request.store_folder,
        exports.tables,
        as_of=request.as_of,
        inputs=exports.inputs,
        mapping=exports.read_options,
        bulk=exports.parts,
        contacts=exports.contacts,
    )
    label = f"snapshot {written.snapshot} of {request.store_folder}"
    if not written.new:
        return f"Nothing changed: {label} holds the same export."
    forgotten = (
        f"; {formatting.counted(written.forgotten, 'row')} of forgotten accounts left out"
        if written.forgotten
        else ""
    )
    return f"Stored as {label}{forgotten}."


def _declined(request: IngestRequest, exports: ExportContents) -> str:
    """Return that nothing was stored where somebody says no to the same files under a second date.

    Raises InputError where nobody can be asked.
    """
    assert request.as_of is not None
    stored_as = "" if request.again else store.repeated(request.store_folder, exports.inputs, request.as_of)
    if not stored_as:
        return ""
    message = f"the same files are snapshot {stored_as} already"
    if not request.known and not sys.stdin.isatty():
        raise InputError(f"{message}: is the date right? --again stores them for this date too")
    question = f"T{message[1:]}. Store them for {request.as_of:%Y-%m-%d} too?"
    if not request.known and typer.confirm(show.printable(question)):
        return ""
    return f"Nothing was stored: {message}."


def sample_into(folder: Path, seed: int | None) -> Sequence[Path]:
    """Write the synthetic sample, never over files that are not one. Raises InputError there."""
    label = folder / "README.md"
    ours = label.is_file() and "SYNTHETIC" in label.read_text(encoding="utf-8", errors="replace")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"'{folder}' is a file; name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not ours:
        raise InputError(f"'{folder}' holds files that are not a synthetic sample; name an empty folder")
    return sample.write(folder, seed=sample.SEED if seed is None else seed)
