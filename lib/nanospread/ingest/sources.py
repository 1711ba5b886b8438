"""Export files in, raw frames out: every cell as exported, every record with its line.

A reader for each format (`formats`) is chosen by content. Which table a file holds, and which of its columns
are ours, follows from its header: data/columns.csv declares the names that tools use; a `mapping.yaml` in the
folder says it for any other file:

    brand export.csv: {table: posts, columns: {likes: Herzen, posted_at: Zeitpunkt}, dates: day first}

Header names are compared without case, blanks, underscores and a leading `#`. A line is the physical one of a
text file, the row of a workbook or Parquet file, the number of a JSON record.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from nanospread.core import errors
from nanospread.ingest import formats, headers, sheets
from nanospread.ingest.export import OLD_WORKBOOKS, Export
from nanospread.ingest.headers import mapping as mapping  # for --mapping
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import RawFile as RawFile
from nanospread.ingest.sheets import Sheet

READ = ".csv .tsv .xlsx .xlsm .parquet .json .jsonl .ndjson"
ENDINGS = (*READ.split(), ".json.xz", *OLD_WORKBOOKS)
SIDECARS = (".json", ".json.xz")
STORE = "store.json"  # which a store has: no folder of exports
MOST = 200_000  # files


@dataclass(frozen=True)
class File:
    """One file to read."""

    path: Path
    name: str  # which no other file has
    own: str  # its name inside its folder
    said: Mapping[str, Any]  # what the mapping says, by that name or by `name [part]`
    inner: bool = False  # in a sub-folder: read if it is a sidecar, left alone if not

    def entry(self, part: str = "") -> headers.Entry:
        """Return the checked mapping of the file, or of one part of it."""
        of_part = f"{self.own} [{part}]"
        name = of_part if part and of_part in self.said else self.own
        return headers.entry(name, self.said.get(name, {}))


def files_of(paths: Sequence[Path], mapping: Mapping[str, Any] | None) -> list[File]:
    """Return the files of paths, each once, no two of one name.

    Raises InputError: nothing there, or a mapping that names another file.
    """
    found: dict[Path, File] = {}
    taken: set[str] = set()
    for path in paths:
        if not os.path.lexists(path):
            raise _missing(f"'{path}'", path, [file.name for file in _beside(path)])
        said = _own_mapping(path if path.is_dir() else path.parent) if mapping is None else mapping
        given = list(_in_folder(path)) if path.is_dir() else [(path, path.name, False)]
        if not given:
            raise errors.InputError(f"data folder '{path}' holds no export ({READ.replace(' ', ', ')} file)")
        here = [
            File(file, _single(printable(name), taken), printable(name), said, inner)
            for file, name, inner in given
        ]
        if path.is_dir() or mapping is not None:
            _check_names(said, here if mapping is None else [*found.values(), *here], path == paths[-1])
        for file in here:
            found.setdefault(file.path.absolute(), file)
    if len(found) > MOST:
        raise errors.InputError(f"{len(found):,} files; at most {MOST:,} are read at once")
    return list(found.values())


def used(found: Sequence[File], format: str | None = None) -> list[File]:  # noqa: A002  as --format
    """Return the files that `read` reads: of those in sub-folders the sidecars alone."""
    return [file for file in found if not file.inner or isinstance(raw_files(file, format, ()), Sidecar)]


def check_folder(place: Path) -> None:
    """Raise InputError where a path is no folder, with the nearest one."""
    if place.is_dir():
        return
    if place.exists():
        raise errors.InputError(f"data '{place}' is a file; name the folder that holds the exports")
    raise _missing(f"data folder '{place}'", place, [f.name for f in _beside(place) if f.is_dir()])


def _beside(path: Path) -> list[Path]:
    return sorted(path.parent.iterdir()) if path.parent.is_dir() else []


def _missing(what: str, path: Path, names: Sequence[str]) -> errors.InputError:
    guess = errors.nearest(path.name, names)
    hint = f"; did you mean '{path.parent / guess}'?" if guess else ""
    return errors.InputError(f"{what} does not exist{hint}")


def _own_mapping(place: Path) -> Mapping[str, Any]:
    """Return what the folder's own mapping says: nothing where there is none."""
    own = place / headers.MAPPING
    return headers.mapping(own) if own.is_file() else {}


