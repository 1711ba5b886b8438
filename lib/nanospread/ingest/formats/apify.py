"""Datasets of Apify's instagram-scraper -> posts and creators; its error rows are refused."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents
from nanospread.ingest.documents import Row
from nanospread.ingest.files import Export
from nanospread.ingest.formats import layouts, nested
from nanospread.ingest.records import Record
from nanospread.ingest.sheets import Sheet

NAME = "apify"
WHAT = "Apify instagram-scraper datasets (JSON, JSON lines, CSV, XLSX): posts, profiles and their latestPosts"
POST = ("shortCode", "ownerUsername", "timestamp", "likesCount", "commentsCount")
PROFILE = ("username", "followersCount")
LATEST = "latestPosts"


def recognised(export: Export) -> bool:
    """Return if its records have the scraper's own spelling: shortCode and likesCount, or followersCount."""
    if export.kind == "json":
        return any(_is_post(value) or _is_profile(value) or _is_error(value) for value in export.sample())
    header = {cell.strip() for top in export.tops for record in top for cell in record}
    unfolded = any(name.startswith("latestPosts/") for name in header)
    return (
        {"shortCode", "ownerUsername"} <= header
        or {"inputUrl", "error"} <= header
        or ("followersCount" in header and (unfolded or {"followsCount", "postsCount"} <= header))
    )


def _is_post(value: Mapping[str, Any]) -> bool:
    return "shortCode" in value and bool({"ownerUsername", "likesCount", "inputUrl"} & set(value))


def _is_profile(value: Mapping[str, Any]) -> bool:
    return "followersCount" in value and bool({"followsCount", "postsCount", "latestPosts"} & set(value))


def _is_error(value: Mapping[str, Any]) -> bool:
    return "error" in value and bool({"inputUrl", "errorDescription", "requestErrorMessages"} & set(value))


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the posts, the profiles, and the posts that profiles carry."""
    if export.kind != "json":
        yield from _tables(export)
        return
    profiles = [(at, each) for at, each in export.objects if isinstance(each, dict) and _is_profile(each)]
    profile_places = {at for at, _ in profiles}
    others = [_row(at, each) for at, each in export.objects if at not in profile_places]
    errors = [row for row in others if isinstance(row[1], str)]
    if not profiles or len(errors) < len(others):
        yield documents.sheet(export.name, "", others, POST, table="posts")
        errors = []
    if profiles:
        accounts = sorted([*nested.outside(LATEST, profiles), *errors], key=lambda row: row[0])
        yield documents.sheet(export.name, "", accounts, PROFILE, table="creators")
    if latest := nested.inside(LATEST, profiles):
        yield documents.sheet(export.name, LATEST, latest, POST, table="posts")


def _row(at: int, value: Any) -> Row:
    if isinstance(value, Mapping) and _is_error(value) and not _is_post(value):
        return at, _why({name: documents.cell(value.get(name)) for name in ("error", "errorDescription")})
    return at, documents.reason(value) or documents.flat(value)


def _why(cells: Mapping[str, str]) -> str:
    """Return the tool's own reason why there is no record."""
    texts = [cells.get(name, "") for name in ("error", "errorDescription")]
    return " ".join(": ".join(text for text in texts if text).split())[:200] or "an error without a reason"


def _tables(export: Export) -> Iterator[Sheet]:
    """Yield the same of a file with columns: lists are spread over columns, latestPosts/0/likesCount."""
    for sheet, top in zip(export.sheets(), export.tops, strict=True):
        refusing = Sheet(sheet.name, _refusing(sheet), sheet.header)
        if layouts.headed(top)[1]:
            yield from layouts.unfolded(export.name, refusing, top)
        else:
            yield refusing


def _refusing(sheet: Sheet) -> Iterator[Record]:
    """Yield the records of a sheet, its error rows with their reason in place of cells."""
    header = list(sheet.header or ())
    for line, cells in sheet.records:
        if isinstance(cells, list) and not header and {"error", "inputUrl"} & set(cells):
            header = cells
        row = dict(zip(header, cells, strict=False)) if header and isinstance(cells, list) else {}
        error = row.get("error", "") if cells is not header else ""
        yield line, _why(row) if error.strip() else cells
