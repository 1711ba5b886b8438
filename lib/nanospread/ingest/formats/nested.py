"""A JSON list of accounts, each with an array of its posts -> creators and posts."""

from collections.abc import Iterator
from typing import Any

from nanospread.ingest import documents, posts
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "nested"
WHAT = "JSON list (or object) of accounts, each with an array of posts under any name"
OTHERS = {"latestPosts", "business_discovery", "media", "data", "node", "topPosts", "profile"}


def recognised(export: Export) -> bool:
    """Return if objects hold arrays of objects with at least two of likes, comments and date."""
    if export.kind != "json":
        return False
    found = [value for _, value in _accounts(export)[:200] if isinstance(value, dict)]
    return not any(OTHERS & set(value) for value in found) and bool(posts.array(found))


def _accounts(export: Export) -> list[tuple[int, Any]]:
    """Return the accounts: the records of the file, or what an object holds by their names."""
    objects = export.objects
    if len(objects) != 1 or not isinstance(objects[0][1], dict) or posts.array([objects[0][1]]) == "":
        held = list(documents.unwrapped(objects))
        if len(held) == 1 and isinstance(held[0][1], dict) and held[0][1]:
            return _by_name(held[0][1]) or held
        return held
    account = objects[0][1]
    named = posts.first(documents.flat(account), "creators", "creator")
    return objects if named else list(documents.unwrapped(objects))


def _by_name(held: dict[str, Any]) -> list[tuple[int, Any]]:
    """Return the accounts that stand under their names, each with its name."""
    if not all(isinstance(value, dict) for value in held.values()):
        return []
    return [
        (number, value if "username" in value else {"creator": name, **value})
        for number, (name, value) in enumerate(held.items(), 1)
    ]


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the accounts and their posts."""
    accounts = _accounts(export)
    name = posts.array([value for _, value in accounts if isinstance(value, dict)])
    return posts.nested(export, name, accounts)
