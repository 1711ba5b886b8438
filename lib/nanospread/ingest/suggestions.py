"""Exports that fit no table in, the draft of a mapping.yaml out, with the reason of every line."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path
from statistics import median

from nanospread.ingest import documents, files, headers, sources
from nanospread.ingest.export import Export
from nanospread.ingest.places import NoTableError
from nanospread.ingest.records import TOP

ROWS = 200  # that tell what a column holds
NAMES_ALIKE = (
    0.72  # of difflib's ratio: `nb_of_likes` and `number_of_likes` have 0.85, `likes` and `links` 0.6
)
MISSING = -0.5  # what a needed column that is not found takes from a table's score
CELLS_ALIKE = 0.7  # share of the filled cells that look as the column's do
COUNT = r"[0-9]{1,3}(?:[., ’'][0-9]{3})*|[0-9]+(?:[.,][0-9]+)? ?[kmb]?|-1|n/a"
DATE = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}.*|1[0-9]{9}(?:[0-9]{3})?"
    r"|.*\b(?:ago|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b.*"
)
HANDLE = r"@?(?=.*[a-z])[a-z0-9._]{2,30}|https?://(?:www\.)?instagram\.com/[^/]+/?"
SHAPES = {  # what the cells of a column look like, and how a comment says it
    "count": (COUNT, "whole numbers"),
    "date": (DATE, "dates"),
    "handle": (HANDLE, "account names"),
    "rate": (r"[0-9]+(?:[.,][0-9]+)? ?%|0?[.,][0-9]+|nan%?", "rates"),
    "amount": (r"[€$£]? ?[0-9][0-9.,]* ?(?:[€$£]|eur|usd|gbp)?", "amounts"),
    "flag": (r"yes|no|true|false|y|n|0|1|ja|nein", "yes and no"),
    "id": (r"[a-z0-9_-]{5,30}|https?://.*instagram\.com/(?:p|reel)/.*", "ids"),
    "text": (r".*", "texts"),
}
SHAPE = {
    **dict.fromkeys(
        ("likes", "comments", "followers", "following", "saves", "shares", "reach", "views"), "count"
    ),
    **dict.fromkeys(("impressions", "replies", "clicks"), "count"),
    **dict.fromkeys(
        ("posted_at", "as_of", "contacted_at", "joined_at", "left_at", "written_at", "due_at"), "date"
    ),
    **dict.fromkeys(("replied_at", "shipped_at"), "date"),
    **dict.fromkeys(("creator", "author", "other"), "handle"),
    **dict.fromkeys(("cost", "revenue", "orders"), "amount"),
    **dict.fromkeys(("replied", "accepted", "posted", "sponsored", "inbound", "as_is"), "flag"),
    **dict.fromkeys(("reported_er", "overlap"), "rate"),
    **dict.fromkeys(("post", "comment"), "id"),
}
WORDS = {  # of other languages, which columns.csv does not declare since no export was seen with them
    "likes": "herzen gefällt mi_piace me_gusta jaime curtidas gilla_markeringar vind_ik_leuks",
    "comments": "worte kommentar commentaires comentarios comentários commenti reacties",
    "followers": "fans follower abonnés seguidores seguaci volgers följare reichweite_konto",
    "creator": "konto wer name_des_kontos compte cuenta profil_name influencerin handle_name kanal",
    "posted_at": "wann zeitpunkt veröffentlicht tag date_de_publication fecha data datum publicerad",
    "post": "beitrag beitrag_id publication publicación inlägg bericht post_nr",
    "niche": "thema nische rubrik branche thème tema ämne",
    "caption": "text_des_beitrags bildtext légende texto",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A header that may be a column of ours, and why."""

    place: int
    score: float
    why: str


def suggested_mapping(paths: Sequence[Path | str]) -> str:
    """Return a mapping.yaml for the files that fit no table: what each header seems to be, and why.

    A draft, by likeness of names and by what the cells hold: every line is to be checked by a person.

    Raises InputError: nothing to read, or a file that cannot be read at all.
    """
    drafts = [
        draft for file in files.files_of([Path(path) for path in paths], {}) for draft in _of_file(file)
    ]
    if not drafts:
        return "# Every file fits a table as it is: no mapping is needed.\n"
    return "# Drafted from headers and cells: check every line.\n" + "".join(drafts)


def _of_file(file: files.File) -> list[str]:
    """Return the drafts of a file's sheets, nothing where it is read without."""
    try:
        sources.raw_files(file, None, ())
        return []
    except NoTableError:
        export = Export(file.path, file.name)
    drafts = []
    sheets = list(export.sheets())
    for name, records in zip([sheet.name for sheet in sheets], _tops(export), strict=False):
        part = f"{file.name} [{files.printable(name)}]" if len(sheets) > 1 else file.name
        if records:
            drafts.append(_draft(part, *_split(records)))
    return drafts or [_draft(file.name, *_split(_tops(export)[0]))]


def _tops(export: Export) -> list[list[list[str]]]:
    """Return the first records of each sheet: the header somewhere among them, and rows."""
    if export.kind != "json":
        return [
            [cells for _, cells in islice(sheet.records, TOP + ROWS) if isinstance(cells, list)]
            if sheet.header is None
            else [list(sheet.header), *(c for _, c in islice(sheet.records, ROWS) if isinstance(c, list))]
            for sheet in export.sheets()
        ]
    found = documents.unwrapped(export.objects)[:ROWS]
    sheet = documents.sheet(export.name, "", documents.rows(found))
    return [[list(sheet.header or ()), *(cells for _, cells in sheet.records if isinstance(cells, list))]]


