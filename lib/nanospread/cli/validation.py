"""What an ingest read -> its validation report, notebook 01 as one HTML page."""

import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import yaml

from nanospread.cli.exported import Read
from nanospread.errors import InputError
from nanospread.report import replace_file, single_page
from nanospread.sources.headers import MAPPING


def page(found: Read, file: Path, now: datetime, broken: Sequence[str]) -> None:
    """Write the page. broken: sentences that stand above all else on it.

    Raises InputError: exports too large for a notebook, no creators or no posts among them, RunFailed where
    the notebook failed.
    """
    if found.parts:
        raise InputError("--html is for exports that fit into memory; these are streamed")
    with tempfile.TemporaryDirectory(prefix="nanospread-") as name:
        folder = _folder(Path(name) / "exports", found)
        replace_file(file, single_page("01_data_quality", {"data": str(folder)}, now, broken))


def _folder(folder: Path, found: Read) -> Path:
    """Return a folder of links to the files that were read, with all that is said about them."""
    for file in found.files:
        link = folder / file.name
        link.parent.mkdir(parents=True, exist_ok=True)
        os.symlink(file.path.absolute(), link)
    said = {file.name: dict(found.said.get(file.name, {})) for file in found.files} | found.said
    if found.as_of is not None:
        said = {name: {**of, "as_of": f"{found.as_of.isoformat()}"} for name, of in said.items()}
    text = yaml.safe_dump({name: of for name, of in said.items() if of}, allow_unicode=True)
    (folder / MAPPING).write_text(text, encoding="utf-8")
    return folder
