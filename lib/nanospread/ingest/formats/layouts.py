"""Sheets of a layout of their own: posts in groups of columns, titled tables, flat lists of creators."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from nanospread.ingest import documents, headers
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.formats import Format
from nanospread.ingest.formats.nested import COUNTS, first, lacking, named
from nanospread.ingest.records import Record
from nanospread.ingest.rows import ragged
from nanospread.ingest.sheets import MOST_COLUMNS, Sheet

GROUPS = (  # a header that belongs to the n-th post
    re.compile(r"(?P<name>[^\d]*[^\d\s_./\-\[])[\s_./\-\[]*(?P<n>\d{1,3})\]?"),
    re.compile(
        r"(?:latest)?(?:posts?|media|beitrag|inlägg)[\s_./\-\[#]*(?P<n>\d{1,3})[\s_./:\-\]]+(?P<name>\S.*)",
        re.I,
    ),
)
MOST_POSTS = 200  # of one account, in columns
Groups = dict[int, dict[str, int]]  # number of the post -> its column name -> position


def _is_wide(export: Export) -> bool:
    """Return if a header names at least two of likes, comments and date with the number of the post."""
    if export.kind == "json" or export.has("inputurl") or _is_of_tool(export):
        return False
    return any(headed(top)[1] for top in export.tops)


def _is_of_tool(export: Export) -> bool:
    """Return if the header is that of a tool which lists accounts with their latest posts in columns."""
    return any(
        headers.plain(cell).startswith("latestposts/") for top in export.tops for row in top for cell in row
    )


def _wide(export: Export) -> Iterator[Sheet]:
    """Yield the accounts and the posts of each sheet; a sheet that is not wide as it is."""
    for sheet, top in zip(export.sheets(), export.tops, strict=True):
        if headed(top)[1]:
            yield from unfolded(export.name, sheet, top)
        else:
            yield sheet


def _groups(header: Sequence[str]) -> Groups:
    """Return the groups of columns that are posts: likes_1, Post 1 Likes, latestPosts/0/likesCount."""
    groups: Groups = {}
    for at, name in enumerate(header):
        for pattern in reversed(GROUPS):
            if fits := pattern.fullmatch(name.strip()):
                groups.setdefault(int(fits["n"]), {}).setdefault(fits["name"].strip(), at)
                break
    wide = {
        number: names
        for number, names in groups.items()
        if sum(any(headers.means("posts", column, name) for name in names) for column in COUNTS) >= 2
    }
    return dict(sorted(wide.items())[:MOST_POSTS])


def headed(top: Sequence[Sequence[str]]) -> tuple[int, Groups]:
    """Return which of the first records is a header with groups that are posts, and the groups; -1: none."""
    for at, record in enumerate(top):
        if wide := _groups(record[:MOST_COLUMNS]):
            return at, wide
    return -1, {}


def unfolded(file: str, sheet: Sheet, top: Sequence[Sequence[str]]) -> Iterator[Sheet]:
    """Yield the accounts of a wide sheet, and a sheet for each group of columns; lines are the account's.

    A group that is blank in a row is no post.
    """
    header_place, wide = headed(top)
    header = list(top[header_place])
    inside = {place for names in wide.values() for place in names.values()}
    outside = [place for place in range(len(header)) if place not in inside]
    accounts: list[Record] = []
    posts: dict[int, list[Row]] = {number: [] for number in wide}
    past_header = False
    for line, cells in sheet.records:
        if not past_header and cells != header:
            accounts.append((line, cells))
        elif isinstance(cells, str) or (past_header and len(cells) != len(header)):
            accounts.append((line, cells if isinstance(cells, str) else ragged(cells, header)))
        else:
            accounts.append((line, [cells[place] for place in outside]))
            for number, row in _of_account(cells, header, outside, wide) if past_header else ():
                posts[number].append((line, row))
            past_header = True
    if any(headers.means("creators", "followers", header[place]) for place in outside):
        yield Sheet(sheet.name, accounts)
        accounts = []
    ignored = tuple(
        f"line {line} above the header: {', '.join(top[number])}"
        for number, (line, _) in enumerate(accounts[:header_place])
    )
    refused: list[Row] = [(line, cells) for line, cells in accounts if isinstance(cells, str)]
    for number, rows in posts.items():
        part = f"{sheet.name} post {number}".strip()
        if rows or refused:
            yield documents.sheet(
                file,
                part,
                rows + refused,
                lacking(rows, "posts", COUNTS),
                table="posts",
                ignored=ignored,
            )
        ignored, refused = (), []


def _of_account(
    cells: Sequence[str], header: Sequence[str], outside: Sequence[int], wide: Groups
) -> list[tuple[int, dict[str, str] | str]]:
    """Return the posts of one row, numbered as their groups are."""
    creator = first({header[place]: cells[place] for place in outside}, "creators", "creator")
    rows = {number: {name: cells[place] for name, place in names.items()} for number, names in wide.items()}
    posts = {number: row for number, row in rows.items() if any(map(str.strip, row.values()))}
    return list(zip(posts, named(creator, list(posts.values())), strict=True))


KNOWN = 2  # names of columns that a header has, so that a lone cell above it is a title


def _is_titled(export: Export) -> bool:
    """Return if a sheet has two headers of its own kind, each under a line with one cell."""
    if export.kind not in ("text", "workbook"):
        return False
    starts = any(_title(one) and _is_header(two) for top in export.tops for one, two in pairwise(top))
    return starts and any(len(_tables(sheet)) > 1 for sheet in export.sheets())


def _titled(export: Export) -> Iterator[Sheet]:
    """Yield each table with its title; lines and totals are those of the file."""
    for sheet in export.sheets():
        whole = replace(sheet, records=list(sheet.records))
        above = tuple(f"line {line} above the header: {title}"[:140] for line, title in _above(whole))
        for title, records in _tables(whole):
            yield Sheet(" ".join(title.split())[:60], records, ignored=above)
            above = ()


def _tables(sheet: Sheet) -> list[tuple[str, list[Record]]]:
    """Return the tables of a sheet by title: header and rows, as wide as the header."""
    tables: list[tuple[str, list[Record]]] = []
    title, width = "", 0
    for line, cells in sheet.records:
        if isinstance(cells, str):
            if tables:
                tables[-1][1].append((line, cells))
        elif name := _title(cells):
            title, width = name, 0
        elif title and not width and _is_header(cells):
            width = _width(cells)
            tables.append((title, [(line, cells[:width])]))
        elif width:
            tables[-1][1].append((line, cells[: max(width, _width(cells))]))
    return tables


def _above(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """Yield the titles that stand over no table of their own, as a report's name."""
    filled = [(line, cells) for line, cells in sheet.records if isinstance(cells, list) and _width(cells)]
    for (line, cells), (_, below) in pairwise(filled):
        if _title(cells) and not _is_header(below):
            yield line, _title(cells)


