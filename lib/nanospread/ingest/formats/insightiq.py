"""Profile analytics of InsightIQ (Phyllo), JSON -> creators, with a dated follower count for each month."""

from collections.abc import Iterator, Mapping
from typing import Any

from nanospread.ingest import documents
from nanospread.ingest.documents import Row
from nanospread.ingest.export import Export
from nanospread.ingest.sheets import Sheet

NAME = "insightiq"
WHAT = (
    "InsightIQ (Phyllo) profile analytics (JSON): followers now and by month, the reported rate, a fraction"
)
HEADER = ("creator", "as_of", "followers", "following", "reported_er")


def recognised(export: Export) -> bool:
    """Return if a record has platform_username with follower_count or reputation_history."""
    return export.kind == "json" and any(_profile(value) for value in export.sample())


def _profile(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the profile of an answer: itself, or what it holds as profile or data."""
    inner = [held for held in (value.get("profile"), value.get("data")) if isinstance(held, Mapping)]
    for held in (value, *inner):
        if "platform_username" in held and {"follower_count", "reputation_history"} & set(held):
            return held
    return {}


def sheets(export: Export) -> Iterator[Sheet]:
    """Yield the accounts, and their months."""
    rows: list[Row] = []
    for _, value in export.objects:
        why = documents.reason(value)
        profile = {} if why else _profile(value)
        found = _rows(profile) if profile else [why or "no profile in it"]
        rows += [(len(rows) + at, each) for at, each in enumerate(found, 1)]
    yield documents.sheet(
        export.name, "", rows, HEADER, table="creators", settings={"reported_er": "fraction"}
    )


def _rows(profile: Mapping[str, Any]) -> list[dict[str, str] | str]:
    """Return the count of now, undated, and one for each month, dated with its first day."""
    history = profile.get("reputation_history")
    cells = documents.flat({name: held for name, held in profile.items() if name != "reputation_history"})
    renamed = {
        "platform_username": "creator",
        "follower_count": "followers",
        "following_count": "following",
        "engagement_rate": "reported_er",
    }
    now = {renamed.get(name, name): text for name, text in cells.items()}
    months = [
        _month(now.get("creator", ""), month) for month in (history if isinstance(history, list) else [])
    ]
    return [now, *months] if now.get("followers") else list(months)


def _month(creator: str, month: object) -> dict[str, str] | str:
    if not isinstance(month, Mapping) or documents.reason(month):
        return "no month with a follower count"
    when = documents.cell(month.get("month"))
    return {
        "creator": creator,
        "as_of": f"{when}-01" if len(when) == 7 else when,
        "followers": documents.cell(month.get("follower_count")),
        "following": documents.cell(month.get("following_count")),
    }
