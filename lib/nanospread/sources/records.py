"""The bytes of a CSV file in, its records out, each with the physical line it starts on."""

import csv
import io
from collections.abc import Iterator, Sequence

DELIMITERS = ",;\t|"
BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
LONGEST_CELL = 10_000_000  # characters; the csv module's own 131,072 refuses some pasted captions

Record = tuple[int, list[str] | str]  # line, and its cells or the reason why there are none


def of(content: bytes) -> Iterator[Record]:
    """Yield the records of a file: encoding and delimiter are found out; the first record is the header."""
    lines = list(io.StringIO(_text(content), newline=""))
    return _records(lines, _delimiter(lines))


def _text(content: bytes) -> str:
    """Return the text of a file: by its byte order mark, else UTF-8, else what Windows or Latin-1 wrote."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    for encoding in ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _delimiter(lines: Sequence[str]) -> str:
    """Return the delimiter that splits the header into most cells; a comma where none does."""

    def cells(delimiter: str) -> int:
        _, header = next(_records(lines, delimiter), (0, ""))
        return len(header) if isinstance(header, list) else 0

    return max(DELIMITERS, key=cells)


def _records(lines: Sequence[str], delimiter: str) -> Iterator[Record]:
    """Yield each record with the line it starts on; blank ones are skipped.

    A quote that is never closed would swallow the records after it: only the line it stands on is given up,
    with a reason instead of cells, and reading goes on with the next line.
    """
    csv.field_size_limit(LONGEST_CELL)
    start = 0
    while start < len(lines):
        reader = csv.reader(
            map(lines.__getitem__, range(start, len(lines))), delimiter=delimiter, strict=True
        )
        before = 0
        try:
            for cells in reader:
                if any(map(str.strip, cells)):
                    yield start + before + 1, cells
                before = reader.line_num
            return
        except csv.Error as error:
            yield start + before + 1, f"broken quotes: {error}"
            start += before + 1
