"""A header and its rows in; what each of our columns may be in it out, with how sure that is and why.

Sure are names that are declared, words of data/words.csv, and names that say nothing more but fillers
(`mediaLikeNumbers`), where the cells fit. Cells alone are sure where they are addresses; else they make a
question: a wrong column that nobody was asked about costs more than a question.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from itertools import combinations

import pandas as pd

from nanospread.ingest import headers, names, statuses
from nanospread.ingest.headers import LAST, plain
from nanospread.ingest.places import ACCOUNTS, DifferError, contenders, merged

NAMES_ALIKE = (
    0.72  # of difflib's ratio: `nb_of_likes` and `number_of_likes` have 0.85, `likes` and `links` 0.6
)
CELLS_ALIKE = 0.7  # share of the filled cells that look as the column's do
ALONE = 0.9  # and where nothing but the cells speaks for it
EXACT, DECLARED, LAST_RESORT, WORD, FILLED, ADDRESS = 4.0, 3.0, 2.5, 2.0, 1.5, 1.2  # how sure a name is
MOST_STATUSES = 40  # words: a column of more is no status
LIKELY, POSSIBLE = 0.6, 0.3  # to be asked about

MOST_LOOKED_AT, FEW_COLUMNS = 300, 100  # columns
MOST_ADDED = 12  # columns among which sums are looked for

COUNT = r"[0-9]{1,3}(?:[., ’'][0-9]{3})*|[0-9]+(?:[.,][0-9]+)? ?[kmb]?|-1|n/a"
DATE = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}.*|1[0-9]{9}(?:[0-9]{3})?"
    r"|.*\b(?:ago|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b.*"
)
HANDLE = rf"@?(?=.*[a-z])[a-z0-9._]{{1,30}}|{names.PROFILE}"
FLAG = r"yes|no|true|false|y|n|0|1|ja|nein|oui|non|sí|si"
SHAPES = {  # what the cells of a column look like, and how a comment says it
    "count": (COUNT, "whole numbers"),
    "date": (DATE, "dates"),
    "handle": (HANDLE, "account names"),
    "rate": (r"[0-9]+(?:[.,][0-9]+)? ?%|0?[.,][0-9]+|nan%?", "rates"),
    "amount": (r"[€$£]? ?[0-9][0-9.,]* ?(?:[€$£]|eur|usd|gbp)?", "amounts"),
    "flag": (FLAG, "yes and no"),
    "id": (rf"[\w.-]{{1,64}}|{names.POST}", "ids"),
    "link": (names.POST, "addresses of posts"),
    "text": (r".*", "texts"),
}
SHAPE = {
    column: kind
    for kind, columns in {
        "count": "likes comments followers following saves shares reach views impressions replies clicks",
        "date": "posted_at as_of contacted_at joined_at left_at written_at due_at replied_at shipped_at",
        "handle": "creator author other",
        "amount": "cost revenue orders",
        "flag": "replied accepted posted sponsored inbound as_is",
        "rate": "reported_er overlap",
        "id": "post comment",
        "link": "permalink",
    }.items()
    for column in columns.split()
}


@dataclass(frozen=True)
class SheetSample:
    """A header and some rows below it, and what their cells look like."""

    header: Sequence[str]
    rows: pd.DataFrame  # text, a column for each place

    @cached_property
    def places(self) -> list[int]:
        """The places that may be a column of ours."""
        return [at for at, name in enumerate(self.header[:MOST_LOOKED_AT]) if not headers.contact(name)]

    @cached_property
    def cells(self) -> dict[int, list[str]]:
        """The filled cells of each place."""
        return {at: filled(self.rows[at]) for at in self.places}

    @cached_property
    def shapes(self) -> dict[tuple[int, str], tuple[float, str]]:
        """What the cells of each place are, as `looks`, for each kind."""
        return {(at, kind): looks(kind, self.cells[at]) for at in self.places for kind in SHAPES}

    @cached_property
    def sums(self) -> dict[int, list[int]]:
        """The columns of whole numbers that are the sums of two or three others, and of which."""
        return sums(self.rows[self.places])


@dataclass(frozen=True)
class ColumnMatch:
    """A header that may be a column of ours, and why."""

    place: int
    score: float
    why: str


@dataclass(frozen=True)
class ColumnMatches:
    """What the columns of one table may be in a header: those that are sure, and what else may be."""

    sure: Mapping[str, ColumnMatch]
    open: Mapping[str, Sequence[ColumnMatch]]  # the likeliest first; of a column that is not sure


def assigned(table: str, sheet: SheetSample) -> ColumnMatches:
    """Return what the columns of a table may be in a sheet, each header once, the surest first."""
    aside = headers.KNOWN_ONLY.get(table, ())
    columns = [column for column in headers.declared(table) if column not in aside]
    free = set(sheet.places)
    candidates = {column: _chances(table, column, sheet) for column in columns}
    sure: dict[str, ColumnMatch] = {}
    for column in sorted(columns, key=lambda c: -max((each.score for each in candidates[c]), default=0)):
        chances = [chance for chance in candidates[column] if chance.place in free]
        if chance := _sure_match(table, column, sheet, chances):
            sure[column] = chance
            free.discard(chance.place)
    post = sure.get("post")
    if "permalink" in sure and (post is None or post.score <= FILLED):
        sure["post"] = sure.pop("permalink")  # an address tells its post, as where no mapping is
    remaining = {
        column: [chance for chance in candidates[column] if chance.place in free] for column in columns
    }
    if date := _only_date(table, sheet.header, sure, remaining):
        sure["posted_at"] = date
    if table == "outreach" and "status" not in sure and (status := _status(sheet, free)):
        sure["status"] = status
    return ColumnMatches(
        {column: sure[column] for column in columns if column in sure},
        {column: remaining[column] for column in columns if column not in sure and remaining[column]},
    )


def _status(sheet: SheetSample, free: Collection[int]) -> ColumnMatch | None:
    """Return the one place whose words are statuses of contacts."""
    few_words = [at for at in sorted(free) if 0 < len(set(sheet.cells[at])) <= MOST_STATUSES]
    places = [at for at in few_words if statuses.tracks(sheet.rows[at])]
    return ColumnMatch(places[0], WORD, "its words are those of a status") if len(places) == 1 else None


def _only_date(
    table: str,
    header: Sequence[str],
    sure: Mapping[str, ColumnMatch],
    remaining: Mapping[str, Sequence[ColumnMatch]],
) -> ColumnMatch | None:
    """Return the only dates beside what is sure to be posts: when they were posted."""
    others = set(headers.REQUIRED["posts"]) - {"posted_at"}
    if table != "posts" or "posted_at" in sure or not others <= set(sure) or len(remaining["posted_at"]) != 1:
        return None
    (date,) = remaining["posted_at"]
    qualified = not headers.words("qualifier").isdisjoint(tokens(header[date.place]))
    return None if qualified else date


def _sure_match(
    table: str, column: str, sheet: SheetSample, chances: Sequence[ColumnMatch]
) -> ColumnMatch | None:
    """Return the one sure chance of a column: the surest name, or several that agree; None: to be asked."""
    likely = [chance for chance in chances if chance.score > LIKELY]
    best = max((chance.score for chance in likely), default=0.0)
    top = [chance for chance in likely if chance.score == best]
    if best == LAST_RESORT and column not in ACCOUNTS:
        top = likely  # a `date` beside a word for it may be that of the export
    if len(top) < 2 or column in headers.EXTRAS.get(table, ()):
        return top[0] if top else None
    texts = sheet.rows[[chance.place for chance in top]]
    places = contenders(table, column, sheet.header, texts)
    try:
        merged("", column, sheet.header, texts[places])
    except DifferError:
        return None
    return next(chance for chance in top if chance.place == places[0])


def _chances(table: str, column: str, sheet: SheetSample) -> list[ColumnMatch]:
    """Return the headers that may be a column, the likeliest first."""
    matches = [_chance(table, column, at, sheet) for at in sheet.places]
    usable = [each for each in matches if each and (each.score > LAST_RESORT or each.place not in sheet.sums)]
    return sorted(usable, key=lambda chance: (-chance.score, chance.place))


def filled(cells: pd.Series) -> list[str]:
    """Return the cells that are not blank, in lower case."""
    return [cell.strip().lower() for cell in cells if cell.strip()]


def _chance(table: str, column: str, place: int, sheet: SheetSample) -> ColumnMatch | None:
    """Return how likely a header is a column: by its name, where its cells fit, or by its cells alone."""
    kind, name, cells = SHAPE.get(column, "text"), sheet.header[place], sheet.cells[place]
    fits, summary = sheet.shapes[place, kind]
    other_platform = not headers.words("platform").isdisjoint(tokens(name))
    if other_platform or (cells and fits < CELLS_ALIKE):
        return None
    score, why = _by_name(table, column, name, alike=len(sheet.header) <= FEW_COLUMNS)
    if FILLED >= score > LIKELY and (
        few(cells) if kind == "handle" else kind == "id" and _has_repeats(cells)
    ):
        score = LIKELY
    if score <= LIKELY and len(cells) > 1 and (address := _addresses(column, cells)):
        return ColumnMatch(place, ADDRESS, f"by its cells alone: {address}")
    if score:
        return ColumnMatch(place, score, f"{why}; {summary}")
    other = kind == "count" and tokens(name) and not _core(name)  # `MediaCount` says that it is none
    if fits < ALONE or len(cells) < 2 or kind == "text" or other:
        return None
    return (
        ColumnMatch(place, POSSIBLE, f"by its cells alone: {summary}") if _worth_asking(kind, cells) else None
    )


def _has_repeats(cells: Sequence[str]) -> bool:
    return len(set(cells)) < len(cells)


def _by_name(table: str, column: str, name: str, *, alike: bool) -> tuple[float, str]:
    """Return how sure a name is, and why; 0 where it says nothing. alike: look for misspelt ones too."""
    known = headers.declared(table)[column]
    bare = plain(name)
    if bare in known:
        last = bare in LAST.get((table, column), ())
        return EXACT if bare == plain(column) else LAST_RESORT if last else DECLARED, "a known name"
    if bare in headers.words(column):
        return WORD, "the word for it in another language"
    words = _core(name)
    known_words = _cores(table, column)
    if words and ("".join(words) in known_words or all(word in known_words for word in words)):
        return FILLED, f"its word {' '.join(words)!r} says so"
    if not known_words.isdisjoint(tokens(name)):
        return LIKELY, "one of its words may say so"
    similar = get_close_matches(bare, known, n=1, cutoff=NAMES_ALIKE) if alike else []
    return (LIKELY, f"its name is like {similar[0]!r}") if similar else (0.0, "")


def tokens(name: str) -> list[str]:
    """Return the words of a header: `mediaLikeCount` and `media-like_count` alike."""
    spaced = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])", " ", name)
    return re.findall(r"[^\W_]+", spaced.casefold())


def _core(name: str) -> list[str]:
    """Return the words of a header without fillers; none where one makes it another quantity."""
    words = tokens(name)
    if not headers.words("qualifier").isdisjoint(words) or "%" in name:
        return []
    return [word for word in words if word not in headers.words("filler")]


@cache
def _cores(table: str, column: str) -> frozenset[str]:
    """Return what the declared names of a column, and the words for it, are without fillers."""
    return frozenset("".join(core) for name in headers.spelt(table, column) if (core := _core(name)))


def _addresses(column: str, cells: Sequence[str]) -> str:
    """Return what addresses the cells of a column are that tell it, "" where they are none."""
    shape, what = {"post": (names.POST, "posts"), "creator": (names.PROFILE, "profiles")}.get(
        column, ("", "")
    )
    fitting = [cell for cell in cells if shape and re.fullmatch(shape, cell, re.IGNORECASE)]
    return f"addresses of {what}" if shape and len(fitting) >= ALONE * len(cells) else ""


def looks(kind: str, cells: Sequence[str]) -> tuple[float, str]:
    """Return the share of cells that look as a column's do, and the words for it."""
    shape, what = SHAPES[kind]
    fits = sum(re.fullmatch(shape, cell) is not None for cell in cells) / max(len(cells), 1)
    if not cells or kind == "text":
        return fits, "cells not looked at"
    return fits, f"{fits:.0%} of {len(cells)} cells are {what}"


