"""A sheet with a group of columns for each post -> its accounts, and the posts of each group."""

import re
from collections.abc import Iterator, Sequence

from nanospread.ingest import documents, headers
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.formats.nested import COUNTS, first, lacking, named
from nanospread.ingest.records import Record
from nanospread.ingest.rows import ragged
from nanospread.ingest.sheets import MOST_COLUMNS, Sheet

NAME = "wide"
WHAT = (
    "one row for each account and a group of columns for each post: likes_1, comments_1, date_1; Post 1 Likes"
)

GROUPS = (  # a header that belongs to the n-th post
    re.compile(r"(?P<name>[^\d]*[^\d\s_./\-\[])[\s_./\-\[]*(?P<n>\d{1,3})\]?"),
    re.compile(
        r"(?:latest)?(?:posts?|media|beitrag|inlägg)[\s_./\-\[#]*(?P<n>\d{1,3})[\s_./:\-\]]+(?P<name>\S.*)",
        re.I,
    ),
)
MOST_POSTS = 200  # of one account, in columns
Groups = dict[int, dict[str, int]]  # number of the post -> its column name -> position


def recognised(export: Export) -> bool:
    """Return if a header names at least two of likes, comments and date with the number of the post."""
    if export.kind == "json" or export.has("inputurl") or _tool(export):
        return False
    return any(headed(top)[1] for top in export.tops)


def _tool(export: Export) -> bool:
    """Return if the header is that of a tool which lists accounts with their latest posts in columns."""
    return any(
        headers.plain(cell).startswith("latestposts/") for top in export.tops for row in top for cell in row
    )


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the accounts and the posts of each sheet; a sheet that is not wide as it is."""
    for sheet, top in zip(export.sheets(), export.tops, strict=True):
        if headed(top)[1]:
            yield from unfolded(export.name, sheet, top)
        else:
            yield sheet


def groups(header: Sequence[str]) -> Groups:
    """Return the groups of columns that are posts: likes_1, Post 1 Likes, latestPosts/0/likesCount."""
    found: Groups = {}
    for at, name in enumerate(header):
        for pattern in reversed(GROUPS):
            if fits := pattern.fullmatch(name.strip()):
                found.setdefault(int(fits["n"]), {}).setdefault(fits["name"].strip(), at)
                break
    wide = {
        number: names
        for number, names in found.items()
        if sum(any(headers.means("posts", column, name) for name in names) for column in COUNTS) >= 2
    }
    return dict(sorted(wide.items())[:MOST_POSTS])


def headed(top: Sequence[Sequence[str]]) -> tuple[int, Groups]:
    """Return which of the first records is a header with groups that are posts, and the groups; -1: none."""
    for at, record in enumerate(top):
        if wide := groups(record[:MOST_COLUMNS]):
            return at, wide
    return -1, {}


def unfolded(file: str, sheet: Sheet, top: Sequence[Sequence[str]]) -> Iterator[Sheet]:
    """Yield the accounts of a wide sheet, and a sheet for each group of columns; lines are the account's.

    A group that is blank in a row is no post.
    """
    at, wide = headed(top)
    header = list(top[at])
    inside = {place for names in wide.values() for place in names.values()}
    outside = [place for place in range(len(header)) if place not in inside]
    accounts: list[Record] = []
    posts: dict[int, list[Row]] = {number: [] for number in wide}
    below = False
    for line, cells in sheet.records:
        if not below and cells != header:
            accounts.append((line, cells))
        elif isinstance(cells, str) or (below and len(cells) != len(header)):
            accounts.append((line, cells if isinstance(cells, str) else ragged(cells, header)))
        else:
            accounts.append((line, [cells[place] for place in outside]))
            for number, row in _of_account(cells, header, outside, wide) if below else ():
                posts[number].append((line, row))
            below = True
    if any(headers.means("creators", "followers", header[place]) for place in outside):
        yield Sheet(sheet.name, accounts)
        accounts = []
    ignored = tuple(
        f"line {line} above the header: {', '.join(top[number])}"
        for number, (line, _) in enumerate(accounts[:at])
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
    given = {number: row for number, row in rows.items() if any(map(str.strip, row.values()))}
    return list(zip(given, named(creator, list(given.values())), strict=True))
