"""Files that are there whole or not at all, outlast a loss of power, or are tables that people edit."""

import csv
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from nanospread.core import errors


def write_atomically(path: Path, content: str | bytes, *, staging: Path | None = None) -> None:
    """Write a file so that a reader sees the old content or the new one, never half of it.

    staging: a folder of the same file system to write in first (made where missing), for callers who clear
    what a killed process leaves there; None: beside the file. Text is written as UTF-8, and what UTF-8 has
    no way to say becomes `?`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = staging or path.parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{path.name}.") as scratch:
        draft = Path(scratch) / path.name
        draft.write_bytes(content.encode(errors="replace") if isinstance(content, str) else content)
        sync(draft)
        draft.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, outlast a loss of power."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reference_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line at which each row of a CSV table ends, and its cells, stripped; no blank lines.

    Raises: InputError naming the line: not UTF-8, other columns than these, more or fewer cells than columns.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as reason:
        raise errors.InputError(f"{path.name}: not UTF-8 text at byte {reason.start}") from reason
    reader = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(reader, [])) != tuple(columns):
        raise errors.InputError(f"{path.name} line 1: the columns must be {', '.join(columns)}")
    for cells in reader:
        if len(cells) not in (0, len(columns)):
            raise errors.InputError(
                f"{path.name} line {reader.line_num}: {len(cells)} cells for {len(columns)} columns; "
                "a text that holds a comma needs quotation marks"
            )
        if cells:
            yield reader.line_num, dict(zip(columns, (cell.strip() for cell in cells), strict=True))