def few(cells: Sequence[str]) -> bool:
    """Return if cells are flags, or the same few again and again: no names of accounts."""
    distinct = set(cells)
    return all(re.fullmatch(FLAG, cell) for cell in distinct) or len(distinct) <= min(3, len(cells) - 1)


def sums(rows: pd.DataFrame) -> dict[int, list[int]]:
    """Return which columns of whole numbers are the sums of two or three others, and of which."""
    numbers = {
        at: rows[at].astype("int64")
        for at in map(int, rows.columns)
        if len(rows) > 2 and rows[at].str.fullmatch("[0-9]{1,12}").all() and (rows[at] != "0").any()
    }
    addends: dict[int, list[int]] = {}
    for at in list(numbers)[:MOST_ADDED]:
        others = [other for other in list(numbers)[:MOST_ADDED] if other != at and other not in addends]
        for parts in (*combinations(others, 2), *combinations(others, 3)):
            if (numbers[at] == sum(numbers[part] for part in parts)).all():
                addends[at] = list(parts)
                break
    return addends


def _worth_asking(kind: str, cells: Sequence[str]) -> bool:
    """Return if cells can be asked about: dates, ids that differ, counts, names that are not few."""
    numbered = sum(any(map(str.isdigit, cell)) for cell in cells) / len(cells)
    if kind == "id":
        long = sum(len(cell) >= 5 or not (cell.isdecimal() or cell.isalpha()) for cell in cells) / len(cells)
        return not _has_repeats(cells) and long > 0.5 and looks("date", cells)[0] < 0.5
    if kind == "handle":
        return numbered <= 0.5 and not few(cells)
    return kind in ("date", "count")
