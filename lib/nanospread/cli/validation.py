"""What an ingest read -> its validation report, notebook 01 as one HTML page."""

import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from nanospread import store
from nanospread.cli.exported import Read
from nanospread.core.errors import InputError
from nanospread.ingest import tables
from nanospread.report import replace_file, single_page


def page(found: Read, as_of: pd.Timestamp | None, file: Path, now: datetime, broken: Sequence[str]) -> None:
    """Write the page, through a store of a moment. broken: sentences that stand above all else on it.

    Raises InputError: exports too large for a notebook, no creators or no posts among them; PageFailed where
    the notebook failed.
    """
    if found.parts:
        raise InputError("--html is for exports that fit into memory; these are streamed")
    for needed in tables.NEEDED:
        if getattr(found.tables, needed).empty:
            raise InputError(f"--html needs creators and their posts; these files hold no usable {needed}")
    with tempfile.TemporaryDirectory(prefix="nanospread-") as name:
        place, moment = Path(name) / "exports", as_of or tables.as_of(found.tables)
        store.write(place, found.tables, as_of=moment, inputs=found.inputs, texts=True)
        replace_file(file, single_page("01_data_quality", {"data": str(place)}, now, broken))
