"""A block of a CSV file of posts in; its plain records, and where its others are, out: one loop, compiled.

It reads as Python's csv module with strict=True does, which sources.records uses. Plain is a record of which
each cell that we read is written in a way that no rule of `tables` changes or doubts:

- a post's id of letters, digits, `_` and `-`; an account of small letters, digits, `_` and `.`
- a date with its zone, UTC, or with no time at all; in a file with epoch seconds ten digits
- a count of one to ten digits; where it may be unknown also nothing; yes or no in one of the usual words

Two rules look at a whole column: long ids that all end in zeros were cut, dates of which none has a day above
12 may be turned round. So long ids, and dates without a time, are plain only after one that rules it out.

All of it is one file, since numba keeps what it compiled by the file of the function that is called.
"""

import numba
import numpy as np
from numpy.typing import NDArray

WHOLE, BROKEN, OPEN, LARGE, LONG = range(5)  # what a record that is not plain is
UNREAD, IDENTITY, ACCOUNT, MOMENT, EPOCH, COUNT, EXTRA, FLAG = range(8)  # how a column is written
LINE_FEED, RETURN, QUOTE, ZERO = 10, 13, 34, 48
UNFINISHED = -1
LINE, PLAIN, PASSING, LONG_ID, LATE_DAY, TAIL = range(6)  # what is carried from block to block

DIGIT, NAMING, CODING, UNQUOTED, ENDING = (
    1,
    2,
    4,
    8,
    16,
)  # of bytes: of numbers, accounts, ids, no quote, an end

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
fast = numba.njit(cache=True, nogil=True)


def classes(delimiter: str) -> Bytes:
    """Return the classes of each byte."""
    found = np.full(256, UNQUOTED, dtype=np.uint8)
    found[QUOTE] = 0
    for marks, text in {
        DIGIT | NAMING | CODING: "0123456789",
        NAMING | CODING: "abcdefghijklmnopqrstuvwxyz_",
        NAMING: ".",
        CODING: "ABCDEFGHIJKLMNOPQRSTUVWXYZ-",
        ENDING: "\n\r" + delimiter,
    }.items():
        found[list(text.encode())] |= marks
    return found


@fast
def scanned(
    data: Bytes,
    delimiter: int,
    classes: Bytes,
    kinds: Bytes,
    last: bool,
    longest: tuple[int, int],
    state: Numbers,
    out: Bytes,
    spans: Numbers,
) -> tuple[int, int, int]:
    """Take a block apart and return how much of data was used, and of out and spans filled.

    classes: of each byte. kinds: of each column. longest: bytes of a plain record, and of a line or a cell.
    state: line; whether there was a record; whether the rest of a line that is too long is still to be
    passed over; whether an id and a day ruled those two out; where the last plain record of this block
    starts in out. out: plain records, their line as one more cell before each. spans: start, end, line,
    line breaks and kind of the others.
    """
    at = written = n_spans = 0
    size = len(data)
    while at < size:
        if state[PASSING]:
            at = _line_end(data, at, last)
            if at == UNFINISHED:
                return size, written, n_spans
            state[LINE] += 1
            state[PASSING] = 0
            continue
        kind, end, content, breaks, first, plain = _record(
            data, at, delimiter, classes, kinds, last, longest[1], state
        )
        reached = first if first > 0 else size if kind == UNFINISHED else content
        if kind in (WHOLE, UNFINISHED) and reached - at > longest[1]:
            kind = LONG
        elif kind == UNFINISHED and size - at > 4 * longest[1]:  # each of its cells may be short enough
            kind = LARGE
        if kind == UNFINISHED:
            break
        if kind != WHOLE:  # the line that it starts on is given up, and no more
            breaks, end = 0, first if first > 0 else _line_end(data, at, last)
        if end == UNFINISHED and size - at <= longest[1]:
            break
        if kind == WHOLE and plain and state[PLAIN] and content - at <= longest[0]:
            state[TAIL] = written
            written = _number(out, written, state[LINE], delimiter)
            for i in range(at, content):
                out[written + i - at] = data[i]
            written += content - at + 1
            out[written - 1] = LINE_FEED
        elif kind != WHOLE or content > at:  # no blank line
            state[PLAIN] = 1
            spans[n_spans, 0], spans[n_spans, 1], spans[n_spans, 2] = at, end, state[LINE]
            spans[n_spans, 3], spans[n_spans, 4] = breaks, kind if end != UNFINISHED else LONG
            n_spans += 1
        if end == UNFINISHED:
            state[PASSING] = 1
            return size, written, n_spans
        at = end
        state[LINE] += breaks + 1
    return at, written, n_spans


