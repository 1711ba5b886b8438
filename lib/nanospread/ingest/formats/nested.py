"""JSON accounts, each with its posts inside -> creators and posts.

The posts of an account are an array of objects (nested), or a list for each of their figures, of which the
n-th values are the n-th post (parallel).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nanospread.ingest import documents, headers
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.formats import Format
from nanospread.ingest.sheets import Sheet

OTHERS = {"latestPosts", "business_discovery", "media", "data", "node", "topPosts", "profile"}

COUNTS = ("likes", "comments", "posted_at")  # what makes an object, or a group of columns, a post


def _is_nested(export: Export) -> bool:
    """Return if objects hold arrays of objects with at least two of likes, comments and date."""
    if export.kind != "json":
        return False
    accounts = [value for _, value in _accounts(export)[:200] if isinstance(value, dict)]
    return not any(OTHERS & set(value) for value in accounts) and bool(_array(accounts))


def _accounts(export: Export) -> list[tuple[int, Any]]:
    """Return the accounts: the records of the file, or what an object holds by their names."""
    objects = export.objects
    if len(objects) != 1 or not isinstance(objects[0][1], dict) or _array([objects[0][1]]) == "":
        records = list(documents.unwrapped(objects))
        if len(records) == 1 and isinstance(records[0][1], dict) and records[0][1]:
            return _by_name(records[0][1]) or records
        return records
    account = objects[0][1]
    account_name = first(documents.flat(account), "creators", "creator")
    return objects if account_name else list(documents.unwrapped(objects))


def _by_name(accounts: dict[str, Any]) -> list[tuple[int, Any]]:
    """Return the accounts that stand under their names, each with its name."""
    if not all(isinstance(value, dict) for value in accounts.values()):
        return []
    return [
        (number, value if "username" in value else {"creator": name, **value})
        for number, (name, value) in enumerate(accounts.items(), 1)
    ]


def _nested(export: Export) -> Iterator[Sheet]:
    """Yield the accounts, where they tell followers, and their posts."""
    accounts = _accounts(export)
    name = _array([value for _, value in accounts if isinstance(value, dict)])
    account_rows = outside(name, accounts)
    if any(isinstance(cells, str) or first(cells, "creators", "followers") for _, cells in account_rows):
        base = lacking(account_rows, "creators", ("creator", "followers"))
        yield documents.sheet(export.name, "", account_rows, base, table="creators")
    if posts := inside(name, accounts):
        base = lacking(posts, "posts", COUNTS)
        yield documents.sheet(export.name, name, posts, base, table="posts")


def _array(objects: Sequence[Mapping[str, Any]]) -> str:
    """Return the name under which accounts hold a list of their posts, "" where they hold none."""
    for value in objects:
        for name, content in value.items():
            if documents.any_objects(content) and any(map(_is_post, content[:20])):
                return name
    return ""


def _is_post(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    cells = documents.flat(value)
    return sum(any(headers.means("posts", column, name) for name in cells) for column in COUNTS) >= 2


def outside(name: str, accounts: Sequence[tuple[int, Any]]) -> list[Row]:
    """Return the accounts without the posts that they hold under a name."""
    bare_accounts = (
        (
            at,
            each
            if documents.reason(each)
            else {key: content for key, content in each.items() if key != name},
        )
        for at, each in accounts
    )
    return list(documents.rows(bare_accounts))


def inside(name: str, accounts: Sequence[tuple[int, Any]]) -> list[Row]:
    """Return the posts that accounts hold under a name, numbered through the file.

    A post that names no creator is its account's; one without an id is named after creator and date.
    """
    rows: list[Row] = []
    for (_, account), (_, cells) in zip(accounts, outside(name, accounts), strict=True):
        items = account.get(name) if not isinstance(cells, str) else None
        posts = [
            row for _, row in documents.rows((0, each) for each in (items if isinstance(items, list) else []))
        ]
        creator = "" if isinstance(cells, str) else first(cells, "creators", "creator")
        rows += [(len(rows) + at, row) for at, row in enumerate(named(creator, posts), 1)]
    return rows


def lacking(rows: Sequence[Row], table: str, columns: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that no row has: a creator who hides all likes has posts all the same."""
    names = {name for _, cells in rows if not isinstance(cells, str) for name in cells}
    return tuple(c for c in columns if not any(headers.means(table, c, name) for name in names))


