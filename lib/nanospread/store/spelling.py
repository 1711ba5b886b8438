"""Text -> how it reads to people: full-width, invisible, escaped and look-alike letters as plain ones.

A name can hide from a search that compares letters: full width, with an invisible mark in it, as `%61nna`.
Where any of that stands in a text, its reading is searched and masked. Letters of another alphabet that only
look the same (Cyrillic, Greek, Armenian) may be another account's, so they are told and never masked.
"""

import re
import unicodedata
from collections.abc import Iterator

MASK = "[***]"  # without a letter: no account is called so
BETWEEN = "\x1f"  # patterns in one text
# Unicode's default ignorable code points
INVISIBLE = [(0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
             (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
             (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xE0000, 0xE0FFF)]  # fmt: skip
# Letters, digits and marks of names in another shape: NFKC makes them plain
SHAPED = [(0xAA, 0xAA), (0xB2, 0xB3), (0xB9, 0xBA), (0x132, 0x133), (0x149, 0x149), (0x17F, 0x17F),
          (0x1C4, 0x1CC), (0x1F1, 0x1F3), (0x2B0, 0x2B8), (0x2E1, 0x2E3), (0x1D2C, 0x1D6A), (0x1D9B, 0x1DBF),
          (0x2024, 0x2024), (0x2070, 0x209C), (0x20A8, 0x20A8), (0x2100, 0x214E), (0x2160, 0x217F),
          (0x2460, 0x24EA), (0x2C7C, 0x2C7D), (0x3250, 0x32CF), (0x3371, 0x33FF), (0xA7F2, 0xA7F4),
          (0xFB00, 0xFB06), (0xFE33, 0xFE34), (0xFE4D, 0xFE52), (0xFE6B, 0xFE6B), (0xFF01, 0xFF9F),
          (0x107A5, 0x107A5), (0x1D400, 0x1D7FF), (0x1F100, 0x1F190), (0x1FBF0, 0x1FBF9)]  # fmt: skip
ESCAPED = "(?:%[0-9A-Fa-f]{2})+"
ESCAPES = re.compile(ESCAPED)
# A text that RE2 finds this in does not read as it is written
ODD = "[" + "".join(rf"\x{{{low:x}}}-\x{{{high:x}}}" for low, high in [*INVISIBLE, *SHAPED]) + f"]|{ESCAPED}"
UNSEEN = re.compile("[" + "".join(f"{chr(low)}-{chr(high)}" for low, high in INVISIBLE) + "]")
ALIKE = dict(
    zip(
        "аеорсухіјѕһԁԛԝвкмнтгӏѵαονρικυτχγεηωօոհսցզıɑɡ",
        "aeopcyxijshdqwbkmhtrlvaovpikutxyenwonhugqiag",
        strict=True,
    )
)
OTHERS, LATIN = "".join(ALIKE), "".join(ALIKE.values())
TABLE = str.maketrans(ALIKE)


def reading(text: str) -> str:
    """Return how a text reads, in the spelling in which account names are compared."""
    return unicodedata.normalize("NFKC", UNSEEN.sub("", ESCAPES.sub(_unescaped, text))).lower()


def skeleton(text: str) -> str:
    """Return how a text looks: its reading with letters that look Latin as those."""
    return reading(text).translate(TABLE)


def masked(text: str, patterns: str) -> str:
    """Return a text without what patterns find in its reading, between their first and second group."""
    for pattern in patterns.split(BETWEEN):
        while re.search(pattern, reading(text)):
            pieces = list(_pieces(text))
            places = [(start, end) for start, end, read in pieces for _ in read]
            match = re.search(pattern, "".join(read for *_, read in pieces))
            if match is None:
                break
            start, end = places[match.end(1)][0], places[match.start(2) - 1][1]
            text = f"{text[:start]}{MASK}{text[end:]}"
    return text


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield each letter with the marks on it, or run of escapes: where it begins and ends, how it reads."""
    start = 0
    while start < len(text):
        escaped = ESCAPES.match(text, start)
        end = escaped.end() if escaped else start + 1
        while end < len(text) and (UNSEEN.match(text[end]) or _is_on_letter(text[end])):
            end += 1
        yield start, end, reading(text[start:end])
        start = end


def _is_on_letter(mark: str) -> bool:
    return unicodedata.combining(mark) > 0 or "\u1160" <= mark <= "\u11ff"  # the second: parts of Hangul


def _unescaped(escapes: re.Match[str]) -> str:
    try:
        return bytes.fromhex(escapes[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return escapes[0]
