"""The bytes of a delimited text file in, its records out, each with the physical line it starts on."""

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median_low
from typing import BinaryIO

from nanospread.core.errors import InputError
from nanospread.ingest import headers

DELIMITERS = ",;\t|"
DECLARED = rf'"?sep=([{DELIMITERS}])"?\s*'  # the first line that Excel takes for the delimiter
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
LONGEST_CELL = 10_000_000  # characters; the csv module's own 131,072 refuses some pasted captions
LONGEST_LINE = 10_000_000  # characters; a longer one is refused, and the rest read on
HEAD = 1_000_000  # bytes that delimiter and header are found in
LOOKED_AT = 300  # times HEAD bytes, which tell the encoding
ENDLESS = 10  # times LONGEST_LINE characters of one line, with which reading stops
TOP = 21  # records among which the header stands: up to 20 lines of a banner go before it

Record = tuple[int, list[str] | str]  # line, and its cells or the reason why there are none
Opened = Callable[[], BinaryIO]  # the file, from its first byte


class EndlessLineError(InputError):
    """A line that goes on and on, in a file that is read in pieces."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"line {number:,} goes on for over {ENDLESS * LONGEST_LINE:,} characters: no CSV file"
        )


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    encoding: str
    delimiter: str
    whole: bool = False  # each line stands in quotes as a whole: what a spreadsheet makes of a second saving

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what is told of it beside the headers that are left aside."""
        return ("quotes around each line as a whole: taken off",) if self.whole else ()


def form(opened: Opened, header_names: Sequence[str] = ()) -> Dialect:
    """Return how a file is written. header_names: those that a mapping gives."""
    charset = encoding(opened)
    with opened() as file:
        head = io.TextIOWrapper(io.BytesIO(file.read(HEAD)), charset, errors="replace", newline="")
    declared = re.fullmatch(DECLARED, head.readline(HEAD).removeprefix("\ufeff"), re.IGNORECASE)
    head.seek(0)
    lines = list(_lines(head, []))
    delimiter, cells = _delimiter(lines, header_names, declared[1] if declared else DELIMITERS)
    if cells > 1 or not lines or not lines[0].lstrip("\ufeff").startswith('"'):
        return Dialect(charset, delimiter)
    inner = [str(record[0]) + "\n" for _, record in _records(iter(lines), [], delimiter) if len(record) == 1]
    delimiter, cells = _delimiter(inner, header_names)
    return Dialect(charset, delimiter, whole=cells > 1)


def encoding(opened: Opened) -> str:
    """Return the encoding: by its byte order mark, else UTF-8, else what Windows or Latin-1 wrote.

    A few broken bytes do not make a file Windows: it stays UTF-8, with U+FFFD in their place, while more of
    its characters beyond ASCII are whole than broken. In Windows text hardly any happens to be whole.
    """
    with opened() as file:
        start = file.read(4096)
    marked = next((name for mark, name in BYTE_ORDER_MARKS.items() if start.startswith(mark)), "")
    if marked or _unmarked(start):
        return marked or _unmarked(start)
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    broken = non_ascii = 0
    windows = True
    for chunk in _chunks(opened):
        text = decoder.decode(chunk)
        broken += text.count("\ufffd")
        non_ascii += len(text) - len(text.encode("ascii", "ignore"))
        windows = windows and not NOT_IN_CP1252.search(chunk)
    if broken == 0 or non_ascii > 2 * broken:
        return "utf-8"
    return "cp1252" if windows else "latin-1"


def _unmarked(start: bytes) -> str:
    """Return which UTF-16 a file without a mark is: every other byte of mostly Latin text is zero."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    threshold = 0.6 * len(start) / 2
    if threshold and odd > threshold and even <= threshold / 10:
        return "utf-16-le"
    return "utf-16-be" if threshold and even > threshold and odd <= threshold / 10 else ""


def _chunks(opened: Opened) -> Iterator[bytes]:
    with opened() as file:
        for _ in range(LOOKED_AT):
            if not (chunk := file.read(HEAD)):
                return
            yield chunk


def _delimiter(
    lines: Sequence[str], header_names: Sequence[str], candidates: str = DELIMITERS
) -> tuple[str, int]:
    """Return the delimiter that gives the most names we know.

    Where none is known, the one that splits the first record, then the records after it, into most cells.
    With it comes how many cells half of the first records have.
    """
    names = headers.names(header_names)

    def score(delimiter: str) -> tuple[int, int, int]:
        top = [r for _, r in islice(_records(iter(lines), [], delimiter), TOP) if isinstance(r, list)] or [[]]
        return (
            max(sum(headers.plain(cell) in names for cell in record[:1000]) for record in top),
            len(top[0]),
            median_low(map(len, top)),
        )

    best = max(candidates, key=score)
    return best, score(best)[2]


def read(opened: Opened, form: Dialect) -> Iterator[Record]:
    """Yield the records of a file that is written so."""
    with opened() as file:
        text = io.TextIOWrapper(file, form.encoding, errors="replace", newline="")
        cut_lines: list[int] = []
        records = _records(_lines(text, cut_lines), cut_lines, form.delimiter)
        yield from _unwrapped(records, form.delimiter) if form.whole else records


def _unwrapped(records: Iterator[Record], delimiter: str) -> Iterator[Record]:
    """Yield records whose lines stand in quotes as a whole, each split again; others as they are."""
    for line, cells in records:
        if isinstance(cells, str) or len(cells) != 1:
            yield line, cells
            continue
        inner = list(_records(iter(cells[0].splitlines(keepends=True)), [], delimiter))
        yield line, inner[0][1] if len(inner) == 1 else f"{len(inner):,} records in one pair of quotes"


def _lines(text: io.TextIOWrapper, cut_lines: list[int]) -> Iterator[str]:
    """Yield the lines of a text; of one that is too long only the start, its number going to `cut_lines`.

    The line that declares the delimiter comes as a blank one: the lines after it keep their numbers.
    """
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            cut_lines.append(number)
            parts = 1
            while (rest := text.readline(LONGEST_LINE)) and rest[-1] not in "\r\n":
                parts += 1
                if parts > ENDLESS:
                    raise EndlessLineError(number)
            line = "too long\n"
        line = line.removeprefix("\ufeff")  # of a file that others are put below
        if number == 1 and re.fullmatch(DECLARED, line, re.IGNORECASE):
            line = "\n"
        yield line


def _records(lines: Iterator[str], cut_lines: Sequence[int], delimiter: str) -> Iterator[Record]:
    """Yield each record with the line it starts on; blank ones are skipped.

    A quote that is never closed would swallow the records after it: only the line it stands on is given up,
    with a reason instead of cells, and reading goes on with the next line.
    """
    csv.field_size_limit(LONGEST_CELL)
    pending: deque[str] = deque()  # read once already, behind a quote that is never closed
    record_lines: list[str] = []  # lines of the record at hand

    def feed() -> Iterator[str]:
        while (line := pending.popleft() if pending else next(lines, None)) is not None:
            record_lines.append(line)
            yield line

    start = 1
    while True:
        try:
            for cells in csv.reader(feed(), delimiter=delimiter, strict=True):
                if cut_lines and any(
                    start <= number < start + len(record_lines) for number in cut_lines[-9:]
                ):
                    yield start, f"a line of more than {LONGEST_LINE:,} characters"
                elif (cells and cells[0].strip()) or any(map(str.strip, cells)):
                    yield start, cells
                start += len(record_lines)
                record_lines.clear()
            return
        except csv.Error as error:
            yield start, f"broken quotes: {error}"
            pending.extendleft(reversed(record_lines[1:]))
            record_lines.clear()
            start += 1