def _width(cells: Sequence[str]) -> int:
    return max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _title(cells: Sequence[str]) -> str:
    """Return the one cell of a line that stands first and alone, "" where others are beside it."""
    return cells[0].strip() if _width(cells) == 1 and not cells[0].lstrip().startswith("#") else ""


def _is_header(cells: Sequence[str]) -> bool:
    return sum(headers.plain(cell) in headers.names() for cell in cells if cell.strip()) >= KNOWN


TOOL_NAMES = (  # what such lists name, in plain form, and a table of one's own hardly does
    "eng.(auth.) eng.(avg.) authenticengagement engagementrate averageengagementrate avglikes averagelikes "
    "avgcomments averagecomments audiencecredibility aqs businessaccount influencescore"
)
TOOLS = frozenset(TOOL_NAMES.split())


def _is_creator_list(export: Export) -> bool:
    """Return if a header has followers, no date of a post, and a figure that only such tools tell."""
    if export.kind == "json" or _is_titled(export):
        return False
    return any(_lists_creators(record) for top in export.tops if not headed(top)[1] for record in top)


def _lists_creators(record: list[str]) -> bool:
    cells = record[:500]
    return (
        any(headers.plain(cell) in TOOLS for cell in cells)
        and any(headers.means("creators", "followers", cell) for cell in cells)
        and not any(headers.means("posts", "post", cell) for cell in cells)
    )


def _creator_list(export: Export) -> Iterator[Sheet]:
    """Yield each sheet as a list of creators."""
    for sheet in export.sheets():
        yield Sheet(sheet.name, sheet.records, sheet.header, "creators")


READERS = (
    Format(
        "wide",
        "one row for each account and a group of columns for each post: likes_1, comments_1, date_1; "
        "Post 1 Likes",
        _is_wide,
        _wide,
    ),
    Format(
        "titled",
        "a report with several titled tables in one sheet (CSV, XLSX): each table under its title",
        _is_titled,
        _titled,
    ),
    Format(
        "creator-list",
        "flat lists of creators (HypeAuditor-, Modash-, inBeat-like; CSV, XLSX): handle, followers, rate",
        _is_creator_list,
        _creator_list,
    ),
)