def _split(records: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows: the header is the first of the fullest records without a number in it."""

    def filled(record: list[str]) -> int:
        cells = [cell for cell in record if cell.strip()]
        return (
            0 if any(re.fullmatch(f"{COUNT}|{DATE}", cell.strip().lower()) for cell in cells) else len(cells)
        )

    at = max(range(min(len(records), TOP)), key=lambda at: (filled(records[at]), -at))
    return records[at], [record for record in records[at + 1 :] if len(record) == len(records[at])]


def _draft(name: str, header: list[str], rows: list[list[str]]) -> str:
    """Return the entry of one file: of the table that it is nearest to."""
    cells = {at: [row[at].strip().lower() for row in rows if row[at].strip()] for at in range(len(header))}
    found = {table: _assigned(table, header, cells) for table in headers.REQUIRED}

    def near(table: str) -> tuple[float, int]:
        needed = [one for name in headers.REQUIRED[table] for one in name.split(" or ")[:1]]
        scores = [found[table][column].score if column in found[table] else MISSING for column in needed]
        return round(sum(scores), 2), len(needed)

    table = max(found, key=near)
    lines = [f"{json.dumps(name, ensure_ascii=False)}:", f"  table: {table}", "  columns:"]
    for column, of in found[table].items():
        lines.append(f"    {column}: {json.dumps(header[of.place], ensure_ascii=False)}  # {of.why}")
    lines += [f"    # not found: {c}" for c in headers.lacking(table, found[table])]
    if not found[table]:
        lines[2] = "  columns: {}"
    return "\n".join(lines) + "\n"


def _assigned(table: str, header: Sequence[str], cells: Mapping[int, list[str]]) -> dict[str, Found]:
    """Return the likeliest header of each column, each header once, the surest first."""
    columns = [column for column in headers.declared(table) if column != "permalink"]
    free = {at for at, name in enumerate(header) if name.strip() and not headers.contact(name)}
    chances = sorted(
        (
            (found, column)
            for column in columns
            for at in free
            if (found := _chance(table, column, at, header[at], cells[at]))
        ),
        key=lambda each: (-each[0].score, columns.index(each[1]), each[0].place),
    )
    taken: dict[str, Found] = {}
    for found, column in chances:
        if column not in taken and found.place in free:
            taken[column] = found
            free.discard(found.place)
    return {column: taken[column] for column in columns if column in taken} | _by_size(
        table, taken, free, cells
    )


def _chance(table: str, column: str, at: int, name: str, cells: Sequence[str]) -> Found | None:
    """Return how likely a header is a column: by its name, where its cells fit, or by its cells alone."""
    kind = SHAPE.get(column, "text")
    fits, told = _looks(kind, cells[:ROWS])
    known = headers.declared(table)[column]
    if headers.plain(name) in known:
        return Found(at, 2.0, f"a known name; {told}")
    if cells and fits < CELLS_ALIKE:
        return None
    foreign = {headers.plain(word) for word in WORDS.get(column, "").split()}
    if headers.plain(name) in foreign:
        return Found(at, 1.5, f"the word for it in another language; {told}")
    words = [word for word in re.split(r"[\s_./()-]+", name.casefold()) if word in foreign or word in known]
    if words:
        return Found(at, 1.0, f"its word {words[0]!r} says so; {told}")
    alike = max((SequenceMatcher(None, headers.plain(name), other).ratio(), other) for other in known)
    if alike[0] >= NAMES_ALIKE:
        return Found(at, alike[0], f"its name is like {alike[1]!r}; {told}")
    alone = column in headers.REQUIRED[table] and fits > 0.9 and _tells(kind, cells)
    return Found(at, 0.3 * fits, f"by its cells alone: {told}") if alone else None


def _looks(kind: str, cells: Sequence[str]) -> tuple[float, str]:
    """Return the share of cells that look as a column's do, and the words for it."""
    shape, looks = SHAPES[kind]
    fits = sum(re.fullmatch(shape, cell) is not None for cell in cells) / max(len(cells), 1)
    return (
        fits,
        f"{fits:.0%} of {len(cells)} cells are {looks}"
        if cells and kind != "text"
        else "cells not looked at",
    )


def _tells(kind: str, cells: Sequence[str]) -> bool:
    """Return if cells can hardly be anything else: dates, ids that differ, names without a number."""
    if len(cells) < 2 or kind not in ("date", "id", "handle"):
        return False
    numbered = sum(any(map(str.isdigit, cell)) for cell in cells) / len(cells)
    if kind == "id":
        return len(set(cells)) == len(cells) and numbered > 0.5 and _looks("date", cells)[0] < 0.5
    return kind == "date" or numbered <= 0.5


def _by_size(
    table: str, taken: Mapping[str, Found], free: set[int], cells: Mapping[int, list[str]]
) -> dict[str, Found]:
    """Return likes and comments among the counts whose names tell nothing: posts have more likes."""
    lacking = [column for column in ("likes", "comments") if table == "posts" and column not in taken]
    counts = {
        at: median(int(re.sub(r"[^0-9]", "", cell) or 0) for cell in cells[at])
        for at in sorted(free)
        if cells[at] and all(re.fullmatch(COUNT, cell) for cell in cells[at])
    }
    if len(counts) != len(lacking):
        return {}
    ranked = sorted(counts, key=lambda at: (-counts[at], at))
    why = "whole numbers, the only ones left; a post mostly has more likes than comments"
    return {column: Found(at, 0.2, why) for column, at in zip(lacking, ranked, strict=True)}
