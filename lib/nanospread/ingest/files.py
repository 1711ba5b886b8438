"""Paths in, the export files they stand for out, each with the name it is told by and its mapping."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanospread.core import errors
from nanospread.ingest import headers, mappings
from nanospread.ingest.export import OLD_WORKBOOKS

ENDINGS = (
    ".csv",
    ".tsv",
    ".xlsx",
    ".xlsm",
    ".parquet",
    ".json",
    ".jsonl",
    ".ndjson",
    ".json.xz",
    *OLD_WORKBOOKS,
)
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


def of(paths: Sequence[Path], mapping: Mapping[str, Any] | None) -> list[File]:
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
            raise errors.InputError(f"data folder '{path}' holds no export ({', '.join(ENDINGS[:8])} file)")
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
    """Return the files that `sources.read` reads: of those in sub-folders the sidecars alone."""
    from nanospread.ingest import parts  # which needs this module

    return [
        file for file in found if not file.inner or isinstance(parts.read(file, format, ()), parts.Sidecar)
    ]


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
    return mappings.mapping(own) if own.is_file() else {}


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
