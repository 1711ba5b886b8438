"""Export files in, raw frames out: every cell as exported, every record with its line.

A reader for each format (`formats`) is chosen by content. Which table a file holds, and which of its columns
are ours, follows from its header: data/columns.csv declares the names that tools use; a `mapping.yaml` in the
folder says it for any other file:

    brand export.csv: {table: posts, columns: {likes: Herzen, posted_at: Zeitpunkt}, dates: day first}

Header names are compared without case, blanks, underscores and a leading `#`. A line is the physical one of a
text file, the row of a workbook or Parquet file, the number of a JSON record.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nanospread.core import errors
from nanospread.ingest import files, headers, parts
from nanospread.ingest.layouts import Layout as Layout
from nanospread.ingest.layouts import delimited as delimited
from nanospread.ingest.mappings import mapping as mapping  # for --mapping
from nanospread.ingest.sheets import RawFile as RawFile
from nanospread.ingest.suggestions import suggested_mapping as suggested_mapping


def folder(path: Path | str, mapping: Mapping[str, Any] | None = None) -> tuple[RawFile, ...]:
    """Read every export of a folder, by name; other files are left alone.

    Exports are files that end in files.ENDINGS; of its sub-folders Instaloader's sidecars alone are read.

    mapping: {file: {table, columns: {our column: its header}}}; without one the folder's mapping.yaml.

    Raises InputError: no such folder, no export in it, and what `read` raises.
    """
    place = Path(path)
    files.check_folder(place)
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
    found = files.of([Path(path) for path in paths], mapping)
    whole: list[RawFile] = []
    sidecars: list[parts.Sidecar] = []
    for file in found:
        one = parts.read(file, format, contacts)
        if isinstance(one, parts.Sidecar):
            sidecars.append(one)
        else:
            whole += one
    return (*whole, *parts.grouped(sidecars))
