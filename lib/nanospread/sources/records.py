"""The bytes of a CSV file in, its records out, each with the physical line it starts on."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

DELIMITERS = ",;\t|"
DECLARED = rf'"?sep=([{DELIMITERS}])"?\s*'  # the first line that Excel takes for the delimiter
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
    declared = re.fullmatch(DECLARED, lines[0], re.IGNORECASE) if lines else None
    if declared:
        lines[0] = "\n"  # blank, not gone: the lines after it keep their numbers
    return _records(lines, declared[1] if declared else _delimiter(lines))


def _text(content: bytes) -> str:
    """Return the text of a file: by its byte order mark, else UTF-8, else what Windows or Latin-1 wrote.

    A few broken bytes do not make a file Windows: it stays UTF-8, with U+FFFD in their place, while more of
    its characters beyond ASCII are whole than broken. In Windows text hardly any happens to be whole.
    """
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    text = content.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    if broken == 0 or sum(character > "\x7f" for character in text) > 2 * broken:
        return text
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
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
