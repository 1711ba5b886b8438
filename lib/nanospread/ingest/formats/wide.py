"""A sheet with a group of columns for each post -> its accounts, and the posts of each group."""

from collections.abc import Iterator

from nanospread.ingest import headers, posts
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "wide"
WHAT = (
    "one row for each account and a group of columns for each post: likes_1, comments_1, date_1; Post 1 Likes"
)


def recognised(export: Export) -> bool:
    """Return if a header names at least two of likes, comments and date with the number of the post."""
    if export.kind == "json" or export.has("inputurl") or _tool(export):
        return False
    return any(posts.headed(top)[1] for top in export.tops)


def _tool(export: Export) -> bool:
    """Return if the header is that of a tool which lists accounts with their latest posts in columns."""
    return any(
        headers.plain(cell).startswith("latestposts/") for top in export.tops for row in top for cell in row
    )


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the accounts and the posts of each sheet; a sheet that is not wide as it is."""
    for sheet, top in zip(export.sheets(), export.tops, strict=True):
        if posts.headed(top)[1]:
            yield from posts.unfolded(export.name, sheet, top)
        else:
            yield sheet
