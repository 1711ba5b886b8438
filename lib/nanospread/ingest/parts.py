"""A file in, the raw files of its parts out; one-record files are put together, folder by folder."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from nanospread.core import errors
from nanospread.ingest import files, formats, headers, sheets
from nanospread.ingest.export import Export
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import RawFile, Sheet


@dataclass(frozen=True)
class Sidecar:
    """A file that holds one record, or that should."""

    name: str
    folder: str
    found: tuple[Sheet, ...]
    entry: headers.Entry
    error: errors.InputError | None = None


def read(file: files.File, format: str | None, contacts: Sequence[str]) -> list[RawFile] | Sidecar:  # noqa: A002
    """Return the raw files of a file's parts, or what its one record is.

    Of several parts those that fit no table are told among the ignored. A broken sidecar is no error yet:
    among others it is refused.

    Raises InputError: as `sources.read` says.
    """
    export = Export(file.path, file.name, _known(file))
    folder = str(PurePosixPath(file.name).parent) if file.inner else file.path.absolute().parent.name
    try:
        reader = formats.reader(export, format)
        if getattr(reader, "SIDECARS", False):
            return Sidecar(file.name, files.printable(folder), tuple(reader.sheets(export)), file.entry())
    except errors.InputError as error:
        if format is None and _looks_like_one(file):
            return Sidecar(file.name, files.printable(folder), (), file.entry(), error)
        if file.inner:
            return []
        raise
    return [] if file.inner else _parts(file, reader.sheets(export), contacts)


def _known(file: files.File) -> tuple[str, ...]:
    said = file.said.get(file.own, {})
    columns = said.get("columns") if isinstance(said, dict) else None
    return tuple(map(str, columns.values())) if isinstance(columns, dict) else ()


def _looks_like_one(file: files.File) -> bool:
    """Return if a file that cannot be read calls itself a sidecar, by its ending or its first words."""
    if file.name.lower().endswith(".json.xz"):
        return True
    if not file.path.is_file():
        return False
    with file.path.open("rb") as opened:
        return re.match(rb'\s*\{\s*"(?:instaloader|node)"', opened.read(200)) is not None


def _parts(file: files.File, found: Iterator[Sheet], contacts: Sequence[str]) -> list[RawFile]:
    """Return the sheets that fit a table; the others are told."""
    raws: list[RawFile] = []
    failed: list[errors.InputError] = []
    for sheet in found:
        part = files.printable(sheet.name)
        name = f"{file.name} [{part}]" if part else file.name
        try:
            raws.append(sheets.raw(name, sheet, file.entry(part), contacts))
        except errors.InputError as error:
            failed.append(error)
    if not raws:
        empty = [errors.InputError(f"{file.name}: the file is empty")]
        raise next(
            (error for error in failed if isinstance(error, headers.NoTableError)), (failed or empty)[0]
        )
    if len(raws) + len(failed) == 1:
        return [replace(raws[0], file=file.name)]
    return [replace(raws[0], ignored=(*raws[0].ignored, *map(str, failed))), *raws[1:]]


def grouped(sidecars: Sequence[Sidecar]) -> list[RawFile]:
    """Return one raw file for each folder and table of sidecars, `names` saying which record is which file.

    Raises InputError: no sidecar holds a post or a profile.
    """
    groups: dict[tuple[str, str], list[tuple[Sidecar, Sheet]]] = {}
    aside: list[str] = []
    for sidecar in sidecars:
        for sheet in sidecar.found:
            if sheet.table:
                groups.setdefault((sidecar.folder, sheet.table), []).append((sidecar, sheet))
            aside += sheet.ignored
    if sidecars and not groups:
        told = f"{sidecars[0].name}: no post and no profile: {', '.join(aside[:3])}"
        raise next((s.error for s in sidecars if s.error), None) or errors.InputError(told)
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
    own = [
        s
        for s in broken
        if (s.folder, "posts") == key or ((s.folder, "posts") not in groups and first == key)
    ]
    cells: list[tuple[str, list[str] | str]] = [
        (sidecar.name, record) for sidecar, sheet in members for _, record in sheet.records
    ]
    cells += [(sidecar.name, " ".join(str(sidecar.error).split())[:200]) for sidecar in own]
    records: list[Record] = [(at, record) for at, (_, record) in enumerate(cells, 1)]
    names = tuple(name for name, _ in cells)
    sheet = Sheet("", records, members[0][1].header, table, names=names)
    label = names[0] if len(names) == 1 else f"{folder}/ ({len(names):,} sidecars, {table})"
    return sheets.raw(label, sheet, members[0][0].entry)
