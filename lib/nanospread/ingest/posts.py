"""Accounts with posts inside, as objects or as columns, in; sheets of accounts and of posts out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nanospread.ingest import documents, headers
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import MOST_COLUMNS, Sheet

COUNTS = ("likes", "comments", "posted_at")  # what makes an object, or a group of columns, a post
GROUPS = (  # a header that belongs to the n-th post
    re.compile(r"(?P<name>[^\d]*[^\d\s_./\-\[])[\s_./\-\[]*(?P<n>\d{1,3})\]?"),
    re.compile(
        r"(?:latest)?(?:posts?|media|beitrag|inlägg)[\s_./\-\[#]*(?P<n>\d{1,3})[\s_./:\-\]]+(?P<name>\S.*)",
        re.I,
    ),
)
MOST_POSTS = 200  # of one account, in columns


def array(objects: Sequence[Mapping[str, Any]]) -> str:
    """Return the name under which accounts hold a list of their posts, "" where they hold none."""
    for value in objects:
        for name, held in value.items():
            if documents.any_objects(held) and any(map(_is_post, held[:20])):
                return name
    return ""


def _is_post(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    cells = documents.flat(value)
    return sum(any(headers.means("posts", column, name) for name in cells) for column in COUNTS) >= 2


def nested(export: Export, name: str, accounts: Sequence[tuple[int, Any]]) -> Iterator[Sheet]:
    """Yield the accounts, where they tell followers, and the posts that they hold under a name, if any."""
    known = outside(name, accounts)
    if any(isinstance(cells, str) or first(cells, "creators", "followers") for _, cells in known):
        base = lacking(known, "creators", ("creator", "followers"))
        yield documents.sheet(export.name, "", known, base, table="creators")
    if found := inside(name, accounts):
        base = lacking(found, "posts", ("likes", "comments"))
        yield documents.sheet(export.name, name, found, base, table="posts")


def outside(name: str, accounts: Sequence[tuple[int, Any]]) -> list[Row]:
    """Return the accounts without the posts that they hold under a name."""
    rest = (
        (at, {key: held for key, held in each.items() if key != name} if _clear(each) else each)
        for at, each in accounts
    )
    return list(documents.rows(rest))


def _clear(value: object) -> bool:
    return not documents.reason(value)


def inside(name: str, accounts: Sequence[tuple[int, Any]]) -> list[Row]:
    """Return the posts that accounts hold under a name, numbered through the file.

    A post that names no creator is its account's; one without an id is named after creator and date.
    """
    rows: list[Row] = []
    for (_, account), (_, cells) in zip(accounts, outside(name, accounts), strict=True):
        held = account.get(name) if not isinstance(cells, str) else None
        found = [
            row for _, row in documents.rows((0, each) for each in (held if isinstance(held, list) else []))
        ]
        creator = "" if isinstance(cells, str) else first(cells, "creators", "creator")
        rows += [(len(rows) + at, row) for at, row in enumerate(named(creator, found), 1)]
    return rows


def lacking(rows: Sequence[Row], table: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that no row has: a creator who hides all likes has posts all the same."""
    names = {name for _, cells in rows if not isinstance(cells, str) for name in cells}
    return tuple(c for c in columns if not any(headers.means(table, c, name) for name in names))


def first(cells: Mapping[str, str], table: str, column: str) -> str:
    return next(
        (text for name, text in cells.items() if text.strip() and headers.means(table, column, name)), ""
    )


def named(creator: str, found: Sequence[Mapping[str, str] | str]) -> list[dict[str, str] | str]:
    """Return the posts of one account with creator and post, in columns of ours where theirs are missing."""
    taken: dict[str, int] = {}
    rows: list[dict[str, str] | str] = []
    for cells in found:
        if isinstance(cells, str):
            rows.append(cells)
            continue
        row = dict(cells)
        if not first(row, "posts", "creator"):
            row["creator"] = creator
        if not first(row, "posts", "post"):
            row["post"] = row.get("id", "") or first(row, "posts", "permalink") or _made(row, taken)
        rows.append(row)
    return rows


def _made(row: Mapping[str, str], taken: dict[str, int]) -> str:
    """Return a name for a post without one: creator and date, which the next export has too."""
    when = first(row, "posts", "posted_at")
    taken[when] = taken.get(when, 0) + 1
    again = f" {taken[when]}" if taken[when] > 1 else ""
    return f"{first(row, 'posts', 'creator')} {when}{again}".strip() if when else ""


Groups = dict[int, dict[str, int]]  # number of the post -> its column name -> position


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
            accounts.append((line, cells if isinstance(cells, str) else _ragged(cells, header)))
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
                lacking(rows, "posts", ("likes", "comments")),
                table="posts",
                ignored=ignored,
            )
        ignored, refused = (), []


def _ragged(cells: Sequence[str], header: Sequence[str]) -> str:
    return f"{len(cells):,} cells where the header has {len(header):,}"


def _of_account(
    cells: Sequence[str], header: Sequence[str], outside: Sequence[int], wide: Groups
) -> list[tuple[int, dict[str, str] | str]]:
    """Return the posts of one row, numbered as their groups are."""
    creator = first({header[place]: cells[place] for place in outside}, "creators", "creator")
    rows = {number: {name: cells[place] for name, place in names.items()} for number, names in wide.items()}
    given = {number: row for number, row in rows.items() if any(map(str.strip, row.values()))}
    return list(zip(given, named(creator, list(given.values())), strict=True))
