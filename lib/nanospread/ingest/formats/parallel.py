"""JSON accounts with a list for each figure of their posts, the n-th values being the n-th post -> both."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents, headers
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.formats.nested import COUNTS, first, lacking, named
from nanospread.ingest.sheets import Sheet

NAME = "parallel"
WHAT = "JSON accounts with parallel lists of their posts: one of likes, one of comments, one of times"


def recognised(export: Export) -> bool:
    """Return if objects hold two lists or more that are likes, comments or times, or that a mapping names."""
    if export.kind != "json":
        return False
    found = [value for _, value in documents.unwrapped(export.objects)[:200] if isinstance(value, Mapping)]
    return any(_told(value, export.known) >= 2 for value in found)


def _told(account: Mapping[str, Any], known: tuple[str, ...]) -> int:
    """Return how many lists of an account are figures of posts."""
    return sum(
        name in known or any(headers.means("posts", column, name) for column in COUNTS)
        for name in _lists(account)
    )


def _lists(account: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the lists of plain values by their names."""
    plain = str | bool | None
    return {
        documents.clean(name): held
        for name, held in account.items()
        if isinstance(held, list) and held and all(isinstance(each, plain) for each in held)
    }


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the accounts, where they tell followers, and their posts; lists of unequal length are refused."""
    accounts: list[Row] = []
    posts: list[Row] = []
    for number, value in documents.unwrapped(export.objects):
        if why := documents.reason(value):
            accounts.append((number, why))
            continue
        lists = _lists(value) if _told(value, export.known) else {}
        cells = documents.flat({name: held for name, held in value.items() if name not in lists})
        accounts.append((number, cells))
        rows = named(first(cells, "creators", "creator"), _posts(lists))
        posts += [(len(posts) + at, row) for at, row in enumerate(rows, 1)]
    if any(isinstance(cells, str) or first(cells, "creators", "followers") for _, cells in accounts):
        yield documents.sheet(export.name, "", accounts, table="creators")
    base = lacking(posts, "posts", COUNTS)
    yield documents.sheet(export.name, "posts", posts, base, table="posts")


def _posts(lists: Mapping[str, list[Any]]) -> list[dict[str, str] | str]:
    """Return the posts that lists of one length are, or why they are none."""
    sizes = {len(held) for held in lists.values()}
    if len(sizes) > 1:
        return [f"lists of {', '.join(map(str, sorted(sizes)))} values, which are no posts"]
    return [
        {name: documents.cell(held[at]) for name, held in lists.items()} for at in range(next(iter(sizes), 0))
    ]