@fast
def _record(
    data: Bytes,
    at: int,
    delimiter: int,
    classes: Bytes,
    kinds: Bytes,
    last: bool,
    longest: int,
    state: Numbers,
) -> tuple[int, int, int, int, int, bool]:
    """Return kind, end, end of its content, line breaks inside, end of its first line (0: open), if plain."""
    size = len(data)
    cell = breaks = first = 0
    plain = True
    i = at
    while True:
        if i < size and data[i] == QUOTE:
            start = i + 1
            stop, more, found = _closing(data, start)
            breaks += more
            first = first or found
            if stop - start > longest:
                return LARGE, 0, 0, 0, first, False
            if stop + 1 >= size and not last:
                return UNFINISHED, 0, 0, 0, first, False
            if stop == size:
                return OPEN, 0, 0, 0, first, False
            i = stop + 1
            if i < size and not classes[data[i]] & ENDING:
                return BROKEN, 0, 0, 0, first, False
            marks = 0 if cell >= len(kinds) or kinds[cell] == UNREAD else _marks(data, start, stop, classes)
        else:
            start, marks = i, 255
            while i < size:
                now = classes[data[i]]
                if now & ENDING:
                    break
                marks &= now
                i += 1
            stop, plain = i, plain and marks & UNQUOTED != 0
        if i >= size - 1 and not last and (i == size or data[i] == RETURN):
            return UNFINISHED, 0, 0, 0, first, False  # a line feed may follow
        plain = plain and cell < len(kinds) and _fits(data, start, stop, marks, kinds[cell], state)
        cell += 1
        if i == size or data[i] != delimiter:
            end = i + 2 if i + 1 < size and data[i] == RETURN and data[i + 1] == LINE_FEED else i + 1
            return WHOLE, min(end, size), i, breaks, first, plain and cell == len(kinds)
        i += 1


@fast
def _closing(data: Bytes, start: int) -> tuple[int, int, int]:
    """Return where the quote is that closes a cell, the line breaks before it, the end of the first one."""
    size = len(data)
    breaks = first = 0
    i = start
    while i < size:
        byte = data[i]
        if byte == QUOTE:
            if i + 1 >= size or data[i + 1] != QUOTE:
                break
            i += 1
        elif byte in (LINE_FEED, RETURN):
            i += 1 if byte == RETURN and i + 1 < size and data[i + 1] == LINE_FEED else 0
            breaks += 1
            first = first or i + 1
        i += 1
    return min(i, size), breaks, first


@fast
def _line_end(data: Bytes, at: int, last: bool) -> int:
    """Return where the line ends that a byte stands on, UNFINISHED if not here."""
    for i in range(at, len(data)):
        if data[i] == LINE_FEED:
            return i + 1
        if data[i] == RETURN and (i + 1 < len(data) or last):
            return i + 2 if i + 1 < len(data) and data[i + 1] == LINE_FEED else i + 1
    return len(data) if last else UNFINISHED


@fast
def _number(out: Bytes, at: int, number: int, delimiter: int) -> int:
    """Write a number and a delimiter, and return where they end."""
    digits, left = 1, number // 10
    while left:
        digits, left = digits + 1, left // 10
    for place in range(digits):
        out[at + digits - 1 - place] = ZERO + number % 10
        number //= 10
    out[at + digits] = delimiter
    return at + digits + 1


@fast
def _marks(data: Bytes, start: int, stop: int, classes: Bytes) -> int:
    """Return the classes that all bytes of a cell are of."""
    marks = 255
    for i in range(start, stop):
        marks &= classes[data[i]]
    return marks


@fast
def _fits(data: Bytes, start: int, end: int, marks: int, kind: int, state: Numbers) -> bool:
    """Return whether a cell is plain. marks: the classes that all its bytes are of."""
    if kind == UNREAD:
        return True
    if kind in (COUNT, EXTRA):
        return marks & DIGIT != 0 and end - start <= 10 and (end > start or kind == EXTRA)
    if kind == ACCOUNT:
        return marks & NAMING != 0 and end > start
    if kind == IDENTITY:
        if marks & DIGIT == 0 or end - start <= 15:
            return marks & CODING != 0 and end > start
        return _long_number(data, start, end, state)
    if kind == MOMENT:
        return _moment(data, start, end, state)
    if kind == EPOCH:  # from 2004 on
        return marks & DIGIT != 0 and end - start == 10 and _value(data, start, 10) >= 1_072_915_200
    return _flag(data, start, end)