def first(cells: Mapping[str, str], table: str, column: str) -> str:
    return next(
        (text for name, text in cells.items() if text.strip() and headers.means(table, column, name)), ""
    )


def named(creator: str, posts: Sequence[Mapping[str, str] | str]) -> list[dict[str, str] | str]:
    """Return the posts of one account with creator and post, in columns of ours where theirs are missing."""
    date_counts: dict[str, int] = {}
    rows: list[dict[str, str] | str] = []
    for cells in posts:
        if isinstance(cells, str):
            rows.append(cells)
            continue
        row = dict(cells)
        if not first(row, "posts", "creator"):
            row["creator"] = creator
        if not first(row, "posts", "post"):
            row["post"] = (
                row.get("id", "") or first(row, "posts", "permalink") or _post_name(row, date_counts)
            )
        rows.append(row)
    return rows


def _post_name(row: Mapping[str, str], date_counts: dict[str, int]) -> str:
    """Return a name for a post without one: creator and date, which the next export has too.

    One without a date is the first, second, ... of its account: the next export has others there.
    """
    date = first(row, "posts", "posted_at")
    date_counts[date] = date_counts.get(date, 0) + 1
    suffix = f" {date_counts[date]}" if date_counts[date] > 1 or not date else ""
    creator = first(row, "posts", "creator").strip()
    return f"{creator} {date}{suffix}".replace("  ", " ") if creator else ""


def _is_parallel(export: Export) -> bool:
    """Return if objects hold two lists or more that are likes, comments or times, or that a mapping names."""
    if export.kind != "json":
        return False
    accounts = [value for _, value in documents.unwrapped(export.objects)[:200] if isinstance(value, Mapping)]
    return any(_number_of_figures(value, export.header_names) >= 2 for value in accounts)


def _number_of_figures(account: Mapping[str, Any], header_names: tuple[str, ...]) -> int:
    """Return how many lists of an account are figures of posts."""
    return sum(
        name in header_names or any(headers.means("posts", column, name) for column in COUNTS)
        for name in _lists(account)
    )


def _lists(account: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the lists of plain values by their names."""
    plain = str | bool | None
    return {
        documents.clean(name): values
        for name, values in account.items()
        if isinstance(values, list) and values and all(isinstance(each, plain) for each in values)
    }


def _parallel(export: Export) -> Iterator[Sheet]:
    """Yield the accounts, where they tell followers, and their posts; lists of unequal length are refused."""
    accounts: list[Row] = []
    posts: list[Row] = []
    for number, value in documents.unwrapped(export.objects):
        if why := documents.reason(value):
            accounts.append((number, why))
            continue
        lists = _lists(value) if _number_of_figures(value, export.header_names) else {}
        cells = documents.flat({name: content for name, content in value.items() if name not in lists})
        accounts.append((number, cells))
        rows = named(first(cells, "creators", "creator"), _posts(lists))
        posts += [(len(posts) + at, row) for at, row in enumerate(rows, 1)]
    if any(isinstance(cells, str) or first(cells, "creators", "followers") for _, cells in accounts):
        yield documents.sheet(export.name, "", accounts, table="creators")
    base = lacking(posts, "posts", COUNTS)
    yield documents.sheet(export.name, "posts", posts, base, table="posts")


def _posts(lists: Mapping[str, list[Any]]) -> list[dict[str, str] | str]:
    """Return the posts that lists of one length are, or why they are none."""
    sizes = {len(values) for values in lists.values()}
    if len(sizes) > 1:
        return [f"lists of {', '.join(map(str, sorted(sizes)))} values, which are no posts"]
    return [
        {name: documents.cell(values[at]) for name, values in lists.items()}
        for at in range(next(iter(sizes), 0))
    ]


READERS = (
    Format(
        "nested",
        "JSON list (or object) of accounts, each with an array of posts under any name",
        _is_nested,
        _nested,
    ),
    Format(
        "parallel",
        "JSON accounts with parallel lists of their posts: one of likes, one of comments, one of times",
        _is_parallel,
        _parallel,
    ),
)
