"""Export files in, raw frames out: every cell as exported, every record with its line.

A reader for each format (`formats`) is chosen by content. Which table a file holds, and which of its columns
are ours, follows from its header: data/columns.csv declares the names that tools use; a `mapping.yaml` in the
folder says it for any other file:

    brand export.csv: {table: posts, columns: {likes: Herzen, posted_at: Zeitpunkt}, dates: day first}

Header names are compared without case, blanks, underscores and a leading `#`. A line is the physical one of a
text file, the row of a workbook or Parquet file, the number of a JSON record.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from nanospread.core import errors
from nanospread.ingest import formats, headers, mappings, sheets
from nanospread.ingest.files import SIDECARS, Export, File, check_folder, files_of, printable
from nanospread.ingest.mappings import MAPPING, NotMeantError
from nanospread.ingest.places import DRAFT, NoTableError
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import RawFile as RawFile
from nanospread.ingest.sheets import Sheet

NOT_MEANT = f"the whole file: not meant, as {MAPPING} says"


def used(files: Sequence[File], format: str | None = None) -> list[File]:  # noqa: A002  as --format
    """Return the files that are read: of those in sub-folders mostly the sidecars alone."""
    return [
        file
        for file in files
        if not file.mapping().ignored
        and (not file.inner or file.asked or isinstance(raw_files(file, format, ()), Sidecar))
    ]


@dataclass(frozen=True)
class Sidecar:
    """A file that holds one record, or that should."""

    name: str
    folder: str
    sheets: tuple[Sheet, ...]
    mapping: mappings.FileMapping
    error: errors.InputError | None = None


def raw_files(file: File, format: str | None, contacts: Sequence[str]) -> list[RawFile] | Sidecar:  # noqa: A002
    """Return the raw files of a file's parts, or what its one record is.

    Of several parts those that fit no table are told among the ignored. A broken sidecar is no error yet:
    among others it is refused.

    Raises InputError: as `read` says.
    """
    mapping = file.mapping()
    if mapping.ignored:
        return [sheets.aside(file.name, NOT_MEANT)]
    if file.inner and not file.asked and not file.relative_name.lower().endswith(SIDECARS):
        return []
    export = Export(file.path, file.name, mapping.known, file.unlimited)
    folder = str(PurePosixPath(file.name).parent) if file.inner else file.path.absolute().parent.name
    try:
        reader = formats.reader(export, format)
        if getattr(reader, "SIDECARS", False):
            return Sidecar(file.name, printable(folder), tuple(reader.sheets(export)), mapping)
        return _parts(file, reader.sheets(export), contacts) if not file.inner or file.asked else []
    except errors.InputError as error:
        if format is None and _looks_like_one(file):
            return Sidecar(file.name, printable(folder), (), mapping, error)
        if not file.by_chance or (
            isinstance(error, NoTableError) and not file.relative_name.lower().endswith(SIDECARS)
        ):
            raise
        return [sheets.aside(file.name, str(error))] if file.asked else []


def _looks_like_one(file: File) -> bool:
    """Return if a file that cannot be read calls itself a sidecar, by its ending or its first words."""
    if file.name.lower().endswith(".json.xz"):
        return True
    if not file.path.is_file():
        return False
    with file.path.open("rb") as opened:
        return re.match(rb'\s*\{\s*"(?:instaloader|node)"', opened.read(200)) is not None


def _parts(file: File, parts: Iterator[Sheet], contacts: Sequence[str]) -> list[RawFile]:
    """Return the sheets that fit a table; the others are told."""
    raw_groups: list[list[RawFile]] = []
    failed: list[errors.InputError] = []
    for sheet in parts:
        part = printable(sheet.name)
        name = f"{file.name} [{part}]" if part else file.name
        try:
            raw_groups.append(sheets.raws(name, sheet, file.mapping(part), contacts))
        except errors.InputError as error:
            failed.append(error)
    if failed and not raw_groups and all(isinstance(error, NotMeantError) for error in failed):
        return [sheets.aside(file.name, NOT_MEANT)]
    if not raw_groups:
        empty = [errors.InputError(f"{file.name}: the file is empty")]
        raise next((error for error in failed if isinstance(error, NoTableError)), (failed or empty)[0])
    raws = [raw for group in raw_groups for raw in group]
    if len(raw_groups) + len(failed) == 1:
        return [replace(raw, file=file.name + raw.file.removeprefix(raw_groups[0][0].file)) for raw in raws]
    return [replace(raws[0], ignored=(*raws[0].ignored, *_failure_notes(failed))), *raws[1:]]


def _failure_notes(failed: Sequence[errors.InputError]) -> list[str]:
    """Return what is told of parts that are not read, once for those that lack the same."""
    by_cause: dict[str, list[str]] = {}
    for error in failed:
        by_cause.setdefault(getattr(error, "nearest", str(error)), []).append(str(error))
    return [
        f"{messages[0]} ({len(messages)} parts alike)" if messages[1:] else messages[0]
        for messages in by_cause.values()
    ]


def grouped(sidecars: Sequence[Sidecar]) -> list[RawFile]:
    """Return one raw file for each folder and table of sidecars, `names` saying which record is which file.

    Raises InputError: no sidecar holds a post or a profile.
    """
    groups: dict[tuple[str, str], list[tuple[Sidecar, Sheet]]] = {}
    aside: list[str] = []
    for sidecar in sidecars:
        for sheet in sidecar.sheets:
            if sheet.table:
                groups.setdefault((sidecar.folder, sheet.table), []).append((sidecar, sheet))
            aside += sheet.ignored
    if sidecars and not groups:
        message = f"{sidecars[0].name}: no post and no profile: {', '.join(aside[:3])}"
        raise next((s.error for s in sidecars if s.error), None) or errors.InputError(message)
    broken = [sidecar for sidecar in sidecars if sidecar.error]
    raws = [_group(key, members, broken, groups) for key, members in groups.items()]
    return [replace(raw, ignored=(*raw.ignored, *aside)) if raw is raws[0] else raw for raw in raws]


def _group(
    key: tuple[str, str],
    members: Sequence[tuple[Sidecar, Sheet]],
    broken: Sequence[Sidecar],
    groups: Collection[tuple[str, str]],
) -> RawFile:
    """Return the records of one folder and table; broken files of a folder are refused with its posts."""
    folder, table = key
    first = next(iter(groups))
    failed = [
        s
        for s in broken
        if (s.folder, "posts") == key or ((s.folder, "posts") not in groups and first == key)
    ]
    cells: list[tuple[str, list[str] | str]] = [
        (sidecar.name, record) for sidecar, sheet in members for _, record in sheet.records
    ]
    cells += [(sidecar.name, " ".join(str(sidecar.error).split())[:200]) for sidecar in failed]
    records: list[Record] = [(at, record) for at, (_, record) in enumerate(cells, 1)]
    names = tuple(name for name, _ in cells)
    sheet = Sheet("", records, members[0][1].header, table, names=names)
    label = names[0] if len(names) == 1 else f"{folder}/ ({len(names):,} sidecars, {table})"
    return sheets.raws(label, sheet, members[0][0].mapping)[0]


def folder(path: Path | str, mapping: Mapping[str, Any] | None = None) -> tuple[RawFile, ...]:
    """Read every export of a folder, by name; other files are left alone.

    Exports are files that end in files.ENDINGS; of sub-folders see `files`.

    mapping: {file: {table, columns: {our column: its header}}}; without one the folder's mapping.yaml.

    Raises InputError: no such folder, no export in it, and what `read` raises.
    """
    place = Path(path)
    check_folder(place)
    return read([place], mapping)


def read(
    paths: Sequence[Path | str],
    mapping: Mapping[str, Any] | None = None,
    format: str | None = None,  # noqa: A002  as --format
    contacts: Sequence[str] = (),
) -> tuple[RawFile, ...]:
    """Read exports, files and folders mixed, each once, in the order of their names within a folder.

    mapping: as for `folder`; without one the mapping.yaml beside the files. format: the one reader to use
    (`formats.readers`). contacts: kinds of contact data (headers.kinds) that creators keep; none by default.

    Raises InputError: nothing to read, a file that cannot be read, is empty, too large or fits no table, two
    headers for one column that differ, two columns for one header, a mapping that names a file, table, column
    or header that does not exist, an unknown format or kind of contact.
    """
    return raws(files_of([Path(path) for path in paths], mapping), format, contacts)


def raws(
    files: Sequence[File],
    format: str | None = None,  # noqa: A002  as --format
    contacts: Sequence[str] = (),
    *,
    skip_unknown: bool = False,
) -> tuple[RawFile, ...]:
    """Read files. skip_unknown: tell those that fit no table, and go on.

    Raises InputError as `read` does; of files that fit no table it names all.
    """
    for kind in contacts:
        if kind not in headers.kinds():
            raise errors.unknown("kind of contact data", kind, headers.kinds())
    whole: list[RawFile] = []
    sidecars: list[Sidecar] = []
    unknown: list[tuple[File, NoTableError]] = []
    for file in files:
        try:
            result = raw_files(file, format, contacts)
        except NoTableError as error:
            unknown.append((file, error))
            continue
        if isinstance(result, Sidecar):
            sidecars.append(result)
        else:
            whole += result
    tables = [raw for raw in (*whole, *grouped(sidecars)) if raw.table]
    skipped = skip_unknown or (bool(sidecars) and all(file.by_chance for file, _ in unknown))
    if unknown and not (skipped and tables):
        raise _unknown([error for _, error in unknown])
    aside = [raw for raw in whole if not raw.table]
    if aside and not tables:
        message = "; ".join(f"{raw.file}: {raw.ignored[0]}" for raw in aside[:MOST_TOLD])
        raise errors.InputError(f"no file is left to read: {message}")
    aside += [sheets.aside(file.name, str(error)) for file, error in unknown]
    counts_last = sorted(tables, key=lambda raw: raw.beside)
    return (*counts_last, *aside, *_left_alone(files))


MOST_TOLD = 20  # files that one error names


def _unknown(files: Sequence[NoTableError]) -> errors.InputError:
    """Return the error for files that fit no table: each with the nearest, and what it lacks."""
    if len(files) == 1:
        return files[0]
    details = "; ".join(f"{one.file}: {one.nearest}" for one in files[:MOST_TOLD])
    remainder = f"; and {len(files) - MOST_TOLD:,} more" if len(files) > MOST_TOLD else ""
    return errors.InputError(
        f"{len(files):,} files fit no table: {details}{remainder}. Name their columns in {MAPPING} "
        f"({DRAFT}), say there `ignore: true`, or store the others (`nanospread ingest --skip-unknown`)"
    )


def _left_alone(files: Sequence[File]) -> list[RawFile]:
    """Return what is told of sub-folders whose exports are not looked into."""
    places = Counter(
        str(PurePosixPath(file.name).parent)
        for file in files
        if file.inner and not file.asked and not file.relative_name.lower().endswith(SIDECARS)
    )
    why = f"of a sub-folder, left alone; a rule of {MAPPING} that names their path reads them"
    return [sheets.aside(f"{place}/", f"{count:,} exports {why}") for place, count in places.items()]