@fast
def _long_number(data: Bytes, start: int, end: int, state: Numbers) -> bool:
    """Return whether a long id is plain: one before it was no round number."""
    if state[LONG_ID]:
        return True
    for i in range(start + 15, end):
        if data[i] != ZERO and data[start] != ZERO and end - start <= 25:
            state[LONG_ID] = 1
    return False


@fast
def _digits(data: Bytes, start: int, end: int) -> bool:
    for i in range(start, end):  # noqa: SIM110  all() of a generator does not compile
        if data[i] < ZERO or data[i] > ZERO + 9:
            return False
    return True


@fast
def _value(data: Bytes, start: int, digits: int) -> int:
    value = 0
    for i in range(start, start + digits):
        value = 10 * value + data[i] - ZERO
    return value


@fast
def _moment(data: Bytes, start: int, end: int, state: Numbers) -> bool:
    """Return whether it is a date from 2004 to 2099, with a time and its zone or with neither."""
    if end - start < 10 or data[start + 4] != 45 or data[start + 7] != 45:
        return False
    if not (_digits(data, start, start + 4) and _digits(data, start + 5, start + 7)):
        return False
    if not _digits(data, start + 8, start + 10):
        return False
    year, month, day = _value(data, start, 4), _value(data, start + 5, 2), _value(data, start + 8, 2)
    if not (2004 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 28 + _more_days(year, month)):
        return False
    if end - start == 10:
        before = bool(state[LATE_DAY] != 0)
        state[LATE_DAY] |= day > 12
        return before
    return _time(data, start + 10, end)


@fast
def _more_days(year: int, month: int) -> int:
    """Return how many days a month has beyond the 28th."""
    if month == 2:
        return 1 if year % 4 == 0 else 0  # right from 1901 to 2099
    return 2 if month in (4, 6, 9, 11) else 3


@fast
def _time(data: Bytes, start: int, end: int) -> bool:
    """Return whether it is `T10:30`, perhaps seconds and their parts, and the zone of UTC."""
    if data[start] not in (84, 32):
        return False
    at = start
    for most in (23, 59, 59):
        if end - at < 4 or not _digits(data, at + 1, at + 3) or _value(data, at + 1, 2) > most:
            return False
        at += 3
        if data[at] != 58:
            break
    if at == start + 3 or data[at] == 58:
        return False
    if at == start + 9 and data[at] == 46:
        fraction = at + 1
        at += 1
        while at < end and ZERO <= data[at] <= 57:
            at += 1
        if not 1 <= at - fraction <= 6:
            return False
    return _utc(data, at, end)


@fast
def _utc(data: Bytes, at: int, end: int) -> bool:
    """Return whether it is `Z`, `+0000` or `+00:00`."""
    if end - at == 1:
        return bool(data[at] == 90)
    colon = end - at == 6
    if not (end - at == 5 or colon) or data[at] != 43 or (colon and data[at + 3] != 58):
        return False
    rest = at + 4 if colon else at + 3
    return (
        _digits(data, at + 1, at + 3)
        and _digits(data, rest, rest + 2)
        and _value(data, at + 1, 2) == 0
        and _value(data, rest, 2) == 0
    )


@fast
def _flag(data: Bytes, start: int, end: int) -> bool:
    """Return whether it is nothing, or yes or no in a word, a letter or a digit."""
    if end == start:
        return True
    if end - start == 1:
        return bool(data[start] | 32 in (116, 102, 121, 110) or data[start] in (48, 49))
    return (
        _word(data, start, end, (116, 114, 117, 101, 0))
        or _word(data, start, end, (102, 97, 108, 115, 101))
        or _word(data, start, end, (121, 101, 115, 0, 0))
        or _word(data, start, end, (110, 111, 0, 0, 0))
    )


@fast
def _word(data: Bytes, start: int, end: int, letters: tuple[int, int, int, int, int]) -> bool:
    """Return whether it is a word, in large or small letters."""
    for place in range(5):
        if start + place >= end:
            return letters[place] == 0
        if data[start + place] | 32 != letters[place]:
            return False
    return end == start + 5