def _in_folder(place: Path) -> Iterator[tuple[Path, str, bool]]:
    """Yield path and name of each export, then of what may be sidecars in sub-folders that are no store."""
    for at, (folder, folders, names) in enumerate(os.walk(place)):
        if at and STORE in names:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(names):
            file = Path(folder, name)
            if name[0] != "." and name.lower().endswith(SIDECARS if at else ENDINGS) and file.is_file():
                yield file, file.relative_to(place).as_posix(), at > 0


def printable(name: str) -> str:
    """Return a name on one line, without control characters, direction marks and bytes that are no text."""
    return re.sub(
        "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", "\ufffd", name
    )


def _single(name: str, taken: set[str]) -> str:
    """Return a name that no other file has."""
    number, single = 1, name
    while single in taken:
        number += 1
        single = f"{name} ({number})"
    taken.add(single)
    return single


def _check_names(said: Mapping[str, Any], given: Sequence[File], last: bool) -> None:
    """Raise InputError where a mapping names a file that is not there."""
    names = [file.own for file in given if not file.inner]
    for name in said if last else ():
        if not any(name == known or re.fullmatch(re.escape(known) + r" \[.*\]", name) for known in names):
            raise errors.unknown(f"file in {headers.MAPPING}:", name, names)


@dataclass(frozen=True)
class Sidecar:
    """A file that holds one record, or that should."""

    name: str
    folder: str
    found: tuple[Sheet, ...]
    entry: headers.Entry
    error: errors.InputError | None = None


def raw_files(file: File, format: str | None, contacts: Sequence[str]) -> list[RawFile] | Sidecar:  # noqa: A002
    """Return the raw files of a file's parts, or what its one record is.

    Of several parts those that fit no table are told among the ignored. A broken sidecar is no error yet:
    among others it is refused.

    Raises InputError: as `read` says.
    """
    export = Export(file.path, file.name, _known(file))
    folder = str(PurePosixPath(file.name).parent) if file.inner else file.path.absolute().parent.name
    try:
        reader = formats.reader(export, format)
        if getattr(reader, "SIDECARS", False):
            return Sidecar(file.name, printable(folder), tuple(reader.sheets(export)), file.entry())
    except errors.InputError as error:
        if format is None and _looks_like_one(file):
            return Sidecar(file.name, printable(folder), (), file.entry(), error)
        if file.inner:
            return []
        raise
    return [] if file.inner else _parts(file, reader.sheets(export), contacts)


def _known(file: File) -> tuple[str, ...]:
    said = file.said.get(file.own, {})
    columns = said.get("columns") if isinstance(said, dict) else None
    return tuple(map(str, columns.values())) if isinstance(columns, dict) else ()


def _looks_like_one(file: File) -> bool:
    """Return if a file that cannot be read calls itself a sidecar, by its ending or its first words."""
    if file.name.lower().endswith(".json.xz"):
        return True
    if not file.path.is_file():
        return False
    with file.path.open("rb") as opened:
        return re.match(rb'\s*\{\s*"(?:instaloader|node)"', opened.read(200)) is not None


def _parts(file: File, found: Iterator[Sheet], contacts: Sequence[str]) -> list[RawFile]:
    """Return the sheets that fit a table; the others are told."""
    raws: list[RawFile] = []
    failed: list[errors.InputError] = []
    for sheet in found:
        part = printable(sheet.name)
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


def folder(path: Path | str, mapping: Mapping[str, Any] | None = None) -> tuple[RawFile, ...]:
    """Read every export of a folder, by name; other files are left alone.

    Exports are files that end in files.ENDINGS; of its sub-folders Instaloader's sidecars alone are read.

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
    headers for one column, two columns for one header, a mapping that names a file, table, column or header
    that does not exist, an unknown format or kind of contact.
    """
    for kind in contacts:
        if kind not in headers.kinds():
            raise errors.unknown("kind of contact data", kind, headers.kinds())
    found = files_of([Path(path) for path in paths], mapping)
    whole: list[RawFile] = []
    sidecars: list[Sidecar] = []
    for file in found:
        one = raw_files(file, format, contacts)
        if isinstance(one, Sidecar):
            sidecars.append(one)
        else:
            whole += one
    return (*whole, *grouped(sidecars))
