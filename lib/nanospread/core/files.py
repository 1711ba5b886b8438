"""Files that are there whole or not at all, and that outlast a loss of power."""

import os
import tempfile
from pathlib import Path


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
