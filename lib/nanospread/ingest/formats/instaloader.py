"""Instaloader's sidecar files, one record each -> creators and posts; others are left aside."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents
from nanospread.ingest.files import Export
from nanospread.ingest.sheets import Sheet

NAME = "instaloader"
WHAT = "Instaloader sidecars (.json, .json.xz), single or in folders: Post, Profile, and bare nodes"
SIDECARS = True
# our column -> where nodes of different years have it, first the one that counts
POST = {
    "post": ("shortcode", "code"),
    "creator": ("owner.username",),
    "posted_at": ("taken_at_timestamp", "date"),
    "likes": ("edge_media_preview_like.count", "edge_liked_by.count", "likes.count"),
    "comments": ("edge_media_to_comment.count", "edge_media_to_parent_comment.count", "comments.count"),
    "views": ("video_view_count", "video_views", "video_play_count"),
}
PROFILE = {
    "creator": ("username",),
    "followers": ("edge_followed_by.count", "followed_by.count"),
    "following": ("edge_follow.count", "follows.count"),
    "niche": ("business_category_name", "category_name"),
}


def recognised(export: Export) -> bool:
    """Return if it is one JSON object that is a node, in Instaloader's wrapper or bare."""
    if export.kind != "json" or len(export.values) != 1:
        return False
    value = export.values[0][1]
    return isinstance(value, dict) and bool(_kind(value))


def _kind(value: Mapping[str, Any]) -> str:
    wrapper = value.get("instaloader")
    if isinstance(value.get("node"), dict):
        node_type = wrapper.get("node_type") if isinstance(wrapper, dict) else None
        return str(node_type) if node_type else _kind(value["node"]) or "node without a type"
    if "edge_followed_by" in value and "username" in value:
        return "Profile"
    if ("shortcode" in value or "code" in value) and ("taken_at_timestamp" in value or "date" in value):
        return "Post" if isinstance(value.get("owner"), dict) else ""
    return ""


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the one record, as a table of one row."""
    value = export.values[0][1]
    node = value.get("node", value)
    kind = _kind(value)
    if why := documents.reason(value) or documents.reason(node):
        yield _sheet("posts" if kind == "Post" else "creators", why)
    elif kind == "Post":
        yield _sheet("posts", _post(node))
    elif kind == "Profile":
        yield _sheet("creators", _cells(node, PROFILE))
    else:
        yield Sheet("", (), ignored=(f"{export.name} ({' '.join(documents.clean(kind).split())[:60]})",))


def _sheet(table: str, cells: dict[str, str] | str) -> Sheet:
    header = (*POST, "sponsored", "caption") if table == "posts" else tuple(PROFILE)
    record = cells if isinstance(cells, str) else [cells.get(name, "") for name in header]
    return Sheet("", ((1, record),), header, table)


def _cells(node: Mapping[str, Any], places: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    candidates = {column: [_at(node, path) for path in paths] for column, paths in places.items()}
    return {column: next((value for value in values if value), "") for column, values in candidates.items()}


def _at(node: Mapping[str, Any], path: str) -> str:
    value: Any = node
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return documents.cell(value)


def _post(node: Mapping[str, Any]) -> dict[str, str]:
    cells = _cells(node, POST)
    if "edge_media_to_sponsor_user" in node:
        cells["sponsored"] = "yes" if _edges(node, "edge_media_to_sponsor_user") else "no"
    edges = _edges(node, "edge_media_to_caption")
    first = edges[0] if edges else {}
    text = _at(first, "node.text") if isinstance(first, Mapping) else ""
    cells["caption"] = text or _at(node, "caption")
    return cells


def _edges(node: Mapping[str, Any], name: str) -> list[Any]:
    connection = node.get(name)
    edges = connection.get("edges") if isinstance(connection, Mapping) else None
    return edges if isinstance(edges, list) else []
