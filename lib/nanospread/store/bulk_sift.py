"""A large CSV file in; its plain records as a file that DuckDB cannot misread, the others by line, out."""

import codecs
import functools
import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nanospread.core.errors import InputError
from nanospread.ingest import records, sources
from nanospread.ingest.streams import Layout
from nanospread.store import bulk_scan

BLOCK = 8_000_000  # bytes read at a time
PLAIN = 1_000_000  # bytes of a plain record: DuckDB refuses lines of more than two million
HOSTILE = 100_000_000  # bytes of a line with which reading stops
LINE_END = re.compile(rb"\r\n|\r|\n")
EPOCH = r"[1-9][0-9]{9}"
KINDS = {
    "post": bulk_scan.IDENTITY,
    "creator": bulk_scan.ACCOUNT,
    "posted_at": bulk_scan.MOMENT,
    "likes": bulk_scan.COUNT,
    "comments": bulk_scan.COUNT,
    "sponsored": bulk_scan.FLAG,
    "caption": bulk_scan.UNREAD,
    "permalink": bulk_scan.UNREAD,
}  # every other one is an extra count


def sifted(path: Path, layout: Layout, into: Path, *, epoch: bool) -> list[records.Record]:
    """Write the plain records of a file of posts as UTF-8, each after its line, and return the others.

    The first record, and the last one that could be plain, are always among the others, since sources may
    find units in the one and totals in the other. A record that cannot be read costs the line it starts on,
    as in sources.records; so does a line or a cell of more than records.LONGEST_LINE bytes.

    epoch: whether dates are written as epoch seconds.

    Raises InputError: a line of more than HOSTILE bytes.
    """
    kinds, classes = _kinds(layout, epoch), bulk_scan.classes(layout.delimiter)
    longest = PLAIN, records.LONGEST_LINE
    state = np.zeros(6, dtype=np.int64)
    state[bulk_scan.LINE] = layout.first_line
    odd: list[records.Record] = []
    rest = tail = b""
    passed, before = 0, None
    with (
        into.open("wb") as target,
        ThreadPoolExecutor(1) as beside,
    ):  # writes a block while the next is scanned
        for chunk, last in _chunks(path, layout):
            block = rest + chunk
            out, spans = np.empty(3 * len(block) + 64, np.uint8), np.empty((len(block) // 2 + 2, 5), np.int64)
            data = np.frombuffer(block, dtype=np.uint8)
            used, written, others = bulk_scan.scanned(
                data, ord(layout.delimiter), classes, kinds, last, longest, state, out, spans
            )
            texts: list[bytes | memoryview] = []
            if written:
                texts = [tail, out[: state[bulk_scan.TAIL]].data]
                tail = out[state[bulk_scan.TAIL] : written].tobytes()
            odd += before.result() if before else []
            before = beside.submit(_put, target, texts, block, spans[:others], layout.delimiter)
            rest = block[used:]
            passed = passed + len(chunk) if state[bulk_scan.PASSING] else 0
            if passed > HOSTILE:
                raise InputError(
                    f"{sources.printable(path.name)}: line {state[bulk_scan.LINE]:,} goes on for over "
                    f"{HOSTILE:,} bytes: no CSV file"
                )
        odd += before.result() if before else []
    odd += _last(tail, layout.delimiter)
    return sorted(odd, key=lambda record: record[0])


def _put(
    target: BinaryIO, texts: list[bytes | memoryview], block: bytes, spans: NDArray[np.int64], delimiter: str
) -> list[records.Record]:
    """Write the plain records of a block, and return the others."""
    target.writelines(texts)
    return list(_others(block, spans, delimiter))


def in_epochs(path: Path, layout: Layout) -> bool:
    """Return whether the first record writes its date as epoch seconds: such a file is plain with those."""
    head = b""
    for chunk, _ in _chunks(path, layout):
        head += chunk
        if len(head) >= records.HEAD:
            break
    _, cells = next(_records(head, layout.delimiter), (0, ""))
    place = layout.columns["posted_at"]
    return isinstance(cells, list) and len(cells) > place and re.fullmatch(EPOCH, cells[place]) is not None


def _kinds(layout: Layout, epoch: bool) -> NDArray[np.uint8]:
    kinds = np.full(len(layout.header), bulk_scan.UNREAD, dtype=np.uint8)
    for column, place in layout.columns.items():
        kinds[place] = KINDS.get(column, bulk_scan.EXTRA)
    if epoch:
        kinds[layout.columns["posted_at"]] = bulk_scan.EPOCH
    return kinds


def _chunks(path: Path, layout: Layout) -> Iterator[tuple[bytes, bool]]:
    """Yield what comes after the header, as UTF-8, and whether it is the last of it."""
    found = _text(path, layout.encoding)
    before, end = b"", 0
    while end == len(before) and (chunk := next(found, b"")):
        before += chunk
        end = _end(before, layout.first_line - 1)
    before = before[end:]
    for chunk in found:
        yield before, False
        before = chunk
    yield before, True


def _end(text: bytes, lines: int) -> int:
    """Return where a number of lines ends, the end of the text if not in it."""
    ends = (end.end() for end in LINE_END.finditer(text))
    return next(itertools.islice(ends, lines - 1, None), len(text))


def _text(path: Path, encoding: str) -> Iterator[bytes]:
    """Yield the bytes of a text file as UTF-8, those that are no text as U+FFFD."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    wide = encoding.startswith("utf-16")
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if wide or not block.isascii() or decoder.getstate()[0]:
                block = decoder.decode(block).encode()
            yield block
    yield decoder.decode(b"", final=True).encode()


def _others(block: bytes, spans: NDArray[np.int64], delimiter: str) -> Iterator[records.Record]:
    """Yield records that are not plain, as sources reads them; none for a blank one."""
    whole = spans[spans[:, 4] == bulk_scan.WHOLE]
    text = b"".join(block[start:end] for start, end in whole[:, :2].tolist())
    starts = 1 + np.cumsum(whole[:, 3] + 1) - whole[:, 3]  # where each comes to stand, below a blank line
    lines = dict(zip(starts.tolist(), whole[:, 2].tolist(), strict=True))
    for line, cells in _records(text, delimiter):
        yield lines[line], cells
    for _, _, line, _, kind in spans[spans[:, 4] != bulk_scan.WHOLE].tolist():
        yield line, _reason(kind, delimiter)


def _records(text: bytes, delimiter: str) -> Iterator[records.Record]:
    # The blank line above is for sources, which looks for Excel's `sep=` in the first one of a file.
    return records.read(lambda: BytesIO(b"\n" + text), records.Form("utf-8", delimiter))


@functools.cache
def _reason(kind: int, delimiter: str) -> str:
    """Return what sources says against a record of this kind: it is shown a small one."""
    example = {
        bulk_scan.BROKEN: b'"a"b',
        bulk_scan.OPEN: b'"a',
        bulk_scan.LARGE: b'"' + b"\n".join([b"a" * (records.LONGEST_LINE // 2)] * 3),
        bulk_scan.LONG: b"a" * (records.LONGEST_LINE + 1),
    }[kind]
    return next(reason for _, reason in _records(example, delimiter) if isinstance(reason, str))


def _last(tail: bytes, delimiter: str) -> Iterator[records.Record]:
    """Yield the plain record that was not written."""
    for _, cells in _records(tail, delimiter):
        yield int(cells[0]), list(cells[1:])
