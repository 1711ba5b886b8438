"""Reference tables that people edit by hand: a CSV file -> its rows, each with the line it stands on."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from nanospread.core import errors


def rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line at which each row ends, and its cells, stripped; blank lines are passed over.

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
