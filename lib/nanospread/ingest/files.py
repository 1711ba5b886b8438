"""Paths in, the files to read out: each once, under a name that no other has, with what a mapping says.

Of sub-folders Instaloader's sidecars are read. Other exports in them are read where a rule of the mapping
names their path, or where no export lies above them; else they are left alone, which is told.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nanospread.core import errors
from nanospread.ingest import mappings
from nanospread.ingest.export import OLD_WORKBOOKS
from nanospread.ingest.mappings import MAPPING

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
    rules: Mapping[str, Any]  # what the mapping says
    inner: bool = False  # in a sub-folder
    asked: bool = False  # in a sub-folder, and to be read as those outside are
    creator: str = ""  # whose posts they are where no column tells
    unlimited: bool = False  # as Export.unlimited

    def mapping(self, part: str = "") -> mappings.FileMapping:
        """Return what the mapping says about the file, or about one part of it."""
        return mappings.about(self.rules, self.own, self.path, part, self.creator)

    @property
    def by_chance(self) -> bool:
        """Whether no rule names it and it lies in a sub-folder: it may be no export, which stops nothing."""
        return self.inner and not any(mappings.names(rule, of, self.own) for rule, of in self.rules.items())


def files_of(
    paths: Sequence[Path], mapping: Mapping[str, Any] | None = None, creator: str = ""
) -> list[File]:
    """Return the files of paths, each once, no two of one name.

    mapping: without one the mapping.yaml beside the files. creator: as `File.creator`.

    Raises InputError: nothing there, or a mapping that names another file.
    """
    found: dict[Path, File] = {}
    taken: set[str] = set()
    for path in paths:
        if not os.path.lexists(path):
            raise _missing(f"'{path}'", path, [file.name for file in _beside(path)])
        rules = _own_mapping(path if path.is_dir() else path.parent) if mapping is None else mapping
        given = list(_in_folder(path, rules)) if path.is_dir() else [(path, path.name, False, False)]
        if not given:
            raise errors.InputError(f"data folder '{path}' holds no export ({READ.replace(' ', ', ')} file)")
        here = [
            File(file, _single(printable(name), taken), printable(name), rules, inner, asked, creator)
            for file, name, inner, asked in given
        ]
        if path.is_dir() or mapping is not None:
            _check_names(rules, here if mapping is None else [*found.values(), *here], path == paths[-1])
        for file in here:
            found.setdefault(file.path.absolute(), file)
    if len(found) > MOST:
        raise errors.InputError(f"{len(found):,} files; at most {MOST:,} are read at once")
    return list(found.values())


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
    own = place / MAPPING
    return mappings.read(own) if own.is_file() else {}


def _in_folder(place: Path, rules: Mapping[str, Any]) -> Iterator[tuple[Path, str, bool, bool]]:
    """Yield path, name, `inner` and `asked` of each export, those of sub-folders last; of no store."""
    outside = 0
    for at, (folder, folders, names) in enumerate(os.walk(place)):
        if at and STORE in names:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name[0] != ".")
        for name in sorted(names):
            file = Path(folder, name)
            if name[0] != "." and name.lower().endswith(ENDINGS) and file.is_file() and not _is_output(file):
                own = file.relative_to(place).as_posix()
                outside += not at
                named = any(mappings.names(rule, given, own) for rule, given in rules.items())
                yield file, own, at > 0, at > 0 and (named or not outside)


def _is_output(file: Path) -> bool:
    """Return whether a shell writes to this file what is printed here (`... > exports/codes.csv`)."""
    try:
        return os.path.samestat(os.fstat(1), file.stat())
    except OSError:
        return False


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


def _check_names(rules: Mapping[str, Any], given: Sequence[File], last: bool) -> None:
    """Raise InputError where a mapping names a file that is not there."""
    known = {file.own for file in given}
    for rule, entry in rules.items() if last else ():
        if mappings.is_name(rule, entry) and not known & {rule, *re.findall(r"(.*) \[.*\]", rule)}:
            raise errors.unknown(
                f"file in {MAPPING}:", rule, [f.own for f in given if not f.inner or f.asked]
            )
