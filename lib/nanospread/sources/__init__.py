"""A folder of export files in, raw frames out: every cell as exported, every record with its physical line.

Which table a file holds, and which of its columns are ours, follows from its header: data/columns.csv
declares the names that tools use; a `mapping.yaml` in the folder says it for any other file:

    brand export.csv: {table: posts, columns: {likes: Herzen, posted_at: Zeitpunkt}}

Header names are compared without case, blanks, underscores and a leading `#`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from nanospread import errors
from nanospread.sources import headers, mappings, records
from nanospread.sources.mappings import mapping as mapping  # for --mapping

ENDINGS = {".csv", ".tsv"}


@dataclass(frozen=True)
class RawFile:
    """One export file, exactly as exported, under our column names."""

    file: str  # name inside the folder
    table: str  # one of headers.REQUIRED
    rows: pd.DataFrame  # all text; index `line`: where the record starts, the first line being 1
    ignored: tuple[str, ...]  # headers that no column of ours uses
    refused: tuple[tuple[int, str], ...]  # line and reason of records that are no rows


def folder(path: Path | str, mapping: Mapping[str, Any] | None = None) -> tuple[RawFile, ...]:
    """Read every *.csv and *.tsv of a folder, by name; other files are left alone.

    mapping: {file: {table, columns: {our column: its header}}}; without one the folder's mapping.yaml.

    Raises InputError: no such folder, no export in it, an empty file, a file that fits no table, two headers
    for one column, two columns for one header, a mapping that names a file, table, column or header that
    does not exist.
    """
    place = Path(path)
    _check_folder(place)
    exports = sorted(
        f for f in place.iterdir() if f.suffix.lower() in ENDINGS and f.name[0] != "." and f.is_file()
    )
    if not exports:
        raise errors.InputError(f"data folder '{place}' holds no .csv or .tsv file")
    said = _own_mapping(place) if mapping is None else mapping
    for name in said:
        if name not in {file.name for file in exports}:
            raise errors.unknown(f"file in {headers.MAPPING}:", name, [file.name for file in exports])
    return tuple(_read(file, headers.entry(file.name, said.get(file.name, {}))) for file in exports)


def _check_folder(place: Path) -> None:
    if place.is_dir():
        return
    if place.exists():
        raise errors.InputError(f"data '{place}' is a file; name the folder that holds the exports")
    beside = [f.name for f in place.parent.iterdir() if f.is_dir()] if place.parent.is_dir() else []
    guess = errors.nearest(place.name, beside)
    hint = f"; did you mean '{place.parent / guess}'?" if guess else ""
    raise errors.InputError(f"data folder '{place}' does not exist{hint}")


def _own_mapping(place: Path) -> Mapping[str, Any]:
    """Return what the folder's own mapping says: nothing where there is none."""
    own = place / headers.MAPPING
    return mappings.mapping(own) if own.is_file() else {}


def _read(file: Path, said: headers.Entry) -> RawFile:
    found = records.of(file.read_bytes())
    line, header = next(found, (1, "the file is empty"))
    if isinstance(header, str):
        raise errors.InputError(f"{file.name}: no header on line {line}: {header}")
    if any("\0" in name for name in header):
        raise errors.InputError(f"{file.name}: no text file; export a workbook as CSV first")
    table, columns = headers.columns(file.name, header, said)
    rows, refused = _rows(found, len(header), columns)
    used = set(columns.values())
    ignored = tuple(name for at, name in enumerate(header) if at not in used)
    return RawFile(file.name, table, rows, ignored, refused)


def _rows(
    found: Iterator[records.Record], width: int, columns: Mapping[str, int]
) -> tuple[pd.DataFrame, tuple[tuple[int, str], ...]]:
    """Return the rows under our column names, and the records that are none with the reason."""
    lines: list[int] = []
    cells: list[list[str]] = []
    refused: list[tuple[int, str]] = []
    for line, record in found:
        if isinstance(record, str):
            refused.append((line, record))
        elif len(record) != width:
            refused.append((line, f"{len(record)} cells where the header has {width}"))
        else:
            lines.append(line)
            cells.append([record[place] for place in columns.values()])
    index = pd.Index(lines, name="line", dtype="int64")
    return pd.DataFrame(cells, index=index, columns=list(columns), dtype="str"), tuple(refused)
